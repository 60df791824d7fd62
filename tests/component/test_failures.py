"""What goes wrong is named, is kept for later, and tells no secret."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys

import pytest
from reporter import errors
from reporter.app import APP_ERRORS, refusal
from reporter.assembly import impersonal
from reporter.errors import portal_failure
from reporter.main import NO_APP_URL, NO_ID_TOKEN, Run, attempt
from reporter.wire import Answer, Output
from ruamel.yaml import YAML

from tests.component.test_templates import with_defaults
from tests.component.world import SCRIPT, World

ALL = [
    *(portal_failure(200, {"error": code}, variable="V") for code in errors.PORTAL_ERRORS),
    *(portal_failure(status, None, variable="V") for status in (*errors.BY_STATUS, 418, 500)),
    portal_failure(200, {"error": "NEW", "error_description": "No."}, variable="V"),
    *(refusal(Answer(status, None), "app.test") for status in (*APP_ERRORS, 500)),
    errors.missing_webhook("V"), errors.wrong_webhook("V"), errors.moved_portal("", "V"),
    errors.unreachable("h", "down", sent=True), errors.out_of_time(10), errors.hidden_tasks([5]),
    errors.no_room(3), errors.no_report("x.json", "empty"), errors.defect(KeyError("x")),
    errors.not_told(("jobs",), "T"), errors.token_refused("T"), NO_ID_TOKEN, NO_APP_URL,
]  # fmt: skip


SENTENCES = re.compile(
    r"(?!.*(\.\.|\{)).+\. Usual reason: .+\. What to do: .+", re.DOTALL
)  # no "..", no brace


def test_every_failure_says_what_happened_why_it_usually_does_and_what_to_change() -> None:
    assert [
        failure for failure in ALL if not (failure.what and failure.why and failure.change)
    ] == []
    assert [text for text in map(str, ALL) if not SENTENCES.fullmatch(text)] == []


HOSTILE = [
    "'; touch /tmp/b24-evil; '", '"; touch /tmp/b24-evil; "', "`touch /tmp/b24-evil`",
    "$(touch /tmp/b24-evil)", "[user=all]all[/user]", "[url=https://evil.test]click[/url]",
    "$result[t5][task][title]", "$[[ inputs.task-prefix ]]", ">>quoted", "a]b[/b][/url]",
    "\x1b[31msection_start:1:x\r\x1b[0K", "%24result%5Bt5%5D", "&fields[TITLE]=evil", "\u202eevil",
]  # fmt: skip


def refuse_webhook(world: World) -> dict[str, str]:
    world.b24.revoke_webhooks()
    return {}


def go_down(world: World) -> dict[str, str]:
    world.b24.offline()
    return {}


def answer_with_a_page(world: World) -> dict[str, str]:
    world.b24.offline("html")
    return {}


def move_away(world: World) -> dict[str, str]:
    world.b24.move_domain()
    return {}


def overload(world: World) -> dict[str, str]:
    world.b24.fail_next(503, "QUERY_LIMIT_EXCEEDED", times=9)
    return {}


CASES = {
    "missing webhook": (
        lambda w: {"B24_WEBHOOK_URL": ""}, "The variable B24_WEBHOOK_URL is empty.",
    ),
    "something else pasted": (
        lambda w: {"B24_WEBHOOK_URL": "https://portal.test/crm/"},
        "The variable B24_WEBHOOK_URL holds no address of an inbound webhook.",
    ),
    "expired webhook": (
        refuse_webhook, "Bitrix24 does not accept the webhook (INVALID_CREDENTIALS).",
    ),
    "down": (go_down, "cannot be reached: Connection refused."),
    "a gateway's page": (answer_with_a_page, "Bitrix24 does not work now (HTTP 502)."),
    "moved portal": (move_away, "Bitrix24 answers that the portal has moved to 127.0.0.1:"),
    "too many requests": (overload, "Bitrix24 takes no more requests now (QUERY_LIMIT_EXCEEDED)."),
}  # fmt: skip


@pytest.mark.parametrize(("trouble", "said"), list(CASES.values()), ids=CASES)
def test_a_failure_has_a_name_and_the_report_is_kept(world: World, trouble, said: str) -> None:
    world.task(5)
    mr = world.open_mr()
    run = world.pipeline(mr)
    ran = world.report(run, mr, **trouble(world))
    assert (ran.code, "NOT REPORTED" in ran.said, said in ran.said) == (1, True, True), ran.said
    assert "retry this job, or run report.py --resume b24-report.json" in ran.said
    assert ran.json("b24-report.json")["tasks"] == [{"id": 5, "kind": "move", "merge_request": 1}]
    assert (world.folder / "b24.env").read_text() == "B24_TASK_IDS=5\n"


def test_a_kept_report_is_sent_later_and_only_once(world: World) -> None:
    world.task(5)
    mr = world.open_mr()
    run = world.pipeline(mr)
    world.b24.offline()
    world.report(run, mr)
    world.b24.online()
    world.gitlab.requests.clear()
    variables = {"B24_WEBHOOK_URL": world.b24.webhook(1)}
    for _ in range(2):
        resumed = world.run(variables, "--resume", "b24-report.json")
        assert resumed.code == 0, resumed.said
    [text] = world.messages(5)
    assert "!1 Pay" in text
    assert "#1 passed" in text
    assert world.gitlab.requests == []


def test_what_an_earlier_job_left_behind_is_not_kept_for_this_one(world: World) -> None:
    """A runner may keep the folder; a link in it would lead the writes elsewhere."""
    world.task(5)
    mr = world.open_mr()
    run = world.pipeline(mr)
    elsewhere = world.folder / "elsewhere"
    elsewhere.write_text("untouched")
    for name in ("b24-report.json", "b24.env", "b24-annotations.json"):
        (world.folder / name).symlink_to(elsewhere)
    ran = world.run(world.variables(run, mr))
    assert (ran.code, ran.kept) == (0, False)
    assert elsewhere.read_text() == "untouched"


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"version": 2}', '{"version": 1}'])
def test_a_file_that_is_no_report_is_refused(world: World, content: str) -> None:
    (world.folder / "other.json").write_text(content)
    ran = world.run({"B24_WEBHOOK_URL": world.webhook}, "--resume", "other.json")
    assert (ran.code, "other.json holds no report" in ran.said) == (1, True)


def test_a_busy_portal_is_asked_once_more(world: World) -> None:
    world.task(5)
    mr = world.open_mr()
    world.b24.fail_next(503, "QUERY_LIMIT_EXCEEDED")
    assert world.report(world.pipeline(mr), mr).code == 0
    assert len(world.messages(5)) == 1


def test_a_write_that_may_have_landed_is_not_repeated(world: World) -> None:
    world.task(5)
    mr = world.open_mr()
    run = world.pipeline(mr)
    world.b24.lose_answer()
    ran = world.report(run, mr)
    assert (ran.code, "what was sent may have landed" in ran.said) == (1, True)
    assert world.portal.requests["batch"] == 3
    world.report(run, mr)
    assert len(world.messages(5)) == 1


def test_a_part_that_is_refused_is_named_and_the_rest_is_written(world: World) -> None:
    world.task(5)
    world.webhook = world.b24.webhook(1, ("task",))
    mr = world.open_mr()
    ran = world.report(world.pipeline(mr), mr)
    assert ran.code == 1
    assert "not done: task 5: card written: The webhook may not do this (insufficient_scope)" in (
        ran.said
    )
    assert world.portal.tasks[5].uf == {"UF_CI_STATUS": "passed"}


def test_a_task_that_is_not_there_is_named(world: World) -> None:
    mr = world.open_mr()
    ran = world.report(world.pipeline(mr), mr)
    assert "not found, or hidden from the webhook's owner: task 5" in ran.said


def test_a_fork_without_secrets_is_no_failure(world: World) -> None:
    mr = world.open_mr()
    fork = {"CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "999", "B24_WEBHOOK_URL": ""}
    ran = world.report(world.pipeline(mr), mr, **fork)
    assert (ran.code, ran.kept) == (0, False)
    assert "from a fork sees no secrets" in ran.said


def test_a_fork_that_runs_in_the_parent_project_is_reported(world: World) -> None:
    world.task(5)
    mr = world.open_mr()
    ran = world.report(world.pipeline(mr), mr, CI_MERGE_REQUEST_SOURCE_PROJECT_ID="999")
    assert (ran.code, len(world.messages(5))) == (0, 1)


def test_a_slow_portal_costs_no_more_than_the_time_given(world: World) -> None:
    world.task(5)
    mr = world.open_mr()
    run = world.pipeline(mr)
    world.b24.faults.latency = 5.0
    ran = world.report(run, mr, B24_TIMEOUT="1")
    assert ran.code == 1
    assert ran.kept
    assert "no answer in time" in ran.said or "took longer than its 1 s" in ran.said


@pytest.mark.parametrize("token", ["", "glpat-any"])
def test_a_gitlab_that_hangs_makes_the_report_smaller_and_does_not_prevent_it(
    world: World, token: str
) -> None:
    world.task(5)
    mr = world.open_mr()
    run = world.pipeline(mr)
    with socket.create_server(("127.0.0.1", 0), backlog=16) as hanging:
        base = f"http://127.0.0.1:{hanging.getsockname()[1]}/api"
        where = {"CI_API_V4_URL": f"{base}/v4", "CI_API_GRAPHQL_URL": f"{base}/graphql"}
        ran = world.report(run, mr, B24_TIMEOUT="3", B24_GITLAB_TOKEN=token, **where)
    assert (ran.code, ran.kept) == (0, False), ran.said
    assert "GitLab does not tell the jobs of the pipeline" in ran.said
    [text] = world.messages(5)
    assert "!1 Pay" in text
    assert "#1 unknown" in text


def test_not_even_code_that_holds_the_interpreter_outlives_the_time_given(world: World) -> None:
    mr = world.open_mr()
    endless = (
        "import re, report; report.gather = lambda *_, **__: re.match('(a+)+$', 'a' * 99 + 'b')"
    )
    code = f"{endless}; raise SystemExit(report.main(report.os.environ, []))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=world.folder, capture_output=True, timeout=30,
        env={
            **world.variables(world.pipeline(mr), mr),
            "B24_TIMEOUT": "1", "PYTHONPATH": str(SCRIPT.parent),
        },
        check=False,
    )  # fmt: skip
    assert done.returncode == 1
    secret = world.webhook.rstrip("/").rpartition("/")[2].encode()
    assert secret not in done.stdout + done.stderr


def test_a_long_text_without_an_e_mail_address_is_read_once() -> None:
    assert impersonal("x" * 1_000_000) == "x" * 1_000_000
    assert impersonal("by ann@acme.example, <bob@acme.example>") == "by … <…>"


@pytest.mark.parametrize("text", HOSTILE)
def test_text_from_outside_stays_text(world: World, text: str) -> None:
    world.task(5, "Pay")
    mr = world.open_mr(f"B24-5 {text}")
    run = world.pipeline(mr)
    run.jobs[0].name = text
    run.jobs[0].status = "failed"
    world.gitlab.deploy(run, f"review/{text}", url=f"https://x.test/{text}")
    ran = world.report(run, mr, CI_COMMIT_MESSAGE=f"{text}\n\nB24-5", GITLAB_USER_NAME=text)
    assert ran.code == 0, ran.said
    [shown] = world.messages(5)
    tags = re.findall(r"\[/?[a-z*]+[^\]]*\]", shown)
    assert {re.split(r"[=\]]", tag)[0] for tag in tags} <= {"[url", "[/url", "[b", "[/b"}
    addresses = re.findall(r"\[url=([^\]]*)\]", shown)
    assert all(a.startswith((world.gitlab.url, "https://x.test/")) for a in addresses)
    assert world.portal.tasks[5].title == "Pay"
    assert "\x1b" not in ran.said
    assert "\u202e" not in ran.said


SECRETS_OUT = {
    "reported": {}, "dry run": {"B24_DRY_RUN": "true"}, "doctor": {"B24_MODE": "doctor"},
    "down": {"DOWN": "1"}, "wrong": {"WRONG": "1"},
}  # fmt: skip


@pytest.mark.parametrize("case", SECRETS_OUT)
def test_no_secret_is_printed_or_kept(world: World, case: str) -> None:
    world.task(5)
    mr = world.open_mr()
    run = world.pipeline(mr, "failed")
    more = dict(SECRETS_OUT[case])
    if more.pop("DOWN", ""):
        world.b24.offline()
    if more.pop("WRONG", ""):
        world.b24.revoke_webhooks()
    token = world.gitlab.state.add_token(world.ann, scopes=("read_api",)).value
    ran = world.report(run, mr, B24_GITLAB_TOKEN=token, CI_DEBUG_TRACE="true", **more)
    left = "".join(path.read_text("utf-8") for path in world.folder.iterdir())
    secret = world.webhook.rstrip("/").rpartition("/")[2]
    for hidden in (secret, world.job_token, token):
        assert hidden not in ran.said + left


@pytest.mark.parametrize("deliver", ["direct", "app"])
def test_a_traced_shell_shows_no_secret(world: World, deliver: str) -> None:
    """CI_DEBUG_TRACE makes the runner's shell print every command before it runs."""
    world.task(5)
    mr = world.open_mr()
    body = YAML(typ="safe").load(with_defaults("report"))
    [script] = body["b24-report"]["script"]
    token = world.gitlab.state.add_token(world.ann, scopes=("read_api",)).value
    variables = {
        **{name: str(value) for name, value in body["b24-report"]["variables"].items()},
        **world.variables(world.pipeline(mr), mr, B24_GITLAB_TOKEN=token, CI_DEBUG_TRACE="true"),
        "B24_ID_TOKEN": "eyJ.secret.token", "B24_DELIVER": deliver, "B24_APP_URL": "https://x.invalid",
    }  # fmt: skip
    done = subprocess.run(
        ["/bin/sh", "-ex"], input=script, cwd=world.folder, timeout=60, check=False,
        env={"PATH": os.environ["PATH"], **variables}, capture_output=True, text=True,
    )  # fmt: skip
    assert "python3 -I -" in done.stderr
    assert "b24: " in done.stdout
    secret = world.webhook.rstrip("/").rpartition("/")[2]
    for hidden in (secret, world.job_token, token, "eyJ.secret.token"):
        assert hidden not in done.stdout + done.stderr


def test_a_kept_report_holds_no_address_of_a_person(world: World) -> None:
    world.task(5)
    mr = world.open_mr()
    world.b24.offline()
    ran = world.report(world.pipeline(mr), mr)
    assert "@" not in json.dumps(ran.json("b24-report.json"))


def test_a_defect_of_the_reporter_is_one_line_without_secrets(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    run = Run({"B24_WEBHOOK_URL": world.webhook}, Output(said.append))

    def broken(_: object) -> int:
        raise KeyError(world.webhook)

    monkeypatch.setattr(run, "perform", broken)
    codes: list[int] = []
    attempt(run, [], codes)
    assert codes == [1]
    assert said == [
        "b24: NOT REPORTED. A defect of the reporter: KeyError: '[masked]'. Usual reason: "
        "something came that it does not expect. What to do: send this line to the component's "
        "project; the pipeline is not to blame.\n",
    ]
