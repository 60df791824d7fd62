"""Each type of event has one handler; a new one is a row of `HANDLERS`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

import pytest
from sqlalchemy import event

from sync.core.model.activity import Push
from sync.core.model.events import CodeEvent, MergeRequestEvent, TaskEvent, TrackerEvent
from sync.engine.deps import TASK, parse_delivery
from sync.engine.ingest import apply
from sync.engine.ingest.handler import Batch, Handled, Handler
from sync.store import inbox, subjects
from sync.store.db.database import read, write
from tests.engine.world import World


@dataclass(frozen=True)
class Parcel:
    """An event that the product does not know."""

    task_id: int


def test_every_type_of_event_has_a_handler() -> None:
    events = (get_args(union) for union in (CodeEvent, TaskEvent, TrackerEvent))
    assert set(apply.HANDLERS) == set().union(*events)


def test_a_new_type_of_event_is_a_row(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    saved: list[Parcel] = []

    def save(batch: Batch, events: Sequence[Parcel]) -> None:
        saved.extend(events)

    def relate(batch: Batch, events: Sequence[Parcel]) -> Handled[Parcel]:
        marks = [(TASK, str(parcel.task_id), "a parcel came") for parcel in events]
        return Handled(lambda parcel: f"parcel of {parcel.task_id}", marks)

    handlers = {**apply.HANDLERS, Parcel: Handler(relate, save)}
    monkeypatch.setattr(apply, "HANDLERS", handlers)
    deliveries = {1: [Parcel(5), Parcel(6)], 2: []}
    with write(world.database) as conn:
        ingested = apply.ingest(conn, world.portal_id, deliveries, world.rules, world.clock.now())
    assert ingested.outcomes == {
        1: "parcel of 5; parcel of 6",
        2: "recorded: says nothing",
    }
    assert saved == [Parcel(5), Parcel(6)]
    with read(world.database) as conn:
        dirty = subjects.next_dirty(conn, world.portal_id, 10, world.clock.now())
    assert [(row.kind, row.key, row.cause) for row in dirty] == [
        (TASK, "5", "a parcel came"),
        (TASK, "6", "a parcel came"),
    ]


def test_the_subjects_of_a_batch_are_marked_in_one_statement(world: World) -> None:
    world.gitlab.push(world.shop, "feature/B24-2103-pay", ["B24-2103 #comment Go"], "ann")
    world.opened()
    with read(world.database) as conn:
        rows = inbox.next_batch(conn, world.portal_id, 200, world.clock.now())
    events = {row.id: parse_delivery(row) for row in rows}
    assert {type(parsed) for group in events.values() for parsed in group} >= {
        Push,
        MergeRequestEvent,
    }
    marked: list[str] = []

    def note(conn: object, cursor: object, sql: str, *rest: object) -> None:
        if sql.startswith("INSERT INTO subject"):
            marked.append(sql)

    event.listen(world.database, "before_cursor_execute", note)
    with write(world.database) as conn:
        apply.ingest(conn, world.portal_id, events, world.rules, world.clock.now())
    assert len(marked) == 1
