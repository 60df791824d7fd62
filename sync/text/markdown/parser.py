"""Build the markdown-it parser of a dialect. Pure."""

from __future__ import annotations

from functools import cache

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from sync.text.markdown import block_rules, inline_rules
from sync.text.markdown.depth_rules import NEVER, deep_text, shallow
from sync.text.markdown.dialect import Dialect

_INTERRUPTS: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}


@cache
def parser(dialect: Dialect) -> MarkdownIt:
    """Return the parser; it keeps no state between texts.

    Escaped characters stay tokens of their own (`text_special`), for an escaped `@` calls nobody.
    """
    markdown = MarkdownIt("commonmark", {"html": True, "maxNesting": NEVER})
    markdown.enable("table").disable("text_join")
    markdown.normalizeLink = _as_written  # type: ignore[method-assign]
    markdown.normalizeLinkText = _as_written  # type: ignore[method-assign, assignment]
    markdown.validateLink = _any_address  # type: ignore[method-assign]
    inline, block = markdown.inline, markdown.block
    inline.ruler.before("backticks", "address", inline_rules.bare_address)
    inline.ruler.before("link", "image_size", inline_rules.image_size)
    inline_rules.add_strike(markdown, single=dialect.single_tildes)
    if dialect.formulas:
        inline.ruler.before("backticks", "formula", inline_rules.formula)
    if dialect.wiki_links:
        inline.ruler.before("link", "wiki_link", inline_rules.wiki_link)
    if dialect.fenced_quotes:
        block.ruler.before("blockquote", "fenced_quote", block_rules.fenced_quote, _INTERRUPTS)
    block.ruler.before("table", "deep_text", deep_text)
    markdown.core.ruler.after("inline", "shallow", shallow)
    if dialect.alerts:
        markdown.core.ruler.after("block", "alerts", block_rules.alerts)
    if dialect.footnotes:
        footnote_plugin(markdown, inline=False, move_to_end=False)
    if dialect.descriptions:
        deflist_plugin(markdown)
        _limit_descriptions(markdown)
    return markdown


def _as_written(url: str) -> str:
    return url


def _any_address(url: str) -> bool:
    """Accept every address: the tree decides which become links."""
    return True


def _limit_descriptions(markdown: MarkdownIt) -> None:
    """Keep only descriptions marked by a colon, as GitLab does; not by a tilde."""
    rules = {rule.name: rule.fn for rule in markdown.block.ruler.__rules__}
    described = rules["deflist"]

    def descriptions(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        line = start if silent else block_rules.next_filled(state, start + 1, end)
        if line >= end or state.src[block_rules.line_start(state, line)] != ":":
            return False
        return bool(described(state, start, end, silent))

    markdown.block.ruler.at(
        "deflist", descriptions, {"alt": ["paragraph", "reference", "blockquote"]}
    )
