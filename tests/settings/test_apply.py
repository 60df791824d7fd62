"""Settings in the database: what applying changes, what stays, and what is exported."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from sync.core.model.common import Project
from sync.keyfile import new_key
from sync.settings.apply import RemovalUnconfirmed, apply, current_settings, export_yaml
from sync.settings.document import read as parse
from sync.settings.model import Secret
from sync.settings.problems import Invalid
from sync.settings.rules import to_rules
from sync.settings.secrets import UnresolvedSecret, resolve
from sync.store import connections, portals
from sync.store import projects as store_projects
from sync.store.db.database import read, write
from sync.store.rows import Installation, PortalTokens
from sync.store.tables import connection
from sync.store.vault import Vault

NOW = datetime(2026, 3, 2, tzinfo=UTC)
ENVIRON = {"ONE": "glpat-first-token", "TWO": "glpat-second-token"}
DOCUMENT = """\
version: 1
portal: portal.example.com
people:
  alice: 12
  bob: Bob@example.com
connections:
  - name: main
    url: https://gitlab.example.com
    token:
      env: ONE
    projects:
      - team/shop
  - name: second
    url: https://git.example.org
rules:
  workgroups:
    7:
      steps:
        merged:
          stage:
            type: FINISH
"""


@pytest.fixture
def vault():
    return Vault([new_key()])


@pytest.fixture
def portal(engine, vault):
    installation = Installation(
        "m" * 32,
        "https://portal.example.com/rest/",
        "https://oauth.bitrix.info/rest/",
        PortalTokens("access", "refresh", None, 1),
        language="ru",
    )
    with write(engine) as conn:
        portals.create_or_update(conn, vault, installation, NOW)
        return portals.by_member(conn, "m" * 32)


@pytest.fixture
def change(engine, vault, portal):
    def applied(text, remove=()):
        settings = parse(text, ENVIRON)
        with write(engine) as conn:
            return apply(conn, vault, portal, settings, environ=ENVIRON, now=NOW, remove=remove)

    return applied


def secrets(engine, vault, portal, name="main"):
    with read(engine) as conn:
        record = connections.by_name(conn, portal.id, name)
        return connections.secrets(conn, vault, record.id)


def test_connections_are_made_with_secrets_of_their_own(engine, vault, portal, change):
    done = change(DOCUMENT)
    assert (done.created, done.changed, done.removed) == (["main", "second"], [], [])
    main, second = (secrets(engine, vault, portal, name) for name in ("main", "second"))
    assert (main.access_token, second.access_token) == ("glpat-first-token", None)
    assert main.signing_token.startswith("whsec_")
    own = {main.hook_key, main.hook_token, second.hook_key, second.hook_token}
    assert len(own) == 4
    assert all(len(value) >= 40 for value in own)


def test_applying_again_changes_nothing(engine, vault, portal, change):
    change(DOCUMENT)
    before = secrets(engine, vault, portal)
    done = change(DOCUMENT)
    assert (done.created, done.changed, done.removed) == ([], [], [])
    assert secrets(engine, vault, portal) == before


def test_one_history_is_not_given_to_two_connections(engine, portal, change):
    change(DOCUMENT)
    twice = DOCUMENT.replace(
        "  - name: second\n",
        "  - name: third\n    url: https://git.example.net\n    was: second\n"
        "  - name: fourth\n    was: second\n",
    )
    with pytest.raises(Invalid, match="was: second: is said of several connections"):
        change(twice)
    assert names(engine, portal) == ["main", "second"]


@pytest.mark.parametrize(
    ("connection", "text"),
    [
        ("token: {env: ONE}\n    rotate_token: true", "needs `token: {stored: true}`"),
        ("rotate_token: true", "needs `token: {stored: true}`"),
        ("kind: youtrack\n    rotate_token: true", "only GitLab's tokens can"),
    ],
)
def test_a_token_that_renews_itself_is_kept_in_the_database(change, connection, text):
    with pytest.raises(Invalid, match=text):
        change(
            DOCUMENT.replace("url: https://git.example.org", f"url: https://g.io\n    {connection}")
        )


@pytest.mark.parametrize(
    ("old", "new", "token"),
    [
        ("env: ONE", "env: TWO", "glpat-second-token"),
        ("    token:\n      env: ONE\n", "", None),
        ("https://gitlab.example.com", "https://new.example.com", "glpat-first-token"),
        ("- team/shop", "- team/other", "glpat-first-token"),
    ],
    ids=["token", "no-token", "url", "projects"],
)
def test_a_changed_connection_keeps_its_hook_and_starts_afresh(
    engine, vault, portal, change, old, new, token
):
    change(DOCUMENT)
    before = secrets(engine, vault, portal)
    with write(engine) as conn:
        record = connections.by_name(conn, portal.id, "main")
        connections.set_account(conn, record.id, {"username": "bot"})
        connections.set_state(conn, record.id, "paused", "token revoked")
    assert change(DOCUMENT.replace(old, new)).changed == ["main"]
    after = secrets(engine, vault, portal)
    assert (after.hook_key, after.hook_token) == (before.hook_key, before.hook_token)
    assert after.access_token == token
    with read(engine) as conn:
        record = connections.by_name(conn, portal.id, "main")
    assert (record.state, record.state_reason, record.account) == ("active", "", {})


SECOND = "  - name: second\n    url: https://git.example.org\n"
WITHOUT = DOCUMENT.replace(SECOND, "")


def names(engine, portal):
    with read(engine) as conn:
        return [record.name for record in connections.by_portal(conn, portal.id)]


def test_a_connection_that_is_gone_from_the_document_is_removed_if_that_is_said(
    engine, portal, change
):
    change(DOCUMENT)
    assert change(WITHOUT, remove=["second"]).removed == ["second"]
    assert names(engine, portal) == ["main"]


def test_a_connection_that_is_gone_and_nobody_said_so_stays(engine, portal, change):
    change(DOCUMENT)
    with pytest.raises(RemovalUnconfirmed) as refused:
        change(WITHOUT.replace("alice: 12", "alice: 13"), remove=["main"])
    assert str(refused.value) == (
        "The settings do not name what is connected: second. A connection that is missing is "
        "removed with its history. Say --remove second to remove it, or `was: second` beside its "
        "new name."
    )
    assert names(engine, portal) == ["main", "second"]
    with read(engine) as conn:
        assert portals.settings(conn, portal.id)["people"]["alice"] == 12


def test_a_connection_that_comes_back_has_its_history_and_its_hook(engine, vault, portal, change):
    change(DOCUMENT)
    before = secrets(engine, vault, portal, "second")
    with write(engine) as conn:
        record = connections.by_name(conn, portal.id, "second")
        project = Project(record.id, 7, "team/shop", "https://git.example.org/team/shop")
        store_projects.save_projects(conn, [project])
    change(WITHOUT, remove=["second"])
    done = change(DOCUMENT)
    assert (done.created, done.changed, done.restored) == ([], [], ["second"])
    assert secrets(engine, vault, portal, "second") == before
    with read(engine) as conn:
        assert connections.by_name(conn, portal.id, "second").id == record.id
        assert store_projects.has_project(conn, record.id, 7)


def test_a_renamed_connection_keeps_everything(engine, vault, portal, change):
    change(DOCUMENT)
    before = secrets(engine, vault, portal, "second")
    renamed = DOCUMENT.replace("- name: second", "- name: other\n    was: second")
    done = change(renamed)
    assert (done.created, done.changed, done.removed) == ([], [], [])
    assert done.renamed == ["second → other"]
    assert secrets(engine, vault, portal, "other") == before
    assert change(renamed).renamed == []  # the file may keep saying so
    with read(engine) as conn:
        assert "was" not in export_yaml(conn, portal)


def test_a_connection_that_was_removed_comes_back_under_a_new_name(engine, vault, portal, change):
    change(DOCUMENT)
    before = secrets(engine, vault, portal, "second")
    change(WITHOUT, remove=["second"])
    renamed = DOCUMENT.replace("- name: second", "- name: other\n    was: second")
    done = change(renamed)
    assert (done.created, done.restored, done.renamed) == ([], ["other"], ["second → other"])
    assert secrets(engine, vault, portal, "other") == before
    assert names(engine, portal) == ["main", "other"]
    assert change(renamed).renamed == []


def test_what_the_document_names_cannot_be_removed(engine, portal, change):
    change(DOCUMENT)
    with pytest.raises(Invalid, match="connections: second: is to be removed, and the settings"):
        change(DOCUMENT, remove=["second"])
    assert names(engine, portal) == ["main", "second"]


@pytest.mark.parametrize("name", ["secnod", "second", "Main"])
def test_what_no_connection_is_called_is_not_removed_in_silence(engine, portal, change, name):
    """Nor by the name that it had until this very file; but the command may be repeated."""
    change(DOCUMENT)
    renamed = DOCUMENT.replace("- name: second", "- name: other\n    was: second")
    with pytest.raises(Invalid, match=f"connections: {name}: is to be removed, and no connection"):
        change(renamed, remove=[name])
    assert names(engine, portal) == ["main", "second"]
    change(WITHOUT, remove=["second"])
    assert change(WITHOUT, remove=["second"]).removed == []


def test_one_is_renamed_while_another_is_removed(engine, portal, change):
    change(DOCUMENT)
    main = DOCUMENT[DOCUMENT.index("  - name: main") : DOCUMENT.index("  - name: second")]
    renamed = DOCUMENT.replace(main, "").replace("- name: second", "- name: other\n    was: second")
    done = change(renamed, remove=["main"])
    assert (done.renamed, done.removed) == (["second → other"], ["main"])
    assert names(engine, portal) == ["other"]


@pytest.mark.parametrize("first", ["second", "third"])
def test_names_are_not_passed_on_in_one_file(engine, portal, change, first):
    """Swapped, or moved up in a row: a history would pass through a name that is another's."""
    change(DOCUMENT)
    moved = DOCUMENT.replace("- name: second", "- name: main\n    was: second")
    moved = moved.replace("- name: main", f"- name: {first}\n    was: main", 1)
    with pytest.raises(Invalid, match="both names are in use: rename one after the other"):
        change(moved)
    assert names(engine, portal) == ["main", "second"]


def test_a_history_is_not_given_to_another_system(engine, portal, change):
    change(DOCUMENT)
    with write(engine) as conn:
        conn.execute(update(connection).values(kind="youtrack"))
    with pytest.raises(Invalid, match="of the kind youtrack, whose history it has"):
        change(DOCUMENT)


@pytest.mark.parametrize("is_removed", [False, True])
def test_a_history_is_not_given_to_another_server(engine, portal, change, is_removed):
    """Project 7 there is not project 7 here, and neither are its merge requests."""
    change(DOCUMENT)
    with write(engine) as conn:
        record = connections.by_name(conn, portal.id, "second")
        project = Project(record.id, 7, "team/shop", "https://git.example.org/team/shop")
        store_projects.save_projects(conn, [project])
    if is_removed:
        change(WITHOUT, remove=["second"])
    moved = DOCUMENT.replace("https://git.example.org", "https://git.example.net")
    with pytest.raises(Invalid, match="second: has the history of"):
        change(moved)
    change(DOCUMENT.replace("https://git.example.org", "http://git.example.org/"))
    change(moved.replace("- name: second", "- name: second\n    was: second"))
    with read(engine) as conn:
        present = connections.by_name(conn, portal.id, "second")
    assert (present.id, present.base_url) == (record.id, "https://git.example.net")


def test_two_connections_do_not_become_one_by_renaming(engine, portal, change):
    change(DOCUMENT)
    with pytest.raises(Invalid, match="was: main: is said of second, but both names are in use"):
        change(DOCUMENT.replace("- name: second", "- name: second\n    was: main"))
    assert names(engine, portal) == ["main", "second"]


@pytest.mark.parametrize(
    ("old", "new", "left"),
    [
        ("- team/shop", "- team/other", ["project team/shop"]),
        ("- team/shop", "- Team/Shop", []),
        ("- team/shop", "- team/shop\n      - team/other", []),
        ("https://gitlab.example.com", "https://new.example.com", ["project team/shop"]),
    ],
    ids=["replaced", "case", "added", "another host"],
)
def test_what_was_taken_out_is_named(change, old, new, left):
    change(DOCUMENT)
    done = change(DOCUMENT.replace(old, new))
    assert [f"{item.kind} {item.target}" for item in done.left_over] == left


def test_what_a_removed_connection_had_is_named(change):
    change(DOCUMENT)
    main = DOCUMENT[DOCUMENT.index("  - name: main") : DOCUMENT.index("  - name: second")]
    done = change(DOCUMENT.replace(main, ""), remove=["main"])
    assert [(item.connection, item.target) for item in done.left_over] == [("main", "team/shop")]


def test_what_was_applied_is_exported_without_any_secret(engine, portal, change):
    change(DOCUMENT)
    with read(engine) as conn:
        text = export_yaml(conn, portal)
        rows = conn.execute(select(connection)).fetchall()
    assert text == DOCUMENT.replace("people:", "language: ru\npeople:")
    assert "glpat" not in str(rows)


def test_before_anything_is_applied_the_defaults_speak_the_portals_language(engine, portal):
    with read(engine) as conn:
        assert current_settings(conn, portal).language == "ru"
        assert export_yaml(conn, portal) == "version: 1\nportal: portal.example.com\nlanguage: ru\n"


def test_nothing_is_applied_where_a_secret_is_missing_after_all(engine, vault, portal):
    settings = parse(DOCUMENT, ENVIRON)
    with (
        pytest.raises(UnresolvedSecret, match="the environment variable ONE is not set or empty"),
        write(engine) as conn,
    ):
        apply(conn, vault, portal, settings, environ={}, now=NOW)
    with read(engine) as conn:
        assert connections.by_portal(conn, portal.id) == ()
        assert portals.settings(conn, portal.id) == {}


def test_what_cannot_stand_in_a_header_is_no_secret():
    with pytest.raises(UnresolvedSecret, match="the environment variable ONE holds no token"):
        resolve(Secret(env="ONE"), {"ONE": "glpat-…"})


def test_a_secret_in_a_file_is_read_without_its_last_line_end(engine, vault, portal, tmp_path):
    (tmp_path / "token").write_text("glpat-in-a-file\n")
    text = DOCUMENT.replace("env: ONE", f"file: {tmp_path / 'token'}")
    settings = parse(text, {})
    with write(engine) as conn:
        apply(conn, vault, portal, settings, environ={}, now=NOW)
    assert secrets(engine, vault, portal).access_token == "glpat-in-a-file"


def test_people_by_e_mail_are_found_among_the_portals_users(engine, portal, change):
    change(DOCUMENT)
    with read(engine) as conn:
        settings = current_settings(conn, portal)
    assert to_rules(settings).people == {"alice": 12}
    assert to_rules(settings, {"bob@example.com": 13}).people == {"alice": 12, "bob": 13}
