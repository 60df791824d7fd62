"""Takes typed events into the mirror and marks what they touch dirty: one handler a type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection

from sync.core.model.activity import ActivityItem, Comment, Push, Release, Resource, TagPush
from sync.core.model.events import (
    DeploymentEvent,
    IssueHint,
    MergeRequestEvent,
    PipelineEvent,
    TaskChanged,
    TaskCommented,
    TaskDeleted,
    UnrecognisedEvent,
)
from sync.core.model.moments import event_until
from sync.core.model.pipelines import JobRun
from sync.core.notifications.keys import NotificationSubject
from sync.core.rules.portal import Rules
from sync.engine.ingest import (
    activity,
    alerts,
    deployments,
    issue_links,
    lateness,
    merge_request_events,
    notifications,
    pipelines,
    pushes,
    task_events,
)
from sync.engine.ingest.handler import Batch, Fetch, Handled, Handler
from sync.engine.ingest.outcome import RECORD
from sync.store import projects as store_projects
from sync.store import subjects

EventsByDelivery = Mapping[int, Sequence[object]]

# A new type of event is a row; people are notified in the order of the rows.
HANDLERS: Mapping[type, Handler[Any]] = {
    Push: pushes.HANDLER,
    TagPush: activity.HANDLER,
    Comment: activity.HANDLER,
    Release: activity.HANDLER,
    JobRun: activity.HANDLER,
    Resource: activity.HANDLER,
    PipelineEvent: pipelines.HANDLER,
    DeploymentEvent: deployments.HANDLER,
    MergeRequestEvent: merge_request_events.HANDLER,
    TaskChanged: task_events.HANDLER,
    TaskDeleted: task_events.HANDLER,
    TaskCommented: RECORD,
    IssueHint: RECORD,
    UnrecognisedEvent: RECORD,
}


@dataclass(frozen=True, slots=True)
class Ingested:
    """The outcome of each delivery in words, by id, and what code hosts are to be asked for.

    `has_links`: links of tasks and issues wait for work now.
    """

    outcomes: Mapping[int, str]
    fetches: frozenset[Fetch]
    has_links: bool = False


def ingest(
    conn: Connection,
    portal_id: int,
    events_by_delivery: EventsByDelivery,
    rules: Rules,
    now: datetime,
    connected: Mapping[int, datetime] = MappingProxyType({}),
) -> Ingested:
    """Store what the deliveries (by id) report, and mark what they touch dirty, once.

    `connected`: when their connections were made, where that is known already.
    """
    events_by_delivery = {
        delivery_id: [event_until(event, now) for event in group]
        for delivery_id, group in events_by_delivery.items()
    }
    by_type: dict[type, list[Any]] = {}
    by_handler: dict[Handler[Any], list[Any]] = {handler: [] for handler in HANDLERS.values()}
    for event in chain.from_iterable(events_by_delivery.values()):
        by_type.setdefault(type(event), []).append(event)
        by_handler[HANDLERS[type(event)]].append(event)
    by_handler = {handler: events for handler, events in by_handler.items() if events}
    about = [
        subject
        for handler, events in by_handler.items()
        for event in events
        if (subject := handler.subject(event))
    ]
    batch = Batch(conn, portal_id, rules, now, by_type, lateness.load(conn, about, now, connected))
    _save_projects(conn, about, now)
    for handler, events in by_handler.items():
        handler.save(batch, events)
    handled = {handler: handler.relate(batch, events) for handler, events in by_handler.items()}
    _mark_dirty(batch, list(handled.values()))
    outcomes = {
        delivery_id: "; ".join(
            filter(None, (handled[HANDLERS[type(e)]].describe(e) for e in group))
        )
        or "recorded: says nothing"
        for delivery_id, group in events_by_delivery.items()
    }
    has_links = issue_links.mark(conn, portal_id, by_type, now) > 0
    fetches = frozenset(fetch for each in handled.values() for fetch in each.fetches)
    return Ingested(outcomes, fetches, has_links)


def _save_projects(conn: Connection, about: Sequence[NotificationSubject], now: datetime) -> None:
    """Store the projects; a group's own things have none, and some hooks tell too little of it."""
    news = [
        (subject.project, min(at, now) if (at := lateness.news_time(subject)) else None)
        for subject in about
        if not isinstance(subject, ActivityItem)
        or isinstance(subject, Push)
        or (subject.project.id and subject.project.url)
    ]
    store_projects.save_told(conn, news)


def _mark_dirty(batch: Batch, handled: Sequence[Handled[Any]]) -> None:
    conn, portal_id, rules = batch.conn, batch.portal_id, batch.rules
    news = [
        subject for each in handled for subject in each.subjects if not batch.late.is_late(subject)
    ]
    causes = [cause for each in handled for cause in each.alert_causes]
    marks = [mark for each in handled for mark in each.marks]
    marks += notifications.find_marks(news, rules)
    marks += alerts.find_marks(conn, portal_id, causes, rules)
    subjects.mark_dirty_many(conn, portal_id, marks, batch.now)
