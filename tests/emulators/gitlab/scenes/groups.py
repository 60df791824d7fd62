"""What only hooks of groups hear: members, subgroups, projects; and a token of a group."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.emulators.gitlab.story import Story

QUARTER = timedelta(days=90)


def play(story: Story) -> None:
    own, acme = story.owning, story.acme
    own.add_member(acme, "eve", 30, expires=story.clock.now() + QUARTER)
    story.tell(member_hooks="added")
    own.add_member(acme, "eve", 40)
    story.tell(member_hooks="updated")
    own.remove_member(acme, "eve")
    story.tell(member_hooks="removed")
    own.request_access(acme, "bob")
    story.tell(member_hooks="access_requested")
    own.request_access(acme, "bob", denied=True)
    story.tell(member_hooks="access_denied")
    own.create_subgroup("acme/labs", acme)
    story.tell(subgroup_hooks="created")
    own.destroy_subgroup("acme/labs", acme)
    story.tell(subgroup_hooks="destroyed")
    made = own.create_project("acme/tools", "ann")
    story.tell(project_hooks="created")
    own.destroy_project(made, "ann")
    story.tell(project_hooks="destroyed")
    story.hear_group("resource_access_token_events")
    own.expire_access_token(acme, "group bridge", 7)
    story.tell(resource_access_token_hooks="of_group_expires_in_7_days")
