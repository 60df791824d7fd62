"""Conditions that keep a row however old it is, because open work still needs it.

Each one is about a row of its own table; `moment` is the one before which rows are old.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, exists, literal, or_

from sync.store.tables import (
    activity,
    activity_task,
    alert,
    command,
    commit,
    commit_task,
    connection,
    deployment,
    deployment_merge_request,
    link,
    merge_request,
    merge_request_commit,
    message,
    notified_state,
    pipeline,
    pipeline_jobs,
    protected_branch,
    subject,
    task,
)

Condition = ColumnElement[bool]


def _columns_equal(entry: Any, other: Any, *names: str) -> Condition:
    return and_(*(entry.c[name] == other.c[name] for name in names))


_PROJECT_COLUMNS = ("connection_id", "project_id")
_MERGE_REQUEST_COLUMNS = (*_PROJECT_COLUMNS, "iid")
_TASK_COLUMNS = ("portal_id", "task_id")
_TASK_IS_OVER = or_(task.c.state == "missing", task.c.body["status"].as_string() == "completed")


def _task_is_live(of: Any) -> Condition:
    """Match rows whose task is not completed or has work waiting, or was never read."""
    key = cast(of.c.task_id, String)
    own = (subject.c.portal_id == of.c.portal_id, subject.c.kind == "task", subject.c.key == key)
    live = command.c.state.in_(["waiting", "sending"])
    about = (command.c.subject_kind == "task", command.c.subject_key == key)
    is_asked = (command.c.portal_id == of.c.portal_id, *about, live)
    return or_(
        ~exists().where(_columns_equal(task, of, *_TASK_COLUMNS), _TASK_IS_OVER),
        exists().where(*own, subject.c.state != "clean"),
        exists().where(*is_asked),
    )


def merge_request_in_use(moment: datetime) -> Condition:
    """Match merge requests whose task is live or has a recent merge request."""
    other, newer = link.alias(), merge_request.alias()
    young = exists().where(
        _columns_equal(other, link, *_TASK_COLUMNS),
        other.c.state == "live",
        _columns_equal(newer, other, *_MERGE_REQUEST_COLUMNS),
        newer.c.updated_at >= moment,
    )
    pairs = (_columns_equal(link, merge_request, *_MERGE_REQUEST_COLUMNS), link.c.state == "live")
    return exists().where(*pairs, or_(_task_is_live(link), young))


def merge_request_exists(moment: datetime) -> Condition:
    """Match links whose merge request is stored."""
    return exists().where(_columns_equal(merge_request, link, *_MERGE_REQUEST_COLUMNS))


def merge_request_with_commit_exists(moment: datetime) -> Condition:
    """Build the condition that a commit's merge request is still stored."""
    same = _columns_equal(merge_request, merge_request_commit, *_MERGE_REQUEST_COLUMNS)
    return exists().where(same)


def deployment_is_newest(moment: datetime) -> Condition:
    """Match the newest deployment of each environment."""
    later = deployment.alias()
    return ~exists().where(
        _columns_equal(later, deployment, *_PROJECT_COLUMNS, "environment"),
        later.c.updated_at > deployment.c.updated_at,
    )


def deployment_awaits_fetch(moment: datetime) -> Condition:
    """Match deployments whose contents are still to be fetched."""
    return deployment.c.fetch_at.is_not(None)


def deployment_includes_merge_request(moment: datetime) -> Condition:
    """Match deployments that include a stored merge request."""
    sha, c = deployment.c.body["sha"].as_string(), merge_request.c
    listed = exists().where(
        _columns_equal(deployment_merge_request, deployment, *_PROJECT_COLUMNS, "deployment_id"),
        _columns_equal(merge_request, deployment_merge_request, *_MERGE_REQUEST_COLUMNS),
    )
    by_commit = or_(c.head_sha == sha, c.merge_sha == sha)
    return or_(
        listed,
        exists().where(_columns_equal(merge_request, deployment, *_PROJECT_COLUMNS), by_commit),
    )


def deployment_exists(moment: datetime) -> Condition:
    """Match contents whose deployment is stored."""
    return exists().where(
        _columns_equal(deployment, deployment_merge_request, *_PROJECT_COLUMNS, "deployment_id")
    )


def pipeline_in_use(moment: datetime) -> Condition:
    """Match pipelines of a stored merge request or of a live task's commit."""
    c = merge_request.c
    ran_for = or_(
        c.iid == pipeline.c.merge_request_iid,
        c.head_sha == pipeline.c.sha,
        c.merge_sha == pipeline.c.sha,
    )
    by_request = exists().where(_columns_equal(merge_request, pipeline, *_PROJECT_COLUMNS), ran_for)
    of_branch = commit_task.c.branch == pipeline.c.ref
    pairs = and_(_columns_equal(commit_task, pipeline, *_PROJECT_COLUMNS, "sha"), of_branch)
    return or_(by_request, exists().where(pairs, _task_is_live(commit_task)))


def pipeline_exists(moment: datetime) -> Condition:
    """Match jobs whose pipeline is stored."""
    return exists().where(_columns_equal(pipeline, pipeline_jobs, *_PROJECT_COLUMNS, "pipeline_id"))


def commit_in_use(moment: datetime) -> Condition:
    """Match commits on a merge request's branch, and those that name a live task."""
    on_branch = merge_request.c.source_branch == commit.c.branch
    in_project = (
        merge_request.c.connection_id == commit.c.connection_id,
        merge_request.c.source_project_id == commit.c.project_id,
    )
    by_request = exists().where(*in_project, on_branch)
    condition = _columns_equal(commit_task, commit, *_PROJECT_COLUMNS, "branch", "sha")
    return or_(by_request, exists().where(condition, _task_is_live(commit_task)))


def commit_task_in_use(moment: datetime) -> Condition:
    """Match task names of a commit if the task lives, or commit or pipeline is stored."""
    return or_(
        _task_is_live(commit_task),
        exists().where(_columns_equal(pipeline, commit_task, *_PROJECT_COLUMNS, "sha")),
        exists().where(_columns_equal(commit, commit_task, *_PROJECT_COLUMNS, "branch", "sha")),
    )


def task_has_work(of: Any) -> Callable[[datetime], Condition]:
    """Build the condition that a link, commit or activity names the row's task.

    Of a message it is the task in whose discussion it stands.
    """
    key: ColumnElement[str]
    match of.name:
        case "subject":
            key = of.c.key
        case "message":
            key = of.c.place
        case _:
            key = cast(of.c.task_id, String)
    prefix = literal("task:" if of is message else "")

    def named(moment: datetime) -> Condition:
        return or_(
            *(
                exists().where(
                    names.c.portal_id == of.c.portal_id,
                    prefix + cast(names.c.task_id, String) == key,
                )
                for names in (link, commit_task, activity_task)
            )
        )

    return named


def task_is_referenced(moment: datetime) -> Condition:
    """Match tasks that changed since, or have a message or a subject."""
    key = cast(task.c.task_id, String)
    return or_(
        task.c.changed_at >= moment,
        exists().where(
            message.c.portal_id == task.c.portal_id, message.c.place == literal("task:") + key
        ),
        exists().where(
            subject.c.portal_id == task.c.portal_id, subject.c.kind == "task", subject.c.key == key
        ),
    )


def activity_exists(moment: datetime) -> Condition:
    """Match rows whose activity, or whose deployment, is stored.

    The key of a deployment is its number and its environment.
    """
    key = cast(deployment.c.deployment_id, String) + ":" + deployment.c.environment
    deployed = and_(activity_task.c.kind == "deployment", activity_task.c.key == key)
    return or_(
        exists().where(_columns_equal(activity, activity_task, *_PROJECT_COLUMNS, "kind", "key")),
        exists().where(_columns_equal(deployment, activity_task, *_PROJECT_COLUMNS), deployed),
    )


def ref_exists(moment: datetime) -> Condition:
    """Match states of a ref of which anything is stored that may be reconciled again."""
    branches = [
        (merge_request, merge_request.c.source_branch),
        (pipeline, pipeline.c.ref),
        (commit, commit.c.branch),
        (commit_task, commit_task.c.branch),
        (protected_branch, protected_branch.c.branch),
        (alert, alert.c.ref),
    ]
    of_items = exists().where(
        _columns_equal(activity, notified_state, *_PROJECT_COLUMNS), activity.c.kind == "branch"
    )
    return or_(
        of_items.where(activity.c.key == notified_state.c.ref),
        *(
            exists().where(
                _columns_equal(of, notified_state, *_PROJECT_COLUMNS), ref == notified_state.c.ref
            )
            for of, ref in branches
        ),
    )


def belongs_to_open_alert(moment: datetime) -> Condition:
    """Match pipelines since an open alert of their ref began; its end names them."""
    of_ref = or_(
        alert.c.ref == pipeline.c.ref,
        alert.c.ref == literal("refs/tags/") + pipeline.c.ref,
        alert.c.ref
        == literal("refs/merge-requests/") + cast(pipeline.c.merge_request_iid, String) + "/head",
    )
    since = pipeline.c.pipeline_id >= alert.c.first_pipeline_id
    return exists().where(
        _columns_equal(alert, pipeline, *_PROJECT_COLUMNS), ~ALERT_HAS_ENDED, of_ref, since
    )


def names_open_alert(of: Any) -> Callable[[datetime], Condition]:
    """Build the condition that the row's subject is an open alert.

    The key is that of `sync.core.alerts.model.AlertKey.subject_key`.
    """
    place = cast(alert.c.connection_id, String) + "/" + cast(alert.c.project_id, String)
    complete = (
        literal("alert:")
        + place
        + ":"
        + alert.c.ref
        + ":"
        + cast(alert.c.first_pipeline_id, String)
    )
    own = alert.c.connection_id == connection.c.id, connection.c.portal_id == of.c.portal_id

    def tells(moment: datetime) -> Condition:
        names = or_(
            of.c.subject_key == complete, of.c.subject_key == complete + ":" + alert.c.stage
        )
        return exists().where(*own, ~ALERT_HAS_ENDED, names)

    return tells


ALERT_HAS_ENDED = alert.c.state.in_(["resolved", "closed"])
MERGE_REQUEST_HAS_ENDED = merge_request.c.state.in_(["merged", "closed"])
COMMAND_HAS_ENDED = command.c.state.in_(["done", "dropped"])
