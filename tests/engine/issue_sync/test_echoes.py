"""A hint is left out where it is surely ours, and may wait where it is likely so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sync.core.issue_sync.model import SideName
from sync.engine.issue_sync.echoes import (
    ECHO,
    MOST_LISTED,
    ListedItems,
    due_at,
    is_our_change,
)
from sync.engine.worker import Worker
from sync.store.issue_link_rows import IssueLinkRow
from tests.core.issue_sync.cases import TRACKER, item
from tests.engine.issue_sync.test_life import RITA, Life
from tests.engine.world import World

AT = datetime(2026, 3, 2, 10, 0, 0, 123_000, UTC)
ROW = IssueLinkRow(
    1, 1, 1, "k", "p", "5", "7/5", "9", False, 2, 1, "", AT, 0, "", AT, "", "", AT.isoformat(), AT
)


def test_only_the_very_change_that_our_write_made_is_ours() -> None:
    assert is_our_change(ROW, AT)
    for other in (None, AT + timedelta(milliseconds=1), AT.replace(microsecond=0)):
        assert not is_our_change(ROW, other)
    whole = AT.replace(microsecond=0)  # an instance that tells seconds alone proves nothing
    assert not is_our_change(replace(ROW, answered=whole.isoformat()), whole)


def test_what_is_heard_soon_after_our_write_may_wait() -> None:
    soon, late = AT + timedelta(seconds=2), AT + ECHO
    assert due_at(ROW, soon) == soon + ECHO
    assert due_at(ROW, late) == late
    assert due_at(replace(ROW, written_at=None), soon) == soon


def test_a_listed_item_is_for_that_version_of_its_link_alone() -> None:
    items, issue = ListedItems(), item(TRACKER, {})
    items.keep("k", 2, SideName.TRACKER, issue)
    assert items.take("k", 3) is None  # something was heard since
    items.keep("k", 2, SideName.TRACKER, issue)
    hint = items.take("k", 2)
    assert hint is not None
    assert (hint.side, hint.listed) == (SideName.TRACKER, issue)
    assert items.take("k", 2) is None
    for number in range(MOST_LISTED + 1):
        items.keep(f"k{number}", 1, SideName.TRACKER, issue)
    assert items.take("k0", 1) is None
    assert items.take("k1", 1) is not None


@pytest.mark.deep
def test_gitlab_is_asked_nothing_because_of_the_hook_of_our_own_write(
    make_world: Callable[..., World],
) -> None:
    life = Life(make_world().with_task(description="First", created_by=RITA))
    life.world.clock.sleep(0.137)  # hooks tell the moment of a change to the millisecond
    life.import_all()
    life.rest()
    worker = Worker(replace(life.world.deps("worker"), issue_sync=life.sync))
    life.world.b24.state.user_edits_task(RITA, 2103, title="Renamed")
    worker.run_once()
    assert life.issue.title == "Renamed"
    asked, answer = [], life.world.host_answer
    life.world.patch(
        life.world, "host_answer", lambda request: asked.append(request.url) or answer(request)
    )
    for _ in range(3):
        life.world.tick(ECHO.seconds)
        worker.run_once()
    assert asked == []
    life.issue.manager.update(life.issue.iid, {"title": "By Bob"})
    worker.run_once()
    assert life.task.title == "By Bob"
