"""Comments on commits and snippets: found by the project's events, stored as their hooks would."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sync.store import backfill as table
from sync.store.db.database import read
from tests.emulators.gitlab.entities import Commit
from tests.engine.history import hears_everything, rows, start
from tests.engine.world import World

LACKS = "some comments are on commits that were not read: of before, or of branches that are gone"


@pytest.fixture
def deaf(make_world) -> World:
    world = hears_everything(make_world().with_task())
    world.hold_deliveries = True
    return world


def commit(world: World, title: str, branch: str = "main") -> Commit:
    world.gitlab.push(world.shop, branch, [title], "ann")
    world.tick(60)
    return next(reversed(world.shop.commits.values()))


def comment(world: World, on: Any, text: str, **more: Any) -> Any:
    note = world.gitlab.comment(on, text, "bob", **more)
    world.tick(60)
    return note


def notes(world: World) -> dict[str, dict[str, Any]]:
    return {row["key"]: row for row in rows(world)["activity"] if row["kind"] == "comment"}


def on(world: World) -> dict[str, tuple[str, str, str, str]]:
    """What each comment is on, by its text."""
    bodies = [one["body"] for one in notes(world).values()]
    return {
        one["text"]: (
            one["target"]["kind"],
            one["target"]["key"],
            one["target"]["title"],
            one["file_position"],
        )
        for one in bodies
    }


def error(world: World) -> str:
    with read(world.database) as conn:
        return table.of_project(conn, world.connection_id, world.shop.id)["code_comments"].error


def asked(world: World, of: str) -> list[str]:
    return [path for _, path in world.gitlab.requests if of in path]


def test_each_is_found_and_says_what_it_is_on(deaf) -> None:
    first, second = commit(deaf, "Pay B24-1"), commit(deaf, "Ship")
    snippet = deaf.gitlab.talking.add_snippet(deaf.shop, "How to", "ann", description="B24-2")
    comment(deaf, first, "Why?")
    comment(deaf, second, "This line?", line=("src/app.py", 7))
    comment(deaf, snippet, "Thanks")
    deaf.gitlab.talking.system_note(first, "mentioned in !1", "ann")
    start(deaf)
    assert on(deaf) == {
        "Why?": ("commit", first.id, "Pay B24-1", ""),
        "This line?": ("commit", second.id, "Ship", "src/app.py:7"),
        "Thanks": ("snippet", "1", "How to", ""),
    }
    assert error(deaf) == ""
    assert asked(deaf, "/discussions") == []


def test_of_commits_with_one_title_it_is_the_one_that_has_the_comment(deaf) -> None:
    made = [commit(deaf, "Fix") for _ in range(3)]
    deaf.gitlab.create_branch(deaf.shop, "side", "ann")  # which has them too
    comment(deaf, made[0], "Which?")
    comment(deaf, made[0], "This one")
    comment(deaf, made[1], "Or that")
    start(deaf)
    keys = {text: key for text, (_, key, _, _) in on(deaf).items()}
    assert keys == {"Which?": made[0].id, "This one": made[0].id, "Or that": made[1].id}
    assert len(asked(deaf, "/discussions")) == 3


def test_a_comment_on_a_commit_that_was_not_read_is_left_out_and_that_is_said(deaf) -> None:
    old = commit(deaf, "Old")
    deaf.tick(timedelta(days=100).total_seconds())
    comment(deaf, old, "Late")
    comment(deaf, old, "On a line", line=("a.py", 1))
    start(deaf)
    assert on(deaf) == {"On a line": ("commit", old.id, "Old", "a.py:1")}
    assert error(deaf) == LACKS


def test_only_comments_of_the_period_are_read(deaf) -> None:
    one = commit(deaf, "Ship")
    comment(deaf, one, "Long ago")
    deaf.tick(timedelta(days=5).total_seconds())
    comment(deaf, one, "Lately")
    start(deaf, parts=["commits"])
    start(deaf, parts=["code_comments"], since=deaf.clock.now() - timedelta(days=1))
    assert list(on(deaf)) == ["Lately"]


def test_a_comment_whose_snippet_is_gone_meanwhile_is_left_out(deaf) -> None:
    snippet = deaf.gitlab.talking.add_snippet(deaf.shop, "How to", "ann")
    comment(deaf, snippet, "Thanks")
    usual = deaf.host_answer

    def answer(request: Any) -> Any:
        if "/snippets/" in request.url:
            deaf.shop.snippets.clear()
        return usual(request)

    deaf.patch(deaf, "host_answer", answer)
    start(deaf)
    assert (on(deaf), error(deaf)) == ({}, "")


def test_a_hook_of_one_that_was_read_edits_it_and_it_stays_silent(deaf) -> None:
    one = commit(deaf, "Pay B24-2103")
    note = comment(deaf, one, "Why?")
    start(deaf)
    before = len(notes(deaf))
    deaf.hold_deliveries = False
    deaf.gitlab.talking.edit_comment(one, note, "Why so?", "bob")
    deaf.settle()
    assert len(notes(deaf)) == before == 1
    (row,) = notes(deaf).values()
    assert (row["body"]["text"], row["silent"]) == ("Why so?", True)
    assert [deaf._messages(2103), deaf.told(), deaf.posted()] == [[], [], []]


def test_what_a_hook_told_is_left_as_it_is(deaf) -> None:
    one = commit(deaf, "Ship")
    comment(deaf, one, "Why?")
    deaf.store(deaf.inbox_order)
    deaf.work()
    before = notes(deaf)
    start(deaf)
    assert notes(deaf) == before
    assert [row["silent"] for row in before.values()] == [False]
