"""What rules may ask of each kind of thing. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import assert_never

from sync.core.deployments import Deployment, tier_of
from sync.core.items import Item, JobRun, Note, Push, Release, TagPush, Thing
from sync.core.kinds import Kind
from sync.core.lifecycle import is_open
from sync.core.model import MergeRequest, Person, Pipeline
from sync.core.routes import Facts

Subject = Item | Pipeline | Deployment | MergeRequest


@dataclass(frozen=True, slots=True)
class Around:
    """What a thing itself does not tell. `before`: the state of the one before it in its line."""

    default_branch: str = ""
    protected: Collection[str] = ()
    before: str | None = None


def facts_of(one: Subject, around: Around) -> Facts:
    facts = _own(one)
    named = bool(facts.branch)
    return replace(
        facts,
        is_default=named and facts.branch == around.default_branch,
        is_protected=named and (facts.is_protected or facts.branch in around.protected),
        changed=around.before is None or around.before != facts.state,
    )


def _own(one: Subject) -> Facts:
    match one:
        case Push():
            state = "deleted" if one.deleted else "created" if one.created else "pushed"
            return Facts(one.kind, state, one.branch, is_protected=one.protected is True)
        case TagPush():
            return Facts(one.kind, "deleted" if one.deleted else "created")
        case Note():
            state = "deleted" if one.deleted else "created"
            return Facts(one.kind, state, internal=one.internal)
        case Release():
            return Facts(one.kind, "deleted" if one.deleted else "created")
        case JobRun():
            branch = "" if one.tag else one.ref
            tier, place = tier_of("", one.environment), one.environment
            return Facts(one.kind, one.status, branch, job=one.name, environment=place, tier=tier)
        case Thing():
            state = one.action or one.state
            labels = frozenset(one.labels)
            return Facts(one.kind, state, labels=labels, internal=one.confidential)
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
        case MergeRequest():
            labels = frozenset(one.labels)
            return Facts(Kind.MERGE_REQUEST, _state(one), one.target_branch, labels=labels)
        case _:
            assert_never(one)


def _state(merge_request: MergeRequest) -> str:
    if not is_open(merge_request):
        return merge_request.state.value
    if merge_request.draft:
        return "draft"
    return "approved" if merge_request.approved else "opened"


def actor_of(one: Subject) -> Person | None:
    """Who did what it tells: nobody is told of their own doing."""
    return one.author if isinstance(one, Note) else one.actor


def about_of(one: Subject) -> str:
    """Its name for good: kind, place and key."""
    match one:
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
