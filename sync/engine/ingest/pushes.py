"""Takes in pushes: which tasks a branch and its commits name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Connection

from sync.core.alerts.model import FINISHED_STATUSES, alert_ref
from sync.core.model.activity import Push
from sync.core.model.common import Commit
from sync.core.model.events import PipelineEvent
from sync.core.model.pipelines import Pipeline
from sync.core.model.smart_commits import is_shared_name
from sync.core.model.tasks import Reference
from sync.core.notifications.keys import ended_key_of
from sync.core.references import find as references_find
from sync.core.rules.portal import ReferenceRules
from sync.engine.deps import TASK
from sync.engine.ingest import (
    activity,
    carried_commits,
    merge_request_events,
    own_commits,
    people,
    smart_commits,
)
from sync.engine.ingest.handler import Batch, Fetch, Handled, Handler
from sync.engine.ingest.outcome import branch_key, describe_work
from sync.store import branch_checks, commits, messages, protected_branches
from sync.store import commit_tasks as store_commit_tasks
from sync.store import merge_requests as store_merge_requests

_BRANCHES: frozenset[Fetch] = frozenset({"branches"})
_COMMITS: frozenset[Fetch] = frozenset({"commits"})


def save(batch: Batch, pushes: Sequence[Push]) -> None:
    """Store the pushes that a hook reported, their commits, and the e-mails of pushers."""
    activity.save_by_lateness(batch, _complete_pushes(pushes))
    listed = [(push.project, push.branch, push.commits) for push in pushes]
    commits.save(batch.conn, listed, batch.now)
    if ended := list(filter(None, map(ended_key_of, pushes))):
        messages.forget(batch.conn, batch.portal_id, ended)
    people.save_commit_emails(batch.conn, pushes)


def relate(batch: Batch, pushes: Sequence[Push]) -> Handled[Push]:
    """Mark the tasks of the branches' merge requests, of the commits, and of smart commits."""
    touched = batch.once(merge_request_events.touch)
    tasks_by_commit = batch.once(save_commit_tasks)

    def describe(push: Push) -> str:
        branch = branch_key(push)
        task_ids = () if push.deleted else tasks_by_commit.get((*branch, push.after), ())
        keys = touched.keys_by_branch.get(branch, ())
        work = describe_work(keys, touched.links.tasks_by_key, task_ids)
        return f"push to {push.branch}: {work}"

    alive = [push for push in pushes if _is_alive(push)]
    doubtful = _doubtful_branches(alive, tasks_by_commit, batch.rules.references)
    branch_checks.mark_due(batch.conn, doubtful, batch.now)
    pushed = [
        (TASK, str(task_id), f"push to {push.branch}")
        for push in alive
        for task_id in tasks_by_commit.get((*branch_key(push), push.after), ())
    ]
    put_back = [
        (TASK, str(task_id), f"{push.branch} was put back")
        for push in alive
        if _is_put_back(push)
        for task_id in store_commit_tasks.mark_gone(
            batch.conn, batch.portal_id, (*branch_key(push), push.after)
        )
    ]
    command_marks = smart_commits.save_new(batch, pushes)
    is_commit_due = smart_commits.mark_doubtful(batch.conn, pushes, batch.now)
    return Handled(
        describe,
        marks=[*touched.links.marks, *pushed, *put_back, *command_marks],
        subjects=_complete_pushes(pushes),
        alert_causes=pushes,
        fetches=touched.fetches
        | (_BRANCHES if doubtful else frozenset())
        | (_COMMITS if is_commit_due else frozenset()),
    )


def save_commit_tasks(batch: Batch) -> Mapping[store_commit_tasks.CommitKey, Sequence[int]]:
    """Remember what the batch's pushes name, and return the tasks that its commits name.

    A pipeline runs for the last commit of a push, so it is that commit which speaks for all of
    them.
    """
    conn, pushes = batch.conn, batch.of(Push)
    own_commits.save_landed(conn, {}, _complete_pushes(pushes))
    alive = [push for push in pushes if _is_alive(push)]
    named = _named_tasks(conn, alive, batch.rules.references)
    store_commit_tasks.save_commit_tasks(conn, batch.portal_id, named, pushed=True)
    keys = {commit_key(event.pipeline) for event in batch.of(PipelineEvent)}
    keys |= {(*branch_key(push), push.after) for push in alive}
    return store_commit_tasks.tasks_of(conn, keys)


def _is_alive(push: Push) -> bool:
    return bool(push.after) and not push.deleted


def _is_put_back(push: Push) -> bool:
    """Tell whether a shared branch stands at an older commit now: the push brought nothing."""
    moved = bool(push.before) and not push.created and push.before != push.after
    return moved and _is_shared(push) and not push.commits and not push.total


def _complete_pushes(pushes: Iterable[Push]) -> list[Push]:
    """Return those that a hook reported. What a job knows of its branch is no push."""
    return [push for push in pushes if push.before]


def speaking_for_branch(conn: Connection, pipelines: Iterable[Pipeline]) -> list[Pipeline]:
    """Return those that ended on branches that only grow: the default and protected ones."""
    ended = [
        pipeline
        for pipeline in pipelines
        if alert_ref(pipeline) == pipeline.ref and pipeline.status.value in FINISHED_STATUSES
    ]
    others = [
        (pipeline.project.connection_id, pipeline.project.id)
        for pipeline in ended
        if pipeline.ref != pipeline.project.default_branch
    ]
    protected = protected_branches.protected_branches(conn, others) if others else {}
    return [
        pipeline
        for pipeline in ended
        if pipeline.ref == pipeline.project.default_branch
        or pipeline.ref in protected.get((pipeline.project.connection_id, pipeline.project.id), ())
    ]


def commit_key(pipeline: Pipeline) -> store_commit_tasks.CommitKey:
    """Return the commit that the pipeline runs for, on its ref."""
    project = pipeline.project
    return project.connection_id, project.id, pipeline.ref, pipeline.sha


def _named_tasks(
    conn: Connection, pushes: Sequence[Push], rules: ReferenceRules
) -> Iterator[tuple[store_commit_tasks.CommitKey, int]]:
    """Yield the tasks by the last commit of each push.

    Of a branch all commits count that were its own first, of a shared one only those of the push
    itself that no other shared branch had. Where a merge request is open, its own commits count
    instead.
    """
    own = [push for push in pushes if not _is_shared(push)]
    first = commits.first_on_branches(conn, map(branch_key, own))
    reviewed = store_merge_requests.open_branches(conn, map(branch_key, own))
    arrived = _arrived_on_shared(conn, [push for push in pushes if _is_shared(push)], rules)
    for push in pushes:
        branch = branch_key(push)
        shared = _is_shared(push)
        listed = arrived[*branch, push.after] if shared else first.get(branch, ())
        if not push.before:  # a job told what is its own
            listed = push.commits
        is_asked = branch in reviewed and push.before
        messages = [
            commit.message
            for commit in (() if is_asked else listed)
            # the merge of a branch into a shared one brings its work there
            if shared or not own_commits.is_merge_message(commit.message)
        ]
        name = "" if push.branch == push.project.default_branch else push.branch
        for task_id in tasks_named(name, messages, rules):
            yield (*branch, push.after), task_id


def _arrived_on_shared(
    conn: Connection, pushes: Sequence[Push], rules: ReferenceRules
) -> dict[store_commit_tasks.CommitKey, list[Commit]]:
    """Return the commits that name tasks and that no other shared branch had, by last commit."""
    naming = {
        (*branch_key(push), push.after): [
            commit
            for commit in push.commits
            if references_find.find_references(commit.message, "commit", rules)
        ]
        for push in pushes
    }
    places = [(key[:3], commit.sha) for key, listed in naming.items() for commit in listed]
    carried = carried_commits.carried_commits(conn, pushes, places)
    return {
        key: [commit for commit in listed if (key[:3], commit.sha) not in carried]
        for key, listed in naming.items()
    }


def _doubtful_branches(
    pushes: Iterable[Push],
    tasks_by_commit: Mapping[store_commit_tasks.CommitKey, Sequence[int]],
    rules: ReferenceRules,
) -> list[store_merge_requests.BranchKey]:
    """Return the branches that have tasks which this push does not name.

    A push by force may have taken their commits away; the hook does not say so.
    """
    return [
        branch_key(push)
        for push in pushes
        if push.before
        and not (push.created or _is_shared(push) or is_shared_name(push.branch))
        and (task_ids := tasks_by_commit.get((*branch_key(push), push.after)))
        and set(task_ids).difference(
            tasks_named(push.branch, [commit.message for commit in push.commits], rules)
        )
    ]


def tasks_named(branch: str, messages: Iterable[str], rules: ReferenceRules) -> list[int]:
    """Return the tasks whose work a branch and its commits say they are."""
    references: list[Reference] = []
    references += references_find.find_references(branch, "branch", rules)
    for message in messages:
        references += references_find.find_references(message, "commit", rules)
    strongest = references_find.strongest_references(references)
    return [task_id for task_id, reference in strongest.items() if reference.kind.is_work]


def _is_shared(push: Push) -> bool:
    """Tell whether the branch holds everybody's work: the default one, and protected ones."""
    return push.branch == push.project.default_branch or push.protected is True


HANDLER = Handler[Push](relate, save, subject=lambda push: push)
