"""Lines that take work back: `Revert "Closes B24-5"`, which quotes what it reverts. Pure.

Git's own words: https://git-scm.com/docs/git-revert; "Reapply" is a revert reverted, since Git
2.43. The CI reporter has this file too: Python 3.9, and nothing but the standard library.
"""

from __future__ import annotations

import re
from functools import lru_cache

from sync.core.references.keywords import CLOSING_WORDS, any_word_pattern

LINE_LENGTH = 1_000  # characters of a line that are looked at

# What may stand before a title: bullets of a squash list, marks of drafts.
_HEAD = (
    r"[\s>]{0,4}(?:[-*+•]\s{1,3}|\d{1,3}[.)]\s{1,3}|#{1,6}\s{1,3})?(?:[0-9a-f]{7,40}\s)?"
    r"(?:(?:draft|wip|черновик)\s?:\s?|[\[(](?:draft|wip)[\])]\s?|(?:draft|wip)\s-\s)?"
    r"(?:(?:this|it|мы|это)\s(?:(?:commit|mr|change)\s)?)?"
)
_VERB = (
    r"(?:auto-?)?revert(?:s|ed|ing)?|re-?appl(?:y|ies|ied)|re-?lands?|un-?reverts?|"
    r"roll(?:s|ed|ing)?\sback|back(?:s|ed|ing)?\sout|откат(?:ить|ил[аи]?|ывает|ываем|ываю)"
)
_NOUN = rf"{_VERB}|roll-?back|back-?out|откат\w*"
_ANY = (
    rf"{_NOUN}|undo|undoes|undid|отмен(?:а|ить|яет|яем|яю|ил[аи]?|ен[ао]?)|возврат|вернуть|"
    r"повторно применить|повторное применение"
)
_SCOPE = r"\s?(?:\([^)\n]{0,40}\))?!?\s?"
_OPENING = r"[\"“”«„'‘`]"
_QUOTES = "\"“”«»„'‘’`"
_FORMS = (
    re.compile(rf"(?P<word>{_ANY}){_SCOPE}[:\-–—]?\s?(?P<quote>{_OPENING})", re.IGNORECASE),
    re.compile(rf"[\[(](?P<word>{_NOUN})[\])]:?", re.IGNORECASE),
    re.compile(rf"(?P<word>{_NOUN}){_SCOPE}(?::|\s[–—-]\s)", re.IGNORECASE),
)
# "Revert the cache"; the "Revert button" is a thing to press.
_SENTENCE = re.compile(
    rf"(?P<word>{_VERB})\s(?!\w*\s?(?:button|action|function|feature|option|command|support|flow|"
    r"link|icon|dialog)\b)",
    re.IGNORECASE,
)
_START = re.compile(_HEAD, re.IGNORECASE)
# Where "Revert the cache, closes B24-5" speaks for itself again.
_OWN_WORDS = re.compile(
    rf"[,;:.(–—]\s?(?:\w+\s){{0,2}}(?:{any_word_pattern(CLOSING_WORDS)})\b|\.\s", re.IGNORECASE
)
_AGAIN = re.compile(r"re-?appl|re-?land|un-?revert|повторн|вернуть", re.IGNORECASE)
_BRANCH_WORD = re.compile(r"revert|roll-?back|undo|otkat|откат", re.IGNORECASE)
_BRANCH = re.compile(
    rf"(?:^|[/'])(?P<words>(?:(?:{_BRANCH_WORD.pattern})[-_/])+)"
    r"(?:[0-9a-f]{7,40}[-_/]|\d{1,9}[-_])?\Z",
    re.IGNORECASE,
)


@lru_cache(maxsize=256)
def reverted_part(line: str) -> tuple[int, int, bool] | None:
    """Return what `line` quotes of the work that it takes back: from, to, and whether it does.

    False: the work is back, as an even number of reverts makes it. None: the line is no revert.
    """
    head = _START.match(line)
    position, reverts, quoted = (head.end() if head else 0), 0, False
    marks = 0
    while found := _next_mark(line, position):
        marks += 1
        reverts += not _AGAIN.match(found["word"])
        quoted = quoted or "quote" in found.re.groupindex
        position = found.end()
        while line[position : position + 1] == " ":
            position += 1
    if marks:
        return position, _closing_quote(line, position) if quoted else len(line), reverts % 2 == 1
    if found := _SENTENCE.match(line, position):
        own = _OWN_WORDS.search(line, found.end())
        end = own.start() if own else len(line)
        return found.end(), end, not _AGAIN.match(found["word"])
    return None


def _next_mark(line: str, position: int) -> re.Match[str] | None:
    return next(filter(None, (form.match(line, position) for form in _FORMS)), None)


def _closing_quote(line: str, start: int) -> int:
    """The last quotation mark: titles hold others. Without one, as when cut, the line's end."""
    last = max(line.rfind(mark, start) for mark in _QUOTES)
    return len(line) if last < 0 else last


def branch_reverts(branch: str, start: int) -> bool:
    """Tell whether the task named at `start` of a branch is one that `revert-…` takes back."""
    found = _BRANCH.search(branch, max(0, start - 120), start)
    return found is not None and len(_BRANCH_WORD.findall(found["words"])) % 2 == 1
