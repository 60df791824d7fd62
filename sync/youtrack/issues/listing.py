"""Lists of a project's issues: what changed since a moment, and the census of all.

The search knows seconds at best, and reads them in the time zone of the token owner's profile;
blanks around `..` are required. Pages go on from the last moment that was seen, without the ids
that were given: by numbers, a list that moves would skip issues.
https://www.jetbrains.com/help/youtrack/cloud/search-and-command-attributes.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sync.core.issue_sync.model import Item
from sync.core.issue_sync.side import Census, Page
from sync.errors import Denied
from sync.youtrack.issues import activities, rows
from sync.youtrack.issues.projects import Account
from sync.youtrack.issues.reading import AT_ONCE, IssueReader
from sync.youtrack.json_fields import mappings, milliseconds, moment, text

PER_PAGE = 100
CENSUS_PAGE = 500
_MOST_PAGES = 200
_AFTER = "history"  # in a cursor: the issues are listed, the history goes on there
_ACTS = "acted"  # in a cursor: whose issues are yet to be read by the history, a line for each
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


def changed(reader: IssueReader, project_id: str, since: datetime, cursor: str | None) -> Page:
    """List issues changed at `since` or later, the least recent first. Raises SyncError.

    Behind them come those with something new that is no update of the issue, such as work.
    """
    if cursor and (state := json.loads(cursor)).keys() & {_AFTER, _ACTS}:
        return _page_of_history(reader, project_id, since, state)
    fields = rows.with_planning(rows.WHOLE, reader.options)
    listed, following = _page(
        reader, project_id, "updated", since, cursor, fields=fields, top=PER_PAGE
    )
    reader.find_sprints(listed)
    work = reader.read_work(listed) if reader.options.time else None
    items = [
        reader.finish(
            rows.address_of(row),
            reader.complete(row),
            None if work is None else work.get(text(row.get("id")), ()),
        )
        for row in listed
    ]
    if following is None and since > _EVER:
        following = json.dumps({_AFTER: ""})
    return Page(tuple(item for item in items if isinstance(item, Item)), following)


def _page_of_history(
    reader: IssueReader, project_id: str, since: datetime, state: dict[str, Any]
) -> Page:
    """Collect who was acted on, to the end of the history; then read each issue once.

    Of many only their lines are held while issues are read.
    """
    unread = state.pop(_ACTS, "")
    if _AFTER in state:
        acts = _parsed(unread)
        short_name = reader.instance.project(project_id).short_name
        following = activities.add_history(acts, reader, short_name, since, state[_AFTER])
        if following:
            return Page((), json.dumps({_AFTER: following, _ACTS: _lines(acts)}))
        if reader.options.time:
            activities.add_worked_on(acts, reader, short_name, since)
        unread = _lines(acts)
        del acts
    first = unread.split("\n", AT_ONCE)
    unread = first.pop() if len(first) > AT_ONCE else ""
    items = activities.read(reader, _parsed("\n".join(first)))
    return Page(items, json.dumps({_ACTS: unread}) if unread else None)


def _lines(acts: activities.Acts) -> str:
    return "\n".join(f"{issue_id} {act}" for issue_id, act in acts.items())


def _parsed(lines: str) -> activities.Acts:
    rows = (line.partition(" ") for line in lines.splitlines())
    return {issue_id: act for issue_id, _, act in rows}


def census(reader: IssueReader, project_id: str, cursor: str | None) -> Census:
    """List ids and times of change of all issues that our account sees. Raises SyncError."""
    listed, following = _page(
        reader, project_id, "created", _EVER, cursor, fields="id,created,updated", top=CENSUS_PAGE
    )
    moments = {text(row.get("id")): moment(row.get("updated")) or _EVER for row in listed}
    return Census(moments, following)


def _page(
    reader: IssueReader, project_id: str, order: str, since: datetime, cursor: str | None,
    *, fields: str, top: int,
) -> tuple[list[dict[str, Any]], str | None]:  # fmt: skip
    """Return rows from a moment on that were not given before, and the cursor behind them."""
    state: Mapping[str, Any] = json.loads(cursor) if cursor else {}
    begin, listed_ids = int(state.get("at", milliseconds(since))), set(state.get("ids", ()))
    project = reader.instance.project(project_id, fresh=cursor is None)
    if not project.short_name:
        raise Denied("YouTrack does not show the project", code="404")
    low = literal(begin, reader.instance.account())
    span = f" {order}: {low} .. *" if low else ""
    query = f"project: {{{project.short_name}}}{span} sort by: {order} asc, {{issue id}} asc"
    top += min(len(listed_ids), top)  # those of the last second come again
    fresh: list[dict[str, Any]] = []
    for page in range(_MOST_PAGES):
        answer = reader.client.get("/issues", query=query, fields=fields, top=top, skip=page * top)
        listed = mappings(answer)
        fresh += [
            row
            for row in listed
            if int(row.get(order) or 0) >= begin and text(row.get("id")) not in listed_ids
        ]
        if len(listed) < top:
            return fresh, None
        if fresh:
            break
    last = max((int(row.get(order) or 0) for row in fresh), default=begin)
    second = last - last % 1000
    ids = [text(row.get("id")) for row in fresh if int(row.get(order) or 0) >= second]
    same_second = [] if second > begin - begin % 1000 else sorted(listed_ids)
    return fresh, json.dumps({"at": second, "ids": same_second + ids})


def literal(at: int, account: Account) -> str:
    """Return a moment as the search reads it in the account's zone; "" for the beginning.

    Where clocks are put back an hour is there twice: the earlier one is taken, an hour too many is
    read, and what is too old is left out.
    """
    if at <= 0:
        return ""
    zone = account.zone
    local = datetime.fromtimestamp(at / 1000, zone).replace(microsecond=0)
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    naive = local.replace(tzinfo=None) - (timedelta(hours=2) if twice else timedelta())
    return naive.isoformat()
