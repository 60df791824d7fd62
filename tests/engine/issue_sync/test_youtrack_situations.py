"""What a project of YouTrack may meet beside its usual days, through the real rooms."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sync.youtrack.issues import activities
from sync.youtrack.webhooks.parse import EVENT
from tests.emulators.youtrack.records import Period
from tests.emulators.youtrack.server import PAGE, Reply
from tests.engine.issue_sync.test_youtrack_hostile import later, life
from tests.engine.issue_sync.test_youtrack_rows import (
    MIDNIGHT,
    begin,
    files,
    hours,
    messages,
    name_of,
    set_field,
    settings,
)
from tests.engine.youtrack_world import BORIS, RITA, YouTrackLife

__all__ = ["life"]  # a fixture

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)


def rests(life: YouTrackLife) -> bool:
    """Let a day pass; return whether nothing was written in YouTrack."""
    before = len(life.state.activities), len(messages(life))
    later(life)
    return before == (len(life.state.activities), len(messages(life)))


HIDDEN = "a comment is for some people of the tracker alone now: its copy stays as it was"


def test_what_is_shown_to_everybody_again_is_edited_again(life: YouTrackLife) -> None:
    state = life.state
    comment = state.add_comment(life.issue, life.boris, "Seen")
    life.rest(11)
    for words, limited in (("Secret", [life.rita]), ("More secret", [life.rita]), ("Plain", [])):
        comment.text, comment.limited, comment.updated = words, limited, state.now()
        state.record(comment, life.boris, "CommentTextCategory")
        life.rest(11)
    (shown,) = (text for text in messages(life) if "Seen" in text or "Plain" in text)
    assert "Plain" in shown
    assert life.said().count(HIDDEN) == 1
    comment.text, comment.limited, comment.updated = "Hidden again", [life.rita], state.now()
    state.record(comment, life.boris, "CommentTextCategory")
    life.rest(11)
    assert life.said().count(HIDDEN) == 2


def refield(life: YouTrackLife, name: str, type_id: str) -> None:
    """Let the administrator make a field anew with another type."""
    life.project.fields.remove(life.field(name))
    life.state.add_field(life.project, name, type_id)


def test_what_only_some_people_see_stays_with_its_files(life: YouTrackLife) -> None:
    state, issue = life.state, life.issue
    team = state.add_comment(issue, life.boris, "Salaries", [life.project.team])
    friend = state.add_comment(issue, life.boris, "For Rita", [life.rita])
    everybody = state.add_comment(issue, life.boris, "Seen ![](shot.png)")
    for name, comment in (("a.txt", team), ("b.txt", friend), ("shot.png", everybody)):
        state.attach(issue, life.boris, name, b"1", comment)
    state.attach(issue, life.boris, "c.txt", b"1").limited = [life.rita]
    life.rest(11)
    assert not {"a.txt", "b.txt", "c.txt"} & set(files(life))
    assert [text for text in messages(life) if "Salaries" in text or "For Rita" in text] == []
    (shown,) = (text for text in messages(life) if "Seen" in text)
    everybody.text, everybody.limited, everybody.updated = "Secret", [life.rita], state.now()
    state.record(everybody, life.boris, "CommentTextCategory")
    life.rest(11)
    assert [text for text in messages(life) if "Secret" in text] == []
    assert shown in messages(life)
    assert life.said().count(HIDDEN) == 1
    assert rests(life)
    settings(life, "create: [issues], comments: {internal: true}")
    life.edit_task(title="Open")
    life.rest(11)
    assert {"a.txt", "b.txt", "c.txt"} <= set(files(life))
    assert sum("Salaries" in text or "For Rita" in text for text in messages(life)) == 2


@pytest.mark.deep
def test_who_deleted_their_account_is_unnamed(database_url: str) -> None:
    life = begin(database_url, "create: [issues, tasks]")
    life.import_all()
    life.rest()
    issue: Any = life.issue
    comment: Any = life.state.add_comment(issue, life.boris, "Still here")
    item: Any = life.state.log_work(issue, life.boris, life.boris, 60, MIDNIGHT, "Filled")
    orphan: Any = life.state.create_issue(life.project, life.boris, "Orphan")
    comment.author = item.author = orphan.reporter = issue.updater = None
    life.rest(11)
    assert sum("Still here" in text for text in messages(life)) == 1
    assert [minutes for _, minutes, _ in hours(life)] == [60]
    assert [t.title for t in life.world.b24.state.tasks.values() if t.title == "Orphan"]
    assert rests(life)
    life.world.close()


@pytest.mark.deep
def test_of_two_accounts_of_one_address_the_older_is_assigned(life: YouTrackLife) -> None:
    second = life.state.add_user("boris2")
    second.email = life.boris.email
    bundle = life.field("Assignee").bundle
    assert bundle is not None
    life.rest(61)
    life.edit_task(responsible_id=BORIS)
    life.rest(11)
    assert life.issue.values["Assignee"] is life.boris
    bundle.users.append(second)
    set_field(life, "Assignee", second)
    life.rest(11)
    assert (life.issue.values["Assignee"], life.task.responsible_id) == (second, BORIS)
    assert rests(life)


def test_a_refused_person_stops_no_creation_with_a_required_field(database_url: str) -> None:
    life = begin(database_url, "create: [issues], custom: {UF_CUSTOMER: {field: Customer}}",
                 responsible_id=BORIS)  # fmt: skip
    life.world.b24.state.add_user_field("UF_CUSTOMER", "string")
    life.task.uf["UF_CUSTOMER"] = "Acme"
    life.state.add_field(life.project, "Customer", "string", can_be_empty=False)
    bundle = life.field("Assignee").bundle
    assert bundle is not None
    bundle.users.remove(life.boris)
    life.import_all()
    life.rest(11)
    assert (life.issue.values["Customer"], life.issue.values["Assignee"]) == ("Acme", None)
    assert "Value is not allowed" in life.said()
    life.world.close()


def test_a_field_that_its_condition_shows_later_crosses_then(database_url: str) -> None:
    life = begin(database_url, "create: [issues]", time_estimate=3600)
    life.field("Estimation").shown_for = ("Type", frozenset({"Bug"}))
    life.import_all()
    life.rest(11)
    assert life.issue.values["Estimation"] is None
    life.edit_task(time_estimate=7200)
    life.rest(11)
    assert life.issue.values["Estimation"] is None
    set_field(life, "Type", life.value("Type", "Bug"))
    later(life)
    assert life.issue.values["Estimation"] == Period(120), life.said()
    assert life.task.time_estimate == 7200
    set_field(life, "Type", life.value("Type", "Task"))  # hidden again, with its value
    life.edit_task(title="Meanwhile")
    life.rest(11)
    assert (life.issue.summary, life.task.time_estimate) == ("Meanwhile", 7200)
    life.world.close()


@pytest.mark.parametrize("carried_out", [True, False])
def test_a_page_as_the_answer_to_a_write_repeats_nothing(
    database_url: str, carried_out: bool
) -> None:
    life = begin(database_url, "create: [issues]")
    answer, pages = life.world.youtrack.answer, [1]

    def with_pages(method: str, target: str, headers: Any, body: bytes) -> Reply:
        is_page = method == "POST" and bool(pages)
        if is_page:
            pages.pop()
        reply = answer(method, target, headers, body) if carried_out or not is_page else None
        return reply if reply and not is_page else (200, PAGE, "text/html;charset=utf-8")

    life.world.youtrack.answer = with_pages  # type: ignore[method-assign]
    life.import_all()
    later(life)
    pages.append(1)
    life.edit_task(title="Meanwhile")
    later(life)
    pages.append(1)
    life.world.b24.state.user_comments(RITA, 2103, "It rattles")
    later(life)
    pages.append(1)
    life.world.b24.state.user_attaches(RITA, 2103, "a.txt", b"a")
    later(life)
    assert life.issue.summary == "Meanwhile"
    assert sum("It rattles" in comment.text for comment in life.issue.comments) == 1
    assert [file.content for file in life.issue.attachments] == [b"a"]
    assert not pages
    life.world.close()


def test_acts_of_one_moment_over_pages_of_history_all_cross(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    life = begin(database_url, "create: [issues, tasks]")
    life.world.hints = False
    issues = [life.state.create_issue(life.project, life.boris, f"Issue {n}") for n in range(3)]
    life.import_all()
    life.rest(11)
    monkeypatch.setattr(activities, "PER_PAGE", 2)
    asked = len(life.world.youtrack.requests)
    for place, issue in enumerate(issues):
        life.state.add_comment(issue, life.boris, f"Seen {place}")
        life.state.log_work(issue, life.boris, life.boris, 10 + place, MIDNIGHT, f"Dug {place}")
        life.state.attach(issue, life.boris, f"{place}.txt", b"1")
    life.rest(11)
    tasks = life.world.b24.state
    ids = {task.title: task.id for task in tasks.tasks.values()}
    for place in range(3):
        texts = [message.text for message in tasks.discussion(ids[f"Issue {place}"])]
        assert sum(f"Seen {place}" in text for text in texts) == 1
    assert sorted(row.seconds for row in tasks.elapsed.values()) == [600, 660, 720]
    pages = [path for _, path in life.world.youtrack.requests[asked:]]
    assert pages.count("/youtrack/api/activitiesPage") > 4
    life.world.close()


def test_a_machine_that_tells_no_events_is_moved_by_the_settings(database_url: str) -> None:
    ways = {"Submitted": {"take": "In Progress"}, "In Progress": {"end": "Fixed"}}
    rows = ", ".join(
        f"{{start: {start}, event: {event}, end: {end}}}"
        for start, events in ways.items()
        for event, end in events.items()
    )
    life = begin(database_url, f"create: [issues], transitions: [{rows}]")
    field = life.field("State")
    field.machine, field.tells_events = ways, False
    life.import_all()
    life.rest()
    life.world.b24.state.user_moves_task(RITA, 2103, 5)
    life.rest(11)
    assert name_of(life.issue.values["State"]) == "Fixed", life.said()
    life.world.close()


def test_a_finished_task_never_rejects_its_issue(life: YouTrackLife) -> None:
    for name in ("Fixed", "Done"):
        life.value("State", name).archived = True
    life.rest(11)
    life.world.b24.state.user_moves_task(RITA, 2103, 5)
    life.rest(11)
    assert (name_of(life.issue.values["State"]), life.task.status) == ("Open", 5)
    assert 'no row for the portal\'s status, add one under `statuses`: "Completed"' in life.said()
    life.value("State", "Fixed").archived = False
    later(life)
    assert name_of(life.issue.values["State"]) == "Fixed"
    life.set_state(life.issue, "Won't fix")
    life.rest(11)
    assert (name_of(life.issue.values["State"]), life.task.status) == ("Won't fix", 5)


def test_a_due_date_with_an_hour_is_a_day_in_both_directions(database_url: str) -> None:
    life = begin(database_url, "create: [issues]", deadline=NOON)
    refield(life, "Due Date", "date and time")
    life.import_all()
    life.rest()

    def due() -> str:
        return datetime.fromtimestamp(life.issue.values["Due Date"] / 1000, UTC).isoformat()

    assert due() == "2026-09-01T12:00:00+00:00"
    assert life.link.problems == {}
    afternoon = NOON.replace(day=3, hour=15)
    set_field(life, "Due Date", int(afternoon.timestamp() * 1000))
    life.rest(11)
    assert life.task.deadline.date() == afternoon.date()
    life.edit_task(deadline=life.task.deadline + timedelta(days=1))
    life.rest(11)
    assert due() == "2026-09-04T12:00:00+00:00"
    assert rests(life)
    life.world.close()


OWN = {
    "UF_SEVERITY": ("enum[1]", "S2"),
    "UF_AREAS": ("enum[*]", "S1, S2"),
    "UF_FIXED_IN": ("version[*]", "S1, S2"),
    "UF_RELEASE": ("version[1]", "S2"),
    "UF_PHASE": ("state[1]", "S2"),
}


def test_values_that_are_deleted_empty_no_field_of_a_task(database_url: str) -> None:
    rows = ", ".join(f"{name}: {{field: {name[3:].title()}}}" for name in OWN)
    life = begin(
        database_url,
        f"create: [issues], custom: {{{rows}}}, fields: {{sprint: both}}, "
        "sprint: {issue: Team board, task: UF_SPRINT}",
    )
    tasks, state = life.world.b24.state, life.state
    board = state.add_board("Team board", [life.project], ("Sprint 1", "Sprint 2"))
    for name, (type_id, value) in {**OWN, "UF_SPRINT": ("", "Sprint 1")}.items():
        tasks.add_user_field(name, "string")
        life.task.uf[name] = value
        if type_id:
            of_project = state.add_field(life.project, name[3:].title(), type_id, ("S1", "S2"))
            of_project.can_be_empty, of_project.default = True, None
    life.import_all()
    life.rest()
    held = dict(life.task.uf)
    fields = [life.field(name[3:].title()) for name in OWN]
    for of_project in fields:
        state.delete_value(of_project, life.value(of_project.field.name, "S2"))
    del board.sprints[0]
    life.edit_task(title="Meanwhile")
    life.rest(11)
    assert life.issue.summary == "Meanwhile"
    assert life.task.uf == held
    assert life.said().count('the tracker has no "S2" any more') >= len(OWN)
    assert "the tracker has this value no more" in life.said()  # the sprint: its name went with it
    assert rests(life)
    life.edit_task(uf={**held, "UF_AREAS": "S1", "UF_SPRINT": "Sprint 2"})
    life.rest(11)
    assert [sprint.name for sprint in state.sprints_of(life.issue)] == ["Sprint 2"]
    life.value("Fixed_In", "S1").archived = True
    set_field(life, "Fixed_In", [])  # by hand: an archived version stands in its bundle still
    life.rest(11)
    assert not life.task.uf["UF_FIXED_IN"]
    life.world.close()


def test_a_deleted_issue_is_said_once_in_its_task(life: YouTrackLife) -> None:
    issue, world = life.issue, life.world
    del life.state.issues[issue.id]
    body = json.dumps({"issue": issue.readable, "kinds": ["removed"]}).encode()
    origin = f"youtrack:{world.youtrack_id}"
    for _ in range(2):  # sent again, it is the same hint
        world._arrive(origin, world.youtrack_id, "gone", EVENT, {}, body)
    life.rest(11)
    later(life)
    (note,) = messages(life)
    assert "YouTrack" in note
    assert (life.task.title, life.link.ended != "") == ("Task 2103", True)
