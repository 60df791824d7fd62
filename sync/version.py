"""The version of this program."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version


@cache
def package_version() -> str:
    """Return the version of this program, as its package says: reading that is not cheap."""
    return version("b24bridge")
