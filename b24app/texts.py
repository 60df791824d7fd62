"""Texts that the server puts into pages and errors, in English and Russian. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from b24app.sign_in_texts_ru import RUSSIAN as SIGN_IN
from sync.bitrix24.issue_sync.texts_ru import RUSSIAN as ISSUE_SYNC
from sync.bitrix24.rest.error_texts_ru import RUSSIAN, build_translator
from sync.core.i18n.catalogue import Catalogue, parse_catalogue
from sync.core.i18n.dates import format_iso
from sync.core.i18n.translate import find_sentence, renew_english
from sync.core.issue_sync.texts_ru import RUSSIAN as PLANNING
from sync.gitlab.api.error_texts_ru import RUSSIAN as GITLAB_RUSSIAN
from sync.sentences import Sentence, fill

_ENGLISH = {
    "title": "GitLab and tasks",
    "install": "Installing the GitLab integration",
    "installed": "Everything is ready.",
    "not_all_done": "Not everything worked. Try again, or close this page: it can be repeated.",
    "again": "Try all steps again",
    "step_tokens": "Access to the portal",
    "step_rights": "Administrator rights",
    "step_secret": "Id and secret of the application",
    "step_address": "Public address of this service",
    "step_scopes": "Rights of the application",
    "step_events": "Events of tasks",
    "step_placements": "Development tab in tasks",
    "step_fields": "Task fields",
    "step_features": "What this portal offers",
    "no_frontend": "The pages of this application were not built: run `make frontend`.",
    "needs_scripts": "This page needs JavaScript.",
    "opens_inside": "This page opens inside Bitrix24",
    "request": "Request",
    "sign_in_leads": "You are being led to GitLab",
    "sign_in_lost": "This window has lost its page. Close it, and connect again there.",
    "sign_in_done": "Connected with GitLab",
    "sign_in_as": "Signed in as",
    "sign_in_close": "You may close this window.",
    "how": "Add the application in Bitrix24 (Developer resources, or the Market) with this "
    "address as its installation path; Bitrix24 then opens this page by itself.",
}
_RUSSIAN = {
    "title": "GitLab и задачи",
    "install": "Установка интеграции с GitLab",
    "installed": "Всё готово.",
    "not_all_done": "Получилось не всё. Повторите или закройте страницу: повторить можно и позже.",
    "again": "Повторить все шаги",
    "step_tokens": "Доступ к порталу",
    "step_rights": "Права администратора",
    "step_secret": "Код и ключ приложения",
    "step_address": "Публичный адрес сервиса",
    "step_scopes": "Права приложения",
    "step_events": "События задач",
    "step_placements": "Вкладка «Разработка» в задачах",
    "step_fields": "Поля задач",
    "step_features": "Возможности портала",
    "no_frontend": "Страницы приложения не собраны: выполните `make frontend`.",
    "needs_scripts": "Для этой страницы нужен JavaScript.",
    "opens_inside": "Эта страница открывается внутри Битрикс24",
    "request": "Запрос",
    "sign_in_leads": "Переходим в GitLab",
    "sign_in_lost": "Окно потеряло свою страницу. Закройте его и подключитесь там ещё раз.",
    "sign_in_done": "GitLab подключён",
    "sign_in_as": "Вы вошли как",
    "sign_in_close": "Это окно можно закрыть.",
    "how": "Добавьте приложение в Битрикс24 (раздел «Разработчикам» или Маркет) и укажите этот "
    "адрес как путь установки: Битрикс24 откроет страницу сам.",
}

# Keyed by the English text, as that is logged and stored.
ERRORS: dict[str, str] = {
    "This page was open too long": "Эта страница открыта слишком давно",
    "Only an administrator of the portal may connect this account":
        "Эту учётную запись подключает только администратор портала",
    "Ask an administrator to do it": "Попросите администратора",
    "Open it again": "Откройте её заново",
    "A period has 1 to 366 days": "В периоде от 1 до 366 дней",
    "Write days as 2026-03-31": "Пишите дни так: 2026-03-31",
    "`of` must be a metric, `page` a number": "`of` — название метрики, `page` — число",
    "Only an administrator of the portal may do this": "Это может только администратор портала",
    "Only an administrator installs the application":
        "Приложение устанавливает только администратор",
    "Only an administrator of the portal installs the application":
        "Приложение устанавливает только администратор портала",
    "Ask an administrator of the portal to install it":
        "Попросите администратора портала установить его",
    "There is no last change that can be undone":
        "Нет последнего изменения, которое можно отменить",
    "`patch` must be a JSON merge patch": "`patch` должен быть изменением в JSON (RFC 7396)",
    "`kind` must be a kind of messages": "`kind` должен быть видом сообщений",
    "A pair needs a workgroup and a project": "Для пары нужны группа и проект",
    "You may not edit the rules of this workgroup": "Вам нельзя менять правила этой группы",
    "Ask an administrator to name you among its editors":
        "Попросите администратора назвать вас среди её редакторов",
    "only an administrator may change this": "это меняет только администратор",
    "only an administrator may name a chat outside of the workgroup":
        "чат вне группы указывает только администратор",
    "the settings have a mistake elsewhere; ask an administrator to mend it":
        "в настройках ошибка в другом месте; попросите администратора исправить её",
    "our app: {version}": "наше приложение: {version}",
    "our app is not there": "нашего приложения там нет",
    "`base` must be the version of a document": "`base` должна быть версией документа",
    "Change the settings document instead": "Измените вместо этого документ настроек",
    "There is no such task, or you may not open it":
        "Такой задачи нет, или вы не можете её открыть",
    "Ask whoever leads the task to add you to it": "Попросите ответственного добавить вас в задачу",
    "There is no connection": "Нет подключения",
    "There is no such connection": "Такого подключения нет",
    "That is no token; nothing was changed": "Это не токен; ничего не изменено",
    "`text` and `base` must be a document and its version":
        "`text` и `base` должны быть документом и его версией",
    "is a file of the server: only its settings file may name it":
        "это файл сервера: указать его можно только в файле настроек",
    "names a place of the server: write {stored: true}, and give it by its form":
        "называет место на сервере: напишите {stored: true} и введите токен в форме",
    "is not the address that the token was given for: leave `token` out, save, and give the "
    "connection its token again":
        "не тот адрес, для которого дан токен: уберите `token`, сохраните и введите токен заново",
    "There is no such link of a task and an issue": "Такой связи задачи и issue нет",
    "`winner` must be tracker or portal, `field` a field's name":
        "`winner` должен быть tracker или portal, `field` — имя поля",
    "Usually two programs undo each other's changes":
        "Обычно две программы отменяют изменения друг друга",
    "This pair does not stand still (any more)": "Эта пара не остановлена (или уже нет)",
    "This link has ended": "Эта связь завершена",
    "Nothing is disputed there any more": "Спорного здесь больше нет",
    "Load the page again": "Обновите страницу",
    "The links of this portal are being worked on": "Связи этого портала сейчас обрабатываются",
    "by a person": "человеком",
    "one of the two was linked with another item by a person": (
        "одно из двух человек связал с другим"
    ),
    "ended by a person; both items stay as they are":
        "завершена человеком; обе стороны остались как есть",
    "Find out who else writes to the two items, then resume the link":
        "Узнайте, кто ещё меняет обе стороны, и возобновите связь",
    "There is no such alert": "Такого оповещения нет",
    "`user_id` must be a Bitrix24 user id": "`user_id` должен быть номером пользователя Битрикс24",
    "The portal has no active user": "На портале нет такого активного пользователя:",
    "This page opens inside Bitrix24": "Эта страница открывается внутри Битрикс24",
    "Something broke on our side": "На нашей стороне произошла ошибка",
    "Try again; if it stays, give the request id below to your administrator":
        "Попробуйте ещё раз; если не поможет, передайте номер запроса ниже администратору",
    "Try again in a minute": "Попробуйте через минуту",
    "The database cannot be reached now": "База данных сейчас недоступна",
    "Send it again": "Отправьте ещё раз",
    "Too many requests at once": "Слишком много запросов сразу",
    "The application is not connected to this portal": "Приложение не подключено к этому порталу",
    "Ask an administrator of the portal to open it once":
        "Попросите администратора портала открыть его один раз",
    "The portal is not installed here": "Этот портал здесь не установлен",
    "The portal is not installed here any more": "Этот портал здесь больше не установлен",
    "The access token of this page is over": "Срок токена этой страницы истёк",
    "Open the page again": "Откройте страницу заново",
    "There are no tokens of this portal": "Нет токенов этого портала",
    "Open the application in Bitrix24 as an administrator":
        "Откройте приложение в Битрикс24 как администратор",
    "Another worker is renewing this portal's tokens":
        "Токены портала обновляет другой процесс",
    "The connection": "У подключения",
    "has no access token": "нет токена доступа",
    "Give it one under `token` in the settings": "Укажите его в настройках под ключом `token`",
    "The portal is being set up": "Портал настраивается",
    "The portal is being set up just now": "Портал настраивается прямо сейчас",
    "The portal could not be set up yet, it is tried again by itself":
        "Портал пока не удалось настроить, попытка повторится сама",
    "Not everything worked at the installation": "При установке получилось не всё",
    "The subscription of the application has ended": "Подписка на приложение закончилась",
    "The application was uninstalled": "Приложение удалено",
    "the OAuth server could not be reached": "сервер авторизации недоступен",
    "The ID token is not accepted": "ID-токен не принят",
    "Check `aud` of the id_tokens entry, and that this GitLab is connected here":
        "Проверьте `aud` в id_tokens и что этот GitLab здесь подключён",
    "This GitLab is known here, and this project is not":
        "Этот GitLab здесь известен, а этот проект нет",
    "Choose the project in the connection's settings; its token has to be a member's":
        "Укажите проект в настройках подключения; токен должен быть его участника",
    "The keys of this GitLab cannot be read now": "Ключи этого GitLab сейчас не прочитать",
    "Send the report again later": "Отправьте отчёт ещё раз позже",
    "Use the component's version that fits this app":
        "Возьмите версию компонента, подходящую этому приложению",
    **SIGN_IN,
}  # fmt: skip
# Placeholders of days and moments; their values are ISO, and read so in a terminal.
DATES = frozenset({"at", "on", "since", "until", "expires_at", "gap_at", "removed_at"})
_PLACEHOLDER = re.compile(r"\{\w+\}")
_FAILED_STEPS = re.compile(r"\A(Not everything worked at the installation: )(\w+(?:, \w+)*)")
# By whole sentences and their parts: also what older versions stored as plain text.
_OLDER = RUSSIAN | GITLAB_RUSSIAN | ISSUE_SYNC | PLANNING | ERRORS
_to_russian = build_translator(_OLDER)


@cache
def _catalogue() -> Catalogue:
    """Read the texts by their English templates, which is what records keep (sync/sentences.py)."""
    return parse_catalogue(Path(__file__).with_name("locale").joinpath("ru.po").read_text("utf-8"))


def translate(language: str, text: str) -> str:
    """Return a text for a page in `language`, its dates as the page writes its own."""
    return translate_with_iso(language, _date(language, text))


def _date(language: str, text: str) -> str:
    """Return a text with its values that are dates as the pages write them."""
    if not isinstance(text, Sentence) or not text.values:
        return text
    values = {
        name: value
        if isinstance(value, int)
        else format_iso(value, language)
        if name in DATES and not isinstance(value, Sentence)
        else _date(language, value)
        for name, value in text.values.items()
    }
    return Sentence(text.template, values)


def translate_with_iso(language: str, text: str) -> str:
    """Return a text in `language`: a sentence with its values, an older one as far as it is known.

    Steps of the installation are stored by their names, and read as the page calls them.
    """
    if language != "ru":
        text = _say_english(text)
        return _FAILED_STEPS.sub(lambda match: match[1] + _step_titles("en", match[2]), text)
    if isinstance(text, Sentence):
        return _say(text)
    if (russian := _lookup(text, {})) is not None:
        return russian
    named = _FAILED_STEPS.sub(lambda match: match[1] + _step_titles(language, match[2]), text)
    return _to_russian(named)


def _say_english(text: str) -> str:
    """Return a text in today's English: it may have been said in Russian first, or otherwise."""
    if not isinstance(text, Sentence):
        return text
    values = {
        name: _say_english(value) if isinstance(value, str) else value
        for name, value in text.values.items()
    }
    return fill(renew_english(text.template), values)


def _say(text: Sentence) -> str:
    """Return a sentence in Russian, its values that are sentences too."""
    template = _lookup(text.template, text.values)
    if template is None and not text.values:
        return _to_russian(text.template)
    if template is None and any(map(str.isalpha, _PLACEHOLDER.sub("", text.template))):
        return _to_russian(fill(text.template, text.values))
    values = {
        name: _say(value) if isinstance(value, Sentence) else _phrase(value, name)
        for name, value in text.values.items()
    }
    return fill(template or text.template, values)


def _phrase(value: str | int, name: str) -> str | int:
    """Return a value in Russian where it is a whole phrase of ours; a word may be anybody's.

    A word that names a `choice`, such as a status, is ours where it is one of a vendor's own list;
    a `value` is what people wrote.
    """
    if isinstance(value, str) and name != "value" and (name == "choice" or " " in value):
        return _lookup(value, {}) or value
    return value


def _lookup(template: str, values: Mapping[str, str | int]) -> str | None:
    """Return the Russian template, in its form for `count`; None where there is none."""
    if template in _catalogue().keys:
        return _catalogue().sentence(template, values.get("count", 0))
    count = values.get("count", 0)
    return _OLDER.get(template) or find_sentence("ru", template, count)


def _step_titles(language: str, names: str) -> str:
    titles = page_texts(language)
    return ", ".join(titles.get(f"step_{name}", name) for name in names.split(", "))


def page_texts(language: str) -> dict[str, str]:
    """Return the texts of pages by key, in English or Russian."""
    return _RUSSIAN if language.lower().startswith("ru") else _ENGLISH
