"""The job after a deployment: its environment, and the work since the last one."""

from __future__ import annotations

from collections import Counter

import pytest

from sync.gitlab.ci_reports.report import nothing, report_of
from tests.component.test_app import facts_of
from tests.component.world import World

MODE = {"B24_MODE": "deployment", "B24_ENVIRONMENT": "staging"}


def shipped(world: World, *branches: str, status: str = "success"):
    """Merge requests of these branches are merged, then deployed by one pipeline."""
    for branch in branches:
        mr = world.open_mr(f"Work of {branch}", branch)
        world.gitlab.merge(mr, "ann")
    run = world.pipeline(world.shop)
    world.gitlab.deploy(run, "staging", status, url="https://staging.test")
    return run


def test_every_task_shipped_since_the_last_deployment_hears_of_it(world: World) -> None:
    for number in (5, 6, 7):
        world.task(number)
    first = shipped(world, "B24-5")
    world.report(first, **MODE)
    second = shipped(world, "B24-6", "B24-7")
    world.requests()
    ran = world.report(second, **MODE)
    assert ran.code == 0
    assert world.requests() == (2, Counter(batch=3))
    url = f"{world.gitlab.url}/acme/shop"
    assert world.messages(6) == [
        f"[b][url={url}/-/environments?search=staging]staging[/url][/b]\n"
        f"[url={url}/-/merge_requests/2]!2 Work of B24-6[/url]\n"
        f"CI: [url={url}/-/pipelines/2]#2[/url] Deployed to [url=https://staging.test]staging[/url]"
    ]
    assert len(world.messages(7)) == 1
    assert "pipelines/1" in world.messages(5)[0]


def test_with_an_access_token_the_commits_since_then_are_read(world: World) -> None:
    world.task(5)
    world.task(9)
    world.report(shipped(world, "B24-5"), **MODE)
    world.gitlab.push(world.shop, "main", ["Work on B24-9", "Tidy"], "ann")
    run = shipped(world)
    token = world.gitlab.state.add_token(world.ann, scopes=("read_api",)).value
    world.requests()
    ran = world.report(run, B24_GITLAB_TOKEN=token, **MODE)
    assert ran.code == 0, ran.said
    assert world.requests()[0] == 3
    assert len(world.messages(9)) == 1


def test_commits_are_read_since_the_last_deployment_to_the_same_environment(world: World) -> None:
    """Production had the commit already; to staging it comes now."""
    world.task(9)
    world.report(shipped(world, "B24-5"), **MODE)
    world.gitlab.push(world.shop, "main", ["Work on B24-9"], "ann")
    world.gitlab.deploy(world.pipeline(world.shop), "production", "success")
    world.gitlab.push(world.shop, "main", ["Tidy"], "ann")
    run = shipped(world)
    token = world.gitlab.state.add_token(world.ann, scopes=("read_api",)).value
    ran = world.report(run, B24_GITLAB_TOKEN=token, **MODE | {"B24_ENVIRONMENT": "-"})
    assert (ran.code, len(world.messages(9))) == (0, 1), ran.said


def test_with_an_access_token_the_merge_requests_are_read_too(world: World) -> None:
    """One names its task in the title alone, which no commit has."""
    world.task(5)
    world.report(shipped(world, "first"), **MODE)
    mr = world.open_mr("For B24-5", "second")
    world.gitlab.merge(mr, "ann", squash=True)
    world.shop.commits[world.shop.branches["main"].head].message = "Merge"
    run = shipped(world)
    token = world.gitlab.state.add_token(world.ann, scopes=("read_api",)).value
    world.requests()
    world.report(run, CI_COMMIT_MESSAGE="Merge", B24_GITLAB_TOKEN=token, **MODE)
    assert world.requests()[0] == 3
    [text] = world.messages(5)
    assert "!2 For B24-5" in text


@pytest.mark.parametrize("newest", ["staging", "production"])
def test_of_a_matrix_those_hear_whose_work_came_to_the_environment_that_is_named(
    world: World, newest: str
) -> None:
    """Production lags behind staging: what staging has had for long comes there only now."""
    world.task(5)
    world.task(6)
    world.report(shipped(world, "B24-5"), **MODE)
    world.gitlab.merge(world.open_mr("Work of B24-6", "B24-6"), "ann")
    run = world.pipeline(world.shop)
    for place in sorted(("production", "staging"), key=lambda place: place == newest):
        world.gitlab.deploy(run, place, "success")
    both = MODE | {"B24_ENVIRONMENT": "-"}
    facts = facts_of(world, run, **both)
    assert world.report(run, **both).code == 0
    shipped_to = {"staging": {2}, "production": {1, 2}}[newest]
    assert {row["iid"] for row in facts.merge_requests} == shipped_to
    for task, request in ((5, 1), (6, 2)):
        text = world.messages(task)[-1]
        assert (f"pipelines/{run.id}]" in text) is (request in shipped_to)


RESULTS = [
    ("success", "Deployed to [url=https://staging.test]staging[/url]"),
    ("failed", "Deployment to [url=https://staging.test]staging[/url] failed"),
    ("canceled", "Deployment to [url=https://staging.test]staging[/url] is canceled"),
    ("running", "Being deployed to [url=https://staging.test]staging[/url]"),
    ("blocked", "Deployment to [url=https://staging.test]staging[/url] waits for approval"),
]


@pytest.mark.parametrize(("status", "words"), RESULTS)
def test_each_result_has_its_words_and_the_field_stays_the_pipeline_s(
    world: World, status: str, words: str
) -> None:
    world.task(5, uf={"UF_CI_STATUS": "passed"})
    run = shipped(world, "B24-5", status=status)
    world.report(run, **MODE)
    [text] = world.messages(5)
    assert text.endswith(words)
    assert world.portal.tasks[5].uf == {"UF_CI_STATUS": "passed"}
    assert world.portal.tasks[5].status == 2


def test_the_same_environment_again_edits_the_message(world: World) -> None:
    world.task(5)
    world.report(shipped(world, "B24-5", status="failed"), **MODE)
    again = shipped(world)
    world.report(again, CI_COMMIT_MESSAGE="Again for B24-5", **MODE)
    [text] = world.messages(5)
    assert "Deployed to" in text


def test_what_the_inputs_say_of_the_environment_counts(world: World) -> None:
    world.task(5)
    run = shipped(world, "B24-5")
    more = {"B24_ENVIRONMENT_URL": "https://x.test", "B24_ENVIRONMENT_TIER": "testing"}
    world.report(run, **MODE, **more)
    [text] = world.messages(5)
    assert text.endswith("Deployed to [url=https://x.test]staging[/url] (testing)")


def test_without_gitlab_the_environment_is_known_by_its_name(world: World) -> None:
    world.task(5)
    run = shipped(world, "B24-5")
    world.report(run, CI_JOB_TOKEN="", **MODE)
    [text] = world.messages(5)
    assert text.endswith("Deployment to staging: the result is not known")


def test_a_tier_that_is_not_wanted_is_not_told(world: World) -> None:
    world.task(5)
    ran = world.report(shipped(world, "B24-5"), **MODE, B24_TIERS="production")
    assert "this pipeline has no deployment of the input tiers" in ran.said
    assert world.messages(5) == []


def test_a_pipeline_without_the_deploying_job_tells_nothing(world: World) -> None:
    world.task(5)
    run = world.pipeline(world.open_mr())
    world.requests()
    ran = world.report(run, **MODE, B24_DEPLOY_JOB="deploy")
    assert (ran.code, world.requests()) == (0, (2, Counter()))
    assert ran.said == (
        "b24: no job of this pipeline is called deploy (there are: compile, unit): "
        "nothing is reported\n"
    )


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("deploy", "success", "Deployed to staging"),
        ("deploy", "failed", "Deployment to staging failed"),
        ("deploy 1/2", "success", "Deployed to staging"),
        ("deploy: [eu]", "success", "Deployed to staging"),
        ("deploy-eu", "success", None),
        ("deploy", "manual", None),
        ("deploy", "skipped", None),
    ],
)
def test_of_a_deployment_that_gitlab_does_not_track_its_job_tells(
    world: World, name: str, status: str, words: str | None
) -> None:
    """The deploying job has no `environment`."""
    world.task(5)
    run = world.pipeline(world.open_mr())
    run.jobs[-1].name, run.jobs[-1].status = name, status
    world.report(run, **MODE, B24_DEPLOY_JOB="deploy")
    assert [text.rpartition("[/url] ")[2] for text in world.messages(5)] == (
        [words] if words else []
    )


def long_pipeline(world: World, jobs: int):
    """A pipeline whose oldest job is `deploy`; GitLab tells the newest first."""
    names = ["deploy", *(f"unit {number}" for number in range(1, jobs))]
    return world.pipeline(world.open_mr(), jobs=[("test", name) for name in names])


@pytest.mark.parametrize("jobs", [99, 100, 200])
def test_the_deploying_job_is_looked_for_on_two_pages(world: World, jobs: int) -> None:
    """Within three requests: the merge requests are not asked for where there are two pages."""
    world.task(5)
    run = long_pipeline(world, jobs)
    world.requests()
    ran = world.report(run, **MODE, B24_DEPLOY_JOB="deploy")
    assert world.requests()[0] == 3, ran.said
    [text] = world.messages(5)
    assert text.endswith("Deployed to staging")
    assert ("merge requests were not asked for" in ran.said) is (jobs >= 100)


def test_a_job_beyond_the_second_page_is_not_called_absent(world: World) -> None:
    world.task(5)
    run = long_pipeline(world, 201)
    more = {**MODE, "B24_DEPLOY_JOB": "deploy"}
    ran = world.report(run, **more)
    assert "no job among the newest 200 of this pipeline is called deploy" in ran.said
    assert world.messages(5) == []
    facts = facts_of(world, run, **more)
    assert "no job among the newest 100 of" in nothing(facts, report_of(facts))


def test_of_a_matrix_on_two_pages_the_worst_job_tells(world: World) -> None:
    world.task(5)
    run = long_pipeline(world, 150)
    run.jobs[0].name, run.jobs[0].status = "deploy 1/2", "failed"
    run.jobs[-1].name = "deploy 2/2"
    world.report(run, **MODE, B24_DEPLOY_JOB="deploy")
    [text] = world.messages(5)
    assert text.endswith("Deployment to staging failed")
