"""The tables, by what they hold. A column that ends in `_sealed` holds what the vault encrypted."""

from __future__ import annotations

from sync.store.tables.base import Id, in_literals, metadata
from sync.store.tables.code import (
    alert,
    carried,
    commit,
    deployment,
    item,
    merge_request,
    merge_request_commit,
    named_commit,
    pipeline,
    pipeline_jobs,
    project,
    protected_branch,
    spoken,
)
from sync.store.tables.logs import decision, purge, rest_log
from sync.store.tables.tasks import item_task, link, message, post, task, told, told_person
from sync.store.tables.tenants import (
    allowance,
    connection,
    host_user,
    portal,
    portal_user,
    workgroup,
)
from sync.store.tables.work import backfill, command, delivery, lease, subject, worker

__all__ = [
    "Id",
    "alert",
    "allowance",
    "backfill",
    "carried",
    "command",
    "commit",
    "connection",
    "decision",
    "delivery",
    "deployment",
    "host_user",
    "in_literals",
    "item",
    "item_task",
    "lease",
    "link",
    "merge_request",
    "merge_request_commit",
    "message",
    "metadata",
    "named_commit",
    "pipeline",
    "pipeline_jobs",
    "portal",
    "portal_user",
    "post",
    "project",
    "protected_branch",
    "purge",
    "rest_log",
    "spoken",
    "subject",
    "task",
    "told",
    "told_person",
    "worker",
    "workgroup",
]
