"""What portals send: PHP forms, events, frames, and what is no such thing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.bitrix24.events import parse as events_parse
from sync.bitrix24.events.parse import (
    AppInstalled,
    AppPaymentChanged,
    AppUninstalled,
    AppUpdated,
    parse_event,
    parse_placement,
)
from sync.bitrix24.events.php_form import MAX_BYTES, BadForm, parse_form
from sync.core.model.events import TaskChanged, TaskCommented, TaskDeleted, UnrecognisedEvent

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
AUTH = {
    "auth[member_id]": "member-1",
    "auth[domain]": "portal.example",
    "auth[client_endpoint]": "https://portal.example/rest/",
    "auth[server_endpoint]": "https://oauth.bitrix.info/rest/",
    "auth[application_token]": "app-token-1",
    "auth[status]": "L",
}
TOKENS = {
    "auth[access_token]": "access-1",
    "auth[refresh_token]": "refresh-1",
    "auth[expires_in]": "3600",
    "auth[scope]": "task,im",
}


def event(name, *parts):
    fields = {"event": name, "ts": "1777888800"}
    for part in parts:
        fields |= part
    return parse_form(urlencode(fields).encode())


def data(**values):
    return {f"data[{key.replace('__', '][')}]": value for key, value in values.items()}


@pytest.mark.parametrize(
    ("body", "form"),
    [
        (b"", {}),
        (b"a=1&b=2", {"a": "1", "b": "2"}),
        (b"a=1&a=2", {"a": "2"}),
        (b"a[b][c]=1&a[b][d]=2", {"a": {"b": {"c": "1", "d": "2"}}}),
        (b"a%5Bb%5D=%D0%B6+x", {"a": {"b": "ж x"}}),
        (b"a[]=1&a[]=2", {"a": {"0": "1", "1": "2"}}),
        (b"a=1&a[b]=2", {"a": {"b": "2"}}),
        (b"a[b]=1&a=2", {"a": "2"}),
        (b"a[b=1", {"a[b": "1"}),
        (b"[a]=1", {"[a]": "1"}),
        (b"a[b]c=1", {"a[b]c": "1"}),
        (b"a=&b", {"a": "", "b": ""}),
    ],
)
def test_a_form_is_read_as_php_reads_it(body, form):
    assert parse_form(body) == form


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"a=" + b"x" * MAX_BYTES, "bytes"),
        (b"&".join(b"a%d=1" % n for n in range(2001)), "2000 fields"),
        (b"a" + b"[b]" * 9 + b"=1", "deeper than 8 levels"),
        (b"a=\xff\xfe", "UTF-8"),
        (b"a=%ff%fe", "UTF-8"),
    ],
)
def test_what_is_no_form_of_bitrix24_is_named_as_such(body, why):
    with pytest.raises(BadForm, match=why):
        parse_form(body)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_form_or_a_bad_form(body):
    try:
        form = parse_form(body)
    except BadForm:
        return
    assert isinstance(form, dict)
    assert refusal(form) in ("", "the event names no portal: auth[member_id] is missing")


def refusal(form: dict[str, Any]) -> str:
    """Return why a form is no event; "" if it is one."""
    try:
        parse_event(form)
    except BadForm as bad:
        return str(bad)
    return ""


@pytest.mark.parametrize(
    ("name", "fields", "heard"),
    [
        ("ONTASKADD", {"FIELDS_BEFORE": "undefined", "FIELDS_AFTER__ID": "5"}, TaskChanged(5)),
        ("ONTASKUPDATE", {"FIELDS_BEFORE__ID": "5", "FIELDS_AFTER__ID": "5"}, TaskChanged(5)),
        ("OnTaskUpdate", {"FIELDS_AFTER__ID": "5"}, TaskChanged(5)),
        ("ONTASKDELETE", {"FIELDS_BEFORE__ID": "5", "FIELDS_AFTER": "undefined"}, TaskDeleted(5)),
        (
            "ONTASKCOMMENTADD",
            {"FIELDS_AFTER__ID": "0", "FIELDS_AFTER__TASK_ID": "5",
             "FIELDS_AFTER__MESSAGE_ID": "77"},
            TaskCommented(5, message_id=77),
        ),
        (
            "ONTASKCOMMENTADD",
            {"FIELDS_AFTER__ID": "31", "FIELDS_AFTER__TASK_ID": "5"},
            TaskCommented(5, comment_id=31),
        ),
        (
            "ONTASKUPDATE",
            {"FIELDS_AFTER": "undefined"},
            UnrecognisedEvent("ONTASKUPDATE", "no data[FIELDS_AFTER][ID]"),
        ),
        (
            "ONTASKUPDATE",
            {"FIELDS_AFTER__ID": "../5"},
            UnrecognisedEvent("ONTASKUPDATE", "no data[FIELDS_AFTER][ID]"),
        ),
        ("ONUSERADD", {}, UnrecognisedEvent("ONUSERADD", "nothing here acts on this event")),
        ("", {}, UnrecognisedEvent("(no event)", "nothing here acts on this event")),
    ],
)  # fmt: skip
def test_task_events(name, fields, heard):
    assert parse_event(event(name, data(**fields), AUTH)) == heard


def test_an_install_event_carries_everything():
    heard = parse_event(event(
        "ONAPPINSTALL", data(VERSION="2", ACTIVE="Y", INSTALLED="Y", LANGUAGE_ID="ru"), AUTH,
        TOKENS, {"auth[user_id]": "7"},
    ))  # fmt: skip
    assert isinstance(heard, AppInstalled)
    assert (heard.version, heard.active, heard.installed, heard.language) == ("2", True, True, "ru")
    claimed = heard.auth.credentials(NOW)
    assert (claimed.member_id, claimed.user_id, claimed.scopes) == ("member-1", 7, ("task", "im"))
    assert claimed.expires_at == NOW + timedelta(hours=1)


def test_an_uninstall_says_whether_to_delete_the_data_and_brings_no_tokens():
    told = [
        parse_event(event("ONAPPUNINSTALL", data(LANGUAGE_ID="de", CLEAN=clean), AUTH))
        for clean in ("1", "0", "undefined")
    ]
    assert all(isinstance(heard, AppUninstalled) for heard in told)
    assert [heard.clean for heard in told] == [True, False, False]
    assert told[0].auth.access_token == ""


def test_an_update_and_a_payment():
    update = parse_event(event("ONAPPUPDATE", data(VERSION="3", PREVIOUS_VERSION="2"), AUTH))
    assert isinstance(update, AppUpdated)
    assert (update.version, update.previous_version) == ("3", "2")
    without_proof = {key: AUTH[key] for key in AUTH if "application" not in key}
    payment = parse_event(
        event("ONAPPPAYMENT", data(STATUS="S", PAYMENT_EXPIRED="N", DAYS="28"), without_proof)
    )
    assert isinstance(payment, AppPaymentChanged)
    assert (payment.status, payment.expired, payment.days) == ("S", False, 28)
    assert payment.auth.application_token == ""


def test_an_event_without_a_portal_is_bad():
    with pytest.raises(BadForm, match="member_id"):
        events_parse.parse_auth(event("ONTASKUPDATE"))
    with pytest.raises(BadForm, match="member_id"):
        parse_event(event("ONAPPINSTALL", {"auth": "undefined"}))


def test_a_repeated_delivery_has_the_same_key_and_a_nonce_keeps_task_events_apart():
    form, install = event("ONTASKUPDATE", AUTH), event("ONAPPINSTALL", AUTH)
    assert events_parse.dedupe_key(form, b"x") == events_parse.dedupe_key(form, b"x")
    assert events_parse.dedupe_key(form, b"x") != events_parse.dedupe_key(form, b"y")
    assert events_parse.dedupe_key(form, b"x", "1") != events_parse.dedupe_key(form, b"x", "2")
    assert events_parse.dedupe_key(install, b"x", "1") == events_parse.dedupe_key(
        install, b"x", "2"
    )


# --- frames

QUERY = {"DOMAIN": "Portal.example", "PROTOCOL": "1", "LANG": "ru", "APP_SID": "sid"}
FRAME = {
    "AUTH_ID": "access-1", "REFRESH_ID": "refresh-1", "AUTH_EXPIRES": "3600",
    "SERVER_ENDPOINT": "https://oauth.bitrix.info/rest/", "APPLICATION_TOKEN": "app-token-1",
    "APPLICATION_SCOPE": "task,placement", "member_id": "member-1", "status": "L",
    "PLACEMENT": "TASK_VIEW_TAB", "PLACEMENT_OPTIONS": '{"taskId":"31","URI":"\\/x\\/"}',
}  # fmt: skip


def test_a_frame_is_read_from_query_and_form():
    frame = parse_placement(QUERY, FRAME)
    assert (frame.client_endpoint, frame.language) == ("https://portal.example/rest/", "ru")
    assert (frame.placement, frame.task_id) == ("TASK_VIEW_TAB", 31)
    assert frame.options["URI"] == "/x/"
    claimed = frame.credentials(NOW)
    assert (claimed.member_id, claimed.refresh_token) == ("member-1", "refresh-1")
    assert "access-1" not in repr(frame)


def test_an_older_portal_leaves_much_out():
    frame = parse_placement({"DOMAIN": "box.example:8080", "PROTOCOL": "0"},
                        {"AUTH_ID": "access-1", "member_id": "member-1"})  # fmt: skip
    assert frame.client_endpoint == "http://box.example:8080/rest/"
    assert (frame.placement, frame.options, frame.task_id) == ("DEFAULT", {}, None)
    assert (frame.server_endpoint, frame.application_token, frame.scopes) == ("", "", ())


@pytest.mark.parametrize(
    ("options", "task_id"),
    [
        ('{"taskId":"31"}', 31),
        ('{"ID":31}', 31),
        ('{"taskId":"x"}', None),
        ("[]", None),
        ("", None),
        ("undefined", None),
        ("{broken", None),
        ("[" * 100_000, None),
        ({"taskId": "31"}, 31),
    ],
)
def test_placement_options_come_in_many_shapes(options, task_id):
    assert parse_placement(QUERY, {**FRAME, "PLACEMENT_OPTIONS": options}).task_id == task_id


@pytest.mark.parametrize(
    ("query", "form", "why"),
    [
        ({**QUERY, "DOMAIN": ""}, FRAME, "DOMAIN is missing"),
        (QUERY, {**FRAME, "AUTH_ID": ""}, "AUTH_ID is missing"),
        (QUERY, {**FRAME, "member_id": "undefined"}, "member_id is missing"),
        ({**QUERY, "DOMAIN": "evil.example/path?"}, FRAME, "not the name of a host"),
        ({**QUERY, "DOMAIN": "user@evil.example"}, FRAME, "not the name of a host"),
        ({**QUERY, "DOMAIN": "a\r\nb"}, FRAME, "not the name of a host"),
    ],
)
def test_a_request_that_no_portal_sends_is_bad(query, form, why):
    with pytest.raises(BadForm, match=why):
        parse_placement(query, form)
