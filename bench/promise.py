"""What docs/operations.md promises of a running service, shown on the machine it runs on."""

from __future__ import annotations

import time

import requests

from bench import idle, lives
from bench.figures import Figure, Part, must, percentile
from bench.load import apart, begin
from bench.side import Side, running
from bench.site import ROOT

MERGE_REQUESTS, CLIENTS, DELIVERIES, SAMPLES = 150, 10, 1500, 15
SEED = 5
SETTLE_SECONDS = 180
ACKNOWLEDGED_MS = 1000.0  # GitLab waits for ten seconds
WRITTEN_SECONDS = 5.0
RED_SECONDS = 60.0
_HOW = """\
`b24bridge serve` with the embedded database between the emulated portal and code host, over \
loopback. First one webhook at a time; then {deliveries} deliveries from ten clients while the \
worker is busy with them; then the code host revokes the token. The promises are of \
docs/operations.md, wide enough for a small machine that others use, too: a missed one is a \
defect, and ends with 1."""


def measure() -> Part:
    played, told = lives.told(MERGE_REQUESTS, SEED)
    told = lives.shuffled(told, SEED)[:DELIVERIES]
    with apart() as pool, running(ROOT) as side:
        written = [sample.seconds for sample in idle.samples(side, SAMPLES)]
        side.site.tasks([life.task_id for life in played])
        load = begin(pool, side.site.url, side.site.shots(told, "promise"), CLIENTS).result()
        side.quiet(SETTLE_SECONDS, 3.0)
        red = _seconds_until_red(side)
    figures = [
        must("deliveries without an acknowledgement", len(load.unanswered), 0),
        _at_most(
            "acknowledged, beside a busy worker: p99 ms", load.milliseconds(0.99), ACKNOWLEDGED_MS
        ),
        _at_most(
            "webhook to write, idle portal: p95 s", percentile(written, 0.95), WRITTEN_SECONDS
        ),
        _at_most("token revoked to red: s", red, RED_SECONDS),
    ]
    how = _HOW.format(deliveries=len(told))
    return Part("promise", "What is promised", how, figures)


def _at_most(name: str, value: float, limit: float) -> Figure:
    """A promise: missing it is a defect."""
    return Figure(name, f"{value:.2f}", f"≤ {limit:.0f}", value <= limit, must=True)


def _seconds_until_red(side: Side) -> float:
    """Revokes the token; seconds until /readyz says so. RuntimeError after two minutes."""
    for token in side.gitlab.state.tokens.values():
        token.revoked = True
    began = time.monotonic()
    while time.monotonic() - began < 2 * RED_SECONDS:
        answer = requests.get(f"{side.site.url}/readyz", timeout=10).json()
        if answer.get("wrong", {}).get("token_refused"):
            return time.monotonic() - began
        time.sleep(0.5)
    raise RuntimeError(f"the revoked token is not red:\n{side.site.service.last_lines()}")
