"""Webhook bodies as typed events: merge requests and pipelines. Pure.

Field by field: https://docs.gitlab.com/user/project/integrations/webhook_events/
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sync.core.model.common import (
    MergeRequest,
    MergeRequestState,
    Person,
    Pipeline,
    PipelineStatus,
    Project,
    Reviewer,
)
from sync.core.model.events import MergeRequestEvent, PipelineEvent
from sync.gitlab.dates import timestamp
from sync.gitlab.json_fields import (
    UnreadablePayload,
    mapping,
    mappings,
    positive_int,
    require,
    require_kind,
    text,
    web_url,
    whole_seconds,
)
from sync.gitlab.people import people, person
from sync.gitlab.webhooks.pipelines import stage_results
from sync.gitlab.webhooks.projects import hook_project
from sync.gitlab.webhooks.pushes import parse_commit

# action -> (what it changes: one approval more or less, whether the approval rules are met).
# `approval` and `unapproval` are one person's; `approved` and `unapproved` also tip the rules.
_APPROVALS: dict[str, tuple[bool, bool | None]] = {
    "approval": (True, None),
    "approved": (True, True),
    "unapproval": (False, None),
    "unapproved": (False, False),
}
_REVIEW_ACTIONS = {"open", "close", "reopen", "merge", "approved", "unapproved"}
_STATE_IDS = {1: "opened", 2: "closed", 3: "merged", 4: "locked"}


def parse_merge_request(payload: dict[str, Any], connection_id: int) -> MergeRequestEvent:
    """The event of a merge request hook. Raises Unreadable."""
    require_kind(payload, "merge_request")
    told = mapping(payload.get("object_attributes"))
    action = text(told.get("action"))
    actor = person(payload.get("user"))
    approval, rules_met = _APPROVALS.get(action, (None, None))
    by_system = told.get("system") is True  # then the actor pushed, and approved nothing
    return MergeRequestEvent(
        merge_request=_merge_request(payload, told, connection_id),
        action=action,
        actor=actor,
        actor_approved=None if by_system else approval,
        approval_rules_met=rules_met,
        approvals_reset=text(told.get("system_action")).startswith("approvals_reset"),
    )


def parse_pipeline(payload: dict[str, Any], connection_id: int) -> PipelineEvent:
    """The event of a pipeline hook. Raises Unreadable."""
    require_kind(payload, "pipeline")
    told = mapping(payload.get("object_attributes"))
    if told.get("source") == "parent_pipeline":
        raise UnreadablePayload("child pipeline: its parent pipeline tells the result")
    project = hook_project(payload.get("project"), None, connection_id)
    pipeline_id = require(positive_int(told.get("id")), "the pipeline has no id")
    commit = mapping(payload.get("commit"))
    stages = stage_results(payload.get("builds"))
    return PipelineEvent(
        Pipeline(
            project=project,
            id=pipeline_id,
            status=pipeline_status(told.get("status")),
            ref=text(told.get("ref")),
            sha=text(told.get("sha")),
            url=web_url(told.get("url")) or f"{project.url}/-/pipelines/{pipeline_id}",
            updated_at=require(_latest_timestamp(payload), "the pipeline has no date"),
            source=text(told.get("source")),
            merge_request_iid=_merge_request_iid(project, mapping(payload.get("merge_request"))),
            duration_seconds=whole_seconds(told.get("duration")),
            commit=parse_commit(commit) if commit else None,
            actor=person(payload.get("user")),
            passed_stages=stages.passed,
            failed_stages=stages.failed,
            tag=told.get("tag") is True,
        )
    )


def pipeline_status(value: object) -> PipelineStatus:
    """A pipeline's status; `unknown` for words that a future version adds."""
    try:
        return PipelineStatus(text(value))
    except ValueError:
        return PipelineStatus.UNKNOWN


def merge_request_state(value: object, number: object = None) -> MergeRequestState:
    """A merge request's state by its word or by its `state_id`. Raises Unreadable."""
    word = text(value) or _STATE_IDS.get(positive_int(number) or 0, "")
    try:
        return MergeRequestState(word)
    except ValueError:
        raise UnreadablePayload(f"the merge request's state is {word or 'not told'}") from None


def parse_reviewer(value: dict[str, Any]) -> Reviewer | None:
    """A hook's reviewer object; None where it has no id."""
    found = person(value)
    return Reviewer(found, text(value.get("state")) or "unreviewed") if found else None


def _merge_request(
    payload: dict[str, Any], told: dict[str, Any], connection_id: int
) -> MergeRequest:
    project = hook_project(payload.get("project"), told.get("target_project_id"), connection_id)
    iid = require(positive_int(told.get("iid")), "the merge request has no iid")
    reviewers = tuple(r for v in mappings(payload.get("reviewers")) if (r := parse_reviewer(v)))
    assignees = people(payload.get("assignees"))
    actor = person(payload.get("user"))
    action = text(told.get("action"))
    return MergeRequest(
        project=project,
        iid=iid,
        title=text(told.get("title")),
        description=text(told.get("description")),
        url=web_url(told.get("url")) or f"{project.url}/-/merge_requests/{iid}",
        state=merge_request_state(told.get("state"), told.get("state_id")),
        draft=True in (told.get("draft"), told.get("work_in_progress")),
        source_branch=text(told.get("source_branch")),
        target_branch=text(told.get("target_branch")),
        author=_find_person(
            told.get("author_id"), (actor, *assignees, *(r.person for r in reviewers))
        ),
        updated_at=require(timestamp(told.get("updated_at")), "the merge request has no date"),
        assignees=assignees,
        reviewers=reviewers,
        labels=event_labels(payload, told),
        head_sha=text(mapping(told.get("last_commit")).get("id")),
        merge_sha=text(told.get("merge_commit_sha")),
        actor=actor if action in _REVIEW_ACTIONS else None,
    )


def event_labels(payload: dict[str, Any], told: dict[str, Any]) -> tuple[str, ...]:
    labels = mappings(payload.get("labels")) or mappings(told.get("labels"))
    return tuple(title for label in labels if (title := text(label.get("title"))))


def _find_person(user_id: object, candidates: tuple[Person | None, ...]) -> Person | None:
    """Hooks tell the author by id only: known where the same person is in another role."""
    wanted = positive_int(user_id)
    return next((one for one in candidates if one is not None and one.id == wanted), None)


def _merge_request_iid(project: Project, told: dict[str, Any]) -> int | None:
    """The merge request's number, unless it counts in another project (a fork's pipeline)."""
    target = positive_int(told.get("target_project_id"))
    return positive_int(told.get("iid")) if target in (None, project.id) else None


def _latest_timestamp(payload: dict[str, Any]) -> datetime | None:
    """The latest moment a pipeline hook tells: it has no `updated_at`, its jobs move its time."""
    things = [mapping(payload.get("object_attributes")), *mappings(payload.get("builds"))]
    names = ("created_at", "started_at", "finished_at")
    told = (timestamp(thing.get(name)) for thing in things for name in names)
    return max((at for at in told if at), default=None)
