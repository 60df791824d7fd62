"""What was read of the past and what was heard of it are one and the same in the mirror."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sync.store.tables import (
    activity,
    commit,
    deployment,
    deployment_merge_request,
    merge_request,
    pipeline,
    project,
)
from tests.engine.history import TABLES, hears_everything, live, rows, start
from tests.engine.world import World

Rows = dict[tuple[Any, ...], dict[str, Any]]

# Where the account of lists differs from that of hooks, by kind: what only one of them tells.
DIFFERENT = {
    "merge_request": {"memory", "body.actor", "body.ended_at"},  # who opened an open one
    "pipeline": {
        "body.actor",
        "body.duration_seconds",
        "body.failed_stages",
        "body.passed_stages",
    },
    "branch": {"updated_at", "body.at", "body.actor", "body.commits", "body.total"},
    "tag": {"updated_at", "silent", "body.at", "body.actor"},
    "release": {"silent", "body.actor"},
    "issue": {"silent", "body.action", "body.replaced"},
    "work_item": {"body.action", "body.replaced"},  # only a hook tells what it replaced
    "comment": {"silent"},
}
# Only hooks tell of pushes and jobs, and of branches that are gone; only lists of what was there
# before the first hook, and hooks of the default branch leave its commits in their pushes.
ONLY_HEARD = {"push", "job", "branch feature/B24-1-work", "commit feature/B24-1-work"}
ONLY_READ = {"branch main", "commit main"}


@pytest.fixture
def another(make_database) -> Iterator[Callable[[], World]]:
    made: list[World] = []

    def make() -> World:
        made.append(hears_everything(World(make_database(True))))
        return made[-1]

    yield make
    for world in made:
        world.close()


@pytest.fixture
def heard(another) -> World:
    world = another()
    live(world)
    world.work()
    return world


@pytest.fixture
def deaf(another) -> World:
    """Whose hooks are all still on their way."""
    world = another()
    world.hold_deliveries = True
    live(world)
    return world


def keyed(world: World) -> Rows:
    """Rows by kind and key; no list tells anybody's e-mail."""
    found: Rows = {}
    for table in TABLES:
        for row in rows(world, table)[table.name]:
            key = tuple(row[column.name] for column in table.primary_key.columns)
            found[(table.name, *key)] = _flat(row)
    return found


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    body = _without_emails(row.pop("body", None) or {})
    return row | {f"body.{name}": value for name, value in body.items()}


def _without_emails(value: Any) -> Any:
    match value:
        case dict():
            return {name: _without_emails(one) for name, one in value.items() if name != "email"}
        case list():
            return [_without_emails(one) for one in value]
    return value


def kind(key: tuple[Any, ...]) -> str:
    return key[3] if key[0] == "activity" else key[0]


def name(key: tuple[Any, ...]) -> str:
    """As the tables above name what is on one side only."""
    one = kind(key)
    return f"{one} {key[-1]}" if one == "branch" else f"commit {key[3]}" if one == "commit" else one


def differences(some: Rows, others: Rows) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for key in some.keys() & others.keys():
        one, other = some[key], others[key]
        if unlike := {column for column in one if one[column] != other.get(column)}:
            found.setdefault(kind(key), set()).update(unlike)
    return found


def test_what_is_read_is_stored_as_what_is_heard(heard, deaf) -> None:
    start(deaf)
    told, read = keyed(heard), keyed(deaf)
    assert differences(told, read) == DIFFERENT
    assert {name(key) for key in told.keys() - read.keys()} == ONLY_HEARD
    assert {name(key) for key in read.keys() - told.keys()} == ONLY_READ
    assert {key[0] for key in told.keys() & read.keys()} == {table.name for table in TABLES}


def test_reading_takes_nothing_away_from_what_was_heard(heard) -> None:
    before = keyed(heard)
    start(heard)
    after = keyed(heard)
    assert differences(before, after) == {"merge_request": {"body.ended_at", "memory"}}
    assert before.keys() <= after.keys()


def test_hooks_that_come_after_the_reading_leave_what_they_always_leave(heard, deaf) -> None:
    start(deaf)
    deaf.store(deaf.inbox_order)
    deaf.work()
    told, read = keyed(heard), keyed(deaf)
    left = {
        "merge_request": {"memory"},
        "tag": {"silent"},
        "release": {"silent"},
        "work_item": {"body.missed"},  # that it had no title before it was opened
        "comment": {"silent"},
    }
    assert differences(told, read) == left
    assert told.keys() <= read.keys()


@pytest.mark.deep
def test_a_second_reading_changes_nothing(heard, deaf) -> None:
    for world in (heard, deaf):
        start(world)
        before = keyed(world)
        start(world, reread=True)
        assert keyed(world) == before


def test_an_approval_and_a_carried_merge_request_are_read_too(deaf) -> None:
    start(deaf)
    read = rows(
        deaf,
        merge_request,
        deployment_merge_request,
        pipeline,
        commit,
        deployment,
        project,
        activity,
    )
    third = read["merge_request"][2]["body"]
    assert (third["approved"], [one["username"] for one in third["approved_by"]]) == (True, ["bob"])
    assert third["reviewers"][0]["state"] == "approved"
    assert {(row["deployment_id"], row["iid"]) for row in read["deployment_merge_request"]} == {
        (1, 1),
        (2, 1),
    }
    assert {row["environment"]: row["fetch_at"] for row in read["deployment"]} == {
        "staging": None,
        "kitchen": None,
    }
    protected = {
        row["key"]: row["body"]["protected"] for row in read["activity"] if row["kind"] == "branch"
    }
    assert (protected["main"], protected["feature/B24-3-work"]) == (True, False)
