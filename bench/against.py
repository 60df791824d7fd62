"""`python -m bench against REV`: today's tree beside a commit's, measured in turns in one run.

    python -m bench against main~20                      # all parts, two rounds
    python -m bench against v1.0 --parts hook --rounds 5

The commit is checked out into a worktree of its own and run by the same interpreter with the same
packages. Both are measured from outside: bench/side.py and bench/in_tree.py say how.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from statistics import median

from bench import idle, lives
from bench.figures import percentile
from bench.lives import Life, Told
from bench.load import apart, begin
from bench.machine import Watch
from bench.memory import MEGABYTE, memory
from bench.side import Side, running
from bench.site import ROOT
from bench.statements import Probe
from sync.bitrix24.rest.limits import RATE

PARTS = ("hook", "burst", "serve", "slow", "ack")
TODAY = "today"
PROBED, TIMED = 2, 10  # merge requests in a round: to count the SQL of, to time
ECHOED = ", and the portal's events about the writes"
MERGE_REQUESTS, CLIENTS = 300, 10
SEED = 6
SETTLE_SECONDS, CALM_SECONDS = 300, 5.0
DATABASES = 2
SLOW = (1.0, 5.0)  # seconds until a slow portal answers
ACKNOWLEDGED, BUSY_RUNS = 2000, 3  # deliveries a run, and runs, while the worker is busy


class ACK(StrEnum):
    """The rows of acknowledging while the worker is busy."""

    p95 = "acknowledged beside a busy worker: p95 ms"
    rate = "acknowledged beside a busy worker: deliveries/s"
    web = "web process beside a busy worker: processor ms a delivery"
    worker = "the worker's share of a processor meanwhile"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table. `together` makes one figure of a side's values."""

    name: str
    together: Callable[[Sequence[float]], float]
    form: str = "{:.0f}"


@dataclass
class Columns:
    """All values of one side, by the name of their row."""

    values: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, value: float) -> None:
        self.values.setdefault(name, []).append(value)


def main(arguments: Sequence[str]) -> int:
    """Measures and prints; 1 where a burst was not worked off as it must be on either side."""
    args = _arguments(arguments)
    watch = Watch()
    with worktree(args.revision) as tree:
        trees = {args.revision: tree, TODAY: ROOT}
        columns = {name: Columns() for name in trees}
        for number in range(args.rounds):
            for name, path in trees.items():
                print(f"round {number + 1}: {name}", file=sys.stderr, flush=True)
                _measure(columns[name], path, args)
    print(table(args.revision, columns[args.revision], columns[TODAY]))
    print("\n" + watch.told(f"python -m bench against {' '.join(arguments)}"))
    return 1 if any(any(column.values.get("wrong", ())) for column in columns.values()) else 0


@contextmanager
def worktree(revision: str) -> Iterator[Path]:
    """The commit's tree in a temporary folder. Raises CalledProcessError for no such commit."""
    with tempfile.TemporaryDirectory(prefix="b24bridge-against-") as folder:
        path = Path(folder).resolve() / "tree"
        _git("worktree", "add", "--quiet", "--detach", str(path), revision)
        try:
            yield path
        finally:
            _git("worktree", "remove", "--force", str(path))


def _git(*words: str) -> None:
    subprocess.run(["git", *words], cwd=ROOT, check=True)


def _measure(columns: Columns, tree: Path, args: argparse.Namespace) -> None:
    if "hook" in args.parts:
        _count_statements(columns, tree)
    if "hook" in args.parts or "serve" in args.parts:
        with running(tree) as side:
            if "hook" in args.parts:
                for sample in idle.samples(side, TIMED):
                    columns.add(f"{sample.kind}: write", sample.seconds * 1000)
            if "serve" in args.parts:
                _burst_over_http(columns, side, args.merge_requests)
    if "ack" in args.parts:
        with running(tree) as side:
            _acknowledge(columns, side, args.merge_requests)
    if "burst" in args.parts:
        _burst_in_simulated_time(columns, tree, args.merge_requests)
    if "slow" in args.parts:
        _slow_portal(columns, tree, args.merge_requests)


def _count_statements(columns: Columns, tree: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="b24bridge-probe-") as folder:
        probe = Probe(Path(folder), tree)
        probe.install()
        with running(tree, environ=probe.environ) as side:
            for first, events in ((idle.FIRST_TASK, False), (idle.FIRST_TASK + PROBED, True)):
                side.site.b24.events.on = events
                for sample in idle.samples(side, PROBED, first):
                    rows = probe.between(sample.began, sample.ended)
                    name = sample.kind + (ECHOED if events else "")
                    columns.add(f"{name}: SQL statements", len(rows))
                    begun = sum(row.kind == "begin" for row in rows)
                    columns.add(f"{name}: transactions of them", begun)
                    columns.add(f"{name}: requests to the portal", sample.requests)


def _burst_over_http(columns: Columns, side: Side, count: int) -> None:
    """The lives' deliveries from ten clients, until the portal is not called any more."""
    side.deliveries.clear()
    columns.add("serve: PSS before it, MiB", _pss(side))
    played = lives.play(side.gitlab, side.shop, count, SEED, lambda: side.clock.move(1))
    side.site.tasks(life.task_id for life, _ in played)
    side.quiet(SETTLE_SECONDS)
    shots = side.site.shots(lives.shuffled(side.deliveries, SEED))
    cpu, portal, host = side.cpu(), side.site.b24.requests.total(), len(side.gitlab.requests)
    with apart() as pool:
        load = begin(pool, side.site.url, shots, CLIENTS).result()
    until = time.monotonic() + SETTLE_SECONDS
    while _wrong(side, played) and time.monotonic() < until:
        time.sleep(0.1)
    side.quiet(SETTLE_SECONDS, CALM_SECONDS)
    spent = [after - before for before, after in zip(cpu, side.cpu(), strict=True)]
    columns.add("serve: processor seconds", sum(spent))
    columns.add("serve: processor seconds of the worker", spent[-1])
    columns.add("serve: requests to the portal", side.site.b24.requests.total() - portal)
    columns.add("serve: requests to GitLab", len(side.gitlab.requests) - host)
    columns.add("serve: PSS after it, MiB", _pss(side))
    columns.add("wrong", _wrong(side, played) + len(load.unanswered))


def _acknowledge(columns: Columns, side: Side, count: int) -> None:
    """Ten clients send while the worker is at work on merge requests that waited for it.

    The worker stands still while the same backlog is stored on both sides, and has begun with it
    when the clients do.
    """
    repeated = _deliveries(side, count)[:ACKNOWLEDGED]
    with apart() as pool:
        begin(pool, side.site.url, side.site.shots(repeated), CLIENTS).result()
        for number in range(BUSY_RUNS):
            side.rest(SETTLE_SECONDS)
            shots = side.site.shots(repeated, f"busy-{number}")
            backlog = side.site.shots(_deliveries(side, count))
            with side.worker_held():
                begin(pool, side.site.url, backlog, CLIENTS).result()
            side.worker_begun(SETTLE_SECONDS)
            before = side.cpu()
            load = begin(pool, side.site.url, shots, CLIENTS).result()
            spent = [after - cpu for cpu, after in zip(before, side.cpu(), strict=True)]
            columns.add(ACK.p95, load.milliseconds(0.95))
            columns.add(ACK.rate, load.rate)
            columns.add(ACK.worker, spent[-1] / load.wall)
            columns.add(ACK.web, 1000 * sum(spent[:-1]) / len(load.seconds))
            columns.add("wrong", len(load.unanswered))


def _deliveries(side: Side, count: int) -> list[Told]:
    """Return what GitLab tells of so many further merge requests, on tasks of their own."""
    side.deliveries.clear()
    first_task = lives.FIRST_TASK + len(side.shop.merge_requests)
    played = lives.play(
        side.gitlab, side.shop, count, SEED, lambda: side.clock.move(1), first_task=first_task
    )
    side.site.tasks(life.task_id for life, _ in played)
    return lives.shuffled(side.deliveries, SEED)


def _pss(side: Side) -> float:
    """The memory of the whole process tree in MiB, shared pages counted once."""
    return sum(memory(pid).pss for pid in side.site.service.processes()) / MEGABYTE


def _wrong(side: Side, played: Sequence[tuple[Life, object]]) -> int:
    """How many tasks are not where their merge request puts them."""
    tasks = side.site.b24.state.tasks
    return sum(tasks[life.task_id].status != lives.STATUS[life.end] for life, _ in played)


def _burst_in_simulated_time(
    columns: Columns, tree: Path, count: int, databases: int = DATABASES
) -> None:
    """Raises CalledProcessError where the tree's own burst fails; it says why."""
    for database, figures in _in_tree(tree, count, databases).items():
        columns.add(f"burst on {database}: processor seconds", figures["cpu"])
        columns.add(f"burst on {database}: writes", figures["writes"])
        columns.add(f"burst on {database}: requests to the portal", figures["portal"])
        columns.add(f"burst on {database}: requests to GitLab", figures["host"])
        columns.add("wrong", figures["wrong"])


def _slow_portal(columns: Columns, tree: Path, count: int) -> None:
    """The share of the portal's allowance that is used where each answer takes its time."""
    for answer, figures in _in_tree(tree, count, 1, *SLOW).items():
        share = figures["requests"] / (RATE * figures["seconds"])
        columns.add(f"drain where an answer takes {answer} s", share)
        columns.add("wrong", figures["wrong"])


def _in_tree(tree: Path, *arguments: float) -> dict[str, dict[str, float]]:
    done = subprocess.run(
        [sys.executable, "-P", str(ROOT / "bench" / "in_tree.py"), *map(str, arguments)],
        cwd=tree, env=os.environ | {"PYTHONPATH": str(tree)}, stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    return dict(json.loads(done.stdout.splitlines()[-1]))


def table(revision: str, before: Columns, after: Columns) -> str:
    """Both sides and today's share of the other, as Markdown."""
    lines = [f"| | {revision} | {TODAY} | ratio |", "|---|---|---|---|"]
    for name, values in before.values.items():
        for row in _rows(name):
            old = row.together(values)
            new = row.together(after.values[name])
            ratio = f"{new / old:.2f}" if old else ""
            lines.append(
                f"| {row.name} | {row.form.format(old)} | {row.form.format(new)} | {ratio} |"
            )
    return "\n".join(lines)


def _rows(name: str) -> list[Row]:
    """What is shown of the values of that name.

    What else runs only adds to counts and processor time: the least is what was needed.
    """
    if name == "wrong":
        return [Row("tasks wrong or deliveries lost", max)]
    if name.endswith(": write"):
        return [
            Row(f"{name} arrives, p50 ms", lambda values: percentile(values, 0.5)),
            Row(f"{name} arrives, p95 ms", lambda values: percentile(values, 0.95)),
        ]
    if name in tuple(ACK):
        return [Row(name, median, "{:.2f}")]
    if name.startswith("drain"):
        return [Row(name, max, "{:.2f}")]
    if "processor" in name:
        return [Row(name, min, "{:.2f}")]
    if "requests" in name or "PSS" in name:
        return [Row(name, median)]
    return [Row(name, min)]


def _arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench against")
    parser.add_argument("revision", help="the commit to compare with, as git names it")
    parser.add_argument("--rounds", type=int, default=2, help="how often each side has its turn")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument(
        "--merge-requests", type=int, default=MERGE_REQUESTS, help="of a burst, ten deliveries each"
    )
    return parser.parse_args(arguments)
