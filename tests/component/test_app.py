"""Delivery through the app: an ID token, one request, no webhook, and nothing decided."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import jsonschema
import pytest

from sync.gitlab.ci_reports.facts import Facts
from sync.gitlab.ci_reports.report import notes, nothing, report_of
from tests.component.world import World, default_inputs

ROOT = Path(__file__).parents[2]
ANSWER = (
    b'{"tasks": [{"id": 7}, {"id": 5, "url": "https://portal.test/5/"}],'
    b' "notes": [{"text": "the app has the report; the tasks it names: 7, 5"}]}'
)
REFUSAL = b""


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
            status = statuses[min(len(heard), len(statuses)) - 1]
            self.send_response(status)
            self.send_header("Retry-After", "0")
            self.end_headers()
            self.wfile.write(ANSWER if status < 300 else REFUSAL)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", heard
    server.shutdown()
    server.server_close()


REPORT = {"B24_REPORT": "pipeline, merge-request, deployments, commits"}


def variables(url: str) -> dict[str, str]:
    more = {"B24_DELIVER": "app", "B24_APP_URL": url, "B24_ID_TOKEN": "eyJ.id.token"}
    return {**more, **REPORT, "B24_WEBHOOK_URL": ""}


def test_the_facts_go_to_the_app_as_its_schema_says(world: World) -> None:
    mr = world.open_mr()
    run = world.pipeline(mr, "failed")
    world.gitlab.deploy(run, "staging", url="https://staging.test")
    world.requests()
    with an_app(202) as (url, heard):
        ran = world.report(run, mr, **variables(url))
    [(path, authorization, body)] = heard
    assert (ran.code, path, authorization) == (0, "/ci/report", "Bearer eyJ.id.token")
    validate(body)
    assert world.requests() == (3, Counter())
    link = {"external_link": {"label": "#5", "url": "https://portal.test/5/"}}
    assert ran.json("b24-annotations.json") == {"Bitrix24": [link]}
    assert (world.folder / "b24.env").read_text() == "B24_TASK_IDS=7,5\n"
    assert ran.files == ["b24-annotations.json", "b24.env"]
    assert "b24: the app has the report; the tasks it names: 7, 5\n" in ran.said


def validate(body: object) -> None:
    schema = json.loads((ROOT / "ci-components" / "report.schema.json").read_text("utf-8"))
    jsonschema.validate(body, schema)


def test_nothing_is_sent_that_the_app_does_not_read(world: World) -> None:
    """Neither who ran a job, nor addresses of people, nor a token."""
    mr = world.open_mr(description="TASK-5 for ann@acme.example")
    run = world.pipeline(mr, "failed")
    with an_app(202) as (url, heard):
        world.report(
            run, mr, **variables(url), B24_GITLAB_TOKEN="glpat-any", CI_REGISTRY_PASSWORD="p4ss"
        )
    text = json.dumps(heard[0][2])
    assert "TASK-5 for \\u2026" in text
    for secret in ("@", "glpat-any", "p4ss", world.job_token, "GITLAB_USER_EMAIL", "commit_email"):
        assert secret not in text


TITLES = {
    "an address": ("B24-5 for ann@acme.example", "B24-5 for …"),
    "in angle brackets": ("B24-5 by Ann <ann@host>", "B24-5 by Ann <…>"),
    "of Cyrillic letters": ("B24-5 <анна@почта.рф>", "B24-5 <…>"),
    "a package": ("Bump lodash@4.17.21 for B24-5", "Bump lodash@4.17.21 for B24-5"),
    "a scoped package": ("B24-5 takes @types/node@18", "B24-5 takes @types/node@18"),
    "a person": ("B24-5, thanks to @ann", "B24-5, thanks to @ann"),
}


@pytest.mark.parametrize(("title", "sent"), list(TITLES.values()), ids=list(TITLES))
def test_of_addresses_of_people_the_app_sees_a_mark(world: World, title: str, sent: str) -> None:
    mr = world.open_mr(title)
    [request] = body_of(world, world.pipeline(mr), mr)["merge_requests"]
    assert request["title"] == sent


REFUSALS = [
    (401, b'{"error": {"text": "The ID token is not accepted"}}', "The ID token is not accepted"),
    (422, b'{"error": {"text": "facts.version: 3"}}', "facts.version: 3"),
    (404, b"<html>", "no reason given"),
    (403, b'{"error": "no"}', "no reason given"),
    (202, b"[]", "no reason given"),
    (200, b"<html>a page of somebody else", "no reason given"),
]


@pytest.mark.parametrize(("status", "answer", "why"), REFUSALS)
def test_a_refusal_is_named_in_the_app_s_words_and_not_repeated(
    world: World, status: int, answer: bytes, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.component.test_app.ANSWER", answer)
    monkeypatch.setattr("tests.component.test_app.REFUSAL", answer)
    mr = world.open_mr()
    with an_app(status) as (url, heard):
        ran = world.report(world.pipeline(mr), mr, **variables(url))
    host = url.removeprefix("http://")
    said = f"b24: NOT REPORTED. {host} refuses it: {why} (HTTP {status}).\n"
    assert (ran.code, said in ran.said, len(heard)) == (1, True, 1)
    assert "eyJ.id.token" not in ran.said


@pytest.mark.parametrize("status", [503, 429])
def test_an_app_that_is_down_for_a_moment_is_asked_again(world: World, status: int) -> None:
    mr = world.open_mr()
    with an_app(status, 202) as (url, heard):
        ran = world.report(world.pipeline(mr), mr, **variables(url))
    assert (ran.code, len(heard)) == (0, 2)


def test_what_was_not_taken_is_made_anew_by_a_retry_of_the_job(world: World) -> None:
    mr = world.open_mr()
    run = world.pipeline(mr)
    with an_app(500) as (url, _):
        ran = world.report(run, mr, **variables(url))
        assert (ran.code, "refuses it: no reason given (HTTP 500)." in ran.said) == (
            1,
            True,
        )
    with an_app(202) as (url, heard):
        assert world.report(run, mr, **variables(url)).code == 0
    assert len(heard) == 1


def test_without_an_id_token_the_reason_is_named(world: World) -> None:
    mr = world.open_mr()
    more = {"B24_DELIVER": "app", "B24_APP_URL": "https://app.test"}
    ran = world.report(world.pipeline(mr), mr, **more)
    assert (ran.code, "The job has no ID token (" in ran.said) == (1, True)


@pytest.mark.parametrize("url", ["http://app.test", "-", "", "ftp://x"])
def test_an_id_token_is_not_sent_in_clear_text(world: World, url: str) -> None:
    mr = world.open_mr()
    ran = world.report(world.pipeline(mr), mr, **variables(url))
    assert ran.code == 1
    assert "app-url is no https:// address (NO_APP_URL)." in ran.said


def facts_of(world: World, run, mr=None, **more: str) -> Facts:
    """What the app reads of what a job sends."""
    with an_app(202) as (url, heard):
        ran = world.report(run, mr, **{**variables(url), **more})
    assert ran.code == 0, ran.said
    [(_, _, body)] = heard
    validate(body)
    return Facts.model_validate(body["facts"])


def body_of(world: World, run, mr=None, **more: str) -> dict:
    return report_of(facts_of(world, run, mr, **more))


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
    ("refs", "wanted"),
    [("main", False), ("main, feature/*", True), ("*", True), ("feature", False)],
)
def test_a_ref_that_is_not_wanted_is_for_the_app_to_leave_out(
    world: World, refs: str, wanted: bool
) -> None:
    mr = world.open_mr()
    facts = facts_of(world, world.pipeline(mr), mr, B24_REFS=refs)
    why = "" if wanted else "this ref is not among the input refs"
    assert nothing(facts, report_of(facts)) == why


def test_a_status_that_is_not_wanted_is_for_the_app_to_leave_out(world: World) -> None:
    mr = world.open_mr()
    facts = facts_of(world, world.pipeline(mr), mr, B24_STATUSES="failed")
    said = "the status success is not among the input statuses"
    assert nothing(facts, report_of(facts)) == said


def test_what_the_app_leaves_out_and_notes_is_printed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = (
        b'{"tasks": [], "notes": [{"text": "of long texts\\u001b the beginning"}], "nothing": "no"}'
    )
    monkeypatch.setattr("tests.component.test_app.ANSWER", answer)
    mr = world.open_mr()
    with an_app(200) as (url, _):
        ran = world.report(world.pipeline(mr), mr, **variables(url))
    assert ran.code == 0
    assert ran.said.endswith("b24: of long texts  the beginning\n")


def test_the_app_reads_the_texts_itself(world: World) -> None:
    mr = world.open_mr("Pay", branch="feature/pay", description="TASK-5 for ann@acme.example")
    told = body_of(world, world.pipeline(mr), mr)
    [request] = told["merge_requests"]
    assert (request["description"], "tasks" in told) == ("TASK-5 for …", False)
    assert (told["default_branch"], told["project_title"]) == ("main", "Shop")


def test_inputs_that_the_apps_own_settings_replace_are_named(world: World) -> None:
    mr = world.open_mr()
    run = world.pipeline(mr)
    given = {
        "B24_CHAT": "chat5", "B24_LANGUAGE": "ru", "B24_ON_OPEN": "keep",
        "B24_NOTIFY_SOURCES": "*", "B24_TOKEN_VARIABLE": "READ_TOKEN",
    }  # fmt: skip
    said = "the app's own settings count in place of the inputs language, chat, notify-sources, "
    assert notes(facts_of(world, run, mr, **given)) == [f"{said}on-open, token-variable"]
    assert notes(facts_of(world, run, mr, B24_CHAT="-", B24_LANGUAGE="en")) == []


def test_the_log_says_whose_result_a_childs_is(world: World) -> None:
    mr = world.open_mr()
    facts = facts_of(world, world.pipeline(mr), mr, CI_PIPELINE_SOURCE="parent_pipeline")
    [note] = notes(facts)
    assert note.startswith("the result of a child pipeline is its parent's")


@pytest.mark.parametrize("mode", ["report", "merge-request", "deployment"])
def test_an_include_without_inputs_gives_none_in_vain(mode: str) -> None:
    given = {"version": 2, "mode": mode, "variables": default_inputs(mode)}
    assert notes(Facts.model_validate(given)) == []


def test_of_very_long_texts_the_beginning_is_sent_and_that_is_said(world: World) -> None:
    mr = world.open_mr(description="Ж" * 300_000 + " B24-6")
    facts = facts_of(world, world.pipeline(mr), mr, CI_COMMIT_MESSAGE="Ж" * 9_000)
    assert notes(facts) == [
        "of long texts the app sees the beginning: tasks named later are not found"
    ]
    assert len(facts.variables["CI_COMMIT_MESSAGE"]) == 5_000


def test_what_gitlab_refuses_is_noted(world: World) -> None:
    mr = world.open_mr()
    facts = facts_of(world, world.pipeline(mr), mr, CI_JOB_TOKEN="")
    assert notes(facts)[0].startswith("GitLab does not tell the jobs of the pipeline, ")
    made = report_of(facts)
    assert (made["status"], made["merge_requests"][0]["title"]) == ("unknown", "Pay")


def test_a_gitlab_in_trouble_is_asked_three_times_in_all(world: World) -> None:
    mr = world.open_mr()
    run = world.pipeline(mr)
    world.gitlab.failing = 502
    world.requests()
    facts_of(world, run, mr)
    assert world.requests()[0] == 3


def test_a_dry_run_sends_nothing(world: World) -> None:
    mr = world.open_mr()
    run = world.pipeline(mr)
    with an_app(202) as (url, heard):
        ran = world.report(run, mr, **variables(url), B24_DRY_RUN="true")
    assert (ran.code, f"would send the report to {url}\n" in ran.said, heard) == (
        0, True, [],
    )  # fmt: skip


def test_a_fork_s_pipeline_sends_nothing(world: World) -> None:
    mr = world.open_mr()
    run = world.pipeline(mr)
    fork = {"CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "999", "CI_PROJECT_ID": "999"}
    with an_app(202) as (url, heard):
        ran = world.report(run, mr, **variables(url), **fork)
    assert (ran.code, heard, "from a fork sees no secrets" in ran.said) == (0, [], True)


def test_the_version_is_the_user_agent(world: World) -> None:
    mr = world.open_mr()
    with an_app(202) as (url, heard):
        world.report(world.pipeline(mr), mr, **variables(url))
    assert heard[0][2]["facts"]["component"] == "b24bridge/test"


ODD = [
    b'{"tasks": 5}',
    b'{"tasks": [], "notes": {}}',
    b'{"tasks": [5, {}, {"id": "x"}, {"id": -1, "url": 5}]}',
]


@pytest.mark.parametrize("answer", ODD)
def test_an_odd_answer_names_no_task(
    world: World, answer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.component.test_app.ANSWER", answer)
    mr = world.open_mr()
    run = world.pipeline(mr)
    with an_app(200) as (url, _):
        ran = world.report(run, mr, **variables(url))
    assert ran.code == 0, ran.said
    assert (world.folder / "b24.env").read_text() == "B24_TASK_IDS=\n"
