"""Lists read a page at a time, each page with a cursor that is good for another day.

A cursor is plain JSON. Whoever stores it together with the page loses nothing and reads nothing
twice, wherever they stop: a page number alone would not do, as lists grow and shrink meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from sync.errors import Refused
from sync.gitlab.api.client import PER_PAGE, GitLab, Listed
from sync.gitlab.dates import moment
from sync.gitlab.json_fields import text, whole

T = TypeVar("T")
Cursor = dict[str, Any]
Told = dict[str, Any]

_MARGIN = timedelta(seconds=1)  # whether `updated_after` takes its own moment in is not told
_NO_KEYSET = ("400", "405")
_TOKEN_GONE = ("400", "404", "422")  # the branch or tag that ended the last page was deleted
_MOST_RESTARTS = 5


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """`cursor`: where the next page begins, None after the last. `left`: how many come after this
    page, None where nobody counts. `lacks`: what of the list could not be read, for people."""

    items: tuple[T, ...]
    cursor: Cursor | None = None
    left: int | None = None
    lacks: str = ""


def changed(
    client: GitLab, path: str, cursor: Cursor | None, since: datetime, **query: Any
) -> Page[Told]:
    """What changed at or after `since`, the longest unchanged first, each once.

    Each page asks for what changed after the last thing of the page before: what changes
    meanwhile moves to the end and is read again there. Only the many of one second, as a mass
    change leaves them, are read by page number. The cursor's `until` ends the list.
    """
    at = cursor or {}
    after, number = at.get("after") or since.isoformat(), at.get("page") or 1
    order = {"order_by": "updated_at", "sort": "asc", "updated_before": at.get("until")}
    listed = client.page(path, updated_after=after, page=number, **order, **query)
    known = {tuple(one) for one in at.get("seen") or ()}
    fresh = tuple(one for one in listed.items if _mark(one) not in known)
    left = None if listed.total is None else max(0, listed.total - number * PER_PAGE)
    if listed.next is None:
        return Page(fresh, left=0)
    following = _following(listed.items, after, number)
    seen = sorted(
        mark
        for mark in {*known, *map(_mark, listed.items)}
        if (changed_at := moment(mark[1])) and changed_at >= _moment(following["after"], since)
    )
    until = {"until": at["until"]} if at.get("until") else {}
    return Page(fresh, {**following, "seen": [list(one) for one in seen], **until}, left)


def _following(items: list[Told], after: str, number: int) -> Cursor:
    """Where the next page begins: at the last thing's moment, if that is later than this one's."""
    last = moment(items[-1].get("updated_at")) if items else None
    began = moment(after)
    if last and began and last - _MARGIN > began:
        return {"after": (last - _MARGIN).isoformat(), "page": 1}
    return {"after": after, "page": number + 1}


def _moment(value: str, fallback: datetime) -> datetime:
    return moment(value) or fallback


def _mark(told: Told) -> tuple[int, str]:
    """A thing in one of its states."""
    return whole(told.get("id")) or 0, text(told.get("updated_at"))


def everything(
    client: GitLab, path: str, cursor: Cursor | None, *, keyset: bool = False, **query: Any
) -> Page[Told]:
    """A whole list: by key where the instance can (`keyset`), else by page number.

    By number the newest must come first, so that what is added moves things to a later page,
    where they are read again. Where the list shrank it is read from its start: only then may
    something have moved to a page that was read. So it is where the key of a page is gone.
    https://docs.gitlab.com/api/rest/#keyset-based-pagination
    """
    restarts = (cursor or {}).get("restarts", 0)
    listed = _further(client, path, cursor, restarts) if cursor else None
    if listed is None:
        restarts += 1 if cursor else 0
        listed = _first(client, path, keyset, query)
    return _page(listed, restarts)


def _further(client: GitLab, path: str, cursor: Cursor, restarts: int) -> Listed | None:
    """The page after the cursor; None where the list is to be read from its start."""
    try:
        listed = client.page(path, **cursor["next"])
    except Refused as refused:
        if refused.code not in _TOKEN_GONE or restarts >= _MOST_RESTARTS:
            raise
        return None
    before, total = cursor.get("total"), listed.total
    shrank = before is not None and total is not None and total < before
    return None if shrank else listed


def _first(client: GitLab, path: str, keyset: bool, query: dict[str, Any]) -> Listed:
    if keyset:
        try:
            return client.page(path, pagination="keyset", **query)
        except Refused as refused:
            if refused.code not in _NO_KEYSET:
                raise
    return client.page(path, **query)


def _page(listed: Listed, restarts: int) -> Page[Told]:
    items = tuple(listed.items)
    if listed.next is None:
        return Page(items, left=0)
    number = _number(listed.next.get("page"))
    left = None
    if listed.total is not None and number is not None:
        left = max(0, listed.total - (number - 1) * PER_PAGE)
    cursor = {"next": listed.next, "total": listed.total, "restarts": restarts}
    return Page(items, cursor, left)


def _number(value: str | None) -> int | None:
    return int(value) if value and value.isascii() and value.isdigit() else None
