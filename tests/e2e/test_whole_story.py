"""From a fresh portal and GitLab's address to a mended token and a settled conflict, by browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from b24app.engine_deps import build_engine_deps
from sync.engine.upkeep.access import EVERY, AccessWatch
from tests.e2e.test_first_run import (
    choose_projects,
    fresh,  # noqa: F401 - a fixture
    gitlab,  # noqa: F401 - a fixture
    give_address,
    match,
    settle,
    step,
)
from tests.e2e.test_sign_in import agree, fill_in
from tests.emulators.bitrix24 import work

pytestmark = pytest.mark.browser


def connect(opened, host):
    give_address(opened, host)
    step(opened, "Connect with GitLab")
    fill_in(opened, host)
    agree(opened, "Connect with GitLab", "ann")
    choose_projects(opened, "acme/shop", "acme/site")
    step(opened, "Next step")
    match(opened, "Sales", "acme/shop", "In progress", "Look")
    match(opened, "Support", "acme/site")


def watch_access(world):
    """Ask each system whether our tokens are taken, as a worker does every minute."""
    world.deps.clock.sleep(EVERY.total_seconds() + 1)
    AccessWatch(build_engine_deps(world.deps.clients)).run(world.deps.clock.now())


def keep_in_step(opened, workgroup):
    """Pair a workgroup and a project in the settings document; people decide conflicts."""
    step(opened, "Settings")
    step(opened, "Document")
    box = opened.frame.get_by_role("textbox").last
    pair = f"{{workgroup: {workgroup}, project: acme/shop}}"
    box.fill(f"{box.input_value()}\nissue_sync: {{default: {{policy: ask}}, pairs: [{pair}]}}\n")
    opened.frame.get_by_role("button", name="Check", exact=True).click()
    opened.frame.get_by_role("button", name="Save", exact=True).last.click()
    expect(opened.frame.get_by_text("The settings were saved")).to_be_visible()


def test_a_stranger_connects_sees_why_a_task_moved_and_mends_what_breaks(
    fresh, emulator, gitlab, window  # noqa: F811 - fixtures
):  # fmt: skip
    opened, shop = window("app"), gitlab.state.project("acme/shop")
    connect(opened, gitlab)
    sales = next(group.id for group in emulator.state.groups.values() if group.name == "Sales")
    task = work.create_task(emulator.state, "Pay by card", responsible_id=1, group_id=sales).id
    gitlab.push(shop, f"B24-{task}-pay", ["Pay"], "bob")
    gitlab.open_mr(shop, f"B24-{task}-pay", f"B24-{task} Pay", "bob")
    settle(fresh)
    assert emulator.state.tasks[task].status == 3

    tab = window(f"task/{task}")
    reasons = tab.frame.get_by_role("region", name="What happened and why")
    expect(reasons.get_by_role("listitem").first).to_contain_text("moved to “in progress”")
    keep_in_step(opened, sales)
    gitlab.tracking.open_issue(shop, "Pay by invoice", "bob")
    tab.frame.get_by_label("Issue, such as group/project#12").fill("acme/shop#1")
    step(tab, "Link an issue")
    expect(tab.frame.get_by_role("link", name="acme/shop#1")).to_be_visible()
    settle(fresh)
    step(opened, "Waiting for you")
    dispute = opened.frame.get_by_role("group", name="Title: both sides were changed")
    dispute.get_by_role("button", name="Let this stand: GitLab").click()
    expect(dispute.get_by_text("Chosen, it is being written")).to_be_visible()
    settle(fresh)
    assert emulator.state.tasks[task].title == "Pay by invoice"

    gitlab.oauth.revoke("ann")
    watch_access(fresh)
    step(opened, "Refresh")
    step(opened, "Replace the token")
    agree(opened, "Connect with GitLab again", "ann")
    expect(opened.frame.get_by_text("account ann")).to_be_visible()
    watch_access(fresh)
    step(opened, "Waiting for you")
    expect(opened.frame.get_by_role("heading", level=1)).to_have_text("What waits for you")
    expect(opened.frame.get_by_label("Loading")).to_have_count(0)
    expect(opened.frame.get_by_text("Connections that do not work")).to_have_count(0)
    assert opened.said == []
