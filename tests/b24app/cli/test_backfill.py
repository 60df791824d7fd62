"""`b24bridge backfill`: what it prints, how it stops and how it says no."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from b24app.cli import main
from b24app.cli.backfill import parse_since
from b24app.cli.backfill_progress import progress_line
from sync.config import Config
from sync.core.clock import ManualClock
from sync.engine.upkeep import backfill
from sync.engine.upkeep.backfill import PARTS, Progress
from sync.store import portals
from sync.store.db.database import write
from sync.store.rows import Installation, PortalTokens
from sync.store.vault import Vault
from tests.b24app.factories import AT
from tests.emulators.gitlab.server import GitLabEmulator

SETTINGS = """\
version: 1
portal: portal.example.com
connections:
  - name: main
    url: {url}
    token: {{env: GITLAB_TOKEN}}
    requests_per_minute: 60000
"""


@pytest.fixture
def gitlab() -> Iterator[GitLabEmulator]:
    with GitLabEmulator() as emulator:
        emulator.state.add_user("ann", "Ann Oak")
        emulator.state.add_project("acme/shop", members={"ann": 40})
        yield emulator


@pytest.fixture
def environ(monkeypatch, tmp_path, database_url, gitlab):
    for name in [name for name in os.environ if name.startswith("B24BRIDGE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("B24BRIDGE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("B24BRIDGE_ALLOWED_NETWORKS", "127.0.0.0/8")
    monkeypatch.setenv("GITLAB_TOKEN", gitlab.state.add_token("ann").value)
    return Config.from_env(os.environ, create_key=True)


@pytest.fixture
def applied(environ, engine, gitlab, tmp_path, capsys):
    installation = Installation(
        "a" * 32, "https://portal.example.com/rest/", "", PortalTokens("acc-1", "ref-1", None, 1)
    )
    with write(engine) as conn:
        portal_id = portals.create_or_update(conn, Vault(environ.secret_keys), installation, AT)
        portals.set_state(conn, portal_id, "active", "", AT)
    file = tmp_path / "settings.yaml"
    file.write_text(SETTINGS.format(url=gitlab.url))
    assert main(["settings", "apply", "--offline", str(file)]) == 0
    capsys.readouterr()


@pytest.fixture
def told(monkeypatch) -> None:
    """A clock that stands still: no line tells how fast it went."""
    monkeypatch.setattr("b24app.cli.context.WallClock", lambda: ManualClock(datetime.now(UTC)))


@pytest.mark.dialect
def test_each_page_is_a_line_and_the_status_is_a_table(applied, gitlab, told, capsys) -> None:
    gitlab.push("acme/shop", "feature/B24-1-pay", ["Add"], "ann")
    assert main(["backfill", "acme/shop"]) == 0
    day = f"{datetime.now(UTC) - timedelta(days=90):%Y-%m-%d}"
    assert capsys.readouterr().out.splitlines() == [
        f"acme/shop since {day}:",
        "branches        2, 2 requests, done",
        "commits         1, 3 requests",
        "commits         2, 5 requests, done",
        "merge_requests  0, 6 requests, done",
        "pipelines       0, 7 requests, done",
        "deployments     0, 9 requests, done",
        "tags            0, 10 requests, done",
        "releases        0, 11 requests, done",
        "issues          0, 12 requests, done",
        "comments        0, 13 requests, done",
        "issue_comments  0, 14 requests, done",
        "code_comments   0, 15 requests, done",
    ]
    assert main(["backfill", "--status"]) == 0
    head, *rows = [one.split() for one in capsys.readouterr().out.splitlines()]
    assert head == ["CONNECTION", "PROJECT", "PART", "STATE", "READ", "SINCE", "LAST"]
    assert {tuple(row[:6]) for row in rows} >= {
        ("main", "acme/shop", "branches", "done", "2", day),
        ("main", "acme/shop", "issues", "done", "0", day),
    }
    assert len(rows) == len(PARTS)


@pytest.mark.dialect
def test_before_anything_was_read_the_status_names_the_parts(applied, capsys) -> None:
    assert main(["backfill", "--status"]) == 0
    assert capsys.readouterr().out == (
        "No history was read yet.\n"
        "Parts: branches, commits, merge_requests, pipelines, deployments, tags, releases, "
        "issues, comments, issue_comments, code_comments\n"
    )


def test_an_interrupt_keeps_what_was_read_and_says_how_to_go_on(
    applied, told, monkeypatch, capsys
) -> None:
    stored = []

    def stop_after_two(progress: Progress) -> str:
        stored.append(progress)
        if len(stored) == 2:
            raise KeyboardInterrupt
        return progress_line(progress)

    monkeypatch.setattr("b24app.cli.backfill.progress_line", stop_after_two)
    assert main(["backfill", "acme/shop", "--since", "30d", "--connection", "main"]) == 130
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "Stopped. What was read is kept.",
        "To go on: b24bridge backfill acme/shop --since 30d --connection main",
    ]
    assert main(["backfill", "acme/shop", "--status"]) == 0
    states = [row.split()[2:4] for row in capsys.readouterr().out.splitlines()[1:]]
    assert states == [["branches", "done"], ["commits", "stopped"]]


def test_a_part_that_is_refused_is_told_and_ends_with_1(
    applied, told, gitlab, monkeypatch, capsys
) -> None:
    gitlab.state.projects[1].visibility = "private"
    gitlab.state.projects[1].members[1] = 10  # a guest sees no code
    arguments = ["backfill", "acme/shop", "--parts", "issues,tags"]
    assert main(arguments) == 1
    out = capsys.readouterr().out.splitlines()
    assert out[1].startswith("tags            not read: GET /api/v4/projects/1/repository/tags was")
    assert out[2] == "issues          0, 3 requests, done"
    assert out[3].startswith("Not read: tags. When that is mended: b24bridge backfill acme/shop")
    assert main(["backfill", "--status"]) == 0
    assert (
        "tags: GET /api/v4/projects/1/repository/tags was answered 403"
        in (capsys.readouterr().out.splitlines()[-1])
    )


def test_a_host_that_does_not_answer_ends_it_with_what_to_do(applied, gitlab, capsys) -> None:
    gitlab.failing = 502
    assert main(["backfill", "acme/shop"]) == 1
    err = capsys.readouterr().err.splitlines()
    assert "was answered 502" in err[0]
    assert err[1:] == [
        "What was read is kept.",
        "To go on: b24bridge backfill acme/shop --since 90d",
    ]


@pytest.fixture
def three(applied, gitlab) -> GitLabEmulator:
    """Another project, and one that is not ours."""
    gitlab.state.add_project("acme/site", members={"ann": 40})
    gitlab.state.add_project("acme/secret", members={"ann": 10})
    gitlab.push("acme/site", "main", ["Add"], "ann")
    return gitlab


def all_of(*options: str) -> int:
    return main(["backfill", "--all", "--parts", "branches,commits,tags", *options])


def test_all_projects_are_read_one_after_another_and_once(three, told, capsys) -> None:
    assert all_of() == 0
    day = f"{datetime.now(UTC) - timedelta(days=90):%Y-%m-%d}"
    assert capsys.readouterr().out.splitlines() == [
        f"acme/shop since {day}, 1 of 2 of main:",
        "branches        1, 1 requests, done",
        "commits         1, 2 requests",
        "commits         1, 3 requests, done",
        f"acme/site since {day}, 2 of 2 of main:",
        "branches        1, 1 requests, done",
        "commits         2, 2 requests",
        "commits         2, 3 requests, done",
    ]
    three.requests.clear()
    assert all_of() == 0
    assert three.requests == [("GET", "/api/v4/projects")]
    assert capsys.readouterr().out.splitlines() == [
        f"acme/shop since {day}, 1 of 2 of main:",
        f"acme/site since {day}, 2 of 2 of main:",
    ]


def test_what_is_wrong_with_one_holds_up_no_other(three, told, monkeypatch, capsys) -> None:
    usual = backfill.run_backfill

    def run(deps, record, project, *args, **options):
        if project.path == "acme/shop":
            return None
        return usual(deps, record, project, *args, **options)

    monkeypatch.setattr(backfill, "run_backfill", run)
    assert all_of("--since", "30d") == 1
    shown = capsys.readouterr()
    assert "branches        1, 1 requests, done" in shown.out
    assert shown.out.splitlines()[-1] == (
        "Not all was read of: acme/shop. When that is mended: b24bridge backfill --all --since 30d "
        "--parts branches,commits,tags"
    )
    assert shown.err == "The history of acme/shop is just being read by another process\n"


def test_all_goes_on_where_it_was_interrupted(three, told, monkeypatch, capsys) -> None:
    shown = []

    def stop_at_the_second(progress: Progress) -> str:
        shown.append(progress)
        if len(shown) == 4:
            raise KeyboardInterrupt
        return progress_line(progress)

    monkeypatch.setattr("b24app.cli.backfill.progress_line", stop_at_the_second)
    assert all_of() == 130
    assert capsys.readouterr().out.splitlines()[-1] == (
        "To go on: b24bridge backfill --all --since 90d --parts branches,commits,tags"
    )
    monkeypatch.setattr("b24app.cli.backfill.progress_line", progress_line)
    assert all_of() == 0
    told = capsys.readouterr().out.splitlines()
    assert [one for one in told if one[:5] != "acme/"] == [
        "commits         2, 1 requests",
        "commits         2, 2 requests, done",
    ]


def test_a_host_that_does_not_answer_is_left_for_the_next(three, capsys) -> None:
    three.failing = 502
    assert all_of() == 1
    shown = capsys.readouterr()
    assert "was answered 502" in shown.err
    assert shown.out.startswith("Not all was read of: main. When that is mended: b24bridge ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["acme/shop", "--all"], "Name a project or --all, not both"),
        ([], "Name the project: its path, such as acme/shop, or its id in GitLab"),
        (["acme/shop", "--connection", "x"], "There is no connection x; there is: main"),
        (["acme/shop", "--since", "3 moons"], "--since 3 moons is neither like 90d or 12w nor a"),
        (["acme/shop", "--since", "999999d"], "--since 999999d is neither like 90d or 12w nor a"),
        (["acme/shop", "--parts", "dreams"], "There is no part dreams; there is: branches, commit"),
        (["acme/other"], "GET /api/v4/projects/acme%2Fother was answered 404"),
    ],
)
def test_what_cannot_be_is_told_so(applied, capsys, arguments, said) -> None:
    assert main(["backfill", *arguments]) == 1
    assert capsys.readouterr().err.startswith(said)


def test_two_at_a_time_are_one_too_many(applied, monkeypatch, capsys) -> None:
    monkeypatch.setattr(backfill, "run_backfill", lambda *args, **options: None)
    assert main(["backfill", "acme/shop"]) == 1
    assert capsys.readouterr().err == (
        "The history of acme/shop is just being read by another process\n"
    )


NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "means"),
    [("90d", "2025-12-02"), ("2w", "2026-02-16"), ("0d", "2026-03-02"), ("2026-01-31",) * 2],
)
def test_a_period_begins_at_midnight(told, means) -> None:
    assert parse_since(told, NOW) == datetime.fromisoformat(f"{means}T00:00:00+00:00")


@pytest.mark.parametrize(
    ("progress", "said"),
    [
        (
            Progress("pipelines", "running", 1300, 1200, 2400, 14, 60.0),
            "pipelines       1,300 of 3,700, 14 requests, 1,200 a minute, about 2 min left",
        ),
        (
            Progress("comments", "running", 40, 40, 10, 41, 20.0),
            "comments        40 of 50, 41 requests, 120 a minute, about 5 s left",
        ),
        (
            Progress("commits", "running", 100, 100, None, 2, 0.5),
            "commits         100, 2 requests",
        ),
        (
            Progress("tags", "waiting", 0, 0, None, 2, 0.5, "60 s: busy."),
            "tags            waits 60 s: busy.",
        ),
        (Progress("tags", "failed", 0, 0, None, 2, 0.5, "No."), "tags            not read: No."),
        (Progress("tags", "done", 7, 0, None, 2, 9.0), "tags            7, 2 requests, done"),
        (
            Progress("code_comments", "done", 7, 7, None, 9, 0.5, "some are lost"),
            "code_comments   7, 9 requests, done, but some are lost",
        ),
    ],
)
def test_a_line_of_progress(progress, said) -> None:
    assert progress_line(progress) == said
