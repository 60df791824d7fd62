"""gunicorn's worker of threads, in which slow clients cost no thread.

The thread that polls reads each request to its end, within deadlines; only whole requests get a
thread, and only until their answer is written: what a client does not take at once waits without
one. Acknowledging, reports, health and pages have threads of their own, so nothing that waits
for another server stops an acknowledgement. Compare `gunicorn.workers.gthread`, whose threads wait
for the bytes of a request themselves, and whose polling thread waits for clients to close.
"""

from __future__ import annotations

import errno
import json
import selectors
import socket
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

from b24app.app import MAX_REQUEST_BYTES
from b24app.direct_deliveries import EXTENSION, StoringDelivery
from b24app.framing import BadRequest, IncomingRequest, Stage
from b24app.outgoing import OutgoingSocket
from b24app.request_pools import pool_of, pool_sizes
from b24app.routes.webhooks import MAX_BODY_BYTES
from sync.engine.inbox import WAIT_SECONDS, waiting_since
from sync.errors import Later

HEAD_SECONDS = 10.0  # from the first byte, or the opening, to the end of the headers
BODY_SECONDS = 30.0  # from there to the end of the body
SEND_SECONDS = 120.0  # for a client to take an answer, from when it is whole
LINGER_SECONDS = 2.0  # for a client to close after its answer
MAX_BUFFERED_BYTES = 256 * 1024 * 1024  # of all requests that arrive
MAX_UNSENT_BYTES = 64 * 1024 * 1024  # of all answers that clients have yet to take
_READ_BYTES = 262_144
_READS_AT_ONCE = 8  # then other connections come first
MAX_LINGERING = 500
MAX_DRAINED_BYTES = 1_000_000
BODY_LIMITS = (("/hooks/", MAX_BODY_BYTES), ("", MAX_REQUEST_BYTES))
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_REASONS = {
    400: "Bad Request",
    408: "Request Timeout",
    413: "Content Too Large",
    417: "Expectation Failed",
    431: "Request Header Fields Too Large",
    501: "Not Implemented",
    503: "Service Unavailable",
}


_ACKNOWLEDGED = (
    b"HTTP/1.1 200 OK\r\nConnection: %b\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Content-Length: 0\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"
    b"X-Request-Id: %b\r\n\r\n"
)


class Connection(TConn):  # type: ignore[misc]  # gunicorn has no types
    """A connection whose requests are read before a thread gets them."""

    def __init__(self, worker: ReceivingWorker, client: socket.socket, *addresses: Any) -> None:
        super().__init__(worker.cfg, client, *addresses)
        self.worker, self.deadline = worker, 0.0
        self.request = IncomingRequest(BODY_LIMITS)
        self.request_bytes, self.extra, self.buffered = b"", b"", 0
        self.drained = 0  # bytes that came after the answer
        self.must_close = self.awaited = False
        self.outgoing: OutgoingSocket | None = None  # of an answer that the client has yet to take
        self.data_ready = True

    def init(self) -> None:
        """Give the parser the request that was read; it never waits for the socket."""
        super().init()
        if self.request_bytes:
            self.parser.unreader.unread(self.request_bytes)
            self.request_bytes = b""

    def close(self, graceful: bool = False) -> None:
        """Close; a graceful end waits for the client, and no thread with it."""
        if not (graceful and self.worker.linger(self)):
            super().close()


class ReceivingWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """See above."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._sizes = pool_sizes(self.cfg.threads)
        self._pools: dict[str, ThreadPoolExecutor] = {}
        self._busy = dict.fromkeys(self._sizes, 0)  # requests that have a thread, or wait for one
        self._reading: dict[Connection, None] = {}  # in the order in which they began
        self._lingering: dict[Connection, None] = {}
        self._sending: dict[Connection, tuple[OutgoingSocket, Any]] = {}  # and its request's future
        self._buffered = 0
        self._direct: Any = None
        self._storing: dict[Connection, tuple[StoringDelivery, float]] = {}  # until when, at most
        self._stored: deque[tuple[Connection, Any]] = deque()
        self._answering = False

    def init_process(self) -> None:
        """Make the pools, in the process that serves."""
        self._pools = {
            name: ThreadPoolExecutor(size.threads, thread_name_prefix=name)
            for name, size in self._sizes.items()
        }
        super().init_process()

    # --- reading

    def accept(self, listener: socket.socket) -> None:
        """Accept a connection, and begin to read."""
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EMFILE, errno.ENFILE):
                raise
            if error.errno in (errno.EMFILE, errno.ENFILE):
                self._make_room()
            return
        self.nr_conns += 1
        if self.nr_conns + len(self._lingering) >= self.worker_connections - 1:
            self._make_room()
        self._begin(Connection(self, client, address, listener.getsockname()), HEAD_SECONDS)

    def on_client_socket_readable(self, conn: Connection, client: socket.socket) -> None:
        """Begin to read the next request of a connection that was kept."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._begin(conn, HEAD_SECONDS)

    def _begin(self, conn: Connection, seconds: float) -> None:
        conn.sock.setblocking(False)
        conn.request = IncomingRequest(BODY_LIMITS)
        conn.deadline = time.monotonic() + seconds
        self._reading[conn] = None
        extra, conn.extra = conn.extra, b""
        self._read(conn, extra)

    def _await(self, conn: Connection) -> None:
        """Come back when more of the request is there; most are whole at once."""
        if conn in self._reading and not conn.awaited:
            conn.awaited = True
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._on_readable, conn))

    def _on_readable(self, conn: Connection, client: socket.socket) -> None:
        self._read(conn, b"")

    def _read(self, conn: Connection, data: bytes) -> None:
        """Read what is there; pass the request on where it is whole."""
        try:
            for _ in range(_READS_AT_ONCE):
                if data and self._take(conn, data):
                    return
                data = conn.sock.recv(_READ_BYTES)
                if not data:
                    self._end(conn)
                    return
            if self._take(conn, data):
                return
            self._await(conn)
        except BlockingIOError:
            self._await(conn)
        except OSError:
            self._end(conn)
        except Exception:  # the thread that polls has to go on
            self.log.exception("A request could not be read")
            self._end(conn)

    def _take(self, conn: Connection, data: bytes) -> bool:
        """Take bytes of a request; return whether the connection was dealt with."""
        request, awaited_head = conn.request, conn.request.stage is Stage.HEAD
        conn.buffered += len(data)
        self._buffered += len(data)
        try:
            is_complete = request.feed(data)
        except BadRequest as error:
            self._refuse(conn, error)
            return True
        if is_complete:
            self._stop_reading(conn)
            self._dispatch(conn)
            return True
        if self._buffered > MAX_BUFFERED_BYTES:
            largest = max(self._reading, key=lambda reading: reading.buffered)
            self._refuse(largest, BadRequest(503, "Too many large requests arrive at once"))
            if largest is conn:
                return True
        if awaited_head and request.stage is not Stage.HEAD:
            conn.deadline = time.monotonic() + BODY_SECONDS
            if request.expects_continue:
                conn.sock.send(_CONTINUE)
        return False

    def _dispatch(self, conn: Connection) -> None:
        """Give a whole request to its pool, unless too many wait there."""
        name = pool_of(conn.request)
        if self._busy[name] >= self._sizes[name].threads + self._sizes[name].waiting:
            self._refuse(conn, BadRequest(503, "Too many requests wait for their turn"))
            return
        conn.must_close = conn.request.too_large
        conn.request_bytes, conn.extra = conn.request.take()
        conn.request = IncomingRequest(BODY_LIMITS)
        self._busy[name] += 1
        if name != "acknowledge" or not self._store_directly(conn):
            self._submit(name, conn)

    def _submit(self, name: str, conn: Connection) -> None:
        future = self._pools[name].submit(self._serve, conn, time.monotonic())
        future.add_done_callback(
            lambda done: self.method_queue.defer(self._finish, name, conn, done)
        )

    def _serve(self, conn: Connection, arrived_at: float) -> Any:
        """Handle a request; its sender has waited since then, for a thread at first."""
        with waiting_since(arrived_at):
            return self.handle(conn)

    def _finish(self, name: str, conn: Connection, done: Any) -> None:
        self._busy[name] -= 1
        outgoing, conn.outgoing = conn.outgoing, None
        if outgoing is None:
            self._complete(conn, done)
            return
        conn.sock.setblocking(False)
        conn.deadline = time.monotonic() + SEND_SECONDS
        self._sending[conn] = outgoing, done
        self.poller.register(
            conn.sock, selectors.EVENT_WRITE, partial(self._on_writable, conn, outgoing)
        )
        if sum(len(unsent) for unsent, _ in self._sending.values()) > MAX_UNSENT_BYTES:
            self._end_sending(next(iter(self._sending)))

    def _on_writable(
        self, conn: Connection, outgoing: OutgoingSocket, client: socket.socket
    ) -> None:
        """Send more of an answer; go on with the connection where that was all."""
        try:
            is_sent = outgoing.flush()
        except OSError:
            self._end_sending(conn)
            return
        if is_sent:
            self._unregister(conn)
            _, done = self._sending.pop(conn)
            self._complete(conn, done)

    def _end_sending(self, conn: Connection) -> None:
        self._sending.pop(conn, None)
        self._unregister(conn)
        self.nr_conns -= 1
        conn.close()

    def _complete(self, conn: Connection, done: Any) -> None:
        self.finish_request(conn, done)
        if conn.extra and conn in self.keepalived_conns:
            self.on_client_socket_readable(conn, conn.sock)

    # --- deliveries that need no thread

    def _store_directly(self, conn: Connection) -> bool:
        """Let the usual delivery be stored; return False where it needs the route."""
        if self._direct is None:
            app = getattr(self.wsgi, "extensions", {})
            self._direct = app.get(EXTENSION)
        if self._direct is None or conn.must_close:
            return False
        try:
            storing = self._direct.begin(conn.request_bytes)
        except Exception:  # the thread that polls has to go on
            self.log.exception("A delivery could not be read")
            return False
        if storing is None:
            return False
        self._storing[conn] = storing, time.monotonic() + WAIT_SECONDS
        storing.stored.add_done_callback(partial(self._on_stored, conn))
        return True

    def _on_stored(self, conn: Connection, stored: Any) -> None:
        """Let the thread that polls answer; it is woken once for all that one commit stored."""
        self._stored.append((conn, stored))
        if not self._answering:
            self._answering = True
            self.method_queue.defer(self._answer_stored)

    def _answer_stored(self) -> None:
        self._answering = False
        while self._stored:
            conn, stored = self._stored.popleft()
            storing, _ = self._storing.pop(conn, (None, 0.0))
            if storing is None:
                continue  # it was answered: it took too long
            error = stored.exception()
            if error is None:
                self._busy["acknowledge"] -= 1
                self._acknowledge(conn, storing)
            elif isinstance(error, Later):
                self._busy["acknowledge"] -= 1
                self._refuse(conn, _away())
            else:
                self._submit("acknowledge", conn)  # the route says what is wrong

    def _acknowledge(self, conn: Connection, storing: StoringDelivery) -> None:
        self.nr += 1
        has_room = len(self.keepalived_conns) < self.max_keepalived
        keeps = storing.keeps_open and self.alive and has_room
        conn.request_bytes = b""
        try:
            conn.sock.send(
                _ACKNOWLEDGED % (b"keep-alive" if keeps else b"close", storing.request_id.encode())
            )
        except OSError:
            self.nr_conns -= 1
            conn.close()
            return
        if not keeps:
            self.nr_conns -= 1
            conn.close(graceful=True)
            return
        conn.set_timeout()
        self.keepalived_conns.append(conn)
        self.poller.register(
            conn.sock, selectors.EVENT_READ, partial(self.on_client_socket_readable, conn)
        )
        if conn.extra:
            self.on_client_socket_readable(conn, conn.sock)

    def _end_stuck(self, now: float) -> None:
        """Answer those whose deliveries were not stored in time: their senders wait no longer."""
        for conn, (storing, ends_at) in list(self._storing.items()):
            if ends_at <= now:
                del self._storing[conn]
                self._busy["acknowledge"] -= 1
                self._direct.give_up(storing)
                self._refuse(conn, _away())

    def handle_request(self, req: Any, conn: Connection) -> bool:
        """Serve a request; what comes after a body that was not read is not read either.

        What the client does not take of the answer is sent later, by the thread that polls.
        """
        if conn.must_close:
            req.force_close()
        client = conn.sock
        conn.sock = outgoing = OutgoingSocket(client)
        try:
            is_kept = bool(super().handle_request(req, conn))
        finally:
            conn.sock = client
        conn.outgoing = outgoing if len(outgoing) else None
        return is_kept

    # --- ends

    def murder_pending(self) -> None:
        """End what is over its deadline. gunicorn calls this once a second or more often."""
        now = time.monotonic()
        self._end_stuck(now)
        for conn in [conn for conn in self._reading if conn.deadline <= now]:
            if conn.request.buffer:
                self._refuse(conn, BadRequest(408, "The request did not arrive in time"))
            else:
                self._end(conn)
        for conn in [conn for conn in self._sending if conn.deadline <= now]:
            self._end_sending(conn)
        for conn in [conn for conn in self._lingering if conn.deadline <= now or not self.alive]:
            self._end_lingering(conn)
        if not self.alive:
            for conn in [conn for conn in self._reading if not conn.request.buffer]:
                self._end(conn)

    def linger(self, conn: Connection) -> bool:
        """Send the end, and wait for the client's without a thread; False where it is closed.

        A socket that is closed with unread bytes would take the answer back.
        https://www.rfc-editor.org/rfc/rfc9112#section-9.6
        """
        if len(self._lingering) >= MAX_LINGERING:
            return False
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._on_lingering, conn))
        except (OSError, KeyError, ValueError):
            return False
        conn.deadline = time.monotonic() + LINGER_SECONDS
        self._lingering[conn] = None
        return True

    def _on_lingering(self, conn: Connection, client: socket.socket) -> None:
        try:
            conn.drained += len(data := conn.sock.recv(_READ_BYTES))
            if data and conn.drained <= MAX_DRAINED_BYTES:
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self._end_lingering(conn)

    def _end_lingering(self, conn: Connection) -> None:
        self._lingering.pop(conn, None)
        self._unregister(conn)
        conn.close()

    def _refuse(self, conn: Connection, error: BadRequest) -> None:
        """Answer without a thread, as JSON like every error, and close."""
        code = error.code or _REASONS[error.status].lower().replace(" ", "_")
        body = json.dumps(
            {"error": {"code": code, "text": error.text, "change": error.change}}
        ).encode()
        head = (
            f"HTTP/1.1 {error.status} {_REASONS[error.status]}\r\nConnection: close\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            + (f"Retry-After: {error.retry_after}\r\n" if error.status == 503 else "")
            + "X-Content-Type-Options: nosniff\r\n\r\n"
        )
        self._stop_reading(conn)
        self.nr_conns -= 1
        try:
            conn.sock.setblocking(False)
            conn.sock.send(head.encode() + body)
        except OSError:
            conn.close()
            return
        conn.close(graceful=True)

    def _end(self, conn: Connection) -> None:
        self._stop_reading(conn)
        self.nr_conns -= 1
        conn.close()

    def _stop_reading(self, conn: Connection) -> None:
        if conn in self._reading:
            del self._reading[conn]
            self._buffered -= conn.buffered
            conn.buffered = 0
            if conn.awaited:
                conn.awaited = False
                self._unregister(conn)

    def _unregister(self, conn: Connection) -> None:
        with suppress(OSError, KeyError, ValueError):
            self.poller.unregister(conn.sock)

    def _make_room(self) -> None:
        """Close what was answered and waits, the longest first, else the slowest sender.

        A connection that is idle may be closed at any time; its client opens another.
        https://www.rfc-editor.org/rfc/rfc9112#section-9.5
        """
        if lingering := next(iter(self._lingering), None):
            self._end_lingering(lingering)
        elif self.keepalived_conns:
            idle = self.keepalived_conns.popleft()
            self._unregister(idle)
            self.nr_conns -= 1
            idle.close()
        elif slowest := next(iter(self._reading), None):
            self._end(slowest)
        elif unwilling := next(iter(self._sending), None):
            self._end_sending(unwilling)


def _away() -> BadRequest:
    return BadRequest(
        503, "The database cannot be reached now", "database", "Send it again", retry_after=5
    )
