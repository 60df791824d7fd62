"""Webhook bodies about merge requests and pushes, built from the state. Pure.

Usable without a server: `raw(merge_request(state, mr, actor, "open"))` is a body to post.
Shapes: https://docs.gitlab.com/user/project/integrations/webhook_events/
"""

from __future__ import annotations

from datetime import datetime

from tests.emulators.gitlab.entities import (
    NULL_SHA,
    STATE_IDS,
    Commit,
    MergeRequest,
    Project,
    User,
)
from tests.emulators.gitlab.parts import (
    avatar,
    commit_part,
    hook_time,
    label_part,
    person,
    project_part,
    push_repository_part,
    raw,
    repository_part,
)
from tests.emulators.gitlab.state import State

__all__ = ["change", "merge_request", "push", "raw", "reviewers_part"]

COMMITS_IN_PAYLOAD = 20


def change(previous: object, current: object) -> dict:
    return {"previous": previous, "current": current}


def merge_request(
    state: State,
    mr: MergeRequest,
    actor: User,
    action: str,
    *,
    changes: dict | None = None,
    at: datetime | None = None,
    oldrev: str = "",
    system_action: str = "",
) -> dict:
    """`at`: when it was done, default the request's own `updated_at`.

    `oldrev` only where code came; `system_action` makes it an act of GitLab itself.
    """
    project = state.projects[mr.project_id]
    attributes = merge_request_attributes(state, project, mr)
    attributes["system"] = bool(system_action)
    if system_action:
        attributes["system_action"] = system_action
    attributes["action"] = action
    attributes["actioned_at"] = hook_time(at or mr.updated_at)
    if oldrev:
        attributes["oldrev"] = oldrev
    payload = {
        "object_kind": "merge_request",
        "event_type": "merge_request",
        "user": person(actor),
        "project": project_part(state, project),
        "object_attributes": attributes,
        "labels": attributes["labels"],
        "changes": changes or {},
        "repository": repository_part(state, project),
    }
    if mr.assignee_ids:
        payload["assignees"] = [person(state.users[one]) for one in mr.assignee_ids]
    if mr.reviewers:
        payload["reviewers"] = reviewers_part(state, mr)
    return payload


def reviewers_part(state: State, mr: MergeRequest) -> list[dict]:
    return [
        person(state.users[one]) | {"state": verdict, "re_requested": one in mr.re_requested}
        for one, verdict in mr.reviewers.items()
    ]


def merge_status(mr: MergeRequest) -> str:
    """`detailed_merge_status`: the first thing that keeps it from being merged."""
    if mr.state != "opened":
        return "not_open"
    return "draft_status" if mr.draft else "mergeable"


def merge_request_attributes(state: State, project: Project, mr: MergeRequest) -> dict:
    whole = project_part(state, project)
    labels = [label_part(project, label) for label in mr.labels]
    return _columns(mr) | {
        "assignee_id": mr.assignee_ids[0] if mr.assignee_ids else None,
        "assignee_ids": list(mr.assignee_ids),
        "blocking_discussions_resolved": True,
        "detailed_merge_status": merge_status(mr),
        "first_contribution": False,
        "human_time_change": None,
        "human_time_estimate": None,
        "human_total_time_spent": None,
        "labels": labels,
        "last_commit": commit_part(state, project, project.commits[mr.head_sha]),
        "reviewer_ids": list(mr.reviewers),
        "source": whole,
        "state": mr.state,
        "target": whole,
        "time_change": 0,
        "total_time_spent": 0,
        "url": f"{whole['web_url']}/-/merge_requests/{mr.iid}",
        "work_in_progress": mr.draft,
        "approval_rules": _approval_rules(state, project, mr),
    }


def _columns(mr: MergeRequest) -> dict:
    return {
        "author_id": mr.author_id,
        "created_at": hook_time(mr.created_at),
        "description": mr.description,
        "draft": mr.draft,
        "head_pipeline_id": mr.head_pipeline_id,
        "id": mr.id,
        "iid": mr.iid,
        "last_edited_at": hook_time(mr.last_edited_at),
        "last_edited_by_id": mr.last_edited_by_id,
        "merge_commit_sha": mr.merge_commit_sha,
        "merge_error": None,
        "merge_params": {"force_remove_source_branch": "1" if mr.remove_source_branch else "0"},
        "merge_status": "can_be_merged",
        "merge_user_id": mr.merge_user_id,
        "merge_when_pipeline_succeeds": False,
        "milestone_id": None,
        "source_branch": mr.source_branch,
        "source_project_id": mr.source_id,
        "state_id": STATE_IDS[mr.state],
        "target_branch": mr.target_branch,
        "target_project_id": mr.project_id,
        "time_estimate": 0,
        "title": mr.title,
        "updated_at": hook_time(mr.updated_at),
        "updated_by_id": mr.updated_by_id,
        "prepared_at": hook_time(mr.created_at),
    }


def _approval_rules(state: State, project: Project, mr: MergeRequest) -> list[dict]:
    if not state.premium:
        return []
    return [
        {
            "id": mr.id,
            "approvals_required": project.approvals_required,
            "name": "All Members",
            "rule_type": "any_approver",
            "report_type": None,
            "merge_request_id": mr.id,
            "section": None,
            "modified_from_project_rule": False,
            "orchestration_policy_idx": None,
            "vulnerabilities_allowed": 0,
            "scanners": [],
            "severity_levels": [],
            "vulnerability_states": ["new_needs_triage", "new_dismissed"],
            "security_orchestration_policy_configuration_id": None,
            "scan_result_policy_id": None,
            "applicable_post_merge": None,
            "project_id": project.id,
            "approval_policy_rule_id": None,
            "created_at": hook_time(mr.created_at),
            "updated_at": hook_time(mr.created_at),
        }
    ]


def push(
    state: State,
    project: Project,
    actor: User,
    *,
    ref: str,
    before: str,
    after: str,
    commits: list[Commit] | tuple[Commit, ...] = (),
) -> dict:
    """`ref`: refs/heads/… or refs/tags/…; zeros in `before` or `after`: created, deleted."""
    kind = "tag_push" if ref.startswith("refs/tags/") else "push"
    branch = project.branches.get(ref.removeprefix("refs/heads/"))
    tag = project.tags.get(ref.removeprefix("refs/tags/"))
    shown = list(commits)[-COMMITS_IN_PAYLOAD:]
    return {
        "object_kind": kind,
        "event_name": kind,
        "before": before,
        "after": after,
        "ref": ref,
        "ref_protected": bool((branch and branch.protected) or (tag and tag.protected)),
        "checkout_sha": None if after == NULL_SHA else after,
        "message": (tag.message or None) if tag and kind == "tag_push" else None,
        "user_id": actor.id,
        "user_name": actor.name,
        "user_username": actor.username,
        "user_email": actor.public_email or None,
        "user_avatar": avatar(actor),
        "project_id": project.id,
        "project": project_part(state, project),
        "commits": [_pushed(state, project, commit) for commit in shown],
        "total_commits_count": len(commits),
        "push_options": {},
        "repository": push_repository_part(state, project),
    }


def _pushed(state: State, project: Project, commit: Commit) -> dict:
    return commit_part(state, project, commit) | {
        "added": list(commit.added),
        "modified": list(commit.modified),
        "removed": list(commit.removed),
    }
