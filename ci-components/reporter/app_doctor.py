"""The check of everything that a report through the app needs."""

from __future__ import annotations

from reporter.doctor import app_lines, examine
from reporter.main import Run, start


def perform(run: Run) -> int:
    return examine(run, app_lines(run))


if __name__ == "__main__":
    start(perform)
