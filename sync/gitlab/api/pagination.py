"""Lists read a page at a time, each page with a cursor that is good for another day.

A cursor is plain JSON. Whoever stores it together with the page loses nothing and reads nothing
twice, wherever they stop: a page number alone would not do, as lists grow and shrink meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from sync.errors import Refused
from sync.gitlab.api.client import PER_PAGE, GitLab, ListPage
from sync.gitlab.json_fields import positive_int, text, timestamp

T = TypeVar("T")
Cursor = dict[str, Any]
JsonObject = dict[str, Any]

_OVERLAP = timedelta(seconds=1)  # whether `updated_after` takes its own moment in is not told
_KEYSET_UNSUPPORTED = ("400", "405")
_CURSOR_EXPIRED = ("400", "404", "422")  # the branch or tag that ended the last page was deleted
_MAX_RESTARTS = 5


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """`cursor`: where the next page begins, None after the last. `left`: how many come after this
    page, None where nobody counts. `lacks`: what of the list could not be read, for people."""

    items: tuple[T, ...]
    cursor: Cursor | None = None
    remaining: int | None = None
    problem: str = ""


def read_changed(
    client: GitLab, path: str, cursor: Cursor | None, since: datetime, **query: Any
) -> Page[JsonObject]:
    """What changed at or after `since`, the longest unchanged first, each once.

    Each page asks for what changed after the last thing of the page before: what changes
    meanwhile moves to the end and is read again there. Only the many of one second, as a mass
    change leaves them, are read by page number. The cursor's `until` ends the list.
    """
    at = cursor or {}
    after, number = at.get("after") or since.isoformat(), at.get("page") or 1
    order = {"order_by": "updated_at", "sort": "asc", "updated_before": at.get("until")}
    listed = client.page(path, updated_after=after, page=number, **order, **query)
    known_versions = {tuple(item) for item in at.get("seen") or ()}
    fresh = tuple(item for item in listed.items if _version_of(item) not in known_versions)
    remaining = None if listed.total is None else max(0, listed.total - number * PER_PAGE)
    if listed.next is None:
        return Page(fresh, remaining=0)
    following = _next_cursor(listed.items, after, number)
    versions = sorted(
        mark
        for mark in {*known_versions, *map(_version_of, listed.items)}
        if (changed_at := timestamp(mark[1]))
        and changed_at >= _parse_timestamp(following["after"], since)
    )
    until = {"until": at["until"]} if at.get("until") else {}
    return Page(fresh, {**following, "seen": [list(item) for item in versions], **until}, remaining)


def _next_cursor(items: list[JsonObject], after: str, number: int) -> Cursor:
    """Where the next page begins: at the last thing's moment, if that is later than this one's."""
    last = timestamp(items[-1].get("updated_at")) if items else None
    began = timestamp(after)
    if last and began and last - _OVERLAP > began:
        return {"after": (last - _OVERLAP).isoformat(), "page": 1}
    return {"after": after, "page": number + 1}


def _parse_timestamp(value: str, fallback: datetime) -> datetime:
    return timestamp(value) or fallback


def _version_of(row: JsonObject) -> tuple[int, str]:
    """A thing in one of its states."""
    return positive_int(row.get("id")) or 0, text(row.get("updated_at"))


def read_all(
    client: GitLab, path: str, cursor: Cursor | None, *, keyset: bool = False, **query: Any
) -> Page[JsonObject]:
    """A whole list: by key where the instance can (`keyset`), else by page number.

    By number the newest must come first, so that what is added moves things to a later page,
    where they are read again. Where the list shrank it is read from its start: only then may
    something have moved to a page that was read. So it is where the key of a page is gone.
    https://docs.gitlab.com/api/rest/#keyset-based-pagination
    """
    restarts = (cursor or {}).get("restarts", 0)
    listed = _next_page(client, path, cursor, restarts) if cursor else None
    if listed is None:
        restarts += 1 if cursor else 0
        listed = _first_page(client, path, keyset, query)
    return _to_page(listed, restarts)


def _next_page(client: GitLab, path: str, cursor: Cursor, restarts: int) -> ListPage | None:
    """The page after the cursor; None where the list is to be read from its start."""
    try:
        listed = client.page(path, **cursor["next"])
    except Refused as refused:
        if refused.code not in _CURSOR_EXPIRED or restarts >= _MAX_RESTARTS:
            raise
        return None
    before, total = cursor.get("total"), listed.total
    shrank = before is not None and total is not None and total < before
    return None if shrank else listed


def _first_page(client: GitLab, path: str, keyset: bool, query: dict[str, Any]) -> ListPage:
    if keyset:
        try:
            return client.page(path, pagination="keyset", **query)
        except Refused as refused:
            if refused.code not in _KEYSET_UNSUPPORTED:
                raise
    return client.page(path, **query)


def _to_page(listed: ListPage, restarts: int) -> Page[JsonObject]:
    items = tuple(listed.items)
    if listed.next is None:
        return Page(items, remaining=0)
    number = _parse_number(listed.next.get("page"))
    remaining = None
    if listed.total is not None and number is not None:
        remaining = max(0, listed.total - (number - 1) * PER_PAGE)
    cursor = {"next": listed.next, "total": listed.total, "restarts": restarts}
    return Page(items, cursor, remaining)


def _parse_number(value: str | None) -> int | None:
    return int(value) if value and value.isascii() and value.isdigit() else None
