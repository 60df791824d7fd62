"""Loads what decisions about news see, in a handful of queries for each kind of thing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from sync.core.deployments import Deployment
from sync.core.items import Push
from sync.core.kinds import Kind
from sync.core.model import Job, MergeRequestKey, Person, Pipeline
from sync.core.news import NewsView
from sync.core.news_facts import (
    About,
    Around,
    Subject,
    actor_of,
    author_of,
    facts_of,
    people_of,
)
from sync.core.news_of import telling_of
from sync.core.rules import Rules
from sync.engine import known_people, whose
from sync.engine.known_people import Signed
from sync.store import ci, deployments, items, messages, mirror, tasks

Place = tuple[int, int]  # connection, project
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
    found = _found(conn, {key: About.read(key) for key in keys})
    around = _around(conn, found, now)
    concerned = whose.tasks_of(conn, portal_id, found)
    known = tasks.get(conn, portal_id, {task_id for mine in concerned.values() for task_id in mine})
    there = {task_id: row.body for task_id, row in known.items() if row.body and not row.missing}
    users = known_people.users_of(conn, portal_id, _people(found), rules)
    authors = known_people.authors(conn, portal_id, _signed(found), rules)
    jobs = _jobs(conn, found)
    posts = items.posts(conn, portal_id, found)
    said = messages.by_tasks(conn, portal_id, there)
    told = messages.get_told(conn, portal_id, found)
    views = {}
    for key, one in found.items():
        ours = users.get(one.project.connection_id, {})
        facts, actor, author = facts_of(one, around[key]), actor_of(one), author_of(one)
        mine = [there[task_id] for task_id in concerned[key] if task_id in there]
        views[key] = NewsView(
            about=key,
            project=one.project,
            facts=facts,
            telling=telling_of(
                one, rules.language, ours, state=facts.state, jobs=jobs.get(key, ())
            ),
            said=posts.get(key, {}),
            said_in_tasks={t.id: said[t.id][key] for t in mine if key in said.get(t.id, {})},
            told=told.get(key),
            tasks=tuple(mine),
            author=authors.get(key) or (ours.get(author.id) if author else None),
            actor=ours.get(actor.id) if actor else None,
            administrator=administrator,
        )
    return views


def _found(conn: Connection, abouts: Mapping[str, About]) -> dict[str, Subject]:
    of_kind: dict[Kind, dict[str, About]] = {}
    for key, about in abouts.items():
        of_kind.setdefault(about.kind, {})[key] = about
    found: dict[str, Subject] = {}
    for kind, wanted in of_kind.items():
        match kind:
            case Kind.PIPELINE:
                found |= _pipelines(conn, wanted)
            case Kind.DEPLOYMENT:
                found |= _deployments(conn, wanted)
            case Kind.MERGE_REQUEST:
                found |= _merge_requests(conn, wanted)
            case _:
                found |= _items(conn, wanted)
    return found


def _items(conn: Connection, wanted: Mapping[str, About]) -> dict[str, Subject]:
    ids = {k: (a.connection_id, a.project_id, a.kind.value, a.key) for k, a in wanted.items()}
    known = items.get(conn, ids.values())
    return {key: known[one][0] for key, one in ids.items() if one in known and not known[one][1]}


def _pipelines(conn: Connection, wanted: Mapping[str, About]) -> dict[str, Subject]:
    ids = {key: (a.connection_id, a.project_id, int(a.key)) for key, a in wanted.items()}
    known = mirror.pipelines(conn, ids.values())
    return {key: known[one] for key, one in ids.items() if one in known}


def _deployments(conn: Connection, wanted: Mapping[str, About]) -> dict[str, Subject]:
    """What a job told is left out where the host tells of the same deployment."""
    ids = {}
    for key, about in wanted.items():
        number, _, environment = about.key.partition(":")
        ids[key] = about.connection_id, about.project_id, environment, int(number)
    known = deployments.get(conn, ids.values())
    twice = deployments.told_by_the_host(conn, [one for one in known.values() if one.id < 0])
    return {key: known[one] for key, one in ids.items() if one in known and one not in twice}


def _merge_requests(conn: Connection, wanted: Mapping[str, About]) -> dict[str, Subject]:
    ids = {
        key: MergeRequestKey(a.connection_id, a.project_id, int(a.key)) for key, a in wanted.items()
    }
    known = mirror.get_merge_requests(conn, ids.values())
    return {key: known[one] for key, one in ids.items() if one in known}


def _around(conn: Connection, found: Found, now: datetime) -> dict[str, Around]:
    places = {(one.project.connection_id, one.project.id) for one in found.values()}
    branches = mirror.default_branches(conn, places)
    protected = items.protected_branches(conn, places)
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
    of_runs = mirror.results_before(conn, runs.values())
    of_shipped = deployments.results_before(conn, shipped.values())
    known = {key: of_runs.get(ci.id_of(one)) for key, one in runs.items()}
    known |= {key: of_shipped.get(deployments.key_of(one)) for key, one in shipped.items()}
    return {key: state for key, state in known.items() if state is not None}


def _jobs(conn: Connection, found: Found) -> dict[str, tuple[Job, ...]]:
    """The failed jobs as they were read for tasks; nobody is asked for them here.

    What was read for an earlier state of the pipeline says nothing of this one.
    """
    runs = {key: one for key, one in found.items() if isinstance(one, Pipeline)}
    known = ci.jobs(conn, map(ci.id_of, runs.values()))
    read = {key: (one.updated_at, known.get(ci.id_of(one))) for key, one in runs.items()}
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
    return signed
