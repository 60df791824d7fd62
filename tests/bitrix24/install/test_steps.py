"""What the installer makes of answers an emulated portal would not give."""

from __future__ import annotations

import pytest

from sync.bitrix24.install import registrations
from sync.bitrix24.install import steps as install_steps

PUBLIC = "https://bridge.example"


def batched(errors):
    told = {"result": {}, "result_error": errors, "result_total": [], "result_next": []}
    return {"result": told}


def step(desk, name, language="en"):
    (result,) = install_steps.run_steps(desk.portal, f"{PUBLIC}/", language, {name})
    return result


def test_a_handler_that_another_worker_bound_meanwhile_is_fine(desk):
    text = "Unable to set event handler: Handler already binded"
    desk.answers("event.get", {"result": []})
    errors = {f"c{n}": {"error": "ERROR_CORE", "error_description": text} for n in range(7)}
    desk.answers("batch", batched(errors))
    assert step(desk, "events").ok


def test_a_field_that_exists_already_is_fine(desk):
    desk.answers("task.item.userfield.getlist", {"result": []})
    text = "The field UF_CI_STATUS for TASKS_TASK already exists."
    errors = {f"c{n}": {"error": "ERROR_CORE", "error_description": text} for n in range(3)}
    desk.answers("batch", batched(errors))
    assert step(desk, "fields").ok


def test_an_event_this_portal_does_not_have_is_named(desk):
    desk.answers("event.get", {"result": []})
    missing = {"error": "ERROR_EVENT_NOT_FOUND", "error_description": "Event not found"}
    body = batched({"c3": missing})
    body["result"]["result"] = {f"c{n}": True for n in range(7) if n != 3}
    desk.answers("batch", body)
    result = step(desk, "events")
    assert not result.ok
    assert result.text == (
        "Some events will not arrive: ONTASKCOMMENTADD: event.bind was not done "
        "(ERROR_EVENT_NOT_FOUND): Event not found"
    )
    assert result.change == "Update Bitrix24 if the feature is needed; the rest works without it"


def test_offline_handlers_of_the_same_event_do_not_count(desk):
    row = {"event": "ONTASKADD", "handler": f"{PUBLIC}/b24/events", "offline": 1}
    desk.answers("event.get", {"result": [row]})
    desk.answers("batch", batched({}) | {"result": {"result": {f"c{n}": True for n in range(7)}}})
    assert step(desk, "events", "ru").text == "Подписки на события оформлены: 7"


@pytest.mark.parametrize(
    ("given", "ok"),
    [
        (["task", "tasks", "im", "user_basic", "placement"], True),
        (["task", "im", "user", "placement"], True),
        (["task", "im", "user_brief", "placement"], False),
        ([], False),
    ],
)
def test_wider_rights_include_the_narrower_ones(desk, given, ok):
    desk.answers("scope", {"result": given})
    result = step(desk, "scopes")
    assert result.ok is ok
    assert result.portal_data == {"scopes": sorted(given)}


@pytest.mark.parametrize(
    ("bound", "stale"),
    [
        (f"{PUBLIC}/b24/events", False),
        (f"{PUBLIC}/old", True),
        ("https://other.example/b24/events", False),
        ("", False),
        ("https://[broken", False),
    ],
)
def test_only_our_own_older_addresses_are_stale(bound, stale):
    assert registrations.is_stale(bound, f"{PUBLIC}/b24/events") is stale
