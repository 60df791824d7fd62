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
from tests.b24app.routes.test_pair_proposals import admin as pair  # noqa: F401 - a fixture
from tests.b24app.settings_keys import documented_keys, plain
from tests.e2e.full_settings import full_settings
from tests.e2e.test_first_run import COLUMNS
from tests.emulators.bitrix24 import work

pytestmark = pytest.mark.browser
SECTIONS = ("Connections", "People", "Workgroups", "Routes and chats", "Two-way sync", "General")
# A group's fields are there a moment after it was opened, and may be groups to open.
OPEN_ALL = """async () => {
    for (;;) {
        const groups = [...document.querySelectorAll('details')]
        const closed = groups.filter(group => !group.open)
        if (!closed.length && groups.every(group => group.children.length > 1)) return
        closed.forEach(group => group.querySelector('summary').click())
        await new Promise(requestAnimationFrame)
    }
}"""
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
             "Запросы на слияние", "Добавить: Куда", "Получатель 1", "Что изменится", "Сообщений",
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


@pytest.mark.parametrize(
    ("language", "names"),
    [
        (
            "en",
            ("Settings", "Routes and chats", "Time zone of quiet hours", "What would change",
             "1 problem", "must be a time zone"),
        ),
        (
            "ru",
            ("Настройки", "Маршруты и чаты", "Часовой пояс тихих часов", "Что изменится",
             "Ошибок в документе: 1", "часовым поясом"),
        ),
    ],
    ids=["en", "ru"],
)  # fmt: skip
def test_what_is_wrong_stands_at_its_field_and_nothing_is_saved(
    furnished, emulator, window, language, names
):
    settings, part, label, check, problems, reason = names
    opened = window("app", language)
    frame = section(opened, part, settings)
    before = settings_of(furnished, emulator)
    field = frame.get_by_label(label, exact=True)
    field.fill("Mars/Olympus")
    press(frame, check)
    expect(frame.get_by_text(problems)).to_be_visible()
    expect(field).to_have_attribute("aria-invalid", "true")
    wrong = field.get_attribute("aria-describedby").split()[-1]
    expect(frame.locator(f"[id='{wrong}']")).to_contain_text(reason)
    assert settings_of(furnished, emulator) == before


def test_the_later_of_two_administrators_is_not_shown_the_others_change_as_theirs(
    furnished, emulator, window
):
    later, earlier = window("app"), window("app")
    frames = [section(opened, "Routes and chats") for opened in (later, earlier)]
    for frame, zone in zip(frames, ("Europe/Berlin", "Europe/Moscow"), strict=True):
        frame.get_by_label("Time zone of quiet hours", exact=True).fill(zone)
        press(frame, "What would change")
        expect(frame.get_by_text("This would change")).to_be_visible()
    later, earlier = frames
    press(earlier, "Save")
    expect(earlier.get_by_text("Saved", exact=True)).to_be_visible()
    press(later, "Save")
    expect(later.get_by_text("Somebody else saved the settings meanwhile")).to_be_visible()
    expect(later.get_by_text("This would change")).to_have_count(0)
    press(later, "Save mine beside theirs")
    expect(later.get_by_text("Saved", exact=True)).to_be_visible()
    assert str(settings_of(furnished, emulator).timezone) == "Europe/Berlin"


def test_a_lifecycle_says_what_would_change_and_leaves_the_others_step(furnished, emulator, window):
    sales = emulator.state.add_group("Sales", members=[1], stages=COLUMNS)
    windows, forms = [window("app"), window("app")], []
    for opened in windows:
        frame = section(opened, "Workgroups")
        press(frame, "Match: Sales")
        forms.append(frame.get_by_role("form", name="Workgroup Sales"))
    later, earlier = forms
    earlier.get_by_label("Status: Merged").select_option("Completed")
    press(earlier, "What would change")
    expect(earlier.get_by_text("No task would stand elsewhere")).to_be_visible()
    press(earlier, "Save")
    expect(earlier.get_by_text("Saved", exact=True)).to_be_visible()
    later.get_by_label("Status: Under review").select_option("In progress")
    window_of_later = windows[0]
    window_of_later.page.route(
        "**/api/settings", lambda route: window_of_later.waiting.append(route), times=1
    )
    press(later, "What would change")
    overtaken = later.get_by_text("Somebody else saved the settings meanwhile")
    window_of_later.until_held()
    assert not overtaken.is_visible()  # theirs is being read: saving mine would be overtaken again
    window_of_later.let_go()
    expect(overtaken).to_be_visible()
    press(later, "Save mine beside theirs")
    expect(later.get_by_text("Saved", exact=True)).to_be_visible()
    steps = settings_of(furnished, emulator).rules.workgroups[sales.id].steps
    assert {step.value: target.status for step, target in steps.items() if target} == {
        "merged": "completed", "review": "in_progress"
    }  # fmt: skip


def test_without_a_connection_the_page_says_so_and_goes_on_when_it_is_back(
    furnished, emulator, window
):
    opened = window("app")
    frame, network = section(opened, "Routes and chats"), opened.page.context
    again = frame.get_by_role("form").get_by_role("button", name="Try again").last
    frame.get_by_label("Time zone of quiet hours", exact=True).fill("Europe/Berlin")
    for button, outcome in (("What would change", "This would change"), ("Save", "Saved")):
        network.set_offline(True)
        press(frame, button)
        expect(frame.get_by_text("The server could not be reached").last).to_be_visible()
        network.set_offline(False)
        again.click()
        expect(frame.get_by_text(outcome, exact=True)).to_be_visible()
    assert str(settings_of(furnished, emulator).timezone) == "Europe/Berlin"
    network.set_offline(True)
    press(frame, "Health")  # of which nothing was loaded yet
    again = frame.get_by_role("button", name="Open again")
    expect(again).to_be_visible()
    network.set_offline(False)
    again.click()  # some browsers keep what an import raised until the page is loaded anew
    press(frame, "Health")
    expect(frame.get_by_role("heading", level=1)).to_have_text("Health")


def test_a_pair_offers_what_both_of_its_sides_have(beside, emulator, pair, window):  # noqa: F811 - a fixture
    opened = window("app")
    frame = section(opened, "Two-way sync")
    press(frame, "Add: Pairs of workgroup and project")
    frame.get_by_label("Workgroup", exact=True).fill(str(next(iter(emulator.state.groups))))
    frame.get_by_label("Project", exact=True).fill("SHOP")
    frame.get_by_label("Connection", exact=True).fill("yt")
    press(frame, "Read statuses and fields of both sides")
    expect(frame.get_by_text("Statuses and fields of both sides are offered")).to_be_visible()
    table = frame.get_by_role("group", name="Table of statuses")
    table.get_by_label("As usual").uncheck()
    press(frame, "Add: Table of statuses")
    offers = frame.locator("datalist option[value='In Progress']")
    expect(offers.first).to_be_attached()
    assert opened.said == []
