"""`b24bridge gitlab`: every project, hook and right tested; a token replaced; nothing echoed."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from b24app.cli import main, new_token
from sync.config import Config
from sync.settings.apply import apply
from sync.settings.document import read as settings
from sync.store import connections
from sync.store.db.database import read, write
from tests.emulators.gitlab.server import GitLabEmulator


@pytest.fixture
def gitlab(clock) -> Iterator[GitLabEmulator]:
    with GitLabEmulator(clock) as running:
        running.state.add_user("ann", "Ann Oak")
        running.state.add_user("dev", "Dev Elm")
        running.shop = running.state.add_project("acme/shop", members={"ann": 40, "dev": 30})
        running.site = running.state.add_project("acme/site", members={"ann": 40})
        yield running


@pytest.fixture
def portal(world, config: Config, monkeypatch, database_url):
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("B24BRIDGE_SECRET_KEY", config.secret_keys[0])
    monkeypatch.setenv("B24BRIDGE_DATA_DIR", str(config.data_dir))
    monkeypatch.setenv("B24BRIDGE_ALLOWED_NETWORKS", "127.0.0.0/8")
    monkeypatch.setenv("B24BRIDGE_PUBLIC_URL", "https://bridge.example.com")
    return world.install()


@pytest.fixture
def beside_the_portal(monkeypatch):
    """The portal itself is asked nothing."""
    monkeypatch.setattr("b24app.cli.settings.PortalLookups", lambda *args: None)
    monkeypatch.setattr("b24app.clients.Clients.portal", lambda self, portal_id: None)


@pytest.fixture
def connect(world, portal, gitlab):
    def connect(user: str = "ann", *, url: str = "", extra: str = "projects: [acme/shop]") -> str:
        token = gitlab.state.add_token(user).value
        text = (
            "version: 1\nportal: portal.example.com\nconnections:\n"
            f"  - name: main\n    url: {url or gitlab.url}\n    token: {{env: T}}\n    {extra}\n"
        )
        with write(world.deps.engine) as conn:
            document, now = settings(text, {"T": token}), world.deps.clock.now()
            apply(conn, world.deps.vault, portal, document, environ={"T": token}, now=now)
        return token

    return connect


def stored_token(world, portal) -> str | None:
    with read(world.deps.engine) as conn:
        (record,) = connections.by_portal(conn, portal.id)
        return connections.secrets(conn, world.deps.vault, record.id).access_token


def report(capsys, *, code: int) -> list[str]:
    """What `gitlab test` says after the line on the account."""
    capsys.readouterr()
    assert main(["gitlab", "test", "main"]) == code
    return capsys.readouterr().out.splitlines()[1:]


def test_every_project_is_tested_with_its_role_and_its_hook(connect, capsys):
    connect(extra="projects: [acme/shop, acme/site, acme/none]")
    hooks = "run `b24bridge gitlab hooks` for this connection"
    missing = (
        "project acme/none: it does not exist, or the token's user cannot see it: "
        "check the path, and that the token's user is a member"
    )
    assert report(capsys, code=1) == [
        f"project acme/shop: Maintainer; there is no webhook yet: {hooks}",
        f"project acme/site: Maintainer; there is no webhook yet: {hooks}",
        missing,
    ]
    assert main(["gitlab", "hooks", "main"]) == 1
    assert report(capsys, code=1) == [
        "project acme/shop: Maintainer; the webhook is in place",
        "project acme/site: Maintainer; the webhook is in place",
        missing,
    ]


def test_a_connection_that_is_all_right_says_so(connect, capsys):
    connect()
    assert main(["gitlab", "hooks", "main"]) == 0
    assert report(capsys, code=0) == ["project acme/shop: Maintainer; the webhook is in place"]


def test_a_token_of_too_small_a_role_is_found(connect, capsys):
    connect("dev")
    assert report(capsys, code=1) == [
        "project acme/shop: the token's user is Developer; webhooks need Maintainer: give that "
        "user the role Maintainer, or use a project's or group's bot with it"
    ]


def test_a_connection_without_projects_is_found(connect, capsys):
    connect(extra="projects: []")
    assert report(capsys, code=1) == [
        "projects: the connection names no projects and no groups, so nothing would ever arrive: "
        "name them under `projects` or `groups` in the settings"
    ]


def test_a_group_without_premium_is_found(connect, gitlab, capsys):
    gitlab.state.premium = False
    gitlab.state.add_group("tools", members={"ann": 50})
    connect(extra="groups: [tools]")
    (line,) = report(capsys, code=1)
    assert line == (
        "group tools: The webhooks of group tools cannot be managed (403): Webhooks of a group "
        "need GitLab Premium and a token with the role Owner"
    )


def test_a_hook_that_gitlab_switched_off_is_found(connect, gitlab, capsys):
    connect()
    main(["gitlab", "hooks", "main"])
    (hook,) = gitlab.state.hooks.values()
    hook.recent_failures = 40
    assert report(capsys, code=1) == [
        "project acme/shop: Maintainer; GitLab has switched the webhook off, as it failed: "
        "run `b24bridge gitlab hooks` for this connection"
    ]


def test_an_address_that_is_no_gitlab_is_found(connect, gitlab, capsys):
    connect()
    gitlab.failing = 404
    assert main(["gitlab", "test", "main"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"There is no GitLab at {gitlab.url} (its API answers 404)",
        "The address is another site's, or GitLab lives below a path that is missing",
        "Set `url` of the connection to the address that GitLab shows in the browser",
    ]


@pytest.mark.parametrize(
    ("projects", "lines"),
    [
        (
            "[]",
            [
                "Connection main: projects: the connection names no projects and no groups, so "
                "nothing would ever arrive: name them under `projects` or `groups` in the settings"
            ],
        ),
        (
            "[acme/none, acme/shop]",
            [
                "Connection main: project acme/none: it does not exist, or the token's user cannot "
                "see it: check the path, and that the token's user is a member",
                "Connection main: project acme/shop: the token's user is Developer; webhooks need "
                "Maintainer: give that user the role Maintainer, or use a project's or group's "
                "bot with it",
            ],
        ),
    ],
)
def test_what_the_token_cannot_work_in_is_said_when_it_is_given(
    portal, gitlab, monkeypatch, tmp_path, capsys, beside_the_portal, projects, lines
):
    monkeypatch.setenv("T", gitlab.state.add_token("dev").value)
    (tmp_path / "s.yaml").write_text(
        f"version: 1\nportal: portal.example.com\nconnections:\n  - name: main\n"
        f"    url: {gitlab.url}\n    token: {{env: T}}\n    projects: {projects}\n"
    )
    assert main(["settings", "apply", str(tmp_path / "s.yaml")]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert [line for line in printed if line.startswith("Connection main: ")] == lines


def test_a_missing_token_is_named_before_the_webhooks_that_need_it(
    portal, gitlab, tmp_path, capsys, beside_the_portal
):
    (tmp_path / "s.yaml").write_text(
        "version: 1\nportal: portal.example.com\nconnections:\n  - name: git\n"
        f"    url: {gitlab.url}\n    token: {{stored: true}}\n    projects: [acme/shop]\n"
    )
    assert main(["settings", "apply", str(tmp_path / "s.yaml")]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert [line for line in printed if "b24bridge gitlab" in line] == [
        "Connection git has no token yet: b24bridge gitlab token git",
        "Set up the webhooks: b24bridge gitlab hooks git",
    ]


def test_a_connection_to_youtrack_is_tried_as_such_when_it_is_given(
    portal, gitlab, monkeypatch, tmp_path, capsys, beside_the_portal
):
    monkeypatch.setenv("T", "perm:x")
    (tmp_path / "s.yaml").write_text(
        "version: 1\nportal: portal.example.com\nconnections:\n  - name: yt\n"
        f"    kind: youtrack\n    url: {gitlab.url}\n    token: {{env: T}}\n    projects: [SHOP]\n"
    )
    assert main(["settings", "apply", str(tmp_path / "s.yaml")]) == 0
    printed = capsys.readouterr().out
    assert f"Connection yt: There is no YouTrack at {gitlab.url} (its API answers 404)" in printed
    assert "gitlab" not in printed


def test_a_new_token_is_tried_and_stored(connect, world, portal, gitlab, tmp_path, capsys):
    connect()
    file = tmp_path / "token"
    fresh = gitlab.state.add_token("ann").value
    file.write_text(f"{fresh}\n")
    assert main(["gitlab", "token", "main", "--file", str(file)]) == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines() == [
        "The connection main has a new token: ann at GitLab "
        f"{gitlab.state.version}, token with api, valid until 2027-06-01",
        "In the settings file write `token: {stored: true}`, or the next `apply` takes the old.",
    ]
    assert fresh not in printed.out + printed.err
    assert stored_token(world, portal) == fresh
    assert main(["settings", "export"]) == 0
    assert "    token:\n      stored: true\n" in capsys.readouterr().out


def test_a_stored_token_survives_the_next_apply(connect, world, portal, gitlab, tmp_path, capsys):
    connect()
    fresh, file = gitlab.state.add_token("ann").value, tmp_path / "settings.yaml"
    (tmp_path / "token").write_text(fresh)
    assert main(["gitlab", "token", "main", "--file", str(tmp_path / "token")]) == 0
    assert main(["settings", "export", "-o", str(file)]) == 0
    file.write_text(file.read_text() + "language: ru\n" if "language" not in file.read_text() else
                    file.read_text().replace("language: en", "language: ru"))  # fmt: skip
    assert main(["settings", "apply", "--offline", str(file)]) == 0
    assert stored_token(world, portal) == fresh


def test_a_token_that_gitlab_refuses_leaves_the_old_one(
    connect, world, portal, monkeypatch, capsys
):
    old = connect()
    monkeypatch.setattr("sys.stdin", io.StringIO("glpat-of-nobody\n"))
    assert main(["gitlab", "token", "main"]) == 1
    printed = capsys.readouterr()
    assert "The access token is wrong, revoked or expired" in printed.err
    assert "glpat-of-nobody" not in printed.out + printed.err
    assert stored_token(world, portal) == old


def test_where_a_new_token_may_do_too_little_is_said(connect, gitlab, monkeypatch, capsys):
    connect()
    gitlab.state.add_user("zed")
    token = gitlab.state.add_token("zed", scopes=("api",)).value
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{token}\n"))
    assert main(["gitlab", "token", "main"]) == 1
    assert "project acme/shop" in capsys.readouterr().out


def test_a_token_is_asked_for_and_not_shown(connect, world, portal, gitlab, monkeypatch, capsys):
    connect()
    fresh = gitlab.state.add_token("ann").value
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr(new_token, "getpass", lambda question: fresh)
    assert main(["gitlab", "token", "main"]) == 0
    assert stored_token(world, portal) == fresh


def test_a_token_as_an_argument_is_refused_and_not_repeated(connect, world, portal, capsys):
    old = connect()
    assert main(["gitlab", "token", "main", "glpat-pasted"]) == 2
    printed = capsys.readouterr()
    assert printed.err.startswith("A token is never an argument: ")
    assert "glpat-pasted" not in printed.out + printed.err
    assert stored_token(world, portal) == old


@pytest.mark.parametrize("text", ["", "two words", "\x1b[0m", "пароль", "glpat-…"])
def test_what_is_no_token_changes_nothing(connect, world, portal, monkeypatch, capsys, text):
    old = connect()
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    assert main(["gitlab", "token", "main"]) == 1
    assert capsys.readouterr().err == "That is no token; nothing was changed.\n"
    assert stored_token(world, portal) == old


def test_a_file_that_is_not_there_is_not_named(connect, capsys):
    connect()
    assert main(["gitlab", "token", "main", "--file", "glpat-pasted"]) == 1
    assert capsys.readouterr().err == (
        "The file of the token cannot be read: No such file or directory\n"
    )
