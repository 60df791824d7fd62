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
from sync.core.model.events import MergeRequestHeard, PipelineHeard
from sync.gitlab.dates import moment
from sync.gitlab.json_fields import (
    Unreadable,
    link,
    mapping,
    mappings,
    must,
    of_kind,
    seconds,
    text,
    whole,
)
from sync.gitlab.people import people, person
from sync.gitlab.webhooks.pipelines import stages_of
from sync.gitlab.webhooks.projects import project_of
from sync.gitlab.webhooks.pushes import commit_of

# action -> (what it changes: one approval more or less, whether the approval rules are met).
# `approval` and `unapproval` are one person's; `approved` and `unapproved` also tip the rules.
_APPROVALS: dict[str, tuple[bool, bool | None]] = {
    "approval": (True, None),
    "approved": (True, True),
    "unapproval": (False, None),
    "unapproved": (False, False),
}
_MAKES_A_MILESTONE = {"open", "close", "reopen", "merge", "approved", "unapproved"}
_STATE_IDS = {1: "opened", 2: "closed", 3: "merged", 4: "locked"}


def merge_request_heard(payload: dict[str, Any], connection_id: int) -> MergeRequestHeard:
    """The event of a merge request hook. Raises Unreadable."""
    of_kind(payload, "merge_request")
    told = mapping(payload.get("object_attributes"))
    action = text(told.get("action"))
    actor = person(payload.get("user"))
    approval, rules_met = _APPROVALS.get(action, (None, None))
    by_system = told.get("system") is True  # then the actor pushed, and approved nothing
    return MergeRequestHeard(
        merge_request=_merge_request(payload, told, connection_id),
        action=action,
        actor=actor,
        approval=None if by_system else approval,
        rules_met=rules_met,
        approvals_reset=text(told.get("system_action")).startswith("approvals_reset"),
    )


def pipeline_heard(payload: dict[str, Any], connection_id: int) -> PipelineHeard:
    """The event of a pipeline hook. Raises Unreadable."""
    of_kind(payload, "pipeline")
    told = mapping(payload.get("object_attributes"))
    if told.get("source") == "parent_pipeline":
        raise Unreadable("child pipeline: its parent pipeline tells the result")
    project = project_of(payload.get("project"), None, connection_id)
    pipeline_id = must(whole(told.get("id")), "the pipeline has no id")
    commit = mapping(payload.get("commit"))
    stages = stages_of(payload.get("builds"))
    return PipelineHeard(
        Pipeline(
            project=project,
            id=pipeline_id,
            status=status(told.get("status")),
            ref=text(told.get("ref")),
            sha=text(told.get("sha")),
            url=link(told.get("url")) or f"{project.url}/-/pipelines/{pipeline_id}",
            updated_at=must(_latest(payload), "the pipeline has no date"),
            source=text(told.get("source")),
            merge_request_iid=_iid_in(project, mapping(payload.get("merge_request"))),
            duration_seconds=seconds(told.get("duration")),
            commit=commit_of(commit) if commit else None,
            actor=person(payload.get("user")),
            passed_stages=stages.passed,
            failed_stages=stages.failed,
            tag=told.get("tag") is True,
        )
    )


def status(value: object) -> PipelineStatus:
    """A pipeline's status; `unknown` for words that a future version adds."""
    try:
        return PipelineStatus(text(value))
    except ValueError:
        return PipelineStatus.UNKNOWN


def state(value: object, number: object = None) -> MergeRequestState:
    """A merge request's state by its word or by its `state_id`. Raises Unreadable."""
    word = text(value) or _STATE_IDS.get(whole(number) or 0, "")
    try:
        return MergeRequestState(word)
    except ValueError:
        raise Unreadable(f"the merge request's state is {word or 'not told'}") from None


def reviewer(value: dict[str, Any]) -> Reviewer | None:
    """A hook's reviewer object; None where it has no id."""
    found = person(value)
    return Reviewer(found, text(value.get("state")) or "unreviewed") if found else None


def _merge_request(
    payload: dict[str, Any], told: dict[str, Any], connection_id: int
) -> MergeRequest:
    project = project_of(payload.get("project"), told.get("target_project_id"), connection_id)
    iid = must(whole(told.get("iid")), "the merge request has no iid")
    reviewers = tuple(r for v in mappings(payload.get("reviewers")) if (r := reviewer(v)))
    assignees = people(payload.get("assignees"))
    actor = person(payload.get("user"))
    action = text(told.get("action"))
    return MergeRequest(
        project=project,
        iid=iid,
        title=text(told.get("title")),
        description=text(told.get("description")),
        url=link(told.get("url")) or f"{project.url}/-/merge_requests/{iid}",
        state=state(told.get("state"), told.get("state_id")),
        draft=True in (told.get("draft"), told.get("work_in_progress")),
        source_branch=text(told.get("source_branch")),
        target_branch=text(told.get("target_branch")),
        author=_known(told.get("author_id"), (actor, *assignees, *(r.person for r in reviewers))),
        updated_at=must(moment(told.get("updated_at")), "the merge request has no date"),
        assignees=assignees,
        reviewers=reviewers,
        labels=labels_of(payload, told),
        head_sha=text(mapping(told.get("last_commit")).get("id")),
        merge_sha=text(told.get("merge_commit_sha")),
        actor=actor if action in _MAKES_A_MILESTONE else None,
    )


def labels_of(payload: dict[str, Any], told: dict[str, Any]) -> tuple[str, ...]:
    labels = mappings(payload.get("labels")) or mappings(told.get("labels"))
    return tuple(title for label in labels if (title := text(label.get("title"))))


def _known(user_id: object, candidates: tuple[Person | None, ...]) -> Person | None:
    """Hooks tell the author by id only: known where the same person is in another role."""
    wanted = whole(user_id)
    return next((one for one in candidates if one is not None and one.id == wanted), None)


def _iid_in(project: Project, told: dict[str, Any]) -> int | None:
    """The merge request's number, unless it counts in another project (a fork's pipeline)."""
    target = whole(told.get("target_project_id"))
    return whole(told.get("iid")) if target in (None, project.id) else None


def _latest(payload: dict[str, Any]) -> datetime | None:
    """The latest moment a pipeline hook tells: it has no `updated_at`, its jobs move its time."""
    things = [mapping(payload.get("object_attributes")), *mappings(payload.get("builds"))]
    names = ("created_at", "started_at", "finished_at")
    told = (moment(thing.get(name)) for thing in things for name in names)
    return max((at for at in told if at), default=None)
