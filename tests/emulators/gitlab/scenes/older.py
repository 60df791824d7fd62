"""Bodies of an older instance, in Moscow: other dates, and fields that are not there yet."""

from __future__ import annotations

from datetime import timedelta, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.emulators.gitlab.story import Story

MOSCOW = timezone(timedelta(hours=3))


def play(story: Story) -> None:
    _in_its_zone(story)
    story.state.version, shop = "15.11.0-ee", story.shop
    story.shipping.deploy(story.building.run_pipeline(shop, ref="main"), "staging")
    story.tell(deployment_hooks="success_of_old_version")
    issue = story.tracking.open_issue(shop, "Old issue", "ann")
    story.tell(issue_hooks="opened_of_old_version")
    story.talking.comment(issue, "Old comment", "bob")
    story.tell(note_hooks="comment_of_old_version")
    run = story.building.run_pipeline(shop, ref="main")
    story.working.set_job(run, "unit", "failed")
    story.tell(job_hooks="failed_of_old_version")


def _in_its_zone(story: Story) -> None:
    story.state.zone = MOSCOW
    story.shipping.deploy(story.building.run_pipeline(story.shop, ref="main"), "staging")
    story.tell(deployment_hooks="success_in_zone")
