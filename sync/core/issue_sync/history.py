"""What became of a link's fields, kept so that another mapping can be rehearsed over it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sync.core.issue_sync.link import LinkState, ValuePair, Values
from sync.core.issue_sync.model import SideName, Value

LONGEST = 200  # characters of a text that is kept; of a longer one it is only known that it changed
_MARK = "~sha256:"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that was brought in step: what both sides held when they agreed, before and after.

    `source`: the side whose edit it was, None where both had made it. `clash`: what they held
    where they disagreed, and the source's won.
    """

    at: datetime
    field: str
    source: SideName | None
    before: ValuePair
    after: ValuePair
    clash: ValuePair | None = None


def changes_between(before: LinkState, after: LinkState, now: datetime) -> Iterator[FieldChange]:
    """Yield the fields whose agreed values changed; a first agreement is no change."""
    for name, pair in after.bases.items():
        old = before.bases.get(name)
        if old is None or old == pair:
            continue
        clash = before.clashes.get(name)
        yield FieldChange(
            now,
            name,
            _source(before, name, old, pair),
            _trimmed(old),
            _trimmed(pair),
            _trimmed(clash) if clash else None,
        )


def _source(before: LinkState, name: str, old: ValuePair, new: ValuePair) -> SideName | None:
    """Return the side from which the change came: its write was announced, or it alone moved."""
    for planned in before.pending:
        if name in planned.intents:
            return planned.side.other
    moved = [side for side in SideName if old.of(side) != new.of(side)]
    return moved[0] if len(moved) == 1 else None


def _trimmed(pair: ValuePair) -> ValuePair:
    return ValuePair(_shortened(pair.tracker), _shortened(pair.portal))


def _shortened(values: Values) -> dict[str, Value]:
    return {name: _short(value) for name, value in values.items()}


def _short(value: Value) -> Value:
    if isinstance(value, str) and len(value) > LONGEST:
        return _MARK + sha256(value.encode()).hexdigest()[:16]
    return value


def is_shortened(value: Value) -> bool:
    """Whether a text was too long to be kept, so that it can only be told from others."""
    return isinstance(value, str) and value.startswith(_MARK)
