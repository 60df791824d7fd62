"""Parse what GitLab and YouTrack add within lines, as rules of markdown-it. Pure.

https://docs.gitlab.com/user/markdown/#math, …/#change-the-image-or-video-dimensions;
https://github.github.com/gfm/#autolinks-extension-
"""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.common.utils import unescapeAll
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter

_SIZE = re.compile(r"\{[ \t]*(?:(?:width|height)=[\"']?[0-9]{1,4}(?:px|%)?[\"']?[ \t]*)+\}")
_SIDE = re.compile(r"(width|height)=[\"']?([0-9]{1,4}(?:px|%)?)")
_WIKI = re.compile(r"\[\[([^\[\]\n]+)\]\]")
_SCHEME = re.compile(r"(?<![A-Za-z])(?:https?|ftp)\Z", re.IGNORECASE)
_ADDRESS = re.compile(r"://[^\W_][^\s<\x00-\x20\x7f]*")
_TAIL = re.compile(r"(?:[?!.,:*_~'\"]|&[A-Za-z0-9]+;)\Z")
_LONGEST_SCHEME = 5
_TILDE = 0x7E


def bare_address(state: StateInline, silent: bool) -> bool:
    """Parse an address without markup as a link, up to punctuation at its end."""
    if silent or state.linkLevel or not state.src.startswith("://", state.pos):
        return False
    scheme = _SCHEME.search(state.src, max(0, state.pos - _LONGEST_SCHEME - 1), state.pos)
    rest = _ADDRESS.match(state.src, state.pos, state.posMax)
    if not scheme or not rest or not state.pending.endswith(scheme[0]):
        return False
    tail = without_tail(rest[0])
    url = scheme[0] + tail
    state.pending = state.pending[: -len(scheme[0])]
    state.push("link_open", "a", 1).attrs = {"href": url}
    state.push("text_special", "", 0).content = url
    state.push("link_close", "a", -1)
    state.pos += len(tail)
    return True


def without_tail(url: str) -> str:
    """Strip punctuation that belongs to the sentence around an address."""
    while url:
        if tail := _TAIL.search(url):
            url = url[: tail.start()]
        elif url[-1] == ")" and url.count(")") > url.count("("):
            url = url[:-1]
        else:
            break
    return url


def image_size(state: StateInline, silent: bool) -> bool:
    """Attach `{width=600 height=75%}` to the picture directly before it."""
    if silent or state.pending or not state.tokens or state.tokens[-1].type != "image":
        return False
    size = _SIZE.match(state.src, state.pos, state.posMax)
    if not size:
        return False
    state.tokens[-1].meta = {**state.tokens[-1].meta, **dict(_SIDE.findall(size[0]))}
    state.pos = size.end()
    return True


def wiki_link(state: StateInline, silent: bool) -> bool:
    """Parse `[[title|page]]` or `[[page]]`, not within other brackets."""
    if state.src[state.pos] != "[" or state.src[max(0, state.pos - 1) : state.pos] in ("[", "!"):
        return False
    link = _WIKI.match(state.src, state.pos, state.posMax)
    if not link:
        return False
    if not silent:
        title, _, page = link[1].partition("|")
        token = state.push("wiki_link", "", 0)
        token.content = unescapeAll(title)
        token.meta = {"page": unescapeAll(page or title)}
    state.pos = link.end()
    return True


def formula(state: StateInline, silent: bool) -> bool:
    """Parse `` $`a`$ ``, `$$a$$` and `$a$`.

    The last has no blank at its ends and no digit behind it.
    """
    if state.src[state.pos] != "$":
        return False
    signs = len(_run_of_dollars(state))
    coded = signs == 1 and state.src.startswith("`", state.pos + 1)
    opening = "$`" if coded else "$" * signs
    start = state.pos + len(opening)
    end = _end(state, start, "`$") if coded else _end_of_dollars(state, start, signs)
    if end <= start:
        return _left_as_text(state, opening[:signs], silent)
    if not silent:
        token = state.push("formula", "", 0)
        token.content, token.markup = state.src[start:end], opening
    state.pos = end + len(opening)
    return True


def _run_of_dollars(state: StateInline) -> str:
    end = state.pos
    while end < state.posMax and state.src[end] == "$":
        end += 1
    return state.src[state.pos : end]


def _left_as_text(state: StateInline, signs: str, silent: bool) -> bool:
    if not silent:
        state.append_pending(signs)
    state.pos += len(signs)
    return True


def _end(state: StateInline, start: int, closing: str) -> int:
    """Return where `closing` begins, or -1; a failed search is cached and not repeated."""
    key = -ord(closing[0])  # positions of the text, which the cache is for, are never negative
    if start >= state.cache.get(key, state.posMax + 1):
        return -1
    end = state.src.find(closing, start, state.posMax)
    if end < 0:
        state.cache[key] = start
    return end


def _end_of_dollars(state: StateInline, start: int, signs: int) -> int:
    """Return where the closing dollar signs begin, or -1."""
    source, at, last = state.src, start, state.posMax
    if signs > 2 or (signs == 1 and source[at : at + 1].isspace()):
        return -1
    if signs == 2:
        return _end(state, start, "$$")
    while (at := source.find("$", at, last)) > 0:
        if source[at - 1].isspace():
            return -1
        if source[at - 1] == "\\":
            at += 1
            continue
        run = at
        while at < last and source[at] == "$":
            at += 1
        if source[at : at + 1].isascii() and source[at : at + 1].isdigit():
            return -1
        if at - run == 1:
            return run
    return -1


def add_strike(markdown: MarkdownIt, *, single: bool) -> None:
    """Add a rule for `~~struck~~`, and `~struck~` where `single`; both ends are equally long."""

    def strike(state: StateInline, silent: bool) -> bool:
        if silent or state.src[state.pos] != "~":
            return False
        run = state.scanDelims(state.pos, True)
        token = state.push("text", "", 0)
        token.content = "~" * run.length
        state.pos += run.length
        if run.length == 2 or (single and run.length == 1):
            state.delimiters.append(
                Delimiter(_TILDE << run.length, 0, len(state.tokens) - 1, -1, run.can_open,
                          run.can_close)
            )  # fmt: skip
        return True

    markdown.inline.ruler.before("emphasis", "strike", strike)
    markdown.inline.ruler2.before("emphasis", "strike", _struck)


def _struck(state: StateInline) -> None:
    """Turn pairs of delimiters into tokens."""
    runs = [state.delimiters, *(meta["delimiters"] for meta in state.tokens_meta if meta)]
    for delimiters in runs:
        for opening in delimiters:
            if opening.marker not in (_TILDE << 1, _TILDE << 2) or opening.end < 0:
                continue
            for delimiter, kind, nesting in (
                (opening, "s_open", 1),
                (delimiters[opening.end], "s_close", -1),
            ):
                token = state.tokens[delimiter.token]
                token.type, token.tag, token.nesting, token.content = kind, "s", nesting, ""
