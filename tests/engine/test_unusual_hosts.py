"""GitLabs that cannot be asked, that forget fields, and things that happen in one second."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sync.core.model.kinds import Kind
from sync.core.rules.routes import Role
from sync.errors import Denied
from tests.emulators.gitlab.entities import MergeRequest
from tests.engine.notified_world import heads, notified, plain, telling, to_chat, to_people
from tests.engine.world import World

WAITING, IN_PROGRESS, COMPLETED = 2, 3, 5
OTHER = 2104
DAY = timedelta(days=1).total_seconds()


@pytest.fixture
def tokenless(world: World) -> World:
    """A world whose connection has no token: only hooks tell what happens."""
    deps = world.deps

    def refuse(connection: object) -> object:
        raise Denied("The connection has no access token", code="no_token")

    world.patch(world, "deps", lambda owner="one": replace(deps(owner), code_host_for=refuse))
    world.task(OTHER)
    return world


def request(world: World, branch: str, *messages: str, **options: object) -> MergeRequest:
    world.gitlab.push(world.shop, branch, list(messages), "ann")
    mr = world.gitlab.open_mr(world.shop, branch, "Work", "ann", **options)
    world.settle()
    return mr


def merge(world: World, mr: MergeRequest, **options: object) -> None:
    world.gitlab.merge(mr, "bob", **options)
    world.settle()


def statuses(world: World) -> tuple[int, int]:
    return world.status(), world.status(OTHER)


# --- no token


@pytest.mark.deep
@pytest.mark.parametrize("squash", [False, True])
def test_without_a_token_a_life_runs_by_hooks(tokenless: World, squash: bool) -> None:
    mr = request(tokenless, "mine", "B24-2103 start")
    assert statuses(tokenless) == (IN_PROGRESS, WAITING)
    tokenless.gitlab.push(tokenless.shop, "mine", [f"B24-{OTHER} more"], "ann")
    tokenless.settle()
    assert statuses(tokenless) == (IN_PROGRESS, IN_PROGRESS)
    merge(tokenless, mr, squash=squash)
    assert statuses(tokenless) == (COMPLETED, COMPLETED)


@pytest.mark.deep
def test_without_a_token_main_merged_in_brings_nobodys_task(tokenless: World) -> None:
    merge(tokenless, request(tokenless, "theirs", f"B24-{OTHER} theirs"))
    mr = request(tokenless, "mine", "B24-2103 mine")
    tokenless.gitlab.branching.merge_branch(tokenless.shop, "main", "mine", "ann")
    tokenless.settle()
    assert statuses(tokenless) == (IN_PROGRESS, COMPLETED)
    merge(tokenless, mr)
    assert statuses(tokenless) == (COMPLETED, COMPLETED)


def test_without_a_token_a_release_reopens_nothing(tokenless: World) -> None:
    tokenless.gitlab.create_branch(tokenless.shop, "develop", "ann")
    part = request(tokenless, "part", f"B24-{OTHER} part", target_branch="develop")
    merge(tokenless, part)
    release = tokenless.gitlab.open_mr(tokenless.shop, "develop", "Release", "ann")
    release.remove_source_branch = False
    tokenless.settle()
    assert tokenless.status(OTHER) == COMPLETED
    merge(tokenless, release)
    assert tokenless.status(OTHER) == COMPLETED


@pytest.mark.deep
def test_without_a_token_a_stack_ends_part_by_part(tokenless: World) -> None:
    below = request(tokenless, "base", f"B24-{OTHER} below")
    tokenless.gitlab.create_branch(tokenless.shop, "top", "ann", start="base")
    above = request(tokenless, "top", "B24-2103 above", target_branch="base")
    merge(tokenless, below)
    assert statuses(tokenless) == (IN_PROGRESS, COMPLETED)
    merge(tokenless, above)
    assert statuses(tokenless) == (COMPLETED, COMPLETED)


def test_without_a_token_a_branch_keeps_what_was_pushed(tokenless: World) -> None:
    tokenless.gitlab.push(tokenless.shop, "mine", [f"B24-{OTHER} wrong"], "ann")
    tokenless.settle()
    tokenless.gitlab.branching.amend(tokenless.shop, "mine", "B24-2103 right", "ann")
    tokenless.settle()
    tokenless.gitlab.run_pipeline(tokenless.shop, ref="mine").set_status("failed")
    tokenless.settle()
    assert tokenless.b24.state.tasks[2103].uf["UF_CI_STATUS"] == "failed"


# --- one second


def swapped(world: World, last: int = 2) -> None:
    """Deliver what was held back with the last ones the other way round."""
    world.hold_deliveries = False
    held = list(world.inbox_order)
    world.store([*held[:-last], *reversed(held[-last:])])
    world.settle()


@pytest.mark.deep
@pytest.mark.parametrize("at_once", [True, False])
def test_the_last_title_of_one_second_stands(world: World, at_once: bool) -> None:
    world.hold_deliveries = True
    mr = world.opened()
    world.gitlab.update_mr(mr, "ann", title="First words")
    world.gitlab.update_mr(mr, "ann", title="Last words")
    if at_once:
        swapped(world)
    else:
        world.hold_deliveries = False
        *before, first, last = world.inbox_order
        for delivery in (*before, last, first):
            world.store([delivery])
            world.settle(seconds=0.1)
    assert plain(world.cards())[0].startswith("!1 Last words\n")


def test_a_number_taken_out_in_the_same_second_does_not_come_back(world: World) -> None:
    world.task(OTHER)
    world.hold_deliveries = True
    mr = world.opened("mine", f"B24-{OTHER} pay")
    world.gitlab.update_mr(mr, "ann", title=f"B24-{OTHER} pay by card")
    world.gitlab.update_mr(mr, "ann", title="B24-2103 pay by card")
    swapped(world)
    assert statuses(world) == (IN_PROGRESS, WAITING)


def test_a_title_changed_there_and_back_in_one_second(world: World) -> None:
    world.hold_deliveries = True
    mr = world.opened(title="Pay")
    world.gitlab.update_mr(mr, "ann", title="Other")
    world.gitlab.update_mr(mr, "ann", title="Pay")
    world.hold_deliveries = False
    world.store(list(world.inbox_order))
    world.settle()
    assert plain(world.cards())[0].startswith("!1 Pay\n")


def test_a_title_and_a_label_of_one_second_both_stand(world: World) -> None:
    telling(world, to_chat(Kind.MERGE_REQUEST, labels=frozenset({"urgent"})))
    world.hold_deliveries = True
    mr = world.opened()
    world.gitlab.update_mr(mr, "ann", labels=["urgent"])
    world.gitlab.update_mr(mr, "ann", title="Last words")
    swapped(world)
    assert heads(world)[0].startswith("Merge request !1 Last words")


def test_the_last_words_of_an_issue_stand(world: World) -> None:
    telling(world, to_chat(Kind.ISSUE))
    issue = world.gitlab.tracking.open_issue(world.shop, "Slow", "ann")
    world.settle()
    world.tick(60)
    world.hold_deliveries = True
    world.gitlab.tracking.update_issue(issue, "ann", title="First words")
    world.gitlab.tracking.update_issue(issue, "ann", title="Last words")
    world.hold_deliveries = False
    *_, first, last = world.inbox_order
    for delivery in (last, first):
        world.store([delivery])
        world.settle(seconds=0.1)
    assert "Last words" in heads(world)[0]


# --- filters and people


def test_a_person_hears_nothing_newer_than_the_rule_allows(world: World) -> None:
    telling(world, to_people(Kind.ISSUE, Role.RESPONSIBLE, labels=frozenset({"public"})))
    issue = world.gitlab.tracking.open_issue(world.shop, "B24-2103 slow", "ann", labels=["public"])
    world.settle()
    world.gitlab.tracking.update_issue(issue, "ann", labels=[], title="hunter2")
    world.settle()
    assert not [text for _, text in notified(world) if "hunter2" in text]


def test_a_deployment_to_another_environment_is_not_edited_in(world: World) -> None:
    telling(world, to_chat(Kind.DEPLOYMENT, environments=("production",)))
    run = world.gitlab.run_pipeline(world.shop, ref="main")
    world.gitlab.deploy(run, "production")
    world.gitlab.deploy(run, "review/secret")
    world.settle()
    assert len(heads(world)) == 1
    assert not [text for text in world.posted() if "review/secret" in text]


def test_a_release_whose_day_is_put_off_is_not_told_before(world: World) -> None:
    telling(world, to_chat(Kind.RELEASE))
    world.gitlab.tag(world.shop, "v2", "ann")
    soon = world.clock.now() + timedelta(days=1)
    release = world.gitlab.shipping.publish(world.shop, "v2", "ann", released_at=soon)
    world.work()
    later = world.clock.now() + timedelta(days=5)
    world.gitlab.shipping.update_release(world.shop, release, released_at=later)
    world.work()
    world.tick(2 * DAY)
    world.work()
    assert heads(world) == []
    world.tick(4 * DAY)
    world.settle()
    assert len(heads(world)) == 1


def test_an_approval_after_a_silent_past_brings_the_task_to_its_step(world: World) -> None:
    world.hold_deliveries = True
    mr = world.opened()
    world.hold_deliveries = False
    world.tick(100 * DAY)
    world.gitlab.approve(mr, "bob")
    world.settle()
    assert world.status() == IN_PROGRESS
    assert "approved" in plain(world.cards())[0].lower()


def test_what_a_comment_says_closes_nothing(world: World) -> None:
    world.gitlab.add_hook(world.shop, "http://bridge.test/hook", "note_events")
    mr = world.opened("pay", "Pay")
    world.gitlab.comment(mr, "Closes B24-2103", "bob")
    world.settle()
    world.gitlab.merge(mr, "ann")
    world.settle()
    assert world.status() == WAITING
