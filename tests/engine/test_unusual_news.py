"""Unusual arrivals: samples of every Test button, shared branches, rollbacks, equal seconds."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest

from sync.core.model.kinds import Kind
from sync.core.rules.routes import Role
from tests.depth import sample as few
from tests.emulators.gitlab import samples
from tests.engine.notified_world import heads, notified, plain, telling, to_chat, to_people
from tests.engine.sampled_world import EVERYTHING, full_life, sample
from tests.engine.world import World

WAITING, IN_PROGRESS, COMPLETED = 2, 3, 5
DAY = timedelta(days=1).total_seconds()
TRIGGERS = sorted(samples.BUILDERS.keys() - {"wiki_page_events"})
WAYS = list(product([1.5, 40], ["", "open"]))
# Of each four the first is another: a short run has every button, and samples of every kind.
SAMPLES = [
    (trigger, *way)
    for number, trigger in enumerate(TRIGGERS)
    for way in (*WAYS[number % 4 :], *WAYS[: number % 4])
]


@pytest.mark.parametrize(("trigger", "days", "action"), few(SAMPLES, 4))
def test_the_sample_of_every_button_is_silent_on_an_empty_mirror(
    world: World, trigger: str, days: float, action: str
) -> None:
    telling(world, to_chat(*EVERYTHING))
    world.hold_deliveries = True
    full_life(world)
    world.hold_deliveries = False
    world.tick(days * DAY)
    sample(world, trigger, **({"action": action} if action else {}))
    assert world.status() == WAITING
    assert (heads(world), world.cards(), world.reports()) == ([], [], [])
    assert notified(world) == []


@pytest.mark.deep
@pytest.mark.parametrize("trigger", samples.BUILDERS)
def test_the_sample_of_every_button_changes_nothing_that_was_told(
    world: World, trigger: str
) -> None:
    telling(world, to_chat(*EVERYTHING))
    full_life(world)
    world.settle()
    shown, cards, told = world.posted(), world.cards(), world.told()
    world.tick(2 * DAY)
    sample(world, trigger)
    assert (world.posted(), world.cards(), world.told()) == (shown, cards, told)


def test_a_resent_delivery_of_a_deployment_moves_nothing_back(world: World) -> None:
    telling(world, to_chat(Kind.DEPLOYMENT))
    run = world.gitlab.run_pipeline(world.shop, ref="main")
    world.gitlab.deploy(run, "production", "running")
    late = list(world.inbox_order)[-1:]
    world.gitlab.set_deployment(world.shop, world.shop.deployments[-1], "success")
    world.settle()
    shown = world.posted()
    world.store(late)
    world.settle()
    assert world.posted() == shown


def test_a_merged_request_retitled_stays_completed_and_is_edited(world: World) -> None:
    mr = world.opened()
    world.settle()
    world.gitlab.merge(mr, "ann")
    world.settle()
    assert world.status() == COMPLETED
    world.tick(60 * DAY)
    world.gitlab.update_mr(mr, "ann", title="Pay, later named")
    world.settle()
    assert world.status() == COMPLETED
    assert len(world.cards()) <= 2


def test_a_late_number_in_a_merged_request_completes_nothing(world: World) -> None:
    world.hold_deliveries = True
    mr = world.opened("pay", "Pay")
    world.gitlab.merge(mr, "ann")
    world.hold_deliveries = False
    world.tick(100 * DAY)
    world.gitlab.update_mr(mr, "ann", description="Closes B24-2103")
    world.settle()
    assert (world.status(), world.cards()) == (WAITING, [])


def test_a_comment_on_what_was_over_is_silent(world: World) -> None:
    telling(world, to_chat(Kind.COMMENT))
    world.hold_deliveries = True
    mr = world.opened()
    world.gitlab.merge(mr, "ann")
    world.hold_deliveries = False
    world.tick(100 * DAY)
    world.gitlab.comment(mr, "Thanks for B24-2103", "bob")
    world.settle()
    assert world.status() == WAITING


# --- shared branches


def merged(world: World, target: str = "") -> None:
    mr = world.opened(**({"target_branch": target} if target else {}))
    world.settle()
    world.gitlab.merge(mr, "bob")
    world.settle()


def field(world: World, task_id: int = 2103) -> str | None:
    return world.b24.state.tasks[task_id].uf.get("UF_CI_STATUS")


def run(world: World, status: str, ref: str = "main", **options: object) -> None:
    world.gitlab.run_pipeline(world.shop, ref=ref, **options).set_status(status)
    world.settle()
    world.tick(60)


@pytest.mark.deep
@pytest.mark.parametrize("branch", ["develop", "release/1.0"])
def test_a_protected_branch_mended_later_speaks_for_the_task(world: World, branch: str) -> None:
    world.gitlab.create_branch(world.shop, branch, "ann")
    world.shop.branches[branch].protected = True
    merged(world, branch)
    run(world, "failed", branch)
    assert field(world) == "failed"
    world.gitlab.push(world.shop, branch, ["Mend"], "bob")
    run(world, "success", branch)
    assert field(world) == "passed"
    fixed = [user for user, text in world.told() if "it is fixed" in text]
    assert fixed == [8]


@pytest.mark.deep
def test_a_protected_branch_canceled_as_redundant(world: World) -> None:
    world.gitlab.create_branch(world.shop, "develop", "ann")
    world.shop.branches["develop"].protected = True
    merged(world, "develop")
    run(world, "canceled", "develop")
    world.gitlab.push(world.shop, "develop", ["Next"], "bob")
    run(world, "success", "develop")
    assert field(world) == "passed"


@pytest.mark.deep
@pytest.mark.parametrize("between", [["failed"], ["canceled"], ["skipped"], ["failed", "canceled"]])
def test_it_may_take_several_pushes(world: World, between: list[str]) -> None:
    merged(world)
    run(world, "failed")
    for status in between:
        world.gitlab.push(world.shop, "main", ["Try"], "bob")
        run(world, status)
    assert field(world) != "passed"
    world.gitlab.push(world.shop, "main", ["Mend"], "bob")
    run(world, "success")
    assert field(world) == "passed"
    assert [user for user, text in world.told() if "it is fixed" in text] == [8]


@pytest.mark.deep
def test_a_retried_pipeline_mends_itself(world: World) -> None:
    merged(world)
    pipeline = world.gitlab.run_pipeline(world.shop, ref="main")
    pipeline.set_status("failed")
    world.settle()
    world.tick(60)
    world.gitlab.retry_pipeline(pipeline)
    world.settle()
    world.tick(60)
    pipeline.set_status("success")
    world.settle()
    assert field(world) == "passed"
    assert [user for user, text in world.told() if "it is fixed" in text] == [8]


@pytest.mark.deep
def test_a_schedule_on_the_same_commit_mends_it(world: World) -> None:
    merged(world)
    run(world, "failed")
    run(world, "success", source="schedule")
    assert field(world) == "passed"


def test_the_tag_pipeline_of_the_commit_is_not_the_branch(world: World) -> None:
    merged(world)
    run(world, "success")
    world.gitlab.tag(world.shop, "v1", "ann")
    run(world, "failed", "v1")
    assert field(world) == "passed"


@pytest.mark.deep
def test_a_pipeline_of_an_older_commit_speaks_for_nobody_later(world: World) -> None:
    old = world.gitlab.push(world.shop, "main", ["Before"], "bob")[0].id
    world.settle()
    merged(world)
    run(world, "failed")
    run(world, "success", sha=old)
    assert field(world) == "failed"


def test_a_topic_branch_mended_by_the_next_push(world: World) -> None:
    mr = world.opened()
    world.settle()
    world.gitlab.run_pipeline(mr).set_status("failed")
    world.settle()
    assert field(world) == "failed"
    world.gitlab.push(world.shop, mr.source_branch, ["Mend"], "bob")
    world.gitlab.run_pipeline(mr).set_status("success")
    world.settle()
    assert field(world) == "passed"


@pytest.mark.deep
def test_two_tasks_broken_by_two_merges_are_both_mended(world: World) -> None:
    world.task(2104)
    merged(world)
    run(world, "failed")
    other = world.opened("feature/B24-2104", "Cart")
    world.settle()
    world.gitlab.merge(other, "bob")
    run(world, "failed")
    assert (field(world), field(world, 2104)) == ("failed", "failed")
    world.gitlab.push(world.shop, "main", ["Mend"], "bob")
    run(world, "success")
    assert (field(world), field(world, 2104)) == ("passed", "passed")


# --- pipelines that do not count


@pytest.mark.deep
@pytest.mark.parametrize("status", few(["failed", "canceled", "running", "manual"], 2))
@pytest.mark.parametrize("source", ["parent_pipeline", "webide", "ondemand_dast_scan"])
def test_what_dangles_says_nothing_in_the_task(world: World, source: str, status: str) -> None:
    mr = world.opened()
    world.settle()
    world.gitlab.run_pipeline(mr).set_status("success")
    world.settle()
    reports, told = world.reports(), world.told()
    world.gitlab.run_pipeline(world.shop, ref=mr.source_branch, source=source).set_status(status)
    world.settle()
    assert field(world) == "passed"
    assert (world.reports(), world.told()) == (reports, told)


def test_only_a_dangling_pipeline_leaves_the_field_empty(world: World) -> None:
    mr = world.opened()
    world.settle()
    world.gitlab.run_pipeline(
        world.shop, ref=mr.source_branch, source="security_orchestration_policy"
    ).set_status("failed")
    world.settle()
    assert field(world) in (None, "")
    assert world.reports() == []


# --- edits obey the rules


def test_a_work_item_made_confidential_takes_no_edit(world: World) -> None:
    telling(world, to_chat(Kind.ISSUE), to_people(Kind.ISSUE, Role.RESPONSIBLE))
    issue = world.gitlab.tracking.open_issue(world.shop, "B24-2103 slow", "ann")
    world.settle()
    world.gitlab.tracking.update_issue(issue, "ann", confidential=True, title="hunter2")
    world.settle()
    everything = [*world.posted(), *[text for _, text in world.told()], *world.cards()]
    assert not [text for text in everything if "hunter2" in text]
    world.gitlab.tracking.update_issue(issue, "ann", confidential=False, title="Told again")
    world.settle()
    assert [text for text in world.posted() if "Told again" in text]


def test_a_comment_on_a_confidential_issue_is_not_told(world: World) -> None:
    telling(world, to_chat(Kind.COMMENT))
    issue = world.gitlab.tracking.open_issue(world.shop, "B24-2103 slow", "ann")
    world.gitlab.comment(issue, "Open words B24-2103", "bob")
    world.settle()
    shown = len(heads(world))
    world.gitlab.tracking.update_issue(issue, "ann", confidential=True)
    world.gitlab.comment(issue, "hunter2", "bob")
    world.settle()
    assert not [text for text in (*world.posted(), *world.cards()) if "hunter2" in text]
    assert len(heads(world)) == shown


def test_a_comment_made_secret_by_its_issue_is_not_edited_in(world: World) -> None:
    telling(world, to_chat(Kind.COMMENT))
    issue = world.gitlab.tracking.open_issue(world.shop, "Slow", "ann")
    note = world.gitlab.comment(issue, "Open words", "bob")
    world.settle()
    world.gitlab.tracking.update_issue(issue, "ann", confidential=True)
    world.gitlab.talking.edit_comment(issue, note, "hunter2", "bob")
    world.settle()
    assert not [text for text in (*world.posted(), *world.cards()) if "hunter2" in text]


def test_a_pipeline_filter_holds_for_its_edits(world: World) -> None:
    telling(world, to_chat(Kind.PIPELINE, states=frozenset({"failed"})))
    pipeline = world.gitlab.run_pipeline(world.shop, ref="main")
    pipeline.set_status("failed")
    world.settle()
    assert len(heads(world)) == 1
    world.gitlab.retry_pipeline(pipeline)
    pipeline.set_status("success")
    world.settle()
    assert len(heads(world)) == 1


def test_a_release_edited_after_a_rule_for_its_creation(world: World) -> None:
    telling(world, to_chat(Kind.RELEASE, states=frozenset({"created"})))
    world.gitlab.tag(world.shop, "v1", "ann")
    release = world.gitlab.shipping.publish(world.shop, "v1", "ann", description="Notes")
    world.settle()
    world.gitlab.shipping.update_release(world.shop, release, description="Better notes")
    world.settle()
    assert len(heads(world)) == 1


# --- rollbacks


def ship(world: World, sha: str = "", environment: str = "production", status: str = "success"):
    pipeline = world.gitlab.run_pipeline(world.shop, ref="main", sha=sha)
    made = world.gitlab.deploy(pipeline, environment, "running")
    world.settle()
    world.tick(60)
    world.gitlab.set_deployment(world.shop, made, status)
    world.settle()
    world.tick(60)
    return made


@pytest.mark.deep
def test_a_rollback_names_the_task_whose_work_is_gone(world: World) -> None:
    world.rules = world.rules
    old = world.gitlab.push(world.shop, "main", ["Old"], "ann")[0].id
    ship(world)
    merged(world)
    ship(world)
    before = world.cards()
    assert [text for text in plain(before) if "production" in text]
    ship(world, sha=old)
    text = "\n".join(plain(world.cards()))
    assert "Rolled back" in text, text


@pytest.mark.deep
def test_a_failed_rollback_takes_nothing_away(world: World) -> None:
    telling(world, to_chat(Kind.DEPLOYMENT, states=frozenset({"success", "failed"})))
    old = world.gitlab.push(world.shop, "main", ["Old"], "ann")[0].id
    ship(world)
    merged(world)
    ship(world)
    ship(world, sha=old, status="failed")
    assert "Rolled back" not in "\n".join(plain(world.posted()))


@pytest.mark.deep
def test_a_rollback_elsewhere_is_not_one_here(world: World) -> None:
    telling(world, to_chat(Kind.DEPLOYMENT, states=frozenset({"success"})))
    old = world.gitlab.push(world.shop, "main", ["Old"], "ann")[0].id
    merged(world)
    ship(world)
    ship(world, sha=old, environment="staging")
    assert "Rolled back" not in "\n".join(plain(world.posted()))


@pytest.mark.deep
def test_after_a_rollback_the_work_comes_again(world: World) -> None:
    telling(world, to_chat(Kind.DEPLOYMENT, states=frozenset({"success"})))
    old = world.gitlab.push(world.shop, "main", ["Old"], "ann")[0].id
    ship(world)
    merged(world)
    ship(world)
    ship(world, sha=old)
    ship(world)
    texts = plain(world.posted())
    assert "Rolled back" in texts[-2]
    assert "Rolled back" not in texts[-1]


# --- equal bodies


@pytest.mark.deep
@pytest.mark.parametrize("version", ["16.11.0", "19.2.1-ee"])
def test_a_tag_made_again_is_told_again(world: World, version: str) -> None:
    world.gitlab.state.version = version
    telling(world, to_chat(Kind.TAG))
    for _ in range(2):
        world.gitlab.tag(world.shop, "v1", "ann")
        world.settle()
        world.tick(3600)
        world.gitlab.coding.delete_tag(world.shop, "v1", "ann")
        world.settle()
        world.tick(3600)
    assert len([one for one in world.outcomes() if one.startswith("tag")]) == 4, world.outcomes()


def test_a_branch_made_again_within_a_minute(world: World) -> None:
    world.gitlab.state.version = "16.11.0"
    telling(world, to_chat(Kind.BRANCH))
    for _ in range(2):
        world.gitlab.create_branch(world.shop, "next", "ann")
        world.settle(seconds=1)
        world.gitlab.delete_branch(world.shop, "next", "ann")
        world.settle(seconds=1)
    assert len([one for one in world.outcomes() if one.startswith("push to next")]) == 4


def test_a_label_put_off_and_on_is_three_events(world: World) -> None:
    world.gitlab.state.version = "16.11.0"
    telling(world, to_chat(Kind.MERGE_REQUEST, labels=frozenset({"urgent"})))
    mr = world.opened()
    for labels in (["urgent"], [], ["urgent"]):
        world.gitlab.update_mr(mr, "ann", labels=labels)
        world.settle()
    assert len(heads(world)) == 1


def test_approve_unapprove_approve_is_told(world: World) -> None:
    world.gitlab.state.version = "16.11.0"
    mr = world.opened()
    world.settle()
    for _ in range(2):
        world.gitlab.approve(mr, "bob")
        world.settle()
        world.gitlab.unapprove(mr, "bob")
        world.settle()
    world.gitlab.approve(mr, "bob")
    world.settle()
    assert "approved" in plain(world.cards())[-1].lower()


# --- smaller


def test_the_last_of_two_label_changes_of_one_second_stands(world: World) -> None:
    telling(world, to_chat(Kind.MERGE_REQUEST, labels=frozenset({"public"})))
    world.hold_deliveries = True
    mr = world.opened()
    world.gitlab.update_mr(mr, "ann", labels=["public"])
    world.gitlab.update_mr(mr, "ann", labels=["secret"])
    world.hold_deliveries = False
    late = list(world.inbox_order)
    world.store([*late[:-2], late[-1], late[-2]])
    world.settle()
    assert heads(world) == []


def test_release_assets_are_in_the_message(world: World) -> None:
    telling(world, to_chat(Kind.RELEASE))
    world.gitlab.tag(world.shop, "v1", "ann")
    world.gitlab.shipping.publish(
        world.shop,
        "v1",
        "ann",
        description="Notes",
        links={"app.apk": "https://cdn.example/app.apk"},
    )
    world.settle()
    text = world.posted()[0]
    assert "[url=https://cdn.example/app.apk]app.apk[/url]" in text


# --- reverts


@pytest.mark.parametrize("squash", [False, True])
def test_a_revert_of_a_merge_request_is_told_once(world: World, squash: bool) -> None:
    merged(world)
    title = 'Revert "Pay, closes B24-2103"'
    body = f"{title}\n\nThis reverts merge request !1"
    world.gitlab.push(world.shop, "revert-4f1c9e0a", [body], "bob")
    mr = world.gitlab.open_mr(world.shop, "revert-4f1c9e0a", title, "bob")
    world.settle()
    world.gitlab.merge(mr, "bob", squash=squash)
    world.settle()
    told = [text for text in plain(world.cards()) if "back" in text]
    assert len(told) == 1
    assert told[0].endswith("The work of this task was taken back.")
    assert world.status() == COMPLETED


def test_a_revert_pushed_straight_to_main_is_told(world: World) -> None:
    merged(world)
    world.gitlab.push(world.shop, "main", ['Revert "Pay, closes B24-2103"'], "bob")
    world.settle()
    assert "took back the work of this task" in plain(world.cards())[-1]
    assert world.status() == COMPLETED
