"""The template merge-request, through a webhook."""

from __future__ import annotations

from reporter.cards import card, card_url
from reporter.direct import report_directly
from reporter.gitlab import gather_begin
from reporter.main import Run, start
from reporter.moves import field_again, move_calls, overtaken, rank, stage_questions
from reporter.named_tasks import find_tasks
from reporter.plan import Mode


def perform(run: Run) -> int:
    mode = Mode(
        card, card_url, find_tasks,
        ask_more=stage_questions, move=move_calls, rank=rank, overtaken=overtaken,
        again=field_again,
    )  # fmt: skip
    return report_directly(run, gather_begin, mode)


if __name__ == "__main__":
    start(perform)
