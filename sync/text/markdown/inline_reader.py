"""Read runs of Markdown, with the HTML in them, as inline nodes. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import partial

from markdown_it.tree import SyntaxTreeNode

from sync.text import html
from sync.text.chars import JOINER, cleaned
from sync.text.markdown.dialect import Dialect
from sync.text.markdown.escape import unparted
from sync.text.plain import text_of
from sync.text.runs import Format, formatted
from sync.text.tree import (
    DEEPEST,
    Code,
    Emphasis,
    FootnoteMark,
    Formula,
    Image,
    Inline,
    LineBreak,
    Link,
    Strike,
    Strong,
    Text,
    Underline,
    UserMention,
    WikiLink,
    joined,
)
from sync.text.urls import kept_url, live_url

_FORMATS: dict[str, type[Format]] = {
    "strong": Strong, "em": Emphasis, "s": Strike,
}  # fmt: skip
_HTML_FORMATS: dict[str, type[Format]] = {
    "b": Strong, "strong": Strong, "i": Emphasis, "em": Emphasis, "u": Underline, "ins": Underline,
    "s": Strike, "del": Strike, "strike": Strike,
}  # fmt: skip
_HTML_CODE = {"code", "kbd", "samp", "tt"}
_MENTION = re.compile(r"(?<![\w@/.`-])@([A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,253}[A-Za-z0-9_])?)")
_FREE_MENTION = re.compile(
    r"(?<![\w@/.`-])@(\w(?:[\w.-]{0,253}\w)?(?:@[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}\.\w{2,63})?)"
)
# https://docs.gitlab.com/user/markdown/#inline-diff
_DIFF = re.compile(
    r"\{(?P<mark>[+-])(?P<curly>[^\n]{1,1000}?)(?P=mark)\}|"
    r"\[(?P<sign>[+-])(?P<square>[^\n]{1,1000}?)(?P=sign)\]"
)
_EVERYBODY = {"all", "here", "everyone"}


@dataclass(slots=True)
class _Open:
    """An HTML element that is not closed yet, and its content."""

    tag: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    nodes: list[Inline] = field(default_factory=list)


class InlineReader:
    """Read the inline nodes of one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        mention = _FREE_MENTION if dialect.free_logins else _MENTION
        self._text = partial(_diffed if dialect.inline_diffs else _words, mention=mention)
        self._line_end: Inline = LineBreak() if dialect.line_ends_break else Text(" ")

    def run(self, nodes: list[SyntaxTreeNode]) -> tuple[Inline, ...]:
        """Read nodes as a run; an HTML element that is never closed leaves its content."""
        stack = [_Open()]
        text: list[str] = []
        for node in nodes:
            if _plain(node):
                text.append(node.content)
                continue
            stack[-1].nodes.extend(self._text("".join(text)))
            text.clear()
            if node.type == "html_inline":
                _take_html(stack, node.content)
            else:
                stack[-1].nodes.extend(self._node(node))
        stack[-1].nodes.extend(self._text("".join(text)))
        while len(stack) > 1:
            _dissolve(stack)
        return _settled(stack[0].nodes)

    def _node(self, node: SyntaxTreeNode) -> tuple[Inline, ...]:
        match node.type:
            case "text_special":
                return (Text(cleaned(node.content)),)
            case "softbreak":
                return (self._line_end,)
            case "hardbreak":
                return (LineBreak(),)
            case "strong" | "em" | "s":
                return formatted(_FORMATS[node.type], _bare(self.run(node.children)))
            case "code_inline":
                return (Code(cleaned(node.content)),)
            case "link":
                return _link(str(node.attrs.get("href", "")), self.run(node.children))
            case "image":
                return self._image(node)
            case "formula":
                return (_formula(node),)
            case "wiki_link":
                return (WikiLink(cleaned(node.meta["page"]), cleaned(node.content)),)
            case "footnote_ref":
                return (FootnoteMark(str(node.meta["label"]), int(node.meta["id"]) + 1),)
            case _:
                return self.run(node.children)

    def _image(self, node: SyntaxTreeNode) -> tuple[Inline, ...]:
        alt = text_of(self.run(node.children)).replace("\n", " ")
        size = (str(node.meta.get("width", "")), str(node.meta.get("height", "")))
        return _picture(str(node.attrs.get("src", "")), alt, *size)


def _plain(node: SyntaxTreeNode) -> bool:
    """Tell whether the node is text in which people may be mentioned."""
    return node.type == "text" or (node.type == "text_special" and node.info == "entity")


def _diffed(text: str, mention: re.Pattern[str]) -> list[Inline]:
    """Read text with its inline diffs: what is added is underlined, what goes struck out."""
    out: list[Inline] = []
    at = 0
    for match in _DIFF.finditer(text):
        out += _words(text[at : match.start()], mention)
        kind = Underline if "+" in (match["mark"], match["sign"]) else Strike
        out += formatted(kind, tuple(_words(match["curly"] or match["square"] or "", mention)))
        at = match.end()
    return [*out, *_words(text[at:], mention)]


def _words(text: str, mention: re.Pattern[str]) -> list[Inline]:
    """Read text and the mentions in it."""
    out: list[Inline] = []
    for number, part in enumerate(mention.split(cleaned(text))):
        if number % 2 and part.lower() not in _EVERYBODY:
            out.append(UserMention(f"@{part}", login=part))
        else:
            out.append(Text(f"@{part}" if number % 2 else part))
    return out


def _settled(nodes: list[Inline]) -> tuple[Inline, ...]:
    """Join the run's texts and remove the joiners that a writer put in."""
    return tuple(
        Text(unparted(node.text)) if isinstance(node, Text) else node
        for node in joined(tuple(nodes))
        if node != Text(JOINER)
    )


def _bare(run: tuple[Inline, ...]) -> tuple[Inline, ...]:
    """Remove the joiners that a writer put inside a format to make its markers hold."""
    if run and isinstance(run[0], Text):
        run = (Text(run[0].text.removeprefix(JOINER)), *run[1:])
    if run and isinstance(run[-1], Text):
        run = (*run[:-1], Text(run[-1].text.removesuffix(JOINER)))
    return joined(run)


def _link(href: str, run: tuple[Inline, ...]) -> tuple[Inline, ...]:
    """Read a link; an e-mail address that is its own words is text, as it is without brackets."""
    url = kept_url(href)
    if url is None or href == f"mailto:{text_of(run)}":
        return run
    return (Link(url, run),)


def _picture(src: str, alt: str, width: str, height: str) -> tuple[Inline, ...]:
    url = kept_url(src)
    if url:
        return (Image(url, alt, width, height),)
    return (Text(alt),) if alt else ()


def _formula(node: SyntaxTreeNode) -> Formula:
    lines = node.content.split("\n")
    if node.markup == "$$":
        return Formula("\n".join(map(cleaned, lines)), display=True)
    return Formula(cleaned(" ".join(lines)).strip())


def _take_html(stack: list[_Open], source: str) -> None:
    tag = html.tag(source)
    if tag is None:
        if source.startswith("<![") or not source.startswith(("<!", "<?")):
            stack[-1].nodes.append(Text(cleaned(source)))
    elif tag.name == "br":
        stack[-1].nodes.append(LineBreak())
    elif tag.name == "img":
        values = tag.attributes
        size = (html.size(values.get("width", "")), html.size(values.get("height", "")))
        stack[-1].nodes.extend(_picture(values.get("src", ""), values.get("alt", ""), *size))
    elif not tag.closes:
        if len(stack) <= DEEPEST:
            stack.append(_Open(tag.name, tag.attributes))
    elif any(element.tag == tag.name for element in stack):
        while stack[-1].tag != tag.name:
            _dissolve(stack)
        _close(stack)


def _dissolve(stack: list[_Open]) -> None:
    element = stack.pop()
    stack[-1].nodes.extend(element.nodes)


def _close(stack: list[_Open]) -> None:
    """Close the innermost element; add its node, or its content where the tree has none."""
    element = stack.pop()
    inside, out = _bare(_settled(element.nodes)), stack[-1].nodes
    if element.tag in html.SILENT or not inside:
        return
    if element.tag in _HTML_CODE:
        out.append(Code(text_of(inside)))
    elif element.tag == "a" and live_url(element.attributes.get("href", "")):
        out.extend(_link(element.attributes["href"], inside))
    elif element.tag in _HTML_FORMATS:
        out.extend(formatted(_HTML_FORMATS[element.tag], inside))
    else:
        out.extend(inside)
