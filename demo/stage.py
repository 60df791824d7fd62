"""The stage: an emulated portal, an emulated GitLab, and b24bridge itself as its own processes."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Self

from demo.service import Service
from tests.emulators.bitrix24.server import SCOPES, BitrixEmulator
from tests.emulators.gitlab.server import GitLabEmulator

TASK, TITLE = 2103, "Payment by card"
BORIS, VERA, MARIA = 7, 8, 9
STAGES = ("In review", "Ready to merge")

SETTINGS = """\
version: 1
portal: {portal}
language: en
connections:
  - name: gitlab
    url: {gitlab}
    token: {{env: GITLAB_TOKEN}}
    projects: [acme/shop]
    issue_links: true
rules:
  workgroups:
    10:
      steps:
        review: {{status: in_progress, stage: {{type: REVIEW}}}}
        approved: {{status: in_progress, stage: {{title: Ready to merge}}}}
        merged: {{status: completed, stage: {{type: FINISH}}}}
"""


class Stage:
    """Everything the scenes act on. Use as a context manager; nothing outlives it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.b24, self.gitlab = BitrixEmulator(scopes=(*SCOPES, "disk")), GitLabEmulator()
        self.service = Service(home, self.b24)
        self.beside = ExitStack()  # systems that join later, and stay as long as the rest

    def __enter__(self) -> Self:
        self.b24.start()
        self.gitlab.__enter__()
        self._people_and_places()
        self.service.more = {"GITLAB_TOKEN": self.token}
        return self

    def __exit__(self, *exc: object) -> None:
        self.service.stop()
        self.beside.close()
        self.gitlab.__exit__()
        self.b24.stop()

    def _people_and_places(self) -> None:
        portal, gitlab = self.b24.state, self.gitlab.state
        for number, name, surname in (
            (BORIS, "Boris", "Orlov"), (VERA, "Vera", "Lind"), (MARIA, "Maria", "Stein"),
        ):  # fmt: skip
            email = f"{name.lower()}@acme.example"
            portal.add_user(name, id=number, last_name=surname, email=email)
        portal.add_group("Shop", id=10, members=[1, BORIS, VERA, MARIA])
        for place, title in enumerate(STAGES):
            kind = "REVIEW" if place == 0 else None
            portal.add_stage(10, title, sort=310 + place, system_type=kind)
        portal.create_task(
            TITLE, id=TASK, group_id=10, created_by=MARIA, responsible_id=BORIS,
        )  # fmt: skip
        self.boris = gitlab.add_user("boris", "Boris Orlov", public=True)
        self.vera = gitlab.add_user("vera", "Vera Lind", public=True)
        for person in (self.boris, self.vera):
            person.email = f"{person.username}@acme.example"
        members = {"boris": 40, "vera": 40}
        gitlab.add_group("acme", members={"boris": 50})
        self.shop = gitlab.add_project("acme/shop", members=members)
        self.shop.approvals_required = 1
        self.token = gitlab.add_token(self.boris, scopes=("api",)).value

    @property
    def url(self) -> str:
        return self.service.url

    def settings_file(self) -> Path:
        path = self.home / "settings.yaml"
        path.write_text(SETTINGS.format(portal=self.b24.host, gitlab=self.gitlab.url))
        return path
