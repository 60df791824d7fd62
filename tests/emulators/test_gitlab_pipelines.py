"""Pipelines over the emulated API: who may, what is missing, what GitLab says then."""

from __future__ import annotations

import pytest
import requests

from tests.emulators.gitlab import ci_config
from tests.emulators.gitlab.server import GitLabEmulator


@pytest.fixture
def gitlab():
    with GitLabEmulator() as emulator:
        for name in ("ann", "rep"):
            emulator.state.add_user(name)
        emulator.shop = emulator.state.add_project("acme/shop", members={"ann": 40, "rep": 20})
        yield emulator


def post(gitlab, path, who="ann", *, scopes=("api",), **body):
    headers = {"PRIVATE-TOKEN": gitlab.state.add_token(who, scopes=scopes).value} if who else {}
    url = f"{gitlab.url}/api/v4/projects/{gitlab.shop.id}/{path}"
    answer = requests.post(url, headers=headers, timeout=5, **body)
    return answer.status_code, answer.json()


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({}, 400, {"error": "ref is missing"}),
        ({"ref": "no"}, 400, {"message": {"base": ["Reference not found"]}}),
        ({"ref": "main", "variables": {"A": "1"}}, 400, {"error": "variables is invalid"}),
        ({"ref": "main", "inputs": ["a"]}, 400, {"error": "inputs is invalid"}),
        ({"ref": "main", "inputs": {"a": 1}}, 400, {"message": {"base": [ci_config.NO_SPEC]}}),
        (
            {"ref": "main", "variables": [{"key": "A", "value": "1"}, {"key": "A", "value": "2"}]},
            400,
            {"message": {"base": ["Duplicate variable name: A"]}},
        ),
    ],
    ids=["no-ref", "unknown-ref", "variables", "inputs", "undeclared", "twice"],
)
def test_a_pipeline_that_cannot_be_is_refused(gitlab, body, status, said):
    assert post(gitlab, "pipeline", json=body) == (status, said)
    assert gitlab.shop.pipelines == {}


@pytest.mark.parametrize(
    ("who", "scopes", "status"),
    [("", (), 401), ("rep", ("api",), 403), ("ann", ("read_api",), 403)],
)
@pytest.mark.parametrize("path", ["pipeline", "pipelines/1/retry", "pipelines/1/cancel"])
def test_only_developers_with_the_scope_may(gitlab, path, who, scopes, status):
    gitlab.run_pipeline(gitlab.shop, user="ann")
    assert post(gitlab, path, who, scopes=scopes, json={"ref": "main"})[0] == status


@pytest.mark.parametrize(
    ("form", "status", "said"),
    [
        ({}, 400, {"error": "ref is missing, token is missing"}),
        ({"ref": "main", "token": "wrong"}, 404, {"message": "404 Not Found"}),
        ({"ref": "", "token": "t"}, 400, {"error": "ref is empty"}),
        ({"ref": "main", "token": "t", "variables": "x"}, 400, {"error": "variables is invalid"}),
    ],
    ids=["nothing", "wrong-token", "empty-ref", "variables"],
)
def test_a_trigger_that_is_not_right_is_refused(gitlab, form, status, said):
    ci_config.of(gitlab.state, gitlab.shop).triggers["t"] = gitlab.state.user("ann").id
    assert post(gitlab, "trigger/pipeline", "", data=form) == (status, said)


def test_a_trigger_takes_a_form_and_json_alike(gitlab):
    token = ci_config.add_trigger(gitlab.state, gitlab.shop, "ann")
    form = {"ref": "main", "token": token, "variables[A]": "1"}
    assert post(gitlab, "trigger/pipeline", "", data=form)[0] == 201
    body = {"ref": "main", "token": token, "variables": {"A": "1"}}
    assert post(gitlab, "trigger/pipeline", "", json=body)[0] == 201
    assert [one.variables for one in gitlab.shop.pipelines.values()] == [{"A": "1"}] * 2
    wrong = body | {"variables": {"A": ["1"]}}
    assert post(gitlab, "trigger/pipeline", "", json=wrong) == (
        400,
        {"message": "variables needs to be a map of key-valued strings"},
    )


def test_a_started_pipeline_is_heard_of_like_any_other(gitlab):
    gitlab.tag(gitlab.shop, "v1", "ann")
    status, told = post(gitlab, "pipeline", json={"ref": "v1"})
    assert (status, told["source"], told["ref"], told["tag"]) == (201, "api", "v1", True)
    assert told["web_url"].endswith(f"/acme/shop/-/pipelines/{told['id']}")
