"""The application's pages as people see them: in the portal's window, in a real browser."""

from __future__ import annotations

import posixpath
import re

import pytest
from playwright.sync_api import expect

from sync.core.alerts.model import RefKey
from sync.core.model.common import PortalUser
from sync.store import alerts, connections, people, subjects
from sync.store import projects as store_projects
from sync.store.db.database import write
from tests.b24app.factories import AT, deployed, failed, merge_request, mirrored
from tests.b24app.pages import installed
from tests.b24app.services.test_alerts import OPEN
from tests.emulators.bitrix24 import work

pytestmark = pytest.mark.browser


@pytest.fixture
def furnished(beside, emulator):
    """An installed portal with a connection, a merge request of task 2103, and failures."""
    installed(beside, emulator)
    portal = beside.portal(emulator.state.member_id)
    domain = emulator.host
    beside.connect(portal, domain=domain)
    with write(beside.deps.engine) as conn:
        mirrored(conn, portal.id)
        failed(conn, portal.id)
    return beside


@pytest.mark.parametrize(
    ("language", "title", "steps", "overview"),
    [
        (
            "en",
            "Installing the GitLab integration",
            ["Administrator rights", "Rights of the application", "Events of tasks",
             "Development tab in tasks", "Task fields", "What this portal offers"],
            "GitLab and tasks",
        ),
        (
            "ru",
            "Установка интеграции с GitLab",
            ["Права администратора", "Права приложения", "События задач",
             "Вкладка «Разработка» в задачах", "Поля задач", "Возможности портала"],
            "GitLab и задачи",
        ),
    ],
    ids=["en", "ru"],
)  # fmt: skip
def test_an_administrator_installs_the_application(
    beside, emulator, window, language, title, steps, overview
):
    opened = window("install", language, held="/api/install/finish")
    expect(opened.frame.get_by_role("heading", level=1)).to_have_text(title)
    shown = opened.frame.get_by_role("listitem")
    expect(shown).to_contain_text(steps)
    done = {"en": "Done", "ru": "Готово"}[language]
    expect(shown).to_contain_text([done] * len(steps))
    assert emulator.app.installed is False
    opened.let_go()
    expect(opened.page).to_have_url(f"{emulator.portal_url}/window/app?user=1")
    expect(opened.frame.get_by_role("heading", level=1)).to_have_text(overview)
    assert emulator.app.installed is True
    assert beside.portal(emulator.state.member_id).state == "active"
    assert opened.said == []


def test_a_step_that_failed_is_repeated_on_the_page(beside, emulator, window):
    emulator.fail_next(403, "ACCESS_DENIED", method="placement.get")
    opened = window("install")
    failed_step = opened.frame.get_by_role("listitem").filter(has_text="Development tab in tasks")
    expect(failed_step).to_contain_text("Failed")
    expect(opened.frame.get_by_role("alert")).to_contain_text("Not everything worked")
    assert emulator.app.installed is False
    failed_step.get_by_role("button", name="Try again").click()
    expect(opened.frame.get_by_role("heading", level=1)).to_have_text("GitLab and tasks")
    assert emulator.app.installed is True
    assert len(emulator.state.placements) == 2
    assert opened.said == []


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        ("en", ["Working", "Payment gateway", "Open", "Approved by Rob Reviewer",
                "3 things wait for you", "Task 999 does not exist"]),
        ("ru", ["Работает", "Payment gateway", "Открыт", "Одобрили: Rob Reviewer",
                "Ждут вашего решения: 3", "Задача 999 не существует"]),
    ],
    ids=["en", "ru"],
)  # fmt: skip
def test_the_overview_shows_the_portal(furnished, window, language, texts):
    opened = window("app", language)
    for text in texts:
        expect(opened.frame.get_by_text(text).first).to_be_visible()
    assert opened.said == []


def test_a_failure_is_repeated_by_its_button(furnished, window):
    opened = window("app")
    opened.frame.get_by_role("alert").get_by_role("button", name="Open").click()
    expect(opened.frame.get_by_role("heading", level=1)).to_have_text("What waits for you")
    expect(
        opened.frame.get_by_text("The employee who installed the application may not do this")
    ).to_be_visible()
    opened.frame.get_by_role("button", name="Repeat all").click()
    expect(opened.frame.get_by_text("3 will be repeated")).to_be_visible()
    expect(
        opened.frame.get_by_text("The employee who installed the application may not do this")
    ).to_have_count(0)
    assert opened.said == []


def test_an_employee_sees_what_concerns_their_tasks_and_no_buttons(furnished, emulator, window):
    ed = emulator.state.add_user("Ed", email="ed@portal.test")
    work.create_task(emulator.state, "Pay by card", id=2103, responsible_id=ed.id)
    opened = window("app?user=2")
    expect(opened.frame.get_by_text("Payment gateway")).to_be_visible()
    expect(opened.frame.get_by_text("Only a portal administrator")).to_be_visible()
    for text in (
        "Task 999",
        "https://gitlab.example.com",
        "The employee who installed the application may not do this",
    ):
        assert opened.frame.get_by_text(text).count() == 0
    assert opened.frame.get_by_role("button", name="Repeat").count() == 0
    assert opened.said == []


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "There is no such task, or you may not open it"),
        ("ru", "Такой задачи нет, или вы не можете её открыть"),
    ],
)
def test_an_employee_sees_nothing_of_a_task_they_may_not_open(
    furnished, emulator, window, language, said
):
    emulator.state.add_user("Mia", email="mia@portal.test")
    opened = window("task/2103?user=2", language)
    expect(opened.frame.get_by_text(said)).to_be_visible()
    assert opened.frame.get_by_text("Payment gateway").count() == 0


@pytest.mark.parametrize(
    ("language", "title", "stage", "reason"),
    [
        ("en", "Development of task 2103", "Open", "team/shop!7 is approved"),
        ("ru", "Разработка по задаче 2103", "Открыт", "team/shop!7 одобрен"),
    ],
    ids=["en", "ru"],
)
def test_the_tab_of_a_task_shows_its_merge_request(
    furnished, window, language, title, stage, reason
):
    opened = window("task/2103", language)
    expect(opened.frame.get_by_role("heading", level=1)).to_have_text(title)
    expect(opened.frame.get_by_role("link", name="Payment gateway")).to_be_visible()
    expect(opened.frame.get_by_text(stage, exact=True)).to_be_visible()
    expect(opened.frame.get_by_text(reason)).to_be_visible()
    assert opened.said == []


@pytest.mark.parametrize(
    ("language", "steps", "status", "staging", "production"),
    [
        (
            "en",
            ["Branch done", "Merge requests under way", "Pipelines done", "Environments failed"],
            "Passed",
            "staging: is there",
            "production: failed",
        ),
        (
            "ru",
            [
                "Ветка готово",
                "Запросы на слияние в процессе",
                "Пайплайны готово",
                "Окружения ошибка",
            ],
            "Успешно",
            "staging: уже здесь",
            "production: ошибка",
        ),
    ],
    ids=["en", "ru"],
)
def test_the_tab_of_a_task_shows_the_way_of_its_work(
    furnished, emulator, window, language, steps, status, staging, production
):
    portal = furnished.portal(emulator.state.member_id)
    with write(furnished.deps.engine) as conn:
        deployed(conn, portal.id, ("staging", "success"), ("production", "failed"))
    opened = window("task/2103", language)
    _, requests, pipelines, places = (
        opened.frame.get_by_role("group", name=name, exact=True) for name in steps
    )
    expect(requests.get_by_text("Rob Reviewer")).to_be_visible()
    expect(pipelines.get_by_role("link", name="feature/B24-2103")).to_have_attribute(
        "href", "https://gitlab.example.com/team/shop/-/pipelines/907"
    )
    expect(pipelines.get_by_text(status, exact=True)).to_be_visible()
    expect(places.get_by_text(staging, exact=True)).to_be_visible()
    expect(places.get_by_text(production, exact=True)).to_be_visible()
    assert opened.said == []


@pytest.mark.parametrize(
    ("language", "alert", "inbox", "texts"),
    [
        ("en", "1 open alert", "Waiting for you",
         ["decision about pipeline 907 of team/shop", "decision about alerts of main of team/shop",
          "decision about task 55"]),
        ("ru", "Открытых оповещений: 1", "Ждёт вас",
         ["Решение: пайплайн 907 в team/shop", "Решение: оповещения main в team/shop",
          "Решение: задача 55"]),
    ],
    ids=["en", "ru"],
)  # fmt: skip
def test_the_overview_counts_alerts_and_the_inbox_names_what_failed(
    furnished, emulator, window, language, alert, inbox, texts
):
    portal = furnished.portal(emulator.state.member_id)
    dead = [("notification", "pipeline:1/42:907"), ("alerts", "1/42:main")]
    with write(furnished.deps.engine) as conn:
        record = connections.by_name(conn, portal.id, "main")
        alerts.save(conn, RefKey(record.id, 42, "main"), [OPEN])
        store_projects.save_projects(conn, [merge_request(record.id).project])
        subjects.mark_dirty_many(conn, portal.id, [(*one, "heard") for one in dead], AT)
        for one in dead:
            subjects.mark_dead(conn, portal.id, *one, error="it never worked")
    opened = window("app", language)
    expect(opened.frame.get_by_text(alert, exact=True)).to_be_visible()
    opened.frame.get_by_role("button", name=inbox).click()
    for text in texts:
        expect(opened.frame.get_by_text(text, exact=True)).to_be_visible()
    assert opened.said == []


@pytest.mark.parametrize(
    ("language", "title", "seen", "take", "said"),
    [
        ("en", "Branches that fail", "I have seen it", "Take it over", ("seen by", "assigned to")),
        ("ru", "Ветки с ошибками", "Вижу", "Взять на себя", ("видит", "назначено")),
    ],
    ids=["en", "ru"],
)
def test_a_branch_that_fails_is_seen_and_taken_over_on_the_page(
    furnished, emulator, window, language, title, seen, take, said
):
    portal = furnished.portal(emulator.state.member_id)
    with write(furnished.deps.engine) as conn:
        record = connections.by_name(conn, portal.id, "main")
        alerts.save(conn, RefKey(record.id, 42, "main"), [OPEN])
        store_projects.save_projects(conn, [merge_request(record.id).project])
        people.save_portal_users(conn, portal.id, [PortalUser(1, "Ada Admin")])
    opened = window("app", language)
    panel = opened.frame.get_by_role("region", name=title)
    expect(panel.get_by_role("link", name="main")).to_be_visible()
    panel.get_by_role("button", name=seen).click()
    expect(panel.get_by_text(f"{said[0]} Ada Admin")).to_be_visible()
    panel.get_by_role("button", name=take).click()
    expect(panel.get_by_text(said[1])).to_contain_text("Ada Admin")
    expect(panel.get_by_role("button")).to_have_count(0)
    assert opened.said == []


def test_the_frame_is_as_high_as_the_page_that_it_shows(furnished, window):
    opened = window("app")
    height = "document.querySelector('iframe').offsetHeight"
    page = "document.querySelector('main').offsetHeight"
    for tab in ("Settings", "Waiting for you", "Settings", "Health"):
        opened.frame.get_by_role("button", name=tab, exact=True).click()
        expect(opened.frame.get_by_label("Loading")).to_have_count(0)
        for _ in range(100):  # the page grows while its parts come
            heights = opened.page.evaluate(height), opened.page.frames[1].evaluate(page)
            if abs(heights[0] - heights[1]) < 40:
                break
            opened.page.wait_for_timeout(100)
        else:
            pytest.fail(f"{tab}: the frame and its page are {heights} pixels high")
    assert opened.said == []


def test_a_task_opens_in_the_portal_from_the_overview(furnished, emulator, window):
    opened = window("app")
    opened.frame.get_by_role("button", name="B24-2103").click()
    expect(opened.page.locator("body")).to_have_attribute("data-opened", re.compile("view/2103"))
    path = opened.page.locator("body").get_attribute("data-opened").partition("?")[0]
    assert posixpath.normpath(path) == "/company/personal/user/0/tasks/task/view/2103"
    assert opened.said == []


def test_a_page_that_stays_open_goes_on_and_its_administrator_stays_one(furnished, clock, window):
    opened = window("app", timers=True)
    expect(opened.frame.get_by_text("Payment gateway")).to_be_visible()
    for _ in range(3):
        clock.sleep(56 * 60)
        assert opened.turned_until_answered("/api/renew").json()["admin"] is True
    opened.frame.get_by_role("button", name="Waiting for you").click()
    opened.frame.get_by_role("button", name="Repeat all").click()
    expect(opened.frame.get_by_text("3 will be repeated")).to_be_visible()
    assert opened.said == []


def test_a_page_that_is_over_is_opened_again_by_its_button(furnished, clock, window):
    opened = window("app", "ru")
    expect(opened.frame.get_by_text("Payment gateway")).to_be_visible()
    clock.sleep(2 * 60 * 60)
    opened.frame.get_by_role("button", name="Обновить").click()
    over = opened.frame.get_by_role("alert").filter(has_text="открыта слишком давно")
    expect(over.first).to_be_visible()
    over.first.get_by_role("button", name="Открыть заново").click()
    expect(over).to_have_count(0)
    expect(opened.frame.get_by_text("Payment gateway")).to_be_visible()
