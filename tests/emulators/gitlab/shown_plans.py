"""What REST answers show of issues and milestones. Pure.

https://docs.gitlab.com/api/issues/
"""

from __future__ import annotations

import re

from tests.emulators.gitlab import shown
from tests.emulators.gitlab.entities import Project
from tests.emulators.gitlab.issue_payloads import human, issue_url
from tests.emulators.gitlab.parts import iso_time, project_url
from tests.emulators.gitlab.state import State
from tests.emulators.gitlab.tracked import Issue, Milestone

BOX = re.compile(r"^\s*(?:[-*+]|\d+[.)]) \[([ xX])\] ", re.MULTILINE)


def issue(state: State, place: Project, one: Issue) -> dict:
    assignees = [shown.basic(state, who) for who in one.assignee_ids]
    kind = one.kind.lower().replace(" ", "_")
    held = place.milestones.get(one.milestone_id or 0)
    boxes = BOX.findall(one.description)
    done = sum(box in "xX" for box in boxes)
    return {
        "id": one.id,
        "iid": one.iid,
        "project_id": place.id,
        "title": one.title,
        "description": one.description,
        "state": one.state,
        "created_at": iso_time(one.created_at),
        "updated_at": iso_time(one.updated_at),
        "closed_at": iso_time(one.closed_at),
        "closed_by": shown.basic(state, one.closed_by_id),
        "labels": sorted(label.title for label in one.labels),
        "milestone": milestone(state, place, held) if held else None,
        "assignees": assignees,
        "author": shown.basic(state, one.author_id),
        "type": one.kind.upper().replace(" ", "_"),
        "assignee": assignees[0] if assignees else None,
        "user_notes_count": sum(not note.system for note in one.notes),
        "merge_requests_count": 0,
        "upvotes": 0,
        "downvotes": 0,
        "due_date": one.due_date,
        "confidential": one.confidential,
        "discussion_locked": one.discussion_locked,
        "issue_type": kind,
        "web_url": issue_url(state, one),
        "time_stats": time_stats(one),
        "task_completion_status": {"count": len(boxes), "completed_count": done},
        "has_tasks": bool(boxes),
        "references": {
            "short": f"#{one.iid}",
            "relative": f"#{one.iid}",
            "full": f"{place.path}#{one.iid}",
        },
        "severity": one.severity.upper(),
        "moved_to_id": one.moved_to_id,
        "service_desk_reply_to": None,
    }


def time_stats(one: Issue) -> dict:
    return {
        "time_estimate": one.time_estimate,
        "total_time_spent": one.total_time_spent,
        "human_time_estimate": human(one.time_estimate),
        "human_total_time_spent": human(one.total_time_spent),
    }


def milestone(state: State, place: Project, one: Milestone) -> dict:
    return {
        "id": one.id,
        "iid": one.iid,
        "project_id": place.id,
        "title": one.title,
        "description": one.description,
        "state": one.state,
        "created_at": iso_time(one.created_at),
        "updated_at": iso_time(one.updated_at),
        "due_date": one.due_date.isoformat() if one.due_date else None,
        "start_date": one.start_date.isoformat() if one.start_date else None,
        "expired": False,
        "web_url": f"{project_url(state, place)}/-/milestones/{one.iid}",
    }
