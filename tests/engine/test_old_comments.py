"""Comments of the old card, whose edit the vendor's page grants to administrators alone."""

from __future__ import annotations

from collections.abc import Callable

from tests.engine.world import World


def test_a_comment_that_may_not_be_edited_is_followed_by_a_new_one(
    make_world: Callable[..., World],
) -> None:
    world = make_world(card="old")
    world.task(created_by=1)
    merge_request = world.opened()
    world.settle()
    assert len(world.b24.state.comments) == 1
    world.b24.state.users[1].admin = False
    world.gitlab.merge(merge_request, "ann")
    world.settle()
    texts = [comment.text for comment in world.b24.state.comments.values()]
    assert len(texts) == 2
    assert "merged" in texts[-1]
    assert world.commands("refused") == []
