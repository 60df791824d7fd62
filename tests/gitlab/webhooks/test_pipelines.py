"""Stages as the jobs of a pipeline hook tell them."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from sync.gitlab.webhooks.pipelines import StageResults, stage_results


def jobs(text: str) -> list[dict[str, Any]]:
    """`test/unit failed, lint/style failed?`: jobs in the order they were made; `?`: it may."""
    ids, found = count(1), []
    for told in filter(None, text.split(", ")):
        place, status = told.split(" ")
        stage, name = place.split("/")
        allowed = status.endswith("?")
        found.append(
            {"id": next(ids), "stage": stage, "name": name, "status": status.rstrip("?")}
            | {"allow_failure": allowed}
        )
    return found


CASES = [
    ("nothing is told", "", (), ()),
    ("one passed", "build/compile success", ("build",), ()),
    ("one failed", "build/compile success, test/unit failed", ("build",), ("test",)),
    ("what was not reached", "test/unit failed, deploy/site skipped", (), ("test",)),
    ("one of two failed", "test/unit failed, test/lint success", (), ("test",)),
    ("a failure that is allowed", "test/unit success, test/lint failed?", ("test",), ()),
    ("nothing but such", "lint/style failed?", ("lint",), ()),
    ("retried and passed", "test/unit failed, test/unit success", ("test",), ()),
    ("retried in vain", "test/unit success, test/unit failed", (), ("test",)),
    ("one of two was skipped", "test/unit skipped, test/lint success", (), ()),
    ("canceled", "test/unit success, test/e2e canceled", (), ()),
    ("still runs", "test/unit success, test/e2e running", (), ()),
    ("nobody played the manual one", "deploy/site success, deploy/eu manual?", ("deploy",), ()),
    ("manual ones alone", "deploy/site manual?", (), ()),
    ("a status that is new", "test/unit levitating", (), ()),
]


@pytest.mark.parametrize(
    ("told", "passed", "failed"), [row[1:] for row in CASES], ids=[row[0] for row in CASES]
)
def test_a_stage_passed_or_failed(
    told: str, passed: tuple[str, ...], failed: tuple[str, ...]
) -> None:
    assert stage_results(jobs(told)) == StageResults(passed, failed)
    assert stage_results(jobs(told)[::-1]) == StageResults(passed, failed)


@pytest.mark.parametrize(
    "builds",
    [
        None, "x", 5, {}, [None, 3, "x", []], [{}], [{"stage": "", "status": "failed"}],
        [{"stage": ["x"], "status": "failed"}], [{"stage": "test", "status": ["failed"]}],
        [{"id": [], "stage": "test", "name": {}, "status": None, "allow_failure": "no"}],
    ],
)  # fmt: skip
def test_what_is_no_job_tells_nothing(builds: object) -> None:
    assert stage_results(builds) == StageResults()
