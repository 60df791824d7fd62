"""Lists by the time of change, the census, and items that are not there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sync.core.issue_sync.model import TITLE, Absence, Item, ItemAddress
from sync.core.issue_sync.side import SideClient
from sync.core.issue_sync.writes import NotDone
from sync.errors import Denied, Refused
from tests.contract.room import Room
from tests.contract.writing import absent, apply, comment, read

EVER = datetime(2020, 1, 1, tzinfo=UTC)


def changed(client: SideClient, project: str, since: datetime = EVER) -> list[Item]:
    items, cursor = [], None
    for _ in range(100):
        page = client.changed(project, since, cursor)
        items += page.items
        cursor = page.cursor
        if cursor is None:
            return items
    raise AssertionError("the list has no end")


def census(client: SideClient, project: str) -> dict[str, datetime]:
    moments: dict[str, datetime] = {}
    cursor = None
    for _ in range(100):
        part = client.census(project, cursor)
        moments |= part.changed_at
        cursor = part.cursor
        if cursor is None:
            return moments
    raise AssertionError("the census has no end")


def test_all_items_over_pages_in_the_order_of_their_change(room: Room) -> None:
    size = room.traits.page_size + 5
    made = []
    for number in range(size):
        made.append(room.create(f"Item {number}").id)
        room.wait(1)
    items = changed(room.client, room.project)
    listed = [item.address.id for item in items if item.address.id in set(made)]
    assert listed == made
    moments = [item.updated_at for item in items]
    assert moments == sorted(moments)


def test_a_watermark_is_inclusive(room: Room) -> None:
    room.create("Old")
    room.wait(60)
    address = room.create("New")
    mark = read(room.client, address).updated_at
    assert [each.address.id for each in changed(room.client, room.project, mark)] == [address.id]
    later = mark + timedelta(seconds=1)
    assert changed(room.client, room.project, later) == []


def test_an_item_that_was_edited_or_commented_is_listed(room: Room) -> None:
    first, second, third = (room.create(title) for title in ("First", "Second", "Third"))
    mark = read(room.client, third).updated_at + timedelta(seconds=30)
    room.wait(60)
    room.comment(first, "Hello")
    room.wait(60)
    room.set_title(second, "Second, edited")
    items = changed(room.client, room.project, mark)
    assert sorted(item.address.id for item in items) == sorted([first.id, second.id])


def test_what_changes_while_a_list_is_read_is_not_missed(room: Room) -> None:
    made = []
    for number in range(room.traits.page_size + 5):
        made.append(room.create(f"Item {number}"))
        room.wait(1)
    page = room.client.changed(room.project, EVER)
    room.wait(60)
    room.set_title(made[0], "Edited meanwhile")
    titles = [item.values[TITLE] for item in page.items]
    while page.cursor:
        page = room.client.changed(room.project, EVER, page.cursor)
        titles += [item.values[TITLE] for item in page.items]
    assert titles[-1] == "Edited meanwhile"
    assert {f"Item {number}" for number in range(1, len(made))} <= set(titles)


def test_a_list_goes_on_with_a_client_that_knows_nothing(room: Room) -> None:
    for number in range(room.traits.page_size + 5):
        room.create(f"Item {number}")
        room.wait(1)
    page = room.client.changed(room.project, EVER)
    ids = [item.address.id for item in page.items]
    while page.cursor:
        page = room.new_client().changed(room.project, EVER, page.cursor)
        ids += [item.address.id for item in page.items]
    assert len(ids) == len(set(ids)) == room.count()


def test_the_census_has_everything_with_its_last_change(room: Room) -> None:
    made = [room.create(f"Item {number}") for number in range(room.traits.page_size + 5)]
    room.wait(60)
    room.set_title(made[3], "Edited")
    moments = census(room.client, room.project)
    assert len(moments) == room.count()
    assert moments[made[3].id] == read(room.client, made[3]).updated_at > moments[made[4].id]


def test_many_items_are_read_at_once(room: Room) -> None:
    made = [room.create(f"Item {number}") for number in range(12)]
    room.comment(made[4], "Hello")
    before = room.requests()
    items = room.client.read(made)
    cost = room.requests() - before
    titles = [items[each.id].values[TITLE] for each in made]  # type: ignore[union-attr]
    assert titles == [f"Item {n}" for n in range(12)]
    assert [each.text for each in items[made[4].id].comments or ()] == ["Hello"]  # type: ignore[union-attr]
    assert cost <= len(made)


def test_what_is_gone_is_not_found(room: Room) -> None:
    address = room.create("Gone")
    room.delete(address)
    assert absent(room.client, address).absence is Absence.NOT_FOUND
    assert address.id not in census(room.client, room.project)


def test_what_is_hidden_looks_like_what_is_gone(room: Room) -> None:
    address = room.create("Secret")
    room.hide(address)
    assert absent(room.client, address).absence is Absence.NOT_FOUND


def test_a_project_that_refuses_us_is_denied(room: Room) -> None:
    address = room.create("Title")
    room.lock_out()
    absence = Absence.DENIED if "denied" in room.traits.kinds_of_absence else Absence.NOT_FOUND
    assert absent(room.new_client(), address).absence is absence
    (outcome,) = apply(room.client, comment(address))
    assert isinstance(outcome, NotDone)
    assert isinstance(outcome.error, Refused)


def test_a_project_that_refuses_us_has_no_empty_list(room: Room) -> None:
    """An empty list would say that everything was deleted."""
    room.create("Title")
    room.lock_out()
    for client in (room.client, room.new_client()):
        with pytest.raises((Refused, Denied)):
            client.changed(room.project, EVER)
        with pytest.raises((Refused, Denied)):
            client.census(room.project)


def test_an_archived_project_says_so(room: Room) -> None:
    if not room.traits.tells_archived:
        return
    address = room.create("Title")
    room.archive()
    assert absent(room.client, address).absence is Absence.ARCHIVED
    (outcome,) = apply(room.client, comment(address))
    assert isinstance(outcome, NotDone)
    assert isinstance(outcome.error, Refused)
    assert outcome.error.code == "archived"


def test_a_moved_item_is_followed(room: Room) -> None:
    address = room.create("Moving")
    room.comment(address, "Hello")
    room.move(address)
    if not room.traits.moves_to_new_item:
        item = read(room.client, address)
        assert (item.address.id, item.address.project) == (address.id, room.other_project)
        return
    moved_to = read(room.client, address).moved_to
    item = read(room.client, ItemAddress(moved_to))
    assert (item.address.id, item.address.project) == (moved_to, room.other_project)
    assert (item.values[TITLE], [each.text for each in item.comments or ()]) == (
        "Moving",
        ["Hello"],
    )


def test_an_item_that_took_the_number_of_another_is_not_mistaken(room: Room) -> None:
    first = room.create("First")
    others = [room.create(f"Other {number}") for number in range(4)]
    wrong = ItemAddress("999999", first.project, first.number)
    items = room.client.read([wrong, *others])
    assert not isinstance(items["999999"], Item)
    assert all(isinstance(items[each.id], Item) for each in others)


def test_one_hidden_item_hides_no_other(room: Room) -> None:
    first, second = room.create("First"), room.create("Second")
    room.delete(first)
    items = room.client.read([first, second])
    assert not isinstance(items[first.id], Item)
    assert isinstance(items[second.id], Item)
