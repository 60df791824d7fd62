"""Pipelines in every status, of tags, schedules, children and other projects."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.emulators.gitlab.story import Story

# https://docs.gitlab.com/api/pipelines/#list-project-pipelines ; the rest is told elsewhere.
ON_THE_WAY = (
    "waiting_for_resource",
    "preparing",
    "waiting_for_callback",
    "running",
    "canceling",
    "manual",
    "scheduled",
    "skipped",
    "failed",
)


def play(story: Story) -> None:
    build, shop = story.building, story.shop
    build.run_pipeline(shop, ref="main", status="created")
    story.tell(pipeline_hooks="created_on_branch")
    build.run_pipeline(shop, ref="main")
    story.tell(pipeline_hooks="pending_on_branch")
    for status in ON_THE_WAY:
        build.run_pipeline(shop, ref="main", source="web").set_status(status)
        story.tell(pipeline_hooks=f"{status}_on_branch")
    tagged = build.run_pipeline(shop, ref="v1.5.0", variables={"TARGET": "[user=all]"})
    tagged.name = "Release [b]1.5[/b]"
    tagged.set_status("success")
    story.tell(pipeline_hooks="success_on_tag")
    build.run_pipeline(shop, ref="main", source="schedule").set_status("failed")
    story.tell(pipeline_hooks="failed_on_schedule")
    _warned(story)
    _started_by_another(story)


def _warned(story: Story) -> None:
    run = story.building.run_pipeline(story.shop, ref="main")
    run.jobs[1].allow_failure = True
    story.working.set_job(run, "unit", "failed")
    run.set_status("success")
    story.tell(pipeline_hooks="success_with_warnings")


def _started_by_another(story: Story) -> None:
    other = story.state.add_project("acme/deployer", members={"ann": 40})
    shop = story.shop
    parent = story.building.run_pipeline(shop, ref="main")
    story.working.run_child(parent, "run-e2e", [("test", "e2e")]).set_status("failed")
    story.tell(pipeline_hooks="failed_as_child", job_hooks="failed_in_child")
    upstream = story.building.run_pipeline(other, user="ann")
    story.working.run_downstream(upstream, "to-shop", shop).set_status("success")
    story.tell(pipeline_hooks="success_started_by_another_project")
