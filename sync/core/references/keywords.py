"""The words before a reference that decide its meaning, in English and Russian. Pure.

The CI reporter has this file too: Python 3.9, and nothing but the standard library.
"""

from __future__ import annotations

import re
from functools import cache

# "see B24-5" links the merge request to the task and leaves the task where it is.
MENTION_WORDS = (
    "see", "same as", "see also", "cf", "cf.", "similar to", "like", "part of",
    "depends on", "blocks", "needed for", "requires", "because of", "due to", "thanks to",
    "nothing to do with", "after", "before", "since", "until",
    "without", "except", "besides", "instead of", "unlike", "as in", "based on", "on top of",
    "built on", "extracted from", "left for", "inspired by", "context", "background", "cc", "todo",
    "later", "cause", "culprit", "broke in", "bisected to", "parent", "child of", "epic",
    "originates from", "stems from", "result of", "independent of", "independently of",
    "orthogonal to", "in addition to", "together with", "along with", "once",
    "when", "whenever", "if", "unless", "as soon as", "in case", "till", "because", "whether",
    "refers back to", "better than", "alongside", "similar", "in contrast to",
    "contrary to", "сравни", "ср.", "ссылка на", "ссылается на", "часть",
    "зависит от", "похоже на", "аналогично", "по аналогии с", "продолжение", "после", "до",
    "перед", "без", "кроме", "вместо", "повтор", "то же, что", "то же что", "обсуждали в",
    "на основе", "по мотивам", "ожидает", "требует",
    "требуется для", "нужно для", "блокер", "заменено", "отделено от", "выделено из", "контекст",
    "по итогам", "причина", "источник", "позже",
    "потом", "родитель", "эпик", "в отличие от", "если", "когда",
    "пока", "как только", "поскольку", "так как", "потому что", "при работе над", "вместе с",
    "независимо от", "while working on", "was", "formerly", "previously", "ранее", "бывшая",
    "бывший", "по следам", "следствие", "наследие", "остатки", "виновник",
    "reported under", "originally", "поверх", "благодаря", "отложили",
)  # fmt: skip
_MENTIONS = (  # the same in all their forms
    r"(?:fix|solv|clos|resolv|implement|address|handl|track|discuss|report|notic|mention|describ|"
    r"introduc|caus|trigger|revert|replac|supersed|regress)ed (?:by|in|with)|(?:done|broken|found|"
    r"seen) (?:by|in)|conflicts? (?:with|in)|конфликт\w* (?:с|в)|(?:moved|postponed|"
    r"deferred|left) to|regression (?:from|of|in|since)|same (?:bug|problem|issue|cause) as|"
    r"(?:left ?overs?|fallout|copied) (?:of|from)|(?:stacked|rebased) on(?:to)?|"
    r"discovered during|follow(?:s? up (?:to|of|for|on)|up(?: to)?|s)|"
    r"(?:split|spun)(?: off| out)? (?:of|from)|wait(?:s|ing) (?:for|on)|"
    r"ref(?:s|ers? to|erences?)?[.]?|compare(?: (?:to|with))?|mentions?|"
    r"(?:un)?relat(?:ed|es|ing)(?: to)?|"
    r"blocked (?:by|on)|dup(?:e of| of|licates?(?: of)?)?|"
    r"(?:исправлен|закрыт|реш[её]н|сделан|реализован|описан|перенес[её]н|отложен|найден|"
    r"обнаружен|замечен|сломан)[аоы]? в|вынесен[аоы]? (?:в|из)|вызван[аоы]?(?: \w+)?|"
    r"заблокирован[ао]?|(?:не )?относ[ия]тся к|"
    r"(?:сломал|появил|возник)\w* (?:в|после)|наш[её]?ли? в|регресс(?:ия)?(?: (?:из|от|после))?|"
    r"(?:не )?связан(?:н\w+|[аоы]?(?: с)?)|дубл(?:ь|икат|ирует(?:ся)?|ем)|блокирует(?:ся)?|"
    r"не (?:касается|затрагивает)|подробн(?:ости|ее)(?: в)?|упомина(?:ет|ние)|смотри(?: также|те)?|"
    r"см[.]?(?: также)?|жд[её][тм]|нуж(?:на|ен)|как(?: и)? в|из[-–]?за|из за|"
    r"(?:баг|ошибк\w|тест\w*) (?:из|от)|(?:bug|crash|error)s? from|fix is in|"
    r"(?:requir|need)ed by|"
    r"(?:после|до|перед|без|вместо|для) (?:закрыти[ея]м?|исправлени(?:я|ем))"
)

# "Closes B24-5" says that the work of the task ends with the merge request. By form: what "does
# not" stands before, what says that it happens, and what says that it has happened.
BARE_CLOSING_WORDS = (
    "close", "closing", "fix", "fixing", "resolve", "resolving", "complete", "implement",
    "implementing", "finish", "закрыть", "исправить", "исправление", "решить", "завершить",
    "выполнить", "реализовать", "починить", "сделать",
)  # fmt: skip
PRESENT_CLOSING_WORDS = (
    "closes", "fixes", "resolves", "completes", "implements", "finishes", "закрывает",
    "закрывают", "закрываем", "закрываю", "исправляет", "исправляем", "решает", "решаем",
    "завершает", "выполняет", "реализует", "чинит",
)  # fmt: skip
PAST_CLOSING_WORDS = (
    "closed", "fixed", "resolved", "completed", "implemented", "finished",
    *(f"{verb}л{end}" for verb in ("закры", "исправи", "реши", "заверши", "выполни", "реализова",
      "почини", "сдела") for end in ("", "а", "и")),
    *(f"{participle}{end}" for participle in ("закрыт", "исправлен", "решен", "решён", "завершен",
      "завершён", "выполнен", "реализован", "починен", "сделан") for end in ("", "о", "а", "ы")),
)  # fmt: skip
CLOSING_WORDS = (*BARE_CLOSING_WORDS, *PRESENT_CLOSING_WORDS, *PAST_CLOSING_WORDS)

# "закроем B24-5" promises; "reopens B24-5" says the contrary. The work goes on.
UNFINISHED_WORDS = (
    "towards", "toward", "progress on", "start of", "starts", "half of", "some of",
    "groundwork for", "preparation for", "prepares for", "prepares", "contributes to", "partially",
    "partly", "partial", "unblocks", "unblock", "closing of", "keeps open", "keep open",
    "leaves open", "continues", "begins", "wip on", "возвращает в работу", "возобновляет",
    "most of", "one of", "much of", "закрывать", "исправлять", "чинить", "завершать", "решать",
    "выполнять", "доделывать", "обходит", "обход для", "обход", "подготовка к", "частично",
    "половина", "начало", "начинает", "продолжает", "задел для",
)  # fmt: skip
WILL_CLOSE = (
    r"(?:закро|додела|сдела)(?:ет|ем|ю|ют)|реализуем|исправ(?:ит|им|лю|ят)|"
    r"(?:реш|заверш|законч)(?:ит|им|у|ат)|(?:почин|выполн)(?:ит|им|ю|ят)"
)
# What stands between a closing word and "of B24-5": a part of it is fixed.
_PART_OF = (
    r"(?:%s)\s(?:(?:a|an|the|this|one|\w+)\s){0,3}?(?:(?:parts?|half|halves|pieces?|bits?|aspects?|"
    r"cases?|items?|bullets?|some|most|one|two|several|many|symptoms?|steps?\s\d|phases?\s\d|"
    r"\d/\d|\d{1,2}\s?%%)\s(?:of\s|from\s)"
    r"(?:the\s\w+\s(?:of|in|from)\s)?|(?:часть|половину|один\sиз\s\w+|одну\sиз\s\w+|"
    r"несколько\s\w+|шаг\s\d|этап\s\d|симптом\w*)\s(?:из\s|в\s|по\s)?)"
)
# Beside the denied closing words.
DENYING_WORDS = (
    "not for", "won't do", "wontfix", "not doing", "не для", "не фиксит", "не пофиксил",
    "не фиксим", "не правит",
)  # fmt: skip
_DENIALS = (
    r"(?:does not|doesn't) (?:address|touch|affect|concern|solve|cover|belong to|relate to)|"
    r"(?:do not|don't) revert|not reverting|не (?:трогает|дела(?:ем|ть)|закрыва(?:ть|йт?е?)|"
    r"(?:исправля|реша|заверша|трога|выполня|откатыва)ть|чинить|откатываем)|"
    r"(?:нельзя|рано) закрывать"
)
# "Reverts B24-5" takes the work back.
_REVERTING = (
    r"revert(?:s|ed|ing)?|roll(?:s|ed|ing)? back|rollback of|back(?:s|ed)? out|undo(?:es)?|"
    r"takes back|откат(?:ить|ывает|ываем|ила?)?|отмен(?:яет|ить|а)"
)

_TASK_NOUN = r"(?:task|issue|ticket|bug)s?|задач\w{0,3}|тикет\w?|баг\w?|ошибк\w|дефект\w?"

# What may stand between two references of one list: "see B24-5, B24-6 and B24-7", or bullets.
LIST_GLUE = re.compile(
    r"[\s*_\])(]{0,4}(?:[,;]\s{0,3}(?:and|or|и|или|а(?=\sтакже))\b|[,;/&+]|\b(?:and|or|nor|plus|и|"
    r"или)\b)(?:\s(?:also|также))?(?:"
    r")[\s*_\[(]{0,4}|[\s*_\])]{0,4}\n\s{0,4}[-*+]\s[\s*_\[(]{0,4}",
    re.IGNORECASE,
)
KEYWORD_DISTANCE = 64  # characters before a reference in which its keyword may stand
WORD = re.compile(r"\w")  # before all patterns: to compile theirs takes milliseconds
_BLANK_OR_HYPHEN = r"(?:\s{1,3}|-)"
_GROUPS = {
    "mention": MENTION_WORDS, "deny": DENYING_WORDS, "part": UNFINISHED_WORDS,
    "bare": BARE_CLOSING_WORDS, "present": PRESENT_CLOSING_WORDS,
    "past": PAST_CLOSING_WORDS,
}  # fmt: skip


def any_word_pattern(words: tuple[str, ...]) -> str:
    """Return a pattern that matches any of `words`, the longest first; quick by their letters."""
    by_letter: dict[str, list[str]] = {}
    for word in sorted(words, key=len, reverse=True):
        rest = re.escape(word[1:]).replace(r"\ ", _BLANK_OR_HYPHEN)
        by_letter.setdefault(word[0], []).append(rest)
    return "|".join(f"{letter}(?:{'|'.join(rests)})" for letter, rests in by_letter.items())


CLOSING = any_word_pattern(CLOSING_WORDS)


@cache
def _keyword_pattern() -> re.Pattern[str]:
    """Return the pattern of all keywords, in small letters: ignoring case costs five times as much.

    Cached, as it takes milliseconds to compile.
    """
    patterns = {kind: any_word_pattern(words) for kind, words in _GROUPS.items()}
    patterns["revert"] = _REVERTING.replace(" ", _BLANK_OR_HYPHEN)
    patterns["mention"] += "|" + _MENTIONS.replace(" ", _BLANK_OR_HYPHEN)
    patterns["part"] += f"|{WILL_CLOSE}|" + _PART_OF % CLOSING
    patterns["part"] += (
        r"|re-?open(?:s|ed|ing)?|works?\s?around(?:\sfor)?|переоткры\w+|подготовка\sк\s(?:закрыт|исправлен|решен)ию|part(?:ial)?ly\saddresses|(?:\d/\d|\d{1,2}\s?%)\sof"
    )
    patterns["deny"] += "|" + _DENIALS.replace(" ", _BLANK_OR_HYPHEN)
    patterns["deny"] += rf"|(?:{CLOSING})\sли"
    kinds = "|".join(f"(?P<{kind}>{pattern})" for kind, pattern in patterns.items())
    parts = r"(?:changes?|work|code|fix(?:es)?|commits?|изменения|работу)\s(?:of|from|for|по)\s"
    return re.compile(
        rf"(?<![^\W_])(?:(?<!-)|(?<=\bauto-))(?:{kinds})\x01{{0,64}}"
        r"[\s:*_\[(\"“«#№]{0,6}(?:\x01{1,64},?)?\s{0,3}(?:(?:both|all\sof|the\srest\sof|остаток|всю|"
        r"весь)\s)?(?:\n\s{0,4}[-*+]\s{1,3}[*_\[(]{0,3})?"
        rf"(?:the\s)?(?:{parts})?(?:(?:following\s)?(?:{_TASK_NOUN})[\s:*_\[(#№\"“«]{{1,4}}"
        r"(?:-\s[\[*_(]{0,3})?)?"
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
    if not WORD.search(before, first - margin):
        return "", start
    match = _keyword_pattern().search(before, first - margin)
    return (match.lastgroup or "", start - len(before) + match.start()) if match else ("", start)
