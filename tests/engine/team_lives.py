"""Lives of teams played side by side in one world, each in a project and workgroup of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from sync.core.rules.portal import GroupRules, Rules
from sync.core.rules.routes import Route
from tests.emulators.gitlab.entities import MergeRequest, Pipeline, Project
from tests.emulators.gitlab.routing import TRIGGERS
from tests.engine.notified_world import plain
from tests.engine.world import World

WAITING, IN_PROGRESS, COMPLETED = 2, 3, 5
BOB, ANN = 8, 9
HOOK = "http://bridge.test/hook"
CODE = ("merge_requests_events", "push_events", "pipeline_events", "deployment_events")
EVERY_HOOK = tuple(TRIGGERS)
Living = Callable[["Life"], Iterator[None]]


@dataclass
class Life:
    """Two tasks, the project that they belong to, and the workgroup of both."""

    world: World
    task: int
    flags: tuple[str, ...]
    other: int = field(init=False)
    shop: Project = field(init=False)

    def __post_init__(self) -> None:
        world, self.other = self.world, self.task + 1
        world.b24.state.add_group(f"Team {self.task}", id=self.task, members=[1, 7, BOB, ANN])
        for number in (self.task, self.other):
            world.task(number, group_id=self.task)
        members = {"ann": 40, "bob": 40, "cid": 40}
        self.shop = world.gitlab.state.add_project(f"acme/shop-{self.task}", members=members)
        world.gitlab.add_hook(self.shop, HOOK, *self.flags)

    def push(self, branch: str, *messages: str, user: str = "ann", start: str = "") -> None:
        git = self.world.gitlab
        if start:
            git.create_branch(self.shop, branch, user, start=start)
        if messages:
            git.push(self.shop, branch, list(messages), user)

    def request(
        self, branch: str, *messages: str, title: str = "Work", start: str = "", **options: object
    ) -> MergeRequest:
        """Open ann's merge request of a new branch."""
        self.push(branch, *messages, start=start)
        return self.world.gitlab.open_mr(self.shop, branch, title, "ann", **options)

    def merge(self, mr: MergeRequest, **options: object) -> None:
        self.world.gitlab.merge(mr, "bob", **options)

    def fork(self, owner: str = "cid") -> Project:
        """A fork whose hooks we hear."""
        git = self.world.gitlab
        fork = git.branching.fork(self.shop, f"{owner}/shop-{self.task}", owner)
        flags = ("merge_requests_events", "push_events", "pipeline_events", "note_events")
        git.add_hook(fork, HOOK, *flags)
        return fork

    def run(self, where: MergeRequest | Project, status: str, **options: object) -> Pipeline:
        return self.ended(self.world.gitlab.run_pipeline(where, **options), status)

    def ended(self, run: Pipeline, status: str) -> Pipeline:
        run.set_status(status)
        return run

    def statuses(self) -> tuple[int, int]:
        return self.world.status(self.task), self.world.status(self.other)

    def fields(self) -> tuple[str | None, str | None]:
        tasks = self.world.b24.state.tasks
        first, second = (tasks[number].uf.get("UF_CI_STATUS") for number in (self.task, self.other))
        return first, second

    def logged(self) -> list[tuple[int, int]]:
        """(user, seconds) on the two tasks."""
        return [
            (entry.user_id, entry.seconds)
            for entry in self.world.b24.state.elapsed.values()
            if entry.task_id in (self.task, self.other)
        ]

    def texts(self) -> list[str]:
        """What the workgroup's chat shows."""
        return plain(self.world.posted(self.task))

    def notified(self) -> list[str]:
        """What people were notified of the project."""
        return plain(text for _, text in self.world.told() if f"/shop-{self.task}/" in text)

    def rules(self, *routes: Route) -> None:
        """Let these alone hold for the workgroup."""
        group = GroupRules(projects=(f"acme/shop-{self.task}",), routes=routes)
        groups = {**self.world.rules.groups, self.task: group}
        self.world.rules = replace(self.world.rules, groups=groups)


def play(world: World, *lives: Living, flags: tuple[str, ...] = CODE) -> None:
    """Play the lives step by step, and list those that went otherwise than they say.

    Each yields where time passes and the worker works. `flags`: what their hooks tell of.
    """
    teams = [Life(world, 3000 + 10 * number, flags) for number in range(len(lives))]
    world.rules = replace(world.rules, groups={**world.rules.groups})
    going = {live.__name__: live(team) for live, team in zip(lives, teams, strict=True)}
    wrong: dict[str, str] = {}
    while going:
        for name, life in list(going.items()):
            try:
                next(life)
            except StopIteration:
                del going[name]
            except AssertionError as error:
                wrong[name] = str(error)
                del going[name]
        world.settle()
        world.tick(45)
    assert not wrong, "\n".join(f"{name}: {error}" for name, error in wrong.items())


def only_groups(world: World) -> None:
    """Let nothing be told but by the rules of workgroups."""
    world.rules = Rules(groups={}, routes=())
