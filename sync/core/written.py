"""What people are shown of documents, as BBCode: what somebody typed turns nothing round. Pure."""

from __future__ import annotations

from sync.text import bbcode
from sync.text.bidi import upright
from sync.text.tree import Document


def written(document: Document, *, chat: bool = False) -> str:
    return bbcode.write(upright(document), chat=chat)
