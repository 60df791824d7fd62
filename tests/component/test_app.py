"""Delivery through the app: an ID token, one request, no webhook."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import jsonschema
import pytest

from tests.component.world import World

ROOT = Path(__file__).parents[2]
TASKS = {"tasks": [{"id": 5, "title": "Pay", "url": "https://portal.test/5/"}]}


@contextmanager
def an_app(*statuses: int) -> Iterator[tuple[str, list]]:
    """Answers with these statuses, one after the other; what came is in the list."""
    heard: list = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append((self.path, self.headers["Authorization"], json.loads(body)))
            self.send_response(statuses[min(len(heard), len(statuses)) - 1])
            self.end_headers()
            self.wfile.write(json.dumps(TASKS).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", heard
    server.shutdown()
    server.server_close()


def variables(url: str) -> dict[str, str]:
    more = {"B24_DELIVER": "app", "B24_APP_URL": url, "B24_ID_TOKEN": "eyJ.id.token"}
    return {**more, "B24_WEBHOOK_URL": ""}


def test_the_report_goes_to_the_app_as_its_schema_says(world: World) -> None:
    mr = world.open_mr()
    run = world.pipeline(mr, "failed")
    world.gitlab.deploy(run, "staging", url="https://staging.test")
    with an_app(202) as (url, heard):
        ran = world.report(run, mr, **variables(url))
    [(path, authorization, body)] = heard
    assert (ran.code, path, authorization) == (0, "/ci/report", "Bearer eyJ.id.token")
    schema = json.loads((ROOT / "ci-components" / "report.schema.json").read_text("utf-8"))
    jsonschema.validate(body, schema)
    assert body["report"]["tasks"] == [{"id": 5, "kind": "move", "merge_request": 1}]
    link = {"external_link": {"label": "#5 Pay", "url": "https://portal.test/5/"}}
    assert ran.json("b24-annotations.json") == {"Bitrix24": [link]}
    assert not world.portal.requests


ANSWERS = [
    (401, "The app does not accept the job's ID token (HTTP 401)"),
    (403, "The app knows this GitLab, and not this project (HTTP 403)"),
    (404, "There is no app at this address (HTTP 404)"),
    (422, "The app does not understand the report (HTTP 422)"),
]


@pytest.mark.parametrize(("status", "said"), ANSWERS)
def test_a_refusal_is_named_and_not_repeated(world: World, status: int, said: str) -> None:
    mr = world.open_mr()
    with an_app(status) as (url, heard):
        ran = world.report(world.pipeline(mr), mr, **variables(url))
    assert (ran.code, said in ran.said, len(heard), ran.kept) == (1, True, 1, True)
    assert "eyJ.id.token" not in ran.said


def test_an_app_that_is_down_for_a_moment_is_asked_again(world: World) -> None:
    mr = world.open_mr()
    with an_app(503, 202) as (url, heard):
        ran = world.report(world.pipeline(mr), mr, **variables(url))
    assert (ran.code, len(heard)) == (0, 2)


def test_without_an_id_token_the_reason_is_named(world: World) -> None:
    mr = world.open_mr()
    more = {"B24_DELIVER": "app", "B24_APP_URL": "https://app.test"}
    ran = world.report(world.pipeline(mr), mr, **more)
    assert (ran.code, "The job has no ID token B24_ID_TOKEN." in ran.said) == (1, True)
