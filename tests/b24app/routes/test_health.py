"""Whether the service says that it can work, and only then."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from alembic.config import Config as AlembicConfig
from alembic.script import ScriptDirectory
from sqlalchemy import delete, text

from b24app.app import create_app
from b24app.deps import build_deps
from b24app.routes.health import newest_revision
from sync.store import inbox, logs, migrations
from sync.store.db.database import open_database, write
from sync.store.rows import Delivery

pytestmark = pytest.mark.dialect


def beat(world):
    with write(world.deps.engine) as conn:
        logs.record_heartbeat(conn, "worker-1", world.deps.clock.now())


def ready(world):
    answer = world.client.get("/readyz")
    return answer.status_code, answer.json


def test_the_process_lives_whatever_else_is_wrong(world):
    assert world.client.get("/healthz").json == {"alive": True}


def test_ready_with_a_database_and_a_worker(world):
    beat(world)
    assert ready(world) == (
        200,
        {
            "ready": True,
            "database": True,
            "migrations": True,
            "worker_seen_seconds_ago": 0.0,
            "oldest_waiting_seconds": None,
        },
    )


@pytest.mark.parametrize(("seconds", "status"), [(60, 200), (61, 503)])
def test_a_worker_is_missed_after_a_minute(world, seconds, status):
    beat(world)
    world.deps.clock.sleep(seconds)
    assert ready(world)[0] == status


def test_without_any_worker_it_is_not_ready(world):
    status, told = ready(world)
    assert (status, told["ready"], told["worker_seen_seconds_ago"]) == (503, False, None)


def test_waiting_work_is_told_by_its_age(world):
    portal = world.install()
    now = world.deps.clock.now()
    beat(world)
    with write(world.deps.engine) as conn:
        kept = Delivery(portal.id, None, "bitrix24:1", "k", "ONTASKADD", {}, b"", now)
        inbox.insert_many(conn, [kept])
    world.deps.clock.sleep(timedelta(seconds=45).total_seconds())
    assert ready(world)[1]["oldest_waiting_seconds"] == 45.0


def test_an_older_database_is_not_ready(world):
    beat(world)
    with write(world.deps.engine) as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    status, told = ready(world)
    assert (status, told["database"], told["migrations"]) == (503, True, False)


def test_an_empty_database_is_not_ready(config, empty_database_url, clock):
    engine = open_database(empty_database_url)
    deps = build_deps(config, engine, clock=clock, owner="test", wake=lambda _: None)
    answer = create_app(deps).test_client().get("/readyz")
    assert (answer.status_code, answer.json["migrations"]) == (503, False)
    engine.dispose()


def test_a_database_that_cannot_be_reached_is_not_ready(config, clock):
    engine = open_database("postgresql://nobody@127.0.0.1:1/none")
    deps = build_deps(config, engine, clock=clock, owner="test", wake=lambda _: None)
    answer = create_app(deps).test_client().get("/readyz")
    assert (answer.status_code, answer.json["database"]) == (503, False)
    engine.dispose()


def test_the_newest_beat_counts(world):
    beat(world)
    world.deps.clock.sleep(600)
    with write(world.deps.engine) as conn:
        logs.record_heartbeat(conn, "worker-2", world.deps.clock.now())
    assert ready(world)[0] == 200
    with write(world.deps.engine) as conn:
        conn.execute(delete(logs.worker).where(logs.worker.c.name == "worker-2"))
    assert ready(world)[0] == 503


def test_the_newest_revision_is_alembics_head():
    """Revisions are chained by hand: a number does not say which follows which."""
    scripts = Path(migrations.__file__).parent
    config = AlembicConfig()
    config.set_main_option("script_location", str(scripts))
    assert newest_revision() == ScriptDirectory.from_config(config).get_current_head()
