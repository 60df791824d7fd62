"""Who else may be said to close a task, as a regular expression: roles, people by name. Pure.

"Bob closes B24-5" tells of somebody's work elsewhere; "Commit closes B24-5" of this. The CI
reporter has this file too: Python 3.9, and nothing but the standard library.
"""

from __future__ import annotations

# In small letters. Names that are plain words, too, as mark and grace, are left out.
_FIRST_NAMES = (
    r"adam|alan|albert|alex(ey|ander|andra)?|ali|alice|amy|andre[asiy]*|andrew|angela|ann[ae]?|"
    r"anton|arthur|artem|ben|bob|boris|brian|carlos?|carol|charlie|chris\w{0,7}|cid|dan(iel)?|dave|"
    r"david|denis|dmitr[iy]+|ed|elena|em(ily|ma)|eric|eve|frank|fred|george|greg|hans|harry|helen|"
    r"henry|igor|ilya|irina|ivan|jack|james|jane|jason|jean|jeff|jenn(y|ifer)?|jim|jo[es]|jos[eé]|"
    r"joh[an]n?|jonas|juan|julia|karl|kate|kevin|kirill|laura|lena|lisa|lu[ck]as|lucy|luis|ma[kx]im|"
    r"maria|martin|mary|michael|mike|mi[kc]hail|natasha|nick|nikita|nikolai|nina|oleg|olga|oliver|"
    r"oscar|pa[uv][el]l?|peter|petya|phil|rachel|rita|robert|roger|ron|ryan|sam|sarah|sasha|sergey|"
    r"simon|sophi[ae]|stefan|steven?|susan|tanya|ted|thomas|tim|tom|vasya|victor|vlad\w{0,6}|"
    r"william|y?evgen[iy]+|yuri|ahmed|amit|diego|ethan|javier|kenji|liam|łukasz|"
    r"marco|mia|miguel|moham\w+|noah|omar|pablo|pedro|pierre|priya|raj|sofi[ay]|"
    r"wei|xiomara|yuki|zo[ey]a?|"
    r"алекс\w{0,6}|ал(ина|иса|ьберт)|ан(астасия|атолий|дрей|на|тон|я)|"
    r"арт[её]м|боб|борис|вадим|валер\w{1,2}|ваня|вас[яи]\w{0,4}|вера|виктор\w{0,2}|виталий|влад\w{0,6}|"
    r"вова|гал[яи]\w{0,2}|георгий|глеб|григорий|дарья|даша|денис|дима|дмитрий|евген\w{2}|егор|"
    r"екатерина|елена|женя|иван|игорь|илья|ирина|катя|кирилл|коля|константин|ксения|лена|л[её]ша|"
    r"людмила|макс(им)?|ма(рина|рия|ша)|миша|михаил|наст[яь]\w{0,2}|ната(лья|ша)|никита|николай|"
    r"олег|ольга|оля|павел|паша|п[её]тр|петя|полина|роман|свет(лан)?а|серг\w{1,2}|сер[её]жа|стас|"
    r"степан|ин+а|алл?а|арина|зоя|марат|рита|рустам|тимофей|яна|ярослав|тан[яь]\w{0,2}|тимур|ф[её]дор|ю(лия|ля|рий)"
)
_PERSON = (  # surnames, too: "Петров закрывает"
    rf"{_FIRST_NAMES}|[a-z]{{3,12}}[eo]va?|(?!основа|обнова)[а-я]{{3,12}}([ео]ва?|енко)"
)
_ROLES = (
    r"qa|testers?|customers?|(product\s)?(manager|owner)s?|analysts?|colleagues?|s?he|"
    r"(some|any)(one|body)(\selse)?|([\w']+\s){0,2}team|"
    r"заказчики?|клиент|тестировщи\w+|аналитики?|менеджеры?|дизайнер\w*|поддержка|бэкенд\w*|"
    r"фронтенд\w*|коллег[аи]|руководитель|тимлид|кто-то\s\w+|команда(\s\w+)?"
)
_MEANWHILE = r"(also|already|just|now|finally|ha[sd]|тоже|также|уже|сейчас|только что|сам[аи]?)"
OTHERS = (
    rf"(^\W*((and|then|the|our|my|today|yesterday|"
    r"here|there|while|when|as|in\s\S{0,60}![0-9]+|а|и|потом|наш|мой|моя|вчера|сегодня|тут|там|"
    rf"пока)\s)*({_ROLES}|"
    rf"({_PERSON})(\s(?!{_MEANWHILE})\w+)?(\s(and|и)\s({_PERSON}))?)(\s{_MEANWHILE})*|"
    r"(?<!cc )(?<!to )@[\w.-]+) \Z"
)
SPEAKER = rf"^\W*(\d\d?:\d\d\W*)?({_FIRST_NAMES})(\s\w+)?:[\s\"«“]*\Z"  # "Bob: closes B24-5"
