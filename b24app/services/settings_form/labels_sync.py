"""What the fields of two-way sync are called, in English and Russian. Pure."""

from __future__ import annotations

from collections.abc import Mapping

SYNC_LABELS: Mapping[str, tuple[str, str]] = {
    "issue_sync": ("Two-way sync", "Двусторонняя синхронизация"),
    "issue_sync.paused": ("Everything stands still", "Всё приостановлено"),
    "issue_sync.default": ("For all pairs", "Для всех пар"),
    "issue_sync.pairs": ("Pairs of workgroup and project", "Пары: группа и проект"),
    "issue_sync.pairs.*": ("Pair", "Пара"),
    "issue_sync.pairs.*.workgroup": ("Workgroup", "Рабочая группа"),
    "issue_sync.pairs.*.project": ("Project", "Проект"),
    "issue_sync.pairs.*.connection": ("Connection", "Подключение"),
    "policy": ("Who wins a conflict", "Кто прав при конфликте"),
    "fields": ("Fields", "Поля"),
    "fields.<key>": ("Field", "Поле"),
    "fields.*": ("Field", "Поле"),
    "direction": ("Direction", "Направление"),
    "statuses": ("Table of statuses", "Таблица статусов"),
    "statuses.*": ("Row", "Строка"),
    "statuses.*.issue": ("Status of the issue", "Статус в трекере"),
    "statuses.*.task": ("Status of the task", "Статус задачи"),
    "statuses.*.stage": ("Column of the task", "Колонка задачи"),
    "statuses.*.pause": ("The link stands still", "Связь стоит"),
    "priorities": ("Table of priorities", "Таблица приоритетов"),
    "priorities.<key>": ("Priority in the tracker", "Приоритет в трекере"),
    "priorities.*": ("Priority of the task", "Приоритет задачи"),
    "custom": ("Own fields of the portal", "Собственные поля портала"),
    "custom.<key>": ("Field of the task", "Поле задачи"),
    "custom.*": ("Field", "Поле"),
    "custom.*.field": ("Field of the tracker", "Поле трекера"),
    "issue_sync.default.comments": ("Comments", "Комментарии"),
    "pairs.*.comments": ("Comments", "Комментарии"),
    "time": ("Logged work", "Затраченное время"),
    "files": ("Files", "Файлы"),
    "deletions": ("Deletions cross, too", "Удаления тоже переносятся"),
    "since": ("Only from this day on", "Только начиная с этого дня"),
    "issue_sync.default.comments.internal": (
        "Internal notes leave GitLab", "Внутренние заметки выходят из GitLab",
    ),
    "pairs.*.comments.internal": (
        "Internal notes leave GitLab", "Внутренние заметки выходят из GitLab",
    ),
    "max_mb": ("Largest file, MB", "Наибольший файл, МБ"),
    "create": ("Who creates what", "Кто что создаёт"),
    "issue_type": ("Type of issues that are created", "Тип создаваемых issue"),
    "child_type": ("Type of issues below others", "Тип подчинённых issue"),
    "work_type": ("Type of work items in YouTrack", "Тип затраченного времени в YouTrack"),
    "transitions": ("State machine of the tracker", "Машина состояний трекера"),
    "transitions.*": ("Transition", "Переход"),
    "transitions.*.start": ("From the state", "Из состояния"),
    "transitions.*.event": ("Command of the transition", "Команда перехода"),
    "transitions.*.end": ("To the state", "В состояние"),
    "tracker_fields": ("Names of fields in YouTrack", "Названия полей в YouTrack"),
    "tracker_fields.<key>": ("Field", "Поле"),
    "tracker_fields.*": ("Name in YouTrack", "Название в YouTrack"),
    "sprint": ("Sprints", "Спринты"),
    "sprint.issue": ("In the tracker", "В трекере"),
    "sprint.task": ("In the task", "В задаче"),
    "only": ("Filters: which items get their other end", "Фильтры: что получает вторую сторону"),
    "only.tags": ("Tags of the task", "Теги задачи"),
    "only.tags.*": ("Tag", "Тег"),
    "only.labels": ("Labels of the issue", "Метки issue"),
    "milestones": ("Milestones", "Этапы (milestones)"),
    "milestones.*": ("Milestone", "Этап"),
    "types": ("Types", "Типы"),
    "types.*": ("Type", "Тип"),
    "authors": ("Authors in the tracker", "Авторы в трекере"),
    "authors.*": ("User name", "Имя пользователя"),
    "creators": ("Creators of the task", "Постановщики задачи"),
    "creators.*": ("User of Bitrix24", "Сотрудник Битрикс24"),
    "confidential": ("Confidential issues cross, too", "Конфиденциальные issue тоже переносятся"),
}  # fmt: skip

SYNC_HINTS: Mapping[str, tuple[str, str]] = {
    "issue_sync.pairs": (
        "Nothing crosses until a pair is named.",
        "Пока пары нет, ничего не переносится.",
    ),
    "issue_sync.pairs.*.workgroup": (
        "0: tasks outside of workgroups.",
        "0: задачи вне групп.",
    ),
    "issue_sync.pairs.*.connection": (
        "Needed where there are several.",
        "Нужно, если подключений несколько.",
    ),
    "statuses": (
        "Without a table one is proposed by what names mean.",
        "Без таблицы статусы подбираются по смыслу названий.",
    ),
    "create": (
        "A pair alone creates nothing: it keeps in step what is linked.",
        "Сама пара ничего не создаёт: она лишь держит связанное в согласии.",
    ),
    "custom": ("Like UF_SIZE.", "Например, UF_SIZE."),
    "custom.*.field": (
        "Its name, or the scope of labels like Size::XL.",
        "Название или область меток вида Size::XL.",
    ),
    "sprint.issue": (
        "milestone, iteration, or the name of a board.",
        "milestone, iteration или название доски.",
    ),
    "sprint.task": (
        "scrum, or a field of the portal's own like UF_SPRINT.",
        "scrum или собственное поле вида UF_SPRINT.",
    ),
    "only": (
        "All parts must let an item through; without any, everything passes.",
        "Элемент должен пройти все части; без них проходит всё.",
    ),
    "confidential": (
        "With all that is in them.",
        "Со всем, что в них есть.",
    ),
}
