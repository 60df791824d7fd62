"""An emulated GitLab with people of several roles, driven by python-gitlab and plain GraphQL."""

from __future__ import annotations

from dataclasses import dataclass, field

import gitlab as python_gitlab
import requests

from tests.emulators.gitlab.clock import StillClock
from tests.emulators.gitlab.entities import DEVELOPER, GUEST, MAINTAINER, OWNER, PLANNER
from tests.emulators.gitlab.receiver import Receiver
from tests.emulators.gitlab.server import GitLabEmulator

ROLES = {"ann": OWNER, "max": MAINTAINER, "dan": DEVELOPER, "pia": PLANNER, "gus": GUEST}
ISSUE_EVENTS = (
    "issues_events",
    "confidential_issues_events",
    "note_events",
    "confidential_note_events",
)


@dataclass
class IssueWorld:
    """`zoe` is a user without any role. `hooks()`: what a webhook of acme/shop was sent since."""

    clock: StillClock = field(default_factory=StillClock)

    def __enter__(self) -> IssueWorld:
        self.gitlab = GitLabEmulator(self.clock).__enter__()
        self.receiver = Receiver().__enter__()
        state = self.state = self.gitlab.state
        for name in (*ROLES, "zoe"):
            state.add_user(name, public=name == "ann")
        state.add_group("acme", members={"ann": OWNER})
        self.shop = state.add_project("acme/shop", members=ROLES)
        self.other = state.add_project("acme/other", members={"ann": OWNER, "pia": PLANNER})
        self.tokens = {name: state.add_token(name).value for name in (*ROLES, "zoe")}
        self.gitlab.add_hook(self.shop, self.receiver.url, *ISSUE_EVENTS)
        self._heard = 0
        return self

    def __exit__(self, *_: object) -> None:
        self.receiver.__exit__(None, None, None)
        self.gitlab.__exit__()

    def client(self, name: str = "ann") -> python_gitlab.Gitlab:
        return python_gitlab.Gitlab(self.gitlab.url, private_token=self.tokens[name], timeout=30)

    def project(self, name: str = "ann"):
        return self.client(name).projects.get(self.shop.id)

    def create(self, title: str = "Slow", name: str = "ann", **more):
        return self.project(name).issues.create({"title": title, **more})

    def ask(self, query: str, name: str = "ann", **variables: object) -> dict:
        answer = requests.post(
            f"{self.gitlab.url}/api/graphql",
            json={"query": query, "variables": variables},
            headers={"PRIVATE-TOKEN": self.tokens[name]},
            timeout=30,
        )
        return answer.json()

    def call(self, method: str, path: str, name: str = "ann", **more) -> requests.Response:
        return requests.request(
            method,
            f"{self.gitlab.url}/api/v4{path}",
            headers={"PRIVATE-TOKEN": self.tokens[name], **more.pop("headers", {})},
            timeout=30,
            **more,
        )

    def hooks(self) -> list[dict]:
        import json

        sent = [json.loads(each.body) for each in self.receiver.heard[self._heard :]]
        self._heard = len(self.receiver.heard)
        return sent

    def acts(self) -> list[tuple[str, str]]:
        """Kind and action of the hooks since."""
        bodies = self.hooks()
        return [(b["object_kind"], b["object_attributes"].get("action")) for b in bodies]
