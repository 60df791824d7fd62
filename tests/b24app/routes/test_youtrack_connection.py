"""A YouTrack connection on the page and on the command line: its test, a new token, its app."""

from __future__ import annotations

import json

import pytest

from b24app.cli import main
from sync.settings.apply import apply
from sync.settings.document import read as settings
from sync.store import connections, inbox
from sync.store.db.database import read, write
from sync.store.rows import Delivery
from tests.emulators.youtrack import records
from tests.emulators.youtrack.server import YouTrackEmulator
from tests.emulators.youtrack.state import DEFAULT

FIELDS = {**DEFAULT, "Due Date": "date", "Estimation": "period"}


@pytest.fixture
def youtrack(clock):
    with YouTrackEmulator(clock) as running:
        bridge = running.state.add_user("bridge")
        running.state.add_project("SHOP", [bridge], FIELDS)
        yield running


@pytest.fixture
def portal(world, youtrack, config, monkeypatch, database_url):
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("B24BRIDGE_SECRET_KEY", config.secret_keys[0])
    monkeypatch.setenv("B24BRIDGE_DATA_DIR", str(config.data_dir))
    monkeypatch.setenv("B24BRIDGE_ALLOWED_NETWORKS", "127.0.0.0/8")
    installed = world.install()
    text = (
        "version: 1\nportal: portal.example.com\nconnections:\n"
        f"  - name: yt\n    kind: youtrack\n    url: {youtrack.url}\n    token: {{env: T}}\n"
        "    projects: [SHOP]\n"
    )
    with write(world.deps.engine) as conn:
        now, environ = world.deps.clock.now(), {"T": "perm-bridge"}
        apply(conn, world.deps.vault, installed, settings(text, environ), environ=environ, now=now)
    return installed


def post(world, portal, what, **body):
    path = f"/api/connections/yt/{what}"
    return world.client.post(path, json=body, headers=world.bearer(portal.id))


def stored_token(world, portal):
    with read(world.deps.engine) as conn:
        record = connections.by_name(conn, portal.id, "yt")
        return connections.secrets(conn, world.deps.vault, record.id).access_token


def install_app(youtrack, version):
    values = {"ACCOUNT": "bridge", "VERSION": version}
    shop = youtrack.state.project("SHOP")
    youtrack.state.apps.append(records.App("130-1", "b24bridge", version, values, {shop.id}))


def test_a_test_names_the_account_and_what_projects_lack(world, portal, youtrack):
    assert post(world, portal, "test").json == {
        "ok": True, "account": "bridge at YouTrack 2026.1.13757, time zone UTC", "problems": [],
    }  # fmt: skip
    shop = youtrack.state.project("SHOP")
    shop.fields = [each for each in shop.fields if each.field.name != "Due Date"]
    tested = post(world, portal, "test").json
    assert tested["ok"] is False
    assert "Due Date" in tested["problems"][0]


def test_an_app_older_than_the_bridge_is_said(world, portal, youtrack):
    install_app(youtrack, "0.0.1")
    (problem,) = post(world, portal, "test").json["problems"]
    assert problem.startswith("SHOP: our app there is 0.0.1, older than the bridge")


def test_a_revoked_token_is_said_and_another_one_stored(world, portal, youtrack):
    youtrack.state.tokens["perm-fresh"] = youtrack.state.tokens.pop("perm-bridge")
    tested = post(world, portal, "test").json
    assert (tested["ok"], tested["account"]) == (False, "")
    assert post(world, portal, "token", token="perm-nobody").status_code == 409
    assert stored_token(world, portal) == "perm-bridge"
    answer = post(world, portal, "token", token="perm-fresh")
    assert "bridge at YouTrack" in answer.json["account"]
    assert stored_token(world, portal) == "perm-fresh"
    assert post(world, portal, "test").json["ok"] is True


def test_the_command_says_where_our_app_is(world, portal, youtrack, capsys):
    assert main(["youtrack", "test", "yt"]) == 0
    assert "Our app does not answer in: SHOP." in capsys.readouterr().out
    install_app(youtrack, "99.0")
    assert main(["youtrack", "test", "yt"]) == 0
    assert "Our app answers in: SHOP (99.0)." in capsys.readouterr().out


def test_the_command_replaces_a_token_and_takes_none_as_an_argument(
    world, portal, youtrack, capsys, tmp_path
):
    youtrack.state.tokens["perm-fresh"] = youtrack.state.user("bridge")
    file = tmp_path / "token"
    file.write_text("perm-fresh\n")
    assert main(["youtrack", "token", "yt", "--file", str(file)]) == 0
    out = capsys.readouterr().out
    assert "The connection yt has a new token: bridge at YouTrack" in out
    assert "`token: {stored: true}`" in out
    assert stored_token(world, portal) == "perm-fresh"
    assert main(["youtrack", "token", "yt", "perm-pasted"]) == 2
    assert "perm-pasted" not in "".join(capsys.readouterr())


def keep_hint(world, portal, version):
    with write(world.deps.engine) as conn:
        record = connections.by_name(conn, portal.id, "yt")
        body = json.dumps({"v": 1, "app": version, "issue": "SHOP-1", "kinds": ["text"]}).encode()
        if not version:
            body = b'{"id": "SHOP-1", "event": "issueUpdated"}'
        origin, at = f"youtrack:{record.id}", world.deps.clock.now()
        key = f"hint-{version}"
        inbox.insert_many(conn, [Delivery(portal.id, record.id, origin, key, "hint", {}, body, at)])


def test_status_and_doctor_say_which_app_hinted_last(world, portal, youtrack, capsys):
    def status():
        assert main(["status"]) == 0
        return capsys.readouterr().out

    def doctor():
        main(["doctor"])
        return capsys.readouterr().out

    assert "received YouTrack yt: no hint is kept: changes are found by asking" in status()
    install_app(youtrack, "0.0.1")
    said = doctor()
    assert "WRONG app         portal.example.com yt: SHOP: our app: 0.0.1" in said
    assert "upload it anew, `b24bridge youtrack app yt` writes it" in said
    keep_hint(world, portal, "0.0.1")
    said = status()
    assert "received YouTrack yt: the newest hint came from our app 0.0.1 at 20" in said
    assert "next     the app is older than the bridge" in said
    keep_hint(world, portal, "")
    assert "came from another sender than our app" in status()
    youtrack.state.apps.clear()
    install_app(youtrack, "99.0")
    keep_hint(world, portal, "99.0")
    said = doctor()
    assert "ok    app         portal.example.com yt: SHOP: our app: 99.0" in said
    assert "ok    hint        portal.example.com yt: the newest hint came from our app 99.0" in said
    assert "the app is older than the bridge" not in status()
