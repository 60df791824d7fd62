"""Situations that a manager would call wrong, each played through the worker: kinds 1 to 14."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sync.core.model.kinds import Kind
from tests.emulators.gitlab.entities import MergeRequest
from tests.engine.notified_world import heads, notified, plain, telling, to_chat
from tests.engine.test_unusual_ownership import (
    COMPLETED,
    IN_PROGRESS,
    OTHER,
    branch_of,
    field_of,
    merge,
    request,
    statuses,
)
from tests.engine.test_unusual_rollbacks import push, rolled_back, ship
from tests.engine.world import World

WAITING = 2
DAY = timedelta(days=1).total_seconds()
WORK = "B24-2103 pay"


@pytest.fixture(autouse=True)
def _other(world: World) -> None:
    world.task(OTHER)


def released(world: World, title: str, **options: object) -> MergeRequest:
    mr = world.gitlab.open_mr(world.shop, "develop", title, "ann", target_branch="main", **options)
    world.settle()
    return mr


# --- 1: whose commits


@pytest.mark.deep
@pytest.mark.parametrize("squash", [False, True])
def test_a_release_that_lists_tasks_in_its_title_reopens_none(world: World, squash: bool) -> None:
    world.gitlab.create_branch(world.shop, "develop", "ann")
    for number in (2103, OTHER):
        merge(
            world,
            request(world, f"w{number}", f"B24-{number} work", start="develop",
                    target_branch="develop"),
            squash=squash,
        )  # fmt: skip
    assert statuses(world) == (COMPLETED, COMPLETED)
    mr = released(world, "Release 1.4: B24-2103, B24-2104", description="Closes B24-2103")
    assert statuses(world) == (COMPLETED, COMPLETED)
    world.gitlab.run_pipeline(mr).set_status("failed")
    world.settle()
    merge(world, mr)
    assert statuses(world) == (COMPLETED, COMPLETED)


@pytest.mark.deep
def test_a_second_release_after_the_first_reopens_none(world: World) -> None:
    world.gitlab.create_branch(world.shop, "develop", "ann")
    world.shop.branches["develop"].protected = True
    for number in (2103, OTHER):
        mr = request(world, f"w{number}", f"B24-{number} work", start="develop",
                     target_branch="develop")  # fmt: skip
        merge(world, mr)
        release = released(world, "Release")
        merge(world, release)
    assert statuses(world) == (COMPLETED, COMPLETED)
    shown = world.cards(), world.cards(OTHER)
    branch_of(world, "develop", "Bump version")
    released(world, "Release 3")
    assert (world.cards(), world.cards(OTHER)) == shown


@pytest.mark.deep
def test_a_commit_moved_to_another_branch_leaves_the_first(world: World) -> None:
    """Picked onto its right branch, and dropped from the wrong one by a forced push."""
    wrong = request(world, "wrong", f"B24-{OTHER} mine")
    sha = world.gitlab.push(world.shop, "wrong", [WORK], "ann")[0].id
    keep = world.shop.commits[sha].parent_ids[0]
    world.settle()
    world.gitlab.branching.reset(world.shop, "wrong", keep, "ann")
    world.settle()
    merge(world, wrong)
    assert world.status() != COMPLETED
    assert world.status(OTHER) == COMPLETED
    merge(world, request(world, "right", WORK))
    assert world.status() == COMPLETED


def test_a_mention_in_a_commit_is_completed_by_no_merge(world: World) -> None:
    merge(world, request(world, "w", f"B24-{OTHER} work, see B24-2103"))
    assert statuses(world) == (WAITING, COMPLETED)


def test_a_branch_renamed_by_a_new_request_keeps_one_task(world: World) -> None:
    first = request(world, "old", WORK)
    world.gitlab.close(first, "ann")
    world.settle()
    world.gitlab.create_branch(world.shop, "new", "ann", start="old")
    second = world.gitlab.open_mr(world.shop, "new", "Work", "ann")
    world.settle()
    assert world.status() == IN_PROGRESS
    merge(world, second)
    assert world.status() == COMPLETED


# --- 3, 4: repeats and reverts


@pytest.mark.parametrize(
    "title",
    [
        'Revert "Closes B24-2103"', "revert: Closes B24-2103", "Revert: Closes B24-2103",
        "[revert] Closes B24-2103", 'Откат "Closes B24-2103"', "Revert B24-2103",
        'Draft: Revert "Closes B24-2103"', 'fix: revert "Closes B24-2103"',
        'Revert "Revert "Revert "Closes B24-2103"""', 'Revert "Closes B24-2103…',
    ],
)  # fmt: skip
def test_a_merged_revert_says_so_and_completes_nothing_anew(world: World, title: str) -> None:
    mr = request(world, "revert-4f2a9c61", title, title=title.removeprefix("Draft: "))
    merge(world, mr)
    assert world.status() != COMPLETED
    assert "was taken back" in "\n".join(world.cards())


def test_a_revert_in_the_squash_of_another_work(world: World) -> None:
    text = f'B24-{OTHER} cart\n\n* B24-{OTHER} cart\n\n* Revert "Closes B24-2103"'
    merge(world, request(world, "w", text))
    assert world.status() != COMPLETED
    assert world.status(OTHER) == COMPLETED


# --- 6: what did not happen now


def test_an_old_release_edited_is_not_told(world: World) -> None:
    telling(world, to_chat(Kind.RELEASE))
    world.hold_deliveries = True
    world.gitlab.tag(world.shop, "v1", "ann")
    made = world.gitlab.shipping.publish(world.shop, "v1", "ann")
    world.hold_deliveries = False
    world.tick(150 * DAY)
    world.gitlab.shipping.update_release(world.shop, made, name="One")
    world.settle()
    assert heads(world) == []


def test_an_old_issue_labelled_is_not_told(world: World) -> None:
    telling(world, to_chat(Kind.ISSUE))
    world.hold_deliveries = True
    issue = world.gitlab.tracking.open_issue(world.shop, "Slow", "ann")
    world.gitlab.tracking.close_issue(issue, "ann")
    world.hold_deliveries = False
    world.tick(150 * DAY)
    world.gitlab.tracking.update_issue(issue, "ann", labels=["x"])
    world.settle()
    assert heads(world) == []


@pytest.mark.parametrize("days", [8, 40])
def test_a_hook_of_a_merge_sent_again_after_weeks_completes_nothing(
    world: World, days: int
) -> None:
    world.hold_deliveries = True
    mr = world.opened()
    world.gitlab.merge(mr, "bob")
    world.hold_deliveries = False
    late = [d for d in world.inbox_order if d.event == "Merge Request Hook"]
    world.tick(days * DAY)
    world.store(late)
    world.settle()
    assert (world.status(), world.cards(), world.told()) == (WAITING, [], [])


# --- 7, 8: pipelines


def broken(world: World) -> None:
    merge(world, world.opened(title="Pay"))
    world.gitlab.run_pipeline(world.shop, ref="main").set_status("failed")
    world.settle()
    assert field_of(world) == "failed"


def test_a_skipped_pipeline_after_the_broken_one_mends_nothing(world: World) -> None:
    broken(world)
    world.gitlab.push(world.shop, "main", ["Docs [ci skip]"], "bob")
    world.gitlab.run_pipeline(world.shop, ref="main").set_status("skipped")
    world.settle()
    assert field_of(world) == "failed"


def test_who_heard_failed_hears_fixed_by_the_next_push(world: World) -> None:
    broken(world)
    world.gitlab.push(world.shop, "main", ["Mend"], "bob")
    world.gitlab.run_pipeline(world.shop, ref="main").set_status("success")
    world.settle()
    assert field_of(world) == "passed"
    assert "failed" not in plain(world.reports())[-1]
    assert any("it is fixed" in text for user, text in notified(world) if user == 8)


@pytest.mark.deep
@pytest.mark.parametrize(
    "source",
    [
        "webide", "ondemand_dast_scan", "ondemand_dast_validation", "container_registry_push",
        "security_orchestration_policy", "duo_workflow", "pipeline_execution_policy_schedule",
    ],
)  # fmt: skip
def test_what_dangles_mends_nothing_and_breaks_nothing(world: World, source: str) -> None:
    broken(world)
    world.gitlab.run_pipeline(world.shop, ref="main", source=source).set_status("success")
    world.settle()
    assert field_of(world) == "failed"


# --- 10: rollbacks


@pytest.mark.deep
def test_a_rollback_by_an_automatic_job_is_told_where_the_deployment_was(world: World) -> None:
    telling(world, to_chat(Kind.DEPLOYMENT, states=frozenset({"success"})))
    old = push(world, "Old")
    ship(world)
    push(world, "New")
    ship(world)
    push(world, "Newest")
    ship(world)
    ship(world, sha=old)
    [text] = rolled_back(world)
    assert "Old" in text or old[:8] in text


# --- 13, 14: texts


MARKDOWN = [
    ("![shot](/uploads/a.png){width=640 height=480}", "", "width"),
    ("See\n\n![a](/uploads/a.png){height=75%} there", "there", "height"),
    (">>>\nquoted\n>>>\n\nmine", "mine", ">>>"),
    ("Sum $a*b*c$ is", "a*b*c", "$$"),
    ("Take `a*b`", "a*b", "`"),
    ("> [!warning]\n> Mind the gap", "Mind the gap", "[!warning]"),
    ("[[_TOC_]]\n\nText", "Text", "TOC"),
    ("<details><summary>More</summary>\n\nHidden\n\n</details>", "Hidden", "<details>"),
    ("```suggestion:-1+2\nx = 1\n```", "x = 1", "```"),
    ("one\ntwo", "one two", "one\ntwo"),
    ("H<sub>2</sub>O", "H2O", "<sub>"),
    ("a <br> b", "b", "<br>"),
    ("Term\n: What it is", "What it is", "\n: What"),
    ("Text[^1]\n\n[^1]: Note", "Note", "[^1]:"),
]


def test_comments_read_as_gitlab_shows_them(world: World) -> None:
    world.gitlab.add_hook(world.shop, "http://bridge.test/hook", "note_events")
    mr = world.opened()
    for written, _, _ in MARKDOWN:
        world.gitlab.comment(mr, written, "bob")
    world.settle()
    shown = plain(world.cards())[1:]
    assert len(shown) == len(MARKDOWN)
    assert [
        (written, text)
        for (written, words, noise), text in zip(MARKDOWN, shown, strict=True)
        if words not in text or noise in text
    ] == []


@pytest.mark.deep
@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("1 hour and 30 minutes", 5400), ("1 час и 30 минут", 5400), ("1h & 30m", 5400),
        ("1h+30m", 5400), ("1h plus another 30m", 5400), ("1ч30м", 5400), ("1h_30m", None),
        ("1h | 30m", None), ("1h then 30m", None), ("1h 30", None), ("90", None),
        ("1h and a half", None), ("1 час с четвертью", None), ("1h and 30m tests", 5400),
    ],
)  # fmt: skip
def test_time_is_booked_whole_or_refused_and_said(
    world: World, written: str, seconds: int | None
) -> None:
    world.gitlab.push(world.shop, "w", [f"B24-2103 #time {written}"], "bob")
    world.settle()
    entries = [entry.seconds for entry in world.b24.state.elapsed.values()]
    assert entries == ([seconds] if seconds else [])
    assert seconds or [text for user, text in notified(world) if user == 8]


def test_an_old_comment_edited_is_not_told(world: World) -> None:
    telling(world, to_chat(Kind.COMMENT))
    mr = world.opened("pay", "Pay")
    world.settle()
    world.hold_deliveries = True
    note = world.gitlab.comment(mr, "Old words on B24-2103", "bob")
    world.hold_deliveries = False
    world.tick(40 * DAY)
    world.gitlab.talking.edit_comment(mr, note, "New words on B24-2103", "bob")
    world.settle()
    assert (heads(world), world.cards()) == ([], [])


def test_an_issue_opened_again_is_news_after_its_silence(world: World) -> None:
    telling(world, to_chat(Kind.ISSUE))
    world.hold_deliveries = True
    issue = world.gitlab.tracking.open_issue(world.shop, "Slow", "ann")
    world.gitlab.tracking.close_issue(issue, "ann")
    world.hold_deliveries = False
    world.tick(40 * DAY)
    for labels in (["x"], []):
        world.gitlab.tracking.update_issue(issue, "ann", labels=labels)
        world.settle()
    assert heads(world) == []
    world.gitlab.tracking.reopen_issue(issue, "ann")
    world.settle()
    assert len(heads(world)) == 1


def test_an_issue_closed_now_is_told_though_its_label_came_first(world: World) -> None:
    telling(world, to_chat(Kind.ISSUE))
    world.hold_deliveries = True
    issue = world.gitlab.tracking.open_issue(world.shop, "Slow", "ann")
    world.tick(2 * DAY)
    world.gitlab.tracking.close_issue(issue, "ann")
    world.tick(1)
    world.gitlab.tracking.update_issue(issue, "ann", labels=["x"])
    world.hold_deliveries = False
    for delivery in world.inbox_order[:-3:-1]:
        world.store([delivery])
        world.work()
    world.settle()
    assert len(heads(world)) == 1
