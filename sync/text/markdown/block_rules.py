"""GitLab's blocks as rules of markdown-it: fenced quotes and alerts. Pure.

https://docs.gitlab.com/user/markdown/#multiline-blockquote, …/#alerts
"""

from __future__ import annotations

import re

from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

_ALERT = re.compile(r"\[!(note|tip|important|caution|warning)\][ \t]*([^\n]*)(?:\n|\Z)", re.I)
_FENCE = re.compile(r"(>{3,})[ \t]*(?=\Z|\[!)")
_CODE_INDENT = 4


def line_start(state: StateBlock, line: int) -> int:
    """Return the position of the line's first character that is no blank."""
    return state.bMarks[line] + state.tShift[line]


def next_filled(state: StateBlock, line: int, end: int) -> int:
    """Return the line, or the next one where it is empty."""
    return line + 1 if line < end and state.isEmpty(line) else line


def fenced_quote(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Parse a quote between two lines of `>>>`; the second has at least as many signs."""
    opening = _fence(state, start)
    title = _ALERT.fullmatch(_words(state, start)[len(opening) :].strip()) if opening else None
    if not opening or (not title and _words(state, start).strip() != opening):
        return False
    if silent:
        return True
    closing = _closing(state, start + 1, end, len(opening))
    token = state.push("blockquote_open", "blockquote", 1)
    token.markup, token.meta = opening, _alert(title)
    parent, state.parentType = state.parentType, "blockquote"
    last, state.lineMax = state.lineMax, closing
    state.md.block.tokenize(state, start + 1, closing)
    state.lineMax, state.parentType = last, parent
    state.line = min(closing + 1, end)
    token.map = [start, state.line]
    state.push("blockquote_close", "blockquote", -1)
    return True


def _words(state: StateBlock, line: int) -> str:
    return state.src[line_start(state, line) : state.eMarks[line]]


def _fence(state: StateBlock, line: int) -> str:
    """Return the signs that the line begins with, where it is a fence."""
    indent = state.sCount[line] - state.blkIndent
    at = line_start(state, line)
    if indent >= _CODE_INDENT or not state.src.startswith(">>>", at):
        return ""
    fence = _FENCE.match(state.src[at : state.eMarks[line]])
    return fence[1] if fence else ""


def _closing(state: StateBlock, line: int, end: int, signs: int) -> int:
    """Return the line of the closing fence; without one, the end of the surrounding block."""
    while line < end:
        if state.sCount[line] < state.blkIndent and not state.isEmpty(line):
            return line
        fence = _fence(state, line)
        if len(fence) >= signs and _words(state, line).strip() == fence:
            return line
        line += 1
    return end


def alerts(state: StateCore) -> None:
    """Move the `[!warning]` of a quote from its words to its data: kind and title."""
    drop: set[int] = set()
    for at, token in enumerate(state.tokens[:-2]):
        following = state.tokens[at + 2]
        if token.type != "blockquote_open" or token.meta or following.type != "inline":
            continue
        if title := _ALERT.match(following.content):
            token.meta = _alert(title)
            following.content = following.content[title.end() :]
            if not following.content.strip():
                drop |= {at + 1, at + 2, at + 3}
    if drop:
        state.tokens = _without(state.tokens, drop)


def _alert(title: re.Match[str] | None) -> dict[str, str]:
    return {"alert": title[1].lower(), "title": title[2].strip()} if title else {}


def _without(tokens: list[Token], drop: set[int]) -> list[Token]:
    return [token for at, token in enumerate(tokens) if at not in drop]
