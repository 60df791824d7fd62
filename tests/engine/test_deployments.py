"""Histories of deployments, told by hooks, and what the tasks see whose work they carry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from sync.core.rules.portal import DeploymentRules, GroupRules, Rules
from sync.engine.upkeep.sweep import Sweep
from sync.errors import Later
from tests.emulators.gitlab.entities import Deployment, MergeRequest
from tests.emulators.gitlab.web import Reply
from tests.emulators.gitlab.web import Request as HostRequest
from tests.engine.ci_reports import report
from tests.engine.world import World


def said(world: World, task_id: int = 2103) -> list[str]:
    """The messages about deployments, without their addresses but the environment's."""
    found = [message.text for message in world.b24.state.discussion(task_id)]
    return [text for text in found if any(mark in text for mark in ("in: ", "где: "))]


def heads(world: World) -> list[str]:
    return [text.split("\n")[0] for text in said(world)]


def where(world: World) -> list[str]:
    return [text.split("\n")[-1] for text in said(world)]


def merged(world: World, branch: str = "feature/B24-2103-pay") -> MergeRequest:
    mr = world.opened(branch)
    world.gitlab.merge(mr, "ann")
    world.settle()
    return mr


def deploy(
    world: World, environment: str, status: str = "success", *, sha: str = "", url: str = ""
) -> Deployment:
    """A deployment of main as it is now, or of one of its commits."""
    run = world.gitlab.run_pipeline(world.shop, ref="main")
    if sha:
        run.sha = sha
    made = world.gitlab.deploy(run, environment, status, url=url)
    world.settle()
    return made


def test_a_merged_request_is_shown_where_it_was_deployed(world: World) -> None:
    mr = merged(world)
    sha = mr.merge_commit_sha
    deploy(world, "test", url="https://test.acme.example")
    (text,) = said(world)
    assert text.split("\n") == [
        "[b]Deployed to test, URL: [url=https://test.acme.example]https://test.acme.example[/url]"
        "[/b]",
        f"Commit [url=http://gitlab.test/acme/shop/-/commit/{sha[:8]}]{sha[:8]}[/url] "
        f"{world.shop.commits[sha].title}, Ann, "
        "[url=http://gitlab.test/acme/shop/-/jobs/2]job[/url]",
        "in: test ✔",
    ]


def test_each_environment_has_one_message_and_all_say_where_the_work_is(world: World) -> None:
    world.shop.default_branch = "main"
    first = merged(world)
    for environment in ("prod", "stage", "test"):
        deploy(world, environment, sha=world.shop.branches["main"].commits[0])
    deploy(world, "test")
    deploy(world, "stage")
    assert first.merge_commit_sha
    assert heads(world) == ["[b]Deployed to test[/b]", "[b]Deployed to stage[/b]"]
    assert where(world) == ["in: test ✔ stage ✔ prod –"] * 2
    deploy(world, "prod")
    assert where(world) == ["in: test ✔ stage ✔ prod ✔"] * 3


def test_a_task_is_told_of_a_later_commit_that_carries_its_work(world: World) -> None:
    merged(world)
    world.gitlab.push(world.shop, "main", ["Tidy up"], "ann")
    deploy(world, "production")
    assert heads(world) == ["[b]Deployed to production[/b]"]
    assert where(world) == ["in: production ✔"]


def test_what_was_deployed_stays_there_with_every_later_deployment(world: World) -> None:
    merged(world)
    deploy(world, "production")
    world.gitlab.push(world.shop, "main", ["Tidy up"], "ann")
    deploy(world, "production")
    assert where(world) == ["in: production ✔"]


def test_a_rollback_takes_the_work_away_and_going_forward_brings_it_back(world: World) -> None:
    before = world.shop.branches["main"].head
    deploy(world, "production", sha=before)
    mr = merged(world)
    deploy(world, "production")
    deploy(world, "production", sha=before)
    assert heads(world) == ["[b]Rolled back in production: an older version is there again[/b]"]
    assert where(world) == ["in: production –"]
    deploy(world, "production", sha=mr.merge_commit_sha)
    assert heads(world) == ["[b]Deployed to production[/b]"]
    assert where(world) == ["in: production ✔"]


@pytest.mark.parametrize(
    ("status", "head"),
    [
        ("failed", "Deployment to production failed"),
        ("canceled", "Deployment to production is canceled"),
        ("blocked", "Deployment to production waits for approval"),
        ("rejected", "Deployment to production is rejected"),
    ],
)
def test_a_deployment_that_did_not_end_well_says_so(world: World, status: str, head: str) -> None:
    merged(world)
    deploy(world, "production", status)
    assert heads(world) == [f"[b]{head}[/b]"]
    assert where(world) == ["in: production –"]
    deploy(world, "production")
    assert heads(world) == ["[b]Deployed to production[/b]"]


@pytest.mark.parametrize("status", ["running", "approved", "created", "something new"])
def test_a_deployment_on_its_way_is_not_announced(world: World, status: str) -> None:
    merged(world)
    deploy(world, "production", status)
    assert said(world) == []


@pytest.mark.deep
def test_a_deployment_that_waited_says_that_it_goes_on(world: World) -> None:
    world.gitlab.state.premium = True
    merged(world)
    one, place = deploy(world, "production", "blocked"), world.gitlab.state.project(world.shop)
    seen = heads(world)
    world.gitlab.shipping.judge_deployment(place, one, "cid")
    world.settle()
    seen += heads(world)
    for status in ("running", "success"):
        world.gitlab.set_deployment(place, one, status)
        world.settle()
        seen += heads(world)
    assert seen == [
        "[b]Deployment to production waits for approval[/b]",
        "[b]Deployment to production is approved[/b]",
        "[b]Deployment to production is running[/b]",
        "[b]Deployed to production[/b]",
    ]


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("turned", [True, False])
def test_a_deployment_that_was_rejected_did_not_just_fail(
    world: World, together: bool, turned: bool
) -> None:
    world.gitlab.state.premium = True
    merged(world)
    one, place = deploy(world, "production", "blocked"), world.gitlab.state.project(world.shop)
    world.hold_deliveries = True
    before = len(world.inbox_order)
    world.gitlab.shipping.judge_deployment(place, one, "cid", approve=False)
    heard = world.inbox_order[before:][:: -1 if turned else 1]
    world.hold_deliveries = False
    assert len(heard) == 2
    for some in [heard] if together else [[event] for event in heard]:
        world.store(some)
        world.settle()
    assert heads(world) == ["[b]Deployment to production is rejected[/b]"]


def test_a_deployment_that_failed_leaves_there_what_was_there(world: World) -> None:
    merged(world)
    deploy(world, "production")
    deploy(world, "production", "failed")
    assert heads(world) == ["[b]Deployment to production failed[/b]"]
    assert where(world) == ["in: production ✔"]


def test_the_branch_of_an_open_request_carries_it(world: World) -> None:
    mr = world.opened()
    world.gitlab.deploy(world.gitlab.run_pipeline(mr), "qa")
    world.settle()
    assert heads(world) == ["[b]Deployed to qa[/b]"]


def test_environments_of_reviews_are_quiet_until_they_are_asked_for(world: World) -> None:
    mr = world.opened()
    world.gitlab.deploy(world.gitlab.run_pipeline(mr), "review/pay")
    world.settle()
    assert said(world) == []
    wants = DeploymentRules(environments=("review/*", "production"))
    world.rules = Rules(default=GroupRules(deployments=wants))
    world.gitlab.deploy(world.gitlab.run_pipeline(mr), "review/pay")
    world.gitlab.deploy(world.gitlab.run_pipeline(mr), "test")
    world.settle()
    assert heads(world) == ["[b]Deployed to review/pay[/b]"]


def test_a_workgroup_may_want_no_messages(world: World) -> None:
    world.rules = Rules(groups={3: GroupRules(deployments=DeploymentRules(message=False))})
    merged(world)
    deploy(world, "production")
    assert said(world) == []


def test_the_message_is_russian_where_the_portal_is(world: World) -> None:
    world.rules = replace(world.rules, language="ru")
    merged(world)
    deploy(world, "бой", url="https://acme.example")
    assert heads(world) == [
        "[b]Развёрнуто: бой, адрес: [url=https://acme.example]https://acme.example[/url][/b]"
    ]
    assert where(world) == ["где: бой ✔"]


def test_after_three_days_a_new_deployment_is_a_new_message(world: World) -> None:
    merged(world)
    deploy(world, "production")
    world.tick(72 * 3600)
    deploy(world, "test")
    assert heads(world) == ["[b]Deployed to production[/b]", "[b]Deployed to test[/b]"]
    assert where(world) == ["in: production ✔", "in: test ✔ production ✔"]
    deploy(world, "production", "failed")
    assert heads(world)[-1] == "[b]Deployment to production failed[/b]"
    assert len(said(world)) == 3


def test_a_host_that_does_not_answer_is_asked_again(world: World) -> None:
    merged(world)
    world.gitlab.push(world.shop, "main", ["Tidy up"], "ann")
    world.gitlab.failing = 502
    deploy(world, "production")
    assert said(world) == []
    world.gitlab.failing = 0
    world.tick(120)
    Sweep(world.deps("sweep")).run(world.clock.now())
    world.settle()
    assert heads(world) == ["[b]Deployed to production[/b]"]


def test_without_a_token_the_request_is_known_by_its_own_commit(world: World) -> None:
    def closed(connection: object) -> None:
        raise Later("there is no token")

    world.patch(world, "_code_host", closed)
    merged(world)
    deploy(world, "production")
    assert heads(world) == ["[b]Deployed to production[/b]"]


def test_hooks_in_any_order_and_twice_tell_the_same(make_world: Callable[..., World]) -> None:
    world = make_world().with_task()
    world.hold_deliveries = True
    mr = world.opened()
    world.gitlab.merge(mr, "ann")
    run = world.gitlab.run_pipeline(world.shop, ref="main")
    made = world.gitlab.deploy(run, "production", "running")
    world.tick(5)
    world.gitlab.set_deployment(world.shop, made, "success")
    world.store([*reversed(world.inbox_order), *world.inbox_order])
    world.settle()
    assert heads(world) == ["[b]Deployed to production[/b]"]
    assert "deployment 1 to production running: tasks 2103" in world.outcomes()


@pytest.mark.parametrize("first", ["hook", "report"])
def test_a_project_with_hooks_and_reports_hears_everything_once(world: World, first: str) -> None:
    mr = merged(world)
    run = world.gitlab.run_pipeline(world.shop, ref="main")
    acts = [
        lambda: world.gitlab.deploy(run, "production"),
        lambda: report(world, run, mr, deployed_to="production"),
    ]
    for act in acts if first == "hook" else reversed(acts):
        act()
        world.settle()
    assert heads(world) == ["[b]Deployed to production[/b]"]
    assert where(world) == ["in: production ✔"]
    assert [card for card in world.cards() if "!1 Pay" in card and "merged" in card]


@pytest.mark.dialect
def test_a_report_alone_links_its_request_and_shows_the_deployment(world: World) -> None:
    world.gitlab.state.hooks.clear()
    world.gitlab.push(world.shop, "feature/pay", ["Add payment"], "ann")
    mr = world.gitlab.open_mr(world.shop, "feature/pay", "Pay", "ann", description="B24-2103")
    report(world, world.gitlab.run_pipeline(mr), mr, deployed_to="qa")
    world.settle()
    assert heads(world) == ["[b]Deployed to qa[/b]"]
    assert any("!1 Pay" in card for card in world.cards())


def test_a_commit_without_a_merge_request_is_followed_to_where_it_is_deployed(
    world: World,
) -> None:
    deploy(world, "prod")
    world.gitlab.push(world.shop, "main", ["Round totals\n\nB24-2103", "See B24-5"], "ann")
    world.task(5)
    deploy(world, "prod")
    assert heads(world) == ["[b]Deployed to prod[/b]"]
    assert said(world, 5) == []


def test_a_cherry_pick_made_by_hand_carries_its_merge_request(world: World) -> None:
    world.gitlab.create_branch(world.shop, "release/1", "ann")
    run = world.gitlab.run_pipeline(world.shop, ref="release/1")
    world.gitlab.deploy(run, "prod", "success")
    world.settle()
    mr = merged(world)
    assert heads(world) == []
    note = f"Pay\n\n(cherry picked from commit {mr.shas[-1]})"
    (picked,) = world.gitlab.push(world.shop, "release/1", [note], "ann")
    run = world.gitlab.run_pipeline(world.shop, ref="release/1")
    assert run.sha == picked.id
    world.gitlab.deploy(run, "prod", "success")
    world.settle()
    assert heads(world) == ["[b]Deployed to prod[/b]"]


@pytest.mark.deep
def test_a_host_that_keeps_its_commits_to_itself_still_says_what_was_carried(
    world: World,
) -> None:
    deploy(world, "prod")
    usual = world.gitlab.answer

    def answer(request: HostRequest) -> object:
        return (
            Reply({"message": "403 Forbidden"}, 403)
            if request.path.endswith("/compare")
            else usual(request)
        )

    world.patch(world.gitlab, "answer", answer)
    merged(world)
    deploy(world, "prod")
    assert heads(world) == ["[b]Deployed to prod[/b]"]
