"""A thing in words: a headline, lines below it, or what an own template makes of them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sync.core.kinds import Kind
from sync.core.rules import Rules
from sync.core.templates import Value, filled
from sync.text import bbcode
from sync.text.tree import Block, Document, Inline, LineBreak, Paragraph, Strong

Line = tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Telling:
    """`headline`: one sentence, which alone is a notification. `lines`: what else, a line each.

    `blocks`: longer texts below. `places`: values that a template may name
    (`core.places.PLACES` says which each kind has).
    """

    headline: Line
    lines: tuple[Line, ...] = ()
    blocks: tuple[Block, ...] = ()
    places: Mapping[str, Value] = field(default_factory=dict)

    def document(self, rules: Rules, kind: Kind) -> Document:
        """What a chat or a task is shown."""
        own = Document((_paragraph((Strong(self.headline),), *self.lines), *self.blocks))
        if template := rules.templates.get(kind):
            return filled(template, {**self.places, "default": own})
        return own

    def message(self, rules: Rules, kind: Kind) -> str:
        """The same as BBCode."""
        return bbcode.write(self.document(rules, kind))

    def notification(self, rules: Rules, kind: Kind) -> str:
        return bbcode.write(Document((Paragraph(self.headline),)))


def _paragraph(*lines: Line) -> Paragraph:
    return Paragraph(tuple(node for line in lines for node in (LineBreak(), *line))[1:])
