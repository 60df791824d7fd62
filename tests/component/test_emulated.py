"""What the emulated systems do of what only a job uses: inbound webhooks, deployments, commits."""

from __future__ import annotations

import requests

from tests.component.world import World


def ask(world: World, method: str, webhook: str = "") -> tuple[int, dict]:
    answer = requests.post(f"{webhook or world.webhook}{method}.json", json={}, timeout=30)
    return answer.status_code, answer.json()


def test_a_webhook_acts_in_its_owner_s_name(world: World) -> None:
    assert ask(world, "profile")[1]["result"]["ID"] == "1"
    assert ask(world, "profile", world.b24.webhook(2))[1]["result"]["ID"] == "2"


def test_a_webhook_has_scopes_of_its_own_and_is_no_application(world: World) -> None:
    narrow = world.b24.webhook(1, ("task",))
    assert ask(world, "scope", narrow)[1]["result"] == ["task"]
    assert ask(world, "im.recent.list", narrow) == (403, {
        "error": "insufficient_scope",
        "error_description": (
            "The request requires higher privileges than provided by the access token"
        ),
    })  # fmt: skip
    assert ask(world, "app.info")[0] == 400


def test_a_deleted_webhook_and_a_stranger_s_are_refused(world: World) -> None:
    stranger = world.webhook.replace("/rest/1/", "/rest/2/")
    assert ask(world, "profile", stranger)[1]["error"] == "INVALID_CREDENTIALS"
    world.b24.revoke_webhooks()
    assert ask(world, "profile")[0] == 401


def test_a_job_token_reads_deployments_and_no_commits(world: World) -> None:
    run = world.pipeline(world.open_mr())
    world.gitlab.deploy(run, "staging")
    base = f"{world.gitlab.url}/api/v4/projects/{world.shop.id}"
    job = {"JOB-TOKEN": world.job_token}
    [row] = requests.get(f"{base}/deployments", headers=job, timeout=30).json()
    assert (row["environment"]["name"], row["deployable"]["pipeline"]["id"]) == ("staging", run.id)
    path = f"{base}/repository/compare?from=main&to={run.sha}"
    assert requests.get(path, headers=job, timeout=30).status_code == 404
    token = {"PRIVATE-TOKEN": world.gitlab.state.add_token(world.ann).value}
    commits = requests.get(path, headers=token, timeout=30).json()["commits"]
    assert [one["id"] for one in commits] == [run.sha]
