"""Search of issues by words, as PostgreSQL's index of them has them. Pure.

app/models/concerns/pg_full_text_searchable.rb: words of letters and digits; in older versions none
of 50 signs or more; what no query may hold is taken out of it. Each word is a beginning.
"""

from __future__ import annotations

import re

from tests.emulators.gitlab.tracked import Issue

LONG_WORD = re.compile(r"[A-Za-z0-9+/]{50,}")
TAG = re.compile(r"</?([^>]+)>")
WORD = re.compile(r"[^\W_]+")
DISALLOWED = re.compile(r'[^a-zA-Z0-9 .@/\-_"]')


def matches(issue: Issue, query: str) -> bool:
    """Whether every word of the query begins a word of title or description."""
    text = LONG_WORD.sub(" ", f"{issue.title}\n{issue.description}")
    if not query.isascii():  # letters that the index does not have are looked for as they stand
        return query.lower() in text.lower()
    held = {word.lower() for word in WORD.findall(TAG.sub(r" \1 ", text))}
    wanted = WORD.findall(DISALLOWED.sub(" ", query).lower())
    return all(any(word.startswith(each) for word in held) for each in wanted)
