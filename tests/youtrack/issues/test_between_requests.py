"""A write of several requests: what people and failures do in between is never taken for ours."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sync.core.issue_sync.model import DESCRIPTION, STATUS, TAGS, TITLE, ItemAddress
from sync.core.issue_sync.writes import NotDone, Outcome, SetChange, Unknown
from sync.errors import Later, Refused
from tests.contract.writing import apply, creation_of, done, update
from tests.emulators.youtrack import records
from tests.emulators.youtrack.server import Reply
from tests.youtrack.conftest import Site

MACHINE = {
    "Submitted": {"open": "Open", "fix": "Fixed"},
    "Open": {"fix": "Fixed", "open": "Open"},
    "In Progress": {"open": "Open"},
    "Fixed": {"reopen": "Open"},
}
EVENT, TAGGING, FINAL_ROW = "POST event", "POST /tags", "GET updater"
Act = Callable[[], Reply | None]


def before_request(site: Site, words: str, act: Act) -> None:
    """Let somebody act once before a request with these words; what is returned answers it."""
    usual, acts = site.emulator.answer, [act]

    def answer(method: str, target: str, headers: object, body: bytes) -> Reply:
        request = f"{method} {target} {body.decode()}"
        is_here = bool(acts) and all(word in request for word in words.split())
        return (acts.pop()() if is_here else None) or usual(method, target, headers, body)  # type: ignore[arg-type]

    site.emulator.answer = answer  # type: ignore[method-assign]


def failing(status: int) -> Act:
    return lambda: (status, b'{"error": "no"}', "application/json")


def issue_of(site: Site) -> records.Issue:
    return next(iter(site.state.issues.values()))


def moving(site: Site, state: str) -> Act:
    """Return an act by which Bob moves the issue to a state."""

    def act() -> None:
        field = site.field("State")
        assert field.bundle is not None
        value = next(each for each in field.bundle.values if each.name == state)
        site.state.set_value(issue_of(site), site.bob, field, value)

    return act


def tagging(site: Site, name: str) -> Act:
    """Return an act by which Bob tags the issue."""

    def act() -> None:
        issue_of(site).tags.append(records.Tag(site.state.next_id("5"), name, site.bob))
        site.state.record(issue_of(site), site.bob, "TagsCategory")

    return act


def error_of(outcome: Outcome) -> Exception:
    assert isinstance(outcome, NotDone | Unknown)
    return outcome.error


def test_a_refused_event_leaves_the_title_stored(site: Site) -> None:
    site.field("State").machine = MACHINE
    address, client = site.issue(), site.connect()
    before_request(site, EVENT, failing(400))
    outcome = done(client, update(address, {TITLE: "New", STATUS: "Fixed"}, {STATUS: "Submitted"}))
    assert set(outcome.dropped) == {STATUS}
    assert outcome.item is not None
    assert (outcome.item.values[TITLE], outcome.item.values[STATUS]) == ("New", "Submitted")


def test_a_refused_event_does_not_unmake_a_creation(site: Site) -> None:
    site.field("State").machine = MACHINE
    client = site.connect()
    before_request(site, EVENT, failing(400))
    outcome = done(client, creation_of(site.shop.id, {TITLE: "New", STATUS: "Fixed"}))
    assert set(outcome.dropped) == {STATUS}
    assert outcome.item is not None
    assert outcome.item.address.id == issue_of(site).id


def test_a_state_that_a_person_moved_meanwhile_is_not_written_over(site: Site) -> None:
    site.field("State").machine = MACHINE
    address, client = site.issue(), site.connect()
    moving(site, "In Progress")()
    write = update(address, {STATUS: "Fixed"}, {STATUS: "Submitted"})
    (outcome,) = apply(client, write)
    assert isinstance(outcome, NotDone)  # both sides are read anew, and the policy decides
    assert isinstance(outcome.error, Later)
    assert "In Progress" in str(outcome.error)


def test_an_event_that_comes_too_late_is_tried_anew_later(site: Site) -> None:
    site.field("State").machine = MACHINE
    address, client = site.issue(), site.connect()
    before_request(site, EVENT, moving(site, "In Progress"))
    (outcome,) = apply(client, update(address, {STATUS: "Fixed"}, {STATUS: "Submitted"}))
    assert isinstance(outcome, NotDone)
    assert isinstance(outcome.error, Later)
    before_request(site, EVENT, moving(site, "Fixed"))
    write = update(address, {TITLE: "New", STATUS: "Open"}, {STATUS: "In Progress"})
    outcome = done(client, write)  # the title is stored, and of the state nothing was written
    assert (issue_of(site).summary, set(outcome.deferred), outcome.dropped) == ("New", {STATUS}, {})


def test_a_person_who_moves_it_where_it_was_to_go_has_done_our_work(site: Site) -> None:
    """Agreed on, so that what they move back later is an edit of its own."""
    site.field("State").machine = MACHINE
    address, client = site.issue(), site.connect()
    before_request(site, EVENT, moving(site, "Fixed"))
    outcome = done(client, update(address, {TITLE: "New", STATUS: "Fixed"}, {STATUS: "Submitted"}))
    assert outcome.item is not None
    assert outcome.item.values[STATUS] == "Fixed"
    assert (outcome.deferred, outcome.dropped) == ({}, {})


def test_an_issue_that_is_gone_after_a_write_does_not_undo_it(site: Site) -> None:
    address, client = site.issue(), site.connect()
    before_request(site, FINAL_ROW, failing(404))
    (outcome,) = apply(client, update(address, {TITLE: "New", TAGS: SetChange(frozenset({"red"}))}))
    assert isinstance(outcome, Unknown)
    assert isinstance(error_of(outcome), Later)


@pytest.mark.parametrize(
    ("maker", "reply", "makers"),
    [
        ("bridge", failing(504), ["bridge"]),  # ours, and its answer is lost
        ("bob", failing(504), ["bob"]),
        ("bob", lambda: None, ["bob", "bridge"]),  # people may have one of the same name each
    ],
)
def test_a_tag_is_looked_up_again_before_it_is_made_again(
    site: Site, maker: str, reply: Act, makers: list[str]
) -> None:
    owner = next(person for person in site.people if person.login == maker)

    def make() -> Reply | None:
        site.state.tags.append(records.Tag(site.state.next_id("5"), "blue", owner))
        return reply()

    address, client = site.issue(), site.connect()
    write = update(address, {TAGS: SetChange(frozenset({"blue"}))})
    before_request(site, "POST /api/tags", make)
    if reply() is not None:
        assert isinstance(error_of(apply(client, write)[0]), Later)
    done(client, write)
    assert [tag.owner.login for tag in site.state.tags] == makers
    issue_of(site).tags = list(site.state.tags)
    done(client, update(address, {TAGS: SetChange(remove=frozenset({"blue"}))}))
    assert issue_of(site).tags == []


def test_a_limit_between_two_tags_leaves_the_first_stored(site: Site) -> None:
    address, client = site.issue(), site.connect()
    for name in ("blue", "red"):
        done(client, update(address, {TAGS: SetChange(frozenset({name}))}))
        done(client, update(address, {TAGS: SetChange(remove=frozenset({name}))}))
    red = next(tag for tag in site.state.tags if tag.name == "red")
    before_request(site, f"{TAGGING} {red.id}", failing(429))
    (outcome,) = apply(client, update(address, {TAGS: SetChange(frozenset({"blue", "red"}))}))
    assert isinstance(outcome, Unknown)
    assert [tag.name for tag in issue_of(site).tags] == ["blue"]


def test_a_tag_that_cannot_be_taken_off_stops_no_other(site: Site) -> None:
    address, client = site.issue(), site.connect()
    done(client, update(address, {TAGS: SetChange(frozenset({"blue", "red"}))}))
    blue = next(tag for tag in site.state.tags if tag.name == "blue")
    before_request(site, f"DELETE {blue.id}", failing(403))
    change = SetChange(frozenset({"green"}), frozenset({"blue", "red"}))
    outcome = done(client, update(address, {TAGS: change}))
    assert set(outcome.dropped) == {TAGS}
    assert outcome.item is not None
    assert outcome.item.values[TAGS] == frozenset({"blue", "green"})


def test_a_refused_tag_is_refused_where_nothing_else_is_written(site: Site) -> None:
    address, client = site.issue(), site.connect()
    done(client, update(address, {TAGS: SetChange(frozenset({"blue"}))}))
    before_request(site, "DELETE /tags/", failing(403))
    (outcome,) = apply(client, update(address, {TAGS: SetChange(remove=frozenset({"blue"}))}))
    assert isinstance(outcome, NotDone)
    assert isinstance(error_of(outcome), Refused)


def test_what_people_set_while_an_issue_is_created_is_not_agreed(site: Site) -> None:
    """Its creation tells what it was created with, also where nothing was asked for."""
    client = site.connect()
    done(client, creation_of(site.shop.id, {TITLE: "Old", TAGS: frozenset({"blue"})}))
    site.state.issues.clear()
    before_request(site, TAGGING, moving(site, "Fixed"))
    before_request(site, FINAL_ROW, tagging(site, "red"))
    outcome = done(client, creation_of(site.shop.id, {TITLE: "New", TAGS: frozenset({"blue"})}))
    assert outcome.item is not None
    assert outcome.item.values[STATUS] == "Submitted"
    assert outcome.item.values[TAGS] == frozenset({"blue"})
    assert {tag.name for tag in issue_of(site).tags} == {"blue", "red"}


def test_a_creation_that_another_attempt_made_agrees_on_no_more(site: Site) -> None:
    """The words that were asked for now may be others than that attempt had."""
    client = site.connect()
    done(client, creation_of(site.shop.id, {TITLE: "New", DESCRIPTION: "First"}))
    site.clock.sleep(1)
    moving(site, "Fixed")()
    tagging(site, "red")()
    write = creation_of(site.shop.id, {TITLE: "New", DESCRIPTION: "Second"})
    outcome = done(client, write)
    assert set(outcome.dropped) == {DESCRIPTION}
    assert outcome.item is not None
    values = outcome.item.values
    shown = (values[TITLE], values[DESCRIPTION], values[STATUS], values[TAGS])
    assert shown == ("New", None, None, None)
    assert outcome.item.address == ItemAddress(
        issue_of(site).id, site.shop.id, issue_of(site).readable
    )
