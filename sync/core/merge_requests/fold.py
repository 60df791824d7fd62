"""Folds what was heard of a merge request into what is known of it, in whatever order. Pure.

Events come late, twice and out of order. Each part of a merge request is therefore taken by its
own time: the content as a whole, each person's approval, the verdict of the approval rules, and
who brought the present milestone. Of two accounts of the same moment the later arrival counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sync.core.model.common import MergeRequest, MergeRequestState, Person, Pipeline
from sync.core.model.events import MergeRequestHeard

_MILESTONES = frozenset({"open", "close", "reopen", "merge", "approved"})


@dataclass(frozen=True, slots=True)
class Vote:
    """What one person last said, an approval (`given`) or its withdrawal."""

    person: Person
    given: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Memory:
    """The times that decide which of two accounts is newer.

    `met`: the approval rules are met. `reset_at`: votes of before do not count, because a push
    took them away or because the host was asked since.
    """

    votes: tuple[Vote, ...] = ()
    met: bool = False
    met_at: datetime | None = None
    reset_at: datetime | None = None
    actor_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Known:
    merge_request: MergeRequest
    memory: Memory = Memory()


def hear(known: Known | None, heard: MergeRequestHeard) -> Known:
    """What is known after a hook told its part."""
    before = known.memory if known else Memory()
    at = heard.merge_request.updated_at
    memory = before
    if heard.approvals_reset:
        memory = _reset(memory, at)
    if heard.approval is not None and heard.actor is not None:
        memory = _vote(memory, Vote(heard.actor, heard.approval, at))
    if heard.rules_met is not None and not_before(at, memory.met_at):
        memory = replace(memory, met=heard.rules_met, met_at=at)
    actor = known.merge_request.actor if known else None
    if heard.action in _MILESTONES and not_before(at, memory.actor_at):
        actor, memory = heard.actor, replace(memory, actor_at=at)
    return Known(_fold(known, heard.merge_request, memory, actor), memory)


def read(known: Known | None, merge_request: MergeRequest) -> Known:
    """What is known after the host itself was asked: it knows every approval there is."""
    at = merge_request.updated_at
    before = known.memory if known else Memory()
    if known and not not_before(at, known.merge_request.updated_at):
        return known
    given = {person.id for person in merge_request.approved_by}
    later = [v for v in before.votes if v.person.id not in given and _after(v.at, at)]
    votes = (*(Vote(person, True, at) for person in merge_request.approved_by), *later)
    actor = merge_request.actor or (known.merge_request.actor if known else None)
    memory = replace(
        before,
        votes=votes,
        met=merge_request.approved,
        met_at=at,
        reset_at=at,
        actor_at=at if merge_request.actor else before.actor_at,
    )
    return Known(_fold(known, merge_request, memory, actor), memory)


def head_pipeline(merge_request: MergeRequest, heard: Iterable[Pipeline]) -> Pipeline | None:
    """The newest pipeline of the head commit, or of a merge result made from it since.

    A merged-results pipeline runs on a commit of its own, so only the merge request's number ties
    it to the head. https://docs.gitlab.com/ci/pipelines/merged_results_pipelines/
    """
    ours = [
        pipeline
        for pipeline in heard
        if pipeline.sha == merge_request.head_sha or pipeline.merge_request_iid == merge_request.iid
    ]
    of_head = [pipeline.id for pipeline in ours if pipeline.sha == merge_request.head_sha]
    floor = min(of_head, default=0)
    since = [pipeline for pipeline in ours if pipeline.id >= floor]
    return max(since, key=lambda pipeline: pipeline.id, default=None)


def not_before(moment: datetime, other: datetime | None) -> bool:
    """Whether `moment` is not older than `other`.

    Hooks may tell whole seconds where the API tells fractions: if either has none, seconds count.
    """
    if other is None:
        return True
    if moment.microsecond and other.microsecond:
        return moment >= other
    return moment.replace(microsecond=0) >= other.replace(microsecond=0)


def _after(moment: datetime, other: datetime) -> bool:
    return not not_before(other, moment)


def _reset(memory: Memory, at: datetime) -> Memory:
    votes = tuple(vote for vote in memory.votes if _after(vote.at, at))
    reset_at = at if not_before(at, memory.reset_at) else memory.reset_at
    if not_before(at, memory.met_at):
        return replace(memory, votes=votes, reset_at=reset_at, met=False, met_at=at)
    return replace(memory, votes=votes, reset_at=reset_at)


def _vote(memory: Memory, vote: Vote) -> Memory:
    last = {known.person.id: known for known in memory.votes}
    previous = last.get(vote.person.id)
    if previous and not not_before(vote.at, previous.at):
        return memory
    if not not_before(vote.at, memory.reset_at):
        return memory
    last[vote.person.id] = vote
    return replace(memory, votes=tuple(sorted(last.values(), key=lambda v: v.person.id)))


def _fold(
    known: Known | None, told: MergeRequest, memory: Memory, actor: Person | None
) -> MergeRequest:
    content = told
    if known and not not_before(told.updated_at, known.merge_request.updated_at):
        content = known.merge_request
    accounts = {told.state} | ({known.merge_request.state} if known else set())
    merged = MergeRequestState.MERGED in accounts
    return replace(
        content,
        state=MergeRequestState.MERGED if merged else content.state,  # nothing undoes a merge
        approved=memory.met,
        approved_by=tuple(vote.person for vote in memory.votes if vote.given),
        pipeline=None,
        actor=actor,
        # a hook names its author only where the author acted, or is among those assigned
        author=content.author or told.author or (known.merge_request.author if known else None),
    )
