"""Which things people may have to be told of: marked dirty where some rule names their kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlalchemy import Connection

from sync.core.model.kinds import Kind
from sync.core.notifications.keys import NotificationSubject, subject_key_of
from sync.core.rules.portal import Rules
from sync.engine.deps import NOTIFICATION
from sync.store import subjects
from sync.store.subjects import Mark


def mark_dirty(
    conn: Connection,
    portal_id: int,
    notification_subjects: Iterable[NotificationSubject],
    rules: Rules,
    now: datetime,
) -> None:
    """Mark what `find_marks` finds."""
    subjects.mark_dirty_many(conn, portal_id, find_marks(notification_subjects, rules), now)


def find_marks(notification_subjects: Iterable[NotificationSubject], rules: Rules) -> list[Mark]:
    """Return marks for the subjects whose kind some rule of their project names."""
    return [
        (NOTIFICATION, about, f"{cause} changed")
        for about, cause in _subjects_with_rules(notification_subjects, rules)
    ]


def _subjects_with_rules(
    notification_subjects: Iterable[NotificationSubject], rules: Rules
) -> Iterator[tuple[str, str]]:
    """Of a thing that no rule names nothing is loaded later: most are only mirrored."""
    stored: dict[str, frozenset[Kind]] = {}
    for notification_subject in notification_subjects:
        path = notification_subject.project.path
        if path not in stored:
            stored[path] = rules.kinds_of(path)
        about = subject_key_of(notification_subject)
        kind = Kind(about.partition(":")[0])
        if kind in stored[path]:
            yield about, kind.value
