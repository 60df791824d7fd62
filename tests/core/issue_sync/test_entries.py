"""Comments, logged work and files: each crosses once, with its edits and its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from sync.core.issue_sync import acts
from sync.core.issue_sync.confirm import confirm
from sync.core.issue_sync.journal import announce
from sync.core.issue_sync.link import EntryState, LinkState, PauseReason
from sync.core.issue_sync.model import (
    DESCRIPTION,
    TITLE,
    Author,
    Comment,
    File,
    Item,
    ItemAddress,
    SideName,
    TimeEntry,
)
from sync.core.issue_sync.plan import MOST_ENTRIES
from sync.core.issue_sync.rules import Direction, EntryRule, LinkRules
from sync.core.issue_sync.writes import (
    AddComment,
    AddFile,
    AddTime,
    DeleteComment,
    DeleteTime,
    Done,
    EditComment,
    NotDone,
    Unknown,
    Write,
)
from sync.errors import Later, Refused
from tests.core.issue_sync.cases import (
    NOW,
    PORTAL,
    TRACKER,
    comment,
    item,
    linked,
    planned_now,
    rules,
    work,
)

RULES = rules(fields=[])


class Pair:
    """Two items whose sides store what is written, with ids of their own."""

    def __init__(self, rules: LinkRules = RULES) -> None:
        self.link, self.rules, self.count = linked(), rules, 0
        self.items = {side: item(side, {}) for side in SideName}
        self.writes: list[Write] = []

    def look(self, answer: Callable[[Write, Done], object] = lambda write, done: done) -> None:
        """Plan, announce and store until nothing is planned."""
        for _ in range(5):
            planned = planned_now(self.link, self.items[TRACKER], self.items[PORTAL], self.rules)
            self.link = announce(planned.link, planned.writes, NOW)
            for write in planned.writes:
                self.writes.append(write.write)
                outcome = answer(write.write, self.store(write.side, write.write))
                self.link = confirm(self.link, write.side, write.write, outcome, NOW)[0]  # type: ignore[arg-type]
            if not planned.writes:
                return
        raise AssertionError("it never rests")

    def store(self, side: SideName, write: Write) -> Done:
        """Store a write."""
        self.count += 1
        number, held = f"n{self.count}", self.items[side]
        comments, time = list(held.comments or ()), list(held.time or ())
        files = list(held.files or ())
        done = Done()
        match write:
            case AddComment(key=key, text=text, author=author, internal=internal):
                bot = Author(author.id, is_bridge=True)
                comments.append(Comment(number, bot, text, NOW, None, internal, key))
                done = Done(comment=comments[-1])
            case EditComment(comment_id=comment_id, text=text):
                comments = [replace(c, text=text) if c.id == comment_id else c for c in comments]
            case DeleteComment(comment_id=comment_id):
                comments = [c for c in comments if c.id != comment_id]
            case AddTime(key=key, seconds=seconds, on=on, text=text, author=author):
                time.append(TimeEntry(number, author, seconds, on, text, key))
                done = Done(entry=time[-1])
            case DeleteTime(entry_id=entry_id):
                time = [entry for entry in time if entry.id != entry_id]
            case AddFile(key=key, name=name, source=source):
                files.append(File(number, name, source.size, f"[{number}]", key))
                done = Done(file=files[-1])
        self.items[side] = replace(
            held, comments=tuple(comments), time=tuple(time), files=tuple(files)
        )
        return done

    def set(self, side: SideName, **parts: object) -> None:
        """Replace what a side holds."""
        self.items[side] = replace(self.items[side], **parts)  # type: ignore[arg-type]

    def texts(self, side: SideName) -> list[str]:
        """Return the comments of a side."""
        return [comment.text for comment in self.items[side].comments or ()]

    def seconds(self, side: SideName) -> list[int]:
        """Return the work of a side."""
        return [entry.seconds for entry in self.items[side].time or ()]


def test_comments_cross_once_in_their_order_and_never_come_back() -> None:
    pair = Pair()
    pair.set(TRACKER, comments=(comment(3, "c"), comment(1, "a"), comment(2, "b")))
    pair.look()
    pair.look()
    assert pair.texts(PORTAL) == ["a", "b", "c"]
    assert len(pair.texts(TRACKER)) == 3


def test_what_we_wrote_is_never_copied() -> None:
    pair = Pair()
    pair.set(PORTAL, comments=(comment(1, "ours", ours=True), comment(2, "a copy", key="L9/x")))
    pair.look()
    assert pair.writes == []


def test_an_edited_comment_is_edited() -> None:
    pair = Pair()
    pair.set(TRACKER, comments=(comment(1, "a"),))
    pair.look()
    pair.set(TRACKER, comments=(comment(1, "b"),))
    pair.look()
    pair.look()
    assert pair.texts(PORTAL) == ["b"]
    assert [type(write) for write in pair.writes] == [AddComment, EditComment]


@pytest.mark.parametrize(("deletions", "texts"), [(True, []), (False, ["a"])])
def test_a_deleted_comment_is_deleted_by_policy(deletions: bool, texts: list[str]) -> None:
    pair = Pair(replace(RULES, comments=EntryRule(deletions=deletions)))
    pair.set(TRACKER, comments=(comment(1, "a"),))
    pair.look()
    pair.set(TRACKER, comments=())
    pair.look()
    pair.look()
    assert pair.texts(PORTAL) == texts


def test_a_deleted_copy_is_not_written_again() -> None:
    pair = Pair()
    pair.set(TRACKER, comments=(comment(1, "a"),))
    pair.look()
    pair.set(PORTAL, comments=())
    pair.look()
    assert pair.texts(PORTAL) == []
    assert [entry.state for entry in pair.link.entries] == [EntryState.COPY_GONE]


# rule, a comment → whether it crosses
CROSSING = [
    (EntryRule(), comment(1), True),
    (EntryRule(Direction.TO_TRACKER), comment(1), False),
    (EntryRule(Direction.OFF), comment(1), False),
    (EntryRule(since=NOW), comment(0), True),
    (EntryRule(since=NOW.replace(year=2027)), comment(1), False),
    (EntryRule(), comment(1, internal=True), False),
    (EntryRule(internal=True), comment(1, internal=True), True),
]


@pytest.mark.parametrize(("rule", "origin", "crosses"), CROSSING)
def test_a_rule_says_which_comments_cross(rule: EntryRule, origin: Comment, crosses: bool) -> None:
    pair = Pair(replace(RULES, comments=rule))
    pair.set(TRACKER, comments=(origin,))
    pair.look()
    assert [isinstance(write, AddComment) for write in pair.writes] == [True] * crosses


def test_a_comment_whose_answer_was_lost_is_found_by_its_key() -> None:
    pair = Pair()
    pair.set(TRACKER, comments=(comment(1, "a"),))
    planned = planned_now(pair.link, pair.items[TRACKER], pair.items[PORTAL], RULES)
    pair.link = announce(planned.link, planned.writes, NOW)
    (write,) = planned.writes
    pair.store(PORTAL, write.write)
    unknown = Unknown(Later("no answer", sent=True))
    pair.link = confirm(pair.link, PORTAL, write.write, unknown, NOW)[0]
    stuck = planned_now(pair.link, pair.items[TRACKER], pair.items[PORTAL], RULES)
    assert (stuck.unsettled, stuck.writes) == (pair.link.pending, ())
    settled = Done(comment=pair.items[PORTAL].comments[0])  # type: ignore[index]
    pair.link = confirm(pair.link, PORTAL, write.write, settled, NOW, answered=False)[0]
    pair.look()
    assert pair.texts(PORTAL) == ["a"]


def test_a_copy_without_an_entry_is_attached_by_its_key() -> None:
    pair = Pair()
    pair.set(TRACKER, comments=(comment(1, "a"),))
    pair.look()
    pair.link = replace(pair.link, entries=())  # the state before the write was restored
    pair.look()
    assert pair.texts(PORTAL) == ["a"]


def test_a_refused_comment_waits_for_its_edit() -> None:
    pair = Pair()
    pair.set(TRACKER, comments=(comment(1, "a"), comment(2, "b")))
    refused = NotDone(Refused("too rude"))
    pair.look(
        lambda write, done: refused if isinstance(write, AddComment) and write.text == "a" else done
    )
    assert [entry.state for entry in pair.link.entries] == [EntryState.REFUSED, EntryState.LIVE]
    pair.set(PORTAL, comments=tuple(c for c in pair.items[PORTAL].comments or () if c.text == "b"))
    count = len(pair.writes)
    pair.look()
    assert len(pair.writes) == count
    pair.set(TRACKER, comments=(comment(1, "nice"), comment(2, "b")))
    pair.look()
    assert pair.texts(PORTAL) == ["b", "nice"]


def test_replay_tries_a_refused_comment_again() -> None:
    pair = Pair()
    pair.set(TRACKER, comments=(comment(1, "a"),))
    pair.look(lambda write, done: NotDone(Refused("no")))
    pair.set(PORTAL, comments=())
    pair.link = acts.replay(pair.link)
    pair.look()
    assert pair.texts(PORTAL) == ["a"]


def test_work_crosses_both_ways_with_negative_entries() -> None:
    pair = Pair()
    pair.set(TRACKER, time=(work(1, 3600, author="ann"), work(2, -3600, author="ann")))
    pair.set(PORTAL, time=(work(7, 900),))
    pair.look()
    pair.look()
    assert sorted(pair.seconds(PORTAL)) == sorted(pair.seconds(TRACKER)) == [-3600, 900, 3600]


NONE_BELOW_ZERO = replace(RULES, time=EntryRule(negative=frozenset({TRACKER})))


def test_work_taken_back_shortens_what_was_logged_before() -> None:
    pair = Pair(NONE_BELOW_ZERO)
    pair.set(TRACKER, time=(work(1, 3600), work(2, -600)))
    pair.look()
    assert pair.seconds(PORTAL) == [3000]
    pair.set(TRACKER, time=(work(1, 3600), work(2, -600), work(3, 900), work(4, -1200)))
    pair.look()
    pair.look()
    assert sorted(pair.seconds(PORTAL)) == [2700]  # the newest is gone, the rest is off the older
    pair.set(TRACKER, time=(work(1, 3600), work(2, -600), work(3, 900)))
    pair.look()
    pair.look()
    assert sorted(pair.seconds(PORTAL)) == [900, 3000]
    assert all(entry.state is EntryState.LIVE for entry in pair.link.entries[:3])


def test_work_taken_back_beyond_what_the_side_logged_is_said() -> None:
    pair = Pair(NONE_BELOW_ZERO)
    pair.set(PORTAL, time=(work(7, 1800),))
    pair.set(TRACKER, time=(work(1, 600),))
    pair.look()
    pair.set(TRACKER, time=(*pair.items[TRACKER].time, work(9, -2400)))
    pair.look()
    pair.look()
    assert pair.seconds(PORTAL) == [1800]  # what was logged there belongs to who logged it
    entry = next(entry for entry in pair.link.entries if entry.ids.get(TRACKER) == "9")
    assert entry.reason.startswith("1800 seconds more are taken back")


def test_a_shown_file_has_no_other_place() -> None:
    pair = Pair()
    till = File("1", "till.png", 5, "n5")
    pair.set(PORTAL, comments=(comment(7, "Like this? n5"),), files=(till,))
    pair.look()
    (copy,) = [write for write in pair.writes if isinstance(write, AddFile)]
    assert copy.inline
    pair.set(PORTAL, files=(till, File("2", "log.txt", 5, "n6")))
    pair.look()
    assert [w.inline for w in pair.writes if isinstance(w, AddFile)] == [True, False]
    assert all(entry.state is EntryState.LIVE for entry in pair.link.entries)


def test_edited_work_is_deleted_and_added() -> None:
    pair = Pair()
    pair.set(PORTAL, time=(work(7, 900),))
    pair.look()
    pair.set(PORTAL, time=(work(7, 1800, "longer"),))
    pair.look()
    assert pair.seconds(TRACKER) == [1800]
    assert [type(write) for write in pair.writes] == [AddTime, DeleteTime, AddTime]
    assert len({write.key for write in pair.writes}) == 3


def test_deleted_work_is_deleted() -> None:
    pair = Pair()
    pair.set(PORTAL, time=(work(7, 900), work(8, 60)))
    pair.look()
    pair.set(PORTAL, time=(work(8, 60),))
    pair.look()
    assert pair.seconds(TRACKER) == [60]


def test_work_that_cannot_be_deleted_is_not_counted_twice() -> None:
    pair = Pair()
    pair.set(PORTAL, time=(work(7, 900),))
    pair.look()
    pair.set(PORTAL, time=(work(7, 1800),))
    time = pair.items[TRACKER].time
    pair.look(lambda write, done: NotDone(Refused("not yours")))
    pair.set(TRACKER, time=time)
    pair.look()
    assert pair.seconds(TRACKER) == [900]
    assert "not yours" in pair.link.entries[0].reason


def test_after_a_move_entries_are_found_again_by_what_they_say() -> None:
    pair = Pair()
    pair.set(TRACKER, comments=(comment(1, "a"), comment(2, "b")), time=(work(1, 60, author="a"),))
    pair.set(PORTAL, comments=(comment(9, "from the portal", author="1"),))
    pair.look()
    count = len(pair.writes)
    pair.set(TRACKER, moved_to="777")
    pair.look()
    before = pair.items[TRACKER]
    late = tuple(replace(entry, id=f"m{entry.id}") for entry in before.time or ())
    pair.items[TRACKER] = replace(
        before,
        address=ItemAddress("777", "9", "1"),
        moved_to="",
        comments=tuple(
            replace(c, id=f"m{c.id}", key="", text=c.text.replace("b", "x/y#b"))
            for c in before.comments or ()
        ),
        time=(),  # they are copied later
    )
    pair.look()
    pair.set(TRACKER, time=late)
    pair.look()
    rewritten = pair.writes[count:]  # a reference got its project's name
    assert [type(write) for write in rewritten] == [EditComment]
    assert {entry.state for entry in pair.link.entries} == {EntryState.LIVE}
    edited = [
        replace(c, text="c") if c.id == "m1" else c for c in pair.items[TRACKER].comments or ()
    ]
    pair.set(TRACKER, comments=tuple(edited))
    pair.look()
    assert "c" in pair.texts(PORTAL)


def test_many_entries_that_vanish_at_once_ask_first() -> None:
    pair = Pair()
    pair.set(TRACKER, comments=tuple(comment(number) for number in range(8)))
    pair.look()
    pair.set(TRACKER, comments=())
    pair.look()
    assert len(pair.texts(PORTAL)) == 8
    assert pair.link.pause is not None
    assert pair.link.pause.reason is PauseReason.VANISHED
    pair.link = acts.resume(pair.link)
    pair.look()
    assert pair.texts(PORTAL) == []


def test_a_part_that_was_not_read_is_left_alone() -> None:
    pair = Pair()
    pair.set(TRACKER, comments=(comment(1),), time=(work(1),))
    pair.look()
    pair.set(TRACKER, comments=None, time=None)
    pair.look()
    assert (len(pair.texts(PORTAL)), len(pair.seconds(PORTAL))) == (1, 1)


def test_a_file_is_copied_before_the_text_that_shows_it() -> None:
    describing = rules(fields=[DESCRIPTION])
    pair = Pair(describing)
    file = File("f1", "plan.png", 10, "/uploads/abc/plan.png")
    text = "see ![plan](/uploads/abc/plan.png)"
    pair.set(TRACKER, values={DESCRIPTION: text}, files=(file,))
    pair.set(PORTAL, values={DESCRIPTION: ""})
    planned = planned_now(pair.link, pair.items[TRACKER], pair.items[PORTAL], describing)
    assert [type(write.write) for write in planned.writes] == [AddFile]
    assert planned.link.problems == {DESCRIPTION: 'the file "plan.png" is copied first'}
    link = announce(planned.link, planned.writes, NOW)
    (write,) = planned.writes
    link = confirm(link, PORTAL, write.write, pair.store(PORTAL, write.write), NOW)[0]
    after = planned_now(link, pair.items[TRACKER], pair.items[PORTAL], describing)
    assert [sorted(write.intents) for write in after.writes] == [[DESCRIPTION]]
    assert after.link.entries[0].references == {TRACKER: file.reference, PORTAL: "[n1]"}


def test_a_long_history_is_announced_in_parts() -> None:
    many = tuple(comment(number) for number in range(MOST_ENTRIES + 7))
    tracker, portal = item(TRACKER, {}, comments=many), item(PORTAL, {})
    planned = planned_now(linked(), tracker, portal, RULES)
    assert (len(planned.writes), planned.more) == (MOST_ENTRIES, True)


def test_the_other_side_gets_final_texts_and_authors() -> None:
    def signed(to: SideName, origin: Comment) -> str:
        return f"{origin.author.id} ({to}): {origin.text}"

    def person(to: SideName, author: Author) -> Author:
        return Author("1" if author.id == "ann" else "", author.id)

    texts = replace(RULES.texts, comment=signed, author=person)
    tracker = item(TRACKER, {}, comments=(comment(1, "a"),))
    (write,) = planned_now(linked(), tracker, item(PORTAL, {}), replace(RULES, texts=texts)).writes
    assert isinstance(write.write, AddComment)
    assert (write.write.text, write.write.author) == ("ann (portal): a", Author("1", "ann"))


def entries_of(link: LinkState) -> Mapping[str, EntryState]:
    """Return the states of a link's entries."""
    return {entry.key: entry.state for entry in link.entries}


def test_a_title_crosses_beside_comments() -> None:
    tracker: Item = item(TRACKER, {TITLE: "b"}, comments=(comment(1),))
    portal = item(PORTAL, {TITLE: "a"})
    link = linked(title=({TITLE: "a"}, {TITLE: "a"}))
    planned = planned_now(link, tracker, portal, rules(fields=[TITLE]))
    assert [type(write.write).__name__ for write in planned.writes] == ["UpdateItem", "AddComment"]
    assert entries_of(planned.link) == {"L1/comment:tracker:1": EntryState.LIVE}
