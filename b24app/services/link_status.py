"""Two-way links in `status`: how many there are, and which of them wait for somebody."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from sync.core.issue_sync.link import EntryKind, EntryState, LinkState
from sync.store import issue_links, issue_lists
from sync.store.issue_links import IssueLinkRow

_KINDS = {EntryKind.COMMENT: "comment", EntryKind.TIME: "entry of time", EntryKind.FILE: "file"}


def link_lines(conn: Connection, portal_id: int, limit: int) -> list[str]:
    """Return the lines about a portal's links; none where it has no links and no stopped pair."""
    lines = list(_halted_lines(conn, portal_id))
    total = issue_links.count_of_portal(conn, portal_id)
    if not total:
        return lines
    rows = issue_links.with_trouble(conn, portal_id)
    states = issue_links.load(conn, [row.key for row in rows])
    troubled = [(row, text) for row in rows if (text := _trouble(row, states[row.key]))]
    lines.append(f"links    {total} of tasks and issues, {len(troubled)} of which need a look")
    for row, text in troubled[:limit]:
        name = f"task {row.task_id}" if row.task_id else f"issue {row.tracker_number}"
        lines.append(f"link     {name}: {text}")
    if len(troubled) > limit:
        lines.append(f"         and {len(troubled) - limit} more: `--limit {len(troubled)}`")
    if troubled:
        lines.append("next     `b24bridge sync explain TASK` tells a link's whole story")
    return lines


def _halted_lines(conn: Connection, portal_id: int) -> Iterator[str]:
    for (connection, pair), text in issue_lists.halted(conn, portal_id).items():
        project, _, group = pair.removeprefix(f"{connection}/".casefold()).rpartition("/")
        yield f"stopped  workgroup {group} ⇄ {project}: {text}"
        yield f"next     `b24bridge sync resume --pair {project} --workgroup {group}`"


def _trouble(row: IssueLinkRow, link: LinkState) -> str:
    """Return what a link waits for, or "" where it waits for nobody."""
    return row.error or "; ".join(_troubles(link))


def _troubles(link: LinkState) -> Iterator[str]:
    if link.pause is not None:
        yield f"paused: {link.pause.text}"
    yield from link.waiting.values()
    if link.clashes:
        yield f"both sides changed {', '.join(link.clashes)}: `b24bridge sync conflicts`"
    if link.refused:
        names = sorted({key.partition("/")[2] or "the item" for key in link.refused})
        yield f"not taken by the other side: {', '.join(names)}"
    refused = [entry for entry in link.entries if entry.state is EntryState.REFUSED]
    if refused:
        yield f"{_KINDS[refused[0].kind]} that does not cross: {refused[0].reason}"
    if len(refused) > 1:
        yield f"{len(refused) - 1} more that do not cross"
