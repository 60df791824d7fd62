"""Releases and deployments, through approval and rejection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.emulators.gitlab import release_payloads
from tests.emulators.gitlab.shipped import Deployment

if TYPE_CHECKING:
    from tests.emulators.gitlab.story import Story

NOTES = "## What is new\n\n- Payments by card, **B24-2103**\n- Receipts, see B24-7"


def play(story: Story) -> None:
    _deployed(story)
    _releases(story)
    _lives(story)
    _approvals(story)


def _deployed(story: Story) -> None:
    """By itself, so that what comes before it in the story may grow."""
    shop, now = story.shop, story.clock.now()
    url = "https://production.acme.example"
    story.shipping.environment(shop, "production", url=url)
    head = shop.branches["main"].head
    one = Deployment(3, "production", "success", head, "main", 0, 9, now, now, 1)
    body = release_payloads.deployment(story.state, shop, one, "success", at=now)
    story.told["deployment_hook__success"] = body
    story.clock.move(60)


def _releases(story: Story) -> None:
    ship, shop = story.shipping, story.shop
    links = {"Changelog": "https://acme.example/changes"}
    one = ship.publish(shop, "v1.4.0", "ann", name="Spring", description=NOTES, links=links)
    story.tell(release_hooks="created")
    ship.update_release(shop, one, description=f"{NOTES}\n- Refunds")
    story.tell(release_hooks="updated")
    ship.delete_release(shop, one)
    story.tell(release_hooks="deleted")


def _lives(story: Story) -> None:
    run = story.building.run_pipeline(story.shop, ref="main")
    for status in ("failed", "canceled", "created", "skipped"):
        made = story.shipping.deploy(run, "staging", "running", url="https://staging.acme.example")
        story.tell(deployment_hooks="running")
        story.shipping.set_deployment(story.shop, made, status)
        story.tell(deployment_hooks=status)
    story.shipping.deploy(run, "review/B24-2103", by_api=True)
    story.tell(deployment_hooks="success_by_api_to_review")
    story.shipping.deploy(run, "прод", tier="production")
    story.tell(deployment_hooks="success_in_russian_environment")


def _approvals(story: Story) -> None:
    run = story.building.run_pipeline(story.shop, ref="main")
    for approve, name in ((True, "approved"), (False, "rejected")):
        made = story.shipping.deploy(run, "production", "blocked")
        story.tell(deployment_hooks="blocked")
        story.shipping.judge_deployment(
            story.shop, made, "ann", approve=approve, comment=f"It is {name}"
        )
        if approve:
            story.tell(deployment_hooks=name)
            continue
        story.told[f"deployment_hook__{name}"] = next(
            one.payload for one in story.deliveries.waiting if one.payload["status"] == name
        )
        story.tell(deployment_hooks="failed_after_rejection")
