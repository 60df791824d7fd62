"""The settings as forms: every setting of the file, what would change, errors at their fields."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from sync.core.rules.routes import DEFAULT_ROUTES
from sync.settings.apply import current_settings
from sync.settings.model import load, stored
from sync.store import portals
from sync.store.db.database import read, write
from tests.b24app.factories import AT, mirrored
from tests.b24app.pages import installed
from tests.b24app.settings_keys import documented_keys, plain
from tests.e2e.full_settings import full_settings
from tests.emulators.bitrix24 import work

pytestmark = pytest.mark.browser
SECTIONS = ("Connections", "People", "Workgroups", "Routes and chats", "Two-way sync", "General")
OPEN_ALL = "document.querySelectorAll('details:not([open]) > summary').forEach(one => one.click())"
PATHS = "[...document.querySelectorAll('[data-path]')].map(one => one.dataset.path)"


@pytest.fixture
def furnished(beside, emulator):
    """A portal with a connection, a task in work and a merge request of it."""
    installed(beside, emulator)
    portal = beside.portal(emulator.state.member_id)
    beside.connect(portal, domain=emulator.host)
    work.create_task(emulator.state, "Pay by card", id=2103)
    with write(beside.deps.engine) as conn:
        mirrored(conn, portal.id)
    return beside


def settings_of(world, emulator):
    with read(world.deps.engine) as conn:
        return current_settings(
            conn, portals.by_id(conn, world.portal(emulator.state.member_id).id)
        )


def section(opened, name, settings="Settings"):
    opened.frame.get_by_role("button", name=settings, exact=True).click()
    part = opened.frame.get_by_role("navigation").last.get_by_role("button", name=name, exact=True)
    part.click()
    expect(opened.frame.get_by_label("Loading")).to_have_count(0)
    return opened.frame


def press(frame, *names):
    for name in names:
        frame.get_by_role("button", name=name, exact=True).click()


def test_every_setting_of_the_file_can_be_made_on_the_page(furnished, emulator, window):
    with write(furnished.deps.engine) as conn:
        portal = furnished.portal(emulator.state.member_id)
        document = load(full_settings() | {"version": 1, "portal": emulator.host})
        portals.save_settings(conn, portal.id, stored(document), AT)
    opened = window("app")
    shown = set()
    for name in SECTIONS:
        section(opened, name)
        page = opened.page.frames[1]
        expect(opened.frame.locator("[data-path]").first).to_be_visible()
        while page.locator("details:not([open])").count():
            page.evaluate(OPEN_ALL)
        shown |= set(map(plain, page.evaluate(PATHS)))
    assert documented_keys() - shown == set()
    assert opened.said == []


@pytest.mark.parametrize(
    ("language", "names"),
    [
        (
            "en",
            ("Settings", "Routes and chats", "Add: Routes: what is sent where", "Merge requests",
             "Add: Where to", "Recipient 1", "What would change", "Messages", "Save",
             "Saved", "As usual"),
        ),
        (
            "ru",
            ("Настройки", "Маршруты и чаты", "Добавить: Маршруты: что и куда отправлять",
             "Merge requests", "Добавить: Куда", "Получатель 1", "Что изменится", "Сообщений",
             "Сохранить", "Сохранено", "Как обычно"),
        ),
    ],
    ids=["en", "ru"],
)  # fmt: skip
def test_a_route_is_made_previewed_rehearsed_and_saved(
    furnished, emulator, window, language, names
):
    settings, part, add, kind, add_target, target, check, messages, save, saved, usual = names
    opened = window("app", language)
    frame = section(opened, part, settings)
    frame.get_by_label(usual, exact=True).first.uncheck()
    press(frame, add)
    frame.get_by_label(kind, exact=True).check()
    press(frame, add_target)
    frame.get_by_label(target, exact=True).select_option(index=0)
    press(frame, check)
    expect(frame.get_by_text(messages).first).to_be_visible()
    press(frame, save)
    expect(frame.get_by_role("status").filter(has_text=saved).first).to_be_visible()
    *usual_ones, route = settings_of(furnished, emulator).routes
    assert len(usual_ones) == len(DEFAULT_ROUTES)
    assert [kind.value for kind in route.on] == ["merge_request"]
    unfinished = "422 (UNPROCESSABLE ENTITY)"  # a route without a recipient has no preview
    assert [text for text in opened.said if unfinished not in text] == []
