#!/bin/sh
# gitlab-duration-parser 1.0.1: what GitLab says of time is added up to more than was spent. A note
# about a deleted entry (remove_timelog in GitLab's app/services/system_notes/time_tracking_service.rb)
# counts as nothing, so the deleted hours stay. Notes about added and subtracted time are read.
# Needs Python 3.11 or newer. Fails when this behaviour changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check gitlab-duration-parser==1.0.1
venv/bin/python - >output <<'SCRIPT'
from importlib.metadata import version

from gitlab_duration_parser import parse

print("gitlab-duration-parser", version("gitlab-duration-parser"))
notes = (
    "added 3h of time spent at 2026-11-30",
    "subtracted 1h of time spent at 2026-11-30",
    "deleted 1h of spent time from 2026-11-30",
)
for note in notes:
    print(f"{note}: {parse(note):.0f} s")
print(f"together: {sum(map(parse, notes)):.0f} s")
SCRIPT
cat output
grep -qF 'at 2026-11-30: 10800 s' output
grep -qF 'at 2026-11-30: -3600 s' output
grep -qF 'from 2026-11-30: 0 s' output
grep -qxF 'together: 7200 s' output
