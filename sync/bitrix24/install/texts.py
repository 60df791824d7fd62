"""Texts of the install page's steps, in English and Russian. Pure."""

from __future__ import annotations

_TEXTS: dict[str, tuple[str, str]] = {
    "admin": (
        "{name} is an administrator of this portal",
        "{name} — администратор этого портала",
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
