"""Connecting with GitLab in a real browser: page in the frame, window, consent page, and back."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from sync.settings.apply import apply
from sync.settings.document import read as settings
from sync.store import connections, oauth_grants
from sync.store.db.database import read, write
from tests.b24app.pages import installed
from tests.e2e.test_settings import opened_settings
from tests.emulators.gitlab.server import GitLabEmulator

pytestmark = pytest.mark.browser


@pytest.fixture
def gitlab(clock):
    with GitLabEmulator(clock) as running:
        running.state.add_user("ann", "Ann Oak")
        running.state.add_user("bob", "Bob Elm")
        running.state.add_project("acme/shop", members={"ann": 40})
        yield running


@pytest.fixture
def furnished(beside, emulator, gitlab):
    """An installed portal with a connection that has no token, and an application in GitLab."""
    installed(beside, emulator)
    portal = beside.portal(emulator.state.member_id)
    text = (
        f"version: 1\nportal: {emulator.host}\nconnections:\n"
        f"  - name: main\n    url: {gitlab.url}\n    projects: [acme/shop]\n"
    )
    with write(beside.deps.engine) as conn:
        now = beside.deps.clock.now()
        apply(conn, beside.deps.vault, portal, settings(text, {}), environ={}, now=now)
    gitlab.oauth.register(f"{beside.deps.config.public_url}/b24/oauth/callback")
    return beside


def registered(gitlab):
    (application,) = gitlab.oauth.applications.values()
    return application


def agree(opened, button: str, user: str, answer: str = "Authorize") -> None:
    """Click the button, and answer GitLab's page in the window that it opens."""
    with opened.page.expect_popup() as popup:
        opened.frame.get_by_role("button", name=button, exact=True).click()
    page: Page = popup.value
    page.get_by_label("Signed in as").select_option(user)
    with (
        page.expect_event("close", timeout=30_000)
        if answer == "Authorize"
        else page.expect_navigation()
    ):
        page.get_by_role("button", name=answer, exact=True).click()


def granted(world, emulator, user_id=0):
    with read(world.deps.engine) as conn:
        portal = world.portal(emulator.state.member_id)
        record = connections.by_name(conn, portal.id, "main")
        return oauth_grants.find(conn, record.id, user_id)


def fill_in(opened, gitlab, labels=("Application ID", "Secret", "Store the application")):
    opened.frame.get_by_label(labels[0]).fill(registered(gitlab).client_id)
    opened.frame.get_by_label(labels[1], exact=True).fill(registered(gitlab).secret)
    opened.frame.get_by_role("button", name=labels[2]).click()
    expect(opened.frame.get_by_label(labels[0])).to_have_count(0)  # it is stored


def test_an_administrator_connects_with_two_clicks(furnished, emulator, gitlab, window):
    opened = opened_settings(window, section="Connections")
    opened.frame.get_by_role("button", name="Connect with GitLab").click()
    expect(opened.frame.get_by_text(registered(gitlab).redirect_uris[0])).to_be_visible()
    fill_in(opened, gitlab)
    agree(opened, "Connect with GitLab", "ann")
    expect(opened.frame.get_by_text("account ann")).to_be_visible()
    expect(opened.frame.get_by_role("button", name="Connect with GitLab again")).to_be_visible()
    assert granted(furnished, emulator).account["username"] == "ann"
    opened.frame.get_by_role("button", name="Test", exact=True).click()
    expect(opened.frame.get_by_text("ann at GitLab 19.2.1-ee, token with api")).to_be_visible()
    assert opened.said == []


def test_a_person_connects_their_own_account_in_russian(furnished, emulator, gitlab, window):
    opened = opened_settings(window, "ru", section="Connections")
    opened.frame.get_by_role("button", name="Подключить GitLab").click()
    fill_in(opened, gitlab, ("ID приложения", "Секрет", "Сохранить приложение"))
    opened = window("app", "ru")
    expect(opened.frame.get_by_role("heading", name="Ваша учётная запись GitLab")).to_be_visible()
    agree(opened, "Подключить GitLab", "bob")
    expect(opened.frame.get_by_text("подключена: @bob")).to_be_visible()
    assert granted(furnished, emulator, 1).account["username"] == "bob"
    assert granted(furnished, emulator) is None
    opened.frame.get_by_role("button", name="Отключить").click()
    expect(opened.frame.get_by_role("button", name="Подключить GitLab")).to_be_visible()
    assert granted(furnished, emulator, 1) is None
    assert opened.said == []


def test_who_denies_is_told_so_on_the_page(furnished, emulator, gitlab, window):
    opened = opened_settings(window, section="Connections")
    opened.frame.get_by_role("button", name="Connect with GitLab").click()
    fill_in(opened, gitlab)
    agree(opened, "Connect with GitLab", "ann", "Deny")
    expect(
        opened.frame.get_by_text("GitLab says that the sign-in was not agreed to")
    ).to_be_visible()
    assert granted(furnished, emulator) is None


def test_a_window_that_lost_its_page_says_so(furnished, browser):
    page = browser.new_page()
    page.goto(f"{furnished.deps.config.public_url}/b24/oauth/start")
    expect(page.get_by_role("status")).to_contain_text("has lost its page")
    page.close()
