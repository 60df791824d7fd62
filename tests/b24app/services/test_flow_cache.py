"""Flows are read anew in the background: whoever asks meanwhile gets the one before."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from datetime import UTC, date, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from b24app.services import flow_metrics
from b24app.services.flow_metrics import FlowCache, ProjectChoice, last_days, prepare_flow
from sync.core.deployments.metrics.summary import measure_flow
from sync.store.flow import MeasuredProject

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
CHOSEN = (ProjectChoice(MeasuredProject((1, 42), "team/shop", ""), 0),)


class HeldPool(Executor):
    """Runs what it was given when it is told to."""

    def __init__(self):
        self.waiting = []

    def submit(self, work, /, *args, **options):
        future = Future()
        self.waiting.append((future, lambda: work(*args, **options)))
        return future

    def run(self):
        for future, work in self.waiting:
            try:
                future.set_result(work())
            except RuntimeError as error:
                future.set_exception(error)
        self.waiting.clear()


@pytest.fixture
def readings(monkeypatch, engine):
    """The periods that were read of the database."""
    periods = []

    def read_flow(conn, keys, period):
        periods.append(period)
        return measure_flow((), (), period)

    monkeypatch.setattr(flow_metrics, "_read_flow", read_flow)
    return periods


def period(now=NOW):
    return last_days(date(2026, 3, 31), 30, now)


def test_a_prepared_flow_is_there_for_the_first_reader(engine, readings):
    pool = HeldPool()
    flows = FlowCache(pool)
    prepare_flow(flows, engine, CHOSEN, NOW)
    prepare_flow(flows, engine, CHOSEN, NOW)
    pool.run()
    assert flows.read(engine, CHOSEN, period(), NOW).read_at == NOW
    assert (len(readings), pool.waiting) == (1, [])


def test_a_flow_older_than_a_minute_is_shown_while_it_is_read_anew(engine, readings):
    pool = HeldPool()
    flows = FlowCache(pool)
    prepare_flow(flows, engine, CHOSEN, NOW)
    pool.run()
    later = NOW + timedelta(minutes=9)
    shown = [flows.read(engine, CHOSEN, period(later), later).read_at for _ in range(2)]
    assert (shown, len(pool.waiting)) == ([NOW, NOW], 1)
    pool.run()
    assert flows.read(engine, CHOSEN, period(later), later).read_at == later


def test_a_flow_older_than_ten_minutes_is_not_shown(engine, readings):
    flows = FlowCache()
    flows.read(engine, CHOSEN, period(), NOW)
    later = NOW + timedelta(minutes=10)
    assert flows.read(engine, CHOSEN, period(later), later).read_at == later


def test_a_reading_that_failed_is_tried_again(engine, readings, monkeypatch):
    pool = HeldPool()
    flows = FlowCache(pool)
    with monkeypatch.context() as broken:
        broken.setattr(flow_metrics, "summarize_flow", broken_summary)
        prepare_flow(flows, engine, CHOSEN, NOW)
        pool.run()
    reading = flows.prepare(engine, CHOSEN, period(), NOW)
    pool.run()
    assert reading.result().read_at == NOW


def test_a_failed_reading_is_logged_and_the_older_numbers_say_so(engine, readings, monkeypatch):
    pool = HeldPool()
    flows = FlowCache(pool)
    prepare_flow(flows, engine, CHOSEN, NOW)
    pool.run()
    later = NOW + timedelta(minutes=2)
    with monkeypatch.context() as broken, capture_logs() as logs:
        broken.setattr(flow_metrics, "summarize_flow", broken_summary)
        flows.read(engine, CHOSEN, period(later), later)
        pool.run()
    shown = flows.read(engine, CHOSEN, period(later), later)
    assert (shown.read_at, shown.is_overdue) == (NOW, True)
    assert [(entry["event"], entry["exc_info"]) for entry in logs] == [("metrics_not_read", True)]
    pool.run()
    assert not flows.read(engine, CHOSEN, period(later), later).is_overdue


def test_a_long_reading_is_not_waited_for_and_a_failed_one_is_said(engine, readings, monkeypatch):
    pool = HeldPool()
    flows = FlowCache(pool, patience=0)
    assert flows.read_soon(engine, CHOSEN, period(), NOW) is None
    with monkeypatch.context() as broken:
        broken.setattr(flow_metrics, "summarize_flow", broken_summary)
        pool.run()
    flows = FlowCache(patience=0)
    with monkeypatch.context() as broken:
        broken.setattr(flow_metrics, "summarize_flow", broken_summary)
        with pytest.raises(RuntimeError, match="the database is away"):
            flows.read(engine, CHOSEN, period(), NOW)
        with pytest.raises(RuntimeError, match="the database is away"):
            flows.read_soon(engine, CHOSEN, period(), NOW)
    assert flows.read_soon(engine, CHOSEN, period(), NOW).read_at == NOW


def test_a_period_within_another_is_not_read_again(engine, readings):
    flows = FlowCache()
    flows.read(engine, CHOSEN, period(), NOW)
    week = last_days(date(2026, 3, 31), 7, NOW)
    assert flows.read(engine, CHOSEN, week, NOW).flow.period == week
    year = last_days(date(2026, 3, 31), 365, NOW)
    flows.read(engine, CHOSEN, year, NOW)
    assert readings == [period(), year]


def broken_summary(flow, now):
    raise RuntimeError("the database is away")
