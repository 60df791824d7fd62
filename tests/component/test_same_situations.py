"""The component and the app come to the same state of tasks: one table of lives, played in both."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.component.life_steps import MINE, THEIRS, Reports, Situation, land, opened, ran
from tests.component.pipeline_lives import FORKS, PIPELINES
from tests.component.world import World as ComponentWorld
from tests.emulators.gitlab.entities import Project
from tests.emulators.gitlab.server import GitLabEmulator
from tests.engine.world import World as AppWorld

NAMES = {2: "waits", 3: "started", 5: "completed"}


def theirs_landed(git: GitLabEmulator, shop: Project) -> Reports:
    mr = opened(git, shop, "theirs", f"B24-{THEIRS} theirs")
    yield ran(git, mr), mr, {}
    yield from land(git, shop, mr)


def main_merged_in(git: GitLabEmulator, shop: Project) -> Reports:
    request = opened(git, shop, "mine", f"B24-{MINE} mine")
    yield from theirs_landed(git, shop)
    git.branching.merge_branch(shop, "main", "mine", "ann")
    yield ran(git, request, "failed"), request, {}


def rebased(git: GitLabEmulator, shop: Project) -> Reports:
    request = opened(git, shop, "mine", f"B24-{MINE} mine")
    yield from theirs_landed(git, shop)
    git.branching.rebase(shop, "mine", "ann")
    yield ran(git, request, "failed"), request, {}


def amended(git: GitLabEmulator, shop: Project) -> Reports:
    mr = opened(git, shop, "mine", f"B24-{THEIRS} slip")
    git.branching.amend(shop, "mine", f"B24-{MINE} mine", "ann")
    yield ran(git, mr), mr, {}
    yield from land(git, shop, mr)


def denied(git: GitLabEmulator, shop: Project) -> Reports:
    mr = opened(git, shop, "b24-5-pay", "Pay", description="Does not close B24-5. See B24-6")
    yield ran(git, mr), mr, {}
    yield from land(git, shop, mr)


def first_of_three(git: GitLabEmulator, shop: Project) -> Reports:
    mr = opened(git, shop, "pay", "Pay", title="fix(B24-5): part 1 of 3, see B24-6")
    yield ran(git, mr), mr, {}
    yield from land(git, shop, mr)


def reverted(git: GitLabEmulator, shop: Project) -> Reports:
    title = 'Revert "Pay (closes B24-5)"'
    mr = opened(git, shop, "revert-4f1c9e0a", title, title=title, description="Fixes B24-6")
    yield ran(git, mr), mr, {}
    yield from land(git, shop, mr)


def released(git: GitLabEmulator, shop: Project) -> Reports:
    git.create_branch(shop, "develop", "ann")
    mr = opened(git, shop, "mine", f"B24-{MINE} mine", target_branch="develop")
    yield ran(git, mr), mr, {}
    yield from land(git, shop, mr)
    release = git.open_mr(shop, "develop", "Release 1", "ann")
    yield ran(git, release), release, {}
    yield from land(git, shop, release)


def stacked(git: GitLabEmulator, shop: Project) -> Reports:
    first = opened(git, shop, "first", f"B24-{MINE} first")
    git.create_branch(shop, "second", "ann", start="first")
    second = opened(git, shop, "second", f"B24-{THEIRS} second", target_branch="first")
    yield ran(git, first), first, {}
    yield ran(git, second), second, {}
    yield from land(git, shop, first)


def used_again(git: GitLabEmulator, shop: Project) -> Reports:
    first = opened(git, shop, "mine", f"B24-{MINE} first")
    yield ran(git, first), first, {}
    yield from land(git, shop, first)
    second = opened(git, shop, "mine", f"B24-{THEIRS} second")
    yield ran(git, second, "failed"), second, {}


def canceled_as_redundant(git: GitLabEmulator, shop: Project) -> Reports:
    mr = opened(git, shop, "mine", f"B24-{MINE} first")
    ran(git, mr, "canceled")
    git.push(shop, "mine", ["More"], "ann")
    yield ran(git, mr), mr, {}


def dangling(git: GitLabEmulator, shop: Project) -> Reports:
    mr = opened(git, shop, "mine", f"B24-{MINE} first")
    yield ran(git, mr), mr, {}
    run = ran(git, shop, "failed", ref="mine", source="ondemand_dast_scan")
    yield run, None, {"CI_PIPELINE_SOURCE": "ondemand_dast_scan"}


def tag_fails(git: GitLabEmulator, shop: Project) -> Reports:
    mr = opened(git, shop, "mine", f"B24-{MINE} first")
    yield ran(git, mr), mr, {}
    yield from land(git, shop, mr)
    git.tag(shop, "v1", "ann")
    yield ran(git, shop, "failed", ref="v1"), None, {"CI_COMMIT_TAG": "v1", "CI_COMMIT_BRANCH": ""}


def nightly(git: GitLabEmulator, shop: Project) -> Reports:
    mr = opened(git, shop, "mine", f"B24-{MINE} first")
    yield ran(git, mr), mr, {}
    yield from land(git, shop, mr)
    run = ran(git, shop, "failed", ref="main", source="schedule")
    yield run, None, {"CI_PIPELINE_SOURCE": "schedule"}


def closed(git: GitLabEmulator, shop: Project) -> Reports:
    mr = opened(git, shop, "mine", f"Closes B24-{MINE}")
    yield ran(git, mr), mr, {}
    git.reviewing.close(mr, "ann")
    yield ran(git, shop, "failed", ref="main"), None, {}


# what becomes of the tasks 5 and 6: their state, and their field
TABLE: dict[str, tuple[Situation, str, str]] = {
    "main merged into a branch": (main_merged_in, "started failed", "completed passed"),
    "a rebase": (rebased, "started failed", "completed passed"),
    "a number amended away": (amended, "completed passed", "waits"),
    "a description denies": (denied, "started passed", "waits"),
    "a part of three": (first_of_three, "started passed", "waits"),
    "a revert": (reverted, "waits", "completed passed"),
    "a release": (released, "completed passed", "waits"),
    "a stack": (stacked, "completed passed", "started passed"),
    "a branch used again": (used_again, "completed passed", "started failed"),
    "a redundant pipeline": (canceled_as_redundant, "started passed", "waits"),
    "a scan on demand": (dangling, "started passed", "waits"),
    "a tag that fails": (tag_fails, "completed passed", "waits"),
    "a schedule that fails": (nightly, "completed failed", "waits"),
    "closed unmerged": (closed, "started passed", "waits"),
    **FORKS,
    **PIPELINES,
}


def seen(tasks: dict, number: int) -> str:
    task = tasks[number]
    return f"{NAMES.get(task.status, task.status)} {task.uf.get('UF_CI_STATUS') or ''}".strip()


def by_component(folder: Path, situation: Situation) -> tuple[str, str]:
    with ComponentWorld(folder) as world:
        for number in (MINE, THEIRS):
            world.task(number)
        token = world.gitlab.state.add_token(world.ann, scopes=("read_api",)).value
        for run, mr, more in situation(world.gitlab, world.shop):
            world.report(run, mr, **{"B24_GITLAB_TOKEN": token, **more})
        return seen(world.portal.tasks, MINE), seen(world.portal.tasks, THEIRS)


def by_app(url: str, situation: Situation) -> tuple[str, str]:
    world = AppWorld(url)
    for number in (MINE, THEIRS):
        world.task(number)
    for _ in situation(world.gitlab, world.shop):
        world.settle()
    world.settle()
    world.close()
    return seen(world.b24.state.tasks, MINE), seen(world.b24.state.tasks, THEIRS)


@pytest.mark.parametrize(("situation", "mine", "theirs"), TABLE.values(), ids=TABLE)
def test_both_come_to_the_same_state(
    tmp_path: Path, database_url: str, situation: Situation, mine: str, theirs: str
) -> None:
    assert by_component(tmp_path, situation) == (mine, theirs)
    assert by_app(database_url, situation) == (mine, theirs)
