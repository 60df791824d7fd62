"""What a project can hold is asked, and what is offered can be written."""

from __future__ import annotations

from sync.core.issue_sync.model import ASSIGNEES, PRIORITY, STATUS
from tests.contract.room import Room
from tests.contract.writing import done, read, update


def test_every_writable_field_of_a_sample_is_said(room: Room) -> None:
    offered = room.client.capabilities(room.project)
    assert set(room.traits.samples) <= offered.writable
    assert not offered.writable & offered.missing.keys()
    assert all(reason for reason in offered.missing.values())


def test_every_choice_can_be_chosen(room: Room) -> None:
    offered = room.client.capabilities(room.project)
    for name in {STATUS, PRIORITY} & offered.writable:
        address = room.create(f"With {name}")
        for choice in offered.choices[name]:
            outcome = done(room.client, update(address, {name: choice.id}))
            assert outcome.dropped == {}
            assert read(room.client, address).values[name] == choice.id


def test_there_is_an_open_and_a_closed_status(room: Room) -> None:
    offered = room.client.capabilities(room.project).choices[STATUS]
    assert {choice.closed for choice in offered} == {True, False}


def test_whether_several_people_are_kept(room: Room) -> None:
    offered = room.client.capabilities(room.project)
    several = len(room.traits.set_fields.get(ASSIGNEES, ())) > 1
    assert offered.several_assignees == several


def test_who_may_not_plan_is_told_so(room: Room) -> None:
    if not room.traits.drops_in_silence:
        return
    room.drop_rights()
    offered = room.new_client().capabilities(room.project)
    assert "title" in offered.writable or "title" in offered.missing
    assert "deadline" in offered.missing
