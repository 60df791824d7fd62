"""Who wrote a task that our account had to create, behind its description. Pure.

The line stands between signs that nothing draws, by which it is known: it is no part of the text.
"""

from __future__ import annotations

import re

from sync.text import bbcode
from sync.text.tree import Document, Paragraph, Text

_FENCE = "\u2063"
_LINE = re.compile(
    f"\\n*^\\[i\\]{_FENCE}[^\\n{_FENCE}]*{_FENCE}\\[/i\\][ \\t]*$", re.MULTILINE | re.IGNORECASE
)


def signature(name: str) -> str:
    """Return the line that names a person, "" for nobody."""
    words = " ".join(name.replace(_FENCE, "").split())
    if not words:
        return ""
    written = bbcode.write(Document((Paragraph((Text(words),)),)))
    return f"[i]{_FENCE}— {written}{_FENCE}[/i]"


def signed(description: str, line: str) -> str:
    """Return a description with such a line behind it."""
    return "\n\n".join(filter(None, (description, line)))


def parted(description: str) -> tuple[str, str]:
    """Return a description as people wrote it, and its line; "" where there is none."""
    match = _LINE.search(description)
    return _LINE.sub("", description), match[0].strip() if match else ""
