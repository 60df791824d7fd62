"""Check whether a portal's own regular expression is safe to use. Pure."""

from __future__ import annotations

import re

MAX_PATTERN_LENGTH = 200  # characters

_ESCAPED_OR_SET = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_REPEATED_GROUP = re.compile(r"\((?:[^()]*[*+{|][^()]*)\)[*+{]")
_BACK_REFERENCE = re.compile(r"\\[1-9]|\(\?P=|\(\?\(")


def pattern_problem(pattern: str) -> str | None:
    """Return why a reference pattern may not be used, or None.

    A repeated group that itself repeats or chooses can take time without bound on hostile text.
    """
    if len(pattern) > MAX_PATTERN_LENGTH:
        return f"a reference pattern has at most {MAX_PATTERN_LENGTH} characters"
    try:
        compiled = re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        return f"not a regular expression: {error}"
    if set(compiled.groupindex) != {"id"}:
        return "a reference pattern has exactly one named group, (?P<id>...)"
    if _BACK_REFERENCE.search(pattern):
        return "a reference pattern has no back references"
    if _nests_repeats(_ESCAPED_OR_SET.sub("x", pattern)):
        return "a repeated group may not repeat or choose inside: (a+)+ can run without end"
    return None


def _nests_repeats(pattern: str) -> bool:
    """Tell whether a repeated group contains a repeat or a choice, however deep."""
    while "(" in pattern:
        if _REPEATED_GROUP.search(pattern):
            return True
        flat = re.sub(r"\(([^()]*)\)", lambda m: "+" if set(m[1]) & set("*+{|") else "x", pattern)
        if flat == pattern:
            return False
        pattern = flat
    return False
