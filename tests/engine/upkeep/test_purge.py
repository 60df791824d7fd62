"""What is kept long enough goes at night, in small steps; what open work needs stays."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, event, func, insert, select, update
from sqlalchemy.exc import OperationalError

from sync.core.alerts.model import AlertKey, RefKey
from sync.core.alerts.plan import assignment_key
from sync.core.model.plans import NotifiedState
from sync.core.model.tasks import Task, TaskStatus
from sync.engine.upkeep import purge as module
from sync.engine.upkeep.purge import NightlyPurge
from sync.settings.model import Retention
from sync.store import connections, inbox, leases, logs, messages, outbox, portals, tasks
from sync.store.db.database import read, write
from sync.store.retention.rules import RULES, find_expired
from sync.store.rows import ApiCallRow, Delivery
from sync.store.tables import (
    alert,
    api_call,
    command,
    commit,
    commit_task,
    delivery,
    deployment,
    deployment_merge_request,
    link,
    merge_request,
    merge_request_commit,
    message,
    notified_state,
    pipeline,
    subject,
)
from sync.store.tables import task as task_table
from tests.engine.world import World

pytestmark = pytest.mark.dialect

DAY = 86_400
LONG = 3 * 365 * DAY  # seconds: longer than anything is kept
COMPLETED = 5


def at_night(world: World, hour: int = 3) -> datetime:
    """Lets the time pass until the next night."""
    now = world.clock.now()
    wanted = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    world.tick(((wanted - now).total_seconds()) % DAY or DAY)
    return world.clock.now()


def purged(world: World) -> dict[str, int]:
    """Purges at the next night, all of it, and what it says it deleted."""
    now, purge = at_night(world), NightlyPurge(world.deps())
    for _ in range(1000):
        purge.run(now)
        with read(world.database) as conn:
            found = logs.last_purge(conn, world.portal_id)
        if found and found.at == now:
            return found.rows
    raise AssertionError("the purge does not end")


def marked(world: World) -> int:
    """Tasks that were looked at."""
    with read(world.database) as conn:
        of_tasks = select(func.count()).select_from(subject).where(subject.c.kind == "task")
        return conn.scalar(of_tasks) or 0


def count(world: World, *tables: object) -> tuple[int, ...]:
    with read(world.database) as conn:
        return tuple(conn.scalar(select(func.count()).select_from(one)) or 0 for one in tables)


def history(world: World, task_id: int = 2103) -> None:
    """A merge request that was reviewed, tested, merged and deployed; its task is completed."""
    mr = world.opened(f"feature/B24-{task_id}-pay")
    world.gitlab.run_pipeline(mr).set_status("success")
    world.work()
    world.gitlab.merge(mr, "ann")
    deployed(world)
    world.settle()


def years_later(world: World) -> None:
    """The portal's grant is long dead: the application is opened again."""
    world.tick(LONG)
    world.save_token(world.b24.token(1))


def deployed(world: World) -> None:
    run = world.gitlab.run_pipeline(world.shop, ref="main", user="ann")
    run.set_status("success")
    world.gitlab.deploy(run, "production")


def test_logs_are_kept_as_long_as_the_settings_say(world: World) -> None:
    world.opened()
    world.work()
    calls = count(world, api_call)[0]
    assert count(world, delivery, command) == (5, 3)
    world.tick(6 * DAY)
    assert "calls" not in purged(world)
    world.tick(1 * DAY)
    assert purged(world) == {"calls": calls}
    world.tick(22 * DAY)
    assert purged(world) == {"deliveries": 5, "commands": 3}
    assert count(world, delivery, command, api_call) == (0, 0, 0)


def test_a_portal_may_keep_less_and_never_less_than_three_days_of_calls(world: World) -> None:
    world.opened()
    world.work()
    with write(world.database) as conn:
        said = {"retention": {"audit": 3, "deliveries": 1}}
        portals.save_settings(conn, world.portal_id, said, world.clock.now())
    world.tick(1 * DAY)
    assert purged(world) == {"deliveries": 5}
    world.tick(2 * DAY)
    assert set(purged(world)) == {"calls"}


def test_failures_and_what_waits_stay(world: World) -> None:
    with write(world.database) as conn:
        made = Delivery(world.portal_id, None, "bitrix24:1", "k", "E", {}, b"", world.clock.now())
        for key, end in (("dead", inbox.mark_dead), ("failed", None), ("new", None)):
            (number,) = inbox.insert_many(conn, [_keyed(made, key)])
            if end:
                end(conn, number, "a bug")
        states = ("waiting", "sending", "refused", "done", "dropped")
        conn.execute(insert(command), [_command(world, state) for state in states])
    world.tick(LONG)
    assert purged(world) == {"commands": 2}
    with read(world.database) as conn:
        left = outbox.counts(conn, world.portal_id)
    assert left == {"waiting": 1, "sending": 1, "refused": 1}
    assert count(world, delivery) == (4,)  # the three, and the one of the task's creation


def test_of_work_that_is_over_for_two_years_nothing_is_left(world: World) -> None:
    history(world)
    years_later(world)
    world.gitlab.push(world.shop, "main", ["Something else"], "ann")
    deployed(world)  # what is there now stays for good
    world.settle()
    gone = purged(world)
    assert (gone["merge requests"], gone["links"], gone["pipelines"]) == (1, 1, 2)
    assert count(world, merge_request, link, message) == (0, 0, 0)
    assert (marked(world), *count(world, task_table)) == (
        1,
        1,
    )  # the last deployment was of its concern
    world.tick(LONG)
    purged(world)
    assert count(world, subject, task_table) == (0, 0)
    assert count(world, deployment, pipeline, commit) == (1, 0, 0)
    assert count(world, commit_task, deployment_merge_request) == (0, 0)


@pytest.mark.parametrize(
    "alive",
    [
        lambda world: _says(world, TaskStatus.IN_PROGRESS),
        lambda world: _forget(world),
        lambda world: _dirty(world),
        lambda world: _waits(world),
    ],
    ids=["task-not-completed", "task-never-read", "task-to-be-looked-at", "command-waiting"],
)
def test_what_a_live_task_shows_stays(world: World, alive) -> None:
    """Commits of the default branch name no merge request and are not shown."""
    history(world)
    world.tick(LONG)
    alive(world)
    tables = (
        merge_request, link, pipeline, deployment, deployment_merge_request, commit_task,
        merge_request_commit,
        select(commit.c.sha).where(commit.c.branch != "main").subquery(),
    )  # fmt: skip
    before = count(world, *tables)
    gone = purged(world)
    assert set(gone) <= {
        "deliveries", "calls", "commands", "decisions", "activity", "subjects",
        "notified people", "commits",
    }  # fmt: skip
    assert before == count(world, *tables)


def test_a_merge_request_counts_while_a_newer_one_of_its_task_does(world: World) -> None:
    history(world)
    years_later(world)
    world.gitlab.push(world.shop, "fix/B24-2103-again", ["Once more"], "ann")
    newer = world.gitlab.open_mr(world.shop, "fix/B24-2103-again", "Again", "ann")
    world.settle()
    world.gitlab.close(newer, "ann")
    world.settle()
    assert world.status() == COMPLETED
    purged(world)
    assert count(world, merge_request, link) == (2, 2)


def test_an_open_merge_request_stays_however_old(world: World) -> None:
    world.opened()
    world.settle()
    _says(world, TaskStatus.COMPLETED)
    world.tick(LONG)
    purged(world)
    assert count(world, merge_request, link) == (1, 1)


def failed_once(world: World) -> Delivery:
    """A pipeline whose failure its author was told of; the delivery that told us."""
    world.b24.state.users[8].email = "ann@acme.example"
    mr = world.opened()
    world.gitlab.run_pipeline(mr).set_status("failed")
    last = world.inbox_order[-1]
    world.settle()
    assert (len(world.told()), count(world, notified_state)) == (
        2,
        (1,),
    )  # of the merge request, too
    return last


def heard_again(world: World, one: Delivery) -> int:
    """How many notifications there are once an old hook was sent again."""
    world.store([replace(one, received_at=world.clock.now(), dedupe_key="again")])
    world.settle()
    return len(world.told())


def test_what_was_told_of_a_branch_stays_while_anything_of_it_is_there(world: World) -> None:
    last = failed_once(world)
    years_later(world)
    purged(world)
    assert count(world, notified_state, delivery) == (1, 0)
    world.gitlab.update_mr(world.shop.merge_requests[1], "ann", title="Pay at once")
    assert heard_again(world, last) == 2


def test_of_a_branch_that_is_long_gone_nobody_remembers_what_was_told(world: World) -> None:
    last = failed_once(world)
    world.gitlab.close(world.shop.merge_requests[1], "ann")
    world.settle()
    _says(world, TaskStatus.COMPLETED)
    years_later(world)
    gone = purged(world)
    assert (gone["merge requests"], gone["notified states"]) == (1, 1)
    assert count(world, notified_state, pipeline, commit, commit_task) == (0, 0, 0, 0)
    before = len(world.told())
    assert heard_again(world, last) == before  # its pipeline is no task's any more


def test_what_was_told_is_remembered_as_long_as_deliveries_are_kept(world: World) -> None:
    failed_once(world)
    world.gitlab.close(world.shop.merge_requests[1], "ann")
    world.settle()
    _says(world, TaskStatus.COMPLETED)
    with write(world.database) as conn:
        said = {"retention": {"deliveries": 3650}}
        portals.save_settings(conn, world.portal_id, said, world.clock.now())
    years_later(world)
    assert "notified states" not in purged(world)
    assert count(world, notified_state, pipeline) == (1, 0)


def test_who_was_given_an_alert_is_remembered_as_long_as_the_alert(world: World) -> None:
    line = RefKey(world.connection_id, world.shop.id, "main")
    about = assignment_key(AlertKey(line, 1).subject_key)
    with write(world.database) as conn:
        states = [NotifiedState(about, "8")]
        messages.save_notified_states(conn, world.portal_id, states, world.clock.now())
        conn.execute(insert(alert), [_alert(line, "open")])
    world.tick(LONG)
    purged(world)
    assert count(world, notified_state, alert) == (1, 1)
    with write(world.database) as conn:
        conn.execute(update(alert).values(state="resolved"))
    purged(world)
    assert count(world, notified_state, alert) == (0, 0)


def _alert(line: RefKey, state: str) -> dict[str, object]:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    times = {"opened_at": at, "updated_at": at}
    more = {"stage": "", "first_pipeline_id": 1, "severity": "high", "failures": 1, "body": {}}
    return asdict(line) | {"state": state} | times | more


def test_a_step_deletes_no_more_than_a_handful_in_a_transaction_of_its_own(world: World) -> None:
    _calls(world, 3 * module.ROWS_PER_STEP + 1)
    deleted: list[int] = []

    def executed(conn, cursor, statement, *_: object) -> None:
        if statement.startswith("DELETE FROM api_call"):
            deleted.append(cursor.rowcount)

    event.listen(world.database, "after_cursor_execute", executed)
    world.tick(30 * DAY)
    assert purged(world)["calls"] == 3 * module.ROWS_PER_STEP + 1
    assert max(deleted) <= module.ROWS_PER_STEP


def test_the_receiver_comes_between_the_steps(world: World, monkeypatch) -> None:
    """Every pause of the purge is a chance for others to write: no lock is held meanwhile."""
    _calls(world, 2 * module.ROWS_PER_STEP)
    world.tick(30 * DAY)
    now, arrived = at_night(world), []
    deps = world.deps()

    def sleep(seconds: float) -> None:
        made = Delivery(world.portal_id, None, "bitrix24:1", str(len(arrived)), "E", {}, b"", now)
        world.store([made])
        arrived.append(seconds)

    monkeypatch.setattr(deps.clock, "sleep", sleep)
    before = count(world, delivery)[0]
    NightlyPurge(deps).run(now)
    assert len(arrived) >= 2
    assert count(world, delivery) == (before + len(arrived),)


def test_a_long_purge_goes_on_where_it_was_and_lets_the_sweep_do_its_other_work(
    world: World, monkeypatch
) -> None:
    monkeypatch.setattr(module, "ROWS_PER_STEP", 2)
    monkeypatch.setattr(module, "STEPS_PER_RUN", 3)
    _calls(world, 14)
    world.tick(30 * DAY)
    now, purge = at_night(world), NightlyPurge(world.deps())
    left = []
    for _ in range(5):
        purge.run(now)
        left.append(count(world, api_call)[0])
    assert left == [8, 2, 0, 0, 0]
    with read(world.database) as conn:
        assert logs.last_purge(conn, world.portal_id).rows == {"calls": 14}


def test_a_purge_that_a_failover_ends_begins_anew(world: World, monkeypatch) -> None:
    monkeypatch.setattr(module, "ROWS_PER_STEP", 2)
    _calls(world, 6)
    world.tick(30 * DAY)
    now, purge, usual = at_night(world), NightlyPurge(world.deps()), module.write

    def vanish(engine):
        if count(world, api_call) == (2,):
            raise OperationalError("DELETE", {}, Exception("the server closed the connection"))
        return usual(engine)

    with monkeypatch.context() as failover:
        failover.setattr(module, "write", vanish)
        with pytest.raises(OperationalError):
            purge.run(now)
    assert count(world, api_call) == (2,)
    purge.run(now)
    assert count(world, api_call) == (0,)
    with read(world.database) as conn:
        assert logs.last_purge(conn, world.portal_id).rows == {"calls": 2}


def test_it_is_purged_once_a_night(world: World) -> None:
    at_night(world)
    assert _purges(world) == 1
    for hour in (4, 12, 2):
        at_night(world, hour)
        assert _purges(world) == 0
    at_night(world)
    assert _purges(world) == 1


def test_a_night_that_was_slept_through_is_made_up_for(world: World) -> None:
    world.tick(DAY)
    at_night(world, 14)
    assert _purges(world) == 1


def test_another_worker_that_is_purging_is_left_alone(world: World) -> None:
    now = at_night(world)
    with write(world.database) as conn:
        leases.acquire(conn, "purge", "another", now=now, ttl=timedelta(minutes=5))
    assert _purges(world) == 0


def test_every_rule_has_an_age_of_the_settings_and_a_name_of_its_own() -> None:
    ages = [(one.age,) if isinstance(one.age, str) else one.age for one in RULES]
    assert {age for mine in ages for age in mine} == set(Retention.model_fields)
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_a_portals_neighbour_keeps_everything(world: World) -> None:
    history(world)
    world.tick(LONG)
    with write(world.database) as conn:
        mine = connections.by_id(conn, world.connection_id)
        conn.execute(update(merge_request).values(state="merged"))
    for rule in RULES:
        with read(world.database) as conn:
            assert not find_expired(conn, rule, mine.portal_id + 1, world.clock.now(), limit=10), (
                rule.name
            )


def _purges(world: World) -> int:
    """How many portals a fresh worker purges now."""
    with write(world.database) as conn:
        before = logs.last_purge(conn, world.portal_id)
    NightlyPurge(world.deps()).run(world.clock.now())
    with read(world.database) as conn:
        return int(logs.last_purge(conn, world.portal_id) != before)


def _calls(world: World, number: int) -> None:
    now = world.clock.now()
    made = [ApiCallRow(world.portal_id, now, "batch", 200, 1, "", "") for _ in range(number)]
    with write(world.database) as conn:
        logs.save_calls(conn, made)


def _keyed(made: Delivery, key: str) -> Delivery:
    return replace(made, dedupe_key=key)


def _command(world: World, state: str) -> dict[str, object]:
    now = world.clock.now()
    return {
        "portal_id": world.portal_id, "lane": "bitrix24", "subject_kind": "task",
        "subject_key": "9", "key": state, "kind": "notify", "payload": {}, "reason": "",
        "state": state, "created_at": now, "done_at": now,
    }  # fmt: skip


def _says(world: World, status: TaskStatus) -> None:
    with write(world.database) as conn:
        read = Task(2103, "Pay", status)
        tasks.save_read(conn, world.portal_id, {2103: read}, world.clock.now())


def _forget(world: World) -> None:
    with write(world.database) as conn:
        conn.execute(delete(task_table))


def _dirty(world: World) -> None:
    with write(world.database) as conn:
        conn.execute(update(subject).values(state="dirty"))


def _waits(world: World) -> None:
    with write(world.database) as conn:
        row = _command(world, "waiting") | {"subject_key": "2103"}
        conn.execute(insert(command).values(**row))
