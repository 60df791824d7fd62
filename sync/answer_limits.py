"""Limits of an HTTP answer: as long in time and size as anything that we ask for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import requests

from sync.deadlines import Watch

MAX_ANSWER_BYTES = 32 * 1024 * 1024  # unpacked; nothing we ask for comes near
_PIECE_BYTES = 65_536


class AnswerTooLarge(requests.ConnectionError):
    """An answer is larger than anything we ask for; the rest of it was not read."""


def guard_body(response: requests.Response, watch: Watch) -> None:
    """Let the pieces of an answer be as promised, or end in what requests raises.

    One coding at most: of several, each unpacks all that the one before made of a few bytes.
    """
    request = response.request
    if watch.expired:
        raise requests.ReadTimeout(request=request)
    if "," in response.headers.get("Content-Encoding", ""):
        response.close()
        raise unreadable(request)
    pieces_of = response.iter_content

    def read(chunk_size: int | None = 1, decode_unicode: bool = False) -> Iterator[Any]:
        try:
            yield from pieces_of(chunk_size, decode_unicode)
        except (ValueError, requests.exceptions.ContentDecodingError) as error:
            raise unreadable(request) from error  # a negative chunk; what does not unpack
        if watch.expired:  # the end of a shut socket may look like the end of an answer
            raise requests.ReadTimeout(request=request)

    response.iter_content = read  # type: ignore[method-assign]


def unreadable(request: requests.PreparedRequest) -> requests.ConnectionError:
    """Return the error of an answer that is not as its headers promise."""
    return requests.ConnectionError("the answer cannot be read", request=request)


def read_body(response: requests.Response) -> None:
    """Read an answer as far as it may be long. Raises AnswerTooLarge, requests.RequestException.

    A small body may unpack to a very large one, so what is unpacked is counted.
    """
    pieces, size = [], 0
    for piece in response.iter_content(_PIECE_BYTES):
        pieces.append(piece)
        size += len(piece)
        if size > MAX_ANSWER_BYTES:
            response.close()
            raise AnswerTooLarge(
                f"the answer is larger than {MAX_ANSWER_BYTES} bytes", response=response
            )
    response._content = b"".join(pieces)


def close_with(response: requests.Response, watch: Watch) -> None:
    """End watching when a streamed answer is closed."""
    close = response.close

    def close_both() -> None:
        watch.close()
        close()

    response.close = close_both  # type: ignore[method-assign]
