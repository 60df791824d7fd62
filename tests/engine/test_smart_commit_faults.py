"""Commits whose command the portal refuses, or does not answer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests

from b24app.services import replay
from b24app.services.failures import list_failures
from b24app.texts import translate
from sync.store.db.database import write
from tests.depth import sample
from tests.engine.test_smart_commits import IN_PROGRESS, WAITING, logged, pushed, states
from tests.engine.world import World


@pytest.mark.parametrize("card", ["new", "old"])
@pytest.mark.parametrize("losses", sample([1, 2, 3], 2))
@pytest.mark.parametrize(
    "message", ["B24-2103 #time 1h a", "B24-2103 #comment a", "B24-2103 #in-progress"]
)
def test_a_lost_answer_does_nothing_twice(
    make_world: Callable[..., World], card: str, losses: int, message: str
) -> None:
    world = make_world(card=card).with_task()
    world.gitlab.push(world.shop, "topic", [message], "bob")
    world.b24.lose_answer(losses)
    world.settle()
    count = len(logged(world)) + len(world.cards()) + (world.status() == IN_PROGRESS)
    assert (count, states(world)) == (1, ["done"])


def test_time_that_may_be_logged_and_cannot_be_looked_up_is_not_logged_again(world: World) -> None:
    world.refuse("task.elapseditem.getlist", "ERROR_CORE")
    usual = world.portal_answer
    lost: list[bool] = []

    def lose(request: requests.PreparedRequest) -> requests.Response:
        answer = usual(request)
        if logged(world) and not lost:
            lost.append(True)
            raise requests.ConnectionError("the connection was closed")
        return answer

    world.patch(world, "portal_answer", lose)
    pushed(world, "B24-2103 #time 1h")
    assert (len(logged(world)), states(world)) == (1, ["refused"])
    (dead,) = world.commands("refused")
    assert dead.error.startswith("It is not known whether the time was logged")
    assert translate("ru", dead.error).startswith("Неизвестно, записано ли время; повторять")
    assert "not" not in translate("ru", dead.error)


def test_time_of_another_that_is_refused_is_logged_in_our_name(world: World) -> None:
    world.b24.state.users[1].admin = False
    world.b24.state.tasks[2103].accomplices = [1]
    (sha,) = pushed(world, "B24-2103 #time 1h review")
    assert logged(world) == [(2103, 1, 3600, f"Bob: review (commit {sha})")]
    assert (states(world), world.commands("refused")) == (["done"], [])


def test_what_the_portal_refuses_is_shown_and_may_be_repeated(world: World) -> None:
    refused = world.refuse("task.elapseditem.add", "ERROR_CODE", times=2)
    pushed(world, "B24-2103 #time 1h")
    assert (len(refused), states(world), logged(world)) == (2, ["refused"], [])
    with write(world.database) as conn:
        (failure,) = list_failures(conn, world.portal_id)
        assert (failure.kind, failure.action, failure.about) == ("command", "log_time", "2103")
        replay.replay(conn, world.portal_id, [("command", failure.id)], world.clock.now())
    world.settle()
    assert (len(logged(world)), states(world)) == (1, ["done"])


def test_a_refused_move_is_shown_and_the_rest_goes_on(world: World) -> None:
    world.refuse("tasks.task.complete", "1048582")
    pushed(world, "B24-2103 #done #time 1h")
    (dead,) = world.commands("refused")
    assert (dead.kind, world.status(), len(logged(world))) == ("move_task", WAITING, 1)
    assert states(world) == ["done", "refused"]
