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
ANSWER = b'{"tasks": [{"id": 7}, {"id": 5, "url": "https://portal.test/5/"}]}'


@contextmanager
def an_app(*statuses: int) -> Iterator[tuple[str, list]]:
    """Answers with these statuses, one after the other; what came is in the list."""
    heard: list = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append((self.path, self.headers["Authorization"], json.loads(body)))
            self.send_response(statuses[min(len(heard), len(statuses)) - 1])
            self.end_headers()
            self.wfile.write(ANSWER)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
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
    assert body["report"]["commits"] == [{"sha": run.sha, "message": "Pay"}]
    link = {"external_link": {"label": "#5", "url": "https://portal.test/5/"}}
    assert ran.json("b24-annotations.json") == {"Bitrix24": [link]}
    assert (world.folder / "b24.env").read_text() == "B24_TASK_IDS=7,5\n"
    assert "has the report; the tasks it names: 7, 5" in ran.said
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


def body_of(world: World, run, mr=None, **more: str) -> dict:
    with an_app(202) as (url, heard):
        ran = world.report(run, mr, **{**variables(url), **more})
    assert ran.code == 0, ran.said
    [(_, _, body)] = heard
    return body["report"]


def test_what_is_to_be_reported_is_chosen_in_the_job(world: World) -> None:
    mr = world.open_mr()
    run = world.pipeline(mr)
    for place in ("review/5", "production"):
        world.gitlab.deploy(run, place)
    told = body_of(world, run, mr, B24_TIERS="production")
    assert [one["environment"] for one in told["deployments"]] == ["production"]
    told = body_of(world, run, mr, B24_REPORT="merge-request")
    assert (told["status"], told["deployments"], len(told["merge_requests"])) == ("", [], 1)
    told = body_of(world, run, mr, B24_REPORT="pipeline")
    assert (told["status"], told["merge_requests"]) == ("success", [])


@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ({"B24_REFS": "main"}, "this ref is not among the input refs"),
        ({"B24_STATUSES": "failed"}, "the status success is not among the input statuses"),
    ],
)
def test_what_is_not_wanted_is_not_sent(world: World, variable: dict, said: str) -> None:
    mr = world.open_mr()
    run = world.pipeline(mr)
    with an_app(202) as (url, heard):
        ran = world.report(run, mr, **variables(url), **variable)
    assert (ran.code, said in ran.said, heard) == (0, True, [])


def test_the_app_reads_the_texts_itself_so_they_are_sent_whatever_the_job_finds(
    world: World,
) -> None:
    mr = world.open_mr("Pay", branch="feature/pay", description="TASK-5 for ann@acme.example")
    told = body_of(world, world.pipeline(mr), mr)
    [request] = told["merge_requests"]
    assert (request["description"], "tasks" in told) == ("TASK-5 for …", False)
    assert (told["default_branch"], told["project_title"]) == ("main", "Shop")


def test_inputs_that_the_apps_own_settings_replace_are_named(world: World) -> None:
    mr = world.open_mr()
    run = world.pipeline(mr)
    given = {"B24_CHAT": "chat5", "B24_LANGUAGE": "ru", "B24_ON_OPEN": "keep"}
    with an_app(202) as (url, _):
        ran = world.report(run, mr, **variables(url), **given)
        silent = world.report(run, mr, **variables(url))
    assert (
        "b24: the app's own settings count in place of the inputs language, chat, on-open\n"
        in ran.said
    )
    assert "own settings" not in silent.said


def test_of_very_long_texts_the_beginning_is_sent_and_that_is_said(world: World) -> None:
    mr = world.open_mr(description="Ж" * 300_000 + " B24-6")
    run = world.pipeline(mr)
    with an_app(202) as (url, heard):
        ran = world.report(run, mr, **variables(url), CI_COMMIT_MESSAGE="Ж" * 9_000)
    [(_, _, body)] = heard
    schema = json.loads((ROOT / "ci-components" / "report.schema.json").read_text("utf-8"))
    jsonschema.validate(body, schema)
    assert "of long texts the app sees the beginning" in ran.said


def test_a_dry_run_sends_nothing(world: World) -> None:
    mr = world.open_mr()
    run = world.pipeline(mr)
    with an_app(202) as (url, heard):
        ran = world.report(run, mr, **variables(url), B24_DRY_RUN="true")
    assert (ran.code, f"would send the report to {url}/ci/report" in ran.said, heard) == (
        0, True, [],
    )  # fmt: skip


def test_what_was_not_taken_is_kept_for_a_retry_of_the_job(world: World) -> None:
    mr = world.open_mr()
    run = world.pipeline(mr)
    with an_app(500) as (url, _):
        ran = world.report(run, mr, **variables(url))
    assert (ran.code, ran.kept) == (1, True)
    assert "b24: The report is kept in b24-report.json: retry this job\n" in ran.said


ODD = [b"", b"[]", b'{"tasks": 5}', b'{"tasks": [5, {}, {"id": "x"}, {"id": -1, "url": 5}]}']


@pytest.mark.parametrize("answer", ODD)
def test_an_odd_answer_names_no_task(
    world: World, answer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.component.test_app.ANSWER", answer)
    mr = world.open_mr()
    run = world.pipeline(mr)
    with an_app(200) as (url, _):
        ran = world.report(run, mr, **variables(url))
    assert (ran.code, "the tasks it names: none" in ran.said) == (0, True)
    assert (world.folder / "b24.env").read_text() == "B24_TASK_IDS=\n"
