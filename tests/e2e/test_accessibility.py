"""Every page under axe-core, in the light and in the dark, and on a phone."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from sync.settings.apply import apply
from sync.settings.document import read as settings
from sync.store import connections
from sync.store.db.database import write
from tests.b24app.factories import AT, deployed, failed, linked, mirrored
from tests.b24app.history import shipped_for_weeks
from tests.b24app.pages import installed
from tests.e2e.axe import findings, source
from tests.e2e.conftest import SIZE
from tests.emulators.bitrix24 import work
from tests.emulators.gitlab.server import GitLabEmulator

pytestmark = pytest.mark.browser
PHONE = {"width": 420, "height": 900}
PICTURES = os.environ.get("B24BRIDGE_PICTURES")  # a folder, for whoever wants to look

# Colours fade into each other: on their way they have not the contrast that they are to have. One
# fade begins another, as of a button whose words take their colour from it; each ends in its time.
FADED = """async () => {
    for (let turn = 0; turn < 100; turn++) {
        const fades = document.getAnimations().filter(fade => fade instanceof CSSTransition)
        if (!fades.length) return
        await Promise.allSettled(fades.map(fade => fade.finished))
    }
}"""


@pytest.fixture
def furnished(beside, emulator, clock):
    """A portal with a GitLab that works, weeks of work, a task with a merge request, trouble."""
    clock.sleep((AT + timedelta(hours=5) - clock.now()).total_seconds())
    with GitLabEmulator(clock) as gitlab:
        ann = gitlab.state.add_user("ann", "Ann Oak")
        gitlab.state.add_project("acme/shop", members={"ann": 40})
        token = gitlab.state.add_token(ann).value
        installed(beside, emulator)
        group = emulator.state.add_group("Sales")
        task = work.create_task(emulator.state, "Pay by card", id=2103, group_id=group.id)
        work.log_time(emulator.state, task, 1, 5400, "Review", emulator.state.now())
        portal = beside.portal(emulator.state.member_id)
        text = (
            f"version: 1\nportal: {emulator.host}\nconnections:\n"
            f"  - {{name: main, url: '{gitlab.url}', token: {{env: TOKEN}},\n"
            f"     projects: [acme/shop]}}\n"
            f"rules: {{workgroups: {{{group.id}: {{projects: [acme/shop], editors: [1]}}}}}}\n"
        )
        environ = {"TOKEN": token}
        with write(beside.deps.engine) as conn:
            now, vault = beside.deps.clock.now(), beside.deps.vault
            apply(conn, vault, portal, settings(text, environ), environ=environ, now=now)
            main = connections.by_name(conn, portal.id, "main")
            connections.set_account(conn, main.id, {"username": "ann", "scopes": ["api"]})
            mirrored(conn, portal.id)
            failed(conn, portal.id)
            deployed(conn, portal.id, ("staging", "success"), ("production", "failed"))
            linked(conn, portal.id)
            shipped_for_weeks(conn, portal.id, now)
        yield beside


WORKGROUPS = re.compile("^(Workgroups|Группы)$")  # not "My workgroups"
SETTINGS, FIRST_RUN = "Settings|Настройки", "First run|Первый запуск"
SALES = "Match: Sales|Сопоставить: Sales"
PAIR = "Add: Pairs of workgroup and project|Добавить: Пары: группа и проект"
STEPS = "What happens to a task|Что происходит с задачей"
# Page → the portal's page, the buttons that lead there, and what it shows when it has loaded.
PAGES = {
    "overview": ("app", [], "Payment gateway"),
    "flow": ("app", ["Flow and metrics|Поток и метрики"], "DORA metrics|Метрики DORA"),
    "own rules": ("app", ["My workgroups|Мои группы"], STEPS),
    "inbox": ("app", ["Waiting for you|Ждёт вас"], "What failed|Что не получилось"),
    "health": ("app", ["Health|Состояние"], "Health|Состояние"),
    "settings": ("app", [SETTINGS], "acme/shop"),
    "people": ("app", ["People|Люди"], "Who is who|Кто есть кто"),
    "workgroups": ("app", [WORKGROUPS, SALES], STEPS),
    "routes": (
        "app",
        ["Routes and chats|Маршруты и чаты"],
        "Really happened|Так было на самом деле",
    ),
    "two-way": ("app", ["Two-way sync|Синхронизация", PAIR], "Table of statuses|Таблица статусов"),
    "general": ("app", ["General|Общее"], "Limits of the portal|Ограничения портала"),
    "document": ("app", ["Document|Документ"], "The same document|Тот же документ"),
    "connect": ("app", [FIRST_RUN], "acme/shop"),
    "match": ("app", ["2. Match|2. Сопоставить", SALES], STEPS),
    "see": ("app", ["3. See|3. Увидеть"], "Read history in|Прочитать историю"),
    "task": ("task/2103", [], "Payment gateway"),
    "install": ("install", [], "What this portal offers|Возможности портала"),
}


def either(names):
    """What matches any of the names, in whichever language the page is."""
    return (
        names
        if isinstance(names, re.Pattern)
        else re.compile("|".join(re.escape(name) for name in names.split("|")))
    )


def walk(window, language, at):
    """Go to each page in one window, as a person does; yields its name when it has loaded."""
    opened, place = None, ""
    for page, (path, buttons, text) in PAGES.items():
        if opened is None:
            opened = window(path, language, held="/api/install/finish", at=at)
        elif path != place:
            opened.page.goto(opened.page.url.replace(f"/{place}", f"/{path}", 1))
        place = path
        for name in buttons:
            opened.frame.get_by_role("button", name=either(name)).first.click()
        expect(opened.frame.get_by_text(either(text)).first).to_be_attached()
        expect(opened.frame.get_by_label(either("Loading|Загрузка"))).to_have_count(0)
        opened.page.frames[1].evaluate(FADED)  # the button that was just pressed
        yield page, opened


def change_scheme(opened, scheme):
    """Choose the colours of the page, and wait until it has taken them up."""
    opened.frame.get_by_label("Colours").select_option(scheme)
    dark = opened.frame.locator("html.dark")
    expect(dark).to_have_count(1 if scheme == "dark" else 0)
    opened.page.frames[1].evaluate(FADED)


def is_wider_than_a_phone(opened, name):
    opened.page.set_viewport_size(PHONE)
    picture(opened, f"{name}-phone")
    wide = opened.page.frames[1].evaluate("document.documentElement.scrollWidth > innerWidth")
    opened.page.set_viewport_size(SIZE)
    return wide


def picture(opened, name):
    if PICTURES:
        opened.page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


def test_axe_finds_nothing_on_any_page_and_none_is_wider_than_a_phone(furnished, window, clock):
    """In the dark only colours differ: what else there is to find was found in the light."""
    assert source()
    broken, wide = {}, []
    for page, opened in walk(window, "en", clock.now()):
        picture(opened, f"{page}-light")
        broken |= {page: breaches} if (breaches := findings(opened)) else {}
        change_scheme(opened, "dark")
        picture(opened, f"{page}-dark")
        breaches = findings(opened, "color-contrast")
        broken |= {(page, "dark"): breaches} if breaches else {}
        wide += [page] if is_wider_than_a_phone(opened, page) else []
        change_scheme(opened, "light")
    assert (broken, wide) == ({}, [])


def test_no_russian_page_is_wider_than_a_phone(furnished, window, clock):
    wide = []
    for page, opened in walk(window, "ru", clock.now()):
        picture(opened, f"{page}-ru")
        wide += [page] if is_wider_than_a_phone(opened, f"{page}-ru") else []
    assert wide == []
