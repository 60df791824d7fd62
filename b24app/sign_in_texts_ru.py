"""What is said of sign-ins at GitLab in Russian, by the English sentences. Pure."""

from __future__ import annotations

RUSSIAN: dict[str, str] = {
    "The sign-in at GitLab is over": "Вход в GitLab больше не действует",
    "GitLab says that the sign-in was not agreed to": "GitLab сообщает, что вход не разрешили",
    "Try again, and choose to authorize": "Повторите и выберите «Авторизовать»",
    "GitLab does not accept the token that it gave": "GitLab не принимает токен, который сам выдал",
    "No application is registered for": "Не зарегистрировано приложение для",
    "No application is registered for this GitLab": "Для этого GitLab не указано приложение",
    "Register one in GitLab, and put its id and secret into the settings":
        "Зарегистрируйте его в GitLab и укажите его ID и секрет в настройках",
    "Signing in needs the public address of this service":
        "Для входа нужен публичный адрес этого сервиса",
    "Set B24BRIDGE_PUBLIC_URL": "Укажите B24BRIDGE_PUBLIC_URL",
    "This sign-in is over, or it was begun in another browser":
        "Этот вход уже завершён или начат в другом браузере",
    "Close this window, and connect again on the page of the application":
        "Закройте окно и подключитесь ещё раз на странице приложения",
    "Another site asks for this": "Этого просит другой сайт",
    "There is no account of yours to disconnect": "У вас нет учётной записи, которую отключать",
    "Another worker is renewing this sign-in's tokens":
        "Токены этого входа обновляет другой процесс",
    "Too little time is left to renew the sign-in": "Не хватает времени, чтобы продлить вход",
    "Connect your GitLab account again on the page of the application":
        "Подключите свою учётную запись GitLab ещё раз на странице приложения",
    "is missing, or cannot be one": "не указано или таким не бывает",
}  # fmt: skip
