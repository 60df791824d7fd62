"""Sprints, parents and links, by whichever way a server has."""

from __future__ import annotations

import pytest

from sync.core.issue_sync.model import BLOCKED, LINKS, PARENT, RELATES, SPRINT
from sync.core.issue_sync.writes import SetChange
from sync.youtrack.issues.client import YouTrackIssues
from sync.youtrack.issues.item_links import CHOICES
from tests.contract.writing import done, read, update
from tests.youtrack.conftest import Site

ALL = {"sprints": True, "links": True, "parents": True}


@pytest.mark.parametrize(
    "ways", [("command", "removed"), ("posted", "removed"), ("command", "posted"), ("command",)]
)
def test_a_card_moves_and_leaves_by_what_the_server_has(site: Site, ways: tuple[str, ...]) -> None:
    site.state.ways = frozenset(ways)
    board = site.state.add_board("Till", [site.shop], ("First", "Second sprint"))
    address, client = site.issue(), site.connect(**ALL)
    for sprint in (board.sprints[0].id, board.sprints[1].id, None):
        outcome = done(client, update(address, {SPRINT: sprint}))
        assert (outcome.dropped, read(client, address).values[SPRINT]) == ({}, sprint)


def test_a_server_without_any_way_is_told_of(site: Site) -> None:
    site.state.ways = frozenset()
    board = site.state.add_board("Till", [site.shop], ("First",))
    address, client = site.issue(), site.connect(**ALL)
    outcome = done(client, update(address, {SPRINT: board.sprints[0].id, PARENT: None}))
    assert set(outcome.dropped) == {SPRINT}
    assert "405" in outcome.dropped[SPRINT]


def test_a_synced_field_keeps_versions_that_are_no_sprints(site: Site) -> None:
    site.state.add_field(site.shop, "Sprints", "version[*]")
    board = site.state.add_board("Till", [site.shop], ("Sprint 1", "Sprint 2"), "Sprints")
    address, client = site.issue(), site.connect(**ALL)
    field = site.field("Sprints")
    assert field.bundle is not None
    site.stored(address).values["Sprints"] = field.bundle.values[:2]
    assert read(client, address).values[SPRINT] == board.sprints[0].id
    done(client, update(address, {SPRINT: board.sprints[1].id}))
    names = [value.name for value in site.stored(address).values["Sprints"]]
    assert names == ["Backlog", "Sprint 2"]


def test_the_named_board_is_taken_and_the_rest_left_alone(site: Site) -> None:
    other = site.state.add_board("Kitchen", [site.shop], ("First",))
    board = site.state.add_board("Till", [site.shop], ("First", "Second"))
    address, client = site.issue(), site.connect(board="till", **ALL)
    site.state.set_in_sprint(site.bob, site.stored(address), other.sprints[0], is_in=True)
    sprints = client.capabilities(site.shop.id).choices[SPRINT]
    assert [sprint.id for sprint in sprints] == [sprint.id for sprint in board.sprints]
    done(client, update(address, {SPRINT: board.sprints[1].id}))
    done(client, update(address, {SPRINT: None}))
    assert site.state.sprints_of(site.stored(address)) == [other.sprints[0]]


def test_a_project_without_sprints_says_so(site: Site) -> None:
    site.state.add_board("Till", [site.shop], ()).has_sprints = False
    able = site.connect(**ALL).capabilities(site.shop.id)
    assert SPRINT not in able.writable
    assert "no board" in able.missing[SPRINT]
    assert able.choices[LINKS] == CHOICES


def test_nothing_of_it_is_asked_for_where_the_settings_leave_it_out(site: Site) -> None:
    site.state.add_board("Till", [site.shop], ("First",))
    client = site.connect()
    values = read(client, site.issue()).values
    assert not {SPRINT, PARENT, LINKS} & values.keys()
    assert not client.capabilities(site.shop.id).writable & {SPRINT, PARENT, LINKS}
    assert not any("agiles" in path for _, path in site.emulator.requests)


def test_links_that_people_made_are_read_from_either_end(site: Site) -> None:
    first, second, client = site.issue(), site.issue(), site.connect(**ALL)
    done(client, update(first, {LINKS: SetChange(add=frozenset({f"{BLOCKED}:{second.id}"}))}))
    assert read(client, second).values[LINKS] == frozenset({f"blocks:{first.id}"})
    done(client, update(second, {PARENT: first.id}))
    assert (read(client, first).values[PARENT], read(client, second).values[PARENT]) == (
        None,
        first.id,
    )


def test_a_link_to_nothing_stops_no_other(site: Site) -> None:
    first, second, client = site.issue(), site.issue(), site.connect(**ALL)
    links = frozenset({f"{RELATES}:2-999", f"{RELATES}:{first.id}", f"{RELATES}:{second.id}"})
    outcome = done(client, update(first, {LINKS: SetChange(add=links)}))
    assert read(client, first).values[LINKS] == frozenset({f"{RELATES}:{second.id}"})
    assert "404" in outcome.dropped[LINKS]


def test_a_list_of_issues_costs_a_request_a_sprint(site: Site) -> None:
    board = site.state.add_board("Till", [site.shop], ("First", "Second"))
    issues = [site.issue() for _ in range(60)]
    client: YouTrackIssues = site.connect(**ALL)
    for address in issues[::2]:
        site.state.set_in_sprint(site.bob, site.stored(address), board.sprints[0], is_in=True)
    client.capabilities(site.shop.id)
    before = len(site.emulator.requests)
    items = client.read(issues)
    held = [items[address.id].values[SPRINT] for address in issues]  # type: ignore[union-attr]
    assert held == [board.sprints[0].id, None] * 30
    assert len(site.emulator.requests) - before <= 10
