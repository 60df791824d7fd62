"""What happens to groups and projects themselves: members, projects, tokens. Fires hooks.

https://docs.gitlab.com/user/project/integrations/webhook_events/#group-member-events
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.emulators.gitlab import owner_payloads
from tests.emulators.gitlab.deliveries import Deliveries
from tests.emulators.gitlab.entities import Group, Project, User
from tests.emulators.gitlab.state import State

PROJECTS_SINCE, DEPLOY_TOKENS_SINCE = (17, 6), (18, 10)


@dataclass
class Owning:
    state: State
    deliveries: Deliveries

    def add_member(
        self, group: Group | str, user: User | str, level: int, *, expires: datetime | None = None
    ) -> None:
        """A new member, or another level for one who is there."""
        place, who = self._group(group), self.state.user(user)
        event = "user_update_for_group" if who.id in place.members else "user_add_to_group"
        place.members[who.id] = level
        self._member(place, who, event, level, expires)

    def remove_member(self, group: Group | str, user: User | str) -> None:
        place, who = self._group(group), self.state.user(user)
        self._member(place, who, "user_remove_from_group", place.members.pop(who.id))

    def request_access(self, group: Group | str, user: User | str, *, denied: bool = False) -> None:
        event = "user_access_request_denied_for_group" if denied else "user_access_request_to_group"
        self._member(self._group(group), self.state.user(user), event, 30)

    def create_subgroup(self, path: str, parent: Group | str) -> Group:
        above, one = self._group(parent), self.state.add_group(path)
        self._subgroup(above, one, "subgroup_create")
        return one

    def destroy_subgroup(self, group: Group | str, parent: Group | str) -> None:
        one = self._group(group)
        del self.state.groups[one.id]
        self._subgroup(self._group(parent), one, "subgroup_destroy")

    def create_project(self, path: str, user: User | str) -> Project:
        owner = self.state.user(user)
        place = self.state.add_project(path, members={owner.username: 50})
        self._project(place, owner, "project_create")
        return place

    def destroy_project(self, project: Project | str, user: User | str) -> None:
        place = self.state.project(project)
        del self.state.projects[place.id]
        self._project(place, self.state.user(user), "project_destroy")

    def expire_access_token(self, place: Project | Group, name: str, days: int) -> None:
        """Told 7 days before, and 30 and 60 days where that is set up."""
        bot = self._bot(place)
        number, day = self.state.next_id("token"), self.state.now().date() + timedelta(days)
        body = owner_payloads.access_token(
            self.state, place, bot, number=number, name=name, expires=day
        )
        self.deliveries.fire(place, "resource_access_token_events", body)

    def expire_deploy_token(self, place: Project | Group, name: str, days: int) -> None:
        if not self.state.at_least(*DEPLOY_TOKENS_SINCE):
            return
        number, at = self.state.next_id("deploy_token"), self.state.now() + timedelta(days)
        body = owner_payloads.deploy_token(self.state, place, number=number, name=name, expires=at)
        self.deliveries.fire(place, "resource_deploy_token_events", body)

    def _member(
        self, place: Group, who: User, event: str, level: int, expires: datetime | None = None
    ) -> None:
        body = owner_payloads.member(place, who, event, level, self.state.now(), expires)
        self.deliveries.fire(place, "member_events", body)

    def _subgroup(self, parent: Group, one: Group, event: str) -> None:
        body = owner_payloads.subgroup(parent, one, event, self.state.now())
        self.deliveries.fire(parent, "subgroup_events", body)

    def _project(self, place: Project, owner: User, event: str) -> None:
        if place.group_id and self.state.at_least(*PROJECTS_SINCE):
            body = owner_payloads.project(place, owner, event, self.state.now())
            self.deliveries.fire(self.state.groups[place.group_id], "project_events", body)

    def _bot(self, place: Project | Group) -> User:
        kind = "project" if isinstance(place, Project) else "group"
        name = f"{kind}_{place.id}_bot"
        known = next((one for one in self.state.users.values() if one.username == name), None)
        bot = known or self.state.add_user(name)
        bot.bot = True
        return bot

    def _group(self, group: Group | str) -> Group:
        if isinstance(group, Group):
            return group
        return next(one for one in self.state.groups.values() if one.path == group)
