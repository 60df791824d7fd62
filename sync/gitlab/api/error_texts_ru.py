"""Errors of GitLab connections in Russian: a table by the English sentences that are stored. Pure.

Parts that stand between names and numbers are entries of their own: each is replaced where it is.
"""

from __future__ import annotations

RUSSIAN: dict[str, str] = {
    # what happened
    "was answered with": "получил в ответ",
    "was answered": "получил ответ",
    "failed: the certificate of GitLab is not trusted":
        "не выполнен: сертификату GitLab нет доверия",
    "failed: GitLab speaks no HTTPS there": "не выполнен: по этому адресу не отвечают по https://",
    "failed at the proxy": "не выполнен: не отвечает прокси",
    "failed: GitLab cannot be reached in time": "не выполнен: до GitLab не достучаться вовремя",
    "failed: GitLab cannot be reached": "не выполнен: GitLab недоступен",
    "got no answer in time": "не дождался ответа",
    "was cut off": "оборвался",
    "cannot be sent: the connection's ca_file cannot be read":
        "не отправить: файл ca_file подключения не читается",
    "cannot be sent": "не отправить",
    "no content type": "неизвестный вид данных",
    "not with JSON": "а не JSON",
    "the link to the next page leads to no other page":
        "ссылка на следующую страницу никуда не ведёт",
    "The base URL is not a web address": "Адрес подключения не похож на веб-адрес",
    "There is no GitLab at": "GitLab не найден по адресу",
    "its API answers": "ответ API:",
    "The webhooks of": "Вебхуки:",
    "cannot be managed": "— ими нельзя управлять",
    "The address of": "Адрес",
    "is inside a private network": "лежит в частной сети",
    # why
    "What answers is not GitLab: it is being restarted behind its proxy, or the base URL is wrong":
        "Отвечает не GitLab: он перезапускается за прокси, или адрес неверен",
    "Set the base URL to GitLab itself, if this stays":
        "Если это не пройдёт, укажите адрес самого GitLab",
    "The base URL begins with http://, and GitLab answers at https:// only":
        "Адрес начинается с http://, а GitLab отвечает только по https://",
    "The base URL is not the instance's own address (http instead of https, an old host name)":
        "Это не собственный адрес GitLab (http вместо https, прежнее имя сервера)",
    "GitLab does not accept this request": "GitLab не принимает этот запрос",
    "The access token lacks the scope `api`": "У токена доступа нет права `api`",
    "The access token is wrong, revoked or expired": "Токен доступа неверен, отозван или просрочен",
    "The token's user may not do this": "Владельцу токена этого нельзя",
    "It does not exist, or the token's user cannot see it":
        "Этого нет, или владелец токена этого не видит",
    "it does not exist, or the token's user cannot see it":
        "этого нет, или владелец токена этого не видит",
    "GitLab gave up waiting": "GitLab не дождался",
    "GitLab is not ready for this yet": "GitLab ещё не готов к этому",
    "The rate limit of the instance is reached": "Исчерпан предел запросов к этому GitLab",
    "GitLab is down, restarting or overloaded": "GitLab выключен, перезапускается или перегружен",
    "A self-hosted instance has its own certificate authority":
        "У своего сервера GitLab бывает свой центр сертификации",
    "The connection's proxy does not answer": "Прокси подключения не отвечает",
    "The proxy wants a name and a password": "Прокси требует имя и пароль",
    "Check `proxy` of the connection, such as http://user:password@proxy:3128":
        "Проверьте `proxy` подключения, вида http://user:password@proxy:3128",
    "Check `url` of the connection, and that this machine reaches it":
        "Проверьте `url` подключения и доступен ли он с этой машины",
    "A firewall swallows the connection, or the address is wrong":
        "Соединение не пропускает сетевой экран, или адрес неверен",
    "The name or the port is wrong, or GitLab is down":
        "Неверно имя или порт, или GitLab выключен",
    "GitLab went down meanwhile, or it speaks only https:// there":
        "GitLab как раз выключился, или по этому адресу он говорит только по https://",
    "The address begins with https://, and what answers there speaks plain HTTP, or the port is "
    "another service's":
        "Адрес начинается с https://, а отвечают там по http://, или это порт другой службы",
    "The base URL leads to another site or to a sign-in page in front of GitLab":
        "Адрес ведёт на другой сайт или на страницу входа перед GitLab",
    "The address is another site's, or GitLab lives below a path that is missing":
        "Это адрес другого сайта, или в нём не хватает пути, под которым живёт GitLab",
    "Something between this service and GitLab changes its answers":
        "Что-то между сервисом и GitLab меняет его ответы",
    "Webhooks of a group need GitLab Premium and a token with the role Owner":
        "Вебхукам группы нужны GitLab Premium и токен с ролью Owner",
    "The token's user is not a Maintainer of the project, or it does not exist":
        "У владельца токена нет роли Maintainer в проекте, или проекта нет",
    "Addresses given by users may reach only public servers, so that nobody can use this service "
    "to look into the network it runs in":
        "Адреса, заданные пользователями, ведут только на публичные серверы: иначе через сервис "
        "можно было бы заглянуть в его сеть",
    # sign-ins
    "GitLab does not accept the sign-in any more": "GitLab больше не принимает этот вход",
    "It was revoked in GitLab, its user was blocked, or its last renewal was cut off":
        "Его отозвали в GitLab, пользователя заблокировали или последнее продление прервалось",
    "Connect with GitLab again on the settings page":
        "Подключитесь к GitLab ещё раз на странице настроек",
    "GitLab does not know the application, or its secret is another one":
        "GitLab не знает это приложение, или его секрет другой",
    "The application was deleted in GitLab, or its secret was renewed there":
        "Приложение удалили в GitLab или обновили там его секрет",
    "Put the application's id and secret into the settings again":
        "Укажите ID и секрет приложения в настройках ещё раз",
    "The application may not be used in this way": "Приложение нельзя использовать так",
    "It is not marked as confidential in GitLab": "Оно не отмечено в GitLab как конфиденциальное",
    "Mark it as confidential in GitLab, and connect again":
        "Отметьте его в GitLab как конфиденциальное и подключитесь ещё раз",
    "The application lacks the scope `api`": "У приложения нет права `api`",
    "It was registered in GitLab without it": "Его зарегистрировали в GitLab без этого права",
    "Give it the scope `api` in GitLab, and connect again":
        "Дайте ему право `api` в GitLab и подключитесь ещё раз",
    "GitLab gave a token that cannot be renewed": "GitLab выдал токен, который нельзя продлить",
    "Register the application as the documentation says, and connect again":
        "Зарегистрируйте приложение, как сказано в документации, и подключитесь ещё раз",
    # what to change
    "Write https:// in the connection's `url`: with http:// the token would be sent in the clear":
        "Укажите https:// в `url` подключения: по http:// токен ушёл бы открытым текстом",
    "Set the connection's base URL to the address that GitLab shows in the browser":
        "Укажите адрес, который показывает сам GitLab в браузере",
    "Set `url` of the connection to the address that GitLab shows in the browser":
        "Укажите в `url` подключения адрес, который GitLab показывает в браузере",
    "See GitLab's answer above": "Смотрите ответ GitLab выше",
    "Issue a token with the scope `api`": "Выпустите токен с правом `api`",
    "Issue a new token with the scope `api` and put it into the connection":
        "Выпустите новый токен с правом `api` и укажите его в подключении",
    "Give that user the role Maintainer in the project (Owner in the group)":
        "Дайте этому пользователю роль Maintainer в проекте (Owner в группе)",
    "Check the project and that the token's user is a member of it":
        "Проверьте проект и что владелец токена в нём состоит",
    "Put that authority's certificate (PEM) into the connection's ca_file":
        "Укажите сертификат этого центра (PEM) в ca_file подключения",
    "Set the connection's base URL, such as https://gitlab.example.com":
        "Укажите адрес подключения, например https://gitlab.example.com",
    "Put a readable file with PEM certificates there":
        "Укажите доступный файл с сертификатами в виде PEM",
    "Set the base URL to GitLab itself and let API requests pass the sign-in page":
        "Укажите адрес самого GitLab и пропускайте запросы API мимо страницы входа",
    "Let a proxy in front of GitLab pass the Link header as it is":
        "Пусть прокси перед GitLab передаёт заголовок Link без изменений",
    "Write it like https://gitlab.example.com, without a user name":
        "Пишите так: https://gitlab.example.com, без имени пользователя",
    "Use such a token, or connect the projects one by one":
        "Возьмите такой токен или подключите проекты по одному",
    "Give that user the role Maintainer, or check the project's path":
        "Дайте этому пользователю роль Maintainer или проверьте путь проекта",
    "If the server is meant to be reached, name its network in B24BRIDGE_ALLOWED_NETWORKS":
        "Если сервер должен быть доступен, укажите его сеть в B24BRIDGE_ALLOWED_NETWORKS",
    # projects and groups
    "the token's user is": "у владельца токена роль",
    "webhooks need Maintainer": "вебхукам нужна Maintainer",
    "give that user the role Maintainer, or use a project's or group's bot with it":
        "дайте этому пользователю роль Maintainer или возьмите токен бота проекта или группы с ней",
    "role unknown": "роль неизвестна",
    "no webhook without B24BRIDGE_PUBLIC_URL": "без B24BRIDGE_PUBLIC_URL вебхука не будет",
    "set it": "задайте его",
    "there is no webhook yet": "вебхука ещё нет",
    "run `b24bridge gitlab hooks` for this connection":
        "выполните `b24bridge gitlab hooks` для этого подключения",
    "GitLab has switched the webhook off, as it failed": "GitLab отключил вебхук из-за ошибок",
    "the webhook is in place": "вебхук на месте",
    "check the path, and that the token's user is a member":
        "проверьте путь и что владелец токена там состоит",
    "projects: the connection names no projects and no groups, so nothing would ever arrive":
        "проекты: в подключении нет ни проектов, ни групп, поэтому ничего не придёт",
    "name them under `projects` or `groups` in the settings":
        "назовите их в настройках, в `projects` или `groups`",
    # the account
    "it has: none": "прав нет",
    "it has:": "есть:",
    "Issue a token that has it": "Выпустите токен с этим правом",
    "The access token expired on": "Токен доступа просрочен с",
    "Issue a new one and put it into the connection": "Выпустите новый и укажите его в подключении",
    "The access token expires in less than a day, on":
        "Токен доступа закончится меньше чем за день,",
    "The access token expires in": "Токен доступа закончится через",
    "days, on": "дн.,",
    "day, on": "дн.,",
    "Issue a new one in time": "Выпустите новый заранее",
    "The instance does not tell its version": "GitLab не сообщает свою версию",
    "is too old. Upgrade it to": "слишком старый. Обновите его до",
    "or later": "или новее",
    "token with unknown scopes": "токен, права неизвестны",
    "token with": "токен, права:",
    "at GitLab": "в GitLab",
    "valid until": "действует до",
    "without an end": "без срока",
    "Open": "Открыта", "Closed": "Закрыта",
}  # fmt: skip
