"""A thing in words: a headline, lines below it, or what an own template makes of them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from sync.core.messages.templates import PlaceholderValue, fill_template
from sync.core.model.kinds import Kind
from sync.core.rules.portal import Rules
from sync.text import bbcode
from sync.text.bidi import turns, upright
from sync.text.clip import MOST_MESSAGE, clip
from sync.text.plain import Line, run_of
from sync.text.tree import Block, Document, Paragraph, Strong


@dataclass(frozen=True, slots=True)
class Message:
    """`headline`: one sentence, which with what is right `below` it is a notification. `lines`:
    what else, a line each.

    `blocks`: longer texts below. `places`: values that a template may name
    (`core.places.PLACES` says which each kind has). `whole`: the lines are part of a notification,
    too.
    """

    title: Line
    details: tuple[Line, ...] = ()
    body: tuple[Block, ...] = ()
    values: Mapping[str, PlaceholderValue] = field(default_factory=dict)
    notify_details: bool = False
    summary: tuple[Line, ...] = ()

    def to_document(self, rules: Rules, kind: Kind) -> Document:
        """Render what a chat or a task is shown."""
        own = Document(
            (_paragraph((Strong(self.title),), *self.summary, *self.details), *self.body)
        )
        if template := rules.templates.get(kind):
            return fill_template(template, {**self.values, "default": own})
        return own

    def render(self, rules: Rules, kind: Kind, *, chat: bool = True) -> str:
        """Render it as BBCode, never longer than the portal takes. A task with the old card is no
        chat."""
        return _render_clipped(self.to_document(rules, kind), chat=chat)

    def render_notification(self, rules: Rules, kind: Kind) -> str:
        """Render what one person is notified of, as BBCode."""
        lines = self.details if self.notify_details else ()
        return _render_clipped(
            Document((_paragraph(self.title, *self.summary, *lines),)), chat=True
        )


def _render_clipped(document: Document, *, chat: bool) -> str:
    write = partial(bbcode.write, chat=chat)
    return write(clip(document, MOST_MESSAGE, write))


def _paragraph(*lines: Line) -> Paragraph:
    return Paragraph(run_of(lines))


def render(document: Document, *, chat: bool = False) -> str:
    """Render a document as BBCode, without controls that reverse the text around them."""
    text = bbcode.write(document, chat=chat)
    # Nearly always there is nothing to do, which is cheaper to see here than in the tree.
    return bbcode.write(upright(document), chat=chat) if turns(text) else text
