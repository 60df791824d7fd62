"""Two-way links as people see them: which task and issue, whether they work, what is asked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from b24app.services.readable_reasons import shorten_traceback
from sync.core.issue_sync.link import EntryState, LinkState, PauseReason, ValuePair, Values
from sync.core.issue_sync.model import ASSIGNEES, DESCRIPTION, LEAD, SideName
from sync.core.issue_sync.story import shown
from sync.sentences import as_sentence, join_sentences
from sync.store import (
    connections,
    issue_link_counts,
    issue_link_rows,
    issue_link_stories,
    issue_links,
    issue_lists,
    people,
    tasks,
)
from sync.store.issue_link_rows import IssueLinkRow
from sync.store.tables import connection, project

if TYPE_CHECKING:
    from sync.text.sides import Side

MAX_STORY = 12  # lines of a link that a page shows
MAX_LINKS = 200  # with trouble, that a page shows
LoadedLink = tuple[IssueLinkRow, LinkState]


@dataclass(frozen=True, slots=True)
class Dispute:
    """A field that both sides changed, with their values. `decided`: the side a person chose."""

    field: str
    tracker: str
    portal: str
    decided: str


@dataclass(frozen=True, slots=True)
class FieldState:
    """A field with the values that both sides last agreed on, or have now.

    `state`: same, disputed, or refused: it cannot cross now.
    """

    field: str
    tracker: str
    portal: str
    state: str


@dataclass(frozen=True, slots=True)
class StoryEntry:
    """What happened to a link, for people."""

    at: datetime
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class LinkSummary:
    """A link. `task_id` 0, `issue` "": that side is yet to be created. `tracker`: its name.

    `state`: ended, paused, disputed, refused, held (it
    waits for its other side), failing, waiting or working. `reason`: why, "" where
    it works. `agrees_to_deletion`: resuming says that what vanished was deleted. `problems`: what
    cannot cross now, by field.
    """

    key: str
    task_id: int
    task_title: str
    issue: str
    issue_url: str
    tracker: str
    state: str
    reason: str
    at: datetime | None
    agrees_to_deletion: bool
    disputes: tuple[Dispute, ...]
    problems: tuple[tuple[str, str], ...]
    story: tuple[StoryEntry, ...] = ()
    fields: tuple[FieldState, ...] = ()


def count_troubled(conn: Connection, portal_id: int) -> int:
    """Return how many links (up to `MAX_LINKS`) and halted pairs wait for a person."""
    return len(_troubled(conn, portal_id)) + len(issue_lists.halted(conn, portal_id))


def list_troubled(conn: Connection, portal_id: int) -> tuple[LinkSummary, ...]:
    """Return the links of a portal that wait for a person, the oldest first."""
    return _summarize(conn, portal_id, _troubled(conn, portal_id))


def links_of_task(conn: Connection, portal_id: int, task_id: int) -> tuple[LinkSummary, ...]:
    """Return the links of a task with the last lines of their stories, those at work first."""
    rows = issue_link_rows.by_ends(conn, portal_id, task_ids=[str(task_id)])
    ordered = sorted(rows, key=lambda row: row.ended)
    return summarize(conn, portal_id, ordered, story=MAX_STORY)


def find_link(conn: Connection, portal_id: int, key: str) -> IssueLinkRow | None:
    """Return a portal's own link by its key."""
    row = issue_links.by_key(conn, key)
    return row if row is not None and row.portal_id == portal_id else None


def summarize(
    conn: Connection, portal_id: int, rows: Sequence[IssueLinkRow], *, story: int = 0
) -> tuple[LinkSummary, ...]:
    """Return links for people, with so many of the last lines of each story."""
    return _summarize(conn, portal_id, _with_states(conn, rows), story=story)


def _summarize(
    conn: Connection, portal_id: int, links: Sequence[LoadedLink], *, story: int = 0
) -> tuple[LinkSummary, ...]:
    names = _load_names(conn, portal_id, [link for _, link in links])
    return tuple(
        _summary(row, link, names, _story(conn, row, story) if story else ()) for row, link in links
    )


def _with_states(conn: Connection, rows: Sequence[IssueLinkRow]) -> tuple[LoadedLink, ...]:
    states = issue_links.load(conn, [row.key for row in rows])
    return tuple((row, states[row.key]) for row in rows if row.key in states)


def _troubled(conn: Connection, portal_id: int) -> tuple[LoadedLink, ...]:
    """Return the links with trouble; a text may look like one, so their states decide."""
    rows = issue_link_counts.with_trouble(conn, portal_id, MAX_LINKS)
    return tuple(
        (row, link)
        for row, link in _with_states(conn, rows)
        if _state(row, link) not in ("working", "waiting")
    )


def _state(row: IssueLinkRow, link: LinkState) -> str:
    if row.ended or link.ended:
        return "ended"
    if link.pause:
        return "paused"
    if any(name not in link.decided for name in link.clashes):
        return "disputed"
    if link.problems or link.refused or _refused_entries(link):
        return "refused"
    if link.waiting:
        return "held"
    if row.error:
        return "failing"
    return "waiting" if row.version > row.done_version else "working"


def _refused_entries(link: LinkState) -> list[str]:
    return [entry.reason for entry in link.entries if entry.state is EntryState.REFUSED]


def _reason(row: IssueLinkRow, link: LinkState) -> str:
    if link.ended:
        return link.ended
    if link.pause:
        return link.pause.text
    waiting = join_sentences(". ", [*map(as_sentence, link.waiting.values())])
    return shorten_traceback(row.error) or waiting or next(filter(None, _refused_entries(link)), "")


@dataclass(frozen=True, slots=True)
class _Names:
    """Paths and addresses of projects by connection and number, titles of tasks, people.

    `systems`: kind and address of a connection. `people`: by connection, as a link's own names are.
    """

    projects: Mapping[tuple[int, str], tuple[str, str]]
    titles: Mapping[str, str]
    systems: Mapping[int, tuple[str, str]]
    people: Mapping[int, Mapping[str, str]]


def _load_names(conn: Connection, portal_id: int, links: Collection[LinkState]) -> _Names:
    query = (
        select(project.c.connection_id, project.c.project_id, project.c.path, project.c.url)
        .join(connection, connection.c.id == project.c.connection_id)
        .where(connection.c.portal_id == portal_id)
    )
    ends = [link.addresses.get(SideName.PORTAL) for link in links]
    numbers = {int(end.id) for end in ends if end is not None and end.id.isdigit()}
    rows = tasks.get(conn, portal_id, numbers)
    return _Names(
        {(row[0], str(row[1])): (row[2], row[3]) for row in conn.execute(query)},
        {str(number): row.body.title for number, row in rows.items() if row.body},
        {row.id: (row.kind, row.base_url) for row in connections.by_portal(conn, portal_id)},
        _name_people(conn, portal_id) if links else {},
    )


def _name_people(conn: Connection, portal_id: int) -> dict[int, dict[str, str]]:
    """Return what people are called on both sides, by connection and `side/field/id`."""
    users = {str(id_): user.name for id_, user in people.portal_users(conn, portal_id).items()}
    of_portal = _by_field(SideName.PORTAL, users)
    hosts = people.host_people_of_portal(conn, portal_id)
    return {
        row.id: of_portal
        | _by_field(SideName.TRACKER, {str(host.id): host.name for host in hosts.get(row.id, ())})
        for row in connections.by_portal(conn, portal_id)
    }


def _by_field(side: SideName, names: Mapping[str, str]) -> dict[str, str]:
    return {
        f"{side}/{field}/{id_}": name
        for field in (ASSIGNEES, LEAD)
        for id_, name in names.items()
        if name
    }


def _summary(
    row: IssueLinkRow, link: LinkState, names: _Names, story: tuple[StoryEntry, ...]
) -> LinkSummary:
    task, issue = link.addresses.get(SideName.PORTAL), link.addresses.get(SideName.TRACKER)
    kind, base = names.systems.get(row.connection_id, ("gitlab", ""))
    title, url = "", ""
    if issue is not None and kind == "youtrack":  # its numbers name the project already
        title, url = issue.number, f"{base}/issue/{issue.number}" if base else ""
    elif issue is not None:
        path, place = names.projects.get((row.connection_id, issue.project), (issue.project, ""))
        title, url = f"{path}#{issue.number}", f"{place}/-/issues/{issue.number}" if place else ""
    link = replace(link, names={**names.people.get(row.connection_id, {}), **link.names})
    vanished = link.pause is not None and link.pause.reason is PauseReason.VANISHED
    return LinkSummary(
        key=link.key,
        task_id=int(task.id) if task is not None and task.id.isdigit() else 0,
        task_title=names.titles.get(task.id, "") if task else "",
        issue=title,
        issue_url=url,
        tracker={"youtrack": "YouTrack"}.get(kind, "GitLab"),
        state=_state(row, link),
        reason=_reason(row, link),
        at=link.pause.at if link.pause else None,
        agrees_to_deletion=vanished,
        disputes=tuple(
            Dispute(name, *_shown(pair, link, kind), str(link.decided.get(name, "")))
            for name, pair in link.clashes.items()
        ),
        problems=tuple(link.problems.items()),
        story=story,
        fields=_fields(link, kind),
    )


def _shown(pair: ValuePair, link: LinkState, kind: str) -> tuple[str, str]:
    """Return what the tracker and the portal hold, as people call it, without markup."""
    names = link.names
    tracker, portal = pair.tracker, pair.portal
    if DESCRIPTION in tracker or DESCRIPTION in portal:
        from sync.text import sides  # large, and rarely needed
        from sync.text.markdown.dialect import GITLAB, YOUTRACK

        dialect = YOUTRACK if kind == "youtrack" else GITLAB
        tracker = _without_markup(tracker, sides.tracker(dialect))
        portal = _without_markup(portal, sides.TASK)
    return shown(tracker, SideName.TRACKER, names), shown(portal, SideName.PORTAL, names)


def _without_markup(values: Values, side: Side) -> Values:
    from sync.text.plain import lines_of, run_of, text_of

    return {
        field: " ".join(text_of(run_of(lines_of(side.read(value).blocks))).split())
        if field == DESCRIPTION and isinstance(value, str)
        else value
        for field, value in values.items()
    }


def _fields(link: LinkState, kind: str) -> tuple[FieldState, ...]:
    """Return each field that crosses, in the order of the settings."""
    refused = set(link.problems) | {key.partition("/")[2] for key in link.refused}
    pairs = {**link.bases, **link.clashes}
    return tuple(
        FieldState(
            name, *_shown(pair, link, kind),
            "disputed" if name in link.clashes else "refused" if name in refused else "same",
        )
        for name, pair in pairs.items()
    )  # fmt: skip


def _story(conn: Connection, row: IssueLinkRow, limit: int) -> tuple[StoryEntry, ...]:
    """Return the last lines of a link's story, the newest first."""
    lines = issue_link_stories.story(conn, row.id, limit)
    return tuple(StoryEntry(line.at, line.kind, line.text) for line in reversed(lines))
