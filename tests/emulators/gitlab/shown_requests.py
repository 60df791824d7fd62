"""What REST answers show of a merge request and its approvals. Pure.

https://docs.gitlab.com/api/merge_requests/ ;
https://docs.gitlab.com/api/merge_request_approvals/
"""

from __future__ import annotations

from tests.emulators.gitlab import approvals, payloads, shown
from tests.emulators.gitlab.entities import MergeRequest, User
from tests.emulators.gitlab.parts import iso_time, project_url
from tests.emulators.gitlab.state import State


def merge_request(state: State, mr: MergeRequest) -> dict:
    """As lists show it: no `head_pipeline`."""
    place = state.projects[mr.project_id]
    assignees = [shown.basic(state, one) for one in mr.assignee_ids]
    return {
        "id": mr.id,
        "iid": mr.iid,
        "project_id": mr.project_id,
        "title": mr.title,
        "description": mr.description,
        "state": mr.state,
        "created_at": iso_time(mr.created_at),
        "updated_at": iso_time(mr.updated_at),
        "merged_by": shown.basic(state, mr.merge_user_id),
        "merge_user": shown.basic(state, mr.merge_user_id),
        "merged_at": iso_time(mr.merged_at),
        "closed_by": shown.basic(state, mr.closed_by_id),
        "closed_at": iso_time(mr.closed_at),
        "target_branch": mr.target_branch,
        "source_branch": mr.source_branch,
        "user_notes_count": sum(not note.system for note in mr.notes),
        "upvotes": 0,
        "downvotes": 0,
        "author": shown.basic(state, mr.author_id),
        "assignees": assignees,
        "assignee": assignees[0] if assignees else None,
        "reviewers": [shown.basic(state, one) for one in mr.reviewers],
        "source_project_id": mr.source_id,
        "target_project_id": mr.project_id,
        "labels": sorted(label.title for label in mr.labels),
        "draft": mr.draft,
        "work_in_progress": mr.draft,
        "milestone": None,
        "merge_when_pipeline_succeeds": False,
        "merge_status": "can_be_merged",
        "detailed_merge_status": payloads.merge_status(mr),
        "sha": mr.head_sha,
        "merge_commit_sha": mr.merge_commit_sha,
        "squash_commit_sha": mr.squash_commit_sha,
        "discussion_locked": None,
        "should_remove_source_branch": None,
        "force_remove_source_branch": mr.remove_source_branch,
        "prepared_at": iso_time(mr.created_at),
        "reference": f"!{mr.iid}",
        "references": {
            "short": f"!{mr.iid}",
            "relative": f"!{mr.iid}",
            "full": f"{place.path}!{mr.iid}",
        },
        "web_url": f"{project_url(state, place)}/-/merge_requests/{mr.iid}",
        "squash": mr.squash_commit_sha is not None,
        "has_conflicts": False,
        "blocking_discussions_resolved": True,
    }


def whole_merge_request(state: State, mr: MergeRequest, reader: User | None) -> dict:
    """As GET …/merge_requests/:iid shows it."""
    place = state.projects[mr.project_id]
    home, head = state.head_pipeline(mr)
    return merge_request(state, mr) | {
        "subscribed": False,
        "changes_count": str(len(mr.shas)),
        "latest_build_started_at": None,
        "latest_build_finished_at": None,
        "first_deployed_to_production_at": None,
        "pipeline": shown.pipeline(state, home, head) if head else None,
        "head_pipeline": shown.whole_pipeline(state, home, head) if head else None,
        "diff_refs": {
            "base_sha": mr.base_sha,
            "head_sha": mr.head_sha,
            "start_sha": mr.base_sha,
        },
        "merge_error": None,
        "first_contribution": False,
        "user": {"can_merge": bool(reader and state.access_level(reader, place) >= 30)},
    }


def approval(state: State, mr: MergeRequest, reader: User | None) -> dict:
    """GET …/approvals: CE knows four keys only."""
    given = [
        {"user": shown.basic(state, one), "approved_at": iso_time(at)}
        for one, at in mr.approvals.items()
    ]
    has = bool(reader and reader.id in mr.approvals)
    short = {
        "user_has_approved": has,
        "user_can_approve": bool(reader) and not has,
        "approved": approvals.approved(state, mr),
        "approved_by": given,
    }
    return short if state.edition == "ce" else _approval_head(state, mr) | short


def _approval_head(state: State, mr: MergeRequest) -> dict:
    return {
        "id": mr.id,
        "iid": mr.iid,
        "project_id": mr.project_id,
        "title": mr.title,
        "description": mr.description,
        "state": mr.state,
        "created_at": iso_time(mr.created_at),
        "updated_at": iso_time(mr.updated_at),
        "merge_status": "can_be_merged",
        "approvals_required": approvals.required(state, mr),
        "approvals_left": approvals.left(state, mr),
        "require_password_to_approve": False,
        "suggested_approvers": [],
        "approvers": [],
        "approver_groups": [],
        "approval_rules_left": [],
        "has_approval_rules": state.premium,
        "merge_request_approvers_available": state.premium,
        "multiple_approval_rules_available": state.premium,
        "invalid_approvers_rules": [],
    }


def approval_state(state: State, mr: MergeRequest) -> dict:
    if not state.premium:
        return {"approval_rules_overwritten": False, "rules": []}
    rule = {
        "id": mr.id,
        "name": "All Members",
        "rule_type": "any_approver",
        "eligible_approvers": [],
        "approvals_required": approvals.required(state, mr),
        "users": [],
        "groups": [],
        "contains_hidden_groups": False,
        "section": None,
        "source_rule": None,
        "overridden": False,
        "code_owner": False,
        "approved_by": [shown.basic(state, one) for one in mr.approvals],
        "approved": approvals.left(state, mr) == 0,
    }
    return {"approval_rules_overwritten": False, "rules": [rule]}
