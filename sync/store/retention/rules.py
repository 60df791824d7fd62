"""What is kept long enough, and what open work still needs: one rule a table.

Rules stand in the order in which they are applied: what holds others back goes first.
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

from sync.store.db.upsert import among
from sync.store.retention import guards
from sync.store.retention.guards import Condition
from sync.store.tables import (
    alert,
    carried,
    command,
    commit,
    connection,
    decision,
    delivery,
    deployment,
    item,
    item_task,
    link,
    merge_request,
    message,
    named_commit,
    pipeline,
    pipeline_jobs,
    post,
    rest_log,
    spoken,
    subject,
    task,
    told,
    told_person,
)

Key = tuple[Any, ...]


@dataclass(frozen=True)
class Rule:
    """Rows of `table` go when `by` is older than `age` says (None: at once), if they are `over`
    and nothing that `unless` names, for that moment, is true of them.

    `age`: fields of the settings' retention, of which the longest counts. `what`: in words, for
    those who look.
    """

    what: str
    age: str | tuple[str, ...]
    table: Table
    by: Column[Any] | None
    over: Condition | None = None
    unless: tuple[Callable[[datetime], Condition], ...] = ()


def find(
    conn: Connection,
    rule: Rule,
    portal_id: int,
    moment: datetime,
    *,
    limit: int,
    after: Key | None = None,
) -> list[Key]:
    """The keys of up to `limit` rows that may go, beyond the key `after`: it needs no lock."""
    key = list(rule.table.primary_key.columns)
    query = select(*key).where(*_where(rule, portal_id, moment))
    if after is not None:
        query = query.where(tuple_(*key) > tuple_(*map(literal, after, [c.type for c in key])))
    return [tuple(row) for row in conn.execute(query.order_by(*key).limit(limit))]


def remove(
    conn: Connection, rule: Rule, portal_id: int, moment: datetime, keys: Sequence[Key]
) -> int:
    """Deletes those of the rows that still may go; how many."""
    columns, where = list(rule.table.primary_key.columns), _where(rule, portal_id, moment)
    return sum(
        conn.execute(delete(rule.table).where(chosen, *where)).rowcount
        for chosen in among(columns, keys)
    )


def _where(rule: Rule, portal_id: int, moment: datetime) -> list[Condition]:
    where = [_owned(rule.table, portal_id)]
    where += [] if rule.by is None else [rule.by < moment]
    where += [] if rule.over is None else [rule.over]
    return where + [~needed(moment) for needed in rule.unless]


def _owned(table: Table, portal_id: int) -> Condition:
    """The portal's own, by itself or by a connection. What is nobody's goes with anybody's."""
    if "portal_id" not in table.c:
        mine = select(connection.c.id).where(connection.c.portal_id == portal_id)
        return table.c.connection_id.in_(mine)
    own = table.c.portal_id == portal_id
    return or_(own, table.c.portal_id.is_(None)) if table.c.portal_id.nullable else own


# Failures (dead deliveries, refused commands) stay until somebody has dealt with them.
RULES = (
    Rule("deliveries", "deliveries", delivery, delivery.c.received_at, delivery.c.state == "done"),
    Rule("calls", "audit", rest_log, rest_log.c.at),
    Rule("commands", "commands", command, command.c.done_at, guards.COMMAND_OVER),
    Rule("decisions", "decisions", decision, decision.c.at),
    Rule(
        "merge requests", "mirror", merge_request, merge_request.c.updated_at, guards.REQUEST_OVER,
        unless=(guards.request_is_shown,),
    ),
    Rule("links", "mirror", link, None, unless=(guards.request_is_there,)),
    Rule(
        "deployments", "mirror", deployment, deployment.c.updated_at,
        unless=(
            guards.deployment_is_to_be_asked,
            guards.deployment_is_the_newest,
            guards.deployment_carries,
        ),
    ),
    Rule("what deployments carry", "mirror", carried, None, unless=(guards.deployment_is_there,)),
    Rule(
        "pipelines", "mirror", pipeline, pipeline.c.updated_at,
        unless=(guards.pipeline_is_shown, guards.of_open_alert),
    ),
    Rule(
        "jobs", "mirror", pipeline_jobs, pipeline_jobs.c.read_for,
        unless=(guards.pipeline_is_there,),
    ),
    Rule("commits", "mirror", commit, commit.c.heard_at, unless=(guards.commit_is_shown,)),
    Rule("named commits", "mirror", named_commit, None, unless=(guards.named_commit_is_shown,)),
    Rule("items", "mirror", item, item.c.heard_at),
    Rule("tasks of items", "mirror", item_task, None, unless=(guards.item_is_there,)),
    Rule("alerts", "mirror", alert, alert.c.updated_at, guards.ALERT_OVER),
    Rule("what commits said", "mirror", spoken, spoken.c.heard_at, spoken.c.state != "new"),
    Rule("posts", "mirror", post, post.c.at, unless=(guards.tells_open_alert(post),)),
    Rule(
        "what people were told", "mirror", told_person, told_person.c.at,
        unless=(guards.tells_open_alert(told_person),),
    ),
    Rule(
        # A delivery that is still there may be replayed.
        "what was told of branches", ("mirror", "deliveries"), told, told.c.at,
        unless=(guards.ref_is_there,),
    ),
    Rule("messages", "mirror", message, message.c.at, unless=(guards.task_is_named(message),)),
    Rule(
        "subjects", "mirror", subject, subject.c.dirty_at, subject.c.state == "clean",
        unless=(guards.task_is_named(subject),),
    ),
    Rule(
        "tasks", "mirror", task, task.c.read_at,
        unless=(guards.task_is_named(task), guards.task_is_remembered),
    ),
)  # fmt: skip
