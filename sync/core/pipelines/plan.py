"""What a task is shown and told of its pipelines: its field, its messages, the commit's author.

Pure. Of each branch that the task's work is on, the newest pipeline of the newest commit counts;
of the branches, the one with the newest commit gives the field its value. Who looked only at the
order in which things were heard would see something else each time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sync.core.i18n.translate import LANGUAGES, translate
from sync.core.messages.revise import EDIT_WINDOW
from sync.core.model.commands import Notify, PlannedCommand, PutMessage, SetFields
from sync.core.model.pipelines import Pipeline, PipelineStatus
from sync.core.model.task_view import BranchPipeline, SentMessage, TaskView
from sync.core.model.tasks import Task
from sync.core.pipelines.messages import (
    render_author_notification,
    render_first_line,
    render_pipeline_message,
)
from sync.core.rules.portal import Rules

STATUS_FIELD = "UF_CI_STATUS"

_S = PipelineStatus
_RUNNING = (
    _S.CREATED, _S.WAITING_FOR_RESOURCE, _S.PREPARING, _S.WAITING_FOR_CALLBACK, _S.PENDING,
    _S.RUNNING, _S.CANCELING, _S.SCHEDULED,
)  # fmt: skip
FIELD_VALUES: Mapping[PipelineStatus, str] = {
    **dict.fromkeys(_RUNNING, "running"),
    _S.SUCCESS: "passed",
    _S.FAILED: "failed",
    _S.CANCELED: "canceled",
    _S.SKIPPED: "skipped",
    _S.MANUAL: "manual",
    _S.BLOCKED: "blocked",
}
# A branch's message begins when a pipeline goes on no more; then it shows every state there is.
_FIRST_MESSAGE_STATUSES = frozenset(
    {_S.SUCCESS, _S.FAILED, _S.CANCELED, _S.SKIPPED, _S.MANUAL, _S.BLOCKED}
)  # fmt: skip
_MESSAGE_STATUSES = _FIRST_MESSAGE_STATUSES | {_S.RUNNING}
_NOTIFIED_STATES = {_S.FAILED: "failed", _S.SUCCESS: "passed"}


@dataclass(frozen=True, slots=True)
class PipelinePart:
    """The effects, what people are told of which branch, and what must be read first."""

    commands: tuple[PlannedCommand, ...] = ()
    notified_states: Mapping[str, str] = field(default_factory=dict)
    needs: frozenset[str] = frozenset()


def recency(pipeline: Pipeline) -> tuple[datetime, int]:
    """Orders pipelines by their commit's age, those of one commit by their own.

    A commit that was not told is taken to be as old as what is known of its pipeline. None is
    newer than that: a wrong clock somewhere must not hold the status for years.
    """
    made_at = pipeline.commit.at if pipeline.commit else None
    return min(made_at or pipeline.updated_at, pipeline.updated_at), pipeline.id


def plan_pipelines(view: TaskView, rules: Rules, now: datetime) -> PipelinePart:
    """A task only has to be known, not fresh: what is written does not depend on its state."""
    if not view.branch_pipelines:
        return PipelinePart()
    if view.task is None:
        return PipelinePart(needs=frozenset({"task"}))
    wants = rules.for_group(view.task.group_id).pipelines
    runs = sorted(view.branch_pipelines, key=lambda run: run.subject_key)
    if wants.message and any(needs_jobs(run) for run in runs):
        return PipelinePart(needs=frozenset({"jobs"}))
    effects: list[PlannedCommand] = []
    if wants.field:
        effects += _plan_field(view, view.task, rules.language)
    if wants.message:
        effects += [one for run in runs if (one := _plan_message(view, run, rules, now))]
    told = dict(news for run in runs if (news := _state_to_notify(view, run)))
    if wants.notify:
        effects += [
            _notify_author(view.task, run, told[run.subject_key], rules.language)
            for run in runs
            if run.subject_key in told and run.author_id
        ]
    return PipelinePart(tuple(effects), told)


def needs_jobs(run: BranchPipeline) -> bool:
    """Whether its message needs the failed jobs, and they were not asked for."""
    return run.pipeline.status is _S.FAILED and run.failed_jobs is None


def _plan_field(view: TaskView, task: Task, language: str) -> Iterator[PlannedCommand]:
    newest = max((run.pipeline for run in view.branch_pipelines), key=recency)
    value = FIELD_VALUES.get(newest.status)
    if value is None or view.fields.get(STATUS_FIELD) == value:
        return
    reason = translate(
        language, "pipeline field set", field=STATUS_FIELD, value=value, pipeline=newest.id
    )
    yield f"field:{STATUS_FIELD}", SetFields(task.id, {STATUS_FIELD: value}), reason


def _plan_message(
    view: TaskView, run: BranchPipeline, rules: Rules, now: datetime
) -> PlannedCommand | None:
    said, status = view.messages.get(run.subject_key, SentMessage()), run.pipeline.status
    if status not in _MESSAGE_STATUSES:
        return None
    text = render_pipeline_message(run, rules.language)
    if said.text == text:
        return None
    if said.at is not None and said.message_id and now - said.at < EDIT_WINDOW:
        return _put_message(view, run, text, said.message_id, rules.language)
    if status not in _FIRST_MESSAGE_STATUSES or _same_first_line(said, run):
        return None
    return _put_message(view, run, text, None, rules.language)


def _same_first_line(sent: SentMessage, run: BranchPipeline) -> bool:
    """Whether the old message says the same in its first line, in whichever language."""
    if not sent.text:
        return False
    old = sent.text.split("\n")[0]
    return any(old == render_first_line(run, language) for language in LANGUAGES)


def _put_message(
    view: TaskView, run: BranchPipeline, text: str, number: int | None, language: str
) -> PlannedCommand:
    phrase = "pipeline message edited" if number else "pipeline message posted"
    reason = translate(language, phrase, pipeline=run.pipeline.id, branch=run.branch)
    return run.subject_key, PutMessage(view.task.id, run.subject_key, text, number), reason


def _state_to_notify(view: TaskView, run: BranchPipeline) -> tuple[str, str] | None:
    """A failure after no failure, or its end: what is to be remembered as told.

    Of a branch that several tasks share, one of them tells. No pipeline is told of as failed
    twice, however often its jobs are retried.
    """
    now = _NOTIFIED_STATES.get(run.pipeline.status)
    number, _, before = view.notified_states.get(run.subject_key, "0:").partition(":")
    known = int(number)
    if now is None or not run.notifies or run.pipeline.id < known or now == before:
        return None
    if now == "passed" and not before:
        return None
    if now == "failed" and run.pipeline.id == known:
        return None
    return run.subject_key, f"{run.pipeline.id}:{now}"


def _notify_author(task: Task, run: BranchPipeline, state: str, language: str) -> PlannedCommand:
    text = render_author_notification(task, run, language)
    effect = Notify(task.id, run.author_id or 0, text, tag=f"b24bridge:{run.subject_key}"[:200])
    reason = translate(
        language, "pipeline author notified", pipeline=run.pipeline.id, branch=run.branch
    )
    return f"tell:{run.author_id}:{run.subject_key}>{state}", effect, reason
