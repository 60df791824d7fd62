"""The newest revision of the database's schema, without Alembic, which needs much memory."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_VERSIONS = Path(__file__).parent / "migrations" / "versions"
_REVISION = re.compile(r'^(revision|down_revision)\b[^=\n]*= *"([^"]+)"', re.MULTILINE)


@cache
def newest_revision() -> str:
    """Return the revision that no other one continues.

    Numbers in file names say nothing of the order: a migration may be put behind a later number.
    """
    names: dict[str, set[str]] = {"revision": set(), "down_revision": set()}
    for file in _VERSIONS.glob("[0-9]*_*.py"):
        for kind, number in _REVISION.findall(file.read_text(encoding="utf-8")):
            names[kind].add(number)
    (newest,) = names["revision"] - names["down_revision"]
    return newest
