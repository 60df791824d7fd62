"""Each kind of deploying job in a small project, and what `deployment` makes of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from tests.component.checkout import COLOUR, Checkout
from tests.component.world import World
from tests.depth import telling

PIPELINE = """
include:
  - component: $CI_SERVER_FQDN/acme/shop/deployment@$CI_COMMIT_SHA
    inputs: {INPUTS}
test:
  stage: test
  script: ['TEST']
DEPLOY
"""
REPORTED, REPORTED_FAILURE = "b24-deployment:deploy", "b24-deployment:deploy:on-failure"
NOTHING_THERE = "no job of this pipeline is called deploy"


@dataclass(frozen=True)
class Kind:
    """`deploy`: the keywords of the deploying job; `status`: what GitLab's API tells of it, "" for
    nothing; `jobs`: those of the component that ran; `words`: of the task's message, "" for none.
    """

    deploy: str
    status: str
    jobs: tuple[str, ...]
    words: str
    pressed: bool = False
    test: str = "true"


PASSES, FAILS = "script: ['true']", "script: ['false']"
# The first is GitLab's own default for `when: manual` outside rules; gitlab-ci-local has another.
MANUAL, BLOCKING = (
    "\n  when: manual\n  allow_failure: true",
    "\n  when: manual\n  allow_failure: false",
)
DONE, FAILED = "Deployed to staging", "Deployment to staging failed"
KINDS = {
    "automatic": Kind(PASSES, "success", (REPORTED,), DONE),
    "automatic, failed": Kind(FAILS, "failed", (REPORTED_FAILURE,), FAILED),
    "allowed to fail, failed": Kind(
        f"{FAILS}\n  allow_failure: true", "failed", (REPORTED,), FAILED
    ),
    "manual, not started": Kind(PASSES + MANUAL, "", (), ""),
    "manual, started": Kind(PASSES + MANUAL, "success", (REPORTED,), DONE, pressed=True),
    "manual, started, failed": Kind(FAILS + MANUAL, "failed", (REPORTED,), FAILED, pressed=True),
    "blocking manual, not started": Kind(PASSES + BLOCKING, "", (), ""),
    "blocking manual, started": Kind(PASSES + BLOCKING, "success", (REPORTED,), DONE, pressed=True),
    "blocking manual, started, failed": Kind(
        FAILS + BLOCKING, "failed", (REPORTED_FAILURE,), FAILED, pressed=True
    ),
    "delayed": Kind(
        f"{PASSES}\n  when: delayed\n  start_in: 1 second", "success", (REPORTED,), DONE
    ),
    "skipped, for an earlier job failed": Kind(PASSES, "", (), "", test="false"),
    "parallel matrix": Kind(
        f"{PASSES}\n  parallel: {{matrix: [{{REGION: [eu, us]}}]}}", "success", (REPORTED,), DONE
    ),
}

# Where jobs start and where they do not; `pipeline_rules.py` has the rules of all kinds.
TELLING = (
    "automatic", "automatic, failed", "manual, not started", "blocking manual, started, failed",
    "skipped, for an earlier job failed",
)  # fmt: skip


def jobs_that_ran(output: str, names: Sequence[str] = (REPORTED, REPORTED_FAILURE)) -> list[str]:
    plain = COLOUR.sub("", output)
    return [name for name in names if re.search(rf"^{re.escape(name)} +starting", plain, re.M)]


@pytest.mark.parametrize("name", telling(KINDS, *TELLING))
def test_a_deploying_job_of_each_kind_is_reported_as_documented(world: World, name: str) -> None:
    kind = KINDS[name]
    world.task(5)
    run = world.pipeline(world.open_mr())
    if kind.status:
        world.gitlab.deploy(run, "staging", kind.status)
    deploy = f"deploy:\n  stage: deploy\n  environment: staging\n  {kind.deploy}"
    checkout = Checkout(
        world.folder, PIPELINE, INPUTS="environment: staging", DEPLOY=deploy, TEST=kind.test
    )
    pressed = ["--manual", "deploy"] if kind.pressed else []
    _, output = checkout.run(world.variables(run), *pressed)
    assert tuple(jobs_that_ran(output)) == kind.jobs, output
    messages = [text.rpartition("[/url] ")[2] for text in world.messages(5)]
    assert messages == ([kind.words] if kind.words else [])


def test_of_a_matrix_one_part_that_fails_is_a_failure(world: World) -> None:
    run = world.pipeline(world.open_mr())
    deploy = (
        "deploy:\n  stage: deploy\n  parallel: {matrix: [{REGION: [eu, us]}]}\n"
        "  script: ['test $REGION = eu']"
    )
    checkout = Checkout(world.folder, PIPELINE, INPUTS="", DEPLOY=deploy, TEST="true")
    _, output = checkout.run(world.variables(run))
    assert jobs_that_ran(output) == [REPORTED_FAILURE], output


def test_a_pipeline_without_the_deploying_job_has_nothing_to_report(world: World) -> None:
    """Most projects deploy from one branch only."""
    run = world.pipeline(world.open_mr())
    checkout = Checkout(world.folder, PIPELINE, INPUTS="", DEPLOY="", TEST="true")
    code, output = checkout.run(world.variables(run))
    assert code == 0, output
    assert jobs_that_ran(output) == [REPORTED]
    assert NOTHING_THERE in output


def test_rules_keep_the_jobs_out_of_a_pipeline_without_the_deploying_job(world: World) -> None:
    run = world.pipeline(world.open_mr())
    rules = "rules: [{if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH}]"
    checkout = Checkout(world.folder, PIPELINE, INPUTS=rules, DEPLOY="", TEST="true")
    code, output = checkout.run(world.variables(run))
    assert (code, jobs_that_ran(output)) == (0, []), output


TWO = """
include:
  - component: $CI_SERVER_FQDN/acme/shop/deployment@$CI_COMMIT_SHA
    inputs: {deploy-job: stage-it, environment: staging}
  - component: $CI_SERVER_FQDN/acme/shop/deployment@$CI_COMMIT_SHA
    inputs: {deploy-job: release-it, environment: production, tags: [prod]}
stage-it:
  stage: deploy
  script: ['true']
  environment: staging
release-it:
  stage: deploy
  script: ['false']
  environment: production
"""


def test_two_environments_are_two_includes_and_neither_replaces_the_other(world: World) -> None:
    world.task(5)
    run = world.pipeline(world.open_mr())
    world.gitlab.deploy(run, "staging", "success")
    world.gitlab.deploy(run, "production", "failed")
    code, output = Checkout(world.folder, TWO).run(world.variables(run))
    names = ["b24-deployment:stage-it", "b24-deployment:release-it:on-failure"]
    assert (code, jobs_that_ran(output, names)) == (1, names), output
    shown = sorted(text.rpartition("[/url] ")[2] for text in world.messages(5))
    assert shown == ["Deployed to staging", "Deployment to production failed"]


def test_the_environment_s_name_may_hold_variables(world: World) -> None:
    world.task(5)
    run = world.pipeline(world.open_mr())
    world.gitlab.deploy(run, "review/b24-5", "success")
    deploy = "deploy:\n  stage: deploy\n  script: ['true']\n  environment: review/$REVIEW"
    inputs = "environment: review/$REVIEW, environment-url: 'https://${REVIEW}.test'"
    checkout = Checkout(world.folder, PIPELINE, INPUTS=inputs, DEPLOY=deploy, TEST="true")
    code, output = checkout.run(world.variables(run, REVIEW="b24-5"))
    assert code == 0, output
    [text] = world.messages(5)
    assert text.endswith("Deployed to [url=https://b24-5.test]review/b24-5[/url] (development)")


MATRIX = """
include:
  - component: $CI_SERVER_FQDN/acme/shop/deployment@$CI_COMMIT_SHA
    inputs: {job-prefix: to-staging, environment: staging}
  - component: $CI_SERVER_FQDN/acme/shop/deployment@$CI_COMMIT_SHA
    inputs: {job-prefix: to-production, environment: production}
deploy:
  stage: deploy
  script: ['test $PLACE = staging']
  environment: $PLACE
  parallel: {matrix: [{PLACE: [staging, production]}]}
"""


def test_a_matrix_of_environments_has_an_include_for_each(world: World) -> None:
    world.task(5)
    run = world.pipeline(world.open_mr())
    world.gitlab.deploy(run, "staging", "success")
    world.gitlab.deploy(run, "production", "failed")
    _, output = Checkout(world.folder, MATRIX).run(world.variables(run))
    names = ["to-staging:deploy:on-failure", "to-production:deploy:on-failure"]
    assert jobs_that_ran(output, names) == names, output
    shown = sorted(text.rpartition("[/url] ")[2] for text in world.messages(5))
    assert shown == [DONE, "Deployment to production failed"]


STARTS_ANOTHER = """
include:
  - component: $CI_SERVER_FQDN/acme/shop/report@$CI_COMMIT_SHA
    inputs: {rules: [{if: $CI_PIPELINE_SOURCE != "parent_pipeline"}]}
test:
  stage: test
  script: ['true']
"""


@pytest.mark.parametrize(("source", "reports"), [("push", 1), ("parent_pipeline", 0)])
def test_rules_keep_the_report_out_of_child_pipelines(
    world: World, source: str, reports: int
) -> None:
    world.task(5)
    run = world.pipeline(world.open_mr())
    variables = world.variables(run, CI_PIPELINE_SOURCE=source)
    code, output = Checkout(world.folder, STARTS_ANOTHER).run(variables)
    assert (code, len(world.messages(5))) == (0, reports), output
