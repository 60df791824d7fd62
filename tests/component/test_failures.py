"""What goes wrong is named by a sentence and a code, and tells no secret."""

from __future__ import annotations

import ast
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from reporter import errors
from reporter.ci_variables import Variables
from reporter.errors import Problem, portal_problem
from reporter.http import Output
from reporter.main import Run, attempt
from reporter.portal_batch import read_webhook
from reporter.settings import read_secret

from tests.component.test_templates import jobs
from tests.component.world import ROOT, World, built

OF_BITRIX24 = [  # https://apidocs.bitrix24.com/common-errors.html
    "INVALID_CREDENTIALS", "NO_AUTH_FOUND", "INVALID_TOKEN", "expired_token", "AUTHORIZATION_ERROR",
    "APPLICATION_NOT_FOUND", "HTTP 401", "HTTP 403", "HTTP 404", "insufficient_scope",
    "ERROR_METHOD_NOT_FOUND", "QUERY_LIMIT_EXCEEDED", "OPERATION_TIME_LIMIT", "HTTP 429",
    "HTTP 503", "OVERLOAD_LIMIT", "PAYMENT_REQUIRED", "ALLOWED_ONLY_INTRANET_USER", "ACCESS_DENIED",
    "1048582", "user_access_error", "ACCESS_ERROR", "PORTAL_DELETED", "HTTP 410", "INVALID_REQUEST",
]  # fmt: skip
CODES = [
    *OF_BITRIX24, "HTTP 200", "HTTP 422", "HTTP 500", "NO_WEBHOOK", "WRONG_WEBHOOK", "MOVED",
    "UNREACHABLE", "TROUBLE", "NOT_TOLD", "TOKEN_REFUSED", "HIDDEN_TASK", "OVERTAKEN", "NO_ROOM",
    "DEFECT", "TIME", "NO_ID_TOKEN", "NO_APP_URL", "NO_PYTHON",
]  # fmt: skip


@pytest.mark.parametrize("code", CODES)
def test_the_page_has_reason_and_remedy_of_every_code(code: str) -> None:
    page = (ROOT / "docs" / "component.md").read_text("utf-8")
    rows = [line for line in page.splitlines() if line.startswith("|") and f"`{code}`" in line]
    assert len(rows) == 1
    _, _, reason, remedy, _ = rows[0].split("|")
    assert reason.strip()
    assert remedy.strip()


def test_every_code_that_is_printed_is_on_the_page() -> None:
    sources = (ROOT / "ci-components" / "reporter").glob("*.py")
    text = "".join(path.read_text("utf-8") for path in sources)
    printed = set(re.findall(r" \(([A-Z][A-Z_]{3,})\)\.", text))
    for node in ast.walk(ast.parse(text.replace("from __future__ import annotations", ""))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Problem":
            code = node.args[1]
            printed |= {code.value} if isinstance(code, ast.Constant) else set()
    assert printed - set(CODES) == set()
    assert len(printed) > 10


@pytest.mark.parametrize("code", OF_BITRIX24)
def test_a_failure_is_one_sentence_with_its_code(code: str) -> None:
    by_status = code.startswith("HTTP ")
    body = None if by_status else {"error": code, "error_description": "It is so."}
    said = str(portal_problem(int(code[5:]) if by_status else 400, body))
    refusal = f"Bitrix24 refuses: {'it does not say why' if by_status else 'It is so'}"
    meaning = errors.MEANINGS.get(code.replace(" ", ""), refusal)
    assert said == f"{meaning} ({code})."


@pytest.mark.parametrize(
    ("code", "mild"),
    [
        ("ACCESS_DENIED", True), ("1048582", True), ("CANT_EDIT_MESSAGE", True),
        ("ERROR_CORE", True),
        ("insufficient_scope", False), ("INVALID_CREDENTIALS", False), ("PAYMENT_REQUIRED", False),
    ],
)  # fmt: skip
def test_what_a_task_refuses_marks_no_job_and_what_is_misconfigured_does(
    code: str, mild: bool
) -> None:
    assert portal_problem(200, {"error": code, "error_description": "No."}).mild is mild
    assert portal_problem(403, {"error": code}).mild is False


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
        lambda w: {"B24_WEBHOOK_URL": ""}, "The variable B24_WEBHOOK_URL is empty (NO_WEBHOOK).",
    ),
    "something else pasted": (
        lambda w: {"B24_WEBHOOK_URL": "https://portal.test/crm/"},
        "The variable B24_WEBHOOK_URL holds no address of an inbound webhook (WRONG_WEBHOOK).",
    ),
    "expired webhook": (
        refuse_webhook, "Bitrix24 does not accept the webhook (INVALID_CREDENTIALS).",
    ),
    "down": (go_down, "cannot be reached: Connection refused (UNREACHABLE)."),
    "a gateway's page": (answer_with_a_page, "Bitrix24 refuses: it does not say why (HTTP 502)."),
    "moved portal": (move_away, "Bitrix24 answers that the portal has moved to 127.0.0.1:"),
    "too many requests": (overload, "(QUERY_LIMIT_EXCEEDED)."),
}  # fmt: skip


@pytest.mark.parametrize(("trouble", "said"), list(CASES.values()), ids=CASES)
def test_a_failure_has_a_name_and_marks_the_job(world: World, trouble, said: str) -> None:
    world.task(5)
    mr = world.open_mr()
    run = world.pipeline(mr)
    ran = world.report(run, mr, **trouble(world))
    assert (ran.code, "b24: NOT REPORTED. " in ran.said, said in ran.said) == (1, True, True), (
        ran.said
    )
    assert ran.files == ["b24-annotations.json", "b24.env"]
    assert (world.folder / "b24.env").read_text() == "B24_TASK_IDS=5\n"


def test_a_retry_of_the_job_reports_and_only_once(world: World) -> None:
    world.task(5)
    mr = world.open_mr()
    run = world.pipeline(mr)
    world.b24.offline()
    world.report(run, mr)
    world.b24.online()
    for _ in range(2):
        again = world.report(run, mr, B24_WEBHOOK_URL=world.b24.webhook(1))
        assert again.code == 0, again.said
    [text] = world.messages(5)
    assert "!1 Pay" in text
    assert "#1 passed" in text


def test_a_link_that_an_earlier_job_left_leads_nothing_elsewhere(world: World) -> None:
    world.task(5)
    mr = world.open_mr()
    run = world.pipeline(mr)
    elsewhere = world.folder / "elsewhere"
    elsewhere.write_text("untouched")
    for name in ("b24.env", "b24-annotations.json"):
        (world.folder / name).symlink_to(elsewhere)
    assert world.report(run, mr).code == 0
    assert elsewhere.read_text() == "untouched"


def test_a_report_is_made_where_no_file_can_be_written(world: World) -> None:
    """As in a read-only working folder; here another's folder has the file's name."""
    world.task(5)
    mr = world.open_mr()
    run = world.pipeline(mr)
    for name in ("b24.env", "b24-annotations.json"):
        (world.folder / name).mkdir()
    ran = world.report(run, mr)
    assert (ran.code, ran.said.splitlines()[0]) == (0, "b24: task 5: card written"), ran.said
    assert len(world.messages(5)) == 1


@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig"])
def test_a_secret_may_stand_in_a_file_of_any_editor(world: World, code: str) -> None:
    """Some write a mark of the order of bytes first, and end lines by two signs."""
    world.task(5)
    mr = world.open_mr()
    path = world.folder / "webhook.txt"
    path.write_bytes(f"{world.b24.webhook(1)}\r\n".encode(code))
    ran = world.report(world.pipeline(mr), mr, B24_WEBHOOK_URL=str(path))
    assert (ran.code, ran.said.splitlines()[0]) == (0, "b24: task 5: card written"), ran.said


def test_a_secret_file_closed_to_the_job_is_no_defect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its path is left, which is no address of a webhook."""
    path = tmp_path / "webhook.txt"
    path.write_text("https://portal.test/rest/1/secret/")
    assert read_secret({"B24": str(path)}, "B24") == "https://portal.test/rest/1/secret/"
    monkeypatch.setattr("os.access", lambda *_: False)  # a test may run as root
    assert read_secret({"B24": str(path)}, "B24") == str(path)
    with pytest.raises(Problem, match="holds no address of an inbound webhook"):
        read_webhook(str(path), "B24")


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


@pytest.mark.parametrize(
    ("status", "code", "times", "card"),
    [(429, "TOO_MANY", 1, True), (429, "TOO_MANY", 9, False), (500, "INTERNAL", 1, False)],
)
def test_a_portal_that_takes_no_more_is_asked_once_more(
    world: World, status: int, code: str, times: int, card: bool
) -> None:
    """What is refused whole may be sent again; of a 500 nobody knows what was carried out."""
    world.task(5)
    mr = world.open_mr()
    world.b24.fail_next(status, code, times=times)
    ran = world.report(world.pipeline(mr), mr)
    assert (ran.code, len(world.messages(5))) == ((0, 1) if card else (1, 0))
    assert card or f"({code})" in ran.said


def test_a_part_that_is_refused_is_named_and_the_rest_is_written(world: World) -> None:
    world.task(5)
    world.webhook = world.b24.webhook(1, ("task",))
    mr = world.open_mr()
    ran = world.report(world.pipeline(mr), mr)
    assert ran.code == 1
    said = "not done: task 5: card written: The webhook may not do this (insufficient_scope).\n"
    assert said in ran.said
    assert world.portal.tasks[5].uf == {"UF_CI_STATUS": "passed"}


def test_a_task_that_is_not_there_is_named(world: World) -> None:
    mr = world.open_mr()
    ran = world.report(world.pipeline(mr), mr)
    said = "b24: not done: not found, or hidden from the webhook's owner: task 5 (HIDDEN_TASK).\n"
    assert (ran.code, said in ran.said) == (0, True)


def test_a_task_that_refuses_a_part_marks_no_job(world: World) -> None:
    world.task(5)
    mr = world.open_mr()
    ran = world.report(world.pipeline(mr), mr, B24_FIELD="UF_NOT_THERE")
    assert ran.code == 0, ran.said


def test_a_fork_without_secrets_is_no_failure(world: World) -> None:
    mr = world.open_mr()
    fork = {"CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "999", "B24_WEBHOOK_URL": ""}
    ran = world.report(world.pipeline(mr), mr, **fork)
    assert ran.code == 0
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
    assert "timed out" in ran.said or "took longer than its 1 s" in ran.said


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
    assert ran.code == 0, ran.said
    assert "GitLab does not tell the jobs of the pipeline" in ran.said
    [text] = world.messages(5)
    assert "!1 Pay" in text
    assert "#1 unknown" in text


HANGING = {
    "a portal that hangs": "time.sleep(30)",
    "code that does not end": "re.match('(a+)+$', 'a' * 99 + 'b')",
    "a name that nobody resolves": (
        "socket.getaddrinfo = lambda *_: time.sleep(30); run.http.ask('http://x/', {})"
    ),
}


@pytest.mark.parametrize("code", list(HANGING.values()), ids=HANGING)
def test_nothing_outlives_the_time_given(world: World, code: str) -> None:
    mr = world.open_mr()
    text = built("report-direct").read_text("utf-8")
    endless = text.replace("def perform(run):\n", f"def perform(run):\n {code}\n")
    assert endless != text
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-", "b24bridge/test"], input=endless, cwd=world.folder,
        env={**world.variables(world.pipeline(mr), mr), "B24_TIMEOUT": "1"},
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert (done.returncode, time.monotonic() - began < 6) == (1, True)
    assert (
        "NOT REPORTED. It took longer than its 1 s (TIME)." in done.stdout
        or "Timeout" in done.stderr
    )
    secret = world.webhook.rstrip("/").rpartition("/")[2]
    assert secret not in done.stdout + done.stderr


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
    job = jobs("report", deliver=deliver, app_url="https://x.invalid")["b24-report"]
    script = "\n".join([*job["before_script"], *job["script"]])
    token = world.gitlab.state.add_token(world.ann, scopes=("read_api",)).value
    variables = {
        **world.variables(world.pipeline(mr), mr, B24_GITLAB_TOKEN=token, CI_DEBUG_TRACE="true"),
        "B24_ID_TOKEN": "eyJ.secret.token",
    }
    done = subprocess.run(
        ["/bin/sh", "-ex"], input=script, cwd=world.folder, timeout=60, check=False,
        env={"PATH": os.environ["PATH"], **variables}, capture_output=True, text=True,
    )  # fmt: skip
    assert "python3 -X utf8 -I -S -" in done.stderr
    assert "b24: " in done.stdout
    secret = world.webhook.rstrip("/").rpartition("/")[2]
    for hidden in (secret, world.job_token, token, "eyJ.secret.token"):
        assert hidden not in done.stdout + done.stderr


def test_a_defect_of_the_reporter_is_one_line_without_secrets(world: World) -> None:
    said: list[str] = []
    out = Output(said.append)
    out.secrets.add(world.webhook)

    def broken(_: Run) -> int:
        raise KeyError(world.webhook)

    run = Run(Variables({"B24_WEBHOOK_URL": world.webhook}), out, "b24bridge/test")
    assert attempt(run, broken) == 1
    assert said == ["b24: NOT REPORTED. A defect: KeyError('[masked]') (DEFECT).\n"]


def test_a_problem_of_gitlab_is_asked_about_three_times_in_all(world: World) -> None:
    """And Retry-After is obeyed within the time given."""
    world.task(5)
    mr = world.open_mr()
    run = world.pipeline(mr)
    for status in (429, 500):
        world.gitlab.failing = status
        world.requests()
        began = time.monotonic()
        assert world.report(run, mr).code == 0
        assert (world.requests()[0], time.monotonic() - began < 9) == (3, True)
