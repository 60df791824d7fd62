"""A small GitLab to test against: group acme, project acme/shop, Ann maintains, Bob develops."""

from __future__ import annotations

from dataclasses import dataclass, field

import requests

from tests.emulators.gitlab.clock import StillClock
from tests.emulators.gitlab.entities import (
    DEVELOPER,
    MAINTAINER,
    OWNER,
    MergeRequest,
    Project,
)
from tests.emulators.gitlab.server import GitLabEmulator

BRANCH = "feature/B24-1-pay"


@dataclass
class Acme:
    """`call` asks the API as Ann, unless told otherwise by `token` or `headers`."""

    clock: StillClock = field(default_factory=StillClock)

    def __enter__(self) -> Acme:
        self.gitlab = GitLabEmulator(self.clock).__enter__()
        state = self.gitlab.state
        ann = state.add_user("ann", "Ann Oak", public=True)
        bob, cat = state.add_user("bob", "Bob Elm"), state.add_user("cat", "Cat Fir")
        state.add_group("acme", members={"ann": OWNER})
        self.shop: Project = state.add_project(
            "acme/shop", members={"ann": MAINTAINER, "bob": DEVELOPER}
        )
        self.ann, self.bob, self.cat = (state.add_token(one).value for one in (ann, bob, cat))
        return self

    def __exit__(self, *_: object) -> None:
        self.gitlab.__exit__()

    def open_mr(self, title: str = "B24-1 Pay", *, branch: str = BRANCH) -> MergeRequest:
        self.gitlab.push(self.shop, branch, ["Add B24-1"], "bob")
        return self.gitlab.open_mr(self.shop, branch, title, "bob", reviewers=["ann"])

    def call(
        self, method: str, path: str, *, token: str = "", headers: dict | None = None, **more
    ) -> requests.Response:
        sent = headers if headers is not None else {"PRIVATE-TOKEN": token or self.ann}
        url = f"{self.gitlab.url}/api/v4{path}"
        return requests.request(method, url, headers=sent, timeout=30, **more)
