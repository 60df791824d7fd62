"""Rollbacks in lives that seldom meet: told where the deployment was, with what is gone."""

from __future__ import annotations

import pytest

from sync.core.model.kinds import Kind
from sync.core.rules.routes import Role
from tests.engine.notified_world import notified, plain, telling, to_chat, to_people
from tests.engine.world import World

OTHER = 2104
SUCCESS = frozenset({"success"})


def ship(
    world: World, sha: str = "", environment: str = "production", status: str = "success"
) -> None:
    run = world.gitlab.run_pipeline(world.shop, ref="main", sha=sha)
    made = world.gitlab.deploy(run, environment, "running")
    world.settle()
    world.tick(60)
    world.gitlab.set_deployment(world.shop, made, status)
    world.settle()
    world.tick(60)


def push(world: World, text: str) -> str:
    return world.gitlab.push(world.shop, "main", [text], "ann")[0].id


def merged(world: World, branch: str = "feature/B24-2103-pay") -> str:
    mr = world.opened(branch)
    world.settle()
    world.gitlab.merge(mr, "bob")
    world.settle()
    return world.shop.branches["main"].head


def texts(world: World) -> list[str]:
    return plain(world.posted())


def rolled_back(world: World) -> list[str]:
    return [text for text in texts(world) if "Rolled back" in text]


@pytest.mark.deep
def test_a_rollback_over_two_deployments_names_both_works(world: World) -> None:
    telling(world, to_chat(Kind.DEPLOYMENT, states=SUCCESS))
    world.task(OTHER)
    old = push(world, "Old")
    ship(world)
    first = merged(world)
    ship(world)
    second = merged(world, f"feature/B24-{OTHER}-cart")
    ship(world)
    ship(world, sha=old)
    [text] = rolled_back(world)
    assert first[:8] in text
    assert second[:8] in text


@pytest.mark.deep
def test_a_rollback_by_one_step_keeps_the_earlier_work(world: World) -> None:
    telling(world, to_chat(Kind.DEPLOYMENT, states=SUCCESS))
    push(world, "Old")
    ship(world)
    first = merged(world)
    ship(world)
    newest = push(world, "Newest")
    ship(world)
    ship(world, sha=first)
    [text] = rolled_back(world)
    assert newest[:8] in text
    assert "B24-2103" not in text.partition("Rolled back")[2].split("\n")[0]


@pytest.mark.deep
def test_the_rollback_of_a_rollback_is_none(world: World) -> None:
    telling(world, to_chat(Kind.DEPLOYMENT, states=SUCCESS))
    old = push(world, "Old")
    ship(world)
    new = merged(world)
    ship(world)
    ship(world, sha=old)
    ship(world, sha=new)
    assert len(rolled_back(world)) == 1
    assert "Rolled back" not in texts(world)[-1]


@pytest.mark.deep
def test_a_second_rollback_is_told_too(world: World) -> None:
    telling(world, to_chat(Kind.DEPLOYMENT, states=SUCCESS))
    old = push(world, "Old")
    ship(world)
    new = merged(world)
    for sha in (new, old, new, old):
        ship(world, sha=sha)
    assert len(rolled_back(world)) == 2


@pytest.mark.deep
def test_each_environment_has_its_own_past(world: World) -> None:
    telling(world, to_chat(Kind.DEPLOYMENT, states=SUCCESS))
    old = push(world, "Old")
    for environment in ("staging", "production"):
        ship(world, environment=environment)
    merged(world)
    ship(world, environment="staging")
    ship(world, sha=old)
    assert rolled_back(world) == []
    ship(world, sha=old, environment="staging")
    [text] = rolled_back(world)
    assert "staging" in text.split("\n")[0]


@pytest.mark.deep
@pytest.mark.parametrize("status", ["failed", "canceled"])
def test_newer_work_that_never_arrived_is_not_gone(world: World, status: str) -> None:
    telling(world, to_chat(Kind.DEPLOYMENT, states=SUCCESS))
    old = push(world, "Old")
    ship(world)
    merged(world)
    ship(world, status=status)
    ship(world, sha=old)
    assert rolled_back(world) == []


@pytest.mark.deep
def test_a_person_who_was_told_of_the_deployment_hears_of_the_rollback(world: World) -> None:
    telling(world, to_people(Kind.DEPLOYMENT, Role.RESPONSIBLE, states=SUCCESS))
    old = push(world, "Old")
    ship(world)
    merged(world)
    ship(world)
    ship(world, sha=old)
    mine = [text for user, text in notified(world) if user == 7 and "production" in text]
    assert len(mine) == 2
    assert "Rolled back" not in mine[0]
    assert "Rolled back" in mine[-1]


def test_who_tests_the_newer_work_hears_that_it_is_gone(world: World) -> None:
    world.task(OTHER, responsible_id=8)
    telling(world, to_people(Kind.DEPLOYMENT, Role.RESPONSIBLE, states=SUCCESS))
    push(world, "Old")
    ship(world)
    first = merged(world)
    ship(world)
    merged(world, f"feature/B24-{OTHER}-cart")
    ship(world)
    ship(world, sha=first)
    assert "Rolled back" in [text for user, text in notified(world) if user == 8][-1]


@pytest.mark.deep
def test_a_rollback_shows_in_the_task_and_the_return_too(world: World) -> None:
    old = push(world, "Old")
    ship(world)
    new = merged(world)
    ship(world)
    ship(world, sha=old)
    assert "Rolled back" in "\n".join(plain(world.cards()))
    ship(world, sha=new)
    last = [text for text in plain(world.cards()) if "production" in text][-1]
    assert "Rolled back" not in last


@pytest.mark.deep
def test_a_rule_without_this_environment_hears_of_no_rollback(world: World) -> None:
    telling(world, to_chat(Kind.DEPLOYMENT, states=SUCCESS, environments=("staging",)))
    old = push(world, "Old")
    ship(world)
    merged(world)
    ship(world)
    ship(world, sha=old)
    assert texts(world) == []


def hotfix(world: World, start: str, text: str = "Hotfix", branch: str = "hotfix") -> str:
    world.gitlab.create_branch(world.shop, branch, "ann", start=start)
    return world.gitlab.push(world.shop, branch, [text], "ann")[0].id


def test_a_hotfix_of_an_older_commit_says_what_is_gone(world: World) -> None:
    telling(
        world,
        to_chat(Kind.DEPLOYMENT, states=SUCCESS),
        to_people(Kind.DEPLOYMENT, Role.RESPONSIBLE, states=SUCCESS),
    )
    old = push(world, "Old")
    ship(world)
    new = merged(world)
    ship(world)
    ship(world, sha=hotfix(world, old))
    [text] = rolled_back(world)
    assert new[:8] in text
    assert "Rolled back" in [words for user, words in notified(world) if user == 7][-1]
    assert "Rolled back" in "\n".join(plain(world.cards()))


@pytest.mark.deep
def test_a_hotfix_of_the_newest_commit_takes_nothing_back(world: World) -> None:
    telling(world, to_chat(Kind.DEPLOYMENT, states=SUCCESS))
    push(world, "Old")
    ship(world)
    new = merged(world)
    ship(world)
    ship(world, sha=hotfix(world, new))
    assert rolled_back(world) == []


@pytest.mark.deep
def test_a_deployment_of_a_commit_skipped_before_takes_the_newer_back(world: World) -> None:
    telling(world, to_chat(Kind.DEPLOYMENT, states=SUCCESS))
    push(world, "Old")
    ship(world)
    skipped = push(world, "Skipped")
    new = merged(world)
    ship(world)
    ship(world, sha=skipped)
    [text] = rolled_back(world)
    assert new[:8] in text


@pytest.mark.deep
def test_what_returns_behind_a_hotfix_is_there_again(world: World) -> None:
    telling(world, to_chat(Kind.DEPLOYMENT, states=SUCCESS))
    old = push(world, "Old")
    ship(world)
    new = merged(world)
    ship(world)
    ship(world, sha=hotfix(world, old))
    ship(world, sha=new)
    assert len(rolled_back(world)) == 2  # the hotfix is not in it
    last = [text for text in plain(world.cards()) if "production" in text][-1]
    assert "Rolled back" not in last


@pytest.mark.deep
def test_a_hotfix_keeps_the_work_that_it_was_cut_from(world: World) -> None:
    telling(world, to_chat(Kind.DEPLOYMENT, states=SUCCESS))
    world.task(OTHER)
    push(world, "Old")
    ship(world)
    first = merged(world)
    ship(world)
    second = merged(world, f"feature/B24-{OTHER}-cart")
    ship(world)
    ship(world, sha=hotfix(world, first))
    [text] = rolled_back(world)
    assert second[:8] in text
    assert first[:8] not in text
    assert "Rolled back" not in "\n".join(plain(world.cards()))
    assert "Rolled back" in "\n".join(plain(world.cards(OTHER)))


@pytest.mark.deep
def test_a_resent_hook_of_a_hotfix_still_tells_what_it_lacks(world: World) -> None:
    telling(world, to_chat(Kind.DEPLOYMENT, states=SUCCESS))
    old = push(world, "Old")
    ship(world)
    merged(world)
    ship(world)
    ship(world, sha=hotfix(world, old))
    posted = world.posted()
    world.store([world.inbox_order[-1]])
    world.settle()
    assert world.posted() == posted


@pytest.mark.deep
def test_a_failed_hotfix_takes_nothing_back(world: World) -> None:
    telling(world, to_chat(Kind.DEPLOYMENT))
    old = push(world, "Old")
    ship(world)
    merged(world)
    ship(world)
    ship(world, sha=hotfix(world, old), status="failed")
    assert rolled_back(world) == []


@pytest.mark.deep
def test_a_hotfix_that_took_the_newer_work_in_takes_nothing_back(world: World) -> None:
    telling(world, to_chat(Kind.DEPLOYMENT, states=SUCCESS))
    old = push(world, "Old")
    ship(world)
    merged(world)
    ship(world)
    hotfix(world, old)
    world.gitlab.branching.merge_branch(world.shop, "main", "hotfix", "ann")
    ship(world, sha=world.shop.branches["hotfix"].head)
    assert rolled_back(world) == []


@pytest.mark.deep
def test_a_review_environment_of_another_branch_takes_nothing_from_production(
    world: World,
) -> None:
    telling(world, to_chat(Kind.DEPLOYMENT, states=SUCCESS))
    old = push(world, "Old")
    ship(world)
    merged(world)
    ship(world)
    ship(world, sha=hotfix(world, old), environment="review/hotfix")
    assert rolled_back(world) == []
    assert "Rolled back" not in "\n".join(plain(world.cards()))


def test_two_hotfixes_of_the_same_old_commit_replace_each_other(world: World) -> None:
    telling(world, to_chat(Kind.DEPLOYMENT, states=SUCCESS))
    old = push(world, "Old")
    ship(world)
    first = hotfix(world, old)
    ship(world, sha=first)
    ship(world, sha=hotfix(world, old, "Second", "hotfix-2"))
    [text] = rolled_back(world)
    assert first[:8] in text
