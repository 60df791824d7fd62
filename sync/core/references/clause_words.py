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
from sync.core.references.keywords import CLOSING_WORDS, any_word_pattern
from sync.core.references.people import OTHERS
from sync.core.references.states import STATE_WORDS

# What may stand between "not" and the word that it denies.
_FILLERS = (
    r"yet|do|does|did|anywhere|near|fully|completely|entirely|really|actually|quite|even|"
    r"necessarily|alone|all|"
    r"exactly|properly|directly|automatically|itself|by itself|on its own|in itself|anything in|"
    r"an?|any|someone|somebody|anyone|anybody|be|been|being|have|has|had|get|to|able|going|meant|"
    r"intended|supposed|expected|enough|trying|"
    r"try|attempt|ready|want|need|aim|claim|tend|possible|the|this|that|it|we|i|you|they|is|are|"
    r"was|were|still|currently|also|here|now|permanently|truly|and|or|sure|certain|"
    r"convinced|confident|think|believe|expect|guess|clear|early|auto|"
    r"пока|еще|уже|полностью|до конца|окончательно|совсем|вполне|целиком|самостоятельно|этим|это|"
    r"здесь|тут|сейчас|буд(?:у|ет|ем|ут)|был[аои]?|надо|нужно|стоит|следует|удалось|"
    r"получилось|получается|мо(?:гу|жет|жем|гут)|смог(?:л[аи])?|успел[аи]?|хочу|"
    r"хотим|собира(?:юсь|емся)|планиру(?:ю|ем)|пытае(?:тся|мся)|должен|должн[аоы]|"
    r"(?:дума|счита)(?:ю|ем)|уверен[аы]?|факт|забы(?:ть|ли)|забудь(?:те)?|что|"
    r"чтобы|мешает|мешают|проблему|полностью|время|повод|спешим|торопимся|все|сам|сама|само|или|и|"
    r"бы|же|как|тем|мы|я|он|она|оно"
)
_AUXILIARY = (
    r"(?:do|does|did|is|are|was|were|ca|could|would|should|wo|has|have|had|must|need|might|ai)"
)
NOT = (
    rf"(?:not(?!\sonly|-)|cannot|{_AUXILIARY}n'?t|never|neither|nor|не(?!\sтолько)|нельзя|никак|"
    r"ни|рано)"
)
_DENIED = (
    rf"\b{NOT}(?:\W+(?:{_FILLERS}|%CLOSING%))*\W*\Z",
    r"\b(?:none|nothing|neither|nobody|no\sone|no\s(?:part|commit|change)|ничто|ничего|никто|"
    r"ни\sодин|ни\sодна|ни\sодно)\b[^\n]*\Z",
    r"\b(?:no\slonger|(?:does?|did)\s(?:little|nothing)\sto|hardly|barely|scarcely|вряд\sли|"
    r"едва\sли|"
    r"fail(?:s|ed|ing)?\sto|unable\sto|refus\w+\sto|forg[eo]t\w*\sto|"
    r"(?:prevent|stop|avoid|skip|postpon|delay|defer|forbid|block|doubt)\w*|instead\sof|"
    r"rather\sthan|"
    r"without|short\sof|far\sfrom|nowhere\snear|(?:in\sno|by\sno|under\sno|no)\s\w+|"
    r"out\sof\s\w+(?:\sto)?|"
    r"(?:no|lack\sof)\s(?:way|time|chance|need|reason|point|plans?|intention|capacity)\s(?:to|in|"
    r"of)|"
    r"(?:gave|give|given|giving)\sup(?:\son)?|abandon\w*|(?:im|not\s)possible\sto|(?:too|"
    r"more)(?:\s\w+)?\sto|"
    r"(?:struggl|pretend|propos|vot|remind|hesitat|hard|difficult|insufficient|yet|still|due|"
    r"schedul|hop)\w*(?:\sme|\sus)?\sto|"
    r"(?:ask|tell|told|wait|remind)\w*\s(?:for\s)?\w+\sto|out\sof\sscope|not\sin\sthis\s\w+|"
    r"too\s(?:early|soon)\sto|"
    r"(?:wait|hold)\s(?:off\s)?(?:with|on)|(?:everything|all|anything|nothing)\sbut|apart\sfrom|"
    r"other\sthan|aside\sfrom|"
    r"(?:нет|не\sхватает|нехватка)\s(?:\w+\s)?(?:времени|возможности|смысла|способа|сил|ресурсов|"
    r"желания|планов)|"
    r"невозможно|недостаточно|мало|не\sвышло|забыл\w*|трудно|сложно|некогда|(?:попро|"
    r"про)с\w+\s\w+|напомни\w*|сда(?:лись|юсь|лся)|ни\sв\sкоем\sслучае|"
    r"вместо(?:\sтого)?|без|отказ\w+|запре\w+|откладыва\w+|отложи\w+|сомнева\w+|передума\w+|"
    r"меша(?:ет|ют|ло|ла|л))"
    rf"(?:\W+(?:{_FILLERS}|чтобы))*\W*\Z",
)
_DENIED_BARE = (  # "do not rename a file to close": the negation governs a verb without an ending
    r"\b(?:(?:do|does|did|can|could|would|should|will|is|are|was|may|might|must|need)\s(?:not|"
    r"never)"
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
_LATER = (
    r"\b(?:later|someday|afterwards|eventually|позже|потом|затем|предстоит|осталось|останется|"
    rf"когда-нибудь)(?:\W+(?:{_FILLERS}))*\W*\Z"
)
# A condition: "once deployed, closes B24-5", "closes B24-5 if QA agrees".
_EVENT = (
    r"(?:if|when|once|after|as\ssoon\sas|provided|assuming|если|когда|после|как\sтолько|"
    r"при\sусловии)\s(?:\w+\s){0,4}?(?:deploy\w*|releas\w*|review\w*|qa|approv\w*|agree\w*|"
    r"confirm\w*|(?:is|are|goes|get\w*|has\sbeen)\s(?:on|live|out|up|there|enabled|active|ready|"
    r"shipped)|"
    r"test(?:s|ed|ing)?|verif\w*|pass(?:es)?|works?|well|helps?|релиз\w*|провер\w*|"
    r"ревью|деплоя|выкат\w*|тест\w*|подтверд\w*|соглас\w*|сработа\w*|получится|поможет|хорошо)\b"
)
_AFTER_EVENT = rf"[\s*_\])\"”»]*[,(–—-]*\s*(?:(?:but\s)?only\s|только\s)?{_EVENT}"
_BEFORE_EVENT = rf"\b{_EVENT}(?:\s\w+){{0,2}}\s?[,:]?\s(?:\w+\s){{0,2}}\Z"
_ADJECTIVE = (  # "the docs of the closed B24-5"
    r"\b(?:to|for|of|from|about|in|by|with|like|the|already|previously|earlier|recently|long|уже|"
    r"ранее|раньше|давно|недавно|для|из|про|от|по)\s*\Z"
)
_UNCERTAIN = (
    r"\b(?:should|might|may|could|would|must|can|will|shall|\w+'ll|\w+'d|ought\sto|gonna|"
    r"going\sto|(?:have|has|had)\sto|needs?(?:\s(?:\w+\s){1,2}?to|\sto)?|needed\sto|wants?\sto|"
    r"wish\w*\sto|"
    r"plan\w*\s(?:to|on)|hop(?:e|es|ing)(?:\sto)?|hopefully|tr(?:y|ies|ied|ying)\sto|"
    r"attempt\w*\s(?:to|at)|efforts?\sto|(?:supposed|meant|intended|expected|designed|likely|"
    r"ready|required|necessary|remember|promise)\sto|aim\w*\s(?:to|at)|help\w*(?:\sto)?|"
    r"allow\w*(?:\sus)?\sto|probably|maybe|perhaps|possibly|presumably|apparently|"
    r"supposedly|allegedly|theoretically|in\stheory|technically|(?:sort|kind)\sof|kinda|"
    r"more\sor\sless|rarely|"
    r"sometimes|occasionally|at\stimes|with\s(?:\w+\s)?luck|fingers\scrossed|guess|thought|"
    r"looks?\slike|manually|"
    r"(?:as\s)?an?\s(?:work-?around|stopgap)|semi|"
    r"(?:claim|believ|thought|said|report|rumou?r|schedul|du|closer|nearer|way|door|possible|"
    r"enabl\w+\sus)\w*\sto|"
    r"lets?\sus|potentially|seem\w*(?:\sto)?|appears?\sto|i\sthink|let's|please|want|"
    r"wip|"
    r"(?:start|began|begin|continu)\w*(?:\sto)?|prepar\w+\s(?:to|for)|step\s(?:to|towards?)|"
    r"let\sus|used\sto|(?:groundwork|preparations?|prework|pre-work|needed|required|tests?|"
    r"plans?)\sfor|"
    r"to\sunblock|unblocks?|towards?|close\sto|about\sto|on\sthe\sway\sto|"
    r"in\san?\sattempt\sto|almost|nearly|mostly|"
    r"largely|somewhat|partial\w*|partly|in\spart|half|temporar\w+|interim|halfway|only\spart\w*|"
    r"some\sof|"
    r"надо|нуж(?:но|ен|на)|необходимо|следует|стоит|пора|должн[аоы]|должен|обязан\w*|можно|может|"
    r"могут|могло?\sбы|"
    r"мог\sбы|хочу|хотим|хотелось\sбы|хорошо\sбы|буд(?:у|ет|ем|ут)|собира\w+|планиру\w+|намерен\w*|"
    r"попроб\w+|пробу\w+|пыта\w+|попыт\w+|попытк\w+|помога\w+|поможет|позвол\w+|постара\w+|"
    r"стара\w+|"
    r"возможно|вероятно|наверно\w*|наверняка|видимо|похоже|кажется|вроде(?:\sбы)?|скорее\sвсего|"
    r"надеюсь|надеемся|предположительно|по\sидее|потенциально|частичн\w+|отчасти|наполовину|"
    r"временн\w+|"
    r"в\sтеории|теоретически|иногда|изредка|как\sбы|типа|якобы|вручную|условно|говорят|"
    r"хочется\sверить|"
    r"почти|практически|в\sосновном|местами|начина\w+|продолжа\w+|готов\w*|просьба|прошу|давайте|"
    r"предлагаю|решили|думаю|осталось|шаг\sк|на\sпути\sк)"
    rf"(?:\W+(?:{_FILLERS}|now|чтобы|что|бы))*\W*\Z"
)
# "Bob is fixing B24-5": work that goes on.
_GOES_ON = (
    r"\b(?!(?:this|it|that|which|these|those|mr|pr|request|commits?|patch|changes?|branch)\b)\w+"
    r"(?:'s|'re|\s(?:is|are|was|were))\s(?:\w+ly\s|still\s|now\s)?\Z"
)
_ALSO_LATER = (  # "QA will verify and close B24-5"
    r"\b(?:should|might|may|could|would|must|will|shall|\w+'ll|буд\w+|надо|нужно)\s"
    r"(?:\w+\s){1,4}(?:and|or|then|и|или)\s\Z"
)
_UNTIL_ANOTHER = (  # "do not merge until Bob closes B24-5"
    r"\b(?:until|till|unless|once(?!\s(?:again|more|and))|as\ssoon\sas|пока|как\sтолько)"
    r"(?:\s\w+){1,2}\s\Z"
)
_STATE_LABEL = rf"^\W*(?:{STATE_WORDS})(?:\s?[:—–)\]!.-]+\s?(?:\w+\s){{0,2}}|\s)\Z"
_OTHERS = (  # "the next merge request fixes B24-5"
    r"(?:\b(?:next|second|third|later|other|another|separate|different|following|previous|earlier|"
    r"upcoming|future|"
    r"follow-?\s?up|back-?end|front-?end|\w+'s)\s(?:mr|pr|(?:merge|pull)\srequest|commit|change|"
    r"patch|branch|"
    r"release|version)|\bfollow-?\s?up|![0-9]+|"
    r"\b(?:следующ|друг|отдельн|втор|предыдущ|прошл|нов)\w*\s(?:мр|mr|мерж\w*|коммит\w*|ветк\w*|"
    r"релиз\w*|"
    r"верси\w*|задач\w*))\s\Z"
)
_WORDS = (  # "write closes B24-5", where the words are meant
    r"\b(?:writ\w+|wrote|say(?:s|ing)?|words?|keywords?|phrases?|trailers?|like|(?:remov|delet|"
    r"replac)(?:e|es|ed|ing)|"
    r"drop(?:s|ped|ping)?|s/|ex:|напиш\w+|пиш\w+|написать|слов[оа]|словами|фраз\w|убра\w+|"
    r"удали\w+|замени\w+)\s?\Z"
)
_GERUND = (
    r"\b(?:by|for|with|of|about|from|than|but|on|during)\s(?:the\s)?\Z"  # "introduced by fixing"
)
_RELATIVE = (  # "the commit that closed": what happened before
    r"(?:\b(?:that|which|what|who|котор\w+|кто|чем|то\s?,?\sчто)\s(?:\w+\s)?|"
    r"\bтак\sже\s?,?\sкак\s|\bsame\s(?:way\s)?as\s(?:\w+\s)?)\Z"
)
_EXAMPLE = (
    r"\b(?:e\.g\.|eg|i\.e\.|for\s(?:example|instance)|example|such\sas|format|syntax|usage|"
    r"например|к\sпримеру|напр\.|пример|формат|образец|как\sто)[\s:,\"'«“(\[]*\Z"
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
        "event": (_BEFORE_EVENT, _STATE_LABEL),
        "also later": (_ALSO_LATER,),
        "adjective": (_ADJECTIVE, _RELATIVE),
        "words": (_WORDS, _OTHERS),
        "gerund subject": (GERUND_SUBJECT,),
        "example": (_EXAMPLE,),
        "after denied": (AFTER_DENIED, AFTER_LATER, AFTER_OPEN),
        "after part": (AFTER_PART, _AFTER_EVENT, AFTER_STATE),
        "after closing": (AFTER_CLOSING,),
    }
    text = "|".join(f"(?:{part})" for part in tables[name])
    return re.compile(text.replace("%CLOSING%", any_word_pattern(CLOSING_WORDS)))
