"""`doctor`: what is right, what is wrong, what to change, and a bundle without secrets."""

from __future__ import annotations

import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, update

from b24app.cli import main
from b24app.cli.doctor import describe_finding
from b24app.services import diagnosis, health
from b24app.services.health import Disk
from b24app.services.health_check import Check
from b24app.services.health_of_connections import check_hook
from sync.bitrix24.install.registrations import EVENTS
from sync.config import Config
from sync.core.clock import WallClock
from sync.settings.apply import apply
from sync.settings.document import read as settings
from sync.store import connections, logs, program
from sync.store.db.database import read, write
from sync.store.hook_logs import HookLogRow
from sync.store.program import ProgramRow
from sync.store.rows import AllowanceRow, ApiCallRow
from sync.store.tables import connection
from tests.b24app.conftest import MEMBER
from tests.emulators.gitlab.server import GitLabEmulator

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture
def gitlab(clock):
    with GitLabEmulator(clock) as running:
        running.state.add_user("ann", "Ann Oak")
        running.shop = running.state.add_project("acme/shop", members={"ann": 40})
        yield running


@pytest.fixture
def installed(world, config: Config, monkeypatch, database_url, gitlab):
    """A portal with one connection; nothing answers at the portal's own address."""
    for name, value in {
        "DATABASE_URL": database_url,
        "B24BRIDGE_SECRET_KEY": config.secret_keys[0],
        "B24BRIDGE_DATA_DIR": str(config.data_dir),
        "B24BRIDGE_ALLOWED_NETWORKS": "127.0.0.0/8",
        "B24BRIDGE_PUBLIC_URL": "https://127.0.0.1:1",
        "B24BRIDGE_CLIENT_ID": "local.b24bridge",
        "B24BRIDGE_CLIENT_SECRET": "client-secret-of-the-test",
        "B24BRIDGE_TRUSTED_PROXIES": "1",
    }.items():
        monkeypatch.setenv(name, value)
    portal = world.install(address="https://127.0.0.1:1")
    token = gitlab.state.add_token("ann").value
    text = (
        "version: 1\nportal: 127.0.0.1:1\nconnections:\n"
        f"  - name: main\n    url: {gitlab.url}\n    token: {{env: T}}\n    projects: [acme/shop]\n"
    )
    with write(world.deps.engine) as conn:
        document, now = settings(text, {"T": token}), world.deps.clock.now()
        apply(conn, world.deps.vault, portal, document, environ={"T": token}, now=now)
    return token


def findings(out: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in out.splitlines():
        if line[:5] in ("ok   ", "WRONG"):
            found.setdefault(line[6:17].strip(), []).append(f"{line[:5].strip()} {line[18:]}")
    return found


def test_everything_is_tried_and_what_is_wrong_ends_with_1(world, installed, capsys):
    assert main(["doctor"]) == 1
    out = capsys.readouterr().out
    said = findings(out)
    assert said["settings"] == ["ok the environment has what is needed"]
    assert said["worker"] == ["WRONG none was seen in the last minute"]
    assert said["backup"] == ["WRONG none was ever made"]
    assert said["portal"] == ["ok 127.0.0.1:1: active"]
    assert said["queue"] == ["ok empty"]
    assert said["wake-ups"] == ["ok SQLite carries them"]
    (rights,) = said["rights"]
    assert rights.startswith("WRONG 127.0.0.1:1: ")
    (hook,) = said["hook"]
    assert hook == "WRONG 127.0.0.1:1 main: project acme/shop: Maintainer; there is no webhook yet"
    assert [line.split(":")[0] for line in said["token"]] == ["ok 127.0.0.1"]
    assert {"disk", "database", "key", "secret", "address", "scopes", "events"} <= said.keys()
    assert "→ start the service, or `b24bridge serve`" in out
    assert out.splitlines()[-1].endswith(" are wrong.")


def test_a_queue_out_of_reach_is_said_without_its_password(world, installed, monkeypatch, capsys):
    monkeypatch.setenv("B24BRIDGE_QUEUE_URL", "redis://:pass-of-the-queue@127.0.0.1:1/0")
    assert main(["doctor"]) == 1
    out = capsys.readouterr().out
    (said,) = findings(out)["wake-ups"]
    assert said.startswith("WRONG Redis carries no wake-ups: Error 111 connecting to 127.0.0.1:1.")
    assert "→ see that B24BRIDGE_QUEUE_URL is right" in out
    assert "pass-of-the-queue" not in out


def test_what_was_put_right_is_right(world, installed, capsys):
    now = WallClock().now()
    with write(world.deps.engine) as conn:
        logs.record_heartbeat(conn, "here", now, clock_offset=-2)
        program.set_backed_up(conn, now)
    assert main(["gitlab", "hooks", "main"]) == 0
    capsys.readouterr()
    main(["doctor"])
    said = findings(capsys.readouterr().out)
    assert said["worker"] == ["ok 1 at work"]
    assert said["clock"] == ["ok -2 s beside Bitrix24's and GitLab's"]
    assert said["backup"] == [f"ok last made {now:%Y-%m-%d %H:%M} UTC"]
    assert said["hook"] == [
        "ok 127.0.0.1:1 main: project acme/shop: Maintainer; the webhook is in place"
    ]


def test_a_database_that_takes_no_write_is_not_called_right(world):
    """As one that a stopped process holds, on a full disk, or a standby: reading goes on."""
    engine = world.deps.engine
    words = {
        "sqlite": "PRAGMA query_only = ON",
        "postgresql": "SET default_transaction_read_only = on",
    }

    def forbid(connection, record):
        connection.cursor().execute(words[engine.dialect.name])
        if engine.dialect.name == "postgresql":
            connection.commit()

    event.listen(engine, "connect", forbid)
    engine.dispose()
    with read(engine) as conn:
        finding, *_ = diagnosis.examine_database(world.deps.clients, conn)
    event.remove(engine, "connect", forbid)
    engine.dispose()
    assert (finding.subject, finding.ok) == ("database", False)
    assert "can be read, but not written to" in finding.text
    with read(engine) as conn:
        finding, *_ = diagnosis.examine_database(world.deps.clients, conn)
    assert finding.ok


def test_a_bundle_holds_no_secret(world, installed, config, capsys, tmp_path):
    file = tmp_path / "bundle.zip"
    main(["doctor", "--bundle", str(file)])
    with read(world.deps.engine) as conn:
        (record,) = connections.by_portal(conn, 1)
        secrets = connections.secrets(conn, world.deps.vault, record.id)
    hidden = [
        installed,
        config.secret_keys[0],
        "client-secret-of-the-test",
        "application-token-of-the-portal",
        secrets.hook_key,
        secrets.hook_token,
        secrets.signing_token,
        MEMBER,
    ]
    with zipfile.ZipFile(file) as bundle:
        texts = {name: bundle.read(name).decode() for name in bundle.namelist()}
    assert sorted(texts) == [
        "configuration.json",
        "failed_calls.json",
        "findings.json",
        "findings.txt",
        "tables.json",
        "versions.json",
    ]
    assert [(name, word) for name, text in texts.items() for word in hidden if word in text] == []
    assert file.stat().st_mode & 0o777 == 0o600
    assert '"portal": 1' in texts["tables.json"]
    with write(world.deps.engine) as conn:
        proxy = {"proxy": "http://ann:hunter2@127.0.0.1:1"}
        conn.execute(update(connection).values(options={**record.options, **proxy}))
    behind = tmp_path / "behind.zip"
    main(["doctor", "--bundle", str(behind)])
    with zipfile.ZipFile(behind) as bundle:
        assert [name for name in bundle.namelist() if b"hunter2" in bundle.read(name)] == []
    assert "hunter2" not in capsys.readouterr().out
    assert main(["doctor", "--bundle", str(file)]) == 1
    assert "File exists" in capsys.readouterr().err


def test_what_a_server_echoed_is_in_no_bundle(world, installed, config, tmp_path):
    """In a message of its own words, where no mask of a field looks."""
    with read(world.deps.engine) as conn:
        (record,) = connections.by_portal(conn, 1)
        kept = connections.secrets(conn, world.deps.vault, record.id)
    planted = (installed, kept.hook_key, "client-secret-of-the-test", config.secret_keys[0],
               "glpat-of-somebody-elses")  # fmt: skip
    with write(world.deps.engine) as conn:
        calls = [
            ApiCallRow(1, AT, f"GET /user?x={word}", 403, 5, "", "", error=f"“{word}” is blocked")
            for word in planted
        ]
        logs.save_calls(conn, calls)
    file = tmp_path / "bundle.zip"
    main(["doctor", "--bundle", str(file)])
    with zipfile.ZipFile(file) as bundle:
        text = " ".join(bundle.read(name).decode() for name in bundle.namelist())
    assert text.count("is blocked") == len(planted)
    assert [word for word in planted if word in text] == []


@pytest.mark.parametrize(
    ("check", "line"),
    [
        (
            health.check_disk(Disk(100_000_000_000, 4_000_000_000)),
            "WRONG disk        4.0 GB of 100.0 GB free",
        ),
        (
            health.check_disk(Disk(10_000_000_000, 4_000_000_000)),
            "ok    disk        4.0 GB of 10.0 GB free",
        ),
        (
            health.check_backup(ProgramRow(backed_up_at=AT - timedelta(days=8)), (), AT),
            "WRONG backup      last made 2026-02-22 09:30 UTC",
        ),
        (
            health.check_budget(AllowanceRow(12.4, AT, {}), "acme", AT),
            "ok    budget      acme: 12 of 50 requests in the bucket",
        ),
        (
            health.check_budget(
                AllowanceRow(1, AT, {"tasks.task.list": [450.0, AT.timestamp() + 60]}), "acme", AT
            ),
            "WRONG budget      acme: 1 of 50 requests in the bucket; the portal's time is used up "
            "for tasks.task.list (450 s)",
        ),
        (
            check_hook(
                HookLogRow(1, "project a/b", AT, good_at=AT, refused_at=AT, refused="503: away"),
                "acme main",
                AT,
            ),
            "ok    deliveries  acme main: project a/b: last good delivery 2026-03-02 09:30 UTC, "
            "last refused 2026-03-02 09:30 UTC (503: away)",
        ),
        (
            check_hook(
                HookLogRow(1, "project a/b", AT, refused_at=AT, refused="internal error"),
                "acme",
                AT,
            ),
            "WRONG deliveries  acme: project a/b: last good delivery –, last refused "
            "2026-03-02 09:30 UTC (internal error)",
        ),
    ],
)
def test_each_finding_is_one_line(check: Check, line: str) -> None:
    assert describe_finding(diagnosis.to_finding(check))[0] == line


def test_events_that_are_not_bound_are_named(portal_client):
    said = list(diagnosis._examine_bindings(portal_client([]), "https://b.example", "acme"))
    assert said[0].text == f"not bound: {', '.join(EVENTS)}"
    rows = [{"event": name, "handler": "https://b.example/b24/events"} for name in EVENTS]
    rows += [{"placement": "TASK_VIEW_TAB", "handler": "https://b.example/b24/task"}]
    said = list(diagnosis._examine_bindings(portal_client(rows), "https://b.example", "acme"))
    assert [(f.ok, f.text) for f in said] == [
        (True, f"all {len(EVENTS)} are bound"),
        (True, "all 1 are bound"),
    ]


@pytest.fixture
def portal_client():
    class Client:
        def __init__(self, rows):
            self.rows = rows

        def call(self, method, params, *, write):
            return {"result": self.rows}

    return Client


def test_the_bundle_is_named_at_the_end(world, installed, capsys, tmp_path: Path):
    main(["doctor", "--bundle", str(tmp_path / "b.zip")])
    assert (
        f"The bundle is {tmp_path}/b.zip. It holds no secrets; read it before you send it."
        in capsys.readouterr().out
    )
