"""What the end of an announced write means for its link. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from sync.core.issue_sync.fields import same_value
from sync.core.issue_sync.journal import as_sent, changes_of, landed
from sync.core.issue_sync.ledger import content, replaced
from sync.core.issue_sync.link import (
    Entry,
    EntryState,
    LinkState,
    PlannedWrite,
    StoryLine,
    Values,
    field_word,
)
from sync.core.issue_sync.model import Comment, File, Item, SideName, Value
from sync.core.issue_sync.sets import as_set
from sync.core.issue_sync.writes import (
    CreateItem,
    Done,
    EditComment,
    NotDone,
    Outcome,
    SetChange,
    Unknown,
    UpdateItem,
    Write,
)
from sync.errors import Refused
from sync.sentences import as_sentence, as_text, join_sentences, sentence


def confirm(
    link: LinkState,
    side: SideName,
    write: Write,
    outcome: Outcome,
    now: datetime,
    *,
    answered: bool = True,
) -> tuple[LinkState, StoryLine]:
    """Return the link after a write, and a line for its story.

    `answered` False: the outcome was looked up later. What the side holds then may be a person's
    edit already, so what was sent counts as stored.
    """
    planned = _announced(link, side, write)
    match outcome:
        case Done():
            done = _without(planned, outcome.deferred)
            after = _done(_settled(link, planned), done, outcome, answered)
            text = _sentence("written", done, *outcome.dropped.items())
            for error in outcome.deferred.values():
                text = _because(text, error)
            return after, _line(now, "dropped" if outcome.dropped else "written", text, side)
        case NotDone(error=error):
            after = _settled(link, planned)
            if isinstance(error, Refused):
                after = _refused(after, planned, error)
            kind = "refused" if isinstance(error, Refused) else "later"
            return after, _line(now, kind, _because(_sentence("not written", planned), error), side)
        case Unknown(error=error):
            text = _because(_sentence("sent, and its answer was lost", planned), error)
            return link, _line(now, "unknown", text, side)


def _announced(link: LinkState, side: SideName, write: Write) -> PlannedWrite:
    for planned in link.pending:
        if planned.side is side and planned.write.key == write.key:
            return planned
    raise LookupError(f"{write.key} was not announced to the {side}")


def _settled(link: LinkState, planned: PlannedWrite) -> LinkState:
    return replace(link, pending=tuple(other for other in link.pending if other is not planned))


def _without(planned: PlannedWrite, deferred: Collection[str]) -> PlannedWrite:
    """Return a write without what it was to mean for fields of which nothing was written."""
    if not deferred:
        return planned
    names = planned.intents.keys() - _holding(planned, deferred)
    return replace(planned, intents={name: planned.intents[name] for name in sorted(names)})


def _holding(planned: PlannedWrite, fields: Collection[str]) -> frozenset[str]:
    """Return the names of what is kept in any of a side's fields."""
    return frozenset(
        name
        for name, intent in planned.intents.items()
        if changes_of(planned.write, intent).keys() & fields
    )


def _done(link: LinkState, planned: PlannedWrite, done: Done, answered: bool) -> LinkState:
    match planned.write:
        case CreateItem() | UpdateItem() as write:
            if done.item is not None and done.item.moved_to:
                return _moved_on(link, planned, done, done.item)
            sent = _kept(write, as_sent(write, done.item.values if done.item else {}), done)
            stored: Values = sent
            if answered and done.item is not None:
                stored = {**sent, **done.item.values}
            halfway = _holding(planned, done.halfway)
            left_out = _left_out(planned, write, stored, done.dropped) | halfway
            link = landed(link, planned, stored, left_out, halfway)
            link = _noted(link, planned, done.dropped, left_out, stored)
            if isinstance(write, CreateItem) and done.item is not None:
                addresses = {**link.addresses, planned.side: done.item.address}
                return replace(link, addresses=addresses)
            return link
        case _ if planned.entry is not None:
            return replaced(link, _entry(planned.entry, planned.write, planned.side, done))
    return link


def _moved_on(link: LinkState, planned: PlannedWrite, done: Done, item: Item) -> LinkState:
    """Return the link after a write to what had moved on: what was stored before that is agreed.

    The item that goes on took it along, or lost it by the move, which is an edit.
    """
    stored = item.values.keys() - done.dropped.keys()
    intents = {
        name: intent
        for name, intent in planned.intents.items()
        if (changed := changes_of(planned.write, intent).keys()) and changed <= stored
    }
    link = landed(link, replace(planned, intents=intents), item.values)
    if isinstance(planned.write, CreateItem):
        return replace(link, addresses={**link.addresses, planned.side: item.address})
    return link


def _kept(write: CreateItem | UpdateItem, sent: Values, done: Done) -> Values:
    """Return what was sent; of what was left out, what the field held before it."""
    before = write.before if isinstance(write, UpdateItem) else {}
    return {
        name: before.get(name) if name in done.dropped else value for name, value in sent.items()
    }


def _entry(entry: Entry, write: Write, side: SideName, done: Done) -> Entry:
    record = done.comment or done.entry or done.file
    if isinstance(write, EditComment):
        return replace(entry, copy=record.text if isinstance(record, Comment) else write.text)
    if record is None or entry.state is not EntryState.LIVE:
        return entry
    references = dict(entry.references)
    if isinstance(record, File):
        references[side] = record.reference
    return replace(
        entry,
        ids={**entry.ids, side: record.id},
        copy=content(record),
        references=references,
    )


def _left_out(
    planned: PlannedWrite,
    write: CreateItem | UpdateItem,
    stored: Values,
    dropped: Mapping[str, str],
) -> frozenset[str]:
    """Return the fields of which a side stored nothing, or of a set not all.

    A field that came to hold something else, as a status that another person has to approve, is as
    the side wants it.
    """
    before = write.before if isinstance(write, UpdateItem) else {}
    return frozenset(
        name
        for name, intent in planned.intents.items()
        if (changed := changes_of(write, intent).keys()) & dropped.keys()
        and (
            not intent.is_whole
            or all(same_value(before.get(field), stored.get(field)) for field in changed)
        )
    )


def _noted(
    link: LinkState,
    planned: PlannedWrite,
    dropped: Mapping[str, str],
    left_out: frozenset[str],
    stored: Values,
) -> LinkState:
    """Keep what the side silently left out as a problem, until the field is written again.

    What it did not store at all is not sent again before it changes, or a day has passed.
    """
    texts: dict[str, str] = {}
    for field, text in dropped.items():
        names = [name for name, intent in planned.intents.items() if field in intent.target]
        texts |= dict.fromkeys(names or [field], text)
    refused = {f"{planned.side}/{name}": _left(planned, name, stored) for name in left_out}
    reasons = {f"{planned.side}/{name}": texts[name] for name in left_out if name in texts}
    return replace(
        link,
        problems=_with_texts(link.problems, texts),
        refused={**link.refused, **refused},
        reasons={**link.reasons, **reasons},
    )


def _with_texts(problems: Mapping[str, str], texts: Mapping[str, str]) -> dict[str, str]:
    """Return problems with why fields were left out, behind what has no counterpart."""
    after = dict(problems)
    for name, text in texts.items():
        missing = [problem] if (problem := problems.get(name)) and text not in problem else []
        after[name] = join_sentences("; ", [*missing, text])
    return after


def _left(planned: PlannedWrite, name: str, stored: Values) -> Values:
    """Return what a side did not store of a field: of a set, the elements."""
    intent, write = planned.intents[name], planned.write
    if intent.is_whole:
        return intent.source
    left: dict[str, Value] = {}
    for field, change in changes_of(write, intent).items():
        if isinstance(write, CreateItem):
            change = SetChange(as_set(write.values.get(field)))
        if isinstance(change, SetChange):
            present = as_set(stored.get(field))
            left |= {f"+{field}": change.add - present, f"-{field}": change.remove & present}
    return left


def _refused(link: LinkState, planned: PlannedWrite, error: Refused) -> LinkState:
    """Keep a write from being repeated as it is; a refused write of several fields is parted."""
    if planned.entry is not None:
        return _refused_entry(link, planned.entry, planned.side, error)
    names, text = sorted(planned.intents), as_text(error)
    if isinstance(planned.write, CreateItem):
        return replace(link, refused={**link.refused, f"{planned.side}/": _sources(planned)})
    if not names:
        return replace(link, refused={**link.refused, f"{planned.side}/{planned.write.key}": {}})
    if len(names) > 1:
        return replace(link, apart=link.apart | frozenset(names))
    refused = {f"{planned.side}/{name}": planned.intents[name].source for name in names}
    return replace(
        link,
        refused={**link.refused, **refused},
        reasons={**link.reasons, **dict.fromkeys(refused, text)},
        problems=_with_texts(link.problems, dict.fromkeys(names, text)),
    )


def _sources(planned: PlannedWrite) -> Values:
    return {
        name: value for intent in planned.intents.values() for name, value in intent.source.items()
    }


def _refused_entry(link: LinkState, entry: Entry, side: SideName, error: Refused) -> LinkState:
    """Keep a write from being tried again until its origin changes, or a day has passed.

    What nothing can be changed about, as of a message that is too old to be edited, rests for good.
    """
    before = next((other for other in link.entries if other.key == entry.key), entry)
    after = replace(before if before.ids.get(side) else entry, content=entry.content)
    state = EntryState.REFUSED
    if before.ids.get(side) and not error.change:
        is_gone = entry.state is EntryState.ORIGIN_GONE
        state = EntryState.ORIGIN_GONE if is_gone else before.state
    return replaced(link, replace(after, state=state, reason=as_text(error)))


def _sentence(what: str, planned: PlannedWrite, *dropped: tuple[str, str]) -> str:
    names = join_sentences(", ", [field_word(name) for name in sorted(planned.intents)])
    # An entry has no fields: its reason says of which kind it is; a key says nothing to people.
    subject = names or as_sentence(planned.reason) or planned.write.key
    text = sentence("{what}: {subject}", what=as_sentence(what), subject=subject)
    if planned.reason and names:
        text = sentence("{text} ({reason})", text=text, reason=as_sentence(planned.reason))
    lost = join_sentences(
        "; ",
        [
            sentence("{name} was left out: {why}", name=field_word(name), why=as_sentence(why))
            for name, why in dropped
        ],
    )
    return sentence("{text}. {lost}", text=text, lost=lost) if lost else text


def _because(text: str, error: Exception) -> str:
    return sentence("{text}: {error}", text=text, error=error)


def _line(now: datetime, kind: str, text: str, side: SideName) -> StoryLine:
    return StoryLine(now, kind, text, side=side)
