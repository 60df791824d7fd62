"""Texts of the install page's steps, in English and Russian. Pure."""

from __future__ import annotations

_TEXTS: dict[str, tuple[str, str]] = {
    "admin": (
        "{name} is an administrator of this portal. The application works in this person's name: "
        "the author of every card, an observer of every linked task. A technical account is better",
        "{name} — администратор этого портала. Приложение работает от имени этого человека: он "
        "автор каждой карточки и наблюдатель каждой связанной задачи. Лучше техническая учётная "
        "запись",
    ),
    "secret_right": (
        "Bitrix24 accepts the application's id and secret",
        "Битрикс24 принимает код и ключ приложения",
    ),
    "secret_untried": (
        "The application's secret could not be tried yet",
        "Ключ приложения пока не удалось проверить",
    ),
    "address_right": (
        "This service answers at its public address",
        "Сервис отвечает по своему публичному адресу",
    ),
    "address_missing": (
        "The public address is not set: no events and no webhooks can arrive",
        "Публичный адрес не задан: ни события, ни вебхуки не придут",
    ),
    "address_differs": (
        "This page was opened at {asked}, but B24BRIDGE_PUBLIC_URL is {public}: events and "
        "webhooks would go there",
        "Страница открыта по адресу {asked}, а в B24BRIDGE_PUBLIC_URL стоит {public}: события и "
        "вебхуки пойдут туда",
    ),
    "address_scheme": (
        "This page was opened at {asked} as the service sees it, but B24BRIDGE_PUBLIC_URL is "
        "{public}: the proxy in front is not counted in B24BRIDGE_TRUSTED_PROXIES",
        "Сервис видит, что страница открыта по адресу {asked}, а в B24BRIDGE_PUBLIC_URL стоит "
        "{public}: прокси перед ним не учтён в B24BRIDGE_TRUSTED_PROXIES",
    ),
    "address_foreign": (
        "Something else answers at {public} ({answer})",
        "По адресу {public} отвечает не этот сервис ({answer})",
    ),
    "address_silent": (
        "{public} does not answer this service itself ({answer})",
        "Самому сервису {public} не отвечает ({answer})",
    ),
    "address_silent_here": (
        "The page was opened at {public}, which does not answer this service itself ({answer}): "
        "that is usual behind some routers",
        "Страница открыта по адресу {public}, а самому сервису он не отвечает ({answer}): за "
        "некоторыми маршрутизаторами так бывает",
    ),
    "address_certificate_authority": (
        "The certificate at {public} is not trusted: Bitrix24 and GitLab would not call there",
        "Сертификату {public} нет доверия: Битрикс24 и GitLab туда не обратятся",
    ),
    "address_certificate_name": (
        "The certificate at {public} is of another name: Bitrix24 and GitLab would not call there",
        "Сертификат {public} выдан другому имени: Битрикс24 и GitLab туда не обратятся",
    ),
    "address_certificate_expired": (
        "The certificate at {public} has expired: Bitrix24 and GitLab would not call there",
        "Срок сертификата {public} истёк: Битрикс24 и GitLab туда не обратятся",
    ),
    "correct_certificate": (
        "Give the proxy a certificate that is trusted, or, of an authority of your own that the "
        "portal knows, name its file (PEM) in B24BRIDGE_PORTAL_CA_FILE",
        "Дайте прокси доверенный сертификат, а если портал знает ваш собственный центр, укажите "
        "его файл (PEM) в B24BRIDGE_PORTAL_CA_FILE",
    ),
    "correct_address": (
        "Correct B24BRIDGE_PUBLIC_URL, or the proxy in front of this service, and start it again",
        "Исправьте B24BRIDGE_PUBLIC_URL или прокси перед сервисом и запустите его снова",
    ),
    "not_admin": (
        "{name} is not an administrator of this portal",
        "{name} — не администратор этого портала",
    ),
    "become_admin": (
        "Install the application as an administrator: only they may set up task fields and tabs",
        "Установите приложение как администратор: только он может добавить поля и вкладки задач",
    ),
    "scopes_given": ("The application has all the rights it needs", "Все нужные права выданы"),
    "scopes_partly": (
        "The application works without these rights, a little slower: {scopes}",
        "Приложение работает и без этих прав, немного медленнее: {scopes}",
    ),
    "scopes_missing": (
        "The application was not given these rights: {scopes}",
        "Приложению не выданы права: {scopes}",
    ),
    "add_scopes": (
        "Add them in the application's settings in Bitrix24 and install it again",
        "Добавьте их в настройках приложения в Битрикс24 и установите его снова",
    ),
    "events_made": ("Subscribed to events: {count}", "Подписки на события оформлены: {count}"),
    "events_kept": (
        "All subscriptions to events are in place: {count}",
        "Все подписки на события на месте: {count}",
    ),
    "events_failed": (
        "Some events will not arrive: {reasons}",
        "Часть событий не будет приходить: {reasons}",
    ),
    "placements_made": ("The tab in the task was added", "Вкладка в задаче добавлена"),
    "placements_kept": ("The tab in the task is in place", "Вкладка в задаче на месте"),
    "placements_failed": (
        "The tab in the task was not added: {reasons}",
        "Вкладка в задаче не добавлена: {reasons}",
    ),
    "fields_made": ("Task fields added: {count}", "Поля задач добавлены: {count}"),
    "fields_kept": ("All task fields are in place: {count}", "Все поля задач на месте: {count}"),
    "fields_failed": (
        "Some task fields were not added: {reasons}",
        "Часть полей задач не добавлена: {reasons}",
    ),
    "has_v3": ("REST 3.0", "REST 3.0"),
    "has_new_card": ("chats of tasks", "чаты задач"),
    "has_offline_events": ("offline events", "офлайн-события"),
    "features": ("This portal also offers: {features}", "Портал также умеет: {features}"),
    "no_features": ("nothing beyond the basics", "только основное"),
}


def translate(language: str, key: str, **values: object) -> str:
    """Return the phrase `key` in `language` ("ru"; anything else: English), with its values."""
    english, russian = _TEXTS[key]
    return (russian if language == "ru" else english).format(**values)
