"""Random lives of branches, the same for the same seed, and an oracle of whose work they hold.

The oracle keeps its own account: every piece of work has a number in its message, which copies
(rebased, squashed, picked) keep, and is done for one task.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from tests.emulators.gitlab import samples
from tests.emulators.gitlab.deliveries import Waiting
from tests.emulators.gitlab.entities import MergeRequest, Project
from tests.engine.world import World

TASKS = (2101, 2102, 2103, 2104)
ACTS = 16
COMPLETED = 5
_WORK = re.compile(r"\bwork-(\d+)\b")


@dataclass
class Life:
    """`task_of`: by piece of work; `landed`: pieces that some merge request brought home;
    `taken_back`: by request, the tasks whose work it reverts.
    """

    world: World
    random: Random
    requests: list[MergeRequest] = field(default_factory=list)
    task_of: dict[int, int] = field(default_factory=dict)
    landed: set[int] = field(default_factory=set)
    ever_named: dict[int, set[int]] = field(default_factory=dict)  # request -> tasks
    taken_back: dict[int, set[int]] = field(default_factory=dict)

    def message(self) -> str:
        number, task_id = len(self.task_of) + 1, self.random.choice(TASKS)
        self.task_of[number] = task_id
        return f"Did work-{number} for B24-{task_id}"

    def pick(self, *states: str) -> MergeRequest | None:
        fitting = [mr for mr in self.requests if mr.state in states]
        return self.random.choice(fitting) if fitting else None

    def place_of(self, mr: MergeRequest) -> Project:
        return self.world.gitlab.state.projects[mr.source_id]

    def may_rewrite(self, mr: MergeRequest, *, own_project: bool = True) -> bool:
        """Tell whether people work on its branch, and by themselves: not on develop."""
        is_topic = mr.source_branch != "develop" and mr.iid not in self.taken_back
        return is_topic and (mr.source_id == mr.project_id or not own_project)

    def pieces(self, mr: MergeRequest) -> set[int]:
        """The work between its target and its head, by git alone, that nobody brought before."""
        shop = self.world.shop
        messages = (shop.commits[sha].message for sha in mr.shas)
        return {int(n) for text in messages for n in _WORK.findall(text)} - self.landed

    def note(self) -> None:
        """Remember which tasks each request held at this moment."""
        for mr in self.requests:
            if mr.state == "opened":
                tasks = {self.task_of[n] for n in self.pieces(mr)}
                self.ever_named.setdefault(mr.iid, set()).update(tasks)
        for iid, tasks in self.taken_back.items():
            self.ever_named.setdefault(iid, set()).update(tasks)


def open_request(life: Life) -> None:
    number = len(life.requests) + 1
    shop, gitlab = life.world.shop, life.world.gitlab
    base = life.pick("opened")
    branch, target = f"part-{number}", life.random.choice(("main", "main", "develop"))
    if (
        base
        and base.source_branch != "develop"
        and base.source_id == shop.id
        and life.random.random() < 0.4
    ):
        gitlab.create_branch(shop, branch, "ann", start=base.source_branch)
        target = base.source_branch
    elif target == "develop":
        gitlab.create_branch(shop, branch, "ann", start="develop")
    gitlab.push(shop, branch, [life.message()], "ann")
    life.requests.append(
        gitlab.open_mr(shop, branch, f"Part {number}", "ann", target_branch=target)
    )


def open_from_fork(life: Life) -> None:
    number, gitlab = len(life.requests) + 1, life.world.gitlab
    fork = gitlab.branching.fork(life.world.shop, f"cid/shop{number}", "cid")
    gitlab.push(fork, "main", [life.message()], "cid")
    mr = gitlab.open_mr(life.world.shop, "main", f"Fork {number}", "cid", source_project=fork)
    mr.remove_source_branch = False
    life.requests.append(mr)


def open_release(life: Life) -> None:
    """Everything that develop has, to main; the request carries on what others brought there."""
    gitlab, shop = life.world.gitlab, life.world.shop
    if not any(mr.state == "opened" and mr.source_branch == "develop" for mr in life.requests):
        mr = gitlab.open_mr(shop, "develop", f"Release {len(life.requests) + 1}", "ann")
        mr.remove_source_branch = False
        life.requests.append(mr)


def revert(life: Life) -> None:
    """A request that takes landed work back: one piece, as the code host's button makes it, or
    two, whose titles it lists.
    """
    gitlab, shop = life.world.gitlab, life.world.shop
    if not life.landed:
        return
    branch = f"revert-{len(life.requests) + 1}"
    numbers = sorted({life.random.choice(sorted(life.landed)) for _ in range(2)})
    titles = [f"Did work-{number}, closes B24-{life.task_of[number]}" for number in numbers]
    title = f'Revert "{titles[0]}"' if len(titles) == 1 else "Revert 2 commits"
    body = "".join(f"\n* {each}" for each in titles) if len(titles) > 1 else ""
    gitlab.push(shop, branch, [f"{title}\n{body}"], "ann")
    mr = gitlab.open_mr(shop, branch, title, "ann", description=body.strip())
    life.requests.append(mr)
    life.taken_back[mr.iid] = {life.task_of[number] for number in numbers}


def force_push(life: Life) -> None:
    """Somebody else puts other work in the place of a branch's own."""
    mr = life.pick("opened")
    if mr and life.may_rewrite(mr) and mr.target_branch in life.world.shop.branches:
        life.world.gitlab.branching.force_push(
            life.world.shop, mr.source_branch, [life.message()], "bob", onto=mr.target_branch
        )


def push_more(life: Life) -> None:
    if (mr := life.pick("opened")) and life.may_rewrite(mr, own_project=False):
        life.world.gitlab.push(life.place_of(mr), mr.source_branch, [life.message()], "ann")


def merge_main(life: Life) -> None:
    mr = life.pick("opened")
    if mr and life.may_rewrite(mr):
        life.world.gitlab.branching.merge_branch(life.world.shop, "main", mr.source_branch, "ann")


def rebase(life: Life) -> None:
    mr = life.pick("opened")
    if mr and life.may_rewrite(mr) and mr.target_branch in life.world.shop.branches:
        life.world.gitlab.branching.rebase(
            life.world.shop, mr.source_branch, "ann", onto=mr.target_branch
        )


def amend(life: Life) -> None:
    mr = life.pick("opened")
    if (
        mr
        and life.may_rewrite(mr, own_project=False)
        and len(mr.shas) == 1
        and not life.world.shop.commits[mr.shas[0]].parent_ids[1:]
    ):
        life.world.gitlab.branching.amend(
            life.place_of(mr), mr.source_branch, life.message(), "ann"
        )


def merge(life: Life) -> None:
    if mr := life.pick("opened"):
        pieces = life.pieces(mr)
        life.world.gitlab.merge(mr, "ann", squash=life.random.random() < 0.3)
        life.landed |= pieces


def press_test(life: Life) -> None:
    world = life.world
    hook = next(iter(world.gitlab.state.hooks.values()))
    of_request = life.requests and life.random.random() < 0.7
    trigger = "merge_requests_events" if of_request else "push_events"
    name, body = samples.build(world.gitlab.state, hook, trigger)
    world._hooked(Waiting(hook, name, body, world.gitlab.state.next_uuid(), world.clock.now()))


_ACTS: tuple[Callable[[Life], None], ...] = (
    open_request, open_request, open_request, open_from_fork, push_more, push_more, merge_main,
    rebase, amend, force_push, merge, merge, merge, open_release, revert, press_test,
)  # fmt: skip


def play(seed: int, world: World) -> Life:
    """Act after act; the worker digests each before the next."""
    life = Life(world, Random(seed))
    for task_id in TASKS:
        world.task(task_id)
    world.gitlab.create_branch(world.shop, "develop", "ann")
    for number in range(ACTS):
        (open_request if number == 0 else life.random.choice(_ACTS))(life)
        life.note()
        world.settle()
        world.tick(60)
    return life


def completed_tasks(life: Life) -> set[int]:
    """Those with work that landed and none that is open."""
    is_open = {
        life.task_of[n] for mr in life.requests if mr.state == "opened" for n in life.pieces(mr)
    }
    return {life.task_of[n] for n in life.landed} - is_open
