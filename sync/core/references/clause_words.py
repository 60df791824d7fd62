"""Regular expressions for the words around "closes B24-5" that take it back. Pure.

The CI reporter has this file too: Python 3.9, and nothing but the standard library.
"""

from __future__ import annotations

import re
from functools import cache

from sync.core.references.after_words import (
    AFTER_CLOSING,
    AFTER_DENIED,
    AFTER_LATER,
    AFTER_OPEN,
    AFTER_PART,
    AFTER_STATE,
    GERUND_SUBJECT,
)
from sync.core.references.keywords import CLOSING
from sync.core.references.people import OTHERS, SPEAKER
from sync.core.references.states import HEDGES, STATE_WORDS

# What may stand between "not" and the word that it denies.
_FILLERS = (
    r"yet|do|does|did|anywhere|near|fully|completely|entirely|really|actually|quite|even|"
    r"necessarily|finally|alone|all|"
    r"exactly|properly|directly|automatically|((by|in) )?itself|on its own|anything in|"
    r"an?|any|(some|any)(one|body)|be|been|being|have|has|had|get|to|able|going|meant|"
    r"intended|supposed|expected|enough|trying|"
    r"try|attempt|ready|want|need|aim|claim|tend|possible|the|this|that|it|we|i|you|they|is|are|"
    r"was|were|still|currently|also|here|now|permanently|truly|and|or|sure|certain|"
    r"convinced|confident|think|believe|expect|guess|clear|early|auto|"
    r"пока|еще|уже|полностью|до конца|окончательно|совсем|вполне|целиком|самостоятельно|этим|это|"
    r"здесь|тут|сейчас|буд(у|ет|ем|ут)|был[аои]?|надо|нужно|стоит|следует|удалось|"
    r"получилось|получается|мо(гу|жет|жем|гут)|смог(л[аи])?|успел[аи]?|хочу|"
    r"хотим|собира(юсь|емся)|планиру(ю|ем)|пытае(тся|мся)|долж(ен|н[аоы])|"
    r"(дума|счита)(ю|ем)|уверен[аы]?|факт|забы(ть|ли)|забудь(те)?|что|"
    r"чтобы|меша[ею]т|проблему|время|повод|спешим|торопимся|все|сам[ао]?|или|и|"
    r"бы|же|как|тем|мы|я|он|она|оно"
)
_AUXILIARY = (
    r"(do|does|did|is|are|was|were|ca|could|would|should|wo|has|have|had|must|need|might|ai)"
)
NOT = (
    rf"(not(?! only|-)|cannot|{_AUXILIARY}n'?t|never|neither|nor|не(?! только)|нельзя|никак|"
    r"ни|рано)"
)
_DENIED = (
    rf"\b{NOT}(\W+({_FILLERS}|{CLOSING}))*\W*\Z",
    r"\b(none|nothing|neither|nobody|no one|no (part|commit|change)|ничто|ничего|никто|"
    r"ни один|ни одна|ни одно)\b[^\n]*\Z",
    r"\b((does?|did) (little|nothing) to|hardly|barely|scarcely|вряд ли|"
    r"unlikely|accidentally|mistakenly|случайно|ошибочно|маловероятно|"
    r"едва ли|"
    r"fail(s|ed|ing)? to|unable to|refus\w+ to|forg[eo]t\w* to|"
    r"(prevent|stop|avoid|skip|postpon|delay|defer|forbid|block|doubt)\w*|instead of|"
    r"rather than|"
    r"without|short of|far from|nowhere near|(in no|by no|under no|no) \w+|"
    r"out of \w+( to)?|"
    r"(no|lack of) (way|time|chance|need|reason|point|plans?|intention|capacity) (to|in|"
    r"of)|"
    r"g[ai]v\w+ up( on)?|abandon\w*|(im|not )possible to|(too|"
    r"more)( \w+)? to|"
    r"(struggl|pretend|propos|vot|remind|hesitat|hard|difficult|insufficient|yet|still|due|"
    r"schedul|hop)\w*( me| us)? to|"
    r"(ask|tell|told|wait|remind)\w* (for )?\w+ to|not in this \w+|"
    r"too (early|soon) to|"
    r"(wait|hold) (off )?(with|on)|(everything|all|anything|nothing) but|apart from|"
    r"other than|aside from|"
    r"(нет|не хватает|нехватка) (\w+ )?(времени|возможности|смысла|способа|сил|ресурсов|"
    r"желания|планов)|"
    r"невозможно|недостаточно|мало|не вышло|забыл\w*|трудно|сложно|некогда|(попро|"
    r"про)с\w+ \w+|напомни\w*|сда(лись|юсь|лся)|ни в коем случае|"
    r"вместо( того)?|без|от(каз|кладыва|ложи)\w+|запре\w+|сомнева\w+|передума\w+|"
    r"меша(ет|ют|ло|ла|л))"
    rf"(\W+({_FILLERS}))*\W*\Z",
)
_DENIED_BARE = (  # "do not rename a file to close": the negation governs a verb without an ending
    rf"\b(({_AUXILIARY}|can|will|may) (not|never)(?! only|-)|cannot|{_AUXILIARY}n'?t)\b"
    r"(\W+\w+){0,6}\W*\Z",
)
_CONDITION = (
    r"(if|whether|unless|until|till|before|after|when|whenever|while|once|as soon as|in case|"
    r"provid(ed|ing)|assuming|suppose|prior to|instead|если|когда|пока|перед|прежде|"
    r"до того|после того|как только|в случае|при условии|ли|сможем ли)"
)
_SUBJECT = (
    r"(this|that|it|the|an?|these|those|we|you|he|she|they|i|some\w+|any\w+|to|мы|эт(о|от|а)|"
    r"вы|он|она|они|кто-то|тем|того,?|как|что|бы|мр|коммит|релиз|мердж|ветка|автор)"
)
_CONDITIONAL = rf"\b{_CONDITION}(\W+{_SUBJECT})(\W+\w+){{0,4}}\W*\Z"
_CONDITIONAL_BARE = rf"\b{_CONDITION}\b(\W+\w+){{0,5}}\W*\Z"
_CONDITIONAL_NEAR = rf"\b{_CONDITION}(\W+({_FILLERS}))*\W*\Z"
_LATER = (
    r"\b(later|someday|afterwards|eventually|позже|потом|затем|предстоит|осталось|останется|"
    rf"когда-нибудь)(\W+({_FILLERS}))*\W*\Z"
)
# A condition: "once deployed, closes B24-5", "closes B24-5 if QA agrees".
_EVENT = (
    r"(if|when|once|after|as soon as|provided|assuming|если|когда|после|как только|"
    r"при условии) (\w+ ){0,4}?(deploy\w*|releas\w*|review\w*|qa|approv\w*|agree\w*|"
    r"confirm\w*|accept\w+|приемк\w+|(is|are|goes|get\w*|has been) "
    r"(on|live|out|up|there|enabled|active|ready|shipped)|"
    r"test(s|ed|ing)?|verif\w*|pass(es)?|works|well|helps?|релиз\w*|провер\w*|"
    r"ревью|деплоя|выкат\w*|тест\w*|подтверд\w*|соглас\w*|сработа\w*|получится|поможет|хорошо)\b"
)
_AFTER_EVENT = rf"[,(–—-]* *((but )?only |только )?{_EVENT}"
_BEFORE_EVENT = rf"\b{_EVENT}( \w+){{0,2}} ?[,:]? (\w+ ){{0,2}}\Z"
_ADJECTIVE = (  # "the docs of the closed B24-5"
    r"\b(to|for|of|from|about|in|by|with|like|the|already|previously|earlier|recently|long|уже|"
    r"ранее|раньше|давно|недавно|для|из|про|от|по) *\Z"
)
_UNCERTAIN = (
    r"\b(should|might|may|could|would|must|can|will|shall|\w+'ll|\w+'d|to be|gonna|"
    r"needs?( (\w+ ){1,2}?to| to)?|plan\w* (to|on)|hop(e|es|ing)( to)?|"
    r"(tr(y|ies|ied|ying)|attempt\w*|aim\w*) (to|at)|(ought|going|ha(ve|s|d)|needed( in order)?|"
    r"wants?|wish\w*|efforts?|supposed|meant|intended|expected|designed|likely|ready|required|"
    r"necessary|remember|promise|used|left|nice|good|close|experiment|prerequisite|follow-? ?up|"
    r"about|on the way) to|(help|contribut)\w*( to)?|makes?|"
    r"(allow\w*|enabl\w+|for)( (us|you|qa|them|[a-z]+ers))? to|"
    rf"{HEDGES}|theoretically|technically|in theory|(sort|kind) of|kinda|"
    r"more or less|rarely|sometimes|occasionally|at times|with (\w+ )?luck|fingers crossed|guess|"
    r"thought|looks? like|manually|(as )?an? (work-?around|stopgap)|semi|"
    r"(claim|believ|thought|said|report|rumou?r|schedul|du|closer|nearer|way|door|"
    r"possible)\w* to|potentially|seem\w*( to)?|appears? to|i think|let's|please|want|"
    r"wip|"
    r"(start|began|begin|continu)\w*( to)?|prepar\w+ (to|for)|steps? (to|towards?)|"
    r"(groundwork|preparations?|pre-?work|needed|required|tests?|"
    r"plans?) for|groundwork to|тест\w* на|"
    r"unblocks?|towards?|almost|nearly|mostly|"
    r"largely|somewhat|partial\w*|partly|in part|half|temporar\w+|interim|halfway|only part\w*|"
    r"some of|"
    r"надо|нуж(но|ен|на)|необходимо|следует|стоит|пора|долж(ен|н[аоы])|обязан\w*|можно|может|"
    r"могут|могло? бы|"
    r"мог бы|хочу|хотим|хотелось бы|хорошо бы|буд(у|ет|ем|ут)|собира\w+|планиру\w+|намерен\w*|"
    r"(по)?проб\w+|(по)?пыт[ак]\w*( №?\d)?|почву|помо(га\w+|жет)|(позвол\w+|дает)( \w+)?|"
    r"(по)?стара\w+|потенциально|частичн\w+|отчасти|"
    r"наполовину|временн\w+|в теории|теоретически|иногда|как бы|типа|якобы|вручную|"
    r"условно|говорят|хочется верить|почти|практически|в основном|местами|начина\w+|"
    r"продолжа\w+|готов\w*|просьба|прошу|давайте|предлагаю|решили|думаю|осталось|шаг к|на пути к)"
    rf"(\W+({_FILLERS}))*\W*\Z"
)
# "Bob is fixing B24-5": work that goes on.
_GOES_ON = (
    r"\b(?!(this|it|that|which|these|those|mr|pr|request|commits?|patch|changes?|branch)\b)\w+"
    r"('s|'re| (is|are|was|were)) (\w+ly |still |now )?\Z"
)
_ALSO_LATER = (  # "QA will verify and close B24-5", "lets QA close B24-5"
    r"\b(should|might|may|could|would|must|will|shall|\w+'ll|буд\w+|надо|нужно) "
    r"(\w+ ){1,4}(and|or|then|и|или) \Z|\b(let|help|make)s?(\x20\w+){1,2}\x20\Z"
)
_UNTIL_ANOTHER = (  # "do not merge until Bob closes B24-5"
    r"\b(until|till|unless|once(?! (again|more|and))|as soon as|пока|как только)"
    r"( \w+){1,2} \Z"
)
_STATE_LABEL = rf"^\W*({STATE_WORDS})( ?[:—–)\]!.-]+ ?(\w+ ){{0,2}}|,? )\Z"
_REQUEST = r"(mr|pr|(merge|pull) request|commit|change|patch|branch|мр|мерж\w*|коммит\w*|ветк\w*)"
_OTHERS = (  # "the next merge request fixes B24-5"
    r"(\b(next|second|third|later|other|another|separate|different|following|previous|earlier|"
    r"upcoming|future|follow-? ?up|back-?end|front-?end|\w+'s|"
    rf"(следующ|друг|отдельн|втор|предыдущ|прошл|нов)\w*) ({_REQUEST}|release|version|релиз\w*|"
    r"верси\w*|задач\w*)|\bfollow-? ?up|![0-9]+) \Z"
)
_WORDS = (  # "write closes B24-5", where the words are meant
    r"\b((writ\w+|wrote|sa(ys?|id)|пиш\w+|сказал\w?):?|saying|words?|keywords?|phrases?|trailers?|like|(remov|delet|"
    r"replac)(e|es|ed|ing)|"
    r"drop(s|ped|ping)?|s/|ex:|напиш\w+|написать|слов[оа]|словами|фраз\w|убра\w+|"
    r"удали\w+|замени\w+) ?\Z|"
    r"\b(how|why|where) ((to|we|i|it|this) )?(\w+ly )?\Z|([:\n]\W*|^|\w{5}, )как (мы )?\Z|"
    r"\b(test|check|verif|confirm|провер|убеди)\w* ((that|if|whether) |,? ?что )(\w+ ){0,2}\Z|"
    r"(\b(in|like|of|from|as|by|since|after|before|on|for|with|(supersed|replac|follow|depend|block|"
    r"need|requir|extend|rever|замен|продолж|дополн|вместо|после)\w*) (\w+ )?"
    rf"{_REQUEST}|![0-9]+),? (that|which|котор\w+) \Z"
)
_GERUND = (  # "introduced by fixing"
    r"\b(by|for|with|of|about|from|than|but|on|during|since|requires?|needs?|that|что) (the )?\Z"
)
_SENTENCE_OF_PURPOSE = (
    r"^\W*(in order to|to|чтобы)( \w+(ly|ью|но))? \Z"  # "To fully fix B24-5, we need"
)
_RELATIVE = (  # "the commit that closed": what happened before
    r"(\b(that|which|what|who|котор\w+|кто|чем|то ?,? что) (\w+ )?|"
    r"\bтак же ?,? как |\bsame (way )?as (\w+ )?)\Z"
)
_EXAMPLE = (
    r"\b(e\.g\.|eg|i\.e\.|for (example|instance)|example|such as|format|syntax|usage|"
    r"например|к примеру|напр\.|пример|формат|образец|как то)[ :,\"'«“(\[]*\Z"
)


@cache
def clause_pattern(name: str) -> re.Pattern[str]:
    """Return the compiled pattern of a table, by name; of text in small letters.

    Tables of what stands before a word match at the end of that text: bare, present and past hold
    what denies a closing word of that form. Those of what stands behind a reference match at its
    beginning.
    """
    tables = {
        "bare": (*_DENIED, *_DENIED_BARE, _CONDITIONAL_BARE, _LATER),
        "present": (*_DENIED, _CONDITIONAL, _LATER),
        "past": (*_DENIED, _CONDITIONAL_NEAR, _LATER),
        "uncertain": (_UNCERTAIN, OTHERS, _UNTIL_ANOTHER),
        "gerund": (_GERUND, _GOES_ON),
        "purpose": (_SENTENCE_OF_PURPOSE,),
        "event": (_BEFORE_EVENT, _STATE_LABEL, SPEAKER),
        "also later": (_ALSO_LATER,),
        "adjective": (_ADJECTIVE, _RELATIVE),
        "words": (_WORDS, _OTHERS),
        "gerund subject": (GERUND_SUBJECT,),
        "example": (_EXAMPLE,),
        "after denied": (AFTER_DENIED, AFTER_LATER, AFTER_OPEN),
        "after part": (AFTER_PART, _AFTER_EVENT, AFTER_STATE),
        "after closing": (AFTER_CLOSING,),
    }
    text = "|".join(f"({part})" for part in tables[name])
    return re.compile(text.replace(" ", r"\s"))  # a line may end between two words
