"""Whether the words around "closes B24-5" take it back: denied, partial, uncertain, asked. Pure.

The CI reporter has this file too: Python 3.9, and nothing but the standard library.
"""

from __future__ import annotations

import re
from functools import cache

from sync.core.references.keywords import CLOSING_WORDS, any_word_pattern

CLAUSE_LENGTH = 160  # characters before or after a reference that are looked at

# What may stand between "not" and the word that it denies.
_FILLERS = (
    r"yet|fully|completely|entirely|really|actually|quite|even|necessarily|itself|alone|all|"
    r"exactly|properly|directly|automatically|itself|by itself|on its own|in itself|anything in|"
    r"be|been|being|have|has|had|get|to|able|going|meant|intended|supposed|expected|enough|trying|"
    r"try|attempt|ready|want|need|aim|claim|tend|possible|the|this|that|it|we|i|you|they|is|are|"
    r"was|were|still|currently|also|quite|here|now|permanently|truly|and|or|"
    r"пока|еще|уже|полностью|до конца|окончательно|совсем|вполне|целиком|самостоятельно|этим|это|"
    r"здесь|тут|сейчас|буду|будет|будем|будут|был|была|было|были|надо|нужно|стоит|следует|удалось|"
    r"получилось|получается|могу|может|можем|могут|смог|смогли|смогла|успел|успели|успела|хочу|"
    r"хотим|собираюсь|собираемся|планирую|планируем|пытается|пытаемся|должен|должна|должно|должны|"
    r"время|повод|спешим|торопимся|все|сам|сама|само|или|и|бы|же|как|тем|мы|я|он|она|оно"
)
_AUXILIARY = (
    r"(?:do|does|did|is|are|was|were|ca|could|would|should|wo|has|have|had|must|need|might|ai)"
)
_NOT = (
    rf"(?:not(?!\sonly|-)|cannot|{_AUXILIARY}n'?t|never|neither|nor|не(?!\sтолько)|нельзя|никак|"
    r"ни|рано)"
)
_DENIED = (
    rf"\b{_NOT}(?:\W+(?:{_FILLERS}|%CLOSING%))*\W*\Z",
    r"\b(?:none|nothing|neither|nobody|no\sone|no\s(?:part|commit|change)|ничто|ничего|никто|"
    r"ни\sодин|ни\sодна|ни\sодно)\b[^\n]*\Z",
    r"\b(?:no\slonger|fail(?:s|ed|ing)?\sto|unable\sto|refus\w+\sto|forg[eo]t\w*\sto|"
    r"(?:prevent|stop|avoid|skip|postpon|delay|defer|forbid|block)\w*|instead\sof|rather\sthan|"
    r"without|short\sof|far\sfrom|out\sof\sscope|not\sin\sthis\s\w+|"
    r"вместо(?:\sтого)?|без|отказ\w+|запре\w+|откладыва\w+|отложи\w+)"
    rf"(?:\W+(?:{_FILLERS}|чтобы))*\W*\Z",
)
_DENIED_BARE = (  # "do not rename a file to close": the negation governs a verb without an ending
    r"\b(?:(?:do|does|did|can|could|would|should|will|is|are|was|may|might|must|need)\s(?:not|never)"
    rf"(?!\sonly|-)|cannot|{_AUXILIARY}n'?t)\b"
    r"(?:\W+\w+){0,6}\W*\Z",
)
_CONDITION = (
    r"(?:if|whether|unless|until|till|before|after|when|whenever|while|once|as\ssoon\sas|in\scase|"
    r"provided|providing|assuming|suppose|prior\sto|instead|если|когда|пока|перед|прежде|"
    r"до\sтого|после\sтого|как\sтолько|в\sслучае|при\sусловии|ли|сможем\sли)"
)
_SUBJECT = (
    r"(?:this|that|it|the|an?|these|those|we|you|he|she|they|i|some\w+|any\w+|to|мы|это|этот|эта|"
    r"вы|он|она|они|кто-то|тем|того|того,|как|что|бы|мр|коммит|релиз|мердж|ветка|автор)"
)
_CONDITIONAL = rf"\b{_CONDITION}(?:\W+{_SUBJECT})(?:\W+\w+){{0,4}}\W*\Z"
_CONDITIONAL_BARE = rf"\b{_CONDITION}\b(?:\W+\w+){{0,5}}\W*\Z"
_CONDITIONAL_NEAR = rf"\b{_CONDITION}(?:\W+(?:{_FILLERS}))*\W*\Z"
# Statements that hold once it is merged, which is when they are asked for.
_MERGED = re.compile(
    r"\b(?:when|once|after|if|upon|as soon as|on)\s(?:(?:this|the|it)\s)?"
    r"(?:mr\s|pr\s|merge request\s)?(?:is\s|gets\s)?merg(?:ed?|ing)\b|"
    r"\bпосле (?:слияния|мерджа)\b|\bпри слиянии\b"
)
# "TODO: fix B24-5", "Out of scope: closes B24-5"
_LABEL = re.compile(
    r"(?:^[\W\d]*(?:later|someday|next(?:\s(?:steps?|time|up))?|follow-?\s?ups?|remaining(?:\swork)?|"
    r"remains|left(?:\sto\sdo)?|to\s?do|still\sto\sdo|out\sof\sscope|non-?goals?|not\sdone(?:\syet)?|"
    r"not\sincluded|not\s(?:in|part\sof)\sthis[\w\s]*|not\syet|known\sissues?|limitations?|"
    r"future(?:\swork)?|plans?|wip|ideas?|questions?|позже|потом|далее|дальше|осталось|остается|"
    r"предстоит|планы?|в\sпланах|не\s(?:вошло|сделано|входит)[\w\s]*|следующ\w+[\w\s]*|туду|"
    r"идеи|вопросы?|надо|нужно)\s?(?:\([^)\n]*\))?\s?[:–—-]\s*[^:.!?\n]{0,40}"
    r"|\b(?:todo|fixme|tbd|xxx|туду)\b[^.!?\n]{0,60})\Z",
    re.IGNORECASE,
)
_LATER = (
    r"\b(?:later|someday|afterwards|eventually|позже|потом|затем|предстоит|осталось|останется|"
    rf"когда-нибудь)(?:\W+(?:{_FILLERS}))*\W*\Z"
)
_UNCERTAIN = (
    r"\b(?:should|might|may|could|would|must|can|will|shall|\w+'ll|\w+'d|ought\sto|gonna|"
    r"going\sto|(?:have|has|had)\sto|needs?(?:\sto)?|needed\sto|wants?\sto|wish\w*\sto|"
    r"plan\w*\s(?:to|on)|hop(?:e|es|ing)(?:\sto)?|hopefully|tr(?:y|ies|ied|ying)\sto|"
    r"attempt\w*\s(?:to|at)|efforts?\sto|(?:supposed|meant|intended|expected|designed|likely|"
    r"ready|required|necessary|remember|promise)\sto|aim\w*\s(?:to|at)|help\w*(?:\sto)?|"
    r"allow\w*(?:\sus)?\sto|probably|maybe|perhaps|possibly|likely|presumably|apparently|"
    r"supposedly|potentially|seem\w*(?:\sto)?|appears?\sto|i\sthink|let's|please|want|wip|"
    r"(?:start|began|begin|continu)\w*(?:\sto)?|prepar\w+\s(?:to|for)|step\s(?:to|towards?)|"
    r"towards?|close\sto|about\sto|on\sthe\sway\sto|in\san?\sattempt\sto|almost|nearly|mostly|"
    r"largely|somewhat|partial\w*|partly|in\spart|half|halfway|only\spart\w*|some\sof|"
    r"надо|нужно|необходимо|следует|стоит|пора|должн[аоы]|должен|обязан\w*|можно|может|могут|могло?\sбы|"
    r"мог\sбы|хочу|хотим|хотелось\sбы|хорошо\sбы|буд(?:у|ет|ем|ут)|собира\w+|планиру\w+|намерен\w*|"
    r"попроб\w+|пробу\w+|пыта\w+|попыт\w+|попытк\w+|помога\w+|поможет|позвол\w+|постара\w+|стара\w+|"
    r"возможно|вероятно|наверно\w*|наверняка|видимо|похоже|кажется|вроде(?:\sбы)?|скорее\sвсего|"
    r"надеюсь|надеемся|предположительно|по\sидее|потенциально|частичн\w+|отчасти|наполовину|"
    r"почти|практически|в\sосновном|местами|начина\w+|продолжа\w+|готов\w*|просьба|прошу|давайте|"
    r"предлагаю|решили|думаю|осталось|шаг\sк|на\sпути\sк)"
    rf"(?:\W+(?:{_FILLERS}|now|чтобы|что|бы))*\W*\Z"
)
_EXAMPLE = (
    r"\b(?:e\.g\.|eg|i\.e\.|for\s(?:example|instance)|example|such\sas|format|syntax|usage|"
    r"например|к\sпримеру|напр\.|пример|формат|образец|как\sто)[\s:,\"'«“(\[]*\Z"
)
_AFTER_DENIED = (
    r"[\s*_\])\"”»]*(?:itself\s|still\s|also\s|сам[аио]?\s|тоже\s|по-прежнему\s)*(?:"
    r"(?:is|are|was|were|will|can|has|have|does|do|should|must)?\s?(?:not|never|\w*n't|cannot)\s"
    r"(?:be\s|been\s|yet\s|fully\s|completely\s|entirely\s|really\s|actually\s|quite\s|get\s)*"
    r"(?:fix|clos|resol|complet|implement|finish|done|solv|ready|address)|"
    r"(?:will|to|should|must|can|needs?\sto|has\sto|may|might|could|would)\sbe\s(?:\w+\s)?"
    r"(?:fixed|closed|resolved|completed|implemented|finished|done|solved|addressed)|"
    r"(?:remains?|stays?|is\sstill|still|is\skept|keeps?|is\sleft)\s(?:\w+\s)?(?:open|unfixed|"
    r"broken|unresolved)|(?:is|are)\sout\sof\sscope|"
    r"(?:еще\s|пока\s)*не\s(?:будет\s|был[аои]?\s|до\sконца\s|полностью\s)*(?:закры|исправ|реш|"
    r"заверш|выполн|реализ|почин|сдела|готов|надо|нужно|стоит|трога|вошл)|"
    r"(?:еще\s)?оста[её]тся\s|(?:будет|надо|нужно|следует|предстоит)\s(?:\w+\s)?(?:закры|исправ|"
    r"реш|заверш|выполн|реализ|почин|сдела)|рано\sзакры)"
)
_AFTER_LATER = (
    r"[\s*_\])\"”»]*[,(:–—-]*\s*(?:(?:later|someday|next\stime|tomorrow|afterwards|soon|"
    r"eventually|in\s(?:the\snext|a\s(?:later|separate|follow-?up|future|next|new)|another|"
    r"future)|separately|in\sa\sfollow-?up|not\syet|not\sreally|but\snot\s(?:yet|now|here)|maybe|perhaps|"
    r"or\snot|todo|wip|позже|потом|попозже|завтра|скоро|когда-нибудь|отдельно|"
    r"в\s(?:следующ\w+|другом|другой|отдельн\w+|будущем)|пока\sнет|еще\sнет|не\sсейчас|"
    r"но\sне\s(?:сейчас|здесь|теперь)|может\sбыть|или\sнет)(?!\w))"
)
_AFTER_PART = (
    r"[\s*_\])\"”»]*[,(:–—-]*\s*(?:(?:is\s|was\s|only\s|just\s|but\s|лишь\s|только\s|но\s|пока\s)*"
    r"(?:partial(?:ly)?|partly|in\spart|halfway|half\sdone|half|almost|nearly|mostly|"
    r"first\s(?:part|half|step)|incomplete(?:ly)?|unfinished|to\ssome\sextent|not\s(?:fully|"
    r"completely|entirely)|except\b|but\snot\s(?:on|in|for|with|when|if)|но\sне\s(?:на|в|для|при|со?|если)|частично|отчасти|наполовину|почти|не\s(?:полностью|"
    r"до\sконца|совсем|целиком)|первая\s(?:часть|половина)|первый\s(?:шаг|этап)|кроме\b|"
    r"за\sисключением|в\sосновном)(?!\w))"
)
_NUMBERED_PART = re.compile(
    r"\b(?:part|step|phase|stage|chunk|piece|часть|шаг|этап|фаза)\s?№?#?(?P<a>\d{1,3})\s?"
    r"(?:of|/|из|out\sof)\s?(?P<b>\d{1,3})\b|[(\[]\s?(?P<c>\d{1,2})\s?(?:/|of|из)\s?(?P<d>\d{1,2})\s?[)\]]|"
    r"\b(?P<e>\d{1,2})(?:st|nd|rd|th|-?я|-?й)?\s(?:part|step|часть|шаг|этап)?\s?(?:of|из)\s"
    r"(?P<f>\d{1,2})\b|\b(?:first|second|первая|вторая|первый|второй)\s(?:part|step|half|часть|"
    r"половина|шаг|этап)\b",
    re.IGNORECASE,
)
# The end of a clause; a full stop only where a sentence may end.
_CLAUSE_END = re.compile(
    r"[!?;:,()\[\]\"“”«»\x00…]|\.(?=\s|\Z)|\s[–—-]{1,3}\s|[–—]|\n\s{0,4}(?:[-*+]|\d{1,3}[.)])\s|"
    r"\n(?=[A-ZА-ЯЁ])|"
    r"\b(?:and|but|so|then|thus|hence|therefore|which|и|но|а|зато|поэтому|затем)\b(?!\s(?:not|never|"
    r"не)\b)",
    re.IGNORECASE,
)
_PARENTHETICAL = re.compile(
    r",\s(?:however|yet|unfortunately|of course|sadly|alas|though|in any way|by the way|"
    r"к сожалению|увы|однако|конечно|кстати|по сути|само собой),\s"
)
_SUBORDINATE = re.compile(r",\s(?=(?:чтобы|как|что)\s)")
_SENTENCE_END = re.compile(r"[.!…](?=\s|\Z)|\n\s*\n|\n\s{0,4}(?:[-*+]|\d{1,3}[.)])\s|;|\?")


@cache
def _compiled(name: str) -> re.Pattern[str]:
    """Return a table's pattern: a word's meaning depends on its form."""
    tables = {
        "bare": (*_DENIED, *_DENIED_BARE, _CONDITIONAL_BARE, _LATER),
        "present": (*_DENIED, _CONDITIONAL, _LATER),
        "past": (*_DENIED, _CONDITIONAL_NEAR, _LATER),
        "uncertain": (_UNCERTAIN,),
        "example": (_EXAMPLE,),
        "after denied": (_AFTER_DENIED, _AFTER_LATER),
        "after part": (_AFTER_PART,),
    }
    text = "|".join(f"(?:{part})" for part in tables[name])
    return re.compile(text.replace("%CLOSING%", any_word_pattern(CLOSING_WORDS)), re.IGNORECASE)


def weakened(text: str, word: str, word_start: int, start: int, end: int) -> str:
    """Return what is left of a closing word: close, part, deny or mention.

    `word`: its form, as `keyword_before` tells it, "" for a reference without one, of which only
    the words behind it are looked at; then "" is returned where they change nothing.
    """
    after = _plain(text[end : end + CLAUSE_LENGTH])
    usual = "close" if word else ""
    if word and (kind := _weakened_before(text, word, word_start)):
        return kind
    if _compiled("after denied").match(after):
        return "deny"
    if _compiled("after part").match(after) or is_numbered_part(text, start, end):
        return "part"
    return "mention" if word and _is_asked(after) else usual


def _weakened_before(text: str, word: str, word_start: int) -> str:
    before = _plain(text[max(0, word_start - CLAUSE_LENGTH) : word_start])
    if _compiled("example").search(before):
        return "mention"
    clause = _MERGED.sub(" ", _last_clause(_SUBORDINATE.sub(" ", _PARENTHETICAL.sub(" ", before))))
    if _compiled(word).search(clause) or _LABEL.search(_last_line(before)):
        return "deny"
    return "part" if _compiled("uncertain").search(clause) else ""


def _plain(text: str) -> str:
    """Return `text` as words are compared: small letters, plain apostrophes, no emphasis."""
    text = re.sub(r"[’‘ʼ`´]", "'", text.replace("ё", "е").replace("Ё", "Е"))
    return re.sub(r"[ \t\r*_]+", " ", text)


def _last_clause(before: str) -> str:
    """Return the clause at the end of `before`: for "not fix and close" with what governs it."""
    ends = [0, *(found.end() for found in _CLAUSE_END.finditer(before))]
    clause = before[ends[-1] :]
    if len(ends) > 1 and not clause.strip() and _denied_list().search(before[ends[-2] : ends[-1]]):
        return _AND.sub("", before[ends[-2] : ends[-1]])
    return clause


_AND = re.compile(r"\b(?:and|и)\s*\Z", re.IGNORECASE)


@cache
def _denied_list() -> re.Pattern[str]:
    closing = any_word_pattern(CLOSING_WORDS)
    return re.compile(rf"\b{_NOT}\b.*\b(?:{closing})\s(?:and|и)\s*\Z", re.IGNORECASE)


def _last_line(before: str) -> str:
    return re.split(r"\n|[.!?](?=\s)|;", before)[-1]


def _is_asked(after: str) -> bool:
    """Tell whether the sentence ends with a question mark."""
    found = _SENTENCE_END.search(after)
    return found is not None and found[0] == "?"


def is_numbered_part(text: str, start: int, end: int) -> bool:
    """Tell whether the line around the reference says "part 1 of 3"; the last part is the end."""
    nearest = max(0, start - CLAUSE_LENGTH)
    first = max(text.rfind("\n", nearest, start) + 1, nearest)
    last = text.find("\n", end, end + CLAUSE_LENGTH)
    line = text[first : end + CLAUSE_LENGTH if last < 0 else last]
    for found in _NUMBERED_PART.finditer(line):
        numbers = [int(digits) for digits in found.groups() if digits]
        if not numbers or numbers[0] < numbers[1]:
            return True
    return False
