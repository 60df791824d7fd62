"""What the story of a link and a rehearsal say of sprints and links, in Russian. Pure.

By the English words that are stored; names of sprints and fields stand between them.
"""

from __future__ import annotations

RUSSIAN: dict[str, str] = {
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
    "another pair of the settings goes on with it": "с ней продолжает другая пара настроек",
    "no pair of the settings has both: the old pair's rules stay":
        "ни одна пара настроек не содержит обоих: действуют правила прежней пары",
    "The project's licence has no iterations; milestones are on every tier":
        "В лицензии проекта нет итераций; вехи есть на любом тарифе",
}  # fmt: skip
