"""Blank out code, comments and struck-out text in Markdown without changing its length. Pure.

It reads only as much Markdown as tells prose from code; the full reader is in sync.text.markdown.
The CI reporter has this file too: Python 3.9, and nothing but the standard library.
"""

from __future__ import annotations

import re

BLANK = "\0"
STRUCK = "\1"  # what stands for struck-out words, behind which a sentence goes on
_FENCE = re.compile(r" {0,3}(?:> ?)?(?:[-*+] )? {0,3}(`{3,}|~{3,})")
_RUN = re.compile(r"`+")
_PARAGRAPHS = re.compile(r"(\n[ \t]*\n)")
_URL = re.compile(r"\b(?:[a-z]{2,10}://|www\.|mailto:)[^\s<>\"\0)\]]+", re.IGNORECASE)
# ~~x~~, ~x~, {-x-} and [-x-], in which GitLab shows a deletion, and HTML's own tags.
# https://docs.gitlab.com/user/markdown/#inline-diff
_STRUCK_OUT = re.compile(
    r"(?<!~)~~(?![\s~])(?:[^~\n]|~(?!~)){1,1000}~~(?!~)|(?<![~\w])~(?![\s~])[^~\n]{1,400}~(?![~\w])|"
    r"\{-[^\n{}]{1,1000}-\}|"
    r"\[-[^\n\[\]]{1,1000}-\]|"
    r"<(?P<tag>del|s|strike|code|pre|kbd|samp)\b[^<>\n]{0,200}>[^<]{0,2000}</(?P=tag)>",
    re.IGNORECASE,
)
QUOTED_LINE = re.compile(r" {0,3}>")
_QUOTE_FENCE = re.compile(r" {0,3}>>>[ \t]*\r?\Z")


def mask_code(text: str) -> str:
    """Replace code, comments and addresses with NUL characters, and keep the length.

    Struck-out text is replaced with `STRUCK`.
    """
    text = text.replace(BLANK, " ").replace(STRUCK, " ")
    visible = _without_comments(_without_fences(text))
    spans = "".join(map(_without_spans, _PARAGRAPHS.split(visible)))
    words = _URL.sub(lambda match: _blank(match[0]), spans)
    return _STRUCK_OUT.sub(lambda match: re.sub(r"[^\n]", STRUCK, match[0]), words)


def _blank(text: str) -> str:
    return BLANK * len(text)


def _without_fences(text: str) -> str:
    """Blank out fences: one closes at a longer or equal one, an open one runs to the end."""
    out: list[str] = []
    fence = ""
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
    return re.sub(r"[^\r\n]", BLANK, line)


def _without_comments(text: str) -> str:
    """Blank out <!-- … -->, which templates are full of; an open one is no comment."""
    out: list[str] = []
    at = 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        out += text[at:start], _blank(text[start : end + 3])
        at = end + 3
    return "".join((*out, text[at:]))


def _without_spans(text: str) -> str:
    """Blank out a paragraph's code spans, from a run of backticks to the next of its length."""
    runs = [match.span() for match in _RUN.finditer(text)]
    last = {end - start: start for start, end in runs}  # by length: where the last run begins
    out: list[str] = []
    at = opening = length = 0
    for start, end in runs:
        if not length and last[end - start] > start:
            opening, length = start, end - start
        elif length == end - start:
            out += text[at:opening], _blank(text[opening:end])
            at, length = end, 0
    return "".join((*out, text[at:]))


class QuotedLines:
    """The quoted lines of a text; asked in ascending order, so each line is read once.

    A line between two `>>>` is quoted too.
    https://docs.gitlab.com/user/markdown/#multiline-blockquote
    """

    def __init__(self, text: str) -> None:
        self._text, self._line_end, self._quoted, self._fenced = text, -1, False, False

    def contains(self, place: int) -> bool:
        """Tell whether the line at `place` is quoted."""
        while place > self._line_end and self._line_end < len(self._text):
            start = self._line_end + 1
            end = self._text.find("\n", start)
            self._line_end = len(self._text) if end < 0 else end
            line = self._text[start : min(self._line_end, start + 80)]
            if _QUOTE_FENCE.match(line):
                self._fenced = not self._fenced
            self._quoted = self._fenced or QUOTED_LINE.match(line) is not None
        return self._quoted
