"""Markdown with its code, comments and addresses blanked out, length kept. Pure."""

from __future__ import annotations

import re

BLANK = "\0"
FENCE = re.compile(r" {0,3}(?:> ?)?(?:[-*+] )? {0,3}(`{3,}|~{3,})")
BACKTICKS = re.compile(r"`+")
PARAGRAPHS = re.compile(r"(\n[ \t]*\n)")
ADDRESS = re.compile(r"\b(?:https?|ftp)://[^\s<>\"\0)\]]+", re.IGNORECASE)


def prose_of(text: str) -> str:
    """`text` of the same length with what is not prose made of NUL characters."""
    visible = without_comments(without_fences(text.replace(BLANK, " ")))
    spans = "".join(map(without_spans, PARAGRAPHS.split(visible)))
    return ADDRESS.sub(lambda found: BLANK * len(found[0]), spans)


def without_fences(text: str) -> str:
    """A fence closes at a longer or equal one of its kind; an open one runs to the end."""
    out, fence = [], ""
    for line in text.splitlines(keepends=True):
        mark, inside = FENCE.match(line), bool(fence)
        if mark and not fence:
            fence = mark[1]
        elif mark and fence and mark[1].startswith(fence) and not line[mark.end() :].strip():
            fence = ""
        body = line.rstrip("\r\n")
        out.append(line if not inside and not mark else BLANK * len(body) + line[len(body) :])
    return "".join(out)


def without_comments(text: str) -> str:
    """<!-- … -->, which templates of descriptions are full of; an open one is not a comment."""
    out, at = [], 0
    while True:
        start = text.find("<!--", at)
        end = text.find("-->", start + 4) if start >= 0 else -1
        if end < 0:
            return "".join((*out, text[at:]))
        out += [text[at:start], BLANK * (end + 3 - start)]
        at = end + 3


def without_spans(text: str) -> str:
    """Code spans of one paragraph: a run of backticks closes at the next run of its length."""
    runs = [found.span() for found in BACKTICKS.finditer(text)]
    closers = closing_runs(runs)
    out, at, number = [], 0, 0
    while number < len(runs):
        closer = closers[number]
        if closer < 0:
            number += 1
            continue
        start, end = runs[number][0], runs[closer][1]
        out += [text[at:start], BLANK * (end - start)]
        at, number = end, closer + 1
    return "".join((*out, text[at:]))


def closing_runs(runs: list[tuple[int, int]]) -> list[int]:
    """For each run the number of the next run of equal length, -1 where there is none."""
    later: dict[int, int] = {}
    out = [-1] * len(runs)
    for number in range(len(runs) - 1, -1, -1):
        length = runs[number][1] - runs[number][0]
        out[number] = later.get(length, -1)
        later[length] = number
    return out
