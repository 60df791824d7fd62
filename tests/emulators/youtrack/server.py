"""An emulated YouTrack on a port of this machine, below the context path `/youtrack`."""

from __future__ import annotations

import json
import re
import threading
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote

from tests.emulators.youtrack import apps, boards, entries  # noqa: F401  # register their routes
from tests.emulators.youtrack.api import Call, authenticate
from tests.emulators.youtrack.errors import ApiError
from tests.emulators.youtrack.routes import ROUTES
from tests.emulators.youtrack.state import Clock, State

CONTEXT = "/youtrack"
_BOUNDARY = re.compile(r'boundary="?([^";]+)')
_FILE_NAME = re.compile(rb'filename="([^"]*)"')
PAGE = b"<!doctype html><html><body><app-root></app-root></body></html>"
Reply = tuple[int, bytes, str]


class YouTrackEmulator:
    """A server for the time of a `with`. `cut_before`, `cut_after`: writes whose answer is lost."""

    def __init__(self, clock: Clock) -> None:
        self.state = State(clock)
        self.requests: list[tuple[str, str]] = []
        self.cut_before = self.cut_after = 0
        self.throttled = False
        self.url = ""

    def __enter__(self) -> YouTrackEmulator:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}{CONTEXT}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, method: str, target: str, headers: Message, body: bytes) -> Reply:
        """Answer a request; a path outside of the API is a page, with 200."""
        path, _, query = target.partition("?")
        self.requests.append((method, path))
        if not path.startswith(f"{CONTEXT}/api/"):
            return 200, PAGE, "text/html;charset=utf-8"
        path, parameters = (
            unquote(path[len(CONTEXT) + 4 :]),
            parse_qs(query, keep_blank_values=True),
        )
        if self.throttled:
            return 429, b"Too Many Requests", "text/plain"
        with self.state.lock:
            try:
                if path.startswith("/files/"):
                    return self._file(path.removeprefix("/files/"), parameters)
                user = authenticate(self.state, headers.get("Authorization", ""))
                part = _part(headers.get("Content-Type", ""), body)
                call = Call(method, path, parameters, body, user, part, self.state)
                return 200, _encoded(ROUTES.answer(self.state, call)), "application/json"
            except ApiError as error:
                return error.status, json.dumps(error.body).encode(), "application/json"

    def _file(self, file_id: str, query: dict[str, list[str]]) -> Reply:
        """Serve a file to whom its address is signed for."""
        if query.get("sign") != [f"signed-{file_id}"]:
            raise ApiError(403, "Forbidden", "")
        for issue in self.state.issues.values():
            for file in issue.attachments:
                if file.id == file_id:
                    return 200, file.content, "application/octet-stream"
        raise ApiError(404, "Not Found", "")


def _encoded(answer: Any) -> bytes:
    return b"" if answer is None else json.dumps(answer).encode()


def _part(content_type: str, body: bytes) -> tuple[str, bytes] | None:
    """Return name and bytes of the first file of a form."""
    boundary = _BOUNDARY.search(content_type)
    if not content_type.startswith("multipart/form-data") or boundary is None:
        return None
    for part in body.split(b"--" + boundary[1].encode())[1:]:
        head, _, content = part.partition(b"\r\n\r\n")
        if name := _FILE_NAME.search(head):
            return name[1].decode("utf-8", "replace"), content.removesuffix(b"\r\n")
    return None


def _handler(emulator: YouTrackEmulator) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            writes = self.command != "GET"
            if writes and emulator.cut_before:
                emulator.cut_before -= 1
                self.close_connection = True
                return
            status, data, kind = emulator.answer(self.command, self.path, self.headers, body)
            if writes and emulator.cut_after:
                emulator.cut_after -= 1
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("X-Version", "2026.1.13757")
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = _serve

        def log_message(self, *_: object) -> None:
            """Quiet: `requests` of the emulator is the record."""

    return Handler
