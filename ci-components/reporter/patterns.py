"""Patterns that are compiled when they are first used, and of long ones only what a text may need.

To compile all that the rules know of takes longer than the rest of a report, and most texts are
short: of 300 alternatives that begin with letters few begin with letters of the text.
"""

from __future__ import annotations

import re
from typing import Any

LONG = 1_000  # characters of a pattern
TEXTS = 4  # for which a long one is cut to fit; for more it is cheaper to compile it whole
DEEPEST = 4  # groups, one in another, behind the letters of an alternative that is left out
PIECE = r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[^()|\\\[]"
NEVER = r"(?<=[|(])\(\?!\)\||\|\(\?!\)(?=[|)])"


def group(depth: int) -> str:
    """Return a pattern of a group of a pattern."""
    return rf"\((?:{PIECE}|\|{'|' + group(depth - 1) if depth else ''})*\)"


# An escape or a set; or an alternative: the letters that it begins with, and its rest.
PART = (
    r"\\.[^\W\d_]*|\[\^?\]?(?:\\.|[^\]\\])*\]|"
    rf"(?<=[|(:>])([^\W\d_]+)((?:{PIECE}|{group(DEEPEST)})*)(?=[|)])"
)


class Pattern:
    """Stands for `re.compile(…)` in the rules; `left`: the texts to which it is still to be cut."""

    def __init__(self, source: str, flags: int = 0) -> None:
        self.source, self.flags = source, flags
        self.left = TEXTS if len(source) > LONG and not flags else 0

    def __getattr__(self, name: str) -> Any:
        """Return and keep what the compiled pattern has under that name."""
        value = getattr(re.compile(self.source, self.flags), name)
        setattr(self, name, value)
        return value

    def search(self, text: str, *span: int) -> Any:
        return self.fit(text).search(text, *span)

    def match(self, text: str, *span: int) -> Any:
        return self.fit(text).match(text, *span)

    def fit(self, text: str) -> re.Pattern[str]:
        """Return a pattern that finds in `text` what this one finds there."""
        if not self.left:
            return re.compile(self.source, self.flags)
        self.left -= 1
        return re.compile(re.sub(NEVER, "", cut(self.source, text)))


def cut(source: str, text: str) -> str:
    """Return a pattern without those alternatives whose first letters are not in `text`."""

    def alternative(part: re.Match[str]) -> str:
        letters, rest = part.groups()
        if not letters:
            return part[0]
        needed = letters[:-1] if rest.startswith(("?", "*", "{")) else letters
        return letters + cut(rest, text) if needed in text else "(?!)"

    return re.sub(PART, alternative, source)
