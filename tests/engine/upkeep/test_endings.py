"""What was removed ends after a stated time, whole, and not a day before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from sync.engine.upkeep import endings
from sync.engine.upkeep.endings import end_removed
from sync.settings.apply import HISTORY_KEPT
from sync.store import connections, erasure, portals
from sync.store.db.database import read, write
from sync.store.rows import ConnectionDraft, ConnectionSecrets, Installation, PortalTokens
from sync.store.tables import connection, delivery, merge_request, portal
from tests.engine.world import World

pytestmark = pytest.mark.dialect


def filled(world: World) -> World:
    world.opened()
    world.settle()
    return world


def rows(world: World, owner: str) -> int:
    with read(world.database) as conn:
        return sum(
            conn.scalar(select(func.count()).select_from(table).where(table.c[owner].is_not(None)))
            or 0
            for table in erasure.tables_naming(owner)
        )


def count(world: World, table: object) -> int:
    with read(world.database) as conn:
        return conn.scalar(select(func.count()).select_from(table)) or 0


def test_a_removed_portal_ends_after_its_time(world: World) -> None:
    filled(world)
    now = world.clock.now()
    with write(world.database) as conn:
        portals.mark_removed(conn, world.portal_id, "The application was uninstalled", now)
    assert end_removed(world.deps(), now + timedelta(days=29)) == 0
    assert rows(world, "portal_id") > 0
    assert end_removed(world.deps(), now + endings.PORTAL_KEPT + timedelta(seconds=1)) > 0
    assert (rows(world, "portal_id"), rows(world, "connection_id"), count(world, portal)) == (
        0,
        0,
        0,
    )


def test_a_removed_connection_ends_and_the_portal_stays(world: World) -> None:
    filled(world)
    now = world.clock.now()
    with write(world.database) as conn:
        connections.mark_removed(conn, world.connection_id, now)
    assert end_removed(world.deps(), now + timedelta(days=29)) == 0
    assert end_removed(world.deps(), now + HISTORY_KEPT + timedelta(seconds=1)) > 0
    assert (count(world, connection), count(world, merge_request)) == (0, 0)
    assert (count(world, portal), rows(world, "connection_id")) == (1, 0)


def test_what_is_much_is_deleted_in_small_steps(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(world)
    monkeypatch.setattr(erasure, "ROWS_PER_STEP", 2)
    monkeypatch.setattr(endings, "STEPS_PER_RUN", 3)
    now = world.clock.now()
    with write(world.database) as conn:
        portals.mark_removed(conn, world.portal_id, "", now)
    later, runs = now + timedelta(days=31), 0
    while count(world, portal):
        before = rows(world, "portal_id")
        end_removed(world.deps(), later)
        assert before - rows(world, "portal_id") <= 8
        runs += 1
        assert runs < 100
    assert runs > 3
    assert count(world, delivery) == 0


@pytest.mark.parametrize("owner", ["portal_id", "connection_id"])
def test_what_is_in_use_again_meanwhile_stays(world: World, owner: erasure.Owner) -> None:
    filled(world)
    number = world.portal_id if owner == "portal_id" else world.connection_id
    before = rows(world, "portal_id")
    assert erasure.delete_owned(world.database, owner, number) == (0, True)
    assert rows(world, "portal_id") == before


def test_an_erased_portal_is_deleted_in_small_steps_and_installed_as_another(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(world)
    with write(world.database) as conn:
        member_id = portals.by_id(conn, world.portal_id).member_id
        portals.mark_erased(conn, world.portal_id)
    monkeypatch.setattr(erasure, "ROWS_PER_STEP", 1)
    done, is_whole = erasure.delete_owned(
        world.database, "portal_id", world.portal_id, most_steps=2
    )
    assert (done, is_whole) == (2, False)
    with write(world.database) as conn:
        installation = Installation(
            member_id, "https://n.example/rest/", "", PortalTokens("a", "r")
        )
        new = portals.create_or_update(conn, world.vault, installation, world.clock.now())
    assert new > world.portal_id
    assert end_removed(world.deps(), world.clock.now()) > 0
    assert (count(world, portal), count(world, connection), rows(world, "connection_id")) == (
        1,
        0,
        0,
    )


@dataclass
class Clock:
    is_plausible: bool


def test_a_clock_that_nobody_confirms_ends_nothing(world: World) -> None:
    filled(world)
    now = world.clock.now()
    with write(world.database) as conn:
        portals.mark_removed(conn, world.portal_id, "", now)
    deps = replace(world.deps(), clock_check=Clock(False))
    assert end_removed(deps, now + timedelta(days=300)) == 0
    deps = replace(world.deps(), clock_check=Clock(True))
    assert end_removed(deps, now + timedelta(days=300)) > 0


def test_the_id_of_what_was_erased_is_never_used_again(world: World) -> None:
    with write(world.database) as conn:
        connections.remove(conn, world.connection_id)
        draft = ConnectionDraft("gitlab", "new", "https://x.example", ConnectionSecrets("k2"))
        new = connections.upsert(conn, world.vault, world.portal_id, draft, world.clock.now())
        assert new > world.connection_id
    erasure.erase_portal(world.database, world.portal_id)
    with write(world.database) as conn:
        installation = Installation("n" * 32, "https://n.example/rest/", "", PortalTokens("a", "r"))
        assert (
            portals.create_or_update(conn, world.vault, installation, world.clock.now())
            > world.portal_id
        )
