"""Answers that are lost: what happened is found, nothing is written twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sync.core.issue_sync.model import TITLE, ItemAddress
from sync.core.issue_sync.writes import (
    DeleteComment,
    DeleteTime,
    Done,
    EditComment,
    NotDone,
    Unknown,
    Write,
)
from sync.errors import Later
from tests.contract.room import Room
from tests.contract.writing import (
    apply,
    comment,
    creation,
    done,
    entry,
    file,
    read,
    update,
)


def _edit(room: Room, address: ItemAddress) -> Write:
    written = done(room.client, comment(address, key="4/comment:0")).comment
    assert written is not None
    return EditComment("4/edit:1", address, written.id, "Edited")


def _delete_comment(room: Room, address: ItemAddress) -> Write:
    written = done(room.client, comment(address, key="4/comment:0")).comment
    assert written is not None
    return DeleteComment("4/delete:1", address, written.id)


def _delete_time(room: Room, address: ItemAddress) -> Write:
    written = done(room.client, entry(address, key="4/time:0")).entry
    assert written is not None
    return DeleteTime("4/delete:2", address, written.id)


WRITES: dict[str, Callable[[Room, ItemAddress], Write]] = {
    "creation": lambda room, address: creation(room),
    "title": lambda room, address: update(address, {TITLE: "New"}, {TITLE: "Title"}),
    "comment": lambda room, address: comment(address),
    "edit": _edit,
    "deleted comment": _delete_comment,
    "time": lambda room, address: entry(address),
    "deleted time": _delete_time,
}


def trace(room: Room, address: ItemAddress) -> tuple:
    """What a write may change."""
    item = read(room.client, address)
    comments = [each.text for each in item.comments or ()]
    return room.count(), item.values[TITLE], comments, len(item.time or ()), len(item.files or ())


@pytest.mark.parametrize("kind", WRITES)
def test_a_write_whose_answer_was_lost_is_found(room: Room, kind: str) -> None:
    address = room.create("Title")
    write = WRITES[kind](room, address)
    before = trace(room, address)
    room.lose_answers(1)
    (outcome,) = apply(room.client, write)
    assert isinstance(outcome, Unknown)
    landed = trace(room, address)
    (settled,) = room.new_client().settle([write])
    assert isinstance(settled, Done), settled
    assert landed != before
    assert trace(room, address) == landed


@pytest.mark.parametrize("kind", WRITES)
def test_a_write_that_never_arrived_is_not_taken_for_done(room: Room, kind: str) -> None:
    address = room.create("Title")
    write = WRITES[kind](room, address)
    before = trace(room, address)
    room.cut_off(1)
    (outcome,) = apply(room.client, write)
    assert isinstance(outcome, Unknown)
    (settled,) = room.new_client().settle([write])
    assert isinstance(settled, NotDone), settled
    assert isinstance(settled.error, Later)
    assert trace(room, address) == before
    assert isinstance(apply(room.client, write)[0], Done)
    assert trace(room, address) != before


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_a_file_is_shown_once_whatever_is_lost(room: Room, lost: int) -> None:
    address = room.create("Title")
    room.lose_answers(lost)
    write = file(address)
    for _ in range(6):
        (outcome,) = apply(room.client, write)
        if isinstance(outcome, Unknown):
            (outcome,) = room.new_client().settle([write])
        if isinstance(outcome, Done):
            break
    assert isinstance(outcome, Done)
    assert len(read(room.client, address).files or ()) == 1


def test_what_a_settled_write_found_is_what_the_answer_would_have_said(room: Room) -> None:
    address = room.create("Title")
    for write in (comment(address), entry(address), creation(room)):
        answered = done(room.client, write)
        (settled,) = room.client.settle([write])
        assert isinstance(settled, Done)
        assert (settled.comment, settled.entry) == (answered.comment, answered.entry)
        if answered.item is not None:
            assert settled.item is not None
            assert settled.item.address == answered.item.address


def test_nothing_is_tried_behind_an_unknown_write_of_the_same_item(room: Room) -> None:
    address, other = room.create("Title"), room.create("Other")
    room.lose_answers(1)
    outcomes = apply(
        room.client, comment(address), comment(address, key="4/comment:2"), comment(other)
    )
    assert isinstance(outcomes[0], Unknown)
    if room.traits.writes_together:
        assert all(isinstance(outcome, Unknown) for outcome in outcomes)
        assert len(room.texts(address)) == 2
        return
    assert isinstance(outcomes[1], NotDone)
    assert isinstance(outcomes[1].error, Later)
    assert isinstance(outcomes[2], Done)
    assert len(room.texts(address)) == 1


def test_an_edit_made_meanwhile_counts_as_arrived(room: Room) -> None:
    """The field shows neither what it held nor what we sent: it is not written again."""
    address = room.create("Title")
    write = update(address, {TITLE: "Ours"}, {TITLE: "Title"})
    room.lose_answers(1)
    apply(room.client, write)
    room.set_title(address, "Bob's")
    (settled,) = room.client.settle([write])
    assert isinstance(settled, Done)
    assert read(room.client, address).values[TITLE] == "Bob's"


def test_of_a_creation_made_before_only_what_it_shows_is_agreed(room: Room) -> None:
    """It may have had other words, or they were edited since: neither side's may win unseen."""
    write = creation(room)
    room.lose_answers(1)
    assert isinstance(apply(room.client, write)[0], Unknown)
    (settled,) = room.new_client().settle([write])
    assert isinstance(settled, Done)
    assert settled.item is not None
    address = settled.item.address
    room.wait(5)
    room.set_title(address, "Bob's")
    repeated = done(room.new_client(), write)
    assert repeated.item is not None
    assert repeated.item.values[TITLE] is None
    assert TITLE in repeated.dropped
    assert read(room.client, address).values[TITLE] == "Bob's"


def test_too_many_requests_are_tried_later(room: Room) -> None:
    address = room.create("Title")
    room.throttle()
    (outcome,) = apply(room.client, comment(address))
    assert isinstance(outcome, NotDone)
    assert isinstance(outcome.error, Later)
