"""Parse the closing words and the commands (`#time 1h`) of a commit's message. Pure.

A command follows the tasks of its line: `B24-12, B24-13 #time 1h 30m review #done`. Commands in
quotes, code and addresses do not count, nor do those of a title that repeats another commit's. A
revert yields the verb REVERT for each task whose work it takes back.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from sync.core.i18n import durations
from sync.core.model.smart_commits import Flaw, SmartCommitCommand, Verb
from sync.core.model.tasks import LinkKind
from sync.core.references.find import find_matches, find_references
from sync.core.references.prose import QuotedLines, mask_code
from sync.core.references.reverts import (
    LINE_LENGTH,
    LIST_LENGTH,
    listed_revert,
    may_list_reverts,
    reverted_part,
)
from sync.core.rules.portal import ReferenceRules
from sync.text.chars import cleaned
from sync.text.clip import clipped

MAX_MESSAGE_LENGTH = 100_000  # characters of a message: more is no message
MAX_COMMANDS = 50  # of one commit
MAX_COMMENT_LENGTH = 2_000  # characters of a comment, or of what the time was spent on
MAX_SECONDS = 160 * 3600  # four weeks of work: more is a slip of the pen
_MAX_QUOTE_LENGTH = 40  # characters of an unreadable argument


# Lower case, with hyphens.
VERB_WORDS: dict[str, Verb] = {
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


# Verbs that need no `#`.
_WORDED_VERBS = {LinkKind.CLOSE: Verb.CLOSE, LinkKind.REVERT: Verb.REVERT}


@dataclass(frozen=True, slots=True)
class _Token:
    """A command word or a reference to a task, with its position."""

    start: int
    end: int
    task_id: int = 0
    verb: Verb | None = None


_HASHTAG = re.compile(r"(?<![\w/&#])#(?P<word>[^\W\d_][\w-]{1,20})(?![\w-]):?")
_QUOTED_TITLE = re.compile(
    r"(?:fixup|squash|amend)! |Merge (?:(?:remote-tracking )?branch|tag|commit) "
)
_QUOTED_WORDS = re.compile(r"[\"“„]([^\"“”„\n]{1,400})[\"”“]|«([^«»\n]{1,400})»")
_LINE = re.compile(r"[^\n]+")
_SEPARATORS = re.compile(r"[\s,;:&+*_\-()\[\]]*(?:(?:and|и)[\s,;:]*)?", re.IGNORECASE)


def parse_commands(message: str, rules: ReferenceRules) -> tuple[SmartCommitCommand, ...]:
    """Return a commit's commands in order, each once; then closing words and reverts.

    The order never changes, because it numbers the commands. Takes time linear in the length of the
    message.
    """
    text = _without_quoted_title(message[:MAX_MESSAGE_LENGTH])
    commands: dict[SmartCommitCommand, None] = {}
    for command in _commands(text, rules):
        commands[command] = None
        if len(commands) == MAX_COMMANDS:
            break
    references = find_references(text, "commit", rules)
    worded = (
        SmartCommitCommand(reference.task_id, verb)
        for kind, verb in _WORDED_VERBS.items()
        for reference in references
        if reference.kind is kind
    )
    return (*commands, *worded)


def commit_title(message: str) -> str:
    """Return the first line of a commit's message."""
    return message.strip().partition("\n")[0].strip()


def _without_quoted_title(message: str) -> str:
    """Drop a title that quotes another commit's, or a branch."""
    text = message.lstrip()
    return text.partition("\n")[2] if _QUOTED_TITLE.match(text) else text


def _commands(text: str, rules: ReferenceRules) -> Iterator[SmartCommitCommand]:
    prose = mask_code(text)
    tasks = [_Token(*place) for place in find_matches(prose, rules)]
    starts, quoted = [task.start for task in tasks], QuotedLines(prose)
    lists_reverts = may_list_reverts(prose)
    for line in _LINE.finditer(prose):
        start, end = line.span()
        verbs = list(islice(_verbs(prose, start, end), MAX_COMMANDS))
        if not verbs or quoted.contains(start):
            continue
        above = prose[max(0, start - LIST_LENGTH) : start]
        is_listed = lists_reverts and listed_revert(above, line[0][:LINE_LENGTH]) is not None
        if not is_listed:
            of_line = tasks[bisect_left(starts, start) : bisect_left(starts, end)]
            yield from _line_commands(text, verbs, of_line[:MAX_COMMANDS], end)


def _verbs(prose: str, start: int, end: int) -> Iterator[_Token]:
    """Yield the command words of a line, except those in words that it quotes."""
    quoted: list[tuple[int, int]] | None = None
    for match in _HASHTAG.finditer(prose, start, end):
        verb = VERB_WORDS.get(match["word"].casefold().replace("_", "-"))
        if not verb:
            continue
        if quoted is None:
            quoted = [*_quoted_spans(prose, start, end)]
        if not any(first <= match.start() < last for first, last in quoted):
            yield _Token(match.start(), match.end(), verb=verb)


def _quoted_spans(prose: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the quoted spans of a line: what a revert takes back, and quotation marks."""
    if part := reverted_part(prose[start : min(end, start + LINE_LENGTH)]):
        yield start + part[0], start + part[1]
    for words in islice(_QUOTED_WORDS.finditer(prose, start, end), MAX_COMMANDS):
        yield words.span()


def _line_commands(
    text: str, verbs: Sequence[_Token], tasks: Sequence[_Token], end: int
) -> Iterator[SmartCommitCommand]:
    """Yield a line's commands for the tasks before the first, until others are named."""
    targets = [task for task in tasks if task.end <= verbs[0].start]
    for verb, following in pairwise((*verbs, _Token(end, end))):
        until = following.start
        inside = [task for task in tasks if verb.end <= task.start < until]
        extra = inside if following.verb and _names_others(text, verb, inside, until) else []
        words = text[verb.end : extra[0].start if extra else until]
        for task in targets:
            yield _build_command(task.task_id, verb.verb, words)
        targets = extra or targets


def _names_others(text: str, verb: _Token, inside: Sequence[_Token], until: int) -> bool:
    """Tell whether only the second command's tasks stand between two commands.

    `B24-1 #time 1h B24-2 #time 2h`. Tasks in the words of a comment are part of the comment.
    """
    if not inside or verb.verb is Verb.COMMENT:
        return False
    first, *rest = (
        text[token.end : following.start]
        for token, following in pairwise((verb, *inside, _Token(until, until)))
    )
    if verb.verb is Verb.TIME:
        span = durations.parse_leading(first.strip())
        first = first if span is None else span[1]
    return all(_SEPARATORS.fullmatch(piece) for piece in (first, *rest))


def _build_command(task_id: int, verb: Verb | None, argument: str) -> SmartCommitCommand:
    words = " ".join(cleaned(argument).split())
    match verb:
        case Verb.TIME:
            return _build_time_command(task_id, words)
        case Verb.COMMENT:
            flaw = None if words else Flaw.EMPTY
            return SmartCommitCommand(
                task_id, Verb.COMMENT, text=clipped(words, MAX_COMMENT_LENGTH), flaw=flaw
            )
        case _:
            return SmartCommitCommand(task_id, verb or Verb.DONE)


def _build_time_command(task_id: int, argument: str) -> SmartCommitCommand:
    span = durations.parse_leading(argument)
    if span is None or span[0] <= 0:
        text = clipped(argument, _MAX_QUOTE_LENGTH)
        return SmartCommitCommand(task_id, Verb.TIME, text=text, flaw=Flaw.DURATION)
    seconds, rest = span
    if seconds > MAX_SECONDS:
        return SmartCommitCommand(
            task_id, Verb.TIME, MAX_SECONDS, clipped(argument, _MAX_QUOTE_LENGTH), Flaw.LONG
        )
    return SmartCommitCommand(task_id, Verb.TIME, seconds, clipped(rest, MAX_COMMENT_LENGTH))
