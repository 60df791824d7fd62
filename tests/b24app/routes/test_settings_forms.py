"""The settings as forms: every field is there, previews are real, rehearsals count what moves."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import func, select

from b24app.services.settings_form.tree import leaves, settings_form
from sync.core.rules.routes import DEFAULT_ROUTES
from sync.settings.apply import current_settings
from sync.settings.checks import check_locally
from sync.settings.model import load
from sync.settings.routing import to_routes
from sync.store import portals
from sync.store.db.database import read, write
from sync.store.tables import command, decision, subject
from tests.b24app.factories import deployed, mirrored
from tests.b24app.pages import installed
from tests.b24app.settings_keys import documented_keys, plain

WRITTEN = (command, subject, decision)


@pytest.fixture
def admin(beside, emulator):
    """The headers of an administrator of a portal with a merge request of last month."""
    installed(beside, emulator)
    portal = beside.portal(emulator.state.member_id)
    beside.connect(portal, "    projects: [team/shop]\n", emulator.host)
    with write(beside.deps.engine) as conn:
        mirrored(conn, portal.id)
        deployed(conn, portal.id, ("production", "success"))
    return beside.bearer(portal.id, access_token=emulator.token(1).access)


def post(beside, admin, path, **body):
    return beside.client.post(f"/api/settings/{path}", json=body, headers=admin)


def rehearsed(beside, admin, patch):
    answer = post(beside, admin, "rehearsal", patch=patch)
    return [json.loads(line) for line in answer.text.splitlines()]


def texts_of(lines):
    return [line["text"] for line in lines if line["text"]]


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_setting_of_the_file_has_a_field(language):
    assert set(map(plain, leaves(settings_form(language)))) == documented_keys()


def nodes_of(nodes):
    for node in nodes:
        yield node
        yield from nodes_of(node.get("fields", ()))
        yield from nodes_of([node["item"]] if "item" in node else ())


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_field_and_choice_is_named_in_the_language(language):
    nodes = list(nodes_of(settings_form(language)))
    nameless = [node["path"] for node in nodes if not node["label"]]
    nameless += [
        node["path"] for node in nodes if "entry_key" in node and not node["entry_key"]["label"]
    ]
    raw = [
        (node["path"], option["value"])
        for node in nodes
        for option in [*node.get("options", ()), *node.get("entry_key", {}).get("options", ())]
        if option["label"] == option["value"] and option["value"] not in ("failed",)
    ]
    assert (nameless, raw) == ([], [])


@pytest.mark.parametrize("release_chat", [False, True])
def test_routes_begin_with_those_that_hold_without_any(release_chat):
    fields = settings_form("en", release_chat=release_chat)
    (routes,) = (node["default"] for node in fields if node["key"] == "routes")
    chats = {"chats": {"releases": "chat9"}} if release_chat else {}
    settings = load({"portal": "acme.example.com", "routes": routes, **chats})
    assert list(check_locally(settings, {})) == []
    assert [route.kinds for route in to_routes(settings.routes)] == [
        route.kinds for route in DEFAULT_ROUTES
    ]


def test_the_fields_are_those_of_the_page(beside, admin):
    fields = beside.client.get("/api/settings/form", headers=admin).json["fields"]
    assert fields == json.loads(json.dumps(settings_form("en")))


def test_people_projects_workgroups_and_zones_are_proposed(beside, admin, emulator):
    group = emulator.state.add_group("Sales")
    found = beside.client.get("/api/settings/proposals", headers=admin).json
    assert {"value": group.id, "label": "Sales"} in found["workgroups"]
    assert {"value": "Europe/Moscow", "label": ""} in found["zones"]
    assert found["connections"] == [{"value": "main", "label": ""}]
    assert "team/shop" in [row["value"] for row in found["projects"]]


@pytest.mark.parametrize(
    "query", ["", "workgroup=1", "workgroup=-1&project=a/b", "project=a/b&workgroup=x"]
)
def test_a_pair_without_both_ends_is_refused(beside, admin, query):
    answer = beside.client.get(f"/api/settings/pair-proposals?{query}", headers=admin)
    assert answer.status_code == 400


def test_a_message_is_previewed_as_it_would_be_sent(beside, admin):
    templates = {"merge_request": "See {title} by {author}"}
    patch = {
        "templates": templates,
        "routes": [{"on": ["merge_request"], "to": ["chat7", "qa"], "quiet": "00:00-23:59"}],
    }
    shown = post(beside, admin, "preview", patch=patch, kind="merge_request").json
    assert shown["real"] is True
    assert shown["lines"][0].startswith("See Payment gateway")
    assert shown["places"] == ["chat7", "QA"]
    assert (shown["quiet_hours"], bool(shown["held_until"])) == (["00:00–23:59"], True)
    sample = post(beside, admin, "preview", patch={}, kind="release").json
    assert (sample["real"], sample["at"]) == (False, None)
    assert sample["lines"]


def test_a_preview_of_a_wrong_change_says_what_is_wrong(beside, admin):
    answer = post(beside, admin, "preview", patch={"timezone": "Mars/Base"}, kind="push")
    assert answer.status_code == 422
    assert "Europe/Moscow" in answer.json["error"]["text"]
    assert post(beside, admin, "preview", patch={}, kind="nothing").status_code == 400


def test_a_rehearsal_counts_tasks_that_would_move(beside, admin, emulator):
    patch = {"rules": {"default": {"steps": {"approved": {"status": "deferred"}}}}}
    lines = rehearsed(beside, admin, patch)
    assert texts_of(lines) == ["Tasks that would move: 1 (of 1 with work in the last 30 days)."]
    assert lines[-1]["examples"][0].startswith("Pay by card: ")
    assert [line["done"] for line in lines if not line["text"]] == [0]


def test_a_document_is_rehearsed_like_a_patch(beside, admin):
    document = beside.client.get("/api/settings", headers=admin).json["text"]
    steps = "rules: {default: {steps: {approved: {status: deferred}}}}"
    lines = post(beside, admin, "rehearsal", text=f"{document}\n{steps}\n").text.splitlines()
    assert json.loads(lines[-1])["text"].startswith("Tasks that would move: 1 ")
    assert post(beside, admin, "rehearsal", text="steps: {").status_code == 422
    assert post(beside, admin, "rehearsal", text=7).status_code == 400


def test_a_rehearsal_counts_messages_by_place(beside, admin):
    routes = [{"on": ["merge_request", "deployment"], "to": ["chat7"]}]
    (text,) = texts_of(lines := rehearsed(beside, admin, {"routes": routes}))
    assert text == "Messages more a day: 0.1 (in 30 days 2 instead of 0)."
    assert lines[-1]["examples"] == ["chat7: +2"]
    named = rehearsed(beside, admin, {"routes": routes, "chats": {"general": "chat7"}})
    assert named[-1]["examples"] == ["the general chat: +2"]


def counts_of(world):
    with read(world.deps.engine) as conn:
        return [conn.scalar(select(func.count()).select_from(table)) for table in WRITTEN]


def test_a_rehearsal_writes_nothing(beside, admin, emulator):
    with read(beside.deps.engine) as conn:
        portal = portals.by_id(conn, beside.portal(emulator.state.member_id).id)
        before = current_settings(conn, portal)
    counts = counts_of(beside)
    rehearsed(beside, admin, {"language": "ru", "routes": [{"on": ["push"], "to": ["chat7"]}]})
    with read(beside.deps.engine) as conn:
        assert current_settings(conn, portal) == before
    assert counts_of(beside) == counts
