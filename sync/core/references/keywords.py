"""The words before a reference that say what it means, in English and Russian. Pure.

The CI reporter has this file too: Python 3.9, and nothing but the standard library.
"""

from __future__ import annotations

import re
from functools import cache

# "see B24-5" links the merge request to the task and leaves the task where it is.
MENTION_WORDS = (
    "see", "see also", "also see", "cf", "cf.", "compare", "compare with", "similar to",
    "ref", "ref.", "refs", "refs.", "refer to", "refers to", "reference", "references",
    "related", "related to", "relates", "relates to", "relating to", "mention", "mentions",
    "part of", "depends on", "blocked by", "blocks", "follow up to", "follow-up to", "follows",
    "см", "см.", "см. также", "смотри", "смотри также", "смотрите", "сравни", "ср.",
    "связано с", "связан с", "связана с", "связаны с", "связанные", "связанная",
    "относится к", "относятся к", "ссылка на", "ссылается на", "упоминает", "упоминание",
    "часть", "зависит от", "блокируется", "блокирует", "похоже на", "аналогично", "по аналогии с",
    "продолжение",
)  # fmt: skip

# "Closes B24-5" says that the work of the task ends with the merge request.
CLOSING_WORDS = (
    "close", "closes", "closed", "closing", "fix", "fixes", "fixed", "fixing",
    "resolve", "resolves", "resolved", "resolving", "complete", "completes", "completed",
    "implement", "implements", "implemented", "implementing", "finish", "finishes", "finished",
    "закрыть", "закрывает", "закрывают", "закрываем", "закрыл", "закрыла", "закрыли", "закрыто",
    "закрыта", "закрыт", "исправить", "исправляет", "исправляем", "исправил", "исправила",
    "исправили", "исправлено", "исправлена", "исправлен", "исправление", "решить", "решает",
    "решаем", "решил", "решила", "решили", "решено", "решена", "решён", "решен",
    "завершить", "завершает", "завершил", "завершила", "завершено", "завершена", "выполнить",
    "выполняет", "выполнил", "выполнила", "выполнено", "выполнена", "реализовать", "реализует",
    "реализовал", "реализовала", "реализовано", "реализована", "починить", "чинит", "починил",
    "починила", "починено", "сделать", "сделано", "сделана",
)  # fmt: skip

TASK_NOUNS = ("task", "tasks", "issue", "issues", "задача", "задачи", "задачу", "задаче", "задач",
         "задачей", "задачами", "задачам")  # fmt: skip

# What may stand between two references of one list: "see B24-5, B24-6 and B24-7", or bullets.
LIST_GLUE = re.compile(
    r"[\s*_\])]{0,4}(?:[,;]\s{0,3}(?:and|и)\b|[,;/&+]|\b(?:and|or|и|или)\b|\n\s{0,4}[-*+]\s)"
    r"[\s*_\[(]{0,4}",
    re.IGNORECASE,
)

KEYWORD_DISTANCE = 64  # characters before a reference in which its keyword may stand


def _any_word_pattern(words: tuple[str, ...]) -> str:
    longest_first = sorted(words, key=len, reverse=True)
    return "|".join(re.escape(word).replace(r"\ ", r"\s{1,3}") for word in longest_first)


@cache
def _keyword_pattern() -> re.Pattern[str]:
    """Return the pattern of all words, which takes milliseconds to compile."""
    mention, close = _any_word_pattern(MENTION_WORDS), _any_word_pattern(CLOSING_WORDS)
    return re.compile(
        rf"(?<!\w)(?:(?P<mention>{mention})|(?P<close>{close}))"
        r"[\s:*_\[(]{0,4}(?:\n\s{0,4}[-*+]\s{1,3}[*_\[(]{0,3})?"
        rf"(?:(?:the\s)?(?:{_any_word_pattern(TASK_NOUNS)})[\s:*_\[(]{{1,4}})?\Z",
        re.IGNORECASE,
    )


def link_kind_before(text: str, start: int) -> str:
    """Return what the words right before `start` say of a reference: mention, close or ""."""
    match = _keyword_pattern().search(text, max(0, start - KEYWORD_DISTANCE), start)
    return (match.lastgroup or "") if match else ""
