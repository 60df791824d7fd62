"""Keys of ours in texts of GitLab, which has no field for them. Pure.

A comment or an entry of time ends with the key in tag characters, which nothing draws
(https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point). A description ends with a
reference definition, which Markdown never shows: its first word is found by GitLab's search, which
knows words of letters and digits alone, shorter than 50 characters. Behind that stands who wrote
an item that our account had to create, between signs that nothing draws: it is no part of the text.
"""

from __future__ import annotations

import hashlib
import re
from urllib.parse import quote, unquote

FILE, TEXT = "f", "t"  # kinds of marks: a comment that shows a file, and any other text
_FENCE, _END = "\u2063", "\U000e007f"
_TAGS = 0xE0000
_MARK = re.compile(f"\\s*{_FENCE}([\U000e0020-\U000e007e]+){_END}")
_AUTHOR = re.compile(f"\\n*^\\*{_FENCE}[^\\n{_FENCE}]*{_FENCE}\\*[ \\t]*$", re.MULTILINE)
_DEFINITION = re.compile(r"\n*^\[//\]: # \((b24k[0-9a-f]{32}) ([^\s()]*)\)[ \t]*$", re.MULTILINE)


def marked(text: str, key: str, kind: str = TEXT) -> str:
    """Return a text with the key behind it."""
    plain = kind + quote(key, safe=":/,.")
    return text + _FENCE + "".join(chr(_TAGS + ord(sign)) for sign in plain) + _END


def mark_length(key: str) -> int:
    """Return how many characters a mark takes."""
    return len(marked("", key))


def unmarked(text: str) -> tuple[str, str, str]:
    """Return a text without its mark, the key, and the kind; "" where there is none."""
    marks = _MARK.findall(text)
    if not marks:
        return text, "", ""
    plain = "".join(chr(ord(sign) - _TAGS) for sign in marks[-1])
    return _MARK.sub("", text), unquote(plain[1:]), plain[0]


def search_word(key: str) -> str:
    """Return the word by which the search finds an item created with the key."""
    return "b24k" + hashlib.sha256(key.encode()).hexdigest()[:32]


def with_definition(description: str, key: str, author: str = "") -> str:
    """Return a description that ends with the key, and with its author's name in Markdown."""
    definition = f"[//]: # ({search_word(key)} {quote(key, safe=':/,.')})"
    line = f"*{_FENCE}— {author}{_FENCE}*" if author else ""
    return "\n\n".join(filter(None, (description, definition, line)))


def footer(description: str) -> str:
    """Return what stands behind people's words and is ours: key and author."""
    return "\n\n".join(
        match[0].strip("\n")
        for pattern in (_DEFINITION, _AUTHOR)
        if (match := pattern.search(description))
    )


def without_definition(description: str) -> tuple[str, str]:
    """Return a description as people wrote it, and the key; "" where there is none."""
    definitions = _DEFINITION.findall(description)
    description = _AUTHOR.sub("", description)
    if not definitions:
        return description, ""
    return _DEFINITION.sub("", description), unquote(definitions[-1][1])
