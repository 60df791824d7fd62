"""Keys of ours in texts and names of YouTrack, which has no field for them. Pure.

How a key stands in a text is the same for all trackers (`sync/core/issue_sync/key_marks.py`):
comments and work items are stored byte for byte. A file's name has its key before its ending.
"""

from __future__ import annotations

from urllib.parse import unquote

from sync.core.issue_sync.key_marks import AUTHOR, MARK, author_line, definition, last_mark, mark


def marked(text: str, key: str) -> str:
    """Return a text with the key behind it."""
    return text + mark(key)


def unmarked(text: str) -> tuple[str, str]:
    """Return a text without its mark, and the key; "" where there is none."""
    quoted_key = last_mark(text)
    return (MARK.sub("", text), unquote(quoted_key)) if quoted_key else (text, "")


def marked_name(name: str, key: str) -> str:
    """Return a file's name with the key before its ending."""
    stem, dot, ending = name.rpartition(".")
    return f"{stem}{mark(key)}.{ending}" if dot and stem else marked(name, key)


def with_definition(description: str, key: str) -> str:
    """Return a description that ends with the key."""
    return "\n\n".join(filter(None, (description, definition(key))))


def with_author(description: str, author: str) -> str:
    """Return a description with its author's name, words of Markdown, behind it."""
    return with_line(description, author_line(author))


def with_line(description: str, line: str) -> str:
    """Return a description with its author's line behind it."""
    return "\n\n".join(filter(None, (description, line)))


def line_of(description: str) -> str:
    """Return the line that names a description's author, "" where there is none."""
    match = AUTHOR.search(description)
    return match[0].strip() if match else ""
