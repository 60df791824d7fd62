"""Loads what decisions about news see, in a handful of queries for each kind of thing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection

from sync.core.items import Push
from sync.core.kinds import Kind
from sync.core.model import MergeRequestKey, Person, Pipeline
from sync.core.news import NewsView
from sync.core.news_facts import About, Around, Subject, actor_of, facts_of
from sync.core.news_of import telling_of
from sync.core.rules import Rules
from sync.engine import known_people, whose
from sync.engine.known_people import Signed
from sync.store import deployments, items, messages, mirror, tasks

Place = tuple[int, int]  # connection, project
Found = Mapping[str, Subject]


def load(
    conn: Connection,
    portal_id: int,
    keys: Iterable[str],
    rules: Rules,
    *,
    administrator: int | None = None,
) -> dict[str, NewsView]:
    """The things by name; what is not known, or silent, is not in the answer."""
    found = _found(conn, {key: About.read(key) for key in keys})
    around = _around(conn, found)
    concerned = whose.tasks_of(conn, portal_id, found)
    known = tasks.get(conn, portal_id, {task_id for mine in concerned.values() for task_id in mine})
    there = {task_id: row.body for task_id, row in known.items() if row.body and not row.missing}
    users = known_people.users_of(conn, portal_id, _people(found), rules)
    authors = known_people.authors(conn, portal_id, _signed(found), rules)
    posts = items.posts(conn, portal_id, found)
    said = messages.by_tasks(conn, portal_id, there)
    told = messages.get_told(conn, portal_id, found)
    views = {}
    for key, one in found.items():
        ours = users.get(one.project.connection_id, {})
        actor = actor_of(one)
        mine = [there[task_id] for task_id in concerned[key] if task_id in there]
        views[key] = NewsView(
            about=key,
            project=one.project,
            facts=facts_of(one, around[key]),
            telling=telling_of(one, rules.language, ours),
            said=posts.get(key, {}),
            said_in_tasks={t.id: said[t.id][key] for t in mine if key in said.get(t.id, {})},
            told=told.get(key),
            tasks=tuple(mine),
            author=authors.get(key),
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
    ids = {}
    for key, about in wanted.items():
        number, _, environment = about.key.partition(":")
        ids[key] = about.connection_id, about.project_id, environment, int(number)
    known = deployments.get(conn, ids.values())
    return {key: known[one] for key, one in ids.items() if one in known}


def _merge_requests(conn: Connection, wanted: Mapping[str, About]) -> dict[str, Subject]:
    ids = {
        key: MergeRequestKey(a.connection_id, a.project_id, int(a.key)) for key, a in wanted.items()
    }
    known = mirror.get_merge_requests(conn, ids.values())
    return {key: known[one] for key, one in ids.items() if one in known}


def _around(conn: Connection, found: Found) -> dict[str, Around]:
    places = {(one.project.connection_id, one.project.id) for one in found.values()}
    branches = mirror.default_branches(conn, places)
    protected = items.protected_branches(conn, places)
    runs = [one for one in found.values() if isinstance(one, Pipeline)]
    before = mirror.results_before(conn, runs)
    out = {}
    for key, one in found.items():
        place = one.project.connection_id, one.project.id
        own = one.project.default_branch or branches.get(place, "")
        earlier = before.get((*place, one.id)) if isinstance(one, Pipeline) else None
        out[key] = Around(own, protected.get(place, frozenset()), earlier)
    return out


def _people(found: Found) -> dict[int, list[Person]]:
    heard: dict[int, list[Person]] = {}
    for one in found.values():
        if actor := actor_of(one):
            heard.setdefault(one.project.connection_id, []).append(actor)
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
