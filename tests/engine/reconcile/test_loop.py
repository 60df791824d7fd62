"""One loop records what any kind of subject plans: a new kind is a row of `RECONCILERS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select

from sync.core.model.commands import Notify
from sync.core.model.plans import NotifiedState, PlannedCommand, Records
from sync.engine.backoff import MAX_ATTEMPTS
from sync.engine.reconcile import loop
from sync.engine.reconcile.turn import (
    CommandsByKey,
    KindPlan,
    Reconciler,
    ReconcileTurn,
    Rows,
    SubjectPlan,
)
from sync.errors import Later
from sync.store import messages, subjects
from sync.store.db.database import read, write
from sync.store.tables import decision
from tests.engine.world import World

PARCEL = "parcel"
GREETING = PlannedCommand("greeting", Notify(0, 7, "A parcel", tag="B24_P"), "somebody sent it")


class Parcels:
    """A kind of subject that the product does not have: what its plans are is said by a test."""

    def __init__(self) -> None:
        self.plans: Mapping[str, SubjectPlan] = {}
        self.saved: list[object] = []
        self.error: Exception | None = None

    def load(self, conn: Connection, turn: ReconcileTurn, rows: Rows) -> list[str]:
        return [row.key for row in rows]

    def plan(self, turn: ReconcileTurn, rows: Rows, loaded: list[str]) -> KindPlan:
        assert loaded == [row.key for row in rows]
        if self.error:
            raise self.error
        return KindPlan(self.plans, self._save, self._save_rest)

    def _save(self, conn: Connection) -> None:
        self.saved.append("first")

    def _save_rest(self, conn: Connection, commands: CommandsByKey) -> None:
        self.saved.append({key: [item.key for item in items] for key, items in commands.items()})


@pytest.fixture
def parcels(monkeypatch: pytest.MonkeyPatch) -> Parcels:
    parcels = Parcels()
    row = Reconciler(parcels.load, parcels.plan)
    monkeypatch.setattr(loop, "RECONCILERS", {**loop.RECONCILERS, PARCEL: row})
    return parcels


@pytest.fixture
def look(world: World) -> Callable[..., None]:
    """Marks parcels dirty and has the worker look at them."""

    def look(*keys: str) -> None:
        with write(world.database) as conn:
            marks = [(PARCEL, key, "sent") for key in keys]
            subjects.mark_dirty_many(conn, world.portal_id, marks, world.clock.now())
        world.tick(3)
        world.work()

    return look


def test_commands_are_sent_and_reasons_and_records_kept(
    world: World, parcels: Parcels, look: Callable[..., None]
) -> None:
    carried = Records(notified=NotifiedState("parcel:1", "sent", 7))
    apart = Records(notified=NotifiedState("parcel:1", "weighed", 8))
    greeting = PlannedCommand(GREETING.key, GREETING.command, GREETING.reason, carried)
    parcels.plans = {"1": SubjectPlan([greeting], ["a reason", "another"], [carried, apart])}
    look("1")
    assert world.told() == [(7, "A parcel")]
    assert parcels.saved == ["first", {"1": ["greeting"]}]
    with read(world.database) as conn:
        reasons = list(conn.scalars(select(decision.c.reason).order_by(decision.c.id)))
        states = messages.notified_states(conn, world.portal_id, ["parcel:1"])
    assert reasons == ["a reason", "another"]
    assert states == {"parcel:1": {7: "sent", 8: "weighed"}}
    assert _state(world, "1") == ("clean", 0)


def test_a_subject_waits_until_its_plan_says(
    world: World, parcels: Parcels, look: Callable[..., None]
) -> None:
    until = world.clock.now() + timedelta(hours=1)
    parcels.plans = {"1": SubjectPlan([GREETING], wait_until=until)}
    look("1")
    assert (_state(world, "1"), world.told()) == (("dirty", 0), [(7, "A parcel")])
    parcels.plans = {}
    world.tick(3600)
    world.work()
    assert _state(world, "1") == ("clean", 0)


def test_a_bug_is_tried_again_and_the_others_are_recorded(
    world: World, parcels: Parcels, look: Callable[..., None]
) -> None:
    parcels.plans = {
        "1": SubjectPlan([GREETING], error="a traceback"),
        "2": SubjectPlan([GREETING]),
    }
    look("1", "2")
    assert (_state(world, "1"), _state(world, "2")) == (("dirty", 1), ("clean", 0))
    assert world.told() == [(7, "A parcel")]
    for _ in range(MAX_ATTEMPTS):
        world.tick(3600)
        world.work()
    assert _state(world, "1") == ("dead", MAX_ATTEMPTS - 1)


def test_what_is_wanted_no_more_is_not_sent(
    world: World, parcels: Parcels, look: Callable[..., None]
) -> None:
    world.b24.faults.gateway_down = True
    parcels.plans = {"1": SubjectPlan([GREETING])}
    look("1")
    parcels.plans = {"1": SubjectPlan()}
    world.b24.faults.gateway_down = False
    look("1")
    world.settle()
    assert world.told() == []


def test_where_another_system_does_not_answer_nothing_is_decided(
    world: World, parcels: Parcels, look: Callable[..., None]
) -> None:
    parcels.error = Later("it is down")
    look("1")
    assert (_state(world, "1"), parcels.saved) == (("dirty", 0), [])


def _state(world: World, key: str) -> tuple[str, int]:
    with read(world.database) as conn:
        row = subjects.get(conn, world.portal_id, PARCEL, key)
    assert row is not None
    return row.state, row.attempts
