"""Links whose items are away, gone, moved, or written too often."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sync.core.issue_sync import acts, breaker
from sync.core.issue_sync.fuse import UPDATES, WINDOW
from sync.core.issue_sync.journal import announce
from sync.core.issue_sync.link import LinkState, PauseReason
from sync.core.issue_sync.model import (
    TAGS,
    TITLE,
    Absence,
    Capabilities,
    ItemAddress,
    Unreachable,
)
from sync.core.issue_sync.plan import plan
from sync.core.issue_sync.rules import Creation
from sync.core.issue_sync.story import state_lines
from sync.core.issue_sync.writes import AddComment, CreateItem, SetChange
from tests.core.issue_sync.cases import (
    ADDRESSES,
    NOW,
    PORTAL,
    TRACKER,
    carried_out,
    changes,
    comment,
    item,
    linked,
    planned_now,
    rules,
    titled,
    titles,
)

TITLES = rules(fields=[TITLE])


@pytest.mark.parametrize("absence", Absence)
def test_absence_proves_nothing(absence: Absence) -> None:
    away = Unreachable(ADDRESSES[TRACKER], absence)
    planned = planned_now(titles("a"), away, item(PORTAL, {TITLE: "b"}), TITLES)
    assert (planned.writes, planned.link.ended) == ((), "")
    assert [line.kind for line in planned.story] == ["waits"]
    assert "501" in state_lines(planned.link)[0]
    again = planned_now(planned.link, away, item(PORTAL, {TITLE: "b"}), TITLES)
    assert again.story == ()
    back = planned_now(again.link, *titled("a", "b"), TITLES)
    assert changes(back) == {TRACKER: {TITLE: "b"}}
    assert back.link.waiting == {}


def test_a_reported_deletion_ends_the_link_with_a_note() -> None:
    link = acts.report_deletion(titles("a"), TRACKER)
    away = Unreachable(ADDRESSES[TRACKER], Absence.NOT_FOUND)
    planned = planned_now(link, away, item(PORTAL, {TITLE: "a"}), TITLES)
    (note,) = planned.writes
    assert isinstance(note.write, AddComment)
    assert note.side is PORTAL
    assert planned.link.ended
    ended = planned_now(planned.link, away, item(PORTAL, {TITLE: "b"}), TITLES)
    assert ended.writes == ()


def test_an_edit_beats_a_deletion() -> None:
    link = acts.report_deletion(titles("a"), TRACKER)
    away = Unreachable(ADDRESSES[TRACKER], Absence.NOT_FOUND)
    creating = replace(TITLES, create={TRACKER: Creation("7")})
    portal = item(PORTAL, {TITLE: "b"})
    planned = planned_now(link, away, portal, creating)
    assert (planned.writes, planned.more) == ((), True)
    (write,) = planned_now(planned.link, None, portal, creating).writes
    assert write.write == CreateItem("L1/create:tracker:1", "7", {TITLE: "b"}, author=portal.author)


def test_a_deletion_that_was_none_is_forgotten() -> None:
    link = acts.report_deletion(titles("a"), TRACKER)
    assert planned_now(link, *titled("a", "a"), TITLES).link.deleted == frozenset()


def test_a_moved_issue_is_followed() -> None:
    source = replace(item(TRACKER, {TITLE: "a"}), moved_to="777")
    planned = planned_now(titles("a"), source, item(PORTAL, {TITLE: "b"}), TITLES)
    assert (planned.read_again, planned.writes) == (True, ())
    assert planned.link.addresses[TRACKER] == ItemAddress("777")
    target = replace(item(TRACKER, {TITLE: "a"}), address=ItemAddress("777", "9", "3"))
    after = planned_now(planned.link, target, item(PORTAL, {TITLE: "b"}), TITLES)
    assert changes(after) == {TRACKER: {TITLE: "b"}}
    assert after.link.addresses[TRACKER] == ItemAddress("777", "9", "3")


def test_a_moved_item_that_tells_its_new_address_is_followed() -> None:
    away = Unreachable(ItemAddress("777"), Absence.MOVED)
    planned = planned_now(titles("a"), away, item(PORTAL, {TITLE: "b"}), TITLES)
    assert planned.read_again
    assert planned.link.addresses[TRACKER] == ItemAddress("777")


def ping_pong(rounds: int, minutes: float) -> LinkState:
    """Return the link after somebody undid what we wrote that many times."""
    link, now = titles("x0"), NOW
    for count in range(rounds):
        tracker, portal = titled(f"x{count + 1}", f"x{count}")
        planned = plan(link, tracker, portal, TITLES, now)
        link = planned.link
        if planned.writes:
            link, _, _ = carried_out(planned, tracker, portal)
            link = replace(link, updated_at=(*link.updated_at[:-1], now))
        now += timedelta(minutes=minutes)
    return link


def test_a_link_that_writes_too_often_pauses_alone() -> None:
    assert ping_pong(UPDATES, 1).pause is None
    blown = ping_pong(UPDATES + 1, 1)
    assert blown.pause is not None
    assert blown.pause.reason is PauseReason.FUSE
    assert planned_now(blown, *titled("y", "z"), TITLES).writes == ()
    resumed = acts.resume(blown)
    assert changes(planned_now(resumed, *titled("y", "x6"), TITLES)) == {PORTAL: {TITLE: "y"}}


def test_edits_now_and_then_never_blow_the_fuse() -> None:
    assert ping_pong(30, WINDOW.total_seconds() / 60 / UPDATES).pause is None


def test_a_save_of_several_fields_counts_once() -> None:
    planned = planned_now(titles("a"), *titled("b", "a"), TITLES)
    assert len(announce(planned.link, planned.writes, NOW).updated_at) == 1


def test_what_both_sides_say_during_a_pause_is_agreed() -> None:
    """Without it the last edit looks like what was agreed before, and the other side undoes it."""
    paused = acts.pause(titles("a"), "on request", NOW)
    alike = planned_now(paused, *titled("b", "b"), TITLES)
    assert (alike.writes, alike.link.bases[TITLE]) == ((), titles("b").bases[TITLE])
    resumed = acts.resume(planned_now(alike.link, *titled("a", "b"), TITLES).link)
    planned = planned_now(resumed, *titled("a", "b"), TITLES)
    assert changes(planned) == {PORTAL: {TITLE: "a"}}
    unlike = planned_now(paused, *titled("b", "c"), TITLES)
    assert unlike.link == paused


def test_tags_that_both_sides_got_during_a_pause_are_agreed() -> None:
    labels = rules(fields=[TAGS])
    paused = acts.pause(linked(tags=({TAGS: frozenset()}, {TAGS: frozenset()})), "ask", NOW)
    both = frozenset({"red"}), frozenset({"Red", "Blue"})
    items = [item(side, {TAGS: held}) for side, held in zip((TRACKER, PORTAL), both, strict=True)]
    link = planned_now(paused, *items, labels).link
    assert link.bases[TAGS].of(PORTAL) == {TAGS: frozenset({"Red"})}
    items[0] = item(TRACKER, {TAGS: frozenset()})
    planned = planned_now(acts.resume(link), *items, labels)
    assert changes(planned)[PORTAL] == {TAGS: SetChange(remove=frozenset({"Red"}))}


def test_a_paused_link_stands_still() -> None:
    paused = acts.pause(titles("a"), "on request", NOW)
    assert planned_now(paused, *titled("b", "a"), TITLES).writes == ()
    assert changes(planned_now(acts.resume(paused), *titled("b", "a"), TITLES))


def test_an_unlinked_pair_is_left_alone_until_it_is_linked_again() -> None:
    ended = acts.unlink(titles("a"), "on request")
    assert planned_now(ended, *titled("b", "a"), TITLES).writes == ()
    assert changes(planned_now(acts.relink(ended), *titled("b", "a"), TITLES))


def test_what_cannot_be_written_is_said() -> None:
    narrow = replace(
        TITLES,
        capabilities={
            PORTAL: Capabilities(frozenset({TITLE}), longest={TITLE: 3}),
            TRACKER: Capabilities(frozenset(), missing={TITLE: "our account is a guest"}),
        },
    )
    long = planned_now(titles("a"), *titled("abcd", "a"), narrow)
    assert (long.writes, long.link.problems) == (
        (),
        {
            TITLE: "longer than the portal takes, shorten it or attach it as a file: "
            "title, 4 of 3 characters"
        },
    )
    guest = planned_now(titles("a"), *titled("a", "b"), narrow)
    assert guest.link.problems == {TITLE: "our account is a guest"}


def renamed(count: int) -> list[tuple[LinkState, tuple]]:  # type: ignore[type-arg]
    """Return plans of links that all get the same title."""
    plans = []
    for number in range(count):
        link = replace(titles("a"), key=f"L{number}")
        planned = planned_now(link, *titled("b", "a"), TITLES)
        plans.append((planned.link, planned.writes))
    return plans


# links that change, links there are → whether it stops
BREAKER = [
    (20, 1000, False),
    (21, 1000, True),
    (10, 50, False),
    (11, 50, True),
    (5, 5, False),
    (6, 6, True),
]


@pytest.mark.parametrize(("count", "total", "stops"), BREAKER)
def test_a_change_of_very_many_links_asks_first(count: int, total: int, stops: bool) -> None:
    halt = breaker.tripped(renamed(count), total)
    assert (halt is not None) is stops
    if halt is not None:
        assert len(halt.links) == count
        assert f"{count} of {total}" in halt.text


def test_many_links_that_end_ask_first() -> None:
    ended = [(acts.unlink(replace(titles("a"), key=str(n)), "gone"), ()) for n in range(30)]
    assert breaker.tripped(ended, 1000) is not None


def test_many_different_edits_do_not_ask() -> None:
    plans = []
    for number in range(60):
        planned = planned_now(titles("a"), *titled(f"b{number}", "a"), TITLES)
        plans.append((planned.link, planned.writes))
    assert breaker.tripped(plans, 100) is None


def test_comments_do_not_count_as_updates() -> None:
    link = replace(titles("a"), updated_at=(NOW,) * UPDATES)
    tracker = item(TRACKER, {TITLE: "a"}, comments=(comment(1),))
    planned = planned_now(link, tracker, item(PORTAL, {TITLE: "a"}), TITLES)
    assert (planned.pause, len(planned.writes)) == (None, 1)
