"""Further lives that few have: forks that go, filters of edits, rollbacks, equal bodies, paths."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from sync.core.model.kinds import Kind
from sync.core.rules.routes import Role
from sync.store.db.database import read
from sync.store.tables import host_user, project
from tests.emulators.gitlab.deliveries import Waiting
from tests.engine.notified_world import heads, notified, plain, telling, to_chat, to_people
from tests.engine.sampled_world import EVERYTHING, full_life
from tests.engine.test_meaning_smaller import arrive
from tests.engine.test_unusual_repeats import count
from tests.engine.test_unusual_rollbacks import push, rolled_back, ship
from tests.engine.test_unusual_rules import SECRET, leaked
from tests.engine.world import HOST, World

WAITING, IN_PROGRESS = 2, 3
DAY = 86400.0


# --- a fork's branch


def test_a_request_whose_fork_was_deleted_is_not_from_our_branch(world: World) -> None:
    """GitLab then tells no source: `source_project_id` is null."""
    fork = world.gitlab.branching.fork(world.shop, "cid/shop", "cid")
    world.gitlab.push(fork, "develop", ["Theirs"], "cid")
    mr = world.gitlab.open_mr(world.shop, "develop", "Theirs", "cid", source_project=fork)
    world.settle()
    orphan = json.loads(world.inbox_order[-1].body)
    orphan["object_attributes"] |= {
        "source_project_id": None, "source": None, "action": "update", "title": "Theirs, alone",
        "updated_at": (world.clock.now() + timedelta(seconds=5)).isoformat(),
    }  # fmt: skip
    arrive(world, "Merge Request Hook", orphan)
    world.settle()
    world.gitlab.push(world.shop, "develop", ["Ours B24-2103"], "ann")
    world.settle()
    assert world.cards() == []
    assert world.status() == WAITING
    assert mr.iid == 1


def test_a_forks_deployment_is_not_ours(world: World) -> None:
    mr = world.opened()
    world.settle()
    world.gitlab.merge(mr, "bob")
    fork = world.gitlab.branching.fork(world.shop, "cid/shop", "cid")
    world.gitlab.add_hook(fork, "http://bridge.test/hook", "deployment_events", "pipeline_events")
    world.settle()
    before = world.cards()
    run = world.gitlab.run_pipeline(fork, ref="main")
    made = world.gitlab.deploy(run, "production", "running")
    world.gitlab.set_deployment(fork, made, "success")
    world.settle()
    assert world.cards() == before


def test_a_tag_of_a_fork_named_like_ours_is_its_own(world: World) -> None:
    telling(world, to_chat(Kind.TAG))
    fork = world.gitlab.branching.fork(world.shop, "cid/shop", "cid")
    world.gitlab.add_hook(fork, "http://bridge.test/hook", "tag_push_events")
    world.gitlab.tag(world.shop, "v1", "ann")
    world.settle()
    told = heads(world)
    world.gitlab.tag(fork, "v1", "cid")
    world.gitlab.coding.delete_tag(fork, "v1", "cid")
    world.settle()
    assert heads(world) == told


# --- edits


def test_an_edit_of_a_milestone_after_its_rule_is_gone(world: World) -> None:
    telling(world, to_chat(Kind.MILESTONE))
    made = world.gitlab.keeping.create_milestone(world.shop, "1.0")
    world.settle()
    telling(world, to_chat(Kind.TAG))
    made.title = SECRET
    world.gitlab.keeping.move_milestone(made, "close")
    world.settle()
    assert leaked(world) == []


def test_a_comment_on_an_issue_whose_label_the_rule_asks_for(world: World) -> None:
    telling(world, to_chat(Kind.COMMENT, labels=frozenset({"public"})))
    issue = world.gitlab.tracking.open_issue(world.shop, "Slow", "ann", labels=["public"])
    note = world.gitlab.comment(issue, "Seen", "bob")
    world.settle()
    world.gitlab.tracking.update_issue(issue, "ann", labels=["internal"])
    world.settle()
    world.gitlab.talking.edit_comment(issue, note, SECRET, "bob")
    world.settle()
    assert leaked(world) == []


def test_an_environment_filter_holds_for_the_end_of_a_deployment(world: World) -> None:
    telling(world, to_chat(Kind.DEPLOYMENT, environments=("production",)))
    push(world, "Work")
    run = world.gitlab.run_pipeline(world.shop, ref="main")
    made = world.gitlab.deploy(run, "production", "running")
    world.settle()
    before = world.posted()
    made = world.gitlab.deploy(run, "review/secret", "running")
    world.gitlab.set_deployment(world.shop, made, "success")
    world.settle()
    assert world.posted() == before


def test_a_state_rule_edits_no_title_of_what_left_its_labels(world: World) -> None:
    telling(
        world,
        to_chat(Kind.MERGE_REQUEST, states=frozenset({"opened"}), labels=frozenset({"public"})),
    )
    mr = world.opened(title="Pay", labels=["public"])
    world.settle()
    world.gitlab.update_mr(mr, "ann", labels=[], title=SECRET)
    world.gitlab.close(mr, "ann")
    world.settle()
    assert not [text for text in world.posted() if SECRET in text]


def test_an_issue_made_public_again_is_edited_again(world: World) -> None:
    telling(world, to_chat(Kind.ISSUE))
    issue = world.gitlab.tracking.open_issue(world.shop, "Slow", "ann")
    world.settle()
    world.gitlab.tracking.update_issue(issue, "ann", confidential=True, title=SECRET)
    world.settle()
    world.gitlab.tracking.update_issue(issue, "ann", confidential=False, title="For all")
    world.settle()
    assert leaked(world) == []
    assert "For all" in "\n".join(plain(world.posted()))


def test_an_incident_of_a_rule_for_issues_made_confidential_at_once(world: World) -> None:
    telling(world, to_chat(Kind.ISSUE, Kind.WORK_ITEM))
    world.hold_deliveries = True
    issue = world.gitlab.tracking.open_issue(world.shop, "Slow", "ann", kind="Incident")
    world.gitlab.tracking.update_issue(issue, "ann", confidential=True, title=SECRET)
    world.hold_deliveries = False
    world.store(world.inbox_order[::-1])
    world.settle()
    assert leaked(world) == []


# --- rollbacks


@pytest.mark.deep
def test_a_rollback_tells_the_responsible_of_the_task(world: World) -> None:
    telling(world, to_people(Kind.DEPLOYMENT, Role.RESPONSIBLE))
    old = push(world, "Old")
    ship(world)
    push(world, "Pay B24-2103")
    ship(world)
    ship(world, sha=old)
    assert [text for user, text in notified(world) if user == 7 and "Rolled back" in text]


def test_a_rollback_by_another_hook_order(world: World) -> None:
    """`success` of the rollback arrives before its `running`."""
    telling(world, to_chat(Kind.DEPLOYMENT))
    old = push(world, "Old")
    ship(world)
    push(world, "New")
    ship(world)
    world.hold_deliveries = True
    run = world.gitlab.run_pipeline(world.shop, ref="main", sha=old)
    made = world.gitlab.deploy(run, "production", "running")
    world.tick(5)
    world.gitlab.set_deployment(world.shop, made, "success")
    world.hold_deliveries = False
    world.store(world.inbox_order[-2:][::-1])
    world.settle()
    assert len(rolled_back(world)) == 1


# --- equal bodies


def old_gitlab(world: World, version: str) -> None:
    world.gitlab.state.version = version
    telling(world, to_chat(*EVERYTHING))


@pytest.mark.parametrize("version", ["17.3.0", "16.1.0"])
def test_a_token_that_expires_is_told_each_time(world: World, version: str) -> None:
    old_gitlab(world, version)
    hook = next(iter(world.gitlab.state.hooks.values()))
    body = {
        "object_kind": "access_token", "event_name": "expiring_access_token",
        "project": {"id": world.shop.id, "path_with_namespace": "acme/shop",
                    "web_url": f"{HOST}/acme/shop", "name": "Shop"},
        "object_attributes": {"user_id": 1, "created_at": "2026-01-01T00:00:00Z", "id": 5,
                              "name": "ci", "expires_at": "2026-04-01"},
    }  # fmt: skip
    for days in (23, 6, 1):
        number = world.gitlab.state.next_uuid()
        name = "Resource Access Token Hook"
        world._hooked(Waiting(hook, name, body, number, world.clock.now()))
        world.settle()
        world.tick(days * DAY)
    assert count(world, "access_token") == 3


def test_a_release_made_deleted_and_made_again(world: World) -> None:
    old_gitlab(world, "17.3.0")
    world.gitlab.tag(world.shop, "v1", "ann")
    for _ in range(3):
        made = world.gitlab.shipping.publish(world.shop, "v1", "ann")
        world.settle()
        world.gitlab.shipping.delete_release(world.shop, made)
        world.settle()
    assert count(world, "release") == 6


def test_an_issue_closed_and_reopened_is_told_as_it_stands(world: World) -> None:
    old_gitlab(world, "17.3.0")
    issue = world.gitlab.tracking.open_issue(world.shop, "Slow", "ann")
    for _ in range(2):
        world.gitlab.tracking.close_issue(issue, "ann")
        world.settle()
        world.gitlab.tracking.reopen_issue(issue, "ann")
        world.settle()
    assert count(world, "issue") == 5


def test_a_job_retried_to_the_same_end_twice(world: World) -> None:
    old_gitlab(world, "16.1.0")
    run = world.gitlab.run_pipeline(world.shop, ref="main")
    job = world.gitlab.working.add_job(run, "test", "unit")
    for _ in range(2):
        world.gitlab.working.set_job(run, job, "failed")
        world.settle()
        job = world.gitlab.working.retry_job(run, job)
        world.settle()
    assert count(world, "job") >= 4


# --- smaller


def test_a_whole_life_under_a_path_leaves_the_projects_name_alone(world: World) -> None:
    world.gitlab.state.url = f"{HOST}/gitlab"
    telling(world, to_chat(*EVERYTHING))
    full_life(world)
    world.settle()
    with read(world.database) as conn:
        assert set(conn.scalars(select(project.c.path))) == {"acme/shop"}


def test_two_drafts_of_one_second_arrive_in_the_wrong_order(world: World) -> None:
    mr = world.opened(title="Pay")
    world.settle()
    world.hold_deliveries = True
    world.gitlab.update_mr(mr, "ann", draft=True)
    world.gitlab.update_mr(mr, "ann", draft=False)
    world.hold_deliveries = False
    *_, first, last = world.inbox_order
    for delivery in (last, first):
        world.store([delivery])
        world.work()
    world.settle()
    assert "Draft" not in world.cards()[-1]


def test_a_label_put_on_and_off_in_one_second_in_the_wrong_order(world: World) -> None:
    telling(world, to_chat(Kind.MERGE_REQUEST, labels=frozenset({"public"})))
    mr = world.opened(title="Pay")
    world.settle()
    world.hold_deliveries = True
    world.gitlab.update_mr(mr, "ann", labels=["public"])
    world.gitlab.update_mr(mr, "ann", labels=[])
    world.hold_deliveries = False
    *_, first, last = world.inbox_order
    for delivery in (last, first):
        world.store([delivery])
        world.work()
    world.settle()
    world.gitlab.update_mr(mr, "ann", title=SECRET)
    world.settle()
    assert not [text for text in world.posted() if SECRET in text]


def test_who_comments_on_a_commit_is_learned(world: World) -> None:
    world.gitlab.add_hook(world.shop, "http://bridge.test/hook", "note_events")
    world.gitlab.state.add_user("eve", "Eve", public=True)
    commit = world.gitlab.push(world.shop, "main", ["Work"], "ann")[0]
    world.gitlab.comment(commit, "Nice", "eve", place=world.shop)
    world.settle()
    with read(world.database) as conn:
        emails = dict(conn.execute(select(host_user.c.username, host_user.c.email)).all())
    assert emails["eve"] == "eve@acme.example"


@pytest.mark.deep
@pytest.mark.parametrize("act", ["label", "draft", "assign", "close"])
def test_the_first_act_on_an_open_request_of_before(world: World, act: str) -> None:
    world.hold_deliveries = True
    mr = world.opened()
    world.hold_deliveries = False
    world.tick(3 * DAY)
    git = world.gitlab
    {
        "label": lambda: git.update_mr(mr, "ann", labels=["x"]),
        "draft": lambda: git.update_mr(mr, "ann", draft=True),
        "close": lambda: git.close(mr, "ann"),
        "assign": lambda: git.update_mr(mr, "ann", assignees=["bob"]),
    }[act]()
    world.settle()
    assert world.status() == IN_PROGRESS


def test_a_release_brought_forward_is_told_on_its_new_day(world: World) -> None:
    telling(world, to_chat(Kind.RELEASE))
    world.gitlab.tag(world.shop, "v3", "ann")
    day = world.clock.now() + timedelta(days=9)
    made = world.gitlab.shipping.publish(world.shop, "v3", "ann", released_at=day)
    world.settle()
    world.gitlab.shipping.update_release(
        world.shop, made, released_at=world.clock.now() - timedelta(minutes=1)
    )
    world.settle()
    assert len(heads(world)) == 1
