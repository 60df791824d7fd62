"""Whether the service says that it can work, and only then."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import delete, text
from sqlalchemy.exc import OperationalError

from b24app.app import create_app
from b24app.deps import build_deps
from b24app.routes import health
from sync import store
from sync.store import inbox, logs, portals, subjects
from sync.store.db.database import open_database, write
from sync.store.rows import Delivery, Installation, PortalTokens

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
            "disk": True,
            "healthy": True,
        },
    )


@pytest.mark.parametrize(("seconds", "status"), [(60, 200), (61, 503)])
def test_a_worker_is_missed_after_a_minute(world, seconds, status):
    beat(world)
    world.deps.clock.sleep(seconds)
    assert ready(world)[0] == status


def test_a_worker_of_a_clock_that_was_put_back_is_not_alive(world):
    with write(world.deps.engine) as conn:
        ahead = world.deps.clock.now() + timedelta(days=300)
        logs.record_heartbeat(conn, "worker-1", ahead)
    assert ready(world)[0] == 503
    beat(world)
    assert ready(world)[0] == 200


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
        conn.execute(text("UPDATE alembic_version SET version_num = '0009'"))
    status, told = ready(world)
    assert (status, told["database"], told["migrations"]) == (503, True, False)


def test_the_newest_revision_is_the_one_that_none_follows():
    folder = Path(store.__file__).parent / "migrations"
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "os")
    head = ScriptDirectory.from_config(config).get_current_head()
    assert health.newest_revision() == head


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


def test_the_oldest_work_of_each_portal_is_told(world):
    portal = world.install()
    now = world.deps.clock.now()
    beat(world)
    assert "waiting" not in ready(world)[1]
    told = Installation(
        "b" * 32, "https://other.example.com/rest/", "", PortalTokens("a", "r", None, 1)
    )
    with write(world.deps.engine) as conn:
        other = portals.create_or_update(conn, world.deps.vault, told, now)
        subjects.mark_dirty_many(conn, other, [("task", "5", "heard")], now - timedelta(minutes=3))
        kept = Delivery(portal.id, None, "bitrix24:1", "k", "ONTASKADD", {}, b"", now)
        inbox.insert_many(conn, [kept])
    world.deps.clock.sleep(20)
    assert ready(world)[1]["waiting"] == [
        {"portal": other, "seconds": 200.0},
        {"portal": portal.id, "seconds": 20.0},
    ]


def test_a_database_that_cannot_be_written_is_not_ready(world, monkeypatch):
    beat(world)
    assert ready(world)[0] == 200

    def full(*args, **options):
        raise OperationalError("INSERT", {}, Exception("database or disk is full"))

    monkeypatch.setattr("b24app.routes.health.leases.acquire", full)
    assert ready(world)[0] == 503


def test_a_database_that_hangs_keeps_nobody_waiting(world, monkeypatch):
    beat(world)
    released = threading.Event()
    monkeypatch.setattr("b24app.routes.health.PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr("b24app.routes.health._is_migrated", lambda conn: released.wait(10))
    began = time.monotonic()
    for _ in range(3):
        assert ready(world)[0] == 503
    assert time.monotonic() - began < 3
    assert world.client.get("/healthz").status_code == 200
    released.set()
    assert eventually_ready(world)


def eventually_ready(world):
    return any(ready(world)[0] == 200 or time.sleep(0.05) for _ in range(100))


@pytest.fixture
def away(world, monkeypatch):
    """Makes the database go away for whoever asks it from now on."""

    def vanish():
        def connect(*args, **options):
            raise OperationalError("SELECT", {}, Exception("the server closed the connection"))

        monkeypatch.setattr("b24app.auth.lookup_cache.read", connect)
        monkeypatch.setattr("sync.engine.inbox.open_writer", connect)
        monkeypatch.setattr("sync.engine.inbox.PATIENCE_SECONDS", 0.5)
        monkeypatch.setattr("b24app.auth.lookup_cache.TTL_SECONDS", 0)

    return vanish


def hook(world, secrets, body):
    headers = {"X-Gitlab-Token": secrets.hook_token, "X-Gitlab-Event": "Note Hook"}
    return world.client.post(f"/hooks/gitlab/{secrets.hook_key}", data=body, headers=headers)


def test_without_a_database_a_delivery_is_refused_for_now(world, away):
    secrets = world.connect(world.install())
    assert hook(world, secrets, b"1").status_code == 200
    world.deps.inbox._drop_connection()
    away()
    answer = hook(world, secrets, b"2")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json["error"]["code"] == "database"
    assert answer.json["error"]["text"].startswith("The database cannot be reached now")


def test_a_sender_that_was_never_read_is_refused_for_now(world, away):
    secrets = world.connect(world.install())
    away()
    answer = hook(world, secrets, b"1")
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "database")
    assert answer.headers["Retry-After"] == "10"
