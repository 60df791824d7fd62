"""What authors call the state of work that is not at its end, as regular expressions. Pure.

The CI reporter has this file too: Python 3.9, and nothing but the standard library.
"""

from __future__ import annotations

# What is to come, or will not: `TODO: fix B24-5`, or the heading of such a list.
LATER_WORDS = (
    r"postponed|deferred|delayed|suspended|parked|rejected|declined|cancell?ed|abandoned|"
    r"won't\s(?:do|fix)|"
    r"not\splanned|excluded|missing|pending|(?:still\s)?open|outstanding|goals?|aims?|targets?|"
    r"propos(?:al|ed)|"
    r"was|were|previously|formerly|(?:old|former|previous)\s(?:title|name|message)|"
    r"отложено|перенесено|отклонено|отменено|не\sпланируем|заброшено|цель|предложение|было|ранее|"
    r"открыто|"
    r"later|someday|next(?:\s(?:steps?|time|up))?|follow-?\s?ups?|remaining(?:\swork)?|"
    r"remains|left(?:\sto\sdo)?|to\s?do|still\sto\sdo|out\sof\sscope|non-?goals?|"
    r"not\sdone(?:\syet)?|"
    r"not\sincluded|not\s(?:in|part\sof)\sthis[\w\s]*|not\syet|known\sissues?|limitations?|"
    r"future(?:\swork)?|plans?|ideas?|questions?|позже|потом|далее|дальше|осталось|остается|"
    r"предстоит|планы?|в\sпланах|не\s(?:вошло|сделано|входит)[\w\s]*|следующ\w+[\w\s]*|туду|"
    r"идеи|вопросы?|надо|нужно"
)

# What the author calls the state of the work: `DO NOT MERGE: fixes B24-5`.
STATE_WORDS = (
    r"wip|work\sin\sprogress|dnm|(?:do\snot|don't|never)\smerge(?:\syet)?|not\s(?:yet\s)?(?:ready|"
    r"done|finished|"
    r"tested|reviewed|final)(?:\syet)?(?:\s(?:for|to)\s\w+)?|(?:on\s)?hold|blocked|rfc|poc|"
    r"proof\sof\sconcept|"
    r"experiment(?:al)?|spike|prototype|sketch|mvp|untested|unfinished|incomplete|half(?:\sdone|"
    r"way)?|almost|"
    r"(?:for|needs)\s(?:discussion|review|feedback|testing)(?:\sonly)?|(?:test|review)\sonly|"
    r"temporary(?:\sfix)?|"
    r"stopgap|work-?around|partial(?:ly)?|(?:first|second|third|another|last)\s(?:try|attempt)|"
    r"(?:try|attempt|part|step|phase|iteration)\s\d{1,2}|(?:first|next)\s(?:part|step|iteration|"
    r"half)|"
    r"\w+(?:\s(?:part|half|side))?\sonly|(?:front|back)-?end(?:\spart)?|"
    r"не\s(?:сливать|мержить|мерджить|вливать|готово|закончено|проверено|тестировано)(?:\sпока)?|"
    r"пока\sне\s(?:сливать|мержить|мерджить|вливать|готово)|на\s(?:паузе|холде|обсуждение|ревью)|"
    r"для\s(?:обсуждения|ревью)|в\sработе|заблокировано|эксперимент\w*|прототип|черновой|набросок|"
    r"недоделан\w*|"
    r"незаконченн?\w*|непроверен\w*|временно|костыль|частично|(?:перв|втор)\w+\s(?:попытка|часть|"
    r"шаг|итерация)|"
    r"(?:попытка|часть|шаг|этап|итерация)\s\d{1,2}|только\s\w+"
)
