"""Histories of a ref's pipelines and the alerts they make."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.core.alerts.derive import close_all, derive_alerts
from sync.core.alerts.model import (
    BRANCH_DELETED,
    Alert,
    AlertState,
    PipelineResult,
    alert_ref,
    is_watched,
)
from sync.core.alerts.results import pipeline_result
from sync.core.model.pipelines import FailedJob, Pipeline, PipelineStatus
from sync.core.rules.portal import AlertRules, Severity
from tests.core.factories import SHOP

START = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)
STATUSES = {"F": "failed", "S": "success", "C": "canceled", "K": "skipped", "X": BRANCH_DELETED}
RULES = AlertRules()
LATER = START + timedelta(days=9)


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def history(text: str) -> list[PipelineResult]:
    """`F0 S42`: how pipelines 1, 2, … ended, at which minute; `3F7` is number 3, `F0:test,lint`
    failed in stages, `F0:test/build` while others passed, `X9` is the branch's end."""
    found, number = [], 0
    for token in text.split():
        told, letter, minute, failed, passed = re.fullmatch(
            r"(\d*)([A-Z])(-?\d+):?([^/]*)/?(.*)", token
        ).groups()
        number = int(told or number + (letter != "X"))
        pipeline = 0 if letter == "X" else number
        named = (tuple(filter(None, part.split(","))) for part in (failed, passed))
        found.append(PipelineResult(pipeline, STATUSES[letter], at(int(minute)), *named))
    return found


def shown(alerts: tuple[Alert, ...]) -> list[str]:
    """`resolved #1 x2 0-42 by 3`: state, name, failures, minutes, what passed; `low`, `medium`."""
    return [_shown(one) for one in alerts]


def _shown(one: Alert) -> str:
    minutes = [
        int((moment - START).total_seconds() // 60) if moment else ""
        for moment in (one.opened_at, one.ended_at)
    ]
    stage = f" {one.stage}" if one.stage else ""
    passed = f" by {one.fixed_by_pipeline_id}" if one.fixed_by_pipeline_id else ""
    mild = "" if one.severity is Severity.HIGH else f" {one.severity}"
    return (
        f"{one.state}{stage} #{one.first_pipeline_id} x{one.failures}{mild} "
        f"{minutes[0]}-{minutes[1]}{passed}"
    )


HISTORIES: list[tuple[str, str, list[str]]] = [
    ("nothing was heard", "", []),
    ("what passes opens nothing", "S0 S9", []),
    ("a failure opens", "S0 F9", ["open #2 x1 9-"]),
    ("failing again counts", "F0 F9 F20", ["open #1 x3 0-"]),
    ("what passes resolves", "F0 F9 S42", ["resolved #1 x2 0-42 by 3"]),
    ("the next failure is another", "F0 S9 F20", ["resolved #1 x1 0-9 by 2", "open #3 x1 20-"]),
    ("canceled is milder", "C0", ["open #1 x1 medium 0-"]),
    ("skipped is the mildest", "K0", ["open #1 x1 low 0-"]),
    ("canceled does not resolve", "F0 C9", ["open #1 x1 0-"]),
    ("skipped does not resolve", "F0 K9 S20", ["resolved #1 x1 0-20 by 3"]),
    ("a graver one raises", "K0 C5 F9", ["open #1 x3 0-"]),
    ("canceled again counts", "C0 C9", ["open #1 x2 medium 0-"]),
    ("an older one that ends later is not heard", "2S0 1F9", []),
    ("nor does it resolve", "2F0 1S9", ["open #2 x1 0-"]),
    ("what was skipped speaks for nobody", "2K0 1F9", ["open #2 x2 0-"]),
    ("a retried one passes", "1F0 1S30", ["resolved #1 x1 0-30 by 1"]),
    ("a canceled one is retried", "1C0 1S30", ["resolved #1 x1 medium 0-30 by 1"]),
    ("a canceled one is retried in vain", "1C0 1F30", ["open #1 x1 0-"]),
    ("a retried one passes and fails after all", "1F0 1S30 1F60", ["open #1 x1 0-"]),
    ("and passes in the end", "1F0 1S30 1F60 1S90", ["resolved #1 x1 0-90 by 1"]),
    ("what passes twice was mended by the first", "F0 2S9 2S40", ["resolved #1 x1 0-9 by 2"]),
    ("what passed is run again and fails", "F0 2S9 2F40",
     ["resolved #1 x1 0-9 by 2", "open #2 x1 40-"]),
    ("and is mended", "F0 2S9 2F40 2S50",
     ["resolved #1 x1 0-9 by 2", "resolved #2 x1 40-50 by 2"]),
    ("what passed is run again and canceled", "F0 2S9 2C40",
     ["resolved #1 x1 0-9 by 2", "open #2 x1 medium 40-"]),
    ("an older one is retried in vain", "1F0 2F9 1S30", ["open #1 x2 0-"]),
    ("told twice at other moments", "1F1 1F0 1F3", ["open #1 x1 0-"]),
    ("the branch is deleted", "F0 X9", ["closed #1 x1 0-9"]),
    ("and made again", "F0 X9 F20", ["closed #1 x1 0-9", "open #2 x1 20-"]),
    ("three changes are no flapping", "F0 S9 F18", ["resolved #1 x1 0-9 by 2", "open #3 x1 18-"]),
    (
        "four within the hour are",
        "F0 S9 F18 S27",
        ["resolved #1 x1 0-9 by 2", "resolved #3 x1 18-27 by 4"],
    ),
    (
        "what flaps is one",
        "F0 S9 F18 S27 F36 S45 F54 S63",
        ["resolved #1 x1 0-9 by 2", "resolved #3 x3 18-63 by 8"],
    ),
    (
        "quiet for an hour and failing",
        "F0 S9 F18 S27 F36 F98",
        ["resolved #1 x1 0-9 by 2", "open #3 x3 18-"],
    ),
    (
        "quiet for an hour and passing: the next is another",
        "F0 S9 F18 S27 F90",
        ["resolved #1 x1 0-9 by 2", "resolved #3 x1 18-27 by 4", "open #5 x1 90-"],
    ),
    (
        "changes of more than an hour ago do not count",
        "F0 S40 F80 S120",
        ["resolved #1 x1 0-40 by 2", "resolved #3 x1 80-120 by 4"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("told", "wanted"), [row[1:] for row in HISTORIES],
                         ids=[row[0] for row in HISTORIES])  # fmt: skip
def test_a_history_makes_these_alerts(told: str, wanted: list[str]) -> None:
    assert shown(derive_alerts(history(told), RULES, LATER)) == wanted


FLAPPING = "F0 S9 F18 S27"


@pytest.mark.parametrize(
    ("minute", "state", "quiet"),
    [(27, "unstable", 87), (86, "unstable", 87), (87, "resolved", None), (500, "resolved", None)],
)
def test_what_flaps_is_unstable_until_it_is_quiet_for_an_hour(
    minute: int, state: str, quiet: int | None
) -> None:
    alert = derive_alerts(history(FLAPPING), RULES, at(minute))[-1]
    assert (alert.state, alert.quiet_at) == (state, quiet and at(quiet))


def test_flapping_may_be_of_no_interest() -> None:
    alerts = derive_alerts(history(FLAPPING), replace(RULES, flapping=0), at(28))
    assert [one.state for one in alerts] == ["resolved", "resolved"]


def test_failures_in_a_row_are_counted_apart() -> None:
    (_, alert) = derive_alerts(history("F0 S9 F18 S27 F30 F31 F32 S40 F41"), RULES, at(50))
    assert (alert.failures, alert.in_a_row) == (5, 3)


def test_a_setting_chooses_what_opens_and_how_grave_it_is() -> None:
    rules = replace(RULES, severities={"failed": Severity.LOW})
    assert shown(derive_alerts(history("C0 K1 F2"), rules, LATER)) == ["open #3 x1 low 2-"]


BY_STAGE: list[tuple[str, str, list[str]]] = [
    ("a stage fails", "F0:test", ["open test #1 x1 0-"]),
    ("another, too", "F0:test F5:lint,test", ["open test #1 x2 0-", "open lint #2 x1 5-"]),
    ("a whole one passes", "F0:test F5:lint S9",
     ["resolved test #1 x1 0-9 by 3", "resolved lint #2 x1 5-9 by 3"]),
    ("jobs are not known", "F0 F5:test", ["open #1 x1 0-", "open test #2 x1 5-"]),
    ("one is canceled", "C0 F5:test", ["open #1 x1 medium 0-", "open test #2 x1 5-"]),
    ("it passes, a later one fails", "F0:test/build F9:deploy/build,test",
     ["resolved test #1 x1 0-9 by 2", "open deploy #2 x1 9-"]),
    ("the later one goes on", "F0:test F9:deploy/test F20:deploy/test S30",
     ["resolved test #1 x1 0-9 by 2", "resolved deploy #2 x2 9-30 by 4"]),
    ("it is not reached", "F0:test F9:build", ["open test #1 x1 0-", "open build #2 x1 9-"]),
    ("it is skipped beside what passes", "F0:test F9:build/lint",
     ["open test #1 x1 0-", "open build #2 x1 9-"]),
    ("its jobs are not known", "F0:test F9", ["open test #1 x1 0-", "open #2 x1 9-"]),
    ("it passes in one that is canceled later", "F0:test C9:/build,test",
     ["resolved test #1 x1 0-9 by 2", "open #2 x1 medium 9-"]),
    ("a retried one passes in it and fails later", "1F0:test/build 1F20:deploy/build,test",
     ["resolved test #1 x1 0-20 by 1", "open deploy #1 x1 20-"]),
    ("and passes in the end", "1F0:test/build 1F20:deploy/build,test 1S40",
     ["resolved test #1 x1 0-20 by 1", "resolved deploy #1 x1 20-40 by 1"]),
    ("it fails again after all", "1F0:test 1F20:deploy/test 1F30:test",
     ["open test #1 x1 0-", "open deploy #1 x1 20-"]),
    ("it passes twice", "F0:test 2F9:deploy/test 2S40",
     ["resolved test #1 x1 0-9 by 2", "resolved deploy #2 x1 9-40 by 2"]),
    ("an older one that ends later is not heard", "F0:test 3F9:deploy/test 2F20:test",
     ["resolved test #1 x1 0-9 by 3", "open deploy #3 x1 9-"]),
    ("nor does it mend", "2F0:test 1F9:deploy/test",
     ["open test #2 x1 0-", "open deploy #1 x1 9-"]),
    ("unless the newer one came less far",
     "1F0:test 3F5:build 2F9:deploy/build,test",
     ["resolved test #1 x1 0-9 by 2", "open build #3 x1 5-", "open deploy #2 x1 9-"]),
    ("who knows nothing speaks for every stage", "3F5 2F9:test", ["open #3 x1 5-"]),
    ("told before its jobs were read", "1F0 1F0:test 1F1:test", ["open test #1 x1 0-"]),
    ("passing and failing are told of one moment", "1F0:/test 1F0:test", ["open test #1 x1 0-"]),
]  # fmt: skip


@pytest.mark.parametrize(("told", "wanted"), [row[1:] for row in BY_STAGE],
                         ids=[row[0] for row in BY_STAGE])  # fmt: skip
def test_by_stage_there_is_one_alert_a_failed_stage(told: str, wanted: list[str]) -> None:
    rules = replace(RULES, by_stage=True)
    assert shown(derive_alerts(history(told), rules, LATER)) == wanted
    assert shown(derive_alerts(history(told)[::-1], rules, LATER)) == wanted


def test_what_passed_stays_so_while_its_pipeline_runs_again() -> None:
    rules = replace(RULES, by_stage=True)
    earlier = derive_alerts(history("1F0:test 2F9:deploy/test"), rules, at(10))
    for now in ("1F0:test", "1F0:test 2S40"):
        assert shown(derive_alerts(history(now), rules, at(50), earlier))[0] == (
            "resolved test #1 x1 0-9 by 2"
        )


def test_a_retried_failure_is_remembered_by_its_alert_alone() -> None:
    earlier = derive_alerts(history("1F0 2F9"), RULES, at(10))
    running_again = derive_alerts(history("1F0"), RULES, at(20), earlier)
    assert running_again == earlier
    passed = derive_alerts(history("1F0 2S30"), RULES, at(31), earlier)
    assert shown(passed) == ["resolved #1 x2 0-30 by 2"]
    assert derive_alerts(history("1F0 2S30"), RULES, LATER, passed) == passed


def test_an_older_failure_that_is_heard_of_late_renames_nothing() -> None:
    earlier = derive_alerts(history("12F9"), RULES, at(10))
    alerts = derive_alerts(history("11F0 12F9"), RULES, at(10), earlier)
    assert shown(alerts) == ["open #12 x2 0-"]


def test_an_alert_outlives_the_history_that_is_looked_at() -> None:
    earlier = derive_alerts(history("1F0 2F9"), RULES, at(10))
    alerts = derive_alerts(history("300F5000"), RULES, LATER, earlier)
    assert shown(alerts) == ["open #1 x3 0-"]


def test_what_is_watched_no_more_is_closed_once() -> None:
    earlier = derive_alerts(history("F0 S9 F18"), RULES, at(20))
    closed = close_all(earlier, at(30))
    assert shown(closed) == ["resolved #1 x1 0-9 by 2", "closed #3 x1 18-30"]
    assert close_all(closed, LATER) == closed


def test_the_last_pipelines_of_a_deleted_branch_concern_nobody() -> None:
    earlier = derive_alerts(history("F0"), RULES, at(1))
    alerts = derive_alerts(history("F0 F20"), RULES, LATER, earlier, deleted_at=at(9))
    assert shown(alerts) == ["closed #1 x2 0-20"]
    assert derive_alerts(history("F0 F20"), RULES, LATER, alerts, deleted_at=at(9)) == alerts


def test_a_branch_that_is_made_again_remembers_its_end() -> None:
    earlier = derive_alerts(history("F0"), RULES, at(9), deleted_at=at(9))
    alerts = derive_alerts(history("F0 F20"), RULES, LATER, earlier)
    assert shown(alerts) == ["closed #1 x1 0-9", "open #2 x1 20-"]


def test_a_failure_that_no_setting_minds_any_more_is_closed() -> None:
    earlier = derive_alerts(history("F0"), RULES, at(9))
    alerts = derive_alerts(history("F0"), replace(RULES, severities={}), at(10), earlier)
    assert shown(alerts) == ["closed #1 x1 0-10"]


def test_of_a_long_alert_the_first_and_the_last_endings_are_remembered() -> None:
    results = [PipelineResult(number, "failed", at(number)) for number in range(1, 401)]
    (alert,) = derive_alerts(results, RULES, LATER)
    assert (alert.failures, len(alert.results)) == (400, 200)
    assert [result.pipeline_id for result in alert.results[:2]] == [1, 202]


def ending(
    number: int, status: str, minute: int, failed: set[str], passed: set[str]
) -> PipelineResult:
    """Of a pipeline that passed no stages are told, and only of one that failed which did."""
    failed = failed if status == "F" else set()
    passed = passed - failed if status in "FCK" else set()
    return PipelineResult(number, STATUSES[status], at(minute), tuple(failed), tuple(passed))


stages = st.sets(st.sampled_from("ab"))
endings = st.lists(
    st.builds(
        ending, st.integers(1, 4), st.sampled_from("FSCK"), st.integers(0, 200), stages, stages
    ),
    max_size=12,
)
any_rules = st.builds(AlertRules, by_stage=st.booleans(), flapping=st.sampled_from([0, 2, 4]))


@given(endings, any_rules, st.randoms())
def test_neither_order_nor_repetition_matters(
    told: list[PipelineResult], rules: AlertRules, random: Any
) -> None:
    once = derive_alerts(told, rules, LATER)
    again = [*told, *random.sample(told, len(told) // 2)]
    random.shuffle(again)
    assert derive_alerts(again, rules, LATER) == once


@given(endings, any_rules, st.integers(0, 300))
def test_what_is_stored_derives_itself_again(
    told: list[PipelineResult], rules: AlertRules, minute: int
) -> None:
    once = derive_alerts(told, rules, at(minute))
    assert derive_alerts(told, rules, at(minute), once) == once


@given(endings, any_rules)
def test_alerts_of_a_line_follow_one_another(told: list[PipelineResult], rules: AlertRules) -> None:
    alerts = derive_alerts(told, rules, LATER)
    for stage in {one.stage for one in alerts}:
        mine = [one for one in alerts if one.stage == stage]
        assert all(one.ended_at and one.ended_at >= one.opened_at for one in mine[:-1])
        assert all(a.ended_at <= b.opened_at for a, b in pairwise(mine))
        assert AlertState.UNSTABLE not in {one.state for one in alerts}


REQUEST = {"source": "merge_request_event"}


def pipeline(**values: Any) -> Pipeline:
    usual = Pipeline(SHOP, 5, PipelineStatus.FAILED, "main", "4f1c", "", START)
    return replace(usual, **values)


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({"source": "push"}, "main"),
        ({"source": "schedule"}, "main"),
        ({"source": ""}, "main"),
        ({"source": "parent_pipeline"}, ""),
        (REQUEST, ""),  # of a fork
        (REQUEST | {"merge_request_iid": 9}, "refs/merge-requests/9/head"),
        (REQUEST | {"ref": "refs/merge-requests/9/merge"}, "refs/merge-requests/9/head"),
        ({"ref": "refs/merge-requests/9/train"}, "refs/merge-requests/9/head"),
        ({"ref": "refs/merge-requests/x/head"}, "refs/merge-requests/x/head"),
        ({"source": "push", "merge_request_iid": 9}, "main"),
        ({"tag": True}, "refs/tags/main"),
        ({"ref": ""}, ""),
        ({"ref": "a:b"}, ""),
    ],
)
def test_which_ref_a_pipeline_speaks_for(values: dict[str, Any], wanted: str) -> None:
    assert alert_ref(pipeline(**values)) == wanted


@pytest.mark.parametrize(
    ("ref", "branches", "wanted"),
    [
        ("main", ("default",), True),
        ("main", ("protected",), False),
        ("main", (), False),
        ("Release/1", ("release/*",), True),
        ("release/1", ("default", "all"), True),
        ("refs/merge-requests/9/head", ("all", "*"), False),
        ("refs/merge-requests/9/head", ("refs/merge-requests/*",), True),
        ("refs/tags/main", ("default", "protected"), False),
        ("refs/tags/v1.2", ("V*",), True),
        ("refs/tags/v1.2", ("refs/tags/*",), True),
        ("v1.2", ("refs/tags/*",), False),
    ],
)
def test_which_refs_are_watched(ref: str, branches: tuple[str, ...], wanted: bool) -> None:
    rules = replace(RULES, branches=branches)
    assert is_watched(ref, rules, default=ref == "main", protected=False) is wanted


def test_a_job_that_may_fail_has_failed_no_stage() -> None:
    jobs = [
        FailedJob(1, "unit", "test", ""),
        FailedJob(2, "style", "lint", "", allow_failure=True),
        FailedJob(3, "e2e", "test", ""),
    ]
    assert pipeline_result(pipeline(), jobs) == PipelineResult(5, "failed", START, ("test",))


UNIT = FailedJob(1, "unit", "test", "")
TOLD = {"failed_stages": ("lint",), "passed_stages": ("build", "test")}


@pytest.mark.parametrize(
    ("values", "jobs", "failed", "passed"),
    [
        ({}, [], (), ()),
        ({}, [UNIT], ("test",), ()),
        (TOLD, [], ("lint",), ("build", "test")),
        (TOLD, [UNIT], ("test",), ("build",)),
        ({"passed_stages": ("build", "test")}, [], (), ()),  # what failed is not of its own jobs
        (TOLD | {"status": PipelineStatus.CANCELED}, [], (), ("build", "test")),
        (TOLD | {"status": PipelineStatus.SUCCESS}, [UNIT], (), ()),
    ],
)
def test_what_was_read_goes_before_what_was_told(
    values: dict[str, Any], jobs: list[FailedJob], failed: tuple[str, ...], passed: tuple[str, ...]
) -> None:
    result = pipeline_result(pipeline(**values), jobs)
    assert (result.failed_stages, result.passed_stages) == (failed, passed)
