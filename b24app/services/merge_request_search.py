"""Merge requests of a portal by what a reader looks for: state, words, project, workgroup, own."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, false, func, or_, select

from b24app.services.merge_request_summaries import MergeRequestSummary, summarize_merge_requests
from sync.core.model.merge_requests import MergeRequestKey, MergeRequestState
from sync.engine.load.people import portal_users_of
from sync.engine.load.scope import Scope
from sync.store import links, people, tasks
from sync.store.db.upsert import in_keys
from sync.store.flow_deployments import ProjectKey
from sync.store.tables import connection, in_literals, merge_request

PER_PAGE = 20
SEARCHED = 300  # the newest of these, where tasks have to be asked for
STATES = frozenset(MergeRequestState)
AnyRow: TypeAlias = Any  # a sqlalchemy.Row
Account = tuple[int, int]  # connection, user of the code host
_C = merge_request.c
_KEY = _C.connection_id, _C.project_id, _C.iid
_NUMBER = re.compile(r"(?:[a-z]\w*-|[#!])?(\d{1,9})", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; "" and None are no condition.

    `text`: part of a title, branch or number, or a task's number. `projects`: those of the chosen
    project or workgroup. `own`: only what the reader has written, reviews, or has the task of.
    """

    state: str = ""
    text: str = ""
    projects: frozenset[ProjectKey] | None = None
    own: bool = False


@dataclass(frozen=True, slots=True)
class MergeRequestPage:
    """A page of merge requests; `total` counts those of all pages."""

    merge_requests: tuple[MergeRequestSummary, ...]
    total: int


def page_of(
    conn: Connection,
    portal_id: int,
    keys: Sequence[MergeRequestKey],
    page: int,
    readable: Collection[int] | None = None,
) -> MergeRequestPage:
    """Return a page (from 1 on) of these merge requests.

    `readable`: the tasks that the reader may open. They get, of the first SEARCHED, the merge
    requests that name one of these, and no other task's name; None for who may open every task.
    """
    start = (page - 1) * PER_PAGE
    if readable is None:
        shown = keys[start : start + PER_PAGE]
        named = links.by_merge_requests(conn, shown)
    else:
        named = {
            key: own
            for key, rows in links.by_merge_requests(conn, keys[:SEARCHED]).items()
            if (own := tuple(row for row in rows if row.live and row.task_id in readable))
        }
        keys = [key for key in keys[:SEARCHED] if key in named]
        shown = keys[start : start + PER_PAGE]
    link_rows = [row for key in shown for row in named.get(key, ())]
    return MergeRequestPage(summarize_merge_requests(conn, portal_id, shown, link_rows), len(keys))


def page_json(result: MergeRequestPage, page: int) -> dict[str, Any]:
    """Return a page as the pages get it."""
    rows = [asdict(row) for row in result.merge_requests]
    pages = -(-result.total // PER_PAGE)
    return {"merge_requests": rows, "total": result.total, "page": page, "pages": pages}


def newest_page(conn: Connection, scope: Scope, search: Search, page: int) -> MergeRequestPage:
    """Return a page of a search without words, for who may open every task; it reads no more."""
    of = _conditions(scope.portal_id, search)
    total = conn.scalar(select(func.count()).select_from(merge_request).where(of)) or 0
    newest = select(*_KEY).where(of).order_by(_C.updated_at.desc(), *(c.desc() for c in _KEY))
    rows = conn.execute(newest.limit(PER_PAGE).offset((page - 1) * PER_PAGE))
    keys = [MergeRequestKey(*row) for row in rows]
    link_rows = [row for rows in links.by_merge_requests(conn, keys).values() for row in rows]
    summaries = summarize_merge_requests(conn, scope.portal_id, keys, link_rows)
    return MergeRequestPage(summaries, total)


def find_merge_requests(
    conn: Connection, scope: Scope, user_id: int, search: Search
) -> list[MergeRequestKey]:
    """Return what the search finds, what changed last first; of every task."""
    extra: list[ColumnElement[Any]] = []
    condition = _conditions(scope.portal_id, search)
    own = _own_work(conn, scope, user_id) if search.own else None
    if search.text:
        extra += [_C.source_branch, _C.body["title"].as_string()]
    if own and own.accounts:
        extra += [_C.body["author"], _C.body["reviewers"], _C.body["assignees"]]
    elif own:
        condition &= or_(false(), *in_keys(_KEY, own.keys))
    rows = list(conn.execute(select(*_KEY, _C.updated_at, *extra).where(condition)))
    if search.text:
        rows = _with_text(conn, scope.portal_id, rows, search.text.strip())
    if own and own.accounts:
        rows = [row for row in rows if own.has(row)]
    rows.sort(key=lambda row: (row[3], *row[:3]), reverse=True)
    return [MergeRequestKey(*row[:3]) for row in rows]


def _conditions(portal_id: int, search: Search) -> ColumnElement[bool]:
    own = connection.c.portal_id == portal_id, connection.c.state != "removed"
    condition: ColumnElement[bool] = _C.connection_id.in_(select(connection.c.id).where(*own))
    if search.projects is not None:
        condition &= or_(false(), *in_keys(_KEY[:2], search.projects))
    if search.state:
        condition &= in_literals(_C.state, search.state)
    return condition


def _with_text(conn: Connection, portal_id: int, rows: Sequence[AnyRow], text: str) -> list[AnyRow]:
    """Keep those with the text in title or branch, with that number, or about that task."""
    part, number = text.casefold(), _NUMBER.fullmatch(text)
    about: set[tuple[int, ...]] = set()
    if number:
        named = links.by_tasks(conn, portal_id, [int(number[1])]).values()
        about = {_tuple(row.merge_request) for group in named for row in group if row.live}
    return [
        row
        for row in rows
        if part in row[4].casefold()
        or part in (row[5] or "").casefold()
        or tuple(row[:3]) in about
        or (number and row[2] == int(number[1]))
    ]


@dataclass(frozen=True, slots=True)
class _OwnWork:
    """A user's accounts on code hosts, and the merge requests that move a task of theirs."""

    accounts: frozenset[Account]
    keys: frozenset[tuple[int, ...]]

    def has(self, row: AnyRow) -> bool:
        """Tell whether the user has written, reviews or was given it, or has a task of it."""
        return tuple(row[:3]) in self.keys or any(
            (row[0], id_) in self.accounts for id_ in _people(row[-3:])
        )


def _own_work(conn: Connection, scope: Scope, user_id: int) -> _OwnWork:
    task_ids = tasks.of_responsible(conn, scope.portal_id, user_id)
    moving = links.by_tasks(conn, scope.portal_id, task_ids).values()
    keys = frozenset(_tuple(link.merge_request) for group in moving for link in group if link.live)
    return _OwnWork(_accounts_of(conn, scope, user_id), keys)


def _people(columns: Sequence[Any]) -> set[int]:
    """Return the ids of author, reviewers and assignees, as their columns hold them."""
    author, reviewers, assignees = (
        json.loads(value) if isinstance(value, str) else value for value in columns
    )
    persons = [author, *(row.get("person") for row in reviewers or ()), *(assignees or ())]
    return {person["id"] for person in persons if person}


def _accounts_of(conn: Connection, scope: Scope, user_id: int) -> frozenset[Account]:
    """Return the accounts of code hosts that are matched with a user of the portal."""
    persons = people.host_people_of_portal(conn, scope.portal_id)
    matched = portal_users_of(conn, scope, persons)
    return frozenset(
        (connection_id, person)
        for connection_id, users in matched.items()
        for person, user in users.items()
        if user == user_id
    )


def _tuple(key: MergeRequestKey) -> tuple[int, ...]:
    return key.connection_id, key.project_id, key.iid
