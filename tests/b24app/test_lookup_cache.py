"""What is looked up for every request, while the database does not answer."""

from __future__ import annotations

import threading

import pytest

from b24app.auth.lookup_cache import LookupCache


def test_one_waits_for_a_database_that_hangs_and_the_others_do_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("b24app.auth.lookup_cache.TTL_SECONDS", 0)
    monkeypatch.setattr("b24app.auth.lookup_cache.PATIENCE_SECONDS", 0.1)
    thawed, asked = threading.Event(), list[str]()

    def find(key: str) -> int:
        asked.append(key)
        assert len(asked) == 1 or thawed.wait(20)
        return len(asked)

    cache = LookupCache(find)
    assert cache.get("a") == 1
    for _ in range(20):
        assert cache.get("a") == 1
    assert asked == ["a", "a"]
    (looking,) = cache._looking.values()
    thawed.set()
    assert looking.result(20) == 2
    assert cache.get("a") == 3
    assert cache.get("a") == 4
