"""What arrives now and did not happen now: it is mirrored, and nothing is said of it.

GitLab's Test buttons, hooks sent again and a label on what was merged a year ago all tell of things
that were over before anybody listened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from sync.core.model.activity import ActivityItem, Comment, Push, Release, Resource
from sync.core.model.deployments import Deployment, DeploymentStatus, same_commit
from sync.core.model.events import MergeRequestEvent
from sync.core.model.merge_requests import MergeRequest, MergeRequestKey, is_open
from sync.core.model.pipelines import Pipeline
from sync.core.notifications.keys import NotificationSubject
from sync.store import connections, deployments
from sync.store import merge_request_commits as store_commits
from sync.store import merge_requests as store_merge_requests

# GitLab keeps deliveries for as long and sends them again on request.
# https://docs.gitlab.com/api/project_webhooks/#list-all-events-for-a-project-webhook
LATE = timedelta(days=7)
STALE = timedelta(days=1)  # after which a message is no news; a merge still is work that ended
MOMENT = timedelta(minutes=10)
_TURNS = frozenset({"open", "close", "reopen", "create", "activate", "delete"})
_ENDINGS = frozenset({"merge", "close"})
_ENDED = frozenset({DeploymentStatus.SUCCESS, DeploymentStatus.FAILED, DeploymentStatus.CANCELED})


@dataclass(frozen=True)
class Lateness:
    """`limits`: by connection, the moment before which things are not told of any more.

    `stale`: the moment before which a message is no news. `samples`: deployments of which a Test
    button's sample is all that is known.
    """

    limits: Mapping[int, datetime]
    stale: datetime | None = None
    samples: frozenset[deployments.DeploymentKey] = frozenset()

    def is_late(self, subject: NotificationSubject) -> bool:
        """Tell whether it happened before the limit; what tells no time happens now."""
        if isinstance(subject, Deployment) and deployments.deployment_key(subject) in self.samples:
            return True
        limit = self.limits.get(subject.project.connection_id)
        at = _time_of(subject)
        if limit is None or at is None:
            return False
        return at < limit or (self.stale is not None and at < self.stale)


def load(
    conn: Connection,
    subjects: Sequence[NotificationSubject],
    now: datetime,
    connected: Mapping[int, datetime],
) -> Lateness:
    """Return the limits: the connection's beginning, or a week ago where that is later.

    Where all is of this moment there is nothing to ask for, unless the connection is, too: whoever
    makes one presses the Test button. `connected`: when connections were made, if it is known.
    """
    times = (
        notification_subject.updated_at
        if isinstance(notification_subject, MergeRequest)
        else _time_of(notification_subject)
        for notification_subject in subjects
    )
    samples = _sampled_deployments(conn, subjects)
    if not any(at < now - MOMENT for at in times if at):
        young = {number: at for number, at in connected.items() if at > now - MOMENT}
        return Lateness(young, now - STALE if young else None, samples)
    connection_ids = {
        notification_subject.project.connection_id for notification_subject in subjects
    }
    records = {number: connections.by_id(conn, number) for number in connection_ids}
    return Lateness(
        {
            number: max(record.created_at, now - LATE)
            for number, record in records.items()
            if record is not None
        },
        now - STALE,
        samples,
    )


def _sampled_deployments(
    conn: Connection, subjects: Sequence[NotificationSubject]
) -> frozenset[deployments.DeploymentKey]:
    """Return the deployments of jobs that ended without anything having been heard of them.

    Test buttons send an old deployment as if it ended now; of a real one the pipeline was heard.
    """
    shas = {subject.sha for subject in subjects if isinstance(subject, Pipeline)}
    accounts: dict[deployments.DeploymentKey, list[Deployment]] = {}
    for subject in subjects:
        if isinstance(subject, Deployment):
            accounts.setdefault(deployments.deployment_key(subject), []).append(subject)
    lonely = [
        history[0]
        for history in accounts.values()
        if len(history) == 1
        and history[0].status in _ENDED
        and history[0].job_url
        and history[0].id > 0
        and not any(same_commit(sha, history[0].sha) for sha in shas)
    ]
    return deployments.without_pipeline(conn, lonely)


def finished_before(
    conn: Connection, events: Sequence[MergeRequestEvent], lateness: Lateness
) -> frozenset[MergeRequestKey]:
    """Return the merge requests that were over, or opened, before anything was heard of them.

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
        if event.action
        and key not in ending
        and (not is_open(event.merge_request) or _was_opened_before(event, lateness))
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


def _was_opened_before(event: MergeRequestEvent, lateness: Lateness) -> bool:
    """Tell whether only a sample or a resent hook says now that it was opened.

    It was opened long ago, or before the connection: a button sends the newest, however young.
    """
    item, stale = event.merge_request, lateness.stale
    if event.action != "open" or stale is None:
        return False
    limit = lateness.limits.get(item.project.connection_id, stale)
    return item.updated_at < stale or (item.created_at or item.updated_at) < limit


def is_over(item: ActivityItem, now: datetime) -> bool:
    """Tell whether it tells of a change to what had ended, or was published, long before.

    A label on a closed issue, another name of an old release, an edit of an old comment.
    """
    match item:
        case Resource():
            return item.state == "closed" and item.action not in _TURNS
        case Release():
            at = item.released_at
            return item.updated and at is not None and at < now - STALE
        case Comment():
            return item.updated_at > item.created_at and item.created_at < now - STALE
    return False


def is_turned(item: ActivityItem) -> bool:
    """Tell whether it ends, or goes on, by what is told: that is news of what was silent, too."""
    return isinstance(item, Resource) and item.action in ("reopen", "activate", "close")


def news_time(subject: NotificationSubject) -> datetime | None:
    """Return of when the news is; of a push without a time, when its newest commit was made."""
    match subject:
        case MergeRequest():
            return subject.updated_at
        case Push() if subject.at is None:
            return max((commit.at for commit in subject.commits if commit.at), default=None)
    return _time_of(subject)


def _time_of(subject: NotificationSubject) -> datetime | None:
    match subject:
        case Pipeline() | Deployment():
            return subject.updated_at
        case MergeRequest():
            return None  # an open one goes on
    return getattr(subject, "at", None)
