"""Standard input and output as commands can use them, whatever the terminal or caller gave."""

from __future__ import annotations

import io
import os
import sys


def prepare_streams() -> None:
    """Let every text be printed, and read nothing where standard input is closed.

    A terminal of an older locale (KOI8-R, ISO-8859-1) cannot show every letter: what it lacks is
    printed as an escape. Where the output is piped each line goes out at once: of an import that
    is killed the file or journal has what it said last. Python leaves `sys.stdin` empty where
    its descriptor is closed.
    https://docs.python.org/3/library/sys.html#sys.__stdin__
    """
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115 (open until the process ends)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace", line_buffering=True)
