"""What people wrote, in a message: from Markdown or as it is, cut where it is long. Pure."""

from __future__ import annotations

from sync.core.i18n.translate import tell
from sync.core.messages.parts import MOST_READ
from sync.text import bbcode, markdown
from sync.text.clip import ELLIPSIS, clip, clipped
from sync.text.plain import run_of
from sync.text.tree import Block, Document, Link, Paragraph, Quote, Text

MOST_QUOTE = 1_000  # characters of a message that repeat what somebody wrote
MOST_NOTES = 3_000  # characters of release notes


def prose(words: str, most: int, language: str, url: str = "") -> tuple[Block, ...]:
    """Markdown as blocks of at most `most` characters; what was cut has a link to all of it."""
    whole = markdown.read(words[:MOST_READ])
    cut = clip(whole, most, written)
    if cut is whole and len(words) <= MOST_READ:
        return whole.blocks
    kept = cut.blocks if cut is whole else cut.blocks[:-1]
    more = (Text(" "), Link(url, tell(language, "whole text"))) if url else ()
    return (*kept, Paragraph((Text(ELLIPSIS), *more)))


def quoted(words: str, language: str, url: str = "") -> tuple[Block, ...]:
    """The same as a quote; nothing where there are no words."""
    blocks = prose(words, MOST_QUOTE, language, url)
    return (Quote(blocks),) if blocks else ()


def plain(words: str) -> tuple[Block, ...]:
    """A quote of words that are in no dialect."""
    lines = clipped(words[:MOST_READ].strip(), MOST_QUOTE).split("\n")
    run = run_of([(Text(line.rstrip()),) for line in lines])
    return (Quote((Paragraph(run),)),) if any(lines) else ()


def written(document: Document) -> str:
    """As a chat shows it."""
    return bbcode.write(document, chat=True)
