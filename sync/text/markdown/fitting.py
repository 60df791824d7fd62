"""Replace the nodes that a Markdown dialect does not have. Pure."""

from __future__ import annotations

import re

from sync.text.markdown.dialect import Dialect
from sync.text.plain import text_of
from sync.text.simple import in_item, quoted, simple
from sync.text.tree import (
    CheckBox,
    Contents,
    Descriptions,
    Document,
    Footnote,
    FootnoteMark,
    Formula,
    Item,
    Node,
    Quote,
    Text,
    UserMention,
    WikiLink,
    parts,
    with_parts,
)

_LOGIN = re.compile(r"[A-Za-z0-9_](?:[\w.-]{0,253}\w)?\Z", re.ASCII)  # without free logins


def fitting(document: Document, dialect: Dialect) -> Document:
    """Rewrite a document with the same words in nodes that the dialect has."""
    match _fitting(document, dialect):
        case (Document() as fitted,):
            return fitted
        case _:
            return document


def _fitting(node: Node, dialect: Dialect) -> tuple[Node, ...]:
    """Return the nodes that replace a node."""
    match node:
        case Contents() if not dialect.contents:
            return ()
        case Descriptions() if not dialect.descriptions:
            return _all(simple(node), dialect)
        case Footnote() if not dialect.footnotes:
            return _all(simple(node), dialect)
        case Quote() if node.alert and not dialect.alerts:
            return (Quote(_all(quoted(node), dialect)),)  # type: ignore[arg-type]
        case Item() if node.dropped and not dialect.dropped_boxes:
            return (Item(_all(in_item(node), dialect)),)  # type: ignore[arg-type]
        case CheckBox(dropped=True) if not dialect.dropped_boxes:
            return ()
        case FootnoteMark() if not dialect.footnotes:
            return (Text(text_of((node,))),)
        case Formula() if not dialect.formulas:
            return (Text(text_of((node,))),)
        case WikiLink() if not dialect.wiki_links:
            return (Text(text_of((node,))),)
        case UserMention(login=str(login)) if not (dialect.free_logins or _LOGIN.match(login)):
            return (Text(node.name),)
    values = {name: _all(part, dialect) for name, part in parts(node)}
    return (with_parts(node, values),)


def _all(nodes: tuple[Node, ...], dialect: Dialect) -> tuple[Node, ...]:
    return tuple(part for node in nodes for part in _fitting(node, dialect))
