"""A small keep-alive HTTP server over one function, Request -> Response."""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import responses
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit


class Hangup(Exception):
    """Close the connection and say nothing."""


@dataclass(frozen=True, slots=True)
class Request:
    """`headers` have lower-case names; `path` is unquoted, `query` is raw."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    body: bytes = b""
    content_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, status: int, value: Any) -> Response:
        return cls(status, json.dumps(value, ensure_ascii=False).encode())

    @classmethod
    def html(cls, status: int, text: str) -> Response:
        return cls(status, text.encode(), "text/html; charset=utf-8")


Answer = Callable[[Request], Response]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 256
    answer: Answer

    def __init__(self, address: tuple[str, int], answer: Answer) -> None:
        self.answer = answer
        self.live: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.live.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.live.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news; a defect of the emulator is."""
        if not isinstance(sys.exc_info()[1], OSError | ValueError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def _serve(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        url = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(length)
        request = Request(self.command, unquote(url.path), url.query, headers, body)
        try:
            self._send(self.server.answer(request))
        except Hangup:
            self.close_connection = True

    def _send(self, response: Response) -> None:
        """One write: the head and the body leave in one packet."""
        head = [f"HTTP/1.1 {response.status} {responses.get(response.status, 'Status')}"]
        head.append(f"Content-Type: {response.content_type}")
        head.append(f"Content-Length: {len(response.body)}")
        head += [f"{name}: {value}" for name, value in response.headers.items()]
        text = "\r\n".join(head) + "\r\n\r\n"
        body = b"" if self.command == "HEAD" else response.body
        self.wfile.write(text.encode("latin-1") + body)

    do_GET = do_POST = do_HEAD = do_PUT = do_DELETE = do_OPTIONS = _serve

    def log_message(self, format: str, *args: Any) -> None:
        return None


class Listener:
    """One port on 127.0.0.1. `close` refuses new connections and breaks the open ones."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._server: _Server | None = None
        self.port = 0

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    def open(self) -> None:
        """Listen; a second opening takes the same port again."""
        if self._server is not None:
            return
        self._server = _Server(("127.0.0.1", self.port), self._answer)
        self.port = self._server.server_address[1]
        run = threading.Thread(target=self._server.serve_forever, args=(0.005,), daemon=True)
        run.start()

    def close(self) -> None:
        server, self._server = self._server, None
        if server is None:
            return
        server.shutdown()
        server.server_close()
        for connection in list(server.live):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
