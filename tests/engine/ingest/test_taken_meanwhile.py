"""A batch that another worker digested while this one waited for the lock is not digested again."""

from __future__ import annotations

from collections import Counter

from bench import probe
from sync.engine.ingest.digest import Digested, digest, next_batch
from sync.engine.load.scope import read_portal
from sync.store.db.database import read
from tests.engine.world import World


def test_what_another_worker_digested_costs_a_look(world: World) -> None:
    deps, now = world.deps(), world.clock.now()
    world.opened()
    with read(world.database) as conn:
        row = read_portal(conn, world.portal_id)
        batch = next_batch(conn, world.portal_id, now)
    statements: Counter[str] = Counter()
    probe.listen(world.database, lambda kind, sql: statements.update([kind]))
    assert digest(deps, row, batch, None).deliveries == len(batch) > 0
    first = statements["statement"]
    statements.clear()
    assert digest(deps, row, batch, None) == Digested()
    assert statements["statement"] < first / 3
