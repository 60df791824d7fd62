"""Pages by key: a cursor instead of a number, no totals. Pure.

https://docs.gitlab.com/api/rest/#keyset-based-pagination
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from tests.emulators.gitlab.web import ApiError, Reply, Request, invalid, link, page, page_size

MAX_OFFSET = 50_000
Row = Any


def either(
    request: Request,
    items: Sequence[Row],
    show: Callable[[Row], Any],
    *,
    kind: str,
    columns: Sequence[str] = ("id",),
    descending_only: bool = False,
) -> Reply:
    """By key where `pagination=keyset` asks for it, else by number, up to the 50,000th item.

    `columns`: what may be ordered by; the first is the default. `kind`: Project, Ci::Build…
    """
    if request.text("pagination") == "keyset":
        return _keyset(request, items, show, columns, descending_only)
    if request.number("page", 1) * page_size(request) > MAX_OFFSET:
        raise ApiError(405, {"error": _too_far(kind)})
    return page(request, items, show)


def by_name(request: Request, items: Sequence[Row], show: Callable[[Row], Any]) -> Reply:
    """Branches and tags: by key, the last name of the page before being the token.

    https://docs.gitlab.com/api/tags/#list-all-project-repository-tags
    """
    if request.text("pagination") != "keyset":
        return page(request, items, show)
    names = [one.name for one in items]
    token, size = request.text("page_token"), page_size(request)
    if token and token not in names:
        raise ApiError(422, {"message": "Invalid page token: refs/heads/" + token})
    rest = items[names.index(token) + 1 :] if token else items
    shown, headers = rest[:size], {}
    if len(rest) > size:
        headers["Link"] = link(request, {"page_token": shown[-1].name}, "next")
    return Reply([show(one) for one in shown], headers=headers)


def _too_far(kind: str) -> str:
    return (
        f"Offset pagination has a maximum allowed offset of {MAX_OFFSET} for requests that return "
        f"objects of type {kind}. Remaining records can be retrieved using keyset pagination."
    )


def _keyset(
    request: Request,
    items: Sequence[Row],
    show: Callable[[Row], Any],
    columns: Sequence[str],
    descending_only: bool,
) -> Reply:
    column, newest_first = request.text("order_by", columns[0]), _descending(request)
    if column not in columns or (descending_only and not newest_first):
        raise ApiError(
            405, {"error": "Keyset pagination is not yet available for this type of request"}
        )
    ordered = sorted(items, key=lambda one: _key(one, column), reverse=newest_first)
    if "cursor" in request.params:
        after = _read(request.text("cursor"), column)
        ordered = [one for one in ordered if _beyond(_key(one, column), after, newest_first)]
    size = page_size(request)
    shown, headers = ordered[:size], {}
    if len(ordered) > size:
        cursor = _cursor(_key(shown[-1], column))
        headers["Link"] = link(request, {"cursor": cursor}, "next")
    return Reply([show(one) for one in shown], headers=headers)


def _descending(request: Request) -> bool:
    return request.one_of("sort", ("asc", "desc"), "desc") == "desc"


def _key(one: Row, column: str) -> tuple[str, int]:
    """Comparable as text: moments by their ISO form, numbers padded."""
    value = getattr(one, column)
    if isinstance(value, datetime):
        value = value.isoformat(timespec="microseconds")
    return (f"{value:020}" if isinstance(value, int) else str(value or "")), one.id


def _beyond(key: tuple[str, int], after: tuple[str, int], newest_first: bool) -> bool:
    return key < after if newest_first else key > after


def _cursor(key: tuple[str, int]) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def _read(cursor: str, column: str) -> tuple[str, int]:
    try:
        value, number = json.loads(base64.urlsafe_b64decode(cursor))
        return str(value), int(number)
    except (ValueError, TypeError, binascii.Error):
        raise invalid(f"cursor is invalid for {column}") from None
