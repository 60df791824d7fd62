"""What cannot be kept in step, in Russian: by the English sentences that are stored. Pure."""

from __future__ import annotations

RUSSIAN: dict[str, str] = {
    "the connection shows no such project: it was renamed or deleted, or the token's user":
        "подключение не показывает такого проекта: он переименован или удалён, или пользователь",
    "is no member of it. Correct the path, or make the user a member":
        "токена в нём не состоит. Исправьте путь или добавьте пользователя в проект",
    "another pair claims this workgroup and this project too, under another name of it":
        "эту группу и этот проект, названный иначе, уже занимает другая пара",
    "The workgroup is no scrum team that the application's employee sees":
        "Это не скрам-группа, или сотрудник приложения её не видит",
    "The portal has no method any more that tells which tasks a task waits for":
        "На портале больше нет метода, который показывает предшествующие задачи",
    "Links are not kept in step by the settings": "По настройкам связи не синхронизируются",
    "Sprints are not kept in step by the settings": "По настройкам спринты не синхронизируются",
    "A task outside of workgroups has no column": "У задачи вне групп нет колонки",
    "The portal created a task and does not show it": "Портал создал задачу и не показывает её",
    "Bitrix24 keeps no more and cuts the rest": "Битрикс24 хранит не больше и отрезает остальное",
    "Shorten it, or attach it as a file": "Сократите его или приложите файлом",
    "Shorten the title on the other side": "Сократите название на другой стороне",
    "Look at the task's discussion in Bitrix24": "Посмотрите обсуждение задачи в Битрикс24",
    "Look at the task's log of time in Bitrix24": "Посмотрите учёт времени задачи в Битрикс24",
    "The portal does not let the application create tasks in another person's name":
        "Портал не разрешает приложению создавать задачи от имени другого человека",
    "The portal does not keep the task's XML_ID, by which it would be found again":
        "Портал не хранит XML_ID задачи, по которому её нашли бы снова",
    "The task was deleted, or the employee who installed the application may not see it":
        "Задача удалена или не видна сотруднику, установившему приложение",
    "It was deleted, or the employee who installed the application may not see it":
        "Она удалена или не видна сотруднику, установившему приложение",
    "Look at it in Bitrix24, and at that employee's rights":
        "Посмотрите её в Битрикс24 и права этого сотрудника",
    "The write did not reach the portal": "Запись не дошла до портала",
    "This part of the write did not reach the portal": "Эта часть записи не дошла до портала",
    "Whether the write reached the portal cannot be seen at the moment":
        "Сейчас не видно, дошла ли запись до портала",
    "It was created before, and shows something else now":
        "Создано раньше, а сейчас там другое",
    "The portal answered that it was done, and kept the old value":
        "Портал ответил, что выполнил, но оставил прежнее значение",
    "The portal dates the work by the day on which it was entered":
        "Портал ставит дату записи времени, а не работы",
    "The portal does not let the application log other people's work: the text names them":
        "Портал не даёт приложению учитывать чужое время: человек назван в тексте",
    "Bitrix24 takes no work of less than a second": "Битрикс24 не принимает работу короче секунды",
    "Correct the entry that is too long instead": "Исправьте вместо этого слишком длинную запись",
    "An earlier write to the same task has no answer yet":
        "На предыдущую запись в эту задачу ещё нет ответа",
    "Its address was changed, or a proxy before it rewrites addresses":
        "Его адрес изменился, или прокси перед ним меняет адреса",
    "Open the application in Bitrix24 again": "Откройте приложение в Битрикс24 ещё раз",
    "The token expired meanwhile, or the file may not be seen any more":
        "Срок токена истёк, или файл больше не доступен",
    "The settings of two-way sync let no larger file cross":
        "Настройки синхронизации не пропускают файлы больше",
    "Raise the limit in the settings, or share the file by a link":
        "Увеличьте предел в настройках или дайте ссылку на файл",
    "Low": "Низкий", "Medium": "Средний", "High": "Высокий",
    "The portal gives no further reason": "Портал не назвал причины",
}  # fmt: skip
