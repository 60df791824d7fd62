"""Cut a document to fit a length without cutting markup in the middle. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sync.text.tree import (
    Code,
    CodeBlock,
    Document,
    Image,
    Node,
    Paragraph,
    Text,
    UserMention,
    parts,
    with_parts,
)

MOST_MESSAGE = 20_000  # characters of a chat message; the portal cuts longer ones
ELLIPSIS = "…"
_LONGEST_WORD = 40  # characters that are given up so that no word is cut

Writer = Callable[[Document], str]


def clipped(text: str, most: int) -> str:
    """Cut text to at most `most` characters, with an ellipsis where something was cut."""
    return text if len(text) <= most else text[: most - len(ELLIPSIS)] + ELLIPSIS


def clip(document: Document, chars: int, write: Writer) -> Document:
    """Cut a document to the longest beginning that is written in at most `chars` characters.

    A cut document ends with an ellipsis. `write` is the dialect's writer.
    https://apidocs.bitrix24.com/api-reference/chats/messages/im-message-add.html
    """
    if len(write(document)) <= chars:
        return document
    low, high = 0, chars  # words written take at least their own length
    while low < high:
        middle = (low + high + 1) // 2
        if len(write(_beginning(document, middle))) <= chars:
            low = middle
        else:
            high = middle - 1
    return _beginning(document, low)


def _beginning(document: Document, words: int) -> Document:
    """Return the document's first `words` characters of text and an ellipsis."""
    beginning, _ = _part(document, words)
    if not isinstance(beginning, Document):
        return Document()
    return Document((*beginning.blocks, Paragraph((Text(ELLIPSIS),))))


def _part(node: Node, budget: int) -> tuple[Node | None, int]:
    """Return the part of a node that `budget` characters of text allow, and the rest of it."""
    match node:
        case Text(text) | Code(text) | CodeBlock(text):
            cut = _cut(text, budget)
            rest = budget - len(cut) if len(text) <= budget else 0
            return (replace(node, text=cut) if cut else None), rest
        case UserMention(name) | Image(alt=name):
            cost = len(name) + 1
            return (node, budget - cost) if cost <= budget else (None, 0)
    return _children_taken(node, budget)


def _cut(text: str, most: int) -> str:
    """Cut text to `most` characters, at the end of a word where one is near."""
    if len(text) <= most or text[most].isspace():
        return text[:most]
    ends = [at for at in range(max(0, most - _LONGEST_WORD), most) if text[at].isspace()]
    return text[: ends[-1] if ends else most]


def _children_taken(node: Node, budget: int) -> tuple[Node | None, int]:
    """Take children within the budget; a node without text costs one character."""
    budget -= 1
    if budget < 0:
        return None, 0
    values: dict[str, tuple[Node, ...]] = {}
    for name, children in parts(node):
        kept: list[Node] = []
        for child in children:
            if budget <= 0:
                break
            part, budget = _part(child, budget)
            if part is not None:
                kept.append(part)
        values[name] = tuple(kept)
    return with_parts(node, values), budget
