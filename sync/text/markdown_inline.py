"""Runs of text of the tree as Markdown. Pure."""

from __future__ import annotations

import re

from sync.text.chars import JOINER, cleaned
from sync.text.markdown_escape import escaped
from sync.text.plain import text_of
from sync.text.tree import (
    Code,
    Emphasis,
    Image,
    Inline,
    LineBreak,
    Link,
    Node,
    Strike,
    Strong,
    Text,
    Underline,
    UserMention,
    joined,
    mapped,
)
from sync.text.urls import live_url

_PAIRS = {Strong: ("**", "**"), Emphasis: ("*", "*"), Strike: ("~~", "~~"),
          Underline: ("<u>", "</u>")}  # fmt: skip
_BACKTICKS = re.compile(r"`+")
_LOGIN = re.compile(r"[A-Za-z0-9_](?:[\w.-]{0,253}\w)?\Z", re.ASCII)
_URL = re.compile(
    r"(https?://[^\s<>()\[\]\"'`\\|^{}\u2060]*[^\s<>()\[\]\"'`\\|^{}\u2060.,:;!?*_~])"
)


def prepared(node: Node) -> Node:
    """Nobody without a login is called, and there are no links in links."""
    match node:
        case UserMention(name, login=login) if not (login and _LOGIN.match(login)):
            return Text(name)
        case Link(url, children):
            return Link(url, tuple(inner for child in children for inner in _unlinked(child)))
    return node


def _unlinked(node: Inline) -> tuple[Inline, ...]:
    """What a link may hold. Children come first, so only the outermost link is still one."""
    match node:
        case Link(_, children):
            return children
        case Strong(children) | Emphasis(children) | Strike(children) | Underline(children):
            return (type(node)(tuple(inner for child in children for inner in _unlinked(child))),)
        case Text(text):
            return (Text(text),)
    return (node,)


def on_one_line(nodes: tuple[Inline, ...]) -> tuple[Inline, ...]:
    """Line breaks, however deep, as spaces."""
    return tuple(mapped(node, lambda n: Text(" ") if isinstance(n, LineBreak) else n)
                 for node in nodes)  # fmt: skip


def run(nodes: tuple[Inline, ...]) -> str:
    """A run at the start of a line, without line breaks around it."""
    lines = [line.strip(" \t") for line in _inlines(nodes, True).split("\n")]
    while lines and lines[-1] in ("", "\\"):
        lines.pop()
    if lines:
        lines[-1] = lines[-1].removesuffix("\\") if _dangling(lines[-1]) else lines[-1]
    return "\n".join(lines)


def _dangling(line: str) -> bool:
    """Whether the line ends with a backslash that escapes nothing."""
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1


def _inlines(nodes: tuple[Inline, ...], fresh: bool, linked: bool = False) -> str:
    """`fresh`: at the start of a line; `linked`: within a link, where no other link may be."""
    out: list[str] = []
    marked = False
    for node in joined(nodes):
        text = _inline(node, fresh, linked)
        if not text:
            continue
        if marked and type(node) in _PAIRS:
            out.append(JOINER)
        marked = type(node) in _PAIRS
        fresh = isinstance(node, LineBreak)
        out.append(text)
    return "".join(out)


def _inline(node: Inline, fresh: bool, linked: bool) -> str:
    match node:
        case Text(text):
            return escaped(text, line_start=fresh) if linked else _text(text, fresh)
        case Strong(children) | Emphasis(children) | Strike(children) | Underline(children):
            return _marked(*_PAIRS[type(node)], _inlines(children, fresh, linked))
        case Code(text):
            return _code(cleaned(text))
        case LineBreak():
            return "\\\n"
        case UserMention(login=login):
            return f"@{login}"
        case Link(url, children):
            return _link(url, children, fresh)
        case Image(url, alt):
            safe, words = _address(url), escaped(alt)
            return f"![{words}]({safe})" if safe else escaped(alt or url, line_start=fresh)


def _text(text: str, fresh: bool) -> str:
    """Bare addresses become links, so that escapes do not spoil them."""
    out: list[str] = []
    for number, part in enumerate(_URL.split(cleaned(text))):
        bare = number % 2 and live_url(part) == part
        out.append(
            f"<{_address(part)}>" if bare else escaped(part, line_start=fresh and not any(out))
        )
    return "".join(out)


def _marked(start: str, end: str, inside: str) -> str:
    """Emphasis holds only next to a character that is no space and no punctuation."""
    if not inside.strip("\\\n \t" + JOINER):
        return inside
    first = "" if inside[0].isalnum() else JOINER
    last = "" if inside[-1].isalnum() else JOINER
    return f"{start}{first}{inside}{last}{end}"


def _code(text: str) -> str:
    if not text.strip():
        return text
    ticks = "`" * (max((len(run) for run in _BACKTICKS.findall(text)), default=0) + 1)
    padded = text.startswith("`") or text.endswith("`") or (text[0] == " " == text[-1])
    inside = f" {text} " if padded else text
    return f"{ticks}{inside}{ticks}"


def _address(url: str) -> str | None:
    """A tracker may look for mentions in the text as written, so no @ is left in an address."""
    safe = live_url(url)
    return safe if safe is None or safe.startswith("mailto:") else safe.replace("@", "%40")


def _link(url: str, children: tuple[Inline, ...], fresh: bool) -> str:
    safe = _address(url)
    if safe is None:
        return _inlines(children, fresh) or escaped(url, line_start=fresh)
    if text_of(children) in (url, safe, ""):
        return f"<{safe}>"
    return f"[{_inlines(on_one_line(children), False, True)}]({safe})"
