"""What the inputs of the component say: B24_* variables, which the job's script exports."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Mapping
from typing import Any

from reporter.ci_variables import Variables


class Settings:
    """The inputs by their names, as in `on_merge` for B24_ON_MERGE.

    A dash is nothing: GitLab up to 18.0 refuses an empty text under a pattern. Of the LISTS the
    words are given.
    """

    def __init__(self, ci: Variables) -> None:
        self.ci = ci

    def __getattr__(self, name: str) -> Any:
        value = self.ci[f"B24_{name.upper()}"].strip()
        return "" if value == "-" else value


def fits(value: str, patterns: str) -> bool:
    """Tell whether a value is among these, as in: main, release/*."""
    return any(fnmatch.fnmatchcase(value, pattern.strip()) for pattern in patterns.split(","))


def read_secret(environ: Mapping[str, str], name: str) -> str:
    """Return a variable's value; of one of the type File, or of `secrets:`, the file's content.

    A file that the job may not read leaves its path, which is refused as no webhook or token.
    """
    value = environ.get(name, "").strip()
    if value[:1] == "/" and os.path.isfile(value) and os.access(value, 4):  # R_OK
        with open(value, encoding="utf-8-sig", errors="replace") as file:
            return file.read().strip()
    return value
