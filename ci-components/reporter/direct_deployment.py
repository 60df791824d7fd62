"""The template deployment, through a webhook."""

from __future__ import annotations

from reporter.cards import deployment_card, environment_url
from reporter.direct import report_directly
from reporter.gitlab_deployment import gather_deployment
from reporter.main import Run, start
from reporter.plan import Mode


def perform(run: Run) -> int:
    mode = Mode(deployment_card, environment_url, moves=False)
    return report_directly(run, gather_deployment, mode)


if __name__ == "__main__":
    start(perform)
