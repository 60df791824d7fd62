"""Dirty subjects become commands: desired minus applied, decided purely, recorded with reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from sync.bitrix24.rest.client import Portal
from sync.core.model.commands import Due
from sync.core.model.common import MergeRequestKey, Milestone, Step
from sync.core.plan import Plan
from sync.engine.deliver.keys import STEP_KEYS, command_key, told_by
from sync.engine.deliver.refusals import asked, refused
from sync.engine.deps import ALERTS, LANE, NEWS, TASK, Deps
from sync.engine.ingest import smart_commits as ingest_smart_commits
from sync.engine.lanes import Lane
from sync.engine.reconcile import alerts, notifications
from sync.engine.reconcile.tasks import Asking, Planned, decide
from sync.store import inbox, links, logs, messages, outbox, subjects, tasks
from sync.store.db.database import read, write
from sync.store.db.upsert import chunks
from sync.store.rows import DecisionRow, NewCommand, SubjectRow

BATCH = 200
TOGETHER = 200  # subjects recorded in one transaction
REPLAYED = "replayed"  # the cause that sync.store.subjects gives
COALESCE = timedelta(seconds=2)  # as long a subject waits for more to be heard of it


def reconcile(deps: Deps, lane: Lane, portal_id: int, portal: Portal) -> int:
    """Decides anew about the dirty subjects of the portal and returns about how many.

    Raises Later and Denied where the portal cannot be read: then nothing is decided.
    """
    dirty = _due(deps, portal_id)
    tasks_due = [one for one in dirty if one.kind == TASK]
    news_due = [one for one in dirty if one.kind == NEWS]
    if tasks_due:
        _tasks(deps, lane, portal_id, portal, tasks_due)
    if alerts_due := [one for one in dirty if one.kind == ALERTS]:
        alerts.reconcile(deps, lane, portal_id, portal, alerts_due)
    for piece in chunks(news_due, TOGETHER):
        notifications.reconcile(deps, lane, portal_id, piece)
    return len(dirty)


def _tasks(
    deps: Deps, lane: Lane, portal_id: int, portal: Portal, dirty: Sequence[SubjectRow]
) -> None:
    replayed = frozenset(int(one.key) for one in dirty if one.cause == REPLAYED)
    asking = Asking(deps, portal_id, portal, lane, replayed)
    planned = decide(asking, [int(one.key) for one in dirty], deps.rules_for(portal_id))
    for piece in chunks(dirty, TOGETHER):
        with write(deps.database) as conn:
            lane.keep(conn)
            _record(conn, deps, portal_id, piece, planned)


def _due(deps: Deps, portal_id: int) -> tuple[SubjectRow, ...]:
    """The dirty subjects, once nothing more is being heard or the oldest has waited enough.

    A subject with a command in flight waits until that is settled.
    """
    with read(deps.database) as conn:
        now = deps.clock.now()
        dirty = subjects.take_dirty(conn, portal_id, BATCH, now)
        if not dirty:
            return ()
        young = now - dirty[0].dirty_at < COALESCE
        if young and inbox.take_new(conn, portal_id, 1, now):
            return ()
        unsettled = {row.subject for row in outbox.in_flight(conn, portal_id, LANE)}
        return tuple(one for one in dirty if (one.kind, one.key) not in unsettled)


def _record(
    conn: Connection, deps: Deps, portal_id: int, piece: Sequence[SubjectRow], planned: Planned
) -> None:
    ids = {int(one.key) for one in piece}
    plans = {task_id: planned.plans[task_id] for task_id in ids & planned.plans.keys()}
    dead = refused(conn, portal_id, TASK, map(str, plans))
    wanted = {
        task_id: [one for one in plan.effects if (str(task_id), one[0], asked(one[1])) not in dead]
        for task_id, plan in plans.items()
    }
    now = deps.clock.now()
    answers = dict.fromkeys(ids & planned.missing, ())
    answers |= ingest_smart_commits.end_missing(
        conn, portal_id, answers, deps.rules_for(portal_id), now
    )
    outbox.replace_waiting(conn, portal_id, _commands(plans, wanted, answers), now)
    logs.save_decisions(conn, list(_decisions(portal_id, ids, planned, now)))
    links.set_milestones(conn, list(_milestones(plans, wanted)))
    messages.set_told(conn, portal_id, _told(plans, wanted), now)
    tasks.set_steps(conn, portal_id, _steps(plans, wanted, planned.steps))
    for plan in plans.values():
        ingest_smart_commits.end(conn, plan.spoken)
    _settle_subjects(conn, deps, portal_id, piece, planned)


def _commands(
    plans: Mapping[int, Plan],
    wanted: Mapping[int, Sequence[Due]],
    missing: Mapping[int, Sequence[Due]],
) -> dict[tuple[str, str], list[NewCommand]]:
    """What is to be written, by subject; nothing to a task that is `missing`, only to people."""
    commands = {
        (TASK, str(task_id)): [NewCommand(LANE, *due) for due in answers]
        for task_id, answers in missing.items()
    }
    for task_id, effects in wanted.items():
        commands[TASK, str(task_id)] = [
            NewCommand(LANE, command_key(key, plans[task_id]), effect, reason)
            for key, effect, reason in effects
        ]
    return commands


def _decisions(
    portal_id: int, ids: set[int], planned: Planned, now: datetime
) -> Iterator[DecisionRow]:
    """Why something is done or not; a look that changes nothing leaves no line."""
    for task_id in sorted(ids):
        plan = planned.plans.get(task_id)
        if plan and (_does(plan) or plan.step is not planned.steps[task_id]):
            yield DecisionRow(portal_id, TASK, str(task_id), now, plan.decision)
        elif task_id in planned.missing & planned.unseen:
            said = f"task {task_id} does not exist, or the application may not see it"
            yield DecisionRow(portal_id, TASK, str(task_id), now, said)


def _does(plan: Plan) -> bool:
    return bool(plan.effects or plan.problems or plan.spoken)


def _milestones(
    plans: Mapping[int, Plan], wanted: Mapping[int, Sequence[Due]]
) -> Iterator[tuple[MergeRequestKey, int, Milestone]]:
    """Milestones nobody is told of: recorded at once. The others are when their message is sent."""
    for task_id, plan in plans.items():
        told = [key for key, _, _ in wanted[task_id]]
        for merge_request, milestone in plan.milestones.items():
            if not any(key.startswith(f"notify:{merge_request}:") for key in told):
                yield merge_request, task_id, milestone


def _told(plans: Mapping[int, Plan], wanted: Mapping[int, Sequence[Due]]) -> dict[str, str]:
    """News that nobody is to be told: recorded at once. The others are when they are sent."""
    sent = {found for one in wanted.values() for key, _, _ in one if (found := told_by(key))}
    news = (item for plan in plans.values() for item in plan.told.items())
    return dict(item for item in news if item not in sent)


def _steps(
    plans: Mapping[int, Plan],
    wanted: Mapping[int, Sequence[Due]],
    before: Mapping[int, Step | None],
) -> dict[int, Step | None]:
    """Steps that ask for no move: recorded at once. The others are when the task has moved."""
    return {
        task_id: plan.step
        for task_id, plan in plans.items()
        if plan.step is not before[task_id]
        and not any(key in STEP_KEYS for key, _, _ in wanted[task_id])
    }


def _settle_subjects(
    conn: Connection, deps: Deps, portal_id: int, piece: Sequence[SubjectRow], planned: Planned
) -> None:
    fine = [one for one in piece if int(one.key) not in planned.failures]
    subjects.clean_many(conn, portal_id, [(one.kind, one.key, one.version) for one in fine])
    for one in piece:
        error = planned.failures.get(int(one.key))
        if error is None:
            continue
        notifications.fail(conn, deps, portal_id, one, error=error, now=deps.clock.now())
