"""What the pages ask: only with a page token, only of the own portal, changes by admins only."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from sync.store import portals
from sync.store.db.database import read, write
from sync.store.rows import Installation, PortalTokens
from sync.store.tables import command, delivery, subject
from tests.b24app.factories import APPROVED, AT, deployed, failed, mirrored


@pytest.fixture
def portal(world):
    found = world.install()
    world.connect(found)
    with write(world.deps.engine) as conn:
        mirrored(conn, found.id)
    return found


@pytest.fixture
def stranger(world):
    """Another portal, with an administrator of its own."""
    installation = Installation(
        "b" * 32, "https://other.example.com/rest/", "", PortalTokens("a", "r", None, 1)
    )
    with write(world.deps.engine) as conn:
        return portals.create_or_update(conn, world.deps.vault, installation, AT)


def bearer(world, portal_id, *, admin=True):
    return world.bearer(portal_id, admin=admin)


READ = ["/api/status", "/api/connections", "/api/failures", "/api/task/2103/development"]
RENEW = "/api/renew"
FAULT = "A fault of this application: {}. The log of its worker says where"
CHANGE = [
    "/api/connections/main/test",
    "/api/replay",
    "/api/install/run",
    "/api/install/finish",
]


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer x.y.z", "Basic YTpi", "token"], ids=str
)
def test_nothing_is_told_without_a_page_token(world, portal, authorization):
    headers = {} if authorization is None else {"Authorization": authorization}
    answers = {path: world.client.get(path, headers=headers) for path in READ}
    answers |= {path: world.client.post(path, headers=headers) for path in (*CHANGE, RENEW)}
    codes = {
        path: (answer.status_code, answer.json["error"]["code"]) for path, answer in answers.items()
    }
    assert {path: code for path, code in codes.items() if code != (401, "page_over")} == {}


def test_a_page_token_is_over_after_an_hour(world, portal):
    headers = bearer(world, portal.id)
    assert world.client.get("/api/status", headers=headers).status_code == 200
    world.deps.clock.sleep(timedelta(hours=1).total_seconds())
    assert world.client.get("/api/status", headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("language", "text"),
    [("ru", "Эта страница открыта слишком давно"), ("de", "This page was open too long")],
)
def test_an_error_is_told_in_the_language_of_the_page(world, language, text):
    answer = world.client.get("/api/status", headers={"Accept-Language": language})
    assert answer.json["error"]["text"] == text


def test_what_failed_is_told_in_the_language_of_the_page(world, portal):
    why = "The portal does not accept this request as it is"
    with write(world.deps.engine) as conn:
        portals.set_state(conn, portal.id, "disconnected", f"profile was not done. {why}.", AT)
    headers = bearer(world, portal.id) | {"Accept-Language": "ru"}
    found = world.client.get("/api/status", headers=headers).json
    assert found["reason"] == "profile не выполнен. Портал не принимает такой запрос."


@pytest.mark.parametrize("path", CHANGE)
def test_only_an_administrator_changes_anything(world, portal, path):
    answer = world.client.post(
        path, json={"items": []}, headers=bearer(world, portal.id, admin=False)
    )
    assert answer.status_code == 403
    assert answer.json["error"]["text"] == "Only an administrator of the portal may do this"


def test_the_token_of_a_removed_portal_opens_nothing(world, portal):
    headers = bearer(world, portal.id)
    with write(world.deps.engine) as conn:
        portals.set_state(conn, portal.id, "removed", "", AT)
    assert world.client.get("/api/status", headers=headers).status_code == 404


def test_the_status_shows_the_portal_and_its_merge_requests(world, portal):
    answer = world.client.get("/api/status", headers=bearer(world, portal.id)).json
    assert (answer["portal"], answer["state"]) == ("portal.example.com", "active")
    assert answer["worker_alive"] is False
    path = "/api/merge-requests"
    (row,) = world.client.get(path, headers=bearer(world, portal.id)).json["merge_requests"]
    assert (row["reference"], row["state"], row["approved"]) == ("team/shop!7", "opened", True)
    assert (row["author"], row["approved_by"]) == ("Ann Author", ["Rob Reviewer"])
    assert row["pipeline"] == "success"
    assert row["tasks"] == [
        {"id": 999, "kind": "mention", "title": "", "unknown": True},
        {"id": 2103, "kind": "move", "title": "Pay by card", "unknown": False},
    ]


def test_a_task_shows_its_merge_requests_and_the_last_reasons(world, portal):
    path = "/api/task/2103/development"
    answer = world.client.get(path, headers=bearer(world, portal.id)).json
    assert answer["task"]["title"] == "Pay by card"
    assert [one["reference"] for one in answer["merge_requests"]] == ["team/shop!7"]
    assert [row["text"] for row in answer["reasons"]] == [APPROVED]
    assert [(one["branch"], one["status"]) for one in answer["pipelines"]] == [
        ("feature/B24-2103", "success")
    ]
    assert answer["environments"] == []


def test_a_task_shows_where_its_work_is(world, portal):
    with write(world.deps.engine) as conn:
        deployed(conn, portal.id, ("test", "success"), ("prod", "failed"))
    path = "/api/task/2103/development"
    found = world.client.get(path, headers=bearer(world, portal.id)).json
    fields = "name", "tier", "inside", "state"
    assert [tuple(row[field] for field in fields) for row in found["environments"]] == [
        ("test", "testing", True, "success"),
        ("prod", "production", False, "failed"),
    ]


@pytest.mark.parametrize("task_id", [1000, 31337])
def test_a_task_without_merge_requests_is_empty(world, portal, task_id):
    path = f"/api/task/{task_id}/development"
    found = world.client.get(path, headers=bearer(world, portal.id)).json
    assert (found["merge_requests"], found["reasons"]) == ([], [])


def test_another_portal_sees_nothing_of_this_one(world, portal, stranger):
    with write(world.deps.engine) as conn:
        failed(conn, portal.id)
    headers = bearer(world, stranger)
    assert world.client.get("/api/merge-requests", headers=headers).json["total"] == 0
    assert world.client.get("/api/connections", headers=headers).json == {"connections": []}
    assert world.client.get("/api/failures", headers=headers).json == {"failures": []}
    found = world.client.get("/api/task/2103/development", headers=headers).json
    assert (found["merge_requests"], found["reasons"]) == ([], [])
    assert (found["pipelines"], found["environments"]) == ([], [])
    assert world.client.post("/api/connections/main/test", headers=headers).status_code == 404


def test_connections_are_shown_without_any_secret(world, portal):
    answer = world.client.get("/api/connections", headers=bearer(world, portal.id))
    (one,) = answer.json["connections"]
    assert set(one) == {"name", "kind", "base_url", "state", "state_reason", "account"}


def test_failures_are_listed_with_their_reasons(world, portal):
    with write(world.deps.engine) as conn:
        failed(conn, portal.id)
    found = world.client.get("/api/failures", headers=bearer(world, portal.id)).json["failures"]
    assert [(one["kind"], one["action"], one["about"], one["text"]) for one in found] == [
        (
            "command",
            "move_task",
            "2103",
            "The employee who installed the application may not do this",
        ),
        ("subject", "decide", "55", FAULT.format("KeyError: 55")),
        (
            "delivery",
            "read",
            "ONTASKUPDATE",
            FAULT.format("KeyError: 'x'"),
        ),
    ]


def states(world):
    with read(world.deps.engine) as conn:
        return {
            table.name: conn.scalar(select(table.c.state)) for table in (command, delivery, subject)
        }


@pytest.mark.dialect
def test_what_failed_is_repeated_and_the_worker_is_woken(world, portal):
    with write(world.deps.engine) as conn:
        ids = failed(conn, portal.id)
    items = [{"kind": kind, "id": key} for kind, key in ids.items()]
    answer = world.client.post(
        "/api/replay", json={"items": items}, headers=bearer(world, portal.id)
    )
    assert answer.json == {"replayed": 3}
    assert states(world) == {"command": "waiting", "delivery": "new", "subject": "dirty"}
    assert world.woken == [portal.id]


def test_another_portal_repeats_nothing_of_this_one(world, portal, stranger):
    with write(world.deps.engine) as conn:
        ids = failed(conn, portal.id)
    before = states(world)
    items = [{"kind": kind, "id": key} for kind, key in ids.items()]
    answer = world.client.post(
        "/api/replay", json={"items": items}, headers=bearer(world, stranger)
    )
    assert answer.json == {"replayed": 0}
    assert states(world) == before


@pytest.mark.parametrize("body", [None, {}, {"items": 5}, {"items": ["a"]}, [1]], ids=str)
def test_a_replay_of_nonsense_is_told_so(world, portal, body):
    answer = world.client.post("/api/replay", json=body, headers=bearer(world, portal.id))
    assert answer.status_code == 400
    assert answer.json["error"]["text"] == "`items` must be a list of {kind, id}"


@pytest.mark.parametrize("key", ["", "x", "-1", "9" * 30, "1; DROP TABLE portal", "99999"])
def test_a_replay_of_unknown_ids_repeats_nothing(world, portal, key):
    items = [{"kind": kind, "id": key} for kind in ("delivery", "command", "subject", "other")]
    answer = world.client.post(
        "/api/replay", json={"items": items}, headers=bearer(world, portal.id)
    )
    assert answer.json == {"replayed": 0}


def test_a_connection_without_a_token_is_told_so_when_tested(world, portal):
    answer = world.client.post("/api/connections/main/test", headers=bearer(world, portal.id))
    assert answer.json == {
        "ok": False,
        "account": "",
        "problems": [
            "The connection main has no access token",
            "Give it one under `token` in the settings",
        ],
    }


def test_an_unknown_path_and_a_wrong_method_are_told_as_json(world):
    assert world.client.get("/api/nothing").json["error"]["code"] == "not_found"
    assert world.client.get("/b24/events").json["error"]["code"] == "method_not_allowed"


def test_a_bug_is_told_without_a_traceback_and_with_the_request_id(world, portal, monkeypatch):
    def broken(*_):
        raise RuntimeError("glpat-secret-inside")

    monkeypatch.setattr("b24app.services.overview.build_overview", broken)
    headers = bearer(world, portal.id) | {"X-Request-Id": "request-of-mine"}
    answer = world.client.get("/api/status", headers=headers)
    assert answer.status_code == 500
    assert answer.json["error"] == {
        "code": "internal",
        "text": "Something broke on our side",
        "change": "Try again; if it stays, give the request id below to your administrator",
        "request_id": "request-of-mine",
    }
    assert "glpat" not in answer.text
