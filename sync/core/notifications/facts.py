"""Build the facts by which rules filter each kind of subject. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from sync.core.activity import resource_states
from sync.core.alerts.messages import AlertContext
from sync.core.alerts.model import alert_ref, parse_tag_ref
from sync.core.model.activity import Comment, Push, Release, Resource, TagPush
from sync.core.model.deployments import Deployment, DeploymentStatus, tier_of
from sync.core.model.kinds import Kind
from sync.core.model.merge_requests import MergeRequest, is_open
from sync.core.model.pipelines import JobRun, Pipeline, PipelineStatus
from sync.core.notifications.keys import NotificationSubject
from sync.core.rules.routes import Facts

_PIPELINE_STATES = tuple(
    pipeline_status.value
    for pipeline_status in PipelineStatus
    if pipeline_status is not PipelineStatus.UNKNOWN
)
# Unfinished ones are not compared with the previous state.
_UNFINISHED_STATES = frozenset(
    {"created", "waiting_for_resource", "preparing", "waiting_for_callback", "pending", "running",
     "canceling", "scheduled"}
)  # fmt: skip

# The states that rules may name, by kind; `filters.STATES_BY_KIND` adds those of alerts.
BASIC_STATES: Mapping[Kind, tuple[str, ...]] = {
    Kind.PUSH: ("pushed",),
    Kind.BRANCH: ("created", "deleted"),
    Kind.TAG: ("created", "moved", "deleted"),
    Kind.MERGE_REQUEST: ("draft", "opened", "approved", "merged", "closed"),
    Kind.PIPELINE: _PIPELINE_STATES,
    Kind.JOB: _PIPELINE_STATES,
    Kind.COMMENT: ("created", "deleted"),
    Kind.RELEASE: ("created", "updated", "deleted"),
    Kind.DEPLOYMENT: tuple(
        deployment_status.value
        for deployment_status in DeploymentStatus
        if deployment_status is not DeploymentStatus.UNKNOWN
    ),
    **resource_states.RESOURCE_STATES,
}


@dataclass(frozen=True, slots=True)
class FactsContext:
    """What a subject itself does not hold.

    `previous_state` is that of the previous subject of its line: for a pipeline the last finished
    one of its branch, for a deployment the previous one of its environment. `now` is aware; None
    where the state does not depend on time.
    """

    default_branch: str = ""
    protected_branches: Collection[str] = ()
    previous_state: str | None = None
    now: datetime | None = None


def build_facts(subject: NotificationSubject, around: FactsContext) -> Facts:
    """Build the facts of a subject.

    The branch of a merge request is its target: the source is new each time, and no rule names it.
    A tag matches patterns by its name, but counts neither as the default nor as a protected branch.
    """
    facts = _basic_facts(subject, around)
    is_named = bool(facts.branch) and _is_of_branch(subject)
    return replace(
        facts,
        is_default=is_named and facts.branch == around.default_branch,
        is_protected=is_named and (facts.is_protected or facts.branch in around.protected_branches),
        state_changed=_state_changed(facts, around.previous_state),
    )


def _is_of_branch(subject: NotificationSubject) -> bool:
    """Tell whether its branch is the project's own: a merge request's pipeline names the source
    branch, which may be a fork's, and says nothing of it."""
    match subject:
        case AlertContext():
            return parse_tag_ref(subject.ref) is None
        case Pipeline():
            return alert_ref(subject) == subject.ref
        case JobRun():
            return not subject.tag
    return True


def _state_changed(facts: Facts, before: str | None) -> bool:
    """Tell whether the state differs from the previous one of the subject's line.

    A branch's first pipeline counts as changed only if it does not pass, which everybody expected.
    """
    if facts.kind not in (Kind.PIPELINE, Kind.DEPLOYMENT):
        return before is None or before != facts.state
    if facts.kind is Kind.PIPELINE and before is None:
        before = "success"
    return facts.state not in _UNFINISHED_STATES and facts.state != before


def _basic_facts(subject: NotificationSubject, around: FactsContext) -> Facts:
    match subject:
        case Push():
            state = "deleted" if subject.deleted else "created" if subject.created else "pushed"
            return Facts(
                subject.kind, state, subject.branch, is_protected=subject.protected is True
            )
        case TagPush():
            state = "deleted" if subject.deleted else "moved" if subject.moved else "created"
            return Facts(subject.kind, state)
        case Comment():
            state = "deleted" if subject.deleted else "created"
            return Facts(subject.kind, state, internal=subject.internal)
        case Release():
            state = "deleted" if subject.deleted else "updated" if subject.updated else "created"
            return Facts(subject.kind, state)
        case JobRun():
            tier, place = tier_of("", subject.environment), subject.environment
            return Facts(
                subject.kind,
                subject.status,
                subject.ref,
                job=subject.name,
                environment=place,
                tier=tier,
            )
        case Resource():
            labels = frozenset(subject.labels)
            return Facts(
                subject.kind,
                resource_states.state_of(subject, around.now),
                labels=labels,
                internal=subject.confidential,
            )
        case Pipeline():
            return Facts(Kind.PIPELINE, subject.status.value, subject.ref)
        case Deployment():
            return Facts(
                Kind.DEPLOYMENT,
                subject.status.value,
                subject.ref,
                environment=subject.environment,
                tier=subject.tier,
            )
        case AlertContext():
            labels = frozenset({subject.alert.severity.value})
            branch = parse_tag_ref(subject.ref) or subject.ref
            return Facts(Kind.ALERT, subject.alert.state.value, branch, labels=labels)
        case MergeRequest():
            labels = frozenset(subject.labels)
            return Facts(
                Kind.MERGE_REQUEST,
                _merge_request_state(subject),
                subject.target_branch,
                labels=labels,
            )
        case _:
            assert_never(subject)


def _merge_request_state(merge_request: MergeRequest) -> str:
    """Return draft, opened, approved, merged or closed.

    One that is being merged is still open.
    """
    if not is_open(merge_request):
        return merge_request.state.value
    if merge_request.draft:
        return "draft"
    return "approved" if merge_request.approved else "opened"
