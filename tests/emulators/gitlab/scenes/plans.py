"""Issues, incidents and work items from opening to closing, and milestones."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.emulators.gitlab.story import Story

HOUR = 3600


def play(story: Story) -> None:
    _milestones(story)
    _issue(story)
    _kinds(story)


def _milestones(story: Story) -> None:
    keep = story.keeping
    spring = keep.create_milestone(
        story.shop,
        "Spring",
        description="Payments",
        start_date=date(2026, 3, 1),
        due_date=date(2026, 5, 31),
    )
    story.tell(milestone_hooks="created")
    for action, name in (("close", "closed"), ("reopen", "reopened")):
        keep.move_milestone(spring, action)
        story.tell(milestone_hooks=name)
    keep.delete_milestone(spring)
    story.tell(milestone_hooks="deleted")


def _issue(story: Story) -> None:
    track, shop = story.tracking, story.shop
    summer = story.keeping.create_milestone(shop, "Summer")
    story.deliveries.waiting.clear()
    one = track.open_issue(
        shop,
        "Refunds fail",
        "ann",
        description="See B24-7",
        labels=["bug", "priority::high"],
        assignees=["bob"],
        milestone=summer,
        due_date="2026-03-20",
    )
    story.tell(issue_hooks="opened")
    track.update_issue(one, "bob", title="Refunds fail at night", labels=["bug"], assignees=["eve"])
    story.tell(issue_hooks="updated")
    track.update_issue(one, "eve", spent=90 * 60, time_estimate=4 * HOUR)
    story.tell(issue_hooks="time_spent")
    track.close_issue(one, "eve")
    story.tell(issue_hooks="closed")
    track.reopen_issue(one, "ann")
    story.tell(issue_hooks="reopened")
    track.open_issue(shop, "Leaked key", "ann", confidential=True)
    story.tell(confidential_issue_hooks="opened")


def _kinds(story: Story) -> None:
    track, shop = story.tracking, story.shop
    incident = track.open_issue(shop, "Shop is down", "bob", kind="Incident")
    story.tell(issue_hooks="incident_opened")
    track.close_issue(incident, "bob")
    story.tell(issue_hooks="incident_closed")
    task = track.open_issue(shop, "Write a test", "eve", kind="Task", assignees=["bob"])
    story.tell(issue_hooks="work_item_opened")
    track.update_issue(task, "bob", weight=3)
    story.tell(issue_hooks="work_item_updated")
    track.close_issue(task, "bob")
    story.tell(issue_hooks="work_item_closed")
    track.open_issue(shop, "Audit", "ann", kind="Task", confidential=True)
    story.tell(confidential_issue_hooks="work_item_opened")
