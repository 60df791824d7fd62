"""Read YouTrack's old wiki markup, from before Markdown, into the tree. Pure.

Issues and comments with `usesMarkdown: false` are written in it. Only its braces are understood;
other signs stay words, because `*` and `_` mean other things in it than in Markdown.
https://www.jetbrains.com/help/youtrack/server/youtrack-markdown-syntax-issues.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sync.text import html
from sync.text.chars import cleaned, cleaned_lines
from sync.text.tree import (
    DEEPEST,
    Block,
    CodeBlock,
    Details,
    Document,
    LineBreak,
    Paragraph,
    Quote,
    Text,
    joined,
)

_MARK = re.compile(
    r"\{(code|noformat|monospace|quote|cut|html|color)(?:[ :=][^{}\n]{0,200})?\}", re.IGNORECASE
)
_RAW = {"code", "noformat", "html"}  # nothing is a mark in them but their own end
_WRAPPED = re.compile(r"\s*\{html\}(.*)\{html\}\s*\Z", re.DOTALL | re.IGNORECASE)
_LANGUAGE = re.compile(r"\{code[ :](?:lang(?:uage)?=)?([\w+#.-]+)\}", re.IGNORECASE)
_STYLES = re.compile(r"\{(?:color|monospace)(?:[ :=][^{}\n]{0,200})?\}", re.IGNORECASE)
_EMPTY_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")


@dataclass(slots=True)
class _Open:
    name: str = ""
    mark: str = ""
    blocks: list[Block] = field(default_factory=list)


def is_old_wiki(text: str) -> bool:
    """Guess from a pair of the old braces whether a text without a format flag is old wiki."""
    names = [mark[1].lower() for mark in _MARK.finditer(text)]
    return any(names.count(name) > 1 for name in set(names))


def wrapped_html(text: str) -> Document | None:
    """Read a text that is HTML as a whole, `{html}…{html}`; None for any other."""
    wrapped = _WRAPPED.match(text)
    return html.read(wrapped[1]) if wrapped and not _MARK.search(wrapped[1]) else None


def read(text: str) -> Document:
    """Read old wiki markup into a document; braces that are never closed are words."""
    text = "\n".join(cleaned_lines(text))
    marks = list(_MARK.finditer(text))
    last = {mark[1].lower(): mark.start() for mark in marks}
    stack, at = [_Open()], 0
    raw: re.Match[str] | None = None
    for mark in marks:
        name = mark[1].lower()
        if raw is not None and name != raw[1].lower():
            continue
        if raw is not None:
            stack[-1].blocks += _raw(raw, text[raw.end() : mark.start()])
            raw, at = None, mark.end()
            continue
        if name in ("color", "monospace"):
            continue
        ends = any(element.name == name for element in stack)
        if not ends and (last[name] == mark.start() or len(stack) > DEEPEST):
            continue
        stack[-1].blocks += _paragraphs(text[at : mark.start()])
        at = mark.end()
        if ends:
            while stack[-1].name != name:
                _close(stack)
            _close(stack)
        elif name in _RAW:
            raw = mark
        else:
            stack.append(_Open(name, mark[0]))
    stack[-1].blocks += _paragraphs(text[at:])
    while len(stack) > 1:
        _close(stack)
    return Document(tuple(stack[0].blocks))


def _raw(mark: re.Match[str], inside: str) -> tuple[Block, ...]:
    if mark[1].lower() == "html":
        return html.read(inside).blocks
    language = _LANGUAGE.fullmatch(mark[0])
    return (CodeBlock(inside.strip("\n"), language[1] if language else ""),)


def _close(stack: list[_Open]) -> None:
    element = stack.pop()
    blocks = tuple(element.blocks)
    if element.name == "quote":
        stack[-1].blocks += [Quote(blocks)] if blocks else []
    else:
        title = cleaned(element.mark[len("{cut") : -1]).strip()
        summary = (Text(title),) if title else ()
        stack[-1].blocks += [Details(summary, blocks)] if summary or blocks else []


def _paragraphs(text: str) -> list[Block]:
    """Read text without braces as paragraphs; line ends are breaks, colours are dropped."""
    out: list[Block] = []
    for part in _EMPTY_LINES.split(_STYLES.sub("", text)):
        lines = [Text(line.strip()) for line in part.strip().split("\n")]
        if run := joined(tuple(node for line in lines for node in (LineBreak(), line))[1:]):
            out.append(Paragraph(run))
    return out
