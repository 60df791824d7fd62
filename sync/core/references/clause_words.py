"""Regular expressions for the words around "closes B24-5" that take it back. Pure.

The CI reporter has this file too: Python 3.9, and nothing but the standard library.
"""

from __future__ import annotations

import re
from functools import cache

from sync.core.references.keywords import CLOSING_WORDS, any_word_pattern

# What may stand between "not" and the word that it denies.
_FILLERS = (
    r"yet|do|does|did|anywhere|near|fully|completely|entirely|really|actually|quite|even|necessarily|itself|alone|all|"
    r"exactly|properly|directly|automatically|itself|by itself|on its own|in itself|anything in|"
    r"an?|any|someone|somebody|anyone|anybody|be|been|being|have|has|had|get|to|able|going|meant|intended|supposed|expected|enough|trying|"
    r"try|attempt|ready|want|need|aim|claim|tend|possible|the|this|that|it|we|i|you|they|is|are|"
    r"was|were|still|currently|also|quite|here|now|permanently|truly|and|or|sure|certain|"
    r"convinced|confident|think|believe|expect|guess|clear|early|auto|"
    r"пока|еще|уже|полностью|до конца|окончательно|совсем|вполне|целиком|самостоятельно|этим|это|"
    r"здесь|тут|сейчас|буду|будет|будем|будут|был|была|было|были|надо|нужно|стоит|следует|удалось|"
    r"получилось|получается|могу|может|можем|могут|смог|смогли|смогла|успел|успели|успела|хочу|"
    r"хотим|собираюсь|собираемся|планирую|планируем|пытается|пытаемся|должен|должна|должно|должны|"
    r"думаю|думаем|считаю|считаем|уверен|уверена|уверены|факт|забыть|забудь|забудьте|забыли|что|"
    r"чтобы|мешает|мешают|проблему|полностью|время|повод|спешим|торопимся|все|сам|сама|само|или|и|бы|же|как|тем|мы|я|он|она|оно"
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
    r"\b(?:no\slonger|(?:does?|did)\s(?:little|nothing)\sto|hardly|barely|scarcely|вряд\sли|едва\sли|"
    r"fail(?:s|ed|ing)?\sto|unable\sto|refus\w+\sto|forg[eo]t\w*\sto|"
    r"(?:prevent|stop|avoid|skip|postpon|delay|defer|forbid|block|doubt)\w*|instead\sof|rather\sthan|"
    r"without|short\sof|far\sfrom|nowhere\snear|(?:in\sno|by\sno|under\sno|no)\s\w+|out\sof\s\w+(?:\sto)?|"
    r"(?:no|lack\sof)\s(?:way|time|chance|need|reason|point|plans?|intention|capacity)\s(?:to|in|of)|"
    r"(?:gave|give|given|giving)\sup(?:\son)?|abandon\w*|(?:im|not\s)possible\sto|(?:too|more)(?:\s\w+)?\sto|"
    r"(?:struggl|pretend|propos|vot|remind|hesitat|hard|difficult|insufficient|yet|still|due|schedul|hop)\w*(?:\sme|\sus)?\sto|"
    r"(?:ask|tell|told|wait|remind)\w*\s(?:for\s)?\w+\sto|out\sof\sscope|not\sin\sthis\s\w+|too\s(?:early|soon)\sto|"
    r"(?:wait|hold)\s(?:off\s)?(?:with|on)|(?:everything|all|anything|nothing)\sbut|apart\sfrom|"
    r"other\sthan|aside\sfrom|"
    r"(?:нет|не\sхватает|нехватка)\s(?:\w+\s)?(?:времени|возможности|смысла|способа|сил|ресурсов|желания|планов)|"
    r"невозможно|недостаточно|мало|не\sвышло|забыл\w*|трудно|сложно|некогда|(?:попро|про)с\w+\s\w+|напомни\w*|сда(?:лись|юсь|лся)|ни\sв\sкоем\sслучае|"
    r"вместо(?:\sтого)?|без|отказ\w+|запре\w+|откладыва\w+|отложи\w+|сомнева\w+|передума\w+|"
    r"меша(?:ет|ют|ло|ла|л))"
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
LATER_WORDS = (
    r"postponed|deferred|delayed|suspended|parked|rejected|declined|cancell?ed|abandoned|won't\s(?:do|fix)|"
    r"not\splanned|excluded|missing|pending|(?:still\s)?open|outstanding|goals?|aims?|targets?|propos(?:al|ed)|"
    r"was|were|previously|formerly|(?:old|former|previous)\s(?:title|name|message)|"
    r"отложено|перенесено|отклонено|отменено|не\sпланируем|заброшено|цель|предложение|было|ранее|открыто|"
    r"later|someday|next(?:\s(?:steps?|time|up))?|follow-?\s?ups?|remaining(?:\swork)?|"
    r"remains|left(?:\sto\sdo)?|to\s?do|still\sto\sdo|out\sof\sscope|non-?goals?|not\sdone(?:\syet)?|"
    r"not\sincluded|not\s(?:in|part\sof)\sthis[\w\s]*|not\syet|known\sissues?|limitations?|"
    r"future(?:\swork)?|plans?|ideas?|questions?|позже|потом|далее|дальше|осталось|остается|"
    r"предстоит|планы?|в\sпланах|не\s(?:вошло|сделано|входит)[\w\s]*|следующ\w+[\w\s]*|туду|"
    r"идеи|вопросы?|надо|нужно"
)
_LATER = (
    r"\b(?:later|someday|afterwards|eventually|позже|потом|затем|предстоит|осталось|останется|"
    rf"когда-нибудь)(?:\W+(?:{_FILLERS}))*\W*\Z"
)
# A condition: "once deployed, closes B24-5", "closes B24-5 if QA agrees".
_EVENT = (
    r"(?:if|when|once|after|as\ssoon\sas|provided|assuming|если|когда|после|как\sтолько|"
    r"при\sусловии)\s(?:\w+\s){0,4}?(?:deploy\w*|releas\w*|review\w*|qa|approv\w*|agree\w*|"
    r"confirm\w*|(?:is|are|goes|get\w*|has\sbeen)\s(?:on|live|out|up|there|enabled|active|ready|shipped)|"
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
    r"going\sto|(?:have|has|had)\sto|needs?(?:\s(?:\w+\s){1,2}?to|\sto)?|needed\sto|wants?\sto|wish\w*\sto|"
    r"plan\w*\s(?:to|on)|hop(?:e|es|ing)(?:\sto)?|hopefully|tr(?:y|ies|ied|ying)\sto|"
    r"attempt\w*\s(?:to|at)|efforts?\sto|(?:supposed|meant|intended|expected|designed|likely|"
    r"ready|required|necessary|remember|promise)\sto|aim\w*\s(?:to|at)|help\w*(?:\sto)?|"
    r"allow\w*(?:\sus)?\sto|probably|maybe|perhaps|possibly|likely|presumably|apparently|"
    r"supposedly|allegedly|theoretically|in\stheory|technically|(?:sort|kind)\sof|kinda|more\sor\sless|rarely|"
    r"sometimes|occasionally|at\stimes|with\s(?:\w+\s)?luck|fingers\scrossed|guess|thought|looks?\slike|manually|"
    r"(?:as\s)?an?\s(?:work-?around|stopgap)|semi|"
    r"(?:claim|believ|thought|said|report|rumou?r|schedul|du|closer|nearer|way|door|possible|enabl\w+\sus)\w*\sto|"
    r"lets?\sus|supposedly|potentially|seem\w*(?:\sto)?|appears?\sto|i\sthink|let's|please|want|wip|"
    r"(?:start|began|begin|continu)\w*(?:\sto)?|prepar\w+\s(?:to|for)|step\s(?:to|towards?)|"
    r"let\sus|used\sto|(?:groundwork|preparations?|prework|pre-work|needed|required|tests?|plans?)\sfor|"
    r"to\sunblock|unblocks?|partial|towards?|close\sto|about\sto|on\sthe\sway\sto|in\san?\sattempt\sto|almost|nearly|mostly|"
    r"largely|somewhat|partial\w*|partly|in\spart|half|temporar\w+|interim|halfway|only\spart\w*|some\sof|"
    r"надо|нуж(?:но|ен|на)|необходимо|следует|стоит|пора|должн[аоы]|должен|обязан\w*|можно|может|могут|могло?\sбы|"
    r"мог\sбы|хочу|хотим|хотелось\sбы|хорошо\sбы|буд(?:у|ет|ем|ут)|собира\w+|планиру\w+|намерен\w*|"
    r"попроб\w+|пробу\w+|пыта\w+|попыт\w+|попытк\w+|помога\w+|поможет|позвол\w+|постара\w+|стара\w+|"
    r"возможно|вероятно|наверно\w*|наверняка|видимо|похоже|кажется|вроде(?:\sбы)?|скорее\sвсего|"
    r"надеюсь|надеемся|предположительно|по\sидее|потенциально|частичн\w+|отчасти|наполовину|временн\w+|"
    r"в\sтеории|теоретически|иногда|изредка|как\sбы|типа|якобы|вручную|условно|говорят|хочется\sверить|"
    r"почти|практически|в\sосновном|местами|начина\w+|продолжа\w+|готов\w*|просьба|прошу|давайте|"
    r"предлагаю|решили|думаю|осталось|шаг\sк|на\sпути\sк)"
    rf"(?:\W+(?:{_FILLERS}|now|чтобы|что|бы))*\W*\Z"
)
# What the author calls the state of the work: `DO NOT MERGE: fixes B24-5`.
STATE_WORDS = (
    r"wip|work\sin\sprogress|dnm|(?:do\snot|don't|never)\smerge(?:\syet)?|not\s(?:yet\s)?(?:ready|done|finished|"
    r"tested|reviewed|final)(?:\syet)?(?:\s(?:for|to)\s\w+)?|(?:on\s)?hold|blocked|rfc|poc|proof\sof\sconcept|"
    r"experiment(?:al)?|spike|prototype|sketch|mvp|untested|unfinished|incomplete|half(?:\sdone|way)?|almost|"
    r"(?:for|needs)\s(?:discussion|review|feedback|testing)(?:\sonly)?|(?:test|review)\sonly|temporary(?:\sfix)?|"
    r"stopgap|work-?around|partial(?:ly)?|(?:first|second|third|another|last)\s(?:try|attempt)|"
    r"(?:try|attempt|part|step|phase|iteration)\s\d{1,2}|(?:first|next)\s(?:part|step|iteration|half)|"
    r"\w+(?:\s(?:part|half|side))?\sonly|(?:front|back)-?end(?:\spart)?|"
    r"не\s(?:сливать|мержить|мерджить|вливать|готово|закончено|проверено|тестировано)(?:\sпока)?|"
    r"пока\sне\s(?:сливать|мержить|мерджить|вливать|готово)|на\s(?:паузе|холде|обсуждение|ревью)|"
    r"для\s(?:обсуждения|ревью)|в\sработе|заблокировано|эксперимент\w*|прототип|черновой|набросок|недоделан\w*|"
    r"незаконченн?\w*|непроверен\w*|временно|костыль|частично|(?:перв|втор)\w+\s(?:попытка|часть|шаг|итерация)|"
    r"(?:попытка|часть|шаг|этап|итерация)\s\d{1,2}|только\s\w+"
)
_STATE_LABEL = rf"^\W*(?:{STATE_WORDS})(?:\s?[:—–)\]!.-]+\s?(?:\w+\s){{0,2}}|\s)\Z"
_OTHERS = (  # "the next merge request fixes B24-5"
    r"(?:\b(?:next|second|third|later|other|another|separate|different|following|previous|earlier|upcoming|future|"
    r"follow-?\s?up|back-?end|front-?end|\w+'s)\s(?:mr|pr|(?:merge|pull)\srequest|commit|change|patch|branch|"
    r"release|version)|\bfollow-?\s?up|(?:\b(?:mr|pr|merge\srequest)\s)?\S{0,60}![0-9]+|"
    r"\b(?:следующ|друг|отдельн|втор|предыдущ|прошл|нов)\w*\s(?:мр|mr|мерж\w*|коммит\w*|ветк\w*|релиз\w*|"
    r"верси\w*|задач\w*))\s\Z"
)
_WORDS = (  # "write closes B24-5", where the words are meant
    r"\b(?:writ\w+|wrote|say(?:s|ing)?|words?|keywords?|phrases?|trailers?|like|(?:remov|delet|replac)(?:e|es|ed|ing)|"
    r"drop(?:s|ped|ping)?|s/|ex:|напиш\w+|пиш\w+|написать|слов[оа]|словами|фраз\w|убра\w+|удали\w+|замени\w+)\s?\Z"
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
_AFTER_DENIED = (
    r"\s(?:noch\s)?nicht\b|[\s*_\])\"”»]*(?:itself\s|still\s|also\s|сам[аио]?\s|тоже\s|по-прежнему\s)*(?:"
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
_GERUND_SUBJECT = (  # "Closing B24-5 would be premature"
    r"[\s*_\])\"”»]*\s(?:is|was|would|will|has|needs?|comes?|took|takes|requires?|must|should|can|could|may|might|"
    r"рано|нельзя|надо|нужно|не|будет|сложно|преждевременно)\b"
)
_AFTER_STATE = rf"[\s*_\])\"”»]*\s?[\[(–—-]\s?(?:{STATE_WORDS}|draft|черновик)\s?(?:[\])!.,\n]|\Z)"
_AFTER_OPEN = (  # "…, but keep it open"
    r"[\s*_\])\"”»]*[,.(–—…-]*\s*(?:(?:but|and|yet|please|но|и|пожалуйста|пока)[\s,]+)*(?:(?:do\snot|don't|never|"
    r"not\sto)\s(?:\w+\s)?(?:close|complete|resolve|merge)(?!\s\S{1,12}-\d)|(?:keep|leave)\s(?:(?:it|this|the|task|issue|ticket)\s)"
    r"{0,2}open|не\s(?:\w+\s)?(?:закры(?:вай\w*|вать|ть)|завершать)(?!\s\S{1,12}-\d)|остав\w+\s(?:\w+\s)?открыт\w+)"
    r"|[\s*_\])\"”»]*[.(…–—-]+\s?(?:not|не|нет)\s?[!).]*\s*\Z|[\s*_]*,?\sor\s(?:so|does|is|not|did)\b"
)
_AFTER_LATER = (
    r"[\s*_\])\"”»]*[,(:–—-]*\s*(?:(?:(?:on|by|until|till|this|next)\s(?:mon|tues|wednes|thurs|fri|satur|sun)day|"
    r"next\s(?:week|month|sprint|year|release|quarter)|at\sthe\send\sof|when\s(?:\w+\s){1,3}time|(?:manually|by\shand)|"
    r"в\s(?:понедельник|вторник|среду|четверг|пятницу)|на\s(?:следующей|той)\sнеделе|в\sконце|вручную|руками|"
    r"когда\s(?:\w+\s){1,3}время|later|someday|next\stime|tomorrow|afterwards|soon|"
    r"eventually|in\s(?:the\snext|a\s(?:later|separate|follow-?up|future|next|new)|another|"
    r"future)|separately|in\sa\sfollow-?up|not\syet|not\sreally|but\snot\s(?:yet|now|here)|maybe|perhaps|"
    r"or\snot|todo|wip|позже|потом|попозже|завтра|скоро|когда-нибудь|отдельно|"
    r"в\s(?:следующ\w+|другом|другой|отдельн\w+|будущем)|пока\sнет|еще\sнет|не\sсейчас|"
    r"но\sне\s(?:сейчас|здесь|теперь)|может\sбыть|или\sнет)(?!\w)"
    r"(?!\s(?:we|i|it|the|this|they|you|мы|я|это|вы)\b))"
)
_AFTER_PART = (
    r"[\s*_\])\"”»]*[,(:–—-]*\s*(?:(?:is\s|was\s|only\s|just\s|but\s|лишь\s|только\s|но\s|пока\s)*"
    r"(?:partial(?:ly)?|partly|in\spart|halfway|half\sdone|half|almost|nearly|mostly|"
    r"first\s(?:part|half|step|iteration|version)|(?:\w+\s)?(?:part|half|side)\s?[)\].,\n]|"
    r"at\sleast\spart\w+|(?:in|on)\stheory|в\sтеории|to\s(?:some|a|a\scertain)\s(?:degree|extent)|up\sto\sa\spoint|incomplete(?:ly)?|unfinished|to\ssome\sextent|not\s(?:fully|"
    r"completely|entirely)|but\snot\s(?:on|in|for|with|when|if)|но\sне\s(?:на|в|для|при|со?|если)|частично|отчасти|наполовину|почти|не\s(?:полностью|"
    r"до\sконца|совсем|целиком)|перв(?:ая|ый)\s(?:часть|половина|шаг|этап)|"
    r"(?:часть|шаг|этап)\s(?:перв|втор|трет)\w+|за\sисключением|в\sосновном)(?!\w))"
    r"|[\s*_\])\"”»]*[,(:–—-]*\s*(?:except|кроме)\s(?![a-zа-я]\w{0,5}-\d)"
)
_AFTER_CLOSING = (  # only behind "closes B24-5": "B24-5: if the cart is empty" is a title
    r"[\s*_\])\"”»]*[,(–—-]*\s*(?:(?:i|we)\s(?:think|hope|guess|believe|suppose|expect)|hopefully|"
    r"probably|presumably|supposedly|allegedly|apparently|in\s(?:most|some|many|certain|part\sof)\s"
    r"\w+|for\s(?:now|some|most|the\smoment)|only\s(?:on|in|for|with|when|if|the)|(?:for|on|in)\s(?:\w+\s)"
    r"{1,3}only|pending|subject\sto|provided|unless|if(?!\s(?:(?:this|it|the)\s)?(?:mr\s|pr\s)?"
    r"(?:is\s|gets\s)?merged)|надеюсь|думаю|наверн\w+|видимо|похоже|кажется|вроде|скорее\sвсего|"
    r"возможно|вероятно|предположительно|по\sидее|в\s(?:большинстве|некоторых)\s\w+|"
    r"(?:только|лишь)\s(?:на|в|для|при|со?)|если|при\sусловии)(?!\w)"
    r"|[\s*_\])\"”»]*\s?[(,]\s?(?:only\s(?:the\s)?\w+|(?:\w+\s){1,2}only|(?:только|лишь)\s\w+)"
    r"\s?(?:[).,\n]|\Z)"
    r"|[\s*_\])\"”»]*\s?[(\[,:–—-]?\s?(?:part|step|phase|часть|шаг|этап)\s(?:\d|one|two|three|i{1,3}\b)"
)


@cache
def clause_pattern(name: str) -> re.Pattern[str]:
    """Return the compiled pattern of a table, by name.

    Tables of what stands before a word match at the end of that text: bare, present and past hold
    what denies a closing word of that form. Those of what stands behind a reference match at its
    beginning.
    """
    tables = {
        "bare": (*_DENIED, *_DENIED_BARE, _CONDITIONAL_BARE, _LATER),
        "present": (*_DENIED, _CONDITIONAL, _LATER),
        "past": (*_DENIED, _CONDITIONAL_NEAR, _LATER),
        "uncertain": (_UNCERTAIN,),
        "event": (_BEFORE_EVENT, _STATE_LABEL),
        "adjective": (_ADJECTIVE, _RELATIVE),
        "words": (_WORDS, _OTHERS),
        "gerund subject": (_GERUND_SUBJECT,),
        "gerund": (_GERUND,),
        "example": (_EXAMPLE,),
        "after denied": (_AFTER_DENIED, _AFTER_LATER, _AFTER_OPEN),
        "after part": (_AFTER_PART, _AFTER_EVENT, _AFTER_STATE),
        "after closing": (_AFTER_CLOSING,),
    }
    text = "|".join(f"(?:{part})" for part in tables[name])
    return re.compile(text.replace("%CLOSING%", any_word_pattern(CLOSING_WORDS)), re.IGNORECASE)
