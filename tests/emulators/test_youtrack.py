"""The emulated YouTrack is as strict as the real one, and as silent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests

from tests.emulators.youtrack.server import YouTrackEmulator

PERSON = "SingleUserIssueCustomField"
DAY = 1_772_409_600_000  # 2 March 2026, midnight UTC


class _Clock:
    moment = datetime(2026, 3, 2, 10, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def clock() -> _Clock:
    return _Clock()


@pytest.fixture
def youtrack(clock: _Clock) -> Iterator[YouTrackEmulator]:
    with YouTrackEmulator(clock) as emulator:
        state = emulator.state
        ann, bob = state.add_user("ann", admin=True), state.add_user("bob")
        state.add_user("carl")
        state.add_project("SHOP", [ann, bob])
        emulator.issue = state.create_issue(state.project("SHOP"), bob, "Pump")  # type: ignore[attr-defined]
        yield emulator


@pytest.fixture
def call(youtrack: YouTrackEmulator):
    """Send a request with Bob's token; give status and body."""

    def send(method: str, path: str, token: str = "perm-bob", **more):
        answer = requests.request(
            method,
            f"{youtrack.url}/api{path}",
            headers={"Authorization": f"Bearer {token}"},
            timeout=30,
            **more,
        )
        return answer.status_code, answer.json() if answer.content else None

    return send


def fields(*rows: dict) -> dict:
    return {"json": {"customFields": list(rows)}}


def test_without_a_selection_an_entity_is_its_id(call) -> None:
    assert call("GET", "/issues/SHOP-1") == (200, {"id": "2-1", "$type": "Issue"})


def test_unknown_names_are_dropped_in_silence(call) -> None:
    status, body = call("GET", "/issues/2-1?fields=summary,colour,description")
    assert (status, body) == (200, {"summary": "Pump", "description": None, "$type": "Issue"})
    assert call("GET", "/issues/2-1?fields=project(id")[1]["error"] == "bad_request"


def test_a_wrong_path_is_a_page_with_200(youtrack: YouTrackEmulator) -> None:
    answer = requests.get(f"{youtrack.url.removesuffix('/youtrack')}/api/issues", timeout=30)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html;charset=utf-8")


def test_a_wrong_token_and_a_wrong_method(call) -> None:
    status, body = call("GET", "/issues", token="perm-nobody")
    assert (status, body["error"]) == (401, "Unauthorized")
    assert call("PUT", "/issues/2-1")[0] == 405


def test_a_page_has_42_unless_it_is_asked_for(youtrack: YouTrackEmulator, call) -> None:
    state = youtrack.state
    for number in range(50):
        state.create_issue(state.project("SHOP"), state.user("bob"), f"No {number}")
    assert [len(call("GET", f"/issues{query}")[1]) for query in ("", "?$top=0", "?$top=-1")] == [
        42,
        0,
        51,
    ]
    assert call("GET", "/issues?$top=abc")[0] == 500


def test_texts_are_stored_as_the_server_trims_them(call) -> None:
    sent = {"summary": "One\r\ntwo\u2028three", "description": "a\r\nb"}
    body = call("POST", "/issues/2-1?fields=summary,description", json=sent)[1]
    assert (body["summary"], body["description"]) == ("One two three", "a\nb")
    emptied = call("POST", "/issues/2-1?fields=description", json={"description": ""})[1]
    assert emptied["description"] is None
    assert call("POST", "/issues/2-1/comments", json={"text": " "})[0] == 400


@pytest.mark.parametrize(
    ("row", "status"),
    [
        ({"name": "State", "$type": "StateIssueCustomField", "value": {"name": "fixed"}}, 200),
        ({"name": "State", "$type": "SingleEnumIssueCustomField", "value": {"name": "Fixed"}}, 400),
        ({"name": "state", "$type": "StateIssueCustomField", "value": {"name": "Fixed"}}, 500),
        ({"name": "State", "$type": "StateIssueCustomField", "value": {"name": "Nope"}}, 400),
        ({"name": "State", "$type": "StateIssueCustomField", "value": None}, 400),
        ({"name": "Assignee", "$type": PERSON, "value": {"login": "bob"}}, 200),
        ({"name": "Assignee", "$type": PERSON, "value": {"login": "carl"}}, 400),
        ({"name": "Assignee", "$type": PERSON, "value": {"login": "me"}}, 400),
    ],
)  # fmt: skip
def test_values_are_written_in_one_way_only(call, row: dict, status: int) -> None:
    assert call("POST", "/issues/2-1", **fields(row))[0] == status


def test_a_refused_part_leaves_the_rest_as_it_was(call) -> None:
    row = {"name": "State", "$type": "StateIssueCustomField", "value": {"name": "Nope"}}
    assert call("POST", "/issues/2-1", json={"summary": "New", "customFields": [row]})[0] == 400
    assert call("GET", "/issues/2-1?fields=summary")[1]["summary"] == "Pump"


def test_a_state_machine_is_moved_by_its_events(youtrack: YouTrackEmulator, call) -> None:
    state = youtrack.state.project("SHOP").field_named("State")
    assert state is not None
    state.machine = {"Submitted": {"open": "Open"}, "Open": {"fix": "Fixed"}, "Fixed": {}}
    selection = "fields=resolved,customFields(id,name,$type,value(name),possibleEvents(id),event)"
    shown = call("GET", f"/issues/2-1?{selection}")[1]["customFields"][2]
    assert shown["$type"] == "StateMachineIssueCustomField"
    assert (shown["possibleEvents"], shown["event"]) == ([{"id": "open", "$type": "Event"}], None)
    row = {"id": state.id, "$type": "StateMachineIssueCustomField", "event": {"id": "fix"}}
    assert call("POST", "/issues/2-1", **fields(row))[0] == 400
    for event in ("open", "fix"):
        status, body = call(
            "POST", f"/issues/2-1?{selection}", **fields({**row, "event": {"id": event}})
        )
        assert status == 200
    assert body["customFields"][2]["value"]["name"] == "Fixed"
    assert body["resolved"] is not None


def test_a_period_of_a_day_has_eight_hours(youtrack: YouTrackEmulator, call) -> None:
    state = youtrack.state
    state.add_field(state.project("SHOP"), "Estimation", "period")
    row = {"name": "Estimation", "$type": "PeriodIssueCustomField", "value": {"minutes": 510}}
    selection = "fields=customFields(name,value(id,minutes,presentation))"
    body = call("POST", f"/issues/2-1?{selection}", **fields(row))[1]
    value = body["customFields"][-1]["value"]
    assert (value["id"], value["presentation"]) == ("P1DT30M", "1d 30m")


@pytest.mark.parametrize(
    ("query", "status", "count"),
    [
        ("project: SHOP updated: 2026-03-01 .. *", 200, 1),
        ("project: SHOP updated: 2026-03-02T10:00:01 .. *", 200, 0),
        ("project: SHOP updated: {minus 24h}..*", 200, 0),  # no blanks: nothing, in silence
        ("project: SHOP updated: 2026-03-01..*", 400, 0),
        ("project: SHOP updated: 2026-03-01T00:00Z .. *", 400, 0),
        ("project: GONE", 400, 0),
        ("issue id: SHOP-1, SHOP-99", 400, 0),
    ],
)
def test_searches_are_read_as_the_server_reads_them(
    call, query: str, status: int, count: int
) -> None:
    answer = call("GET", "/issues", params={"query": query})
    assert (answer[0], len(answer[1]) if status == 200 else 0) == (status, count)


def test_moments_are_read_in_the_time_zone_of_the_profile(youtrack: YouTrackEmulator, call) -> None:
    youtrack.state.user("bob").zone = "Asia/Tokyo"
    late = {"query": "updated: 2026-03-02T18:59 .. *"}  # 09:59 in UTC
    assert len(call("GET", "/issues", params=late)[1]) == 1
    assert call("GET", "/issues", params={"query": "updated: 2026-03-02T19:01 .. *"})[1] == []


def test_work_is_filed_under_the_day_of_whoever_writes(youtrack: YouTrackEmulator, call) -> None:
    path = "/issues/2-1/timeTracking/workItems?fields=date,author(login),creator(login)"
    sent = {"duration": {"minutes": 5}, "date": DAY + 23 * 3_600_000, "author": {"id": "1-1"}}
    body = call("POST", path, json=sent)[1]
    assert (body["date"], body["author"]["login"], body["creator"]["login"]) == (DAY, "ann", "bob")
    youtrack.state.user("bob").zone = "Asia/Tokyo"
    assert call("POST", path, json=sent)[1]["date"] == DAY + 86_400_000
    assert call("POST", path, json={**sent, "date": None})[0] == 400
    assert call("POST", path, json={**sent, "duration": {"id": "PT5M"}})[0] == 400


def test_the_history_wants_categories_and_goes_on_by_a_cursor(
    youtrack: YouTrackEmulator, clock: _Clock, call
) -> None:
    for number in range(5):
        clock.moment += timedelta(seconds=1)
        youtrack.state.add_comment(youtrack.issue, youtrack.state.user("bob"), f"No {number}")  # type: ignore[attr-defined]
    assert call("GET", "/activitiesPage?reverse=false")[0] == 400
    page = "/activitiesPage?reverse=false&$top=3&fields=afterCursor,hasAfter,activities(id)"
    assert call("GET", f"{page}&categories=Comments")[1]["activities"] == []
    first = call("GET", f"{page}&categories=CommentsCategory")[1]
    assert (len(first["activities"]), first["hasAfter"]) == (3, True)
    rest = call("GET", f"{page}&categories=CommentsCategory&cursor={first['afterCursor']}")[1]
    assert (len(rest["activities"]), rest["hasAfter"]) == (2, False)


def test_e_mails_of_others_are_hidden(call) -> None:
    rows = call("GET", "/users?fields=login,email&$top=-1")[1]
    assert {row["login"]: row["email"] for row in rows} == {
        "ann": None,
        "bob": "bob@example.com",
        "carl": None,
    }


def test_what_is_not_readable_is_not_there(call) -> None:
    assert call("GET", "/issues/2-1", token="perm-carl")[0] == 404
    assert call("GET", "/admin/projects/0-1", token="perm-carl")[0] == 404
    assert call("GET", "/admin/projects/0-1/customFields", token="perm-carl") == (200, [])


def test_a_muted_write_notifies_nobody(youtrack: YouTrackEmulator, call) -> None:
    call("POST", "/issues/2-1?muteUpdateNotifications=true", json={"summary": "A"})
    call("POST", "/issues/2-1", json={"summary": "B"})
    assert youtrack.state.notifications == [("2-1", True), ("2-1", False)]


def test_hidden_fields_are_dropped_on_creation_and_refused_later(
    youtrack: YouTrackEmulator, call
) -> None:
    state = youtrack.state
    state.add_field(
        state.project("SHOP"), "Cause", "string", shown_for=("State", frozenset({"Fixed"}))
    )
    row = {"name": "Cause", "$type": "SimpleIssueCustomField", "value": "Rust"}
    made = {"project": {"id": "0-1"}, "summary": "New", "customFields": [row]}
    assert call("POST", "/issues", json=made)[0] == 200
    status, body = call("POST", "/issues/2-1", **fields(row))
    assert (status, body["error"]) == (400, "invalid_properties")
    assert call("POST", "/issues", json={**made, "project": {"id": "SHOP"}})[0] == 400
