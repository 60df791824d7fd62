"""The clock was ahead and is put back: what it dated in the future counts as of now."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import requests
from sqlalchemy import Column, select, update

from sync.clock_check import ClockCheck
from sync.engine.deps import Deps, clock_lead
from sync.engine.upkeep import gap, task_gap
from sync.engine.upkeep.sweep import sweep_connection
from sync.store import clock_repair, connections, hook_logs, inbox, tasks
from sync.store.db.database import read, write
from sync.store.db.types import Moment
from sync.store.hook_logs import HookLogRow
from sync.store.tables import connection as connection_table
from sync.store.tables import lease as lease_table
from sync.store.tables import metadata
from sync.store.tables import portal as portal_table
from sync.store.tables import purge as purge_table
from tests.emulators.bitrix24.work import change_task
from tests.engine.test_clock_jumps import MONTHS, YEAR, put
from tests.engine.world import START, World

pytestmark = pytest.mark.dialect

LATER = START + timedelta(hours=1)

# Moments that nothing waits for, and none that is ahead of now makes wrong: of the other systems,
# of ends that they gave, of what is only shown or kept a little longer, or judged where it is read.
_HARMLESS = {
    "activity": {"updated_at", "received_at"},
    "alert": {"opened_at", "updated_at", "ended_at", "acknowledged_at"},
    "allowance": {"at"},
    "api_call": {"at"},
    "backfill": {"since", "updated_at"},
    "bot_refusal": {"at"},
    "command": {"created_at", "sent_at", "done_at"},
    "commit": {"received_at"},
    "connection": {"signed_at"},
    "connection_access": {"since", "checked_at", "good_at", "token_made_at", "expires_at"},
    "decision": {"at"},
    "deployment": {"updated_at"},
    "failed_look": {"since", "at"},
    "hook_log": {"read_at", "gap_at", "good_at", "refused_at"},
    "issue_link": {"created_at", "written_at"},
    "issue_link_change": {"at"},
    "issue_link_conflict": {"at"},
    "issue_link_story": {"at"},
    "issue_sync_list": {"since", "agreed_at"},
    "merge_request": {"updated_at"},
    "message": {"at"},
    "notified_state": {"at"},
    "oauth_grant": {"expires_at", "told_at", "created_at"},
    "oauth_sign_in": {"expires_at"},
    "pipeline": {"updated_at"},
    "pipeline_jobs": {"pipeline_updated_at"},
    "portal": {"token_expires_at", "updated_at"},
    "portal_access": {"since", "checked_at", "good_at"},
    "program": {"decided_at", "backed_up_at"},
    "protected_branch": {"at"},
    "smart_commit": {"received_at"},
    "task": {"read_at", "changed_at"},
    "task_reading": {"read_at", "gap_at"},
    "worker": {"started_at", "seen_at"},
    "workgroup": {"read_at"},
}


def test_each_stored_moment_is_pulled_back_or_does_no_harm_ahead_of_now() -> None:
    columns = {
        (table.name, column.name)
        for table in metadata.sorted_tables
        for column in table.c
        if isinstance(column.type, Moment)
    }
    harmless = {(table, name) for table, names in _HARMLESS.items() for name in names}
    pulled_back = [
        *(column for column, *_ in (*clock_repair._PUT_OFF, *clock_repair._HAPPENED)),
        *clock_repair._FORGOTTEN,
        purge_table.c.at,
        lease_table.c.until,
    ]
    repaired = {(column.table.name, column.name) for column in pulled_back}
    assert columns - repaired == harmless
    assert not repaired & harmless


@pytest.mark.parametrize(
    "column",
    [
        portal_table.c.created_at,
        portal_table.c.removed_at,
        connection_table.c.created_at,
        connection_table.c.removed_at,
    ],
    ids=str,
)
def test_a_moment_of_the_future_counts_as_now(world: World, column: Column[datetime]) -> None:
    with write(world.database) as conn:
        conn.execute(update(column.table).values({column.name: START + YEAR}))
        assert clock_repair.has_future(conn, START)
        assert not clock_repair.has_future(conn, START, sure=False)
        assert clock_repair.pull_back(conn, START, sure=False) == 0
        assert clock_repair.pull_back(conn, START) == 1
        assert conn.scalar(select(column)) == START


def test_a_message_sent_in_the_future_is_settled_and_not_written_again(world: World) -> None:
    put(world, START + MONTHS)
    world.b24.lose_answer()
    world.opened()
    world.work()
    assert world.commands("sending")
    put(world, LATER)
    with world.b24.state.lock:
        for message in world.b24.state.messages.values():
            message.date = LATER
    world.settle()
    assert not world.commands("sending")
    assert len(world.cards()) == 1


def test_a_task_that_was_read_in_the_future_is_read_again(world: World) -> None:
    put(world, START + MONTHS)
    world.opened()
    world.settle()
    put(world, LATER)
    with write(world.database) as conn:
        tasks.mark_stale(conn, world.portal_id, [2103], LATER)
    with read(world.database) as conn:
        assert tasks.get(conn, world.portal_id, [2103])[2103].stale


def test_a_webhook_log_that_was_read_in_the_future_owes_the_last_day() -> None:
    row = HookLogRow(1, "project a/b", START + YEAR, gap_at=START + YEAR, failed=3)
    of_now = gap._without_future(row, START)
    assert (of_now.read_at, of_now.gap_at) == (START - gap.READ_AGAIN, START)
    assert gap.is_owed(of_now)
    present = HookLogRow(1, "project a/b", START, gap_at=START)
    assert gap._without_future(present, START) is present


def test_changed_tasks_of_the_last_day_are_read_again(world: World) -> None:
    world.opened()
    world.settle()
    world.hold_deliveries = True
    with world.b24.state.lock:
        change_task(world.b24.state, world.b24.state.tasks[2103], 7, title="Renamed")
    put(world, LATER)
    with write(world.database) as conn:
        hook_logs.set_tasks_read(conn, world.portal_id, START + YEAR, 0)
    assert task_gap.make_up_for_events(world.deps(), world.portal_id) >= 1
    with read(world.database) as conn:
        assert hook_logs.tasks_read_at(conn, world.portal_id) == world.clock.now()


def _ahead(deps: Deps, lead: timedelta) -> Deps:
    answer = requests.Response()
    moment = deps.clock.now() - lead
    answer.headers["Date"] = f"{moment:%a, %d %b %Y %H:%M:%S} GMT"
    check = ClockCheck(deps.clock)
    check.observe(answer)
    object.__setattr__(deps, "clock_check", check)
    return deps


@pytest.mark.parametrize(("seconds", "lead"), [(3_600, 3_600), (0, 0), (-3_600, 0)])
def test_a_known_lead_is_taken_off_what_others_are_asked(
    world: World, seconds: int, lead: int
) -> None:
    deps = _ahead(world.deps(), timedelta(seconds=seconds))
    assert clock_lead(deps) == timedelta(seconds=lead)
    assert clock_lead(world.deps()) == timedelta()


def test_a_sweep_finds_what_changed_though_our_clock_is_ahead(world: World) -> None:
    ahead = timedelta(hours=3)
    with write(world.database) as conn:
        (connection,) = connections.by_portal(conn, world.portal_id)
        connections.set_swept(conn, connection.id, START + ahead)
    world.opened()
    with write(world.database) as conn:  # the hook was lost
        conn.execute(inbox.delivery.delete())
        (connection,) = connections.by_portal(conn, world.portal_id)
    world.clock.sleep(ahead.total_seconds() + 60)
    assert sweep_connection(world.deps(), connection) == 0
    with write(world.database) as conn:
        connections.set_swept(conn, connection.id, START + ahead)
        (connection,) = connections.by_portal(conn, world.portal_id)
    assert sweep_connection(_ahead(world.deps(), ahead), connection) == 1


@pytest.mark.parametrize("by_hook", [True, False], ids=["by its hooks", "by a sweep"])
@pytest.mark.dialect
def test_what_happens_after_gitlabs_own_clock_was_put_back_counts(
    world: World, by_hook: bool
) -> None:
    own = world.gitlab.state.now
    world.gitlab.state.now = lambda: own() + timedelta(hours=1)
    request = world.opened()
    run = world.gitlab.run_pipeline(request)
    run.set_status("running")
    world.work()
    if not by_hook:
        _sweep(world)
    world.gitlab.state.now = own
    world.tick(300)
    run.set_status("success")
    world.gitlab.update_mr(request, "ann", title="Pay better")
    world.gitlab.approve(request, "bob")
    world.gitlab.close(request, "ann")
    world.work()
    (card,) = world.cards(2103)
    assert "!1 Pay better[" in card
    assert ": closed without merging" in card
    assert "[/user] (approved)" in card
    assert "]passed[" in card


def _sweep(world: World) -> None:
    with read(world.database) as conn:
        (connection,) = connections.by_portal(conn, world.portal_id)
    sweep_connection(world.deps(), connection)
    world.work()
