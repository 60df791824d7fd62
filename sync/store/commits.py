"""Store commits by the branches to which they were pushed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, func, or_, select

from sync.core.model.common import Commit, Project
from sync.store.db.codec import encode, from_json
from sync.store.db.upsert import chunks, in_key_parameters, in_keys, key_parameters, upsert
from sync.store.merge_requests import BranchKey
from sync.store.tables import commit

MAX_COMMITS = 300  # of a branch that are looked at: some branches live for years


def _newest_commits() -> Select[Any]:
    of = commit.c.connection_id, commit.c.project_id, commit.c.branch
    age = func.row_number().over(
        partition_by=of, order_by=(commit.c.received_at.desc(), commit.c.sha.desc())
    )
    newest = select(*of, commit.c.body, age.label("age")).where(in_key_parameters(*of)).subquery()
    return select(newest).where(newest.c.age <= MAX_COMMITS).order_by(newest.c.age.desc())


_NEWEST_COMMITS = _newest_commits()


def save(
    conn: Connection, pushed: Iterable[tuple[Project, str, Iterable[Commit]]], received_at: datetime
) -> None:
    """Store commits by branch; those stored already stay as they are."""
    rows = [
        {
            "connection_id": of.connection_id,
            "project_id": of.id,
            "branch": branch,
            "sha": item.sha,
            "body": encode(item),
            "received_at": received_at + timedelta(microseconds=number),
        }
        for number, (of, branch, commits) in enumerate(pushed)
        for item in commits
    ]
    upsert(conn, commit, rows, keys=("connection_id", "project_id", "branch", "sha"))


def by_sha(
    conn: Connection, keys: Iterable[tuple[int, int, str, str]]
) -> dict[tuple[int, int, str, str], Commit]:
    """Return commits by (connection, project, branch, sha); unknown ones are left out."""
    of = commit.c.connection_id, commit.c.project_id, commit.c.branch, commit.c.sha
    return {
        tuple(key): from_json(Commit, body)
        for condition in in_keys(of, keys)
        for *key, body in conn.execute(select(*of, commit.c.body).where(condition))
    }


def branches(
    conn: Connection, shas: Iterable[tuple[int, int, str]]
) -> dict[tuple[int, int, str], frozenset[str]]:
    """Return the branches of each commit: those to which it was pushed."""
    of = commit.c.connection_id, commit.c.project_id, commit.c.sha
    first: dict[tuple[int, int, str], tuple[datetime, frozenset[str]]] = {}
    for condition in in_keys(of, shas):
        query = select(*of, commit.c.branch, commit.c.received_at).where(condition)
        for *key, branch, received_at in conn.execute(query):
            sha_key = (key[0], key[1], key[2])
            known_at, names = first.get(sha_key, (received_at, frozenset()))
            if received_at < known_at:
                first[sha_key] = received_at, frozenset({branch})
            elif received_at == known_at:
                first[sha_key] = received_at, names | {branch}
    return {sha_key: names for sha_key, (_, names) in first.items()}


def earlier_branches(
    conn: Connection, places: Iterable[tuple[BranchKey, str]]
) -> dict[tuple[BranchKey, str], frozenset[str]]:
    """Return the branches to which each commit was pushed before it came to its own."""
    own = set(places)
    of = commit.c.connection_id, commit.c.project_id, commit.c.sha
    received: dict[tuple[int, int, str], dict[str, datetime]] = {}
    for condition in in_keys(of, {(*branch[:2], sha) for branch, sha in own}):
        query = select(*of, commit.c.branch, commit.c.received_at).where(condition)
        for *key, branch, received_at in conn.execute(query):
            received.setdefault((key[0], key[1], key[2]), {})[branch] = received_at
    return {
        (branch, sha): frozenset(
            name
            for name, at in received.get((*branch[:2], sha), {}).items()
            if at < received[*branch[:2], sha].get(branch[2], at)
        )
        for branch, sha in own
    }


def first_on_branches(
    conn: Connection, places: Iterable[BranchKey]
) -> dict[BranchKey, tuple[Commit, ...]]:
    """Return the newest commits heard of on the branches that no other branch had before."""
    commits = by_branches(conn, places)
    shas = {(*branch[:2], commit.sha) for branch, listed in commits.items() for commit in listed}
    first = branches(conn, shas)
    return {
        branch: tuple(c for c in listed if branch[2] in first.get((*branch[:2], c.sha), ()))
        for branch, listed in commits.items()
    }


def by_branches(
    conn: Connection, places: Iterable[BranchKey]
) -> dict[BranchKey, tuple[Commit, ...]]:
    """Return the newest commits by branch, oldest first; others are left out."""
    by_key: dict[BranchKey, list[Commit]] = {}
    for key_parameter in key_parameters(places):
        for *where, body, _ in conn.execute(_NEWEST_COMMITS, key_parameter):
            by_key.setdefault(tuple(where), []).append(from_json(Commit, body))
    return {where: tuple(commits) for where, commits in by_key.items()}


def by_title(
    conn: Connection, place: tuple[int, int], titles: Iterable[str]
) -> dict[str, tuple[Commit, ...]]:
    """Return a project's commits by the first line of their message, each once.

    Titles that no commit has are left out. A long title may be cut short with three dots.
    """
    message = commit.c.body["message"].as_string()
    same = commit.c.connection_id == place[0], commit.c.project_id == place[1]
    by_key: dict[str, dict[str, Commit]] = {}
    for some in chunks(set(titles)):
        begins = (message.startswith(_split_ellipsis(title)[0], autoescape=True) for title in some)
        details = conn.scalars(select(commit.c.body).where(*same, or_(*begins)))
        for entry in (from_json(Commit, body) for body in details):
            for title in some:
                if _has_title(entry, title):
                    by_key.setdefault(title, {})[entry.sha] = entry
    return {title: tuple(entry for _, entry in sorted(of.items())) for title, of in by_key.items()}


def _split_ellipsis(title: str) -> tuple[str, bool]:
    return title.removesuffix("..."), title.endswith("...")


def _has_title(commit: Commit, title: str) -> bool:
    first, (start, cut) = commit.message.partition("\n")[0].strip(), _split_ellipsis(title)
    return first == title or (cut and first.startswith(start))
