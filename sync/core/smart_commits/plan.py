"""What smart commits make of a task, and why a command is followed or not. Pure.

A command is followed once and then ended, so a person's own move afterwards is left alone; it
records no step, so a merge request moves the task when its own step changes and not before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sync.core.i18n import durations
from sync.core.i18n.translate import translate, translate_inline
from sync.core.messages.message import render
from sync.core.messages.parts import MAX_NAME_LENGTH
from sync.core.messages.revise import notification_tag
from sync.core.model.commands import Command, LogTime, MoveTask, Notify, Place, PutMessage
from sync.core.model.common import SHORT_SHA
from sync.core.model.plans import Part, PlannedCommand, Records
from sync.core.model.smart_commits import (
    DEFAULT_BRANCH_VERBS,
    PendingSmartCommit,
    SmartCommit,
    SmartCommitResult,
    SmartCommitState,
    Verb,
)
from sync.core.model.task_view import TaskView
from sync.core.model.tasks import LinkKind, Task, TaskStatus
from sync.core.rules.portal import Rules, SmartCommitRules
from sync.core.smart_commits.messages import (
    VERB_LABELS,
    author_name,
    commit_link,
    describe_commit,
    render_comment,
    render_revert,
    render_time_text,
)
from sync.core.smart_commits.parse import MAX_SECONDS
from sync.core.tasks.transitions import reached_statuses
from sync.text.clip import clipped
from sync.text.tree import Document, Paragraph, Text

_TARGET_STATUSES: Mapping[Verb, TaskStatus] = {
    Verb.CLOSE: TaskStatus.COMPLETED,
    Verb.DONE: TaskStatus.COMPLETED,
    Verb.START: TaskStatus.IN_PROGRESS,
}


def plan_smart_commits(view: TaskView, rules: Rules, transition: Part) -> Part:
    """Plan what commits ask of the task; `transition`: what its merge requests ask for now."""
    if not view.smart_commits:
        return Part()
    if view.fresh_task is None:
        return Part(needs=frozenset({"task"}))
    task, language = view.fresh_task, rules.language
    commit_rules = rules.for_group(task.group_id).smart_commits
    refusals = {
        pending.key: refusal
        for pending in view.smart_commits
        if (refusal := _find_refusal(pending, commit_rules, language))
    }
    on_cards = {
        pending.key: _already_on_card(pending, language)
        for pending in view.smart_commits
        if pending.key not in refusals and _is_on_card(view, pending)
    }
    accepted = [p for p in view.smart_commits if p.key not in refusals and p.key not in on_cards]
    # Where the author is notified the command ends with that; the reason is recorded then.
    answers = [
        _notify_flaw(task, pending, author_id, refusals.pop(pending.key), language)
        for pending in view.smart_commits
        if pending.key in refusals and (author_id := _author_to_notify(pending, commit_rules))
    ]
    transitions = [
        pending for pending in accepted if pending.smart_commit.command.verb in _TARGET_STATUSES
    ]
    moved = _plan_transition(task, transitions, transition, language)
    written = [
        _plan_write(task, pending, language) for pending in accepted if pending not in transitions
    ]
    return replace(
        moved,
        commands=(*moved.commands, *written, *answers),
        finished={**refusals, **on_cards, **moved.finished},
    )


def build_refusal(
    pending: PendingSmartCommit, language: str, key: str, *, retryable: bool = False, **why: object
) -> SmartCommitResult:
    """Build the end of a command that is not followed, for the reason of that key."""
    word = VERB_LABELS[pending.smart_commit.command.verb]
    cause = translate(language, f"smart commit refused {key}", **why)
    commit = describe_commit(pending.smart_commit, language)
    reason = translate(language, "smart commit refused", word=word, commit=commit, why=cause)
    return SmartCommitResult(SmartCommitState.REFUSED, reason, retryable)


def refuse_missing_task(pending: PendingSmartCommit, language: str) -> SmartCommitResult:
    """Build the end of a command for a task that the portal does not show."""
    task_id = pending.smart_commit.command.task_id
    return build_refusal(pending, language, "missing task", retryable=True, task=task_id)


def _is_on_card(view: TaskView, pending: PendingSmartCommit) -> bool:
    """Tell whether the revert is that of a merge request, whose card says so already."""
    smart_commit = pending.smart_commit
    place = pending.key.connection_id, pending.key.project_id
    return smart_commit.command.verb is Verb.REVERT and any(
        link.visible
        and link.kind is LinkKind.REVERT
        and (link.merge_request.key.connection_id, link.merge_request.key.project_id) == place
        and (
            pending.key.sha in (link.merge_request.head_sha, link.merge_request.merge_sha)
            or smart_commit.commit.message == link.merge_request.title
        )
        for link in view.links
    )


def _already_on_card(pending: PendingSmartCommit, language: str) -> SmartCommitResult:
    commit = describe_commit(pending.smart_commit, language)
    reason = translate(language, "smart commit on card", commit=commit)
    return SmartCommitResult(SmartCommitState.DONE, reason)


def _find_refusal(
    pending: PendingSmartCommit, commit_rules: SmartCommitRules, language: str
) -> SmartCommitResult | None:
    smart_commit = pending.smart_commit
    command = smart_commit.command
    worded = command.verb in DEFAULT_BRANCH_VERBS
    if not (commit_rules.close if worded else commit_rules.commands):
        return build_refusal(pending, language, "disabled")
    if smart_commit.repeats:
        return build_refusal(pending, language, "duplicate", sha=smart_commit.repeats[:SHORT_SHA])
    if command.flaw:
        return build_refusal(pending, language, command.flaw.value, **_flaw_values(smart_commit))
    if pending.author_id is None and command.verb is not Verb.REVERT:
        author = author_name(smart_commit)
        return build_refusal(pending, language, "unknown author", retryable=True, author=author)
    return None


def _flaw_values(smart_commit: SmartCommit) -> dict[str, Any]:
    """Return what the reasons for flaws name."""
    return {"text": smart_commit.command.text, "hours": MAX_SECONDS // 3600}


def notify_missing_task(pending: PendingSmartCommit, language: str) -> PlannedCommand | None:
    """Notify the author when a smart commit names a missing task; None for an unknown author.

    The command of the commit ends with the notification, so that none is lost.
    """
    if pending.author_id is None:
        return None
    reason = refuse_missing_task(pending, language).reason
    name = f"smart_commit_missing:{pending.key}"
    text = render(Document((Paragraph((Text(reason),)),)))
    command = Notify(0, pending.author_id, text, tag=notification_tag(name))
    return PlannedCommand(name, command, reason, Records(smart_commit=pending.key, retryable=True))


def _author_to_notify(pending: PendingSmartCommit, commit_rules: SmartCommitRules) -> int | None:
    """Return whom to notify of a slip of the pen, which nobody else would see."""
    smart_commit = pending.smart_commit
    notified = smart_commit.command.flaw and commit_rules.commands and not smart_commit.repeats
    return pending.author_id if notified else None


def _notify_flaw(
    task: Task,
    pending: PendingSmartCommit,
    author_id: int,
    refusal: SmartCommitResult,
    language: str,
) -> PlannedCommand:
    smart_commit = pending.smart_commit
    flaw = smart_commit.command.flaw
    sentence = translate_inline(
        language,
        "smart commit problem",
        task=clipped(task.title, MAX_NAME_LENGTH),
        word=VERB_LABELS[smart_commit.command.verb],
        sha=commit_link(smart_commit),
        why=translate(language, f"smart commit refused {flaw}", **_flaw_values(smart_commit)),
    )
    text = render(Document((Paragraph(sentence),)))
    tag = notification_tag(_command_key(pending))
    return _planned(pending, Notify(task.id, author_id, text, tag), refusal.reason)


def _plan_transition(
    task: Task, pending_moves: Sequence[PendingSmartCommit], transition: Part, language: str
) -> Part:
    """Plan the last move. To be done outweighs the step that changes in the same moment."""
    if not pending_moves:
        return Part()
    *earlier, last = pending_moves
    finished = {pending.key: _superseded(pending, language) for pending in earlier}
    status = _TARGET_STATUSES[last.smart_commit.command.verb]
    finishes = status is TaskStatus.COMPLETED
    commit = describe_commit(last.smart_commit, language)
    if not finishes and any(
        isinstance(planned_command.command, MoveTask) for planned_command in transition.commands
    ):
        return Part(finished=finished | {last.key: _superseded(last, language)})
    if status in reached_statuses(task):
        reason = translate(language, "status already reached", why=commit)
        finished[last.key] = SmartCommitResult(SmartCommitState.DONE, reason)
        return Part(finished=finished, replaces_move=finishes)
    controlled = finishes and task.needs_control
    phrase = "awaiting control" if controlled else last.smart_commit.command.verb.value
    reason = translate(language, f"smart commit {phrase}", commit=commit)
    move = _planned(last, MoveTask(task.id, status), reason)
    return Part((move,), finished=finished, replaces_move=finishes)


def _superseded(pending: PendingSmartCommit, language: str) -> SmartCommitResult:
    commit = describe_commit(pending.smart_commit, language)
    reason = translate(language, "smart commit superseded", commit=commit)
    return SmartCommitResult(SmartCommitState.DONE, reason)


def _plan_write(task: Task, pending: PendingSmartCommit, language: str) -> PlannedCommand:
    return _PLANNERS[pending.smart_commit.command.verb](task, pending, language)


def _plan_comment(task: Task, pending: PendingSmartCommit, language: str) -> PlannedCommand:
    subject_key = f"commit:{pending.key.sha}:{pending.key.number}"
    text = render_comment(pending.smart_commit, language)
    commit = describe_commit(pending.smart_commit, language)
    reason = translate(language, "smart commit comment", commit=commit)
    return _planned(pending, PutMessage(Place(task.id), subject_key, text), reason)


def _plan_time_entry(task: Task, pending: PendingSmartCommit, language: str) -> PlannedCommand:
    """Log the time as the author, or, where the portal did not allow that, in our own name."""
    smart_commit = pending.smart_commit
    user_id = 0 if smart_commit.as_app else pending.author_id or 0
    seconds = smart_commit.command.seconds
    command = LogTime(task.id, user_id, seconds, render_time_text(smart_commit, language))
    time = durations.format_seconds(seconds, language)
    commit = describe_commit(smart_commit, language)
    reason = translate(language, "smart commit time", time=time, commit=commit)
    return _planned(pending, command, reason)


def _plan_revert(task: Task, pending: PendingSmartCommit, language: str) -> PlannedCommand:
    """Say in the task that its work was taken back, by whom and with which commit."""
    subject_key = f"commit:{pending.key.sha}:{pending.key.number}"
    text = render_revert(pending.smart_commit, language)
    commit = describe_commit(pending.smart_commit, language)
    reason = translate(language, "smart commit revert", commit=commit)
    return _planned(pending, PutMessage(Place(task.id), subject_key, text), reason)


_PLANNERS = {
    Verb.COMMENT: _plan_comment,
    Verb.TIME: _plan_time_entry,
    Verb.REVERT: _plan_revert,
}


def _planned(pending: PendingSmartCommit, command: Command, reason: str) -> PlannedCommand:
    """Return the command that the command of the commit ends with."""
    records = Records(smart_commit=pending.key)
    return PlannedCommand(_command_key(pending), command, reason, records)


def _command_key(pending: PendingSmartCommit) -> str:
    return f"smart_commit:{pending.key}"
