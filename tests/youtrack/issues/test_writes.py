"""Writes are muted and compared; what one field is refused for stops no other."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from sync.core.issue_sync.model import (
    ASSIGNEES,
    DEADLINE,
    PRIORITY,
    TITLE,
    Absence,
    Author,
    Unreachable,
)
from sync.core.issue_sync.writes import AddTime, Done, NotDone
from sync.errors import Refused
from sync.youtrack.issues.comparing import holds
from sync.youtrack.issues.fields import FieldFacts, read_value, written_value
from sync.youtrack.issues.rows import comment_of, file_of
from tests.contract.writing import apply, comment, creation_of, done, read, update
from tests.emulators.youtrack.state import DEFAULT
from tests.youtrack.conftest import Site


def test_nobody_is_notified_of_a_write(site: Site) -> None:
    address, client = site.issue(), site.connect()
    done(client, update(address, {TITLE: "New", PRIORITY: "Critical"}))
    done(client, comment(address))
    assert site.state.notifications
    assert all(muted for _, muted in site.state.notifications)


def test_a_new_issue_that_moved_before_its_answer_came_is_not_created_again(site: Site) -> None:
    client, other = site.connect(), site.state.add_project("OTHER", site.people, {**DEFAULT})
    write = creation_of(site.shop.id, {TITLE: "New"})
    done(client, write)
    (issue,) = site.state.issues.values()
    site.state.move(issue, site.bob, other)
    (settled,) = client.settle([write])
    again = done(client, write)
    assert isinstance(settled, Done)
    for outcome in (settled, again):
        assert outcome.item is not None
        assert (outcome.item.address.id, outcome.item.address.project) == (issue.id, other.id)
    assert len(site.state.issues) == 1


def test_a_person_outside_of_the_team_stops_no_other_field(site: Site) -> None:
    stranger = site.state.add_user("carl")
    address, client = site.issue(), site.connect()
    changes = {ASSIGNEES: frozenset({stranger.id}), TITLE: "New", DEADLINE: "2026-04-01"}
    outcome = done(client, update(address, changes))
    assert set(outcome.dropped) == {ASSIGNEES}
    item = read(client, address)
    assert (item.values[TITLE], item.values[DEADLINE]) == ("New", "2026-04-01")
    (created,) = apply(client, creation_of(site.shop.id, changes))
    assert set(created.dropped) == {ASSIGNEES}  # type: ignore[union-attr]
    assert len(site.state.issues) == 2


def test_a_field_that_is_dropped_on_creation_is_written_again(site: Site) -> None:
    site.field("Due Date").dropped_on_create = True
    client = site.connect()
    outcome = done(client, creation_of(site.shop.id, {TITLE: "New", DEADLINE: "2026-04-01"}))
    assert outcome.item is not None
    assert (outcome.item.values[DEADLINE], outcome.dropped) == ("2026-04-01", {})


def test_a_field_that_its_condition_hides_stops_no_other(site: Site) -> None:
    """It is dropped in silence on a creation, and refused with 400 later."""
    site.field("Due Date").shown_for = ("Type", frozenset({"Bug"}))
    client = site.connect()
    created = done(client, creation_of(site.shop.id, {TITLE: "New", DEADLINE: "2026-04-01"}))
    assert set(created.dropped) == {DEADLINE}
    assert created.item is not None
    changes = {TITLE: "Newer", DEADLINE: "2026-04-01"}
    outcome = done(client, update(created.item.address, changes))
    assert outcome.item is not None
    assert (outcome.item.values[TITLE], set(outcome.dropped)) == ("Newer", {DEADLINE})


def test_a_required_field_refuses_a_creation(site: Site) -> None:
    site.state.add_field(site.shop, "Customer", "string", can_be_empty=False)
    client = site.connect()
    (outcome,) = apply(client, creation_of(site.shop.id, {TITLE: "New"}))
    assert isinstance(outcome, NotDone)
    assert isinstance(outcome.error, Refused)
    assert "Customer is required" in outcome.error.message
    assert site.state.issues == {}


def test_a_project_without_a_due_date_says_so(site: Site) -> None:
    site.shop.fields = [each for each in site.shop.fields if each.field.name != "Due Date"]
    able = site.connect().capabilities(site.shop.id)
    assert DEADLINE not in able.writable
    assert "Due Date" in able.missing[DEADLINE]


def test_time_is_booked_for_its_person_and_known_by_its_creator(site: Site) -> None:
    address, client = site.issue(), site.connect()
    write = AddTime("k", address, 89, date(2026, 2, 27), "Worked", Author(site.ann.id, "Ann"))
    written = done(client, write).entry
    assert written is not None
    assert (written.author.id, written.author.is_bridge) == (site.ann.id, True)
    assert (written.seconds, written.text) == (60, "Worked")
    (item,) = site.stored(address).work_items
    assert (item.author.login, item.creator.login) == ("ann", "bridge")
    site.state.log_work(site.stored(address), site.ann, site.bridge, 5, item.date, "By hand")
    assert [each.author.is_bridge for each in read(client, address).time or ()] == [True, False]


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "America/Los_Angeles"])
def test_time_is_logged_on_its_day_wherever_the_account_is(site: Site, zone: str) -> None:
    site.bridge.zone = zone
    address, client = site.issue(), site.connect()
    write = AddTime("k", address, 60, date(2026, 2, 27), "Worked", Author("5", "Ann"))
    written = done(client, write).entry
    assert written is not None
    assert written.on == date(2026, 2, 27)
    mark = datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert [each.address for each in client.changed(site.shop.id, mark).items] == [address]


def test_a_comment_that_was_deleted_softly_is_not_edited(site: Site) -> None:
    from sync.core.issue_sync.writes import EditComment

    address, client = site.issue(), site.connect()
    written = done(client, comment(address)).comment
    assert written is not None
    site.stored(address).comments[0].deleted = True
    (outcome,) = apply(client, EditComment("k", address, written.id, "New"))
    assert isinstance(outcome, NotDone)
    assert isinstance(outcome.error, Refused)


def test_a_tag_of_another_person_is_used_and_no_second_is_made(site: Site) -> None:
    from sync.core.issue_sync.writes import SetChange
    from tests.emulators.youtrack.records import Tag

    site.state.tags.append(Tag("5-99", "Urgent", site.ann))
    address, client = site.issue(), site.connect()
    outcome = done(client, update(address, {"tags": SetChange(add=frozenset({"urgent"}))}))
    assert (outcome.dropped, [tag.id for tag in site.stored(address).tags]) == ({}, ["5-99"])


def test_an_issue_that_only_some_see_stays_where_it_is(site: Site) -> None:
    address = site.issue("Secret")
    site.stored(address).seen_by = {site.bob.id, site.bridge.id}
    client = site.connect(confidential=False)
    absent = client.read([address])[address.id]
    assert isinstance(absent, Unreachable)
    assert absent.absence is Absence.CONFIDENTIAL
    assert client.changed(site.shop.id, datetime(2026, 1, 1, tzinfo=UTC)).items == ()
    assert address.id in client.census(site.shop.id).changed_at
    assert read(site.connect(), address).confidential


@pytest.mark.parametrize(
    ("kind", "limited"),
    [
        ("LimitedVisibility", True),
        ("CommentLimitedVisibility", True),
        ("PermittedUsers", True),
        ("UnlimitedVisibility", False),
        ("CommentUnlimitedVisibility", False),
        (None, False),
    ],
)
def test_a_visibility_of_an_unknown_kind_limits(kind: str | None, limited: bool) -> None:
    row = {"id": "4-1", "visibility": kind and {"$type": kind}}
    assert (comment_of(row, "1-1").internal, file_of(row).internal) == (limited, limited)


CUSTOM = {
    "Severity": ("enum[1]", frozenset({"1.0"})),
    "Areas": ("enum[*]", frozenset({"1.0", "2.0"})),
    "Phase": ("state[1]", frozenset({"2.0"})),
    "Tester": ("user[1]", frozenset({"1-1"})),
    "Reviewers": ("user[*]", frozenset({"1-1", "1-2"})),
    "Version": ("version[1]", frozenset({"1.0"})),
    "Versions": ("version[*]", frozenset({"1.0", "2.0"})),
    "Built in": ("build[1]", frozenset({"1.0"})),
    "Builds": ("build[*]", frozenset({"1.0", "2.0"})),
    "Part": ("ownedField[1]", frozenset({"1.0"})),
    "Parts": ("ownedField[*]", frozenset({"1.0", "2.0"})),
    "Effort": ("integer", 5),
    "Ratio": ("float", "0.5"),
    "Customer": ("string", "Acme"),
    "Report": ("text", "Words"),
    "Seen on": ("date", "2026-04-01"),
    "Planned": ("period", 5400),
    "Meeting": ("date and time", "2026-04-01T08:30:00+00:00"),
}


def test_custom_fields_of_every_type(site: Site) -> None:
    for name, (type_id, _) in CUSTOM.items():
        site.state.add_field(site.shop, name, type_id, ("1.0", "2.0"), can_be_empty=True)
    address, client = site.issue(), site.connect(custom_fields=True)
    wanted = {f"custom:{name}": value for name, (_, value) in CUSTOM.items()}
    assert wanted.keys() <= client.capabilities(site.shop.id).writable
    assert done(client, update(address, wanted)).dropped == {}
    values = read(client, address).values
    assert {name: values[name] for name in wanted} == wanted
    assert done(client, update(address, dict.fromkeys(wanted))).dropped == {}
    values = read(client, address).values
    assert [name for name in wanted if values[name]] == []


def test_a_field_of_one_value_takes_no_several(site: Site) -> None:
    site.state.add_field(site.shop, "Severity", "enum[1]", ("S1", "S2"))
    address, client = site.issue(), site.connect(custom_fields=True)
    changes = {"custom:Severity": frozenset({"S1", "S2"}), TITLE: "New"}
    outcome = done(client, update(address, changes))
    assert outcome.dropped == {"custom:Severity": "The field holds one value, not several: S1, S2"}
    assert read(client, address).values[TITLE] == "New"


def test_a_machine_of_another_field_is_moved_by_its_events(site: Site) -> None:
    phase = site.state.add_field(site.shop, "Phase", "enum[1]", ("New", "Fixed"))
    address, client = site.issue(), site.connect(custom_fields=True)
    site.stored(address).values["Phase"] = phase.bundle.values[0]
    phase.machine = {"New": {"fix": "Fixed"}}
    read(client, address)
    outcome = done(client, update(address, {"custom:Phase": frozenset({"Fixed"})}))
    assert outcome.dropped == {}
    assert read(client, address).values["custom:Phase"] == frozenset({"Fixed"})


GROUP_FIELD = "custom:Team"


@pytest.mark.parametrize("path", ["/groups", "/admin/groups", "/nowhere"])
def test_a_field_of_groups_is_written_wherever_the_instance_lists_them(
    site: Site, path: str
) -> None:
    site.state.add_field(site.shop, "Team", "group[1]", ())
    site.state.groups_path = path
    client, address = site.connect(custom_fields=True), site.issue()
    offered = client.capabilities(site.shop.id)
    assert GROUP_FIELD in offered.writable
    assert (GROUP_FIELD in offered.choices) == (path != "/nowhere")
    name = site.state.groups[0].name
    done(client, update(address, {GROUP_FIELD: name}))
    assert read(client, address).values[GROUP_FIELD] == name
    assert not isinstance(apply(client, update(address, {GROUP_FIELD: "No Such Team"}))[0], Done)


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("2026-04-01", "2026-04-01T12:00:00+00:00"),
        ("2026-04-01 08:30", "2026-04-01T08:30:00+00:00"),
        ("2026-04-01T08:30:00+03:00", "2026-04-01T05:30:00+00:00"),
    ],
)
def test_a_moment_without_a_time_zone_is_of_utc(written: str, stored: str) -> None:
    field = FieldFacts("92-1", "Meeting", "date and time", "SimpleIssueCustomField")
    assert read_value(field, written_value(field, written, {})) == stored


@pytest.mark.parametrize(
    ("asked", "stored", "held"),
    [
        ("2026-05-05T09:30:00+02:00", "2026-05-05T07:30:00+00:00", True),
        ("2026-05-05T09:30:00+02:00", "2026-05-05T09:30:00+00:00", False),
        ("2026-05-05T09:30", "2026-05-05T09:30:00+00:00", True),
        ("2026-05-05T00:00:00+02:00", "2026-05-05", True),
        ("2026-05-05T00:00:00+02:00", "2026-05-04", False),
        ("90", "120", True),
        ("90", "60", False),
        ("120", "60", False),
        ("5.0", "5", True),
        ("tomorrow", "2026-05-05", False),
    ],
)
def test_a_value_in_other_words_is_stored_as_asked(asked: str, stored: str, held: bool) -> None:
    assert holds("custom:1", asked, stored) is held
