"""Pipelines of a merge request and of a branch."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.emulators.gitlab.story import Story

MINUTE = 60


def play(story: Story) -> None:
    mr = story.shop.merge_requests[2]
    failed = story.building.run_pipeline(mr)
    failed.set_status("running")
    story.tell(pipeline_hooks="running_in_merge_request")
    failed.set_status("failed", "unit")
    story.tell(pipeline_hooks="failed_in_merge_request", job_hooks="failed")
    fixed = story.building.run_pipeline(mr, variables={"TARGET": "staging"})
    fixed.set_status("running")
    story.clock.move(MINUTE)
    fixed.set_status("success")
    story.tell(pipeline_hooks="success_in_merge_request")
    for status in ("success", "canceled"):
        run = story.building.run_pipeline(story.shop, ref="main")
        run.set_status("running")
        story.clock.move(MINUTE)
        run.set_status(status)
        story.tell(pipeline_hooks=f"{status}_on_branch")
