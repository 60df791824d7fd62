"""Takes in merge requests, and finds what pushes and pipelines change about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from sync.core.model.activity import Comment, Push
from sync.core.model.events import COMMENTED, MergeRequestEvent, PipelineEvent
from sync.core.model.merge_requests import MergeRequest, MergeRequestKey, is_open
from sync.engine.ingest import lateness
from sync.engine.ingest.handler import Batch, Fetch, Handled, Handler
from sync.engine.ingest.merge_requests import LinkUpdate, save_links
from sync.engine.ingest.outcome import branch_key, describe_work
from sync.engine.ingest.people import save_people
from sync.store import merge_requests as store_merge_requests
from sync.store import people
from sync.store.merge_requests import BranchKey, FoldedEvents


@dataclass(frozen=True, slots=True)
class FoldedBatch:
    """The merge requests of a batch's hooks; `finished`: over before anything came of them."""

    folded: FoldedEvents
    finished: frozenset[MergeRequestKey]


@dataclass(frozen=True, slots=True)
class TouchedWork:
    """The links of merge requests that a batch touches, by its hooks, pushes and pipelines."""

    links: LinkUpdate
    keys_by_branch: Mapping[BranchKey, Sequence[MergeRequestKey]]
    with_pipelines: Mapping[MergeRequestKey, MergeRequest]

    @property
    def fetches(self) -> frozenset[Fetch]:
        """Return what code hosts are to be asked for about them."""
        return frozenset({"commits"}) if self.links.is_commit_due else frozenset()


def fold(batch: Batch) -> FoldedBatch:
    """Fold the batch's hooks of merge requests into the mirror."""
    conn = batch.conn
    events = _with_authors(conn, _that_tell(batch))
    finished = lateness.finished_before(conn, events, batch.late)
    actors = {event.merge_request.key: event.actor for event in events if event.actor}
    save_people(conn, [event.merge_request for event in events], actors)
    return FoldedBatch(store_merge_requests.fold_hooks(conn, events), finished)


def touch(batch: Batch) -> TouchedWork:
    """Bring links up to date: of what hooks reported, and of branches and commits pushed to."""
    conn, folded_batch = batch.conn, batch.once(fold)
    stored = folded_batch.folded.merge_requests
    branches = {branch_key(push) for push in batch.of(Push)}
    keys_by_branch = store_merge_requests.by_branches(conn, branches)
    pipelines = [event.pipeline for event in batch.of(PipelineEvent)]
    with_pipelines = store_merge_requests.by_pipelines(conn, pipelines)
    pushed = {key for keys in keys_by_branch.values() for key in keys} - stored.keys()
    reread = store_merge_requests.without_pipelines(conn, pushed)
    links = save_links(
        conn,
        batch.portal_id,
        {**stored, **reread},
        batch.rules.references,
        now=batch.now,
        also_changed=with_pipelines,
        silent_keys=folded_batch.finished,
        states=folded_batch.folded.commit_states,
    )
    return TouchedWork(links, keys_by_branch, with_pipelines)


def save(batch: Batch, events: Sequence[MergeRequestEvent]) -> None:
    """Store the merge requests as the hooks report them."""
    batch.once(fold)


def relate(batch: Batch, events: Sequence[MergeRequestEvent]) -> Handled[MergeRequestEvent]:
    """Mark the tasks that the merge requests name, or named."""
    folded_batch, touched = batch.once(fold), batch.once(touch)
    stored = folded_batch.folded.merge_requests
    tasks_by_key = touched.links.tasks_by_key

    def describe(event: MergeRequestEvent) -> str:
        if event.action == COMMENTED:
            return ""  # the comment's own outcome names the tasks
        return describe_work([event.merge_request.key], tasks_by_key)

    return Handled(
        describe,
        marks=touched.links.marks,
        subjects=[item for key, item in stored.items() if key not in folded_batch.finished],
        alert_causes=[item for item in stored.values() if not is_open(item)],
        fetches=touched.fetches,
    )


def _that_tell(batch: Batch) -> list[MergeRequestEvent]:
    """Leave out what comments show of merge requests that are heard of otherwise, too.

    So is what only a comment of before the connection shows: a sample.
    """
    conn, events = batch.conn, batch.of(MergeRequestEvent)
    keys = {event.merge_request.key for event in events if event.action == COMMENTED}
    if not keys:
        return list(events)
    others = {event.merge_request.key for event in events if event.action != COMMENTED}
    others |= store_merge_requests.without_pipelines(conn, keys - others).keys()
    others |= keys - _newly_commented(batch)
    return [e for e in events if e.action != COMMENTED or e.merge_request.key not in others]


def _newly_commented(batch: Batch) -> set[MergeRequestKey]:
    """Return the merge requests with a comment that is news."""
    return {
        MergeRequestKey(comment.project.connection_id, comment.project.id, int(comment.target.key))
        for comment in batch.of(Comment)
        if comment.target.kind == "merge_request" and not batch.late.is_late(comment)
    }


def _with_authors(conn: Connection, events: Sequence[MergeRequestEvent]) -> list[MergeRequestEvent]:
    """Fill in authors whom the hook names by number only, where they are known from elsewhere."""
    unnamed: dict[int, set[int]] = {}
    for event in events:
        if event.author_id and event.merge_request.author is None:
            connection_id = event.merge_request.project.connection_id
            unnamed.setdefault(connection_id, set()).add(event.author_id)
    stored = {number: people.by_ids(conn, number, ids) for number, ids in unnamed.items()}
    return [
        replace(event, merge_request=replace(event.merge_request, author=author))
        if event.merge_request.author is None
        and event.author_id
        and (author := stored[event.merge_request.project.connection_id].get(event.author_id))
        else event
        for event in events
    ]


HANDLER = Handler[MergeRequestEvent](relate, save, subject=lambda event: event.merge_request)
