"""The commits that merge requests have, as the code host says, and whom it is to be asked of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b

from sqlalchemy import Connection, bindparam, delete, select, union_all, update

from sync.core.model.common import Commit
from sync.core.model.merge_requests import MergeRequest, MergeRequestKey
from sync.store.db.bulk import execute_many
from sync.store.db.codec import encode, from_json
from sync.store.db.upsert import in_keys, upsert
from sync.store.tables import connection, in_literals, merge_request, merge_request_commit

_KEYS = ("connection_id", "project_id", "iid")
_KEY_COLUMNS = tuple(merge_request.c[name] for name in _KEYS)
_COMMIT_KEY_COLUMNS = tuple(merge_request_commit.c[name] for name in _KEYS)
_BY_SHA = tuple(merge_request_commit.c[name] for name in ("connection_id", "project_id", "sha"))

_PARAMETERS = ("of_connection", "of_project", "of_iid")
_SET_VERSION = (
    update(merge_request)
    .where(*(c == bindparam(name) for c, name in zip(_KEY_COLUMNS, _PARAMETERS, strict=True)))
    .values(commits_of=bindparam("version"), commits_due_at=None)
)
_DIGIT = re.compile(r"[0-9]")
MAX_COPIES = 50
AFTER_OWN = 10_000  # the position of what came after a merge request's own commits
ShaKey = tuple[int, int, str]  # connection, project, commit
DigestKey = tuple[int, int, str]  # connection, project, what copies of a commit have in common
CommitState = tuple[str, bool]  # the version whose commits are stored, whether nothing is shown


def version_of(item: MergeRequest) -> str:
    """Return what the commits of a merge request depend on: its head and its target."""
    return f"{item.head_sha}:{item.target_branch}" if item.head_sha else ""


def silent_keys(conn: Connection, keys: Iterable[MergeRequestKey]) -> frozenset[MergeRequestKey]:
    """Return those of the merge requests of which nothing is shown."""
    query = select(*_KEY_COLUMNS).where(merge_request.c.silent.is_(True))
    return frozenset(
        MergeRequestKey(*key)
        for condition in in_keys(_KEY_COLUMNS, map(_key_values, keys))
        for key in conn.execute(query.where(condition))
    )


def set_silent(conn: Connection, keys: Iterable[MergeRequestKey], *, silent: bool) -> None:
    """Remember whether anything is shown of the merge requests."""
    for condition in in_keys(_KEY_COLUMNS, map(_key_values, keys)):
        conn.execute(update(merge_request).where(condition).values(silent=silent))


def states(conn: Connection, keys: Iterable[MergeRequestKey]) -> dict[MergeRequestKey, CommitState]:
    """Return the version whose commits are stored, "" for none, and whether nothing is shown."""
    query = select(*_KEY_COLUMNS, merge_request.c.commits_of, merge_request.c.silent)
    return {
        MergeRequestKey(*key): (version, silent)
        for condition in in_keys(_KEY_COLUMNS, map(_key_values, keys))
        for *key, version, silent in conn.execute(query.where(condition))
    }


def mark_due(conn: Connection, keys: Iterable[MergeRequestKey], at: datetime) -> None:
    """Have the code host asked for the commits of the merge requests from `at` on."""
    for condition in in_keys(_KEY_COLUMNS, map(_key_values, keys)):
        conn.execute(update(merge_request).where(condition).values(commits_due_at=at))


def due(conn: Connection, portal_id: int, now: datetime, limit: int) -> tuple[MergeRequest, ...]:
    """Return the merge requests whose commits are to be asked for, the longest waiting first."""
    query = (
        select(merge_request.c.body)
        .join(connection, connection.c.id == merge_request.c.connection_id)
        .where(connection.c.portal_id == portal_id, merge_request.c.commits_due_at <= now)
        .order_by(merge_request.c.commits_due_at, *_KEY_COLUMNS)
        .limit(limit)
    )
    return tuple(from_json(MergeRequest, body) for body in conn.scalars(query))


def portals_due(conn: Connection, now: datetime) -> tuple[int, ...]:
    """Return the portals that have merge requests whose commits are to be asked for."""
    query = (
        select(connection.c.portal_id)
        .join(merge_request, connection.c.id == merge_request.c.connection_id)
        .where(merge_request.c.commits_due_at <= now)
    )
    return tuple(conn.scalars(query.distinct().order_by(connection.c.portal_id)))


def save(
    conn: Connection,
    commits_by_version: Mapping[tuple[MergeRequestKey, str], Sequence[Commit]],
    *,
    first: bool = False,
) -> None:
    """Store the commits of merge requests in place of those of another version, oldest first.

    `first`: none were stored before.
    """
    keys = [] if first else [key for key, _ in commits_by_version]
    for condition in in_keys(_COMMIT_KEY_COLUMNS, map(_key_values, keys)):
        conn.execute(delete(merge_request_commit).where(condition))
    rows = [
        dict(zip((*_KEYS, "sha"), (*_key_values(key), commit.sha), strict=True))
        | {"position": position, "body": encode(commit), "digest": digest_of(commit)}
        for (key, _), commits in commits_by_version.items()
        for position, commit in enumerate({commit.sha: commit for commit in commits}.values())
    ]
    upsert(conn, merge_request_commit, rows, keys=(*_KEYS, "sha"))
    versions = [
        dict(zip(_PARAMETERS, _key_values(key), strict=True)) | {"version": version}
        for key, version in commits_by_version
    ]
    execute_many(conn, _SET_VERSION, versions)


def add(conn: Connection, commits_by_key: Mapping[MergeRequestKey, Sequence[Commit]]) -> None:
    """Store what merge requests became on their target beside the commits they had."""
    rows = [
        dict(zip((*_KEYS, "sha"), (*_key_values(key), commit.sha), strict=True))
        | {
            "position": AFTER_OWN + position,
            "body": encode(commit),
            "digest": digest_of(commit),
        }
        for key, commits in commits_by_key.items()
        for position, commit in enumerate(commits)
    ]
    upsert(conn, merge_request_commit, rows, keys=(*_KEYS, "sha"))


def postpone(
    conn: Connection, item: MergeRequest, now: datetime, *, retry: timedelta, give_up: timedelta
) -> None:
    """Ask again after `retry`, unless the merge request has been as it is for `give_up`."""
    at = now + retry if now - item.updated_at < give_up else None
    same = [c == v for c, v in zip(_KEY_COLUMNS, _key_values(item.key), strict=True)]
    conn.execute(update(merge_request).where(*same).values(commits_due_at=at))


def by_merge_requests(
    conn: Connection, keys: Iterable[MergeRequestKey]
) -> dict[MergeRequestKey, tuple[Commit, ...]]:
    """Return the commits of each merge request, oldest first; one without any is left out."""
    commits: dict[MergeRequestKey, tuple[Commit, ...]] = {}
    query = select(*_COMMIT_KEY_COLUMNS, merge_request_commit.c.body)
    query = query.order_by(*_COMMIT_KEY_COLUMNS, merge_request_commit.c.position)
    for condition in in_keys(_COMMIT_KEY_COLUMNS, map(_key_values, keys)):
        for *values, body in conn.execute(query.where(condition)):
            key = MergeRequestKey(*values)
            commits[key] = (*commits.get(key, ()), from_json(Commit, body))
    return commits


def by_shas(conn: Connection, shas: Iterable[ShaKey]) -> dict[ShaKey, frozenset[MergeRequestKey]]:
    """Return the merge requests that have each commit, or were merged as it."""
    keys_by_sha: dict[ShaKey, frozenset[MergeRequestKey]] = {}
    sha_keys = set(shas)
    columns = merge_request.c
    merged_as = columns.connection_id, columns.project_id, columns.merge_sha
    conditions = zip(in_keys(_BY_SHA, sha_keys), in_keys(merged_as, sha_keys), strict=True)
    for having, merged in conditions:
        query = union_all(
            select(*_COMMIT_KEY_COLUMNS, _BY_SHA[2]).where(having),
            select(*_KEY_COLUMNS, columns.merge_sha).where(merged),
        )
        for *values, sha in conn.execute(query):
            key = MergeRequestKey(*values)
            sha_key = key.connection_id, key.project_id, sha
            keys_by_sha[sha_key] = keys_by_sha.get(sha_key, frozenset()) | {key}
    return keys_by_sha


def digest_of(commit: Commit) -> str:
    """Return what a commit and its copies have in common: who wrote it, and the message.

    "" for a message without a number, which names no task: many of those are alike.
    """
    if not _DIGIT.search(commit.message):
        return ""
    words = f"{commit.author_name.casefold()}\0{commit.message.strip()}"
    return blake2b(words.encode(), digest_size=16).hexdigest()


def by_digests(
    conn: Connection, digests: Iterable[DigestKey]
) -> dict[DigestKey, frozenset[tuple[MergeRequestKey, str]]]:
    """Return the merge requests that have a commit of each digest, with its id.

    A digest that more than `MAX_COPIES` commits have is left out: those are words, and no copies.
    """
    commits_by_digest: dict[DigestKey, set[tuple[MergeRequestKey, str]]] = {}
    columns = merge_request_commit.c
    of = columns.connection_id, columns.project_id, columns.digest
    digests = {digest for digest in digests if digest[2]}
    query = select(*_COMMIT_KEY_COLUMNS, columns.sha, columns.digest)
    for condition in in_keys(of, digests):
        for *values, sha, digest in conn.execute(query.where(condition)):
            key = MergeRequestKey(*values)
            digest_key = key.connection_id, key.project_id, digest
            commits_by_digest.setdefault(digest_key, set()).add((key, sha))
    return {
        k: frozenset(pairs) for k, pairs in commits_by_digest.items() if len(pairs) <= MAX_COPIES
    }


def landed_as(conn: Connection, shas: Iterable[ShaKey]) -> dict[ShaKey, frozenset[MergeRequestKey]]:
    """Return the merge requests that reached their target as each commit, squashed or not."""
    keys_by_sha: dict[ShaKey, frozenset[MergeRequestKey]] = {}
    query = select(*_COMMIT_KEY_COLUMNS, _BY_SHA[2])
    landed = merge_request_commit.c.position >= AFTER_OWN
    for condition in in_keys(_BY_SHA, shas):
        for *values, sha in conn.execute(query.where(condition, landed)):
            key = MergeRequestKey(*values)
            sha_key = key.connection_id, key.project_id, sha
            keys_by_sha[sha_key] = keys_by_sha.get(sha_key, frozenset()) | {key}
    return keys_by_sha


def merged_as(conn: Connection, shas: Iterable[ShaKey]) -> dict[ShaKey, frozenset[MergeRequestKey]]:
    """Return the merge requests that were merged as each commit."""
    keys_by_sha: dict[ShaKey, frozenset[MergeRequestKey]] = {}
    columns = merge_request.c
    of = columns.connection_id, columns.project_id, columns.merge_sha
    for condition in in_keys(of, shas):
        for *values, sha in conn.execute(select(*_KEY_COLUMNS, columns.merge_sha).where(condition)):
            key = MergeRequestKey(*values)
            sha_key = key.connection_id, key.project_id, sha
            keys_by_sha[sha_key] = keys_by_sha.get(sha_key, frozenset()) | {key}
    return keys_by_sha


def open_ones(conn: Connection, keys: Iterable[MergeRequestKey]) -> frozenset[MergeRequestKey]:
    """Return those of the merge requests that are open."""
    is_open = in_literals(merge_request.c.state, "opened", "locked")
    return frozenset(
        MergeRequestKey(*key)
        for condition in in_keys(_KEY_COLUMNS, map(_key_values, keys))
        for key in conn.execute(select(*_KEY_COLUMNS).where(condition, is_open))
    )


def _key_values(key: MergeRequestKey) -> tuple[int, int, int]:
    return key.connection_id, key.project_id, key.iid
