"""What the sides of a simulated link say, and how it is translated. Pure."""

from __future__ import annotations

from sync.core.issue_sync import statuses
from sync.core.issue_sync.fields import Translation, converted, unchanged
from sync.core.issue_sync.model import DESCRIPTION, STATUS, TAGS, TITLE, SideName, Value
from sync.core.issue_sync.sets import Elements
from sync.core.issue_sync.statuses import StatusRow
from sync.core.issue_sync.texts import Text
from sync.text.patch import Patched
from tests.simulation.issue_sync.memory_side import LONGEST

LINES = 3  # of a description; each of them is edited by itself
TITLES = ("a", "b", " c", "d ", "longer than that", "e")
WORDS = ("x", "y", "z", "*w*")
TAG_NAMES = {"red": "Red", "blue": "Blue", "frozen": "Frozen"}
STATUS_ROWS = (
    StatusRow("todo", "2"),
    StatusRow("triage", "2"),
    StatusRow("doing", "3"),
    StatusRow("doing", "4"),
    StatusRow("done", "5"),
)
STATUSES = {
    SideName.TRACKER: ("todo", "triage", "doing", "done", "odd"),
    SideName.PORTAL: ("2", "3", "4", "5", "7"),
}


def tag(side: SideName, name: str) -> str:
    """Return a tag of the tracker in a side's spelling."""
    return name if side is SideName.TRACKER else TAG_NAMES[name]


def lines(value: Value) -> list[str]:
    """Return the lines of a description, always as many."""
    text = value.split("\n") if isinstance(value, str) else []
    return [*text, *[""] * LINES][:LINES]


def dialect(side: SideName, line: str) -> str:
    """Write a line in the words of a side: the tracker says `*w*`, the portal `[w]`."""
    if side is SideName.TRACKER:
        return line.replace("[", "*").replace("]", "*")
    return f"[{line.strip('*')}]" if line.startswith("*") else line


def patch(to: SideName, before: str, after: str, target: str) -> Patched:
    """Carry the lines that changed; a line that the target changed too is an overlap."""
    olds, news, held = lines(before), lines(after), lines(target)
    overlaps = 0
    for number, (old, new) in enumerate(zip(olds, news, strict=True)):
        if old != new and held[number] != dialect(to, new):
            overlaps += held[number] != dialect(to, old)
            held[number] = dialect(to, new)
    return Patched("\n".join(held).rstrip(), overlaps)


def same(side: SideName, before: str, after: str) -> bool:
    """Compare texts as an editor would leave them."""
    return [line.strip() for line in lines(before)] == [line.strip() for line in lines(after)]


def translations(*, exact: bool) -> dict[str, Translation]:
    """Return the translations; `exact`: titles cross as the receiver stores them."""
    if not exact:
        return TRANSLATIONS
    title = converted(TITLE, lambda value: str(value or "").strip(), _cut)
    return {**TRANSLATIONS, TITLE: title}


def _cut(value: Value) -> Value:
    return str(value or "")[:LONGEST]


TRANSLATIONS: dict[str, Translation] = {
    TITLE: unchanged(TITLE),
    STATUS: statuses.translation(STATUS_ROWS),
    TAGS: Elements(TAGS, {portal: name for name, portal in TAG_NAMES.items()}.get, TAG_NAMES.get),
    DESCRIPTION: Text(DESCRIPTION, patch, same),
}
TO_PORTAL = {"todo": "2", "triage": "2", "doing": "3", "done": "5"}
TO_TRACKER = {"2": "todo", "3": "doing", "4": "doing", "5": "done"}


def watched() -> list[str]:
    """Return what the oracle watches: fields, tags and lines, each by itself."""
    return [
        TITLE,
        STATUS,
        *(f"{TAGS}:{name}" for name in TAG_NAMES),
        *(f"{DESCRIPTION}:{number}" for number in range(LINES)),
    ]


def field_of(key: str) -> str:
    """Return the field that a watched key is part of."""
    return key.partition(":")[0]


def shown(side: SideName, values: dict[str, Value], key: str) -> Value:
    """Return what a side shows of a watched key."""
    name, _, part = key.partition(":")
    value = values.get(name)
    if name == TAGS:
        return "yes" if isinstance(value, frozenset) and tag(side, part) in value else ""
    if name == DESCRIPTION:
        return lines(value)[int(part)]
    return value


def agree(key: str, tracker: Value, portal: Value) -> bool:
    """Whether both sides say the same of a watched key, by these words alone."""
    match field_of(key):
        case "title":
            told, heard = str(tracker or ""), str(portal or "")
            return told == heard or told.strip() == heard.strip() or told[:LONGEST] == heard
        case "status":
            return TO_PORTAL.get(str(tracker)) == portal or TO_TRACKER.get(str(portal)) == tracker
        case "description":
            return dialect(SideName.PORTAL, str(tracker)) == portal
        case _:
            return tracker == portal
