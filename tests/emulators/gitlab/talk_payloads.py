"""Webhook bodies about comments and issues. Pure.

https://docs.gitlab.com/user/project/integrations/webhook_events/#comment-events
"""

from __future__ import annotations

from datetime import datetime

from tests.emulators.gitlab.entities import MergeRequest, Note, Project, User
from tests.emulators.gitlab.parts import (
    hook_time,
    person,
    project_part,
    project_url,
    repository_part,
)
from tests.emulators.gitlab.payloads import merge_request_attributes
from tests.emulators.gitlab.state import State


def note(state: State, mr: MergeRequest, remark: Note, actor: User) -> dict:
    """A comment on a merge request; the request beside it has no `action`."""
    project = state.projects[mr.project_id]
    url = f"{project_url(state, project)}/-/merge_requests/{mr.iid}"
    return {
        "object_kind": "note",
        "event_type": "note",
        "user": person(actor),
        "project_id": project.id,
        "project": project_part(state, project),
        "object_attributes": {
            "attachment": None,
            "author_id": remark.author_id,
            "change_position": None,
            "commit_id": None,
            "created_at": hook_time(remark.created_at),
            "discussion_id": remark.discussion_id,
            "id": remark.id,
            "line_code": None,
            "note": remark.body,
            "noteable_id": mr.id,
            "noteable_type": "MergeRequest",
            "original_position": None,
            "position": None,
            "project_id": project.id,
            "resolved_at": None,
            "resolved_by_id": None,
            "st_diff": None,
            "system": remark.system,
            "type": None,
            "updated_at": hook_time(remark.created_at),
            "updated_by_id": None,
            "description": remark.body,
            "url": f"{url}#note_{remark.id}",
            "action": "create",
        },
        "repository": repository_part(state, project),
        "merge_request": merge_request_attributes(state, project, mr),
    }


def issue(
    state: State,
    project: Project,
    actor: User,
    *,
    number: int,
    title: str,
    at: datetime,
    action: str = "open",
    confidential: bool = False,
) -> dict:
    """`number`: its id and iid. Confidential ones go to Confidential Issue Hook alone."""
    kind = "confidential_issue" if confidential else "issue"
    return {
        "object_kind": "issue",
        "event_type": kind,
        "user": person(actor),
        "project": project_part(state, project),
        "object_attributes": {
            "author_id": actor.id,
            "closed_at": None,
            "confidential": confidential,
            "created_at": hook_time(at),
            "description": "",
            "discussion_locked": None,
            "due_date": None,
            "id": number,
            "iid": number,
            "last_edited_at": None,
            "last_edited_by_id": None,
            "milestone_id": None,
            "moved_to_id": None,
            "duplicated_to_id": None,
            "project_id": project.id,
            "relative_position": None,
            "state_id": 1,
            "time_estimate": 0,
            "title": title,
            "updated_at": hook_time(at),
            "updated_by_id": None,
            "type": "Issue",
            "url": f"{project_url(state, project)}/-/issues/{number}",
            "total_time_spent": 0,
            "time_change": 0,
            "human_total_time_spent": None,
            "human_time_change": None,
            "human_time_estimate": None,
            "assignee_ids": [],
            "assignee_id": None,
            "labels": [],
            "state": "opened",
            "severity": "unknown",
            "action": action,
        },
        "labels": [],
        "changes": {},
        "repository": repository_part(state, project),
    }
