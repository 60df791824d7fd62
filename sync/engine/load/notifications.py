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
from sync.store.messages import chat_messages

SubjectsByKey = Mapping[str, NotificationSubject]


def load(conn: Connection, scope: Scope, keys: Iterable[str]) -> dict[str, NotificationView]:
    """The things by name; what is not known, or silent, is not in the answer."""
    portal_id, rules, now = scope.portal_id, scope.rules, scope.now
    found = load_subjects(conn, scope, {key: SubjectKey.parse(key) for key in keys})
    around = _facts_contexts(conn, found, now)
    concerned = related_tasks.find_tasks(conn, portal_id, found)
    known = tasks.get(conn, portal_id, {task_id for mine in concerned.values() for task_id in mine})
    there = {task_id: row.body for task_id, row in known.items() if row.body and not row.missing}
    users = people.portal_users_of(conn, scope, _people_by_connection(found))
    authors = people.portal_authors(conn, scope, _authored_commits(found))
    jobs = _failed_jobs(conn, found)
    posts = chat_messages(conn, portal_id, found)
    said = messages.by_tasks(conn, portal_id, there)
    told = messages.notified_person_states(conn, portal_id, found)
    views = {}
    for key, one in found.items():
        ours = users.get(one.project.connection_id, {})
        facts, actor, author = build_facts(one, around[key]), actor_of(one), author_of(one)
        mine = [there[task_id] for task_id in concerned[key] if task_id in there]
        writer = authors.get(key) or (ours.get(author.id) if author else None)
        views[key] = NotificationView(
            subject_key=key,
            project=one.project,
            facts=facts,
            message=build_message(
                one,
                rules.language,
                ours,
                state=facts.state,
                jobs=jobs.get(key, ()),
                tasks=[task.title for task in mine],
                undone=related_tasks.undone_deployments(conn, one)
                if isinstance(one, Deployment)
                else (),
            ),
            chat_messages=posts.get(key, {}),
            task_messages={t.id: said[t.id][key] for t in mine if key in said.get(t.id, {})},
            notified_states=told.get(key, {}),
            tasks=tuple(mine),
            author_id=None
            if _notified_in_tasks(one, around[key].previous_state, mine, rules)
            else writer,
            actor_id=ours.get(actor.id) if actor else None,
            administrator_id=scope.administrator_id,
            ended=isinstance(one, AlertContext) and one.alert.state.ended,
            not_before=one.released_at if isinstance(one, Release) and not one.deleted else None,
        )
    return views


def _notified_in_tasks(
    one: NotificationSubject, before: str | None, concerned: Sequence[Task], rules: Rules
) -> bool:
    """Whose commit broke, or mended, the work of a task is told of it there: once is enough."""
    match one:
        case AlertContext():
            there = True
        case Pipeline():
            there = (one.status.value, before == "failed") in (("failed", False), ("success", True))
        case _:
            there = False
    return there and any(rules.for_group(task.group_id).pipelines.notify for task in concerned)


def _facts_contexts(
    conn: Connection, found: SubjectsByKey, now: datetime
) -> dict[str, FactsContext]:
    places = {(one.project.connection_id, one.project.id) for one in found.values()}
    branches = store_merge_requests.default_branches(conn, places)
    protected = protected_branches.protected_branches(conn, places)
    before = _previous_states(conn, found)
    out = {}
    for key, one in found.items():
        place = one.project.connection_id, one.project.id
        own = one.project.default_branch or branches.get(place, "")
        out[key] = FactsContext(own, protected.get(place, frozenset()), before.get(key), now)
    return out


def _previous_states(conn: Connection, found: SubjectsByKey) -> dict[str, str]:
    """The result before each, of what comes one after the other."""
    runs = {key: one for key, one in found.items() if isinstance(one, Pipeline)}
    shipped = {key: one for key, one in found.items() if isinstance(one, Deployment)}
    of_runs = store_pipelines.previous_results(conn, runs.values())
    of_shipped = deployments.previous_results(conn, shipped.values())
    known = {key: of_runs.get(store_pipelines.pipeline_id(one)) for key, one in runs.items()}
    known |= {key: of_shipped.get(deployments.deployment_key(one)) for key, one in shipped.items()}
    known |= {
        key: _notified_alert_state(one)
        for key, one in found.items()
        if isinstance(one, AlertContext)
    }
    return {key: state for key, state in known.items() if state is not None}


def _notified_alert_state(one: AlertContext) -> str | None:
    """The state of an alert that fails again is no news."""
    return AlertState.OPEN.value if one.alert.failures > 1 else None


def _failed_jobs(conn: Connection, found: SubjectsByKey) -> dict[str, tuple[FailedJob, ...]]:
    """The failed jobs as they were read for tasks; nobody is asked for them here.

    What was read for an earlier state of the pipeline says nothing of this one.
    """
    runs = {key: one for key, one in found.items() if isinstance(one, Pipeline)}
    known = store_pipelines.failed_jobs(conn, map(store_pipelines.pipeline_id, runs.values()))
    read = {
        key: (one.updated_at, known.get(store_pipelines.pipeline_id(one)))
        for key, one in runs.items()
    }
    return {key: kept[1] for key, (at, kept) in read.items() if kept and kept[0] == at}


def _people_by_connection(found: SubjectsByKey) -> dict[int, list[Person]]:
    heard: dict[int, list[Person]] = {}
    for one in found.values():
        heard.setdefault(one.project.connection_id, []).extend(people_of(one))
    return heard


def _authored_commits(found: SubjectsByKey) -> dict[str, AuthoredCommit]:
    """The last commit of each thing that has any."""
    signed = {}
    for key, one in found.items():
        match one:
            case Push(commits=(*_, commit)):
                signed[key] = AuthoredCommit(one.project.connection_id, commit, one.actor)
            case Pipeline() if one.commit:
                signed[key] = AuthoredCommit(one.project.connection_id, one.commit, one.actor)
            case AlertContext(failed_pipeline=Pipeline(commit=Commit() as commit) as failed):
                signed[key] = AuthoredCommit(one.project.connection_id, commit, failed.actor)
    return signed


def load_subjects(
    conn: Connection, scope: Scope, abouts: Mapping[str, SubjectKey]
) -> dict[str, NotificationSubject]:
    """The things by their names; what is not known is not in the answer."""
    of_kind: dict[Kind, dict[str, SubjectKey]] = {}
    for key, about in abouts.items():
        of_kind.setdefault(about.kind, {})[key] = about
    found: dict[str, NotificationSubject] = {}
    for kind, wanted in of_kind.items():
        match kind:
            case Kind.PIPELINE:
                found |= _pipelines(conn, wanted)
            case Kind.DEPLOYMENT:
                found |= _deployments(conn, wanted)
            case Kind.ALERT:
                found |= load_alerts.load(conn, scope, wanted)
            case Kind.MERGE_REQUEST:
                found |= _merge_requests(conn, wanted)
            case _:
                found |= _activity(conn, wanted)
    return found


def _activity(conn: Connection, wanted: Mapping[str, SubjectKey]) -> dict[str, NotificationSubject]:
    ids = {k: (a.connection_id, a.project_id, a.kind.value, a.key) for k, a in wanted.items()}
    known = store_activity.get(conn, ids.values())
    return {key: known[one][0] for key, one in ids.items() if one in known and not known[one][1]}


def _pipelines(
    conn: Connection, wanted: Mapping[str, SubjectKey]
) -> dict[str, NotificationSubject]:
    ids = {key: (a.connection_id, a.project_id, int(a.key)) for key, a in wanted.items()}
    known = store_pipelines.pipelines(conn, ids.values())
    return {key: known[one] for key, one in ids.items() if one in known}


def _deployments(
    conn: Connection, wanted: Mapping[str, SubjectKey]
) -> dict[str, NotificationSubject]:
    """What a job told is left out where the host tells of the same deployment."""
    ids = {}
    for key, about in wanted.items():
        number, _, environment = about.key.partition(":")
        ids[key] = about.connection_id, about.project_id, environment, int(number)
    known = deployments.get(conn, ids.values())
    twice = deployments.also_on_host(conn, [one for one in known.values() if one.id < 0])
    return {key: known[one] for key, one in ids.items() if one in known and one not in twice}


def _merge_requests(
    conn: Connection, wanted: Mapping[str, SubjectKey]
) -> dict[str, NotificationSubject]:
    ids = {
        key: MergeRequestKey(a.connection_id, a.project_id, int(a.key)) for key, a in wanted.items()
    }
    known = store_merge_requests.get_merge_requests(conn, ids.values())
    return {key: known[one] for key, one in ids.items() if one in known}
