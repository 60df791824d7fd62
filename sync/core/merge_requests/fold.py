"""Folds what was heard of a merge request into what is known of it, in whatever order. Pure.

Events come late, twice and out of order. Each part of a merge request is therefore taken by its
own time: the content as a whole, each person's approval, the verdict of the approval rules, and
who brought the present milestone. Of two accounts of the same moment the later arrival counts,
unless what the other one replaced tells that it was the later.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sync.core.merge_requests.times import add_event_times, add_snapshot_times
from sync.core.model.common import Person
from sync.core.model.events import MergeRequestEvent
from sync.core.model.merge_requests import (
    NO_TIMES,
    MergeRequest,
    MergeRequestState,
    ReviewTimes,
)
from sync.core.model.pipelines import Pipeline
from sync.core.model.replaced import Replaced, missed_values, was_before

_REVIEW_ACTIONS = frozenset({"open", "close", "reopen", "merge", "approved"})


@dataclass(frozen=True, slots=True)
class ApprovalVote:
    """What one person last said, an approval (`given`) or its withdrawal."""

    person: Person
    approved: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Memory:
    """The times that decide which of two accounts is newer.

    `met`: the approval rules are met. `reset_at`: votes of before do not count, because a push
    took them away or because the host was asked since. `replaced`: the former values of what the
    event changed from which the content is; `missed`: those of them that were never heard of, as
    their event is still to come. `times`: for measuring, they decide nothing.
    """

    votes: tuple[ApprovalVote, ...] = ()
    rules_met: bool = False
    rules_met_at: datetime | None = None
    reset_at: datetime | None = None
    actor_at: datetime | None = None
    replaced: Replaced = ()
    missed: Replaced = ()
    times: ReviewTimes = NO_TIMES


@dataclass(frozen=True, slots=True)
class FoldedMergeRequest:
    """A merge request as folded until now, and what decides about the next account of it."""

    merge_request: MergeRequest
    memory: Memory = Memory()


def fold_event(current: FoldedMergeRequest | None, event: MergeRequestEvent) -> FoldedMergeRequest:
    """Fold what a hook reported into what is known."""
    before = current.memory if current else Memory()
    at = event.merge_request.updated_at
    memory = replace(before, times=add_event_times(before.times, event))
    if event.approvals_reset:
        memory = _reset_approvals(memory, at)
    if event.actor_approved is not None and event.actor is not None:
        memory = _add_vote(memory, ApprovalVote(event.actor, event.actor_approved, at))
    if event.approval_rules_met is not None and not_before(at, memory.rules_met_at):
        memory = replace(memory, rules_met=event.approval_rules_met, rules_met_at=at)
    actor = current.merge_request.actor if current else None
    if event.action in _REVIEW_ACTIONS and not_before(at, memory.actor_at):
        actor, memory = event.actor, replace(memory, actor_at=at)
    if current is None or not _is_replaced_content(current, event):
        memory = replace(memory, replaced=event.replaced, missed=_missed_values(current, event))
        return FoldedMergeRequest(
            _fold_content(current, event.merge_request, memory, actor), memory
        )
    older = replace(current.merge_request, updated_at=event.merge_request.updated_at)
    return FoldedMergeRequest(_fold_content(current, older, memory, actor), memory)


def fold_snapshot(
    current: FoldedMergeRequest | None, merge_request: MergeRequest
) -> FoldedMergeRequest:
    """Fold the host's own answer into what is known: it has every approval there is."""
    at = merge_request.updated_at
    before = current.memory if current else Memory()
    times = add_snapshot_times(before.times, merge_request)
    if current and not not_before(at, current.merge_request.updated_at):
        return replace(current, memory=replace(before, times=times))
    values = {person.id for person in merge_request.approved_by}
    later = [v for v in before.votes if v.person.id not in values and _is_after(v.at, at)]
    votes = (*(ApprovalVote(person, True, at) for person in merge_request.approved_by), *later)
    actor = merge_request.actor or (current.merge_request.actor if current else None)
    memory = replace(
        before,
        votes=votes,
        rules_met=merge_request.approved,
        rules_met_at=at,
        reset_at=at,
        actor_at=at if merge_request.actor else before.actor_at,
        times=times,
    )
    return FoldedMergeRequest(_fold_content(current, merge_request, memory, actor), memory)


def head_pipeline(merge_request: MergeRequest, pipelines: Iterable[Pipeline]) -> Pipeline | None:
    """Return the newest pipeline of the head commit, or of a merge result made from it since.

    A merged-results pipeline runs on a commit of its own, so only the merge request's number ties
    it to the head. A fork's merge request runs either in the fork, where branches of other names
    may have its commit, or here under its number.
    https://docs.gitlab.com/ci/pipelines/merged_results_pipelines/
    See app/finders/ci/pipelines_for_merge_request_finder.rb in GitLab's source.
    """
    own_hooks = [pipeline for pipeline in pipelines if _runs_for(pipeline, merge_request)]
    of_head = [pipeline.id for pipeline in own_hooks if pipeline.sha == merge_request.head_sha]
    floor = min(of_head, default=0)
    since = [pipeline for pipeline in own_hooks if pipeline.id >= floor]
    return max(since, key=lambda pipeline: pipeline.id, default=None)


def _runs_for(pipeline: Pipeline, merge_request: MergeRequest) -> bool:
    if pipeline.project.id == merge_request.project.id:
        is_own = pipeline.sha == merge_request.head_sha and not merge_request.from_fork
        return is_own or pipeline.merge_request_iid == merge_request.iid
    return (
        pipeline.project.id == merge_request.source_project_id
        and pipeline.sha == merge_request.head_sha
        and pipeline.ref == merge_request.source_branch
    )


def not_before(moment: datetime, reference: datetime | None) -> bool:
    """Whether `moment` is not older than `other`.

    Hooks may tell whole seconds where the API tells fractions: if either has none, seconds count.
    """
    if reference is None:
        return True
    if moment.microsecond and reference.microsecond:
        return moment >= reference
    return moment.replace(microsecond=0) >= reference.replace(microsecond=0)


def _is_replaced_content(current: FoldedMergeRequest, event: MergeRequestEvent) -> bool:
    """Tell whether the event was before the one of the same moment that is folded already."""
    item, memory = current.merge_request, current.memory
    if event.merge_request.updated_at != item.updated_at:
        return False
    return was_before(event.merge_request, event.replaced, item, memory.replaced, memory.missed)


def _missed_values(current: FoldedMergeRequest | None, event: MergeRequestEvent) -> Replaced:
    return missed_values(current.merge_request, event.replaced) if current else ()


def _is_after(moment: datetime, reference: datetime) -> bool:
    return not not_before(reference, moment)


def _reset_approvals(memory: Memory, at: datetime) -> Memory:
    votes = tuple(vote for vote in memory.votes if _is_after(vote.at, at))
    reset_at = at if not_before(at, memory.reset_at) else memory.reset_at
    if not_before(at, memory.rules_met_at):
        return replace(memory, votes=votes, reset_at=reset_at, rules_met=False, rules_met_at=at)
    return replace(memory, votes=votes, reset_at=reset_at)


def _add_vote(memory: Memory, vote: ApprovalVote) -> Memory:
    last = {approval_vote.person.id: approval_vote for approval_vote in memory.votes}
    previous = last.get(vote.person.id)
    if previous and not not_before(vote.at, previous.at):
        return memory
    if not not_before(vote.at, memory.reset_at):
        return memory
    last[vote.person.id] = vote
    return replace(memory, votes=tuple(sorted(last.values(), key=lambda v: v.person.id)))


def _fold_content(
    current: FoldedMergeRequest | None, incoming: MergeRequest, memory: Memory, actor: Person | None
) -> MergeRequest:
    content = incoming
    if current and not not_before(incoming.updated_at, current.merge_request.updated_at):
        content = current.merge_request
    accounts = {incoming.state} | ({current.merge_request.state} if current else set())
    merged = MergeRequestState.MERGED in accounts
    return replace(
        content,
        state=MergeRequestState.MERGED if merged else content.state,  # nothing undoes a merge
        approved=memory.rules_met,
        approved_by=tuple(vote.person for vote in memory.votes if vote.approved),
        pipeline=None,
        actor=actor,
        # a hook names its author only where the author acted, or is among those assigned
        author=content.author
        or incoming.author
        or (current.merge_request.author if current else None),
    )
