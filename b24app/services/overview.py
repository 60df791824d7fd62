"""What people are shown: merge request rows, the development of a task, and what failed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from sync.core.model.commands import PutMessage
from sync.core.model.merge_requests import MergeRequest, MergeRequestKey
from sync.store import alerts, connections, inbox, links, outbox, portals, subjects, tasks
from sync.store import merge_requests as store_merge_requests
from sync.store import smart_commits as store_smart_commits
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


@dataclass(frozen=True, slots=True)
class NamedTask:
    """A task that a merge request names. `unknown`: the portal shows no such task to the app."""

    id: int
    kind: str
    title: str = ""
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class MergeRequestSummary:
    """A merge request as people see it."""

    reference: str
    title: str
    url: str
    state: str
    draft: bool
    approved: bool
    author: str
    approved_by: tuple[str, ...]
    pipeline: str | None
    pipeline_url: str | None
    branch: str
    updated_at: datetime
    tasks: tuple[NamedTask, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that was given up: `kind` and `id` are what `replay` takes.

    `action`: the command's kind (of a message `card`, `message` or `chat_message`), the verb of a
    commit's command, `decide` of a subject, `read` of a delivery; `about`: the task, the event's name, or what else the subject is (`of`: its kind,
    "" of a delivery).
    """

    kind: str
    id: str
    action: str
    about: str
    text: str
    at: datetime | None
    of: str = "task"


@dataclass(frozen=True, slots=True)
class Overview:
    """A portal at a glance; waiting, dead and open alerts are counts."""

    portal: str
    state: str
    reason: str
    connections: tuple[dict[str, Any], ...]
    deliveries_waiting: int
    subjects_waiting: int
    commands_waiting: int
    dead: int
    alerts: int
    merge_requests: tuple[MergeRequestSummary, ...]


def build_overview(
    conn: Connection, portal: PortalRecord, limit: int = MAX_MERGE_REQUESTS
) -> Overview:
    of_subjects, of_commands = subjects.counts(conn, portal.id), outbox.counts(conn, portal.id)
    return Overview(
        portal=portal.client_endpoint.removesuffix("/rest/").partition("://")[2],
        state=portal.state,
        reason=portal.state_reason,
        connections=tuple(
            summarize_connection(one) for one in connections.by_portal(conn, portal.id)
        ),
        deliveries_waiting=inbox.pending_count(conn, portal.id),
        subjects_waiting=of_subjects.get("dirty", 0),
        commands_waiting=of_commands.get("waiting", 0) + of_commands.get("sending", 0),
        dead=len(list_failures(conn, portal.id)),
        alerts=alerts.open_count(conn, portal.id),
        merge_requests=latest_merge_requests(conn, portal.id, limit),
    )


def summarize_connection(record: ConnectionRecord) -> dict[str, Any]:
    """A connection without anything secret; why it pauses, or what its host last denied."""
    fields = ("name", "kind", "base_url", "state", "account")
    reason = record.state_reason or record.account.get("problem") or ""
    return {name: getattr(record, name) for name in fields} | {"state_reason": reason}


def latest_merge_requests(
    conn: Connection, portal_id: int, limit: int = MAX_MERGE_REQUESTS
) -> tuple[MergeRequestSummary, ...]:
    """The merge requests of a portal that changed last."""
    columns = merge_request.c
    query = (
        select(columns.connection_id, columns.project_id, columns.iid)
        .join(connection, connection.c.id == columns.connection_id)
        .where(connection.c.portal_id == portal_id)
        .order_by(columns.updated_at.desc())
        .limit(limit)
    )
    keys = [MergeRequestKey(*row) for row in conn.execute(query)]
    named = links.by_merge_requests(conn, keys)
    return summarize_merge_requests(
        conn, portal_id, keys, [link for found in named.values() for link in found]
    )


def summarize_merge_requests(
    conn: Connection, portal_id: int, keys: Sequence[MergeRequestKey], named: Iterable[LinkRow]
) -> tuple[MergeRequestSummary, ...]:
    """The rows of merge requests in the order given; unknown ones are left out."""
    live = [link for link in named if link.live]
    known = store_merge_requests.get_merge_requests(conn, keys)
    read = tasks.get(conn, portal_id, {link.task_id for link in live})
    return tuple(
        _merge_request_summary(
            known[key], [_named_task(link, read) for link in live if link.merge_request == key]
        )
        for key in keys
        if key in known
    )


def list_failures(conn: Connection, portal_id: int) -> tuple[Failure, ...]:
    """What was given up and waits for somebody to replay it.

    What a commit told a task is among it where a setting may change the answer.
    """
    told = (
        one for one in store_smart_commits.refused(conn, portal_id) if one.smart_commit.retryable
    )
    return (
        *map(_command_failure, outbox.refused(conn, portal_id)),
        *map(_smart_commit_failure, told),
        *map(_subject_failure, subjects.dead(conn, portal_id)),
        *map(_delivery_failure, inbox.dead_deliveries(conn, portal_id)),
    )


def _command_failure(one: CommandRow) -> Failure:
    about, of = one.subject_key, one.subject_kind
    return Failure("command", str(one.id), _action(one), about, one.error, one.done_at, of)


def _action(row: CommandRow) -> str:
    """Return the command's kind; of a message also whether it is a card or in a chat."""
    if not isinstance(row.command, PutMessage):
        return row.kind
    if row.command.place.dialog:
        return "chat_message"
    return "card" if row.command.subject_key.startswith("merge_request:") else "message"


def _smart_commit_failure(one: SmartCommitRow) -> Failure:
    command = one.smart_commit.command
    action, task = command.verb.value, str(command.task_id)
    return Failure("smart-commit", str(one.key), action, task, one.reason, one.received_at)


def _subject_failure(one: SubjectRow) -> Failure:
    key = f"{one.kind}:{one.key}"
    return Failure("subject", key, "decide", one.key, one.error, one.dirty_at, one.kind)


def _delivery_failure(one: DeliveryRow) -> Failure:
    return Failure("delivery", str(one.id), "read", one.event, one.outcome, one.received_at, "")


def find_portal(conn: Connection, name: str | None) -> PortalRecord:
    """The portal by domain, member id or number; without a name, the only one there is.

    Raises LookupError with what to do.
    """
    every = [one for one in portals.all_portals(conn) if one.state != "removed"]
    if name is None:
        if len(every) == 1:
            return every[0]
        raise LookupError(
            "name the portal: " + ", ".join(map(_portal_domain, every))
            if every
            else "no portal is installed yet"
        )
    found = [one for one in every if name in (one.member_id, str(one.id), _portal_domain(one))]
    if not found:
        raise LookupError(f"no portal {name} is installed")
    return found[0]


def _portal_domain(portal: PortalRecord) -> str:
    return portal.client_endpoint.partition("://")[2].split("/")[0]


def _named_task(link: LinkRow, read: dict[int, TaskRow]) -> NamedTask:
    task = read.get(link.task_id)
    title = task.body.title if task and task.body else ""
    return NamedTask(link.task_id, link.kind.value, title, task is not None and task.missing)


def _merge_request_summary(one: MergeRequest, named: list[NamedTask]) -> MergeRequestSummary:
    pipeline = one.pipeline
    return MergeRequestSummary(
        reference=f"{one.project.path}!{one.iid}",
        title=one.title,
        url=one.url,
        state=one.state.value,
        draft=one.draft,
        approved=one.approved,
        author=one.author.display_name if one.author else "",
        approved_by=tuple(person.display_name for person in one.approved_by),
        pipeline=pipeline.status.value if pipeline else None,
        pipeline_url=pipeline.url if pipeline else None,
        branch=one.source_branch,
        updated_at=one.updated_at,
        tasks=tuple(named),
    )
