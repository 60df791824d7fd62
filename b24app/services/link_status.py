"""Two-way links in `status`: how many there are, and which of them wait for somebody."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from sync.core.issue_sync.link import EntryKind, EntryState, LinkState, field_word
from sync.sentences import as_sentence, join_sentences, sentence
from sync.store import issue_link_counts, issue_links, issue_lists
from sync.store.issue_link_rows import IssueLinkRow

_WHOLE = "the item"
_KINDS = {EntryKind.COMMENT: "comment", EntryKind.TIME: "entry of time", EntryKind.FILE: "file"}


def link_lines(conn: Connection, portal_id: int, limit: int) -> list[str]:
    """Return the lines about a portal's links; none where it has no links and no stopped pair."""
    lines = list(_halted_lines(conn, portal_id))
    total = issue_link_counts.count_of_portal(conn, portal_id)
    if not total:
        return lines
    rows = issue_link_counts.with_trouble(conn, portal_id)
    states = issue_links.load(conn, [row.key for row in rows])
    troubled = [(row, text) for row in rows if (text := _trouble(row, states[row.key]))]
    lines.append(
        sentence(
            "links    {total} of tasks and issues, {count} of which need a look",
            total=total,
            count=len(troubled),
        )
    )
    for row, text in troubled[:limit]:
        name = (
            sentence("task {task_id}", task_id=row.task_id)
            if row.task_id
            else sentence("issue {tracker_number}", tracker_number=row.tracker_number)
        )
        lines.append(sentence("link     {name}: {text}", name=name, text=as_sentence(text)))
    if len(troubled) > limit:
        lines.append(
            sentence(
                "         and {count} more: `--limit {total}`",
                count=len(troubled) - limit,
                total=len(troubled),
            )
        )
    if troubled:
        lines.append("next     `b24bridge sync explain TASK` tells a link's whole story")
    return lines


def _halted_lines(conn: Connection, portal_id: int) -> Iterator[str]:
    for (connection, pair), text in issue_lists.halted(conn, portal_id).items():
        project, _, group = pair.removeprefix(f"{connection}/".casefold()).rpartition("/")
        yield sentence(
            "stopped  workgroup {group} ⇄ {project}: {text}",
            group=group,
            project=project,
            text=as_sentence(text),
        )
        yield sentence(
            "next     `b24bridge sync resume --pair {project} --workgroup {group}`",
            project=project,
            group=group,
        )


def _trouble(row: IssueLinkRow, link: LinkState) -> str:
    """Return what a link waits for, or "" where it waits for nobody."""
    return row.error or join_sentences("; ", [*map(as_sentence, _troubles(link))])


def _troubles(link: LinkState) -> Iterator[str]:
    if link.pause is not None:
        yield sentence("paused: {text}", text=as_sentence(link.pause.text))
    yield from link.waiting.values()
    if link.clashes:
        yield sentence(
            "both sides changed {clashes}: `b24bridge sync conflicts`",
            clashes=join_sentences(", ", [*map(field_word, link.clashes)]),
        )
    if link.refused:
        names = sorted({key.partition("/")[2] or _WHOLE for key in link.refused})
        yield sentence(
            "not taken by the other side: {names}",
            names=join_sentences(", ", [*map(field_word, names)]),
        )
    refused = [entry for entry in link.entries if entry.state is EntryState.REFUSED]
    if refused:
        yield sentence(
            "{kinds} that does not cross: {reason}",
            kinds=as_sentence(_KINDS[refused[0].kind]),
            reason=as_sentence(refused[0].reason),
        )
    if len(refused) > 1:
        yield sentence("{count} more that do not cross", count=len(refused) - 1)
