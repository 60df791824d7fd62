"""Where an HTTP/1 request ends, found out while its bytes arrive. Pure.

https://www.rfc-editor.org/rfc/rfc9112
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import unquote, urlsplit

MAX_HEAD_BYTES = 65_536
MAX_CHUNKS = 100_000
_MAX_CHUNK_LINE = 1024
_MAX_TRAILER_BYTES = 8192
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})(?:[ \t]*;[^\r\n]*)?")
_LENGTH = re.compile(rb"[0-9]{1,18}")
_EXPECT = re.compile(rb"\r\nexpect:[^\r\n]*", re.IGNORECASE)


class BadRequest(Exception):
    """The bytes are no request that can be answered as usual: a status and a sentence.

    `code`: beside the status' own name; `change`: what helps; `retry_after`: seconds.
    """

    def __init__(
        self, status: int, text: str, code: str = "", change: str = "", retry_after: int = 10
    ) -> None:
        super().__init__(text)
        self.status, self.text = status, text
        self.code, self.change, self.retry_after = code, change, retry_after


class Stage(Enum):
    """What is awaited of a request."""

    HEAD = "head"
    LENGTH = "a body of known length"
    CHUNKS = "chunks"
    DONE = "nothing"


@dataclass
class IncomingRequest:
    """A request while it arrives.

    `body_limits`: the most bytes of a body, by the beginning of the path. `too_large`: the body is
    said to be larger, so only its head is here.
    """

    body_limits: tuple[tuple[str, int], ...]
    buffer: bytearray = field(default_factory=bytearray)
    stage: Stage = Stage.HEAD
    path: str = ""
    too_large: bool = False
    expects_continue: bool = False
    _searched: int = 0
    _end: int = 0  # of the request, as far as it is known
    _decoded: int = 0
    _chunks: int = 0
    _limit: int = 0
    _in_trailer: bool = False

    def feed(self, data: bytes) -> bool:
        """Take more bytes; return whether the request is whole. Raises BadRequest."""
        self.buffer += data
        if self.stage is Stage.HEAD:
            self._find_head()
        if self.stage is Stage.LENGTH and len(self.buffer) >= self._end:
            self.stage = Stage.DONE
        if self.stage is Stage.CHUNKS:
            self._read_chunks()
        return self.stage is Stage.DONE

    def take(self) -> tuple[bytes, bytes]:
        """Return the request's bytes, and those of the next one that came with them."""
        return bytes(self.buffer[: self._end]), bytes(self.buffer[self._end :])

    def begins_with(self, prefix: bytes, *, within: int = 4096) -> bool:
        """Return whether the body holds `prefix` (lower case) near its beginning."""
        head = self.buffer.find(b"\r\n\r\n")
        return prefix in bytes(self.buffer[head : head + within]).lower()

    def _find_head(self) -> None:
        end = self.buffer.find(b"\r\n\r\n", max(0, self._searched - 3))
        self._searched = len(self.buffer)
        if end < 0:
            if len(self.buffer) > MAX_HEAD_BYTES:
                raise BadRequest(431, "The headers of this request are too large")
            return
        if end > MAX_HEAD_BYTES:
            raise BadRequest(431, "The headers of this request are too large")
        head = bytes(self.buffer[:end])
        self.path = _path(head)
        self._limit = next(
            limit for start, limit in self.body_limits if self.path.startswith(start)
        )
        self._frame(head, end + 4)

    def _frame(self, head: bytes, body_at: int) -> None:
        lengths, codings = _values(head, b"content-length"), _values(head, b"transfer-encoding")
        if codings and lengths:
            raise BadRequest(400, "A request has either Content-Length or Transfer-Encoding")
        if len(set(lengths)) > 1 or not all(map(_LENGTH.fullmatch, lengths)):
            raise BadRequest(400, "Content-Length is not one number")
        if codings and [coding.lower() for coding in codings] != [b"chunked"]:
            raise BadRequest(501, "Transfer-Encoding is understood as `chunked` only")
        if expected := _values(head, b"expect"):
            if expected != [b"100-continue"]:
                raise BadRequest(417, "Expect is understood as `100-continue` only")
            self.expects_continue = True
            without = _EXPECT.sub(b"", head)  # we answer it ourselves, before the body is here
            self.buffer[: len(head)] = without
            body_at -= len(head) - len(without)
        self._end = body_at
        if codings:
            self.stage = Stage.CHUNKS
        elif lengths and int(lengths[0]) > self._limit:
            self.too_large, self.stage = True, Stage.DONE
        else:
            self._end += int(lengths[0]) if lengths else 0
            self.stage = Stage.LENGTH

    def _read_chunks(self) -> None:
        """Go over the chunks that are whole, up to the empty one and its trailer."""
        while not self._in_trailer:
            line_end = self.buffer.find(b"\r\n", self._end, self._end + _MAX_CHUNK_LINE)
            if line_end < 0:
                if len(self.buffer) - self._end >= _MAX_CHUNK_LINE:
                    raise _malformed()
                return
            size_line = _SIZE.fullmatch(self.buffer[self._end : line_end])
            if size_line is None:
                raise _malformed()
            size = int(size_line[1], 16)
            if size == 0:
                self._end, self._in_trailer = line_end, True
                break
            self._decoded += size
            self._chunks += 1
            if self._decoded > self._limit:
                raise BadRequest(413, f"The body is larger than {self._limit} bytes")
            if self._chunks > MAX_CHUNKS:
                raise BadRequest(400, f"The body has more than {MAX_CHUNKS} chunks")
            data_end = line_end + 2 + size
            if len(self.buffer) < data_end + 2:
                self._decoded -= size
                self._chunks -= 1
                return
            if self.buffer[data_end : data_end + 2] != b"\r\n":
                raise _malformed()
            self._end = data_end + 2
        self._read_trailer()

    def _read_trailer(self) -> None:
        end = self.buffer.find(b"\r\n\r\n", self._end)
        if end >= 0:
            self._end, self.stage = end + 4, Stage.DONE
        elif len(self.buffer) - self._end > _MAX_TRAILER_BYTES:
            raise _malformed()


def _malformed() -> BadRequest:
    return BadRequest(400, "The chunks of this body are malformed")


def _path(head: bytes) -> str:
    """Return the path of the request line, as routes compare it; "" where there is none."""
    parts = head.split(b"\r\n", 1)[0].split(b" ")
    target = parts[1].decode("latin-1") if len(parts) == 3 else ""
    if not target.startswith("/"):
        try:
            target = urlsplit(target).path
        except ValueError:
            return ""
    return unquote(target.partition("?")[0])


def _values(head: bytes, name: bytes) -> list[bytes]:
    """Return the values of a header, in order."""
    values = []
    for line in head.split(b"\r\n")[1:]:
        key, colon, value = line.partition(b":")
        if colon and key.strip().lower() == name:
            values += [part.strip() for part in value.split(b",")]
    return values
