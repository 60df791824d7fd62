"""What GitLab and the portal answer, whatever that is: nothing odd breaks a report."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from reporter.build_report import begin_report
from reporter.ci_variables import Variables
from reporter.gitlab import gather_begin, gather_pipeline
from reporter.gitlab_client import GitLab
from reporter.gitlab_deployment import gather_deployment
from reporter.gitlab_graphql import complaint, question, read_overview
from reporter.gitlab_rest import take_jobs
from reporter.http import Answer, Http
from reporter.model import Report
from reporter.named_tasks import find_tasks
from reporter.portal_json import find_stage, listed, read_messages, read_task

from tests.component.world import default_inputs

BRANCH = Variables({
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
GATHER: dict[str, Callable[[Report, GitLab], None]] = {
    "report": gather_pipeline, "merge-request": gather_begin, "deployment": gather_deployment,
}  # fmt: skip


class Canned(Http):
    """Gives every question the same answer."""

    def __init__(self, body: object) -> None:
        super().__init__({}, 60, "test")
        self.body = body

    def ask(self, *_: object, **__: object) -> Answer:
        self.count += 1
        return Answer(200, self.body, "", 1.0)


def report_on(**settings: str) -> Report:
    return begin_report(Variables(default_inputs("report") | BRANCH | settings))


@pytest.mark.parametrize("answer", NOTHING, ids=str)
def test_an_answer_without_data_tells_nothing(answer: object) -> None:
    assert read_overview(answer) is None
    assert complaint(answer) == ("No" if answer == {"errors": [{"message": "No"}]} else "")


@pytest.mark.parametrize("data", ODD, ids=str)
def test_an_odd_answer_breaks_nothing(data: dict[str, object]) -> None:
    assert read_overview({"data": data}) is not None
    report = report_on()
    gather_pipeline(report, GitLab(Canned({"data": data}), BRANCH, "token", 0))
    assert [task.id for task in find_tasks(report)] == [5]


@pytest.mark.parametrize("token", ["", "token"])
@pytest.mark.parametrize("answer", [None, [], {}, [None], [5, {}], "x", [{"id": None}]], ids=str)
@pytest.mark.parametrize("mode", GATHER)
def test_odd_rows_break_nothing(answer: object, mode: str, token: str) -> None:
    report = report_on(B24_DEPLOY_JOB="deploy", B24_ENVIRONMENT="staging")
    gitlab = GitLab(Canned(answer), BRANCH, token, 0)
    GATHER[mode](report, gitlab)
    assert gitlab.left >= 0
    assert [task.id for task in find_tasks(report)] == [5]


def test_the_question_declares_what_it_uses_and_nothing_else() -> None:
    request = {"CI_MERGE_REQUEST_IID": "4", "CI_MERGE_REQUEST_PROJECT_PATH": "acme/parent"}
    own = Variables({"CI_PROJECT_PATH": "acme/fork", "CI_PIPELINE_IID": "3", **request})
    early = question(begin_report(own), jobs=False)
    assert early["variables"] == {"target": "acme/parent", "request": "4"}
    assert str(early["query"]).startswith("query($target: ID!, $request: String!) { target: ")
    asked = question(report_on(), jobs=True)
    assert asked["variables"] == {"path": "acme/shop", "pipeline": "3", "ref": "main"}
    assert "main" not in str(asked["query"])


def test_a_page_of_a_gitlab_under_a_path_is_linked_as_it_is() -> None:
    report = report_on()
    path = "/gitlab/acme/shop/-/jobs/7"
    take_jobs(report, [{"id": "gid://gitlab/Ci::Build/7", "web_url": path}])
    assert report.jobs is not None
    [job] = report.jobs
    assert (job.id, job.url) == (7, f"https://gitlab.test{path}")


ANSWERS = [None, [], {}, 5, "x", [None, 5], {"task": None}, {"messages": [None, {}]}, {"1": None}]


@pytest.mark.parametrize("answer", ANSWERS, ids=str)
def test_odd_answers_of_the_portal_break_nothing(answer: object) -> None:
    assert all(message.id == 0 for message in read_messages(answer))
    assert find_stage(answer, "Review") == 0
    task = read_task({"accomplices": answer, "action": answer, "title": answer}, "UF_CI_STATUS")
    assert (task.id, task.field) == (0, "")
    assert isinstance(listed(answer), list)
