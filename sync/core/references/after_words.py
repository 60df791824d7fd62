"""Regular expressions for the words behind "closes B24-5" that take it back. Pure.

Each matches at the beginning of what stands behind the reference. The CI reporter has this file
too: Python 3.9, and nothing but the standard library.
"""

from __future__ import annotations

from sync.core.references.keywords import WILL_CLOSE
from sync.core.references.states import HEDGES, STATE_WORDS

GERUND_SUBJECT = (  # "Closing B24-5 would be premature"
    r"(is|was|would|will|has|needs?|comes?|took|takes|requires?|must|should|can|"
    r"could|may|might|"
    r"рано|нельзя|надо|нужно|не|будет|сложно|преждевременно)\b"
)
_DONE = "((fix|clos|resolv|complet|implement|finish|solv|address)ed|done)"
AFTER_DENIED = (
    r"(noch )?nicht\b|(itself |still |also |сам[аио]? |тоже |"
    r"по-прежнему )*("
    r"(is|are|was|were|will|can|has|have|does|do|should|must)? ?(not|never|\w*n't|cannot) "
    r"(be |been |yet |fully |completely |entirely |really |actually |quite |get )*"
    r"(fix|clos|resol|complet|implement|finish|done|solv|ready|address)|"
    r"(will|to|should|must|can|needs? to|has to|may|might|could|would) be (\w+ )?"
    rf"{_DONE}|"
    r"(remains?|stays?|is still|still|is kept|keeps?|is left) (\w+ )?(open|unfixed|"
    r"broken|unresolved|pending|missing)|(is|are) out of scope|"
    rf"(is|are) being {_DONE}|((is|are|was|were|been|got|already) )+{_DONE} "
    r"(in|by|with) (\S{0,60}![0-9]|@|another\b|(the )?(other|next|previous)\b)|"
    rf"((потом|позже|мы|я|это) )*({WILL_CLOSE})\b|"
    r"(еще |пока )*не (будет |был[аои]? |до конца |полностью )*(закры|исправ|реш|"
    r"заверш|выполн|реализ|почин|сдела|готов|надо|нужно|стоит|трога|вошл)|"
    r"(еще )?оста[её]тся |(будет|надо|нужно|следует|предстоит) (\w+ )?(закры|исправ|"
    r"реш|заверш|выполн|реализ|почин|сдела)|рано закры)"
)
AFTER_STATE = rf"[\[(–—-] ?({STATE_WORDS}|draft|черновик) ?([\])!.,\n]|\Z)"
AFTER_OPEN = (  # "…, but keep it open"
    r"[,.(–—…-]* *((but|and|yet|please|но|и|пожалуйста|"
    r"пока)[ ,]+)*((do not|don't|never|"
    r"not to) (\w+ )?(close|complete|resolve|merge(?! (before|until|after|without)))"
    r"(?! \S{1,12}-\d)|(keep|leave) ((it|this|the|task|issue|ticket) )"
    r"{0,2}open|не (\w+ )?(закры(вай\w*|вать|ть)|завершать)(?! \S{1,12}-\d)|"
    r"остав\w+ (\w+ )?открыт\w+)"
    r"|[.(…–—-]+ ?(not|не|нет) ?[!).]* *\Z|,? ?or (so|does|is|not|"
    r"did)\b"
)
AFTER_LATER = (
    r"[,(:–—-]* *(((on|by|until|till|this|next) (mon|tues|wednes|thurs|"
    r"fri|satur|sun)day|"
    r"next (week|month|sprint|year|release|quarter)|at the end of|when (\w+ ){1,3}time|"
    r"(manually|by hand)|"
    r"в (понедельник|вторник|среду|четверг|пятницу)|на (следующей|той) неделе|в конце|"
    r"вручную|руками|"
    r"когда (\w+ ){1,3}время|later|someday|next time|tomorrow|afterwards|soon|"
    r"eventually|in (the next|a (later|separate|follow-?up|future|next|new)|another|"
    r"future)|separately|in a follow-?up|not yet|not really|"
    r"после (\w+ ){1,3}(закро(ем|ет|ю)|исправи|доделае)\w*|закро(ем|ю|ют) (после|потом|когда)|"
    r"not any ?more|no,? (it|this) does(n't| not)|but not (yet|now|here)|maybe|"
    r"perhaps|"
    r"or not|todo|wip|позже|потом|попозже|завтра|скоро|когда-нибудь|отдельно|"
    r"в (следующ\w+|другом|другой|отдельн\w+|будущем)|пока нет|еще нет|не сейчас|"
    r"но не (сейчас|здесь|теперь)|может быть|или нет)(?!\w)"
    r"(?! (we|i|it|the|this|they|you|мы|я|это|вы)\b))"
)
AFTER_PART = (
    r"[,(:–—-]* *((is |was |only |just |but |лишь |только |но |пока )*"
    r"(partial(ly)?|partly|in part|half(way| done)?|almost|nearly|mostly|"
    r"first (part|half|step|iteration|version)|(\w+ )?(part|half|side) ?[)\].,\n]|"
    r"at least part\w+|(in|on) theory|в теории|to (some|a( certain)?) (degree|extent)|"
    r"up to a point|incomplete(ly)?|unfinished|not (fully|"
    r"completely|entirely)|but not (on|in|for|with|when|if)|но не (на|в|для|при|со?|если)|"
    r"частично|отчасти|наполовину|почти|не (полностью|"
    r"до конца|совсем|целиком)|перв(ая|ый) (часть|половина|шаг|этап)|"
    r"(часть|шаг|этап) (перв|втор|трет)\w+|за исключением|в основном)(?!\w))"
    r"|[,(:–—-]* *((на )?~?\d{1,2} ?% ?([).\]\n]|done|ready|complete|готов|сделан|\Z)|"
    r"(together|along|jointly|вместе|совместно) (with|со?) \S{0,60}![0-9])"
    r"|[,(:–—-]* *((everywhere )?except|(apart|aside) from|everywhere but|кроме) "
    r"(?![a-zа-я]\w{0,5}-\d)"
)
AFTER_CLOSING = (  # only behind "closes B24-5": "B24-5: if the cart is empty" is a title
    r"[,(–—-]* *(at least(?! (as|an?|one|two))|по крайней мере|хотя бы|assuming|as soon as|"
    r"after (running|you|we|(the|this|all|its) (\w+ ){1,3}(is|are|ha(s|ve)|runs?|gets?))|"
    r"when (you|we)|после (того,? как|\w*(полнени|пуск|менени|миграци|новк|ключени|стройк)"
    r"\w{0,3})|(up)?on deploy\w*|везде,? кроме|"
    rf"as far as|процентов на|(i|we) (think|hope|guess|believe|suppose|expect)|{HEDGES}|"
    r"in (most|some|many|certain|part of) \w+|for (now|some|most|the moment)|"
    r"only (on|in|for|with|when|if|the)|(for|on|in) (\w+ ){1,3}only|pending|subject to|provided|"
    r"unless|if(?! ((this|it|the) )?(mr |pr )?(is |gets )?merged)|думаю|"
    r"в (большинстве|некоторых) \w+|(только|лишь) (на|в|для|при|со?)|если|при условии)(?!\w)"
    r"|((on|in|for|на|в|для) \w+)?[,.(;–—-]* ?(?!(which|that|where|when)\b)(\w+,? ){0,5}?"
    r"(still (broken|open|missing|needs?\b|to |(crash|fail|happen|reproduc|occur)e?s?\b)|"
    r"(еще|по-прежнему) ((?!не )\w+ )?(пада[её]|лома|воспроизв|повторя|есть\b|"
    r"не (работ|чин|закры))|(the )?(rest|remain\w+|остальн\w+) (\w+ )?(will|comes?|follows?|later|"
    r"in (a|the) |позже|потом|в (сл|др|от))|more to (come|follow)|another \w+ will)"
    r"|[,(;–—-]* ?((but|though|although|но|хотя) )?(needs? ((an?|more|some) )?"
    r"(follow|work|qa|test|verif|migr|deploy|manual)|to be \w+ed\b|(еще |также )?(оста(лось|ется)|"
    r"нуж(но|н[аы]|ен)|надо|предстоит) )"
    r"|((on|in|for|на|в|для) (the )?\w+)?[,(;–—-] ?(\w+ ){1,4}(needs? (more|further)|"
    r"(is|are) next|позже\b(?! \w)|отдельно\b(?! \w))"
    r"|[(,] ?(only (the )?\w+|(\w+ ){1,2}only|(только|лишь) \w+)"
    r" ?([).,\n]|\Z)"
    r"|[(\[,:–—-]? ?(part|step|phase|часть|шаг|этап) (\d|one|two|three|"
    r"i{1,3}\b)"
)
