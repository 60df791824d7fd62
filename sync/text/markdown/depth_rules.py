"""Rules of markdown-it that bound how deep markup is nested; what is deeper is text. Pure.

Without them a few thousand signs make a tree that no function can walk, and markdown-it leaves out
the words that stand deeper than it goes.
"""

from __future__ import annotations

from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from sync.text.tree import DEEPEST

DEEPEST_BLOCK = 2 * DEEPEST  # levels of markdown-it: a list has two
NEVER = DEEPEST_BLOCK + 2  # where markdown-it would leave words out


def deep_text(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Lines within too many blocks are a paragraph, whatever stands in them."""
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
    """Formats within too many formats give way to what is in them."""
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
