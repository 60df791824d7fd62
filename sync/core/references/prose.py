"""Markdown with its code and comments blanked out, length kept, in time linear in it. Pure.

Only what decides whether words are prose is looked at; the full reader is in sync.text.markdown.
The CI reporter has this file too: Python 3.9, and nothing but the standard library.
"""

from __future__ import annotations

import re

BLANK = "\0"
_FENCE = re.compile(r" {0,3}(?:> ?)?(?:[-*+] )? {0,3}(`{3,}|~{3,})")
_RUN = re.compile(r"`+")
_PARAGRAPHS = re.compile(r"(\n[ \t]*\n)")
_URL = re.compile(r"\b(?:https?|ftp)://[^\s<>\"\0)\]]+", re.IGNORECASE)


def mask_code(text: str) -> str:
    """`text` of the same length with code, comments and addresses made of NUL characters."""
    visible = _without_comments(_without_fences(text.replace(BLANK, " ")))
    spans = "".join(map(_without_spans, _PARAGRAPHS.split(visible)))
    return _URL.sub(lambda found: _blank(found[0]), spans)


def _blank(text: str) -> str:
    return BLANK * len(text)


def _without_fences(text: str) -> str:
    """A fence closes at a longer or equal one of its kind; an open one runs to the end."""
    out, fence = [], ""
    for line in text.splitlines(keepends=True):
        mark = _FENCE.match(line)
        inside = bool(fence)
        if mark and not fence:
            fence = mark[1]
        elif mark and fence and mark[1].startswith(fence) and not line[mark.end() :].strip():
            fence = ""
        out.append(line if not inside and not mark else _blank_line(line))
    return "".join(out)


def _blank_line(line: str) -> str:
    body = line.rstrip("\r\n")
    return _blank(body) + line[len(body) :]


def _without_comments(text: str) -> str:
    """<!-- … -->, which templates of descriptions are full of; an open one is not a comment."""
    out, at = [], 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        out += text[at:start], _blank(text[start : end + 3])
        at = end + 3
    return "".join((*out, text[at:]))


def _without_spans(text: str) -> str:
    """Code spans of one paragraph: a run of backticks closes at the next run of its length."""
    runs = [found.span() for found in _RUN.finditer(text)]
    following = _following(runs)
    out, at, number = [], 0, 0
    while number < len(runs):
        closing = following[number]
        if closing is None:
            number += 1
            continue
        start, end = runs[number][0], runs[closing][1]
        out += text[at:start], _blank(text[start:end])
        at, number = end, closing + 1
    return "".join((*out, text[at:]))


def _following(runs: list[tuple[int, int]]) -> list[int | None]:
    """For each run the number of the next run of equal length."""
    later: dict[int, int] = {}
    out: list[int | None] = [None] * len(runs)
    for number in range(len(runs) - 1, -1, -1):
        length = runs[number][1] - runs[number][0]
        out[number] = later.get(length)
        later[length] = number
    return out
