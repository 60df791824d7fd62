"""The inbox of trouble and a task's issues, as people see and mend them in the portal."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from sync.core.issue_sync.model import SideName
from sync.store import connections, issue_links, portals
from sync.store.db.database import read, write
from tests.b24app.factories import AT, LINK, STOPPED, linked, mirrored
from tests.b24app.pages import installed
from tests.emulators.bitrix24 import work

pytestmark = pytest.mark.browser


@pytest.fixture
def furnished(beside, emulator):
    """An installed portal with a disputed link and one that stands still."""
    installed(beside, emulator)
    portal = beside.portal(emulator.state.member_id)
    beside.connect(portal, domain=emulator.host)
    with write(beside.deps.engine) as conn:
        mirrored(conn, portal.id)
        linked(conn, portal.id)
    return beside


def link_of(world, key):
    with read(world.deps.engine) as conn:
        return issue_links.load(conn, [key])[key]


@pytest.mark.parametrize(
    ("language", "tab", "question", "stand", "chosen", "go_on", "state"),
    [
        ("en", "Waiting for you", "Title: both sides were changed. Which one stands?",
         "Let this stand: Bitrix24", "Chosen, it is being written", "Let it go on",
         "Is brought in step"),
        ("ru", "Ждёт вас", "Название: изменили обе стороны. Что оставить?",
         "Оставить это: Битрикс24", "Выбрано, записывается", "Возобновить", "Обновляется"),
    ],
    ids=["en", "ru"],
)  # fmt: skip
def test_an_administrator_settles_a_conflict_and_lets_a_link_go_on(
    furnished, window, language, tab, question, stand, chosen, go_on, state
):
    opened = window("app", language)
    opened.frame.get_by_role("button", name=tab).click()
    dispute = opened.frame.get_by_role("group", name=question)
    expect(dispute.get_by_text("Pay by invoice")).to_be_visible()
    dispute.get_by_role("button", name=stand).click()
    expect(dispute.get_by_text(chosen)).to_be_visible()
    assert link_of(furnished, LINK).decided == {"title": SideName.PORTAL}
    opened.frame.get_by_role("button", name=go_on).click()
    expect(opened.frame.get_by_text(state, exact=True)).to_be_visible()
    expect(opened.frame.get_by_role("button", name=go_on)).to_have_count(0)
    assert link_of(furnished, STOPPED).pause is None
    assert opened.said == []


def test_a_conflict_is_settled_by_the_keyboard_alone(furnished, window):
    opened = window("app")
    opened.frame.get_by_role("button", name="Waiting for you").press("Enter")
    opened.frame.get_by_role("button", name="Let this stand: GitLab").press("Enter")
    chosen = opened.frame.get_by_role("status").filter(has_text="Chosen, it is being written")
    expect(chosen).to_be_focused()  # the button has gone
    assert link_of(furnished, LINK).decided == {"title": SideName.TRACKER}


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        ("en", ["The portal is disconnected", "Connections that do not work", "Replace the token"]),
        ("ru", ["Портал отключён", "Неработающие подключения", "Заменить токен"]),
    ],
    ids=["en", "ru"],
)
def test_what_is_disconnected_is_named_with_what_mends_it(
    furnished, emulator, window, language, texts
):
    opened = window("app", language)
    expect(opened.frame.get_by_role("heading", level=1)).to_be_visible()
    portal = furnished.portal(emulator.state.member_id)
    with write(furnished.deps.engine) as conn:
        record = connections.by_name(conn, portal.id, "main")
        connections.set_state(conn, record.id, "paused", "The token is refused")
        portals.set_state(conn, portal.id, "disconnected", "The application was uninstalled", AT)
    opened.frame.get_by_role("button", name={"en": "Waiting", "ru": "Ждёт вас"}[language]).click()
    for text in texts:
        expect(opened.frame.get_by_text(text).first).to_be_visible()
    assert opened.said == []


def test_an_inbox_that_cannot_be_loaded_says_so_and_tries_again(furnished, window):
    opened = window("app")
    opened.page.route("**/api/trouble", lambda route: route.abort())
    opened.frame.get_by_role("button", name="Waiting for you").click()
    problem = opened.frame.get_by_role("alert")
    expect(problem).to_contain_text("The server could not be reached")
    opened.page.unroute("**/api/trouble")
    problem.get_by_role("button", name="Try again").click()
    expect(opened.frame.get_by_text("Usually two programs undo")).to_be_visible()


@pytest.mark.parametrize(
    ("language", "title", "story", "line"),
    [
        ("en", "Linked issues", "What happened", "It waits for a decision"),
        ("ru", "Связанные issues", "Что происходило", "Нужно решение"),
    ],
    ids=["en", "ru"],
)
def test_the_tab_of_a_task_shows_its_issue(furnished, window, language, title, story, line):
    opened = window("task/2103", language)
    panel = opened.frame.get_by_role("region", name=title)
    expect(panel.get_by_role("link", name="team/shop#12")).to_have_attribute(
        "href", "https://gitlab.example.com/team/shop/-/issues/12"
    )
    expect(panel.get_by_text(line)).to_be_hidden()
    panel.get_by_text(story).click()
    expect(panel.get_by_text(line)).to_be_visible()
    assert opened.said == []


def test_who_works_on_a_task_sees_the_conflict_and_no_button(furnished, emulator, window):
    ed = emulator.state.add_user("Ed", email="ed@portal.test")
    work.create_task(emulator.state, "Pay by card", id=2103, responsible_id=ed.id)
    opened = window("task/2103?user=2")
    panel = opened.frame.get_by_role("region", name="Linked issues")
    expect(panel.get_by_text("An administrator chooses in the application.")).to_be_visible()
    assert panel.get_by_role("button").count() == 0
    assert opened.said == []
