"""A manager edits the rules of the workgroup they lead: what would change is said, then saved."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.b24app.routes.test_own_rules import group, manager, rules_of  # noqa: F401 - fixtures
from tests.e2e.test_settings_forms import press

pytestmark = pytest.mark.browser


def test_a_manager_saves_the_rules_of_their_own_workgroup(
    beside, emulator, group, manager, window  # noqa: F811 - fixtures
):  # fmt: skip
    user = next(user for user in emulator.state.users.values() if user.name.startswith("Mia"))
    opened = window(f"app?user={user.id}", "ru")
    press(opened.frame, "Мои группы")
    form = opened.frame.get_by_role("form", name=f"Группа {group.id}")
    form.get_by_label("Когда работа").select_option("review")
    form.get_by_role("button", name="Добавить: Что происходит с задачей").click()
    form.get_by_label("Статус", exact=True).select_option(index=1)
    form.get_by_role("button", name="Что изменится").click()
    expect(form.get_by_text("Изменится вот что")).to_be_visible()
    month = form.get_by_role("region", name="Последние 30 дней с этими настройками")
    expect(month.get_by_role("listitem")).to_contain_text("Ни одна задача не оказалась бы")
    form.get_by_role("button", name="Сохранить", exact=True).click()
    expect(form.get_by_role("status").filter(has_text="Сохранено")).to_be_focused()
    expect(form.get_by_role("button", name="Что изменится")).to_be_disabled()
    assert list(rules_of(beside, emulator, group.id).steps) == ["review"]
    assert opened.said == []
