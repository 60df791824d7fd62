"""Wake-ups: gathered, carried over, never in the way."""

from __future__ import annotations

import pickle
import threading
from pathlib import Path

import pytest
from huey import MemoryHuey, SqliteHuey
from redis import ConnectionPool

from sync.engine.wake_ups import WakeUps, open_queue, why_unreachable


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
    assert {*WakeUps(open_queue(file)).take()} == {7}


def test_many_wake_ups_of_a_portal_become_few(file: str) -> None:
    huey = open_queue(file)
    sender = WakeUps(huey)
    for _ in range(1000):
        sender.wake(7)
    sender.wake(8)
    sender.stop()
    assert huey.pending_count() < 20
    assert {*WakeUps(open_queue(file)).take()} == {7, 8}


def test_without_wake_ups_there_is_nothing_to_take(file: str) -> None:
    assert not [*WakeUps(open_queue(file)).take()]


def test_a_queue_that_is_down_does_not_stop_who_wakes() -> None:
    def down(data: bytes, priority: float | None = None) -> None:
        raise ConnectionError("no queue")

    queue = MemoryHuey()
    queue.storage.enqueue = down
    sender = WakeUps(queue)
    sender.wake(7)
    sender.stop()


def test_a_queue_that_hangs_is_left_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    hung, queue = threading.Event(), MemoryHuey()
    queue.storage.enqueue = lambda data, priority=None: hung.wait(60)
    monkeypatch.setattr("sync.engine.wake_ups._STOP_SECONDS", 0.05)
    sender = WakeUps(queue)
    sender.wake(7)
    sender.stop()
    sender.wake(8)
    hung.set()


def test_postgresql_and_redis_are_queues_by_url(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[dict[str, object]] = []
    for name in ("PostgresHuey", "RedisHuey"):
        monkeypatch.setattr(
            f"sync.engine.wake_ups.{name}", lambda _, **options: opened.append(options)
        )
    open_queue("postgresql://localhost/queue")
    open_queue("redis://localhost/1")
    open_queue("postgresql://localhost/queue?connect_timeout=9")
    of_postgresql, of_redis, with_own = opened
    assert [of_postgresql[name] for name in ("connect_timeout", "tcp_user_timeout")] == [3, 6000]
    assert "connect_timeout" not in with_own, "what the address says, wins"
    assert of_postgresql["dsn"] == "postgresql://localhost/queue"
    pool = of_redis["connection_pool"]
    assert isinstance(pool, ConnectionPool)
    options = [pool.connection_kwargs[name] for name in ("host", "db", "socket_timeout")]
    assert options == ["localhost", 1, 5.0], "without a time limit one that froze is waited for"


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "postgresql://127.0.0.1:1/queue"])
def test_a_queue_that_is_away_says_why(url: str) -> None:
    assert "refused" in why_unreachable(url)


def test_a_queue_that_is_there_keeps_what_it_holds(file: str) -> None:
    open_queue(file).storage.enqueue(b"7")
    assert why_unreachable(file) == ""
    assert {*WakeUps(open_queue(file)).take()} == {7}


def test_a_portal_is_handed_over_before_the_next_is_taken(file: str) -> None:
    """In a storm more come in as fast as they are taken: who was taken first would wait for all."""
    queue = open_queue(file)
    for portal_id in (b"7", b"8"):
        queue.storage.enqueue(portal_id)
    taken = WakeUps(queue).take()
    assert (next(taken), queue.pending_count()) == (7, 1)
    assert [*taken] == [8]


class Trap:
    """Unpickling it writes a file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.file,)


@pytest.mark.parametrize("text", [b"", b"-1", b"7.0", b"x", b"9" * 40, "٧".encode(), b"\x80\x05"])
def test_what_is_no_wake_up_says_nothing(file: str, text: bytes) -> None:
    queue = open_queue(file)
    queue.storage.enqueue(text)
    queue.storage.enqueue(b"7")
    assert {*WakeUps(queue).take()} == {7}


def test_a_message_runs_no_code(file: str, tmp_path: Path) -> None:
    queue, witness = open_queue(file), tmp_path / "ran"
    pickle.loads(pickle.dumps(Trap(witness)))  # the trap works
    witness.unlink()
    queue.storage.enqueue(pickle.dumps(Trap(witness)))
    assert not [*WakeUps(queue).take()]
    assert not witness.exists()


@pytest.mark.parametrize("existing", [False, True])
def test_the_file_of_the_queue_is_private(file: str, existing: bool) -> None:
    if existing:
        Path(file).touch(mode=0o644)
        Path(file).chmod(0o644)
    sender = WakeUps(open_queue(file))
    sender.wake(7)
    sender.stop()
    modes = {path.name: path.stat().st_mode & 0o777 for path in Path(file).parent.glob("queue*")}
    assert set(modes.values()) == {0o600}, modes
