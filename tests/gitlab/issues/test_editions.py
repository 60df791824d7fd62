"""What an instance lacks is left out of the questions, and learned once."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from sync.core.issue_sync.model import CUSTOM, STATUS, Item
from sync.core.issue_sync.writes import Done, UpdateItem
from sync.gitlab.issues.options import ITERATIONS, MILESTONES, IssueOptions
from tests.emulators.gitlab.issues import moving
from tests.emulators.gitlab.issues.records import CustomField, Iteration
from tests.gitlab.issues.conftest import Side

EVERYTHING = IssueOptions(links=True, parents=True, custom_fields=True, sprint=ITERATIONS)
EVER = datetime(2020, 1, 1, tzinfo=UTC)


def fetch(file):
    raise AssertionError("no file is copied")


@pytest.mark.parametrize(
    ("edition", "premium", "version", "native"),
    [
        ("ee", True, "19.2.1-ee", True),
        ("ee", False, "19.2.1-ee", False),
        ("ee", True, "18.1.0-ee", False),
        ("ee", True, "17.8.0-ee", False),
        ("ce", False, "19.2.1", False),
        ("ce", False, "16.11.0", False),
        ("ce", False, "16.5.0", False),
    ],
)
def test_every_edition_is_read(
    side: Side, edition: str, premium: bool, version: str, native: bool
) -> None:
    state = side.gitlab.state
    state.edition, state.premium, state.version = edition, premium, version
    address = side.fill(1, comments=2, entries=1)[0]
    issues = side.connect(EVERYTHING)
    capabilities = issues.capabilities(side.project)
    item = issues.read([address])[address.id]
    assert isinstance(item, Item)
    assert (len(item.comments or ()), len(item.time or ())) == (2, 1)
    assert str(item.values[STATUS]).startswith("gid://") == native
    assert str(capabilities.choices[STATUS][0].id).startswith("gid://") == native
    assert capabilities.several_assignees == premium
    assert capabilities.writable >= {"assignees", "deadline", "estimate"}
    assert side.cost(lambda: issues.read([address])) == 1
    (outcome,) = issues.apply([UpdateItem("k", address, {"estimate": 60})], fetch)
    assert isinstance(outcome, Done)
    assert outcome.dropped == {}


def test_custom_fields_by_their_kinds(side: Side) -> None:
    side.gitlab.state.planned.fields["acme"] = [
        CustomField(1, "Client", "TEXT"),
        CustomField(2, "Points", "NUMBER"),
        CustomField(3, "Size", "MULTI_SELECT", {5: "S", 6: "L"}),
    ]
    address = side.fill(1)[0]
    issues = side.connect(EVERYTHING)
    offered = issues.capabilities(side.project)
    assert {f"{CUSTOM}{n}" for n in (1, 2, 3)} <= offered.writable
    assert [choice.name for choice in offered.choices[f"{CUSTOM}3"]] == ["S", "L"]
    wanted = {
        f"{CUSTOM}1": "Ikea",
        f"{CUSTOM}2": 8,
        f"{CUSTOM}3": frozenset({"5", "6"}),
    }
    (outcome,) = issues.apply([UpdateItem("k", address, wanted)], fetch)
    assert isinstance(outcome, Done)
    assert outcome.dropped == {}
    item = issues.read([address])[address.id]
    assert isinstance(item, Item)
    assert {name: item.values[name] for name in wanted} == wanted
    (outcome,) = issues.apply([UpdateItem("k", address, {f"{CUSTOM}1": None})], fetch)
    item = issues.read([address])[address.id]
    assert isinstance(item, Item)
    assert item.values[f"{CUSTOM}1"] is None


def test_a_page_that_is_too_much_is_halved(side: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.emulators.gitlab import graphql_limits

    monkeypatch.setattr(graphql_limits, "KNOWN", (130, 15))
    side.fill(30, comments=1)
    issues = side.connect(EVERYTHING)
    items, cursor = [], None
    while True:
        page = issues.changed(side.project, EVER, cursor)
        items += page.items
        cursor = page.cursor
        if cursor is None:
            break
    assert len(items) == 30


def test_links_are_written_one_by_one(side: Side) -> None:
    from sync.core.issue_sync.writes import SetChange

    first, second, third = side.fill(3)
    issues = side.connect(EVERYTHING)
    links = frozenset({f"relates_to:{second.id}", f"relates_to:{third.id}"})
    (outcome,) = issues.apply([UpdateItem("k", first, {"links": SetChange(add=links)})], fetch)
    assert isinstance(outcome, Done)
    assert outcome.dropped == {}
    gone = SetChange(remove=frozenset({f"relates_to:{second.id}"}))
    issues.apply([UpdateItem("k", first, {"links": gone})], fetch)
    item = issues.read([first])[first.id]
    assert isinstance(item, Item)
    assert item.values["links"] == frozenset({f"relates_to:{third.id}"})


def test_the_parent_of_a_task_and_a_parent_that_is_refused(side: Side) -> None:
    parent, child = side.fill(2)
    side.shop.issues[2].kind = "Task"
    issues = side.connect(EVERYTHING)
    outcomes = issues.apply(
        [
            UpdateItem("k1", child, {"parent": parent.id}),
            UpdateItem("k2", parent, {"parent": child.id, "title": "New"}),
            UpdateItem("k3", child, {"parent": None}),
        ],
        fetch,
    )
    assert [outcome.item.values["parent"] for outcome in outcomes[::2]] == [parent.id, None]
    assert "not allowed" in outcomes[1].dropped["parent"]
    assert outcomes[1].item.values["title"] == "New"


def test_iterations_as_sprints(side: Side) -> None:
    held = [Iteration(9, 1, "Sprint 9", date(2026, 3, 2), date(2026, 3, 15))]
    side.gitlab.state.planned.iterations["acme"] = held
    address = side.fill(1)[0]
    issues = side.connect(EVERYTHING)
    (choice,) = issues.capabilities(side.project).choices["sprint"]
    assert (choice.id, choice.name) == ("9", "Sprint 9")
    for value in ("9", None):
        (outcome,) = issues.apply([UpdateItem("k", address, {"sprint": value})], fetch)
        assert isinstance(outcome, Done)
        assert outcome.item is not None
        assert (outcome.item.values["sprint"], outcome.dropped) == (value, {})


def test_a_renamed_project_is_found_again(side: Side) -> None:
    addresses = side.fill(5)
    issues = side.connect()
    issues.capabilities(side.project)
    side.shop.path = "acme/store"
    assert len(issues.changed(side.project, EVER).items) == 5
    side.shop.path = "acme/market"
    assert all(isinstance(item, Item) for item in issues.read(addresses).values())
    side.shop.path = "acme/stall"
    assert len(issues.census(side.project).changed_at) == 5


@pytest.mark.parametrize("version", ["19.2.1-ee", "16.11.0"])
def test_a_move_is_followed_by_every_version(side: Side, version: str) -> None:
    side.gitlab.state.version = version
    (address,) = side.fill(1)
    other = side.gitlab.state.add_project("acme/other", members={"ann": 40, "bridge": 30})
    issues = side.connect()
    ann = side.gitlab.state.user("ann")
    moved = moving.move(side.gitlab.issues, side.shop.issues[1], other, ann)
    item = issues.read([address])[address.id]
    assert isinstance(item, Item)
    assert item.moved_to == str(moved.id)


@pytest.mark.parametrize("by_graphql", [True, False])
def test_a_milestone_is_told_by_its_name(side: Side, by_graphql: bool) -> None:
    """Filters name it, whether or not sprints are kept in step."""
    (address,) = side.fill(1)
    made = side.gitlab.keeping.create_milestone(
        side.gitlab.state.projects[int(side.project)], "May"
    )
    issues = side.connect(IssueOptions(sprint=MILESTONES))
    issues.apply([UpdateItem("k", address, {"sprint": str(made.id)})], fetch)
    reading = side.connect()
    reading._reader.instance.by_graphql = by_graphql
    item = reading.read([address])[address.id]
    assert isinstance(item, Item)
    assert (item.milestone, "sprint" in item.values) == ("May", False)
