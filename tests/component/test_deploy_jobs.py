"""Every kind of deploying job, as the reporter finds it when its own job runs.

GitLab makes a deployment with the pipeline already, `created`, and its job tells whether it has
begun. https://docs.gitlab.com/ci/jobs/job_control/ and https://docs.gitlab.com/ci/environments/
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from sync.gitlab.ci_reports.report import nothing, report_of
from tests.component.test_app import facts_of
from tests.component.world import World

NAMES = "(there are: compile, unit)"


@dataclass(frozen=True)
class Case:
    """`jobs`: name and status. `deployed`: the environment and status of each job's deployment, ""
    for none. `told`: the card's words; `why`: what the log says instead.
    """

    jobs: Sequence[tuple[str, str]]
    deployed: Sequence[tuple[str, str]]
    told: str = ""
    why: str = ""


DONE = "Deployed to staging"
FAILED = "Deployment to staging failed"
CASES = {
    "automatic": Case([("deploy", "success")], [("staging", "success")], DONE),
    "automatic, running": Case(
        [("deploy", "running")], [("staging", "running")], "Being deployed to staging"
    ),
    "automatic, in the queue": Case(
        [("deploy", "pending")], [("staging", "created")], "Being deployed to staging"
    ),
    "failed": Case([("deploy", "failed")], [("staging", "failed")], FAILED),
    "allowed to fail, and failed": Case([("deploy", "failed")], [("staging", "failed")], FAILED),
    "canceled": Case(
        [("deploy", "canceled")], [("staging", "canceled")], "Deployment to staging is canceled"
    ),
    "being canceled": Case(
        [("deploy", "canceling")], [("staging", "created")], "Deployment to staging is canceled"
    ),
    "manual, not pressed": Case(
        [("deploy", "manual")], [("staging", "created")],
        why="the job deploy waits to be started by hand",
    ),
    "manual, pressed": Case([("deploy", "success")], [("staging", "success")], DONE),
    "blocking manual, not pressed": Case(
        [("deploy", "manual")], [("staging", "created")],
        why="the job deploy waits to be started by hand",
    ),
    "waiting for approval": Case(
        [("deploy", "manual")], [("staging", "blocked")],
        "Deployment to staging waits for approval",
    ),
    "delayed": Case(
        [("deploy", "scheduled")], [("staging", "created")], why="the job deploy is delayed"
    ),
    "skipped, for an earlier stage failed": Case(
        [("deploy", "skipped")], [("staging", "skipped")], why="the job deploy was skipped"
    ),
    "not in this pipeline": Case([], [], why=f"no job of this pipeline is called deploy {NAMES}"),
    "under another name": Case([("ship", "success")], [("staging", "success")], DONE),
    "several environments": Case(
        [("deploy", "success"), ("deploy-eu", "failed")],
        [("staging", "success"), ("production", "failed")],
        DONE,
    ),
    "parallel": Case(
        [("deploy 1/2", "success"), ("deploy 2/2", "failed")],
        [("staging", "success"), ("staging", "failed")],
        FAILED,
    ),
    "a matrix": Case(
        [("deploy: [eu]", "success"), ("deploy: [us]", "success")],
        [("staging", "success"), ("staging", "success")],
        DONE,
    ),
    "a matrix, half of it begun": Case(
        [("deploy: [eu]", "success"), ("deploy: [us]", "running")],
        [("staging", "success"), ("staging", "running")],
        "Being deployed to staging",
    ),
    "a matrix, a part of it not pressed": Case(
        [("deploy: [eu]", "success"), ("deploy: [us]", "manual")],
        [("staging", "success"), ("staging", "created")],
        DONE,
    ),
    "waiting for another deployment": Case(
        [("deploy", "waiting_for_resource")], [("staging", "created")], "Being deployed to staging"
    ),
    "waiting for a callback": Case(
        [("deploy", "waiting_for_callback")], [("staging", "created")], "Being deployed to staging"
    ),
    "a matrix, a part of it being canceled": Case(
        [("deploy: [eu]", "success"), ("deploy: [us]", "canceling")],
        [("staging", "success"), ("staging", "created")],
        "Deployment to staging is canceled",
    ),
    "a matrix, all of it skipped": Case(
        [("deploy: [eu]", "skipped"), ("deploy: [us]", "skipped")],
        [("staging", "skipped"), ("staging", "skipped")],
        why="the job deploy: [us] was skipped",
    ),
    "repeated after a failure": Case(
        [("deploy", "failed"), ("deploy", "success")],
        [("staging", "failed"), ("staging", "success")],
        DONE,
    ),
    "untracked": Case([("deploy", "success")], [("", "")], DONE),
    "untracked, manual": Case(
        [("deploy", "manual")], [("", "")], why="the job deploy waits to be started by hand"
    ),
    "untracked, a matrix": Case(
        [("deploy: [eu]", "success"), ("deploy: [us]", "failed")], [("", ""), ("", "")], FAILED
    ),
}  # fmt: skip


def pipeline_with(world: World, case: Case):
    """A branch's pipeline that has these jobs, for the task that its branch names."""
    world.task(5)
    run = world.pipeline(world.open_mr(), "running")
    for (name, status), (environment, deployed) in zip(case.jobs, case.deployed, strict=True):
        job = world.gitlab.working.add_job(run, "deploy", name, status=status)
        if environment:
            world.gitlab.deploy(run, environment, deployed)
            assert world.shop.deployments[-1].job_id == job.id
    return run


MODE = {
    "B24_MODE": "deployment", "B24_DEPLOY_JOB": "deploy", "B24_ENVIRONMENT": "staging",
    "CI_SERVER_VERSION_MAJOR": "17",
}  # fmt: skip


@pytest.mark.parametrize("case", list(CASES.values()), ids=CASES)
def test_each_kind_has_its_words(world: World, case: Case) -> None:
    ran = world.report(pipeline_with(world, case), **MODE)
    assert ran.code == 0, ran.said
    cards = [text.rpartition("[/url] ")[2] for text in world.messages(5)]
    assert cards == ([case.told] if case.told else [])
    if case.why:
        assert ran.said == f"b24: {case.why}: nothing is reported\n"


@pytest.mark.parametrize("case", list(CASES.values()), ids=CASES)
def test_the_app_makes_the_same_of_it(world: World, case: Case) -> None:
    facts = facts_of(world, pipeline_with(world, case), **MODE)
    report = report_of(facts)
    assert nothing(facts, report) == case.why
    words = {
        "success": DONE, "failed": FAILED, "running": "Being deployed to staging",
        "canceled": "Deployment to staging is canceled",
        "blocked": "Deployment to staging waits for approval",
    }  # fmt: skip
    if case.told:
        [deployment] = report["deployments"]
        assert words[deployment["status"]] == case.told


@pytest.mark.parametrize("newest", ["staging", "production"])
def test_a_matrix_of_environments_names_the_one_that_failed(world: World, newest: str) -> None:
    """Without the input `environment`: one job deploys to each of them."""
    results = {"staging": "success", "production": "failed"}
    rows = sorted(results.items(), key=lambda row: row[0] == newest)
    jobs = [(f"deploy: [{environment}]", status) for environment, status in rows]
    build = pipeline_with(world, Case(jobs, rows))
    mode = MODE | {"B24_ENVIRONMENT": "-"}
    facts = facts_of(world, build, **mode)
    world.report(build, **mode)
    [card] = world.messages(5)
    assert card.endswith("Deployment to production failed")
    [deployment] = report_of(facts)["deployments"]
    assert (deployment["environment"], deployment["status"]) == ("production", "failed")


def test_a_part_of_a_matrix_is_followed_by_its_name(world: World) -> None:
    """GitLab makes several needs of the whole name alone: lib/gitlab/ci/config/normalizer.rb."""
    parts = [("deploy: [eu]", "failed"), ("deploy: [us]", "manual")]
    run = pipeline_with(world, Case(parts, [("eu", "failed"), ("us", "created")]))
    for part in ("eu", "us"):
        name = {"B24_DEPLOY_JOB": f"deploy: [{part}]", "B24_ENVIRONMENT": "-"}
        ran = world.report(run, **MODE | name)
        assert ran.code == 0, ran.said
    cards = [text.rpartition("[/url] ")[2] for text in world.messages(5)]
    assert cards == ["Deployment to eu failed (other)"]
    assert (
        ran.said == "b24: the job deploy: [us] waits to be started by hand: nothing is reported\n"
    )
