"""b24bridge settings: checked, applied and exported again, and what is refused."""

from __future__ import annotations

import pytest

from b24app.cli import main
from sync.settings.example import example_text
from sync.store import connections, portals
from sync.store.db.database import read, write
from sync.store.rows import Installation, PortalTokens
from sync.store.vault import Vault
from tests.b24app.cli.test_commands import SETTINGS, applied, environ, portal
from tests.b24app.factories import AT

__all__ = ["applied", "environ", "portal"]  # fixtures


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
