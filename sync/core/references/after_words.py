"""Regular expressions for the words behind "closes B24-5" that take it back. Pure.

Each matches at the beginning of what stands behind the reference. The CI reporter has this file
too: Python 3.9, and nothing but the standard library.
"""

from __future__ import annotations

from sync.core.references.keywords import WILL_CLOSE
from sync.core.references.states import STATE_WORDS

GERUND_SUBJECT = (  # "Closing B24-5 would be premature"
    r"[\s*_\])\"”»]*\s(?:is|was|would|will|has|needs?|comes?|took|takes|requires?|must|should|can|"
    r"could|may|might|"
    r"рано|нельзя|надо|нужно|не|будет|сложно|преждевременно)\b"
)
_DONE = "(?:fixed|closed|resolved|completed|implemented|finished|done|solved|addressed)"
AFTER_DENIED = (
    r"\s(?:noch\s)?nicht\b|[\s*_\])\"”»]*(?:itself\s|still\s|also\s|сам[аио]?\s|тоже\s|"
    r"по-прежнему\s)*(?:"
    r"(?:is|are|was|were|will|can|has|have|does|do|should|must)?\s?(?:not|never|\w*n't|cannot)\s"
    r"(?:be\s|been\s|yet\s|fully\s|completely\s|entirely\s|really\s|actually\s|quite\s|get\s)*"
    r"(?:fix|clos|resol|complet|implement|finish|done|solv|ready|address)|"
    r"(?:will|to|should|must|can|needs?\sto|has\sto|may|might|could|would)\sbe\s(?:\w+\s)?"
    rf"{_DONE}|"
    r"(?:remains?|stays?|is\sstill|still|is\skept|keeps?|is\sleft)\s(?:\w+\s)?(?:open|unfixed|"
    r"broken|unresolved)|(?:is|are)\sout\sof\sscope|"
    rf"(?:is|are)\sbeing\s{_DONE}|(?:(?:is|are|was|were|been|got|already)\s)+{_DONE}\s"
    r"(?:in|by|with)\s(?:\S{0,60}![0-9]|@|another\b|(?:the\s)?(?:other|next|previous)\b)|"
    rf"(?:(?:потом|позже|мы|я|это)\s)*(?:{WILL_CLOSE})\b|"
    r"(?:еще\s|пока\s)*не\s(?:будет\s|был[аои]?\s|до\sконца\s|полностью\s)*(?:закры|исправ|реш|"
    r"заверш|выполн|реализ|почин|сдела|готов|надо|нужно|стоит|трога|вошл)|"
    r"(?:еще\s)?оста[её]тся\s|(?:будет|надо|нужно|следует|предстоит)\s(?:\w+\s)?(?:закры|исправ|"
    r"реш|заверш|выполн|реализ|почин|сдела)|рано\sзакры)"
)
AFTER_STATE = rf"[\s*_\])\"”»]*\s?[\[(–—-]\s?(?:{STATE_WORDS}|draft|черновик)\s?(?:[\])!.,\n]|\Z)"
AFTER_OPEN = (  # "…, but keep it open"
    r"[\s*_\])\"”»]*[,.(–—…-]*\s*(?:(?:but|and|yet|please|но|и|пожалуйста|"
    r"пока)[\s,]+)*(?:(?:do\snot|don't|never|"
    r"not\sto)\s(?:\w+\s)?(?:close|complete|resolve|merge)(?!\s\S{1,12}-\d)|(?:keep|"
    r"leave)\s(?:(?:it|this|the|task|issue|ticket)\s)"
    r"{0,2}open|не\s(?:\w+\s)?(?:закры(?:вай\w*|вать|ть)|завершать)(?!\s\S{1,12}-\d)|"
    r"остав\w+\s(?:\w+\s)?открыт\w+)"
    r"|[\s*_\])\"”»]*[.(…–—-]+\s?(?:not|не|нет)\s?[!).]*\s*\Z|[\s*_]*,?\sor\s(?:so|does|is|not|"
    r"did)\b"
)
AFTER_LATER = (
    r"[\s*_\])\"”»]*[,(:–—-]*\s*(?:(?:(?:on|by|until|till|this|next)\s(?:mon|tues|wednes|thurs|"
    r"fri|satur|sun)day|"
    r"next\s(?:week|month|sprint|year|release|quarter)|at\sthe\send\sof|when\s(?:\w+\s){1,3}time|"
    r"(?:manually|by\shand)|"
    r"в\s(?:понедельник|вторник|среду|четверг|пятницу)|на\s(?:следующей|той)\sнеделе|в\sконце|"
    r"вручную|руками|"
    r"когда\s(?:\w+\s){1,3}время|later|someday|next\stime|tomorrow|afterwards|soon|"
    r"eventually|in\s(?:the\snext|a\s(?:later|separate|follow-?up|future|next|new)|another|"
    r"future)|separately|in\sa\sfollow-?up|not\syet|not\sreally|"
    r"после\s(?:\w+\s){1,3}(?:закро(?:ем|ет|ю)|исправи|доделае)\w*|закро(?:ем|ю|ют)\s(?:после|потом|когда)|"
    r"not\sany\s?more|no,?\s(?:it|this)\sdoes(?:n't|\snot)|but\snot\s(?:yet|now|here)|maybe|"
    r"perhaps|"
    r"or\snot|todo|wip|позже|потом|попозже|завтра|скоро|когда-нибудь|отдельно|"
    r"в\s(?:следующ\w+|другом|другой|отдельн\w+|будущем)|пока\sнет|еще\sнет|не\sсейчас|"
    r"но\sне\s(?:сейчас|здесь|теперь)|может\sбыть|или\sнет)(?!\w)"
    r"(?!\s(?:we|i|it|the|this|they|you|мы|я|это|вы)\b))"
)
AFTER_PART = (
    r"[\s*_\])\"”»]*[,(:–—-]*\s*(?:(?:is\s|was\s|only\s|just\s|but\s|лишь\s|только\s|но\s|пока\s)*"
    r"(?:partial(?:ly)?|partly|in\spart|halfway|half\sdone|half|almost|nearly|mostly|"
    r"first\s(?:part|half|step|iteration|version)|(?:\w+\s)?(?:part|half|side)\s?[)\].,\n]|"
    r"at\sleast\spart\w+|(?:in|on)\stheory|в\sтеории|to\s(?:some|a|a\scertain)\s(?:degree|extent)|"
    r"up\sto\sa\spoint|incomplete(?:ly)?|unfinished|to\ssome\sextent|not\s(?:fully|"
    r"completely|entirely)|but\snot\s(?:on|in|for|with|when|if)|но\sне\s(?:на|в|для|при|со?|если)|"
    r"частично|отчасти|наполовину|почти|не\s(?:полностью|"
    r"до\sконца|совсем|целиком)|перв(?:ая|ый)\s(?:часть|половина|шаг|этап)|"
    r"(?:часть|шаг|этап)\s(?:перв|втор|трет)\w+|за\sисключением|в\sосновном)(?!\w))"
    r"|[\s*_\])\"”»]*[,(:–—-]*\s*(?:~?\d{1,2}\s?%\s?(?:[).\]\n]|done|ready|complete|готов|сделан|\Z)|"
    r"(?:together|along|jointly|вместе|совместно)\s(?:with|со?)\s\S{0,60}![0-9])"
    r"|[\s*_\])\"”»]*[,(:–—-]*\s*(?:except|кроме)\s(?![a-zа-я]\w{0,5}-\d)"
)
AFTER_CLOSING = (  # only behind "closes B24-5": "B24-5: if the cart is empty" is a title
    r"[\s*_\])\"”»]*[,(–—-]*\s*(?:(?:i|we)\s(?:think|hope|guess|believe|suppose|expect)|hopefully|"
    r"probably|presumably|supposedly|allegedly|apparently|in\s(?:most|some|many|certain|part\sof)\s"
    r"\w+|for\s(?:now|some|most|the\smoment)|only\s(?:on|in|for|with|when|if|the)|(?:for|on|"
    r"in)\s(?:\w+\s)"
    r"{1,3}only|pending|subject\sto|provided|unless|if(?!\s(?:(?:this|it|the)\s)?(?:mr\s|pr\s)?"
    r"(?:is\s|gets\s)?merged)|надеюсь|думаю|наверн\w+|видимо|похоже|кажется|вроде|скорее\sвсего|"
    r"возможно|вероятно|предположительно|по\sидее|в\s(?:большинстве|некоторых)\s\w+|"
    r"(?:только|лишь)\s(?:на|в|для|при|со?)|если|при\sусловии)(?!\w)"
    r"|[\s*_\])\"”»]*\s?[(,]\s?(?:only\s(?:the\s)?\w+|(?:\w+\s){1,2}only|(?:только|лишь)\s\w+)"
    r"\s?(?:[).,\n]|\Z)"
    r"|[\s*_\])\"”»]*\s?[(\[,:–—-]?\s?(?:part|step|phase|часть|шаг|этап)\s(?:\d|one|two|three|"
    r"i{1,3}\b)"
)
