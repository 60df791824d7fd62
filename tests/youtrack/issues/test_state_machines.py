"""Fields under a state machine are moved by events, and by no event whose end is unknown."""

from __future__ import annotations

from sync.core.issue_sync.mapping import Transition
from sync.core.issue_sync.model import STATUS, TITLE
from sync.core.issue_sync.writes import Done
from tests.contract.writing import apply, creation_of, done, read, update
from tests.youtrack.conftest import Site

MACHINE = {
    "Submitted": {"open": "Open"},
    "Open": {"start progress": "In Progress", "fix": "Fixed"},
    "In Progress": {"verify it": "To Verify"},
    "To Verify": {"fix": "Fixed", "open": "Open"},
    "Fixed": {"reopen": "Open"},
}
KNOWN = (
    Transition("Submitted", "open", "Open"),
    Transition("Open", "start progress", "In Progress"),
    Transition("In Progress", "verify it", "To Verify"),
)


def test_an_event_is_chosen_by_its_name(site: Site) -> None:
    site.field("State").machine = MACHINE
    address, client = site.issue(), site.connect()
    assert done(client, update(address, {STATUS: "Open"})).dropped == {}
    outcome = done(client, update(address, {STATUS: "Fixed"}))
    assert outcome.item is not None
    assert (outcome.item.values[STATUS], outcome.dropped) == ("Fixed", {})
    assert site.stored(address).resolved is not None


def test_several_events_lead_by_the_settings(site: Site) -> None:
    site.field("State").machine = MACHINE
    address, client = site.issue(), site.connect(transitions=KNOWN)
    outcome = done(client, update(address, {STATUS: "To Verify", TITLE: "New"}))
    assert outcome.dropped == {}
    assert read(client, address).values[STATUS] == "To Verify"
    passed = [
        each.added.name
        for each in site.state.activities
        if each.field is not None and each.field.field.name == "State"
    ]
    assert passed == ["Open", "In Progress", "To Verify"]


def test_an_event_that_leads_nowhere_known_is_not_fired(site: Site) -> None:
    site.field("State").machine = MACHINE
    address, client = site.issue(), site.connect()
    outcome = done(client, update(address, {STATUS: "To Verify", TITLE: "New"}))
    assert set(outcome.dropped) == {STATUS}
    assert '"open"' in outcome.dropped[STATUS]
    item = read(client, address)
    assert (item.values[STATUS], item.values[TITLE]) == ("Submitted", "New")


def test_a_refusal_of_the_machine_is_said_and_the_rest_is_written(site: Site) -> None:
    site.field("State").machine = {"Submitted": {"fix": "Submitted"}}
    address, client = site.issue(), site.connect()
    outcome = done(client, update(address, {STATUS: "Fixed"}))
    assert set(outcome.dropped) == {STATUS}
    assert read(client, address).values[STATUS] == "Submitted"


def test_a_created_issue_is_moved_to_its_state(site: Site) -> None:
    site.field("State").machine = MACHINE
    client = site.connect(transitions=KNOWN)
    (outcome,) = apply(client, creation_of(site.shop.id, {TITLE: "New", STATUS: "In Progress"}))
    assert isinstance(outcome, Done)
    assert outcome.item is not None
    assert (outcome.item.values[STATUS], outcome.dropped) == ("In Progress", {})


def test_the_state_is_found_by_its_type(site: Site) -> None:
    site.shop.fields = [each for each in site.shop.fields if each.field.name != "State"]
    site.state.add_field(site.shop, "Stage", "state[1]", ("Backlog", "Done"))
    site.state.add_field(site.shop, "Kanban State", "enum[1]")
    client, address = site.connect(), site.issue()
    choices = client.capabilities(site.shop.id).choices[STATUS]
    assert [choice.id for choice in choices] == ["Backlog", "Done"]
    assert read(client, address).values[STATUS] == "Backlog"
    assert done(client, update(address, {STATUS: "Done"})).dropped == {}
