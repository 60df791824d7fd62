"""The raw body of a request, read no further than allowed."""

from __future__ import annotations

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge


def read_body(limit: int) -> bytes:
    """At most `limit` bytes. Raises RequestEntityTooLarge; a told length is not even read.

    Without a told length (chunks) Werkzeug's own limit cuts the body silently, so that one byte
    more is asked for to see whether there is more.
    """
    if (request.content_length or 0) > limit:
        raise RequestEntityTooLarge()
    request.max_content_length = limit + 1
    data = request.get_data(cache=False)
    if len(data) > limit:
        raise RequestEntityTooLarge()
    return data
