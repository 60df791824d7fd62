"""Commit messages that name tasks: which are read, and what is left unread for them.

Three questions to GitLab are all a report has, and commits need an access token.
"""

from __future__ import annotations

from collections import Counter

import pytest

from tests.component.world import World

COMPLETED = 5
JOBS, COMPARE = "pipelines/{run}/jobs", "repository/compare"
REQUESTS = "repository/commits/{sha}/merge_requests"


@pytest.fixture
def token(world: World) -> dict[str, str]:
    value = world.gitlab.state.add_token(world.ann, scopes=("read_api",)).value
    return {"B24_GITLAB_TOKEN": value}


def asked(world: World) -> list[str]:
    """The paths under the project since the last look."""
    base = f"/api/v4/projects/{world.shop.id}/"
    paths = [path.removeprefix(base) for _, path in world.gitlab.requests]
    world.requests()
    return paths


def told(world: World) -> list[int]:
    """The tasks that have a card."""
    return [number for number in sorted(world.portal.tasks) if world.messages(number)]


def tasks(world: World, *numbers: int) -> None:
    for number in numbers:
        world.task(number)


def test_all_commits_of_a_merge_request_count(world: World, token: dict) -> None:
    tasks(world, 5, 6, 7)
    world.gitlab.push(world.shop, "feature/B24-5", ["Work on B24-6", "Fix B24-7", "Tidy"], "ann")
    mr = world.gitlab.open_mr(world.shop, "feature/B24-5", "Pay", "ann")
    run = world.pipeline(mr)
    asked(world)
    world.report(run, mr, **token)
    paths = [JOBS.format(run=run.id), f"merge_requests/{mr.iid}", COMPARE]
    assert (asked(world), told(world)) == (paths, [5, 6, 7])


def test_all_commits_of_a_work_branch_count_however_often_it_was_pushed(
    world: World, token: dict
) -> None:
    tasks(world, 6, 7)
    world.gitlab.push(world.shop, "feature/pay", ["Work on B24-6"], "ann")
    world.report(world.pipeline(world.shop, "failed", ref="feature/pay"), **token)
    world.gitlab.push(world.shop, "feature/pay", ["Fix B24-7", "Tidy"], "ann")
    run = world.pipeline(world.shop, ref="feature/pay")
    asked(world)
    world.report(run, **token)
    paths = [JOBS.format(run=run.id), REQUESTS.format(sha=run.sha), COMPARE]
    assert (asked(world), told(world)) == (paths, [6, 7])
    assert all("#2 passed" in world.messages(number)[0] for number in (6, 7))


def trunk(world: World) -> str:
    """Two pushes to the trunk: the first passed, the second failed. The head after it."""
    world.gitlab.push(world.shop, "main", ["Old work on B24-5"], "ann")
    world.pipeline(world.shop)
    world.gitlab.push(world.shop, "main", ["Work on B24-6"], "ann")
    world.pipeline(world.shop, "failed")
    return world.shop.branches["main"].head


def test_on_the_trunk_the_commits_since_the_last_successful_pipeline_count(
    world: World, token: dict
) -> None:
    tasks(world, 5, 6, 7)
    before = trunk(world)
    world.gitlab.push(world.shop, "main", ["Fix B24-7", "Tidy"], "ann")
    run = world.pipeline(world.shop)
    asked(world)
    more = {"CI_COMMIT_BEFORE_SHA": before, "B24_REPORT": "pipeline, commits"}
    for _ in range(2):  # a repeated job finds its own pipeline among those that passed
        world.report(run, **more, **token)
        assert asked(world) == [JOBS.format(run=run.id), "pipelines", COMPARE]
    assert told(world) == [6, 7]


def test_with_merge_requests_in_the_report_those_of_the_push_count_on_the_trunk(
    world: World, token: dict
) -> None:
    tasks(world, 5, 6, 7)
    before = trunk(world)
    world.gitlab.push(world.shop, "main", ["Fix B24-7", "Tidy"], "ann")
    run = world.pipeline(world.shop)
    asked(world)
    world.report(run, CI_COMMIT_BEFORE_SHA=before, **token)
    paths = [JOBS.format(run=run.id), REQUESTS.format(sha=run.sha), COMPARE]
    assert (asked(world), told(world)) == (paths, [7])


def test_who_heard_of_a_merge_request_by_its_commits_hears_of_its_merge(
    world: World, token: dict
) -> None:
    """The emulated merge leaves one commit on the trunk, as a squashed one does."""
    tasks(world, 5, 6)
    world.gitlab.push(world.shop, "feature/B24-5", ["Work on B24-6", "Tidy"], "ann")
    mr = world.gitlab.open_mr(world.shop, "feature/B24-5", "Pay", "ann")
    world.report(world.pipeline(mr), mr, **token)
    before = world.shop.branches["main"].head
    world.gitlab.merge(mr, "ann")
    run = world.pipeline(world.shop)
    asked(world)
    world.report(run, CI_COMMIT_BEFORE_SHA=before, **token)
    paths = [JOBS.format(run=run.id), REQUESTS.format(sha=run.sha), COMPARE]
    assert asked(world) == paths
    for number in (5, 6):
        [text] = world.messages(number)
        assert "Merge request: merged" in text and f"#{run.id} passed" in text
        assert world.portal.tasks[number].status == COMPLETED


def test_the_deployments_that_commits_took_the_place_of_are_named(
    world: World, token: dict
) -> None:
    tasks(world, 5)
    run = world.pipeline(world.open_mr())
    world.gitlab.deploy(run, "staging")
    said = world.report(run, **token).said
    assert "b24: deployments were not asked for: commits took their place (input report)\n" in said
    without = world.report(run, B24_REPORT="pipeline, merge-request, deployments", **token)
    assert "not asked for" not in without.said
    assert "Deployed to staging" in world.messages(5)[0]


def test_a_protected_branch_is_a_trunk_and_a_lone_push_of_it_is_read(
    world: World, token: dict
) -> None:
    """Not all that it has and the default branch has not: that is the work of years."""
    tasks(world, 5, 6)
    world.gitlab.push(world.shop, "release/1", ["Work on B24-5"], "ann")
    before = world.shop.branches["release/1"].head
    world.gitlab.push(world.shop, "release/1", ["Work on B24-6", "Tidy"], "ann")
    run = world.pipeline(world.shop, ref="release/1")
    protected = {"CI_COMMIT_REF_PROTECTED": "true", "CI_COMMIT_BEFORE_SHA": before}
    world.report(run, **protected, **token)
    assert told(world) == [6]


def test_a_tag_tells_the_commits_since_the_last_tag_that_passed(world: World, token: dict) -> None:
    tasks(world, 5, 6)
    for name, message in (("v1", "Work on B24-5"), ("v2", "Work on B24-6")):
        world.gitlab.push(world.shop, "main", [message, "Tidy"], "ann")
        world.gitlab.tag(world.shop, name, "ann")
        run = world.pipeline(world.shop, ref=name)
    asked(world)
    world.report(run, CI_COMMIT_TAG="v2", B24_REPORT="pipeline, commits", **token)
    assert asked(world) == [JOBS.format(run=run.id), "pipelines", COMPARE]
    assert told(world) == [6]


def test_an_early_report_reads_them_too(world: World, token: dict) -> None:
    tasks(world, 6)
    world.gitlab.push(world.shop, "feature/pay", ["Work on B24-6", "Tidy"], "ann")
    mr = world.gitlab.open_mr(world.shop, "feature/pay", "Pay", "ann")
    run = world.pipeline(mr, "running")
    asked(world)
    world.report(run, mr, B24_MODE="merge-request", **token)
    assert (asked(world), told(world)) == ([f"merge_requests/{mr.iid}", COMPARE], [6])


def test_without_a_token_or_where_it_is_refused_the_pipeline_s_own_commit_counts(
    world: World,
) -> None:
    tasks(world, 6, 7)
    world.gitlab.push(world.shop, "feature/pay", ["Work on B24-6", "Fix B24-7"], "ann")
    run = world.pipeline(world.shop, ref="feature/pay")
    asked(world)
    silent = world.report(run)
    assert (COMPARE in asked(world), "commits" in silent.said) == (False, False)
    refused = world.report(run, B24_GITLAB_TOKEN="revoked")
    assert COMPARE in asked(world)
    assert "GitLab does not tell the commits since the last run" in refused.said
    assert told(world) == [7]


@pytest.mark.parametrize("report", ["pipeline, merge-request, deployments", "pipeline"])
def test_who_does_not_want_commits_read_leaves_them_out(
    world: World, token: dict, report: str
) -> None:
    tasks(world, 6)
    world.gitlab.push(world.shop, "feature/pay", ["Work on B24-6", "Tidy"], "ann")
    run = world.pipeline(world.shop, ref="feature/pay")
    assert "no task is named" in world.report(run, B24_REPORT=report, **token).said
    assert COMPARE not in asked(world)


def test_no_report_asks_more_than_three_questions(world: World, token: dict) -> None:
    tasks(world, 5)
    mr = world.open_mr()
    run = world.pipeline(mr)
    for mode in ("report", "merge-request", "deployment"):
        for variables in (world.variables(run, mr), world.variables(run)):
            world.requests()
            world.run({**variables, **token, "B24_MODE": mode, "B24_ENVIRONMENT": "staging"})
            count, portal = world.requests()
            assert count <= 3 and portal in (Counter(), Counter(batch=2), Counter(batch=3))


def test_more_commits_than_are_read_are_counted(world: World, token: dict) -> None:
    tasks(world, 5)
    messages = ["Start B24-5", *(f"Step {number}" for number in range(101))]
    world.gitlab.push(world.shop, "feature/pay", messages, "ann")
    said = world.report(world.pipeline(world.shop, ref="feature/pay"), **token).said
    assert "GitLab does not tell 2 of 102 commits, the oldest" in said
    assert "no task is named" in said
