"""What changed in a project since a moment, which no webhook told: refs, issues, milestones.

Each thing is told as its hook would have told it, with what was done last.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from sync.core.model.activity import Push, Resource, TagPush
from sync.core.model.common import Person, Project
from sync.core.model.kinds import Kind
from sync.gitlab.api.client import GitLab
from sync.gitlab.api.pagination import Cursor, JsonObject, Page, read_all, read_changed
from sync.gitlab.history.discussions import parse_issue
from sync.gitlab.history.project import ZERO_SHA
from sync.gitlab.json_fields import mapping, person, positive_int, text, timestamp, web_url

DAYS_BEFORE = timedelta(days=2)  # events are asked for by the host's days; the first is left out
_MOST_EVENTS = 300
_CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Pusher:
    """Who brought a branch to a commit, and whether the branch was created with it."""

    person: Person | None
    created: bool


def read_pushers(
    client: GitLab, project: Project, since: datetime
) -> dict[tuple[str, str], Pusher]:
    """Return who pushed, by branch and last commit. Raises SyncError.

    https://docs.gitlab.com/api/events/#list-all-visible-events-for-a-project
    """
    path, after = f"/projects/{project.id}/events", _day_before(since)
    listed = client.list(path, action="pushed", after=after)
    pushers: dict[tuple[str, str], Pusher] = {}
    created: set[str] = set()
    for event in _since(islice(listed, _MOST_EVENTS), since):
        pushed = mapping(event.get("push_data"))
        branch = text(pushed.get("ref"))
        if pushed.get("ref_type") != "branch" or not branch:
            continue
        if pushed.get("action") == "created":
            created.add(branch)
        key = branch, text(pushed.get("commit_to"))
        pushers.setdefault(key, Pusher(person(event.get("author")), created=False))
    return {key: replace(pusher, created=key[0] in created) for key, pusher in pushers.items()}


def read_refs(
    client: GitLab, project: Project, since: datetime, cursor: Cursor | None
) -> Page[Push | TagPush]:
    """Read a page of what became of tags, and of branches that were deleted, the newest first.

    A ref whose later fate was read is left out. Raises SyncError.
    """
    path, at = f"/projects/{project.id}/events", cursor or {}
    page = read_all(client, path, at.get("page"), action="pushed", after=_day_before(since))
    newest = set(at.get("refs") or ())
    changes: list[Push | TagPush] = []
    count = 0
    for event in _since(iter(page.items), since):
        count += 1
        change = _parse_ref(project, event)
        key = f"{mapping(event.get('push_data')).get('ref_type')}:{_ref(event)}"
        if change is not None and key not in newest:
            changes.append(change)
        newest.add(key)
    is_over = count < len(page.items) or page.cursor is None
    return Page(tuple(changes), None if is_over else {"page": page.cursor, "refs": sorted(newest)})


def _parse_ref(project: Project, event: JsonObject) -> Push | TagPush | None:
    """Return what was done to a tag, or the end of a branch; None for all else."""
    pushed, ref = mapping(event.get("push_data")), _ref(event)
    before, after = text(pushed.get("commit_from")), text(pushed.get("commit_to"))
    is_removed = pushed.get("action") == "removed"
    actor, at = person(event.get("author")), timestamp(event.get("created_at"))
    if not ref:
        return None  # of a push of many refs at once, which names none
    if pushed.get("ref_type") == "tag":
        return TagPush(
            project=project,
            tag=ref,
            sha=before if is_removed else after,
            actor=actor,
            deleted=is_removed,
            at=at,
            moved=pushed.get("action") == "pushed",
        )
    if not is_removed:
        return None
    return Push(project, ref, (), actor, ZERO_SHA, before, deleted=True, at=at)


def _ref(event: JsonObject) -> str:
    return text(mapping(event.get("push_data")).get("ref"))


def _since(events: Iterator[JsonObject], since: datetime) -> Iterator[JsonObject]:
    """Yield the events, which come newest first, down to that moment."""
    for event in events:
        at = timestamp(event.get("created_at"))
        if at is None or at < since:
            return
        yield event


def _day_before(since: datetime) -> str:
    return (since - DAYS_BEFORE).date().isoformat()


def read_issues(
    client: GitLab, project: Project, since: datetime, cursor: Cursor | None
) -> Page[Resource]:
    """Read a page of issues that changed, each with what was done last as far as that is told."""
    page = read_changed(client, f"/projects/{project.id}/issues", cursor, since, scope="all")
    parsed = [(row, parse_issue(project, row)) for row in page.items]
    return Page(
        tuple(_with_action(issue, row, since, created="open") for row, issue in parsed if issue),
        page.cursor,
        page.remaining,
    )


def read_milestones(
    client: GitLab, project: Project, since: datetime, cursor: Cursor | None
) -> Page[Resource]:
    """Read a page of milestones that changed; who did it is not told, as in hooks.

    https://docs.gitlab.com/api/milestones/#list-project-milestones
    """
    path = f"/projects/{project.id}/milestones"
    page = read_all(client, path, cursor, updated_after=since.isoformat())
    milestones = [
        _with_action(milestone, row, since, created="create")
        for row in page.items
        if (milestone := _parse_milestone(project, row))
    ]
    return Page(tuple(milestones), page.cursor, page.remaining)


def _parse_milestone(project: Project, row: JsonObject) -> Resource | None:
    number = positive_int(row.get("iid"))
    if number is None:
        return None
    return Resource(
        project=project,
        kind=Kind.MILESTONE,
        id=str(number),
        title=text(row.get("title")),
        url=web_url(row.get("web_url")) or f"{project.url}/-/milestones/{number}",
        state=text(row.get("state")),
        at=timestamp(row.get("updated_at")) or timestamp(row.get("created_at")),
        text=text(row.get("description")),
    )


def _with_action(resource: Resource, row: JsonObject, since: datetime, *, created: str) -> Resource:
    """Return it with its end where that was since, or its beginning, else with a mere change."""
    created_at, closed_at = timestamp(row.get("created_at")), timestamp(row.get("closed_at"))
    if resource.state == _CLOSED and (closed_at is None or closed_at >= since):
        return replace(resource, action="close")
    if created_at is not None and created_at >= since:
        return replace(resource, action=created, actor=person(row.get("author")))
    return replace(resource, action="update")
