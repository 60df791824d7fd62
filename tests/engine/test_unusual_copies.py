"""Unusual copies of commits that speak: what was said once counts once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.depth import sample
from tests.engine.test_unusual_ownership import _alive
from tests.engine.world import World

__all__ = ["_alive"]  # fixtures


SAID = "Pay B24-2103 #time 1h #comment Half is done"


def logged(world: World) -> list[tuple[int, int]]:
    return [(entry.user_id, entry.seconds) for entry in world.b24.state.elapsed.values()]


def said(world: World) -> int:
    return sum("Half is done" in text and "!1" not in text for text in world.cards())


def copy_of(world: World, sha: str, message: str, branch: str, user: str = "ann") -> None:
    """The commit once more under another message, by `user`."""
    place = world.shop
    made = replace(
        place.commits[sha], id=world.gitlab.state.next_sha(), message=message,
        parent_ids=(place.branches[branch].head,), at=world.clock.now(),
        author_name=world.gitlab.state.user(user).name,
        author_email=world.gitlab.state.user(user).email,
    )  # fmt: skip
    world.gitlab.push(place, branch, [made], user)
    world.settle()


COPIES = {
    "squash with a number": SAID + " (!1)",
    "squash with see": f"{SAID}\n\nSee merge request acme/shop!1",
    "a co-author": f"{SAID}\n\nCo-authored-by: Bob <bob@acme.example>",
    "signed off": f"{SAID}\n\nSigned-off-by: Ann <ann@acme.example>",
    "an approver": f"{SAID}\n\nApproved-by: Ann <ann@acme.example>\nSee merge request acme/shop!1",
    "a pick": f"{SAID}\n\n(cherry picked from commit 4f1c9e0a4f1c9e0a)",
    "a pick with a suffix": f"{SAID}\n\n(cherry picked from commit 4f1c9e0a4f1c9e0a)\n\n4f1c9e0a",
    "a squash list": f"Payments\n\n* {SAID}\n\n* Tests",
    "a squash list with dashes": f"Payments\n\n- {SAID}\n- Tests",
    "a GitHub squash": f"Payments (#7)\n\n* {SAID}\n\n* Tests",
    "git's own squash": f"Squashed commit of the following:\n\ncommit 4f1c\n\n    {SAID}",
    "a backport": f"[Backport] {SAID}",
    "a backport, GitLab's bot": f"{SAID}\n\nBackport of !1",
    "a draft of it": f"Draft: {SAID}",
    "a merge train": f"Merge branch 'pay' into 'main'\n\n{SAID}\n\nSee merge request acme/shop!1",
    "a merge train, by the bot": f"Merge branch 'pay'\n\n{SAID}\n\nCloses #3",
    "a merge with a template": f"{SAID} (acme/shop!1)",
    "fixup": f"fixup! {SAID}",
    "amend": f"amend! {SAID}\n\n{SAID}",
    "with an emoji": f"✨ {SAID}",
    "numbered": f"1. {SAID}",
}  # fmt: skip


# Of each two the first is by another, in turns: a short run has every text, and both people.
COPIED = [
    (name, user)
    for number, name in enumerate(COPIES)
    for user in (("ann", "bob") if number % 2 else ("bob", "ann"))
]


@pytest.mark.deep
@pytest.mark.parametrize(("name", "user"), sample(COPIED, 2))
def test_a_copy_logs_nothing_again(world: World, name: str, user: str) -> None:
    message = COPIES[name]
    world.gitlab.push(world.shop, "pay", [SAID], "bob")
    world.gitlab.open_mr(world.shop, "pay", SAID, "bob")
    world.settle()
    copy_of(world, world.shop.branches["pay"].head, message, "main", user)
    assert logged(world) == [(8, 3600)]
    assert said(world) == 1


def test_a_copy_that_arrives_first_counts_once_all_the_same(world: World) -> None:
    world.hold_deliveries = True
    world.gitlab.push(world.shop, "pay", [SAID], "bob")
    mr = world.gitlab.open_mr(world.shop, "pay", SAID, "bob")
    world.gitlab.merge(mr, "ann")
    world.hold_deliveries = False
    late = list(world.inbox_order)
    world.store(late[::-1])
    world.settle()
    assert [seconds for _, seconds in logged(world)] == [3600]
    assert logged(world) == [(8, 3600)]


def test_a_squash_whose_message_was_edited_logs_nothing_again(world: World) -> None:
    world.gitlab.push(world.shop, "pay", ["Start", "Pay\n\nB24-2103 #time 1h"], "bob")
    mr = world.gitlab.open_mr(world.shop, "pay", "Payments\n\nB24-2103 #time 1h", "bob")
    world.settle()
    world.gitlab.merge(mr, "ann", squash=True)
    world.settle()
    assert logged(world) == [(8, 3600)]


@pytest.mark.deep
@pytest.mark.parametrize("days", [40, 150])
def test_a_pick_of_an_old_commit_repeats_nothing(world: World, days: int) -> None:
    sha = world.gitlab.push(world.shop, "main", [SAID], "bob")[0].id
    world.settle()
    world.gitlab.create_branch(world.shop, "stable", "ann")
    world.settle()
    world.tick(days * 86400)
    world.gitlab.coding.cherry_pick(world.shop, sha, "stable", "ann")
    world.settle()
    assert logged(world) == [(8, 3600)]
    assert said(world) == 1


def test_the_same_words_a_month_later_are_new_work(world: World) -> None:
    for _ in range(2):
        world.gitlab.push(world.shop, "topic", ["Pay B24-2103 #time 1h"], "bob")
        world.settle(100)
        world.tick(31 * 86400)
    assert logged(world) == [(8, 3600), (8, 3600)]
