"""Loads what decisions about news see, in a handful of queries for each kind of thing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from sync.core.alerts.messages import AlertContext
from sync.core.alerts.model import AlertState
from sync.core.model.activity import Push, Release
from sync.core.model.common import Commit, Person
from sync.core.model.deployments import Deployment
from sync.core.model.kinds import Kind
from sync.core.model.merge_requests import MergeRequestKey
from sync.core.model.pipelines import FailedJob, Pipeline
from sync.core.model.tasks import Task
from sync.core.notifications.build import build_message
from sync.core.notifications.facts import FactsContext, build_facts
from sync.core.notifications.keys import (
    NotificationSubject,
    SubjectKey,
    actor_of,
    author_of,
    people_of,
    subject_key_of,
)
from sync.core.notifications.plan import NotificationView
from sync.core.rules.portal import Rules
from sync.engine.load import alerts as load_alerts
from sync.engine.load import people, related_tasks
from sync.engine.load.people import AuthoredCommit
from sync.engine.load.scope import Scope
from sync.store import activity as store_activity
from sync.store import deployments, messages, protected_branches, tasks
from sync.store import merge_requests as store_merge_requests
from sync.store import pipelines as store_pipelines
from sync.store import projects as store_projects

SubjectsByKey = Mapping[str, NotificationSubject]


def load(conn: Connection, scope: Scope, keys: Iterable[str]) -> dict[str, NotificationView]:
    """Load the subjects by key; what is not known, or silent, is left out."""
    portal_id, rules, now = scope.portal_id, scope.rules, scope.now
    by_key = load_subjects(conn, scope, {key: SubjectKey.parse(key) for key in keys})
    around = _facts_contexts(conn, by_key, now)
    concerned = related_tasks.find_tasks(conn, portal_id, by_key)
    stored = tasks.get(
        conn, portal_id, {task_id for value in concerned.values() for task_id in value}
    )
    present = {task_id: row.body for task_id, row in stored.items() if row.body and not row.missing}
    read_before = present.keys() | {task_id for task_id, row in stored.items() if row.missing}
    users = people.portal_users_of(conn, scope, _people_by_connection(by_key))
    authors = people.portal_authors(conn, scope, _authored_commits(by_key))
    jobs = _failed_jobs(conn, by_key)
    sent = messages.by_subjects(conn, portal_id, by_key)
    values_by_key = messages.notified_states(conn, portal_id, by_key)
    views = {}
    for key, notification_subject in by_key.items():
        own_tasks = users.get(notification_subject.project.connection_id, {})
        facts, actor, author = (
            build_facts(notification_subject, around[key]),
            actor_of(notification_subject),
            author_of(notification_subject),
        )
        own = [present[task_id] for task_id in concerned[key] if task_id in present]
        writer = authors.get(key) or (own_tasks.get(author.id) if author else None)
        views[key] = NotificationView(
            subject_key=key,
            project=notification_subject.project,
            facts=facts,
            message=build_message(
                notification_subject,
                rules.language,
                own_tasks,
                state=facts.state,
                jobs=jobs.get(key, ()),
                tasks=[task.title for task in own],
                undone=related_tasks.undone_deployments(conn, notification_subject)
                if isinstance(notification_subject, Deployment)
                else (),
            ),
            messages=sent.get(key, {}),
            notified_states=values_by_key.get(key, {}),
            tasks=tuple(own),
            unread_tasks=tuple(id_ for id_ in concerned[key] if id_ not in read_before),
            author_id=None
            if _notified_in_tasks(notification_subject, around[key].previous_state, own, rules)
            else writer,
            actor_id=own_tasks.get(actor.id) if actor else None,
            administrator_id=scope.administrator_id,
            ended=isinstance(notification_subject, AlertContext)
            and notification_subject.alert.state.ended,
            not_before=notification_subject.released_at
            if isinstance(notification_subject, Release) and not notification_subject.deleted
            else None,
        )
    return views


def _notified_in_tasks(
    notification_subject: NotificationSubject,
    before: str | None,
    tasks: Sequence[Task],
    rules: Rules,
) -> bool:
    """Whose commit broke, or mended, the work of a task is told of it there: once is enough."""
    match notification_subject:
        case AlertContext():
            present = True
        case Pipeline():
            present = (notification_subject.status.value, before == "failed") in (
                ("failed", False),
                ("success", True),
            )
        case _:
            present = False
    return present and any(rules.for_group(task.group_id).pipelines.notify for task in tasks)


def _facts_contexts(
    conn: Connection, subjects_by_key: SubjectsByKey, now: datetime
) -> dict[str, FactsContext]:
    places = {
        (notification_subject.project.connection_id, notification_subject.project.id)
        for notification_subject in subjects_by_key.values()
    }
    branches = store_projects.default_branches(conn, places)
    protected = protected_branches.protected_branches(conn, places)
    before = _previous_states(conn, subjects_by_key)
    out = {}
    for key, notification_subject in subjects_by_key.items():
        place = notification_subject.project.connection_id, notification_subject.project.id
        own = notification_subject.project.default_branch or branches.get(place, "")
        out[key] = FactsContext(own, protected.get(place, frozenset()), before.get(key), now)
    return out


def _previous_states(conn: Connection, subjects_by_key: SubjectsByKey) -> dict[str, str]:
    """Return the result before each, of what comes one after the other."""
    runs = {
        key: notification_subject
        for key, notification_subject in subjects_by_key.items()
        if isinstance(notification_subject, Pipeline)
    }
    shipped = {
        key: notification_subject
        for key, notification_subject in subjects_by_key.items()
        if isinstance(notification_subject, Deployment)
    }
    of_runs = store_pipelines.previous_results(conn, runs.values())
    of_shipped = deployments.previous_results(conn, shipped.values())
    stored = {
        key: of_runs.get(store_pipelines.pipeline_id(pipeline)) for key, pipeline in runs.items()
    }
    stored |= {
        key: of_shipped.get(deployments.deployment_key(deployment))
        for key, deployment in shipped.items()
    }
    stored |= {
        key: _notified_alert_state(notification_subject)
        for key, notification_subject in subjects_by_key.items()
        if isinstance(notification_subject, AlertContext)
    }
    return {key: state for key, state in stored.items() if state is not None}


def _notified_alert_state(alert_context: AlertContext) -> str | None:
    """Leave out what is no news of an alert: that it fails again."""
    return AlertState.OPEN.value if alert_context.alert.failures > 1 else None


def _failed_jobs(
    conn: Connection, subjects_by_key: SubjectsByKey
) -> dict[str, tuple[FailedJob, ...]]:
    """Return the failed jobs as they were read for tasks; nobody is asked for them here.

    What was read for an earlier state of the pipeline says nothing of this one.
    """
    runs = {
        key: notification_subject
        for key, notification_subject in subjects_by_key.items()
        if isinstance(notification_subject, Pipeline)
    }
    stored = store_pipelines.failed_jobs(conn, map(store_pipelines.pipeline_id, runs.values()))
    read = {
        key: (pipeline.updated_at, stored.get(store_pipelines.pipeline_id(pipeline)))
        for key, pipeline in runs.items()
    }
    return {key: kept[1] for key, (at, kept) in read.items() if kept and kept[0] == at}


def _people_by_connection(subjects_by_key: SubjectsByKey) -> dict[int, list[Person]]:
    events: dict[int, list[Person]] = {}
    for notification_subject in subjects_by_key.values():
        events.setdefault(notification_subject.project.connection_id, []).extend(
            people_of(notification_subject)
        )
    return events


def _authored_commits(subjects_by_key: SubjectsByKey) -> dict[str, AuthoredCommit]:
    """Return the last commit of each subject that has any."""
    signed = {}
    for key, notification_subject in subjects_by_key.items():
        match notification_subject:
            case Push(commits=(*_, commit)):
                signed[key] = AuthoredCommit(
                    notification_subject.project.connection_id, commit, notification_subject.actor
                )
            case Pipeline() if notification_subject.commit:
                signed[key] = AuthoredCommit(
                    notification_subject.project.connection_id,
                    notification_subject.commit,
                    notification_subject.actor,
                )
            case AlertContext(failed_pipeline=Pipeline(commit=Commit() as commit) as failed):
                signed[key] = AuthoredCommit(
                    notification_subject.project.connection_id, commit, failed.actor
                )
    return signed


def load_subjects(
    conn: Connection, scope: Scope, abouts: Mapping[str, SubjectKey]
) -> dict[str, NotificationSubject]:
    """Load the subjects by their keys; what is not known is left out."""
    of_kind: dict[Kind, dict[str, SubjectKey]] = {}
    for key, about in abouts.items():
        of_kind.setdefault(about.kind, {})[key] = about
    by_key: dict[str, NotificationSubject] = {}
    for kind, settings in of_kind.items():
        match kind:
            case Kind.PIPELINE:
                by_key |= _pipelines(conn, settings)
            case Kind.DEPLOYMENT:
                by_key |= _deployments(conn, settings)
            case Kind.ALERT:
                by_key |= load_alerts.load(conn, scope, settings)
            case Kind.MERGE_REQUEST:
                by_key |= _merge_requests(conn, settings)
            case _:
                by_key |= _activity(conn, settings)
    return by_key


def _activity(
    conn: Connection, subject_keys: Mapping[str, SubjectKey]
) -> dict[str, NotificationSubject]:
    ids = {k: (a.connection_id, a.project_id, a.kind.value, a.key) for k, a in subject_keys.items()}
    stored = store_activity.get(conn, ids.values())
    return {
        key: stored[entry][0]
        for key, entry in ids.items()
        if entry in stored
        and not stored[entry][1]
        and subject_key_of(stored[entry][0]) == key  # else the branch was deleted meanwhile
    }


def _pipelines(
    conn: Connection, subject_keys: Mapping[str, SubjectKey]
) -> dict[str, NotificationSubject]:
    ids = {key: (a.connection_id, a.project_id, int(a.key)) for key, a in subject_keys.items()}
    stored = store_pipelines.pipelines(conn, ids.values())
    return {key: stored[entry] for key, entry in ids.items() if entry in stored}


def _deployments(
    conn: Connection, subject_keys: Mapping[str, SubjectKey]
) -> dict[str, NotificationSubject]:
    """Leave out what a job reported where the host reports the same deployment."""
    ids = {}
    for key, about in subject_keys.items():
        number, _, environment = about.key.partition(":")
        ids[key] = about.connection_id, about.project_id, environment, int(number)
    stored = deployments.get(conn, ids.values())
    twice = deployments.also_on_host(
        conn, [deployment for deployment in stored.values() if deployment.id < 0]
    )
    return {
        key: stored[entry] for key, entry in ids.items() if entry in stored and entry not in twice
    }


def _merge_requests(
    conn: Connection, subject_keys: Mapping[str, SubjectKey]
) -> dict[str, NotificationSubject]:
    ids = {
        key: MergeRequestKey(a.connection_id, a.project_id, int(a.key))
        for key, a in subject_keys.items()
    }
    stored = store_merge_requests.get_merge_requests(conn, ids.values())
    return {
        key: stored[merge_request_key]
        for key, merge_request_key in ids.items()
        if merge_request_key in stored
    }
