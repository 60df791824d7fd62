"""Keys of ours in texts of GitLab, which has no field for them. Pure.

How a key stands in a text is the same for all trackers (`sync/core/issue_sync/key_marks.py`). Here
the mark of a comment or an entry of time says the kind of its text, too.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from sync.core.issue_sync.key_marks import (
    AUTHOR,
    DEFINITION,
    MARK,
    author_line,
    definition,
    last_mark,
    mark,
)

FILE, TEXT = "f", "t"  # kinds of marks: a comment that shows a file, and any other text
_MARK = re.compile(rf"\s*{MARK.pattern}")


def marked(text: str, key: str, kind: str = TEXT) -> str:
    """Return a text with the key behind it."""
    return text + mark(key, kind)


def mark_length(key: str) -> int:
    """Return how many characters a mark takes."""
    return len(mark(key, TEXT))


def unmarked(text: str) -> tuple[str, str, str]:
    """Return a text without its mark, the key, and the kind; "" where there is none."""
    plain = last_mark(text)
    return (_MARK.sub("", text), unquote(plain[1:]), plain[0]) if plain else (text, "", "")


def with_definition(description: str, key: str, author: str = "") -> str:
    """Return a description that ends with the key, and with its author's name in Markdown."""
    return "\n\n".join(filter(None, (description, definition(key), author_line(author))))


def footer(description: str) -> str:
    """Return what stands behind people's words and is ours: key and author."""
    return "\n\n".join(
        match[0].strip("\n")
        for pattern in (DEFINITION, AUTHOR)
        if (match := pattern.search(description))
    )
