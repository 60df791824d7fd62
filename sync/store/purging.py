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
    ColumnElement,
    Connection,
    String,
    Table,
    and_,
    cast,
    delete,
    exists,
    literal,
    or_,
    select,
    tuple_,
)

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
    protected_branch,
    rest_log,
    spoken,
    subject,
    task,
    told,
    told_person,
)
from sync.store.upsert import among

Condition = ColumnElement[bool]
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


def _same(one: Any, other: Any, *names: str) -> Condition:
    return and_(*(one.c[name] == other.c[name] for name in names))


_PLACE = ("connection_id", "project_id")
_REQUEST = (*_PLACE, "iid")
_TASK = ("portal_id", "task_id")
_ABOUT = or_(task.c.state == "missing", task.c.body["status"].as_string() == "completed")


def _task_lives(of: Any) -> Condition:
    """The row's task is not completed, or something of it is to be done. Unread: it lives."""
    key = cast(of.c.task_id, String)
    mine = (subject.c.portal_id == of.c.portal_id, subject.c.kind == "task", subject.c.key == key)
    live = command.c.state.in_(["waiting", "sending"])
    about = (command.c.subject_kind == "task", command.c.subject_key == key)
    asked = (command.c.portal_id == of.c.portal_id, *about, live)
    return or_(
        ~exists().where(_same(task, of, *_TASK), _ABOUT),
        exists().where(*mine, subject.c.state != "clean"),
        exists().where(*asked),
    )


def _request_is_shown(moment: datetime) -> Condition:
    """A merge request counts in its tasks' state for as long as anything newer does."""
    other, newer = link.alias(), merge_request.alias()
    young = exists().where(
        _same(other, link, *_TASK),
        other.c.state == "live",
        _same(newer, other, *_REQUEST),
        newer.c.updated_at >= moment,
    )
    named = (_same(link, merge_request, *_REQUEST), link.c.state == "live")
    return exists().where(*named, or_(_task_lives(link), young))


def _request_is_there(moment: datetime) -> Condition:
    return exists().where(_same(merge_request, link, *_REQUEST))


def _deployment_is_the_newest(moment: datetime) -> Condition:
    later = deployment.alias()
    return ~exists().where(
        _same(later, deployment, *_PLACE, "environment"),
        later.c.updated_at > deployment.c.updated_at,
    )


def _deployment_is_to_be_asked(moment: datetime) -> Condition:
    return deployment.c.ask_at.is_not(None)


def _deployment_carries(moment: datetime) -> Condition:
    sha, c = deployment.c.body["sha"].as_string(), merge_request.c
    told = exists().where(
        _same(carried, deployment, *_PLACE, "deployment_id"),
        _same(merge_request, carried, *_REQUEST),
    )
    by_commit = or_(c.head_sha == sha, c.merge_sha == sha)
    return or_(told, exists().where(_same(merge_request, deployment, *_PLACE), by_commit))


def _deployment_is_there(moment: datetime) -> Condition:
    return exists().where(_same(deployment, carried, *_PLACE, "deployment_id"))


def _pipeline_is_shown(moment: datetime) -> Condition:
    c = merge_request.c
    ran_for = or_(
        c.iid == pipeline.c.merge_request_iid,
        c.head_sha == pipeline.c.sha,
        c.merge_sha == pipeline.c.sha,
    )
    by_request = exists().where(_same(merge_request, pipeline, *_PLACE), ran_for)
    of_branch = named_commit.c.branch == pipeline.c.ref
    named = and_(_same(named_commit, pipeline, *_PLACE, "sha"), of_branch)
    return or_(by_request, exists().where(named, _task_lives(named_commit)))


def _pipeline_is_there(moment: datetime) -> Condition:
    return exists().where(_same(pipeline, pipeline_jobs, *_PLACE, "pipeline_id"))


def _commit_is_shown(moment: datetime) -> Condition:
    on_branch = merge_request.c.source_branch == commit.c.branch
    by_request = exists().where(_same(merge_request, commit, *_PLACE), on_branch)
    named = _same(named_commit, commit, *_PLACE, "branch", "sha")
    return or_(by_request, exists().where(named, _task_lives(named_commit)))


def _named_commit_is_shown(moment: datetime) -> Condition:
    return or_(
        _task_lives(named_commit),
        exists().where(_same(pipeline, named_commit, *_PLACE, "sha")),
        exists().where(_same(commit, named_commit, *_PLACE, "branch", "sha")),
    )


def _task_is_named(of: Any) -> Callable[[datetime], Condition]:
    task_id = cast(of.c.key, String) if of is subject else cast(of.c.task_id, String)

    def named(moment: datetime) -> Condition:
        return or_(
            *(
                exists().where(
                    names.c.portal_id == of.c.portal_id, cast(names.c.task_id, String) == task_id
                )
                for names in (link, named_commit, item_task)
            )
        )

    return named


def _task_is_remembered(moment: datetime) -> Condition:
    key = cast(task.c.task_id, String)
    return or_(
        task.c.changed_at >= moment,
        exists().where(_same(message, task, *_TASK)),
        exists().where(
            subject.c.portal_id == task.c.portal_id, subject.c.kind == "task", subject.c.key == key
        ),
    )


def _item_is_there(moment: datetime) -> Condition:
    """Of a deployment, the deployment itself: its key is made of number and environment."""
    key = cast(deployment.c.deployment_id, String) + ":" + deployment.c.environment
    deployed = and_(item_task.c.kind == "deployment", item_task.c.key == key)
    return or_(
        exists().where(_same(item, item_task, *_PLACE, "kind", "key")),
        exists().where(_same(deployment, item_task, *_PLACE), deployed),
    )


def _ref_is_there(moment: datetime) -> Condition:
    """Anything of the branch that may be looked at again, or the branch itself."""
    branches = [
        (merge_request, merge_request.c.source_branch),
        (pipeline, pipeline.c.ref),
        (commit, commit.c.branch),
        (named_commit, named_commit.c.branch),
        (protected_branch, protected_branch.c.branch),
        (alert, alert.c.ref),
    ]
    of_items = exists().where(_same(item, told, *_PLACE), item.c.kind == "branch")
    return or_(
        of_items.where(item.c.key == told.c.ref),
        *(exists().where(_same(of, told, *_PLACE), ref == told.c.ref) for of, ref in branches),
    )


def _of_open_alert(moment: datetime) -> Condition:
    """What an open alert is told with when it ends: the pipelines of its ref since it began."""
    of_ref = or_(
        alert.c.ref == pipeline.c.ref,
        alert.c.ref == literal("refs/tags/") + pipeline.c.ref,
        alert.c.ref
        == literal("refs/merge-requests/") + cast(pipeline.c.merge_request_iid, String) + "/head",
    )
    since = pipeline.c.pipeline_id >= alert.c.opened_by
    return exists().where(_same(alert, pipeline, *_PLACE), ~_ALERT_OVER, of_ref, since)


def _tells_open_alert(of: Any) -> Callable[[datetime], Condition]:
    """Its name as in `core.alert_names`."""
    place = cast(alert.c.connection_id, String) + "/" + cast(alert.c.project_id, String)
    whole = literal("alert:") + place + ":" + alert.c.ref + ":" + cast(alert.c.opened_by, String)
    mine = alert.c.connection_id == connection.c.id, connection.c.portal_id == of.c.portal_id

    def tells(moment: datetime) -> Condition:
        names = or_(of.c.about == whole, of.c.about == whole + ":" + alert.c.stage)
        return exists().where(*mine, ~_ALERT_OVER, names)

    return tells


_ALERT_OVER = alert.c.state.in_(["resolved", "closed"])
_REQUEST_OVER = merge_request.c.state.in_(["merged", "closed"])
_COMMAND_OVER = command.c.state.in_(["done", "dropped"])

# Failures (dead deliveries, refused commands) stay until somebody has dealt with them.
RULES = (
    Rule("deliveries", "deliveries", delivery, delivery.c.received_at, delivery.c.state == "done"),
    Rule("calls", "audit", rest_log, rest_log.c.at),
    Rule("commands", "commands", command, command.c.done_at, _COMMAND_OVER),
    Rule("decisions", "decisions", decision, decision.c.at),
    Rule(
        "merge requests", "mirror", merge_request, merge_request.c.updated_at, _REQUEST_OVER,
        unless=(_request_is_shown,),
    ),
    Rule("links", "mirror", link, None, unless=(_request_is_there,)),
    Rule(
        "deployments", "mirror", deployment, deployment.c.updated_at,
        unless=(_deployment_is_to_be_asked, _deployment_is_the_newest, _deployment_carries),
    ),
    Rule("what deployments carry", "mirror", carried, None, unless=(_deployment_is_there,)),
    Rule(
        "pipelines", "mirror", pipeline, pipeline.c.updated_at,
        unless=(_pipeline_is_shown, _of_open_alert),
    ),
    Rule("jobs", "mirror", pipeline_jobs, pipeline_jobs.c.read_for, unless=(_pipeline_is_there,)),
    Rule("commits", "mirror", commit, commit.c.heard_at, unless=(_commit_is_shown,)),
    Rule("named commits", "mirror", named_commit, None, unless=(_named_commit_is_shown,)),
    Rule("items", "mirror", item, item.c.heard_at),
    Rule("tasks of items", "mirror", item_task, None, unless=(_item_is_there,)),
    Rule("alerts", "mirror", alert, alert.c.updated_at, _ALERT_OVER),
    Rule("what commits said", "mirror", spoken, spoken.c.heard_at, spoken.c.state != "new"),
    Rule("posts", "mirror", post, post.c.at, unless=(_tells_open_alert(post),)),
    Rule(
        "what people were told", "mirror", told_person, told_person.c.at,
        unless=(_tells_open_alert(told_person),),
    ),
    Rule(
        # A delivery that is still there may be replayed.
        "what was told of branches", ("mirror", "deliveries"), told, told.c.at,
        unless=(_ref_is_there,),
    ),
    Rule("messages", "mirror", message, message.c.at, unless=(_task_is_named(message),)),
    Rule(
        "subjects", "mirror", subject, subject.c.dirty_at, subject.c.state == "clean",
        unless=(_task_is_named(subject),),
    ),
    Rule(
        "tasks", "mirror", task, task.c.read_at,
        unless=(_task_is_named(task), _task_is_remembered),
    ),
)  # fmt: skip
