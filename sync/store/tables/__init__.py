"""The tables, by what they hold. A column that ends in `_sealed` holds what the vault encrypted."""

from __future__ import annotations

from sync.store.tables.base import Id, in_literals, metadata
from sync.store.tables.code import (
    activity,
    alert,
    branch_check,
    commit,
    commit_task,
    deployment,
    deployment_merge_request,
    merge_request,
    merge_request_commit,
    pipeline,
    pipeline_jobs,
    project,
    protected_branch,
    smart_commit,
)
from sync.store.tables.issue_sync import (
    issue_link,
    issue_link_change,
    issue_link_conflict,
    issue_link_entry,
    issue_link_story,
    issue_link_write,
    issue_sync_list,
)
from sync.store.tables.logs import api_call, decision, purge
from sync.store.tables.oauth import oauth_application, oauth_grant, oauth_sign_in
from sync.store.tables.tasks import (
    activity_task,
    link,
    message,
    notified_state,
    task,
)
from sync.store.tables.tenants import (
    allowance,
    connection,
    host_user,
    portal,
    portal_user,
    workgroup,
)
from sync.store.tables.upkeep import hook_log, program, task_reading
from sync.store.tables.work import backfill, command, delivery, lease, subject, worker

__all__ = [
    "Id",
    "activity",
    "activity_task",
    "alert",
    "allowance",
    "api_call",
    "backfill",
    "branch_check",
    "command",
    "commit",
    "commit_task",
    "connection",
    "decision",
    "delivery",
    "deployment",
    "deployment_merge_request",
    "hook_log",
    "host_user",
    "in_literals",
    "issue_link",
    "issue_link_change",
    "issue_link_conflict",
    "issue_link_entry",
    "issue_link_story",
    "issue_link_write",
    "issue_sync_list",
    "lease",
    "link",
    "merge_request",
    "merge_request_commit",
    "message",
    "metadata",
    "notified_state",
    "oauth_application",
    "oauth_grant",
    "oauth_sign_in",
    "pipeline",
    "pipeline_jobs",
    "portal",
    "portal_user",
    "program",
    "project",
    "protected_branch",
    "purge",
    "smart_commit",
    "subject",
    "task",
    "task_reading",
    "worker",
    "workgroup",
]
