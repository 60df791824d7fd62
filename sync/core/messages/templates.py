"""Fill an administrator's own template: BBCode with named placeholders in braces. Pure.

Values are data in the tree: whatever people typed in them, it makes no markup.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches

from sync.sentences import sentence
from sync.text import bbcode
from sync.text.bbcode_elements import ALONE, DROPPED, PAIRED
from sync.text.plain import lines_of, run_of, split_lines, text_of
from sync.text.tree import (
    Block,
    Cell,
    Code,
    CodeBlock,
    Document,
    Emphasis,
    Heading,
    Inline,
    Item,
    Link,
    Node,
    Paragraph,
    Quote,
    Strike,
    Strong,
    Text,
    Underline,
    UserMention,
    joined,
    mapped,
)

MAX_TEMPLATE_LENGTH = 4_000  # characters

# The value of a placeholder: a run of text, or whole paragraphs, lists and quotes.
PlaceholderValue = tuple[Inline, ...] | Document
PlaceholderValues = Mapping[str, PlaceholderValue]

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
# A link to a placeholder: the reader keeps only what looks like an address.
_PLACEHOLDER_LINK = re.compile(r"\[url=[\"']?\{(\w+)\}[\"']?\]", re.IGNORECASE)
_PLACEHOLDER_BARE_LINK = re.compile(r"\[url\]\s*\{(\w+)\}\s*\[/url\]", re.IGNORECASE)
_PLACEHOLDER_URL = "https://place.invalid/"
_TAG = re.compile(r"\[(/?)([a-z]+|\*)(?:[ =][^\[\]]*)?\]", re.IGNORECASE)
# What is markup on the portal; `br` and `p` are read as line ends, which are written otherwise.
_MARKUP = (PAIRED | ALONE | DROPPED | {"*", "code"}) - {"br", "p"}


def fill_template(template: str, places: PlaceholderValues) -> Document:
    """Return the template's document with the values in its placeholders.

    A placeholder without a value is empty; lines that held nothing but empty placeholders are left
    out.
    """
    return mapped(bbcode.read(_with_addresses(template)), lambda node: _fill_node(node, places))


def template_problems(template: str, placeholders: Collection[str]) -> Iterator[str]:
    """Yield the reasons why a template is not accepted; `placeholders` are those allowed."""
    if not template.strip():
        yield "must not be empty"
    if len(template) > MAX_TEMPLATE_LENGTH:
        yield sentence(
            "must not be longer than {most} characters; it has {length}",
            most=MAX_TEMPLATE_LENGTH,
            length=len(template),
        )
        return
    for name in dict.fromkeys(_PLACEHOLDER.findall(template)):
        if name not in placeholders:
            near = get_close_matches(name, placeholders, n=1)
            meant = sentence("; did you mean {place}?", place=f"{{{near[0]}}}") if near else ""
            yield sentence(
                "there is no place {place} here{hint}",
                place=f"{{{name}}}",
                hint=meant or _list_placeholders(placeholders),
            )
    if lost := _lost_tags(template):
        yield sentence(
            "has tags that are unknown here or lack their other half: {tags}", tags=", ".join(lost)
        )


def _list_placeholders(placeholders: Iterable[str]) -> str:
    places = ", ".join(f"{{{name}}}" for name in placeholders)
    return sentence("; there are: {places}", places=places)


def _lost_tags(template: str) -> list[str]:
    """Return the tags whose number changes when the text is read and written again."""
    before = _tags(_with_addresses(template))
    after = _tags(bbcode.write(bbcode.read(_with_addresses(template))))
    return sorted((before - after) or (after - before))


def _tags(text: str) -> Counter[str]:
    tags = _TAG.findall(text)
    return Counter(f"[{end}{name.lower()}]" for end, name in tags if name.lower() in _MARKUP)


def _with_addresses(template: str) -> str:
    template = _PLACEHOLDER_BARE_LINK.sub(r"[url={\1}]{\1}[/url]", template)
    return _PLACEHOLDER_LINK.sub(rf"[url={_PLACEHOLDER_URL}\1]", template)


def _fill_node(node: Node, places: PlaceholderValues) -> Node:
    """Fill the placeholders of a node, children first, so that values are not filled again."""
    match node:
        case Code(text) | CodeBlock(text):
            return replace(
                node, text=_PLACEHOLDER.sub(lambda match: _plain_value(places, match[1]), text)
            )
        case Link(url, children):
            name = url.removeprefix(_PLACEHOLDER_URL) if url.startswith(_PLACEHOLDER_URL) else ""
            address = _plain_value(places, name) if name else url
            return Link(address, tuple(_without_nested(_fill_inline(children, places), Link)))
        case Strong() | Emphasis() | Strike() | Underline():
            return replace(
                node,
                children=tuple(_without_nested(_fill_inline(node.children, places), type(node))),
            )
        case Heading() | Cell():
            return replace(node, children=_fill_inline(node.children, places))
        case Document(blocks):
            return Document(_fill_blocks(blocks, places))
        case Quote(blocks) | Item(blocks):
            return replace(node, blocks=_fill_blocks(blocks, places))
    return node


def _fill_blocks(blocks: Iterable[Block], places: PlaceholderValues) -> tuple[Block, ...]:
    return tuple(
        inner
        for block in blocks
        for inner in (_fill_paragraph(block, places) if isinstance(block, Paragraph) else (block,))
    )


def _fill_paragraph(paragraph: Paragraph, places: PlaceholderValues) -> Iterator[Block]:
    """Split a paragraph where a placeholder in it holds whole blocks."""
    run: list[Inline] = []
    for node in _split_placeholders(paragraph.children):
        value = _placeholder_value(node, places)
        if isinstance(value, Document) and not _is_inline(value):
            yield from _build_paragraph(run, places)
            yield from value.blocks
            run.clear()
        else:
            run.append(node)
    yield from _build_paragraph(run, places)


def _is_inline(value: Document) -> bool:
    """Tell whether the value is at most one paragraph, which fits into a line."""
    return all(isinstance(block, Paragraph) for block in value.blocks) and len(value.blocks) < 2


def _build_paragraph(run: Iterable[Inline], places: PlaceholderValues) -> Iterator[Paragraph]:
    filled_lines = ((line, _fill_inline(line, places)) for line in split_lines(tuple(run)))
    lines = [now for line, now in filled_lines if text_of(now).strip() or not line]
    while lines and not lines[0]:
        lines.pop(0)
    while lines and not lines[-1]:
        lines.pop()
    if lines:
        yield Paragraph(run_of(lines))


def _split_placeholders(nodes: Iterable[Inline]) -> Iterator[Inline]:
    """Split texts so that each placeholder is a node of its own."""
    for node in nodes:
        if isinstance(node, Text):
            parts = _PLACEHOLDER.split(node.text)
            yield from (Text(f"{{{part}}}" if number % 2 else part)
                        for number, part in enumerate(parts) if part)  # fmt: skip
        else:
            yield node


def _placeholder_value(node: Inline, places: PlaceholderValues) -> PlaceholderValue | None:
    """Return a placeholder's value; None for a node that is no placeholder."""
    if isinstance(node, Text) and (match := _PLACEHOLDER.fullmatch(node.text)):
        return places.get(match[1], ())
    return None


def _fill_inline(nodes: Iterable[Inline], places: PlaceholderValues) -> tuple[Inline, ...]:
    out: list[Inline] = []
    for node in _split_placeholders(nodes):
        match _placeholder_value(node, places):
            case None:
                out.append(node)
            case Document(blocks):
                out.extend(run_of(lines_of(blocks)))
            case tuple() as line:
                out.extend(line)
    return joined(tuple(out))


def _without_nested(nodes: Iterable[Inline], outer: type[Inline]) -> Iterator[Inline]:
    """Yield nodes allowed in a node of that type: none of its own, no mentions in links."""
    for node in nodes:
        match node:
            case Link() | UserMention() if outer is Link:
                yield Text(text_of((node,)))
            case Strong() | Emphasis() | Strike() | Underline() | Link():
                inner = tuple(_without_nested(node.children, outer))
                yield from inner if type(node) is outer else (replace(node, children=inner),)
            case _:
                yield node


def _plain_value(places: PlaceholderValues, name: str) -> str:
    value = places.get(name, ())
    line = run_of(lines_of(value.blocks)) if isinstance(value, Document) else value
    return text_of(line)
