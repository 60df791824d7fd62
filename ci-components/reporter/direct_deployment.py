"""The template deployment, through a webhook."""

from __future__ import annotations

from reporter.cards import deployment_card, deployment_line, environment_url, pipeline_line
from reporter.chat import chat_call, chat_question
from reporter.direct import report_directly
from reporter.gitlab_deployment import gather_deployment
from reporter.main import Run, start
from reporter.model import Report
from reporter.named_ids import find_shipped
from reporter.plan import Mode
from reporter.portal_batch import Call
from reporter.portal_json import Portal


def tell(report: Report, portal: Portal) -> list[Call]:
    lines = [deployment_line(report, deployment) for deployment in report.deployments]
    return chat_call(report, portal, [pipeline_line(report), *lines])


def perform(run: Run) -> int:
    mode = Mode(deployment_card, environment_url, find_shipped, ask_more=chat_question, tell=tell)
    return report_directly(run, gather_deployment, mode)


if __name__ == "__main__":
    start(perform)
