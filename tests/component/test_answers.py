"""What GitLab answers, whatever that is: nothing odd breaks a report."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from reporter.asking import read_portal, read_tasks
from reporter.facts import read_facts
from reporter.gitlab import gather
from reporter.known import Known
from reporter.question import complaint, question, read_overview
from reporter.settings import Settings
from reporter.tasks import Task

BRANCH = read_facts({
    "CI_API_V4_URL": "https://gitlab.test/api/v4", "CI_PROJECT_ID": "1", "CI_PIPELINE_ID": "9",
    "CI_PIPELINE_IID": "3", "CI_COMMIT_SHA": "a" * 40, "CI_COMMIT_REF_NAME": "main",
    "CI_COMMIT_BRANCH": "main", "CI_DEFAULT_BRANCH": "main", "CI_COMMIT_MESSAGE": "For B24-5",
    "CI_PROJECT_PATH": "acme/shop", "CI_SERVER_URL": "https://gitlab.test/root",
})  # fmt: skip
NOTHING = [
    None, [], "", 5, {}, {"data": None}, {"data": {}}, {"data": {"project": None}},
    {"errors": [{"message": "No"}]}, {"errors": "No"}, {"errors": [None]}, {"errors": []},
]  # fmt: skip
ODD = [
    {"project": {}},
    {"project": {"pipeline": None, "own": None, "merged": {"nodes": None}, "passed": []}},
    {"project": {"pipeline": {"jobs": {"nodes": [None, {}, {"id": None, "stage": None}]}}}},
    {"project": {"own": {"nodes": [{"iid": None, "commits": {"nodes": [None, {}]}}, {}]}}},
    {"project": {"merged": {"nodes": [{"author": 5, "title": None, "draft": "x"}]}}},
    {"project": {"passed": {"nodes": [{"id": "gid://gitlab/Ci::Pipeline/x", "sha": None}]}}},
]


@pytest.mark.parametrize("answer", NOTHING, ids=str)
def test_an_answer_without_data_tells_nothing(answer: object) -> None:
    assert read_overview(answer, BRANCH) is None
    assert complaint(answer) == ("No" if answer == {"errors": [{"message": "No"}]} else "")


@pytest.mark.parametrize("data", ODD, ids=str)
def test_an_odd_answer_breaks_nothing(data: dict) -> None:
    assert read_overview({"data": data}, BRANCH) is not None
    known = gather(BRANCH, Settings(), lambda path, token: None, lambda asked: {"data": data})
    assert isinstance(known, Known)


@pytest.mark.parametrize("answer", [None, [], {}, [None], [5, {}], "x", [{"id": None}]], ids=str)
@pytest.mark.parametrize("mode", ["report", "merge-request", "deployment"])
def test_odd_rows_break_nothing(answer: object, mode: str) -> None:
    settings = Settings(mode=mode, deploy_job="deploy", environment="staging")
    for inquire in (None, lambda asked: None):
        known = gather(BRANCH, settings, lambda path, token: answer, inquire)
        assert isinstance(known, Known)


def test_the_question_declares_what_it_uses_and_nothing_else() -> None:
    request = {"CI_MERGE_REQUEST_IID": "4", "CI_MERGE_REQUEST_PROJECT_PATH": "acme/parent"}
    own = read_facts({"CI_PROJECT_PATH": "acme/fork", "CI_PIPELINE_IID": "3", **request})
    early = question(own, Settings(mode="merge-request"))
    assert early["variables"] == {"target": "acme/parent", "request": "4"}
    assert str(early["query"]).startswith("query($target: ID!, $request: String!) { target: ")
    asked = question(BRANCH, Settings())
    assert asked["variables"] == {"path": "acme/shop", "pipeline": "3", "ref": "main"}
    assert "main" not in str(asked["query"])


def test_a_page_of_a_gitlab_under_a_path_is_linked_as_it_is() -> None:
    row = {"id": "gid://gitlab/Ci::Build/7", "webPath": "/gitlab/acme/shop/-/jobs/7"}
    told = read_overview({"data": {"project": {"pipeline": {"jobs": {"nodes": [row]}}}}}, BRANCH)
    assert told
    assert told.jobs
    assert told.jobs[0]["web_url"] == "https://gitlab.test/gitlab/acme/shop/-/jobs/7"


ANSWERS = [None, [], {}, 5, "x", [None, 5], {"task": None}, {"messages": [None, {}]}, {"1": None}]


@pytest.mark.parametrize("answer", ANSWERS, ids=str)
def test_odd_answers_of_the_portal_break_nothing(answer: object) -> None:
    settings = Settings(stage_open="Review", chat="chat1")
    answers = dict.fromkeys(("me", "author", "t5", "m5", "s3", "chat"), answer)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert read_tasks(answers, "UF_CI_STATUS") == {}
    portal = read_portal("https://portal.test", answers, {5: Task(5)}, settings, now)
    assert (portal.me, portal.author) == (0, 0)
