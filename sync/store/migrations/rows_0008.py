"""Rewrites rows for revision 0008: words in columns, and the keys of what is stored as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from sync.store.db.types import Json
from sync.store.migrations import names_0008 as names

PAGE = 500  # rows that are read and written at once

Change = Callable[[Mapping[str, Any]], dict[str, Any]]  # of a row: its columns as they become

_RESOURCE = ("connection_id", "project_id", "kind", "key")
_SUBJECT = ("portal_id", "kind", "key")
_COMMIT = ("connection_id", "project_id", "sha", "number")
_JSON = {"body", "memory", "rows", "payload", "records", "settings"}

# table: column: old word → new one
_WORDS: dict[str, dict[str, dict[str, str]]] = {
    "activity": {"kind": names.KINDS},
    "activity_task": {"kind": names.KINDS},
    "subject": {"kind": names.SUBJECT_KINDS},
    "decision": {"subject_kind": names.SUBJECT_KINDS},
    "command": {"subject_kind": names.SUBJECT_KINDS, "kind": names.COMMAND_KINDS},
    "task": {"state": {"known": "present"}},
    "backfill": {"part": names.BACKFILL_PARTS},
}


def _subject_key(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"subject_key": names.subject_key(row["subject_key"])}


def _key(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"key": names.subject_key(row["key"])}


# table, its primary key, the columns that are read, what becomes of them
_ROWS: tuple[tuple[str, Sequence[str], Sequence[str], Change], ...] = (
    (
        "activity", _RESOURCE, ("body",),
        lambda row: {"body": names.activity_body(row["kind"], row["body"])},
    ),
    (
        "pipeline_jobs", ("connection_id", "project_id", "pipeline_id"), ("body",),
        lambda row: {"body": names.failed_jobs(row["body"])},
    ),
    (
        "smart_commit", _COMMIT, ("body",),
        lambda row: {"body": names.smart_commit_body(row["body"])},
    ),
    (
        "alert", ("connection_id", "project_id", "ref", "stage", "first_pipeline_id"), ("body",),
        lambda row: {"body": names.alert_body(row["body"])},
    ),
    (
        "merge_request", ("connection_id", "project_id", "iid"), ("memory",),
        lambda row: {"memory": names.memory(row["memory"])},
    ),
    ("purge", ("portal_id",), ("rows",), lambda row: {"rows": names.purged_rows(row["rows"])}),
    (
        "portal", ("id",), ("settings",),
        lambda row: {"settings": names.settings(row["settings"])},
    ),
    (
        "command", ("id",),
        ("subject_kind", "subject_key", "key", "kind", "payload", "records", "state"),
        lambda row: names.command(dict(row)),
    ),
    ("decision", ("id",), ("subject_key",), _subject_key),
    ("subject", _SUBJECT, (), _key),
    ("message", ("portal_id", "place", "subject_key"), (), _subject_key),
    ("notified_state", ("portal_id", "subject_key", "user_id"), (), _subject_key),
)  # fmt: skip


def rename(conn: sa.Connection) -> None:
    """Rename words and keys in every row; the tables and columns have their new names already."""
    _reopen_smart_commits(conn)
    for name, key, columns, change in _ROWS:
        _rewrite(conn, _table(name, [*key, *columns]), key, change)
    for name, words_by_column in _WORDS.items():
        for column, words in words_by_column.items():
            table = _table(name, [column])
            for old, new in words.items():
                same = table.c[column] == old
                conn.execute(table.update().where(same).values({column: new}))


def _reopen_smart_commits(conn: sa.Connection) -> None:
    """Have commands for missing tasks end with the notification of their authors.

    Until now they ended before it was sent, and one that was lost on the way was not repeated.
    """
    commands = _table("command", ["key", "state"])
    smart_commits = _table("smart_commit", [*_COMMIT, "state", "reason"])
    live = commands.c.state.in_(["waiting", "sending"])
    keys = conn.scalars(
        sa.select(commands.c.key).where(commands.c.key.startswith("unspoken:"), live)
    )
    for place in [place for key in keys if (place := names.smart_commit_place(key))]:
        same = [smart_commits.c[name] == value for name, value in zip(_COMMIT, place, strict=True)]
        conn.execute(smart_commits.update().where(*same).values(state="new", reason=""))


def _rewrite(
    conn: sa.Connection, table: sa.TableClause, key: Sequence[str], change: Change
) -> None:
    """Store what `change` makes of each row, page by page; rows that stay as they are, stay."""
    for page in _pages(conn, table, key):
        changes: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for row in page:
            new = {name: value for name, value in change(row).items() if value != row[name]}
            if new:
                values = {f"new_{name}": value for name, value in new.items()}
                same = {f"old_{name}": row[name] for name in key}
                changes.setdefault(tuple(sorted(new)), []).append(values | same)
        for names_of, rows in changes.items():
            statement = table.update().where(
                *(table.c[name] == sa.bindparam(f"old_{name}") for name in key)
            )
            conn.execute(
                statement.values({name: sa.bindparam(f"new_{name}") for name in names_of}), rows
            )


def _pages(
    conn: sa.Connection, table: sa.TableClause, key: Sequence[str]
) -> Iterator[list[Mapping[str, Any]]]:
    """Yield the rows in the order of their key, so many at once as a page holds."""
    columns, last = [table.c[name] for name in key], None
    while True:
        query = sa.select(table).order_by(*columns).limit(PAGE)
        if last is not None:
            query = query.where(sa.tuple_(*columns) > sa.tuple_(*map(sa.literal, last)))
        page: list[Mapping[str, Any]] = [dict(row) for row in conn.execute(query).mappings()]
        if not page:
            return
        yield page
        last = tuple(page[-1][name] for name in key)


def _table(name: str, columns: Sequence[str]) -> sa.TableClause:
    return sa.table(
        name,
        *(sa.column(column, Json) if column in _JSON else sa.column(column) for column in columns),
    )
