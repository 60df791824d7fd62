"""Who may call what on the emulated portal, within which limits, with which parameters."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from tests.emulators.bitrix24 import BitrixEmulator, HandClock
from tests.emulators.bitrix24.rest import Rest


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def b24(clock: HandClock) -> Iterator[BitrixEmulator]:
    with BitrixEmulator(clock) as emulator:
        emulator.state.add_user("Dan", id=7, last_name="Dev", email="dan@portal.test")
        emulator.state.create_task("Fix", id=31)
        yield emulator


@pytest.fixture
def rest(b24: BitrixEmulator) -> Rest:
    return Rest(b24)


@pytest.mark.parametrize(
    ("access", "error"), [("", "NO_AUTH_FOUND"), ("forged", "INVALID_TOKEN"), (7, "NO_AUTH_FOUND")]
)
def test_a_call_without_a_known_token_is_refused(rest, access, error):
    rest.access = access
    assert rest.error("profile") == (401, error)


@pytest.mark.parametrize(("seconds", "status"), [(3599, 200), (3600, 401)])
def test_an_access_token_lives_an_hour(rest, clock, seconds, status):
    clock.advance(seconds)
    answer = rest("profile")
    assert (answer[0], answer[1].get("error")) == (status, [None, "expired_token"][status == 401])


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda b24: setattr(b24.app, "present", False), "APPLICATION_NOT_FOUND"),
        (lambda b24: b24.require_payment(), "PAYMENT_REQUIRED"),
        (lambda b24: b24.revoke_tokens(), "INVALID_TOKEN"),
        (lambda b24: b24.state.dismiss_user(1), "AUTHORIZATION_ERROR"),
        (lambda b24: b24.lifecycle.uninstall(), "APPLICATION_NOT_FOUND"),
    ],
)
def test_what_ends_access(b24, rest, change, error):
    change(b24)
    assert rest.error("profile") == (401, error)


def test_an_unknown_method_is_not_found(rest):
    assert rest("tasks.task.fly") == (
        404,
        {"error": "ERROR_METHOD_NOT_FOUND", "error_description": "Method not found!"},
    )


@pytest.mark.parametrize(
    ("scope", "method"),
    [
        ("task", "tasks.task.get"),
        ("task", "task.elapseditem.getlist"),
        ("im", "im.message.add"),
        ("placement", "placement.bind"),
        ("sonet_group", "sonet_group.get"),
        ("user_basic", "user.get"),
    ],
)
def test_a_method_wants_its_scope(b24, rest, scope, method):
    b24.app.scopes -= {scope}
    assert rest.error(method, taskId=31) == (403, "insufficient_scope")


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("placement.bind", {"PLACEMENT": "LEFT_MENU", "HANDLER": "http://app.test/"}),
        ("app.option.set", {"options": {"a": "1"}}),
        ("event.bind", {"event": "ONTASKADD", "handler": "http://app.test/", "auth_type": 1}),
    ],
)
def test_what_only_an_administrator_may(b24, method, params):
    assert Rest(b24, 7).error(method, **params) == (403, "ACCESS_DENIED")
    assert Rest(b24, 1).result(method, **params) is True


@pytest.mark.parametrize(
    ("method", "params", "error"),
    [
        ("tasks.task.get", {}, "100"),
        ("tasks.task.get", {"taskId": "x"}, "100"),
        ("tasks.task.get", {"TASKID": 31}, "ERROR_ARGUMENT"),
        ("tasks.task.get", {"taskId": 31, "select": "ID"}, "100"),
        ("tasks.task.update", {"taskId": 31}, "100"),
        ("tasks.task.update", {"taskId": 31, "fields": "x"}, "100"),
        ("tasks.task.update", {"taskId": 31, "fields": {"TITEL": "x"}}, "ERROR_CORE"),
        ("tasks.task.update", {"taskId": 31, "fields": {"STATUS": 9}}, "ERROR_CORE"),
        ("tasks.task.add", {"fields": {"RESPONSIBLE_ID": 1}}, "ERROR_CORE"),
        ("tasks.task.add", {"fields": {"TITLE": "x"}}, "ERROR_CORE"),
        ("tasks.task.add", {"fields": {"TITLE": "x", "RESPONSIBLE_ID": 99}}, "ERROR_CORE"),
        ("tasks.task.getaccess", {"taskId": 31, "users": "7"}, "100"),
        ("tasks.task.list", {"order": {"COLOUR": "asc"}}, "0"),
        ("tasks.task.list", {"filter": {"XML_ID": "1"}}, "ERROR_CORE"),
        ("task.stages.movetask", {"id": 31}, "100"),
        ("task.stages.movetask", {"id": 31, "stageId": 999}, "NOT_FOUND"),
        ("im.message.add", {"MESSAGE": "x"}, "DIALOG_ID_EMPTY"),
        ("im.message.add", {"DIALOG_ID": "7"}, "MESSAGE_EMPTY"),
        ("im.message.add", {"DIALOG_ID": "7", "MESSAGE": "x", "TEXT": "x"}, "ERROR_ARGUMENT"),
        ("im.message.update", {"MESSAGE": "x"}, "MESSAGE_ID_ERROR"),
        ("im.search.chat.list", {"FIND": "x"}, "FIND_SHORT"),
        ("im.notify.personal.add", {"MESSAGE": "x"}, "USER_ID_EMPTY"),
        ("im.notify.personal.add", {"USER_ID": 7}, "MESSAGE_EMPTY"),
        ("event.bind", {"event": "ONTASKELAPSEDTIMEADD", "handler": "http://a.test/"},
         "ERROR_EVENT_NOT_FOUND"),
        ("event.bind", {"event": "ONTASKADD"}, "ERROR_ARGUMENT"),
        ("event.bind", {"event": "ONTASKADD", "handler": "ftp://a.test/"},
         "ERROR_UNSUPPORTED_PROTOCOL"),
        ("placement.bind", {"HANDLER": "http://a.test/"}, "ERROR_ARGUMENT"),
        ("placement.bind", {"PLACEMENT": "TASKS_TASK_VIEW_TAB", "HANDLER": "http://a.test/"},
         "ERROR_PLACEMENT_NOT_FOUND"),
        ("task.item.userfield.add", {"PARAMS": {"FIELD_NAME": "CI"}}, "ERROR_CORE"),
        ("task.item.userfield.add",
         {"PARAMS": {"FIELD_NAME": "CI", "USER_TYPE_ID": "enumeration"}}, "ERROR_CORE"),
        ("feature.get", {}, "CODE_EMPTY"),
        ("app.option.set", {}, "ArgumentNullException"),
    ],
)  # fmt: skip
def test_missing_unknown_and_mistyped_values_are_refused(rest, method, params, error):
    assert rest.error(method, **params) == (400, error)


def test_the_e_mail_is_hidden_from_the_brief_scope(b24, rest):
    assert rest.result("user.get", ID=7)[0]["EMAIL"] == "dan@portal.test"
    b24.app.scopes = b24.app.scopes - {"user_basic"} | {"user_brief"}
    assert "EMAIL" not in rest.result("user.get", ID=7)[0]


def test_users_come_in_pages_of_fifty(b24, rest):
    for number in range(100, 160):
        b24.state.add_user(f"User {number}", id=number)
    first, second = rest("user.get")[1], rest("user.get", start=50)[1]
    assert (len(first["result"]), first["next"], first["total"]) == (50, 50, 62)
    assert (len(second["result"]), "next" in second) == (12, False)


def test_the_bucket_holds_fifty_and_leaks_two_a_second(rest, clock):
    statuses = [rest("profile")[0] for _ in range(52)]
    assert statuses == [200] * 50 + [503] * 2
    clock.advance(1)
    assert [rest("profile")[0] for _ in range(3)] == [200, 200, 503]
    assert rest("profile")[1]["error"] == "QUERY_LIMIT_EXCEEDED"


def test_a_method_that_used_its_seconds_is_blocked_alone(b24, rest, clock):
    b24.state.limits.costs["tasks.task.get"] = 300.0
    assert [rest("tasks.task.get", taskId=31)[0] for _ in range(3)] == [200, 200, 429]
    assert rest("tasks.task.get", taskId=31)[1]["error"] == "OPERATION_TIME_LIMIT"
    assert rest("profile")[0] == 200
    clock.advance(600)
    assert rest("tasks.task.get", taskId=31)[0] == 200


def test_the_answer_tells_the_seconds_used_and_when_they_come_back(b24, rest, clock):
    b24.state.limits.costs["tasks.task.get"] = 5.0
    rest("tasks.task.get", taskId=31)
    clock.advance(10)
    time = rest("tasks.task.get", taskId=31)[1]["time"]
    now = clock.now().timestamp()
    assert (time["operating"], time["operating_reset_at"]) == (10.0, int(now - 10 + 600))


@pytest.mark.parametrize("suffix", ["", ".json"])
def test_a_form_and_the_query_string_are_read_as_well_as_json(b24, suffix):
    url = f"{b24.portal_url}/rest/tasks.task.get{suffix}?auth={b24.token().access}"
    form = {"taskId": "31", "select[0]": "ID", "select[]": "TITLE"}
    task = requests.post(url, data=form, timeout=30).json()["result"]["task"]
    assert (task["id"], task["title"], "status" in task) == ("31", "Fix", False)


def test_binding_an_event_twice_is_an_error_and_unbinding_counts(rest):
    bind = {"event": "OnTaskAdd", "handler": "http://app.test/e"}
    assert rest.result("event.bind", **bind) is True
    status, body = rest("event.bind", **bind)
    assert status == 400
    assert body["error_description"] == "Unable to set event handler: Handler already binded"
    assert [row["event"] for row in rest.result("event.get")] == ["ONTASKADD"]
    assert rest.result("event.unbind", **bind) == {"count": 1}
    assert rest.result("event.unbind", **bind) == {"count": 0}


def test_a_second_handler_of_a_single_placement_is_refused_with_status_200(rest):
    rest.result("placement.bind", PLACEMENT="REST_APP_URI", HANDLER="http://app.test/1")
    answer = rest.error("placement.bind", PLACEMENT="REST_APP_URI", HANDLER="http://app.test/2")
    assert answer == (200, "ERROR_PLACEMENT_MAX_COUNT")


def test_method_get_tells_what_exists_and_what_the_scopes_allow(b24, rest):
    b24.app.scopes -= {"im"}
    got = [rest.result("method.get", name=name) for name in ("profile", "im.message.add", "x")]
    assert got == [
        {"isExisting": True, "isAvailable": True},
        {"isExisting": True, "isAvailable": False},
        {"isExisting": False, "isAvailable": False},
    ]
