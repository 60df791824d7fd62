"""The mirror of the code host: projects, merge requests, pipelines, deployments, commits."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, Table, false

from sync.store.db.types import Json, Moment, ReasonText, SafeText
from sync.store.tables.base import (
    Id,
    connection_id_column,
    metadata,
    partial_index,
    portal_id_column,
)

# `told_at`: of when the news is that told path and name, NULL where it has no time.
project = Table(
    "project",
    metadata,
    connection_id_column(primary_key=True),
    Column("project_id", Id, primary_key=True),
    Column("path", SafeText, nullable=False),
    Column("url", SafeText, nullable=False),
    Column("name", SafeText, nullable=False, server_default=""),
    Column("default_branch", SafeText, nullable=False, server_default=""),
    Column("told_at", Moment),
)

# `body` is the merge request as JSON without its pipeline, `memory` what decides which of two
# accounts of it is newer (sync.core.merge_requests.fold). `source_project_id`: of the branch, which
# may be a fork's. `commits_of`: the head and target that its stored commits belong to;
# `commits_due_at`: from when on the code host is to be asked for them, NULL where it was.
# `silent`: it was over before anything was heard of it, and nothing is shown of it.
merge_request = Table(
    "merge_request",
    metadata,
    connection_id_column(primary_key=True),
    Column("project_id", Id, primary_key=True),
    Column("iid", Id, primary_key=True),
    Column("state", SafeText, nullable=False),
    Column("source_branch", SafeText, nullable=False),
    Column("head_sha", SafeText, nullable=False, server_default=""),
    Column("merge_sha", SafeText, nullable=False, server_default=""),
    Column("updated_at", Moment, nullable=False),
    Column("memory", Json, nullable=False),
    Column("body", Json, nullable=False),
    Column("source_project_id", Id, nullable=False, server_default="0"),
    Column("commits_of", SafeText, nullable=False, server_default=""),
    Column("commits_due_at", Moment),
    Column("silent", Boolean, nullable=False, server_default=false()),
)
Index(
    "ix_merge_request_branch",
    merge_request.c.connection_id,
    merge_request.c.source_project_id,
    merge_request.c.source_branch,
)
partial_index(
    "ix_merge_request_commits_due",
    merge_request.c.connection_id,
    merge_request.c.commits_due_at,
    where=merge_request.c.commits_due_at.is_not(None),
)

Index(
    "ix_merge_request_head",
    merge_request.c.connection_id,
    merge_request.c.project_id,
    merge_request.c.head_sha,
)

Index(
    "ix_merge_request_merged",
    merge_request.c.connection_id,
    merge_request.c.project_id,
    merge_request.c.merge_sha,
)

# The commits a merge request has, as the code host says, without merge commits. `digest`: what a
# commit and its copies have in common.
merge_request_commit = Table(
    "merge_request_commit",
    metadata,
    connection_id_column(primary_key=True),
    Column("project_id", Id, primary_key=True),
    Column("iid", Id, primary_key=True),
    Column("sha", SafeText, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("body", Json, nullable=False),
    Column("digest", SafeText, nullable=False, server_default=""),
)
Index(
    "ix_merge_request_commit_sha",
    merge_request_commit.c.connection_id,
    merge_request_commit.c.project_id,
    merge_request_commit.c.sha,
)
Index(
    "ix_merge_request_commit_digest",
    merge_request_commit.c.connection_id,
    merge_request_commit.c.project_id,
    merge_request_commit.c.digest,
)

pipeline = Table(
    "pipeline",
    metadata,
    connection_id_column(primary_key=True),
    Column("project_id", Id, primary_key=True),
    Column("pipeline_id", Id, primary_key=True),
    Column("ref", SafeText, nullable=False),
    Column("sha", SafeText, nullable=False),
    Column("merge_request_iid", Id),
    Column("status", SafeText, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("body", Json, nullable=False),
)
Index("ix_pipeline_ref", pipeline.c.connection_id, pipeline.c.project_id, pipeline.c.ref)
Index("ix_pipeline_sha", pipeline.c.connection_id, pipeline.c.project_id, pipeline.c.sha)
Index(
    "ix_pipeline_merge_request",
    pipeline.c.connection_id,
    pipeline.c.project_id,
    pipeline.c.merge_request_iid,
)

commit = Table(
    "commit",
    metadata,
    connection_id_column(primary_key=True),
    Column("project_id", Id, primary_key=True),
    Column("branch", SafeText, primary_key=True),
    Column("sha", SafeText, primary_key=True),
    Column("body", Json, nullable=False),
    Column("received_at", Moment, nullable=False),
)

# Branches that may have lost commits by force: the host is to be asked which they still have.
branch_check = Table(
    "branch_check",
    metadata,
    connection_id_column(primary_key=True),
    Column("project_id", Id, primary_key=True),
    Column("branch", SafeText, primary_key=True),
    Column("due_at", Moment, nullable=False),
)

# The last commit of a push that named a task, in the branch or in a commit. `gone`: a push by force
# put the branch back to a commit before it.
commit_task = Table(
    "commit_task",
    metadata,
    connection_id_column(primary_key=True),
    Column("project_id", Id, primary_key=True),
    Column("branch", SafeText, primary_key=True),
    Column("sha", SafeText, primary_key=True),
    Column("task_id", Id, primary_key=True),
    portal_id_column(nullable=False),
    Column("gone", Boolean, nullable=False, server_default=false()),
)
Index("ix_commit_task_task", commit_task.c.portal_id, commit_task.c.task_id)
Index(
    "ix_commit_task_sha",
    commit_task.c.connection_id,
    commit_task.c.project_id,
    commit_task.c.sha,
)

# The jobs of a failed pipeline as the host told them for its state of `pipeline_updated_at`.
pipeline_jobs = Table(
    "pipeline_jobs",
    metadata,
    connection_id_column(primary_key=True),
    Column("project_id", Id, primary_key=True),
    Column("pipeline_id", Id, primary_key=True),
    Column("pipeline_updated_at", Moment, nullable=False),
    Column("body", Json, nullable=False),
)

# `fetch_at`: from when on the code host is to be asked what the deployment carries, NULL where it
# was, or cannot be. A negative id: a job told of it (the number of its pipeline).
deployment = Table(
    "deployment",
    metadata,
    connection_id_column(primary_key=True),
    Column("project_id", Id, primary_key=True),
    Column("environment", SafeText, primary_key=True),
    Column("deployment_id", Id, primary_key=True),
    Column("updated_at", Moment, nullable=False),
    Column("status", SafeText, nullable=False),
    Column("fetch_at", Moment),
    Column("body", Json, nullable=False),
)
Index(
    "ix_deployment_newest",
    deployment.c.connection_id,
    deployment.c.project_id,
    deployment.c.updated_at,
)
partial_index(
    "ix_deployment_to_fetch",
    deployment.c.connection_id,
    deployment.c.fetch_at,
    where=deployment.c.fetch_at.is_not(None),
)

# The merge requests that the code host says a deployment carries.
deployment_merge_request = Table(
    "deployment_merge_request",
    metadata,
    connection_id_column(primary_key=True),
    Column("project_id", Id, primary_key=True),
    Column("deployment_id", Id, primary_key=True),
    Column("iid", Id, primary_key=True),
)
Index(
    "ix_deployment_merge_request_iid",
    deployment_merge_request.c.connection_id,
    deployment_merge_request.c.project_id,
    deployment_merge_request.c.iid,
)

# The branches that are protected, as their last pushes said.
protected_branch = Table(
    "protected_branch",
    metadata,
    connection_id_column(primary_key=True),
    Column("project_id", Id, primary_key=True),
    Column("branch", SafeText, primary_key=True),
    Column("at", Moment, nullable=False),
)

# Anything else that a project told of itself, as it was last told (sync.core.items). Silent: from
# before the connection, nothing is said of it.
activity = Table(
    "activity",
    metadata,
    connection_id_column(primary_key=True),
    Column("project_id", Id, primary_key=True),
    Column("kind", SafeText, primary_key=True),
    Column("key", SafeText, primary_key=True),
    Column("updated_at", Moment, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("silent", Boolean, nullable=False, server_default=false()),
    Column("body", Json, nullable=False),
)
Index(
    "ix_activity_newest",
    activity.c.connection_id,
    activity.c.project_id,
    activity.c.kind,
    activity.c.updated_at,
)
Index("ix_activity_received", activity.c.received_at)

# A failing line of pipelines, from its first failure to its end. stage: "" for the whole. state:
# open, resolved, closed (its branch is gone). `first_pipeline_id`: the pipeline that opened it.
alert = Table(
    "alert",
    metadata,
    connection_id_column(primary_key=True),
    Column("project_id", Id, primary_key=True),
    Column("ref", SafeText, primary_key=True),
    Column("stage", SafeText, primary_key=True),
    Column("first_pipeline_id", Id, primary_key=True, autoincrement=False),
    Column("state", SafeText, nullable=False),
    Column("severity", SafeText, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("acknowledged_at", Moment),
    Column("acknowledged_by", SafeText, nullable=False, server_default=""),
    Column("assigned_to", Id),
    Column("task_id", Id),
    Column("body", Json, nullable=False),
)
Index("ix_alert_state", alert.c.connection_id, alert.c.state, alert.c.updated_at)

# A command that a commit speaks (sync.core.spoken_words). state: new, done, refused.
smart_commit = Table(
    "smart_commit",
    metadata,
    connection_id_column(primary_key=True),
    Column("project_id", Id, primary_key=True),
    Column("sha", SafeText, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    portal_id_column(nullable=False),
    Column("task_id", Id, nullable=False),
    Column("state", SafeText, nullable=False, server_default="new"),
    Column("reason", ReasonText, nullable=False, server_default=""),
    Column("received_at", Moment, nullable=False),
    Column("body", Json, nullable=False),
)
Index("ix_smart_commit_task", smart_commit.c.portal_id, smart_commit.c.task_id)
