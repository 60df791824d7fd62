"""A portal that still has comments in its tasks instead of a chat."""

from __future__ import annotations

from pathlib import Path

from tests.component.world import World


def test_a_comment_is_written_and_edited_in_place(tmp_path: Path) -> None:
    with World(tmp_path, card="old") as world:
        world.task(5)
        mr = world.open_mr()
        world.report(world.pipeline(mr), mr)
        ran = world.report(world.pipeline(mr, "failed"), mr)
        [text] = world.messages(5)
        assert (ran.code, "#2 failed" in text) == (0, True)


def test_a_comment_that_may_not_be_edited_is_followed_by_one_new_comment(tmp_path: Path) -> None:
    """By a webhook of somebody who is no administrator."""
    with World(tmp_path, card="old") as world:
        world.webhook = world.b24.webhook(2)
        world.task(5)
        mr = world.open_mr()
        world.report(world.pipeline(mr), mr)
        ran = world.report(world.pipeline(mr, "failed"), mr, B24_TELL_AUTHOR="false")
        old, new = world.messages(5)
        assert (ran.code, "#1 passed" in old, "#2 failed" in new) == (0, True, True), ran.said
        assert "b24: task 5: card written anew\n" in ran.said
        again = world.report(world.pipeline(mr, "failed"), mr, B24_TELL_AUTHOR="false")
        assert (again.code, len(world.messages(5))) == (0, 3)
