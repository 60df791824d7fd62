"""Write runs of the tree as Markdown. Pure."""

from __future__ import annotations

import re

from sync.text.chars import JOINER, cleaned
from sync.text.markdown.escape import escaped
from sync.text.plain import text_of
from sync.text.runs import formatted, on_one_line
from sync.text.tree import (
    CheckBox,
    Code,
    DiskFile,
    Emphasis,
    FootnoteMark,
    Formula,
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
    WikiLink,
    joined,
)
from sync.text.urls import kept_url, live_url

_PAIRS = {Strong: ("**", "**"), Emphasis: ("*", "*"), Strike: ("~~", "~~"),
          Underline: ("<u>", "</u>")}  # fmt: skip
_NOT_LABEL = re.compile(r"[\s\[\]^]")
_NOT_BARE = re.compile(r"[\s<>@]")
_BACKTICKS = re.compile(r"`+")
_LOGIN = re.compile(r"\w(?:[\w.-]{0,253}\w)?(?:@[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}\.\w{2,63})?\Z")
_URL = re.compile(
    r"(https?://[^\s<>()\[\]\"'`\\|^{}\u2060]*[^\s<>()\[\]\"'`\\|^{}\u2060.,:;!?*_~])"
)


def prepared(node: Node) -> Node:
    """Make a node writable as Markdown.

    A mention without a valid login becomes text; links in links and formats in themselves vanish.
    """
    match node:
        case UserMention(name, login=login) if not (login and _LOGIN.match(login)):
            return Text(name)
        case Link(url, children):
            return Link(url, tuple(inner for child in children for inner in _unlinked(child)))
        case Strong(children) | Emphasis(children) | Strike(children) | Underline(children):
            return next(iter(formatted(type(node), children)), Text(""))
    return node


def _unlinked(node: Inline) -> tuple[Inline, ...]:
    """Return what a link may hold of a node.

    Children come first, so only the outermost link is left.
    """
    match node:
        case Link(_, children):
            return children
        case Strong(children) | Emphasis(children) | Strike(children) | Underline(children):
            return (type(node)(tuple(inner for child in children for inner in _unlinked(child))),)
        case Text(text):
            return (Text(text),)
    return (node,)


def run(nodes: tuple[Inline, ...]) -> str:
    """Write a run at the start of a line, without line breaks around it."""
    lines = [line.strip(" \t") for line in _inlines(nodes, True).split("\n")]
    while lines and lines[-1] in ("", "\\"):
        lines.pop()
    if lines:
        lines[-1] = lines[-1].removesuffix("\\") if _dangling(lines[-1]) else lines[-1]
    return "\n".join(lines)


def _dangling(line: str) -> bool:
    """Tell whether the line ends with a backslash that escapes nothing."""
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1


def _inlines(nodes: tuple[Inline, ...], fresh: bool, linked: bool = False) -> str:
    """Write nodes; `fresh`: at the start of a line, `linked`: within a link, where none may be."""
    out: list[str] = []
    before: Inline | None = None
    for node in joined(nodes):
        text = _inline(node, fresh, linked)
        if not text:
            continue
        if type(before) in _PAIRS and type(node) in _PAIRS:
            out.append(JOINER)
        if isinstance(before, Image) and text.startswith("{"):
            out.append("\\")  # it would be the picture's size
        if text.startswith("[") and out and out[-1].endswith("!"):
            out[-1] = out[-1][:-1] + "\\!"  # it would be a picture
        before = node
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
            words = f"![{words}]({safe}){_size(node)}"
            return words if safe else escaped(alt or url, line_start=fresh)
        case Formula():
            return _formula(node)
        case WikiLink(page, title):
            return f"[[{page}]]" if page == title else f"[[{title}|{page}]]"
        case FootnoteMark(name):
            return f"[^{label(name)}]"
        case DiskFile():
            return ""
        case CheckBox(checked, dropped):
            return "[~]" if dropped else "[x]" if checked else "[ ]"


def _size(image: Image) -> str:
    sides = (("width", image.width), ("height", image.height))
    size = " ".join(f"{side}={value}" for side, value in sides if value)
    return f"{{{size}}}" if size else ""


def label(name: str) -> str:
    """Replace the characters of a footnote's label that would end it."""
    return _NOT_LABEL.sub("-", name)


def _formula(node: Formula) -> str:
    """Write TeX between signs that cannot be taken for money; as code where TeX contains them."""
    text = node.text.strip() if not node.display else node.text
    if node.display and "$$" not in text:
        return f"$${text}$$"
    plain = text if "\n" not in text and "`$" not in text else ""
    return f"$`{plain}`$" if plain else _code(cleaned(text))


def _text(text: str, fresh: bool) -> str:
    """Write text with bare addresses as links, so that escapes do not spoil them."""
    out: list[str] = []
    for number, part in enumerate(_URL.split(cleaned(text))):
        bare = number % 2 and live_url(part) == part
        out.append(
            f"<{_address(part)}>" if bare else escaped(part, line_start=fresh and not any(out))
        )
    return "".join(out)


def _marked(start: str, end: str, inside: str) -> str:
    """Put markers around text, which hold only next to a letter or a digit or a joiner."""
    if not inside.strip("\\\n \t" + JOINER):
        return inside
    first = "" if inside[0].isalnum() else JOINER
    last = "" if inside[-1].isalnum() else JOINER
    return f"{start}{first}{inside}{last}{end}"


def _code(text: str) -> str:
    if not text:
        return ""
    ticks = "`" * (max((len(run) for run in _BACKTICKS.findall(text)), default=0) + 1)
    padded = "`" in (text[0], text[-1]) or (text[0] == " " == text[-1] and text.strip() != "")
    inside = f" {text} " if padded else text
    return f"{ticks}{inside}{ticks}"


def _address(url: str) -> str | None:
    """Encode an address without `@`: a tracker may look for mentions in the raw text."""
    safe = kept_url(url)
    return safe if safe is None or safe.lower().startswith("mailto:") else safe.replace("@", "%40")


def _link(url: str, children: tuple[Inline, ...], fresh: bool) -> str:
    safe = _address(url)
    if safe is None:
        return _inlines(children, fresh) or escaped(url, line_start=fresh)
    words = text_of(children)
    if words and live_url(words) == safe and not _NOT_BARE.search(words):
        return f"<{words}>"
    return f"[{_inlines(on_one_line(children), False, True)}]({safe})"
