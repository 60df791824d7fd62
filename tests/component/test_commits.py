"""Commit messages that name tasks: which are read, and by which questions.

Three questions to GitLab are all a report has, and commits need an access token, which asks for
most by one of GraphQL.
"""

from __future__ import annotations

from collections import Counter

import pytest

from tests.component.world import World
from tests.emulators.gitlab import graphql_schema
from tests.emulators.gitlab.graphql_schema import Spec

COMPLETED = 5
AT_ONCE, COMMITS, DEPLOYMENTS = "/api/graphql", "repository/commits", "deployments"


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
    assert (asked(world), told(world)) == ([AT_ONCE, DEPLOYMENTS], [5, 6, 7])
    assert all("!1 Pay" in world.messages(number)[0] for number in (5, 6, 7))


@pytest.mark.parametrize("opened", [True, False])
def test_all_commits_of_a_work_branch_count_however_often_it_was_pushed(
    world: World, token: dict, opened: bool
) -> None:
    tasks(world, 6, 7)
    world.gitlab.push(world.shop, "feature/pay", ["Work on B24-6"], "ann")
    world.report(world.pipeline(world.shop, "failed", ref="feature/pay"), **token)
    world.gitlab.push(world.shop, "feature/pay", ["Fix B24-7", "Tidy"], "ann")
    if opened:
        world.gitlab.open_mr(world.shop, "feature/pay", "Pay", "ann")
    run = world.pipeline(world.shop, ref="feature/pay")
    asked(world)
    world.report(run, **token)
    paths = [AT_ONCE, DEPLOYMENTS] if opened else [AT_ONCE, COMMITS, DEPLOYMENTS]
    assert (asked(world), told(world)) == (paths, [6, 7])
    assert all("#2 passed" in world.messages(number)[-1] for number in (6, 7))


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
    world.gitlab.deploy(run, "staging")
    asked(world)
    for _ in range(2):  # a repeated job finds its own pipeline among those that passed
        world.report(run, CI_COMMIT_BEFORE_SHA=before, **token)
        assert asked(world) == [AT_ONCE, COMMITS, DEPLOYMENTS]
    assert told(world) == [6, 7]
    assert all("Deployed to staging" in world.messages(number)[0] for number in (6, 7))


def test_where_no_pipeline_has_passed_the_commits_of_the_push_count(
    world: World, token: dict
) -> None:
    tasks(world, 5, 6)
    world.gitlab.push(world.shop, "main", ["Work on B24-5"], "ann")
    before = world.shop.branches["main"].head
    world.gitlab.push(world.shop, "main", ["Fix B24-6", "Tidy"], "ann")
    world.report(world.pipeline(world.shop), CI_COMMIT_BEFORE_SHA=before, **token)
    assert told(world) == [6]


def test_a_pipeline_of_a_commit_that_has_passed_already_reads_none(
    world: World, token: dict
) -> None:
    world.gitlab.push(world.shop, "main", ["Work on B24-5"], "ann")
    world.pipeline(world.shop)
    again = world.pipeline(world.shop)
    asked(world)
    world.report(again, **token)
    assert asked(world) == [AT_ONCE, DEPLOYMENTS]


MERGES = {
    "merged": ("merge", False),
    "squashed": ("merge", True),
    "fast-forwarded": ("ff", False),
    "squashed and fast-forwarded": ("ff", True),
}


@pytest.mark.parametrize(("method", "squash"), list(MERGES.values()), ids=MERGES)
def test_who_heard_of_a_merge_request_by_its_commits_hears_of_its_merge(
    world: World, token: dict, method: str, squash: bool
) -> None:
    tasks(world, 5, 6)
    world.shop.merge_method = method
    world.gitlab.push(world.shop, "feature/B24-5", ["Work on B24-6", "Tidy"], "ann")
    mr = world.gitlab.open_mr(world.shop, "feature/B24-5", "Pay", "ann")
    world.report(world.pipeline(mr), mr, **token)
    before = world.shop.branches["main"].head
    world.gitlab.merge(mr, "ann", squash=squash)
    run = world.pipeline(world.shop)
    asked(world)
    world.report(run, CI_COMMIT_BEFORE_SHA=before, **token)
    assert asked(world) == [AT_ONCE, COMMITS, DEPLOYMENTS]
    for number in (5, 6):
        [text] = world.messages(number)
        assert "Merge request: merged" in text
        assert f"#{run.id} passed" in text
        assert world.portal.tasks[number].status == COMPLETED


def test_a_merge_whose_pipeline_failed_hears_of_the_one_that_passed(
    world: World, token: dict
) -> None:
    tasks(world, 5, 6)
    world.pipeline(world.shop)
    for number, result in ((5, "failed"), (6, "success")):
        mr = world.open_mr(f"Work {number}", f"feature/B24-{number}")
        before = world.shop.branches["main"].head
        world.gitlab.merge(mr, "ann")
        run = world.pipeline(world.shop, result)
        world.report(run, CI_COMMIT_BEFORE_SHA=before, **token)
    [first], [second] = world.messages(5), world.messages(6)
    assert "!1 Work 5" in first
    assert "#3 passed" in first
    assert "!2 Work 6" in second
    assert "#3 passed" in second


def test_the_commits_of_a_report_that_was_cancelled_are_told_by_the_next(
    world: World, token: dict
) -> None:
    tasks(world, 5, 6)
    world.pipeline(world.shop)
    for message, result in (("Work on B24-5", "canceled"), ("Work on B24-6", "success")):
        before = world.shop.branches["main"].head
        world.gitlab.push(world.shop, "main", [message, "Tidy"], "ann")
        run = world.pipeline(world.shop, result)
    world.report(run, CI_COMMIT_BEFORE_SHA=before, **token)
    assert told(world) == [5, 6]


def test_what_others_pushed_is_not_completed_by_a_merge(world: World, token: dict) -> None:
    tasks(world, 5, 6)
    before = trunk(world)
    world.gitlab.merge(world.open_mr("Pay", "feature/B24-5"), "ann")
    world.report(world.pipeline(world.shop), CI_COMMIT_BEFORE_SHA=before, **token)
    assert world.portal.tasks[5].status == COMPLETED
    assert world.portal.tasks[6].status != COMPLETED
    [text] = world.messages(6)
    assert text.startswith(f"[b][url={world.gitlab.url}/acme/shop/-/tree/main]main[/url][/b]\n")


def test_a_stranger_s_merge_request_of_the_same_branch_name_is_not_told(
    world: World, token: dict
) -> None:
    """An earlier one, closed with another commit: the name of its branch is used again."""
    tasks(world, 5, 6)
    old = world.open_mr("For B24-6", "feature/B24-5")
    world.gitlab.reviewing.close(old, "ann")
    world.gitlab.push(world.shop, "feature/B24-5", ["Again"], "ann")
    world.report(world.pipeline(world.shop, ref="feature/B24-5"), **token)
    assert told(world) == [5]


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
    world.report(run, CI_COMMIT_TAG="v2", **token)
    assert asked(world) == [AT_ONCE, COMMITS, DEPLOYMENTS]
    assert told(world) == [6]


def test_an_early_report_reads_them_too(world: World, token: dict) -> None:
    tasks(world, 6)
    world.gitlab.push(world.shop, "feature/pay", ["Work on B24-6", "Tidy"], "ann")
    mr = world.gitlab.open_mr(world.shop, "feature/pay", "Pay", "ann")
    run = world.pipeline(mr, "running")
    asked(world)
    world.report(run, mr, B24_MODE="merge-request", **token)
    assert (asked(world), told(world)) == ([AT_ONCE], [6])


def test_without_a_token_the_pipeline_s_own_commit_counts(world: World) -> None:
    tasks(world, 6, 7)
    world.gitlab.push(world.shop, "feature/pay", ["Work on B24-6", "Fix B24-7"], "ann")
    run = world.pipeline(world.shop, ref="feature/pay")
    asked(world)
    said = world.report(run).said
    requests = f"repository/commits/{run.sha}/merge_requests"
    assert asked(world) == [f"pipelines/{run.id}/jobs", requests, DEPLOYMENTS]
    assert told(world) == [7]
    assert "commits" not in said


def no_token(world: World) -> str:
    return "glpat-gone"


def a_narrow_token(world: World) -> str:
    return world.gitlab.state.add_token(world.ann, scopes=("read_user",)).value


def a_stranger_s_token(world: World) -> str:
    eve = world.gitlab.state.add_user("eve", "Eve Ash")
    return world.gitlab.state.add_token(eve, scopes=("read_api",)).value


@pytest.mark.parametrize("token_of", [no_token, a_narrow_token, a_stranger_s_token])
def test_a_refused_token_is_named_and_the_rest_is_asked_without_it(world: World, token_of) -> None:
    tasks(world, 5)
    mr = world.open_mr()
    run = world.pipeline(mr, "failed")
    asked(world)
    value = token_of(world)
    ran = world.report(run, mr, B24_GITLAB_TOKEN=value)
    assert asked(world) == [AT_ONCE, f"pipelines/{run.id}/jobs", f"merge_requests/{mr.iid}"]
    assert (
        "b24: GitLab does not answer the token in B24_GITLAB_TOKEN: the report goes without what "
        "only that reads (TOKEN_REFUSED).\n"
        "b24: deployments were not asked for: three reads are the most\n"
    ) in ran.said
    assert "#1 failed" in world.messages(5)[0]
    assert value not in ran.said


def test_what_gitlab_says_of_a_question_that_it_does_not_take_is_said(
    world: World, token: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of one that is too complex for it, or that a later version has no field for."""
    tasks(world, 5)
    mr = world.open_mr()
    run = world.pipeline(mr)
    monkeypatch.delitem(graphql_schema.TYPES["MergeRequest"], "diffHeadSha")
    said = world.report(run, mr, **token).said
    wrong = "Field 'diffHeadSha' doesn't exist on type 'MergeRequest'"
    assert f"b24: GitLab says of the question: {wrong}\n" in said
    assert told(world) == [5]


@pytest.mark.parametrize("report", ["pipeline, merge-request, deployments", "pipeline"])
def test_who_does_not_want_commits_read_leaves_them_out(
    world: World, token: dict, report: str
) -> None:
    tasks(world, 6)
    world.gitlab.push(world.shop, "feature/pay", ["Work on B24-6", "Tidy"], "ann")
    run = world.pipeline(world.shop, ref="feature/pay")
    assert "no task is named" in world.report(run, B24_REPORT=report, **token).said
    assert COMMITS not in asked(world)


def test_no_report_asks_more_than_three_questions(world: World, token: dict) -> None:
    tasks(world, 5)
    mr = world.open_mr()
    run = world.pipeline(mr)
    for mode in ("report", "merge-request", "deployment"):
        for variables in (world.variables(run, mr), world.variables(run)):
            world.requests()
            world.run({**variables, **token, "B24_MODE": mode, "B24_ENVIRONMENT": "staging"})
            count, portal = world.requests()
            assert count <= 3
            assert portal in (Counter(), Counter(batch=2), Counter(batch=3))


def test_jobs_that_the_token_does_not_see_are_asked_for_by_the_job_s_own(
    world: World, token: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks(world, 5)
    mr = world.open_mr()
    run = world.pipeline(mr, "failed")
    hidden = Spec(
        "Pipeline", lambda *_: None, graphql_schema.TYPES["Project"]["pipeline"].arguments
    )
    monkeypatch.setitem(graphql_schema.TYPES["Project"], "pipeline", hidden)
    asked(world)
    world.report(run, mr, **token)
    assert asked(world) == [AT_ONCE, f"pipelines/{run.id}/jobs", DEPLOYMENTS]
    assert "#1 failed" in world.messages(5)[0]


def test_a_job_that_waits_for_another_pipeline_fails_with_it(world: World, token: dict) -> None:
    """No job token is told of such jobs."""
    tasks(world, 5)
    run = world.pipeline(world.open_mr(), "running")
    world.gitlab.working.run_child(run, "e2e").set_status("failed")
    for job in run.jobs:
        job.status = "success"
    world.report(run, **token)
    [text] = world.messages(5)
    assert "#1 failed" in text
    assert "(e2e)" in text


def test_that_there_are_more_commits_than_are_read_is_said(world: World, token: dict) -> None:
    tasks(world, 5)
    messages = ["Start B24-5", *(f"Step {number}" for number in range(101))]
    world.gitlab.push(world.shop, "feature/pay", messages, "ann")
    said = world.report(world.pipeline(world.shop, ref="feature/pay"), **token).said
    assert "b24: of the commits only the newest 100 are read\n" in said
    assert "no task is named" in said
