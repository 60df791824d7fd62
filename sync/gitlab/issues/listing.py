"""Lists of a project's issues: what changed since a moment, and the census of all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sync.core.issue_sync.model import Item
from sync.core.issue_sync.side import Census, Page
from sync.errors import Later, Refused
from sync.gitlab.api.pagination import read_changed
from sync.gitlab.issues import queries
from sync.gitlab.issues.asking import NotSpoken, Question, TooMuch, ask
from sync.gitlab.issues.moved import with_moves
from sync.gitlab.issues.reading import IssueReader
from sync.gitlab.issues.rows import IssueRow, rest_row
from sync.gitlab.issues.terms import hidden_row, item_of, values_of
from sync.gitlab.json_fields import exact_timestamp, mapping, mappings, text, timestamp
from sync.sentences import sentence

# `updatedAfter` means later than; our moments are cut to seconds.
_OVERLAP = timedelta(milliseconds=1)
_EXPIRED = "graphql"  # the code of a cursor that GitLab does not take
_MOST_HALVINGS = 8


def changed(reader: IssueReader, project_id: str, since: datetime, cursor: str | None) -> Page:
    """List items changed at `since` or later, the least recent first. Raises SyncError.

    A cursor that is taken no more is replaced by the last change that was seen.
    """
    state: dict[str, Any] = json.loads(cursor) if cursor else {}
    if reader.instance.by_graphql and "rest" not in state:
        for _ in range(_MOST_HALVINGS):
            try:
                page = _changed_items(reader, project_id, since, state)
                if page is None:
                    break
                return page
            except TooMuch as error:
                reader.shrink(error)
            except NotSpoken:
                reader.instance.by_graphql = False
                break
    return _changed_issues(reader, project_id, since, state.get("rest"))


def _changed_items(
    reader: IssueReader, project_id: str, since: datetime, state: Mapping[str, Any]
) -> Page | None:
    """Return a page; None where the instance cannot list by change (before 17.9)."""
    lacking = reader.instance.lacking

    def question(after: str | None, moment: datetime) -> Mapping[str, Any]:
        return _work_items(
            reader,
            project_id,
            lambda: queries.changed(reader.options, lacking, reader.instance.size),
            since=(moment - _OVERLAP).isoformat(),
            after=after,
        )

    try:
        page = question(state.get("after"), since)
    except Refused as refused:
        if refused.code != _EXPIRED or "after" not in state:
            raise
        page = question(None, timestamp(state.get("seen")) or since)
    if "updated_after" in lacking:
        return None
    rows = reader.rows_of(page)
    by_id = with_moves(reader.client, reader.instance, {row.id: row for row in rows})
    rows = [by_id[row.id] for row in rows]
    items = [item for row in rows if (item := _listed(reader, row)) is not None]
    info = mapping(page.get("pageInfo"))
    if info.get("hasNextPage") is not True:
        return Page(tuple(items))
    last_change = rows[-1].updated_at.isoformat() if rows else since.isoformat()
    return Page(tuple(items), json.dumps({"after": info.get("endCursor"), "seen": last_change}))


def _listed(reader: IssueReader, row: IssueRow) -> Item | None:
    """Return the item of a listed row, None where it is hidden.

    Where work items do not tell whether a closed one was moved, it is left half read: whoever needs
    it whole asks for it.
    """
    item = reader.finish(row)
    if not isinstance(item, Item):
        return None
    if row.closed and "moved" in reader.instance.lacking:
        return replace(item, comments=None, time=None, files=None)
    return item


def _work_items(
    reader: IssueReader, project_id: str, question: Question, **variables: Any
) -> Mapping[str, Any]:
    """Ask for a page of a project's items, again where it was renamed. Raises SyncError."""
    for _ in range(2):
        path = reader.projects.get(project_id).path
        data = ask(reader.client, reader.instance, question, path=path, **variables)
        if reader.projects.shown(project_id, data):
            return mapping(mapping(data.get("project")).get("workItems"))
    return {}


def _changed_issues(
    reader: IssueReader, project_id: str, since: datetime, cursor: dict[str, Any] | None
) -> Page:
    """List by REST, without comments and time, restarting from the last change seen."""
    path = f"/projects/{project_id}/issues"
    page = read_changed(reader.client, path, cursor, since, scope="all", state="all")
    rows = [rest_row(issue, reader.own_id()) for issue in page.items]
    items = tuple(
        item_of(row, values_of(row, reader.options, has_status=False), reader.options)
        for row in rows
        if hidden_row(row, reader.options) is None
    )
    return Page(items, json.dumps({"rest": page.cursor}) if page.cursor else None)


def census(reader: IssueReader, project_id: str, cursor: str | None) -> Census:
    """List ids and times of change of all items that our account sees. Raises SyncError."""
    if reader.instance.by_graphql and not (cursor or "").startswith("{"):
        try:
            return _census_items(reader, project_id, cursor)
        except TooMuch as error:
            raise Later(
                sentence("GitLab did not answer in time ({error})", error=error), code="timeout"
            ) from error
        except NotSpoken:
            reader.instance.by_graphql = False
    begin = {"order_by": "created_at", "sort": "asc"}
    query = json.loads(cursor or "") if (cursor or "").startswith("{") else begin
    listed = reader.client.page(
        f"/projects/{project_id}/issues", **{"scope": "all", "state": "all", **query}
    )
    moments = {str(issue.get("id")): _moment(issue.get("updated_at")) for issue in listed.items}
    return Census(moments, json.dumps(listed.next) if listed.next else None, _versions(moments))


def _census_items(reader: IssueReader, project_id: str, cursor: str | None) -> Census:
    page = _work_items(reader, project_id, lambda: queries.CENSUS, after=cursor)
    moments = {
        text(node.get("id")).rsplit("/", 1)[-1]: _moment(node.get("updatedAt"))
        for node in mappings(page.get("nodes"))
    }
    info = mapping(page.get("pageInfo"))
    more = info.get("hasNextPage") is True
    return Census(moments, text(info.get("endCursor")) if more else None, _versions(moments))


def _versions(moments: Mapping[str, datetime]) -> dict[str, str]:
    """Return versions as items have them (sync.gitlab.issues.terms)."""
    return {item_id: moment.isoformat() for item_id, moment in moments.items()}


def _moment(value: object) -> datetime:
    return exact_timestamp(value) or datetime.min.replace(tzinfo=UTC)
