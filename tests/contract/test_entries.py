"""Comments, logged work and files: each once, as asked, and found again."""

from __future__ import annotations

import pytest

from sync.core.issue_sync.model import TITLE
from sync.core.issue_sync.writes import DeleteComment, DeleteTime, Done, EditComment, NotDone
from sync.errors import Refused
from tests.contract.room import Room
from tests.contract.test_items import visible
from tests.contract.writing import BYTES, ON, apply, comment, done, entry, file, read


def test_a_comment_reads_back_as_it_was_written(room: Room) -> None:
    address = room.create("Title")
    written = done(room.client, comment(address, "Hello **you**")).comment
    (read_comment,) = read(room.client, address).comments or ()
    assert read_comment == written
    assert (read_comment.text, read_comment.key, read_comment.author.is_bridge) == (
        "Hello **you**",
        "4/comment:1",
        True,
    )
    assert [visible_text(text) for text in room.texts(address)] == ["Hello **you**"]


def visible_text(text: str) -> str:
    """What is drawn of a text."""
    hidden = {0x2060, 0x2063, *range(0xFE00, 0xFE10), *range(0xE0000, 0xE0080)}
    return "".join(sign for sign in text if ord(sign) not in hidden)


def test_comments_of_people_have_no_key_and_their_authors(room: Room) -> None:
    address = room.create("Title")
    room.comment(address, "One")
    second = room.comment(address, "Two")
    room.wait(60)
    room.edit_comment(address, second, "Two, edited")
    comments = read(room.client, address).comments or ()
    assert [(each.text, each.key, each.author.id) for each in comments] == [
        ("One", "", room.person("bob")),
        ("Two, edited", "", room.person("bob")),
    ]
    assert (comments[0].edited_at, comments[1].edited_at is not None) == (
        None,
        room.traits.tells_edits,
    )
    room.delete_comment(address, second)
    assert [each.text for each in read(room.client, address).comments or ()] == ["One"]


def test_our_comment_is_edited_and_deleted(room: Room) -> None:
    address = room.create("Title")
    written = done(room.client, comment(address)).comment
    assert written is not None
    edited = done(room.client, EditComment("4/edit:1", address, written.id, "Hi")).comment
    (read_comment,) = read(room.client, address).comments or ()
    assert edited is not None
    assert (read_comment.text, read_comment.id, read_comment.key) == (
        "Hi",
        written.id,
        "4/comment:1",
    )
    deletion = DeleteComment("4/delete:1", address, written.id)
    assert [type(outcome) for outcome in apply(room.client, deletion, deletion)] == [Done, Done]
    assert read(room.client, address).comments == ()


def test_no_comment_of_ours_is_a_command(room: Room) -> None:
    for text in room.traits.hostile:
        address = room.create("Quiet")
        before = read(room.client, address)
        written = done(room.client, comment(address, text)).comment
        after = read(room.client, address)
        assert after.values == before.values
        assert written is not None
        assert visible(written.text) == text


def test_internal_comments_stay_internal(room: Room) -> None:
    if not room.traits.has_internal_comments:
        return
    address = room.create("Title")
    written = done(room.client, comment(address, "Among us", internal=True)).comment
    (read_comment,) = read(room.client, address).comments or ()
    assert written is not None
    assert (written.internal, read_comment.internal) == (True, True)


@pytest.mark.parametrize("seconds", [60, 5400, 86_400 * 2 + 59])
def test_logged_work_reads_back_as_it_was_written(room: Room, seconds: int) -> None:
    address = room.create("Title")
    written = done(room.client, entry(address, seconds)).entry
    (read_entry,) = read(room.client, address).time or ()
    unit = room.traits.time_unit
    kept = round(seconds / unit) * unit
    assert read_entry == written
    assert (read_entry.seconds, read_entry.on, read_entry.key) == (kept, ON, "4/time:1")
    assert "Worked" in read_entry.text
    assert "Carl Pine" in read_entry.text or read_entry.author.id == "77"
    assert room.seconds(address) == kept


def test_work_is_taken_back_by_an_entry_below_zero(room: Room) -> None:
    if not room.traits.has_negative_time:
        return
    address = room.create("Title")
    done(room.client, entry(address, 3600))
    done(room.client, entry(address, -600, "4/time:2"))
    assert [each.seconds for each in read(room.client, address).time or ()] == [3600, -600]
    assert room.seconds(address) == 3000


def test_a_long_text_of_work_keeps_its_key(room: Room) -> None:
    address = room.create("Title")
    done(room.client, entry(address, 60, "40/time:tracker:1234567890:2", text="word " * 200))
    (read_entry,) = read(room.client, address).time or ()
    assert read_entry.key == "40/time:tracker:1234567890:2"
    assert read_entry.text.count("word") > 10


def test_logged_work_is_deleted_once(room: Room) -> None:
    address = room.create("Title")
    room.log(address, 120, ON, "Bob's")
    written = done(room.client, entry(address)).entry
    assert written is not None
    deletion = DeleteTime("4/delete:1", address, written.id)
    assert [type(outcome) for outcome in apply(room.client, deletion, deletion)] == [Done, Done]
    (left,) = read(room.client, address).time or ()
    assert (left.seconds, left.key, left.author.id) == (120, "", room.person("bob"))


def test_a_file_is_copied_and_read_again(room: Room) -> None:
    address = room.create("Title")
    written = done(room.client, file(address)).file
    item = read(room.client, address)
    (read_file,) = item.files or ()
    assert written is not None
    assert (read_file.name, read_file.key, read_file.id) == ("shot.png", "4/file:1", written.id)
    assert room.client.download(address, read_file) == BYTES
    assert item.comments == ()


def test_files_of_people_have_no_key(room: Room) -> None:
    address = room.create("Title")
    room.attach(address, "plan.txt", b"plan")
    (read_file,) = read(room.client, address).files or ()
    assert (read_file.name, read_file.key) == ("plan.txt", "")
    assert room.client.download(address, read_file) == b"plan"


def test_too_large_a_file_is_refused_and_nothing_is_left(room: Room) -> None:
    address = room.create("Title")
    (outcome,) = apply(room.client, file(address, size=5000))
    assert isinstance(outcome, NotDone)
    assert isinstance(outcome.error, Refused)
    assert read(room.client, address).files == ()
    room.attach(address, "big.bin", b"x" * 5000)
    (read_file,) = read(room.client, address).files or ()
    with pytest.raises(Refused):
        room.client.download(address, read_file)


def test_many_comments_and_entries_are_read_whole(room: Room) -> None:
    address, unit = room.create("Busy"), room.traits.time_unit
    for number in range(55):
        room.comment(address, f"No {number}")
        room.log(address, (60 + number) * unit, ON, f"No {number}")
    item = read(room.client, address)
    assert [each.text for each in item.comments or ()] == [f"No {n}" for n in range(55)]
    assert [each.seconds for each in item.time or ()] == [(60 + n) * unit for n in range(55)]
    assert item.values[TITLE] == "Busy"
