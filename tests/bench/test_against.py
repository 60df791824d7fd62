"""Comparing two trees: what is injected, what is run in a tree, and the table."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.against import Columns, _burst_in_simulated_time, table
from bench.site import ROOT
from bench.statements import Probe

_TWO_TRANSACTIONS = """
from sqlalchemy import text
from sync.store.db.database import open_database, read, write
engine = open_database("{file}")
with write(engine) as conn:
    conn.execute(text("CREATE TABLE a (b INTEGER)"))
    with conn.begin_nested():
        conn.execute(text("INSERT INTO a VALUES (1)"))
with read(engine) as conn:
    conn.execute(text("SELECT b FROM a"))
"""


def _run(probe: Probe, tmp_path: Path, tree: Path = ROOT) -> None:
    script = _TWO_TRANSACTIONS.format(file=tmp_path / "any.sqlite3")
    environ = os.environ | probe.environ | {"PYTHONPATH": f"{tree}:{probe.folder}"}
    subprocess.run([sys.executable, "-c", script], env=environ, cwd=tree, check=True)


def test_an_injected_probe_sees_every_statement_of_a_process(tmp_path: Path) -> None:
    probe = Probe(tmp_path / "probe", ROOT)
    probe.install()
    began = time.monotonic()
    _run(probe, tmp_path)
    rows = probe.between(began, time.monotonic())
    assert [row.kind for row in rows] == [
        "begin", "statement", "savepoint", "statement", "commit", "begin", "statement",
    ]  # fmt: skip
    assert rows[1].sql == "CREATE TABLE a (b INTEGER)"
    assert rows[0].callers.startswith("sync/store/")
    assert probe.between(time.monotonic(), time.monotonic()) == []


def test_a_service_that_runs_from_another_tree_is_noticed(tmp_path: Path) -> None:
    probe = Probe(tmp_path / "probe", tmp_path / "elsewhere")
    probe.install()
    began = time.monotonic()
    _run(probe, tmp_path)
    with pytest.raises(RuntimeError, match="does not run from"):
        probe.between(began, time.monotonic())


def test_a_burst_is_worked_off_by_the_tree_it_is_run_in() -> None:
    columns = Columns()
    _burst_in_simulated_time(columns, ROOT, 2, databases=1)
    (writes,) = [name for name in columns.values if name.endswith("writes")]
    assert columns.values[writes] == [10]
    assert columns.values["wrong"] == [0]


def test_both_sides_stand_beside_each_other_with_their_ratio() -> None:
    before, after = Columns(), Columns()
    for value in (4.0, 2.0, 3.0):
        before.add("burst: processor seconds", value)
        after.add("burst: processor seconds", value / 2)
        before.add("opened: write", value * 100)
        after.add("opened: write", value * 10)
    for side in (before, after):
        side.add("wrong", 0)
    assert table("v1", before, after).splitlines()[2:] == [
        "| burst: processor seconds | 2.00 | 1.00 | 0.50 |",
        "| opened: write arrives, p50 ms | 300 | 30 | 0.10 |",
        "| opened: write arrives, p95 ms | 400 | 40 | 0.10 |",
        "| tasks wrong or deliveries lost | 0 | 0 |  |",
    ]
