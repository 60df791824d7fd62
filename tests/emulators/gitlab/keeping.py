"""What a project keeps beside code: milestones, wiki pages, flags, vulnerabilities. Fires hooks.

https://docs.gitlab.com/user/project/integrations/webhook_events/
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tests.emulators.gitlab import kept_payloads
from tests.emulators.gitlab.deliveries import Deliveries
from tests.emulators.gitlab.entities import Project, User
from tests.emulators.gitlab.state import State
from tests.emulators.gitlab.tracked import FeatureFlag, Milestone, Vulnerability, WikiPage

MILESTONES_SINCE = (18, 2)
MILESTONE_STATES = {"close": "closed", "reopen": "active"}


@dataclass
class Keeping:
    state: State
    deliveries: Deliveries

    def create_milestone(
        self,
        project: Project | str,
        title: str,
        *,
        description: str = "",
        start_date: date | None = None,
        due_date: date | None = None,
    ) -> Milestone:
        place, now = self.state.project(project), self.state.now()
        made = Milestone(
            id=self.state.next_id("milestone"),
            iid=len(place.milestones) + 1,
            project_id=place.id,
            title=title,
            description=description,
            created_at=now,
            updated_at=now,
            start_date=start_date,
            due_date=due_date,
        )
        place.milestones[made.id] = made
        self._milestone(made, "create")
        return made

    def move_milestone(self, one: Milestone, action: str) -> None:
        """`action`: close or reopen."""
        with self.state.lock:
            one.state, one.updated_at = MILESTONE_STATES[action], self.state.now()
        self._milestone(one, action)

    def delete_milestone(self, one: Milestone) -> None:
        del self.state.projects[one.project_id].milestones[one.id]
        self._milestone(one, "delete")

    def _milestone(self, one: Milestone, action: str) -> None:
        if self.state.at_least(*MILESTONES_SINCE):
            place = self.state.projects[one.project_id]
            body = kept_payloads.milestone(self.state, one, action)
            self.deliveries.fire(place, "milestone_events", body)

    def write_page(
        self, project: Project | str, title: str, content: str, user: User | str
    ) -> WikiPage:
        """Creates the page, or updates the one of that title."""
        place, slug = self.state.project(project), title.replace(" ", "-")
        action = "update" if slug in place.wiki else "create"
        page = WikiPage(slug, title, content, f"{action.title()} {title}", self.state.next_sha())
        place.wiki[slug] = page
        self._page(place, page, user, action)
        return page

    def delete_page(self, project: Project | str, page: WikiPage, user: User | str) -> None:
        place = self.state.project(project)
        del place.wiki[page.slug]
        self._page(place, page, user, "delete")

    def _page(self, place: Project, page: WikiPage, user: User | str, action: str) -> None:
        actor = self.state.user(user)
        body = kept_payloads.wiki_page(self.state, place, page, actor, action)
        self.deliveries.fire(place, "wiki_page_events", body)

    def toggle_flag(
        self, project: Project | str, name: str, user: User | str, *, description: str = ""
    ) -> FeatureFlag:
        """Turns it on, or off; a new one is made turned on."""
        place, actor = self.state.project(project), self.state.user(user)
        with self.state.lock:
            flag = place.flags.get(name)
            if flag is None:
                number = self.state.next_id("flag")
                flag = place.flags[name] = FeatureFlag(number, name, description, False)
            flag.active = not flag.active
        body = kept_payloads.feature_flag(self.state, place, flag, actor)
        self.deliveries.fire(place, "feature_flag_events", body)
        return flag

    def find_vulnerability(
        self, project: Project | str, title: str, *, severity: str = "high"
    ) -> Vulnerability:
        place, now = self.state.project(project), self.state.now()
        number = self.state.next_id("vulnerability")
        made = Vulnerability(number, place.id, title, severity, now, now)
        place.vulnerabilities.append(made)
        self._vulnerability(made, None)
        return made

    def judge_vulnerability(self, one: Vulnerability, state: str, user: User | str) -> None:
        """`state`: confirmed, dismissed, resolved."""
        one.state, one.updated_at = state, self.state.now()
        self._vulnerability(one, self.state.user(user))

    def _vulnerability(self, one: Vulnerability, actor: User | None) -> None:
        """Ultimate only, so an EE matter."""
        if self.state.edition == "ee":
            body = kept_payloads.vulnerability(self.state, one, actor)
            self.deliveries.fire(self.state.projects[one.project_id], "vulnerability_events", body)
