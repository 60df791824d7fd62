"""What authors call the state of work that is not at its end, as regular expressions. Pure.

The CI reporter has this file too: Python 3.9, and nothing but the standard library.
"""

from __future__ import annotations

# What the author only believes: "probably fixes B24-5".
HEDGES = (
    r"maybe|perhaps|(probab|possib|presumab|apparent|supposed|alleged|hopeful)ly|возможно|вероятно|"
    r"наверн\w+|видимо|похоже|кажется|вроде( бы)?|скорее всего|наде(юсь|емся)|предположительно|"
    r"по идее"
)

# What is to come, or will not: `TODO: fix B24-5`, or the heading of such a list.
LATER_WORDS = (
    r"postponed|deferred|delayed|suspended|parked|rejected|declined|cancell?ed|abandoned|"
    r"won't (do|fix)|excluded|missing|pending|(still )?open|outstanding|goals?|aims?|targets?|"
    r"propos(al|ed)|"
    r"was|were|previously|formerly|(old|former|previous) (title|name|message)|"
    r"от(ложе|клоне|мене)но|перенесено|не планируем|заброшено|цель|предложение|было|ранее|"
    r"открыто|"
    r"later|someday|next( (steps?|time|up))?|follow-? ?ups?|remaining( work)?|"
    r"remains|left( to do)?|to ?do|still to do|out of scope|non-?goals?|"
    r"not (planned|yet|done( yet)?|included|(in|part of) this[\w ]*)|known issues?|limitations?|"
    r"future( work)?|plans?|ideas?|questions?|позже|потом|далее|дальше|осталось|остается|"
    r"предстоит|планы?|в планах|не (вошло|сделано|входит)[\w ]*|следующ\w+[\w ]*|туду|"
    r"идеи|вопросы?|надо|нужно|вне рамок"
)

# What the author calls the state of the work: `DO NOT MERGE: fixes B24-5`.
STATE_WORDS = (
    r"wip|work in progress|dnm|(do not|don't|never) merge( yet)?|not (yet )?(ready|"
    r"done|finished|"
    r"tested|reviewed|final)( yet)?( (for|to) \w+)?|(on )?hold|blocked|rfc|poc|"
    r"proof of concept|"
    r"experiment(al)?|spike|prototype|sketch|mvp|untested|unfinished|incomplete|half( done|"
    r"way)?|almost|"
    r"(for|needs) (discussion|review|feedback|testing)( only)?|"
    r"temporary( fix)?|"
    r"stopgap|work-?around|partial(ly)?|(first|second|third|another|last) (try|attempt)|"
    r"(try|attempt|part|step|phase|iteration) \d{1,2}|(first|next) (part|step|iteration|"
    r"half)|"
    r"(?!not )\w+( (part|half|side))? only|(front|back)-?end( part)?|"
    r"(пока )?не (сливать|мержить|мерджить|вливать|готово|закончено|проверено|тестировано)( пока)?|"
    r"(на|для) (паузе|холде|обсуждени[ея]|ревью)|в работе|заблокировано|эксперимент\w*|прототип|"
    r"черновой|набросок|не(доделан|законченн?|проверен)\w*|временно|костыль|частично|"
    r"(перв|втор)\w+ (попытка|часть|шаг|итерация)|"
    r"(попытка|часть|шаг|этап|итерация) \d{1,2}|только \w+"
)
