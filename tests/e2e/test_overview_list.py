"""The list of merge requests in a browser: searched, filtered and turned over."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from sync.store import connections
from sync.store import merge_requests as store_merge_requests
from sync.store.db.database import write
from tests.b24app.factories import merge_request
from tests.b24app.routes.test_flow import GROUP
from tests.b24app.routes.test_merge_requests import people, portal  # noqa: F401 - fixtures

pytestmark = pytest.mark.browser
WORDS = {
    "en": ("Search by title, branch or number", "State", "Merged", "Workgroup", "Project", "Mine",
           "Nothing matches", "Next page"),
    "ru": ("Поиск по названию, ветке или номеру", "Состояние", "Слит", "Группа", "Проект", "Мои",
           "Ничего не нашлось", "Следующая страница"),
}  # fmt: skip


def titles(opened, *expected):
    """Wait until the list has these merge requests, in this order."""
    panel = opened.frame.get_by_role("region", name=re.compile("Merge requests|Запросы на слияние"))
    expect(panel.get_by_role("link")).to_have_text(list(expected))


@pytest.mark.parametrize("language", WORDS)
def test_each_filter_narrows_the_list_and_gives_it_back(beside, portal, people, window, language):  # noqa: F811
    search, state, merged, workgroup, project, own, none, _ = WORDS[language]
    root, every = people["Root"].id, [
        "Pages of the wiki", "Checkout", "Тёмная тема", "Pay by card"
    ]  # fmt: skip
    opened = window(f"app?user={root}", language)
    frame = opened.frame
    expect(frame.get_by_role("link", name="Pay by card")).to_be_visible()
    frame.get_by_label(state, exact=True).select_option(label=merged)
    titles(opened, "Тёмная тема")
    frame.get_by_label(state, exact=True).select_option(index=0)
    titles(opened, *every)
    frame.get_by_label(workgroup, exact=True).select_option(str(GROUP))
    titles(opened, *every[1:])
    frame.get_by_label(workgroup, exact=True).select_option(index=0)
    frame.get_by_label(project, exact=True).select_option("team/wiki")
    titles(opened, every[0])
    frame.get_by_label(project, exact=True).select_option(index=0)
    frame.get_by_label(own, exact=True).check()
    titles(opened, every[0])
    frame.get_by_label(own, exact=True).uncheck()
    frame.get_by_label(search).fill("nobody wrote this")
    frame.get_by_label(search).press("Enter")
    expect(frame.get_by_text(none)).to_be_visible()
    frame.get_by_label(search).fill("тёмная")  # and a moment later it is searched by itself
    titles(opened, "Тёмная тема")
    assert opened.said == []


def test_a_long_list_is_turned_over(beside, portal, people, window):  # noqa: F811
    with write(beside.deps.engine) as conn:
        connection_id = connections.by_name(conn, portal.id, "main").id
        more = [
            merge_request(connection_id, 100 + n, title=f"More work {n}", pipeline=None)
            for n in range(20)
        ]
        store_merge_requests.fold_snapshots(conn, more)
    opened = window(f"app?user={people['Root'].id}")
    pages = opened.frame.get_by_role("navigation", name="Pages of the list")
    expect(pages).to_contain_text("1 of 2")
    pages.get_by_role("button", name="Next page").press("Enter")
    expect(pages).to_contain_text("2 of 2")
    expect(pages.get_by_role("button", name="Next page")).to_be_disabled()
    expect(pages.get_by_role("button", name="Next page")).to_be_focused()
    expect(pages.get_by_role("button", name="Next page")).to_have_css("outline-style", "solid")
    assert opened.said == []


def test_a_late_answer_to_an_earlier_search_is_dropped(beside, portal, people, window):  # noqa: F811
    opened = window(f"app?user={people['Root'].id}")
    frame = opened.frame
    expect(frame.get_by_role("link", name="Pay by card")).to_be_visible()
    opened.page.route(
        "**/api/merge-requests?*state=merged*", lambda route: opened.waiting.append(route)
    )
    frame.get_by_label("State", exact=True).select_option("merged")
    frame.get_by_label("Project", exact=True).select_option("team/wiki")
    frame.get_by_label("State", exact=True).select_option("")
    titles(opened, "Pages of the wiki")
    with opened.page.expect_response("**/api/merge-requests?*state=merged*"):
        opened.let_go()
    titles(opened, "Pages of the wiki")
