"""A project that has something of everything, and the Test buttons of its hook."""

from __future__ import annotations

from sync.core.model.kinds import Kind
from tests.emulators.gitlab import samples
from tests.emulators.gitlab.deliveries import Waiting
from tests.engine.world import World

EVERYTHING = (
    Kind.PUSH, Kind.BRANCH, Kind.TAG, Kind.MERGE_REQUEST, Kind.PIPELINE, Kind.JOB, Kind.COMMENT,
    Kind.RELEASE, Kind.DEPLOYMENT, Kind.ALERT, Kind.ISSUE, Kind.WORK_ITEM, Kind.MILESTONE,
    Kind.WIKI_PAGE, Kind.FEATURE_FLAG, Kind.EMOJI, Kind.MEMBER, Kind.PROJECT, Kind.ACCESS_TOKEN,
    Kind.VULNERABILITY,
)  # fmt: skip


def sample(world: World, trigger: str, **changed: object) -> None:
    """Press the Test button of the project's hook; `changed`: object attributes."""
    hook = next(iter(world.gitlab.state.hooks.values()))
    name, body = samples.build(world.gitlab.state, hook, trigger)
    body.get("object_attributes", {}).update(changed)
    world._hooked(Waiting(hook, name, body, world.gitlab.state.next_uuid(), world.clock.now()))
    world.settle()


def full_life(world: World) -> None:
    """A project that has something of everything."""
    git = world.gitlab
    mr = world.opened(description="Closes B24-2103")
    git.run_pipeline(mr).set_status("failed")
    run = git.run_pipeline(world.shop, ref="main")
    run.set_status("success")
    git.deploy(run, "production", "running")
    git.set_deployment(world.shop, world.shop.deployments[-1], "success")
    git.tag(world.shop, "v1", "ann")
    git.shipping.publish(world.shop, "v1", "ann")
    issue = git.tracking.open_issue(world.shop, "Slow page", "ann")
    git.comment(mr, "See B24-2103", "bob")
    git.talking.award(mr, "thumbsup", "bob")
    git.tracking.close_issue(issue, "ann")
    git.keeping.create_milestone(world.shop, "1.0")
    git.keeping.write_page(world.shop, "Home", "Text", "ann")
    git.keeping.toggle_flag(world.shop, "dark", "ann")
    git.keeping.find_vulnerability(world.shop, "Leak")
