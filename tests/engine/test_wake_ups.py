"""Wake-ups: gathered, carried over, never in the way."""

from __future__ import annotations

from pathlib import Path

import pytest
from huey import MemoryHuey, SqliteHuey

from sync.engine.wake_ups import WakeUps, open_queue


@pytest.fixture
def file(tmp_path: Path) -> str:
    return str(tmp_path / "queue.sqlite3")


@pytest.mark.parametrize("form", ["{}", "sqlite:///{}"])
def test_a_file_is_a_queue(file: str, form: str) -> None:
    assert isinstance(open_queue(form.format(file)), SqliteHuey)


def test_a_wake_up_reaches_another_process(file: str) -> None:
    sender = WakeUps(open_queue(file))
    sender.wake(7)
    sender.stop()
    assert WakeUps(open_queue(file)).take() == {7}


def test_many_wake_ups_of_a_portal_become_few(file: str) -> None:
    huey = open_queue(file)
    sender = WakeUps(huey)
    for _ in range(1000):
        sender.wake(7)
    sender.wake(8)
    sender.stop()
    assert huey.pending_count() < 20
    assert WakeUps(open_queue(file)).take() == {7, 8}


def test_without_wake_ups_there_is_nothing_to_take(file: str) -> None:
    assert WakeUps(open_queue(file)).take() == frozenset()


def test_a_queue_that_is_down_does_not_stop_who_wakes() -> None:
    class Down(MemoryHuey):
        def enqueue(self, task: object) -> object:
            raise ConnectionError("no queue")

    sender = WakeUps(Down())
    sender.wake(7)
    sender.stop()


def test_postgresql_and_redis_are_queues_by_url(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[dict[str, object]] = []
    for name in ("PostgresHuey", "RedisHuey"):
        monkeypatch.setattr(
            f"sync.engine.wake_ups.{name}", lambda _, **options: opened.append(options)
        )
    open_queue("postgresql://localhost/queue")
    open_queue("redis://localhost/1")
    assert [one.get("dsn") or one.get("url") for one in opened] == [
        "postgresql://localhost/queue",
        "redis://localhost/1",
    ]
