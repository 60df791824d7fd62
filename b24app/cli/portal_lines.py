"""What `status` says of a portal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from b24app.cli.language import current_language, say
from b24app.cli.missed_lines import gap_lines
from b24app.cli.worker_lines import describe_age
from b24app.services import overview as services_overview
from b24app.services.failure_names import load_names
from b24app.services.failures import Failure, list_failures
from b24app.services.link_status import link_lines
from b24app.services.merge_request_summaries import MergeRequestSummary, latest_merge_requests
from sync.sentences import as_sentence, join_sentences, sentence
from sync.settings.apply import HISTORY_KEPT
from sync.store import bots, connections, hook_logs, inbox, logs, outbox
from sync.store.rows import PortalRecord, PurgeRow

_ANSWER_EXPECTED = timedelta(seconds=10)  # after that the answer to a write counts as lost
_HEADINGS = ("MERGE REQUEST", "STATE", "PIPELINE", "TASKS", "TITLE")


def portal_lines(conn: Connection, portal: PortalRecord, limit: int, now: datetime) -> list[str]:
    """Return the state of a portal, its connections, merge requests and failures."""
    overview = services_overview.build_overview(conn, portal)
    merge_requests = latest_merge_requests(conn, portal.id, limit)
    lines: list[str] = [
        sentence(
            "portal   {portal}  {state}: {reason}"
            if overview.reason
            else "portal   {portal}  {state}",
            portal=overview.portal,
            state=as_sentence(overview.state),
            reason=as_sentence(overview.reason),
        )
    ]
    lines += [
        sentence(
            "waiting  {deliveries_waiting} deliveries, {subjects_waiting} tasks, "
            "{commands_waiting} commands",
            deliveries_waiting=overview.deliveries_waiting,
            subjects_waiting=overview.subjects_waiting,
            commands_waiting=overview.commands_waiting,
        )
    ]
    if unanswered := outbox.count_unanswered(conn, portal.id, now - _ANSWER_EXPECTED):
        lines.append(
            sentence(
                "unknown  writes without an answer: {count}; it is not known whether they were "
                "done, which is looked up before any is repeated",
                count=unanswered,
            )
        )
    lines += _received_lines(conn, portal, overview, now)
    lines += [_describe_purge(item) for item in [logs.last_purge(conn, portal.id)] if item]
    if portal.bot_id:
        closed = len(bots.refused_places(conn, portal.id))
        lines.append(
            sentence(
                "bot      writes in chats and tasks; in {count} that do not let it in, the "
                "application itself does",
                count=closed,
            )
            if closed
            else "bot      writes in chats and tasks"
        )
    if portal.bot_problem:
        lines.append(
            sentence(
                "bot      none, so the application writes itself: {problem}",
                problem=as_sentence(portal.bot_problem),
            )
        )
    if overview.alerts:
        lines += [sentence("alerts   {alerts} open: `b24bridge alerts`", alerts=overview.alerts)]
    lines += [_describe_connection(item) for item in overview.connections]
    lines += gap_lines(hook_logs.of_portal(conn, portal.id))
    lines += [
        sentence(
            "missed   {failed} changes of tasks of which Bitrix24 sent no event, {made_up} made up "
            "for: {gap_at} UTC",
            failed=gap.tasks,
            made_up=gap.tasks,
            gap_at=f"{gap.at:%Y-%m-%d %H:%M}",
        )
        for gap in hook_logs.task_gaps(conn, [portal.id]).values()
    ]
    lines += [
        sentence(
            "dropped  {count} deliveries of {project}, which is not connected: remove its webhook",
            count=count,
            project=project,
        )
        for project, count in inbox.outside_counts(conn, portal.id).items()
    ]
    lines += [
        sentence(
            "removed  {name}  {base_url}  its history is kept until {removed_at}",
            name=record.name,
            base_url=record.base_url,
            removed_at=f"{record.removed_at + HISTORY_KEPT:%Y-%m-%d}",
        )
        for record in connections.removed(conn, portal.id)
        if record.removed_at
    ]
    lines += _table([_merge_request_cells(row) for row in merge_requests])
    for row in merge_requests:
        lines += [
            sentence(
                "unknown  {reference}: task {id} does not exist or is not visible",
                reference=row.reference,
                id=task.id,
            )
            for task in row.tasks
            if task.unknown
        ]
    lines += link_lines(conn, portal.id, limit)
    failures = list_failures(conn, portal.id)
    names = load_names(conn, portal, failures)
    for failure in failures:
        lines.append(
            sentence(
                "failed   {kind}:{id}  {what}: {text}",
                kind=failure.kind,
                id=failure.id,
                what=names.describe(failure, current_language()),
                text=as_sentence(failure.text),
            )
        )
    return lines + _next_lines(overview, failures)


def _received_lines(
    conn: Connection, portal: PortalRecord, overview: services_overview.Overview, now: datetime
) -> list[str]:
    """Return when GitLab and Bitrix24 were heard of last, and what to do where they never were."""
    lines: list[str] = []
    for origin, system in (("gitlab", "GitLab"), ("bitrix24", "Bitrix24")):
        last = inbox.last_received(conn, portal.id, origin)
        if last is not None:
            event, at = last
            lines.append(
                sentence(
                    "received {system}: {event} at {at} UTC, {age}",
                    system=as_sentence(system),
                    event=event,
                    at=f"{at:%Y-%m-%d %H:%M}",
                    age=describe_age(now - at),
                )
            )
        elif origin == "gitlab" and (names := _gitlab_names(overview)):
            name = names[0]
            lines.append(
                sentence(
                    "received {system}: nothing yet; `b24bridge gitlab test {name}` says why",
                    system=as_sentence(system),
                    name=name,
                )
            )
        elif origin == "bitrix24":
            lines.append(sentence("received {system}: nothing yet", system=as_sentence(system)))
    return lines


def _gitlab_names(overview: services_overview.Overview) -> list[str]:
    return [row["name"] for row in overview.connections if row["kind"] == "gitlab"]


def _next_lines(overview: services_overview.Overview, failures: Sequence[Failure]) -> list[str]:
    """Return what an administrator should do now."""
    lines: list[str] = []
    if overview.state == "disconnected":
        lines.append("next     open the application in Bitrix24 as an administrator")
    if not overview.connections:
        lines.append("next     connect GitLab: `b24bridge settings export` shows an example")
    for row in overview.connections:
        if row["state"] == "paused":
            lines.append(
                sentence(
                    "next     `b24bridge {kind} test {name}` says what to change",
                    kind=row["kind"],
                    name=row["name"],
                )
            )
    if failures:
        lines.append(
            "next     change what is said above, then `b24bridge replay NAME`; without a name all"
        )
    return lines


def _describe_purge(last: PurgeRow) -> str:
    counts = join_sentences(
        ", ",
        [
            sentence("{amount} {label}", label=as_sentence(label), amount=count)
            for label, count in last.rows.items()
        ],
    ) or as_sentence("nothing")
    return sentence(
        "purged   {at} UTC in {seconds} s: {counts}",
        at=f"{last.at:%Y-%m-%d %H:%M}",
        seconds=f"{last.milliseconds / 1000:.1f}",
        counts=counts,
    )


def _describe_connection(connection: dict[str, str]) -> str:
    reason = connection["state_reason"]
    return sentence(
        "{kind} {name}  {url}  {state}: {reason}" if reason else "{kind} {name}  {url}  {state}",
        kind=f"{connection['kind']:<8}",
        name=connection["name"],
        url=connection["base_url"],
        state=as_sentence(connection["state"]),
        reason=as_sentence(reason),
    )


def _merge_request_cells(row: MergeRequestSummary) -> tuple[str, ...]:
    states = ["draft" if row.draft and row.state == "opened" else row.state]
    if row.approved and row.state == "opened":
        states.append("approved")
    state = ", ".join(say(as_sentence(word)) for word in states)
    task_names = ", ".join(f"{task.id} ({say(as_sentence(task.kind))})" for task in row.tasks)
    task_names = task_names or say("no task")
    return (
        row.reference,
        state,
        say(as_sentence(row.pipeline)) if row.pipeline else "-",
        task_names,
        row.title,
    )


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    if not rows:
        return ["merge requests: none yet"]
    rows = [tuple(map(say, _HEADINGS)), *rows]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4]])
        for row in rows
    ]
