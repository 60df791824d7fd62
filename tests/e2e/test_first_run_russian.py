"""The first run in Russian: GitLab with a token, a workgroup, a card; and YouTrack with its app."""

from __future__ import annotations

import io
import zipfile

import pytest
from playwright.sync_api import expect

from tests.b24app.pages import installed
from tests.e2e.test_first_run import fresh, gitlab, settings_of, step  # noqa: F401 - fixtures
from tests.emulators.youtrack.server import YouTrackEmulator
from tests.emulators.youtrack.state import DEFAULT

pytestmark = pytest.mark.browser


@pytest.fixture
def youtrack(clock):
    with YouTrackEmulator(clock) as running:
        bridge = running.state.add_user("bridge")
        for name in ("SHOP", "SITE"):
            running.state.add_project(name, [bridge], DEFAULT)
        yield running


def begin(window):
    opened = window("app", "ru")
    step(opened, "Настроить")
    expect(opened.frame.get_by_role("heading", level=1)).to_have_text("Первый запуск")
    return opened


def test_a_russian_administrator_connects_matches_and_sees(fresh, emulator, gitlab, window):  # noqa: F811
    ann = next(user for user in gitlab.state.users.values() if user.username == "ann")
    opened = begin(window)
    opened.frame.get_by_label("Адрес GitLab").fill(gitlab.url)
    step(opened, "Взять этот GitLab")
    token = opened.frame.get_by_label("Токен доступа для gitlab")
    token.fill("glpat-wrong")
    step(opened, "Проверить и сохранить")
    expect(opened.frame.get_by_role("alert")).to_contain_text("неверен")
    token.fill(gitlab.state.add_token(ann).value)
    step(opened, "Проверить и сохранить")
    expect(opened.frame.get_by_text("Работает как ann")).to_be_visible()
    opened.frame.get_by_label("acme/shop", exact=True).check()
    step(opened, "Сохранить и создать вебхуки")
    expect(opened.frame.get_by_role("status").filter(has_text="Вебхуки")).to_contain_text("Готово")
    step(opened, "Следующий шаг")
    step(opened, "Сопоставить: Sales")
    form = opened.frame.get_by_role("form", name="Группа Sales")
    form.get_by_label("acme/shop").check()
    form.get_by_label("Статус: На ревью").select_option("in_progress")
    form.get_by_role("button", name="Что изменится", exact=True).click()
    form.get_by_role("button", name="Сохранить", exact=True).click()
    expect(form.get_by_role("status")).to_contain_text("Сохранено")
    step(opened, "Следующий шаг")
    expect(opened.frame.get_by_text("Вот пример:")).to_be_visible()
    (group,) = settings_of(fresh, emulator).rules.workgroups.values()
    assert group.projects == ["acme/shop"]


def test_youtrack_is_connected_with_its_projects_and_app(beside, emulator, youtrack, window):
    installed(beside, emulator)
    opened = begin(window)
    opened.frame.get_by_role("button", name="YouTrack", exact=True).click()
    opened.frame.get_by_label("Адрес YouTrack").fill(youtrack.url)
    step(opened, "Взять этот YouTrack")
    opened.frame.get_by_label("Токен доступа для youtrack").fill("perm-bridge")
    step(opened, "Проверить и сохранить")
    expect(opened.frame.get_by_text("Работает как bridge")).to_be_visible()
    opened.frame.get_by_label("Поиск в YouTrack").fill("shop")
    expect(opened.frame.get_by_label("SITE")).to_have_count(0)
    opened.frame.get_by_label("SHOP").check()
    step(opened, "Сохранить проекты")
    with opened.page.expect_download() as download:
        step(opened, "Скачать приложение для YouTrack")
    with zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes())) as app:
        assert "manifest.json" in app.namelist()
    (connection,) = settings_of(beside, emulator).connections
    assert (connection.kind, connection.projects) == ("youtrack", ["SHOP"])
    assert opened.said == []
