"""The way of a webhook from the receiver to the outbox, as the developers' guide tells it."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from pathlib import Path
from types import FrameType

import pytest

from tests.engine.world import World

ROOT = Path(__file__).parents[2]
MOST_HOPS = 22
TURN = "engine/turn.py:take_turn"  # what is before it runs in other threads and processes

_GUIDE = (ROOT / "docs/developers.md").read_text("utf-8")
_TABLE = _GUIDE.partition("### From the receiver to the outbox")[2].partition("\nBeside it")[0]
HOPS = re.findall(r"^\| \d+ \| `([^`]+)` \|", _TABLE, re.MULTILINE)


def test_a_reader_follows_few_hops() -> None:
    assert 10 < len(HOPS) <= MOST_HOPS
    numbers = [int(number) for number in re.findall(r"^\| (\d+) \|", _TABLE, re.MULTILINE)]
    assert numbers == list(range(1, len(HOPS) + 1))


@pytest.mark.parametrize("hop", HOPS)
def test_a_hop_is_a_function_of_that_file(hop: str) -> None:
    file, _, name = hop.partition(":")
    path = ROOT / file if file.startswith("b24app") else ROOT / "sync" / file
    assert path.is_file()
    found: object = import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    for part in filter(None, name.split(".")):
        found = getattr(found, part)


def test_the_worker_meets_the_hops_in_this_order(world: World) -> None:
    world.gitlab.push(world.shop, "feature/B24-2103-pay", ["Add payment"], "ann")
    world.settle()
    world.gitlab.open_mr(world.shop, "feature/B24-2103-pay", "Pay", "ann")
    of_worker, met = HOPS[HOPS.index(TURN) :], list[str]()

    def note(frame: FrameType, event: str, argument: object) -> None:
        code = frame.f_code
        if event == "call" and "/sync/" in code.co_filename:
            hop = f"{code.co_filename.rpartition('/sync/')[2]}:{code.co_qualname}"
            if hop in of_worker and hop not in met:
                met.append(hop)

    sys.setprofile(note)
    try:
        world.work()
    finally:
        sys.setprofile(None)
    assert met == of_worker
