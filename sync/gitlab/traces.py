"""The last lines of a job's log as people may read them: no colours, no sections, no secrets. Pure.

https://docs.gitlab.com/ci/jobs/job_logs/
"""

from __future__ import annotations

import re

from sync.gitlab.reading import text
from sync.log import MASK, masked

MOST_LINES = 15
MOST_CHARACTERS = 1500

# Colours and cursor movements: https://ecma-international.org/publications-and-standards/standards/ecma-48/
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])")
_SECTION = re.compile(r"section_(?:start|end):[0-9]+:[^\r\n\x1b ]*\r?")
# `FF_TIMESTAMPS`: a moment, the stream's number and O or E; `+` continues the line before.
_TIMESTAMP = re.compile(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z [0-9a-f]{2}[OE]\+? ?", re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_KEYS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.S
)
_TOKENS = re.compile(
    r"\b(?:gh[pousr]_\w{20,}|github_pat_\w{20,}|xox[abprs]-[\w-]{10,}|(?:AKIA|ASIA)[A-Z0-9]{16}"
    r"|sk-[\w-]{20,}|AIza[\w-]{35})"
)
_NAMED = re.compile(
    r"(?i)(\b\w*(?:token|secret|passw(?:or)?d|api_?key|access_?key|private_?key|credential)\w*"
    r"[\"']?\s*[=:]\s*[\"']?)[^\s\"'&]+"
)


def last_lines(trace: bytes) -> str:
    """At most MOST_LINES lines and MOST_CHARACTERS of the end of `trace`; "" where it says nothing.

    The first line of a trace that was cut is left to whoever cut it.
    """
    plain = _TIMESTAMP.sub("", text(trace.decode("utf-8", "replace")))
    plain = _ANSI.sub("", _SECTION.sub("", plain))
    shown = (_shown(line) for line in without_secrets(plain).split("\n"))
    lines = [line for line in shown if line.strip()]
    return "\n".join(lines[-MOST_LINES:])[-MOST_CHARACTERS:]


def without_secrets(log: str) -> str:
    """`log` with what looks like a secret masked, whichever variable it came from."""
    log = _TOKENS.sub(MASK, _KEYS.sub(MASK, log))
    return _NAMED.sub(rf"\g<1>{MASK}", str(masked(log)))


def _shown(line: str) -> str:
    """A line as a terminal leaves it: what stands after the last carriage return."""
    return _CONTROL.sub("", line.rstrip("\r").rpartition("\r")[2]).rstrip()
