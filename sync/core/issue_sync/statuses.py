"""Statuses by a table, in both directions, with the portal's column and with closed items. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sync.core.issue_sync.fields import Doubted, Restated, Scalar, Untranslatable
from sync.core.issue_sync.link import ValuePair, Values
from sync.core.issue_sync.model import STAGE, STATUS, Capabilities, SideName, Value
from sync.core.issue_sync.rules import Direction
from sync.core.issue_sync.status_meanings import is_said
from sync.sentences import sentence


@dataclass(frozen=True, slots=True)
class StatusRow:
    """A tracker's status and what it is on the portal; `stage` None: whichever column.

    `portal` "" stands for whichever status, where the column alone decides. `direction`: which way
    the row is read. `pauses`: the link stands still while the tracker's item has the status.
    """

    tracker: str
    portal: str
    stage: str | None = None
    direction: Direction = Direction.BOTH
    pauses: bool = False


def _never(side: SideName, base: ValuePair, now: Values) -> bool:
    return False


def translation(
    rows: Sequence[StatusRow],
    restated: Restated = _never,
    capabilities: Mapping[SideName, Capabilities] | None = None,
) -> Scalar:
    """Return the two ways of a status. Of several rows that fit, the first one counts.

    `capabilities`: what statuses and columns are called where a sentence has to name them.
    """
    names = {
        (side, name, choice.id): choice.name
        for side, able in (capabilities or {}).items()
        for name in (STATUS, STAGE)
        for choice in able.choices.get(name, ())
    }

    def shown(side: SideName, name: str, value: Value) -> str:
        return names.get((side, name, str(value))) or str(value)

    def to_portal(values: Values) -> Values | Untranslatable:
        status = values.get(STATUS)
        fitting = [row for row in rows if row.tracker == status]
        named = shown(SideName.TRACKER, STATUS, status)
        for row in fitting:
            if row.direction.allows(SideName.PORTAL):
                wanted = {STATUS: row.portal or None, STAGE: row.stage}
                return {name: value for name, value in wanted.items() if value is not None}
        if fitting:
            return Untranslatable(
                sentence(
                    'the table of statuses leaves the portal\'s as it is for "{status}"',
                    status=named,
                )
            )
        return Untranslatable(
            sentence(
                'no row for the tracker\'s status, add one under `statuses`: "{status}"',
                status=named,
            )
        )

    def to_tracker(values: Values) -> Values | Untranslatable:
        status, stage = values.get(STATUS), values.get(STAGE)
        fitting = [
            row
            for row in rows
            if row.portal in (status, "")
            and row.stage in (stage, None)
            and row.direction.allows(SideName.TRACKER)
        ]
        fitting.sort(key=lambda row: (row.stage is None, not row.portal))  # the exact ones first
        if fitting:
            return {STATUS: fitting[0].tracker}
        place = shown(SideName.PORTAL, STAGE, stage)
        column = sentence(' in the column "{stage}"', stage=place) if stage else ""
        return Untranslatable(
            sentence(
                'no row for the portal\'s status, add one under `statuses`: "{status}"{column}',
                status=shown(SideName.PORTAL, STATUS, status),
                column=column,
            )
        )

    way = Scalar((STATUS,), (STATUS, STAGE), to_tracker, to_portal, restated)
    return replace(way, doubted=_without_its_word(capabilities or {}))


def _without_its_word(capabilities: Mapping[SideName, Capabilities]) -> Doubted:
    """Return what tells that an item has lost what says its status, and is as open as before."""
    tracker = capabilities.get(SideName.TRACKER)
    choices = {choice.id: choice for choice in tracker.choices.get(STATUS, ())} if tracker else {}

    def doubted(before: Values, now: Values) -> bool:
        held, shown = (choices.get(str(values.get(STATUS))) for values in (before, now))
        if held is None or shown is None or held.is_default:
            return False
        return shown.is_default and shown.closed is held.closed

    return doubted


def restated_by(capabilities: Mapping[SideName, Capabilities]) -> Restated:
    """Return what tells whether a side changed its words alone.

    A licence that comes or goes, a renamed label, a deleted column: the status of every item is
    another then, and nobody changed it. It is the agreed one where it says the same of the end.
    """
    offered = {
        (side, name): {choice.id: choice for choice in able.choices.get(name, ())}
        for side, able in capabilities.items()
        for name in (STATUS, STAGE)
    }

    def restated(side: SideName, base: ValuePair, now: Values) -> bool:
        before = base.of(side)
        is_gone = any(
            before.get(name) is not None
            and offered[side, name]
            and before[name] not in offered[side, name]
            for name in (STATUS, STAGE)
        )
        present = offered[side, STATUS].get(str(now.get(STATUS)))
        agreed = offered[side.other, STATUS].get(str(base.of(side.other).get(STATUS)))
        if not is_gone or present is None or agreed is None:
            return False
        return present.closed is agreed.closed

    return restated


def check(rows: Sequence[StatusRow], tracker: Capabilities, portal: Capabilities) -> list[str]:
    """Return what is wrong with a table: names that are gone, open that would be closed."""
    return list(_problems(rows, tracker, portal))


def _problems(
    rows: Sequence[StatusRow], tracker: Capabilities, portal: Capabilities
) -> Iterator[str]:
    statuses = {choice.id: choice for choice in tracker.choices.get(STATUS, ())}
    on_portal = {choice.id: choice for choice in portal.choices.get(STATUS, ())}
    columns = {choice.id for choice in portal.choices.get(STAGE, ())}
    for row in rows:
        if row.tracker not in statuses:
            yield sentence('the tracker has no status "{tracker}" any more', tracker=row.tracker)
        if row.portal and row.portal not in on_portal:
            yield sentence('the portal has no status "{portal}"', portal=row.portal)
        if row.stage is not None and row.stage not in columns:
            yield sentence('the portal has no column "{stage}" any more', stage=row.stage)
        if row.tracker in statuses and row.portal in on_portal:
            here, that_side = statuses[row.tracker], on_portal[row.portal]
            if row.direction is Direction.BOTH and here.closed is not that_side.closed:
                yield sentence(
                    '"{name}" and "{other}" differ in whether an item is finished',
                    name=here.name,
                    other=that_side.name,
                )
    for status in statuses.keys() - {row.tracker for row in rows}:
        yield sentence(
            'no row for the tracker\'s status, add one under `statuses`: "{status}"',
            status=statuses[status].name,
        )


def explained(
    rows: Sequence[StatusRow], tracker: Capabilities, portal: Capabilities
) -> dict[str, tuple[str, str]]:
    """Return the tracker's statuses that the portal cannot say: both names, by the tracker's id."""
    on_portal = {choice.id: choice for choice in portal.choices.get(STATUS, ())}
    columns = {choice.id: choice for choice in portal.choices.get(STAGE, ())}
    out: dict[str, tuple[str, str]] = {}
    for status in tracker.choices.get(STATUS, ()):
        row = next((row for row in rows if row.tracker == status.id), None)
        shown = on_portal.get(row.portal) if row else None
        column = columns.get(row.stage or "") if row else None
        if shown and not is_said(status, shown) and not (column and is_said(status, column)):
            out[status.id] = (status.name, shown.name)
    return out
