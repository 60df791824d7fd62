"""A rehearsal reads what happened in a real database, and writes nothing anywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from b24app.services.rehearsal import rehearsal_lines
from sync.core.issue_sync.mapping import ProjectPair, StatusMatch
from sync.core.issue_sync.model import STATUS, TITLE
from sync.core.issue_sync.rules import Direction, FieldRule, Policy
from sync.core.model.tasks import TaskStatus
from sync.engine.issue_sync.rehearsing import RehearsedPair, rehearse_pair
from sync.store import portals
from sync.store.db.database import read
from tests.engine.issue_sync.memory_rooms import PORTAL, TRACKER, Pair
from tests.engine.world import World

TABLE = (StatusMatch("todo", TaskStatus.WAITING), StatusMatch("done", TaskStatus.COMPLETED))


@pytest.fixture
def pair(make_world: Callable[..., World]) -> Pair:
    """Return a pair with a month of edits: titles, a status, a conflict."""
    pair = Pair(make_world())
    pair.pair = replace(pair.pair, statuses=TABLE)
    pair.mapping = replace(pair.mapping, pairs=(pair.pair,))
    pair.create(TRACKER, title="Fix")
    pair.work()
    pair.edit(pair.only(TRACKER), TITLE, "Fix it")
    pair.edit(pair.only(TRACKER), STATUS, "done")
    pair.work()
    pair.edit(pair.only(PORTAL), TITLE, "By Bob")
    pair.edit(pair.only(TRACKER), TITLE, "By Ann")
    pair.work()
    return pair


def rehearse(pair: Pair, changed: ProjectPair, days: int = 30) -> RehearsedPair:
    deps = pair.deps
    with read(deps.database) as conn:
        row = portals.row_by_id(conn, pair.world.portal_id)
    assert row is not None
    since = pair.world.clock.now() - timedelta(days=days)
    return rehearse_pair(deps, row, pair.connection, changed, since)


def test_the_mapping_in_force_would_have_done_the_same(pair: Pair) -> None:
    result = rehearse(pair, pair.pair).rehearsal
    assert (result.links, result.differences, dict(result.problems)) == (1, [], {})
    assert (result.conflicts, result.met) == ({TITLE: 1}, {STATUS: 0, TITLE: 1})


def test_a_changed_mapping_says_what_would_be_different_and_writes_nothing(pair: Pair) -> None:
    fields = {**pair.pair.fields, TITLE: FieldRule(policy=Policy.ASK)}
    closed = (TABLE[0], StatusMatch("done", TaskStatus.WAITING))
    before = [dict(pair.only(side).values) for side in (TRACKER, PORTAL)]
    rehearsed = rehearse(pair, replace(pair.pair, fields=fields, statuses=closed))
    assert rehearsed.rehearsal.asked == {TITLE: 1}
    assert [dict(pair.only(side).values) for side in (TRACKER, PORTAL)] == before
    lines = list(rehearsal_lines("en", rehearsed, pair.world.clock.now()))
    assert lines[1].startswith("  in the settings: ")
    assert lines[2].startswith("  3 changes of 1 links, the oldest of ")
    assert "  status: 1 task would be different" in lines
    assert f"    {pair.only(PORTAL).address.id}: 2 instead of 5" in lines
    assert "  title: 1 conflicts (1 left to a person); there were 1" in lines
    russian = list(rehearsal_lines("ru", rehearsed, pair.world.clock.now()))
    assert "  status: иначе была бы 1 задача" in russian
    assert len(russian) == len(lines)


def test_a_field_that_is_switched_off_holds_its_changes_back(pair: Pair) -> None:
    fields = {**pair.pair.fields, TITLE: FieldRule(Direction.TO_TRACKER)}
    result = rehearse(pair, replace(pair.pair, fields=fields)).rehearsal
    assert result.held[TITLE, TRACKER] == 1


def test_without_changes_there_is_nothing_to_rehearse(pair: Pair) -> None:
    pair.world.clock.sleep(40 * 86_400)
    rehearsed = rehearse(pair, pair.pair)
    assert rehearsed.rehearsal.since is None
    (_, line) = rehearsal_lines("en", rehearsed, pair.world.clock.now())
    assert line.startswith("  nothing was changed in 1 links since ")
