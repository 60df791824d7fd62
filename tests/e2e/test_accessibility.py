"""Every page under axe-core, in the portal's light and in its dark theme, and on a phone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from sync.settings.apply import apply
from sync.settings.document import read as settings
from sync.store import connections
from sync.store.db.database import write
from tests.b24app.factories import failed, linked, mirrored
from tests.b24app.pages import installed
from tests.e2e.axe import findings
from tests.emulators.bitrix24 import work
from tests.emulators.gitlab.server import GitLabEmulator

pytestmark = pytest.mark.browser
PICTURES = os.environ.get("B24BRIDGE_PICTURES")  # a folder, for whoever wants to look

# Colours fade into each other: on their way they have not the contrast that they are to have.
FADED = """() => Promise.allSettled(document.getAnimations()
    .filter(fade => fade instanceof CSSTransition).map(fade => fade.finished))"""


@pytest.fixture
def furnished(beside, emulator, clock):
    """A portal with a GitLab that works, a task with a merge request, and trouble."""
    with GitLabEmulator(clock) as gitlab:
        ann = gitlab.state.add_user("ann", "Ann Oak")
        gitlab.state.add_project("acme/shop", members={"ann": 40})
        token = gitlab.state.add_token(ann).value
        installed(beside, emulator)
        group = emulator.state.add_group("Sales")
        work.create_task(emulator.state, "Pay by card", id=2103, group_id=group.id)
        portal = beside.portal(emulator.state.member_id)
        text = (
            f"version: 1\nportal: {emulator.host}\nconnections:\n"
            f"  - {{name: main, url: '{gitlab.url}', token: {{env: TOKEN}},\n"
            f"     projects: [acme/shop]}}\n"
            f"rules: {{workgroups: {{{group.id}: {{projects: [acme/shop]}}}}}}\n"
        )
        environ = {"TOKEN": token}
        with write(beside.deps.engine) as conn:
            now, vault = beside.deps.clock.now(), beside.deps.vault
            apply(conn, vault, portal, settings(text, environ), environ=environ, now=now)
            main = connections.by_name(conn, portal.id, "main")
            connections.set_account(conn, main.id, {"username": "ann", "scopes": ["api"]})
            mirrored(conn, portal.id)
            failed(conn, portal.id)
            linked(conn, portal.id)
        yield beside


def press(opened, *names):
    for name in names:
        opened.frame.get_by_role("button", name=name).first.click()


# Page → the portal's page, the buttons that lead there, and what it shows when it has loaded.
PAGES = {
    "overview": ("app", [], "Payment gateway"),
    "inbox": ("app", ["Waiting for you"], "What failed"),
    "health": ("app", ["Health"], "Health"),
    "settings": ("app", ["Settings", "Match: Sales"], "What happens to a task"),
    "connect": ("app", ["First run"], "acme/shop"),
    "match": ("app", ["First run", "2. Match", "Match: Sales"], "What happens to a task"),
    "see": ("app", ["First run", "3. See"], "Read history in"),
    "task": ("task/2103", [], "Payment gateway"),
    "install": ("install", [], "What this portal offers"),
}


def opened_page(window, page):
    path, buttons, text = PAGES[page]
    opened = window(path, held="/api/install/finish")
    press(opened, *buttons)
    expect(opened.frame.get_by_text(text).first).to_be_attached()
    expect(opened.frame.get_by_label("Loading")).to_have_count(0)
    return opened


def change_scheme(opened, scheme):
    """Change the colours of the person's system, and wait until the page has taken them up."""
    opened.page.emulate_media(color_scheme=scheme)
    dark = opened.frame.locator("html.dark")
    expect(dark).to_have_count(1 if scheme == "dark" else 0)
    opened.page.frames[1].evaluate(FADED)


def picture(opened, name):
    if PICTURES:
        opened.page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


def test_axe_finds_nothing_on_any_page_in_light_or_dark(furnished, window):
    broken = {}
    for page in PAGES:
        opened = opened_page(window, page)
        for scheme in ("light", "dark"):
            change_scheme(opened, scheme)
            picture(opened, f"{page}-{scheme}")
            broken |= {(page, scheme): found} if (found := findings(opened)) else {}
        opened.page.close()
    assert broken == {}


def test_no_page_is_wider_than_a_phone(furnished, window):
    wide = []
    for page in ("settings", "connect", "match", "see"):
        opened = opened_page(window, page)
        opened.page.set_viewport_size({"width": 420, "height": 900})
        picture(opened, f"{page}-phone")
        frame = opened.page.frames[1]
        if frame.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(page)
    assert wide == []
