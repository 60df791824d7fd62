"""The raw body of a request, read no further than a limit."""

from __future__ import annotations

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType


def read_body(limit: int) -> bytes:
    """Return a body of at most `limit` bytes. Raises RequestEntityTooLarge, UnsupportedMediaType.

    None of our senders compresses: what was packed would be acknowledged, and could not be read.

    Content-Length is checked before anything is read. Werkzeug's own limit would cut a chunked body
    silently, so one byte more is read to see whether there is more.
    """
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise UnsupportedMediaType("The body is compressed; send it as it is")
    if (request.content_length or 0) > limit:
        raise RequestEntityTooLarge()
    request.max_content_length = limit + 1
    data = request.get_data(cache=False)
    if len(data) > limit:
        raise RequestEntityTooLarge()
    return data
