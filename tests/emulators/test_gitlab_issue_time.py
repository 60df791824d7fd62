"""Time on issues: totals by REST, entries by GraphQL, resets, limits, who deletes what."""

from __future__ import annotations

import pytest

from tests.emulators.issue_world import IssueWorld

CREATE = """
mutation($input: TimelogCreateInput!) {
  timelogCreate(input: $input) { timelog { id timeSpent spentAt summary user { username } } errors }
}
"""
DELETE = "mutation($id: TimelogID!) { timelogDelete(input: {id: $id}) { errors timelog { id } } }"
ENTRIES = """
query($id: WorkItemID!, $first: Int, $after: String) { workItem(id: $id) { widgets {
  ... on WorkItemWidgetTimeTracking { totalTimeSpent timelogs(first: $first, after: $after) {
    nodes { id timeSpent spentAt summary user { username } }
    pageInfo { hasNextPage endCursor } } } } } }
"""


@pytest.fixture
def world():
    with IssueWorld() as emulated:
        emulated.issue = emulated.create()
        emulated.acts()
        yield emulated


def entries(world, **page):
    widgets = world.ask(ENTRIES, id="gid://gitlab/WorkItem/1", **page)["data"]["workItem"][
        "widgets"
    ]
    return next(widget for widget in widgets if widget)["timelogs"]


def log(world, name="ann", *, of="Issue", **sent):
    sent = {"timeSpent": "1h", "summary": "Work", **sent}
    return world.ask(CREATE, name, input={"issuableId": f"gid://gitlab/{of}/1", **sent})


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [
        ("1h 30m", 5400),
        ("5400s", 5400),
        ("1d", 28800),
        ("1w", 144000),
        ("1mo", 576000),
        ("2", 7200),
    ],
)
def test_durations(world, duration, seconds):
    world.issue.add_spent_time(duration, summary="Why")
    (entry,) = entries(world)["nodes"]
    assert (entry["timeSpent"], entry["summary"]) == (seconds, "Why")


def test_rest_tells_totals_and_no_entry(world):
    stats = world.issue.add_spent_time("90m")
    assert stats == {
        "time_estimate": 0,
        "total_time_spent": 5400,
        "human_time_estimate": None,
        "human_total_time_spent": "1h 30m",
    }
    assert world.project().issues.get(1).time_stats()["total_time_spent"] == 5400
    hook = world.hooks()[0]["object_attributes"]
    assert (hook["total_time_spent"], hook["time_change"]) == (5400, 5400)


@pytest.mark.parametrize("of", ["Issue", "WorkItem"])
def test_an_entry_by_graphql_has_its_day_and_its_id(world, of):
    made = log(world, of=of, spentAt="2026-02-27T12:00:00Z")["data"]["timelogCreate"]
    assert made == {
        "timelog": {
            "id": "gid://gitlab/Timelog/1",
            "timeSpent": 3600,
            "spentAt": "2026-02-27T12:00:00Z",
            "summary": "Work",
            "user": {"username": "ann"},
        },
        "errors": [],
    }
    (hook,) = world.hooks()
    assert hook["object_attributes"]["time_change"] == 0
    assert hook["changes"]["total_time_spent"] == {"previous": 0, "current": 3600}


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ({"timeSpent": "soon"}, "formatted correctly"),
        ({"timeSpent": "0h"}, "can't be zero"),
        ({"timeSpent": "-1h"}, "cannot be negative"),
        ({"timeSpent": "9000h"}, "cannot exceed a year"),
        ({"spentAt": "2026-03-03T00:00:00Z"}, "future"),
        ({"summary": "x" * 256}, "too long"),
    ],
)
def test_entries_that_are_refused(world, sent, text):
    made = log(world, **sent)["data"]["timelogCreate"]
    assert (made["timelog"], text in made["errors"][0]) == (None, True)
    assert world.acts() == []


def test_a_reset_takes_back_and_deletes_nothing(world):
    world.issue.add_spent_time("1h")
    world.issue.add_spent_time("2h")
    assert world.issue.reset_spent_time()["total_time_spent"] == 0
    assert [entry["timeSpent"] for entry in entries(world)["nodes"]] == [3600, 7200, -10800]


def test_a_deleted_entry_touches_and_fires_nothing(world):
    made = log(world)["data"]["timelogCreate"]["timelog"]["id"]
    world.acts()
    world.clock.move(60)
    assert world.ask(DELETE, id=made)["data"]["timelogDelete"]["errors"] == []
    read = world.project().issues.get(1)
    assert (read.time_stats()["total_time_spent"], read.updated_at) == (
        0,
        "2026-03-02T09:01:00.000Z",
    )
    assert world.acts() == []
    notes = [note.body for note in read.notes.list(get_all=True)]
    assert notes[0].startswith("deleted 1h of spent time")


@pytest.mark.parametrize(("name", "allowed"), [("dan", True), ("max", True), ("pia", False)])
def test_who_deletes_an_entry(world, name, allowed):
    made = log(world, "dan")["data"]["timelogCreate"]["timelog"]["id"]
    answer = world.ask(DELETE, name, id=made)
    assert ("errors" not in answer) == allowed


def test_guests_log_no_time(world):
    answer = log(world, "gus")
    assert answer["data"] == {"timelogCreate": None}
    assert "don't have permission" in answer["errors"][0]["message"]


def test_entries_come_in_pages(world):
    for number in range(3):
        log(world, summary=str(number))
    first = entries(world, first=2)
    second = entries(world, first=2, after=first["pageInfo"]["endCursor"])
    assert [entry["summary"] for page in (first, second) for entry in page["nodes"]] == [
        "0",
        "1",
        "2",
    ]
    assert second["pageInfo"]["hasNextPage"] is False


def test_time_of_a_comment(world):
    for text in ("Did it\n/spend 2h 2026-02-27", "/spend 1h 2026-12-01", "/remove_time_spent"):
        world.call("POST", "/projects/1/issues/1/notes", json={"body": text})
    logged = [(entry["timeSpent"], entry["spentAt"][:10]) for entry in entries(world)["nodes"]]
    assert logged == [(7200, "2026-02-27"), (-7200, "2026-03-02")]


def test_a_mutation_wants_the_scope_of_writes(world):
    weak = world.state.add_token("ann", scopes=("read_api",)).value
    world.tokens["weak"] = weak
    assert log(world, "weak")["data"] == {"timelogCreate": None}
