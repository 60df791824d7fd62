"""One webhook at a time on an idle portal: how long until the write arrives, and its SQL."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import requests

from bench.lives import Told
from bench.side import Side

FIRST_TASK = 900_001
GROUP, RESPONSIBLE = 3, 7
WRITE_SECONDS = 30.0  # after these no write is expected any more
SETTLE_SECONDS = 60.0
SEED = 11


@dataclass(frozen=True, slots=True)
class Sample:
    """`kind` of the hook. `began` when it was sent, `ended` when all was quiet again; monotonic.

    `seconds`: from its answer to the arrival of the first request that wrote.
    """

    kind: str
    seconds: float
    began: float
    ended: float
    requests: int


def samples(side: Side, count: int, first: int = FIRST_TASK) -> Iterator[Sample]:
    """`count` merge requests, each opened about a task of its own, then given another title.

    Opening moves the task, writes the card and notifies; the new title edits the card. Every hook
    comes at another moment of whatever the worker does at intervals.
    """
    random = Random(SEED)
    side.quiet(SETTLE_SECONDS)
    for number in range(count):
        task_id = first + number
        with side.site.b24.state.lock:
            side.site.b24.state.create_task(
                f"Task {task_id}", id=task_id, responsible_id=RESPONSIBLE, group_id=GROUP
            )
        branch = f"feature/B24-{task_id}-x"
        side.gitlab.push(side.shop, branch, ["Begin"], "ann")
        side.clock.move(1)
        merge_request = side.gitlab.open_mr(
            side.shop, branch, f"Part {number}", "ann", reviewers=["bob"]
        )
        yield _sample(side, "opened", random)
        side.clock.move(1)
        side.gitlab.update_mr(merge_request, "ann", title=f"Another part {number}")
        yield _sample(side, "new title", random)


def _sample(side: Side, kind: str, random: Random) -> Sample:
    """Sends the host's last delivery; the others are never heard of."""
    delivery = side.deliveries[-1]
    side.deliveries.clear()
    side.touched = time.monotonic()  # the portal may be telling of a new task
    side.quiet(SETTLE_SECONDS)
    time.sleep(random.uniform(0, 0.5))
    side.written.clear()
    before = side.site.b24.requests.total()
    began = time.monotonic()
    accepted = _send(side, delivery)
    until = time.monotonic() + WRITE_SECONDS
    while not side.written:
        if time.monotonic() > until:
            raise RuntimeError(
                f"no write within {WRITE_SECONDS:.0f} s:\n{side.site.service.last_lines()}"
            )
        time.sleep(0.001)
    arrived = side.written[0]
    side.touched = time.monotonic()
    side.quiet(SETTLE_SECONDS)
    asked = side.site.b24.requests.total() - before
    return Sample(kind, max(0.0, arrived - accepted), began, time.monotonic(), asked)


def _send(side: Side, delivery: Told) -> float:
    """Posts the delivery; when its answer was there. Raises RuntimeError unless it was accepted."""
    (shot,) = side.site.shots([delivery])
    head, _, body = shot.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    answer = requests.post(
        side.site.url + side.site.webhook.path, data=body, headers=headers, timeout=30
    )
    if answer.status_code != 200:
        raise RuntimeError(f"the webhook was answered {answer.status_code}: {answer.text[:200]}")
    return time.monotonic()
