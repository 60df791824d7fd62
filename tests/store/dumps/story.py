"""Plays what people do before a dump: the same acts at the same times."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tests.emulators.gitlab.entities import MergeRequest
from tests.emulators.gitlab.routing import TRIGGERS
from tests.engine import ci_reports
from tests.engine.history import live
from tests.engine.world import START, World

SLOT = timedelta(hours=6)
MISSING = 999  # a task that the portal does not have
ANNA, BORIS, RITA = 9, 8, 7
IN_PROGRESS = 3

Act = Callable[[World], None]


def furnish(world: World) -> None:
    """Add people, tasks, and a webhook of every event."""
    world.b24.state.add_user("Anna", email="ann@acme.example", id=ANNA)
    for number in range(1, 9):
        world.task(number)
    hook = world.gitlab.state.hooks[1]
    hook.events = dict.fromkeys({*hook.events, *TRIGGERS}, True)


def rest(world: World, slot: int) -> None:
    """Let time pass until the slot, however long the work took."""
    world.tick((START + slot * SLOT - world.clock.now()).total_seconds())


def _live(world: World) -> None:
    live(world, 3)


def _speak(world: World) -> None:
    messages = ["B24-1 #time 1h #comment looked at it", "Closes B24-2", "B24-3 #time soon"]
    world.gitlab.push(world.shop, "main", messages, "bob")


def _break(world: World) -> None:
    world.gitlab.run_pipeline(world.shop, ref="main", user="ann").set_status("failed")


def _mend(world: World) -> None:
    world.gitlab.run_pipeline(world.shop, ref="main", user="ann").set_status("success")


def _try(world: World) -> None:
    """Push a branch whose pipeline fails before it has a merge request."""
    world.gitlab.push(world.shop, "feature/B24-4-card", ["B24-4 card"], "ann")
    run = world.gitlab.run_pipeline(world.shop, ref="feature/B24-4-card", user="ann")
    run.set_status("failed")


def _open(world: World) -> None:
    world.gitlab.open_mr(world.shop, "feature/B24-4-card", "Card", "ann", reviewers=["bob"])
    world.gitlab.push(world.shop, f"feature/B24-{MISSING}", [f"B24-{MISSING} #time 1h"], "bob")
    world.gitlab.open_mr(world.shop, f"feature/B24-{MISSING}", "Nobody's", "bob")


def _review(world: World) -> None:
    fourth = request(world, "feature/B24-4-card")
    world.gitlab.run_pipeline(fourth).set_status("success")
    world.gitlab.comment(fourth, "Well *done*", "bob", line=("src/app.py", 3))
    world.gitlab.deploy(world.gitlab.run_pipeline(world.shop, ref="main"), "production")


# By slot. After the first two the project rests for a month.
STORY: dict[int, Act] = {
    1: _live,
    2: _speak,
    140: _break,
    141: _break,
    142: _try,
    143: _open,
    144: _review,
    145: _mend,
    146: _break,
    147: _break,
}
MONTH = 139  # the slot at which what is old goes
SHUT = 144  # in which the portal refuses a message
CARED_FOR = 141  # after which somebody sees to the alert


def _decide(world: World) -> None:
    """Cause a command of every kind."""
    gitlab, shop = world.gitlab, world.shop
    gitlab.approve(request(world, "feature/B24-4-card"), "bob")
    gitlab.push(shop, "feature/B24-5-pay", ["B24-5 pay"], "ann")
    fifth = gitlab.open_mr(shop, "feature/B24-5-pay", "Pay B24-6", "ann", reviewers=["bob"])
    gitlab.run_pipeline(fifth).set_status("failed")
    gitlab.comment(fifth, "What of **this**?", "bob")
    spoken = ["B24-7 #time 2h 30m review #comment see", "B24-7 #time soon"]
    gitlab.push(shop, "feature/B24-7", spoken, "bob")
    gitlab.push(shop, f"feature/B24-{MISSING}", [f"B24-{MISSING} #time 2h"], "bob")
    gitlab.push(shop, "main", ["B24-8 #done", "One more"], "bob")
    gitlab.deploy(gitlab.run_pipeline(shop, ref="main"), "production")
    gitlab.tag(shop, "v3", "ann", message="B24-1 third")
    gitlab.shipping.publish(shop, "v3", "ann", name="Three", description="B24-1 and **more**")
    gitlab.push(shop, "release/2", ["Second"], "ann")


def _break_release(world: World) -> None:
    world.gitlab.run_pipeline(world.shop, ref="release/2", user="ann").set_status("failed")


# Of this the worker decides, and writes nothing.
DECIDED: dict[int, Act] = {148: _decide, 149: _break_release, 150: _break_release, 151: _mend}


def last(world: World) -> None:
    """Cause deliveries that no worker reads any more."""
    gitlab, shop = world.gitlab, world.shop
    fifth = request(world, "feature/B24-5-pay")
    gitlab.update_mr(fifth, "ann", title="Pay by card B24-6")
    gitlab.merge(request(world, "feature/B24-4-card"), "ann")
    gitlab.push(shop, "feature/B24-5-pay", ["B24-5 pay more", "B24-5 #comment still here"], "ann")
    run = gitlab.run_pipeline(fifth)
    run.set_status("success")
    gitlab.comment(fifth, "Now it is good", "bob")
    gitlab.tracking.open_issue(shop, "Slow again", "bob", description="B24-1", labels=["y"])
    gitlab.tag(shop, "v4", "ann")
    ci_reports.report(world, run, fifth, deployed_to="staging")
    world.b24.state.user_moves_task(RITA, 8, IN_PROGRESS)


LAST = 152


def request(world: World, branch: str) -> MergeRequest:
    requests = world.gitlab.state.project(world.shop).merge_requests.values()
    return next(mr for mr in requests if mr.source_branch == branch)
