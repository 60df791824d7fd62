"""Keys of ours in texts of trackers that have no field for them. Pure.

A short text carries its key in tag characters, which nothing draws
(https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point). A description in Markdown
ends with a reference definition, which is never shown: its first word is found by a search that
knows words of letters and digits alone, shorter than 50 characters
(https://spec.commonmark.org/0.31.2/#link-reference-definitions). Behind it stands who wrote an
item that our account had to create, between signs that nothing draws: it is no part of the text.
"""

from __future__ import annotations

import hashlib
import re
from urllib.parse import quote, unquote

FENCE = "\u2063"
_END = "\U000e007f"
_TAGS = {sign: 0xE0000 + sign for sign in range(0x20, 0x7F)}  # printable ASCII, drawn as nothing
_SIGNS = {tag: sign for sign, tag in _TAGS.items()}
MARK = re.compile(f"{FENCE}([\U000e0020-\U000e007e]+){_END}")
DEFINITION = re.compile(r"\n*^\[//\]: # \(b24k[0-9a-f]{32} ([^\s()]*)\)[ \t]*$", re.MULTILINE)
AUTHOR = re.compile(f"\\n*^\\*{FENCE}[^\\n{FENCE}]*{FENCE}\\*[ \\t]*$", re.MULTILINE)


def mark(key: str, kind: str = "") -> str:
    """Return a key, and the kind of its text before it, in characters that nothing draws."""
    return FENCE + (kind + quoted(key)).translate(_TAGS) + _END


def last_mark(text: str) -> str:
    """Return what the last mark of a text holds, kind and quoted key; "" where there is none."""
    marks = MARK.findall(text) if FENCE in text else []
    return marks[-1].translate(_SIGNS) if marks else ""


def quoted(key: str) -> str:
    """Return a key in printable ASCII without brackets or blanks."""
    return quote(key, safe=":/,.")


def search_word(key: str) -> str:
    """Return the word by which a tracker's search finds an item created with the key."""
    return "b24k" + hashlib.sha256(key.encode()).hexdigest()[:32]


def definition(key: str) -> str:
    """Return the reference definition that carries a key."""
    return f"[//]: # ({search_word(key)} {quoted(key)})"


def author_line(author: str) -> str:
    """Return the line that names an author, words of Markdown; "" for none."""
    name = author.replace(FENCE, "")  # by which the line is found again
    return f"*{FENCE}— {name}{FENCE}*" if name else ""


def without_definition(description: str) -> tuple[str, str]:
    """Return a description as people wrote it, and the key; "" where there is none."""
    keys = DEFINITION.findall(description)
    words = DEFINITION.sub("", AUTHOR.sub("", description))
    return words, unquote(keys[-1]) if keys else ""
