"""Every kind of call leaves a row that says who, what, when and what came of it: no secret."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from b24app.auth.current_user import current_user
from b24app.cli import main
from b24app.services.audit_entries import TaskPlaces, _task_of
from b24app.services.gitlab_connections import check_connection, update_hooks
from sync.bitrix24.rest.batch import Call
from sync.bitrix24.rest.errors import UNKNOWN_OUTCOME
from sync.core.audit import probing
from sync.core.model.tasks import Task, TaskStatus
from sync.errors import SyncError
from sync.gitlab.api import masking as api_masking
from sync.gitlab.api import pipelines
from sync.settings.apply import apply
from sync.settings.document import read as settings
from sync.store import connections, logs, tasks
from sync.store.db.database import read, write
from sync.store.rows import ApiCallRow, CallFilter
from sync.store.tables import api_call
from tests.b24app.pages import config_of, installed, post
from tests.emulators.gitlab import ci_config
from tests.emulators.gitlab.server import GitLabEmulator

HIDDEN_VALUE = "s3cret-of-a-variable"


@pytest.fixture
def gitlab(clock) -> Iterator[GitLabEmulator]:
    with GitLabEmulator(clock) as running:
        running.state.add_user("ann", "Ann Oak")
        running.shop = running.state.add_project("acme/shop", members={"ann": 40})
        yield running


@pytest.fixture(autouse=True)
def built(monkeypatch):
    from b24app import assets

    monkeypatch.setattr(assets, "find_assets", lambda **_: assets.Assets("main.js", ("main.css",)))


@pytest.fixture
def portal(beside, emulator):
    installed(beside, emulator)
    current_user.set("")  # the test's client closes no answer
    return beside.portal(emulator.state.member_id)


@pytest.fixture
def connection(beside, portal, gitlab):
    """The emulated GitLab as the portal's, with ann's token."""
    gitlab.token = gitlab.state.add_token("ann", "odd:token/of+ann=").value
    text = (
        f"version: 1\nportal: {portal.client_endpoint.split('/')[2]}\nconnections:\n"
        f"  - name: main\n    url: {gitlab.url}\n    token: {{env: T}}\n"
        "    projects: [acme/shop]\n"
    )
    with write(beside.deps.engine) as conn:
        parsed, now = settings(text, {"T": gitlab.token}), beside.deps.clock.now()
        environ = {"T": gitlab.token}
        apply(conn, beside.deps.vault, portal, parsed, environ=environ, now=now)
        return connections.by_name(conn, portal.id, "main")


def calls(beside, **asked) -> list[ApiCallRow]:
    """The log, the oldest first."""
    assert beside.deps.audit.flush()
    with read(beside.deps.engine) as conn:
        return list(logs.find_calls(conn, CallFilter(limit=10_000, **asked)))[::-1]


def who(call: ApiCallRow) -> tuple[str, str, str]:
    return call.source, call.system, call.actor


def test_an_installation_is_in_the_log_from_its_first_question(beside, emulator, portal):
    found = calls(beside)
    first, second = found[:2]
    assert (first.method, first.status, first.portal_id) == ("oauth/app.info", 200, None)
    assert (second.method, who(second)) == ("profile", ("web", "bitrix24", "1"))
    assert {call.portal_id for call in found[2:]} == {portal.id}


def test_a_renewed_token_is_in_the_log(beside, portal, clock):
    clock.sleep(timedelta(hours=2).total_seconds())
    beside.deps.clients.portal(portal.id).call("profile", {}, write=False)
    renewal, call = calls(beside)[-2:]
    assert (renewal.method, renewal.status, renewal.portal_id) == ("oauth/token", 200, portal.id)
    assert json.loads(renewal.request) == {
        "grant_type": "refresh_token",
        "client_id": "local.b24bridge",
        "client_secret": "***",
        "refresh_token": "***",
    }
    assert call.method == "profile"


def test_calls_to_gitlab_say_whose_they_are(beside, portal, gitlab, connection):
    check_connection(beside.deps.clients, connection)
    found = calls(beside, system="gitlab")
    assert [(c.status, c.portal_id, c.connection, c.error) for c in found] == [
        (200, portal.id, "main", "")
    ] * len(found)
    assert "GET /user" in {call.method for call in found}
    with read(beside.deps.engine) as conn:
        known = connections.by_id(conn, connection.id)
    check_connection(beside.deps.clients, known)
    assert who(calls(beside, system="gitlab")[-1]) == ("web", "gitlab", "ann")


def test_what_a_page_asks_for_is_its_users(beside, portal, gitlab, connection):
    headers = beside.bearer(portal.id, user_id=77)
    assert beside.client.post("/api/connections/main/test", headers=headers).status_code == 200
    assert who(calls(beside, system="gitlab")[-1]) == ("web", "gitlab", "77")
    beside.client.get("/healthz")  # the next request of this thread is nobody's
    check_connection(beside.deps.clients, connection)
    assert who(calls(beside, system="gitlab")[-1]) == ("web", "gitlab", "")


def test_the_keys_of_an_issuer_are_asked_for_in_the_log(beside, portal, gitlab, connection):
    run = gitlab.run_pipeline(gitlab.shop, user="ann")
    token = gitlab.identity.mint(run, beside.deps.config.public_url)
    headers = {"Authorization": f"Bearer {token}"}
    beside.client.post("/ci/report", json={}, headers=headers)
    found = calls(beside, system="gitlab")
    keys = [call for call in found if not call.method.startswith("GET /projects/")]
    assert [(c.method, c.status, c.connection) for c in keys] == [
        ("GET /.well-known/openid-configuration", 200, "main"),
        ("GET /oauth/discovery/keys", 200, "main"),
    ]


@pytest.mark.dialect
@pytest.mark.parametrize(
    ("spoil", "status", "error"),
    [
        (lambda g: g.state.tokens.clear(), 401, "GET /api/v4/user was answered 401"),
        (lambda g: setattr(g, "failing", 502), 502, "GET /api/v4/user was answered 502"),
        (lambda g: setattr(g, "offline", True), 0, "GET /api/v4/user was cut off"),
    ],
    ids=["denied", "down", "no-answer"],
)
def test_what_failed_says_how(beside, gitlab, connection, spoil, status, error):
    spoil(gitlab)
    assert not check_connection(beside.deps.clients, connection).ok
    (call,) = calls(beside, system="gitlab", only_failed=True)
    assert (call.status, call.error[: len(error)]) == (status, error)


def test_a_refused_part_of_a_batch_counts_as_failed(beside, portal):
    client = beside.deps.clients.portal(portal.id)
    client.batch([Call("profile", {}), Call("task.stages.get", {"entityId": 999_999})])
    call = calls(beside)[-1]
    assert (call.method, call.status) == ("batch", 200)
    assert call.error.startswith("1 of its calls refused: ")


def everything(beside, emulator, portal, gitlab, record) -> list[str]:
    """Makes every kind of call, well and badly, and returns each secret that was on its way."""
    rooms, clock = beside.deps.clients, beside.deps.clock
    with read(beside.deps.engine) as conn:
        held = connections.secrets(conn, beside.deps.vault, record.id)
    check_connection(rooms, record)
    update_hooks(rooms, record, portal)
    update_hooks(rooms, record, portal, remove=True)
    trigger = ci_config.add_trigger(gitlab.state, gitlab.shop, "ann")
    ci_config.of(gitlab.state, gitlab.shop).inputs = {"pass": {}}
    told = {"variables": {"A": HIDDEN_VALUE}, "inputs": {"pass": HIDDEN_VALUE}}
    mine, nobody = rooms.code_host(record), rooms.anonymous_code_host(record, "trigger token")
    pipelines.run(mine, "acme/shop", "main", **told)
    pipelines.run(nobody, "acme/shop", "main", trigger_token=trigger, **told)
    run = gitlab.run_pipeline(gitlab.shop, user="ann")
    job = gitlab.identity.mint(run, beside.deps.config.public_url)
    beside.client.post("/ci/report", json={}, headers={"Authorization": f"Bearer {job}"})
    hook = emulator.webhook()
    client = rooms.portal(portal.id)
    with suppress(SyncError):
        client.call("profile", {"told": f"see {hook}profile?auth=abcde"}, write=False)
    with suppress(SyncError):
        mine.get("/version", private_token=gitlab.token)
    clock.sleep(timedelta(hours=2).total_seconds())
    client.call("profile", {}, write=False)
    with suppress(SyncError):
        pipelines.run(nobody, "acme/shop", "main", trigger_token=trigger[:-1] + "x")
    gitlab.failing = 502
    with suppress(SyncError):
        pipelines.run(mine, "acme/shop", "main", **told)
    for token in emulator.state.tokens.values():
        token.revoked = True
    clock.sleep(timedelta(hours=2).total_seconds())
    with suppress(SyncError):
        client.call("profile", {}, write=False)
    with suppress(SyncError):
        post(beside, emulator.application_page())
    known = [
        one for token in emulator.state.tokens.values() for one in (token.access, token.refresh)
    ]
    known += [emulator.app.client_secret, emulator.app.application_token, *emulator.state.webhooks]
    known += [gitlab.token, trigger, trigger[:-1] + "x", job, HIDDEN_VALUE]
    known += [held.hook_key, held.hook_token, held.signing_token, held.access_token]
    return [one for one in known if one]


def test_no_secret_of_either_side_is_ever_in_the_log(beside, emulator, portal, gitlab, connection):
    secrets = everything(beside, emulator, portal, gitlab, connection)
    assert beside.deps.audit.flush()
    with read(beside.deps.engine) as conn:
        rows = conn.execute(select(api_call)).all()
    written = "\n".join(str(value) for row in rows for value in row)
    assert len(rows) > 30
    assert len(secrets) > 12
    assert [one for one in secrets if one in written] == []
    lowered = written.lower()
    assert "private-token" not in lowered
    assert "authorization" not in lowered


@given(
    token=st.text("abcXYZ012-_.:/+=", min_size=8),
    names=st.lists(st.sampled_from(["A", "B_1", "TOKEN"]), unique=True, min_size=1),
    value=st.from_regex(r"\A[a-z0-9]{12,40}\Z"),
)
def test_whatever_people_type_into_variables_and_inputs_is_hidden(token, names, value):
    typed = dict.fromkeys(names, f"v-{value}")
    listed = [{"key": name, "value": f"v-{value}"} for name in names]
    form = "&".join([f"token={value}", *(f"variables[{name}]=v-{value}" for name in names)])
    for body in (
        {"ref": "main", "variables": typed, "inputs": typed},
        {"variables": listed, "token": f"v-{value}"},
        form.encode(),
    ):
        shown = api_masking.mask_request(
            {"ref": "main", "private_token": f"v-{value}"}, body, token
        )
        assert value not in shown


# --- the command


def printed(capsys, *words: str) -> list[str]:
    assert main(["audit", *words]) == 0
    return capsys.readouterr().out.splitlines()


@pytest.fixture
def command(beside, portal, gitlab, connection, monkeypatch, database_url):
    """The command line over the same database."""
    config = beside.deps.config
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("B24BRIDGE_SECRET_KEY", config.secret_keys[0])
    monkeypatch.setenv("B24BRIDGE_DATA_DIR", str(config.data_dir))
    monkeypatch.setenv("B24BRIDGE_ALLOWED_NETWORKS", "127.0.0.0/8")
    assert beside.deps.audit.flush()
    return beside


def test_the_log_is_a_table_with_the_newest_last(command, gitlab, portal, connection, capsys):
    gitlab.failing = 502
    check_connection(command.deps.clients, connection)
    assert command.deps.audit.flush()
    head, row = printed(capsys, "--system", "gitlab", "--failed")
    domain = portal.client_endpoint.split("/")[2]
    assert " ".join(head.split()) == "AT (UTC) PORTAL WHO SYSTEM STATUS MS CALL TASK RESULT"
    assert row.split() == [
        "2026-01-01", "00:00:00", domain, "web", "gitlab", "main", "502", "0",
        "GET", "/user", "GET", "/api/v4/user", "was", "answered", "502",
    ]  # fmt: skip


def test_the_calls_of_the_command_line_are_in_the_log_when_it_ends(command, gitlab, capsys):
    assert main(["gitlab", "test", "main"]) == 1  # there is no webhook yet
    assert main(["pipeline", "run", "acme/shop", "main", "--var", f"A={HIDDEN_VALUE}"]) == 0
    capsys.readouterr()
    found = [json.loads(line) for line in printed(capsys, "--system", "gitlab", "--json")]
    assert {one["source"] for one in found} == {"cli"}
    last = found[-1]
    assert (last["method"], last["actor"], last["status"]) == (
        "POST /projects/acme%2Fshop/pipeline", "ann", 201,
    )  # fmt: skip
    assert json.loads(last["request"]) == {
        "body": {"ref": "main", "variables": [{"key": "A", "value": "***"}]}
    }


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (["--connection", "main"], 0),
        (["--connection", "other"], 0),
        (["--method", "oauth"], 2),
        (["--since", "2026-01-01"], 5),
        (["--since", "2h"], 0),
        (["--limit", "2"], 2),
        (["--system", "bitrix24", "--limit", "3"], 3),
    ],
    ids=str,
)
def test_the_log_is_searched(command, words, count, capsys):
    found = printed(capsys, "--json", *words)
    assert len(found) == count if count < 5 else len(found) > count


def lines_of(rows: list[str]) -> list[list[str]]:
    """Call, task and result of each row of the table."""
    head, *rest = rows
    starts = [head.index(name) for name in ("CALL", "TASK", "RESULT")]
    return [
        [row[starts[0]:starts[1]].rstrip(), row[starts[1]:starts[2]].strip(), row[starts[2]:]]
        for row in rest
    ]  # fmt: skip


@pytest.fixture
def batched(command, emulator, portal):
    """A batch of four calls: two about tasks, one of them refused, one into a task's chat."""
    emulator.state.create_task("Pay", id=2103, responsible_id=1)
    chat = emulator.state.tasks[2103].chat_id
    task = Task(2103, "Pay", TaskStatus.IN_PROGRESS, chat_id=chat)
    now = command.deps.clock.now()
    with write(command.deps.engine) as conn:
        tasks.save_read(conn, portal.id, {2103: task}, now)
    command.deps.clients.portal(portal.id).batch([
        Call("tasks.task.get", {"taskId": 2103, "select": ["ID"]}, write=False),
        Call("tasks.task.complete", {"taskId": 999_999}),
        Call("im.message.add", {"DIALOG_ID": f"chat{chat}", "MESSAGE": "Hi"}),
        Call("profile", {}, write=False),
    ])  # fmt: skip
    assert command.deps.audit.flush()


@pytest.mark.parametrize(
    ("method", "body", "task"),
    [
        ("task.stages.movetask", {"id": "2103", "stageId": "7"}, 2103),
        ("api/tasks.task.update", {"id": 2103, "fields": {"title": "x"}}, 2103),
        ("task.stages.get", {"entityId": 3, "id": 2103}, None),
        ("task.elapseditem.add", {"TASKID": 2103}, 2103),
        ("im.message.add", {"DIALOG_ID": "chat55"}, 2103),
        ("imbot.v2.Chat.Message.send", {"dialogId": "chat55"}, 2103),
        ("im.chat.user.add", {"CHAT_ID": 55, "USERS": [7]}, 2103),
        ("im.chat.user.add", {"CHAT_ID": 56, "USERS": [55]}, None),
        ("im.message.update", {"MESSAGE_ID": 77, "MESSAGE": "Hi"}, 2103),
        ("imbot.v2.Chat.Message.update", {"botId": 2103, "messageId": 77}, 2103),
        ("im.message.update", {"MESSAGE_ID": 78}, None),
    ],
)
def test_a_call_is_about_the_task_that_it_names(method, body, task):
    assert _task_of(method, body, TaskPlaces({55: 2103}, {77: 2103})) == task


def test_a_bot_that_is_in_the_chat_already_is_no_failure(command, emulator, portal, capsys):
    chat = {"CHAT_ID": 999, "USERS": [7]}
    client = command.deps.clients.portal(portal.id)
    client.batch([Call("im.chat.user.add", chat), Call("profile", {}, write=False)])
    assert command.deps.audit.flush()
    *_, joining, _ = lines_of(printed(capsys))
    assert joining[0] == "  im.chat.user.add"
    assert joining[2].startswith("WRONG_REQUEST")
    assert "im.chat.user.add" not in str(printed(capsys, "--failed"))


def test_each_call_inside_a_batch_is_listed(batched, capsys):
    *_, whole, first, refused, message, profile = lines_of(printed(capsys, "--limit", "2"))
    assert whole[:2] == ["batch", ""]
    assert whole[2].startswith("1 of its calls refused: ")
    assert first == ["  tasks.task.get", "2103", "ok"]
    assert refused[:2] == ["  tasks.task.complete", "999999"]
    assert refused[2] != "ok"
    assert message == ["  im.message.add", "2103", "ok"]
    assert profile == ["  profile", "", "ok"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--task", "2103"], ["  tasks.task.get", "  im.message.add"]),
        (["--task", "2103", "--method", "IM."], ["  im.message.add"]),
        (["--method", "tasks.task.complete"], ["  tasks.task.complete"]),
        (["--failed"], ["batch", "  tasks.task.complete"]),
        (["--failed", "--task", "999999"], ["  tasks.task.complete"]),
    ],
    ids=" ".join,
)
def test_calls_inside_batches_are_found(batched, capsys, words, found):
    assert [row[0] for row in lines_of(printed(capsys, *words))] == found


def test_json_has_the_calls_of_a_batch(batched, capsys):
    found = json.loads(printed(capsys, "--json", "--limit", "1")[0])
    assert [(call["method"], call["task"]) for call in found["calls"]] == [
        ("tasks.task.get", 2103), ("tasks.task.complete", 999999),
        ("im.message.add", 2103), ("profile", None),
    ]  # fmt: skip


def test_a_batch_that_was_cut_shows_what_was_kept(command, capsys):
    now = command.deps.clock.now()
    request = '{"halt": 0, "cmd": {"c0": "tasks.task.get?taskId=5", "c1": "tasks.task…'
    cut = ApiCallRow(None, now, "batch", 200, 1, request, '{"result": {"result": {"c0…')
    with write(command.deps.engine) as conn:
        logs.save_calls(conn, [cut])
    assert lines_of(printed(capsys, "--limit", "1")) == [
        ["batch", "", "ok"], ["  tasks.task.get", "5", "not kept"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "error", "results"),
    [
        (0, f"batch: cut off; {UNKNOWN_OUTCOME}", ["no answer", UNKNOWN_OUTCOME]),
        (0, "batch: the portal could not be reached", ["not done", "not done"]),
        (503, "batch was not done (QUERY_LIMIT_EXCEEDED)", ["not done", "not done"]),
    ],
    ids=["cut-off", "not-reached", "limit"],
)
def test_an_unanswered_write_is_called_unknown(command, capsys, status, error, results):
    now = command.deps.clock.now()
    request = json.dumps(
        {"halt": 0, "cmd": {"c0": "user.get?start=0", "c1": "task.elapseditem.add?TASKID=5"}}
    )
    with write(command.deps.engine) as conn:
        logs.save_calls(conn, [ApiCallRow(None, now, "batch", status, 1, request, "", error=error)])
    lines = lines_of(printed(capsys, "--failed", "--limit", "1"))
    assert [line[2] for line in lines] == [error, *results]
    (line,) = lines_of(printed(capsys, "--failed", "--task", "5"))
    assert line == ["  task.elapseditem.add", "5", results[1]]


def test_a_probe_that_is_refused_is_no_failure(command, emulator, portal, capsys):
    emulator.state.v3 = False
    emulator.fail_next(404, "ERROR_METHOD_NOT_FOUND", method="tasks.task.list")
    client = command.deps.clients.portal(portal.id)
    with probing(), suppress(SyncError):
        client.call("tasks.task.list", {}, write=False)
    with suppress(SyncError):
        client.call("tasks.task.nothing", {}, write=False)
    assert command.deps.audit.flush()
    (row,) = lines_of(printed(capsys, "--failed", "--limit", "2"))
    assert row[0] == "tasks.task.nothing"
    (probe, _) = lines_of(printed(capsys, "--limit", "2"))
    assert probe[2].startswith("not there: tasks.task.list was not done")


def test_where_nothing_is_found_that_is_said(command, capsys):
    assert printed(capsys, "--connection", "other") == ["No such call is in the log."]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--since", "yesterday"], "is neither a span like 30m, 2h, 3d, 2w nor a date"),
        (["--limit", "0"], "is not a whole number above 0"),
        (["--system", "jira"], "is none of these"),
    ],
    ids=["since", "limit", "system"],
)
def test_what_cannot_be_searched_for_is_told(command, words, said, capsys):
    with pytest.raises(SystemExit):
        main(["audit", *words])
    assert said in capsys.readouterr().err


def test_a_portal_that_is_not_there_is_told(command, capsys):
    assert main(["audit", "--portal", "other.example.com"]) == 1
    assert capsys.readouterr().err.startswith(
        "no portal other.example.com is installed; there is: 127.0.0.1:"
    )


def test_what_other_systems_said_does_not_reach_the_terminal_raw(command, capsys):
    now = command.deps.clock.now()
    bad = ApiCallRow(None, now, "x\x1b[31m\n", 400, 1, "", "", error="red\x1b[31m\r\nsecond line")
    with write(command.deps.engine) as conn:
        logs.save_calls(conn, [bad])
    (_, row) = printed(capsys, "--limit", "1")
    assert row.split()[-6:] == ["x", "[31m", "red", "[31m", "second", "line"]


def test_a_page_that_shows_itself_asks_who_opened_it(beside, emulator, portal):
    assert config_of(post(beside, emulator.application_page()))
    assert [call.method for call in calls(beside)][-2:] == ["oauth/app.info", "profile"]
