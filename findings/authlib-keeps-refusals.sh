#!/bin/sh
# Authlib 1.9.10: the requests client takes a JSON object of status 403 or 429 without the key "error"
# (as rate limiters and gateways answer) for a token: refresh_token() returns it, gives it to
# update_token, and the pair before is lost. Fails if that has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check Authlib==1.9.10 requests==2.34.2
"$folder/venv/bin/python" - <<'PYTHON'
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version

from authlib.integrations.requests_client import OAuth2Session

print("Authlib", version("Authlib"), "requests", version("requests"))


class Busy(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.dumps({"message": "429 Too Many Requests"}).encode()
        self.send_response(429)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Busy)
threading.Thread(target=server.serve_forever, daemon=True).start()
kept = []
session = OAuth2Session(
    "id", "secret", token={"access_token": "a", "refresh_token": "r"},
    update_token=lambda token, **_: kept.append(dict(token)),
)
session.trust_env = False
session.refresh_token(f"http://127.0.0.1:{server.server_port}/token")
print("kept as the new token:", kept)
assert kept == [{"message": "429 Too Many Requests", "refresh_token": "r"}], "the behaviour has changed"
assert "access_token" not in session.token
PYTHON
