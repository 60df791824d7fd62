"""`b24bridge rehearse`: what would be written for tasks, and why, over an emulated portal."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, func, insert, select

from b24app.cli import main
from b24app.cli.context import open_clients
from b24app.engine_deps import build_engine_deps
from sync.config import Config
from sync.engine.worker import Worker
from sync.store import connections, portals, subjects
from sync.store import merge_requests as store_merge_requests
from sync.store.db.database import read, write
from sync.store.rows import Installation, PortalRecord, PortalTokens
from sync.store.tables import command, decision, subject
from sync.store.vault import Vault
from tests.b24app.factories import AT, merge_request, mirrored
from tests.emulators.bitrix24 import BitrixEmulator

SETTINGS = """\
version: 1
portal: {portal}
language: {language}
connections:
  - {{name: main, url: https://gitlab.example.com}}
"""


@pytest.fixture
def b24() -> Iterator[BitrixEmulator]:
    with BitrixEmulator() as emulator:
        with emulator.state.lock:
            emulator.state.add_user("Rita", email="rita@acme.example", id=7)
            emulator.state.add_user_field("UF_CI_STATUS", "string")
            emulator.state.create_task("Pay by card", id=2103, responsible_id=7)
        yield emulator


@pytest.fixture
def environ(monkeypatch, tmp_path, database_url, b24) -> Config:
    for name in [name for name in os.environ if name.startswith("B24BRIDGE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("B24BRIDGE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("B24BRIDGE_ALLOWED_NETWORKS", "127.0.0.0/8")
    monkeypatch.setenv("B24BRIDGE_CLIENT_ID", "local.b24bridge")
    monkeypatch.setenv("B24BRIDGE_CLIENT_SECRET", "client-secret")
    monkeypatch.setenv("B24BRIDGE_OAUTH_HOSTS", b24.oauth_url)
    return Config.from_env(os.environ, create_key=True)


@pytest.fixture
def install(environ, engine: Engine, b24, tmp_path, capsys) -> Callable[..., PortalRecord]:
    """The portal with a merge request that moves task 2103."""

    def done(language: str = "en") -> PortalRecord:
        token = b24.token(1)
        tokens = PortalTokens(token.access, token.refresh, token.expires, 1)
        installation = Installation(
            "a" * 32, f"{b24.portal_url}/rest/", f"{b24.oauth_url}/rest/", tokens
        )
        with write(engine) as conn:
            portal_id = portals.create_or_update(conn, Vault(environ.secret_keys), installation, AT)
            portals.set_state(conn, portal_id, "active", "", AT)
        file = tmp_path / "settings.yaml"
        domain = b24.portal_url.partition("://")[2]
        file.write_text(SETTINGS.format(portal=domain, language=language))
        assert main(["settings", "apply", "--offline", str(file)]) == 0
        capsys.readouterr()
        with write(engine) as conn:
            mirrored(conn, portal_id)
        with read(engine) as conn:
            record = portals.by_id(conn, portal_id)
        assert record is not None
        return record

    return done


GITLAB = "https://gitlab.example.com/team/shop"
WRITTEN = f"""\
Task 2103, Pay by card:
  its status becomes in progress
    why: moved to “in progress”: !7 “Payment gateway” is approved, and so is every other open one
  a new card in its discussion
    | [b][url={GITLAB}/-/merge_requests/7]!7 Payment gateway[/url][/b]
    | Merge request: approved; approved by Rob Reviewer
    | feature/B24-2103 → main in [url={GITLAB}]team/shop[/url]
    | Author: Ann Author
    | Pipeline: [url={GITLAB}/-/pipelines/907]passed[/url]
    why: card for !7 “Payment gateway”
  user 7 is notified
    | Task “Pay by card”: merge request [url={GITLAB}/-/merge_requests/7]!7 Payment gateway[/url] is approved
    why: told the responsible person: !7 “Payment gateway”
  its field UF_CI_STATUS becomes passed
    why: UF_CI_STATUS is passed: pipeline 907
  a new message in its discussion
    | [b]CI/CD passed, commit abc12345, branch feature/B24-2103[/b]
    | Pipeline [url={GITLAB}/-/pipelines/907]#907[/url]
    why: message about pipeline 907 of feature/B24-2103
"""  # noqa: E501 - as it is printed
NOTHING = "Task 2103 shows what GitLab says. Nothing would be written.\n"


def test_what_would_be_written_is_said_with_its_reasons_and_nothing_is(
    install, b24, engine, capsys
):
    install()
    assert main(["rehearse", "2103", "2103"]) == 0
    assert capsys.readouterr().out == WRITTEN
    assert main(["rehearse", "2103"]) == 0
    assert capsys.readouterr().out == WRITTEN
    assert b24.writes == {}
    with read(engine) as conn:
        assert conn.scalar(select(func.count()).select_from(command)) == 0
        assert conn.scalar(select(func.count()).select_from(subject)) == 0
        assert conn.scalar(select(func.count()).select_from(decision)) == 1  # the maker's own


def test_a_task_that_is_as_it_should_be(install, environ, engine, b24, capsys):
    portal = install()
    with write(engine) as conn:
        subjects.mark_dirty_many(conn, portal.id, [("task", "2103", "heard")], AT)
    with open_clients(environ, engine) as opened:
        Worker(build_engine_deps(opened)).run_once()
    assert b24.state.tasks[2103].uf == {"UF_CI_STATUS": "passed"}
    assert main(["rehearse", "2103"]) == 0
    assert capsys.readouterr().out == NOTHING


def test_a_task_that_nobodys_work_names(install, b24, capsys):
    install()
    with b24.state.lock:
        b24.state.create_task("Tea", id=50, responsible_id=7)
    assert main(["rehearse", "50"]) == 0
    said = "Nothing in GitLab names task 50. Nothing would be written.\n"
    assert capsys.readouterr().out == said


def test_tasks_that_are_not_there_are_named_after_what_there_is_to_say(install, capsys):
    install()
    assert main(["rehearse", "999", "2103", "31337"]) == 1
    said = capsys.readouterr()
    assert said.out == WRITTEN
    assert said.err.splitlines() == [
        "The portal has no task 999, or the application may not see it.",
        "The portal has no task 31337, or the application may not see it.",
    ]


@pytest.mark.dialect
def test_what_was_refused_before_is_not_asked_for_again(install, engine, capsys):
    portal = install()
    with write(engine) as conn:
        conn.execute(
            insert(command).values(
                portal_id=portal.id, lane="bitrix24", subject_kind="task", subject_key="2103",
                key="field:UF_CI_STATUS", kind="set_fields", reason="", state="refused",
                created_at=AT, payload={"task_id": 2103, "fields": {"UF_CI_STATUS": "failed"}},
            )
        )  # fmt: skip
    assert main(["rehearse", "2103"]) == 0
    assert capsys.readouterr().out.splitlines()[-3:] == [
        "  its field UF_CI_STATUS becomes passed",
        "    why: UF_CI_STATUS is passed: pipeline 907",
        "    Bitrix24 refused it before: it is not asked for again.",
    ]


@pytest.mark.parametrize("language", ["en", "ru"])
def test_reasons_are_in_the_readers_language(install, capsys, language):
    install(language)
    assert main(["--language", "ru", "rehearse", "2103"]) == 0
    assert capsys.readouterr().out.splitlines()[2] == (
        "    почему: переведена в статус «выполняется»: !7 «Payment gateway» одобрен, "
        "как и все прочие открытые"
    )


def test_what_people_typed_steers_no_terminal(install, b24, engine, capsys):
    portal = install()
    title = "Pay\x1b[2J \u202eno\x9bw\x07"
    with b24.state.lock:
        b24.state.tasks[2103].title = title
    with write(engine) as conn:
        (record,) = connections.by_portal(conn, portal.id)
        store_merge_requests.fold_snapshots(conn, [merge_request(record.id, title=title)])
    assert main(["rehearse", "2103"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Task 2103, Pay[2J now:\n")
    assert not {"\x1b", "\x9b", "\u202e"} & set(said)


def test_of_several_portals_one_is_named(install, environ, engine, capsys):
    portal = install()
    installation = Installation(
        "b" * 32, "https://other.example.com/rest/", "", PortalTokens("a", "r", None, 1)
    )
    with write(engine) as conn:
        portals.create_or_update(conn, Vault(environ.secret_keys), installation, AT)
    name = portal.client_endpoint.partition("://")[2].partition("/")[0]
    assert main(["rehearse", "2103"]) == 1
    assert capsys.readouterr().err == f"name the portal: {name}, other.example.com\n"
    assert main(["rehearse", "2103", "--portal", "third.example.com"]) == 1
    assert capsys.readouterr().err == (
        f"no portal third.example.com is installed; there is: {name}, other.example.com\n"
    )
    assert main(["rehearse", "2103", "--portal", name]) == 0
    assert capsys.readouterr().out == WRITTEN


@pytest.mark.parametrize("number", ["0", "-5", "B24-2103", "²", "9" * 20])
def test_a_number_is_meant(environ, capsys, number):
    with pytest.raises(SystemExit) as ended:
        main(["rehearse", "--", number])
    assert ended.value.code == 2
    assert f"{number!r} is not a whole number above 0" in capsys.readouterr().err


def test_a_portal_that_does_not_answer_is_named_as_the_reason(install, b24, capsys):
    install()
    b24.faults.gateway_down = True
    assert main(["rehearse", "2103"]) == 1
    assert capsys.readouterr().err == (
        "batch: HTTP 502 without a usable answer. The answer is a page, not data: the portal is "
        "being updated, or something stands before it. If it stays so, open the portal in a "
        "browser and see what it shows.\n"
    )
