"""Which database a command uses, and that only servers and `migrate` create one."""

from __future__ import annotations

import os
import sys

import pytest

from b24app.cli import COMMANDS, main
from sync.config import Config

COMMANDS_WITH_A_DATABASE = [
    ["status"],
    ["replay"],
    ["rehearse", "5"],
    ["alerts"],
    ["audit"],
    ["settings", "export"],
    ["settings", "apply", "settings.yaml"],
    ["settings", "preview", "push"],
    ["gitlab", "test", "main"],
    ["youtrack", "test", "main"],
    ["youtrack", "app", "main"],
    ["pipeline", "retry", "acme/shop", "7"],
    ["backfill", "--status"],
    ["keys", "rotate"],
    ["sync", "conflicts"],
    ["portal", "end-pages", "--all"],
    ["portal", "erase"],
    ["backup", "copy.sqlite3"],
    ["doctor"],
]


@pytest.fixture
def empty_place(monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.startswith("B24BRIDGE_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("B24BRIDGE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr("b24app.cli.context.SYSTEM_DATA_DIR", tmp_path / "no-service")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_whoever_forgot_sudo_hears_where_the_services_database_is(empty_place, monkeypatch, capsys):
    (empty_place / "lib").mkdir()
    monkeypatch.setattr("b24app.cli.context.SYSTEM_DATA_DIR", empty_place / "lib")
    assert main(["status"]) == 1
    assert capsys.readouterr().err.endswith(
        f" The service's is in {empty_place}/lib: run the command with `sudo`\n"
    )


@pytest.mark.parametrize("words", COMMANDS_WITH_A_DATABASE, ids=" ".join)
def test_a_command_without_a_database_says_where_it_looked(empty_place, capsys, words):
    assert main(words) == 1
    assert capsys.readouterr().err == (
        f"There is no database at {empty_place}/data/b24bridge.sqlite3: `b24bridge serve` makes "
        "it at its start. If it is elsewhere, name its folder in B24BRIDGE_DATA_DIR\n"
    )
    assert list(empty_place.iterdir()) == []


def test_every_command_is_tried_without_a_database():
    without = {"init", "completion", "serve", "web", "worker", "migrate", "restore"}
    assert {words[0] for words in COMMANDS_WITH_A_DATABASE} == set(COMMANDS) - without


def test_the_place_of_before_is_offered(empty_place, capsys):
    (empty_place / "var").mkdir()
    (empty_place / "var/b24bridge.sqlite3").touch()
    assert main(["status"]) == 1
    assert capsys.readouterr().err.endswith(
        f"There is one in {empty_place}/var: name that with B24BRIDGE_DATA_DIR={empty_place}/var\n"
    )


def test_migrate_creates_the_database_and_commands_name_it(empty_place, capsys):
    assert main(["migrate"]) == 0
    assert (empty_place / "data/secret.key").stat().st_mode & 0o777 == 0o600
    assert main(["status"]) == 0
    printed = capsys.whole.readouterr()
    assert printed.err == f"Database: {empty_place}/data/b24bridge.sqlite3\n"
    assert "No portal is installed yet." in printed.out


def test_a_database_without_its_key_is_not_given_another(empty_place, capsys):
    assert main(["migrate"]) == 0
    key = empty_place / "data/secret.key"
    key.unlink()
    assert main(["status"]) == 0
    assert main(["gitlab", "test", "main"]) == 1
    assert capsys.readouterr().err == (
        f"There is no key at {key}, so the tokens in the database cannot be read: put the key "
        "back from your backup, or name it in B24BRIDGE_SECRET_KEY\n"
    )
    assert not key.exists()


def test_an_empty_database_asks_for_migrate(empty_place, empty_database_url, monkeypatch, capsys):
    monkeypatch.setenv("DATABASE_URL", empty_database_url)
    if empty_database_url.startswith("sqlite"):
        open(empty_database_url.removeprefix("sqlite:///"), "w").close()
    assert main(["status"]) == 1
    assert capsys.readouterr().err == ("The database is empty: run `b24bridge migrate`, once\n")


def test_a_password_of_the_database_is_not_shown(empty_place, monkeypatch, capsys):
    monkeypatch.setenv("DATABASE_URL", "postgresql://ann:hunter2@127.0.0.1:1/bridge")
    assert main(["status"]) == 1
    printed = capsys.whole.readouterr().err
    assert printed.startswith("Database: postgresql+psycopg://ann:***@127.0.0.1:1/bridge\n")
    assert "hunter2" not in printed


@pytest.mark.parametrize(
    ("variable", "address", "package", "sentence"),
    [
        (
            "DATABASE_URL",
            "postgresql://u:p@db/b",
            "psycopg",
            "PostgreSQL needs the package psycopg, which is not installed: "
            "pip install 'b24bridge[postgres]' (in a checkout: pip install '.[postgres]')\n",
        ),
        (
            "B24BRIDGE_QUEUE_URL",
            "redis://queue/1",
            "redis",
            "Redis needs the package redis, which is not installed: "
            "pip install 'b24bridge[redis]' (in a checkout: pip install '.[redis]')\n",
        ),
    ],
    ids=["postgres", "redis"],
)
@pytest.mark.parametrize("command", ["status", "serve", "worker"])
def test_a_missing_package_is_one_sentence(
    empty_place, monkeypatch, capsys, variable, address, package, sentence, command
):
    monkeypatch.setenv(variable, address)
    monkeypatch.setattr(
        "b24app.cli.extras.find_spec", lambda name: None if name == package else name
    )
    assert main([command]) == 1
    assert capsys.readouterr().err == sentence


class TestEnvironmentFile:
    def test_it_fills_in_what_is_not_set(self, empty_place, monkeypatch, capsys):
        file = empty_place / "named.env"
        other = empty_place / "other"
        file.write_text(
            "# of the service\n; too\n\nB24BRIDGE_DATA_DIR=/not/used\n"
            f'DATABASE_URL="sqlite:///{other}/b.sqlite3"\n'
        )
        monkeypatch.setenv("B24BRIDGE_ENV_FILE", str(file))
        monkeypatch.setenv("DATABASE_URL", "")
        monkeypatch.delenv("DATABASE_URL")
        assert main(["status"]) == 1
        assert f"There is no database at {other}/b.sqlite3" in capsys.readouterr().err
        assert os.environ["B24BRIDGE_DATA_DIR"] == f"{empty_place}/data"

    def test_the_usual_one_is_found(self, empty_place, monkeypatch, capsys):
        monkeypatch.setattr("os.geteuid", lambda: 0)
        (empty_place / "etc").mkdir()
        (empty_place / "etc/b24bridge.env").write_text("B24BRIDGE_THREADS=many\n")
        monkeypatch.setenv("B24BRIDGE_THREADS", "")
        monkeypatch.delenv("B24BRIDGE_THREADS")
        assert main(["status"]) == 1
        assert capsys.readouterr().err.splitlines() == [
            "The environment is not right:",
            "B24BRIDGE_THREADS: must be a number from 1 to 200",
        ]

    def test_a_named_one_that_is_missing_is_said(self, empty_place, monkeypatch, capsys):
        monkeypatch.setenv("B24BRIDGE_ENV_FILE", "/nowhere.env")
        assert main(["status"]) == 1
        assert "B24BRIDGE_ENV_FILE: /nowhere.env: No such file" in capsys.readouterr().err

    def test_a_line_that_assigns_nothing_is_named_without_its_text(
        self, empty_place, monkeypatch, capsys
    ):
        file = empty_place / "named.env"
        file.write_text("A=1\nhunter2\nexport B=2\n")
        monkeypatch.setenv("B24BRIDGE_ENV_FILE", str(file))
        assert main(["status"]) == 1
        assert capsys.readouterr().err.splitlines() == [
            "The environment is not right:",
            f"{file}, line 2: is not of the form NAME=value",
            f"{file}, line 3: is not of the form NAME=value",
        ]


@pytest.mark.skipif(sys.platform != "linux", reason="accounts of Linux")
def test_a_database_of_another_account_is_said(empty_place, monkeypatch, capsys):
    assert main(["migrate"]) == 0
    file = Config.from_env(os.environ).data_dir / "b24bridge.sqlite3"

    def refuse(path, *args, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", refuse)
    assert main(["status"]) == 1
    assert capsys.readouterr().err == (
        f"The database {file} belongs to another account: run the command as the account that "
        "runs b24bridge, or as root\n"
    )
