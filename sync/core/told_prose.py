"""What people wrote, in a message: from Markdown or as it is, cut where it is long. Pure."""

from __future__ import annotations

from sync.core.i18n.translate import translate_inline
from sync.core.messages.parts import MAX_TEXT_READ
from sync.text import bbcode, markdown
from sync.text.clip import ELLIPSIS, clip, clipped
from sync.text.plain import run_of
from sync.text.tree import Block, Document, Link, Paragraph, Quote, Text

MAX_QUOTE_LENGTH = 1_000  # characters of a message that repeat what somebody wrote
MAX_RELEASE_NOTES_LENGTH = 3_000  # characters of release notes


def markdown_blocks(words: str, limit: int, language: str, url: str = "") -> tuple[Block, ...]:
    """Markdown as blocks of at most `most` characters; what was cut has a link to all of it."""
    whole = markdown.read(words[:MAX_TEXT_READ])
    cut = clip(whole, limit, render_chat)
    if cut is whole and len(words) <= MAX_TEXT_READ:
        return whole.blocks
    kept = cut.blocks if cut is whole else cut.blocks[:-1]
    more = (Text(" "), Link(url, translate_inline(language, "whole text"))) if url else ()
    return (*kept, Paragraph((Text(ELLIPSIS), *more)))


def quote_markdown(words: str, language: str, url: str = "") -> tuple[Block, ...]:
    """The same as a quote; nothing where there are no words."""
    blocks = markdown_blocks(words, MAX_QUOTE_LENGTH, language, url)
    return (Quote(blocks),) if blocks else ()


def quote_plain(words: str) -> tuple[Block, ...]:
    """A quote of words that are in no dialect."""
    lines = clipped(words[:MAX_TEXT_READ].strip(), MAX_QUOTE_LENGTH).split("\n")
    run = run_of([(Text(line.rstrip()),) for line in lines])
    return (Quote((Paragraph(run),)),) if any(lines) else ()


def render_chat(document: Document) -> str:
    """As a chat shows it."""
    return bbcode.write(document, chat=True)
