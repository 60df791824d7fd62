"""Pages with what portals really hold: endless names, other scripts, nothing at all, many rows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from tests.depth import depth
from tests.e2e.test_accessibility import (
    PHONE,
    furnished,  # noqa: F401 - a fixture
)

pytestmark = pytest.mark.browser
NAMES = (
    "Оплата картой в рассрочку с возвратом на двенадцать месяцев " * 4,
    "x" * 250,
    "تقرير الدفع ببطاقة الائتمان",
    '<img src=x onerror="document.title=1"> & "q"',
)
NAMED = frozenset(
    {
        "title", "name", "text", "reason", "branch", "reference", "environment", "version",
        "author", "task_title", "project", "portal", "what", "why", "change", "target", "person",
        "path", "lines", "value", "tracker", "issue", "label",
    }
)  # fmt: skip
UNIQUE = ("key", "id", "url", "name", "reference")
MANY, TASK = depth(300), 2103
PAGES = (
    "Поток и метрики", "Ждёт вас", "Состояние", "Настройки", "Люди", "Обзор",
    "Первый запуск", "2. Сопоставить", "3. Увидеть",
)  # fmt: skip


def odd_names(value: Any, key: str = "") -> Any:
    match value:
        case dict():
            return {name: odd_names(item, name) for name, item in value.items()}
        case list():
            return [odd_names(item, key) for item in value]
        case str() if key in NAMED and value:
            return NAMES[len(value) % len(NAMES)]
    return value


def nothing(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: nothing(item) for name, item in value.items()}
    return [] if isinstance(value, list) else value


def many_rows(value: Any) -> Any:
    match value:
        case dict():
            return {name: many_rows(item) for name, item in value.items()}
        case [{**row}, *_]:
            return [
                {**row, **{name: _numbered(row[name], at) for name in UNIQUE if name in row}}
                for at in range(MANY)
            ]
    return value


def _numbered(value: Any, number: int) -> Any:
    return value + number if isinstance(value, int) else f"{value}-{number}"


def answer_changed(route: Route, change: Callable[[Any], Any]) -> None:
    path = route.request.url.partition("/api/")[2].partition("?")[0]
    if route.request.method != "GET" or path in ("settings/form", "metrics", "settings"):
        route.continue_()
        return
    answer = route.fetch()
    route.fulfill(response=answer, body=json.dumps(change(answer.json())))


def is_wide(opened):
    expect(opened.frame.get_by_role("heading", level=1)).to_be_visible()
    expect(opened.frame.get_by_label("Загрузка")).to_have_count(0)
    return opened.page.frames[1].evaluate("document.documentElement.scrollWidth > innerWidth")


@pytest.mark.parametrize("change", [odd_names, nothing, many_rows], ids=lambda each: each.__name__)
def test_no_page_breaks_or_grows_wider_than_a_phone(furnished, window, clock, change):  # noqa: F811
    opened, wide = window("app", "ru", at=clock.now()), []
    opened.page.set_viewport_size(PHONE)
    opened.page.route("**/api/**", lambda route: answer_changed(route, change))
    for name in PAGES:
        opened.frame.get_by_role("button", name=re.compile(f"^{name}")).first.click()
        wide += [name] if is_wide(opened) else []
    opened.page.goto(opened.page.url.replace("/app", f"/task/{TASK}"))
    wide += ["task"] if is_wide(opened) else []
    opened.page.unroute_all(behavior="ignoreErrors")
    assert (wide, opened.frame.locator("img").count(), opened.said) == ([], 0, [])
