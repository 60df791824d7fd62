"""When a link needs a look, and whether one of its ends alone shows that it needs none. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import floor, log2

from sync.core.issue_sync.link import LinkState
from sync.core.issue_sync.model import Author, Item, SideName, Value
from sync.core.issue_sync.plan import LinkPlan, Read, plan
from sync.core.issue_sync.rules import LinkRules

SHORTEST, LONGEST = timedelta(minutes=5), timedelta(days=1)
QUIET_SHARE = 4  # a link that was quiet for an hour is looked at after a quarter of one
LOOKS_A_MINUTE = 12  # of all links together, in batches: under one request a minute to a side
BATCH = 48  # links that are best looked at together
TOGETHER = timedelta(minutes=2)
_BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)


def next_look(now: datetime, quiet_since: datetime, links: int, jitter: float) -> datetime:
    """Return when a link is looked at although nothing is heard of it.

    Some changes no hook tells: an edited message, a deleted comment, a renamed label. The longer
    nothing happened the rarer it is looked at, and all `links` together no oftener than the sides
    can bear. Moments are rounded so that links fall due together, also those that were quiet for
    another while: each grid of moments has all moments of the wider ones. `jitter`: from 0 to 1.
    """
    quiet = max(now - quiet_since, timedelta())
    interval = min(max(quiet / QUIET_SHARE, SHORTEST), LONGEST)
    interval = max(interval, timedelta(minutes=links / LOOKS_A_MINUTE))
    step = _grid(min(interval * BATCH / max(links, 1), interval / 2))
    wanted = now + interval * (0.9 + 0.2 * jitter) - _BEGINNING
    return _BEGINNING + step * (wanted // step + 1)


def _grid(step: timedelta) -> timedelta:
    """Return the widest grid that is no wider than a step: 2, 4, 8 minutes and so on."""
    return TOGETHER * int(2 ** max(0, floor(log2(step / TOGETHER))))


def is_at_rest(
    link: LinkState, side: SideName, item: Read, rules: LinkRules, now: datetime
) -> bool:
    """Whether an end shows nothing that is not agreed, so that the other one need not be read.

    It is planned with the other end as it was agreed: where that plan does nothing at all, there
    is nothing that came from this end. Whatever else it says is not used.
    """
    planned = _planned_alone(link, side, item, rules, now)
    if planned is None or not isinstance(item, Item) or not _is_whole(item, rules):
        return False
    return planned == LinkPlan(link) and link.moved_at is None


def has_agreed_fields(
    link: LinkState, side: SideName, item: Item, rules: LinkRules, now: datetime
) -> bool:
    """Whether nothing is to be written for what was read of an end; its comments may be unread."""
    planned = _planned_alone(link, side, item, rules, now)
    return planned is not None and not (planned.writes or planned.conflicts)


def _planned_alone(
    link: LinkState, side: SideName, item: Read, rules: LinkRules, now: datetime
) -> LinkPlan | None:
    """Plan with the other end as agreed; None where that is unknown."""
    if not isinstance(item, Item) or item.address != link.addresses.get(side):
        return None
    other = _as_agreed(link, side.other, item, rules)
    if other is None:
        return None
    reads = {side: item, side.other: other}
    return plan(link, reads[SideName.TRACKER], reads[SideName.PORTAL], rules, now)


def can_create(link: LinkState, side: SideName, item: Item, rules: LinkRules) -> bool:
    """Whether a listed item is enough to create its other end: there is nothing agreed yet."""
    alone = link.addresses.keys() == {side} and not link.bases and not link.pending
    return alone and not item.moved_to and _is_whole(item, rules)


def _is_whole(item: Item, rules: LinkRules) -> bool:
    """Whether everything of an item was read that crosses."""
    parts = ((rules.comments, item.comments), (rules.time, item.time), (rules.files, item.files))
    return all(
        records is not None or not any(rule.direction.allows(side) for side in SideName)
        for rule, records in parts
    )


def _as_agreed(link: LinkState, side: SideName, item: Item, rules: LinkRules) -> Item | None:
    """Return an end as it was agreed, without comments, time and files; None where that is unknown.

    Unknown is it where a field that the item has was never agreed.
    """
    address = link.addresses.get(side)
    if address is None:
        return None
    values: dict[str, Value] = {}
    for name, translation in rules.translations.items():
        if translation.fields(side.other)[0] not in item.values:
            continue
        base = link.bases.get(name)
        if base is None or translation.fields(side)[0] not in base.of(side):
            return None
        values |= base.of(side)
    return Item(address, values, Author(""), item.created_at, item.updated_at)
