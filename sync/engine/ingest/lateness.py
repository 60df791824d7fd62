"""What arrives now and did not happen now: it is mirrored, and nothing is said of it.

GitLab's Test buttons, hooks sent again and a label on what was merged a year ago all tell of things
that were over before anybody listened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from sync.core.model.deployments import Deployment
from sync.core.model.events import MergeRequestEvent
from sync.core.model.merge_requests import MergeRequest, MergeRequestKey, is_open
from sync.core.model.pipelines import Pipeline
from sync.core.notifications.keys import NotificationSubject
from sync.store import connections
from sync.store import merge_request_commits as store_commits
from sync.store import merge_requests as store_merge_requests

# GitLab keeps deliveries for as long and sends them again on request.
# https://docs.gitlab.com/api/project_webhooks/#list-all-events-for-a-project-webhook
LATE = timedelta(days=7)
MOMENT = timedelta(minutes=10)
_ENDINGS = frozenset({"merge", "close"})


@dataclass(frozen=True)
class Lateness:
    """`limits`: by connection, the moment before which things are not told of any more."""

    limits: Mapping[int, datetime]

    def is_late(self, subject: NotificationSubject) -> bool:
        """Tell whether it happened before the limit; what tells no time happens now."""
        limit = self.limits.get(subject.project.connection_id)
        at = _time_of(subject)
        return limit is not None and at is not None and at < limit


def load(conn: Connection, subjects: Sequence[NotificationSubject], now: datetime) -> Lateness:
    """Return the limits: the connection's beginning, or a week ago where that is later.

    Where all is of this moment there is nothing to ask for.
    """
    times = (
        notification_subject.updated_at
        if isinstance(notification_subject, MergeRequest)
        else _time_of(notification_subject)
        for notification_subject in subjects
    )
    if not any(at < now - MOMENT for at in times if at):
        return Lateness({})
    connection_ids = {
        notification_subject.project.connection_id for notification_subject in subjects
    }
    records = {number: connections.by_id(conn, number) for number in connection_ids}
    return Lateness(
        {
            number: max(record.created_at, now - LATE)
            for number, record in records.items()
            if record is not None
        }
    )


def finished_before(
    conn: Connection, events: Sequence[MergeRequestEvent], lateness: Lateness
) -> frozenset[MergeRequestKey]:
    """Return the merge requests that were over before anything was heard of them.

    To be asked before the events are folded. Those that end now, and those of which something
    was shown, are not among them.
    """
    latest: dict[MergeRequestKey, MergeRequestEvent] = {}
    for event in sorted(events, key=lambda event: event.merge_request.updated_at):
        latest[event.merge_request.key] = event
    ending = {event.merge_request.key for event in events if _ends_now(event, lateness)}
    over = {
        key
        for key, event in latest.items()
        if not is_open(event.merge_request) and event.action and key not in ending
    }
    if not over:
        return frozenset()
    stored = store_merge_requests.without_pipelines(conn, over)
    silent = store_commits.silent_keys(conn, over)
    return frozenset(key for key in over if key not in stored or key in silent)


def _ends_now(event: MergeRequestEvent, lateness: Lateness) -> bool:
    item = event.merge_request
    limit = lateness.limits.get(item.project.connection_id)
    return event.action in _ENDINGS and (limit is None or item.updated_at >= limit)


def _time_of(subject: NotificationSubject) -> datetime | None:
    match subject:
        case Pipeline() | Deployment():
            return subject.updated_at
        case MergeRequest():
            return None  # an open one goes on
    return getattr(subject, "at", None)
