"""Texts as people write them on GitLab, by name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

_HERE = Path(__file__).parent / "corpus"
_MARK = "%% "


@cache
def texts() -> Mapping[str, str]:
    """Every text of the corpus; in its files each stands under a line with its name."""
    out: dict[str, str] = {}
    for path in sorted(_HERE.glob("*.txt")):
        for part in path.read_text().split(f"\n{_MARK}"):
            name, _, text = part.removeprefix(_MARK).partition("\n")
            assert name not in out, name
            out[name] = text.removesuffix("\n")
    return MappingProxyType(out)
