"""The first run in a real browser: from an empty portal to the first task that moves."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from b24app.engine_deps import build_engine_deps
from b24app.services.history import wait_for_history
from sync.engine.worker import Worker
from sync.settings.apply import current_settings
from sync.store import portals
from sync.store.db.database import read
from tests.b24app.pages import installed
from tests.e2e.test_sign_in import agree, fill_in
from tests.emulators.bitrix24 import work
from tests.emulators.gitlab.server import GitLabEmulator

pytestmark = pytest.mark.browser
COLUMNS = (("Plan", "NEW"), ("Do", "PROGRESS"), ("Look", None), ("Done", "FINISH"))


@pytest.fixture
def gitlab(clock):
    with GitLabEmulator(clock) as running:
        running.state.add_user("ann", "Ann Oak")
        running.state.add_user("bob", "Bob Elm")
        running.state.add_group("acme", members={"ann": 50})
        for path in ("acme/shop", "acme/site"):
            running.state.add_project(path, members={"ann": 40, "bob": 30})
        yield running


@pytest.fixture
def fresh(beside, emulator, gitlab):
    """A portal that was installed a moment ago, with two workgroups and an employee."""
    installed(beside, emulator)
    emulator.state.add_user("Bob Elm", email="bob@portal.test")
    for name in ("Sales", "Support"):
        emulator.state.add_group(name, stages=COLUMNS)
    gitlab.oauth.register(f"{beside.deps.config.public_url}/b24/oauth/callback")
    return beside


def settings_of(world, emulator):
    with read(world.deps.engine) as conn:
        portal = portals.by_id(conn, world.portal(emulator.state.member_id).id)
        return current_settings(conn, portal)


def settle(world):
    world.deps.inbox.flush() if hasattr(world.deps.inbox, "flush") else None
    worker = Worker(build_engine_deps(world.deps.clients))
    for _ in range(8):
        world.deps.clock.sleep(16)
        worker.run_once()


def step(opened, name):
    opened.frame.get_by_role("button", name=name).click()


def give_address(opened, gitlab):
    step(opened, "Set it up")
    expect(opened.frame.get_by_role("heading", level=1)).to_have_text("First run")
    opened.frame.get_by_label("Address of GitLab").fill(gitlab.url)
    step(opened, "Use this GitLab")


def choose_projects(opened, *paths):
    for path in paths:
        opened.frame.get_by_label("Search in GitLab").fill(path.partition("/")[2])
        opened.frame.get_by_label(path, exact=True).check()
    step(opened, "Save and make webhooks")
    row = opened.frame.get_by_role("status").filter(has_text="Webhooks").get_by_role("listitem")
    expect(row).to_have_count(len(paths))
    expect(row).to_contain_text(["Done"] * len(paths))


def match(opened, workgroup, project, status="", column=""):
    step(opened, f"Match: {workgroup}")
    form = opened.frame.get_by_role("form", name=f"Workgroup {workgroup}")
    form.get_by_label(project).check()
    if status:
        form.get_by_label("Status: Under review").select_option(status)
        form.get_by_label("Column: Under review").select_option(column)
    save = form.get_by_role("button", name="Save", exact=True)
    expect(save).to_have_count(0)  # before it is seen what would change
    form.get_by_role("button", name="What would change", exact=True).click()
    save.click()
    expect(form.get_by_role("status")).to_contain_text("Saved")
    form.get_by_role("button", name="Close").click()


def test_from_a_fresh_portal_to_the_first_task_that_moves(fresh, emulator, gitlab, window):
    opened = window("app")
    give_address(opened, gitlab)
    step(opened, "Connect with GitLab")
    fill_in(opened, gitlab)
    agree(opened, "Connect with GitLab", "ann")
    expect(opened.frame.get_by_text("Works as ann")).to_be_visible()
    choose_projects(opened, "acme/shop", "acme/site")
    shops = {project.id for project in gitlab.state.projects.values()}
    assert {hook.owner_id for hook in gitlab.state.hooks.values()} == shops
    step(opened, "Next step")
    match(opened, "Sales", "acme/shop", "In progress", "Look")
    match(opened, "Support", "acme/site")
    expect(opened.frame.get_by_label("User of Bitrix24 for ann")).to_be_visible()
    step(opened, "Save people")
    expect(opened.frame.get_by_text("as set")).to_be_visible()
    settings = settings_of(fresh, emulator)
    groups = {group.name: group.id for group in emulator.state.groups.values()}
    assert settings.rules.workgroups[groups["Support"]].projects == ["acme/site"]
    assert settings.people["bob"]

    task = work.create_task(
        emulator.state, "Pay by card", responsible_id=1, group_id=groups["Sales"]
    ).id
    gitlab.push(gitlab.state.project("acme/shop"), f"B24-{task}-pay", ["Pay"], "bob")
    gitlab.open_mr(gitlab.state.project("acme/shop"), f"B24-{task}-pay", f"B24-{task} Pay", "bob")
    settle(fresh)
    moved = emulator.state.tasks[task]
    assert (moved.status, emulator.state.stages[moved.stage_id].title) == (3, "Look")

    step(opened, "Next step")
    expect(opened.frame.get_by_text("This is how the newest open")).to_be_visible()
    expect(opened.frame.locator("blockquote")).to_contain_text("Pay")
    with opened.page.expect_response(lambda answer: answer.request.method == "POST"):
        step(opened, "Read history in")
    assert wait_for_history(fresh.portal(emulator.state.member_id).id, 60)
    again = window("app")
    step(again, "First run")
    step(again, "3. See it work")
    expect(again.frame.get_by_text("History has been read in")).to_be_visible()
    assert opened.said == []
