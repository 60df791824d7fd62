"""The application's own page and the tab in a task: who sees what, and who brings it back."""

from __future__ import annotations

import pytest

from b24app.services.install_steps import InstallWorker
from sync.store import portals
from sync.store.db.database import read, write
from tests.b24app.pages import config_of, installed, post, secrets_of


@pytest.fixture(autouse=True)
def built(monkeypatch):
    from b24app import assets

    monkeypatch.setattr(assets, "find_assets", lambda **_: assets.Assets("main.js", ("main.css",)))


@pytest.fixture
def member(emulator):
    return emulator.state.member_id


def test_the_application_opens_on_the_overview(beside, emulator):
    installed(beside, emulator)
    config = config_of(post(beside, emulator.application_page()))
    assert (config["view"], config["admin"], config["taskId"]) == ("overview", True, None)


def test_an_ordinary_employee_may_look_but_not_change(beside, emulator):
    installed(beside, emulator)
    user = emulator.state.add_user("Ed", email="ed@portal.test")
    config = config_of(post(beside, emulator.application_page(user.id)))
    assert (config["view"], config["admin"]) == ("overview", False)
    headers = {"Authorization": f"Bearer {config['token']}"}
    assert beside.client.get("/api/status", headers=headers).status_code == 200
    assert beside.client.post("/api/replay", json={}, headers=headers).status_code == 403


def test_the_tab_of_a_task_opens_on_that_task(beside, emulator):
    installed(beside, emulator)
    frame = emulator.placement_page("TASK_VIEW_TAB", 1, {"taskId": "2103"})
    config = config_of(post(beside, frame))
    assert (config["view"], config["taskId"]) == ("task", 2103)


@pytest.mark.parametrize("options", ["", "[]", "{", '{"taskId": "x"}', '{"taskId": {"a": 1}}'])
def test_a_tab_that_names_no_task_shows_the_overview(beside, emulator, options):
    installed(beside, emulator)
    frame = emulator.placement_page("TASK_VIEW_TAB", 1, {"taskId": "2103"})
    frame.form["PLACEMENT_OPTIONS"] = options
    config = config_of(post(beside, frame))
    assert (config["view"], config["taskId"]) == ("overview", None)


@pytest.mark.parametrize(
    ("lang", "language"), [("ru", "ru"), ("en", "en"), ("de", "en"), ("", "en")]
)
def test_the_page_speaks_the_language_of_the_frame(beside, emulator, lang, language):
    installed(beside, emulator)
    frame = emulator.application_page()
    frame.query["LANG"] = lang
    page = post(beside, frame)
    assert config_of(page)["language"] == language
    assert f'<html lang="{language}">' in page.text


def renewed(beside, page, access_token):
    headers = {"Authorization": f"Bearer {config_of(page)['token']}"}
    body = {"access_token": access_token}
    return beside.client.post("/api/renew", json=body, headers=headers).json


def test_an_administrator_stays_one_while_the_portal_says_so(beside, emulator):
    installed(beside, emulator)
    page = post(beside, emulator.application_page())
    assert renewed(beside, page, emulator.token(1).access)["admin"] is True
    emulator.state.users[1].admin = False
    assert renewed(beside, page, emulator.token(1).access)["admin"] is False


def test_an_administrators_token_is_not_proven_by_another_one(beside, emulator):
    installed(beside, emulator)
    page = post(beside, emulator.application_page())
    other = emulator.state.add_user("Bob", email="bob@portal.test", admin=True)
    for token in ("", "0" * 70, emulator.token(other.id).access):
        assert renewed(beside, page, token)["admin"] is False


def test_an_employee_does_not_become_an_administrator_by_renewing(beside, emulator):
    installed(beside, emulator)
    user = emulator.state.add_user("Ed", email="ed@portal.test")
    page = post(beside, emulator.application_page(user.id))
    assert renewed(beside, page, emulator.token(1).access)["admin"] is False


def test_a_forged_page_is_refused(beside, emulator):
    installed(beside, emulator)
    frame = emulator.application_page()
    frame.form["AUTH_ID"] = "0" * 70
    page = post(beside, frame)
    assert page.status_code == 401
    assert 'id="config"' not in page.text


def test_an_installation_that_was_left_is_finished_by_the_next_administrator(
    beside, emulator, member
):
    post(beside, emulator.install_page())
    assert beside.portal(member).state == "installing"
    assert config_of(post(beside, emulator.application_page()))["view"] == "install"
    user = emulator.state.add_user("Ed", email="ed@portal.test")
    assert config_of(post(beside, emulator.application_page(user.id)))["view"] == "overview"


def test_a_disconnected_portal_comes_back_when_an_administrator_opens_it(beside, emulator, member):
    installed(beside, emulator)
    with write(beside.deps.engine) as conn:
        portal_id = beside.portal(member).id
        portals.set_state(conn, portal_id, "disconnected", "dead", beside.deps.clock.now())
    user = emulator.state.add_user("Ed", email="ed@portal.test")
    refused = post(beside, emulator.application_page(user.id))
    assert refused.status_code == 409
    assert "Ask an administrator of the portal to open it once" in refused.text
    frame = emulator.application_page()
    assert config_of(post(beside, frame))["view"] == "overview"
    with read(beside.deps.engine) as conn:
        tokens = portals.tokens(conn, beside.deps.vault, portal_id)
    assert tokens.access_token == frame.form["AUTH_ID"]
    assert InstallWorker(beside.deps.clients).run_once() == 1
    assert beside.portal(member).state == "active"


def test_opening_a_page_does_not_change_the_stored_tokens(beside, emulator, member):
    installed(beside, emulator)
    before = secrets_of(beside)
    post(beside, emulator.application_page())
    assert secrets_of(beside) == before


def test_a_portal_with_a_new_address_is_known_by_its_member_id(beside, emulator, member):
    installed(beside, emulator)
    emulator.move_domain()
    page = post(beside, emulator.application_page())
    assert page.status_code == 200
    assert beside.portal(member).client_endpoint == f"{emulator.portal_url}/rest/"
    assert f"frame-ancestors {emulator.portal_url}" in page.headers["Content-Security-Policy"]


def test_a_plain_page_is_light_in_the_portal_and_as_the_system_outside(beside, emulator):
    frame = emulator.application_page()
    frame.form["AUTH_ID"] = "0" * 70
    meta = '<meta name="color-scheme" content="{}">'
    assert meta.format("light") in post(beside, frame).text
    assert meta.format("light dark") in beside.client.get("/b24/oauth/start").text
