"""The hours of projects in a period: of their tasks, as the visitor may see them in Bitrix24."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice

from b24app.auth.page_tokens import Visitor
from b24app.auth.visit_cache import READABLE_TTL, LoggedTime, VisitKey
from b24app.deps import Deps
from b24app.services import visitors
from b24app.services.flow_metrics import ProjectChoice
from b24app.services.task_hours import PersonHours, group_by_person, name_authors
from sync.bitrix24.rest.batch import BATCH_SIZE, Answer
from sync.bitrix24.rest.client import Portal
from sync.core.deployments.metrics.changes import Period
from sync.store import flow, people, tasks
from sync.store.db.database import read
from sync.store.rows import PortalRecord

MAX_TASKS = 2 * BATCH_SIZE  # asked for in as many requests as there are batches


@dataclass(frozen=True, slots=True)
class TaskHours:
    """The seconds that were logged for a task in the period."""

    id: int
    title: str
    seconds: int


@dataclass(frozen=True, slots=True)
class PeriodHours:
    """Hours by person and by task, the most first. `whole`: nothing was left out.

    Left out are tasks beyond MAX_TASKS, and of a task what is older than its last fifty entries.
    """

    people: tuple[PersonHours, ...]
    tasks: tuple[TaskHours, ...]
    whole: bool


def read_period_hours(
    deps: Deps,
    visitor: Visitor,
    portal: PortalRecord,
    chosen: Sequence[ProjectChoice],
    period: Period,
) -> PeriodHours:
    """Return the hours of tasks whose merge requests are open, or changed in the period.

    Asked with the visitor's own token: a task that they may not open adds nothing. Raises
    RequestRejected (401, 503).
    """
    with read(deps.engine) as conn:
        keys = [choice.project.key for choice in chosen]
        every = flow.tasks_at_work(conn, keys, period.start)
    task_ids = every[:MAX_TASKS]
    logged = _read_cached(deps, visitor, portal, task_ids, period.start.date())
    last = period.end.date()
    by_task = {
        task_id: [entry for entry in time.entries if entry.on <= last]
        for task_id, time in logged.items()
    }
    by_task = {task_id: entries for task_id, entries in by_task.items() if entries}
    with read(deps.engine) as conn:
        entries = [entry for rows in by_task.values() for entry in rows]
        people = group_by_person(conn, portal.id, entries, by_task)
        rows_by_id = tasks.get(conn, portal.id, by_task)
    titles = {id_: row.body.title for id_, row in rows_by_id.items() if row.body}
    rows = [
        TaskHours(id_, titles.get(id_, ""), sum(entry.seconds for entry in entries))
        for id_, entries in by_task.items()
    ]
    whole = all(time.whole for time in logged.values()) and len(every) <= MAX_TASKS
    return PeriodHours(
        tuple(people), tuple(sorted(rows, key=lambda row: (-row.seconds, row.id))), whole
    )


def _read_cached(
    deps: Deps, visitor: Visitor, portal: PortalRecord, task_ids: Sequence[int], first: date
) -> dict[int, LoggedTime]:
    """Return what was logged for each task; the portal's answer is kept for a short while."""
    who, now = VisitKey(visitor.portal_id, visitor.installation, visitor.user_id), deps.clock.now()
    cached = {id_: deps.visits.hours.get((who, id_, first), now) for id_ in task_ids}
    asked = [id_ for id_, time in cached.items() if time is None]
    if asked:
        with read(deps.engine) as conn:
            users = people.portal_users(conn, portal.id).keys()
        answers = visitors.ask_portal(
            deps, visitor, portal, lambda client: _read_logged(client, asked, first, users)
        )
        for id_, time in answers.items():
            deps.visits.hours.put((who, id_, first), time, now, READABLE_TTL)
        cached |= answers
    return {id_: time for id_, time in cached.items() if time is not None}


def _read_logged(
    client: Portal, task_ids: Sequence[int], first: date, users: Collection[int]
) -> dict[int, LoggedTime]:
    """Return each task's newest page; one that the visitor may not open has nothing.

    People who are not among `users` are asked for by a request of its own.
    """
    from sync.bitrix24.issue_sync.calls import PAGE, newest_time_call
    from sync.bitrix24.issue_sync.rows import parse_entries

    logged: dict[int, LoggedTime] = {}
    for at in range(0, len(task_ids), BATCH_SIZE):
        asked = task_ids[at : at + BATCH_SIZE]
        answers = client.batch([newest_time_call(task_id, first) for task_id in asked])
        for task_id, answer in zip(asked, answers, strict=True):
            rows = answer.result or () if isinstance(answer, Answer) else ()
            entries = tuple(entry for entry in parse_entries(rows, task_id) if entry.on >= first)
            logged[task_id] = LoggedTime(entries, len(rows) < PAGE)
    every = [entry for time in logged.values() for entry in time.entries]
    named = iter(name_authors(client, every, users))
    return {
        task_id: replace(time, entries=tuple(islice(named, len(time.entries))))
        for task_id, time in logged.items()
    }
