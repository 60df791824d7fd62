"""Items that move go on under the pair of the place they went to; links wait for each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from sync.core.issue_sync.mapping import SyncMapping
from sync.core.issue_sync.model import (
    BLOCKED,
    LINKS,
    PARENT,
    SPRINT,
    TITLE,
    Capabilities,
    Choice,
    ItemAddress,
    SideName,
    Value,
)
from sync.core.issue_sync.rules import FieldRule
from sync.store import issue_link_stories, issue_links
from sync.store.db.database import read
from tests.engine.issue_sync.memory_rooms import PORTAL, TRACKER, Pair, Room
from tests.engine.world import World
from tests.simulation.issue_sync.memory_side import Held, MemorySide

KINDS = (Choice(BLOCKED, "waits for"),)


@pytest.fixture
def pair(make_world: Callable[..., World]) -> Pair:
    return Pair(make_world())


def moves(pair: Pair) -> list[str]:
    with read(pair.world.database) as conn:
        (row,) = pair.links()
        return [
            line.text for line in issue_link_stories.story(conn, row.id) if line.kind == "moved"
        ]


def move(pair: Pair, held: Held, project: str) -> None:
    held.address = replace(held.address, project=project)
    pair.edit(held, "title", f"In {project}")


def test_a_task_that_moved_to_a_paired_workgroup_goes_on_under_that_pair(pair: Pair) -> None:
    task = pair.create(PORTAL, title="Fix")
    pair.work()
    other = replace(pair.pair, group_id=11, creates=frozenset())
    pair.mapping = SyncMapping((pair.pair, other))
    move(pair, task, "11")
    pair.work()
    (row,) = pair.links()
    assert (row.pair, pair.only(TRACKER).values["title"]) == (other.key, "In 11")
    assert moves(pair) == [
        "the task is in another workgroup now; another pair of the settings goes on with it"
    ]
    pair.edit(pair.only(TRACKER), "title", "After it")
    pair.work()
    assert (task.values["title"], len(pair.links()), len(moves(pair))) == ("After it", 1, 1)


@pytest.mark.deep
@pytest.mark.parametrize("side", SideName)
def test_what_moved_to_a_place_without_a_pair_keeps_its_rules(pair: Pair, side: SideName) -> None:
    pair.create(PORTAL, title="Fix")
    pair.work()
    for number in range(3):
        move(pair, pair.only(side), f"9{number}")
        pair.work()
        assert pair.only(side.other).values["title"] == f"In 9{number}"
    (row,) = pair.links()
    assert row.pair == pair.pair.key
    (text,) = moves(pair)
    assert text.endswith("no pair of the settings has both: the old pair's rules stay")


@pytest.fixture
def linking(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> Pair:
    """Return a pair that keeps parents and links in step."""
    fields = dict.fromkeys((TITLE, PARENT, LINKS), FieldRule())
    pair.pair = replace(pair.pair, fields=fields)
    pair.mapping = SyncMapping((pair.pair,))

    def capabilities(room: Room, project: str) -> Capabilities:
        return Capabilities(frozenset(fields), {LINKS: KINDS})

    def create(room: Room, values: Mapping[str, Value], key: str = "") -> Held:
        return MemorySide.create(room, {PARENT: None, LINKS: frozenset(), **values}, key)

    monkeypatch.setattr(Room, "capabilities", capabilities)
    monkeypatch.setattr(Room, "create", create)
    return pair


def counterpart(pair: Pair, task: Held) -> Held:
    links = {row.task_id: row.tracker_id for row in pair.links()}
    return pair.rooms[TRACKER].items[str(links[task.address.id])]


def test_links_and_parents_cross_between_linked_items(linking: Pair) -> None:
    first, second = (linking.create(PORTAL, title=name) for name in ("First", "Second"))
    linking.work()
    linking.edit(second, LINKS, frozenset({f"{BLOCKED}:{first.address.id}"}))
    linking.edit(second, PARENT, first.address.id)
    linking.work()
    issue, earlier = counterpart(linking, second), counterpart(linking, first)
    assert issue.values[LINKS] == frozenset({f"{BLOCKED}:{earlier.address.id}"})
    assert issue.values[PARENT] == earlier.address.id
    linking.edit(issue, LINKS, frozenset[str]())
    linking.edit(issue, PARENT, None)
    linking.work()
    assert (second.values[LINKS], second.values[PARENT]) == (frozenset(), None)


def test_a_link_to_an_item_that_is_linked_later_crosses_then(linking: Pair) -> None:
    """Nothing is heard of the second item when the first one gets its other end."""
    other = replace(linking.pair, creates=frozenset())
    linking.mapping = SyncMapping((other,))
    first = linking.create(PORTAL, title="First")
    linking.work()
    linking.world.clock.sleep(7200)  # longer than lists look back
    linking.work()
    linking.mapping = SyncMapping((linking.pair,))
    second = linking.create(PORTAL, title="Second")
    linking.edit(second, LINKS, frozenset({f"{BLOCKED}:{first.address.id}"}))
    linking.work()
    issue = counterpart(linking, second)
    assert not issue.values.get(LINKS)
    with read(linking.world.database) as conn:
        states = issue_links.load(conn, [row.key for row in linking.links()])
    assert [(link.awaits, link.problems) for link in states.values()] == [
        (frozenset({f"portal/{first.address.id}"}), {})
    ]
    linking.edit(first, "title", "First, edited")
    linking.work()
    linking.work(sweep=False)
    earlier = counterpart(linking, first)
    assert issue.values[LINKS] == frozenset({f"{BLOCKED}:{earlier.address.id}"})
    assert issue.address == ItemAddress(issue.address.id, "7", issue.address.id)


def test_what_a_side_offers_later_lets_links_go_on(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sprint that was missing is made, and nothing is heard of the task."""
    names = {TRACKER: ["S1", "S2"], PORTAL: ["S1"]}

    def capabilities(room: Room, project: str) -> Capabilities:
        sprints = tuple(Choice(f"{room.side}-{name}", name) for name in names[room.side])
        return Capabilities(frozenset((TITLE, SPRINT)), {SPRINT: sprints})

    def create(room: Room, values: Mapping[str, Value], key: str = "") -> Held:
        return MemorySide.create(room, {SPRINT: None, **values}, key)

    monkeypatch.setattr(Room, "capabilities", capabilities)
    monkeypatch.setattr(Room, "create", create)
    pair.pair = replace(pair.pair, fields=dict.fromkeys((TITLE, SPRINT), FieldRule()))
    pair.mapping = SyncMapping((pair.pair,))
    issue = pair.create(TRACKER, title="Fix")
    pair.work()
    pair.edit(issue, SPRINT, "tracker-S2")
    pair.work()
    assert pair.only(PORTAL).values[SPRINT] is None
    names[PORTAL].append("S2")
    pair.work()
    assert pair.only(PORTAL).values[SPRINT] == "portal-S2"
