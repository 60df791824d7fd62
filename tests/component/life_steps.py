"""The steps of a life of branches and pipelines that is played through component and app."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.emulators.gitlab.entities import MergeRequest, Pipeline, Project
from tests.emulators.gitlab.server import GitLabEmulator

MINE, THEIRS = 5, 6
Reports = Iterator[tuple[Pipeline, MergeRequest | None, dict[str, str]]]
Situation = Callable[[GitLabEmulator, Project], Reports]


def ran(git: GitLabEmulator, where: object, status: str = "success", **more: object) -> Pipeline:
    run = git.run_pipeline(where, **more)
    run.set_status("running")
    run.set_status(status)
    return run


def opened(git: GitLabEmulator, shop: Project, branch: str, message: str, **more: object):
    title = more.pop("title", "Work")
    git.push(shop, branch, [message], "ann")
    return git.open_mr(shop, branch, title, "ann", **more)


def land(git: GitLabEmulator, shop: Project, mr: MergeRequest) -> Reports:
    """Merge, and report the pipeline of the target."""
    before = shop.branches[mr.target_branch].head
    git.merge(mr, "ann")
    yield ran(git, shop, ref=mr.target_branch), None, {"CI_COMMIT_BEFORE_SHA": before}
