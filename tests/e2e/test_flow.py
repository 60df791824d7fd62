"""The tab of a workgroup and the page of metrics, in the portal's window, in a real browser."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from sync.store.db.database import write
from tests.b24app.factories import AT
from tests.b24app.pages import installed
from tests.b24app.routes.test_flow import GROUP, SETTINGS, TASK, stage
from tests.emulators.bitrix24 import work

pytestmark = pytest.mark.browser


@pytest.fixture
def furnished(beside, emulator, clock):
    """An installed portal whose workgroup has a project with a change that reached production."""
    clock.sleep((AT + timedelta(days=20) - clock.now()).total_seconds())
    emulator.state.add_group("Shop", id=GROUP, owner_id=1)
    emulator.state.add_user("Mia", email="mia@portal.test", id=7)
    installed(beside, emulator)
    portal = beside.portal(emulator.state.member_id)
    beside.connect(portal, SETTINGS, domain=emulator.host)
    with write(beside.deps.engine) as conn:
        stage(conn, portal.id)
    task = work.create_task(emulator.state, "Pay by card", id=TASK, responsible_id=1)
    work.log_time(emulator.state, task, 1, 5400, "Review", emulator.state.now())
    return beside


def shown_in(opened):
    heading = opened.frame.get_by_role("heading", level=1)
    expect(heading).to_be_visible()
    return opened.frame


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        ("en", ["Flow and metrics", "Lead time for changes", "14 h", "33.3 %",
                "waits for Rob Reviewer", "What is deployed where", "no data",
                "1 h 30 min in Bitrix24"]),
        ("ru", ["Поток и метрики", "Время до production", "14 ч", "33,3 %",
                "ждёт: Rob Reviewer", "Что где развёрнуто", "нет данных",
                "1 ч 30 мин в Битрикс24"]),
    ],
    ids=["en", "ru"],
)  # fmt: skip
def test_the_tab_of_a_workgroup_shows_its_projects(furnished, window, language, texts):
    opened = window(f"group/{GROUP}", language)
    for text in texts:
        expect(shown_in(opened).get_by_text(text).first).to_be_visible()
    expect(opened.frame.get_by_text("Wiki")).to_have_count(0)
    assert opened.said == []


def test_each_value_of_a_week_opens_the_list_of_that_week(furnished, window):
    opened = window(f"group/{GROUP}")
    values = shown_in(opened).get_by_role("button", name=re.compile("list: Merged, week of"))
    expect(values.first).to_be_visible()
    for value in values.all():
        value.press("Enter")
        expect(value).to_have_attribute("aria-expanded", "true")
        listed = opened.frame.get_by_role("region", name=re.compile("^Merged, week of"))
        expect(listed.get_by_role("listitem")).to_have_count(int(value.inner_text()))
    assert opened.said == []


def test_a_number_opens_its_list_by_keyboard(furnished, window):
    opened = window(f"group/{GROUP}")
    button = shown_in(opened).get_by_role("button", name="Show the list: Lead time for changes")
    button.press("Enter")
    link = opened.frame.get_by_role("link", name="Payment gateway (team/shop!7)")
    expect(link).to_be_visible()
    expect(button).to_have_attribute("aria-expanded", "true")
    button.press("Enter")
    expect(link).to_have_count(0)
    assert opened.said == []


def test_who_may_see_no_project_is_told_why(furnished, window):
    opened = window(f"group/{GROUP}?user=7")
    expect(shown_in(opened).get_by_text("No project to show")).to_be_visible()
    assert opened.said == []


def test_the_overview_leads_to_all_projects(furnished, window):
    opened = window("app")
    shown_in(opened).get_by_role("button", name="Flow and metrics").click()
    expect(opened.frame.get_by_role("combobox", name="Project")).to_contain_text("team/wiki")
    opened.frame.get_by_role("combobox", name="Project").select_option("team/wiki")
    opened.frame.get_by_role("button", name="Show the list: Work in progress").click()
    expect(opened.frame.get_by_role("link", name="Wiki (team/wiki!9)")).to_be_visible()
    assert opened.said == []
