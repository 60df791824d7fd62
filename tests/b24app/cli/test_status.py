"""b24bridge status: what waits, what failed, what is missed, and what to do next."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from b24app.cli import main
from b24app.cli.banner import first_steps
from b24app.cli.worker_lines import describe_age
from sync.core.model.commands import Place, PutMessage, encode
from sync.core.model.common import Commit, Project
from sync.core.model.smart_commits import (
    CommandKey,
    SmartCommit,
    SmartCommitCommand,
    SmartCommitState,
    Verb,
)
from sync.store import connections, hook_logs, inbox, logs, portals, subjects
from sync.store import smart_commits as store_smart_commits
from sync.store.db.database import read, write
from sync.store.rows import Delivery, PurgeRow
from sync.store.tables import command as command_table
from sync.store.tables import project as project_table
from tests.b24app.cli.test_commands import SETTINGS, applied, environ, portal
from tests.b24app.factories import AT, failed, mirrored

__all__ = ["applied", "environ", "portal"]  # fixtures


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
