"""A thing in words: a headline, lines below it, or what an own template makes of them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sync.core.kinds import Kind
from sync.core.rules import Rules
from sync.core.templates import filled
from sync.text import bbcode
from sync.text.tree import Block, Document, Inline, LineBreak, Paragraph, Strong

Line = tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Telling:
    """`headline`: one sentence, which alone is a notification. `lines`: what else, a line each.

    `blocks`: longer texts below. `places`: values that a template may name.
    """

    headline: Line
    lines: tuple[Line, ...] = ()
    blocks: tuple[Block, ...] = ()
    places: Mapping[str, Line] = field(default_factory=dict)

    def message(self, rules: Rules, kind: Kind) -> str:
        """What a chat or a task is shown, as BBCode."""
        if template := rules.templates.get(kind):
            return bbcode.write(filled(template, self.places))
        return bbcode.write(
            Document((_paragraph((Strong(self.headline),), *self.lines), *self.blocks))
        )

    def notification(self, rules: Rules, kind: Kind) -> str:
        return bbcode.write(Document((Paragraph(self.headline),)))


def _paragraph(*lines: Line) -> Paragraph:
    return Paragraph(tuple(node for line in lines for node in (LineBreak(), *line))[1:])
