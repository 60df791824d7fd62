"""Smaller matters of meaning: paths, groups, authors, releases to come, people."""

from __future__ import annotations

import json
from datetime import timedelta

from sqlalchemy import select

from sync.core.model.kinds import Kind
from sync.core.model.merge_requests import MergeRequestKey
from sync.core.rules.portal import GroupRules, Rules
from sync.core.rules.routes import Channel, Route
from sync.store import merge_requests as store_merge_requests
from sync.store.db.database import read
from sync.store.rows import Delivery
from sync.store.tables import host_user, project
from tests.engine.notified_world import heads, telling, to_chat
from tests.engine.world import HOST, World

IN_PROGRESS = 3


def arrive(world: World, event: str, body: dict[str, object], instance: str = HOST) -> None:
    raw = json.dumps(body).encode()
    key = f"by-hand-{len(world.inbox_order)}"
    headers = {"X-Gitlab-Event": event, "X-Gitlab-Instance": instance}
    delivery = Delivery(
        world.portal_id,
        world.connection_id,
        f"gitlab:{world.connection_id}",
        key,
        event,
        headers,
        raw,
        world.clock.now(),
    )
    world.inbox_order.append(delivery)
    world.store([delivery])


def test_the_path_of_the_instance_is_no_part_of_a_project(world: World) -> None:
    telling(world, to_chat(Kind.VULNERABILITY))
    instance = f"{HOST}/gitlab"
    body = {
        "object_kind": "vulnerability",
        "object_attributes": {
            "url": f"{instance}/acme/shop/-/security/vulnerabilities/7",
            "title": "Leak",
            "state": "detected",
            "severity": "high",
            "project_id": world.shop.id,
            "created_at": world.clock.now().isoformat(),
        },
    }
    arrive(world, "Vulnerability Hook", body, instance)
    world.settle()
    with read(world.database) as conn:
        paths = list(conn.scalars(select(project.c.path)))
    assert paths == ["acme/shop"]
    assert len(heads(world)) == 1


def test_a_groups_own_things_match_the_groups_pattern(world: World) -> None:
    route = Route(frozenset({Kind.ACCESS_TOKEN}), (Channel.PROJECT,))
    world.rules = Rules(groups={3: GroupRules(projects=("acme/*",), routes=(route,))})
    body = {
        "object_kind": "access_token",
        "group": {"group_name": "Acme", "group_path": "acme", "full_path": "acme", "group_id": 5},
        "object_attributes": {"id": 9, "name": "ci", "expires_at": "2026-03-05"},
        "event_name": "expiring_access_token",
    }
    arrive(world, "Resource Access Token Hook", body)
    world.settle()
    assert len(heads(world)) == 1


def test_an_author_told_by_number_is_found_among_known_people(world: World) -> None:
    first = world.opened()
    world.settle()
    second = world.opened("feature/B24-2103-more", "More")
    world.settle()
    world.gitlab.approve(second, "bob")
    world.settle()
    keys = [MergeRequestKey(world.connection_id, world.shop.id, mr.iid) for mr in (first, second)]
    with read(world.database) as conn:
        items = store_merge_requests.without_pipelines(conn, keys)
    assert [items[key].author.username for key in keys] == ["ann", "ann"]


def test_an_author_is_known_though_only_others_act(world: World) -> None:
    world.opened()
    world.settle()
    world.hold_deliveries = True
    second = world.opened("feature/B24-2103-more", "More")
    world.hold_deliveries = False
    world.gitlab.approve(second, "bob")
    world.settle()
    key = MergeRequestKey(world.connection_id, world.shop.id, second.iid)
    with read(world.database) as conn:
        item = store_merge_requests.without_pipelines(conn, [key])[key]
    assert item.author is not None
    assert item.author.username == "ann"


def test_a_release_to_come_is_told_when_its_day_is_there(world: World) -> None:
    telling(world, to_chat(Kind.RELEASE))
    world.gitlab.tag(world.shop, "v2", "ann")
    at = world.clock.now() + timedelta(days=2)
    made = world.gitlab.shipping.publish(world.shop, "v2", "ann", released_at=at)
    world.work()
    assert heads(world) == []
    assert made.released_at == at
    world.tick(timedelta(days=2, minutes=1).total_seconds())
    world.settle()
    assert len(heads(world)) == 1


def test_a_commenter_is_learned_with_the_address(world: World) -> None:
    hook = next(iter(world.gitlab.state.hooks.values()))
    hook.events["note_events"] = True
    mr = world.opened()
    world.gitlab.state.add_user("dora", "Dora", public=True)
    world.gitlab.comment(mr, "Nice", "dora")
    world.settle()
    with read(world.database) as conn:
        emails = dict(conn.execute(select(host_user.c.username, host_user.c.email)).all())
    assert emails["dora"] == "dora@acme.example"
