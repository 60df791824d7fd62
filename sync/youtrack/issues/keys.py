"""Keys of ours in texts and names of YouTrack, which has no field for them. Pure.

Texts of comments and work items are stored byte for byte, and end with the key in tag characters,
which nothing draws (https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point). A file's
name has it before its ending. A description ends with a reference definition, which Markdown never
shows and whose first word the search finds. Behind that stands who wrote an issue that our account
had to create, between signs that nothing draws: it is no part of the text.
"""

from __future__ import annotations

import hashlib
import re
from urllib.parse import quote, unquote

_FENCE, _END = "\u2063", "\U000e007f"
_TAGS = {sign: 0xE0000 + sign for sign in range(0x20, 0x7F)}  # printable ASCII, drawn as nothing
_SIGNS = {tag: sign for sign, tag in _TAGS.items()}
_MARK = re.compile(f"{_FENCE}([\U000e0020-\U000e007e]+){_END}")
_AUTHOR = re.compile(f"\\n*^\\*{_FENCE}[^\\n{_FENCE}]*{_FENCE}\\*[ \\t]*$", re.MULTILINE)
_DEFINITION = re.compile(r"\n*^\[//\]: # \(b24k[0-9a-f]{32} ([^\s()]*)\)[ \t]*$", re.MULTILINE)


def mark(key: str) -> str:
    """Return a key in characters that nothing draws."""
    return _FENCE + quote(key, safe=":/,.").translate(_TAGS) + _END


def marked(text: str, key: str) -> str:
    """Return a text with the key behind it."""
    return text + mark(key)


def unmarked(text: str) -> tuple[str, str]:
    """Return a text without its mark, and the key; "" where there is none."""
    marks = _MARK.findall(text) if _FENCE in text else []
    if not marks:
        return text, ""
    return _MARK.sub("", text), unquote(marks[-1].translate(_SIGNS))


def marked_name(name: str, key: str) -> str:
    """Return a file's name with the key before its ending."""
    stem, dot, ending = name.rpartition(".")
    return f"{stem}{mark(key)}.{ending}" if dot and stem else marked(name, key)


def search_word(key: str) -> str:
    """Return the word by which the search finds an issue created with the key."""
    return "b24k" + hashlib.sha256(key.encode()).hexdigest()[:32]


def with_definition(description: str, key: str) -> str:
    """Return a description that ends with the key."""
    definition = f"[//]: # ({search_word(key)} {quote(key, safe=':/,.')})"
    return f"{description}\n\n{definition}" if description else definition


def with_author(description: str, author: str) -> str:
    """Return a description with its author's name, words of Markdown, behind it."""
    return with_line(description, f"*{_FENCE}— {author}{_FENCE}*" if author else "")


def with_line(description: str, line: str) -> str:
    """Return a description with its author's line behind it."""
    return "\n\n".join(filter(None, (description, line)))


def author_line(description: str) -> str:
    """Return the line that names a description's author, "" where there is none."""
    match = _AUTHOR.search(description)
    return match[0].strip() if match else ""


def without_definition(description: str) -> tuple[str, str]:
    """Return a description as people wrote it, and the key; "" where there is none."""
    keys = _DEFINITION.findall(description)
    description = _AUTHOR.sub("", description)
    if not keys:
        return description, ""
    return _DEFINITION.sub("", description), unquote(keys[-1])
