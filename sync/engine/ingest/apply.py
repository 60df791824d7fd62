"""Takes typed events into the mirror and marks the tasks that they touch dirty."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection, select

from sync.core.model.activity import ActivityItem, Comment, Push, Release, Resource, TagPush
from sync.core.model.common import Person, Project
from sync.core.model.events import (
    DeploymentEvent,
    MergeRequestEvent,
    PipelineEvent,
    TaskChanged,
    TaskDeleted,
)
from sync.core.model.merge_requests import MergeRequest, MergeRequestKey, is_open
from sync.core.model.pipelines import JobRun, Pipeline
from sync.core.notifications.keys import NotificationSubject, subject_key_of
from sync.core.rules.portal import Rules
from sync.engine.deps import TASK
from sync.engine.ingest import alerts, comments, lateness, notifications, smart_commits
from sync.engine.ingest import deployments as ingest_deployments
from sync.engine.ingest import pushes as ingest_pushes
from sync.engine.ingest.merge_requests import update_links
from sync.engine.ingest.outcome import BatchResult, branch_key, describe_outcome
from sync.engine.load.people import people_of_merge_request
from sync.engine.load.smart_commits import tasks_waiting
from sync.store import activity as store_activity
from sync.store import commits, links, messages, people, subjects, tasks
from sync.store import merge_requests as store_merge_requests
from sync.store import pipelines as store_pipelines
from sync.store.db.upsert import chunks
from sync.store.rows import TaskRow
from sync.store.tables import command

EventsByDelivery = Mapping[int, Sequence[object]]


@dataclass
class EventsByType:
    """The events of a batch by kind, in the order they were told."""

    merge_requests: list[MergeRequestEvent] = field(default_factory=list)
    pushes: list[Push] = field(default_factory=list)
    activity: list[ActivityItem] = field(default_factory=list)
    pipelines: list[Pipeline] = field(default_factory=list)
    deployments: list[DeploymentEvent] = field(default_factory=list)
    changed_tasks: set[int] = field(default_factory=set)
    deleted_tasks: set[int] = field(default_factory=set)


def ingest(
    conn: Connection,
    portal_id: int,
    events_by_delivery: EventsByDelivery,
    rules: Rules,
    now: datetime,
) -> dict[int, str]:
    """Stores what the deliveries (by id) told and says of each what came of it."""
    events = _group_by_type(event for group in events_by_delivery.values() for event in group)
    events.merge_requests = _with_authors(conn, events.merge_requests)
    late = lateness.load(conn, _subjects(events), now)
    finished = lateness.finished_before(conn, events.merge_requests, late)
    _save_mirror(conn, events, late, now)
    stored = store_merge_requests.fold_events(conn, events.merge_requests)
    of_branch = store_merge_requests.by_branches(conn, {branch_key(push) for push in events.pushes})
    piped = store_merge_requests.by_pipelines(conn, events.pipelines)
    grown = {key for keys in of_branch.values() for key in keys} - stored.keys()
    reread = store_merge_requests.without_pipelines(conn, grown)
    names = rules.references
    tasks_of = update_links(
        conn,
        portal_id,
        {**stored, **reread},
        names,
        now=now,
        also_changed=piped,
        silent_keys=finished,
    )
    task_ids = ingest_pushes.ingest(conn, portal_id, events.pushes, events.pipelines, names, now)
    smart_commits.ingest(conn, portal_id, events.pushes, names, now)
    present = ingest_deployments.ingest(conn, portal_id, events.deployments, now)
    concerns = comments.ingest(conn, portal_id, events.activity, names, now)
    followed = _ingest_task_events(conn, portal_id, events, now)
    links_by_key = {**_with_chat_messages(conn, portal_id, piped), **stored}
    links_by_key = {key: item for key, item in links_by_key.items() if key not in finished}
    news = [
        notification_subject
        for notification_subject in _notifiable(events, links_by_key)
        if not late.is_late(notification_subject)
    ]
    notifications.mark_dirty(conn, portal_id, news, rules, now)
    tag_pushes = [item for item in events.activity if isinstance(item, TagPush)]
    removed: list[Push | TagPush] = [*events.pushes, *tag_pushes]
    over = [merge_request for merge_request in stored.values() if not is_open(merge_request)]
    ended = [pipeline for pipeline in events.pipelines if not late.is_late(pipeline)]
    alerts.mark_dirty(conn, portal_id, ended, removed, over, rules, now)
    batch_result = BatchResult(tasks_of, of_branch, piped, followed, task_ids, present, concerns)
    return {
        delivery_id: "; ".join(describe_outcome(event, batch_result) for event in group)
        or "recorded: says nothing"
        for delivery_id, group in events_by_delivery.items()
    }


def _with_authors(conn: Connection, events: Sequence[MergeRequestEvent]) -> list[MergeRequestEvent]:
    """Fill in authors whom the hook tells by number only, where they are known from elsewhere."""
    unnamed: dict[int, set[int]] = {}
    for event in events:
        if event.author_id and event.merge_request.author is None:
            unnamed.setdefault(event.merge_request.project.connection_id, set()).add(
                event.author_id
            )
    stored = {number: people.by_ids(conn, number, ids) for number, ids in unnamed.items()}
    return [
        replace(event, merge_request=replace(event.merge_request, author=author))
        if event.merge_request.author is None
        and event.author_id
        and (author := stored[event.merge_request.project.connection_id].get(event.author_id))
        else event
        for event in events
    ]


def _group_by_type(events: Iterable[object]) -> EventsByType:
    events_by_type = EventsByType()
    for event in events:
        match event:
            case MergeRequestEvent():
                events_by_type.merge_requests.append(event)
            case Push():
                events_by_type.pushes.append(event)
            case TagPush() | Comment() | Release() | JobRun() | Resource():
                events_by_type.activity.append(event)
            case PipelineEvent(pipeline):
                events_by_type.pipelines.append(pipeline)
            case DeploymentEvent():
                events_by_type.deployments.append(event)
            case TaskChanged(task_id):
                events_by_type.changed_tasks.add(task_id)
            case TaskDeleted(task_id):
                events_by_type.deleted_tasks.add(task_id)
    return events_by_type


def _notifiable(
    events: EventsByType, merge_requests: Mapping[MergeRequestKey, MergeRequest]
) -> list[NotificationSubject]:
    """Everything people may be told of."""
    return [
        *_complete_pushes(events.pushes),
        *events.activity,
        *events.pipelines,
        *(event.deployment for event in events.deployments),
        *merge_requests.values(),
    ]


def _with_chat_messages(
    conn: Connection, portal_id: int, of: Mapping[MergeRequestKey, MergeRequest]
) -> dict[MergeRequestKey, MergeRequest]:
    """Those that chats show: a pipeline changes what is said there, it is no news of its own."""
    sent = messages.by_subjects(conn, portal_id, map(subject_key_of, of.values()))
    return {
        key: merge_request
        for key, merge_request in of.items()
        if any(place.dialog for place in sent.get(subject_key_of(merge_request), ()))
    }


def _complete_pushes(pushes: Iterable[Push]) -> list[Push]:
    """Those a hook told of. What a job knows of its branch is no account of a push."""
    return [push for push in pushes if push.before]


def _subjects(events: EventsByType) -> list[NotificationSubject]:
    return [
        *(event.merge_request for event in events.merge_requests),
        *events.pushes,
        *events.activity,
        *events.pipelines,
        *(event.deployment for event in events.deployments),
    ]


def _save_mirror(
    conn: Connection, events: EventsByType, late: lateness.Lateness, now: datetime
) -> None:
    merge_requests = [event.merge_request for event in events.merge_requests]
    projects: list[Project] = [mr.project for mr in merge_requests]
    projects += [push.project for push in events.pushes]
    projects += [pipeline.project for pipeline in events.pipelines]
    projects += [event.deployment.project for event in events.deployments]
    # A group's own things have no project, and some hooks tell too little of theirs.
    projects += [
        activity_item.project
        for activity_item in events.activity
        if activity_item.project.id and activity_item.project.url
    ]
    store_merge_requests.save_projects(conn, projects)
    activity = [*_complete_pushes(events.pushes), *events.activity]
    for silent in (False, True):
        items = [item for item in activity if late.is_late(item) is silent]
        store_activity.save(conn, items, now, silent=silent)
    store_pipelines.save_pipelines(conn, events.pipelines)
    commits.save(conn, [(push.project, push.branch, push.commits) for push in events.pushes], now)
    _save_people(conn, events)


def _save_people(conn: Connection, events: EventsByType) -> None:
    merge_requests = [event.merge_request for event in events.merge_requests]
    actors = {e.merge_request.key: e.actor for e in events.merge_requests if e.actor}
    save_people(conn, merge_requests, actors)
    for item in events.activity:
        if isinstance(item, Comment) and item.author is not None and item.author.email:
            people.save_host_people(conn, item.project.connection_id, [item.author])
    emails: dict[int, dict[Person, str]] = {}
    for push in events.pushes:
        emails.setdefault(push.project.connection_id, {}).update(_pusher_emails(push))
    for connection_id, stored in emails.items():
        people.save_commit_emails(conn, connection_id, stored)


def save_people(
    conn: Connection,
    merge_requests: Iterable[MergeRequest],
    actors: Mapping[MergeRequestKey, Person] | None = None,
) -> None:
    """Stores everybody the merge requests name, and who acted on them."""
    by_key: dict[int, dict[int, Person]] = {}
    for merge_request in merge_requests:
        stored = by_key.setdefault(merge_request.project.connection_id, {})
        for person in (
            *people_of_merge_request(merge_request),
            (actors or {}).get(merge_request.key),
        ):
            if person is not None and (person.id not in stored or person.email):
                stored[person.id] = person
    for connection_id, stored in by_key.items():
        people.save_host_people(conn, connection_id, stored.values())


def _pusher_emails(push: Push) -> dict[Person, str]:
    """The pusher's e-mail by commits that carry the pusher's name."""
    if push.actor is None or not push.actor.id:
        return {}
    names = {push.actor.name.casefold(), push.actor.username.casefold()}
    own = [commit for commit in push.commits if commit.author_name.casefold() in names]
    emails = [commit.author_email for commit in own if commit.author_email]
    return {push.actor: emails[-1]} if emails else {}


def _ingest_task_events(
    conn: Connection, portal_id: int, events: EventsByType, now: datetime
) -> frozenset[int]:
    """Notes changed and deleted tasks; the ids of those that somebody's work names."""
    received = events.changed_tasks | events.deleted_tasks
    followed = frozenset(links.by_tasks(conn, portal_id, received))
    followed |= store_pipelines.tasks_with_commits(conn, portal_id, received)
    followed |= tasks_waiting(conn, portal_id, received)
    stored = tasks.get(conn, portal_id, followed)
    tasks.mark_missing(conn, portal_id, followed & events.deleted_tasks, now)
    changed = followed & events.changed_tasks - events.deleted_tasks
    tasks.mark_stale(conn, portal_id, changed, now)
    moving = _with_unsent_move(conn, portal_id, changed)
    again = [t for t in changed if t in moving or _awaits_change(stored.get(t))]
    marks = [(TASK, str(task_id), "task changed") for task_id in again]
    marks += [(TASK, str(task_id), "task deleted") for task_id in followed & events.deleted_tasks]
    subjects.mark_dirty_many(conn, portal_id, marks, now)
    return followed


def _awaits_change(row: TaskRow | None) -> bool:
    """Whether a change may answer something: a task not read yet, or not to be seen until now.

    Otherwise a person's change asks for nothing: the step of the merge requests is the same.
    """
    return row is None or row.missing or row.body is None


def _with_unsent_move(conn: Connection, portal_id: int, task_ids: Iterable[int]) -> set[int]:
    """Tasks with a move that was not sent yet: it may not be the right one any more.

    Cards and notifications do not depend on the task; our own writes echo here, too.
    """
    keys: set[int] = set()
    for piece in chunks(map(str, task_ids)):
        query = select(command.c.subject_key).where(
            command.c.portal_id == portal_id,
            command.c.subject_kind == TASK,
            command.c.subject_key.in_(piece),
            command.c.kind.in_(("move_task", "set_stage")),
            command.c.state == "waiting",
        )
        keys.update(map(int, conn.scalars(query)))
    return keys
