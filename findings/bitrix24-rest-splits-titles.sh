#!/bin/sh
# bitrix24-rest 2.0.3: a title with an ampersand is sent as its part before the sign and a parameter
# of its own, so the task gets half a title and no error comes; an empty list arrives as the text
# "[]", which empties nothing, False and None arrive as the words "False" and "None".
# Needs Python 3.11 or newer. Fails when this behaviour changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check bitrix24-rest==2.0.3
cat >look.py <<'SCRIPT'
import asyncio
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version
from urllib.parse import parse_qsl, urlsplit

from bitrix24 import Bitrix24


class Portal(BaseHTTPRequestHandler):
    def do_GET(self):
        for name, value in parse_qsl(urlsplit(self.path).query, keep_blank_values=True):
            print(f"{name} = {value!r}")
        body = json.dumps({"result": {"task": {"id": "5"}}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


async def update(port):
    fields = {"TITLE": "Research & development", "TAGS": [], "MATCH_WORK_TIME": False, "DEADLINE": None}
    portal = Bitrix24(f"http://127.0.0.1:{port}/rest/1/key/")
    print(await portal.callMethod("tasks.task.update", {"taskId": 5, "fields": fields}))


server = HTTPServer(("127.0.0.1", 0), Portal)
threading.Thread(target=server.serve_forever, daemon=True).start()
print("bitrix24-rest", version("bitrix24-rest"))
asyncio.run(update(server.server_port))
SCRIPT
venv/bin/python look.py >output
cat output
grep -qxE "fields\[TITLE\] = 'Research ?'" output
grep -qE "^ ?development = ''" output
grep -qxF "fields[TAGS] = '[]'" output
grep -qxF "fields[MATCH_WORK_TIME] = 'False'" output
grep -qxF "fields[DEADLINE] = 'None'" output
