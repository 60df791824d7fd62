"""Remove characters that not every system can hold. Pure."""

from __future__ import annotations

import re

JOINER = "\u2060"  # WORD JOINER: has no width and allows no line break

_ENDS = re.compile(r"[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")
_NEVER = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")


def cleaned(text: str) -> str:
    """Put `text` on one line, without controls and lone surrogates, which no system keeps."""
    if text.isprintable():  # nothing of both kinds is
        return text
    return _NEVER.sub("", _ENDS.sub(" ", text))


def cleaned_lines(text: str) -> list[str]:
    """Split a code block into lines without controls and lone surrogates."""
    return [_NEVER.sub("", line) for line in re.split(r"\r\n?|\n", text)]


def without_comments(html: str) -> str:
    """Remove `<!-- … -->` from `html`; escape an opening that is never closed."""
    out, at = [], 0
    while (start := html.find("<!--", at)) >= 0 and (end := html.find("-->", start + 4)) >= 0:
        out.append(html[at:start])
        at = end + 3
    return "".join((*out, html[at:].replace("<!--", "&lt;!--")))
