"""What a report changes in a task: its field, its status, its column. Pure."""

from __future__ import annotations

import re

from reporter.cards import state_line
from reporter.ci_variables import number
from reporter.errors import Problem
from reporter.gitlab_json import inside
from reporter.model import NamedTask, Report
from reporter.phrases import PIPELINE
from reporter.portal_batch import Call, Card
from reporter.portal_json import AWAITING_CONTROL, COMPLETED, WAITING, Message, Portal, find_stage
from reporter.references import ENDING, WORK

SHOWN = r"(?m)^CI: \[url=[^\]\n]*/pipelines/([0-9]+)\]#[0-9]+ ?([^\[\n]*)"

# What UF_CI_STATUS says of a pipeline, in the app's words; of an unknown one it says nothing new.
FIELD_VALUES = {
    "success": "passed", "running": "running", "failed": "failed", "canceled": "canceled",
    "skipped": "skipped", "manual": "manual",
}  # fmt: skip


def shown(text: str) -> tuple[int, str]:
    """Return the pipeline that a card shows, 0 for that of a child, and its status."""
    line = re.search(SHOWN, text)
    words = line[2] if line else ""
    status = next((status for status, phrase in PIPELINE.items() if words in phrase), "")
    return int(line[1]) if line else 0, status


def rank(text: str) -> tuple[int, bool]:
    """Return how late a card is: a newer pipeline, its end."""
    pipeline, status = shown(text)
    return pipeline, status != "running"


def overtaken(report: Report, earlier: Message | None, task: int) -> Problem | None:
    """Return that a card shows a newer pipeline, or the end of the one that begins here."""
    pipeline, status = shown(earlier.text if earlier else "")
    begins = report.status == "running" and report.jobs is None
    late = begins and status != "running" and pipeline == report.pipeline
    if not late and pipeline <= report.pipeline:
        return None
    what = "the end" if late else "a newer pipeline"
    return Problem(f"task {task} shows {what}", "OVERTAKEN", mild=True)


def stage_questions(report: Report, portal: Portal) -> dict[str, Call]:
    """Ask for the columns of the tasks' groups, where the inputs name some."""
    named = report.settings.stage_open or report.settings.stage_merge
    groups = {task.group_id for task in portal.tasks.values() if task.group_id and named}
    return {f"s{group}": Call("task.stages.get", {"entityId": group}) for group in sorted(groups)}


def move_calls(
    report: Report, named: NamedTask, earlier: Message | None, portal: Portal
) -> list[Call]:
    """Return the calls for a task's field, and for its status and column."""
    calls = field_calls(report, named.id, report.status, portal.tasks[named.id].field)
    return calls + status_calls(report, named, earlier, portal)


def field_again(report: Report, card: Card, text: str) -> list[Call]:
    """Return the field's call by a newer card, after this report has written its own value."""
    works = any(named.id == card.task and named.kind in WORK for named in report.tasks)
    return field_calls(report, card.task, shown(text)[1]) if works else []


def field_calls(report: Report, task: int, status: str, before: str = "") -> list[Call]:
    """A tag's pipeline says nothing of the branch that the work is on."""
    field, value = report.settings.field, FIELD_VALUES.get(status)
    if report.tag or not field or not value or value == before:
        return []
    change = {"taskId": task, f"fields[{field}]": value}
    return [Call("tasks.task.update", change, f"task {task}: {field} = {value}")]


def status_calls(
    report: Report, named: NamedTask, earlier: Message | None, portal: Portal
) -> list[Call]:
    """Once for each state of a merge request: the earlier card says which was the last.

    So nobody who moved the task by hand sees it moved again by a repeated job. Work is started
    from waiting only; what is done stays done.
    https://apidocs.bitrix24.com/api-reference/tasks/status/
    """
    mr, settings, task = (
        report.merge_request_of(named), report.settings, portal.tasks[named.id],
    )  # fmt: skip
    if not mr or mr.state == "closed":
        return []
    if earlier and state_line(mr, settings.language) in earlier.text.split("\n"):
        return []
    status = number(task.row.get("status"))
    if mr.state == "merged":
        action, wanted, stage = "complete", settings.on_merge, settings.stage_merge
        fits = named.kind in ENDING and status not in (COMPLETED, AWAITING_CONTROL)
    else:
        action, wanted, stage = "start", settings.on_open, settings.stage_open
        fits = status == WAITING
    calls = []
    if wanted == action and fits and inside(task.row, "action").get(action):
        about = f"task {task.id}: {action}"
        calls.append(Call(f"tasks.task.{action}", {"taskId": task.id}, about))
    column = find_stage(portal.results.get(f"s{task.group_id}"), stage) if stage else 0
    if column and column != number(task.row.get("stageId")):
        move = {"id": task.id, "stageId": column}
        calls.append(Call("task.stages.movetask", move, f"task {task.id}: column {stage}"))
    return calls
