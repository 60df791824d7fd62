"""Find quick actions in GitLab's Markdown and disarm them. Pure.

GitLab runs lines like `/close` in descriptions and comments, whoever wrote them, with the rights of
the token that posts them, and cuts them out. An editor may remove what protected such a line, so
texts are searched again after each read, before anything is written beside the line.
https://docs.gitlab.com/user/project/quick_actions/
"""

from __future__ import annotations

import re
from bisect import bisect
from dataclasses import dataclass

from sync.text.chars import JOINER
from sync.text.markdown.dialect import GITLAB
from sync.text.markdown.parser import parser

_LINE = re.compile(r"^/(?P<name>[A-Za-z_]+)(?:[ \t]+(?P<arguments>.*))?[ \t\r]*$", re.MULTILINE)
_LINE_END = re.compile(r"\r\n?|\n")
_QUIET = {"fence", "code_block", "html_block", "blockquote_open"}  # GitLab looks into none of them


@dataclass(frozen=True, slots=True)
class QuickAction:
    """A quick action in a text; `start` is the position of its slash."""

    start: int
    name: str
    arguments: str = ""


def quick_actions(text: str) -> list[QuickAction]:
    """Find the lines of `text` that GitLab may run, unknown actions included."""
    quiet = _quiet_ranges(text)
    return [
        QuickAction(line.start(), line["name"].lower(), (line["arguments"] or "").strip())
        for line in _LINE.finditer(text)
        if not _is_quiet(quiet, line.start())
    ]


def disarmed(text: str) -> str:
    """Put an invisible joiner behind each quick action's slash; the text looks as before."""
    out, at = [], 0
    for action in quick_actions(text):
        out += [text[at : action.start + 1], JOINER]
        at = action.start + 1
    return "".join((*out, text[at:]))


def _quiet_ranges(text: str) -> list[tuple[int, int]]:
    """Return the ranges of code, HTML and quotes in order, without nested ones."""
    starts = [0, *(end.end() for end in _LINE_END.finditer(text)), len(text)]
    out: list[tuple[int, int]] = []
    for token in parser(GITLAB).parse(text):
        if token.type in _QUIET and token.map:
            start, end = starts[token.map[0]], starts[min(token.map[1], len(starts) - 1)]
            if not out or start >= out[-1][1]:
                out.append((start, end))
    return out


def _is_quiet(ranges: list[tuple[int, int]], at: int) -> bool:
    before = bisect(ranges, at, key=lambda span: span[0]) - 1
    return before >= 0 and at < ranges[before][1]
