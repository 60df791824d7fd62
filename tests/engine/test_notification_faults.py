"""News where something is in the way: a closed chat, a lost answer, time that has passed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest

from b24app.services.failures import list_failures
from b24app.services.replay import replay
from sync.bitrix24.rest.error_texts_ru import translate_error
from sync.core.model.kinds import Kind
from sync.store.db.database import read, write
from tests.emulators.bitrix24 import api
from tests.engine.notified_world import heads, plain, telling, to_chat
from tests.engine.world import World
from tests.simulation.kill_points import Killed, fused

LEASE_SECONDS = 130.0  # after that a dead worker's lane is free

CLOSED = (
    "Nothing can be said in the chat sg3. The employee who installed the application is not in "
    "this chat. Add that employee to the workgroup or chat, or choose another chat in the settings."
)


def failed(world: World) -> list[tuple[str, str]]:
    """(id, why) of what waits for somebody to repeat it."""
    with read(world.database) as conn:
        return [(failure.id, failure.text) for failure in list_failures(conn, world.portal_id)]


def shut(world: World) -> Callable[[], None]:
    """The employee whose name we use is not in the workgroup's chat; how to let them in again."""
    chat = world.b24.state.chat_of("SONET_GROUP", "3")
    chat.members.discard(1)
    return lambda: chat.members.add(1)


def test_a_chat_that_is_closed_to_us_is_one_failure_with_what_to_do(world: World) -> None:
    telling(world)
    let_in = shut(world)
    for number in range(3):
        world.gitlab.push(world.shop, "feature/x", [f"Step {number}"], "ann")
        world.settle()
    ((key, why),) = failed(world)
    assert why == CLOSED
    assert translate_error("ru", why).startswith("Нельзя ничего сказать в чате sg3. Установившего ")
    let_in()
    assert world.posted() == []
    with write(world.database) as conn:
        replay(conn, world.portal_id, [("command", key)], world.clock.now())
    world.settle()
    (text,) = plain(world.posted())
    assert text.split("\n")[1].endswith(" Step 2")
    assert failed(world) == []


def test_a_task_that_may_not_be_observed_is_one_failure(world: World) -> None:
    """Its card, its pipelines and its deployments: one sentence, and all of it after a replay."""
    usual = api.run
    world.with_task()
    world.refuse("tasks.task.startwatch", "ACCESS_DENIED")
    world.refuse("im.message.add", "ACCESS_ERROR")
    mr = world.opened()
    world.settle()
    for status in ("failed", "success", "failed"):
        world.gitlab.run_pipeline(mr).set_status(status)
        world.settle()
    ((key, why),) = failed(world)
    assert why == (
        "Nothing can be said in the discussion of the task 2103. The employee who installed the "
        "application is not in it, and may not observe the task. Add that employee to the task as "
        "an observer."
    )
    assert translate_error("ru", why) == (
        "Нельзя ничего сказать в обсуждении задачи 2103. Установившего приложение сотрудника в "
        "нём нет, и наблюдать за задачей ему нельзя. Добавьте этого сотрудника в наблюдатели "
        "задачи."
    )
    world.patch(api, "run", usual)
    with write(world.database) as conn:
        replay(conn, world.portal_id, [("command", key)], world.clock.now())
    world.settle()
    assert failed(world) == []
    assert len(world.cards()) == 1
    assert len(world.reports()) == 1


def test_a_refused_message_is_not_sent_again_as_it_was(world: World) -> None:
    telling(world, to_chat(Kind.PIPELINE))
    refused = world.refuse("im.message.add", "ACCESS_ERROR")
    world.gitlab.push(world.shop, "main", ["Ship it"], "ann")
    pipeline = world.gitlab.run_pipeline(world.shop)
    world.settle()
    world.store(world.inbox_order)
    world.settle()
    assert len(refused) == 1
    pipeline.set_status("running")
    world.settle()
    assert len(refused) == 2
    assert len(failed(world)) == 1


def test_one_chat_that_is_closed_does_not_keep_others_from_hearing(world: World) -> None:
    world.b24.state.add_group("All", id=5, members=[1, 7])
    telling(world, to_chat(Kind.PUSH, Kind.BRANCH), to_chat(Kind.BRANCH, dialog="sg5"))
    shut(world)
    world.gitlab.push(world.shop, "feature/x", ["One"], "ann")
    world.settle()
    assert world.posted(3) == []
    assert len(world.posted(5)) == 1
    assert len(failed(world)) == 1


@pytest.mark.parametrize("losses", [1, 2])
def test_a_lost_answer_makes_no_second_message(world: World, losses: int) -> None:
    telling(world)
    world.b24.lose_answer(losses)
    world.gitlab.push(world.shop, "feature/x", ["One"], "ann")
    world.settle()
    assert heads(world) == ["Ann created the branch feature/x in acme/shop"]


def test_a_lost_answer_to_an_edit_leaves_the_newest_text(world: World) -> None:
    telling(world, to_chat(Kind.PIPELINE))
    world.gitlab.push(world.shop, "main", ["Ship it"], "ann")
    pipeline = world.gitlab.run_pipeline(world.shop)
    world.settle()
    world.b24.lose_answer(1)
    pipeline.set_status("running")
    world.settle()
    pipeline.set_status("success")
    world.settle()
    assert heads(world) == [f"Pipeline #{pipeline.id}: passed, main in acme/shop"]


def test_wherever_a_worker_dies_a_push_is_said_once(world: World) -> None:
    telling(world)
    with fused(world) as fuse:
        for at in range(1, 200):
            world.gitlab.push(world.shop, f"feature/{at}", ["One"], "ann")
            fuse.light(at)
            with suppress(Killed):
                world.work()
            died = fuse.dead
            fuse.light(None)
            world.tick(LEASE_SECONDS)
            world.settle()
            if not died:
                break
    assert 10 < at < 199
    assert heads(world) == [
        f"Ann created the branch feature/{number} in acme/shop" for number in range(1, at + 1)
    ]


def test_a_message_that_is_too_old_to_edit_stays_as_it_was(world: World) -> None:
    telling(world, to_chat(Kind.PIPELINE))
    world.gitlab.push(world.shop, "main", ["Ship it"], "ann")
    pipeline = world.gitlab.run_pipeline(world.shop)
    world.settle()
    world.tick(timedelta(hours=71).total_seconds())
    pipeline.set_status("running")
    world.settle()
    assert heads(world) == [f"Pipeline #{pipeline.id}: pending, main in acme/shop"]


def test_a_branch_that_goes_long_after_is_told_anew(world: World) -> None:
    telling(world)
    world.gitlab.push(world.shop, "feature/x", ["One"], "ann")
    world.settle()
    world.tick(timedelta(hours=71).total_seconds())
    world.gitlab.delete_branch(world.shop, "feature/x", "bob")
    world.settle()
    assert heads(world) == [
        "Ann created the branch feature/x in acme/shop",
        "Bob deleted the branch feature/x in acme/shop",
    ]


def test_a_deleted_branch_leaves_the_message_of_its_beginning(world: World) -> None:
    telling(world)
    world.gitlab.push(world.shop, "feature/x", ["One"], "ann")
    world.settle()
    world.gitlab.delete_branch(world.shop, "feature/x", "bob")
    world.settle()
    assert heads(world) == [
        "Ann created the branch feature/x in acme/shop",
        "Bob deleted the branch feature/x in acme/shop",
    ]


def test_of_a_branch_that_came_and_went_at_once_the_end_is_told(world: World) -> None:
    telling(world)
    world.gitlab.push(world.shop, "feature/x", ["One"], "ann")
    world.gitlab.delete_branch(world.shop, "feature/x", "bob")
    world.settle()
    assert heads(world) == ["Bob deleted the branch feature/x in acme/shop"]


def test_a_message_the_portal_closed_early_is_not_said_twice(world: World) -> None:
    telling(world)
    world.gitlab.tag(world.shop, "v1", "ann")
    world.settle()
    world.refuse("im.message.update", "CANT_EDIT_MESSAGE")
    world.gitlab.coding.delete_tag(world.shop, "v1", "bob")
    world.settle()
    assert len(heads(world)) == 2
    assert failed(world) == []


def test_a_russian_portal_reads_russian(world: World) -> None:
    telling(world, language="ru")
    world.gitlab.push(world.shop, "main", ["One"], "ann")
    world.gitlab.push(world.shop, "main", ["Two", "Three"], "ann")
    world.gitlab.tag(world.shop, "v1", "ann")
    world.settle()
    assert sorted(heads(world)) == [
        "Ann: 1 новый коммит в ветке main, acme/shop",
        "Ann: 2 новых коммита в ветке main, acme/shop",
        "Ann: новый тег v1, acme/shop",
    ]


def test_what_people_type_calls_nobody(world: World) -> None:
    telling(world)
    evil = "[user=all]x[/user] [b] \u202e[/url]"
    world.gitlab.push(world.shop, "main", [evil], "ann")
    world.settle()
    (text,) = world.posted()
    assert "[user=all]" not in text
    assert plain([text])[0].split("\n")[1].endswith(" [user=all]x[/user] [b] [/url]")
