"""A connected project that GitLab does not show any more: what of the others, and what is said."""

from __future__ import annotations

import pytest

from b24app.services.history import wait_for_history
from sync.settings.apply import apply
from sync.settings.document import read as settings
from sync.store.db.database import write
from tests.b24app.pages import installed
from tests.emulators.gitlab.server import GitLabEmulator

WHY = {
    "en": "acme/old: It does not exist, or the token's user cannot see it. Check the project and",
    "ru": "acme/old: Этого нет, или владелец токена этого не видит. Проверьте проект",
}


@pytest.fixture
def admin(beside, emulator, clock):
    """An administrator's headers; of two connected projects GitLab has the second."""
    with GitLabEmulator(clock) as gitlab:
        gitlab.state.add_user("ann", "Ann Oak")
        gitlab.state.add_project("acme/shop", members={"ann": 40})
        installed(beside, emulator)
        portal = beside.portal(emulator.state.member_id)
        text = (
            f"version: 1\nportal: {emulator.host}\nconnections:\n"
            f"  - {{name: main, url: '{gitlab.url}', token: {{env: A}},"
            " projects: [acme/old, acme/shop]}\n"
        )
        environ = {"A": gitlab.state.add_token("ann").value}
        with write(beside.deps.engine) as conn:
            now, vault = beside.deps.clock.now(), beside.deps.vault
            apply(conn, vault, portal, settings(text, environ), environ=environ, now=now)
        yield beside.bearer(portal.id, access_token=emulator.token(1).access)


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_history_of_the_others_is_read(beside, admin, emulator, language):
    assert beside.client.post("/api/history", headers=admin).json["started"]
    assert wait_for_history(beside.portal(emulator.state.member_id).id, 60)
    headers = {**admin, "Accept-Language": language}
    answer = beside.client.get("/api/history", headers=headers).json
    assert [(row["path"], row["problems"]) for row in answer["projects"]] == [("acme/shop", [])]
    (problem,) = answer["problems"]
    assert problem.startswith(WHY[language])


def test_the_people_of_the_others_are_listed(beside, admin):
    answer = beside.client.get("/api/people", headers=admin).json
    assert [row["username"] for row in answer["people"]] == ["ann"]
    (problem,) = answer["problems"]
    assert problem.startswith(WHY["en"])
