"""/metrics: figures for Prometheus, read from the database at each scrape; off without a token.

Any web process gives the same answer, so no process shares files with another: prometheus_client's
multiprocess mode would lose gauges that are functions.
https://prometheus.github.io/client_python/multiprocess/
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from flask import Blueprint, Response, current_app, request

from b24app.deps import Deps
from b24app.routes.metrics_health import build_health_metrics
from b24app.services.health import read_checks, read_disk, used_seconds
from sync.store import figures
from sync.store.db.database import read
from sync.store.figures import Figures
from sync.version import package_version

if TYPE_CHECKING:
    from prometheus_client.core import Metric

_BEARER = "Bearer "


def blueprint(deps: Deps) -> Blueprint:
    """Return the route."""
    here = Blueprint("metrics", __name__)

    @here.get("/metrics")
    def metrics() -> Response:
        refused = _refuse(deps.config.metrics_token)
        if refused is not None:
            return refused
        from prometheus_client import CollectorRegistry, exposition

        now, disk = deps.clock.now(), read_disk(deps.config.data_dir)
        with read(deps.engine) as conn:
            read_now = figures.read_figures(conn, now)
            checks = read_checks(conn, deps.config, now, disk=disk)
        registry = CollectorRegistry()
        registry.register(_Scrape(lambda: build_metrics(read_now, now)))
        registry.register(_Scrape(lambda: build_health_metrics(checks, disk)))
        text = exposition.generate_latest(registry)
        return current_app.response_class(text, content_type=exposition.CONTENT_TYPE_LATEST)

    return here


def _refuse(token: str) -> Response | None:
    """Answer 404 where metrics are off, and 401 without the right token; None for the right one."""
    if not token:
        return _plain(404, "Metrics are off: B24BRIDGE_METRICS_TOKEN is not set")
    given = request.headers.get("Authorization", "")
    if hmac.compare_digest(given.encode("utf-8", "surrogatepass"), (_BEARER + token).encode()):
        return None
    return _plain(401, "The token is not the one of B24BRIDGE_METRICS_TOKEN")


def _plain(status: int, text: str) -> Response:
    return current_app.response_class(f"{text}\n", status=status, mimetype="text/plain")


class _Scrape:
    """A collector of one scrape: prometheus_client asks it for all metrics."""

    def __init__(self, build: Callable[[], Iterable[Metric]]) -> None:
        self._build = build

    def collect(self) -> Iterable[Metric]:
        """Return the metrics."""
        return self._build()


def build_metrics(of: Figures, now: datetime) -> Iterator[Metric]:
    """Yield the metrics of the figures; ages are in seconds, never below 0. Pure."""
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    def domain(portal_id: int | None) -> str:
        return of.portals.get(portal_id or 0, ("", ""))[0]

    def age(moment: datetime | None) -> float:
        return 0.0 if moment is None else max(0.0, (now - moment).total_seconds())

    info = GaugeMetricFamily("b24bridge_info", "1, with the version.", labels=["version"])
    info.add_metric([package_version()], 1)
    yield info
    received = CounterMetricFamily(
        "b24bridge_deliveries", "Deliveries received since the installation (number of the newest)."
    )
    received.add_metric([], of.received)
    yield received
    worker_age = GaugeMetricFamily(
        "b24bridge_worker_seen_seconds", "Seconds since a worker showed that it lives; -1: never."
    )
    worker_age.add_metric([], age(of.worker_seen_at) if of.worker_seen_at else -1)
    yield worker_age

    up = GaugeMetricFamily("b24bridge_portal_active", "1 where the grant works.", labels=["portal"])
    waiting = GaugeMetricFamily(
        "b24bridge_deliveries_waiting", "Deliveries not digested yet.", labels=["portal"]
    )
    inbox_age = GaugeMetricFamily(
        "b24bridge_inbox_age_seconds", "Age of the oldest waiting delivery.", labels=["portal"]
    )
    lag = GaugeMetricFamily(
        "b24bridge_lag_seconds",
        "Age of the oldest delivery or subject that is not dealt with.",
        labels=["portal"],
    )
    for number, (name, state) in of.portals.items():
        if state == "removed":
            continue
        count, oldest = of.waiting.get(number, (0, None))
        up.add_metric([name], state == "active")
        waiting.add_metric([name], count)
        inbox_age.add_metric([name], age(oldest))
        lag.add_metric([name], max(age(oldest), age(of.dirty.get(number, (0, None))[1])))
    yield from (up, waiting, inbox_age, lag)

    commands = GaugeMetricFamily(
        "b24bridge_commands",
        "Writes by state: waiting, sending, refused.",
        labels=["portal", "state"],
    )
    for (number, state), count in sorted(of.commands.items()):
        commands.add_metric([domain(number), state], count)
    yield commands
    requests = GaugeMetricFamily(
        "b24bridge_requests_recent",
        "Requests of the last five minutes.",
        labels=["portal", "system", "outcome"],
    )
    for (call_portal, system, ok), count in of.calls.items():
        requests.add_metric([domain(call_portal), system, "ok" if ok else "failed"], count)
    yield requests
    bucket = GaugeMetricFamily(
        "b24bridge_request_bucket", "Requests in the portal's bucket (50).", labels=["portal"]
    )
    operating = GaugeMetricFamily(
        "b24bridge_operating_seconds",
        "Seconds of the portal's time used by a method within ten minutes (400).",
        labels=["portal", "method"],
    )
    for number, row in of.allowances.items():
        bucket.add_metric([domain(number)], row.level)
        for method, seconds in used_seconds(row, now).items():
            operating.add_metric([domain(number), method], seconds)
    yield from (bucket, operating)
    labels = ["portal", "connection", "target"]
    failed = GaugeMetricFamily(
        "b24bridge_missed_deliveries", "Deliveries that failed in the last gap.", labels=labels
    )
    made_up = GaugeMetricFamily(
        "b24bridge_made_up_deliveries", "Those of them that were made up for.", labels=labels
    )
    for (number, name, target), (lost, again) in sorted(of.missed.items()):
        failed.add_metric([domain(number), name, target], lost)
        made_up.add_metric([domain(number), name, target], again)
    yield from (failed, made_up)
