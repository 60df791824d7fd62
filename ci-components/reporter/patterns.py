"""Patterns that are compiled when they are first used: most texts need few of them."""

from __future__ import annotations

import re
from typing import Any


class Pattern:
    """Stands for `re.compile(…)` at the top of a module."""

    def __init__(self, *given: Any) -> None:
        self.given = given

    def __getattr__(self, name: str) -> Any:
        """Return and keep what the compiled pattern has under that name."""
        value = getattr(re.compile(*self.given), name)
        setattr(self, name, value)
        return value
