"""Outcomes of smart commits, saved with the commands that carried them out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from sync.core.model.smart_commits import CommandKey, SmartCommitResult, SmartCommitState
from sync.engine.deps import TASK
from sync.sentences import join_sentences
from sync.store import smart_commits as store_smart_commits
from sync.store import subjects
from sync.store.rows import CommandRow


def record_results(conn: Connection, results: Mapping[CommandKey, SmartCommitResult]) -> None:
    """Store how commands of commits ended."""
    store_smart_commits.set_states(
        conn, {key: (result.state, result.reason) for key, result in results.items()}
    )
    retryable = [key for key, result in results.items() if result.retryable]
    store_smart_commits.save_changed(
        conn,
        {
            key: replace(row.smart_commit, retryable=True)
            for key, row in store_smart_commits.get(conn, retryable).items()
        },
    )


def record_done(conn: Connection, done: Iterable[tuple[CommandRow, str]]) -> None:
    """End the commands of commits with the writes that carried them out, with a note or "".

    A notification says why a command is not followed.
    """
    record_results(
        conn,
        {
            key: SmartCommitResult(
                SmartCommitState.REFUSED if row.kind == "notify" else SmartCommitState.DONE,
                join_sentences("; ", [row.reason, note]) if note else row.reason,
                row.to_record.retryable,
            )
            for row, note in done
            if (key := row.to_record.smart_commit)
        },
    )


def record_refused(conn: Connection, refusals: Iterable[tuple[CommandRow, str]]) -> None:
    """End the commands of commits with the writes that were refused, and why."""
    record_results(
        conn,
        {
            key: SmartCommitResult(SmartCommitState.REFUSED, reason, row.to_record.retryable)
            for row, reason in refusals
            if (key := row.to_record.smart_commit)
        },
    )


def log_as_app(conn: Connection, rows: Iterable[CommandRow]) -> None:
    """Have time that was refused as the author's own logged in the application's name."""
    keys = [key for row in rows if (key := row.to_record.smart_commit)]
    store_smart_commits.save_changed(
        conn,
        {
            key: replace(row.smart_commit, as_app=True)
            for key, row in store_smart_commits.get(conn, keys).items()
        },
    )


def replay(conn: Connection, portal_id: int, keys: Iterable[CommandKey], now: datetime) -> int:
    """Have refused commands decided anew, as far as they are this portal's; return how many."""
    refused = {
        key: row
        for key, row in store_smart_commits.get(conn, keys).items()
        if row.state is SmartCommitState.REFUSED
    }
    own = store_smart_commits.keys_of_portal(conn, portal_id, refused)
    store_smart_commits.set_states(conn, dict.fromkeys(own, (SmartCommitState.NEW, "")))
    store_smart_commits.save_changed(
        conn, {key: replace(refused[key].smart_commit, retryable=False) for key in own}
    )
    marks = [(TASK, str(refused[key].smart_commit.command.task_id), "replayed") for key in own]
    subjects.mark_dirty_many(conn, portal_id, marks, now)
    return len(own)
