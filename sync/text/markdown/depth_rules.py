"""Bound the nesting of markup with rules of markdown-it; deeper markup is text. Pure.

Without them a few thousand signs make a tree too deep for recursion, and markdown-it drops the
words below its own limit.
"""

from __future__ import annotations

from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from sync.text.tree import DEEPEST

DEEPEST_BLOCK = 2 * DEEPEST  # levels of markdown-it: a list has two
NEVER = DEEPEST_BLOCK + 2  # where markdown-it would leave words out


def deep_text(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Parse lines within too many blocks as a paragraph, whatever stands in them."""
    if state.level < DEEPEST_BLOCK:
        return False
    if silent:
        return True
    state.push("paragraph_open", "p", 1).map = [start, end]
    words = state.push("inline", "", 0)
    words.content = state.getLines(start, end, state.blkIndent, False).strip()
    words.map, words.children = [start, end], []
    state.push("paragraph_close", "p", -1)
    state.line = end
    return True


def shallow(state: StateCore) -> None:
    """Replace formats within too many formats with their content."""
    for token in state.tokens:
        if token.children:
            token.children = _shallow(token.children)


def _shallow(tokens: list[Token]) -> list[Token]:
    out: list[Token] = []
    depth = 0
    for token in tokens:
        depth += token.nesting == 1
        if token.nesting == 0 or depth <= DEEPEST:
            out.append(token)
        depth -= token.nesting == -1
    return out
