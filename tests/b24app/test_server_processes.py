"""What the processes that the arbiter forks do before anything else."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from types import SimpleNamespace
from typing import cast

import pytest
from flask import Flask

from b24app.server import BindOptions, ProcessTree, Server


@pytest.fixture(autouse=True)
def _loading_without_garbage_collection() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


def test_the_web_process_collects_garbage_again() -> None:
    started: list[bool] = []
    server = Server(
        BindOptions("127.0.0.1", 8080, threads=1),
        lambda: Flask("b24bridge"),
        lambda: started.append(gc.isenabled()),
    )
    server.cfg.post_worker_init(None)
    assert started == [True]


def test_the_worker_collects_garbage_again() -> None:
    def exit_with_state() -> None:
        raise SystemExit(0 if gc.isenabled() else 1)

    tree = cast(ProcessTree, SimpleNamespace(LISTENERS=[], _run_worker=exit_with_state))
    child = ProcessTree._fork_worker(tree)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
