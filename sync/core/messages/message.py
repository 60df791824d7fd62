"""A thing in words: a headline, lines below it, or what an own template makes of them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from sync.core.messages.templates import Value, filled
from sync.core.model.kinds import Kind
from sync.core.rules.portal import Rules
from sync.text import bbcode
from sync.text.clip import MOST_MESSAGE, clip
from sync.text.plain import Line, run_of
from sync.text.tree import Block, Document, Paragraph, Strong


@dataclass(frozen=True, slots=True)
class Telling:
    """`headline`: one sentence, which with what is right `below` it is a notification. `lines`:
    what else, a line each.

    `blocks`: longer texts below. `places`: values that a template may name
    (`core.places.PLACES` says which each kind has). `whole`: the lines are part of a notification,
    too.
    """

    headline: Line
    lines: tuple[Line, ...] = ()
    blocks: tuple[Block, ...] = ()
    places: Mapping[str, Value] = field(default_factory=dict)
    whole: bool = False
    below: tuple[Line, ...] = ()

    def document(self, rules: Rules, kind: Kind) -> Document:
        """What a chat or a task is shown."""
        own = Document(
            (_paragraph((Strong(self.headline),), *self.below, *self.lines), *self.blocks)
        )
        if template := rules.templates.get(kind):
            return filled(template, {**self.places, "default": own})
        return own

    def message(self, rules: Rules, kind: Kind, *, chat: bool = True) -> str:
        """The same as BBCode, never longer than the portal takes. A task with the old card is no
        chat."""
        return _written(self.document(rules, kind), chat=chat)

    def notification(self, rules: Rules, kind: Kind) -> str:
        lines = self.lines if self.whole else ()
        return _written(Document((_paragraph(self.headline, *self.below, *lines),)), chat=True)


def _written(document: Document, *, chat: bool) -> str:
    write = partial(bbcode.write, chat=chat)
    return write(clip(document, MOST_MESSAGE, write))


def _paragraph(*lines: Line) -> Paragraph:
    return Paragraph(run_of(lines))
