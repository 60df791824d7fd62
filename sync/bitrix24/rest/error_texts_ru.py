"""Errors of a portal in Russian: a table by the English sentences that are stored. Pure.

An explanation is stored in English with what failed, and people of any language read it later.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache

RUSSIAN: dict[str, str] = {
    # why
    "The access token has expired": "Срок токена доступа истёк",
    "The presented access token has expired": "Срок переданного токена доступа истёк",
    "The access token is not valid for this portal any more":
        "Токен доступа больше не действует на этом портале",
    "The application is not installed on this portal": "Приложение не установлено на портале",
    "The application's or the portal's subscription has ended":
        "Подписка приложения или портала закончилась",
    "The method waits for an administrator's confirmation":
        "Метод ждёт подтверждения администратора",
    "An administrator has forbidden the method to the application":
        "Администратор запретил приложению этот метод",
    "The application was not given a right it needs": "Приложению не выдано нужное право",
    "The application was not given the right `tasks`": "Приложению не выдано право `tasks`",
    "The employee who installed the application may not use it any more":
        "Установившему приложение сотруднику оно больше не доступно",
    "The application was installed by somebody who is not an employee of the portal":
        "Приложение установил не сотрудник портала",
    "The portal was deleted, or its public part is closed":
        "Портал удалён, или его публичная часть закрыта",
    "REST is closed for this application: usually the portal's plan does not include it":
        "REST для приложения закрыт: обычно он не входит в тариф портала",
    "The employee who installed the application may not do this":
        "У установившего приложение сотрудника нет на это прав",
    "The employee who installed the application has no rights here":
        "У установившего приложение сотрудника здесь нет прав",
    "The employee who installed the application may not move this task on the board":
        "Установившему приложение сотруднику нельзя двигать эту задачу на доске",
    "The employee who installed the application is not in this discussion":
        "Установившего приложение сотрудника нет в этом обсуждении",
    "The employee who installed the application is not in this chat":
        "Установившего приложение сотрудника нет в этом чате",
    "The method cannot be called by an application": "Приложению нельзя вызывать этот метод",
    "This portal does not know it: an older on-premise version, or a part that is switched off":
        "Портал этого не знает: старая коробочная версия или выключенный раздел",
    "The task's state, its settings or the rights of the employee who installed the application "
    "do not allow it":
        "Не позволяют состояние задачи, её настройки или права установившего приложение сотрудника",
    "The portal does not accept this request as it is": "Портал не принимает такой запрос",
    "The portal wants HTTPS, or the request is not well-formed":
        "Порталу нужен HTTPS, или запрос составлен неверно",
    "The portal's time budget for this method is used up":
        "Время, отведённое порталом на этот метод, исчерпано",
    "Too many requests to this portal at once, perhaps of several applications":
        "Слишком много запросов к порталу сразу, возможно от нескольких приложений",
    "Too many requests": "Слишком много запросов",
    "Bitrix24 has blocked the REST API of this portal for overload":
        "Битрикс24 закрыл REST API портала из-за перегрузки",
    "The portal had an internal error": "На портале произошла внутренняя ошибка",
    "The item does not exist any more": "Этого больше нет",
    "The task was created, but its chat could not be":
        "Задача создана, а её чат создать не удалось",
    "The object does not exist, or is not visible": "Объект не существует или не виден",
    "A message can be edited by its author for three days only":
        "Автор может изменить сообщение только в течение трёх дней",
    "The message does not exist any more": "Сообщения больше нет",
    "The application already has as many places here as the portal allows":
        "У приложения здесь уже столько мест, сколько разрешает портал",
    "The portal does not accept this application's own address":
        "Портал не принимает адрес приложения",
    "The portal accepts only http:// and https:// addresses":
        "Портал принимает только адреса http:// и https://",
    "It is there already": "Это уже есть",
    "The OAuth server does not accept this application's key and secret":
        "Сервер авторизации не принимает ключ и секрет приложения",
    "The stored permission has been used, withdrawn or not used for 180 days":
        "Сохранённое разрешение использовано, отозвано или не применялось 180 дней",
    "The portal does not exist any more": "Портала больше нет",
    "The portal is temporarily not available": "Портал временно недоступен",
    "The answer is a page, not data: the portal is being updated, or something stands before it":
        "Вместо данных пришла страница: портал обновляется, или перед ним что-то стоит",
    "The portal gives no further reason": "Портал не называет причину",
    "The network or the server is not available at the moment":
        "Сеть или сервер сейчас недоступны",
    "The application has only just become an observer of the task":
        "Приложение только что стало наблюдателем задачи",
    "The column does not belong to the task's workgroup, or it was deleted":
        "Колонка не из группы задачи, или её удалили",
    "The portal is being moved or closed, or a sign-in page stands before it":
        "Портал переносят или закрывают, или перед ним стоит страница входа",
    "The request is forged, or Bitrix24 has a new one":
        "Запрос подделан, или у Битрикс24 появился новый",
    "The OAuth server answered with the tokens of another portal":
        "Сервер авторизации прислал токены другого портала",
    "The stored permission does not belong to this portal":
        "Сохранённое разрешение не от этого портала",
    "The access token was issued to another application": "Токен доступа выдан другому приложению",
    "The request is forged, or this server was given the keys of another application":
        "Запрос подделан, или серверу заданы ключи другого приложения",
    "The request names another portal than the one its tokens belong to":
        "В запросе назван не тот портал, которому принадлежат токены",
    "The request is forged, or the portal has just changed its address":
        "Запрос подделан, или портал только что сменил адрес",
    "Bitrix24 gives every method 480 seconds of work in ten minutes":
        "Битрикс24 даёт каждому методу 480 секунд работы за десять минут",
    "Bitrix24 takes two requests a second from all applications together":
        "Битрикс24 принимает два запроса в секунду от всех приложений вместе",
    "It ran out of time": "Не хватило времени",
    "It has expired, or it is of an authority of your own, as self-hosted Bitrix24 often has":
        "Он просрочен, или его выдал ваш собственный центр, как часто бывает у коробочного "
        "Битрикс24",
    "The proxy is down, or its address is wrong": "Прокси не работает, или его адрес неверен",
    "The application's bot does not exist any more": "Бота приложения больше нет",
    "The bot belongs to another application": "Бот принадлежит другому приложению",
    "The portal could not send the message": "Портал не смог отправить сообщение",
    # what to change
    "Remove the other application's bot in Bitrix24": "Удалите бота другого приложения в Битрикс24",
    "Renew it, or name the authority's file (PEM) in B24BRIDGE_PORTAL_CA_FILE":
        "Обновите его или укажите файл центра (PEM) в B24BRIDGE_PORTAL_CA_FILE",
    "Check B24BRIDGE_PORTAL_PROXY": "Проверьте B24BRIDGE_PORTAL_PROXY",
    "Open the application in Bitrix24 as an administrator; if that does not help, install it again":
        "Откройте приложение в Битрикс24 как администратор; если не поможет, установите его снова",
    "Renew it": "Продлите её",
    "Ask an administrator to confirm the request in Bitrix24":
        "Попросите администратора подтвердить запрос в Битрикс24",
    "Ask an administrator to update the application in Bitrix24 and to accept its rights":
        "Попросите администратора обновить приложение в Битрикс24 и принять его права",
    "Give the employee who installed the application access to it in Bitrix24":
        "Дайте установившему приложение сотруднику доступ к этому в Битрикс24",
    "Install it as an employee with administrator's rights":
        "Установите его как сотрудник с правами администратора",
    "Check the portal's plan and the application's state in Bitrix24":
        "Проверьте тариф портала и состояние приложения в Битрикс24",
    "Report this: the application sent something this portal does not accept":
        "Сообщите об этом: приложение отправило то, чего портал не принимает",
    "Update Bitrix24 if the feature is needed; the rest works without it":
        "Обновите Битрикс24, если это нужно; остальное работает и так",
    "Look at the task in Bitrix24 and at the application's rights in it":
        "Посмотрите на задачу в Битрикс24 и на права приложения в ней",
    "Look at the task in Bitrix24": "Посмотрите на задачу в Битрикс24",
    "Look at the task's discussion in Bitrix24": "Посмотрите обсуждение задачи в Битрикс24",
    "Check that the portal's address begins with https://":
        "Проверьте, что адрес портала начинается с https://",
    "Write to the support of Bitrix24": "Напишите в поддержку Битрикс24",
    "Give that employee the right to move tasks in the workgroup":
        "Дайте этому сотруднику право двигать задачи в группе",
    "Add that employee to the task as an observer":
        "Добавьте этого сотрудника в наблюдатели задачи",
    "Add that employee to the workgroup or chat, or choose another chat in the settings":
        "Добавьте этого сотрудника в группу или чат либо выберите другой чат в настройках",
    "Look at that chat in Bitrix24, or choose another one in the settings":
        "Посмотрите на этот чат в Битрикс24 или выберите другой в настройках",
    "Remove the older ones: reinstall the application":
        "Уберите старые: переустановите приложение",
    "B24BRIDGE_PUBLIC_URL must be a public https:// address on the application's domain":
        "B24BRIDGE_PUBLIC_URL должен быть публичным адресом https:// в домене приложения",
    "Correct B24BRIDGE_PUBLIC_URL": "Исправьте B24BRIDGE_PUBLIC_URL",
    "Check B24BRIDGE_CLIENT_ID and B24BRIDGE_CLIENT_SECRET":
        "Проверьте B24BRIDGE_CLIENT_ID и B24BRIDGE_CLIENT_SECRET",
    "Check B24BRIDGE_CLIENT_ID": "Проверьте B24BRIDGE_CLIENT_ID",
    "If it stays so, open the portal in a browser and see what it shows":
        "Если так и останется, откройте портал в браузере и посмотрите, что он показывает",
    "If it stays so, open the application in Bitrix24 again":
        "Если так и останется, откройте приложение в Битрикс24 заново",
    "Choose the workgroup's columns again in the settings":
        "Выберите колонки группы в настройках заново",
    "If it is genuine, add it to B24BRIDGE_OAUTH_HOSTS":
        "Если он настоящий, добавьте его в B24BRIDGE_OAUTH_HOSTS",
    "Install the application again": "Установите приложение снова",
    "Open the application in Bitrix24 again": "Откройте приложение в Битрикс24 заново",
    # parts of sentences that name something
    "the certificate of the portal is not trusted": "сертификату портала нет доверия",
    "the certificate of the OAuth server is not trusted":
        "сертификату сервера авторизации нет доверия",
    "the proxy before the portal does not answer": "прокси перед порталом не отвечает",
    "the proxy before the OAuth server does not answer":
        "прокси перед сервером авторизации не отвечает",
    "the portal could not be reached": "портал недоступен",
    "was not done": "не выполнен",
    "it is not known whether it was done": "неизвестно, выполнен ли",
    "without a usable answer": "без пригодного ответа",
    "Nothing can be said in the chat": "Нельзя ничего сказать в чате",
    "Nothing can be said in the discussion of the task":
        "Нельзя ничего сказать в обсуждении задачи",
    "The employee who installed the application is not in it, and may not observe the task":
        "Установившего приложение сотрудника в нём нет, и наблюдать за задачей ему нельзя",
    "The message was not saved in": "Сообщение не сохранено в",
    "is not an OAuth server of Bitrix24 that is known here":
        "не из известных здесь серверов авторизации Битрикс24",
    "is missing: open this page from Bitrix24": "не передан: откройте эту страницу из Битрикс24",
    "DOMAIN is not the name of a host": "DOMAIN не похож на имя сервера",
    "the form is not in UTF-8": "форма не в UTF-8",
}  # fmt: skip


def build_translator(table: Mapping[str, str]) -> Callable[[str], str]:
    """Return a function that replaces every text of `table` in a sentence, longer ones first."""

    @cache  # of all of them: it takes a while and a megabyte, so first when it is needed
    def pattern() -> re.Pattern[str]:
        sentences = sorted(table, key=len, reverse=True)
        return re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, sentences)) + r")(?!\w)")

    return lambda text: pattern().sub(lambda match: table[match[0]], text)


_to_russian = build_translator(RUSSIAN)


def translate_error(language: str, text: str) -> str:
    """Translate `text` where it is one of ours (`language` "ru"); else return it as it is."""
    return _to_russian(text) if language == "ru" else text
