"""Blank out code, comments and struck-out text in Markdown, and find what it quotes. Pure.

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
_TAG = re.compile(
    r"</?(?!details\b|blockquote\b)(?:(?P<inline>b|i|u|em|strong|ins|mark|span|a|su[bp]|small)|"
    r"[a-z]{1,10}[1-6]?)(?:\s[^<>\n]{0,300})?/?>",
    re.IGNORECASE,
)
QUOTED_LINE = re.compile(r" {0,3}>")
_QUOTING_TAG = re.compile(r"<(?P<end>/?)(?:details|blockquote)\b[^<>\n]{0,200}>", re.IGNORECASE)
_MARKERS = f"\t\r >*+-.)0123456789{BLANK}"  # what may stand before a block of a line
# "Bumps x from 1.2 to 1.3", "Update dependency x to v2", "chore(release): 1.3.0": below it, robots
# show others' words.
_UPDATE = re.compile(
    r"\b(?:bump|updat|upgrad|обнов)\w{0,6}\s(?:.{0,300}\sfrom\s\S{1,80}\sto\s|"
    r"(?:dependenc|module|package|зависимост).{0,200}\s(?:to|до)\s)|"
    r"\b(?:contains|following)\supdates?:|chore\(release",
    re.IGNORECASE,
)
_CHANGELOG = re.compile(
    r"[\s#*_<>/bh1-6]{0,16}(?:(?:release|patch)\snotes|change\s?-?log|commits?(?:\s(?:messages?|"
    r"history|list))?|what's\s(?:new|changed)|sourced\sfrom\b.*|features|bug.fixes|"
    r"(?:история|список)\sизменений|коммиты)[\s:*_]{0,6}(?:\Z|\n|</|[-–—(]\s?)",
    re.IGNORECASE,
)
_INLINE_CHANGELOG = re.compile(
    r"\b(?:release notes|change ?log|commits|коммиты|изменения)\s?:\s?[-*•]\s", re.IGNORECASE
)
_BREAK = re.compile(r" {0,3}(?:-{3,}|\*{3,}|_{3,})\s*\Z")
_ORIGINAL = re.compile(
    r"[^\w\n]*(?:original|исходн\w+)\s[\w' ]{0,20}(?:message|description|title|сообщение|описание)"
    r":?[^\w\n]*\Z",
    re.IGNORECASE,
)
_QUOTE_FENCE = re.compile(r" {0,3}>>>[ \t]*\r?\Z")


def mask_code(text: str) -> str:
    """Replace code, comments, addresses and HTML's blocks with NUL characters, and keep the length.

    Struck-out text and tags of HTML's inline elements are replaced with `STRUCK`.
    """
    text = text.replace(BLANK, " ").replace(STRUCK, " ")
    visible = _without_comments(_without_fences(text))
    spans = "".join(map(_without_spans, _PARAGRAPHS.split(visible)))
    words = _URL.sub(lambda match: _blank(match[0]), spans)
    if not any(mark in words for mark in ("~", "{-", "[-", "<")):
        return words  # as most texts: the patterns need not be compiled
    visible = _STRUCK_OUT.sub(lambda match: re.sub(r"[^\n]", STRUCK, match[0]), words)
    return _TAG.sub(lambda tag: (STRUCK if tag["inline"] else BLANK) * len(tag[0]), visible)


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

    Quoted is a line that begins with `>`, what stands between two `>>>`, in `<details>` or
    `<blockquote>`, below "Original message:", and below "Release notes" where `title` or text
    update another's package.
    https://docs.gitlab.com/user/markdown/#multiline-blockquote
    """

    def __init__(self, text: str, title: str = "") -> None:
        self._text, self._line_end, self._quoted = text, -1, False
        self._fenced = self._is_original = self._is_changelog = False
        self._depth = 0  # of elements that quote
        self._log_start = len(text)  # of a list of commits behind "Commits:" on one line
        self._updates = _UPDATE.search(title) or _UPDATE.search(text, 0, 2_000)

    def contains(self, place: int) -> bool:
        """Tell whether the line at `place` is quoted."""
        while place > self._line_end and self._line_end < len(self._text):
            start = self._line_end + 1
            end = self._text.find("\n", start)
            self._line_end = len(self._text) if end < 0 else end
            self._quoted = self._reads(self._text[start : min(self._line_end, start + 80)], start)
        return self._quoted or place > self._log_start

    def _reads(self, line: str, start: int) -> bool:
        """Read the line whose beginning is given; tell whether it is quoted."""
        if _QUOTE_FENCE.match(line):
            self._fenced = not self._fenced
        is_below = self._is_original or self._fenced
        self._is_original = self._is_original or _ORIGINAL.match(line) is not None
        if self._updates and _CHANGELOG.match(line):
            self._is_changelog = True
        elif _BREAK.match(line):
            self._is_changelog = False
        is_inside = self._reads_elements(start) or self._is_changelog
        log = self._updates and _INLINE_CHANGELOG.search(self._text, start, self._line_end)
        self._log_start = log.start() if log else len(self._text)
        return is_below or is_inside or QUOTED_LINE.match(line) is not None

    def _reads_elements(self, start: int) -> bool:
        """Tell whether the line at `start` has words within an element that quotes."""
        is_inside = self._depth > 0
        for tag in _QUOTING_TAG.finditer(self._text, start, self._line_end):
            if tag["end"]:
                self._depth = max(0, self._depth - 1)
            elif not self._text[max(start, tag.start() - 40) : tag.start()].rstrip(_MARKERS):
                self._depth += 1
                is_inside = True
            elif self._text[tag.start() - 1] == ">":
                self._depth += 1
        return is_inside
