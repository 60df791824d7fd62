"""The words before a reference that decide its meaning, in English and Russian. Pure.

The CI reporter has this file too: Python 3.9, and nothing but the standard library.
"""

from __future__ import annotations

import re
from functools import cache

# "see B24-5" links the merge request to the task and leaves the task where it is.
MENTION_WORDS = (
    "see", "see also", "also see", "cf", "cf.", "compare", "compare with", "similar to", "like",
    "ref", "ref.", "refs", "refs.", "refer to", "refers to", "reference", "references",
    "related", "related to", "relates", "relates to", "relating to", "mention", "mentions",
    "part of", "depends on", "blocked by", "blocks", "follow up to", "follow-up to", "follows",
    "follow up of", "follow-up of", "follow-up for", "follow up for", "needed for", "requires",
    "regression from", "regression of", "regression in", "regression since", "regressed in",
    "regressed by", "caused by", "introduced by", "introduced in", "broken by", "broken in",
    "broken since", "because of", "due to", "thanks to", "duplicate of", "duplicates", "dup of",
    "dupe of", "duplicate", "same as", "unrelated to", "not related to", "nothing to do with",
    "after", "before", "since", "until", "without", "except", "besides", "instead of", "unlike",
    "as in", "based on", "on top of", "built on", "split from", "split out of", "extracted from",
    "spun off from", "superseded by", "replaced by", "fixed by", "fixed in", "solved by",
    "solved in", "closed by", "closed in", "resolved by", "resolved in", "done in", "done by",
    "implemented in", "implemented by", "addressed in", "addressed by", "handled in", "tracked in",
    "tracked by", "discussed in", "reported in", "found in", "noticed in", "mentioned in",
    "described in", "left for", "left to", "moved to", "postponed to", "deferred to", "waits for",
    "waiting for", "waiting on", "inspired by", "context", "background", "cc", "todo", "later",
    "leftover from", "leftovers from", "leftovers of", "same bug as", "same problem as", "dup",
    "same issue as", "cause", "culprit", "introduced with", "broke in", "bisected to", "parent",
    "child of", "epic", "blocked on", "follow up on", "follow-up on", "followup to", "followup",
    "originates from", "stems from", "triggered by", "result of", "reverted by", "reverted in",
    "fallout of", "fallout from", "left over from", "split off from", "independent of",
    "independently of", "orthogonal to", "in addition to", "together with", "along with",
    "closed with", "fixed with", "resolved with", "fixed together with", "reported by", "seen in",
    "reported under", "once", "when", "whenever", "if", "unless", "as soon as", "in case", "till",
    "because", "whether", "follows up on", "refers back to", "not part of", "better than",
    "alongside", "similar", "compare to", "in contrast to", "contrary to",
    "см", "см.", "см. также", "смотри", "смотри также", "смотрите", "сравни", "ср.",
    "связано с", "связан с", "связана с", "связаны с", "связанные", "связанная",
    "относится к", "относятся к", "ссылка на", "ссылается на", "упоминает", "упоминание",
    "часть", "зависит от", "блокируется", "блокирует", "похоже на", "аналогично", "по аналогии с",
    "продолжение", "из-за", "после", "до", "перед", "без", "кроме", "вместо", "дубль", "дубликат",
    "дублирует", "дублируется", "повтор", "то же, что", "то же что", "вызвано", "вызвана",
    "вызван", "вызваны", "регрессия из", "регрессия от", "регрессия после", "регресс из",
    "регресс после", "регрессия", "сломано в", "сломалось в", "сломалось после", "появилось в",
    "появилось после", "найдено в", "обнаружено в", "замечено в", "исправлено в", "закрыто в",
    "решено в", "сделано в", "реализовано в", "обсуждали в", "описано в", "перенесено в",
    "вынесено в", "отложено до", "отложено в", "не относится к", "не относятся к", "не связано с",
    "не связан с", "не связана с", "не касается", "не затрагивает", "на основе",
    "по мотивам", "как в", "ждет", "ждёт", "ожидает", "требует", "требуется для", "нужно для",
    "заблокировано", "заблокирована", "блокер", "заменено", "отделено от", "выделено из",
    "подробности в", "контекст", "из за", "из–за", "как и в", "дублем", "является дублем",
    "по итогам", "связано", "причина", "источник", "позже", "потом", "на потом", "после закрытия",
    "после исправления", "до закрытия", "до исправления", "перед закрытием", "перед исправлением",
    "без исправления", "без закрытия", "вместо исправления", "вместо закрытия", "родитель", "эпик",
    "в отличие от", "подробнее в", "подробнее", "подробности", "баг из", "изза", "если", "когда",
    "пока", "как только", "поскольку", "так как", "потому что", "регресс", "при работе над",
    "для закрытия", "для исправления", "вместе с", "независимо от", "нашли в", "нашел в", "нашёл в",
    "while working on", "was", "formerly", "previously", "ранее", "бывшая", "бывший",
    "исправлена в", "исправлен в", "исправлены в", "закрыта в", "закрыт в", "решена в", "сделана в",
    "реализована в", "по следам", "следствие", "наследие", "остатки", "виновник",
)  # fmt: skip

# "Closes B24-5" says that the work of the task ends with the merge request. By form: what "does
# not" stands before, what says that it happens, and what says that it has happened.
BARE_CLOSING_WORDS = (
    "close", "closing", "fix", "fixing", "resolve", "resolving", "complete", "implement",
    "implementing", "finish", "закрыть", "исправить", "исправление", "решить", "завершить",
    "выполнить", "реализовать", "починить", "сделать",
)  # fmt: skip
PRESENT_CLOSING_WORDS = (
    "closes", "fixes", "resolves", "completes", "implements", "finishes", "закрывает",
    "закрывают", "закрываем", "исправляет", "исправляем", "решает", "решаем", "завершает",
    "выполняет", "реализует", "чинит",
)  # fmt: skip
PAST_CLOSING_WORDS = (
    "closed", "fixed", "resolved", "completed", "implemented", "finished", "закрыл", "закрыла",
    "закрыли", "закрыто", "закрыта", "закрыт", "закрыты", "исправил",
    "исправила", "исправили", "исправлено", "исправлена", "исправлен", "исправлены", "решил",
    "решила", "решили", "решено", "решена", "решён", "решен",
    "завершил", "завершила", "завершено", "завершена", "выполнил", "выполнила", "выполнено",
    "выполнена", "реализовал", "реализовала", "реализовано", "реализована", "починил",
    "починила", "починено", "сделано", "сделана", "сделал", "сделала",
    "сделали",
)  # fmt: skip
CLOSING_WORDS = (*BARE_CLOSING_WORDS, *PRESENT_CLOSING_WORDS, *PAST_CLOSING_WORDS)

# "закроем B24-5" promises; "reopens B24-5" says the contrary. The work goes on.
UNFINISHED_WORDS = (
    "reopen", "reopens", "reopened", "reopening", "re-open", "re-opens", "towards", "toward",
    "progress on", "start of", "starts", "half of", "some of", "groundwork for", "preparation for",
    "prepares for", "prepares", "contributes to", "partially", "partly", "partial", "unblocks",
    "unblock",
    "partially addresses", "partly addresses", "closing of", "keeps open", "keep open",
    "leaves open", "continues", "begins", "wip on",
    "закроет", "закроем", "закрою", "закроют", "исправит", "исправим", "исправлю", "исправят",
    "решит", "решим", "решу", "завершит", "завершим", "выполнит", "выполним", "реализуем",
    "починит", "починим", "починю", "сделаем", "сделаю", "доделаем", "доделаю", "закончим",
    "переоткрывает", "переоткрыть", "переоткрыта", "возвращает в работу", "возобновляет",
    "most of", "one of", "much of", "workaround for", "works around", "work around",
    "закрывать", "исправлять", "чинить", "завершать", "решать", "выполнять", "доделывать",
    "обходит", "обход для", "обход",
    "подготовка к", "частично", "половина", "начало", "начинает", "продолжает", "задел для",
)  # fmt: skip
# What stands between a closing word and "of B24-5": a part of it is fixed.
_PART_OF = (
    r"(?:%s)\s(?:(?:a|an|the|this|one|\w+)\s){0,3}?(?:(?:parts?|half|halves|pieces?|bits?|aspects?|"
    r"cases?|some|most|one|two|several|many|symptoms?|steps?\s\d|phases?\s\d|"
    r"\d/\d|\d{1,2}\s?%%)\s(?:of\s|from\s)"
    r"(?:the\s\w+\s(?:of|in|from)\s)?|(?:часть|половину|один\sиз\s\w+|одну\sиз\s\w+|"
    r"несколько\s\w+|шаг\s\d|этап\s\d|симптом\w*)\s(?:из\s|в\s|по\s)?)"
)
# Beside the denied closing words.
DENYING_WORDS = (
    "does not address", "doesn't address", "does not touch", "doesn't touch", "does not affect",
    "doesn't affect", "does not concern", "does not solve", "doesn't solve", "does not cover",
    "doesn't cover", "does not belong to", "does not relate to", "doesn't relate to", "not for",
    "won't do", "wontfix", "not doing", "не трогает", "не делаем", "не для", "не закрывать",
    "не закрывай", "не закрывайте", "не исправлять", "не решать", "не завершать", "не трогать",
    "не выполнять", "не чинить", "не делать", "не откатывать", "не откатываем", "do not revert",
    "don't revert", "not reverting", "не фиксит", "не пофиксил", "не фиксим", "не правит",
    "нельзя закрывать", "рано закрывать",
)  # fmt: skip
# "Reverts B24-5" takes the work back.
REVERTING_WORDS = (
    "revert", "reverts", "reverted", "reverting", "rolls back", "roll back", "rolled back",
    "rollback of", "rolling back", "backs out", "back out", "backed out", "undo", "undoes",
    "takes back", "откатить", "откатывает", "откатываем", "откатил", "откатила", "откат",
    "отменяет", "отменить", "отмена",
)  # fmt: skip

TASK_NOUNS = ("task", "tasks", "issue", "issues", "ticket", "tickets", "bug", "bugs",
         "задача", "задачи", "задачу", "задаче", "задач", "задачей", "задачами", "задачам",
         "тикет", "тикета", "тикеты", "баг", "бага", "баги", "ошибка", "ошибки", "ошибку",
         "дефект", "дефекта", "дефекты")  # fmt: skip

# What may stand between two references of one list: "see B24-5, B24-6 and B24-7", or bullets.
LIST_GLUE = re.compile(
    r"[\s*_\])]{0,4}(?:[,;]\s{0,3}(?:and|or|и|или)\b|[,;/&+]|\b(?:and|or|nor|и|или)\b"
    r"|\n\s{0,4}[-*+]\s)[\s*_\[(]{0,4}",
    re.IGNORECASE,
)
KEYWORD_DISTANCE = 64  # characters before a reference in which its keyword may stand
_GROUPS = {
    "mention": MENTION_WORDS, "deny": DENYING_WORDS, "part": UNFINISHED_WORDS,
    "revert": REVERTING_WORDS, "bare": BARE_CLOSING_WORDS, "present": PRESENT_CLOSING_WORDS,
    "past": PAST_CLOSING_WORDS,
}  # fmt: skip


def any_word_pattern(words: tuple[str, ...]) -> str:
    """Return a pattern that matches any of `words`, the longest first; quick by their letters."""
    by_letter: dict[str, list[str]] = {}
    for word in sorted(words, key=len, reverse=True):
        rest = re.escape(word[1:]).replace(r"\ ", r"(?:\s{1,3}|-)")
        by_letter.setdefault(word[0], []).append(rest)
    return "|".join(f"{letter}(?:{'|'.join(rests)})" for letter, rests in by_letter.items())


@cache
def _keyword_pattern() -> re.Pattern[str]:
    """Return the pattern of all keywords, in small letters: ignoring case costs five times as much.

    Cached, as it takes milliseconds to compile.
    """
    patterns = {kind: any_word_pattern(words) for kind, words in _GROUPS.items()}
    patterns["part"] += "|" + _PART_OF % any_word_pattern(CLOSING_WORDS)
    patterns["part"] += r"|(?:\d/\d|\d{1,2}\s?%)\sof"
    patterns["deny"] += rf"|(?:{any_word_pattern(CLOSING_WORDS)})\sли"
    kinds = "|".join(f"(?P<{kind}>{pattern})" for kind, pattern in patterns.items())
    parts = r"(?:changes?|work|code|fix|commits?|изменения|работу)\s(?:of|from|for|по)\s"
    return re.compile(
        rf"(?<![^\W_])(?:(?<!-)|(?<=\bauto-))(?:{kinds})\x01{{0,64}}"
        r"[\s:*_\[(\"“«#№]{0,6}(?:\x01{1,64},?)?\s{0,3}(?:(?:both|all\sof|всю|"
        r"весь)\s)?(?:\n\s{0,4}[-*+]\s{1,3}[*_\[(]{0,3})?"
        rf"(?:the\s)?(?:{parts})?(?:(?:{any_word_pattern(TASK_NOUNS)})[\s:*_\[(#№\"“«]{{1,4}})?"
        # "Closes #12, acme/shop#13 and B24-5": the code host's own issues, before ours
        r"(?:[\w./-]{0,30}#\d{1,9}(?:\s?[,;&+]\s?(?:and\s|и\s)?|\s(?:and|и)\s|\s)){0,3}\Z"
    )


def keyword_before(text: str, start: int) -> tuple[str, int]:
    """Return the kind of the keyword right before `start`, "" for none, and its position.

    The kind is mention, deny, part, revert, or a closing word's form: bare, present or past.
    """
    first = max(0, start - KEYWORD_DISTANCE)
    margin = max(0, first - 6)  # what is looked back at: "auto-" and what stands before it
    before = text[margin:start].lower()
    match = _keyword_pattern().search(before, first - margin)
    return (match.lastgroup or "", start - len(before) + match.start()) if match else ("", start)
