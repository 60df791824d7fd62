"""Every code a portal or its OAuth server may answer with, and what to do then."""

from __future__ import annotations

import json

import pytest

from sync.bitrix24.rest.errors import BY_CODE, classify, unreachable_error
from sync.errors import Denied, Later, Refused

V3 = "BITRIX_REST_V3_EXCEPTION_"


def answer(code, description="said so"):
    return {"error": code, "error_description": description}


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, "expired_token", Later),
        (401, "NO_AUTH_FOUND", Denied),
        (401, "INVALID_TOKEN", Denied),
        (401, "APPLICATION_NOT_FOUND", Denied),
        (401, "AUTHORIZATION_ERROR", Denied),
        (401, "ERROR_OAUTH", Denied),
        (401, "PAYMENT_REQUIRED", Denied),
        (401, "METHOD_CONFIRM_WAITING", Later),
        (403, "METHOD_CONFIRM_DENIED", Denied),
        (403, "insufficient_scope", Denied),
        (403, "user_access_error", Denied),
        (403, "ACCESS_DENIED", Refused),
        (403, "INVALID_CREDENTIALS", Refused),
        (403, "ALLOWED_ONLY_INTRANET_USER", Denied),
        (403, "WRONG_AUTH_TYPE", Refused),
        (404, "ERROR_METHOD_NOT_FOUND", Refused),
        (404, "ERROR_MANIFEST_IS_NOT_AVAILABLE", Refused),
        (400, "ERROR_CORE", Refused),
        (400, 0, Refused),
        (400, "0", Refused),
        (400, 100, Refused),
        (400, "1048582", Refused),
        (400, "INVALID_REQUEST", Refused),
        (400, "ERROR_BATCH_LENGTH_EXCEEDED", Refused),
        (400, "ERROR_ARGUMENT", Refused),
        (405, "ERROR_BATCH_METHOD_NOT_ALLOWED", Refused),
        (429, "OPERATION_TIME_LIMIT", Later),
        (503, "QUERY_LIMIT_EXCEEDED", Later),
        (503, "OVERLOAD_LIMIT", Denied),
        (500, "INTERNAL_SERVER_ERROR", Later),
        (500, "ERROR_UNEXPECTED_ANSWER", Later),
        (500, "PORTAL_DELETED", Denied),
        (410, "PORTAL_DELETED", Denied),
        (400, "ERROR_EVENT_NOT_FOUND", Refused),
        (400, "ACCESS_DENIED_MOVE", Refused),
        (400, "EMPTY_TITLE", Refused),
        (400, "0x000001", Refused),
        (400, "0x100002", Refused),
        (400, "0x000004", Refused),
        (400, "256", Refused),
        (400, "ERROR_UNKNOWN_ADD_TASK_ERROR", Refused),
        (400, "CANT_EDIT_MESSAGE", Refused),
        (403, "ACCESS_ERROR", Refused),
        (400, "MESSAGE_ID_ERROR", Refused),
        (400, "FIND_SHORT", Refused),
        (200, "ERROR_PLACEMENT_MAX_COUNT", Refused),
        (400, "ERROR_PLACEMENT_NOT_FOUND", Refused),
        (400, "ERROR_PLACEMENT_USER_MODE", Refused),
        (400, "ERROR_WRONG_HANDLER_URL", Refused),
        (400, "ERROR_UNSUPPORTED_PROTOCOL", Refused),
        (400, "ERROR_ACTIVITY_VALIDATION_FAILURE", Refused),
        (400, "ERROR_ACTIVITY_ALREADY_INSTALLED", Refused),
        # what no page names
        (400, "SOMETHING_NEW", Refused),
        (401, "SOMETHING_NEW", Denied),
        (403, "SOMETHING_NEW", Refused),
        (404, "SOMETHING_NEW", Refused),
        (410, "SOMETHING_NEW", Denied),
        (429, "SOMETHING_NEW", Later),
        (500, "SOMETHING_NEW", Later),
        (502, "SOMETHING_NEW", Later),
        (503, "SOMETHING_NEW", Later),
        (200, "SOMETHING_NEW", Refused),
    ],
)
def test_each_code_has_one_meaning(status, code, kind):
    error = classify(status, answer(code), method="tasks.task.update")
    assert type(error) is kind
    assert error.code == str(code).upper()


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("invalid_request", Denied),
        ("invalid_client", Denied),
        ("insufficient_scope", Denied),
        ("invalid_scope", Denied),
        ("invalid_grant", Denied),
        ("PAYMENT_REQUIRED", Denied),
        ("WRONG_CLIENT", Denied),
        ("NOT_INSTALLED", Denied),
        ("NO_AUTH_FOUND", Denied),
        ("expired_token", Denied),
    ],
)
def test_each_code_of_the_oauth_server_has_one_meaning(code, kind):
    assert type(classify(400, answer(code), method="oauth/token")) is kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("VALIDATION_REQUESTVALIDATIONEXCEPTION", Refused),
        ("VALIDATION_DTOVALIDATIONEXCEPTION", Refused),
        ("INVALIDJSONEXCEPTION", Refused),
        ("UNKNOWNDTOPROPERTYEXCEPTION", Refused),
        ("UNKNOWNFILTEROPERATOREXCEPTION", Refused),
        ("INVALIDPAGINATIONEXCEPTION", Refused),
        ("ENTITYNOTFOUNDEXCEPTION", Refused),
        ("ACCESSDENIEDEXCEPTION", Refused),
        ("INSUFFICIENTSCOPEEXCEPTION", Refused),
        ("IDEMPOTENCYKEYREUSEDEXCEPTION", Refused),
        ("INVALIDIDEMPOTENCYKEYEXCEPTION", Refused),
    ],
)
def test_rest_three_puts_code_and_text_into_an_object(name, kind):
    body = {
        "error": {
            "code": V3 + name,
            "message": "not valid",
            "validation": [{"field": "id", "message": "id is needed"}],
        }
    }
    error = classify(400, body, method="tasks.task.list")
    assert type(error) is kind
    assert f"tasks.task.list was not done ({V3}{name}): not valid; id is needed" in str(error)


@pytest.mark.parametrize("code", ["ACCESS_DENIED", "INVALID_CREDENTIALS"])
def test_no_access_to_the_portal_itself_stops_everything(code):
    assert type(classify(403, answer(code), method="batch")) is Denied
    assert type(classify(403, answer(code), method="task.stages.get")) is Refused


def test_the_message_says_what_why_and_what_to_change():
    error = classify(401, answer("PAYMENT_REQUIRED", "Payment <b>required</b>"), method="profile")
    assert str(error) == (
        "profile was not done (PAYMENT_REQUIRED): Payment required. The application's or the "
        "portal's subscription has ended. Renew it."
    )


@pytest.mark.parametrize("body", [b"<html>502</html>", b"", b"[]", b"null", b'{"result"', b"\xff"])
@pytest.mark.parametrize("status", [200, 403, 404, 500, 502])
def test_an_answer_that_is_no_data_is_for_later(status, body):
    write = classify(status, body, method="im.message.add")
    read = classify(status, body, method="tasks.task.get", write=False)
    assert isinstance(write, Later)
    assert write.sent
    assert isinstance(read, Later)
    assert not read.sent


@pytest.mark.parametrize("code", ["QUERY_LIMIT_EXCEEDED", "OPERATION_TIME_LIMIT", "expired_token"])
def test_a_write_turned_away_at_the_door_was_not_carried_out(code):
    error = classify(503, answer(code), method="im.message.add")
    assert isinstance(error, Later)
    assert not error.sent
    assert error.after


def test_a_write_that_met_an_internal_error_may_have_been_carried_out():
    error = classify(500, answer("INTERNAL_SERVER_ERROR"), method="im.message.add")
    assert isinstance(error, Later)
    assert error.sent


def test_no_token_is_repeated_from_the_portals_own_words():
    token = "9c52ba6600705a0700005a4b00000001f0f107e81691773d119eb941ad045e36"
    text = f"Invalid value {token} for auth={token} at /rest/1/abcdef123456/x.json"
    error = classify(400, answer("100", text), method="profile")
    assert token not in str(error)
    assert "abcdef123456" not in str(error)


@pytest.mark.parametrize("code", ["ERROR_METHOD_NOT_FOUND", "ERROR_EVENT_NOT_FOUND"])
def test_what_an_old_portal_lacks_is_told_as_such(code):
    error = classify(404, answer(code), method="event.bind")
    assert error.change == "Update Bitrix24 if the feature is needed; the rest works without it"


def test_every_row_tells_why():
    assert [code for code, row in BY_CODE.items() if not row.cause] == []


def test_a_lost_connection_leaves_only_writes_in_doubt():
    assert unreachable_error("gone", method="im.message.add", write=True).sent
    assert not unreachable_error("gone", method="tasks.task.get", write=False).sent
    assert not unreachable_error("gone", method="im.message.add", write=True, sent=False).sent


def test_bytes_and_maps_mean_the_same():
    body = answer("ERROR_CORE", "Task title is not specified<br>")
    given = (json.dumps(body).encode(), body)
    one, two = (classify(400, form, method="tasks.task.add") for form in given)
    assert str(one) == str(two)
    assert "Task title is not specified." in str(one)
