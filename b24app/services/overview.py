"""A portal at a glance: connections, waiting work, failures, the latest merge requests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from b24app.services.readable_reasons import shorten_traceback
from sync.core.model.commands import PutMessage
from sync.core.model.merge_requests import MergeRequest, MergeRequestKey, MergeRequestState
from sync.sentences import decode_sentence, join_sentences, sentence
from sync.store import access, alerts, connections, inbox, links, outbox, portals, subjects, tasks
from sync.store import merge_requests as store_merge_requests
from sync.store import smart_commits as store_smart_commits
from sync.store.access import REFUSED, UNREACHABLE, ConnectionAccess
from sync.store.rows import (
    CommandRow,
    ConnectionRecord,
    DeliveryRow,
    LinkRow,
    PortalRecord,
    SubjectRow,
    TaskRow,
)
from sync.store.smart_commits import SmartCommitRow
from sync.store.tables import connection, merge_request

MAX_MERGE_REQUESTS = 50
_AWAITED = frozenset({"unreviewed", "review_started"})


@dataclass(frozen=True, slots=True)
class NamedTask:
    """A task that a merge request names. `unknown`: the app cannot see such a task."""

    id: int
    kind: str
    title: str = ""
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class MergeRequestSummary:
    """A merge request as people see it. `awaited`: the reviewers who did not answer yet."""

    reference: str
    title: str
    url: str
    state: str
    draft: bool
    approved: bool
    author: str
    approved_by: tuple[str, ...]
    awaited: tuple[str, ...]
    pipeline: str | None
    pipeline_url: str | None
    branch: str
    updated_at: datetime
    tasks: tuple[NamedTask, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that was given up; `kind` and `id` are what `replay` takes.

    `action`: a command's kind (of a message `card`, `message` or `chat_message`), a smart commit's
    verb, `decide` for a subject, `read` for a delivery. `about`: the task, the event's name, or
    another subject's key. `of`: that subject's kind, "" for a delivery. `place` and `subject_key`:
    where a message stands, and what it is about; "" for anything else.
    """

    kind: str
    id: str
    action: str
    about: str
    text: str
    at: datetime | None
    of: str = "task"
    place: str = ""
    subject_key: str = ""


@dataclass(frozen=True, slots=True)
class Overview:
    """A portal at a glance; `*_waiting`, `dead` and `alerts` are counts."""

    portal: str
    state: str
    reason: str
    connections: tuple[dict[str, Any], ...]
    deliveries_waiting: int
    subjects_waiting: int
    commands_waiting: int
    dead: int
    alerts: int


def build_overview(
    conn: Connection,
    portal: PortalRecord,
    *,
    readable_tasks: frozenset[int] | None = None,
    user_id: int = 0,
) -> Overview:
    """Return the overview.

    `readable_tasks`: None for an administrator. Of others it has the tasks that they may open
    (of `alerted_task_ids`); the overview then holds nothing of connections and failures, and counts
    only alerts of these tasks, and those assigned to `user_id`.
    """
    of_subjects, of_commands = subjects.counts(conn, portal.id), outbox.counts(conn, portal.id)
    whole = readable_tasks is None
    return Overview(
        portal=portal.client_endpoint.removesuffix("/rest/").partition("://")[2],
        state=portal.state,
        reason=portal.state_reason if whole else "",
        connections=summarize_connections(conn, portal.id) if whole else (),
        deliveries_waiting=inbox.pending_count(conn, portal.id),
        subjects_waiting=of_subjects.get("dirty", 0),
        commands_waiting=of_commands.get("waiting", 0) + of_commands.get("sending", 0),
        dead=len(list_failures(conn, portal.id)) if whole else 0,
        alerts=_count_alerts(conn, portal.id, readable_tasks, user_id),
    )


def alerted_task_ids(conn: Connection, portal_id: int) -> frozenset[int]:
    """Return the tasks that have open alerts."""
    rows = alerts.list_of_portal(conn, portal_id)
    return frozenset(row.task_id for row in rows if row.task_id)


def _count_alerts(
    conn: Connection, portal_id: int, readable_tasks: frozenset[int] | None, user_id: int
) -> int:
    if readable_tasks is None:
        return alerts.open_count(conn, portal_id)
    return sum(
        row.assigned_to == user_id or row.task_id in readable_tasks
        for row in alerts.list_of_portal(conn, portal_id)
    )


def summarize_connections(conn: Connection, portal_id: int) -> tuple[dict[str, Any], ...]:
    """Return the portal's connections as they are now, without secrets."""
    rows = access.of_portal(conn, portal_id)
    return tuple(
        summarize_connection(record, rows.get(record.id))
        for record in connections.by_portal(conn, portal_id)
    )


def summarize_connection(
    record: ConnectionRecord, row: ConnectionAccess | None = None
) -> dict[str, Any]:
    """Return a connection without secrets, with the reason of its pause or last refusal.

    `row`: what its instance last said of the token; one that is refused is not active.
    """
    fields = ("name", "kind", "base_url", "state", "account")
    reason = record.state_reason or decode_sentence(str(record.account.get("problem") or ""))
    state = record.state
    if state == "active" and row is not None and row.state in (REFUSED, UNREACHABLE):
        state = row.state
        reason = join_sentences(". ", [part for part in (row.text, row.change) if part])
    return {name: getattr(record, name) for name in fields} | {
        "state": state,
        "state_reason": reason,
    }


def latest_merge_requests(
    conn: Connection, portal_id: int, limit: int = MAX_MERGE_REQUESTS
) -> tuple[MergeRequestSummary, ...]:
    """Return the merge requests of a portal that changed last, newest first."""
    keys = _latest_keys(conn, portal_id, limit)
    links_by_key = links.by_merge_requests(conn, keys)
    return summarize_merge_requests(
        conn, portal_id, keys, [link for link_rows in links_by_key.values() for link in link_rows]
    )


def _latest_keys(conn: Connection, portal_id: int, limit: int) -> list[MergeRequestKey]:
    columns = merge_request.c
    query = (
        select(columns.connection_id, columns.project_id, columns.iid)
        .join(connection, connection.c.id == columns.connection_id)
        .where(connection.c.portal_id == portal_id, connection.c.state != "removed")
        .order_by(columns.updated_at.desc())
        .limit(limit)
    )
    return [MergeRequestKey(*row) for row in conn.execute(query)]


def summarize_merge_requests(
    conn: Connection, portal_id: int, keys: Sequence[MergeRequestKey], link_rows: Iterable[LinkRow]
) -> tuple[MergeRequestSummary, ...]:
    """Return the rows of merge requests in the given order, without unknown ones."""
    live = [link for link in link_rows if link.live]
    merge_requests = store_merge_requests.get_merge_requests(conn, keys)
    read = tasks.get(conn, portal_id, {link.task_id for link in live})
    return tuple(
        _merge_request_summary(
            merge_requests[key],
            [_named_task(link, read) for link in live if link.merge_request == key],
        )
        for key in keys
        if key in merge_requests
    )


def list_failures(conn: Connection, portal_id: int) -> tuple[Failure, ...]:
    """Return what was given up and waits for somebody to replay it.

    Refused smart commits are included where a setting may change the answer.
    """
    refused_rows = (
        smart_commit_row
        for smart_commit_row in store_smart_commits.refused(conn, portal_id)
        if smart_commit_row.smart_commit.retryable
    )
    return (
        *map(_command_failure, outbox.refused(conn, portal_id)),
        *map(_smart_commit_failure, refused_rows),
        *map(_subject_failure, subjects.dead(conn, portal_id)),
        *map(_delivery_failure, inbox.dead_deliveries(conn, portal_id)),
    )


def _command_failure(command_row: CommandRow) -> Failure:
    about, of = command_row.subject_key, command_row.subject_kind
    command = command_row.command
    message = command if isinstance(command, PutMessage) else None
    return Failure(
        "command",
        str(command_row.id),
        _action(command_row),
        about,
        command_row.error,
        command_row.done_at,
        of,
        str(message.place) if message else "",
        message.subject_key if message else "",
    )


def _action(command_row: CommandRow) -> str:
    """Return the command's kind; of a message also whether it is a card or in a chat."""
    command = command_row.command
    if not isinstance(command, PutMessage):
        return command_row.kind
    if command.place.dialog:
        return "chat_message"
    return "card" if command.subject_key.startswith("merge_request:") else "message"


def _smart_commit_failure(smart_commit_row: SmartCommitRow) -> Failure:
    command = smart_commit_row.smart_commit.command
    action, task = command.verb.value, str(command.task_id)
    return Failure(
        "smart-commit",
        str(smart_commit_row.key),
        action,
        task,
        smart_commit_row.reason,
        smart_commit_row.received_at,
    )


def _subject_failure(subject_row: SubjectRow) -> Failure:
    key = f"{subject_row.kind}:{subject_row.key}"
    return Failure(
        "subject",
        key,
        "decide",
        subject_row.key,
        shorten_traceback(subject_row.error),
        subject_row.dirty_at,
        subject_row.kind,
    )


def _delivery_failure(delivery_row: DeliveryRow) -> Failure:
    return Failure(
        "delivery",
        str(delivery_row.id),
        "read",
        delivery_row.event,
        shorten_traceback(delivery_row.outcome),
        delivery_row.received_at,
        "",
    )


_NO_PORTAL = "no portal is installed yet: open the application in Bitrix24, which sets it up"


def find_portal(
    conn: Connection, name: str | None, *, include_removed: bool = False
) -> PortalRecord:
    """Return the portal by domain, member id or number; without `name` the only one.

    Raises LookupError with what to do.
    """
    every = [
        portal_record
        for portal_record in portals.all_portals(conn)
        if include_removed or portal_record.state != "removed"
    ]
    if not every:
        raise LookupError(_NO_PORTAL)
    if name is None:
        if len(every) == 1:
            return every[0]
        raise LookupError(
            sentence("name the portal: {names}", names=", ".join(map(_portal_domain, every)))
        )
    records = [
        portal_record
        for portal_record in every
        if name in (portal_record.member_id, str(portal_record.id), _portal_domain(portal_record))
    ]
    if not records:
        names = ", ".join(map(_portal_domain, every))
        raise LookupError(
            sentence("no portal {name} is installed; there is: {names}", name=name, names=names)
        )
    return records[0]


def _portal_domain(portal: PortalRecord) -> str:
    return portal.client_endpoint.partition("://")[2].split("/")[0]


def _named_task(link: LinkRow, read: dict[int, TaskRow]) -> NamedTask:
    task = read.get(link.task_id)
    title = task.body.title if task and task.body else ""
    return NamedTask(link.task_id, link.kind.value, title, task is not None and task.missing)


def awaited_reviewers(merge_request: MergeRequest) -> tuple[str, ...]:
    """Return the names of the reviewers who did not answer yet; none once it is over."""
    if merge_request.state not in (MergeRequestState.OPENED, MergeRequestState.LOCKED):
        return ()
    return tuple(
        reviewer.person.display_name
        for reviewer in merge_request.reviewers
        if reviewer.state in _AWAITED
    )


def _merge_request_summary(
    merge_request: MergeRequest, task_list: list[NamedTask]
) -> MergeRequestSummary:
    pipeline = merge_request.pipeline
    return MergeRequestSummary(
        reference=f"{merge_request.project.path}!{merge_request.iid}",
        title=merge_request.title,
        url=merge_request.url,
        state=merge_request.state.value,
        draft=merge_request.draft,
        approved=merge_request.approved,
        author=merge_request.author.display_name if merge_request.author else "",
        approved_by=tuple(person.display_name for person in merge_request.approved_by),
        awaited=awaited_reviewers(merge_request),
        pipeline=pipeline.status.value if pipeline else None,
        pipeline_url=pipeline.url if pipeline else None,
        branch=merge_request.source_branch,
        updated_at=merge_request.updated_at,
        tasks=tuple(task_list),
    )
