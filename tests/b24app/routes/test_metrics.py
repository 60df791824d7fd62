"""/metrics: off by default, behind a token, and what it says of a portal that is behind."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import insert, select, update
from sqlalchemy.exc import OperationalError

from b24app.routes.metrics import build_metrics
from b24app.routes.metrics_health import build_health_metrics
from b24app.services.health import Disk
from sync.config import Config, ConfigError
from sync.store import access, figures, hook_logs, inbox, logs, subjects
from sync.store.access import ConnectionAccess, PortalAccess
from sync.store.db.database import read, write
from sync.store.hook_logs import HookLogRow
from sync.store.rows import AllowanceRow, ApiCallRow, Delivery
from sync.store.tables import connection
from sync.store.tables import portal as table

pytestmark = pytest.mark.dialect
TOKEN = "a-token-of-prometheus"
DASHBOARD = Path(__file__).parents[3] / "docs/grafana.json"


@pytest.fixture
def world(make_world):
    return make_world(metrics_token=TOKEN)


def scrape(world, token: str = TOKEN) -> dict[str, float]:
    answer = world.client.get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain")
    return {
        " ".join(
            [sample.name, *(value for _, value in sorted(sample.labels.items()))]
        ): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_metrics_are_off_unless_a_token_is_set(make_world):
    client = make_world().client
    answer = client.get("/metrics", headers={"Authorization": "Bearer "})
    assert answer.status_code == 404
    assert answer.text == "Metrics are off: B24BRIDGE_METRICS_TOKEN is not set\n"


@pytest.mark.parametrize("given", ["", "Bearer wrong", TOKEN, "Bearer ", "Basic x"])
def test_only_the_token_opens_them(world, given):
    answer = world.client.get("/metrics", headers={"Authorization": given} if given else {})
    assert answer.status_code == 401
    assert "b24bridge_" not in answer.text


def test_a_portal_that_is_behind_shows_its_lag(world):
    portal = world.install()
    now = world.deps.clock.now()
    with write(world.deps.engine) as conn:
        late = Delivery(portal.id, None, "x:1", "k", "e", {}, b"{}", now - timedelta(seconds=90))
        inbox.insert_many(conn, [late])
        moment = now - timedelta(seconds=200)
        subjects.mark_dirty_many(conn, portal.id, [("task", "1", "x")], moment)
        logs.save_allowance(
            conn,
            portal.id,
            AllowanceRow(7.5, now, {"tasks.task.list": [120.0, now.timestamp() + 60]}),
        )
        calls = [("", 200), ("", 200), ("boom", 500)]
        logs.save_calls(
            conn,
            [
                ApiCallRow(
                    portal_id=portal.id, at=now, method="m", status=status, milliseconds=5,
                    request="", answer="", error=error, system="bitrix24", connection="",
                    source="worker", actor="",
                )
                for error, status in calls
            ],
        )  # fmt: skip
        logs.record_heartbeat(conn, "one", now - timedelta(seconds=3))
    figure = scrape(world)
    name = "portal.example.com"
    assert figure[f"b24bridge_lag_seconds {name}"] == 200
    assert figure[f"b24bridge_inbox_age_seconds {name}"] == 90
    assert figure[f"b24bridge_deliveries_waiting {name}"] == 1
    assert figure[f"b24bridge_portal_active {name}"] == 1
    assert figure[f"b24bridge_request_bucket {name}"] == 7.5
    assert figure[f"b24bridge_operating_seconds tasks.task.list {name}"] == 120
    assert figure[f"b24bridge_requests_recent ok {name} bitrix24"] == 2
    assert figure[f"b24bridge_requests_recent failed {name} bitrix24"] == 1
    assert figure["b24bridge_worker_seen_seconds"] == 3
    assert figure["b24bridge_deliveries_total"] >= 1


def test_missed_deliveries_are_counted_by_webhook(world):
    portal = world.install()
    world.connect(portal)
    now = world.deps.clock.now()
    with write(world.deps.engine) as conn:
        number = conn.scalar(connection.select().with_only_columns(connection.c.id))
        conn.execute(update(connection).values(state="active"))
        row = HookLogRow(number, "project a/b", now, gap_at=now, failed=14, made_up=13)
        hook_logs.save(conn, row)
    figure = scrape(world)
    assert figure["b24bridge_missed_deliveries main portal.example.com project a/b"] == 14
    assert figure["b24bridge_made_up_deliveries main portal.example.com project a/b"] == 13


def test_portals_of_one_domain_have_series_of_their_own(world):
    portal = world.install()
    now = world.deps.clock.now()
    with write(world.deps.engine) as conn:
        row = select(table.c).where(table.c.id == portal.id)
        again = dict(conn.execute(row).one()._mapping) | {"member_id": "another"}
        del again["id"]
        conn.execute(insert(table).values(again))
        for number in conn.scalars(select(table.c.id)).all():
            logs.save_allowance(conn, number, AllowanceRow(1.0, now, {}))
    token = {"Authorization": f"Bearer {TOKEN}"}
    lines = world.client.get("/metrics", headers=token).text.splitlines()
    series = [line.rpartition(" ")[0] for line in lines if not line.startswith("#")]
    assert len(series) == len(set(series))
    assert f'b24bridge_portal_active{{portal="portal.example.com#{portal.id}"}}' in series


def test_what_is_wrong_is_a_figure_by_portal_and_connection(world):
    portal = world.install()
    world.connect(portal)
    now = world.deps.clock.now()
    with write(world.deps.engine) as conn:
        (number,) = conn.scalars(connection.select().with_only_columns(connection.c.id))
        row = ConnectionAccess(number, "refused", now, now, code="401", text="no")
        access.save(conn, row)
        access.save_portal(conn, PortalAccess(portal.id, "ok", now, now, now))
    figure = scrape(world)
    assert figure["b24bridge_wrong main portal.example.com token_refused token yes"] == 1
    assert figure["b24bridge_wrong  portal.example.com  portal "] == 0
    assert figure["b24bridge_wrong   worker_silent worker yes"] == 1
    assert figure["b24bridge_wrong   backup_missing backup no"] == 1
    assert figure["b24bridge_disk_free_bytes"] == 81_000_000_000
    with write(world.deps.engine) as conn:
        ends_at = now + timedelta(days=5, hours=1)
        access.save(conn, ConnectionAccess(number, "ok", now, now, now, expires_at=ends_at))
    figure = scrape(world)
    assert figure["b24bridge_token_days main portal.example.com"] == 6
    assert figure["b24bridge_wrong main portal.example.com token_ends token yes"] == 1


def test_without_a_database_a_scrape_fails_and_says_so(world, monkeypatch):
    """No figure is better than an old one: Prometheus marks the target as down."""

    def vanish(*args, **options):
        raise OperationalError("SELECT", {}, Exception("the server closed the connection"))

    monkeypatch.setattr("b24app.routes.metrics.read", vanish)
    answer = world.client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "database")
    assert "b24bridge_" not in answer.text


def test_names_of_strangers_are_values_of_labels_and_nothing_else(world):
    """A line end, a quote or a brace in a path makes no series of its own."""
    path = 'project a/b"}\nb24bridge_lag_seconds{portal="x"} 9\n\\'
    portal = world.install()
    world.connect(portal)
    now = world.deps.clock.now()
    with write(world.deps.engine) as conn:
        (number,) = conn.scalars(connection.select().with_only_columns(connection.c.id))
        hook_logs.save(conn, HookLogRow(number, path, now, gap_at=now, failed=2, made_up=1))
    figure = scrape(world)
    assert figure[f"b24bridge_missed_deliveries main portal.example.com {path}"] == 2
    assert "b24bridge_lag_seconds x" not in figure


def test_the_dashboard_asks_for_metrics_that_exist(world):
    world.install()
    now = world.deps.clock.now()
    with read(world.deps.engine) as conn:
        built = [*build_metrics(figures.read_figures(conn, now), now)]
        built += build_health_metrics((), Disk(1, 1))
        families = {item.name for item in built}
    text = DASHBOARD.read_text()
    json.loads(text)
    asked = {name.removesuffix("_total") for name in re.findall(r"b24bridge_[a-z_]+", text)}
    assert asked <= families
    assert len(asked) > 8


def test_a_short_token_is_refused():
    with pytest.raises(ConfigError) as refused:
        Config.from_env({"B24BRIDGE_METRICS_TOKEN": "short", "HOME": "/nowhere"})
    assert "B24BRIDGE_METRICS_TOKEN: must be at least 16" in str(refused.value)
    assert "short" not in str(refused.value)
