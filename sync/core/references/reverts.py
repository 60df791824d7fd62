"""Find lines that take work back: `Revert "Closes B24-5"`, which quotes its object. Pure.

Git's own words: https://git-scm.com/docs/git-revert; "Reapply" is a revert reverted, since Git
2.43. The CI reporter has this file too: Python 3.9, and nothing but the standard library.
"""

from __future__ import annotations

import re
from functools import lru_cache

from sync.core.references.keywords import CLOSING_WORDS, any_word_pattern

LINE_LENGTH = 1_000  # characters of a line that are looked at

_REVERT_VERB = (
    r"(?:auto-?)?revert(?:s|ed|ing)?|re-?appl(?:y|ies|ied)|re-?lands?|un-?reverts?|"
    r"roll(?:s|ed|ing)?\sback|back(?:s|ed|ing)?\sout|откат(?:ить|ил[аи]?|ывает(?:ся)?|ываем|ываю)|"
    r"реверт(?:им|ит|нул[аи]?|нуть|ить)"
)
_REVERT_NOUN = (
    rf"{_REVERT_VERB}|roll-?back|back-?out|откат\w*|реверт\w*|rückgängig(?:\smachen)?|zurückgesetzt"
)
# What may stand before a title: bullets of a squash list, marks of drafts.
_HEAD = (
    r"[\s>]{0,4}(?:[-*+•]\s{1,3}|\d{1,3}[.)]\s{1,3}|#{1,6}\s{1,3})?(?:[0-9a-f]{7,40}\s)?"
    r"(?:(?:draft|wip|черновик)\s?:\s?|[\[(](?:draft|wip)[\])]\s?|(?:draft|wip)\s-\s)?"
    r"(?:(?:this|it|мы|это)\s(?:(?:commit|mr|change)\s)?)?"
    rf"(?:(?!(?:\w+\s)?(?:{_REVERT_NOUN}|undo))[^\s\":«“][^\n\":«“]{{0,40}}:\s|"
    rf"\[(?!{_REVERT_NOUN})[^\]\n]{{1,20}}\]\s)?"
    r"(?:(?:temporar\w+|partial(?:ly)?|manual(?:ly)?|quick(?:ly)?|auto(?:matic(?:ally)?)?|clean|full|complete|временн\w+|полн\w+|автоматическ\w+|частичн\w+)\s)?"
)
_ANY = (
    rf"{_REVERT_NOUN}|undo|undoes|undid|отмен(?:а|ить|яет|яем|яю|ил[аи]?|ен[ао]?)|возврат|вернуть|"
    r"повторно применить|повторное применение"
)
_SCOPE = r"\s?(?:\([^)\n]{0,40}\))?!?\s?"
# What a revert says that it takes back, before it quotes its title.
_OBJECTS = (
    r"(?:(?:of|the|this|that|changes?|changeset|commits?|merge\srequest|mr|pr|изменени\w+|"
    r"коммит\w*|задач\w+|правк\w+|мр|мерж\w*(?:-реквест\w*)?|слияни\w+|по|von|des|der|"
    r"[0-9a-f]{7,40}|\S{0,60}!\d+)\s?){0,5}"
)
_OPENING = r"\\?[\"“”«„'‘`]"
_QUOTES = "\"“”«»„'‘’`"
_FORMS = (
    re.compile(
        rf"(?P<word>{_ANY}){_SCOPE}{_OBJECTS}[:\-–—]?\s?(?P<quote>{_OPENING})", re.IGNORECASE
    ),
    re.compile(rf"[\[(](?P<word>{_REVERT_NOUN})[\])]:?", re.IGNORECASE),
    re.compile(rf"(?P<word>{_REVERT_NOUN}|undo){_SCOPE}(?::|\s[–—-]\s)", re.IGNORECASE),
    re.compile(
        rf"(?P<word>{_REVERT_NOUN})\s(?:of\s)?(?P<quote>)(?=(?:{_REVERT_NOUN})\b)", re.IGNORECASE
    ),
    re.compile(
        rf"(?P<word>{_REVERT_NOUN})\s{_OBJECTS}(?<=[0-9a-f ])(?<!\bof\s)[:(]\s?", re.IGNORECASE
    ),
)
# "Revert the cache"; the "Revert button" is a thing to press.
_SENTENCE = re.compile(
    rf"(?P<word>{_REVERT_VERB})\s(?!\w*\s?(?:button|action|function|feature|option|command|support|flow|"
    r"link|icon|dialog)\b|(?:by|in|with)\b)"
    # "Rollback B24-5", at the beginning of a line
    rf"|(?P<noun>{_REVERT_NOUN}|отмен(?:а|ен[аоы]?|ён))\s{_OBJECTS}(?=[\[(]?[^\W\d_]{{1,10}}\d{{0,4}}-\d)",
    re.IGNORECASE,
)
_START = re.compile(_HEAD, re.IGNORECASE)
# "Revert B24-5 to fix B24-6"
_PURPOSE = re.compile(
    rf"\s(?:to|because\sof|due\sto|чтобы|из-за)\s(?:{any_word_pattern(CLOSING_WORDS)})?",
    re.IGNORECASE,
)
# Where "Revert the cache, closes B24-5" speaks for itself again.
_OWN_WORDS = re.compile(
    rf"[,;:.(–—]\s?(?:\w+\s){{0,2}}(?:{any_word_pattern(CLOSING_WORDS)})\b|\.\s", re.IGNORECASE
)
_AGAIN = re.compile(r"re-?appl|re-?land|un-?revert|повторн|вернуть", re.IGNORECASE)
_BRANCH_WORD = re.compile(r"revert|roll-?back|back-?out|undo|otkat|откат", re.IGNORECASE)
_BRANCH = re.compile(
    rf"(?:^|[/'])(?P<words>(?:(?:{_BRANCH_WORD.pattern})[-_/])+)"
    r"(?:[0-9a-f]{7,40}[-_/]|(?:mr-?)?\d{1,9}[-_])?\Z",
    re.IGNORECASE,
)


@lru_cache(maxsize=256)
def reverted_part(line: str) -> tuple[int, int, bool] | None:
    """Return start and end of the reverted title in `line`, and whether it is reverted.

    False: the work is back, because the reverts are even in number. None: the line is no revert.
    """
    head = _START.match(line)
    position = head.end() if head else 0
    quoting: list[bool] = []  # whether each of the quotes, one in another, takes back
    marking: list[bool] = []
    scope = 0  # where that of `revert(B24-5): …` begins
    while match := _next_mark(line, position):
        scope = scope or (match.end("word") if "(" in match[0] else 0)
        marks = quoting if "quote" in match.re.groupindex else marking
        marks.append(not _AGAIN.match(match["word"]))
        position = match.end()
        while line[position : position + 1] == " ":
            position += 1
    if quoting or marking:  # `revert: Revert "x"` reverts once
        end = _closing_quote(line, position) if quoting else len(line)
        return scope or position, end, sum(quoting or marking) % 2 == 1
    if match := _SENTENCE.match(line, position):
        own = _OWN_WORDS.search(line, match.end()) or _PURPOSE.search(line, match.end())
        end = own.start() if own else len(line)
        return match.end(), end, not _AGAIN.match(match[0])
    return None


def _next_mark(line: str, position: int) -> re.Match[str] | None:
    return next(filter(None, (form.match(line, position) for form in _FORMS)), None)


def _closing_quote(line: str, start: int) -> int:
    """Return the position of the last quotation mark, or the end of a cut line."""
    last = max(line.rfind(mark, start) for mark in _QUOTES)
    return len(line) if last < 0 else last


def branch_reverts(branch: str, start: int) -> bool:
    """Tell whether `revert-…` takes back the task named at `start` of a branch."""
    match = _BRANCH.search(branch, max(0, start - 120), start)
    return match is not None and len(_BRANCH_WORD.findall(match["words"])) % 2 == 1
