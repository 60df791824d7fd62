"""The breaker of a pair: a change of very many links at once asks a person first. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sync.core.issue_sync.link import LinkState, PlannedWrite, field_word
from sync.core.issue_sync.model import SideName, Value
from sync.core.issue_sync.writes import SetChange, UpdateItem
from sync.sentences import as_sentence, sentence

MOST = 20
SHARE = 5  # a fifth
FEWEST = 5  # as many are never too many: a fifth of a handful is one


@dataclass(frozen=True, slots=True)
class Halt:
    """Why a pair stops until an administrator agrees."""

    text: str
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Mass:
    """One and the same thing that happens to many links."""

    side: SideName | None
    field: str = ""
    value: str = ""

    def text(self) -> str:
        if self.side is None:
            return as_sentence("end")
        return sentence(
            "get the same {field} ({value}) on the {side}",
            field=field_word(self.field),
            value=self.value or as_sentence("nothing"),
            side=self.side,
        )


def tripped(plans: Iterable[tuple[LinkState, tuple[PlannedWrite, ...]]], total: int) -> Halt | None:
    """Return why these plans of a sweep must not be carried out without a question, or None.

    Counted are links that end, and links of which one value is replaced by the same: that is what
    a renamed label, a lost right or a mapping gone wrong looks like. `total`: links there are.
    """
    links: dict[_Mass, list[str]] = {}
    for link, writes in plans:
        for mass in _masses(link, writes):
            links.setdefault(mass, []).append(link.key)
    most = min(MOST, max(FEWEST, total // SHARE))
    for mass, count in Counter({mass: len(keys) for mass, keys in links.items()}).most_common(1):
        if count > most:
            text = sentence(
                "{count} of {total} links would {text} at once. Usually a label or a status "
                "was renamed or deleted, or a right was lost. Look at some of them, mend it, "
                "or let it happen",
                count=count,
                total=total,
                text=mass.text(),
            )
            return Halt(text, tuple(links[mass]))
    return None


def _masses(link: LinkState, writes: tuple[PlannedWrite, ...]) -> frozenset[_Mass]:
    masses = {_Mass(None)} if link.ended else set()
    for announced in writes:
        if not isinstance(announced.write, UpdateItem):
            continue
        for name, change in announced.write.changes.items():
            if isinstance(change, SetChange):
                masses |= {
                    _Mass(announced.side, name, sentence("without {gone}", gone=gone))
                    for gone in change.remove
                }
            elif _is_full(announced.write.before.get(name)):
                masses.add(_Mass(announced.side, name, _shown(change)))
    return frozenset(masses)


def _is_full(value: Value) -> bool:
    return value not in (None, "", frozenset())


def _shown(change: Value) -> str:
    return "" if change is None else str(change)[:40]
