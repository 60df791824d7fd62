"""A server that refuses: what Bitrix24, the app or what stands before them say by the path asked.

`/rest/1/NAME/batch.json` and `/NAME/ci/report` answer as the refusal of that name. One that refuses
a part lets the portal itself answer what is read, and writes nothing.
"""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SLOW_BYTES = 40  # of a head that comes so slowly that no read of it takes too long
PAUSE = 0.1  # seconds between them


@dataclass(frozen=True)
class Refusal:
    """`status`, `body`, `headers` of the answer; `part`: the code by which each write is refused;
    `slow`: whether the answer takes longer than any job has.
    """

    status: int = 200
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    part: str = ""
    slow: bool = False


def refused(status: int, code: str) -> Refusal:
    """Return an answer of Bitrix24. https://apidocs.bitrix24.com/common-errors.html"""
    return Refusal(status, {"error": code, "error_description": "It is so"})


@contextmanager
def refusing(refusals: Mapping[str, Refusal], webhook: str) -> Iterator[str]:
    """Yield the server's address; `webhook`: that of the portal, for what is read."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            name = next(part for part in self.path.split("/") if part in refusals)
            refusal = refusals[name]
            if refusal.slow:
                self.dawdle()
                return
            body = refusal.body
            if refusal.part:
                body = answer_of_part(refusal.part, asked, webhook)
            text = b"<html>" if body is None else json.dumps(body).encode()
            self.send_response(refusal.status)
            for header, value in refusal.headers.items():
                self.send_header(header, value)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def dawdle(self) -> None:
            for _ in range(SLOW_BYTES):
                try:
                    self.wfile.write(b"H")
                except OSError:
                    return  # whoever asked is gone
                time.sleep(PAUSE)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def answer_of_part(code: str, asked: Mapping[str, Any], webhook: str) -> Mapping[str, Any]:
    """Return a batch whose writes are refused, or the portal's answer to one that only reads.

    https://apidocs.bitrix24.com/settings/how-to-call-rest-api/batch.html
    """
    if any(key.startswith("w") for key in asked["cmd"]):
        error = {"error": code, "error_description": "It is so"}
        return {"result": {"result": [], "result_error": dict.fromkeys(asked["cmd"], error)}}
    request = urllib.request.Request(
        f"{webhook}batch.json",
        json.dumps(asked).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return dict(json.loads(answer.read()))
