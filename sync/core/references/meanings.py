"""Decide what a text says about each task: mention, deny, revert, part, move or close. Pure.

The CI reporter has this file too: Python 3.9, and nothing but the standard library.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import islice

from sync.core.references.clauses import CLAUSE_LENGTH, is_denied_object, weakened
from sync.core.references.keywords import LIST_GLUE, keyword_before
from sync.core.references.prose import QuotedLines, mask_code
from sync.core.references.reverts import (
    LINE_LENGTH,
    LIST_LENGTH,
    branch_reverts,
    listed_revert,
    may_list_reverts,
    reverts_at,
)

# From weak to strong. mention: looked at. deny: said not to be closed. revert: taken back. part:
# worked on, and goes on afterwards. move: worked on. close: ends.
KINDS = ("mention", "deny", "revert", "part", "move", "close")
MAX_REFERENCES = 1_000  # that are read in one text: more is a list, and no prose
_WORK = frozenset({"part", "move", "close"})
_OWN_SOURCES = ("title", "description")
_SCOPE_END = re.compile(r"[^)\]\n]{0,40}[)\]]!?:")
_SCOPE_START = re.compile(
    r"(?:^|\n)[\s*+-]{0,4}(?:\w{1,20}\(|fix\s?[(\[])[^)\]\n]{0,40}\Z", re.IGNORECASE
)
_MERGE_TITLE = re.compile(r"\s*Merge (?:(?:remote-tracking )?branch|tag|commit)\b[^\n]*")
_LIST_ITEM = re.compile(r"\s{0,9}[-*+]\s")
_UNTICKED = re.compile(r"\s{0,12}(?:>\s?)?(?:[-*+]|\d{1,3}[.)])\s{1,3}\[[ ~\u00a0]?\]")
_DIRECT = re.compile(
    r"\b(?P<deny>but\snot|not(?:\sfor)?|neither|nor|none\sof|except|excluding|но\sне|а\sне|не|ни|"
    r"кроме)\s{1,3}\Z|\b(?P<part>(?:step|part|phase|stage)\s\d{1,3}\sof|"
    r"(?:шаг|этап|часть)\s\d{1,3}(?:\s(?:по|из))?|partially|partly|maybe|perhaps|possibly|частично|возможно|"
    r"отчасти|may\sbe|может\sбыть)\s{1,3}\Z|\b(?P<mention>(?:reported|found|seen|noticed|"
    r"mentioned|discussed|described|introduced|caused|broken|tracked)\s(?:\w+\s){0,3}?"
    r"(?:in|by|with|under)\s)\Z",
    re.IGNORECASE,
)

# "Type: fix", "Changelog: fixed": what kind of change it is.
_LABEL_OF_KIND = re.compile(
    r"[\s*_>#-]{0,6}(?:(?:change|commit|mr)\s)?(?:type|kind|category|changelog|status|state|class|scope|"
    r"тип|вид|категория|статус|состояние)(?:\sof\s\w+)?[*_]{0,2}\s?:[\s*_`\[]{0,4}",
    re.IGNORECASE,
)
# "Closes B24-5, B24-6 is next": of the second another sentence tells.
_PREDICATE = re.compile(
    r"\s(?:will|(?:is|are)(?!\s(?:fixed|closed|done|resolved))|needs?|comes?|follows?|remains?|stays?|not|"
    r"excluded|later|next|to\s(?:follow|come|do)|ещ[её]|позже|потом|пока|нет|будет|остал?\w+|не)\b",
    re.IGNORECASE,
)
_TARGET = re.compile(r"\]\([\0\s]*\)")  # of a link, whose address is masked

Match = tuple[int, int, int]  # start, end, task id


@lru_cache(maxsize=64)
def reference_pattern(prefix: str) -> re.Pattern[str]:
    """Return the pattern of a reference: the prefix, a hyphen and one to ten digits.

    No letter or digit may touch it; an underscore may, as in branches like `B24-5_payment`.
    `B24-1.5` is a version, `B24-12.x` a branch of one, `b24-12@acme.example` an address and
    `@b24-12` a person.
    """
    return re.compile(
        rf"(?<![^\W_])(?<!@){re.escape(prefix)}-(?P<id>[1-9][0-9]{{0,9}})"
        r"(?![^\W_]|\.[0-9]|\.(?-i:[a-zа-яё])|@[^\W_])",
        re.IGNORECASE,
    )


def task_kinds(
    text: str, source: str, matches: Callable[[str], Iterable[Match]], title: str = ""
) -> dict[int, str]:
    """Map each task id to what `text` says about it, in order of appearance.

    `source`: branch, title, description or commit. `matches` finds references in a text. `title`:
    that of a description, which may say whose titles it quotes. Takes time linear in the length of
    the text.
    """
    if source == "branch":
        return {
            task_id: "revert" if branch_reverts(text, start) else "move"
            for start, _, task_id in matches(text)
        }
    prose = mask_code(text)
    title_end = _end_of_title(prose)
    kinds: dict[int, list[str]] = {}
    titles: dict[int, list[str]] = {}
    for start, task_id, kind in _read(prose, islice(matches(prose), MAX_REFERENCES), title):
        kinds.setdefault(task_id, []).append(kind)
        if title_end < 0 or start < title_end:
            titles.setdefault(task_id, []).append(kind)
    return {task_id: _settled(titles.get(task_id, []), kinds[task_id]) for task_id in kinds}


def _end_of_title(prose: str) -> int:
    """Return where the title's line ends, -1 for nowhere.

    For a merge commit it is the title of what is merged.
    """
    if _LIST_ITEM.match(prose):
        return 0  # a list, of which the last word counts
    merge = _MERGE_TITLE.match(prose)
    body = prose[merge.end() :] if merge else prose
    start = (merge.end() if merge else 0) + len(body) - len(body.lstrip())
    return prose.find("\n", start)


def _settled(of_title: list[str], of_text: list[str]) -> str:
    """Combine what a text says about a task: the title first, then later lines before earlier."""
    if _is_reverted(of_title):
        return "revert"
    if not _WORK.intersection(of_title):
        last = max((n for n, kind in enumerate(of_text) if kind == "revert"), default=-1)
        of_text = of_text[last:] if last >= 0 else of_text
    return combined_kind([("", kind) for kind in of_text], own_sources=("",))


def _is_reverted(kinds: Iterable[str]) -> bool:
    """Tell whether the work is taken back and not done in the same place."""
    kinds = set(kinds)
    return "revert" in kinds and not _WORK & kinds


def combined_kind(
    mentions: Iterable[tuple[str, str]], own_sources: tuple[str, ...] = _OWN_SOURCES
) -> str:
    """Combine all (source, kind) pairs of one task into one kind.

    Whether work is taken back is decided by the title, then by the description, the branch, the
    commits. "Partly" or "does not close" in a title or description outweighs a closing branch or
    commit.
    """
    mentions = list(mentions)
    for sources in (("title",), ("description",), ("branch",), ("commit", "")):
        of_source = {kind for source, kind in mentions if source in sources}
        if of_source & (_WORK | {"revert"}):
            if _is_reverted(of_source):
                return "revert"
            break
    kinds = {kind for _, kind in mentions if kind != "revert"}
    own = {kind for source, kind in mentions if source in own_sources}
    if "close" not in own and own & {"deny", "part"} and kinds & _WORK:
        return "part"
    return max(kinds, key=KINDS.index, default="revert")


def _read(prose: str, matches: Iterable[Match], title: str) -> Iterable[tuple[int, int, str]]:
    """Yield start, task id and kind; a reference that continues a list inherits its kind."""
    last_end, last_kind = -1, "move"
    quoted, lines = QuotedLines(prose, title), _Lines(prose)
    lists_reverts = may_list_reverts(title) or may_list_reverts(prose)
    for start, end, task_id in matches:
        line_start, line = lines.line_at(start)
        above = prose[max(0, line_start - LIST_LENGTH) : line_start]
        context = f"{title}\n\n{above}" if line_start <= LIST_LENGTH else above
        taken_back = listed_revert(context, line) if lists_reverts else None
        if taken_back is not None:
            kind = "revert" if taken_back else "move"
        else:
            kind = _kind_at(prose, start, end, line_start, line)
        if not kind and last_end >= 0 and _continues_list(prose, last_end, start):
            tells_other = last_kind == "close" and _PREDICATE.match(prose, end)
            kind = "part" if tells_other else last_kind
        kind = kind or "move"
        last_end, last_kind = end, kind
        yield start, task_id, "mention" if quoted.contains(start) else kind


def _kind_at(prose: str, start: int, end: int, line_start: int, line: str) -> str:
    """Return what the words around a reference say about it, "" for nothing."""
    taken_back = reverts_at(line, start - line_start)
    if taken_back is not None:
        return "revert" if taken_back else "move"
    if line.startswith("Merge ") and branch_reverts(line, start - line_start):
        return "revert"
    word, word_start = keyword_before(prose, start)
    if word in KINDS:
        return word
    if word and "\n" in prose[word_start:start] and _is_value(prose, word_start):
        return ""
    if not word or _is_scope(prose, word_start, start, end):
        direct = _DIRECT.search(prose, max(0, start - 40), start)
        if not direct and is_denied_object(prose[max(0, start - CLAUSE_LENGTH) : start]):
            return "deny"
        return (direct.lastgroup if direct else None) or weakened(prose, "", start, start, end)
    place = word_start - line_start
    if _UNTICKED.match(line) or (place >= 0 and _is_in_quotes(line, place, end - line_start)):
        return "mention"
    return weakened(prose, word, word_start, start, end)


def _is_scope(prose: str, word_start: int, start: int, end: int) -> bool:
    """Tell whether the reference is the scope of a conventional commit: `fix(B24-5): …`."""
    header = prose[max(0, word_start - 10) : start]
    return _SCOPE_END.match(prose, end) is not None and _SCOPE_START.search(header) is not None


def _is_value(prose: str, word_start: int) -> bool:
    """Tell whether the word is the value of a line like `Type: fix`, which says nothing below."""
    line_start = prose.rfind("\n", 0, word_start) + 1
    return _LABEL_OF_KIND.fullmatch(prose, line_start, word_start) is not None


def _is_in_quotes(line: str, first: int, last: int) -> bool:
    """Tell whether `first` to `last` lie between the same quotation marks."""
    head = line[:first]
    if head.endswith((" '", "‘")) and line[last : last + 1] in ("'", "’"):
        return True
    opened = head.count('"') % 2 == 1 and '"' not in line[first:last] and '"' in line[last:]
    curly = any(
        head.rfind(mark) > head.rfind(end) and end in line[last:]
        for mark, end in (("«", "»"), ("“", "”"), ("„", "“"))
    )
    return opened or curly


def _continues_list(text: str, end: int, start: int) -> bool:
    if text.startswith("](\0", end) and start - end <= 300:
        return LIST_GLUE.fullmatch(_TARGET.sub("", text[end:start])) is not None
    return start - end <= 20 and LIST_GLUE.fullmatch(text, end, start) is not None


class _Lines:
    """The lines of a text by position; asked in ascending order, so each line is read once."""

    def __init__(self, text: str) -> None:
        self._text, self._start, self._end = text, 0, -1

    def line_at(self, place: int) -> tuple[int, str]:
        """Return where the line begins, and at most `LINE_LENGTH` characters of it."""
        if place > self._end:
            self._start = self._text.rfind("\n", max(self._end, 0), place) + 1
            end = self._text.find("\n", place)
            self._end = len(self._text) if end < 0 else end
        return self._start, self._text[self._start : min(self._end, self._start + LINE_LENGTH)]
