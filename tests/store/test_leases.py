"""Leases: one owner at a time, for a time."""

from __future__ import annotations

import threading
from datetime import timedelta

from sqlalchemy import Engine

from sync.store import leases
from sync.store.db.database import write
from tests.store.factories import NOW, after

TTL = timedelta(seconds=30)


def test_a_lease_is_held_until_its_time_is_over(engine: Engine) -> None:
    with write(engine) as conn:
        assert leases.acquire(conn, "lane", "one", now=NOW, ttl=TTL)
        assert not leases.acquire(conn, "lane", "two", now=after(seconds=29), ttl=TTL)
        assert leases.acquire(conn, "other lane", "two", now=NOW, ttl=TTL)
        assert leases.acquire(conn, "lane", "two", now=after(seconds=30), ttl=TTL)
        assert not leases.renew(conn, "lane", "one", now=after(seconds=31), ttl=TTL)


def test_a_renewed_lease_lasts_longer_and_a_lost_one_is_not_renewed(engine: Engine) -> None:
    with write(engine) as conn:
        assert leases.acquire(conn, "lane", "one", now=NOW, ttl=TTL)
        assert leases.renew(conn, "lane", "one", now=after(seconds=20), ttl=TTL)
        assert not leases.acquire(conn, "lane", "two", now=after(seconds=40), ttl=TTL)
        assert not leases.renew(conn, "lane", "one", now=after(seconds=50), ttl=TTL)
        assert leases.acquire(conn, "lane", "one", now=after(seconds=50), ttl=TTL)


def test_only_its_owner_gives_a_lease_back(engine: Engine) -> None:
    with write(engine) as conn:
        leases.acquire(conn, "lane", "one", now=NOW, ttl=TTL)
        leases.release(conn, "lane", "two")
        assert not leases.acquire(conn, "lane", "two", now=NOW, ttl=TTL)
        leases.release(conn, "lane", "one")
        assert leases.acquire(conn, "lane", "two", now=NOW, ttl=TTL)


def test_of_many_that_want_it_at_once_one_gets_it(engine: Engine) -> None:
    won, start = [], threading.Barrier(6)

    def want(owner: str) -> None:
        start.wait()
        with write(engine) as conn:
            if leases.acquire(conn, "lane", owner, now=NOW, ttl=TTL):
                won.append(owner)

    threads = [threading.Thread(target=want, args=(str(n),)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
