"""The rules of bases, journal and creation, each by the history that proves it necessary."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sync.core.issue_sync import acts
from sync.core.issue_sync.confirm import confirm
from sync.core.issue_sync.journal import announce
from sync.core.issue_sync.link import LinkState, ValuePair, Values
from sync.core.issue_sync.model import (
    ASSIGNEES,
    LEAD,
    STAGE,
    STATUS,
    TAGS,
    TITLE,
    Item,
    ItemAddress,
    SideName,
)
from sync.core.issue_sync.plan import LinkPlan
from sync.core.issue_sync.rules import Creation, LinkRules, Policy
from sync.core.issue_sync.writes import CreateItem, Done, NotDone, SetChange, Unknown
from sync.errors import Later, Refused
from tests.core.issue_sync.cases import (
    NOW,
    PORTAL,
    TRACKER,
    carried_out,
    changes,
    item,
    linked,
    planned_now,
    rules,
    stored,
    titled,
    titles,
    written,
)

TITLES = rules(fields=[TITLE])


def pushed(link: LinkState, tracker: Item, portal: Item) -> tuple[LinkPlan, LinkState]:
    """Plan and announce."""
    planned = planned_now(link, tracker, portal, TITLES)
    return planned, announce(planned.link, planned.writes, NOW)


def test_the_base_is_what_the_answer_says_was_stored() -> None:
    planned, link = pushed(titles("a"), *titled(" b ", "a"))
    (write,) = planned.writes
    link = written(link, PORTAL, write.write, stored(write, title="b"))
    assert link.bases[TITLE] == ValuePair({TITLE: " b "}, {TITLE: "b"})
    assert planned_now(link, *titled(" b ", "b"), TITLES).writes == ()


def test_an_edit_during_the_write_is_no_part_of_the_base() -> None:
    planned, link = pushed(titles("a"), *titled("b", "a"))
    (write,) = planned.writes
    link = written(link, PORTAL, write.write, stored(write))
    assert changes(planned_now(link, *titled("c", "b"), TITLES)) == {PORTAL: {TITLE: "c"}}
    assert changes(planned_now(link, *titled("b", "c"), TITLES)) == {TRACKER: {TITLE: "c"}}


def test_nothing_is_agreed_before_the_answer() -> None:
    planned, link = pushed(titles("a"), *titled("b", "a"))
    assert link.bases == titles("a").bases
    later, line = confirm(link, PORTAL, planned.writes[0].write, NotDone(Later("busy")), NOW)
    assert (later.pending, line.kind) == ((), "later")
    assert changes(planned_now(later, *titled("b", "a"), TITLES)) == {PORTAL: {TITLE: "b"}}


def test_a_lost_write_is_sent_again_where_the_old_value_still_shows() -> None:
    _, link = pushed(titles("a"), *titled("b", "a"))
    again = planned_now(link, *titled("b", "a"), TITLES)
    assert changes(again) == {PORTAL: {TITLE: "b"}}
    assert again.link.bases == titles("a").bases


def test_a_lost_answer_is_found_out_where_the_old_value_is_gone() -> None:
    _, link = pushed(titles("a"), *titled("b", "a"))
    settled = planned_now(link, *titled("b", "b"), TITLES)
    assert (settled.writes, settled.link.pending) == ((), ())
    assert settled.link.bases[TITLE] == ValuePair({TITLE: "b"}, {TITLE: "b"})


def test_an_edit_after_a_lost_answer_crosses() -> None:
    _, link = pushed(titles("a"), *titled("b", "a"))
    settled = planned_now(link, *titled("b", "c"), TITLES)
    assert changes(settled) == {TRACKER: {TITLE: "c"}}
    assert [conflict.values for conflict in settled.conflicts] == [
        ValuePair({TITLE: "b"}, {TITLE: "c"})
    ]


def test_an_edit_at_the_source_after_a_lost_answer_crosses() -> None:
    _, link = pushed(titles("a"), *titled("b", "a"))
    assert changes(planned_now(link, *titled("c", "b"), TITLES)) == {PORTAL: {TITLE: "c"}}


def test_a_revert_after_a_lost_answer_is_seen_by_its_date() -> None:
    tracker, portal = titled("b", "a")
    planned, link = pushed(titles("a"), tracker, replace(portal, edited_at={TITLE: NOW}))
    assert planned.writes[0].edited_at == {TITLE: NOW}
    reverted = replace(portal, edited_at={TITLE: NOW + timedelta(seconds=9)})
    assert changes(planned_now(link, tracker, reverted, TITLES)) == {TRACKER: {TITLE: "a"}}


def test_what_came_to_a_set_during_a_write_crosses_too() -> None:
    tags = rules(fields=[TAGS])
    link = linked(tags=({TAGS: frozenset()}, {TAGS: frozenset()}))
    tracker, portal = item(TRACKER, {TAGS: frozenset({"red"})}), item(PORTAL, {TAGS: frozenset()})
    planned = planned_now(link, tracker, portal, tags)
    link = announce(planned.link, planned.writes, NOW)
    both = frozenset({"Red", "Blue"})  # a person added Blue meanwhile
    (write,) = planned.writes
    link = written(link, PORTAL, write.write, stored(write, tags=both))
    portal = item(PORTAL, {TAGS: both})
    assert "tracker" in str(changes(planned_now(link, tracker, portal, tags)).keys())


def test_a_column_that_a_status_brought_along_is_agreed() -> None:
    statuses = rules(fields=[STATUS])
    link = linked(status=({STATUS: "todo"}, {STATUS: "2", STAGE: "8"}))
    tracker, portal = item(TRACKER, {STATUS: "done"}), item(PORTAL, {STATUS: "2", STAGE: "8"})
    planned = planned_now(link, tracker, portal, statuses)
    link = announce(planned.link, planned.writes, NOW)
    link = written(link, PORTAL, planned.writes[0].write, stored(planned.writes[0], stage="9"))
    assert link.bases[STATUS].portal == {STATUS: "5", STAGE: "9"}


def test_what_a_side_leaves_out_is_said_and_not_sent_for_ever() -> None:
    planned, link = pushed(titles("a"), *titled("b", "a"))
    done = Done(item(PORTAL, {TITLE: "a"}), dropped={TITLE: "the task is locked"})
    link, line = confirm(link, PORTAL, planned.writes[0].write, done, NOW)
    assert (line.kind, "the task is locked" in line.text) == ("dropped", True)
    assert link.problems == {TITLE: "the task is locked"}
    again = planned_now(link, *titled("b", "a"), TITLES)
    assert again.writes == ()
    assert again.link.problems == {TITLE: "the task is locked"}
    assert changes(planned_now(link, *titled("c", "a"), TITLES)) == {PORTAL: {TITLE: "c"}}


def test_what_an_answer_leaves_out_and_does_not_show_was_not_stored() -> None:
    """Else the old value would count as an edit of that side, and go back to the other."""
    planned, link = pushed(titles("a"), *titled("b", "a"))
    done = Done(item(PORTAL, {}), dropped={TITLE: "the task is locked"})
    link, _ = confirm(link, PORTAL, planned.writes[0].write, done, NOW)
    assert link.bases[TITLE] == ValuePair({TITLE: "a"}, {TITLE: "a"})
    assert planned_now(link, *titled("b", "a"), TITLES).writes == ()
    creates = replace(TITLES, create={TRACKER: Creation("7")})
    link = LinkState("l", {PORTAL: ItemAddress("2103")})
    planned = planned_now(link, None, item(PORTAL, {TITLE: "a"}), creates)
    link = announce(planned.link, planned.writes, NOW)
    link, _ = confirm(
        link, TRACKER, planned.writes[0].write, replace(done, item=item(TRACKER, {})), NOW
    )
    assert link.bases[TITLE] == ValuePair({TITLE: None}, {})
    empty = item(TRACKER, {TITLE: None})
    assert planned_now(link, empty, item(PORTAL, {TITLE: "a"}), creates).writes == ()


def test_an_edit_of_what_the_side_left_out_before_is_a_conflict() -> None:
    """What never crossed is not agreed: it is not overruled in silence."""
    planned, link = pushed(titles("a"), *titled("b", "a"))
    done = Done(item(PORTAL, {TITLE: "a"}), dropped={TITLE: "the task is locked"})
    link, _ = confirm(link, PORTAL, planned.writes[0].write, done, NOW)
    later = item(PORTAL, {TITLE: "c"}, at=NOW + timedelta(minutes=1))
    edited = planned_now(link, item(TRACKER, {TITLE: "b"}), later, TITLES)
    assert changes(edited) == {TRACKER: {TITLE: "c"}}
    assert [each.values for each in edited.conflicts] == [ValuePair({TITLE: "b"}, {TITLE: "c"})]


def test_what_a_side_left_out_crosses_when_it_is_tried_again() -> None:
    planned, link = pushed(titles("a"), *titled("b", "a"))
    done = Done(item(PORTAL, {TITLE: "a"}), dropped={TITLE: "the task is locked"})
    link, _ = confirm(link, PORTAL, planned.writes[0].write, done, NOW)
    again = planned_now(acts.replay(link), *titled("b", "a"), TITLES)
    assert changes(again) == {PORTAL: {TITLE: "b"}}
    link, _, _ = carried_out(again, *titled("b", "a"))
    assert (link.refused, link.problems) == ({}, {})


def test_what_a_side_left_out_and_nobody_wants_any_more_is_over() -> None:
    planned, link = pushed(titles("a"), *titled("b", "a"))
    done = Done(item(PORTAL, {TITLE: "a"}), dropped={TITLE: "the task is locked"})
    link, _ = confirm(link, PORTAL, planned.writes[0].write, done, NOW)
    over = planned_now(link, *titled("a", "a"), TITLES)
    assert (over.link.problems, over.link.refused, over.writes) == ({}, {}, ())


@pytest.mark.parametrize(
    ("policy", "wanted"),
    [
        (Policy.PORTAL, {TRACKER: {STATUS: "done"}}),
        (Policy.TRACKER, {PORTAL: {STATUS: "3"}}),
        (Policy.ASK, {}),
    ],
)
def test_a_field_changed_just_before_our_write_is_a_conflict(
    policy: Policy, wanted: dict[SideName, object]
) -> None:
    """Whoever moved it: what was not written is not agreed, and the policy decides."""
    link = linked(title=({TITLE: "a"}, {TITLE: "a"}), status=({STATUS: "todo"}, {STATUS: "2"}))
    ends = item(TRACKER, {TITLE: "a", STATUS: "todo"}), item(PORTAL, {TITLE: "b", STATUS: "5"})
    both = rules(policy, fields=[TITLE, STATUS])
    planned = planned_now(link, *ends, both)
    (write,) = planned.writes
    moved = Later("a person moved it")
    answer = replace(stored(write, status="doing"), deferred={STATUS: moved})
    link = announce(planned.link, planned.writes, NOW)
    after, line = confirm(link, TRACKER, write.write, answer, NOW)
    assert (line.kind, line.text) == (
        "written",
        "written: title (changed on the portal): a person moved it.",
    )
    again = planned_now(after, item(TRACKER, {TITLE: "b", STATUS: "doing"}), ends[1], both)
    assert (changes(again), after.problems, len(again.conflicts)) == (wanted, {}, 1)


def test_of_people_whom_a_side_takes_only_in_part_the_rest_waits() -> None:
    """Nobody comes back whom the other side takes off meanwhile."""
    people = rules(fields=[ASSIGNEES])
    empty = frozenset[str]()
    link = linked(assignees=({ASSIGNEES: empty}, {LEAD: None, ASSIGNEES: empty}))
    portal = item(PORTAL, {LEAD: "1", ASSIGNEES: frozenset({"2"})})
    tracker = item(TRACKER, {ASSIGNEES: empty})
    planned = planned_now(link, tracker, portal, people)
    link = announce(planned.link, planned.writes, NOW)
    half = item(TRACKER, {ASSIGNEES: frozenset({"ann"})})
    done = Done(half, dropped={ASSIGNEES: "bob is no member of the project"})
    link, _ = confirm(link, TRACKER, planned.writes[0].write, done, NOW)
    rest = planned_now(link, half, portal, people)
    assert (rest.writes, rest.link.problems) == ((), {ASSIGNEES: "bob is no member of the project"})
    again = planned_now(acts.replay(rest.link), half, portal, people)
    assert changes(again) == {TRACKER: {ASSIGNEES: SetChange(frozenset({"bob"}))}}
    taken_off = planned_now(
        acts.replay(rest.link), item(TRACKER, {ASSIGNEES: empty}), portal, people
    )
    assert "ann" not in str(changes(taken_off).get(TRACKER))


def test_a_refused_write_of_several_fields_is_parted() -> None:
    both = rules(fields=[TITLE, STATUS])
    link = linked(title=({TITLE: "a"}, {TITLE: "a"}), status=({STATUS: "todo"}, {STATUS: "2"}))
    tracker = item(TRACKER, {TITLE: "b", STATUS: "done"})
    portal = item(PORTAL, {TITLE: "a", STATUS: "2"})
    planned = planned_now(link, tracker, portal, both)
    link = announce(planned.link, planned.writes, NOW)
    link, line = confirm(link, PORTAL, planned.writes[0].write, NotDone(Refused("no")), NOW)
    assert line.kind == "refused"
    parted = planned_now(link, tracker, portal, both)
    assert [sorted(write.intents) for write in parted.writes] == [[TITLE], [STATUS]]
    assert len({write.write.key for write in parted.writes}) == 2
    link = announce(parted.link, parted.writes, NOW)
    link = confirm(link, PORTAL, parted.writes[0].write, NotDone(Refused("a bad title")), NOW)[0]
    link = written(link, PORTAL, parted.writes[1].write, stored(parted.writes[1]))
    portal = item(PORTAL, {TITLE: "a", STATUS: "5"})
    last = planned_now(link, tracker, portal, both)
    assert last.writes == ()
    assert "a bad title" in last.link.problems[TITLE]
    other = item(TRACKER, {TITLE: "c", STATUS: "done"})
    assert changes(planned_now(last.link, other, portal, both)) == {PORTAL: {TITLE: "c"}}


def creating() -> LinkRules:
    """Return rules that let tasks make issues."""
    return replace(rules(fields=[TITLE, STATUS]), create={TRACKER: Creation("7", "issue")})


def test_an_edit_made_while_the_task_was_being_created_survives() -> None:
    link = LinkState("L1", {PORTAL: ItemAddress("58")})
    portal = item(PORTAL, {TITLE: "a", STATUS: "3"})
    planned = planned_now(link, None, portal, creating())
    (write,) = planned.writes
    assert write.write == CreateItem(
        "L1/create:tracker:0", "7", {TITLE: "a", STATUS: "doing"}, "issue", portal.author
    )
    link = announce(planned.link, planned.writes, NOW)
    lost, _ = confirm(link, TRACKER, write.write, Unknown(Later("no answer")), NOW)
    assert planned_now(lost, None, portal, creating()).unsettled == lost.pending
    edited = item(TRACKER, {TITLE: "a by hand", STATUS: "doing"})  # before it was looked up
    link, _ = confirm(lost, TRACKER, write.write, Done(edited), NOW, answered=False)
    assert link.addresses[TRACKER] == edited.address
    assert link.bases[TITLE] == ValuePair({TITLE: "a"}, {TITLE: "a"})
    assert changes(planned_now(link, edited, portal, creating())) == {PORTAL: {TITLE: "a by hand"}}


def test_what_a_creation_brought_along_is_agreed() -> None:
    link = LinkState("L1", {PORTAL: ItemAddress("58")})
    portal = item(PORTAL, {TITLE: "a", STATUS: "7"})  # a status without a counterpart
    planned = planned_now(link, None, portal, creating())
    link = announce(planned.link, planned.writes, NOW)
    tracker = item(TRACKER, {TITLE: "a", STATUS: "todo"})
    link = written(link, TRACKER, planned.writes[0].write, Done(tracker))
    after = planned_now(link, tracker, portal, creating())
    assert after.writes == ()
    assert after.link.problems == {
        STATUS: 'no row for the portal\'s status, add one under `statuses`: "7"'
    }


def test_a_refused_creation_waits_for_an_edit() -> None:
    link = LinkState("L1", {PORTAL: ItemAddress("58")})
    portal = item(PORTAL, {TITLE: "a", STATUS: "3"})
    planned = planned_now(link, None, portal, creating())
    link = announce(planned.link, planned.writes, NOW)
    link, _ = confirm(link, TRACKER, planned.writes[0].write, NotDone(Refused("spam")), NOW)
    assert planned_now(link, None, portal, creating()).writes == ()
    edited = item(PORTAL, {TITLE: "b", STATUS: "3"})
    assert len(planned_now(link, None, edited, creating()).writes) == 1


def test_a_missing_end_that_may_not_be_created_waits() -> None:
    link = LinkState("L1", {PORTAL: ItemAddress("58")})
    planned = planned_now(link, None, item(PORTAL, {TITLE: "a"}), TITLES)
    assert planned.writes == ()
    assert [line.kind for line in planned.story] == ["waits"]
    assert planned_now(planned.link, None, item(PORTAL, {TITLE: "a"}), TITLES).story == ()


def test_two_fields_settle_by_themselves() -> None:
    both = rules(fields=[TITLE, STATUS])
    link = linked(title=({TITLE: "a"}, {TITLE: "a"}), status=({STATUS: "todo"}, {STATUS: "2"}))
    tracker = item(TRACKER, {TITLE: "b", STATUS: "done"})
    portal = item(PORTAL, {TITLE: "a", STATUS: "2"})
    planned = planned_now(link, tracker, portal, both)
    link = announce(planned.link, planned.writes, NOW)
    half = item(PORTAL, {TITLE: "b", STATUS: "2"})  # the room writes the status apart
    settled = planned_now(link, tracker, half, both)
    assert changes(settled) == {PORTAL: {STATUS: "5"}}
    _, _, portal = carried_out(settled, tracker, half)
    assert portal.values == {TITLE: "b", STATUS: "5"}


@pytest.mark.parametrize("stored", [{}, {TITLE: "a"}])
def test_a_creation_that_moved_on_agrees_on_what_was_stored_before(stored: Values) -> None:
    """What was written later is not in the item that goes on: both sides count as edited."""
    creating = replace(TITLES, create={TRACKER: Creation("7")})
    link = LinkState("L1", {PORTAL: item(PORTAL, {}).address})
    planned = planned_now(link, None, item(PORTAL, {TITLE: "a"}), creating)
    (write,) = planned.writes
    moved = replace(item(TRACKER, stored), moved_to="777")
    announced = announce(planned.link, planned.writes, NOW)
    after, _ = confirm(announced, TRACKER, write.write, Done(moved), NOW)
    agreed = {TITLE: ValuePair(stored, {TITLE: "a"})} if stored else {}
    assert (dict(after.bases), after.addresses[TRACKER]) == (agreed, moved.address)
    assert planned_now(after, moved, item(PORTAL, {TITLE: "a"}), creating).read_again


def test_what_a_write_stored_before_its_item_moved_is_agreed() -> None:
    """A label that is lost by the move is then an edit of the tracker, and is not set again."""
    sets = rules(fields=[TAGS, STATUS])
    link = linked(
        tags=({TAGS: frozenset()}, {TAGS: frozenset()}), status=({STATUS: "todo"}, {STATUS: "2"})
    )
    tracker = item(TRACKER, {TAGS: frozenset(), STATUS: "todo"})
    portal = item(PORTAL, {TAGS: frozenset(["Red"]), STATUS: "3"})
    planned = planned_now(link, tracker, portal, sets)
    assert changes(planned) == {TRACKER: {TAGS: SetChange(add=frozenset(["red"])), STATUS: "doing"}}
    link = announce(planned.link, planned.writes, NOW)
    answer = replace(item(TRACKER, {TAGS: frozenset(["red"])}), moved_to="777")
    link, _ = confirm(link, TRACKER, planned.writes[0].write, Done(answer), NOW)
    moved = planned_now(link, answer, portal, sets)
    assert moved.read_again
    after = planned_now(moved.link, replace(tracker, address=ItemAddress("777")), portal, sets)
    assert changes(after) == {
        TRACKER: {STATUS: "doing"},
        PORTAL: {TAGS: SetChange(remove=frozenset(["Red"]))},
    }


def test_who_moves_back_after_a_write_that_stopped_halfway_is_followed() -> None:
    """A machine went from done to todo and refused doing; then the task is completed again."""
    status = rules(fields=[STATUS])
    link = linked(status=({STATUS: "done"}, {STATUS: "5", STAGE: None}))
    done = item(TRACKER, {STATUS: "done"})
    again = item(PORTAL, {STATUS: "3", STAGE: None})
    planned = planned_now(link, done, again, status)
    (write,) = planned.writes
    answer = stored(write, status="todo")
    refusal = replace(answer, dropped={STATUS: "not possible"}, halfway=frozenset({STATUS}))
    link = written(announce(planned.link, planned.writes, NOW), TRACKER, write.write, refusal)
    halfway = item(TRACKER, {STATUS: "todo"})
    assert changes(planned_now(link, halfway, again, status)) == {}  # it was refused just now
    completed = item(PORTAL, {STATUS: "5", STAGE: None})
    assert changes(planned_now(link, halfway, completed, status)) == {TRACKER: {STATUS: "done"}}
