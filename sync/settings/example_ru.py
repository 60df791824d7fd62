"""The comments of the example of settings in Russian."""

from __future__ import annotations

# fmt: off
COMMENTS = {
    "The settings of one portal. `b24bridge settings apply FILE --check` shows what would change,":
        "Настройки портала. `b24bridge settings apply FILE --check` показывает, что изменится,",
    "without --check it is applied, whole or not at all. What begins with \"# \" is an example:":
        "без --check файл применяется, целиком или никак. Строки с \"# \" в начале — пример:",
    "take the sign and its blank away to put it in force.":
        "уберите знак и пробел за ним, чтобы пример вступил в силу.",
    "or en: of cards, notifications and reasons":
        "или en: язык карточек, уведомлений и причин",
    "given by `b24bridge gitlab token gitlab`; or {env: NAME}, or {file: PATH}":
        "его даёт `b24bridge gitlab token gitlab`; или {env: NAME}, или {file: PATH}",
    "their webhooks need GitLab Premium": "для их вебхуков нужен GitLab Premium",
    "your own certificate authority": "ваш центр сертификации",
    "who may send webhooks; without it the secret token decides":
        "кто может слать вебхуки; без списка решает секретный токен",
    "B24-123 becomes a link everywhere in GitLab": "B24-123 станет ссылкой всюду в GitLab",
    "the most that GitLab is asked": "не больше стольких запросов к GitLab",
    "a new token in the place of one that nears its end; needs {stored: true}":
        "новый токен вместо того, чей срок кончается; нужен {stored: true}",
    "registered in GitLab: connect by a click instead of a token":
        "зарегистрировано в GitLab: подключение щелчком вместо токена",
    "or {file: PATH}; {stored: true}: the page's":
        "или {file: PATH}; {stored: true}: введённый на странице",
    "how a task is named: B24-123": "как называют задачу: B24-123",
    "GitLab user name: Bitrix24 user id or e-mail address":
        "имя в GitLab: номер или адрес почты сотрудника Битрикс24",
    "of quiet hours": "для тихих часов",
    "of messages in chats, in place of whoever installed; needs the right imbot":
        "пишет в чаты вместо установившего; нужно право imbot",
    "where releases and the like are told": "куда сообщать о релизах и подобном",
    "also: reopened": "ещё бывает: reopened",
    "the workgroup's id": "номер рабочей группы",
    "Enterprise portals: {rate: 5, burst: 250}": "на Энтерпрайзе: {rate: 5, burst: 250}",
    "days": "дней",
}
