"""Detect words around "closes B24-5" that deny it, or make it partial or a question. Pure.

The CI reporter has this file too: Python 3.9, and nothing but the standard library.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from sync.core.references.clause_words import NOT, clause_pattern
from sync.core.references.keywords import CLOSING, WORD
from sync.core.references.prose import STRUCK
from sync.core.references.states import HEDGES, LATER_WORDS

CLAUSE_LENGTH = 160  # characters before or after a reference that are looked at
SECTION_LENGTH = 600  # characters before a bullet in which the line above its list is looked for

# Statements that hold once it is merged, which is when they are asked for.
_MERGED = re.compile(
    r"\b(?:when|once|after|if|upon|as soon as|on)\s(?:(?:this|the|it)\s)?"
    r"(?:mr\s|pr\s|merge request\s)?(?:is\s|gets\s)?merg(?:ed?|ing)\b|"
    r"\bпосле (?:слияния|мерджа)\b|\bпри слиянии\b"
)
# "TODO: fix B24-5", "Out of scope: closes B24-5"
_LABEL = re.compile(
    rf"(?:^[\W\d]*(?:{LATER_WORDS})\s?(?:\([^)\n]*\))?\s?[:–—\])-]\s*[^:.!?\n]{{0,40}}"
    r"|(?:^|[:(]\s?|\W{2})(?-i:TODO|FIXME|TBD|XXX|ТУДУ)\b[^.!?\n]{0,60}|"
    r"\b(?-i:TODO|FIXME|TBD|XXX|ТУДУ)\b[^.!?,;\n]{0,60}|\b(?:todo|fixme|туду)\W{0,3})\Z",
    re.IGNORECASE,
)
# A heading, or a line before a list, of what is not done.
_SECTION = re.compile(
    rf"\s{{0,3}}(?:#{{1,6}}\s[\W\d]*(?:{LATER_WORDS})\b.*|"
    rf"[\W\d]*(?:{LATER_WORDS})(?:[^\n]{{0,40}}:)?\W*|"
    rf"\*\*(?:{LATER_WORDS})[^\n]{{0,40}}\*\*\W*)",
    re.IGNORECASE,
)
_BULLET = re.compile(r"\s{0,12}(?:[-*+]|\d{1,3}[.)])\s")
_NUMBERED_PART = re.compile(
    r"\b(?:part|step|phase|stage|chunk|piece|часть|шаг|этап|фаза)\s?№?#?(?P<a>\d{1,3})\s?"
    r"(?:of|/|из|out\sof)\s?(?P<b>\d{1,3})\b|[(\[]\s?(?P<c>\d{1,2})\s?(?:/|of|"
    r"из)\s?(?P<d>\d{1,2})\s?[)\]]|"
    r"\b(?P<e>\d{1,2})(?:st|nd|rd|th|-?я|-?й)?\s(?:part|step|часть|шаг|этап)?\s?(?:of|из)\s"
    r"(?P<f>\d{1,2})\b|^\s*(?P<g>\d{1,2})/(?P<h>\d{1,2}):|\b(?:first|second|первая|вторая|первый|"
    r"второй)\s(?:part|step|half|часть|"
    r"половина|шаг|этап)\b"
)
# The end of a clause; a full stop only where a sentence may end.
_CLAUSE_END = re.compile(
    r"[!?;:,()\[\]\"“”«»\x00…<>]|\n[ \t]*\n|"
    r"\.(?=\s|\Z)|\s[–—-]{1,3}\s|[–—]|\n\s{0,4}(?:[-*+]|\d{1,3}[.)])\s|"
    r"\n(?=[a-zа-я])|"
    r"\b(?:and|but|so|then|thus|hence|therefore|which|и|но|а|зато|поэтому|затем)\b(?!\s(?:not|"
    r"never|"
    r"не)\b)"
)
_PARENTHETICAL = re.compile(
    r",\s(?:however|yet|unfortunately|of course|sadly|alas|though|in any way|by the way|"
    r"к сожалению|увы|однако|конечно|кстати|по сути|само собой),\s"
)
# "Maybe, fixes B24-5": the comma of an adverb ends no clause.
_HEDGE = re.compile(
    rf"\b({HEDGES}),\s(?=(?:(?:it|this|that|это|он|она)\s)?\S+\s*\Z|\Z)",
    re.IGNORECASE,
)
_CLOSING_MARKS = re.compile(r"\A(?:(?!\n\s*\n)[\s*_\])\"”»])+")  # behind "closes **B24-5**"
_GERUNDS = ("closing", "fixing", "resolving", "implementing", "закрывать", "исправл")
_SUBORDINATE = re.compile(r",\s(?=(?:чтобы|как|что)\s)")
# "not a fix for B24-5"; by itself the noun closes nothing.
_NOUN = re.compile(
    r"\b(?P<no>no\s)?(?:fix(?:es)?|bugfix|solution|resolution|implementation|cure|исправлени[еяю]|решени[еяю])\s"
    r"(?:for|of|to|по|для)\s(?:the\s)?(?:(?:task|issue|bug|задач\w*)\s)?\Z",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"\s*(?:is|are|was|were|does|do|did|has|have|should|shall|can|could|would|will|why|when|what|"
    r"who|which|how|hasn't|isn't|doesn't|разве|почему|зачем|когда|кто|как|что)\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!…](?=\s|\Z)|\n\s*\n|\n\s{0,4}(?:[-*+]|\d{1,3}[.)])\s|;|\?")


def weakened(text: str, word: str, word_start: int, start: int, end: int) -> str:
    """Return the meaning of a closing word in its context: close, part, deny or mention.

    `word` is its form, as `keyword_before` returns it, "" for a reference without one; then "" is
    returned where the context changes nothing.
    """
    after = _CLOSING_MARKS.sub("", _plain(text[end : end + CLAUSE_LENGTH]).lower())
    is_gerund = word == "bare" and _form(text, word_start).startswith(_GERUNDS)
    if is_gerund and _begins(after, "gerund subject"):
        return "deny"
    noun = None if word else _NOUN.search(text, max(0, start - 40), start)
    if noun:
        if noun["no"]:
            return "deny"
        word, word_start = "bare", noun.start()
    if word and (kind := _weakened_before(text, word, word_start)):
        return kind
    if _begins(after, "after denied"):
        return "deny"
    if _begins(after, "after part"):
        return "part"
    numbered = _numbered_part(text, start, end)
    if numbered or (word and numbered is None and _begins(after, "after closing")):
        return "part"
    is_asked = _is_asked(after) and (word or _asks(text[max(0, start - CLAUSE_LENGTH) : start]))
    return "mention" if is_asked else "close" if word and not noun else ""


def _weakened_before(text: str, word: str, word_start: int) -> str:
    before = _plain(text[max(0, word_start - CLAUSE_LENGTH) : word_start])
    if text[word_start].isupper() and before.rstrip(" ").endswith("\n"):
        before = "\n"  # a sentence of its own
    small = before.lower()
    if _ends(small, "words", max(0, len(small) - 80)):
        return "mention"
    adjective = word == "past" and _ends(small, "adjective")
    if adjective or _ends(small, "example"):
        return "mention"
    if "," in before:
        before = _HEDGE.sub(r"\1 ", before)
        if before.rstrip().endswith(",") and _NOT.search(before):
            before = _aside().sub(r"\1 ", before)
    line = _last_line(before)
    small = before.lower()
    clause = _MERGED.sub(" ", _last_clause(_SUBORDINATE.sub(" ", _PARENTHETICAL.sub(" ", small))))
    listed = _is_listed_as_later(text[max(0, word_start - SECTION_LENGTH) : word_start])
    if _ends(clause, word) or (WORD.search(line) and _LABEL.search(line)) or listed:
        return "deny"
    if _ends(clause, "uncertain") or _ends(line.lower(), "event"):
        return "part"
    if word != "bare":
        return ""
    if _ends(line.lower(), "purpose"):
        return "deny"
    name = "gerund" if _form(text, word_start).startswith(_GERUNDS) else "also later"
    return "part" if _ends(small, name) else ""


def _ends(before: str, table: str, first: int = 0) -> bool:
    """Tell whether the words of a table end `before`: without words no table need be compiled."""
    return bool(WORD.search(before, first) and clause_pattern(table).search(before, first))


def _begins(after: str, table: str) -> bool:
    return bool(WORD.search(after) and clause_pattern(table).match(after))


def _form(text: str, word_start: int) -> str:
    return text[word_start : word_start + 12].lower()


def is_denied_object(before: str) -> bool:
    """Tell whether `before` ends as "does not fix the cause of" does."""
    plain = _plain(before)
    return bool(_NOT.search(plain) and _denied_object().search(plain))


def _is_listed_as_later(before: str) -> bool:
    """Tell whether the line is a bullet under "Out of scope:" or "## TODO"."""
    *above, line = before.split("\n")
    if not above or not _BULLET.match(line):
        return False
    return _SECTION.fullmatch(next(filter(_may_head, reversed(above)), "")) is not None


@lru_cache(maxsize=256)
def _may_head(line: str) -> bool:
    return bool(line.strip()) and not _BULLET.match(line)


def _asks(before: str) -> bool:
    """Tell whether the sentence begins as questions do."""
    sentence = re.split(r"[\n.!?:;]\s*", _plain(before))[-1]
    return _QUESTION.match(sentence) is not None


def _plain(text: str) -> str:
    """Normalise `text` for comparison: plain letters and apostrophes, no emphasis."""
    text = re.sub(r"[’‘ʼ`´]", "'", text.replace("ё", "е").replace("Ё", "Е"))
    return re.sub(rf"[ \t\r*_{STRUCK}]+", " ", text)


def _last_clause(before: str) -> str:
    """Return the clause at the end of `before`; with "not fix and close", the negation too."""
    ends = [0, *(match.end() for match in _CLAUSE_END.finditer(before))]
    clause = before[ends[-1] :]
    earlier = before[ends[-2] : ends[-1]] if len(ends) > 1 and not clause.strip() else ""
    if _NOT.search(earlier) and _denied_list().search(earlier):
        return _AND.sub("", earlier)
    return clause


_NOT = re.compile(rf"\b{NOT}", re.IGNORECASE)
_AND = re.compile(r"\b(?:and|и)\s*\Z", re.IGNORECASE)


@cache
def _aside() -> re.Pattern[str]:
    """Return the pattern of "does not, on its own, fix": words between two commas."""
    return re.compile(
        rf"\b({NOT}(?:\s(?:yet|quite|really|actually|пока|еще))?),\s[^,.;:!?\n()]{{1,40}},\s*\Z",
        re.IGNORECASE,
    )


@cache
def _denied_object() -> re.Pattern[str]:
    return re.compile(
        rf"\b{NOT}\s(?:\w+\s){{0,2}}(?:{CLOSING})(?:,\s[^,.\n]{{1,30}},|\s(?:полностью|до конца|"
        r"целиком|совсем|всю|(?:саму\s)?(?:проблему|причину|ошибку)(?:\s(?:из|в))?|all of|"
        r"the (?:whole|rest|(?:root )?cause|problem|crash|bug|underlying \w+)"
        r"(?: (?:of|in|from|behind))?))\s\Z",
        re.IGNORECASE,
    )


@cache
def _denied_list() -> re.Pattern[str]:
    return re.compile(rf"\b{NOT}\b.*\b(?:{CLOSING})\s(?:and|и)\s*\Z", re.IGNORECASE)


def _last_line(before: str) -> str:
    return re.split(r"\n|[.!?](?=\s)|;", before)[-1]


def _is_asked(after: str) -> bool:
    """Tell whether the sentence ends with a question mark."""
    match = _SENTENCE_END.search(after)
    return match is not None and match[0] == "?"


def is_numbered_part(text: str, start: int, end: int) -> bool:
    """Tell whether the line around a reference names a part, "part 1 of 3", not the last."""
    return _numbered_part(text, start, end) is True


def _numbered_part(text: str, start: int, end: int) -> bool | None:
    """Tell whether the line names a part that is not the last; None where it names none."""
    nearest = max(0, start - CLAUSE_LENGTH)
    first = max(text.rfind("\n", nearest, start) + 1, nearest)
    last = text.find("\n", end, end + CLAUSE_LENGTH)
    line = text[first : end + CLAUSE_LENGTH if last < 0 else last]
    is_last = None
    for match in _NUMBERED_PART.finditer(line.lower()):
        numbers = [int(digits) for digits in match.groups() if digits]
        if not numbers or numbers[0] < numbers[1]:
            return True
        is_last = False
    return is_last
