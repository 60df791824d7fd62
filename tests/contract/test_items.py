"""Items created and changed: what is asked is stored, and the rest stays to the letter."""

from __future__ import annotations

import pytest

from sync.core.issue_sync.model import DESCRIPTION, TITLE
from sync.core.issue_sync.writes import NotDone, SetChange
from sync.errors import Refused
from tests.contract.room import Room
from tests.contract.writing import apply, creation, done, read, update

LETTERS = "# Head\n\n* a\n*  b\n\n1. x\n1. y\n\n~~~\ncode \n~~~\n\n[l](http://a.example 'T')  \nend"


def test_a_created_item_has_all_that_was_asked(room: Room) -> None:
    room.client.capabilities(room.project)
    wanted = {name: sample.first for name, sample in room.traits.samples.items()}
    outcome = done(room.client, creation(room, **wanted))
    assert outcome.item is not None
    assert outcome.dropped == {}
    item = read(room.client, outcome.item.address)
    assert {name: item.values[name] for name in wanted} == wanted
    assert (item.author.is_bridge, item.key) == (True, "4/create:tracker:0")


def test_a_creation_is_looked_up_before_it_is_repeated(room: Room) -> None:
    first = done(room.client, creation(room)).item
    count = room.count()
    again = done(room.new_client(), creation(room)).item
    other = done(room.client, creation(room, "4/create:tracker:1")).item
    assert first is not None
    assert again is not None
    assert other is not None
    assert (again.address, room.count()) == (first.address, count + 1)
    assert other.address != first.address


def test_several_creations_in_one_go(room: Room) -> None:
    before = room.count()
    writes = [creation(room, f"4/create:{n}", title=f"Item {n}") for n in range(5)]
    outcomes = apply(room.client, *writes)
    titles = [outcome.item.values[TITLE] for outcome in outcomes]  # type: ignore[union-attr]
    assert (titles, room.count()) == ([f"Item {n}" for n in range(5)], before + 5)


@pytest.mark.parametrize("name", ["title", "description", "assignees", "priority", "status",
                                  "deadline", "tags", "estimate", "sprint", "parent",
                                  "links"])  # fmt: skip
def test_one_field_is_changed_and_the_rest_stays(room: Room, name: str) -> None:
    sample = room.traits.samples.get(name)
    if sample is None:
        assert name not in room.client.capabilities(room.project).writable
        return
    address = room.create("A title", LETTERS)
    others = {other: each.first for other, each in room.traits.samples.items() if other != name}
    others |= {TITLE: "A title", DESCRIPTION: LETTERS} | {}
    others = {other: value for other, value in others.items() if other != name}
    done(room.client, update(address, others))
    before = read(room.client, address)
    for value in (sample.first, sample.second):
        outcome = done(room.client, update(address, {name: value}, {name: before.values[name]}))
        after = read(room.client, address)
        assert outcome.dropped == {}
        assert outcome.item is not None
        assert outcome.item.values[name] == after.values[name] == value
        unchanged = {other: after.values[other] for other in others}
        assert unchanged == {other: before.values[other] for other in others}


@pytest.mark.parametrize("name", ["deadline", "priority", "assignees", "tags", "estimate",
                                  "description", "sprint", "parent", "links"])  # fmt: skip
def test_a_field_is_emptied(room: Room, name: str) -> None:
    sample = room.traits.samples.get(name)
    if sample is None:
        assert name not in room.client.capabilities(room.project).writable
        return
    address = room.create("A title")
    done(room.client, update(address, {name: sample.first}))
    is_set = isinstance(sample.first, frozenset)
    taken = SetChange(remove=sample.first) if isinstance(sample.first, frozenset) else None
    outcome = done(room.client, update(address, {name: taken if is_set else None}))
    value = read(room.client, address).values[name]
    assert (value or None, outcome.dropped) == (room.traits.emptied.get(name), {})


def test_sets_change_by_element(room: Room) -> None:
    """What somebody adds between our read and our write stays."""
    for name, (first, second, third) in room.traits.set_fields.items():
        address = room.create(f"With {name}")
        done(room.client, update(address, {name: SetChange(add=frozenset({first, second}))}))
        room.add_to_set(address, name, third)
        outcome = done(room.client, update(address, {name: SetChange(remove=frozenset({first}))}))
        assert read(room.client, address).values[name] == frozenset({second, third})
        assert outcome.dropped == {}


def test_what_a_person_writes_is_read_to_the_letter(room: Room) -> None:
    address = room.create("Title", LETTERS)
    assert read(room.client, address).values[DESCRIPTION] == LETTERS


def test_no_text_of_ours_is_a_command(room: Room) -> None:
    """The text says the same afterwards, and nothing happened to the item."""
    for text in room.traits.hostile:
        address = room.create("Quiet")
        room.log(address, 60, date_of(room), "Bob's")
        before = read(room.client, address)
        outcome = done(room.client, update(address, {DESCRIPTION: text}))
        after = read(room.client, address)
        others = set(room.traits.samples) - {DESCRIPTION}
        assert {name: after.values[name] for name in others} == {
            name: before.values[name] for name in others
        }
        assert outcome.dropped == {}
        assert visible(str(after.values[DESCRIPTION])) == text
        assert (after.address, room.seconds(address)) == (address, 60)


def date_of(room: Room):
    from tests.contract.writing import ON

    return ON


def visible(text: str) -> str:
    """Without what nobody sees."""
    return text.replace("\u2060", "")


def test_titles_mention_nobody_and_read_back_as_they_were(room: Room) -> None:
    address = room.create("Quiet")
    for title in ("Ask @ann about #1", "!1 and &1", "a@b.example, C#, 100%", '@ann: "x"'):
        outcome = done(room.client, update(address, {TITLE: title}))
        assert (outcome.dropped, read(room.client, address).values[TITLE]) == ({}, title)
        (found,) = [item for item in apply(room.client, creation(room, f"4/{title}", title=title))]
        assert found.item.values[TITLE] == title  # type: ignore[union-attr]
    assert room.notified() == []


def test_titles_are_as_long_as_they_may_be(room: Room) -> None:
    longest = room.client.capabilities(room.project).longest[TITLE]
    assert longest == room.traits.longest_title
    address = room.create("Short")
    done(room.client, update(address, {TITLE: "x" * longest}))
    assert read(room.client, address).values[TITLE] == "x" * longest
    (outcome,) = apply(room.client, update(address, {TITLE: "x" * (longest + 1)}))
    assert isinstance(outcome, NotDone)
    assert isinstance(outcome.error, Refused)


def test_what_is_dropped_in_silence_is_reported(room: Room) -> None:
    if not room.traits.drops_in_silence:
        return
    room.client.capabilities(room.project)
    address = done(room.client, creation(room)).item.address  # type: ignore[union-attr]
    room.drop_rights()
    sample = room.traits.samples["deadline"]
    changes = {TITLE: "Still allowed", "deadline": sample.first}
    outcome = done(room.client, update(address, changes))
    assert set(outcome.dropped) == {"deadline"}
    assert outcome.dropped["deadline"]
    assert outcome.item is not None
    assert outcome.item.values[TITLE] == "Still allowed"


def test_unknown_fields_are_said_and_the_rest_is_written(room: Room) -> None:
    address = room.create("Title")
    outcome = done(room.client, update(address, {"colour": "red", TITLE: "New"}))
    assert set(outcome.dropped) == {"colour"}
    assert read(room.client, address).values[TITLE] == "New"


def test_a_refusal_for_good_is_refused(room: Room) -> None:
    address = room.create("Title")
    room.refuse()
    outcomes = apply(room.client, update(address, {TITLE: "New"}), creation(room))
    for outcome in outcomes:
        assert isinstance(outcome, NotDone)
        assert isinstance(outcome.error, Refused)
        assert outcome.error.cause
    assert read(room.client, address).values[TITLE] == "Title"
