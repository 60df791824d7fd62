"""Histories with a bot as the author: what it writes, where it may not, and what is left of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from sync.core.model.kinds import Kind
from sync.engine.upkeep.bot import keep_bot
from sync.sentences import Sentence
from sync.store.db.database import read
from sync.store.tables import api_call, bot_refusal, portal
from tests.engine.notified_world import telling, to_chat
from tests.engine.world import World

INSTALLER = 1


@pytest.fixture
def world(world: World) -> World:
    world.b24.app.scopes |= {"imbot"}
    world.b24.state.quirks.bots_join_tasks = True
    world.rules = replace(world.rules, by_bot=True)
    return world


def authors(world: World, task_id: int = 2103) -> list[int]:
    """Who wrote the messages that people see, the first first: 0 stands for the bot."""
    discussion = world.b24.state.discussion(task_id)
    bots = {user.id for user in world.b24.state.users.values() if user.bot}
    return [0 if one.author_id in bots else one.author_id for one in discussion]


def keep(world: World) -> None:
    """What the worker does each minute."""
    keep_bot(world.deps("bots"), world.portal_id)


def asked(world: World, method: str) -> int:
    """How often the portal was asked a method, in batches too."""
    with read(world.database) as conn:
        requests = list(conn.scalars(select(api_call.c.request)))
    return sum(request.count(method) for request in requests)


def stored(world: World) -> tuple[int, str]:
    with read(world.database) as conn:
        row = conn.execute(select(portal.c.bot_id, portal.c.bot_problem)).one()
    return row.bot_id, row.bot_problem


def failures(world: World) -> list[str]:
    return [row.error for row in world.commands("refused")]


def test_the_bot_writes_the_card_and_edits_it_in_place(world: World) -> None:
    keep(world)
    merge_request = world.opened()
    world.settle()
    assert authors(world) == [0]
    world.gitlab.merge(merge_request, "ann")
    world.settle()
    (card,) = world.cards()
    assert "merged" in card
    assert authors(world) == [0]
    assert stored(world)[0] in world.b24.state.bots


def test_the_bot_is_added_to_a_chat_once(world: World) -> None:
    keep(world)
    world.opened()
    world.settle()
    world.opened("feature/B24-2103-more", "More")
    world.settle()
    assert authors(world) == [0, 0]
    assert asked(world, "im.chat.user.add") == 1


def test_where_bots_may_not_write_the_application_does(world: World) -> None:
    world.b24.state.quirks.bots_join_tasks = False
    keep(world)
    world.opened()
    world.settle()
    world.opened("feature/B24-2103-more", "More")
    world.settle()
    assert authors(world) == [INSTALLER, INSTALLER]
    assert failures(world) == []
    assert asked(world, "imbot.v2.Chat.Message.send") == 1
    with read(world.database) as conn:
        assert list(conn.scalars(select(bot_refusal.c.place))) == ["task:2103"]


def test_a_message_that_had_to_wait_is_the_bots_too(world: World) -> None:
    keep(world)
    world.refuse("imbot.v2.Chat.Message.send", "QUERY_LIMIT_EXCEEDED", times=1)
    world.opened()
    world.settle()
    assert authors(world) == [0]


def test_a_bot_that_is_kept_out_after_joining_gives_way_at_the_second_try(world: World) -> None:
    world.b24.state.quirks.bots_join_tasks = False
    world.with_task(created_by=8, responsible_id=8)
    keep(world)
    world.opened()
    world.settle()
    assert authors(world) == [INSTALLER]
    assert asked(world, "imbot.v2.Chat.Message.send") == 2
    with read(world.database) as conn:
        assert list(conn.scalars(select(bot_refusal.c.place))) == ["task:2103"]


def test_a_portal_without_bots_gets_messages_of_the_application(world: World) -> None:
    world.b24.state.quirks.no_bots = True
    keep(world)
    world.opened()
    world.settle()
    assert authors(world) == [INSTALLER]
    bot_id, problem = stored(world)
    assert bot_id == 0
    assert isinstance(problem, Sentence)
    assert "This portal does not know it" in problem


def test_without_the_right_to_bots_the_portal_is_not_paused(world: World) -> None:
    world.b24.app.scopes -= {"imbot"}
    keep(world)
    world.opened()
    world.settle()
    assert world.state()[0] == "active"
    assert authors(world) == [INSTALLER]
    assert "was not given a right it needs" in stored(world)[1]


def test_a_card_of_the_application_stays_its_own_when_a_bot_comes(world: World) -> None:
    world.rules = replace(world.rules, by_bot=False)
    merge_request = world.opened()
    world.settle()
    world.rules = replace(world.rules, by_bot=True)
    keep(world)
    world.gitlab.merge(merge_request, "ann")
    world.settle()
    (card,) = world.cards()
    assert "merged" in card
    assert authors(world) == [INSTALLER]


def test_a_bot_that_is_turned_off_leaves_its_card_and_one_new_one_follows(world: World) -> None:
    keep(world)
    merge_request = world.opened()
    world.settle()
    world.rules = replace(world.rules, by_bot=False)
    keep(world)
    assert world.b24.state.bots == {}
    assert stored(world) == (0, "")
    world.gitlab.merge(merge_request, "ann")
    world.settle()
    assert authors(world) == [0, INSTALLER]
    assert "merged" in world.cards()[-1]
    assert failures(world) == []


def test_a_bot_that_somebody_removed_is_registered_again(world: World) -> None:
    keep(world)
    merge_request = world.opened()
    world.settle()
    world.b24.state.bots.clear()
    before = asked(world, "imbot.v2.Chat.Message")
    world.gitlab.merge(merge_request, "ann")
    world.settle()
    assert authors(world)[-1] == INSTALLER
    assert failures(world) == []
    assert asked(world, "imbot.v2.Chat.Message") - before == 2  # the edit, and what replaces it
    keep(world)
    assert stored(world)[0] in world.b24.state.bots


def test_the_old_card_keeps_comments_of_the_application(make_world) -> None:
    world = make_world(card="old")
    world.b24.app.scopes |= {"imbot"}
    world.rules = replace(world.rules, by_bot=True)
    world.task()
    keep(world)
    world.opened()
    world.settle()
    assert [comment.author_id for comment in world.b24.state.comments.values()] == [INSTALLER]


@pytest.mark.parametrize("losses", [1, 2, 3])
def test_a_lost_answer_to_the_bot_posts_nothing_twice(world: World, losses: int) -> None:
    keep(world)
    merge_request = world.opened()
    world.b24.lose_answer(losses)
    world.settle()
    assert authors(world) == [0]
    world.gitlab.merge(merge_request, "ann")
    world.settle()
    (card,) = world.cards()
    assert "merged" in card
    assert (authors(world), failures(world)) == ([0], [])


def in_workgroup(world: World, *, joins: bool) -> list[int]:
    """Push three branches; return who wrote in the workgroup's chat: 0 stands for the bot."""
    telling(world, to_chat(Kind.BRANCH), by_bot=True)
    world.b24.state.quirks.bots_stay_out = not joins
    keep(world)
    for number in range(3):
        world.gitlab.push(world.shop, f"feature/{number}", [f"Step {number}"], "ann")
    world.settle()
    chat = world.b24.state.chat_of("SONET_GROUP", "3")
    bots = {user.id for user in world.b24.state.users.values() if user.bot}
    messages = world.b24.state.dialog_messages(chat.id)
    return [0 if message.author_id in bots else message.author_id for message in messages]


def test_the_bot_joins_the_chat_of_a_workgroup_and_writes_there(world: World) -> None:
    written = in_workgroup(world, joins=True)
    assert written == [0, 0, 0]
    assert failures(world) == []
    joining = asked(world, "im.chat.user.add")
    world.gitlab.push(world.shop, "feature/other", ["Step 5"], "ann")
    world.settle()
    assert len(world.posted()) == 4
    assert asked(world, "im.chat.user.add") == joining


def test_where_a_workgroup_lets_no_bot_in_the_application_writes(world: World) -> None:
    written = in_workgroup(world, joins=False)
    assert written == [INSTALLER] * 3
    assert failures(world) == []
    with read(world.database) as conn:
        assert list(conn.scalars(select(bot_refusal.c.place))) == ["chat:sg3"]


def test_a_lost_answer_to_the_bot_in_a_workgroup_posts_nothing_twice(world: World) -> None:
    telling(world, to_chat(Kind.BRANCH), by_bot=True)
    keep(world)
    world.gitlab.push(world.shop, "feature/x", ["Step 1"], "ann")
    world.b24.lose_answer(1)
    world.settle()
    assert len(world.posted()) == 1
