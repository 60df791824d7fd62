"""What commits have told a task to do, and why it is done or not. Pure.

A command is followed once and then ended, so a person's own move afterwards is left alone; it
records no step, so a merge request moves the task when its own step changes and not before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sync.core.i18n import durations
from sync.core.i18n.translate import translate, translate_inline
from sync.core.messages.message import render
from sync.core.messages.parts import MAX_NAME_LENGTH
from sync.core.model.commands import LogTime, MoveTask, Notify, PlannedCommand, PutMessage
from sync.core.model.common import SHORT_SHA
from sync.core.model.smart_commits import (
    DEFAULT_BRANCH_VERBS,
    CommandKey,
    PendingSmartCommit,
    SmartCommit,
    SmartCommitState,
    Verb,
)
from sync.core.model.task_view import TaskView
from sync.core.model.tasks import Task, TaskStatus
from sync.core.rules.portal import Rules, SmartCommitRules
from sync.core.smart_commits.parse import MAX_SECONDS
from sync.core.tasks.transitions import TransitionPart, reached_statuses
from sync.text.clip import clipped
from sync.text.tree import Document, LineBreak, Link, Paragraph, Strong, Text

_TARGET_STATUSES: Mapping[Verb, TaskStatus] = {
    Verb.CLOSE: TaskStatus.COMPLETED,
    Verb.DONE: TaskStatus.COMPLETED,
    Verb.START: TaskStatus.IN_PROGRESS,
}
# As people write them.
VERB_LABELS: Mapping[Verb, str] = {
    Verb.CLOSE: "Closes",
    Verb.REVERT: "Revert",
    Verb.DONE: "#done",
    Verb.START: "#in-progress",
    Verb.COMMENT: "#comment",
    Verb.TIME: "#time",
}


@dataclass(frozen=True, slots=True)
class SmartCommitResult:
    """How a command ended that nothing is written for. `mendable`: somebody may change why."""

    state: SmartCommitState
    reason: str
    retryable: bool = False


@dataclass(frozen=True, slots=True)
class SmartCommitPart:
    """The effects, each of a key that names its command; the commands that end without any.

    `instead`: keys of the effects of the task's step that these take the place of.
    """

    commands: tuple[PlannedCommand, ...] = ()
    finished: Mapping[CommandKey, SmartCommitResult] = field(default_factory=dict)
    replaced_keys: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()


def plan_smart_commits(view: TaskView, rules: Rules, moving: TransitionPart) -> SmartCommitPart:
    """`moving`: what the merge requests ask for in the same moment."""
    if not view.smart_commits:
        return SmartCommitPart()
    if view.fresh_task is None:
        return SmartCommitPart(needs=frozenset({"task"}))
    task, language = view.fresh_task, rules.language
    wants = rules.for_group(task.group_id).smart_commits
    ended = {
        one.key: why for one in view.smart_commits if (why := _find_refusal(one, wants, language))
    }
    taken = [one for one in view.smart_commits if one.key not in ended]
    # Who can be told ends with being told; the reason is recorded then.
    told = [one for one in view.smart_commits if one.key in ended and _notifies_author(one, wants)]
    answers = [_notify_flaw(task, one, ended.pop(one.key), language) for one in told]
    movers = [one for one in taken if one.smart_commit.command.verb in _TARGET_STATUSES]
    moved = _plan_transition(task, movers, moving, language)
    written = (_plan_write(task, one, language) for one in taken if one not in movers)
    effects = (*moved.commands, *written, *answers)
    return SmartCommitPart(effects, {**ended, **moved.finished}, moved.replaced_keys)


def build_refusal(
    pending: PendingSmartCommit, language: str, key: str, *, retryable: bool = False, **why: object
) -> SmartCommitResult:
    """The end of a command that is not followed, for the reason of that key."""
    word = VERB_LABELS[pending.smart_commit.command.verb]
    told = translate(language, f"smart commit refused {key}", **why)
    commit = _describe_commit(pending.smart_commit, language)
    reason = translate(language, "smart commit refused", word=word, commit=commit, why=told)
    return SmartCommitResult(SmartCommitState.REFUSED, reason, retryable)


def _find_refusal(
    pending: PendingSmartCommit, commit_rules: SmartCommitRules, language: str
) -> SmartCommitResult | None:
    speech = pending.smart_commit
    command, worded = speech.command, speech.command.verb in DEFAULT_BRANCH_VERBS
    if not (commit_rules.close if worded else commit_rules.commands):
        return build_refusal(pending, language, "disabled")
    if speech.repeats:
        return build_refusal(pending, language, "duplicate", sha=speech.repeats[:SHORT_SHA])
    if command.flaw:
        return build_refusal(pending, language, command.flaw.value, **_flaw_values(speech))
    if pending.author_id is None and command.verb is not Verb.REVERT:
        return build_refusal(
            pending, language, "unknown author", retryable=True, author=_author_name(speech)
        )
    return None


def _flaw_values(speech: SmartCommit) -> dict[str, object]:
    """What the reasons for flaws name."""
    return {"text": speech.command.text, "hours": MAX_SECONDS // 3600}


def notify_missing_task(pending: PendingSmartCommit, language: str) -> PlannedCommand | None:
    """What the author is told of a task that is not there; None where nobody knows them."""
    if pending.author_id is None:
        return None
    task_id = pending.smart_commit.command.task_id
    ended = build_refusal(pending, language, "missing task", task=task_id)
    key = f"smart_commit_missing:{pending.key}"
    text = render(Document((Paragraph((Text(ended.reason),)),)))
    return key, Notify(0, pending.author_id, text, tag=f"b24bridge:{key}"[:200]), ended.reason


def _notifies_author(pending: PendingSmartCommit, commit_rules: SmartCommitRules) -> bool:
    """Whether the author hears why: of a slip of the pen, whom nobody else would tell."""
    speech = pending.smart_commit
    return (
        pending.author_id is not None
        and bool(speech.command.flaw)
        and commit_rules.commands
        and not speech.repeats
    )


def _notify_flaw(
    task: Task, pending: PendingSmartCommit, ended: SmartCommitResult, language: str
) -> PlannedCommand:
    speech = pending.smart_commit
    sentence = translate_inline(
        language,
        "smart commit problem",
        task=clipped(task.title, MAX_NAME_LENGTH),
        word=VERB_LABELS[speech.command.verb],
        sha=_commit_link(speech),
        why=translate(
            language, f"smart commit refused {speech.command.flaw}", **_flaw_values(speech)
        ),
    )
    text = render(Document((Paragraph(sentence),)))
    effect = Notify(
        task.id, pending.author_id or 0, text, tag=f"b24bridge:{_planned_key(pending)}"[:200]
    )
    return _planned_key(pending), effect, ended.reason


def _plan_transition(
    task: Task, pending_moves: Sequence[PendingSmartCommit], moving: TransitionPart, language: str
) -> SmartCommitPart:
    """Only the last one moves. To be done outweighs the step that changes in the same moment."""
    if not pending_moves:
        return SmartCommitPart()
    *earlier, last = pending_moves
    ended = {one.key: _superseded(one, language) for one in earlier}
    wanted = _TARGET_STATUSES[last.smart_commit.command.verb]
    finishes = wanted is TaskStatus.COMPLETED
    instead = frozenset({"status"}) if finishes else frozenset[str]()
    commit = _describe_commit(last.smart_commit, language)
    if not finishes and any(key == "status" for key, _, _ in moving.commands):
        ended[last.key] = _superseded(last, language)
        return SmartCommitPart((), ended)
    if wanted in reached_statuses(task):
        ended[last.key] = SmartCommitResult(
            SmartCommitState.DONE, translate(language, "status already reached", why=commit)
        )
        return SmartCommitPart((), ended, instead)
    controlled = finishes and task.needs_control
    key = "awaiting control" if controlled else last.smart_commit.command.verb.value
    reason = translate(language, f"smart commit {key}", commit=commit)
    return SmartCommitPart(
        ((_planned_key(last), MoveTask(task.id, wanted), reason),), ended, instead
    )


def _superseded(pending: PendingSmartCommit, language: str) -> SmartCommitResult:
    commit = _describe_commit(pending.smart_commit, language)
    return SmartCommitResult(
        SmartCommitState.DONE, translate(language, "smart commit superseded", commit=commit)
    )


def _plan_write(task: Task, pending: PendingSmartCommit, language: str) -> PlannedCommand:
    return _PLANNERS[pending.smart_commit.command.verb](task, pending, language)


def _plan_comment(task: Task, pending: PendingSmartCommit, language: str) -> PlannedCommand:
    about = f"commit:{pending.key.sha}:{pending.key.number}"
    effect = PutMessage(task.id, about, render_comment(pending.smart_commit, language))
    commit = _describe_commit(pending.smart_commit, language)
    return _planned_key(pending), effect, translate(language, "smart commit comment", commit=commit)


def _plan_time_entry(task: Task, pending: PendingSmartCommit, language: str) -> PlannedCommand:
    """As the author, or, where the portal did not allow that, in our own name."""
    speech = pending.smart_commit
    user = 0 if speech.as_app else pending.author_id or 0
    seconds = speech.command.seconds
    effect = LogTime(task.id, user, seconds, render_time_text(speech, language))
    time, commit = durations.format_seconds(seconds, language), _describe_commit(speech, language)
    return (
        _planned_key(pending),
        effect,
        translate(language, "smart commit time", time=time, commit=commit),
    )


def _plan_revert(task: Task, pending: PendingSmartCommit, language: str) -> PlannedCommand:
    """Say in the task that its work was taken back, by whom and with which commit."""
    subject_key = f"commit:{pending.key.sha}:{pending.key.number}"
    effect = PutMessage(task.id, subject_key, render_revert(pending.smart_commit, language))
    commit = _describe_commit(pending.smart_commit, language)
    return _planned_key(pending), effect, translate(language, "smart commit revert", commit=commit)


_PLANNERS = {
    Verb.COMMENT: _plan_comment,
    Verb.TIME: _plan_time_entry,
    Verb.REVERT: _plan_revert,
}


def render_comment(speech: SmartCommit, language: str) -> str:
    """The message as the portal shows it."""
    head = translate_inline(
        language,
        "smart commit comment author",
        author=Strong((Text(_author_name(speech)),)),
        sha=_commit_link(speech),
    )
    paragraph = Paragraph((*head, LineBreak(), Text(speech.command.text)))
    return render(Document((paragraph,)))


def render_revert(speech: SmartCommit, language: str) -> str:
    """Return the message that says whose commit took the work back."""
    sentence = translate_inline(
        language,
        "smart commit taken back",
        author=Strong((Text(_author_name(speech)),)),
        sha=_commit_link(speech),
        title=clipped(speech.commit.message, MAX_NAME_LENGTH),
    )
    return render(Document((Paragraph(sentence),)))


def render_time_text(speech: SmartCommit, language: str) -> str:
    """What the time was spent on. It names the commit, by which it is found again."""
    sha, words = speech.commit.sha[:SHORT_SHA], speech.command.text
    said = translate(language, "smart commit time text", text=words, sha=sha) if words else ""
    said = said or translate(language, "smart commit time only", sha=sha)
    if speech.as_app:
        said = translate(
            language, "smart commit time author", author=_author_name(speech), text=said
        )
    return render(Document((Paragraph((Text(said),)),)))


def _commit_link(speech: SmartCommit) -> Link | Text:
    sha = speech.commit.sha[:SHORT_SHA]
    return Link(speech.commit.url, (Text(sha),)) if speech.commit.url else Text(sha)


def _planned_key(pending: PendingSmartCommit) -> str:
    return f"smart_commit:{pending.key}"


def _describe_commit(speech: SmartCommit, language: str) -> str:
    sha, branch = speech.commit.sha[:SHORT_SHA], speech.branch
    return translate(
        language, "smart commit commit", sha=sha, author=_author_name(speech), branch=branch
    )


def _author_name(speech: SmartCommit) -> str:
    return clipped(speech.commit.author_name, MAX_NAME_LENGTH) or "?"
