"""A random life of some merge requests, the same for the same seed, told in hooks."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from sync.store.rows import Delivery
from tests.emulators.gitlab.entities import MergeRequest
from tests.engine.world import World

TASKS = (2101, 2102, 2103)
ACTS = 12

Act = Callable[[World, Random, list[MergeRequest]], None]


def _open(world: World, random: Random, opened: list[MergeRequest]) -> None:
    task_id, number = random.choice(TASKS), len(opened) + 1
    also = f" and B24-{random.choice(TASKS)}" if random.random() < 0.3 else ""
    branch = f"feature/B24-{task_id}-part-{number}"
    world.gitlab.push(world.shop, branch, [f"Part {number}"], "ann")
    title = f"Part {number}{also}"
    opened.append(world.gitlab.open_mr(world.shop, branch, title, "ann", reviewers=["bob"]))


def _approve(world: World, random: Random, opened: list[MergeRequest]) -> None:
    for mr in _some(random, opened, "opened"):
        done = any(world.gitlab.state.users[one].username == "bob" for one in mr.approvals)
        (world.gitlab.unapprove if done else world.gitlab.approve)(mr, "bob")


def _finish(world: World, random: Random, opened: list[MergeRequest]) -> None:
    for mr in _some(random, opened, "opened"):
        close = mr.draft or random.random() < 0.4
        (world.gitlab.close if close else world.gitlab.merge)(mr, "ann")


def _reopen(world: World, random: Random, opened: list[MergeRequest]) -> None:
    for mr in _some(random, opened, "closed"):
        world.gitlab.reopen(mr, "ann")


def _edit(world: World, random: Random, opened: list[MergeRequest]) -> None:
    """A reference may come; one that goes again might never have been seen, and so never shown."""
    for mr in _some(random, opened, "opened"):
        more = random.choice([" again", f" B24-{random.choice(TASKS)}"])
        world.gitlab.update_mr(mr, "ann", title=mr.title + more)


def _draft(world: World, random: Random, opened: list[MergeRequest]) -> None:
    for mr in _some(random, opened, "opened"):
        world.gitlab.update_mr(mr, "ann", draft=not mr.draft)


def _pipeline(world: World, random: Random, opened: list[MergeRequest]) -> None:
    for mr in _some(random, opened, "opened"):
        world.gitlab.run_pipeline(mr).set_status(random.choice(["success", "failed"]))


def _deploy(world: World, random: Random, opened: list[MergeRequest]) -> None:
    run = world.gitlab.run_pipeline(world.shop, ref="main")
    environment = random.choice(["test", "production"])
    made = world.gitlab.deploy(run, environment, "running")
    world.tick(1)
    world.gitlab.set_deployment(world.shop, made, random.choice(["success", "success", "failed"]))
    world.tick(1)


def _speak(world: World, random: Random, opened: list[MergeRequest]) -> None:
    """Time and a comment, which nothing else decides about."""
    number = world.gitlab.state.next_id("speech")
    said = f"Note {number}\n\nB24-{random.choice(TASKS)} #time {number}m #comment part {number}"
    world.gitlab.push(world.shop, random.choice(["main", "notes"]), [said], "bob")


_ACTS: tuple[Act, ...] = (
    _open,
    _open,
    _approve,
    _approve,
    _finish,
    _reopen,
    _edit,
    _draft,
    _pipeline,
    _deploy,
    _deploy,
    _speak,
)


def play(seed: int, world: World, listen: Callable[[list[Delivery]], None]) -> None:
    """Acts one after another; `listen` gets the deliveries of each."""
    random, opened = Random(seed), []
    for task_id in TASKS:
        world.task(task_id)
    for number in range(ACTS):
        world.inbox_order.clear()
        act = _open if number == 0 else random.choice(_ACTS)
        act(world, random, opened)
        listen(list(world.inbox_order))


def _some(random: Random, opened: list[MergeRequest], state: str) -> list[MergeRequest]:
    found = [mr for mr in opened if mr.state == state]
    return [random.choice(found)] if found else []
