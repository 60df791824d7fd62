"""Links, items and rules for the tests of two-way sync, with as few words as can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial

from sync.core.issue_sync import statuses
from sync.core.issue_sync.confirm import confirm
from sync.core.issue_sync.fields import Translation, unchanged
from sync.core.issue_sync.journal import announce
from sync.core.issue_sync.link import LinkState, PlannedWrite, ValuePair
from sync.core.issue_sync.model import (
    ASSIGNEES,
    DESCRIPTION,
    STATUS,
    TAGS,
    TITLE,
    Author,
    Comment,
    File,
    Item,
    ItemAddress,
    SideName,
    TimeEntry,
    Value,
)
from sync.core.issue_sync.plan import LinkPlan, plan
from sync.core.issue_sync.rules import Direction, FieldRule, LinkRules, Policy
from sync.core.issue_sync.sets import Elements, People
from sync.core.issue_sync.statuses import StatusRow
from sync.core.issue_sync.texts import Text
from sync.core.issue_sync.writes import CreateItem, Done, SetChange, UpdateItem, Write
from sync.text import same, sides
from sync.text.markdown import GITLAB
from sync.text.patch import Patched, patch

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
TRACKER, PORTAL = SideName.TRACKER, SideName.PORTAL
ADDRESSES = {TRACKER: ItemAddress("501", "7", "12"), PORTAL: ItemAddress("58", "3", "58")}
PEOPLE = {"ann": "1", "bob": "2", "cy": "3"}
BACK = {portal: tracker for tracker, portal in PEOPLE.items()}
TAG_TO_PORTAL = {"red": "Red", "blue": "Blue", "green": "Green"}
TAG_TO_TRACKER = {portal: tracker for tracker, portal in TAG_TO_PORTAL.items()}
# Two of the tracker's statuses are one on the portal, and two of the portal's one on the tracker.
STATUS_ROWS = (
    StatusRow("todo", "2"),
    StatusRow("triage", "2"),
    StatusRow("doing", "3"),
    StatusRow("doing", "4"),
    StatusRow("done", "5"),
)

DIALECTS = {TRACKER: sides.tracker(GITLAB), PORTAL: sides.TASK}


def patched(to: SideName, before: str, after: str, target: str) -> Patched:
    """Carry a change of text between the real dialects."""
    source = DIALECTS[to.other]
    return patch(
        source.read(before), source.read(after), target, source=source, target=DIALECTS[to]
    )


def same_text(side: SideName, before: str, after: str) -> bool:
    """Compare normalised trees of a side's texts."""
    read = DIALECTS[side].read
    return same.normalised(read(before)) == same.normalised(read(after))


TRANSLATIONS: dict[str, Translation] = {
    TITLE: unchanged(TITLE),
    STATUS: statuses.translation(STATUS_ROWS),
    TAGS: Elements(TAGS, TAG_TO_TRACKER.get, TAG_TO_PORTAL.get),
    ASSIGNEES: People(BACK.get, PEOPLE.get),
    DESCRIPTION: Text(DESCRIPTION, patched, same_text),
}


def rules(
    policy: Policy = Policy.NEWEST,
    direction: Direction = Direction.BOTH,
    fields: Sequence[str] = (TITLE, STATUS, TAGS),
) -> LinkRules:
    """Return rules for some fields."""
    rule = FieldRule(direction, policy)
    return LinkRules(dict.fromkeys(fields, rule), {name: TRANSLATIONS[name] for name in fields})


def item(
    side: SideName,
    values: Mapping[str, Value],
    *,
    at: datetime = NOW,
    comments: tuple[Comment, ...] | None = (),
    time: tuple[TimeEntry, ...] | None = (),
    files: tuple[File, ...] | None = (),
) -> Item:
    """Return an item as read."""
    author = Author("ann" if side is TRACKER else "1", "Ann")
    return Item(ADDRESSES[side], values, author, NOW, at, comments=comments, time=time, files=files)


def linked(**bases: tuple[Mapping[str, Value], Mapping[str, Value]]) -> LinkState:
    """Return a link with what was agreed, tracker first."""
    pairs = {name: ValuePair(*pair) for name, pair in bases.items()}
    return LinkState("L1", ADDRESSES, pairs)


def titles(tracker: str, portal: str | None = None) -> LinkState:
    """Return a link that agreed on titles."""
    return linked(title=({TITLE: tracker}, {TITLE: tracker if portal is None else portal}))


def titled(tracker: str, portal: str) -> tuple[Item, Item]:
    """Return two items with titles."""
    return item(TRACKER, {TITLE: tracker}), item(PORTAL, {TITLE: portal})


def changes(planned: LinkPlan) -> dict[SideName, Mapping[str, object]]:
    """Return what the updates of a plan change, by side."""
    return {
        write.side: write.write.changes
        for write in planned.writes
        if isinstance(write.write, UpdateItem)
    }


def comment(
    number: int | str,
    text: str = "hello",
    *,
    author: str = "ann",
    key: str = "",
    internal: bool = False,
    ours: bool = False,
) -> Comment:
    """Return a comment, later ones with larger numbers."""
    at = NOW + timedelta(minutes=int(str(number).strip("abcdefghijklmnopqrstuvwxyz") or 0))
    return Comment(str(number), Author(author, is_bridge=ours), text, at, None, internal, key)


def work(number: int | str, seconds: int = 3600, text: str = "", *, author: str = "1") -> TimeEntry:
    """Return logged work."""
    return TimeEntry(str(number), Author(author), seconds, date(2026, 11, 30), text)


def stored(planned: PlannedWrite, held: Item | None = None, **other: Value) -> Done:
    """Return the answer of a side that stores a write of fields as it was sent, but for `other`."""
    write = planned.write
    assert isinstance(write, UpdateItem | CreateItem)
    values: dict[str, Value] = dict(held.values) if held else {}
    if isinstance(write, CreateItem):
        values |= write.values
    else:
        for name, change in write.changes.items():
            if isinstance(change, SetChange):
                present = values.get(name)
                elements = present if isinstance(present, frozenset) else frozenset[str]()
                values[name] = (elements | change.add) - change.remove
            else:
                values[name] = change
    return Done(item(planned.side, {**values, **other}))


def written(link: LinkState, side: SideName, write: Write, outcome: Done) -> LinkState:
    """Return the link after an answer."""
    return confirm(link, side, write, outcome, NOW)[0]


def carried_out(planned: LinkPlan, tracker: Item, portal: Item) -> tuple[LinkState, Item, Item]:
    """Announce and store all updates; return the link and both items as they are then."""
    items = {TRACKER: tracker, PORTAL: portal}
    link = announce(planned.link, planned.writes, NOW)
    for write in planned.writes:
        answer = stored(write, items[write.side])
        link = written(link, write.side, write.write, answer)
        assert answer.item is not None
        items[write.side] = replace(items[write.side], values=answer.item.values)
    return link, items[TRACKER], items[PORTAL]


planned_now = partial(plan, now=NOW)
