"""All that a task and an issue of YouTrack have in common, by settings, in both directions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from b24app.services.rehearsal import parse_mapping
from sync.core.issue_sync.key_marks import without_definition
from sync.engine.issue_sync.process import IssueSync
from sync.store import portals
from sync.store.db.database import read
from sync.youtrack.issues.keys import unmarked
from tests.emulators.youtrack.records import ENUMERATED, BundleValue, Group, Period, Tag, TextValue
from tests.emulators.youtrack.state import LINK_TYPES
from tests.engine.world import PORTAL
from tests.engine.youtrack_world import BORIS, GROUP, HOST, RITA, YouTrackLife, YouTrackWorld

HEAD = f"""version: 1
portal: portal.test
connections:
  - {{name: yt, kind: youtrack, url: {HOST}}}
"""
Act, Look = Callable[[YouTrackLife], object], Callable[[YouTrackLife], Any]
SEPTEMBER = datetime(2026, 9, 1, 12, tzinfo=UTC)
CUSTOM = {  # of a field of the portal's own: YouTrack's type, what people write here, and there
    "UF_SEVERITY": ("enum[1]", "S2", "S1"),
    "UF_AREAS": ("enum[*]", "S1, S2", "S2"),
    "UF_FIXED_IN": ("version[*]", "S1, S2", "S1"),
    "UF_BUILT_BY": ("build[1]", "S1", "S2"),
    "UF_SUBSYSTEM": ("ownedField[1]", "S1", "S2"),
    "UF_PHASE": ("state[1]", "S2", "S1"),
    "UF_TESTER": ("user[1]", "Rita", "Boris"),
    "UF_REVIEWERS": ("user[*]", "Boris, Rita", "Rita"),
    "UF_TEAM": ("group[1]", "SHOP Team", "Till Team"),
    "UF_TEAMS": ("group[*]", "SHOP Team, Till Team", "Till Team"),
    "UF_RELEASE": ("version[1]", "2.0", "3.0"),
    "UF_NUMBER": ("string", "1.0", "2.00"),
    "UF_EFFORT": ("integer", "5", "8"),
    "UF_RATIO": ("float", "0.5", "2.25"),
    "UF_CUSTOMER": ("string", "Acme", "Ikea"),
    "UF_REPORT": ("text", "Some words", "Other words"),
    "UF_SEEN_ON": ("date", "2026-04-01", "2026-05-01"),
    "UF_MEETING": ("date and time", "2026-04-01T08:30:00+00:00", "2026-04-02T09:00:00+00:00"),
    "UF_PLANNED": ("period", "5400", "7200"),
}


def settings(life: YouTrackLife, pair: str) -> None:
    """Let an administrator store settings with one pair, as the document has it."""
    world = life.world
    text = (
        f"{HEAD}issue_sync:\n  pairs:\n"
        f"    - {{workgroup: {GROUP}, project: SHOP, connection: yt, {pair}}}\n"
    )
    with read(world.database) as conn:
        row = portals.row_by_id(conn, world.portal_id)
    assert row is not None
    mapping = parse_mapping(world.deps("settings"), row, text, {})
    world.sync = IssueSync(lambda conn, row: mapping)


def begin(url: str, pair: str, **task: Any) -> YouTrackLife:
    """Return a task in step with its issue under these settings."""
    world = YouTrackWorld(url)
    world.b24.app.scopes |= {"disk"}
    world.b24.state.url = lambda: PORTAL  # of files
    world.with_task(description="First", **{"created_by": RITA, **task})
    life = YouTrackLife(world)
    settings(life, pair)
    return life


@pytest.fixture
def life(database_url: str) -> Iterator[YouTrackLife]:
    life = begin(database_url, "create: [issues, tasks], fields: {sprint: both, parent: both, "
                 "links: both}, sprint: {issue: Team board, task: UF_SPRINT}")  # fmt: skip
    portal, state = life.world.b24.state, life.state
    portal.add_user_field("UF_SPRINT", "string")
    state.add_board("Team board", [life.project], ("Sprint 1", "Sprint 2"))
    life.import_all()
    life.rest()
    yield life
    life.world.close()


def name_of(value: Any) -> str:
    return value.name if value else ""


def on_board(life: YouTrackLife, name: str) -> None:
    """Let Boris drag the card to a sprint."""
    board = life.state.boards[0]
    for sprint in board.sprints:
        life.state.set_in_sprint(life.boris, life.issue, sprint, is_in=sprint.name == name)


def set_field(life: YouTrackLife, name: str, value: Any) -> None:
    life.state.set_value(life.issue, life.boris, life.field(name), value)


def describe(life: YouTrackLife, text: str) -> None:
    """Let Boris write in front of the line that holds our key."""
    key = (life.issue.description or "").partition("\n\n[//]: #")[2]
    life.issue.description = f"{text}\n\n[//]: #{key}"
    life.state.record(life.issue, life.boris, "DescriptionCategory", added=text)


def tag(life: YouTrackLife, *names: str) -> None:
    life.issue.tags = [Tag(life.state.next_id("5"), each, life.boris) for each in names]
    life.state.record(life.issue, life.boris, "TagsCategory")


def visible(life: YouTrackLife) -> str:
    return without_definition(life.issue.description or "")[0]


def day(value: Any) -> date | None:
    return datetime.fromtimestamp(value / 1000, UTC).date() if value else None


def messages(life: YouTrackLife) -> list[str]:
    return [message.text for message in life.world.b24.state.discussion(2103)]


def files(life: YouTrackLife) -> list[str]:
    parts = life.world.b24.state.parts
    return sorted(unmarked(parts.drive[row.object_id].name)[0] for row in parts.attached(2103))


def hours(life: YouTrackLife) -> list[tuple[int, int, str]]:
    rows = life.world.b24.state.elapsed.values()
    return sorted((row.user_id, row.seconds // 60, row.text) for row in rows)


def work(life: YouTrackLife) -> list[tuple[str, int, str]]:
    return sorted((w.author.login, w.minutes, (w.text or "")[:8]) for w in life.issue.work_items)


def task(**changes: Any) -> Act:
    return lambda life: life.edit_task(**changes)


NOON = int(datetime(2026, 10, 1, 12, tzinfo=UTC).timestamp() * 1000)
MIDNIGHT = int(datetime(2026, 3, 2, tzinfo=UTC).timestamp() * 1000)
# What Rita does to the task, what YouTrack shows then; what Boris does there, what the task shows.
ROWS: dict[str, tuple[Act, Look, Any, Act, Look, Any]] = {
    "title": (
        task(title="Fix the till"), lambda life: life.issue.summary, "Fix the till",
        lambda life: life.rename(life.issue, "Mend it"), lambda life: life.task.title, "Mend it",
    ),
    "description": (
        task(description="[b]Bold[/b]"), visible, "**Bold**",
        lambda life: describe(life, "One\ntwo"), lambda life: life.task.description, "One\ntwo",
    ),
    "people": (
        task(responsible_id=BORIS), lambda life: life.issue.values["Assignee"].login, "boris",
        lambda life: set_field(life, "Assignee", life.rita),
        lambda life: life.task.responsible_id, RITA,
    ),
    "deadline": (
        task(deadline=SEPTEMBER), lambda life: day(life.issue.values["Due Date"]),
        date(2026, 9, 1), lambda life: set_field(life, "Due Date", NOON),
        lambda life: life.task.deadline.date(), date(2026, 10, 1),
    ),
    "priority": (
        task(priority=2), lambda life: name_of(life.issue.values["Priority"]), "Major",
        lambda life: set_field(life, "Priority", life.value("Priority", "Minor")),
        lambda life: life.task.priority, 0,
    ),
    "status": (
        lambda life: life.world.b24.state.user_moves_task(RITA, 2103, 3),
        lambda life: name_of(life.issue.values["State"]), "In Progress",
        lambda life: life.set_state(life.issue, "Fixed"), lambda life: life.task.status, 5,
    ),
    "tags": (
        task(tags=["ui", "api"]), lambda life: sorted(t.name for t in life.issue.tags),
        ["api", "ui"],
        lambda life: tag(life, "ui", "db"), lambda life: sorted(life.task.tags), ["db", "ui"],
    ),
    "estimate": (
        task(time_estimate=5400), lambda life: life.issue.values["Estimation"].minutes, 90,
        lambda life: set_field(life, "Estimation", Period(120)),
        lambda life: life.task.time_estimate, 7200,
    ),
    "sprint": (
        task(uf={"UF_SPRINT": "Sprint 1"}),
        lambda life: [sprint.name for sprint in life.state.sprints_of(life.issue)], ["Sprint 1"],
        lambda life: on_board(life, "Sprint 2"),
        lambda life: life.task.uf["UF_SPRINT"], "Sprint 2",
    ),
    "comments": (
        lambda life: life.world.b24.state.user_comments(RITA, 2103, "It [b]rattles[/b]"),
        lambda life: sum("It **rattles**" in each.text for each in life.issue.comments), 1,
        lambda life: life.state.add_comment(life.issue, life.boris, "Seen **it**"),
        lambda life: sum("Seen [b]it[/b]" in text for text in messages(life)), 1,
    ),
    "files": (
        lambda life: life.world.b24.state.user_attaches(RITA, 2103, "a.txt", b"a"),
        lambda life: [unmarked(file.name)[0] for file in life.issue.attachments], ["a.txt"],
        lambda life: life.state.attach(life.issue, life.boris, "b.txt", b"b"), files,
        ["a.txt", "b.txt"],
    ),
    "time": (
        lambda life: life.world.b24.state.user_logs_time(RITA, 2103, 1800, "Dug a lot"),
        work, [("rita", 30, "Dug a lo")],
        lambda life: life.state.log_work(
            life.issue, life.boris, life.boris, 60, MIDNIGHT, "Filled"),
        lambda life: [(minutes, "Filled" in text) for _, minutes, text in hours(life)],
        [(30, False), (60, True)],
    ),
}  # fmt: skip


def test_each_row_crosses_in_both_directions(life: YouTrackLife) -> None:
    for here, _, _, _, _, _ in ROWS.values():
        here(life)
    life.rest(11)
    shown = {name: row[1](life) for name, row in ROWS.items()}
    assert shown == {name: row[2] for name, row in ROWS.items()}
    for _, _, _, change_issue, _, _ in ROWS.values():
        change_issue(life)
    life.rest(11)
    shown = {name: row[4](life) for name, row in ROWS.items()}
    assert shown == {name: row[5] for name, row in ROWS.items()}
    assert life.link.problems == {}
    before = life.state.now(), len(life.state.activities)
    life.rest(11)
    assert len(life.state.activities) == before[1]  # it rests


def test_own_fields_of_every_type_cross_in_both_directions(database_url: str) -> None:
    names = {name: name.removeprefix("UF_").replace("_", " ").title() for name in CUSTOM}
    rows = ", ".join(f"{name}: {{field: {title}}}" for name, title in names.items())
    life = begin(database_url, f"create: [issues], custom: {{{rows}}}")
    portal = life.world.b24.state
    life.state.groups.append(Group(life.state.next_id("3"), "Till Team"))
    for name, (type_id, here, _) in CUSTOM.items():
        portal.add_user_field(name, "string")
        life.state.add_field(life.project, names[name], type_id, ("S1", "S2", "2.0", "3.0"))
        life.task.uf[name] = here
    life.import_all()
    life.rest()
    written = life.issue.values
    kinds = {title: CUSTOM[name][0] for name, title in names.items()}
    shown = {name: as_text(written.get(title), kinds[title]) for name, title in names.items()}
    assert shown == {name: here for name, (_, here, _) in CUSTOM.items()}
    assert life.link.problems == {}
    for name, (type_id, _, value) in CUSTOM.items():
        set_field(life, names[name], typed(life, names[name], type_id, value))
    life.rest(11)
    assert {name: life.task.uf[name] for name in CUSTOM} == {
        name: value for name, (_, _, value) in CUSTOM.items()
    }
    life.world.close()


def as_text(value: Any, type_id: str) -> str:
    """Return a value of a field as people read it."""
    if type_id.startswith("date"):
        at = datetime.fromtimestamp(value / 1000, UTC)
        return at.date().isoformat() if type_id == "date" else at.isoformat()
    match value:
        case list():
            return ", ".join(sorted(as_text(member, type_id) for member in value))
        case Period():
            return str(value.minutes * 60)
        case TextValue():
            return value.text
    return str(getattr(value, "name", value))


def typed(life: YouTrackLife, name: str, type_id: str, words: str) -> Any:
    """Return what YouTrack holds where people choose or write these words."""
    kind, several = type_id.partition("[")[0], type_id.endswith("[*]")
    if kind == "user":
        people = [user for user in life.state.users if user.name in words.split(", ")]
        return people if several else people[0]
    if kind == "group":
        groups = [group for group in life.state.groups if group.name in words.split(", ")]
        return groups if several else groups[0]
    if kind in ENUMERATED:
        values = [life.value(name, word) for word in words.split(", ")]
        return values if several else values[0]
    moments = {"date": f"{words}T12:00:00+00:00", "date and time": words}
    if kind in moments:
        return int(datetime.fromisoformat(moments[kind]).timestamp() * 1000)
    makers: dict[str, Callable[[str], Any]] = {
        "integer": int, "float": float, "text": TextValue,
        "period": lambda seconds: Period(int(seconds) // 60),
    }  # fmt: skip
    return makers.get(kind, str)(words)


def test_a_tag_with_a_comma_is_one_tag_and_a_refused_one_stops_no_other(life: YouTrackLife) -> None:
    life.state.refused_tags.add("never")
    life.edit_task(tags=["a, b", "never", "ui"], title="Also renamed")
    life.rest(11)
    assert sorted(each.name for each in life.issue.tags) == ["a, b", "ui"]
    assert life.issue.summary == "Also renamed"
    assert "Tag name never is not allowed" in life.said()
    tag(life, "c, d", "ui")
    life.rest(11)
    assert sorted(life.task.tags) == ["c, d", "never", "ui"]
    before = len(life.state.activities)
    life.rest(11)
    assert len(life.state.activities) == before


def test_a_parent_and_what_a_task_waits_for_cross_both_ways(life: YouTrackLife) -> None:
    portal, state = life.world.b24.state, life.state
    child = life.issue
    people = {"created_by": RITA, "responsible_id": RITA, "group_id": GROUP}
    parent_id, earlier_id = (portal.create_task(title, **people).id for title in ("House", "Dig"))
    life.rest(11)
    issues = {issue.summary: issue for issue in state.issues.values()}
    house, dig = issues["House"], issues["Dig"]
    subtask, depend = (
        next(kind for kind in LINK_TYPES if kind.name == name) for name in ("Subtask", "Depend")
    )
    portal.parts.previous[2103] = [earlier_id]
    life.edit_task(parent_id=parent_id)
    life.rest(11)
    assert state.linked(child, subtask, "INWARD") == [house]
    assert state.linked(child, depend, "INWARD") == [dig]
    state.unlink(life.boris, child, house, subtask, "INWARD")
    state.unlink(life.boris, child, dig, depend, "INWARD")
    life.rest(11)
    assert (life.task.parent_id, portal.parts.previous[2103]) == (0, [])
    state.link(life.boris, child, dig, subtask, "INWARD")
    state.link(life.boris, child, house, depend, "INWARD")
    life.rest(11)
    assert (life.task.parent_id, portal.parts.previous[2103]) == (earlier_id, [parent_id])
    before = len(state.activities)
    life.rest(11)
    assert len(state.activities) == before
    assert [link.problems for link in life.links()] == [{}] * 3


STATUSES = {  # the table that is proposed: here, there, and back; None: it is not read that way
    "Submitted": (None, 2),
    "Open": (2, 2),
    "In Progress": (3, 3),
    "To Verify": (4, 4),
    "Wait": (6, 6),
    "Fixed": (None, 5),
    "Done": (5, 5),  # the column of finished tasks has its name
    "Duplicate": (None, 5),
    "Won't fix": (None, 5),
}
EXPLAINED = ("Duplicate", "Won't fix")


def test_each_row_of_the_default_statuses_both_ways(database_url: str) -> None:
    life = begin(database_url, "create: [issues]")
    bundle = life.field("State").bundle
    assert bundle is not None
    bundle.values.append(BundleValue(life.state.next_id("67"), "Wait", "state"))
    life.import_all()
    life.rest()
    for state, (_, status) in STATUSES.items():
        life.set_state(life.issue, state)
        life.rest(11)
        assert (state, life.task.status) == (state, status)
        assert sum(f"“{state}” in YouTrack" in text for text in messages(life)) == (
            state in EXPLAINED
        )
    for state, (status, _) in STATUSES.items():
        if status is not None:
            life.world.b24.state.user_moves_task(RITA, 2103, status)
            life.rest(11)
            assert life.issue.values["State"].name == state
    life.world.close()


@pytest.mark.deep
def test_a_duplicate_puts_its_task_on_hold_by_setting(database_url: str) -> None:
    rows = "{issue: Open, task: waiting}, {issue: Fixed, task: completed}"
    hold = "{issue: Duplicate, task: deferred, direction: to_portal}"
    life = begin(database_url, f"create: [issues], statuses: [{rows}, {hold}]")
    life.import_all()
    life.rest()
    life.set_state(life.issue, "Duplicate")
    life.rest(11)
    assert life.task.status == 6
    assert sum("“Duplicate” in YouTrack" in text for text in messages(life)) == 1
    life.set_state(life.issue, "Open")
    life.rest(11)
    life.world.b24.state.user_moves_task(RITA, 2103, 6)
    life.rest(11)
    assert (life.task.status, life.issue.values["State"].name) == (6, "Open")
    life.world.close()


def test_a_duplicate_pauses_its_link_by_setting(database_url: str) -> None:
    rows = "{issue: Open, task: waiting}, {issue: Fixed, task: completed}"
    life = begin(
        database_url, f"create: [issues], statuses: [{rows}, {{issue: Duplicate, pause: true}}]"
    )
    life.import_all()
    life.rest()
    before = life.task.status
    life.set_state(life.issue, "Duplicate")
    life.rest(11)
    assert life.task.status == before
    assert sum("“Duplicate” in YouTrack" in text for text in messages(life)) == 1
    assert life.link.pause is not None
    assert 'the tracker\'s status is "Duplicate"' in life.link.pause.text
    life.edit_task(title="Meanwhile")
    life.rest(11)
    assert life.issue.summary != "Meanwhile"
    life.set_state(life.issue, "Fixed")
    life.rest(11)
    assert (life.link.pause, life.task.status, life.issue.summary) == (None, 5, "Meanwhile")
    assert len(messages(life)) == 1
    life.world.close()


def touch(life: YouTrackLife, title: str) -> None:
    """Let Rita rename the task, for no event tells of logged time and of edited messages."""
    life.edit_task(title=title)
    life.rest(11)


def test_logged_work_is_edited_and_deleted_from_both_sides(life: YouTrackLife) -> None:
    state, elapsed = life.state, life.world.b24.state.elapsed
    item = state.log_work(life.issue, life.boris, life.boris, 60, MIDNIGHT, "Filled")
    life.rest(11)
    item.minutes, item.text, item.updated = 90, "Done", state.now()
    state.record(item, life.boris, "WorkItemDurationCategory")
    life.rest(11)
    ((person, minutes, text),) = hours(life)
    assert (person, minutes, "Done" in text) == (BORIS, 90, True)
    life.issue.work_items.remove(item)
    state.record(life.issue, life.boris, "WorkItemCategory", removed=item)
    life.rest(11)
    assert hours(life) == []
    entry = life.world.b24.state.user_logs_time(RITA, 2103, 1800, "Dug a lot")
    touch(life, "once")
    entry.seconds, entry.text = 3600, "Dug it all"
    touch(life, "twice")
    assert work(life) == [("rita", 60, "Dug it a")]
    del elapsed[entry.id]
    touch(life, "thrice")
    assert work(life) == []


def test_comments_are_edited_and_deleted_from_both_sides(life: YouTrackLife) -> None:
    state, portal = life.state, life.world.b24.state
    first, second = (state.add_comment(life.issue, life.boris, text) for text in ("one", "two"))
    life.rest(11)
    first.text, first.updated, second.deleted = "three", state.now(), True
    state.record(first, life.boris, "CommentTextCategory")
    state.record(life.issue, life.boris, "CommentsCategory", removed=second)
    life.rest(11)
    (shown,) = messages(life)
    assert "three" in shown
    message = portal.user_comments(RITA, 2103, "mine")
    life.rest(11)
    portal.user_edits_message(RITA, message.id, "still mine")
    touch(life, "once")
    assert sum("still mine" in each.text for each in life.issue.comments) == 1
    portal.user_deletes_message(RITA, message.id)
    touch(life, "twice")
    assert [each.text for each in life.issue.comments if not each.deleted] == ["three"]


@pytest.mark.deep
def test_a_zone_that_people_set_later_moves_no_day(life: YouTrackLife) -> None:
    life.world.bridge.zone = "Pacific/Auckland"
    life.rest(61)
    life.edit_task(deadline=SEPTEMBER)
    life.world.b24.state.user_logs_time(RITA, 2103, 1800, "Dug")
    touch(life, "in the same hour")
    assert day(life.issue.values["Due Date"]) == date(2026, 9, 1)
    (item,) = life.issue.work_items
    assert day(item.date) == date(2026, 3, 2)


@pytest.mark.deep
def test_events_lead_over_several_states_and_back(life: YouTrackLife) -> None:
    ways = {"Open": {"start": "In Progress"}, "In Progress": {"check": "To Verify"},
            "To Verify": {"accept": "Fixed"}, "Fixed": {"reopen": "Open"}}  # fmt: skip
    life.field("State").machine = ways
    rows = [
        f"{{start: {start}, event: {event}, end: {end}}}"
        for start, events in ways.items() for event, end in events.items()
    ]  # fmt: skip
    settings(life, f"transitions: [{', '.join(rows)}]")
    life.world.b24.state.user_moves_task(RITA, 2103, 5)
    life.rest(11)
    assert life.issue.values["State"].name == "Fixed"
    life.world.b24.state.user_moves_task(RITA, 2103, 3)
    life.rest(11)
    assert (life.issue.values["State"].name, life.task.status) == ("In Progress", 3)
    assert life.link.problems == {}
