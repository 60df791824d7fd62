"""The template report, through a webhook."""

from __future__ import annotations

from reporter.author import author_call, author_question, notifies
from reporter.cards import card, card_url, ci_line, deployment_lines
from reporter.chat import chat_call, chat_question
from reporter.direct import report_directly
from reporter.gitlab import gather_pipeline
from reporter.main import Run, start
from reporter.model import NamedTask, Report
from reporter.moves import field_again, move_calls, overtaken, rank, stage_questions
from reporter.named_tasks import find_tasks
from reporter.plan import Mode
from reporter.portal_batch import Call
from reporter.portal_json import Portal


def ask_more(report: Report, portal: Portal) -> dict[str, Call]:
    return stage_questions(report, portal) | chat_question(report, portal)


def find(report: Report) -> list[NamedTask]:
    """Find the tasks, and then forget the merge requests where they are not to be told."""
    tasks = find_tasks(report)
    if "merge-request" not in report.settings.report:
        report.merge_requests = []
    return tasks


def tell(report: Report, portal: Portal) -> list[Call]:
    """Return the messages to the author and the chat; a failure that nobody is told of has none."""
    notified = notifies(report, portal)
    calls = author_call(report, portal) if notified else []
    quiet = report.settings.chat_when == "failed" and not notified
    news = [ci_line(report), *deployment_lines(report)]
    return calls if quiet else calls + chat_call(report, portal, news)


def perform(run: Run) -> int:
    mode = Mode(
        card, card_url, find, author_question, ask_more, move_calls, tell, rank,
        overtaken, field_again,
    )  # fmt: skip
    return report_directly(run, gather_pipeline, mode)


if __name__ == "__main__":
    start(perform)
