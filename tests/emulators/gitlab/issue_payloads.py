"""Webhook bodies about issues and work items. Pure.

https://docs.gitlab.com/user/project/integrations/webhook_events/#work-item-events
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from tests.emulators.gitlab.entities import STATE_IDS, Project, User
from tests.emulators.gitlab.parts import (
    hook_time,
    iso_time,
    label_part,
    person,
    project_part,
    project_url,
    repository_part,
)
from tests.emulators.gitlab.state import State
from tests.emulators.gitlab.tracked import Issue

IMAGE = re.compile(r"!\[(?P<title>[^\n]*?)\]\((?P<url>(?!https?://|//)[^\n]+?)\)")
Written = Callable[[datetime | None], str | None]
UNDER_ISSUES = ("Issue", "Incident")
WORK_ITEMS_SINCE = (18, 10)  # from then on in addresses of plain issues, too
ISO_SINCE = (17, 0)  # seen in bodies of 2024 and later; the exact version is not documented


def written(state: State) -> Written:
    """How issue hooks write time: ISO with milliseconds, before that as merge requests do."""
    return iso_time if state.at_least(*ISO_SINCE) else hook_time


def kind(one: Issue) -> str:
    return "issue" if one.kind == "Issue" else "work_item"


def issue(state: State, one: Issue, actor: User, action: str, changes: dict) -> dict:
    """Confidential ones go to Confidential Issue Hook alone, whatever their type."""
    place, at = state.projects[one.project_id], written(state)
    attributes = issue_attributes(state, place, one, at) | {"action": action}
    body = {
        "object_kind": kind(one),
        "event_type": f"confidential_{kind(one)}" if one.confidential else kind(one),
        "user": person(actor),
        "project": project_part(state, place),
        "object_attributes": attributes,
        "labels": attributes["labels"],
        "changes": changes,
        "repository": repository_part(state, place),
    }
    if one.assignee_ids:
        body["assignees"] = [person(state.users[who]) for who in one.assignee_ids]
    return body


def issue_url(state: State, one: Issue) -> str:
    under_issues = one.kind in UNDER_ISSUES and not state.at_least(*WORK_ITEMS_SINCE)
    section = "issues" if under_issues else "work_items"
    return f"{project_url(state, state.projects[one.project_id])}/-/{section}/{one.iid}"


def issue_attributes(state: State, place: Project, one: Issue, at: Written = hook_time) -> dict:
    """As hooks about issues hold them, and hooks of comments and emoji beside theirs."""
    return columns(one, at) | {
        "description": absolute_images(state, place, one.description),
        "url": issue_url(state, one),
        "total_time_spent": one.total_time_spent,
        "time_change": 0,
        "human_total_time_spent": human(one.total_time_spent),
        "human_time_change": None,
        "human_time_estimate": human(one.time_estimate),
        "assignee_ids": list(one.assignee_ids),
        "assignee_id": one.assignee_ids[0] if one.assignee_ids else None,
        "labels": [label_part(place, label, at) for label in one.labels],
        "state": one.state,
        "severity": one.severity,
        **_of_its_kind(one),
    }


def absolute_images(state: State, place: Project, text: str) -> str:
    """A text as hooks have it: addresses of pictures are whole, so it is not the stored text.

    lib/gitlab/hook_data/base_builder.rb
    """

    def whole(match: re.Match[str]) -> str:
        url = match["url"]
        prefix = f"/{place.path}" if url.startswith("/uploads") else ""
        return f"![{match['title']}]({state.url}{prefix}/{url.lstrip('/')})"

    return IMAGE.sub(whole, text)


def columns(one: Issue, at: Written) -> dict:
    return {
        "author_id": one.author_id,
        "closed_at": at(one.closed_at),
        "confidential": one.confidential,
        "created_at": at(one.created_at),
        "description": one.description,
        "discussion_locked": one.discussion_locked,
        "due_date": one.due_date,
        "id": one.id,
        "iid": one.iid,
        "last_edited_at": at(one.last_edited_at),
        "last_edited_by_id": one.last_edited_by_id,
        "milestone_id": one.milestone_id,
        "moved_to_id": one.moved_to_id,
        "duplicated_to_id": one.duplicated_to_id,
        "project_id": one.project_id,
        "relative_position": one.relative_position,
        "state_id": STATE_IDS[one.state],
        "time_estimate": one.time_estimate,
        "title": one.title,
        "updated_at": at(one.updated_at),
        "updated_by_id": one.updated_by_id,
        "weight": one.weight,
        "health_status": None,
        "type": one.kind,
    }


def _of_its_kind(one: Issue) -> dict:
    if one.kind == "Incident":
        return {"escalation_status": "triggered", "escalation_policy": None}
    return {}


def human(seconds: int) -> str | None:
    """`5400` -> `1h 30m`, in days of eight hours; None for nothing."""
    days, rest = divmod(abs(seconds), 8 * 3600)
    hours, rest = divmod(rest, 3600)
    told = [f"{n}{unit}" for n, unit in ((days, "d"), (hours, "h"), (rest // 60, "m")) if n]
    return " ".join(told) or None
