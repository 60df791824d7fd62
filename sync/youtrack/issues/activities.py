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
Acts = dict[str, tuple[ItemAddress, int]]  # by an issue's id: where it is, and when, in ms


def history(reader: IssueReader, short_name: str, since: datetime, after: str) -> tuple[Acts, str]:
    """Return what a page of the history tells, and the cursor behind it ("" at the end).

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
    acts = _acts(
        (mapping(row.get("target")), whole(row.get("timestamp")))
        for row in mappings(answer.get("activities"))
        if text(mapping(row.get("author")).get("id")) != reader.own_id()
    )
    return acts, text(answer.get("afterCursor")) if answer.get("hasAfter") is True else ""


def worked_on(reader: IssueReader, short_name: str, since: datetime) -> Acts:
    """Return the issues whose work changed at `since` or later, as `history` does.

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
    return _acts(
        (row, changed)
        for row in listed
        if (changed := whole(row.get("updated")) or whole(row.get("created")) or 0) >= first
        and text(mapping(row.get("creator")).get("id")) != reader.own_id()
    )


def latest(*parts: Acts) -> Acts:
    """Return all acts, of an issue with several the last."""
    acts: Acts = {}
    for part in parts:
        for issue_id, (address, at) in part.items():
            acts[issue_id] = (address, max(at, acts.get(issue_id, (address, 0))[1]))
    return acts


def read(reader: IssueReader, acts: Acts) -> tuple[Item, ...]:
    """Read issues, each as young as what happened to it. Raises SyncError."""
    items = reader.read([address for address, _ in acts.values()]) if acts else {}
    dated = ((item, acts[issue_id][1]) for issue_id, item in items.items())
    return tuple(_as_young(item, at) for item, at in dated if isinstance(item, Item))


def _acts(rows: Iterable[tuple[Mapping[str, Any], int | None]]) -> Acts:
    """Return what is news: the issue's own time of change is older than the act."""
    acts: Acts = {}
    for target, at in rows:
        issue = mapping(target.get("issue")) or target
        readable = text(issue.get("idReadable"))
        if at is None or not readable or (whole(issue.get("updated")) or 0) >= at - _SAME_ACT_MS:
            continue
        project_id = text(mapping(issue.get("project")).get("id"))
        address = ItemAddress(text(issue.get("id")), project_id, readable)
        acts[address.id] = (address, max(at, acts.get(address.id, (address, 0))[1]))
    return acts


def _as_young(item: Item, at: int) -> Item:
    acted_at = moment(at) or item.updated_at
    return replace(item, updated_at=max(item.updated_at, acted_at))
