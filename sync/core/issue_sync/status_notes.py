"""What a tracker's status that the portal cannot say itself brings about: words, a pause. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sync.core.issue_sync.fields import Scalar
from sync.core.issue_sync.link import LinkState, Pause, PauseReason, PlannedWrite, StoryLine
from sync.core.issue_sync.model import STATUS, Author, Item, SideName
from sync.core.issue_sync.rules import LinkRules
from sync.core.issue_sync.values import ValuesPlan
from sync.core.issue_sync.writes import AddComment
from sync.sentences import sentence

_TRACKER, _PORTAL = SideName.TRACKER, SideName.PORTAL


def explain_status(
    link: LinkState, items: Mapping[SideName, Item], values: ValuesPlan, rules: LinkRules
) -> tuple[PlannedWrite, ...]:
    """Plan one comment where the tracker's status moved to one that the portal lacks.

    It is said once for each way into a status, as its key in the item's comments shows; where
    comments are not read, nothing is said.
    """
    base, rule = link.bases.get(STATUS), rules.fields.get(STATUS)
    status, item = items[_TRACKER].values.get(STATUS), items[_PORTAL]
    if base is None or rule is None or not rule.direction.allows(_PORTAL) or item.comments is None:
        return ()
    before = base.tracker.get(STATUS)
    if before == status or not _crosses(values, status):
        return ()
    text = rules.texts.status_note(_PORTAL, str(status or ""))
    key = f"{link.key}/status:{before}:{status}"
    if not text or any(comment.key == key for comment in item.comments):
        return ()
    note = AddComment(key, item.address, text, Author(""))
    return (PlannedWrite(_PORTAL, note, "the portal has no such status"),)


def restated_lines(
    link: LinkState, items: Mapping[SideName, Item], rules: LinkRules, now: datetime
) -> list[StoryLine]:
    """Say that a side shows another status since the agreed one was renamed or removed there."""
    way, base = rules.translations.get(STATUS), link.bases.get(STATUS)
    if not isinstance(way, Scalar) or base is None:
        return []
    lines: list[StoryLine] = []
    for side, item in items.items():
        held, shown = base.of(side).get(STATUS), item.values.get(STATUS)
        values = {name: item.values[name] for name in way.fields(side) if name in item.values}
        if held == shown or not way.restated(side, base, values):
            continue
        text = sentence(
            'the {side} has no status "{before}" any more and shows "{status}" since: nobody '
            "changed it, and the {other} keeps its own",
            side=side,
            before=sentence("{value}", value=link.names.get(f"{side}/{STATUS}/{held}", str(held))),
            status=sentence("{value}", value=_name(rules, side, shown)),  # as people called them
            other=side.other,
        )
        lines.append(StoryLine(now, "kept", text, STATUS, side))
    return lines


def pause_at_status(
    link: LinkState,
    items: Mapping[SideName, Item],
    values: ValuesPlan,
    rules: LinkRules,
    now: datetime,
) -> Pause | None:
    """Return the pause of a link whose tracker's status has come to one that lets it stand still.

    Once resumed by a person it goes on, whatever the status is.
    """
    base, status = link.bases.get(STATUS), items[_TRACKER].values.get(STATUS)
    if base is None or status not in rules.pausing or base.tracker.get(STATUS) == status:
        return None
    if not _crosses(values, status):
        return None
    text = sentence(
        'the tracker\'s status is "{status}". The link goes on when that changes',
        status=_name(rules, _TRACKER, status),
    )
    return Pause(PauseReason.STATUS, now, text)


def is_over(pause: Pause | None, items: Mapping[SideName, Item], rules: LinkRules) -> bool:
    """Tell whether the status is over for which a link stands still."""
    item = items.get(_TRACKER)
    if pause is None or pause.reason is not PauseReason.STATUS or item is None:
        return False
    return item.values.get(STATUS) not in rules.pausing


def _name(rules: LinkRules, side: SideName, status: object) -> str:
    """Return what people of a side call a status."""
    able = rules.capabilities.get(side)
    choices = able.choices.get(STATUS, ()) if able else ()
    return next((choice.name for choice in choices if choice.id == status), str(status))


def _crosses(values: ValuesPlan, status: object) -> bool:
    """Tell whether the tracker's status holds now on both sides, or is being written."""
    after = values.link.bases.get(STATUS)
    if after is not None and after.tracker.get(STATUS) == status:
        return True
    return any(
        planned.side is _PORTAL
        and STATUS in planned.intents
        and planned.intents[STATUS].source.get(STATUS) == status
        for planned in values.writes
    )
