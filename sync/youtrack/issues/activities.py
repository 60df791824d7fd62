"""What changed about issues without a word in their time of change: read from the history.

Which acts count as an update of an issue is documented nowhere; the history and the list of work
know of all of them. Categories are named, for one that a server does not know silences the answer.
https://www.jetbrains.com/help/youtrack/devportal/resource-api-activities.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sync.core.issue_sync.model import Item, ItemAddress
from sync.youtrack.issues.reading import IssueReader
from sync.youtrack.json_fields import mapping, mappings, milliseconds, moment, text, whole

CATEGORIES = (
    "CommentsCategory",
    "CommentTextCategory",
    "AttachmentsCategory",
    "AttachmentRenameCategory",
    "LinksCategory",
    "TagsCategory",
    "SprintCategory",
    "WorkItemCategory",
    "WorkItemTypeCategory",
    "WorkItemDescriptionCategory",
    "WorkItemDurationCategory",
    "WorkItemDateCategory",
    "WorkItemAuthorCategory",
    "IssueVisibilityCategory",
    "ProjectCategory",
)
PER_PAGE = 500
_ISSUE = "id,idReadable,updated,project(id)"
_FIELDS = (
    "afterCursor,hasAfter,activities(id,timestamp,author(id),"
    f"target(id,$type,idReadable,updated,project(id),issue({_ISSUE})))"
)
_WORK = f"id,created,updated,creator(id),issue({_ISSUE})"
_SAME_ACT_MS = 2_000  # between a line of the history and the time of change of its issue
Acts = dict[str, str]  # by an issue's id: its project's id, its number and the moment in ms


def add_history(
    acts: Acts, reader: IssueReader, short_name: str, since: datetime, after: str
) -> str:
    """Add what a page of the history tells, and return the cursor behind it ("" at the end).

    Only of issues that the list does not show as changed, and not by our account alone. Raises
    SyncError.
    """
    answer = mapping(
        reader.client.get(
            "/activitiesPage",
            categories=",".join(CATEGORIES),
            start=milliseconds(since),
            reverse="false",
            issueQuery=f"project: {{{short_name}}}",
            top=PER_PAGE,
            fields=_FIELDS,
            **({"cursor": after} if after else {}),
        )
    )
    _add(
        acts,
        (
            (mapping(row.get("target")), whole(row.get("timestamp")))
            for row in mappings(answer.get("activities"))
            if text(mapping(row.get("author")).get("id")) != reader.own_id()
        ),
    )
    return text(answer.get("afterCursor")) if answer.get("hasAfter") is True else ""


def add_worked_on(acts: Acts, reader: IssueReader, short_name: str, since: datetime) -> None:
    """Add the issues whose work changed at `since` or later, as `history` tells of others.

    For instances whose history leaves work out. Raises SyncError.
    """
    listed = reader.client.list(
        "/workItems",
        query=f"project: {{{short_name}}}",
        updatedStart=milliseconds(since),
        fields=_WORK,
        top=PER_PAGE,
    )
    first = milliseconds(since)
    _add(
        acts,
        (
            (row, changed)
            for row in listed
            if (changed := whole(row.get("updated")) or whole(row.get("created")) or 0) >= first
            and text(mapping(row.get("creator")).get("id")) != reader.own_id()
        ),
    )


def read(reader: IssueReader, acts: Acts) -> tuple[Item, ...]:
    """Read issues, each as young as what happened to it. Raises SyncError."""
    items = reader.read([_address(issue_id, act) for issue_id, act in acts.items()]) if acts else {}
    dated = ((item, _moment_of(acts[issue_id])) for issue_id, item in items.items())
    return tuple(_as_young(item, at) for item, at in dated if isinstance(item, Item))


def _add(acts: Acts, rows: Iterable[tuple[Mapping[str, Any], int | None]]) -> None:
    """Add what is news, the last of an issue: its own time of change is older than the act."""
    for target, at in rows:
        issue = mapping(target.get("issue")) or target
        readable = text(issue.get("idReadable"))
        if at is None or not readable or (whole(issue.get("updated")) or 0) >= at - _SAME_ACT_MS:
            continue
        issue_id, project_id = text(issue.get("id")), text(mapping(issue.get("project")).get("id"))
        if issue_id not in acts or _moment_of(acts[issue_id]) < at:
            acts[issue_id] = f"{project_id} {readable} {at}"


def _address(issue_id: str, act: str) -> ItemAddress:
    project_id, readable, _ = act.split(" ")
    return ItemAddress(issue_id, project_id, readable)


def _moment_of(act: str) -> int:
    return int(act.rpartition(" ")[2])


def _as_young(item: Item, at: int) -> Item:
    acted_at = moment(at) or item.updated_at
    return replace(item, updated_at=max(item.updated_at, acted_at))
