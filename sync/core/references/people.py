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
    r"william|y?evgen[iy]+|yuri|"
    r"александр\w?|алекс\w{0,4}|алина|алиса|альберт|анастасия|анатолий|андрей|анна|антон|аня|"
    r"арт[её]м|боб|борис|вадим|валер\w{1,2}|ваня|вас[яи]\w{0,4}|вера|виктор\w{0,2}|виталий|влад\w{0,6}|"
    r"вова|гал[яи]\w{0,2}|георгий|глеб|григорий|дарья|даша|денис|дима|дмитрий|евген\w{2}|егор|"
    r"екатерина|елена|женя|иван|игорь|илья|ирина|катя|кирилл|коля|константин|ксения|лена|л[её]ша|"
    r"людмила|максим|макс|марина|мария|маша|миша|михаил|наст[яь]\w{0,2}|наталья|наташа|никита|николай|"
    r"олег|ольга|оля|павел|паша|п[её]тр|петя|полина|роман|света|светлана|серг\w{1,2}|сер[её]жа|стас|"
    r"степан|тан[яь]\w{0,2}|тимур|ф[её]дор|юлия|юля|юрий|"
    # surnames: "Петров закрывает"
    r"[a-z]{3,12}[eo]va?|(?!основа|обнова)[а-я]{3,12}([ео]ва?|енко)"
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
    rf"({_FIRST_NAMES})(\s(?!{_MEANWHILE})\w+)?(\s(and|и)\s({_FIRST_NAMES}))?)(\s{_MEANWHILE})*|"
    r"(?<!cc )(?<!to )@[\w.-]+) \Z"
)
