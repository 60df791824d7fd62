"""What people are shown of documents, as BBCode: what somebody typed turns nothing round. Pure."""

from __future__ import annotations

from sync.text import bbcode
from sync.text.bidi import turns, upright
from sync.text.tree import Document


def render(document: Document, *, chat: bool = False) -> str:
    text = bbcode.write(document, chat=chat)
    # Nearly always there is nothing to do, which is cheaper to see here than in the tree.
    return bbcode.write(upright(document), chat=chat) if turns(text) else text
