"""Deliveries of projects that are not connected are recorded and dropped, and counted."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from sync.store import inbox
from sync.store.db.database import read, write
from sync.store.tables import connection, delivery, merge_request
from tests.engine.world import World


def choose(world: World, **options: list[object]) -> None:
    with write(world.database) as conn:
        conn.execute(update(connection).values(options=options))


def send(world: World) -> None:
    world.gitlab.push(world.shop, "feature/B24-2103-pay", ["Add payment"], "ann")
    world.gitlab.open_mr(world.shop, "feature/B24-2103-pay", "Pay", "ann")
    world.settle()


def outcomes(world: World) -> set[str]:
    with read(world.database) as conn:
        rows = conn.execute(select(delivery.c.state, delivery.c.outcome))
        return {f"{state}: {outcome}" for state, outcome in rows if "outside" in outcome}


def merge_requests(world: World) -> int:
    with read(world.database) as conn:
        return len(conn.execute(select(merge_request)).all())


CHOSEN = [
    {},
    {"projects": ["acme/shop"]},
    {"projects": ["Acme/Shop"]},
    {"groups": ["acme"]},
    {"groups": ["other", "ACME"]},
    {"projects": ["x/y"], "groups": ["acme"]},
    {"groups": [77]},
]
LEFT_OUT = [
    {"projects": ["acme/other"]},
    {"projects": ["acme/shop2"]},
    {"projects": ["shop"]},
    {"groups": ["acm"]},
    {"groups": ["acme/shop2"]},
    {"projects": [999_999]},
]


@pytest.mark.parametrize("options", CHOSEN, ids=str)
def test_what_is_connected_is_taken_in(world: World, options: dict[str, list[object]]) -> None:
    choose(world, **options)
    send(world)
    assert (outcomes(world), merge_requests(world), world.status()) == (set(), 1, 3)


@pytest.mark.parametrize("options", LEFT_OUT, ids=str)
def test_what_is_not_connected_moves_nothing(
    world: World, options: dict[str, list[object]]
) -> None:
    choose(world, **options)
    before = world.status()
    send(world)
    assert outcomes(world) == {"done: outside of what is connected: acme/shop"}
    assert (merge_requests(world), world.status()) == (0, before)
    with read(world.database) as conn:
        (counted,) = inbox.outside_counts(conn, world.portal_id).items()
    assert counted == ("acme/shop", counted[1])
    assert counted[1] >= 2


def test_a_project_by_its_number_is_connected(world: World) -> None:
    choose(world, projects=[world.shop.id])
    send(world)
    assert (outcomes(world), merge_requests(world)) == (set(), 1)


def test_a_renamed_project_stays_connected_until_it_is_taken_out(world: World) -> None:
    choose(world, projects=["acme/shop"])
    send(world)
    world.shop.path = "acme/renamed"
    world.gitlab.push(world.shop, "feature/B24-2103-pay", ["More"], "ann")
    world.settle()
    assert outcomes(world) == set()
    choose(world, projects=["acme/other"])
    world.gitlab.push(world.shop, "feature/B24-2103-pay", ["Still more"], "ann")
    world.settle()
    assert outcomes(world) == {"done: outside of what is connected: acme/renamed"}
