"""What people do from a task in the browser: branch, merge request, pipelines, links."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.b24app.routes.test_task_actions import (
    TASK,
    gitlab,  # noqa: F401 - a fixture
    portal,  # noqa: F401 - a fixture
    staff,  # noqa: F401 - a fixture
)

pytestmark = pytest.mark.browser
WORDS = {
    "en": ("Work in GitLab", "Create a branch", "Create a merge request", "Run a pipeline",
           "Cancel the pipeline", "Run failed jobs again", "Created: {name}", "GitLab was asked"),
    "ru": ("Работа в GitLab", "Создать ветку", "Создать запрос на слияние", "Запустить пайплайн",
           "Отменить пайплайн", "Повторить неудачные задания", "Создано: {name}",
           "Запрос отправлен"),
}  # fmt: skip


@pytest.mark.parametrize("language", WORDS)
def test_a_branch_is_made_proposed_and_its_pipeline_run_and_canceled(
    beside, portal, staff, gitlab, window, language  # noqa: F811 - fixtures
):  # fmt: skip
    act, create, propose, run, cancel, retry, made, asked = WORDS[language]
    shop, name = gitlab.state.project("acme/shop"), f"B24-{TASK}"
    opened = window(f"task/{TASK}?user={staff['Root'].id}", language)
    panel = opened.frame.get_by_role("region", name=act)
    button = {
        label: panel.get_by_role("button", name=label, exact=True)
        for label in (create, propose, run, cancel, retry)
    }
    button[create].click()
    expect(panel.get_by_role("status")).to_have_text(made.format(name=name))
    expect(button[create]).to_have_count(0)  # a second click would be refused
    button[propose].click()
    expect(panel.get_by_role("status")).to_have_text(made.format(name="acme/shop!1"))
    expect(button[propose]).to_have_count(0)
    button[run].click()
    expect(panel.get_by_role("status")).to_contain_text(asked)
    button[cancel].click()  # of the pipeline that was run, of which no webhook has come
    expect(button[cancel]).to_have_count(0)
    expect(button[retry]).to_be_visible()
    assert [pipeline.status for pipeline in shop.pipelines.values()] == ["canceled"]
    assert (name in shop.branches, len(shop.merge_requests)) == (True, 1)
    assert opened.said == []


def test_who_has_no_account_of_their_own_has_no_buttons(portal, staff, window):  # noqa: F811
    opened = window(f"task/{TASK}?user={staff['Ed'].id}")
    expect(opened.frame.get_by_text("No merge request names this task yet")).to_be_visible()
    expect(opened.frame.get_by_label("Loading")).to_have_count(0)
    assert opened.frame.get_by_role("button", name="Create a branch").count() == 0
    assert opened.said == []


def test_two_clicks_on_a_button_do_it_once(portal, staff, gitlab, window):  # noqa: F811
    opened = window(f"task/{TASK}?user={staff['Root'].id}", held="/api/task/2103/pipeline")
    panel = opened.frame.get_by_role("region", name="Work in GitLab")
    panel.get_by_role("button", name="Create a branch").click()
    expect(panel.get_by_role("status")).to_contain_text("Created")
    run = panel.get_by_role("button", name="Run a pipeline")
    run.dblclick()
    expect(run).to_be_focused()  # under its name, which a busy button keeps
    expect(run).to_be_disabled()
    expect(panel.locator("button:enabled:not([aria-disabled])")).to_have_count(0)
    opened.let_go()
    expect(panel.get_by_role("status")).to_contain_text("GitLab was asked")
    assert len(gitlab.state.project("acme/shop").pipelines) == 1
