"""The few words the server itself puts into pages, in English and Russian. Pure."""

from __future__ import annotations

_EN = {
    "title": "GitLab and tasks",
    "install": "Installing the GitLab integration",
    "installed": "Everything is ready.",
    "not_all_done": "Not everything worked. Try again, or close this page: it can be repeated.",
    "again": "Try all steps again",
    "no_frontend": "The pages of this application were not built: run `make frontend`.",
    "needs_scripts": "This page needs JavaScript.",
    "opens_inside": "This page opens inside Bitrix24",
    "how": "Add the application in Bitrix24 (Developer resources, or the Market) with this "
    "address as its installation path; Bitrix24 then opens this page by itself.",
}
_RU = {
    "title": "GitLab и задачи",
    "install": "Установка интеграции с GitLab",
    "installed": "Всё готово.",
    "not_all_done": "Получилось не всё. Повторите или закройте страницу: повторить можно и позже.",
    "again": "Повторить все шаги",
    "no_frontend": "Страницы приложения не собраны: выполните `make frontend`.",
    "needs_scripts": "Для этой страницы нужен JavaScript.",
    "opens_inside": "Эта страница открывается внутри Битрикс24",
    "how": "Добавьте приложение в Битрикс24 (раздел «Разработчикам» или Маркет) и укажите этот "
    "адрес как путь установки: Битрикс24 откроет страницу сам.",
}


def words(language: str) -> dict[str, str]:
    return _RU if language.lower().startswith("ru") else _EN
