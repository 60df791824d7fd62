"""Writes down every SQL statement of a process and who asked for it; run in it as `sitecustomize`.

Knows nothing of the tree it is loaded into: SQLAlchemy's events are the same in all of them. One
line a statement, as `Statement` of bench.statements reads it. A driver may send BEGIN and COMMIT
by itself: they are noted by SQLAlchemy's events, which are the same for every database.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

_CONTROL = ("BEGIN", "PRAGMA", "SAVEPOINT", "RELEASE", "ROLLBACK", "COMMIT")
_SHOWN = 160  # characters of a statement
_CALLERS = 6


def install(file: str, tree: str) -> None:
    """Every engine of this process, and of those it forks, writes to the end of `file`."""
    target = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def write_down(kind: str, sql: str) -> None:
        name = threading.current_thread().name
        text = " ".join(sql.split())[:_SHOWN]
        fields = (f"{time.monotonic():.6f}", str(os.getpid()), name, kind, text, _callers(tree))
        os.write(target, ("\t".join(fields) + "\n").encode())

    listen(Engine, write_down)


def listen(target: Any, noted: Callable[[str, str], None]) -> None:
    """Calls `noted(kind, sql)` for whatever `target`, an engine or the class of all, sends.

    The kinds are statement, begin, commit and savepoint; what ends a transaction that changed
    nothing, and the settings of a connection, are left out.
    """

    def executed(
        conn: Any, cursor: Any, sql: str, parameters: Any, context: Any, many: bool
    ) -> None:
        if not sql.lstrip().upper().startswith(_CONTROL):
            noted("statement", sql)

    event.listen(target, "before_cursor_execute", executed)
    event.listen(target, "begin", lambda conn: noted("begin", ""))
    event.listen(target, "commit", lambda conn: noted("commit", ""))
    event.listen(target, "savepoint", lambda conn, name: noted("savepoint", ""))


def _callers(tree: str) -> str:
    """The innermost functions of the product that led here, the nearest first."""
    rooms = tuple(f"{tree}/{name}/" for name in ("sync", "b24app"))
    lines: list[str] = []
    frame = sys._getframe(3)
    while frame is not None and len(lines) < _CALLERS:
        code = frame.f_code
        if code.co_filename.startswith(rooms):
            lines.append(f"{code.co_filename[len(tree) + 1 :]}:{code.co_name}")
        frame = frame.f_back
    return " < ".join(lines)


if "B24BRIDGE_PROBE" in os.environ:
    install(os.environ["B24BRIDGE_PROBE"], os.environ["B24BRIDGE_PROBE_TREE"])
