"""Comments, logged work and files that the ledger of a link lacks. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time

from sync.core.issue_sync.ledger import Record, Records, author, content, is_ours, mark, rule_of
from sync.core.issue_sync.link import Entry, EntryKind, LinkState
from sync.core.issue_sync.model import Comment, File, SideName, TimeEntry
from sync.core.issue_sync.rules import EntryRule, LinkRules


def new_entries(
    link: LinkState, kind: EntryKind, records: Records, rules: LinkRules
) -> Iterator[Entry]:
    """Yield entries for records that the ledger lacks, the oldest first."""
    rule = rule_of(rules, kind)
    for side in records:
        ids = {entry.ids.get(side) for entry in link.entries if entry.kind is kind}
        for record in sorted(records[side].values(), key=_age):
            if record.id not in ids and crosses(link, record, side, rule, rules.other_links):
                yield Entry(
                    kind,
                    side,
                    f"{link.key}/{kind}:{side}:{record.id}",
                    {side: record.id},
                    content=content(record),
                    author=author(record),
                    mark=mark(record),
                    references={side: record.reference} if isinstance(record, File) else {},
                )


def crosses(
    link: LinkState,
    record: Record,
    side: SideName,
    rule: EntryRule,
    other_links: frozenset[str] = frozenset(),
) -> bool:
    """Whether a record of a side gets a copy on the other one."""
    is_old = rule.since is not None and _age(record)[0] < rule.since
    is_kept = is_ours(link, side, record, other_links) or is_old or is_hidden(record, rule)
    return rule.direction.allows(side.other) and not is_kept


def is_hidden(record: Record, rule: EntryRule) -> bool:
    """Whether a record is for some people of its side alone, and stays there."""
    return isinstance(record, Comment | File) and record.internal and not rule.internal


def _age(record: Record) -> tuple[datetime, str]:
    match record:
        case Comment(at=at):
            return at, record.id
        case TimeEntry(on=on):
            return datetime.combine(on, time.max, UTC), record.id
        case File():
            return datetime.max.replace(tzinfo=UTC), record.id
