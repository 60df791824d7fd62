"""What a commit's message tells tasks to do: closing words, and commands such as `#time 1h`. Pure.

A command follows the tasks of its line: `B24-12, B24-13 #time 1h 30m review #done`. Quotes, code
and addresses command nothing, nor does a title that only repeats another commit's.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice, pairwise

from sync.core.i18n import durations
from sync.core.model.common import LinkKind
from sync.core.references.find import QUOTED, find, places
from sync.core.references.prose import prose_of
from sync.core.rules.portal import ReferenceRules
from sync.text.chars import cleaned
from sync.text.clip import clipped

MOST_TEXT = 100_000  # characters of a message: more is no message
MOST_COMMANDS = 50  # of one commit
MOST_WORDS = 2_000  # characters of a comment, or of what the time was spent on
MOST_SECONDS = 160 * 3600  # four weeks of work: more is a slip of the pen
_MOST_QUOTED = 40  # characters of what could not be read


class Verb(StrEnum):
    CLOSE = "close"  # the closing words
    DONE = "done"
    START = "start"
    COMMENT = "comment"
    TIME = "time"


# Lower case, with hyphens.
WORDS: dict[str, Verb] = {
    "time": Verb.TIME,
    "время": Verb.TIME,
    "comment": Verb.COMMENT,
    "комментарий": Verb.COMMENT,
    "in-progress": Verb.START,
    "в-работе": Verb.START,
    "done": Verb.DONE,
    "close": Verb.DONE,
    "resolve": Verb.DONE,
    "готово": Verb.DONE,
}


class Flaw(StrEnum):
    """Why a command cannot be followed."""

    DURATION = "duration"  # `text` is none
    LONG = "long"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Command:
    """`seconds`, `text`: of a time; `text`: of a comment. `flaw`: what is wrong with it."""

    task_id: int
    verb: Verb
    seconds: int = 0
    text: str = ""
    flaw: Flaw | None = None


@dataclass(frozen=True, slots=True)
class _Mark:
    """A `#word` that commands, or a reference to a task, and where it stands."""

    start: int
    end: int
    task_id: int = 0
    verb: Verb | None = None


_HASH = re.compile(r"(?<![\w/&#])#(?P<word>[^\W\d_][\w-]{1,20})(?![\w-]):?")
_ECHO = re.compile(
    r"""(?:Revert|Reapply) "|(?:fixup|squash|amend)! """
    r"""|Merge (?:(?:remote-tracking )?branch|tag|commit) """
)
_LINE = re.compile(r"[^\n]+")
_GLUE = re.compile(r"[\s,;:&+*_\-()\[\]]*(?:(?:and|и)[\s,;:]*)?", re.IGNORECASE)


def read(message: str, rules: ReferenceRules) -> tuple[Command, ...]:
    """The commands of a commit, in order, each once; those of closing words last.

    Their order is the same for ever. Takes time linear in the length of the message.
    """
    text = _own(message[:MOST_TEXT])
    found: dict[Command, None] = {}
    for command in _commands(text, rules):
        found[command] = None
        if len(found) == MOST_COMMANDS:
            break
    closed = (one for one in find(text, "commit", rules) if one.kind is LinkKind.CLOSE)
    return (*found, *(Command(one.task_id, Verb.CLOSE) for one in closed))


def title_of(message: str) -> str:
    return message.strip().partition("\n")[0].strip()


def _own(message: str) -> str:
    """Without a title that quotes another commit's, or a branch."""
    text = message.lstrip()
    return text.partition("\n")[2] if _ECHO.match(text) else text


def _commands(text: str, rules: ReferenceRules) -> Iterator[Command]:
    prose = prose_of(text)
    tasks = [_Mark(*place) for place in places(prose, rules)]
    starts = [task.start for task in tasks]
    for line in _LINE.finditer(prose):
        start, end = line.span()
        verbs = list(islice(_verbs(prose, start, end), MOST_COMMANDS))
        if verbs and not QUOTED.match(prose, start):
            named = tasks[bisect_left(starts, start) : bisect_left(starts, end)]
            yield from _of_line(text, verbs, named[:MOST_COMMANDS], end)


def _verbs(prose: str, start: int, end: int) -> Iterator[_Mark]:
    for found in _HASH.finditer(prose, start, end):
        verb = WORDS.get(found["word"].casefold().replace("_", "-"))
        if verb:
            yield _Mark(found.start(), found.end(), verb=verb)


def _of_line(
    text: str, verbs: Sequence[_Mark], named: Sequence[_Mark], end: int
) -> Iterator[Command]:
    """Who is named before the first command is told every one, until others are named."""
    targets = [task for task in named if task.end <= verbs[0].start]
    for verb, following in pairwise((*verbs, _Mark(end, end))):
        until = following.start
        inside = [task for task in named if verb.end <= task.start < until]
        others = inside if following.verb and _names_others(text, verb, inside, until) else []
        words = text[verb.end : others[0].start if others else until]
        for task in targets:
            yield _command(task.task_id, verb.verb, words)
        targets = others or targets


def _names_others(text: str, verb: _Mark, inside: Sequence[_Mark], until: int) -> bool:
    """Whether between two commands there are only tasks, those of the second one.

    `B24-1 #time 1h B24-2 #time 2h`. The words of a comment name nobody.
    """
    if not inside or verb.verb is Verb.COMMENT:
        return False
    first, *rest = (
        text[one.end : other.start] for one, other in pairwise((verb, *inside, _Mark(until, until)))
    )
    if verb.verb is Verb.TIME:
        span = durations.leading(first.strip())
        first = first if span is None else span[1]
    return all(_GLUE.fullmatch(piece) for piece in (first, *rest))


def _command(task_id: int, verb: Verb | None, words: str) -> Command:
    said = " ".join(cleaned(words).split())
    match verb:
        case Verb.TIME:
            return _time(task_id, said)
        case Verb.COMMENT:
            flaw = None if said else Flaw.EMPTY
            return Command(task_id, Verb.COMMENT, text=clipped(said, MOST_WORDS), flaw=flaw)
        case _:
            return Command(task_id, verb or Verb.DONE)


def _time(task_id: int, said: str) -> Command:
    span = durations.leading(said)
    if span is None or span[0] <= 0:
        text = clipped(said, _MOST_QUOTED)
        return Command(task_id, Verb.TIME, text=text, flaw=Flaw.DURATION)
    seconds, rest = span
    if seconds > MOST_SECONDS:
        return Command(task_id, Verb.TIME, MOST_SECONDS, clipped(said, _MOST_QUOTED), Flaw.LONG)
    return Command(task_id, Verb.TIME, seconds, clipped(rest, MOST_WORDS))
