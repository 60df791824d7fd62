"""Numbers and names of any length and kind, wherever a request has one, break nothing."""

from __future__ import annotations

import re

import pytest

from tests.b24app.conftest import APPLICATION_TOKEN

VALUES = [
    "9" * 19, "9" * 40, "1" * 5000, "-1", "0", "1e9", "x٣", "%00", "a" * 3000,
    "1-1-" + "9" * 30, "9" * 30 + "-1-1", "1-" + "9" * 30 + "-1/x",
    "9" * 30 + "/1:" + "a" * 40 + ":1", "1/1:" + "a" * 40 + ":" + "9" * 30,
]  # fmt: skip
KINDS = ("delivery", "subject", "smart-commit", "command", "other")
EVENTS = ("ONTASKUPDATE", "ONAPPPAYMENT", "ONAPPUNINSTALL", "ONAPPUPDATE", "ONAPPINSTALL")


@pytest.fixture
def opened(world):
    portal = world.install()
    world.connect(portal)
    return world, portal, world.bearer(portal.id)


@pytest.mark.dialect
@pytest.mark.parametrize("value", VALUES, ids=lambda value: f"{value[:12]}-{len(value)}")
def test_what_pages_send_is_refused_without_an_error_of_ours(opened, value):
    world, _, headers = opened
    paths = [
        ("GET", f"/api/task/{value}/development"),
        ("POST", f"/api/alerts/{value}/ack"),
        ("POST", f"/api/alerts/{value}/assign"),
        ("POST", f"/api/connections/{value}/test"),
        ("POST", f"/hooks/gitlab/{value}"),
    ]
    codes = {
        path[:40]: world.client.open(path, method=method, json={}, headers=headers).status_code
        for method, path in paths
    }
    items = [{"kind": kind, "id": key} for kind in KINDS for key in (value, f"task:{value}")]
    replayed = world.client.post("/api/replay", json={"items": items}, headers=headers)
    codes["user"] = world.client.post(
        "/api/alerts/1-1-1/assign", json={"user_id": value}, headers=headers
    ).status_code
    assert {path: code for path, code in codes.items() if not 400 <= code < 500} == {}
    assert (replayed.status_code, replayed.json) == (200, {"replayed": 0})


def test_nested_json_and_broken_bodies_break_no_route(opened):
    world, _, headers = opened
    bodies = [b"[" * 20_000, b'{"a":' * 20_000, b"\xff\xfe", b"null", b'{"items":7}']
    kinds = {"Content-Type": "application/json"}
    rules = [
        re.sub("<[^>]+>", "1", rule.rule)
        for rule in world.client.application.url_map.iter_rules()
        if "POST" in (rule.methods or ())
    ]
    assert len(rules) > 15
    wrong = [
        (path, body[:10], answer.status_code)
        for path in rules
        for body in bodies
        if (answer := world.client.post(path, data=body, headers=headers | kinds)).status_code
        in (500, 501, 502)
    ]
    assert wrong == []


@pytest.mark.dialect
@pytest.mark.parametrize("value", VALUES, ids=lambda value: f"{value[:12]}-{len(value)}")
def test_what_a_portal_sends_breaks_nothing(opened, value):
    world, portal, _ = opened
    codes = {}
    for event in EVENTS:
        for member, token in ((value, value), (portal.member_id, APPLICATION_TOKEN)):
            form = {
                "event": event,
                "auth[member_id]": member,
                "auth[application_token]": token,
                "auth[expires]": value,
                "auth[expires_in]": value,
                "auth[user_id]": value,
                "data[FIELDS_AFTER][ID]": value,
                "data[FIELDS_BEFORE][ID]": value,
                "data[VERSION]": value,
                "ts": value,
            }
            if event == "ONAPPPAYMENT" and token == APPLICATION_TOKEN:
                continue  # the portal is asked, and there is none
            answer = world.client.post("/b24/events", data=form)
            codes[event, member[:12]] = answer.status_code
    assert {key: code for key, code in codes.items() if code >= 500} == {}
