"""Gives up PostgreSQL connections whose server took a statement and never answers.

A proxy before a server that is gone, and a server that froze, go on acknowledging what TCP carries:
no keepalive notices, and who waits would wait for ever.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any

import psycopg
from sqlalchemy import Engine, event

SILENT_SECONDS = 60.0  # for a statement of a service; migrations and backups may take longer


def give_up_silent(engine: Engine, seconds: float = SILENT_SECONDS) -> None:
    """Let each statement of the engine end after `seconds` without an answer.

    It raises OperationalError then, and the connection is closed.
    """

    class Connection(psycopg.Connection[Any]):
        def wait(self, gen: Any, *args: Any, **options: Any) -> Any:
            return super().wait(_bounded(self, gen, seconds), *args, **options)

    def connect(dialect: object, record: object, cargs: Any, cparams: Any) -> Any:
        return Connection.connect(*cargs, **cparams)

    event.listen(engine, "do_connect", connect)


def _bounded(
    connection: psycopg.Connection[Any], steps: Generator[Any, Any, Any], seconds: float
) -> Generator[Any, Any, Any]:
    """Pass on what the driver waits for; it says so several times a second while nothing comes."""
    ends_at = time.monotonic() + seconds
    try:
        state = next(steps)
        while True:
            ready = yield state
            if not ready and time.monotonic() > ends_at:
                connection.pgconn.finish()
                raise psycopg.OperationalError(f"no answer for {seconds:.0f} s")
            state = steps.send(ready)
    except StopIteration as end:
        return end.value
