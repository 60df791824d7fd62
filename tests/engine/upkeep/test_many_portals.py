"""What a worker asks of the database while nothing is due does not grow with the portals."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from sqlalchemy import insert, select

from b24app.portal_rules import portals_with_pairs
from bench import probe
from sync.core.rules.portal import Rules
from sync.engine.issue_sync.process import IssueSync
from sync.engine.upkeep.access import AccessWatch
from sync.engine.upkeep.bot import find_out_of_step
from sync.engine.upkeep.sweep import Sweep
from sync.store import connections, portals
from sync.store.db.database import read, write
from sync.store.portals import PortalRow
from sync.store.rows import ConnectionDraft, ConnectionSecrets
from sync.store.tables import portal
from tests.engine.world import World

PORTALS = 20


def test_idle_looks_cost_the_same_among_many_portals(world: World) -> None:
    alone = _statements_when_idle(world)
    _add_portals(world)
    assert _statements_when_idle(world) == alone


def test_bots_are_looked_at_together_and_a_portal_with_bad_settings_alone(world: World) -> None:
    _add_portals(world)
    with read(world.database) as conn:
        ids = [row.id for row in portals.all_active(conn)]

    def rules_for(conn: object, row: PortalRow) -> Rules:
        if row.record.id == ids[1]:
            raise ValueError("settings that nobody can read")
        return Rules(by_bot=row.record.id == ids[2])

    deps = replace(world.deps(), rules_for=rules_for)
    with _recording(world) as statements:
        assert find_out_of_step(deps, ids) == {ids[1], ids[2]}
    assert len([sql for sql in statements if sql]) == 1


def _statements_when_idle(world: World) -> list[str]:
    """Return the statements of a second look, in which nothing is due."""
    issue_sync = IssueSync(portals_with_pairs=portals_with_pairs)
    deps, now = replace(world.deps(), issue_sync=issue_sync), world.clock.now()
    sweep, watch = Sweep(deps), AccessWatch(deps)
    for look in (sweep.run, watch.run):
        look(now)
    with _recording(world) as statements:
        for look in (sweep.run, watch.run):
            look(now)
    return statements


@contextmanager
def _recording(world: World) -> Iterator[list[str]]:
    statements: list[str] = []
    recording = [True]
    probe.listen(world.database, lambda kind, sql: recording and statements.append(sql))
    yield statements
    recording.clear()


def _add_portals(world: World) -> None:
    """Let the portal have others beside it, each with a connection to the same GitLab."""
    with write(world.database) as conn:
        row = dict(conn.execute(select(portal)).mappings().one())
        del row["id"]
        copies = [row | {"member_id": f"{n:032x}"} for n in range(PORTALS)]
        for number, portal_id in enumerate(
            conn.scalars(insert(portal).returning(portal.c.id), copies)
        ):
            secrets = ConnectionSecrets(f"key-{number}", f"token-{number}")
            draft = ConnectionDraft("gitlab", "shop", "https://gitlab.test", secrets)
            connections.upsert(conn, world.vault, portal_id, draft, world.clock.now())
