"""The template report, through a webhook."""

from __future__ import annotations

from reporter.cards import card, card_url
from reporter.direct import report_directly
from reporter.gitlab import gather_pipeline
from reporter.main import Run, start
from reporter.plan import Mode


def perform(run: Run) -> int:
    return report_directly(run, gather_pipeline, Mode(card, card_url, moves=True))


if __name__ == "__main__":
    start(perform)
