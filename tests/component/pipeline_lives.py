"""Lives of forks, of child pipelines, of triggered, scheduled and uncounted ones.

Each gives the pipelines whose last job is the component's, with their variables where these differ.
"""

from __future__ import annotations

from reporter.build_report import UNCOUNTED

from tests.component.life_steps import MINE, THEIRS, Reports, Situation, land, opened, ran
from tests.emulators.gitlab.entities import MergeRequest, Pipeline, Project
from tests.emulators.gitlab.server import GitLabEmulator

NO_SECRETS = {"B24_WEBHOOK_URL": "", "B24_GITLAB_TOKEN": ""}  # as a fork's pipeline has them
OF_PARENT = {"CI_PIPELINE_SOURCE": "parent_pipeline"}


def forked(git: GitLabEmulator, shop: Project, branch: str, message: str) -> MergeRequest:
    fork = git.branching.fork(shop, "bob/shop", "bob")
    git.push(fork, branch, [message], "bob")
    return git.open_mr(shop, branch, "Work", "bob", source_project=fork)


def run_in_the_fork(git: GitLabEmulator, shop: Project) -> Reports:
    mr = forked(git, shop, "mine", f"B24-{MINE} mine")
    yield ran(git, mr, "failed", in_fork=True), mr, NO_SECRETS
    yield from land(git, shop, mr)


def run_by_a_member(git: GitLabEmulator, shop: Project) -> Reports:
    mr = forked(git, shop, "mine", f"B24-{MINE} mine")
    yield ran(git, mr, "failed", user="ann"), mr, {}


def member_after_fork(git: GitLabEmulator, shop: Project) -> Reports:
    mr = forked(git, shop, "mine", f"B24-{MINE} mine")
    yield ran(git, mr, "failed", in_fork=True), mr, NO_SECRETS
    yield ran(git, mr, user="ann"), mr, {}


def of_one_name(git: GitLabEmulator, shop: Project) -> tuple[MergeRequest, MergeRequest]:
    """A request of ours and a fork's: the fork is older than our branch."""
    theirs = forked(git, shop, "mine", f"B24-{THEIRS} theirs")
    return opened(git, shop, "mine", f"B24-{MINE} ours"), theirs


def branches_of_one_name(git: GitLabEmulator, shop: Project) -> Reports:
    ours, theirs = of_one_name(git, shop)
    yield ran(git, ours), ours, {}
    yield ran(git, theirs, "failed", user="ann"), theirs, {}


def fork_of_that_name_merged(git: GitLabEmulator, shop: Project) -> Reports:
    ours, theirs = of_one_name(git, shop)
    yield ran(git, ours, "failed"), ours, {}
    yield from land(git, shop, theirs)


def with_children(git: GitLabEmulator, mr: MergeRequest) -> tuple[Pipeline, Pipeline, Pipeline]:
    """A pipeline whose own jobs have passed, and two that it has started."""
    parent = git.run_pipeline(mr)
    parent.set_status("running")
    children = [git.working.run_child(parent, name) for name in ("site", "docs")]
    for child in children:
        child.set_status("running")
    for job in parent.jobs:
        job.status = "success"
    return parent, *children


def one_child_fails(git: GitLabEmulator, shop: Project) -> Reports:
    """The component stands in both children, and not in their parent."""
    mr = opened(git, shop, "mine", f"B24-{MINE} mine")
    parent, site, docs = with_children(git, mr)
    site.set_status("failed")
    docs.set_status("success")
    yield site, mr, OF_PARENT
    yield docs, mr, OF_PARENT
    parent.set_status("failed")


def both_children_pass(git: GitLabEmulator, shop: Project) -> Reports:
    mr = opened(git, shop, "mine", f"B24-{MINE} mine")
    parent, site, docs = with_children(git, mr)
    site.set_status("success")
    docs.set_status("success")
    yield docs, mr, OF_PARENT
    yield site, mr, OF_PARENT
    parent.set_status("success")


def child_nobody_waits_for(git: GitLabEmulator, shop: Project) -> Reports:
    mr = opened(git, shop, "mine", f"B24-{MINE} mine")
    parent, site, docs = with_children(git, mr)
    for bridge in parent.bridges:
        bridge.waits = False
    site.set_status("failed")
    docs.set_status("success")
    parent.set_status("success")
    yield site, mr, OF_PARENT
    yield docs, mr, OF_PARENT


def parent_fails_after_children(git: GitLabEmulator, shop: Project) -> Reports:
    """The component stands in all three."""
    mr = opened(git, shop, "mine", f"B24-{MINE} mine")
    parent, site, docs = with_children(git, mr)
    for child in (site, docs):
        child.set_status("success")
        yield child, mr, OF_PARENT
    git.working.add_job(parent, "deploy", "late", status="failed")
    parent.set_status("failed")
    yield parent, mr, {}


def parent_runs_again(git: GitLabEmulator, shop: Project) -> Reports:
    yield from one_child_fails(git, shop)
    mr = next(iter(shop.merge_requests.values()))
    parent, site, docs = with_children(git, mr)
    site.set_status("success")
    docs.set_status("success")
    yield site, mr, OF_PARENT
    yield docs, mr, OF_PARENT
    parent.set_status("success")


def triggered(git: GitLabEmulator, shop: Project, *, waits: bool) -> Reports:
    """A pipeline starts that of another project, which fails there."""
    other = git.state.add_project("acme/api", members={"ann": 40})
    git.push(other, "main", [f"B24-{THEIRS} of the other project"], "ann")
    mr = opened(git, shop, "mine", f"B24-{MINE} mine")
    run = git.run_pipeline(mr)
    run.set_status("running")
    downstream = git.working.run_downstream(run, "deploy api", other)
    run.bridges[0].waits = waits
    downstream.set_status("failed")
    for job in run.jobs:
        job.status = "success"
    run.set_status("failed" if waits else "success")
    yield run, mr, {}


def awaited(git: GitLabEmulator, shop: Project) -> Reports:
    yield from triggered(git, shop, waits=True)


def not_awaited(git: GitLabEmulator, shop: Project) -> Reports:
    yield from triggered(git, shop, waits=False)


def nights(git: GitLabEmulator, shop: Project) -> Reports:
    mr = opened(git, shop, "mine", f"B24-{MINE} mine")
    yield from land(git, shop, mr)
    for status in ("failed", "success"):
        run = ran(git, shop, status, ref="main", source="schedule")
        yield run, None, {"CI_PIPELINE_SOURCE": "schedule"}


def started_in_other_ways(git: GitLabEmulator, shop: Project) -> Reports:
    """Each counts as the last one of its branch does."""
    mr = opened(git, shop, "mine", f"B24-{MINE} mine")
    for status, source in (("success", "web"), ("failed", "api"), ("success", "trigger")):
        run = ran(git, shop, status, ref="mine", source=source)
        yield run, None, {"CI_PIPELINE_SOURCE": source}
    yield ran(git, mr, "failed"), mr, {}
    yield from land(git, shop, mr)


def uncounted(git: GitLabEmulator, shop: Project) -> Reports:
    mr = opened(git, shop, "mine", f"B24-{MINE} mine")
    yield ran(git, mr), mr, {}
    for source in UNCOUNTED:
        run = ran(git, shop, "failed", ref="mine", source=source)
        yield run, None, {"CI_PIPELINE_SOURCE": source}


FORKS: dict[str, tuple[Situation, str, str]] = {
    "a fork's own pipeline fails, then it is merged": (
        run_in_the_fork,
        "completed passed",
        "waits",
    ),
    "a member runs a fork's pipeline here": (run_by_a_member, "started failed", "waits"),
    "a member's run after the fork's own": (member_after_fork, "started passed", "waits"),
    "a fork's branch of our name": (branches_of_one_name, "started passed", "started failed"),
    "that fork is merged": (fork_of_that_name_merged, "started failed", "completed passed"),
}
PIPELINES: dict[str, tuple[Situation, str, str]] = {
    "of two children one fails": (one_child_fails, "started failed", "waits"),
    "both children pass": (both_children_pass, "started passed", "waits"),
    "a child that nobody waits for": (child_nobody_waits_for, "started passed", "waits"),
    "a parent that fails after its children": (
        parent_fails_after_children,
        "started failed",
        "waits",
    ),
    "a parent that passes the second time": (parent_runs_again, "started passed", "waits"),
    "another project's pipeline, waited for": (awaited, "started failed", "waits"),
    "another project's pipeline, not waited for": (not_awaited, "started passed", "waits"),
    "a night that fails and one that passes": (nights, "completed passed", "waits"),
    "pipelines started in other ways": (started_in_other_ways, "completed passed", "waits"),
    "sources that GitLab does not count": (uncounted, "started passed", "waits"),
}
