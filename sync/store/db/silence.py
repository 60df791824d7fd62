"""Gives up PostgreSQL connections of which one end falls silent in the middle of its work.

A proxy before a server that is gone, and a server that froze, go on acknowledging what TCP carries:
no keepalive notices, and who waits would wait for ever. So does a server with a process of ours
that froze in a transaction, or vanished with its machine: its locks would stay.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any

import psycopg
from sqlalchemy import Engine, event

SILENT_SECONDS = 60.0  # for a statement of a service; migrations and backups may take longer
FROZEN_SECONDS = 30.0  # for which a transaction may wait for us; a lane is lost as soon
FRESH_SECONDS = 1.0  # a connection that answered so lately is lent without asking whether it lives
# What PostgreSQL does about the TCP connection of a machine that vanished, in seconds; of sockets
# on one machine it does nothing. https://www.postgresql.org/docs/current/runtime-config-connection.html
_SERVER_SETTINGS = {
    "tcp_keepalives_idle": 10,
    "tcp_keepalives_interval": 5,
    "tcp_keepalives_count": 3,
}


def give_up_silent(engine: Engine, seconds: float = SILENT_SECONDS) -> None:
    """Let each statement of the engine end after `seconds` without an answer.

    It raises OperationalError then, and the connection is closed. A connection that answered a
    moment ago is not tried before it is lent again: among many portals every fifth round trip was
    such a try. Where the server went away in that moment the next statement says so, as it does
    to those who had a connection already.
    """

    class Connection(psycopg.Connection[Any]):
        answered_at = 0.0

        def wait(self, gen: Any, *args: Any, **options: Any) -> Any:
            result = super().wait(_bounded(self, gen, seconds), *args, **options)
            self.answered_at = time.monotonic()
            return result

    def connect(dialect: object, record: object, cargs: Any, cparams: Any) -> Any:
        return Connection.connect(*cargs, **cparams)

    event.listen(engine, "do_connect", connect)
    dialect: Any = engine.dialect
    ping = dialect.do_ping

    def ping_after_rest(connection: Any) -> bool:
        is_fresh = time.monotonic() - connection.answered_at < FRESH_SECONDS
        return (is_fresh and not connection.closed) or ping(connection)

    dialect.do_ping = ping_after_rest


def give_up_frozen(engine: Engine, seconds: float = FROZEN_SECONDS) -> None:
    """Let the server end each transaction of ours that asks nothing for `seconds`, with its locks.

    Who thaws later finds its connection closed and begins anew.
    https://www.postgresql.org/docs/current/runtime-config-client.html
    """
    settings = {"idle_in_transaction_session_timeout": round(seconds * 1000), **_SERVER_SETTINGS}
    text = ", ".join(f"set_config('{name}', '{value}', false)" for name, value in settings.items())

    def set_up(connection: psycopg.Connection[Any], record: object) -> None:
        connection.execute(f"SELECT {text}")
        connection.commit()

    event.listen(engine, "connect", set_up)


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
