"""Whose a CI job's report is, where portals name one project, or its path became another's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from b24app.services.report_recipients import Contested, Recipients, addressed_portal
from sync.core.model.common import Project
from sync.gitlab.ci_reports.id_tokens import Claims
from sync.store import connections, portals, projects
from sync.store.db.database import read, write
from sync.store.rows import (
    ConnectionDraft,
    ConnectionRecord,
    ConnectionSecrets,
    Installation,
    PortalTokens,
)
from tests.b24app.conftest import World
from tests.b24app.factories import AT
from tests.emulators.gitlab.server import GitLabEmulator

CLAIMS = Claims(
    "", "jti", 0, "acme/shop", 1, "acme", 5, "push", "c0ffee", "main", "branch", 1, "ann", AT
)


@dataclass
class Place:
    """Portals of one app that connect one GitLab."""

    world: World
    gitlab: GitLabEmulator
    recipients: Recipients
    portals: int = 0

    def connect(self, username: str = "", **options: Any) -> ConnectionRecord:
        """Another portal's connection; `username`: whose token it has, "" for none."""
        self.portals += 1
        token = self.gitlab.state.add_token(username).value if username else None
        member = f"{self.portals:032}"
        address = f"https://p{self.portals}.example.com/rest/"
        installation = Installation(member, address, "", PortalTokens("a", "r", None, 1))
        deps = self.world.deps
        with write(deps.engine) as conn:
            portal_id = portals.create_or_update(conn, deps.vault, installation, AT)
            secrets = ConnectionSecrets(f"key {self.portals}", access_token=token)
            draft = ConnectionDraft("gitlab", "main", self.gitlab.url, secrets, options)
            number = connections.upsert(conn, deps.vault, portal_id, draft, AT)
        return self.now(number)

    def now(self, number: int) -> ConnectionRecord:
        """The connection as it is stored now."""
        with read(self.world.deps.engine) as conn:
            record = connections.by_id(conn, number)
        assert record is not None
        return record

    def meet(self, record: ConnectionRecord, project_id: int) -> None:
        """A webhook of the project, which whoever has the connection's secret can send."""
        url = f"{self.gitlab.url}/acme/shop"
        with write(self.world.deps.engine) as conn:
            projects.save_projects(
                conn, [Project(record.id, project_id, "acme/shop", url, "Shop", "main")]
            )

    def choose(
        self, *records: ConnectionRecord, portal_id: int | None = None, **changes: Any
    ) -> list[int]:
        """The ids of the connections that get a report of the shop."""
        claims = replace(CLAIMS, project_id=self.gitlab.shop.id)
        fresh = [self.now(record.id) for record in records]
        return [record.id for record in self.recipients.choose(fresh, claims, portal_id)]

    def requests(self) -> int:
        """How often GitLab was asked."""
        return len(self.gitlab.requests)


@pytest.fixture
def place(world, clock) -> Iterator[Place]:
    with GitLabEmulator(clock) as gitlab:
        for name in ("ann", "dan", "eve"):
            gitlab.state.add_user(name)
        gitlab.shop = gitlab.state.add_project(
            "acme/shop", members={"ann": 40, "dan": 30}, visibility="public"
        )
        yield Place(world, gitlab, Recipients(world.deps.clients))


def test_a_connection_without_projects_proves_its_access_when_a_report_comes(place):
    """The stranger names the project, has read it, and has sent themselves a webhook of it."""
    own, stranger = place.connect("ann"), place.connect("eve", projects=["acme/shop"])
    place.meet(own, place.gitlab.shop.id)
    place.meet(stranger, place.gitlab.shop.id)
    assert place.choose(stranger, own) == [own.id]
    asked = place.requests()
    assert place.choose(stranger, own) == [own.id]
    assert place.requests() == asked, "what was answered is remembered"


@pytest.mark.parametrize("username", ["dan", ""], ids=["a developer's token", "no token"])
def test_a_project_that_nobody_has_proven_says_itself_whose_it_is(place, username):
    own, stranger = (
        place.connect(username, projects=["acme/shop"]),
        place.connect("", groups=["acme"]),
    )
    with pytest.raises(Contested) as refused:
        place.choose(own, stranger)
    assert not refused.value.later
    for record, host in ((own, "p1.example.com"), (stranger, "P2.example.com")):
        portal_id = addressed_portal(place.world.deps.clients, host, [1, 2])
        assert place.choose(own, stranger, portal_id=portal_id) == [record.id]
    assert addressed_portal(place.world.deps.clients, "p3.example.com", [1, 2]) is None


@pytest.mark.parametrize(
    ("username", "taken"),
    [("ann", True), ("dan", True), ("", True), ("eve", False)],
    ids=["maintainer", "developer", "no token", "stranger"],
)
def test_of_a_single_portal_everybody_but_a_stranger_to_the_project_gets_reports(
    place, username, taken
):
    own = place.connect(username, projects=["acme/shop"])
    assert place.choose(own) == ([own.id] if taken else [])


def test_who_takes_over_the_path_of_a_renamed_project_moves_no_tasks(place):
    own = place.connect("ann", projects=["acme/shop"])
    assert place.choose(own) == [own.id]
    squatted = place.gitlab.state.add_project("evil/shop", members={"eve": 40}, visibility="public")
    place.gitlab.shop = squatted
    assert place.choose(own) == []
    by_number = place.connect("ann", projects=[squatted.id])
    assert place.choose(by_number) == [by_number.id]


def test_a_gitlab_that_is_away_has_the_job_try_again(place):
    own, other = place.connect("ann", projects=["acme/shop"]), place.connect("", groups=["acme"])
    place.gitlab.failing = 503
    with pytest.raises(Contested) as refused:
        place.choose(own, other)
    assert refused.value.later


def test_who_is_thrown_out_of_a_project_gets_its_reports_for_a_week_at_most(place, clock):
    own, other = place.connect("ann", projects=["acme/shop"]), place.connect("dan", groups=["acme"])
    assert place.choose(own, other) == [own.id]
    place.gitlab.shop.members.clear()
    assert place.choose(own, other) == [own.id]
    clock.sleep(timedelta(days=8).total_seconds())
    with pytest.raises(Contested):
        place.choose(own, other)


def test_without_tls_a_proxy_of_its_own_proves_nothing(place):
    own = place.connect("ann", projects=["acme/shop"], proxy=place.gitlab.url)
    other = place.connect("", groups=["acme"])
    with pytest.raises(Contested):
        place.choose(own, other)
    assert place.requests() == 0
