"""The tasks that a report's texts name. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from reporter.model import NamedTask, Report
from reporter.references import STRENGTH, named_tasks

MOST_REPORTED = 40  # their reads fit in one batch


def find_tasks(report: Report) -> list[NamedTask]:
    """Return each task once, by its strongest mention and the merge request where that stands.

    What is only mentioned by one merge request is not moved by it.
    """
    tasks: dict[int, NamedTask] = {}
    for text, where, request in texts_of(report):
        for task_id, kind in named_tasks(text, where, report.settings.task_prefix).items():
            if task_id not in tasks or STRENGTH[kind] > STRENGTH[tasks[task_id].kind]:
                tasks[task_id] = NamedTask(task_id, kind, request)
    return [*tasks.values()][:MOST_REPORTED]


def texts_of(report: Report) -> Iterator[tuple[str, str, int]]:
    """Yield the texts that may name tasks, where they stand, and the merge request's iid, or 0."""
    for mr in report.merge_requests:
        yield mr.source_branch, "branch", mr.iid
        yield mr.title, "title", mr.iid
        yield mr.description, "description", mr.iid
        yield from ((commit.message, "commit", mr.iid) for commit in mr.commits)
    yield report.ref, "branch", report.own
    yield report.ci["CI_COMMIT_MESSAGE"], "commit", report.own
    yield from ((commit.message, "commit", 0) for commit in report.commits)
