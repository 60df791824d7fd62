#!/bin/sh
# pybitrix24 1.1.0: its own look for errors raises on the answer of every method whose result is a
# list or true, as those of user.get and task.dependence.add; and in a batch the keys of `order` are
# put into the alphabet's order, so what is to be sorted by STATUS and then ID is sorted by ID first.
# A single call keeps the order that was given.
# Needs Python 3.11 or newer. Fails when this behaviour changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pybitrix24==1.1.0
cat >look.py <<'SCRIPT'
from urllib.parse import unquote

import pybitrix24
from pybitrix24.requester import prepare_batch_command

print("pybitrix24", pybitrix24.__version__)
for answer in ({"result": [{"ID": "1"}], "total": 1}, {"result": True}, {"result": {"ID": "1"}}):
    try:
        print(answer, "=>", pybitrix24.get_error_if_present(answer))
    except Exception as error:
        print(answer, "=>", type(error).__name__, error)
call = ("tasks.task.list", {"order": {"STATUS": "asc", "ID": "desc"}})
print(unquote(prepare_batch_command({"tasks": call})["tasks"]))
SCRIPT
venv/bin/python look.py >output
cat output
grep -qF "'total': 1} => PBx24ArgumentError" output
grep -qF "{'result': True} => PBx24ArgumentError" output
grep -qF "{'ID': '1'}} => None" output
grep -qF 'tasks.task.list?order[ID]=desc&order[STATUS]=asc' output
