"""Outcomes of smart commits, saved with the commands that carried them out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from sync.core.model.smart_commits import CommandKey, SmartCommitState
from sync.core.smart_commits.plan import SmartCommitResult
from sync.engine.deliver.keys import smart_commit_key
from sync.engine.deps import TASK
from sync.store import smart_commits as store_smart_commits
from sync.store import subjects
from sync.store.rows import CommandRow


def record_results(conn: Connection, ended: Mapping[CommandKey, SmartCommitResult]) -> None:
    """Notes what became of commands that nothing is written for."""
    store_smart_commits.set_states(
        conn, {key: (one.state, one.reason) for key, one in ended.items()}
    )
    known = store_smart_commits.get(conn, [key for key, one in ended.items() if one.retryable])
    store_smart_commits.save_changed(
        conn, {key: replace(row.smart_commit, retryable=True) for key, row in known.items()}
    )


def record_done(conn: Connection, done: Iterable[tuple[CommandRow, str]]) -> None:
    """Ends commands with the writes that carried them out, each with a note or "".

    Who was notified was told why it is not followed.
    """
    _set_states(
        conn,
        {
            row.key: (
                SmartCommitState.REFUSED if row.kind == "notify" else SmartCommitState.DONE,
                f"{row.reason}; {note}" if note else row.reason,
            )
            for row, note in done
        },
    )


def record_refused(conn: Connection, refusals: Iterable[tuple[CommandRow, str]]) -> None:
    """Ends commands with the writes that were refused, and why."""
    _set_states(conn, {row.key: (SmartCommitState.REFUSED, why) for row, why in refusals})


def _set_states(conn: Connection, states: Mapping[str, tuple[SmartCommitState, str]]) -> None:
    store_smart_commits.set_states(
        conn, {key: state for name, state in states.items() if (key := smart_commit_key(name))}
    )


def log_as_app(conn: Connection, rows: Iterable[CommandRow]) -> None:
    """Time that was refused as the author's own is not asked for as such again."""
    known = store_smart_commits.get(
        conn, [key for row in rows if (key := smart_commit_key(row.key))]
    )
    store_smart_commits.save_changed(
        conn, {key: replace(row.smart_commit, as_app=True) for key, row in known.items()}
    )


def replay(conn: Connection, portal_id: int, keys: Iterable[CommandKey], now: datetime) -> int:
    """Has refused commands decided anew, as far as they are this portal's; how many."""
    found = {
        key: row
        for key, row in store_smart_commits.get(conn, keys).items()
        if row.state is SmartCommitState.REFUSED
    }
    own = store_smart_commits.keys_of_portal(conn, portal_id, found)
    store_smart_commits.set_states(conn, dict.fromkeys(own, (SmartCommitState.NEW, "")))
    store_smart_commits.save_changed(
        conn, {key: replace(found[key].smart_commit, retryable=False) for key in own}
    )
    marks = [(TASK, str(found[key].smart_commit.command.task_id), "replayed") for key in own]
    subjects.mark_dirty_many(conn, portal_id, marks, now)
    return len(own)
