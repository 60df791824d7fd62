"""Loads what decisions about news see, in a handful of queries for each kind of thing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from sync.core.alerts.messages import AlertNews
from sync.core.alerts.model import AlertState
from sync.core.deployments.environments import Deployment
from sync.core.model.activity import Push
from sync.core.model.common import Commit, Job, Person, Pipeline, Task
from sync.core.notifications.build import telling_of
from sync.core.notifications.facts import (
    About,
    Around,
    Subject,
    actor_of,
    author_of,
    facts_of,
    people_of,
)
from sync.core.notifications.plan import NewsView
from sync.core.rules.portal import Rules
from sync.engine import news_found
from sync.engine.load import people, related_tasks
from sync.engine.load.people import Signed
from sync.store import activity as store_activity
from sync.store import deployments, messages, protected_branches, tasks
from sync.store import merge_requests as store_merge_requests
from sync.store import pipelines as store_pipelines

Found = Mapping[str, Subject]


def load(
    conn: Connection,
    portal_id: int,
    keys: Iterable[str],
    rules: Rules,
    now: datetime,
    *,
    administrator: int | None = None,
) -> dict[str, NewsView]:
    """The things by name; what is not known, or silent, is not in the answer."""
    found = news_found.load(conn, portal_id, {key: About.read(key) for key in keys}, rules)
    around = _around(conn, found, now)
    concerned = related_tasks.tasks_of(conn, portal_id, found)
    known = tasks.get(conn, portal_id, {task_id for mine in concerned.values() for task_id in mine})
    there = {task_id: row.body for task_id, row in known.items() if row.body and not row.missing}
    users = people.users_of(conn, portal_id, _people(found), rules)
    authors = people.authors(conn, portal_id, _signed(found), rules)
    jobs = _jobs(conn, found)
    posts = store_activity.posts(conn, portal_id, found)
    said = messages.by_tasks(conn, portal_id, there)
    told = messages.told_people(conn, portal_id, found)
    views = {}
    for key, one in found.items():
        ours = users.get(one.project.connection_id, {})
        facts, actor, author = facts_of(one, around[key]), actor_of(one), author_of(one)
        mine = [there[task_id] for task_id in concerned[key] if task_id in there]
        writer = authors.get(key) or (ours.get(author.id) if author else None)
        views[key] = NewsView(
            about=key,
            project=one.project,
            facts=facts,
            telling=telling_of(
                one,
                rules.language,
                ours,
                state=facts.state,
                jobs=jobs.get(key, ()),
                tasks=[task.title for task in mine],
            ),
            said=posts.get(key, {}),
            said_in_tasks={t.id: said[t.id][key] for t in mine if key in said.get(t.id, {})},
            told=told.get(key, {}),
            tasks=tuple(mine),
            author=None if _told_in_tasks(one, around[key].before, mine, rules) else writer,
            actor=ours.get(actor.id) if actor else None,
            administrator=administrator,
            over=isinstance(one, AlertNews) and one.alert.state.over,
        )
    return views


def _told_in_tasks(
    one: Subject, before: str | None, concerned: Sequence[Task], rules: Rules
) -> bool:
    """Whose commit broke, or mended, the work of a task is told of it there: once is enough."""
    match one:
        case AlertNews():
            there = True
        case Pipeline():
            there = (one.status.value, before == "failed") in (("failed", False), ("success", True))
        case _:
            there = False
    return there and any(rules.for_group(task.group_id).ci.notify for task in concerned)


def _around(conn: Connection, found: Found, now: datetime) -> dict[str, Around]:
    places = {(one.project.connection_id, one.project.id) for one in found.values()}
    branches = store_merge_requests.default_branches(conn, places)
    protected = protected_branches.branches(conn, places)
    before = _before(conn, found)
    out = {}
    for key, one in found.items():
        place = one.project.connection_id, one.project.id
        own = one.project.default_branch or branches.get(place, "")
        out[key] = Around(own, protected.get(place, frozenset()), before.get(key), now)
    return out


def _before(conn: Connection, found: Found) -> dict[str, str]:
    """The result before each, of what comes one after the other."""
    runs = {key: one for key, one in found.items() if isinstance(one, Pipeline)}
    shipped = {key: one for key, one in found.items() if isinstance(one, Deployment)}
    of_runs = store_pipelines.results_before(conn, runs.values())
    of_shipped = deployments.results_before(conn, shipped.values())
    known = {key: of_runs.get(store_pipelines.id_of(one)) for key, one in runs.items()}
    known |= {key: of_shipped.get(deployments.key_of(one)) for key, one in shipped.items()}
    known |= {key: _known_as(one) for key, one in found.items() if isinstance(one, AlertNews)}
    return {key: state for key, state in known.items() if state is not None}


def _known_as(one: AlertNews) -> str | None:
    """The state of an alert that fails again is no news."""
    return AlertState.OPEN.value if one.alert.failures > 1 else None


def _jobs(conn: Connection, found: Found) -> dict[str, tuple[Job, ...]]:
    """The failed jobs as they were read for tasks; nobody is asked for them here.

    What was read for an earlier state of the pipeline says nothing of this one.
    """
    runs = {key: one for key, one in found.items() if isinstance(one, Pipeline)}
    known = store_pipelines.jobs(conn, map(store_pipelines.id_of, runs.values()))
    read = {
        key: (one.updated_at, known.get(store_pipelines.id_of(one))) for key, one in runs.items()
    }
    return {key: kept[1] for key, (at, kept) in read.items() if kept and kept[0] == at}


def _people(found: Found) -> dict[int, list[Person]]:
    heard: dict[int, list[Person]] = {}
    for one in found.values():
        heard.setdefault(one.project.connection_id, []).extend(people_of(one))
    return heard


def _signed(found: Found) -> dict[str, Signed]:
    """The last commit of each thing that has any."""
    signed = {}
    for key, one in found.items():
        match one:
            case Push(commits=(*_, commit)):
                signed[key] = Signed(one.project.connection_id, commit, one.actor)
            case Pipeline() if one.commit:
                signed[key] = Signed(one.project.connection_id, one.commit, one.actor)
            case AlertNews(failed=Pipeline(commit=Commit() as commit) as failed):
                signed[key] = Signed(one.project.connection_id, commit, failed.actor)
    return signed
