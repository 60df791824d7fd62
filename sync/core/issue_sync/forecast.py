"""What a first import would create, what of it cannot cross, and what it costs. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from math import ceil

from sync.core.issue_sync.link import field_word, values_of
from sync.core.issue_sync.mapping import ProjectPair
from sync.core.issue_sync.model import Item, SideName
from sync.core.issue_sync.rules import EntryRule, LinkRules
from sync.core.issue_sync.writes import SetChange
from sync.sentences import as_sentence, sentence


@dataclass(frozen=True, slots=True)
class Cost:
    """How a side is asked: `together` calls in a request, `rate` requests a second.

    `page`: items of a page of its lists; `reads`: calls that an item takes which such a page does
    not show whole. `system`: its name.
    """

    together: int
    rate: float
    page: int = 100
    reads: int = 0
    system: str = ""


@dataclass(slots=True)
class Forecast:
    """What an import of a pair comes to.

    `linked`: pairs that exist. `listed`: items of a list that is yet to be read, by side.
    `created`: by the side on which items would be made. `passed_over`: by the side of items that
    stay alone. `entries`: comments, work and files to copy, by side. `problems`: what cannot cross,
    by text, with the number of items. `statuses`: which is which.
    """

    linked: int = 0
    listed: Counter[SideName] = field(default_factory=Counter)
    created: Counter[SideName] = field(default_factory=Counter)
    passed_over: Counter[SideName] = field(default_factory=Counter)
    entries: Counter[SideName] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)
    statuses: tuple[str, ...] = ()

    def requests(self, costs: Mapping[SideName, Cost]) -> dict[SideName, int]:
        """Return about how many requests go to each side: what is read there, and written.

        A list shows whether what is linked is in step: that is not read again.
        """
        counts = {}
        for side, cost in costs.items():
            written = self.created[side] + self.entries[side]
            read = cost.reads * self.created[side.other]
            pages = ceil(self.listed[side] / cost.page)
            counts[side] = pages + ceil(written / cost.together) + ceil(read / cost.together)
        return counts

    def minutes(self, costs: Mapping[SideName, Cost]) -> int:
        """Return about how many minutes it takes: both sides are written to side by side."""
        counts = self.requests(costs)
        return ceil(max(counts[side] / cost.rate for side, cost in costs.items()) / 60)


def foresee(
    pair: ProjectPair,
    rules: LinkRules,
    items: Mapping[SideName, Iterable[Item]],
    linked: Mapping[SideName, frozenset[str]],
    imported: Collection[SideName] = (),
) -> Forecast:
    """Return what an import would do with the items of both sides.

    `linked`: ids by side. `imported`: the sides whose lists are not read again.
    """
    forecast = Forecast(linked=min(len(ids) for ids in linked.values()))
    for side in SideName:
        forecast.listed[side] += 0 if side in imported else len(linked[side])
        for item in items[side]:
            forecast.listed[side] += side not in imported and item.address.id not in linked[side]
            if item.address.id in linked[side]:
                continue
            if not pair.creates_on(side.other, item):
                forecast.passed_over[side] += 1
                continue
            forecast.created[side.other] += 1
            _count_entries(forecast, item, side.other, rules)
            forecast.problems.update(set(_problems(item, side.other, rules)))
    return forecast


def _count_entries(forecast: Forecast, item: Item, to: SideName, rules: LinkRules) -> None:
    parts = ((rules.comments, item.comments), (rules.time, item.time), (rules.files, item.files))
    for rule, records in parts:
        if _crosses(rule, to):
            forecast.entries[to] += len(records or ())


def _crosses(rule: EntryRule, to: SideName) -> bool:
    return rule.direction.allows(to)


def _problems(item: Item, to: SideName, rules: LinkRules) -> Iterable[str]:
    """Yield what of an item the other side cannot say, as its creation would find it."""
    capabilities = rules.capabilities.get(to)
    for name, rule in rules.fields.items():
        translation = rules.translations[name]
        source = values_of(item, translation.fields(to.other))
        if source is None or not rule.direction.allows(to):
            continue
        carried = translation.carry(to, {}, source, dict.fromkeys(translation.fields(to)))
        yield from (
            sentence("{name}: {why}", name=field_word(name), why=text) for text in carried.problems
        )
        for wanted, change in carried.changes.items():
            if capabilities is None or isinstance(change, SetChange):
                continue
            longest = capabilities.longest.get(wanted)
            if longest and isinstance(change, str) and len(change) > longest:
                yield sentence(
                    "{name}: longer than the {longest} characters that the {to} takes",
                    name=field_word(name),
                    longest=longest,
                    to=to,
                )
            if wanted in capabilities.missing:
                yield sentence(
                    "{name}: {why}",
                    name=field_word(name),
                    why=as_sentence(capabilities.missing[wanted]),
                )
