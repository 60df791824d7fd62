"""REST 3.0 of the emulated portal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.emulators.bitrix24 import BitrixEmulator, HandClock
from tests.emulators.bitrix24.rest import Rest

NEW = {"title": "New", "creatorId": 1, "responsibleId": 7}
CODE = "BITRIX_REST_V3_EXCEPTION_"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def b24(clock: HandClock) -> Iterator[BitrixEmulator]:
    with BitrixEmulator(clock) as emulator:
        emulator.state.add_user("Dan", id=7)
        for number in (31, 32, 33):
            emulator.state.create_task(f"Task {number}", id=number, status=number - 29)
        yield emulator


def ids(b24: BitrixEmulator, **params: Any) -> list[int]:
    status, body = Rest(b24).v3("tasks.task.list", **params)
    assert status == 200, body
    return [item["id"] for item in body["result"]["items"]]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        (["id", "in", [31, 33, 99]], [31, 33]),
        (["id", [31, 33]], [31, 33]),
        (["id", 32], [32]),
        (["id", ">", 31], [32, 33]),
        (["id", "!=", 31], [32, 33]),
        (["id", "between", [31, 32]], [31, 32]),
        ({"logic": "or", "conditions": [["id", 31], ["id", ">=", 33]]}, [31, 33]),
    ],
)
def test_tasks_are_filtered_by_id(b24, condition, found):
    assert ids(b24, filter=[condition]) == found


def test_pages_and_order(b24):
    assert ids(b24, order={"id": "DESC"}, pagination={"limit": 2}) == [33, 32]
    assert ids(b24, pagination={"limit": 2, "page": 2}) == [33]
    assert ids(b24, order={"title": "DESC"}) == [33, 32, 31]


def test_a_list_shows_the_id_and_what_is_selected(b24):
    rest = Rest(b24)
    assert rest.v3("tasks.task.list", filter=[["id", 31]])[1]["result"] == {"items": [{"id": 31}]}
    select = ["status", "chatId", "groupId", "auditors.id", "nonsense", "responsible.name"]
    (item,) = rest.v3("tasks.task.list", filter=[["id", 32]], select=select)[1]["result"]["items"]
    assert item == {
        "id": 32,
        "status": "in_progress",
        "chatId": b24.state.tasks[32].chat_id,
        "groupId": None,
        "auditors": [],
        "responsible": {"name": "Anna Admin"},
    }


def test_rights_follow_the_rules_of_the_action_map(b24):
    select = ["rights"]
    (item,) = Rest(b24).v3("tasks.task.list", filter=[["id", 32]], select=select)[1]["result"][
        "items"
    ]
    now = {name: item["rights"][name] for name in ("start", "pause", "complete", "renew", "edit")}
    assert now == {"start": False, "pause": True, "complete": True, "renew": False, "edit": True}


@pytest.mark.parametrize(
    ("method", "params", "status", "code"),
    [
        ("tasks.task.list", {"pagination": {"limit": 1001}}, 400, "INVALIDPAGINATIONEXCEPTION"),
        ("tasks.task.list", {"pagination": {"limit": "abc"}}, 400, "INVALIDPAGINATIONEXCEPTION"),
        ("tasks.task.list", {"pagination": {"limit": 0}}, 400, "INVALIDPAGINATIONEXCEPTION"),
        ("tasks.task.list", {"order": {"colour": "ASC"}}, 400, "INVALIDORDEREXCEPTION"),
        ("tasks.task.list", {"filter": [["status", "pending"]]}, 400,
         "VALIDATION_REQUESTVALIDATIONEXCEPTION"),
        ("tasks.task.list", {"filter": [["id", "~", 1]]}, 400, "UNKNOWNFILTEROPERATOREXCEPTION"),
        ("tasks.task.get", {}, 400, "VALIDATION_REQUESTVALIDATIONEXCEPTION"),
        ("tasks.task.get", {"id": "31"}, 400, "VALIDATION_REQUESTVALIDATIONEXCEPTION"),
        ("tasks.task.get", {"id": 99}, 400, "ENTITYNOTFOUNDEXCEPTION"),
        ("tasks.task.chat.message.send", {"fields": {"text": "x"}}, 400,
         "VALIDATION_DTOVALIDATIONEXCEPTION"),
        ("tasks.task.chat.message.send", {}, 400, "VALIDATION_REQUESTVALIDATIONEXCEPTION"),
        ("tasks.task.add", {}, 400, "VALIDATION_REQUESTVALIDATIONEXCEPTION"),
        ("tasks.task.add", {"fields": {"title": "x", "creatorId": 1}}, 400,
         "VALIDATION_REQUESTVALIDATIONEXCEPTION"),
        ("tasks.task.add", {"fields": NEW | {"responsibleId": "7"}}, 400,
         "VALIDATION_REQUESTVALIDATIONEXCEPTION"),
        ("tasks.task.add", {"fields": NEW | {"deadline": "2026-12-31T10:00:00"}}, 400,
         "VALIDATION_REQUESTVALIDATIONEXCEPTION"),
        ("tasks.task.add", {"fields": NEW | {"responsibleId": 99}}, 400, "ENTITYNOTFOUNDEXCEPTION"),
        ("tasks.task.add", {"fields": NEW | {"groupId": 99}}, 400, "ENTITYNOTFOUNDEXCEPTION"),
        ("tasks.task.add", {"fields": NEW | {"colour": "red"}}, 400,
         "UNKNOWNDTOPROPERTYEXCEPTION"),
        ("tasks.task.fly", {}, 404, "METHODNOTFOUNDEXCEPTION"),
    ],
)  # fmt: skip
def test_refusals_have_their_own_envelope(b24, method, params, status, code):
    answer = Rest(b24).v3(method, **params)
    assert (answer[0], answer[1]["error"]["code"]) == (status, CODE + code)


def test_somebody_elses_task_is_denied(b24):
    status, body = Rest(b24, 7).v3("tasks.task.get", id=31)
    assert (status, body["error"]["code"]) == (403, f"{CODE}ACCESSDENIEDEXCEPTION")


def test_v3_wants_the_scope_tasks(b24):
    b24.app.scopes -= {"tasks"}
    status, body = Rest(b24).v3("tasks.task.get", id=31)
    assert (status, body["error"]["code"]) == (403, f"{CODE}INSUFFICIENTSCOPEEXCEPTION")


def test_an_older_portal_has_no_v3(b24):
    b24.state.v3 = False
    assert Rest(b24).v3("tasks.task.get", id=31)[0] == 404


def test_a_message_is_sent_and_no_id_comes_back(b24):
    fields = {"taskId": 31, "text": "hello"}
    status, body = Rest(b24).v3("tasks.task.chat.message.send", fields=fields)
    assert (status, body["result"]) == (200, {"result": True})
    assert [message.text for message in b24.state.discussion(31)] == ["hello"]


def test_an_idempotency_key_makes_a_repetition_harmless(b24):
    url = f"{b24.portal_url}/rest/api/tasks.task.chat.message.send"
    body = {"auth": b24.token().access, "fields": {"taskId": 31, "text": "hello"}}
    headers = {"Idempotency-Key": "k1"}
    for _ in range(2):
        answer = requests.post(url, json=body, headers=headers, timeout=30)
    assert (answer.status_code, answer.headers["Idempotent-Replayed"]) == (200, "true")
    assert len(b24.state.discussion(31)) == 1
    body["fields"] = {"taskId": 31, "text": "other"}
    assert requests.post(url, json=body, headers=headers, timeout=30).status_code == 422


def post(b24: BitrixEmulator, key: str, **fields: Any) -> requests.Response:
    url = f"{b24.portal_url}/rest/api/tasks.task.add"
    body = {"auth": b24.token().access, "fields": NEW | fields}
    return requests.post(url, json=body, headers={"Idempotency-Key": key}, timeout=30)


def test_a_task_is_added_once_under_one_key(b24, clock):
    first, again = post(b24, "k1"), post(b24, "k1")
    made = first.json()["result"]["item"]
    assert (made["title"], made["status"], made["chatId"] > 0) == ("New", "pending", True)
    assert again.json()["result"]["item"]["id"] == made["id"]
    assert ("Idempotent-Replayed" in first.headers, again.headers["Idempotent-Replayed"]) == (
        False,
        "true",
    )
    clock.advance(24 * 3600 + 1)
    assert post(b24, "k1").json()["result"]["item"]["id"] == made["id"] + 1


def test_a_refused_request_does_not_use_its_key_up(b24):
    assert post(b24, "k1", groupId=99).status_code == 400
    assert post(b24, "k1").status_code == 200


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_has_1_to_255_characters(b24, key):
    answer = post(b24, key)
    assert answer.json()["error"]["code"] == f"{CODE}INVALIDIDEMPOTENCYKEYEXCEPTION"
