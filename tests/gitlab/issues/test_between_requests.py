"""A write of several requests: what people do in between is never taken for what was stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from sync.core.clock import ManualClock
from sync.core.issue_sync.model import STATUS, TAGS, TITLE
from tests.contract.gitlab_room import FULL, GitLabRoom
from tests.contract.writing import creation, done, update
from tests.emulators.gitlab.issues.records import SYSTEM
from tests.emulators.gitlab.server import GitLabEmulator
from tests.emulators.gitlab.web import Reply, Request

DOING = f"{SYSTEM}2"


@pytest.fixture
def room() -> Iterator[GitLabRoom]:
    clock = ManualClock(datetime(2026, 3, 2, 10, tzinfo=UTC))
    with GitLabEmulator(clock) as emulator:
        yield GitLabRoom(emulator, clock, FULL)


def before_status(room: GitLabRoom, act: Callable[[], object]) -> None:
    """Let somebody act once before the mutation that writes a status."""
    usual, acts = room._emulator.answer, [act]

    def answer(request: Request) -> Reply:
        if b"statusWidget" in request.body and acts:
            acts.pop()()
        return usual(request)

    room._emulator.answer = answer  # type: ignore[method-assign]


def test_what_people_write_after_the_first_answer_is_not_agreed(room: GitLabRoom) -> None:
    write = creation(room, **{STATUS: DOING, TAGS: frozenset({"bug"})})

    def edit() -> None:
        (issue,) = [each for each in room._project().issues.list() if each.title == "Created"]
        issue.manager.update(issue.iid, {"title": "Edited", "add_labels": "ui"})

    before_status(room, edit)
    outcome = done(room.client, write)
    assert outcome.item is not None
    values = outcome.item.values
    assert (values[TITLE], values[TAGS]) == ("Created", frozenset({"bug"}))
    assert (values[STATUS], dict(outcome.dropped)) == (DOING, {})


def test_a_status_written_to_what_has_moved_says_where_it_went(room: GitLabRoom) -> None:
    address = room.create("Pump")
    before_status(room, lambda: room.move(address))
    outcome = done(room.client, update(address, {STATUS: DOING}))
    assert outcome.item is not None
    assert outcome.item.moved_to not in ("", address.id)
