"""Who else may be said to close a task, as a regular expression: roles, people by name. Pure.

"Bob closes B24-5" tells of somebody's work elsewhere; "Commit closes B24-5" of this. The CI
reporter has this file too: Python 3.9, and nothing but the standard library.
"""

from __future__ import annotations

# In small letters. Names that are plain words, too, as mark and grace, are left out.
_FIRST_NAMES = (
    r"a(dam|lan|lbert|lex(ey|ander|andra)?|li|lice|my|ndre[asiy]*|ndrew|ngela|nn[ae]?|nton|rthur|"
    r"rtem|hmed|mit)|b(en|ob|oris|rian)|c(arlos?|arol|harlie|hris\w{0,7}|id)|d(an(iel)?|ave|avid|"
    r"enis|mitr[iy]+|iego)|e(d|lena|m(ily|ma)|ric|ve|than)|frank|fred|george|greg|h(ans|arry|elen|"
    r"enry)|i(gor|lya|rina|van)|j(ack|ames|ane|ason|ean|eff|enn(y|ifer)?|im|o[es]|os[eé]|oh[an]n?|"
    r"onas|uan|ulia|avier)|k(arl|ate|evin|irill|enji)|l(aura|ena|isa|u[ck]as|ucy|uis|iam)|"
    r"m(a[kx]im|aria|artin|ary|ichael|ike|i[kc]hail|arco|ia|iguel|oham\w+)|n(atasha|ick|ikita|"
    r"ikolai|ina|oah)|o(leg|lga|liver|scar|mar)|p(a[uv][el]l?|eter|etya|hil|ablo|edro|ierre|riya)|"
    r"r(achel|ita|obert|oger|on|yan|aj)|s(am|arah|asha|ergey|imon|ophi[ae]|tefan|teven?|usan|"
    r"ofi[ay])|t(anya|ed|homas|im|om)|vasya|victor|vlad\w{0,6}|william|wei|y?evgen[iy]+|yuri|yuki|"
    r"łukasz|xiomara|zo[ey]a?|а(лекс\w{0,6}|л(ина|иса|ьберт)|н(астасия|атолий|дрей|на|тон|я)|"
    r"рт[её]м|лл?а|рина)|боб|борис|в(адим|алер\w{1,2}|аня|ас[яи]\w{0,4}|ера|иктор\w{0,2}|италий|"
    r"лад\w{0,6}|ова)|г(ал[яи]\w{0,2}|еоргий|леб|ригорий)|д(арья|аша|енис|има|митрий)|е(вген\w{2}|"
    r"гор|катерина|лена)|женя|и(ван|горь|лья|рина|н+а)|к(атя|ирилл|оля|онстантин|сения)|л(ена|"
    r"[её]ша|юдмила)|м(акс(им)?|а(рина|рия|ша)|иша|ихаил|арат)|н(аст[яь]\w{0,2}|ата(лья|ша)|икита|"
    r"иколай)|о(лег|льга|ля)|п(авел|аша|[её]тр|етя|олина)|р(оман|ита|устам)|с(вет(лан)?а|"
    r"ерг\w{1,2}|ер[её]жа|тас|тепан)|зоя|т(имофей|ан[яь]\w{0,2}|имур)|яна|ярослав|ф[её]дор|ю(лия|"
    r"ля|рий)"
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
SPEAKER = (  # "Bob: closes B24-5", "Quote from Zed: closes B24-5"
    rf"^\W*(\d\d?:\d\d\W*)?(({_FIRST_NAMES})(\s\w+)?|\w+\s\w\.|reviewer|ревьюер|review\scomment|from\sthe\sreview|"
    r"(quote|comment|цитата|комментарий)\s(from|by|от)\s\w+):[\s\"«“]*\Z"
)
