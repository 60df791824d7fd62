"""`b24bridge pipeline`: what it starts, what it prints, and how it says no."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from b24app.cli import main
from sync.config import Config
from sync.settings.apply import apply
from sync.settings.document import read as settings
from sync.store.db.database import write
from tests.emulators.gitlab import ci_config
from tests.emulators.gitlab.server import GitLabEmulator
from tests.emulators.gitlab.web import Reply


@pytest.fixture
def gitlab(clock) -> Iterator[GitLabEmulator]:
    with GitLabEmulator(clock) as running:
        running.state.add_user("ann", "Ann Oak")
        running.shop = running.state.add_project("acme/shop", members={"ann": 40})
        yield running


@pytest.fixture(autouse=True)
def connected(world, gitlab, config: Config, monkeypatch, database_url) -> None:
    """A portal with one connection, and the command line over its database."""
    portal, now = world.install(), world.deps.clock.now()
    text = (
        "version: 1\nportal: portal.example.com\nconnections:\n"
        f"  - name: main\n    url: {gitlab.url}\n    token: {{env: T}}\n"
    )
    environ = {"T": gitlab.state.add_token("ann").value}
    with write(world.deps.engine) as conn:
        read = settings(text, environ)
        apply(conn, world.deps.vault, portal, read, environ=environ, now=now)
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("B24BRIDGE_SECRET_KEY", config.secret_keys[0])
    monkeypatch.setenv("B24BRIDGE_DATA_DIR", str(config.data_dir))
    monkeypatch.setenv("B24BRIDGE_ALLOWED_NETWORKS", "127.0.0.0/8")
    monkeypatch.setenv("TRIGGER", ci_config.add_trigger(gitlab.state, gitlab.shop, "ann"))


def pipeline(capsys, *words: str) -> tuple[int, list[str], list[str]]:
    """The exit code, and the lines of both outputs."""
    code = main(["pipeline", *words])
    printed = capsys.readouterr()
    return code, printed.out.splitlines(), printed.err.splitlines()


def test_a_started_pipeline_is_told_with_its_link(gitlab, capsys):
    code, out, err = pipeline(capsys, "run", "acme/shop", "main", "--var", "A=1", "--var", "B=x=y")
    made = gitlab.shop.pipelines[1]
    assert (code, err) == (0, [])
    assert out == [
        "Pipeline 1 of main was started; it is pending.",
        f"{gitlab.url}/acme/shop/-/pipelines/1",
    ]
    assert (made.source, made.variables) == ("api", {"A": "1", "B": "x=y"})


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("3", 3),
        ("1.5", 1.5),
        ("true", True),
        ("[eu, us]", ["eu", "us"]),
        ("[]", []),
        ("stage", "stage"),
        ("'3'", "3"),
        ("yes", "yes"),
        ("", ""),
        ("2026-03-02", "2026-03-02"),
        ("null", "null"),
        ("a=b", "a=b"),
    ],
)
def test_inputs_are_typed_as_in_yaml(gitlab, capsys, monkeypatch, typed, value):
    monkeypatch.setattr(ci_config, "problems", lambda *_: [])
    code, _, err = pipeline(capsys, "run", "acme/shop", "main", "--input", f"one={typed}")
    assert (code, err) == (0, [])
    assert gitlab.shop.pipelines[1].inputs == {"one": value}


def test_a_trigger_token_is_used_instead_of_the_connections(gitlab, capsys):
    gitlab.state.tokens.clear()
    words = ("run", "acme/shop", "main", "--trigger-token-env", "TRIGGER")
    code, out, _ = pipeline(capsys, *words)
    assert (code, len(out), gitlab.shop.pipelines[1].source) == (0, 2, "trigger")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["--trigger-token-env", "NOT_SET"],
            "The environment variable NOT_SET is not set or empty",
        ),
        (["--connection", "other"], "There is no connection other; there is: main"),
        (["--var", "A=1", "--var", "A=2"], "Given more than once: A"),
        (["--input", "a={x: 1}"], "The input a must be text, a number, true, false or a list"),
        (["--input", "a=[1"], "The input a cannot be read as YAML: [1"),
    ],
    ids=["no-secret", "no-connection", "twice", "mapping", "no-yaml"],
)
def test_what_cannot_be_sent_is_not_sent(gitlab, capsys, words, said):
    assert pipeline(capsys, "run", "acme/shop", "main", *words) == (1, [], [said])
    assert gitlab.requests == []


def test_what_gitlab_refuses_is_told_with_what_to_change(gitlab, capsys):
    code, out, err = pipeline(capsys, "run", "acme/shop", "nowhere")
    assert (code, out) == (1, [])
    assert err == [
        "POST /api/v4/projects/acme%2Fshop/pipeline was answered 400 "
        '({"base": ["Reference not found"]}). The project has no branch or tag of this name. '
        "Check the name; a commit or a merge request is not enough."
    ]


def test_a_lost_answer_is_looked_for_and_nothing_is_started_twice(gitlab, capsys, monkeypatch):
    usual = gitlab.answer

    def lost(request):
        reply = usual(request)
        return Reply("", 502) if request.method == "POST" else reply

    monkeypatch.setattr(gitlab, "answer", lost)
    code, out, err = pipeline(capsys, "run", "acme/shop", "main")
    url = f"{gitlab.url}/acme/shop/-/pipelines"
    assert (code, len(gitlab.shop.pipelines)) == (1, 1)
    assert out == [f"newest of main: 1  pending  {url}/1"]
    assert err[0].endswith(
        "Whether the pipeline was started is not known. "
        f"Look before you repeat it: {url}?scope=all&ref=main."
    )


def test_a_pipeline_is_retried_and_canceled(gitlab, capsys):
    run = gitlab.run_pipeline(gitlab.shop, user="ann")
    url = f"{gitlab.url}/acme/shop/-/pipelines/{run.id}"
    run.set_status("failed")
    said = [
        ("retry", "Pipeline 1 was retried; it is running."),
        ("retry", "Pipeline 1 is running: nothing in it was to be retried."),
        ("cancel", "Pipeline 1 was canceled; it is canceled."),
        ("cancel", "Pipeline 1 is canceled: nothing of it was running."),
    ]
    for verb, line in said:
        assert pipeline(capsys, verb, "acme/shop", "1") == (0, [line, url], [])


@pytest.mark.parametrize("words", [["run", "acme/shop"], ["retry", "acme/shop", "x"], ["play"]])
def test_wrong_usage_is_exit_code_two(words, capsys):
    with pytest.raises(SystemExit) as left:
        main(["pipeline", *words])
    assert left.value.code == 2
