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
