"""Find lines that take work back: `Revert "Closes B24-5"`, which quotes its object. Pure.

Git's own words: https://git-scm.com/docs/git-revert; "Reapply" is a revert reverted, since Git
2.43. The CI reporter has this file too: Python 3.9, and nothing but the standard library.
"""

from __future__ import annotations

import re
from functools import lru_cache

from sync.core.references.keywords import CLOSING

LINE_LENGTH = 1_000  # characters of a line that are looked at

_REVERT_VERB = (
    r"(?:auto-?)?revert(?:s|ed|ing|\^\d)?|re-?appl(?:y|ies|ied)|re-?lands?|un-?reverts?|"
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
    rf"(?:(?!(?:\w+\s)?(?:{_REVERT_NOUN}|undo|отмена))[^\s\":«“][^\n\":«“]{{0,40}}:\s|"
    rf"\[(?!{_REVERT_NOUN})[^\]\n]{{1,20}}\]\s)?"
    r"(?:(?:emergency|urgent|срочн\w+|temporar\w+|partial(?:ly)?|manual(?:ly)?|quick(?:ly)?|auto(?:matic(?:ally)?)?|clean|"
    r"full|complete|временн\w+|полн\w+|автоматическ\w+|частичн\w+)\s)?"
)
_ANY = (
    rf"{_REVERT_NOUN}|undo|undoes|undid|отмен(?:а|ить|яет|яем|яю|ил[аи]?|ен[ао]?)|возврат|вернуть|"
    r"повторно применить|повторное применение"
)
_SCOPE = r"\s?(?:\([^)\n]{0,40}\))?!?\s?"
# What a revert says that it takes back, before it quotes its title.
_SEVERAL = (
    r"\d{1,3}|two|three|four|five|several|multiple|all|both|these|those|last|latest|previous|"
    r"following|recent|дв(?:а|е|ух)|тр(?:и|[её]х)|четыр(?:е|[её]х)|нескольк\w+|последни\w+|"
    r"следующ\w+|все|всех|эти|этих|обоих"
)
_THINGS = (
    r"changes?|changesets?|commits?|(?:merge|pull)\srequests?|mrs?|prs?|изменени\w+|коммит\w*|"
    r"задач\w*|правк\w+|мр|мерж\w*(?:-реквест\w*)?|слияни\w+|[0-9a-f]{7,40}|\S{0,60}[!#]\d+(?![\w!#])"
)
_OBJECTS = rf"(?:(?:of|the|this|that|{_THINGS}|{_SEVERAL}|по|von|des|der)\s?){{0,6}}"
_OPENING = r"\\?[\"“”«„'‘`]"
_QUOTES = "\"“”«»„'‘’`"
_FORMS = (
    re.compile(
        rf"(?P<word>{_ANY}){_SCOPE}{_OBJECTS}[:\-–—]?\s?(?P<quote>{_OPENING})"
        r"(?![\"”»'\s]*\Z)",
        re.IGNORECASE,
    ),
    re.compile(rf"[\[(](?P<word>{_REVERT_NOUN})[\])]:?", re.IGNORECASE),
    re.compile(rf"(?P<word>{_REVERT_NOUN}|undo){_SCOPE}(?::|\s[–—-]\s)", re.IGNORECASE),
    re.compile(
        rf"(?P<word>{_REVERT_NOUN})\s(?:of\s)?(?P<quote>)(?=(?:{_REVERT_NOUN})\b)", re.IGNORECASE
    ),
    re.compile(
        rf"(?P<word>{_REVERT_NOUN}|отмена)\s{_OBJECTS}(?<=[0-9a-fsвй ])(?<!\bof\s)[:(]\s?",
        re.IGNORECASE,
    ),
)
# "Revert the cache"; the "Revert button" is a thing to press.
_SENTENCE = re.compile(
    rf"(?P<word>{_REVERT_VERB})\s(?!\w*\s?(?:button|action|function|feature|option|command|"
    rf"support|flow|"
    r"link|icon|dialog)\b|(?:by|in|with)\b)"
    # "Rollback B24-5", at the beginning of a line
    rf"|(?P<noun>{_REVERT_NOUN}|отмен(?:а|ен[аоы]?|"
    rf"ён))\s{_OBJECTS}(?=[\[(]?[^\W\d_]{{1,10}}\d{{0,4}}-\d)",
    re.IGNORECASE,
)
_START = re.compile(_HEAD, re.IGNORECASE)
# "Revert 2 commits", above the titles that it quotes.
_REVERTED = r"(?:reverted|rolled\sback|backed\sout|отка[тч]\w+|отмен\w+)"
_HEADING_WORD = re.compile(rf"\b(?:{_ANY}|{_REVERTED})", re.IGNORECASE)
_MANY = (
    r"changes|changesets|commits|(?:merge|pull)\srequests|mrs|prs|изменени[яй]|коммит(?:ов|ы|а)|"
    r"задач[иь]?|"
    r"правк[иу]|правок|мр|мерж\w+|слияни[яй]|(?:releases?|релиз\w*)(?:\sv?\d[\w.]*)?"
)
_NAMES = r"(?:[0-9a-f]{7,40}|\S{0,60}[!#]\d+(?![\w!#]))"
_JOINED = rf"(?:\.\.\.?|,\s|,?\s(?:and|&|и)\s){_NAMES}"
_HEADING = re.compile(
    rf"(?:{_ANY}|{_REVERTED})\s(?:(?:of|the)\s)?(?:(?:{_SEVERAL})\s){{0,3}}"
    rf"(?:(?:{_MANY})(?:\s{_NAMES})?(?:{_JOINED}){{0,9}}|{_NAMES}(?:{_JOINED}){{1,9}})"
    r"(?:\s?[:.;(]?\Z|\s(?:from|by|of|since|that|which|из|от|за)\b[^\n]*\Z)"
    rf"|(?:this\s)?(?:{_ANY}|{_REVERTED})[^\n\":]{{0,80}}:\Z"
    rf"|[^\n\":]{{0,60}}\b{_REVERTED}:\Z",
    re.IGNORECASE,
)
_RELEASE = re.compile(r"\"(?:release|merge|релиз)\b", re.IGNORECASE)  # what it shipped is listed
_AND_OTHERS = re.compile(r".?\s(?:and|и)\s(?:\d+|other|друг\w+)\b", re.IGNORECASE)
_REASON = re.compile(r"reason|because|why|причин|почему", re.IGNORECASE)
_ITEM = re.compile(
    r"([ \t]*)([-*+•]\s|>|[\"«“]|\d{1,3}[.)]\s|[0-9a-f]{7,40}\b|\S{0,60}![0-9]+\b)?", re.IGNORECASE
)
_GLUE = ("and", "&", "и")
_CLOSING = re.compile(CLOSING, re.IGNORECASE)
LIST_LENGTH = 2_000  # characters above a title in which the heading of its list is looked for
# "Revert B24-5 to fix B24-6"
_PURPOSE = re.compile(
    rf"\s(?:to|because\sof|due\sto|чтобы|из-за)\s(?:{CLOSING})?",
    re.IGNORECASE,
)
# Where "Revert the cache, closes B24-5" speaks for itself again.
_OWN_WORDS = re.compile(rf"[,;:.(–—]\s?(?:\w+\s){{0,2}}(?:{CLOSING})\b|\.\s", re.IGNORECASE)
# Where a line that began with words of its own takes back: "Closes B24-6. Reverts !12 (…)".
_LATER_REVERT = re.compile(
    rf"(?:[.!;,]\s|\s[-–—]\s|\()(?=(?:(?:this|and|it|и|это)\s)?(?:{_ANY})\b)", re.IGNORECASE
)
_PART_END = re.compile(r"[.!;]\s|\)")
_ASIDE = re.compile(rf"[{_QUOTES}]\s?\([^()\n]*\)")  # `Revert "x" (closes B24-5)`, of a squash
_AGAIN = re.compile(r"re-?appl|re-?land|un-?revert|revert\^[2468]|повторн|вернуть", re.IGNORECASE)
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
    if not _HEADING_WORD.search(line):  # the other patterns take milliseconds to compile
        return None
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


def reverts_at(line: str, place: int) -> bool | None:
    """Return whether the title at `place` of `line` is reverted, None where it is not quoted so."""
    if not _HEADING_WORD.search(line):
        return None
    starts = [0, *(match.end() for match in _LATER_REVERT.finditer(line, 0, place))]
    for start in starts[:1] + starts[1:][-3:]:
        rest = line[start:]
        end = _PART_END.search(rest) if start else None
        if end and not any(mark in rest[: end.start()] for mark in _QUOTES):
            rest = rest[: end.end()]
        part = reverted_part(rest)
        if part and part[0] <= place - start < part[1]:
            return part[2]
    return None


def may_list_reverts(text: str) -> bool:
    """Tell whether `text` may quote titles below a heading: most texts speak of no revert."""
    return _HEADING_WORD.search(text) is not None


def listed_revert(above: str, line: str) -> bool | None:
    """Return whether a title quoted below "Revert 2 commits" is reverted; None: it is no such.

    `above`: the text before `line`. A line that only closes tasks speaks for itself, unless it is
    an item of a list or indented.
    """
    listed = level = _level(line)
    is_apart = False
    for each in reversed(above.removesuffix("\n").split("\n")):
        depth = _level(each)
        if not each.strip():
            is_apart = True
        elif depth < level or (depth == level and not level % 2):
            taken_back = _heads_titles(each)
            if taken_back is None and listed % 2 and _RELEASE.search(each):
                part = reverted_part(each)
                taken_back = part[2] if part else None
            if taken_back is not None:
                is_own = depth == listed and _only_closes(line)
                return None if is_own else taken_back
            if depth == level and is_apart:
                return None
            level, is_apart = depth, is_apart and depth == level
    return None


def _only_closes(line: str) -> bool:
    """Tell whether a line is a closing word and references, as a trailer is."""
    first, *others = line.split() or [""]
    is_closing = _CLOSING.fullmatch(first.rstrip(":")) is not None
    return is_closing and all(w in _GLUE or any(map(str.isdigit, w)) for w in others)


@lru_cache(maxsize=1024)
def _level(line: str) -> int:
    """Return how deep a line stands; odd for an item of a list."""
    match = _ITEM.match(line)
    indent, mark = match.groups() if match else ("", None)
    return 2 * len(indent.expandtabs(4)) + (mark is not None)


@lru_cache(maxsize=1024)
def _heads_titles(line: str) -> bool | None:
    """Return whether the titles below `line` are reverted, None where it heads no such list."""
    part = reverted_part(line)
    if part and part[0] and (inner := _heads_titles(line[part[0] : part[1]])) is not None:
        return inner != part[2]
    if part and _AND_OTHERS.match(line, part[1]):
        return part[2]
    head = _START.match(line)
    words = line[head.end() if head else 0 :].strip()
    if _REASON.search(words) or not _HEADING.match(words):
        return None
    return not _AGAIN.match(words)


def _next_mark(line: str, position: int) -> re.Match[str] | None:
    return next(filter(None, (form.match(line, position) for form in _FORMS)), None)


def _closing_quote(line: str, start: int) -> int:
    """Return where the quoted title ends, with brackets behind it, or the end of a cut line."""
    last = max(line.rfind(mark, start) for mark in _QUOTES)
    aside = _ASIDE.match(line, max(last, 0))
    return aside.end() if aside else len(line) if last < 0 else last


def branch_reverts(branch: str, start: int) -> bool:
    """Tell whether `revert-…` takes back the task named at `start` of a branch."""
    match = _BRANCH.search(branch, max(0, start - 120), start)
    return match is not None and len(_BRANCH_WORD.findall(match["words"])) % 2 == 1
