"""What a task is shown of its pipelines, and whom they notify. Pure.

Of each branch that the task's work is on, the newest pipeline of the newest commit counts; of the
branches, the one with the newest commit gives the field its value. The order in which events came
says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from sync.core.i18n.translate import LANGUAGES, translate
from sync.core.messages.revise import editable_id, notification_tag, plan_message
from sync.core.model.commands import Notify, Place, SetFields
from sync.core.model.pipelines import Pipeline, PipelineStatus
from sync.core.model.plans import NotifiedState, Part, PlannedCommand, Records
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


def recency(pipeline: Pipeline) -> tuple[datetime, int]:
    """Order pipelines by their commit's age, those of one commit by their own.

    A commit without a date is taken to be as old as its pipeline's last change. None is
    newer than that: a wrong clock somewhere must not hold the status for years.
    """
    made_at = pipeline.commit.at if pipeline.commit else None
    return min(made_at or pipeline.updated_at, pipeline.updated_at), pipeline.id


def plan_pipelines(view: TaskView, rules: Rules, now: datetime) -> Part:
    """Plan the task's field, the messages of its branches and who is notified.

    A task only has to be known, not fresh: what is written does not depend on its state.
    """
    if not view.branch_pipelines:
        return Part()
    if view.task is None:
        return Part(needs=frozenset({"task"}))
    pipeline_rules = rules.for_group(view.task.group_id).pipelines
    branches = sorted(
        (branch for branch in view.branch_pipelines if not branch.gone),
        key=lambda branch: branch.subject_key,
    )
    if pipeline_rules.message and any(needs_jobs(branch) for branch in branches):
        return Part(needs=frozenset({"jobs"}))
    commands: list[PlannedCommand] = []
    if pipeline_rules.field:
        commands += _plan_field(view, view.task, rules.language)
    if pipeline_rules.message:
        messages = (_plan_message(view, view.task, branch, rules, now) for branch in branches)
        commands += [message for message in messages if message]
    notified = [
        (branch, Records(notified=state))
        for branch in branches
        if (state := _state_to_notify(view, branch))
    ]
    if pipeline_rules.notify:
        commands += [
            _notify_author(view.task, branch, branch.author_id, records, rules.language)
            for branch, records in notified
            if branch.author_id
        ]
    return Part(tuple(commands), records=tuple(records for _, records in notified))


def needs_jobs(branch: BranchPipeline) -> bool:
    """Tell whether its message needs the failed jobs, and they were not asked for."""
    return branch.pipeline.status is _S.FAILED and branch.failed_jobs is None


def _plan_field(view: TaskView, task: Task, language: str) -> Iterator[PlannedCommand]:
    newest = max(view.branch_pipelines, key=lambda branch: recency(branch.pipeline))
    value = "" if newest.gone else FIELD_VALUES.get(newest.pipeline.status)
    if value is None or view.fields.get(STATUS_FIELD, "") == value:
        return
    phrase = "pipeline field cleared" if newest.gone else "pipeline field set"
    reason = translate(
        language, phrase, field=STATUS_FIELD, value=value, pipeline=newest.pipeline.id,
        branch=newest.branch,
    )  # fmt: skip
    command = SetFields(task.id, {STATUS_FIELD: value})
    yield PlannedCommand(f"field:{STATUS_FIELD}", command, reason)


def _plan_message(
    view: TaskView, task: Task, branch: BranchPipeline, rules: Rules, now: datetime
) -> PlannedCommand | None:
    sent, status = view.sent_message(branch.subject_key), branch.pipeline.status
    if status not in _MESSAGE_STATUSES:
        return None
    text = render_pipeline_message(branch, rules.language)
    if sent.text == text:
        return None
    message_id = editable_id(sent, now)
    if message_id is None and (
        status not in _FIRST_MESSAGE_STATUSES or _same_first_line(sent, branch)
    ):
        return None
    phrase = "pipeline message edited" if message_id else "pipeline message posted"
    reason = translate(rules.language, phrase, pipeline=branch.pipeline.id, branch=branch.branch)
    return plan_message(Place(task.id), branch.subject_key, text, message_id, reason)


def _same_first_line(sent: SentMessage, branch: BranchPipeline) -> bool:
    """Tell whether the old message has the same first line, in whichever language."""
    if not sent.text:
        return False
    first_line = sent.text.split("\n")[0]
    return any(first_line == render_first_line(branch, language) for language in LANGUAGES)


def _state_to_notify(view: TaskView, branch: BranchPipeline) -> NotifiedState | None:
    """Return a failure after no failure, or its end: what is to be recorded as notified.

    Of a branch that several tasks share, one of them notifies. No pipeline is reported as failed
    twice, however often its jobs are retried.
    """
    state = _NOTIFIED_STATES.get(branch.pipeline.status)
    number, _, previous = view.notified_states.get(branch.subject_key, "0:").partition(":")
    previous_id, pipeline_id = int(number), branch.pipeline.id
    if state is None or not branch.notifies or pipeline_id < previous_id or state == previous:
        return None
    if state == "passed" and not previous:
        return None
    if state == "failed" and pipeline_id == previous_id:
        return None
    return NotifiedState(branch.subject_key, f"{pipeline_id}:{state}")


def _notify_author(
    task: Task, branch: BranchPipeline, author_id: int, records: Records, language: str
) -> PlannedCommand:
    text = render_author_notification(task, branch, language)
    command = Notify(task.id, author_id, text, tag=notification_tag(branch.subject_key))
    reason = translate(
        language, "pipeline author notified", pipeline=branch.pipeline.id, branch=branch.branch
    )
    return PlannedCommand(f"notify:{author_id}:{branch.subject_key}", command, reason, records)
