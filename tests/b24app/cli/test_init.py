"""`b24bridge init`: the files it writes, what it asks, and what it leaves alone."""

from __future__ import annotations

import os
import re
from importlib.metadata import version
from pathlib import Path

import pytest

from b24app.cli import init, main
from b24app.cli.environment import parse
from b24app.cli.variables import VARIABLES
from sync.config import Config
from sync.settings.document import read
from sync.settings.example import example_text


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "files"


def init_with(folder: Path, *words: str) -> int:
    return main(["init", "--folder", str(folder), *words])


def test_arguments_become_two_files(folder, tmp_path, capsys):
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    code = init_with(
        folder,
        *("--public-url", "https://bridge.example.com/", "--client-id", "local.1"),
        *("--client-secret-file", str(secret), "--portal", "https://acme.bitrix24.com/"),
        *("--gitlab-url", "https://gitlab.example.com", "--project", "acme/shop"),
    )
    assert code == 0
    environment = folder / "b24bridge.env"
    assert environment.stat().st_mode & 0o777 == 0o600
    values = parse(environment.read_text(), environment)
    assert values == {
        "B24BRIDGE_PUBLIC_URL": "https://bridge.example.com",
        "B24BRIDGE_CLIENT_ID": "local.1",
        "B24BRIDGE_CLIENT_SECRET": "s3cret",
        "B24BRIDGE_TRUSTED_PROXIES": "1",
    }
    assert Config.from_env(values).public_url == "https://bridge.example.com"
    settings = read((folder / "settings.yaml").read_text(), {})
    assert settings.portal == "acme.bitrix24.com"
    (connection,) = settings.connections
    assert (connection.name, connection.url, connection.projects) == (
        "gitlab", "https://gitlab.example.com", ["acme/shop"],
    )  # fmt: skip
    printed = capsys.readouterr().out
    assert "s3cret" not in printed
    assert printed.splitlines() == [
        *init._IN_WHOSE_NAME,
        "",
        f"{folder}/b24bridge.env was written.",
        f"{folder}/settings.yaml was written.",
        "",
        "Next:",
        "In Bitrix24: Developer resources → Other → Local application, “server”,",
        "  handler path https://bridge.example.com/b24/app",
        "  initial installation path https://bridge.example.com/b24/install",
        "  rights task, tasks, im, user_basic, placement",
        "b24bridge serve, or start the service; then open the application in Bitrix24",
        f"b24bridge settings apply {folder}/settings.yaml",
        "b24bridge gitlab token gitlab, then b24bridge gitlab hooks gitlab",
    ]


def test_without_answers_every_variable_is_there_as_a_comment(folder):
    assert init_with(folder, "--no-input") == 0
    text = (folder / "b24bridge.env").read_text()
    assert text.startswith(f"# The environment of b24bridge {version('b24bridge')}:")
    assert parse(text, folder) == {}
    commented = re.findall(r"^#([A-Z0-9_]+)=$", text, re.MULTILINE)
    assert commented == [
        variable.name for variable in VARIABLES if variable.name != "B24BRIDGE_ENV_FILE"
    ]


def test_the_settings_are_an_example_that_can_be_applied_as_a_whole(folder):
    assert init_with(folder, "--no-input") == 0
    text = (folder / "settings.yaml").read_text()
    assert read(text, {}).portal == "your-portal.bitrix24.com"
    body = text.partition("version: 1")[2]
    whole = read("version: 1" + re.sub("^# ", "", body, flags=re.MULTILINE).replace(
        "    ca_file: /etc/ssl/corp.pem", "    # ca_file: /etc/ssl/corp.pem"
    ), {"GITLAB_APPLICATION_SECRET": "gloas-of-the-example"})  # fmt: skip
    assert whole.rules.workgroups[10].projects == ["acme/shop"]
    assert whole.connections[0].issue_links


def test_a_russian_reader_gets_a_russian_example(folder, capsys, monkeypatch):
    monkeypatch.setenv("B24BRIDGE_LANGUAGE", "ru")
    assert init_with(folder, "--no-input", "--gitlab-url", "https://gitlab.example.com") == 0
    text = (folder / "settings.yaml").read_text()
    settings = read(text, {})
    assert (settings.language, settings.connections[0].name) == ("ru", "gitlab")
    english = example_text(gitlab_url="https://gitlab.example.com")
    untranslated = {
        line
        for line in set(text.splitlines()) & set(english.splitlines())
        if re.search(r"(?:^|  )# [^#]*$", re.sub("^# ", "", line))
    }
    assert untranslated == set()
    values = [re.sub(r"(?:^|  )# [^#]*$", "", line) for line in text.splitlines()]
    shared = [re.sub(r"(?:^|  )# [^#]*$", "", line) for line in english.splitlines()]
    assert [line for line in values if "language" not in line] == [
        line for line in shared if "language" not in line
    ]


def test_in_whose_name_it_works_is_said_before_anything_is_asked(folder, capsys, type_in):
    type_in("", "", "", "")
    main(["--language", "ru", "init", "--folder", str(folder)])
    out = capsys.readouterr().out
    assert out.startswith("Кто установит приложение в Битрикс24, станет наблюдателем каждой ")
    assert "автором каждой карточки" in out.splitlines()[1]


def test_what_exists_stays_and_is_said(folder, capsys):
    assert init_with(folder, "--no-input") == 0
    (folder / "b24bridge.env").write_text("mine")
    capsys.readouterr()
    assert init_with(folder, "--no-input") == 1
    assert capsys.readouterr().err.splitlines() == [
        f"{folder}/b24bridge.env exists and stays as it is; --overwrite replaces it",
        f"{folder}/settings.yaml exists and stays as it is; --overwrite replaces it",
    ]
    assert (folder / "b24bridge.env").read_text() == "mine"
    assert init_with(folder, "--no-input", "--overwrite") == 0
    assert (folder / "b24bridge.env").read_text() != "mine"


class Typist:
    """Answers questions in their order, and remembers them."""

    def __init__(self, *answers: str) -> None:
        self.answers, self.questions = list(answers), list[str]()

    def __call__(self, question: str) -> str:
        self.questions.append(question)
        return self.answers.pop(0)


@pytest.fixture
def type_in(monkeypatch):
    def prepare(*answers: str, secret: str = "") -> Typist:
        typist = Typist(*answers)
        monkeypatch.setattr("sys.stdin.isatty", lambda: True)
        monkeypatch.setattr("builtins.input", typist)
        monkeypatch.setattr(init, "getpass", lambda question: secret)
        return typist

    return prepare


def test_questions_are_asked_again_until_the_answer_is_right(folder, capsys, type_in):
    type_in(
        "bridge.example.com", "http://bridge.example.com", "https://bridge.example.com",
        "1234", "local.1", "a-pasted-secret", "acme.bitrix24.com", "", secret="s3cret",
    )  # fmt: skip
    assert init_with(folder) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[4:8] == [
        "  It must be a whole address: https://host.",
        "  It must begin with https://: Bitrix24 opens and calls nothing else.",
        "  It must begin with local. (a local application) or app. (the Market).",
        "  It must be a domain such as acme.bitrix24.com.",
    ]
    values = parse((folder / "b24bridge.env").read_text(), folder)
    assert values["B24BRIDGE_CLIENT_SECRET"] == "s3cret"


def test_the_secret_is_asked_for_behind_the_id_beside_which_it_is_shown(
    folder, type_in, monkeypatch
):
    typist = type_in("https://bridge.example.com", "local.1", "", "")
    monkeypatch.setattr(init, "getpass", lambda question: typist.questions.append(question) or "s")
    assert init_with(folder) == 0
    assert [question.split("(")[0].strip() for question in typist.questions] == [
        "The public address of this service", "The application's id in Bitrix24",
        "The application's secret", "The portal's domain", "GitLab's address",
    ]  # fmt: skip


def test_overwriting_is_asked_for(folder, capsys, type_in):
    assert init_with(folder, "--no-input") == 0
    (folder / "b24bridge.env").write_text("mine")
    typist = type_in("", "", "", "", "n", "y")
    assert init_with(folder) == 1
    assert typist.questions[-2:] == [
        f"{folder}/b24bridge.env exists. Overwrite it? [y/N] ",
        f"{folder}/settings.yaml exists. Overwrite it? [y/N] ",
    ]
    assert (folder / "b24bridge.env").read_text() == "mine"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ["--public-url", "http://bridge.example.com"],
            "--public-url: must begin with https://: Bitrix24 opens and calls nothing else\n",
        ),
        (
            ["--client-id", "42"],
            "--client-id: must begin with local. (a local application) or app.",
        ),
        (["--gitlab-url", "gitlab"], "--gitlab-url: must be a whole address: https://host\n"),
        (["--portal", "https://"], "--portal: must be a domain such as acme.bitrix24.com\n"),
        (["--portal", "acme"], "--portal: must be a domain such as acme.bitrix24.com\n"),
        (["--gitlab-url", "https://gitlab,corp"], "--gitlab-url: must be a whole address: "),
        (
            ["--project", "https://gitlab.example.com/acme/shop"],
            "--project: must be paths like group/project, or numeric ids\n",
        ),
        (["--client-secret-file", "s3cret"], "--client-secret-file: No such file or directory\n"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_wrong_arguments_are_said_and_nothing_is_written(folder, capsys, words, sentence):
    assert init_with(folder, *words) == 1
    err = capsys.readouterr().err
    assert err.startswith(sentence)
    assert "s3cret" not in err
    assert not folder.exists()


def test_a_secret_as_an_argument_is_refused_and_not_shown(folder, capsys):
    with pytest.raises(SystemExit):
        init_with(folder, "--client-secret=s3cret-s3cret")
    assert "s3cret" not in capsys.readouterr().err


def test_files_go_to_the_usual_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 4321)
    assert main(["init", "--no-input"]) == 0
    assert (tmp_path / "config/b24bridge/b24bridge.env").exists()
