"""Pipelines started, retried and canceled at an emulated GitLab, and what it refuses."""

from __future__ import annotations

import pytest
import requests
import responses

from sync.errors import Denied, Later, Refused
from sync.gitlab.api import pipelines
from sync.gitlab.api.client import GitLab
from sync.net import guarded_session
from tests.emulators.gitlab import ci_config
from tests.emulators.gitlab.server import GitLabEmulator

INPUTS = {
    "environment": {"options": ["stage", "production"]},
    "replicas": {"type": "number", "default": 1},
    "debug": {"type": "boolean", "default": False},
    "regions": {"type": "array", "default": []},
    "version": {"default": "latest"},
}
GIVEN = {"environment": "stage", "replicas": 3, "debug": True, "regions": ["eu", "us"]}


@pytest.fixture
def shop(gitlab: GitLabEmulator):
    for name in ("ann", "bob", "dev"):
        gitlab.state.add_user(name)
    made = gitlab.state.add_project("acme/shop", members={"ann": 40, "dev": 30, "bob": 20})
    gitlab.push(made, "feature", ["Pay"], "ann")
    return made


def config(gitlab, shop):
    return ci_config.of(gitlab.state, shop)


def client(gitlab, who: str = "ann") -> GitLab:
    token = gitlab.state.add_token(who).value if who else ""
    return GitLab(gitlab.url, token, session=guarded_session(["127.0.0.0/8"]))


def test_a_pipeline_is_started_by_the_connections_own_user(gitlab, shop):
    found = pipelines.run(client(gitlab), "acme/shop", "main", variables={"A": "1", "B": "x=y"})
    made = shop.pipelines[found.id]
    assert (found.status, found.ref, found.sha) == ("pending", "main", made.sha)
    assert found.url == f"{gitlab.url}/acme/shop/-/pipelines/{made.id}"
    assert (made.source, made.variables) == ("api", {"A": "1", "B": "x=y"})


def test_inputs_keep_their_types(gitlab, shop):
    config(gitlab, shop).inputs = INPUTS
    found = pipelines.run(client(gitlab), shop.id, "feature", inputs=GIVEN)
    assert shop.pipelines[found.id].inputs == GIVEN


def test_a_trigger_token_starts_it_as_its_owner_and_stands_in_no_address(gitlab, shop, monkeypatch):
    asked, usual = [], gitlab.answer
    monkeypatch.setattr(gitlab, "answer", lambda one: asked.append(one) or usual(one))
    config(gitlab, shop).inputs = INPUTS
    token = ci_config.add_trigger(gitlab.state, shop, "dev")
    inputs = {**GIVEN, "version": "1.0"}
    nobody = client(gitlab, "")
    found = pipelines.run(
        nobody, "acme/shop", "feature", variables={"A": "1"}, inputs=inputs, trigger_token=token
    )
    made = shop.pipelines[found.id]
    assert (made.source, made.variables) == ("trigger", {"A": "1"})
    assert gitlab.state.users[made.user_id].username == "dev"
    assert made.inputs == {
        "environment": "stage", "replicas": "3", "debug": "true",
        "regions": '["eu", "us"]', "version": '"1.0"',
    }  # fmt: skip
    (request,) = asked
    assert token not in request.path + request.query + str(request.headers)
    assert "private-token" not in request.headers


REFUSED = [
    (
        {"ref": "nowhere"},
        "The project has no branch or tag of this name. "
        "Check the name; a commit or a merge request is not enough.",
    ),
    (
        {"inputs": {"colour": "red"}},
        "The .gitlab-ci.yml of this branch or tag declares no inputs. "
        "Declare them under spec:inputs in its first document, or pass variables.",
    ),
]


@pytest.mark.parametrize(("said", "why"), REFUSED, ids=["ref", "undeclared"])
def test_what_gitlab_refuses_is_explained(gitlab, shop, said, why):
    with pytest.raises(Refused) as raised:
        pipelines.run(client(gitlab), "acme/shop", **{"ref": "feature", **said})
    assert raised.value.code == "400"
    assert str(raised.value).endswith(why)
    assert shop.pipelines == {}


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"environment": "stage", "colour": "red"}, "unknown input arguments: colour"),
        ({}, "`environment` input: required value has not been provided"),
        ({"environment": "moon"}, "`moon` cannot be used because it is not in the list"),
        ({"environment": "stage", "replicas": "many"}, "`replicas` input: provided value is not"),
        ({"environment": "stage", "debug": 1}, "`debug` input: provided value is not a boolean"),
    ],
    ids=["unknown", "missing", "option", "number", "boolean"],
)
@pytest.mark.parametrize("by_trigger", [False, True], ids=["api", "trigger"])
def test_inputs_are_checked_by_gitlab_whichever_way_they_come(
    gitlab, shop, inputs, said, by_trigger
):
    config(gitlab, shop).inputs = INPUTS
    token = ci_config.add_trigger(gitlab.state, shop, "ann") if by_trigger else ""
    with pytest.raises(Refused, match=said.replace("`", ".")) as raised:
        pipelines.run(
            client(gitlab, "" if token else "ann"), "acme/shop", "feature",
            inputs=inputs, trigger_token=token,
        )  # fmt: skip
    assert raised.value.change


def test_a_pipeline_that_would_have_no_jobs_is_refused(gitlab, shop):
    config(gitlab, shop).jobs = ()
    with pytest.raises(Refused, match=r"The rules in \.gitlab-ci\.yml leave out every job"):
        pipelines.run(client(gitlab), "acme/shop", "main")


@pytest.mark.parametrize(
    ("who", "ref", "variables", "why"),
    [
        ("bob", "feature", {}, "The token's user may not start or change pipelines"),
        ("dev", "main", {}, "The branch is protected"),
        ("dev", "feature", {"A": "1"}, "The project lets only certain roles set variables"),
    ],
    ids=["reporter", "protected", "variables"],
)
def test_who_may_not_is_told_what_is_missing(gitlab, shop, who, ref, variables, why):
    config(gitlab, shop).variables_role = 40
    with pytest.raises(Refused, match=why):
        pipelines.run(client(gitlab, who), "acme/shop", ref, variables=variables)


@pytest.mark.parametrize("token", ["glptt-wrong", "of-another-project"])
def test_a_trigger_token_that_is_not_the_projects_is_refused(gitlab, shop, token):
    other = gitlab.state.add_project("acme/other", members={"ann": 40})
    if token == "of-another-project":
        token = ci_config.add_trigger(gitlab.state, other, "ann")
    with pytest.raises(Refused, match="The trigger token is wrong or of another project") as raised:
        pipelines.run(client(gitlab, ""), "acme/shop", "main", trigger_token=token)
    assert token not in str(raised.value)


def test_a_dead_token_pauses_the_connection_as_ever(gitlab, shop):
    dead = client(gitlab)
    gitlab.state.tokens.clear()
    with pytest.raises(Denied):
        pipelines.run(dead, "acme/shop", "main")


def test_failed_jobs_are_run_again(gitlab, shop):
    run = gitlab.run_pipeline(shop, ref="feature", user="ann")
    run.set_status("running")
    run.set_status("failed")
    found = pipelines.retry(client(gitlab), "acme/shop", run.id)
    assert (found.status, found.changed) == ("running", True)
    assert [job.retried for job in run.jobs] == [False, True, False]


@pytest.mark.parametrize("status", ["running", "success"])
def test_where_nothing_failed_a_retry_changes_nothing(gitlab, shop, status):
    run = gitlab.run_pipeline(shop, ref="feature", user="ann")
    run.set_status(status)
    found = pipelines.retry(client(gitlab), "acme/shop", run.id)
    assert (found.status, found.changed) == (status, False)


def test_a_pipeline_is_canceled_once(gitlab, shop):
    run = gitlab.run_pipeline(shop, ref="feature", user="ann")
    assert pipelines.cancel(client(gitlab), shop.id, run.id).changed
    found = pipelines.cancel(client(gitlab), shop.id, run.id)
    assert (found.status, found.changed) == ("canceled", False)


@pytest.mark.parametrize("act", [pipelines.retry, pipelines.cancel])
def test_an_unknown_pipeline_and_a_stranger_are_refused(gitlab, shop, act):
    with pytest.raises(Refused, match="404"):
        act(client(gitlab), "acme/shop", 4321)
    run = gitlab.run_pipeline(shop, ref="feature", user="ann")
    with pytest.raises(Refused, match="The token's user may not start or change pipelines"):
        act(client(gitlab, "bob"), "acme/shop", run.id)


def test_the_newest_pipelines_of_a_branch_are_found(gitlab, shop):
    made = [gitlab.run_pipeline(shop, ref="feature", user="ann").id for _ in range(7)]
    gitlab.run_pipeline(shop, ref="main", user="ann")
    newest = pipelines.read_newest(client(gitlab), "acme/shop", "feature")
    assert [one.id for one in newest] == made[:1:-1]


@pytest.mark.parametrize("project", ["acme/shop", 7])
@responses.activate
def test_a_lost_answer_says_where_to_look_and_nothing_is_sent_again(project):
    key = str(project).replace("/", "%2F")
    url = f"https://git.acme.test/api/v4/projects/{key}/pipeline"
    sent = responses.post(url, status=502)
    mine = GitLab("https://git.acme.test", "glpat-x", session=_session())
    with pytest.raises(Later) as raised:
        pipelines.run(mine, project, "feature/a b")
    where = {
        "acme/shop": "https://git.acme.test/acme/shop/-/pipelines?scope=all&ref=feature%2Fa%20b",
        7: "https://git.acme.test/api/v4/projects/7/pipelines?ref=feature%2Fa%20b",
    }[project]
    assert raised.value.sent
    assert str(raised.value).endswith(
        f"Whether the pipeline was started is not known. Look before you repeat it: {where}."
    )
    assert sent.call_count == 1


@responses.activate
def test_a_request_that_was_stopped_at_the_door_may_be_repeated():
    responses.post("https://git.acme.test/api/v4/projects/7/pipeline", status=429)
    with pytest.raises(Later) as raised:
        pipelines.run(GitLab("https://git.acme.test", "glpat-x", session=_session()), 7, "main")
    assert not raised.value.sent
    assert "Look before" not in str(raised.value)


def _session():
    return requests.Session()
