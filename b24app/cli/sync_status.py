"""What stands still in two-way sync, as `status` shows it."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from sync.store import issue_links, issue_lists, projects
from sync.store.issue_links import IssueLinkRow

MOST = 10  # paused links that are named


def sync_status_lines(conn: Connection, portal_id: int) -> Iterator[str]:
    """Yield the halted pairs and the paused links of a portal, and what to do about them."""
    halted = issue_lists.halted(conn, portal_id)
    for (connection, pair), text in halted.items():
        project, _, group = pair.removeprefix(f"{connection}/".casefold()).rpartition("/")
        yield f"halted   workgroup {group} ⇄ {project}: {text}"
        yield f"next     `b24bridge sync resume --pair {project} --workgroup {group}`"
    paused = issue_links.paused(conn, portal_id)
    for row, link in paused[:MOST]:
        if link.pause is not None:
            yield f"paused   {_name(conn, row)} ({link.pause.reason}): {link.pause.text}"
    if len(paused) > MOST:
        yield f"paused   {len(paused) - MOST} more"
    if paused:
        yield "next     `b24bridge sync explain TASK` says why, `b24bridge sync resume TASK`"


def _name(conn: Connection, row: IssueLinkRow) -> str:
    """Return how people name a link: `2103 ⇄ acme/shop#12`."""
    task, (number, _, issue) = row.task_id or "no task", row.tracker_number.partition("/")
    if not row.tracker_number:
        return f"{task} ⇄ no issue"
    key = row.connection_id, int(number)
    path, _ = projects.project_paths(conn, [key]).get(key, (number, ""))
    return f"{task} ⇄ {path}#{issue}"
