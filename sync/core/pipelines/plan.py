"""What a task is shown and told of its pipelines: its field, its messages, the commit's author.

Pure. Of each branch that the task's work is on, the newest pipeline of the newest commit counts;
of the branches, the one with the newest commit gives the field its value. Who looked only at the
order in which things were heard would see something else each time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sync.core.i18n.translate import LANGUAGES, say
from sync.core.merge_requests.plan import EDIT_WINDOW
from sync.core.model.commands import Due, Notify, PutMessage, SetFields
from sync.core.model.common import Pipeline, PipelineStatus, Task
from sync.core.model.task_view import Run, Said, TaskView
from sync.core.pipelines.messages import first_line, message, notification
from sync.core.rules.portal import Rules

FIELD = "UF_CI_STATUS"

_S = PipelineStatus
_RUNNING = (
    _S.CREATED, _S.WAITING_FOR_RESOURCE, _S.PREPARING, _S.WAITING_FOR_CALLBACK, _S.PENDING,
    _S.RUNNING, _S.CANCELING, _S.SCHEDULED,
)  # fmt: skip
VALUES: Mapping[PipelineStatus, str] = {
    **dict.fromkeys(_RUNNING, "running"),
    _S.SUCCESS: "passed",
    _S.FAILED: "failed",
    _S.CANCELED: "canceled",
    _S.SKIPPED: "skipped",
    _S.MANUAL: "manual",
    _S.BLOCKED: "blocked",
}
# A branch's message begins when a pipeline goes on no more; then it shows every state there is.
_SAID_FIRST = frozenset(
    {_S.SUCCESS, _S.FAILED, _S.CANCELED, _S.SKIPPED, _S.MANUAL, _S.BLOCKED}
)  # fmt: skip
_SHOWN = _SAID_FIRST | {_S.RUNNING}
_NEWS = {_S.FAILED: "failed", _S.SUCCESS: "passed"}


@dataclass(frozen=True, slots=True)
class Reporting:
    """The effects, what people are told of which branch, and what must be read first."""

    effects: tuple[Due, ...] = ()
    told: Mapping[str, str] = field(default_factory=dict)
    needs: frozenset[str] = frozenset()


def newness(pipeline: Pipeline) -> tuple[datetime, int]:
    """Orders pipelines by their commit's age, those of one commit by their own.

    A commit that was not told is taken to be as old as what is known of its pipeline. None is
    newer than that: a wrong clock somewhere must not hold the status for years.
    """
    made_at = pipeline.commit.at if pipeline.commit else None
    return min(made_at or pipeline.updated_at, pipeline.updated_at), pipeline.id


def decide(view: TaskView, rules: Rules, now: datetime) -> Reporting:
    """A task only has to be known, not fresh: what is written does not depend on its state."""
    if not view.runs:
        return Reporting()
    if view.task is None:
        return Reporting(needs=frozenset({"task"}))
    wants = rules.for_group(view.task.group_id).ci
    runs = sorted(view.runs, key=lambda run: run.about)
    if wants.message and any(lacks_jobs(run) for run in runs):
        return Reporting(needs=frozenset({"jobs"}))
    effects: list[Due] = []
    if wants.field:
        effects += _field(view, view.task, rules.language)
    if wants.message:
        effects += [one for run in runs if (one := _message(view, run, rules, now))]
    told = dict(news for run in runs if (news := _news(view, run)))
    if wants.notify:
        effects += [
            _tell(view.task, run, told[run.about], rules.language)
            for run in runs
            if run.about in told and run.author
        ]
    return Reporting(tuple(effects), told)


def lacks_jobs(run: Run) -> bool:
    """Whether its message needs the failed jobs, and they were not asked for."""
    return run.pipeline.status is _S.FAILED and run.jobs is None


def _field(view: TaskView, task: Task, language: str) -> Iterator[Due]:
    newest = max((run.pipeline for run in view.runs), key=newness)
    value = VALUES.get(newest.status)
    if value is None or view.fields.get(FIELD) == value:
        return
    reason = say(language, "ci field", field=FIELD, value=value, pipeline=newest.id)
    yield f"field:{FIELD}", SetFields(task.id, {FIELD: value}), reason


def _message(view: TaskView, run: Run, rules: Rules, now: datetime) -> Due | None:
    said, status = view.said.get(run.about, Said()), run.pipeline.status
    if status not in _SHOWN:
        return None
    text = message(run, rules.language)
    if said.text == text:
        return None
    if said.at is not None and said.message_id and now - said.at < EDIT_WINDOW:
        return _put(view, run, text, said.message_id, rules.language)
    if status not in _SAID_FIRST or _is_said(said, run):
        return None
    return _put(view, run, text, None, rules.language)


def _is_said(said: Said, run: Run) -> bool:
    """Whether the old message says the same in its first line, in whichever language."""
    if not said.text:
        return False
    old = said.text.split("\n")[0]
    return any(old == first_line(run, language) for language in LANGUAGES)


def _put(view: TaskView, run: Run, text: str, number: int | None, language: str) -> Due:
    phrase = "ci edited" if number else "ci said"
    reason = say(language, phrase, pipeline=run.pipeline.id, branch=run.branch)
    return run.about, PutMessage(view.task.id, run.about, text, number), reason


def _news(view: TaskView, run: Run) -> tuple[str, str] | None:
    """A failure after no failure, or its end: what is to be remembered as told.

    Of a branch that several tasks share, one of them tells. No pipeline is told of as failed
    twice, however often its jobs are retried.
    """
    now = _NEWS.get(run.pipeline.status)
    number, _, before = view.told.get(run.about, "0:").partition(":")
    known = int(number)
    if now is None or not run.speaks or run.pipeline.id < known or now == before:
        return None
    if now == "passed" and not before:
        return None
    if now == "failed" and run.pipeline.id == known:
        return None
    return run.about, f"{run.pipeline.id}:{now}"


def _tell(task: Task, run: Run, state: str, language: str) -> Due:
    text = notification(task, run, language)
    effect = Notify(task.id, run.author or 0, text, tag=f"b24bridge:{run.about}"[:200])
    reason = say(language, "ci told", pipeline=run.pipeline.id, branch=run.branch)
    return f"tell:{run.author}:{run.about}>{state}", effect, reason
