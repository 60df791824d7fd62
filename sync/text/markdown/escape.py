"""Escape text in the Markdown of code hosts and trackers. Pure.

Markup is escaped by backslashes. References and mentions (`@all`, `#1`, `!1`, `ABC-1`) are found in
the rendered text, where a backslash is gone already: they are parted by an invisible WORD JOINER,
which the reader takes away; it parts entities too. A quick action is a line that begins with a
slash; it is parted as well, because editors drop backslashes when people save a text.
https://docs.gitlab.com/user/markdown/ and https://docs.gitlab.com/user/project/quick_actions/
"""

from __future__ import annotations

import re

from sync.text.chars import JOINER, cleaned, cleaned_lines

_MARKUP = re.compile(r"[\\`*\[\]<>~|#$]|(?<![^\W_])_|_(?![^\W_])")
_LINE_START = re.compile(r"[-+=:]|[0-9]{1,9}(?=[.)])")
_SIGN = re.compile(r'([@#!%~&$^])(?=\u2060*[\w"{\[])')
_KEY = re.compile(r"\b([^\W\d_]\w*-)(?=\u2060*[0-9])")
_SIGN_JOINED = re.compile(r'([@#!%~&$^])\u2060(?=\u2060*[\w"{\[])')
_KEY_JOINED = re.compile(r"\b([^\W\d_]\w*-)\u2060(?=\u2060*[0-9])")
_SLASH = re.compile(r"/(?=[A-Za-z_])")
_SLASH_PARTED = re.compile(r"/(?=\u2060+[A-Za-z_])")
_SLASH_JOINED = re.compile(r"/\u2060(?=\u2060*[A-Za-z_])")
# Inline diffs, {+ added +}: found in the rendered text, too.
_DIFF_END = r"(?=\u2060*(?P<sign>[+-])[^\n]{1,1000}?(?P=sign)[}\]])"
_DIFF = re.compile(rf"[{{\[]{_DIFF_END}")
_DIFF_JOINED = re.compile(rf"([{{\[])\u2060{_DIFF_END}")
_ACTION = re.compile(r"(?=\u2060*/[A-Za-z_]+(?:\s|$))")


def escaped(text: str, *, line_start: bool = False) -> str:
    """Escape `text` so that Markdown shows it as it is; `line_start`: it begins a line."""
    text = parted(cleaned(text))
    text = _disarmed(text.lstrip()) if line_start else text
    out = _MARKUP.sub(r"\\\g<0>", text)
    if line_start and (mark := _LINE_START.match(out)):
        end = mark.end() if mark[0][0].isdigit() else 0
        out = out[:end] + "\\" + out[end:]
    return out


def parted(text: str) -> str:
    """Put a joiner in mentions and references so that they notify nobody."""
    text = _SLASH_PARTED.sub("/" + JOINER, text)
    text = _DIFF.sub(rf"\g<0>{JOINER}", text)
    return _KEY.sub(r"\1" + JOINER, _SIGN.sub(r"\1" + JOINER, text))


def _disarmed(line: str) -> str:
    return "/" + JOINER + line[1:] if _SLASH.match(line) else line


def unparted(text: str) -> str:
    """Undo `parted`."""
    text = _SIGN_JOINED.sub(r"\1", _KEY_JOINED.sub(r"\1", text))
    text = _DIFF_JOINED.sub(r"\1", text)
    return _SLASH_JOINED.sub("/", text)


def code_lines(text: str) -> list[str]:
    """Split code into lines; put a joiner before each that looks like a quick action."""
    return [JOINER + line if _ACTION.match(line) else line for line in cleaned_lines(text)]


def code_text(text: str) -> str:
    """Undo `code_lines`."""
    return "\n".join(
        line[1:] if line.startswith(JOINER) and _ACTION.match(line) else line
        for line in text.split("\n")
    )
