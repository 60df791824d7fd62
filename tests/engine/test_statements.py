"""How much SQL the worker needs for one webhook on an idle portal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from b24app.portal_rules import rules_of
from bench import probe
from sync.engine.audit.writer import AuditWriter
from sync.engine.worker import Worker
from tests.engine.world import World

OPENED_AT_MOST = 70  # BEGIN and COMMIT count; 4 of them find out whose commits these are


@pytest.fixture
def sent(world: World) -> Counter[str]:
    """What the database is sent, by kind."""
    counts: Counter[str] = Counter()
    probe.listen(world.database, lambda kind, sql: counts.update([kind]))
    return counts


@pytest.fixture
def work(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """A worker as the app makes it: rules from the database, calls recorded with outcomes."""
    audit = AuditWriter(world.database)
    monkeypatch.setattr(audit, "_start", lambda: None)  # its thread would write at any moment
    clients = world.clients("one", audit)
    deps = replace(
        world.deps(),
        portal_for=clients.portal_of,
        rules_for=rules_of,
        audit_writer=audit.pending_writer,
    )
    return Worker(deps).run_once


def test_sql_of_an_opened_merge_request_on_an_idle_portal(
    world: World, work: Callable[[], int], sent: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The task is read and moved, its card written, its responsible person notified.

    The portal's events about these writes are webhooks of their own.
    """
    monkeypatch.setattr(world.b24.events, "put", lambda posting: None)
    world.gitlab.push(world.shop, "feature/B24-2103-pay", ["Add payment"], "ann")
    _rest(world, work)
    sent.clear()
    world.gitlab.open_mr(world.shop, "feature/B24-2103-pay", "Pay", "ann", reviewers=["bob"])
    work()
    assert (world.status(), len(world.cards()), len(world.told())) == (3, 1, 1)
    assert sent.total() <= OPENED_AT_MOST, dict(sent)


def _rest(world: World, work: Callable[[], int]) -> None:
    """Whatever an idle portal is left with; then nothing waits and nothing is new to the worker."""
    for _ in range(3):
        work()
        world.tick(60)
    assert not world.waiting()
