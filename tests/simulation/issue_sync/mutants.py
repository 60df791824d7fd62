"""Eleven deliberate mistakes. Each changes how the engine works while a world lives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import count
from typing import Any
from unittest.mock import patch

from sync.core.issue_sync.confirm import confirm
from sync.core.issue_sync.fields import Untranslatable
from sync.core.issue_sync.journal import announce, as_sent, landed
from sync.core.issue_sync.link import LinkState, PlannedWrite, ValuePair
from sync.core.issue_sync.model import STATUS, Hint, Item
from sync.core.issue_sync.plan import LinkPlan, Read, plan
from sync.core.issue_sync.rules import LinkRules
from sync.core.issue_sync.writes import CreateItem, Done, UpdateItem
from sync.engine.issue_sync import cycle, reading
from tests.simulation.issue_sync.pending_looks import PendingLooks
from tests.simulation.issue_sync.triangle import Triangle
from tests.simulation.issue_sync.world import World

Mutation = Callable[[Any], ExitStack]
Life = World | Triangle


def _with_patches(**attributes: Any) -> ExitStack:
    stack = ExitStack()
    for name, value in attributes.items():
        stack.enter_context(patch.object(cycle, name, value))
    return stack


def two_way_compare(world: Life) -> ExitStack:
    """Compare the sides with each other, and with nothing that was agreed."""

    def plan_wrongly(link: LinkState, *reads: Any) -> LinkPlan:
        return _PLAN(replace(link, bases={}), *reads)

    return _with_patches(plan=plan_wrongly)


def one_canonical_base(world: Life) -> ExitStack:
    """Keep one base in the tracker's terms, and translate it for the portal."""

    def plan_wrongly(
        link: LinkState, tracker: Read, portal: Read, rules: LinkRules, now: datetime
    ) -> LinkPlan:
        bases = dict(link.bases)
        if STATUS in bases:
            status = rules.translations[STATUS]
            wanted = status.to_portal(bases[STATUS].tracker)  # type: ignore[attr-defined]
            if not isinstance(wanted, Untranslatable):
                bases[STATUS] = ValuePair(bases[STATUS].tracker, wanted)
        return _PLAN(replace(link, bases=bases), tracker, portal, rules, now)

    return _with_patches(plan=plan_wrongly)


def base_is_what_was_sent(world: Life) -> ExitStack:
    """Take what was sent for what was stored."""

    def confirm_wrongly(
        link: LinkState, side: Any, write: Any, outcome: Any, *rest: Any, **more: Any
    ) -> Any:
        if isinstance(outcome, Done) and isinstance(write, UpdateItem):
            outcome = replace(outcome, item=None)
        return _CONFIRM(link, side, write, outcome, *rest, **more)

    return _with_patches(confirm=confirm_wrongly)


def base_is_read_again(world: Life) -> ExitStack:
    """Take what the side shows after the write for what it stored."""

    def confirm_wrongly(
        link: LinkState, side: Any, write: Any, outcome: Any, *rest: Any, **more: Any
    ) -> Any:
        if isinstance(outcome, Done) and isinstance(write, UpdateItem):
            client = world.client_of(side, link.key)
            outcome = replace(outcome, item=client.item(client.items[write.address.id]))
        return _CONFIRM(link, side, write, outcome, *rest, **more)

    return _with_patches(confirm=confirm_wrongly)


def base_early(world: Life) -> ExitStack:
    """Advance the base when the write is announced."""

    def announce_early(link: LinkState, writes: Sequence[PlannedWrite], now: datetime) -> LinkState:
        link = _ANNOUNCE(link, writes, now)
        for planned in writes:
            if isinstance(planned.write, UpdateItem):
                link = landed(link, planned, as_sent(planned.write, {}))
        return link

    return _with_patches(announce=announce_early)


def base_late(world: Life) -> ExitStack:
    """Advance the base with the next look, to what both sides show then."""
    written: set[str] = set()

    def confirm_wrongly(
        link: LinkState, side: Any, write: Any, outcome: Any, *rest: Any, **more: Any
    ) -> Any:
        after, line = _CONFIRM(link, side, write, outcome, *rest, **more)
        if isinstance(outcome, Done) and isinstance(write, UpdateItem):
            names = next(p.intents for p in link.pending if p.write.key == write.key)
            written.update(names)
            after = replace(after, bases=link.bases)
        return after, line

    def plan_wrongly(
        link: LinkState, tracker: Read, portal: Read, rules: LinkRules, now: datetime
    ) -> LinkPlan:
        if isinstance(tracker, Item) and isinstance(portal, Item):
            shown = {
                name: ValuePair({name: tracker.values[name]}, {name: portal.values[name]})
                for name in written
            }
            link = replace(link, bases={**link.bases, **shown})
            written.clear()
        return _PLAN(link, tracker, portal, rules, now)

    return _with_patches(confirm=confirm_wrongly, plan=plan_wrongly)


def create_without_key(world: Life) -> ExitStack:
    """Create without a key: what was created and not answered is never found."""
    numbers = count()
    stack = ExitStack()
    for side in world.sides.values():
        stack.enter_context(patch.object(side, "key_of", lambda key: f"{key}/{next(numbers)}"))
    return stack


def create_without_intent(world: Life) -> ExitStack:
    """Create without saving first that it is about to be done."""

    @contextmanager
    def forgotten() -> Iterator[None]:
        """Let the store forget announced creations whenever the worker dies."""
        load = world.links.load

        def loaded(keys: Sequence[str]) -> dict[str, LinkState]:
            return {key: without_creations(link) for key, link in load(keys).items()}

        def without_creations(link: LinkState) -> LinkState:
            creations = [p for p in link.pending if isinstance(p.write, CreateItem)]
            return replace(link, pending=tuple(p for p in link.pending if p not in creations))

        with patch.object(world.links, "load", loaded):
            yield

    stack = ExitStack()
    stack.enter_context(forgotten())
    return stack


def hooks_dropped_during_a_run(world: Life) -> ExitStack:
    """Take a link for clean although something was heard while it was worked on."""
    stack = ExitStack()
    for looks in world.pending_looks():
        stack.enter_context(patch.object(looks, "clean", partial(_newest, looks)))
    return stack


def _newest(looks: PendingLooks, version: int) -> int:
    return looks.version


def a_changed_end_at_rest(world: Life) -> ExitStack:
    """Take the end that a hint names for an echo, whatever it shows."""
    stack = ExitStack()
    stack.enter_context(patch.object(reading, "is_at_rest", lambda *args: True))
    return stack


def an_old_list(world: Life) -> ExitStack:
    """Take an end as a list showed it although something was heard since."""
    stack = ExitStack()
    for looks in world.pending_looks():
        stack.enter_context(patch.object(looks, "hint", partial(_old_hint, looks)))
    return stack


def _old_hint(looks: PendingLooks) -> Hint | None:
    if looks.listed is not None:
        looks.listed = looks.version, looks.listed[1]
    return PendingLooks.hint(looks)


_PLAN, _CONFIRM, _ANNOUNCE = plan, confirm, announce

MUTATIONS: dict[str, Mutation] = {
    mutation.__name__: mutation
    for mutation in (
        two_way_compare,
        one_canonical_base,
        base_is_what_was_sent,
        base_is_read_again,
        base_early,
        base_late,
        create_without_key,
        create_without_intent,
        hooks_dropped_during_a_run,
        a_changed_end_at_rest,
        an_old_list,
    )
}
