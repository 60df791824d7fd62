"""Read `<details>` around Markdown as blocks folded under a summary. Pure.

https://docs.gitlab.com/user/markdown/#collapsible-section
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from markdown_it.tree import SyntaxTreeNode

from sync.text import html
from sync.text.plain import text_of
from sync.text.tree import DEEPEST, Block, Details, Inline, Paragraph, Text

_TAG = re.compile(r"<(/?)(details|summary)(?:\s[^<>]*)?>", re.IGNORECASE)

Reader = Callable[[SyntaxTreeNode], tuple[Block, ...]]


@dataclass(slots=True)
class _Fold:
    summary: tuple[Inline, ...] = ()
    blocks: list[Block] = field(default_factory=list)
    skipped: int = 0  # folds in it that are too deep to be any


def folded(nodes: Iterable[SyntaxTreeNode], read: Reader) -> tuple[Block, ...]:
    """Read nodes as blocks, folds included; `read` reads one node."""
    stack = [_Fold()]
    for node in nodes:
        if node.type == "html_block" and _TAG.search(node.content):
            _take(stack, node.content)
        else:
            stack[-1].blocks.extend(read(node))
    while len(stack) > 1:
        _end(stack)
    return tuple(stack[0].blocks)


def grouped(nodes: Iterable[SyntaxTreeNode]) -> list[list[SyntaxTreeNode]]:
    """Group the nodes so that those of one fold are together."""
    out: list[list[SyntaxTreeNode]] = []
    depth = 0
    for node in nodes:
        if depth:
            out[-1].append(node)
        else:
            out.append([node])
        if node.type == "html_block":
            for tag in _TAG.finditer(node.content):
                if tag[2].lower() == "details":
                    depth = max(0, depth + (-1 if tag[1] else 1))
    return out


def _take(stack: list[_Fold], source: str) -> None:
    at = 0
    for tag in _TAG.finditer(source):
        between, at = source[at : tag.start()], tag.end()
        match (tag[2].lower(), bool(tag[1])):
            case ("summary", True) if len(stack) > 1 and not stack[-1].summary:
                stack[-1].summary = _run(between)
            case (name, ends):
                stack[-1].blocks.extend(_blocks(between))
                if name == "details":
                    (_close if ends else _open)(stack)
    stack[-1].blocks.extend(_blocks(source[at:]))


def _open(stack: list[_Fold]) -> None:
    if len(stack) > DEEPEST:
        stack[-1].skipped += 1
    else:
        stack.append(_Fold())


def _close(stack: list[_Fold]) -> None:
    if stack[-1].skipped:
        stack[-1].skipped -= 1
    elif len(stack) > 1:
        _end(stack)


def _end(stack: list[_Fold]) -> None:
    fold = stack.pop()
    if fold.summary or fold.blocks:
        stack[-1].blocks.append(Details(fold.summary, tuple(fold.blocks)))


def _blocks(source: str) -> tuple[Block, ...]:
    return html.read(html.only_elements(source)).blocks


def _run(source: str) -> tuple[Inline, ...]:
    """Read the words of a summary; blocks after its first paragraph are dropped."""
    match _blocks(source):
        case (Paragraph(run), *_) if words := text_of(run).strip():
            return (Text(words.replace("\n", " ")),)
        case _:
            return ()
