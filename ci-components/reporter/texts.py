"""The texts of a report that may name tasks. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from reporter.model import Report

MOST_REPORTED = 40  # tasks; their reads fit in one batch


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
