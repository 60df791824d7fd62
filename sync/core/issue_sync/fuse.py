"""The fuse of a link: one that writes too often stands still, and the others go on. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sync.core.issue_sync.link import LinkState, Pause, PauseReason, PlannedWrite
from sync.core.issue_sync.writes import AddComment, AddTime, EditComment, UpdateItem
from sync.sentences import as_sentence, sentence

WINDOW = timedelta(minutes=10)
UPDATES = 6  # of items and of comments; whatever one save changed is written once and counts once
ADDITIONS = 30  # looks that copied comments or time; people write more of them than they edit


def blown(link: LinkState, writes: tuple[PlannedWrite, ...], now: datetime) -> Pause | None:
    """Return the pause that the link needs instead of these writes, or None."""
    updates, additions = _lately(link.updated_at, now), _lately(link.added_at, now)
    if _updates(writes) and len(updates) >= UPDATES:
        count, what = len(updates), "updates"
    elif _adds(writes) and len(additions) >= ADDITIONS:
        count, what = len(additions), "additions"
    else:
        return None
    minutes = int(WINDOW.total_seconds() / 60)
    text = sentence(
        "{count} {what} in {minutes} minutes. Usually two programs undo each other's changes. "
        "Find out who else writes to the two items, then resume the link",
        count=count,
        what=as_sentence(what),
        minutes=minutes,
    )
    return Pause(PauseReason.FUSE, now, text)


def counted(link: LinkState, writes: tuple[PlannedWrite, ...], now: datetime) -> LinkState:
    """Return the link with these writes counted, at most one update and one addition a look."""
    updated, added = _lately(link.updated_at, now), _lately(link.added_at, now)
    return replace(
        link,
        updated_at=(*updated, now) if _updates(writes) else updated,
        added_at=(*added, now) if _adds(writes) else added,
    )


def renew(link: LinkState) -> LinkState:
    """Return the link resumed with a new fuse: nothing is counted."""
    return replace(link, pause=None, updated_at=(), added_at=())


def _lately(moments: tuple[datetime, ...], now: datetime) -> tuple[datetime, ...]:
    return tuple(moment for moment in moments if now - moment < WINDOW)


def _updates(writes: tuple[PlannedWrite, ...]) -> bool:
    return any(isinstance(write.write, UpdateItem | EditComment) for write in writes)


def _adds(writes: tuple[PlannedWrite, ...]) -> bool:
    return any(isinstance(write.write, AddComment | AddTime) for write in writes)
