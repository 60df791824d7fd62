"""The template report, through the app."""

from __future__ import annotations

from reporter.main import Run, start
from reporter.send_to_app import of_pipeline, report_to_app


def perform(run: Run) -> int:
    return report_to_app(run, "report", of_pipeline)


if __name__ == "__main__":
    start(perform)
