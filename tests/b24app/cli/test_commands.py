"""The command line: what it prints, what it changes, and how it says no."""

from __future__ import annotations

import os
import sqlite3
import tomllib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import OperationalError

from b24app.cli import _explain_error, main
from b24app.cli.banner import first_steps
from b24app.cli.worker_lines import describe_age
from sync.config import Config
from sync.core.clock import WallClock
from sync.core.messages.placeholders import PLACEHOLDER_MEANINGS
from sync.core.model.commands import Place, PutMessage, encode
from sync.core.model.common import Commit, Project
from sync.core.model.smart_commits import (
    CommandKey,
    SmartCommit,
    SmartCommitCommand,
    SmartCommitState,
    Verb,
)
from sync.core.notifications.samples import SAMPLES
from sync.keyfile import new_key
from sync.settings.example import example_text
from sync.store import connections, hook_logs, inbox, logs, portals, subjects
from sync.store import smart_commits as store_smart_commits
from sync.store.db.database import read, write
from sync.store.rows import Delivery, Installation, PortalTokens, PurgeRow
from sync.store.tables import command as command_table
from sync.store.tables import portal as portal_table
from sync.store.tables import project as project_table
from sync.store.vault import Vault
from tests.b24app.factories import AT, failed, mirrored

ROOT = Path(__file__).parents[3]
SETTINGS = """\
version: 1
portal: portal.example.com
connections:
  - name: main
    url: https://gitlab.example.com
    token:
      env: GITLAB_TOKEN
"""


@pytest.fixture
def environ(monkeypatch, tmp_path, database_url):
    for name in [name for name in os.environ if name.startswith("B24BRIDGE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("B24BRIDGE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("GITLAB_TOKEN", "glpat-of-the-test")
    monkeypatch.setattr(WallClock, "now", lambda self: AT + timedelta(minutes=5))
    return Config.from_env(os.environ, create_key=True)


@pytest.fixture
def portal(environ, engine):
    told = Installation(
        "a" * 32, "https://portal.example.com/rest/", "", PortalTokens("acc-1", "ref-1", None, 1)
    )
    with write(engine) as conn:
        portal_id = portals.create_or_update(conn, Vault(environ.secret_keys), told, AT)
        portals.set_state(conn, portal_id, "active", "", AT)
        return portals.by_id(conn, portal_id)


@pytest.fixture
def applied(portal, tmp_path):
    file = tmp_path / "settings.yaml"
    file.write_text(SETTINGS)
    assert main(["settings", "apply", "--offline", str(file)]) == 0
    return file


def test_settings_are_applied_and_exported_again(portal, tmp_path, capsys):
    file = tmp_path / "settings.yaml"
    file.write_text(SETTINGS)
    assert main(["settings", "apply", "--offline", str(file)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Connection main created.",
        "The settings of portal.example.com were applied.",
        "Set up the webhooks: b24bridge gitlab hooks main",
        "Read what was before, silently: b24bridge backfill --all --since 90d",
    ]
    assert main(["settings", "export"]) == 0
    assert capsys.readouterr().out == SETTINGS.replace("connections", "language: en\nconnections")


def test_the_settings_of_a_fresh_portal_are_a_commented_example(portal, tmp_path, capsys):
    assert main(["settings", "export"]) == 0
    text = capsys.readouterr().out
    assert text == example_text(portal="portal.example.com", language="en")
    assert "# connections:\n#   - name: gitlab\n" in text
    file = tmp_path / "settings.yaml"
    file.write_text(text)
    assert main(["settings", "apply", "--offline", "--check", str(file)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "The file says what is in force.",
        "The settings are right; nothing was applied.",
    ]


def test_rules_that_want_other_events_ask_for_other_webhooks(applied, capsys):
    for route, said in (
        ("{on: [push], to: [general]}", []),
        (
            "{on: [issue], to: [general]}",
            ["The rules want other events: b24bridge gitlab hooks main"],
        ),
    ):
        applied.write_text(f"{SETTINGS}chats: {{general: 5}}\nroutes:\n  - {route}\n")
        capsys.readouterr()
        assert main(["settings", "apply", "--offline", str(applied)]) == 0
        assert capsys.readouterr().out.splitlines()[1:] == said


def test_settings_with_problems_are_all_told_and_nothing_is_applied(
    portal, engine, tmp_path, capsys
):
    file = tmp_path / "bad.yaml"
    file.write_text(SETTINGS.replace("GITLAB_TOKEN", "NOT_SET") + "colour: red\n")
    assert main(["settings", "apply", "--offline", str(file)]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "line 6: connections[0].token: the environment variable NOT_SET is not set or empty",
        "line 8: colour: unknown key",
    ]
    with read(engine) as conn:
        assert connections.by_portal(conn, portal.id) == ()


def test_settings_can_be_checked_without_applying_them(portal, engine, tmp_path, capsys):
    file = tmp_path / "settings.yaml"
    file.write_text(SETTINGS)
    assert main(["settings", "apply", "--offline", "--check", str(file)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "--- in force",
        "+++ this file",
        "@@ -1,3 +1,8 @@",
        " version: 1",
        " portal: portal.example.com",
        " language: en",
        "+connections:",
        "+  - name: main",
        "+    url: https://gitlab.example.com",
        "+    token:",
        "+      env: GITLAB_TOKEN",
        "Would be done: Connection main created.",
        "Nobody asked the servers of main: applying does, and says what is wrong.",
        "The settings are right; nothing was applied.",
    ]
    with read(engine) as conn:
        assert connections.by_portal(conn, portal.id) == ()


def test_a_removal_is_said_shown_and_asked_for(applied, portal, engine, capsys):
    applied.write_text(SETTINGS[: SETTINGS.index("connections:")])
    capsys.readouterr()
    assert main(["settings", "apply", "--offline", str(applied)]) == 1
    assert capsys.readouterr().err == (
        "The settings do not name what is connected: main. A connection that is missing is removed "
        "with its history. Say --remove main to remove it, or `was: main` beside its new name.\n"
    )
    assert main(["settings", "apply", "--offline", "--check", str(applied)]) == 1
    said = capsys.readouterr().out.splitlines()
    assert "-  - name: main" in said
    assert said[-3:] == [
        "Would be done: Connection main removed; its history is kept for 30 days.",
        "Removing main has to be said: --remove main, or `was: main` beside its new name",
        "Until then the file is refused; nothing was applied.",
    ]
    with read(engine) as conn:
        assert [record.name for record in connections.by_portal(conn, portal.id)] == ["main"]
    said_so = ["settings", "apply", "--offline", "--remove", "main", str(applied)]
    assert main([*said_so, "--remove", "mian", "--check"]) == 1
    assert "mian: is to be removed, and no connection has this name" in capsys.readouterr().err
    assert main([*said_so, "--check"]) == 0
    assert "has to be said" not in capsys.readouterr().out
    assert main(said_so) == 0
    assert capsys.readouterr().out.splitlines()[0] == (
        "Connection main removed; its history is kept for 30 days."
    )
    with read(engine) as conn:
        assert connections.by_portal(conn, portal.id) == ()
    applied.write_text(SETTINGS)
    assert main(["settings", "apply", "--offline", str(applied)]) == 0
    assert "Set up the webhooks: b24bridge gitlab hooks main" in capsys.readouterr().out


def test_what_is_left_over_in_gitlab_is_named(applied, capsys):
    applied.write_text(f"{SETTINGS}    projects: [team/shop, team/old]\n")
    assert main(["settings", "apply", "--offline", str(applied)]) == 0
    applied.write_text(f"{SETTINGS}    projects: [team/shop]\n")
    capsys.readouterr()
    assert main(["settings", "apply", "--offline", "--check", str(applied)]) == 0
    assert "Its webhook would be removed: project team/old of main." in capsys.readouterr().out
    assert main(["settings", "apply", "--offline", str(applied)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == (
        "project team/old of main: its webhook is left over; remove it in GitLab"
    )


def test_a_connection_is_renamed_with_its_history(applied, portal, engine, capsys):
    with read(engine) as conn:
        before = connections.by_name(conn, portal.id, "main")
    applied.write_text(SETTINGS.replace("- name: main", "- name: company\n    was: main"))
    capsys.readouterr()
    assert main(["settings", "apply", "--offline", str(applied)]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "Connection main → company renamed."
    with read(engine) as conn:
        after = connections.by_name(conn, portal.id, "company")
    assert after.id == before.id


def test_deliveries_of_what_is_not_connected_are_counted(applied, portal, engine, capsys):
    with write(engine) as conn:
        record = connections.by_name(conn, portal.id, "main")
        rows = [
            Delivery(portal.id, record.id, f"gitlab:{record.id}", str(n), "Push Hook", {}, b"", AT)
            for n in range(3)
        ]
        ids = inbox.insert_many(conn, rows)
        inbox.mark_done(conn, dict.fromkeys(ids, f"{inbox.OUTSIDE}team/other"))
    capsys.readouterr()
    assert main(["status"]) == 0
    said = capsys.readouterr().out
    assert "3 deliveries of team/other, which is not connected: remove its webhook" in said


def test_changes_of_which_no_event_came_are_said(applied, portal, engine, capsys):
    with write(engine) as conn:
        hook_logs.set_tasks_read(conn, portal.id, AT, 5, hook_logs.TaskGap(AT, 3))
    capsys.readouterr()
    assert main(["status"]) == 0
    assert (
        "missed   3 changes of tasks of which Bitrix24 sent no event, 3 made up for: "
        f"{AT:%Y-%m-%d %H:%M} UTC\n"
    ) in capsys.readouterr().out


def test_open_pages_are_ended_by_a_command(portal, engine, capsys):
    with read(engine) as conn:
        before = portals.by_id(conn, portal.id).installation
    assert main(["portal", "end-pages"]) == 0
    assert capsys.readouterr().out == "Every open page of portal.example.com has ended.\n"
    with read(engine) as conn:
        between = portals.by_id(conn, portal.id).installation
    assert main(["portal", "end-pages", "--all"]) == 0
    assert capsys.readouterr().out == "Every open page of 1 portals has ended.\n"
    with read(engine) as conn:
        after = portals.by_id(conn, portal.id).installation
    assert len({before, between, after}) == 3


def test_a_removed_portal_is_erased_only_when_that_is_meant(applied, portal, engine, capsys):
    with write(engine) as conn:
        portals.mark_removed(conn, portal.id, "gone", AT)
    capsys.readouterr()
    assert main(["portal", "erase"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "portal.example.com would be erased with all its data, its tokens, and its connections: "
        "main.",
        "Nothing was done: say --yes to erase it.",
    ]
    assert main(["portal", "erase", "--yes"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "portal.example.com was erased, with all its data, tokens and connections.",
        "Its webhooks in GitLab are answered 404 from now on: remove them there.",
    ]
    with read(engine) as conn:
        assert portals.all_portals(conn) == ()


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("kind", sorted(SAMPLES))
def test_what_people_would_be_told_is_shown_of_every_kind(portal, capsys, kind, language):
    assert main(["settings", "preview", kind, "--language", language]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "BBCode:"
    assert said[1]
    assert said[said.index("As text:") + 1]
    assert f"{{default}}  {PLACEHOLDER_MEANINGS['default']}" in said[said.index("Places:") :]


def test_a_text_of_ones_own_is_shown_before_it_is_used(environ, tmp_path, capsys):
    assert main(["settings", "preview", "push", "--template", "[i]Look[/i]\n{default}"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[1] == "[i]Look[/i]"
    assert said[2].startswith("[b]Ann Lee pushed 7 commits to [url=")
    file = tmp_path / "settings.yaml"
    file.write_text("version: 1\nportal: x\ntemplates: {tag: '[b]A tag[/b]'}\n")
    assert main(["settings", "preview", "tag", "--file", str(file)]) == 0
    assert capsys.readouterr().out.splitlines()[:5] == [
        "BBCode:", "[b]A tag[/b]", "", "As text:", "A tag",
    ]  # fmt: skip


def test_a_text_that_cannot_be_used_is_told_so_instead_of_shown(environ, tmp_path, capsys):
    assert main(["settings", "preview", "push", "--template", "[b]{barnch}"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "template: has tags that are unknown here or lack their other half: [b]",
        "template: there is no place {barnch} here; did you mean {branch}?",
    ]
    file = tmp_path / "settings.yaml"
    file.write_text("version: 1\nportal: x\ntemplates:\n  tag: '[b]'\n  psh: x\n")
    assert main(["settings", "preview", "tag", "--file", str(file)]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(": ")[0] for line in lines] == ["line 4", "line 5"]


def test_a_preview_of_a_file_that_is_no_text_says_so(environ, tmp_path, capsys):
    file = tmp_path / "settings.yaml"
    file.write_bytes(b"version: 1\n\xff\xfe")
    assert main(["settings", "preview", "push", "--file", str(file)]) == 1
    assert capsys.readouterr().err == "line 2: is not UTF-8 text\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe", "line 1: is not UTF-8 text"),
        (b"version: 1\nportal: portal.example.com\nx: \xff", "line 3: is not UTF-8 text"),
        (
            b"version: 1\nportal: other.example.com\n",
            "no portal other.example.com is installed; there is: portal.example.com",
        ),
    ],
    ids=["not-text", "not-text-later", "another-portal"],
)
def test_a_file_that_cannot_be_is_told_so(portal, tmp_path, capsys, content, said):
    file = tmp_path / "settings.yaml"
    file.write_bytes(content)
    assert main(["settings", "apply", "--offline", str(file)]) == 1
    assert capsys.readouterr().err.strip() == said


def test_a_file_that_is_not_there_is_told_so(portal, capsys):
    assert main(["settings", "apply", "--offline", "/nowhere.yaml"]) == 1
    assert capsys.readouterr().err.endswith("/nowhere.yaml: No such file or directory\n")


@pytest.mark.parametrize("more", [[], ["--portal", "acme.bitrix24.com"]])
def test_without_a_portal_there_is_nothing_to_export(environ, capsys, more):
    assert main(["settings", "export", *more]) == 1
    assert capsys.readouterr().err == (
        "no portal is installed yet: open the application in Bitrix24, which sets it up\n"
    )


def test_with_several_portals_one_must_be_named(portal, environ, engine, capsys):
    told = Installation(
        "b" * 32, "https://second.example.com/rest/", "", PortalTokens("a", "r", None, 1)
    )
    with write(engine) as conn:
        portals.create_or_update(conn, Vault(environ.secret_keys), told, AT)
    assert main(["settings", "export"]) == 1
    assert capsys.readouterr().err == ("name the portal: portal.example.com, second.example.com\n")
    for name in ("second.example.com", "b" * 32):
        assert main(["settings", "export", "--portal", name]) == 0
        assert "portal: second.example.com" in capsys.readouterr().out


def test_the_status_shows_rows_of_merge_requests_and_unknown_tasks(applied, portal, engine, capsys):
    with write(engine) as conn:
        mirrored(conn, portal.id)
        ids = failed(conn, portal.id)
    capsys.readouterr()
    assert main(["status"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "worker   none runs",
        "next     start it: the service, or `b24bridge serve`",
        "notice   Backup  none was ever made → run `b24bridge backup FILE` each night",
        "",
        "portal   portal.example.com  active",
        "waiting  0 deliveries, 0 tasks, 0 commands",
        "received GitLab: nothing yet; `b24bridge gitlab test main` says why",
        "received Bitrix24: ONTASKUPDATE at 2026-03-02 10:00 UTC, 5 min ago",
        "gitlab   main  https://gitlab.example.com  active",
        "MERGE REQUEST  STATE             PIPELINE  TASKS                       TITLE",
        "team/shop!7    opened, approved  success   999 (mention), 2103 (move)  Payment gateway",
        "unknown  team/shop!7: task 999 does not exist or is not visible",
        f"failed   command:{ids['command']}  status of task 2103 “Pay by card”: "
        "The employee who installed the application may not do this",
        "failed   subject:task:55  decision about task 55: A fault of this application: "
        "KeyError: 55. The log of its worker says where",
        f"failed   delivery:{ids['delivery']}  event ONTASKUPDATE: A fault of this application: "
        "KeyError: 'x'. The log of its worker says where",
        "next     change what is said above, then `b24bridge replay NAME`; without a name all",
    ]


@pytest.mark.parametrize(
    ("language", "line"),
    [
        (
            "en",
            "unknown  writes without an answer: 1; it is not known whether they were done, "
            "which is looked up before any is repeated",
        ),
        (
            "ru",
            "неясно   записей без ответа: 1; неизвестно, выполнены ли они: это выясняется, "
            "прежде чем что-то повторить",
        ),
    ],
)
def test_the_status_counts_writes_whose_outcome_is_unknown(
    applied, portal, engine, capsys, language, line
):
    with write(engine) as conn:
        command_id = failed(conn, portal.id)["command"]
        sent = update(command_table).where(command_table.c.id == command_id)
        conn.execute(sent.values(state="sending", sent_at=AT))
    capsys.readouterr()
    assert main(["--language", language, "status"]) == 0
    assert line in capsys.readouterr().out.splitlines()


def test_the_status_tells_of_the_last_purge(applied, portal, engine, capsys):
    with write(engine) as conn:
        rows = {"deliveries": 120, "calls": 4}
        logs.save_purge(conn, PurgeRow(portal.id, AT, 1250, rows))
    capsys.readouterr()
    assert main(["status"]) == 0
    assert "purged   2026-03-02 10:00 UTC in 1.2 s: 120 deliveries, 4 calls" in (
        capsys.readouterr().out.splitlines()
    )


def test_the_status_shows_what_a_commit_said_in_vain_and_replay_has_it_heard_again(
    applied, portal, engine, capsys
):
    command = SmartCommitCommand(2103, Verb.TIME, 3600)
    with write(engine) as conn:
        (connection,) = connections.by_portal(conn, portal.id)
        project = Project(connection.id, 42, "team/shop", "https://gitlab.example.com/team/shop")
        commit = Commit("c0ffee", "B24-2103 #time 1h", "Cid", None)
        keys = [CommandKey(connection.id, 42, "c0ffee", number) for number in range(2)]
        told = SmartCommit(command, project, "main", commit)
        store_smart_commits.save_new(conn, portal.id, dict.fromkeys(keys, told), AT)
        store_smart_commits.set_states(
            conn, dict.fromkeys(keys, (SmartCommitState.REFUSED, "nobody is known as Cid"))
        )
        store_smart_commits.save_changed(conn, {keys[0]: replace(told, retryable=True)})
    capsys.readouterr()
    assert main(["status"]) == 0
    said = [one for one in capsys.readouterr().out.splitlines() if one.startswith("failed")]
    name = f"smart-commit:{connection.id}/42:c0ffee:0"
    assert said == [f"failed   {name}  #time for task 2103: nobody is known as Cid"]
    for code in (0, 1):
        assert main(["replay", name]) == code
        assert capsys.readouterr().out == f"{1 - code} will be looked at again.\n"
    with read(engine) as conn:
        assert subjects.get(conn, portal.id, "task", "2103").cause == "replayed"
        assert store_smart_commits.get(conn, keys)[keys[0]].state is SmartCommitState.NEW


def test_the_status_of_nothing_says_so(environ, capsys):
    assert main(["status"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "worker   none runs",
        "next     start it: the service, or `b24bridge serve`",
        "",
        "No portal is installed yet.",
        *first_steps(environ),
    ]


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ([], 3),
        (["subject:task:55"], 1),
        (["--task", "2103", "--task", "7"], 2),
        (["--everything"], 1),
    ],
)
def test_replay_says_how_many_will_be_looked_at_again(portal, engine, capsys, words, count):
    with write(engine) as conn:
        failed(conn, portal.id)
    assert main(["replay", *words]) == 0
    assert capsys.readouterr().out == f"{count} will be looked at again.\n"


def test_replay_of_what_is_not_there_fails(portal, engine, capsys):
    with write(engine) as conn:
        failed(conn, portal.id)
    assert main(["replay", "subject:task:55", "command:999999", "nonsense"]) == 1
    printed = capsys.readouterr()
    assert printed.out == "1 will be looked at again.\n"
    assert printed.err == (
        "Nothing of that name failed, or the task has moved on since: command:999999, nonsense. "
        "`b24bridge status` names what failed\n"
    )


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-30, "just now"), (0.4, "just now"), (59, "59 s ago"), (61, "1 min ago"),
        (7200, "2 h ago"), (47 * 3600, "47 h ago"), (49 * 3600, "2 d ago"),
    ],
)  # fmt: skip
def test_ages_are_short_and_never_negative(seconds, words):
    assert describe_age(timedelta(seconds=seconds)) == words


def test_what_to_do_next_is_said(portal, environ, engine, capsys):
    with write(engine) as conn:
        logs.record_heartbeat(conn, "one", AT - timedelta(minutes=4))
        portals.set_state(conn, portal.id, "disconnected", "the grant is dead", AT)
    assert main(["status"]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("next")]
    assert lines == [
        "next     no worker runs: start the service, or `b24bridge serve`",
        "next     open the application in Bitrix24 as an administrator",
        "next     connect GitLab: `b24bridge settings export` shows an example",
    ]


@pytest.mark.parametrize(
    ("offset", "lines"),
    [
        (None, []),
        (-299, []),
        (300, ["clock    5 min ahead of Bitrix24's and GitLab's: set this machine's time"]),
        (-7_300, ["clock    2 h behind Bitrix24's and GitLab's: set this machine's time"]),
        (259_200, ["clock    3 d ahead of Bitrix24's and GitLab's: set this machine's time"]),
    ],
)
def test_a_wrong_clock_is_said(portal, engine, capsys, offset, lines):
    with write(engine) as conn:
        logs.record_heartbeat(conn, "one", AT, offset)
    assert main(["status"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert [line for line in out if line.startswith("clock")] == lines


@pytest.mark.parametrize(
    ("command", "description"),
    [
        (
            PutMessage(Place(dialog="sg10"), "branch:{c}/42:feature/B24-9", "Hi"),
            "message in the chat of workgroup 10 about branch feature/B24-9 of team/shop",
        ),
        (
            PutMessage(Place(dialog="chat5"), "push:{c}/42:abc", "Hi"),
            "message in the general chat about push abc to team/shop",
        ),
        (
            PutMessage(Place(2103), "merge_request:{c}/42:7", "Hi"),
            "card in the discussion of task 2103 “Pay by card” about team/shop!7",
        ),
        (
            PutMessage(Place(2103), "ci:{c}/42:main", "Hi"),
            "message in the discussion of task 2103 “Pay by card” about pipelines of main of "
            "team/shop",
        ),
        (
            PutMessage(Place(dialog="chat8"), "release:{c}/77:v1", "Hi"),
            "message in chat8 about release v1 of project 77 of GitLab",
        ),
    ],
)
def test_failures_speak_of_things_by_their_names(
    applied, portal, engine, capsys, command, description
):
    applied.write_text(f"{SETTINGS}chats: {{general: 5}}\n")
    assert main(["settings", "apply", "--offline", str(applied)]) == 0
    with write(engine) as conn:
        (record,) = connections.by_portal(conn, portal.id)
        mirrored(conn, portal.id)
        conn.execute(
            insert(project_table).values(
                connection_id=record.id, project_id=42, path="team/shop",
                url="https://gitlab.example.com/team/shop",
            )
        )  # fmt: skip
        command = replace(command, subject_key=command.subject_key.format(c=record.id))
        conn.execute(
            insert(command_table).values(
                portal_id=portal.id, lane="bitrix24", subject_kind="task", subject_key="2103",
                key="put", kind="put_message", reason="", state="refused", created_at=AT,
                payload=encode(command)[1], records={}, done_at=AT, error="No.",
            )
        )  # fmt: skip
    capsys.readouterr()
    assert main(["status"]) == 0
    (line,) = [one for one in capsys.readouterr().out.splitlines() if one.startswith("failed")]
    assert line.split("  ", 2)[2] == f"{description}: No."


def test_a_task_that_was_never_heard_of_can_be_looked_at(portal, engine):
    assert main(["replay", "--task", "2103"]) == 0
    with read(engine) as conn:
        assert subjects.get(conn, portal.id, "task", "2103").state == "dirty"


def tokens(engine, portal, keys):
    with read(engine) as conn:
        return portals.tokens(conn, Vault(keys), portal.id)


@pytest.mark.dialect
def test_keys_are_rotated_and_the_old_one_is_not_needed_any_more(
    environ, engine, portal, applied, capsys
):
    before = environ.secret_keys
    capsys.readouterr()
    assert main(["keys", "rotate"]) == 0
    assert capsys.readouterr().out == (
        f"6 secrets were encrypted with a new key; {environ.secret_key_file} holds only it.\n"
        "Earlier backups open with the old key alone: run `b24bridge backup FILE` now.\n"
    )
    after = environ.current_keys()
    assert len(after) == 1
    assert after != before
    assert tokens(engine, portal, after).access_token == "acc-1"
    assert environ.secret_key_file.stat().st_mode & 0o777 == 0o600


def test_keys_of_the_environment_are_rotated_to_the_first_of_them(
    environ, engine, portal, monkeypatch, capsys
):
    new, old = new_key(), environ.secret_keys[0]
    monkeypatch.setenv("B24BRIDGE_SECRET_KEY", old)
    assert main(["keys", "rotate"]) == 1
    assert "put a new one before it" in capsys.readouterr().err
    monkeypatch.setenv("B24BRIDGE_SECRET_KEY", f"{new},{old}")
    assert main(["keys", "rotate"]) == 0
    assert tokens(engine, portal, [new]).refresh_token == "ref-1"


def test_a_lost_key_is_told_in_words(environ, applied, monkeypatch, capsys):
    monkeypatch.setenv("B24BRIDGE_SECRET_KEY", new_key())
    assert main(["gitlab", "test", "main"]) == 1
    assert "It opens with none of the keys here" in capsys.readouterr().out


def test_migrate_brings_an_empty_database_to_this_version(
    environ, empty_database_url, monkeypatch, capsys
):
    monkeypatch.setenv("DATABASE_URL", empty_database_url)
    assert main(["migrate"]) == 0
    assert main(["migrate"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "The database was brought to this version.",
        "The database is up to date.",
    ]


def test_an_unknown_connection_is_told_with_those_there_are(applied, capsys):
    assert main(["gitlab", "test", "other"]) == 1
    assert capsys.readouterr().err == "There is no connection other; there is: main\n"


def test_webhooks_need_the_public_address(applied, capsys):
    assert main(["gitlab", "hooks", "main"]) == 1
    assert capsys.readouterr().err == (
        "Webhooks need the public address of this service. Set B24BRIDGE_PUBLIC_URL.\n"
    )


def test_an_environment_that_is_not_right_is_told_whole(monkeypatch, capsys, environ):
    monkeypatch.setenv("B24BRIDGE_PUBLIC_URL", "nowhere")
    monkeypatch.setenv("B24BRIDGE_THREADS", "many")
    assert main(["status"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "The environment is not right:",
        "B24BRIDGE_PUBLIC_URL: must be a whole address: https://host",
        "B24BRIDGE_THREADS: must be a number from 1 to 200",
    ]


def test_a_database_that_cannot_be_reached_is_told_in_a_line(environ, monkeypatch, capsys):
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    assert main(["status"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("The database cannot be used: ")


def test_a_database_that_a_stopped_process_holds_is_told_with_its_remedy():
    busy = sqlite3.OperationalError("database is locked")
    busy.sqlite_errorname = "SQLITE_BUSY_SNAPSHOT"
    text = _explain_error(OperationalError("UPDATE", {}, busy))
    assert text.startswith("The database cannot be used: database is locked. Another process holds")


def test_a_damaged_database_is_told_with_its_remedy(tmp_path, environ, monkeypatch, capsys):
    monkeypatch.setenv("B24BRIDGE_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    (tmp_path / "b24bridge.sqlite3").write_bytes(b"SQLite format 3\0" + b"\7" * 5000)
    assert main(["status"]) == 1
    assert "put a backup in its place: b24bridge restore FILE" in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], ["nothing"], ["settings"], ["keys", "burn"]], ids=str)
def test_wrong_usage_is_exit_code_two(environ, words, capsys):
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 2
    assert "usage: b24bridge" in capsys.readouterr().err


def test_the_version_is_that_of_the_package(capsys):
    with pytest.raises(SystemExit) as left:
        main(["--version"])
    assert left.value.code == 0
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert capsys.readouterr().out == f"b24bridge {project['version']}\n"


@pytest.mark.dialect
def test_no_command_leaves_a_secret_in_what_it_prints(environ, applied, portal, engine, capsys):
    with write(engine) as conn:
        mirrored(conn, portal.id)
        logs.record_heartbeat(conn, "worker", AT)
    for words in (["status"], ["settings", "export"], ["replay"], ["gitlab", "hooks", "main"]):
        main(words)
    printed = "".join(capsys.readouterr())
    with read(engine) as conn:
        record = connections.by_name(conn, portal.id, "main")
        secrets = connections.secrets(conn, Vault(environ.secret_keys), record.id)
        assert conn.scalar(select(portal_table.c.id)) == portal.id
    held = (secrets.hook_key, secrets.hook_token, secrets.signing_token, secrets.access_token)
    assert not [value for value in (*held, "acc-1", "ref-1") if value in printed]
