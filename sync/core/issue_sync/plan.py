"""Decide what a link needs: the one pure function of two-way sync.

came: both items as read, what was agreed, what was announced
goes: writes with their reasons, the link as it is to be saved, conflicts, lines for its story
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sync.core.issue_sync.entries import EntryPlan, plan_entries
from sync.core.issue_sync.field_writes import Items, plan_creation
from sync.core.issue_sync.fuse import blown
from sync.core.issue_sync.journal import settle_by_read
from sync.core.issue_sync.ledger import given_up, without_places
from sync.core.issue_sync.link import (
    Conflict,
    EntryState,
    LinkState,
    Pause,
    PauseReason,
    PlannedWrite,
    StoryLine,
    field_word,
)
from sync.core.issue_sync.model import Absence, Author, Item, ItemAddress, SideName, Unreachable
from sync.core.issue_sync.rules import LinkRules
from sync.core.issue_sync.status_notes import (
    explain_status,
    is_over,
    pause_at_status,
    restated_lines,
)
from sync.core.issue_sync.story import conflict_line, problem_lines
from sync.core.issue_sync.values import adopt_values, plan_values
from sync.core.issue_sync.writes import AddComment, AddFile, CreateItem, DeleteTime, UpdateItem
from sync.sentences import as_sentence, join_sentences, sentence

AFTER_MOVE = timedelta(hours=1)  # by then a side has copied what belongs to a moved item
MOST_ENTRIES = 50  # additions of a look, so that what is announced stays small

Read = Item | Unreachable | None  # None: it has yet to be created


@dataclass(frozen=True, slots=True)
class LinkPlan:
    """What a link needs.

    `link`: to be saved in any case. `read_again`: an item goes on under another address.
    `unsettled`: writes whose end the side must be asked for before anything is planned. `more`:
    the link needs another look once these writes have ended. `look_at`: when it needs one anyway.
    """

    link: LinkState
    writes: tuple[PlannedWrite, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    pause: Pause | None = None
    story: tuple[StoryLine, ...] = ()
    read_again: bool = False
    unsettled: tuple[PlannedWrite, ...] = ()
    more: bool = False
    look_at: datetime | None = None


def plan(link: LinkState, tracker: Read, portal: Read, rules: LinkRules, now: datetime) -> LinkPlan:
    """Plan a link. Both items were read after the link was loaded."""
    reads = {SideName.TRACKER: tracker, SideName.PORTAL: portal}
    items = {side: item for side, item in reads.items() if isinstance(item, Item)}
    link, settled = settle_by_read(link, items, rules, now)
    story = tuple(conflict_line(conflict) for conflict in settled)
    keyed = any(not isinstance(planned.write, UpdateItem) for planned in link.pending)
    followed = None if keyed or link.ended else _followed(link, reads, now)
    if link.pending and followed is None:
        return LinkPlan(link, conflicts=settled, story=story, unsettled=link.pending)
    if followed is None and link.ended:
        return LinkPlan(link, conflicts=settled, story=story)
    if is_over(link.pause, items, rules):
        link = replace(link, pause=None)
        story = (*story, StoryLine(now, "resumed", "the tracker's status has changed"))
    if followed is None and link.pause:
        return LinkPlan(_at_a_pause(link, items, rules), conflicts=settled, story=story)
    planned = followed or _with_absent(link, reads, items, rules, now)
    if planned is None:
        planned = _with_both(_returned(link), items, rules, now)
    planned = _within_budget(link, planned, items, rules, now)
    return replace(
        planned,
        conflicts=(*settled, *planned.conflicts),
        story=(*story, *planned.story),
        more=planned.more or any(map(_is_half, planned.writes)),
    )


def _is_half(planned: PlannedWrite) -> bool:
    """Whether more is to be written once this has landed: what shows a file, what it made room for.

    After anything else the link rests; what people do meanwhile is heard of.
    """
    rebased = any(intent.rebased is not None for intent in planned.intents.values())
    return rebased or isinstance(planned.write, CreateItem | AddFile | DeleteTime)


def _followed(link: LinkState, reads: Mapping[SideName, Read], now: datetime) -> LinkPlan | None:
    """Go on with the item that an item became when it was moved."""
    for side, item in reads.items():
        match item:
            case Item(moved_to=moved_to) if moved_to and moved_to != item.address.id:
                address = ItemAddress(moved_to)
            case Unreachable(absence=Absence.MOVED, address=address) if address.id:
                if address == link.addresses.get(side):
                    continue
            case _:
                continue
        before = link.addresses[side]
        after = replace(
            without_places(link, side),
            addresses={**link.addresses, side: address},
            moved_at=now,
        )
        text = sentence(
            "the {side}'s item {id} goes on as {new_id}", side=side, id=before.id, new_id=address.id
        )
        return LinkPlan(after, story=(StoryLine(now, "moved", text, side=side),), read_again=True)
    return None


def _with_absent(
    link: LinkState,
    reads: Mapping[SideName, Read],
    items: Items,
    rules: LinkRules,
    now: datetime,
) -> LinkPlan | None:
    """Plan for a side that could not be read, or None where both were."""
    for side, item in reads.items():
        other = items.get(side.other)
        match item:
            case Unreachable(absence=Absence.NOT_FOUND) if side in link.deleted and other:
                return _after_deletion(link, side, other, rules, now)
            case Unreachable():
                return _waiting(link, side, item, rules.projects.get(side, ""), now)
            case None if other:
                return _creating(link, side, other, rules, now)
            case None:
                return LinkPlan(link)
    return None


def _waiting(
    link: LinkState, side: SideName, item: Unreachable, project: str, now: datetime
) -> LinkPlan:
    """Let a link wait for an item. `project`: the id of the one that the settings mean now."""
    why = {
        Absence.NOT_FOUND: "was not found: it was deleted, or our account may not see it. "
        "Let our account see it, or end the link",
        Absence.DENIED: "refuses our account: it lost a role or a right there. "
        "Give it back to the account in whose name we work",
        Absence.ARCHIVED: "is in an archive, where nothing can be written. "
        "Take its project out of the archive, or end the link",
        Absence.MOVED: "was moved to a place that our account cannot see. "
        "Let our account see it, or end the link",
        Absence.CONFIDENTIAL: "is confidential, and the settings keep such items where they are. "
        "Make it public, or allow `confidential` for the pair",
    }[item.absence]
    text = sentence(
        "the {side}'s item {id} {why}. The link waits; nothing is lost",
        side=side,
        id=item.address.id,
        why=_of_another_project(item, project) or as_sentence(why),
    )
    if link.waiting.get(side) == text:
        return LinkPlan(link)
    after = replace(link, waiting={**link.waiting, side: text})
    return LinkPlan(after, story=(StoryLine(now, "waits", text, side=side),))


def _of_another_project(item: Unreachable, project: str) -> str:
    """Say that an item is not shown, and that the settings mean another project than its own."""
    before = item.address.project
    is_hidden = item.absence in (Absence.NOT_FOUND, Absence.DENIED)
    if not is_hidden or not before or not project or before == project:
        return ""
    return sentence(
        "is not shown any more, and its project {before} is not the one that the settings mean "
        "now, {project}. Usually a project was deleted and made anew under the same path, which is "
        "another project with other items. End the link and link the two items that belong "
        "together, or let our account see the old project",
        before=before,
        project=project,
    )


def _returned(link: LinkState) -> LinkState:
    """Both items are readable: nobody waits, and a reported deletion was none."""
    return replace(link, waiting={}, deleted=frozenset())


def _creating(
    link: LinkState, side: SideName, other: Item, rules: LinkRules, now: datetime
) -> LinkPlan:
    planned = plan_creation(link, other, side, rules)
    if planned is None:
        text = sentence(
            "there is no item on the {side}, and the rules create none there", side=side
        )
        if link.waiting.get(side) == text:
            return LinkPlan(link)
        after = replace(link, waiting={**link.waiting, side: text})
        return LinkPlan(after, story=(StoryLine(now, "waits", text, side=side),))
    sources = {
        name: value for intent in planned.intents.values() for name, value in intent.source.items()
    }
    if link.refused.get(f"{side}/") == sources:
        return LinkPlan(link)
    return LinkPlan(replace(link, waiting={}), (planned,))


def _after_deletion(
    link: LinkState, side: SideName, other: Item, rules: LinkRules, now: datetime
) -> LinkPlan:
    """End the link with a note on the other side; an item edited since is created again."""
    edited = [
        name
        for name, base in link.bases.items()
        if (translation := rules.translations.get(name))
        and translation.moved(
            side.other,
            base.of(side.other),
            {
                held: other.values[held]
                for held in translation.fields(side.other)
                if held in other.values
            },
        )
    ]
    if edited and side in rules.create:
        addresses = {name: kept for name, kept in link.addresses.items() if name is not side}
        entries = without_places(link, side).entries
        after = replace(
            link,
            addresses=addresses,
            bases={},
            entries=tuple(entry for entry in entries if entry.origin is not side),
            deleted=frozenset(),
            generation=link.generation + 1,
        )
        text = sentence(
            "deleted on the {side}, but {edited} was edited since: created again",
            side=side,
            edited=join_sentences(", ", [field_word(name) for name in edited]),
        )
        return LinkPlan(after, story=(StoryLine(now, "deleted", text, side=side),), more=True)
    text = sentence("the {side}'s item was deleted: the link ended", side=side)
    note = AddComment(
        f"{link.key}/deleted:{side}", other.address, rules.texts.deleted(side.other), Author("")
    )
    return LinkPlan(
        replace(link, ended=text),
        (PlannedWrite(side.other, note, text),),
        story=(StoryLine(now, "deleted", text, side=side),),
    )


def _with_both(link: LinkState, items: Items, rules: LinkRules, now: datetime) -> LinkPlan:
    link = replace(link, addresses={side: item.address for side, item in items.items()})
    if link.moved_at is not None and now - link.moved_at >= AFTER_MOVE:
        link = given_up(link)
    entries = plan_entries(link, items, rules)
    if entries.vanished:
        pause = Pause(
            PauseReason.VANISHED,
            now,
            sentence(
                "{vanished} entries are missing at once. Usually our account lost the right to "
                "see them. Look, then resume the link: they then count as deleted",
                vanished=entries.vanished,
            ),
        )
        return LinkPlan(replace(link, pause=pause), pause=pause, story=(_pause_line(pause),))
    before, link = link, entries.link
    values = plan_values(link, items, rules, now)
    writes = _in_order(entries, values.writes) + explain_status(before, items, values, rules)
    is_searching = any(entry.state is EntryState.UNPLACED for entry in link.entries)
    moved_at = link.moved_at if is_searching else None
    status_pause = pause_at_status(before, items, values, rules, now)
    after = replace(values.link, deletions_agreed=False, moved_at=moved_at, pause=status_pause)
    if writes:
        after = replace(after, sequence=after.sequence + 1)
    story = [conflict_line(conflict) for conflict in values.conflicts]
    story += problem_lines(before.problems, after.problems, now)
    story += restated_lines(before, items, rules, now)
    story += [StoryLine(now, "entry", remark) for remark in entries.remarks]
    story += [_pause_line(status_pause)] if status_pause else []
    return LinkPlan(
        after,
        writes,
        values.conflicts,
        status_pause,
        story=tuple(story),
        more=len(entries.writes) > MOST_ENTRIES,
        look_at=moved_at + AFTER_MOVE if moved_at else None,
    )


def _in_order(entries: EntryPlan, updates: tuple[PlannedWrite, ...]) -> tuple[PlannedWrite, ...]:
    """Files first: texts show them. Then the items, then what is said about them."""
    chosen = entries.writes[:MOST_ENTRIES]
    files = tuple(planned for planned in chosen if isinstance(planned.write, AddFile))
    others = tuple(planned for planned in chosen if not isinstance(planned.write, AddFile))
    return (*files, *updates, *others)


def _within_budget(
    link: LinkState, planned: LinkPlan, items: Items, rules: LinkRules, now: datetime
) -> LinkPlan:
    """Let the fuse of the link blow where it writes too often; then it keeps what it agreed."""
    pause = blown(link, planned.writes, now)
    if pause is None:
        return planned
    after = replace(_at_a_pause(link, items, rules), pause=pause)
    return LinkPlan(after, pause=pause, story=(_pause_line(pause),))


def _at_a_pause(link: LinkState, items: Items, rules: LinkRules) -> LinkState:
    """Agree on what people make alike while the link stands still, so that later edits count."""
    return adopt_values(link, items, rules) if len(items) == len(SideName) else link


def _pause_line(pause: Pause) -> StoryLine:
    return StoryLine(pause.at, "paused", pause.text)
