"""The retention rules, one a table.

They stand in the order in which they are applied: a table that keeps rows of others goes first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Table,
    delete,
    literal,
    or_,
    select,
    tuple_,
)

from sync.store.db.upsert import in_keys
from sync.store.retention import guards
from sync.store.retention.guards import Condition
from sync.store.tables import (
    activity,
    activity_task,
    alert,
    api_call,
    command,
    commit,
    commit_task,
    connection,
    decision,
    delivery,
    deployment,
    deployment_merge_request,
    issue_link_change,
    issue_link_story,
    link,
    merge_request,
    merge_request_commit,
    message,
    notified_state,
    pipeline,
    pipeline_jobs,
    smart_commit,
    subject,
    task,
)

RowKey = tuple[Any, ...]


@dataclass(frozen=True)
class RetentionRule:
    """A rule that decides which rows of `table` expire.

    A row expires when `aged_by` is older than `age` (None: at once), `condition` holds, and none of
    `guards` does. `age` names fields of the retention settings, of which the longest counts. `name`
    is shown to people.
    """

    name: str
    age: str | tuple[str, ...]
    table: Table
    aged_by: Column[Any] | None
    condition: Condition | None = None
    guards: tuple[Callable[[datetime], Condition], ...] = ()


def find_expired(
    conn: Connection,
    rule: RetentionRule,
    portal_id: int,
    moment: datetime,
    *,
    limit: int,
    after: RowKey | None = None,
) -> list[RowKey]:
    """Return the keys of up to `limit` expired rows after the key `after`; needs no lock."""
    key = list(rule.table.primary_key.columns)
    query = select(*key).where(*_conditions(rule, portal_id, moment))
    if after is not None:
        query = query.where(tuple_(*key) > tuple_(*map(literal, after, [c.type for c in key])))
    return [tuple(row) for row in conn.execute(query.order_by(*key).limit(limit))]


def delete_expired(
    conn: Connection, rule: RetentionRule, portal_id: int, moment: datetime, keys: Sequence[RowKey]
) -> int:
    """Delete those of the rows that are still expired and return how many."""
    columns, where = list(rule.table.primary_key.columns), _conditions(rule, portal_id, moment)
    return sum(
        conn.execute(delete(rule.table).where(chosen, *where)).rowcount
        for chosen in in_keys(columns, keys)
    )


def _conditions(rule: RetentionRule, portal_id: int, moment: datetime) -> list[Condition]:
    where = [_belongs_to_portal(rule.table, portal_id)]
    where += [] if rule.aged_by is None else [rule.aged_by < moment]
    where += [] if rule.condition is None else [rule.condition]
    return where + [~needed(moment) for needed in rule.guards]


def _belongs_to_portal(table: Table, portal_id: int) -> Condition:
    """Match rows of the portal, by itself or by a connection.

    Rows of no portal are deleted together with those of any.
    """
    if "portal_id" not in table.c:
        own_pipelines = select(connection.c.id).where(connection.c.portal_id == portal_id)
        return table.c.connection_id.in_(own_pipelines)
    own = table.c.portal_id == portal_id
    return or_(own, table.c.portal_id.is_(None)) if table.c.portal_id.nullable else own


# Failures (dead deliveries, refused commands) stay until somebody has dealt with them.
RULES = (
    RetentionRule(
        "deliveries", "deliveries", delivery, delivery.c.received_at, delivery.c.state == "done"
    ),
    RetentionRule("calls", "audit", api_call, api_call.c.at),
    RetentionRule("commands", "commands", command, command.c.done_at, guards.COMMAND_HAS_ENDED),
    RetentionRule("decisions", "decisions", decision, decision.c.at),
    RetentionRule("stories of links", "decisions", issue_link_story, issue_link_story.c.at),
    RetentionRule("changes of links", "decisions", issue_link_change, issue_link_change.c.at),
    RetentionRule(
        "merge requests",
        "mirror",
        merge_request,
        merge_request.c.updated_at,
        guards.MERGE_REQUEST_HAS_ENDED,
        guards=(guards.merge_request_in_use,),
    ),
    RetentionRule("links", "mirror", link, None, guards=(guards.merge_request_exists,)),
    RetentionRule(
        "commits of merge requests",
        "mirror",
        merge_request_commit,
        None,
        guards=(guards.merge_request_with_commit_exists,),
    ),
    RetentionRule(
        "deployments",
        "mirror",
        deployment,
        deployment.c.updated_at,
        guards=(
            guards.deployment_awaits_fetch,
            guards.deployment_is_newest,
            guards.deployment_includes_merge_request,
        ),
    ),
    RetentionRule(
        "contents of deployments",
        "mirror",
        deployment_merge_request,
        None,
        guards=(guards.deployment_exists,),
    ),
    RetentionRule(
        "pipelines",
        "mirror",
        pipeline,
        pipeline.c.updated_at,
        guards=(guards.pipeline_in_use, guards.belongs_to_open_alert),
    ),
    RetentionRule(
        "jobs",
        "mirror",
        pipeline_jobs,
        pipeline_jobs.c.pipeline_updated_at,
        guards=(guards.pipeline_exists,),
    ),
    RetentionRule(
        "commits", "mirror", commit, commit.c.received_at, guards=(guards.commit_in_use,)
    ),
    RetentionRule(
        "tasks of commits", "mirror", commit_task, None, guards=(guards.commit_task_in_use,)
    ),
    RetentionRule("activity", "mirror", activity, activity.c.received_at),
    RetentionRule(
        "tasks of activity", "mirror", activity_task, None, guards=(guards.activity_exists,)
    ),
    RetentionRule("alerts", "mirror", alert, alert.c.updated_at, guards.ALERT_HAS_ENDED),
    RetentionRule(
        "smart commits",
        "mirror",
        smart_commit,
        smart_commit.c.received_at,
        smart_commit.c.state != "new",
    ),
    RetentionRule(
        "notified people",
        "mirror",
        notified_state,
        notified_state.c.at,
        notified_state.c.user_id != 0,
        guards=(guards.names_open_alert(notified_state),),
    ),
    RetentionRule(
        # A delivery that is still there may be replayed.
        "notified states",
        ("mirror", "deliveries"),
        notified_state,
        notified_state.c.at,
        notified_state.c.user_id == 0,
        guards=(guards.ref_exists,),
    ),
    RetentionRule(
        "messages",
        "mirror",
        message,
        message.c.at,
        guards=(guards.task_has_work(message), guards.names_open_alert(message)),
    ),
    RetentionRule(
        "subjects",
        "mirror",
        subject,
        subject.c.dirty_at,
        subject.c.state == "clean",
        guards=(guards.task_has_work(subject),),
    ),
    RetentionRule(
        "tasks",
        "mirror",
        task,
        task.c.read_at,
        guards=(guards.task_has_work(task), guards.task_is_referenced),
    ),
)
