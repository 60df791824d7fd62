"""The language of commands: how it is chosen, and that a Russian reader reads no English."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from b24app.cli import COMMANDS, build_parser, main
from b24app.cli.language import choose_language, say, set_language
from sync.config import Config
from sync.core.clock import WallClock
from sync.errors import Denied
from sync.store import connections, portals
from sync.store.db.database import write
from sync.store.rows import ConnectionDraft, ConnectionSecrets, Installation, PortalTokens
from sync.store.vault import Vault
from tests.b24app.cli.test_database_places import COMMANDS_WITH_A_DATABASE
from tests.b24app.factories import AT, failed, linked, mirrored
from tests.b24app.test_languages import english_words


@pytest.mark.parametrize(
    ("words", "environ", "language"),
    [
        ([], {}, "en"),
        (["--language", "ru", "status"], {}, "ru"),
        (["--language=ru", "status"], {"LANG": "en_US.UTF-8"}, "ru"),
        (["--language", "en"], {"B24BRIDGE_LANGUAGE": "ru"}, "en"),
        (["settings", "preview", "push", "--language", "ru"], {}, "en"),
        ([], {"B24BRIDGE_LANGUAGE": "ru", "LANG": "en_US"}, "ru"),
        ([], {"LANG": "ru_RU.UTF-8"}, "ru"),
        ([], {"LC_ALL": "en_US", "LANG": "ru_RU"}, "en"),
        ([], {"LC_MESSAGES": "ru_RU", "LANG": "en_US"}, "ru"),
        ([], {"LANGUAGE": "de:ru:en", "LANG": "de_DE"}, "ru"),
        ([], {"LANGUAGE": "ru", "LANG": "C"}, "en"),
        ([], {"LANGUAGE": "ru"}, "en"),
        ([], {"LANG": "de_DE.UTF-8"}, "en"),
    ],
)
def test_the_language_is_chosen(words, environ, language):
    assert choose_language(words, environ) == language


def parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for child in action.choices.values():
                yield from parsers(child)


def test_every_help_is_in_russian():
    set_language("ru")
    wrong = {
        f"{parser.prog} {action.dest}": words
        for parser in parsers(build_parser())
        for action in parser._actions
        if action.help not in (None, argparse.SUPPRESS)
        and action.dest != "kind"
        and (words := english_words(say(action.help)))
    }
    assert wrong == {}


WRONG_USAGE = [
    [], ["nope"], ["status", "--limit"], ["status", "--limit", "x"], ["status", "--nope"],
    ["alerts", "ack"], ["alerts", "assign", "1", "x"], ["rehearse"], ["rehearse", "0"],
    ["audit", "--since", "yesterday"], ["audit", "--limit", "-1"], ["audit", "--system", "jira"],
    ["audit", "--task", "x"], ["settings"], ["settings", "preview", "nope"],
    ["settings", "preview", "push", "--language", "de"], ["gitlab"], ["gitlab", "test"],
    ["gitlab", "hooks", "main", "nope"], ["pipeline", "run", "acme/shop"],
    ["pipeline", "run", "acme/shop", "main", "--var", "x"], ["pipeline", "retry", "acme/shop", "x"],
    ["keys"], ["keys", "nope"], ["portal"], ["portal", "nope"], ["sync", "conflicts", "--decide"],
    ["sync", "run", "--workgroup", "x"], ["serve", "--port", "x"], ["web", "--processes", "x"],
    ["replay", "--task", "x"], ["completion", "ksh"], ["--language", "de", "status"],
    ["alerts", "ack", "1", "--by", " "], ["youtrack", "test"], ["backup"], ["restore"],
]  # fmt: skip


@pytest.mark.parametrize("words", WRONG_USAGE, ids=" ".join)
def test_wrong_usage_is_said_in_russian(words, capsys, monkeypatch):
    monkeypatch.setenv("LANG", "ru_RU.UTF-8")
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    line = capsys.readouterr().err.splitlines()[-1].partition(": ")[2]
    own, _, names = line.partition(": ")
    given = {"nope", "yesterday", "jira", "ksh", *re.findall(r"[\w-]+", names)}
    assert [word for word in english_words(own) if word not in given] == []
    assert re.search("[а-я]", line) or words[0] == "--language"


@pytest.fixture
def furnished(monkeypatch, tmp_path, database_url, engine):
    """A portal with everything that can be wrong with one."""
    for name in [name for name in os.environ if name.startswith("B24BRIDGE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("B24BRIDGE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(WallClock, "now", lambda self: AT + timedelta(minutes=5))
    vault = Vault(Config.from_env(os.environ, create_key=True).secret_keys)
    install = Installation(
        "a" * 32, "https://portal.example.com/rest/", "", PortalTokens("t", "r", None, 1)
    )
    draft = ConnectionDraft(
        "gitlab", "main", "https://gitlab.example.com", ConnectionSecrets("key")
    )
    error = Denied(
        "There are no tokens of this portal",
        change="Open the application in Bitrix24 as an administrator",
    )
    with write(engine) as conn:
        portal_id = portals.create_or_update(conn, vault, install, AT)
        connections.upsert(conn, vault, portal_id, draft, AT)
        portals.set_state(conn, portal_id, "disconnected", str(error), AT)
        mirrored(conn, portal_id)
        failed(conn, portal_id)
        linked(conn, portal_id)
    return portal_id


SHOWN = [
    ["status"],
    ["alerts", "--all"],
    ["audit"],
    ["backfill", "--status"],
    ["doctor"],
    ["replay", "nope"],
    ["portal", "erase"],
    ["portal", "end-pages"],
    ["sync", "conflicts"],
    ["sync", "preview"],
    ["sync", "explain", "2103"],
    ["sync", "resume"],
    ["gitlab", "test", "nope"],
    ["gitlab", "test", "main"],
    ["gitlab", "hooks", "main"],
    ["status", "--portal", "nope"],
    ["portal", "erase", "--portal", "nope"],
    ["backfill"],
    ["backfill", "acme/shop", "--all"],
    ["backfill", "--all", "--since", "2h"],
    ["backfill", "--all", "--since", "2199-01-01"],
    ["backfill", "--all", "--parts", "nope"],
    ["alerts", "ack", "nope", "--by", "Ann"],
    ["pipeline", "retry", "acme/shop", "7"],
    ["sync", "link", "x", "y"],
    ["sync", "conflicts", "2103", "--decide", "title", "nope"],
    ["settings", "preview", "push", "--template", "{nope}"],
    ["rehearse", "5"],
    ["keys", "rotate"],
]
# Texts of others, and of older versions, that the fixtures store.
OTHERS = set(
    [
        "nope",
        "Pay",
        "Payment",
        "gateway",
        "card",
        "invoice",
        "KeyError",
        "labels",
        "delivery",
        "command",
        "subject",
        "needs",
        "result",
        "it",
        "never",
        "worked",
        "Somebody",
        "else",
        "writes",
        "both",
        "The",
        "portal",
        "has",
        "tag",
        "that",
        "sides",
        "changed",
        "waits",
        "for",
        "decision",
        "person",
        "name",
    ]
)


@pytest.mark.parametrize("words", SHOWN, ids=" ".join)
def test_no_line_of_a_command_is_english_for_a_russian_reader(words, furnished, capsys):
    main(["--language", "ru", *words])
    printed = capsys.readouterr()
    lines = [*printed.out.splitlines(), *printed.err.splitlines()]
    assert lines
    wrong = {
        line: found
        for line in lines
        if (found := [word for word in english_words(line) if word not in OTHERS])
    }
    assert wrong == {}


@pytest.mark.parametrize("words", COMMANDS_WITH_A_DATABASE, ids=" ".join)
def test_the_lack_of_a_database_is_said_in_russian(words, capsys, monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.startswith("B24BRIDGE_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("B24BRIDGE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("B24BRIDGE_LANGUAGE", "ru")
    assert main(words) == 1
    assert capsys.readouterr().err.startswith("Базы данных ")


def test_every_command_has_a_line_here():
    tried = {words[0] for words in (*SHOWN, *WRONG_USAGE, *COMMANDS_WITH_A_DATABASE) if words}
    assert set(COMMANDS) - tried == {"init", "worker", "migrate"}
