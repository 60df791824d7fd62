"""Lists read a page at a time, each page with a cursor from which another day can go on.

A cursor is plain JSON. If it is stored together with the page, nothing is lost and nothing read
twice, wherever the reading stops. A page number alone would not do: lists grow and shrink.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from sync.core.audit import probing
from sync.errors import Refused
from sync.gitlab.api.client import PER_PAGE, GitLab, ListPage
from sync.gitlab.json_fields import positive_int, text, timestamp

T = TypeVar("T")
Cursor = dict[str, Any]
JsonObject = dict[str, Any]

_OVERLAP = timedelta(seconds=1)  # GitLab does not say whether `updated_after` is inclusive
_KEYSET_UNSUPPORTED = ("400", "405")
_CURSOR_EXPIRED = ("400", "404", "422")  # the branch or tag that ended the last page was deleted
_MAX_RESTARTS = 5


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page. `cursor`: where the next begins, None after the last.

    `remaining`: how many items come after this page, None where the API does not count. `problem`:
    what part of the list could not be read, for people; "" normally.
    """

    items: tuple[T, ...]
    cursor: Cursor | None = None
    remaining: int | None = None
    problem: str = ""


def read_changed(
    client: GitLab, path: str, cursor: Cursor | None, since: datetime, **query: Any
) -> Page[JsonObject]:
    """Read one page of what changed at or after `since`, the least recent first, each once.

    Each page asks for changes after the last item of the page before: an item that changes
    meanwhile moves to the end and is read again there. Page numbers are used only inside one
    second, for the many items of a mass change. The cursor's `until` ends the list.
    Raises SyncError.
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
    """Return where the next page begins: at the last item's moment, if later than this page's."""
    last = timestamp(items[-1].get("updated_at")) if items else None
    began = timestamp(after)
    if last and began and last - _OVERLAP > began:
        return {"after": (last - _OVERLAP).isoformat(), "page": 1}
    return {"after": after, "page": number + 1}


def _parse_timestamp(value: str, fallback: datetime) -> datetime:
    return timestamp(value) or fallback


def _version_of(row: JsonObject) -> tuple[int, str]:
    """Return an item's id and date of change: together they name one state of it."""
    return positive_int(row.get("id")) or 0, text(row.get("updated_at"))


def read_all(
    client: GitLab, path: str, cursor: Cursor | None, *, keyset: bool = False, **query: Any
) -> Page[JsonObject]:
    """Read one page of a whole list: by key where the instance can (`keyset`), else by number.

    By number the newest must come first: what is added then moves items to a later page, where they
    are read again. A list that shrank is read from its start, as something may have moved to a page
    that was read; so is a list whose cursor expired. Raises SyncError.
    https://docs.gitlab.com/api/rest/#keyset-based-pagination
    """
    restarts = (cursor or {}).get("restarts", 0)
    listed = _next_page(client, path, cursor, restarts) if cursor else None
    if listed is None:
        restarts += 1 if cursor else 0
        listed = _first_page(client, path, keyset, query)
    return _to_page(listed, restarts)


def _next_page(client: GitLab, path: str, cursor: Cursor, restarts: int) -> ListPage | None:
    """Return the page at the cursor; None where the list must be read from its start."""
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
            with probing():
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
