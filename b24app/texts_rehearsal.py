"""What a rehearsal of changed settings says, in English and Russian. Pure."""

from __future__ import annotations

from collections.abc import Mapping

_TEXTS: Mapping[str, tuple[str, str]] = {
    "no_tasks": (
        "No task would stand elsewhere (of {total} with work in the last 30 days).",
        "Ни одна задача не оказалась бы в другом месте (с работой за 30 дней: {total}).",
    ),
    "tasks": (
        "Tasks that would move: {count} (of {total} with work in the last 30 days).",
        "Задач сместилось бы: {count} (из {total} с работой за 30 дней).",
    ),
    "stays": (
        "Tasks that would not be moved any more: {count}.",
        "Задач больше не двигалось бы: {count}.",
    ),
    "moves": ("{title}: {reason}", "{title}: {reason}"),
    "same_messages": (
        "As many messages as now: {count} in 30 days.",
        "Сообщений столько же, сколько сейчас: {count} за 30 дней.",
    ),
    "more_messages": (
        "Messages more a day: {amount} (in 30 days {after} instead of {before}).",
        "Сообщений в день больше на {amount} (за 30 дней {after} вместо {before}).",
    ),
    "fewer_messages": (
        "Messages fewer a day: {amount} (in 30 days {after} instead of {before}).",
        "Сообщений в день меньше на {amount} (за 30 дней {after} вместо {before}).",
    ),
    "newest_only": (
        "Only the newest {limit} of each kind were played through.",
        "Проиграны только последние {limit} каждого вида.",
    ),
    "place": ("{place}: {change}", "{place}: {change}"),
    "in_tasks": ("chats of tasks", "чаты задач"),
    "to_people": ("notifications of people", "уведомления людям"),
    "no_pairs": ("Two-way sync: no pair changes.", "Синхронизация: ни одна пара не меняется."),
    "failed": ("{what}: {why}", "{what}: {why}"),
}


def say(language: str, key: str, **values: object) -> str:
    """Return a text in a language."""
    return _TEXTS[key][language == "ru"].format(**values)
