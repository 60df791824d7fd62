"""What rules may ask of each kind of thing. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from sync.core.activity import resource_states
from sync.core.alerts.messages import AlertNews
from sync.core.alerts.model import tag_of
from sync.core.deployments.environments import Deployment, DeploymentStatus, tier_of
from sync.core.merge_requests.milestones import is_open
from sync.core.model.activity import Item, JobRun, Note, Push, Release, TagPush, Thing
from sync.core.model.common import MergeRequest, Person, Pipeline, PipelineStatus
from sync.core.model.kinds import Kind
from sync.core.rules.routes import Facts

Subject = Item | Pipeline | Deployment | MergeRequest | AlertNews

_RUNS = tuple(one.value for one in PipelineStatus if one is not PipelineStatus.UNKNOWN)
# Of what has not come to anything yet nothing can be said beside the one before it.
_ON_THE_WAY = frozenset(
    {"created", "waiting_for_resource", "preparing", "waiting_for_callback", "pending", "running",
     "canceling", "scheduled"}
)  # fmt: skip

# The states that rules may name, by kind; of alerts they are named where alerts are.
STATES: Mapping[Kind, tuple[str, ...]] = {
    Kind.PUSH: ("pushed",),
    Kind.BRANCH: ("created", "deleted"),
    Kind.TAG: ("created", "moved", "deleted"),
    Kind.MERGE_REQUEST: ("draft", "opened", "approved", "merged", "closed"),
    Kind.PIPELINE: _RUNS,
    Kind.JOB: _RUNS,
    Kind.NOTE: ("created", "deleted"),
    Kind.RELEASE: ("created", "updated", "deleted"),
    Kind.DEPLOYMENT: tuple(
        one.value for one in DeploymentStatus if one is not DeploymentStatus.UNKNOWN
    ),
    **resource_states.STATES,
}


@dataclass(frozen=True, slots=True)
class Around:
    """What a thing itself does not tell.

    `before`: the state of the one before it in its line: of a pipeline the last finished one of
    its branch, of a deployment that of its environment. `now`: aware, None where time says nothing.
    """

    default_branch: str = ""
    protected: Collection[str] = ()
    before: str | None = None
    now: datetime | None = None


def facts_of(one: Subject, around: Around) -> Facts:
    """A merge request is where it goes: of its two branches the target is the one rules filter by,
    as the source is new with each and of nobody else's interest. A tag that is called as a branch
    is has the patterns of its name, but is neither the default branch nor protected as it is."""
    facts = _own(one, around)
    named = bool(facts.branch) and not _is_tag(one)
    return replace(
        facts,
        is_default=named and facts.branch == around.default_branch,
        is_protected=named and (facts.is_protected or facts.branch in around.protected),
        changed=_changed(facts, around.before),
    )


def _is_tag(one: Subject) -> bool:
    if isinstance(one, AlertNews):
        return tag_of(one.ref) is not None
    return isinstance(one, Pipeline | JobRun) and one.tag


def _changed(facts: Facts, before: str | None) -> bool:
    """Whether it came to something else than the one before it in its line.

    The first pipeline of a branch is no news where it passes: nobody expected otherwise.
    """
    if facts.kind not in (Kind.PIPELINE, Kind.DEPLOYMENT):
        return before is None or before != facts.state
    if facts.kind is Kind.PIPELINE and before is None:
        before = "success"
    return facts.state not in _ON_THE_WAY and facts.state != before


def _own(one: Subject, around: Around) -> Facts:
    match one:
        case Push():
            state = "deleted" if one.deleted else "created" if one.created else "pushed"
            return Facts(one.kind, state, one.branch, is_protected=one.protected is True)
        case TagPush():
            state = "deleted" if one.deleted else "moved" if one.moved else "created"
            return Facts(one.kind, state)
        case Note():
            state = "deleted" if one.deleted else "created"
            return Facts(one.kind, state, internal=one.internal)
        case Release():
            state = "deleted" if one.deleted else "updated" if one.updated else "created"
            return Facts(one.kind, state)
        case JobRun():
            tier, place = tier_of("", one.environment), one.environment
            return Facts(one.kind, one.status, one.ref, job=one.name, environment=place, tier=tier)
        case Thing():
            labels = frozenset(one.labels)
            return Facts(
                one.kind,
                resource_states.of(one, around.now),
                labels=labels,
                internal=one.confidential,
            )
        case Pipeline():
            return Facts(Kind.PIPELINE, one.status.value, one.ref)
        case Deployment():
            return Facts(
                Kind.DEPLOYMENT,
                one.status.value,
                one.ref,
                environment=one.environment,
                tier=one.tier,
            )
        case AlertNews():
            labels = frozenset({one.alert.severity.value})
            branch = tag_of(one.ref) or one.ref
            return Facts(Kind.ALERT, one.alert.state.value, branch, labels=labels)
        case MergeRequest():
            labels = frozenset(one.labels)
            return Facts(Kind.MERGE_REQUEST, _of_request(one), one.target_branch, labels=labels)
        case _:
            assert_never(one)


def _of_request(merge_request: MergeRequest) -> str:
    """One that is being merged is open still."""
    if not is_open(merge_request):
        return merge_request.state.value
    if merge_request.draft:
        return "draft"
    return "approved" if merge_request.approved else "opened"


def people_of(one: Subject) -> tuple[Person, ...]:
    """Everybody whom the words for it name."""
    match one:
        case Note():
            found = (one.author,)
        case MergeRequest():
            reviewers = (reviewer.person for reviewer in one.reviewers)
            found = (one.actor, one.author, *one.approved_by, *reviewers)
        case _:
            found = (one.actor,)
    return tuple(person for person in found if person is not None)


def actor_of(one: Subject) -> Person | None:
    """Who did what it tells: nobody is told of their own doing.

    How a pipeline or a job went is not the doing of who started it.
    """
    match one:
        case Note():
            return one.author
        case Pipeline() | JobRun():
            return None
        case _:
            return one.actor


def author_of(one: Subject) -> Person | None:
    """Whose it is, where no commit says so."""
    return one.author if isinstance(one, Note | MergeRequest) else one.actor


def about_of(one: Subject) -> str:
    """Its name for good: kind, place and key."""
    match one:
        case AlertNews():
            return one.key.about
        case Pipeline():
            kind, key = Kind.PIPELINE, str(one.id)
        case Deployment():
            kind, key = Kind.DEPLOYMENT, one.key
        case MergeRequest():
            kind, key = Kind.MERGE_REQUEST, str(one.iid)
        case _:
            kind, key = one.kind, one.key
    return f"{kind}:{one.project.connection_id}/{one.project.id}:{key}"


@dataclass(frozen=True, slots=True)
class About:
    """A name taken apart again."""

    kind: Kind
    connection_id: int
    project_id: int
    key: str

    @classmethod
    def read(cls, about: str) -> About:
        """Raises ValueError for what `about_of` never wrote."""
        kind, place, key = about.split(":", 2)
        connection_id, project_id = map(int, place.split("/"))
        return cls(Kind(kind), connection_id, project_id, key)
