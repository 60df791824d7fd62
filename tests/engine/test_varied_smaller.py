"""Smaller matters in lives that differ: paths, groups, roles, one second, releases, people."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from sync.core.model.kinds import Kind
from sync.core.model.merge_requests import MergeRequestKey
from sync.core.rules.portal import GroupRules, Rules
from sync.core.rules.routes import Channel, Route
from sync.store import merge_requests as store_merge_requests
from sync.store.db.database import read
from sync.store.tables import host_user, project
from tests.emulators.gitlab.entities import MergeRequest
from tests.engine.history import hears_everything
from tests.engine.notified_world import heads, plain, telling, to_chat
from tests.engine.test_meaning_smaller import arrive
from tests.engine.world import HOST, World

WAITING, IN_PROGRESS, COMPLETED = 2, 3, 5


def rearrived(world: World, count: int) -> None:
    """The last hooks, one by one, in the wrong order."""
    held = world.inbox_order[-count:]
    for delivery in reversed(held):
        world.store([delivery])
        world.work()
    world.settle()


# --- paths


@pytest.mark.parametrize("root", ["/gitlab", "/dev/git", "/acme"])
@pytest.mark.parametrize("number", [1, 7])
def test_a_vulnerability_never_renames_what_is_known(world: World, root: str, number: int) -> None:
    world.gitlab.push(world.shop, "main", ["Work"], "ann")
    world.settle()
    at = world.clock.now().isoformat()
    body = {
        "object_kind": "vulnerability",
        "object_attributes": {
            "url": f"{HOST}{root}/acme/shop/-/security/vulnerabilities/{number}",
            "title": "Leak", "state": "detected", "severity": "high",
            "project_id": world.shop.id, "created_at": at, "updated_at": at,
        },
    }  # fmt: skip
    arrive(world, "Vulnerability Hook", body, f"{HOST}{root}")
    world.settle()
    with read(world.database) as conn:
        assert list(conn.scalars(select(project.c.path))) == ["acme/shop"]


# --- groups


@pytest.mark.deep
@pytest.mark.parametrize(
    ("pattern", "path", "count"),
    [
        ("acme/*", "acme", 1), ("acme/*", "acme/backend", 1), ("acme/backend/*", "acme/backend", 1),
        ("acme/backend/*", "acme", 0), ("acme/shop", "acme", 0), ("other/*", "acme", 0),
    ],
)  # fmt: skip
def test_a_groups_token_goes_where_the_groups_pattern_says(
    world: World, pattern: str, path: str, count: int
) -> None:
    route = Route(frozenset({Kind.ACCESS_TOKEN}), (Channel.PROJECT,))
    world.rules = Rules(groups={3: GroupRules(projects=(pattern,), routes=(route,))})
    body = {
        "object_kind": "access_token", "event_name": "expiring_access_token",
        "group": {"group_name": "Acme", "group_path": path, "full_path": path, "group_id": 5},
        "object_attributes": {"id": 9, "name": "ci", "expires_at": "2026-03-05"},
    }  # fmt: skip
    arrive(world, "Resource Access Token Hook", body)
    world.settle()
    assert len(heads(world)) == count


def test_a_groups_hook_tells_of_its_projects_as_their_own_do(world: World) -> None:
    world.gitlab.state.hooks.clear()
    group = world.gitlab.state.add_group("acme")
    world.shop.group_id = group.id
    world.gitlab.add_hook(
        group, "http://bridge.test/hook", "merge_requests_events", "push_events", "note_events"
    )
    mr = world.opened()
    world.settle()
    assert world.status() == IN_PROGRESS
    world.gitlab.comment(mr, "Please look", "bob")
    world.gitlab.merge(mr, "bob")
    world.settle()
    assert world.status() == COMPLETED
    assert any("Please look" in text for text in world.cards())


# --- authors


def author_of(world: World, mr: MergeRequest) -> str | None:
    key = MergeRequestKey(world.connection_id, world.shop.id, mr.iid)
    with read(world.database) as conn:
        author = store_merge_requests.without_pipelines(conn, [key])[key].author
    return author.username if author else None


@pytest.mark.deep
@pytest.mark.parametrize("act", ["approve", "merge", "comment", "label"])
def test_an_author_without_a_role_is_found_by_number(world: World, act: str) -> None:
    """Ann has pushed before; of her merge request only others' acts are heard."""
    hears_everything(world)
    world.opened("other", "Other")
    world.settle()
    world.hold_deliveries = True
    mr = world.opened("feature/B24-2103-more", "More")
    world.hold_deliveries = False
    git = world.gitlab
    {
        "approve": lambda: git.approve(mr, "bob"),
        "merge": lambda: git.merge(mr, "bob"),
        "comment": lambda: git.comment(mr, "Fine", "bob"),
        "label": lambda: git.update_mr(mr, "bob", labels=["x"]),
    }[act]()
    world.settle()
    assert author_of(world, mr) == "ann"


def test_an_author_who_is_known_is_not_lost_by_anothers_act(world: World) -> None:
    mr = world.opened()
    world.settle()
    for act in (lambda: world.gitlab.approve(mr, "bob"), lambda: world.gitlab.merge(mr, "cid")):
        act()
        world.settle()
        assert author_of(world, mr) == "ann"


# --- one second


def test_a_target_changed_twice_in_one_second(world: World) -> None:
    world.gitlab.create_branch(world.shop, "one", "ann")
    world.gitlab.create_branch(world.shop, "two", "ann")
    mr = world.opened()
    world.settle()
    world.hold_deliveries = True
    for target in ("one", "two"):
        world.gitlab.update_mr(mr, "ann", target_branch=target)
    world.hold_deliveries = False
    rearrived(world, 2)
    assert "→ two" in plain(world.cards())[0]


def test_a_number_put_in_and_out_in_one_second(world: World) -> None:
    mr = world.opened("pay", "Pay")
    world.settle()
    world.hold_deliveries = True
    world.gitlab.update_mr(mr, "ann", description="Closes B24-2103")
    world.gitlab.update_mr(mr, "ann", description="")
    world.hold_deliveries = False
    rearrived(world, 2)
    world.gitlab.merge(mr, "bob")
    world.settle()
    assert world.status() != COMPLETED


def test_a_number_taken_out_and_put_back_in_one_second(world: World) -> None:
    mr = world.opened("pay", "Pay", description="Closes B24-2103")
    world.settle()
    world.hold_deliveries = True
    world.gitlab.update_mr(mr, "ann", description="")
    world.gitlab.update_mr(mr, "ann", description="Closes B24-2103")
    world.hold_deliveries = False
    rearrived(world, 2)
    world.gitlab.merge(mr, "bob")
    world.settle()
    assert world.status() == COMPLETED


def test_a_close_and_a_reopening_of_one_second(world: World) -> None:
    mr = world.opened()
    world.settle()
    world.hold_deliveries = True
    world.gitlab.close(mr, "ann")
    world.gitlab.reopen(mr, "ann")
    world.hold_deliveries = False
    rearrived(world, 2)
    assert world.status() == IN_PROGRESS
    assert "closed" not in plain(world.cards())[0]


# --- releases


def test_a_release_to_come_with_assets_tells_them_on_its_day(world: World) -> None:
    telling(world, to_chat(Kind.RELEASE))
    world.gitlab.tag(world.shop, "v2", "ann")
    world.gitlab.shipping.publish(
        world.shop, "v2", "ann", released_at=world.clock.now() + timedelta(days=2),
        links={"app.zip": f"{HOST}/files/app.zip"},
    )  # fmt: skip
    world.work()
    assert heads(world) == []
    world.tick(timedelta(days=2, minutes=1).total_seconds())
    world.settle()
    assert "app.zip" in "\n".join(plain(world.posted()))


def test_a_release_edited_before_its_day_is_told_once_and_as_edited(world: World) -> None:
    telling(world, to_chat(Kind.RELEASE))
    world.gitlab.tag(world.shop, "v2", "ann")
    made = world.gitlab.shipping.publish(
        world.shop, "v2", "ann", released_at=world.clock.now() + timedelta(days=2)
    )
    world.work()
    world.gitlab.shipping.update_release(world.shop, made, name="Spring")
    world.work()
    assert heads(world) == []
    world.tick(timedelta(days=2, minutes=1).total_seconds())
    world.settle()
    assert [head for head in heads(world) if "Spring" in head] == heads(world) != []


def test_an_asset_taken_away_leaves_the_message(world: World) -> None:
    telling(world, to_chat(Kind.RELEASE))
    world.gitlab.tag(world.shop, "v1", "ann")
    links = {"app.zip": f"{HOST}/app.zip", "old.zip": f"{HOST}/old.zip"}
    made = world.gitlab.shipping.publish(world.shop, "v1", "ann", links=links)
    world.settle()
    world.gitlab.shipping.update_release(world.shop, made, links={"app.zip": links["app.zip"]})
    world.settle()
    text = "\n".join(plain(world.posted()))
    assert "app.zip" in text
    assert "old.zip" not in text


# --- people


@pytest.mark.deep
@pytest.mark.parametrize("address", ["eve@acme.example", "", "[REDACTED]"])
def test_a_commenters_address_counts_only_if_it_is_one(world: World, address: str) -> None:
    hears_everything(world)
    mr = world.opened()
    world.settle()
    world.gitlab.state.add_user("eve", "Eve", public=True)
    world.hold_deliveries = True
    world.gitlab.comment(mr, "Nice", "eve")
    world.hold_deliveries = False
    body = json.loads(world.inbox_order[-1].body)
    body["user"]["email"] = address
    arrive(world, "Note Hook", body)
    world.settle()
    with read(world.database) as conn:
        emails = dict(conn.execute(select(host_user.c.username, host_user.c.email)).all())
    assert emails.get("eve") == (address if "@" in address else emails.get("eve"))
    assert "[REDACTED]" not in emails.values()


def test_an_issue_closed_and_reopened_in_one_second_is_open(world: World) -> None:
    telling(world, to_chat(Kind.ISSUE))
    issue = world.gitlab.tracking.open_issue(world.shop, "Slow", "ann")
    world.settle()
    world.hold_deliveries = True
    world.gitlab.tracking.close_issue(issue, "ann")
    world.gitlab.tracking.reopen_issue(issue, "ann")
    world.hold_deliveries = False
    rearrived(world, 2)
    assert not [head for head in heads(world) if "closed" in head]
