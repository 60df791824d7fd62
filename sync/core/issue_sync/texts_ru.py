"""What links, their stories and a rehearsal say, in Russian. Pure.

By the English words that are stored; names and numbers stand between them.
"""

from __future__ import annotations

RUSSIAN: dict[str, str] = {
    "the tracker's item": "задача трекера",
    "the portal's item": "задача портала",
    "was not found: it was deleted, or our account may not see it":
        "не найдена: она удалена или не видна нашей учётной записи",
    "Let our account see it, or end the link": "Откройте к ней доступ или завершите связь",
    "refuses our account: it lost a role or a right there":
        "не пускает нашу учётную запись: она потеряла роль или право",
    "Give it back to the account in whose name we work":
        "Верните их учётной записи, от имени которой мы работаем",
    "is in an archive, where nothing can be written": "в архиве, куда нельзя писать",
    "Take its project out of the archive, or end the link":
        "Достаньте проект из архива или завершите связь",
    "was moved to a place that our account cannot see":
        "перенесена туда, где её не видит наша учётная запись",
    "is confidential, and the settings keep such items where they are":
        "конфиденциальна, а настройки такие задачи не переносят",
    "Make it public, or allow `confidential` for the pair":
        "Сделайте её открытой или разрешите паре `confidential`",
    "the link stands still": "связь стоит",
    "the tracker's status has changed": "статус в трекере изменился",
    "The link waits; nothing is lost": "Связь ждёт, ничего не потеряно",
    "there is no item on the tracker, and the rules create none there":
        "в трекере задачи нет, и правила её там не создают",
    "there is no item on the portal, and the rules create none there":
        "на портале задачи нет, и правила её там не создают",
    "the tracker's item was deleted: the link ended": "задача трекера удалена: связь завершена",
    "the portal's item was deleted: the link ended": "задача портала удалена: связь завершена",
    "longer than the portal takes, shorten it or attach it as a file":
        "длиннее, чем принимает портал, сократите или приложите файлом",
    "longer than the tracker takes, shorten it or attach it as a file":
        "длиннее, чем принимает трекер, сократите или приложите файлом",
    "cannot be written on the tracker": "нельзя записать в трекере",
    "cannot be written on the portal": "нельзя записать на портале",
    "no row for the tracker's status, add one under `statuses`":
        "нет строки для статуса трекера, добавьте её в `statuses`",
    "no row for the portal's status, add one under `statuses`":
        "нет строки для статуса портала, добавьте её в `statuses`",
    "the table of statuses leaves the portal's as it is for":
        "таблица статусов оставляет статус портала как есть при",
    "no row for the priority, add one under `priorities`":
        "нет строки для приоритета, добавьте её в `priorities`",
    "no row for the portal's priority, add one under `priorities`":
        "нет строки для приоритета портала, добавьте её в `priorities`",
    "No priority of the tracker is understood by its name, so none crosses: write under "
    "`priorities` which is high, medium or low. There are: {names}":
        "Ни один приоритет трекера не понятен по названию, поэтому они не переходят: укажите в "
        "`priorities`, какой из них high, medium или low. Есть: {names}",
    "the tracker's project has no field {field}, or its licence has none: labels {label} stand "
    "for it":
        "в проекте трекера нет поля {field}, или его нет в лицензии: его заменяют метки {label}",
    "no counterpart of a person, add one under `people`":
        "у человека нет пары на другой стороне, добавьте её в `people`",
    "the settings do not name its workgroup and project any more, or sync is paused":
        "настройки больше не называют эту группу и проект, или синхронизация остановлена",
    "Name the pair under `issue_sync`, or end the link":
        "Назовите пару в `issue_sync` или завершите связь",
    "updates in 10 minutes": "изменений за 10 минут",
    "additions in 10 minutes": "добавлений за 10 минут",
    "Usually two programs undo each other's changes":
        "Обычно две программы отменяют изменения друг друга",
    "Find out who else writes to the two items, then resume the link":
        "Выясните, кто ещё пишет в обе задачи, и запустите связь снова",
    "entries are missing at once": "записей пропало сразу",
    "Usually our account lost the right to see them":
        "Обычно наша учётная запись потеряла право их видеть",
    "Look, then resume the link: they then count as deleted":
        "Проверьте и запустите связь снова: тогда они считаются удалёнными",
    "links would end at once": "связей завершились бы сразу",
    "links would get the same": "связей получили бы одинаковое",
    "Usually a label or a status was renamed or deleted, or a right was lost":
        "Обычно переименована или удалена метка, статус, или потеряно право",
    "Look at some of them, mend it, or let it happen":
        "Посмотрите некоторые из них, исправьте или разрешите",
    "taken off what was logged before": "вычтено из записанного раньше",
    "work below zero": "отрицательное время",
    "seconds more are taken back than were logged on the tracker":
        "секунд вычтено сверх записанного в трекере",
    "and the portal takes no work below zero: correct on the portal what was logged there":
        "а портал не принимает отрицательного времени: исправьте на портале записанное там",
    "The links of this portal are being worked on, and the change was not made":
        "Связи этого портала сейчас обрабатываются, изменение не внесено",
    "The link was changed meanwhile, and the change was not made":
        "Связь тем временем изменилась, изменение не внесено",
    "A worker, or another person, was quicker": "Фоновый процесс или другой человек успел раньше",
    "Look at it again, then repeat the command": "Посмотрите ещё раз и повторите команду",
    "is not among those that the tracker shows": "— такого нет среди показанных трекером",
    "is not among those that the portal shows": "— такого нет среди показанных порталом",
    "the tracker has no sprint": "в трекере нет спринта",
    "the portal has no sprint": "на портале нет спринта",
    "the sprint": "спринт",
    "it has": "есть",
    "has no option": "не имеет варианта",
    "does not cross": "не переносится",
    "crosses again": "снова переносится",
    "the task is in another workgroup now": "задача теперь в другой группе",
    "the issue is in another project now": "задача трекера теперь в другом проекте",
    "the settings name the project by another path now": "в настройках теперь другой путь проекта",
    "another pair of the settings goes on with it": "с ней продолжает другая пара настроек",
    "no pair of the settings has both: the old pair's rules stay":
        "ни одна пара настроек не содержит обоих: действуют правила прежней пары",
    "The project's licence has no iterations; milestones are on every tier":
        "В лицензии проекта нет итераций; вехи есть на любом тарифе",
}  # fmt: skip
