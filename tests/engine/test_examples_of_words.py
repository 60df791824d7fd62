"""Every wording that was once misread, through the whole worker: each case has a task of its own.

As the description of a merge request that is merged, and as the message of a commit on main.
"""

from __future__ import annotations

import pytest

from tests.engine.world import World

WAITING, IN_PROGRESS, COMPLETED = 2, 3, 5
FIRST = 3001

# text, with TASK for the reference: the status after a merge request, after a commit on main
REVERTS = {
    'Merge branch \'x\' into \'main\'\n\nRevert "Closes TASK"\n\nSee merge request acme/shop!99':
        (WAITING, WAITING),
    '* Tidy\n* Revert "Closes TASK"\n* Cart': (WAITING, WAITING),
    "revert: closes TASK": (WAITING, WAITING),
    "Revert: closes TASK": (WAITING, WAITING),
    "[revert] closes TASK": (WAITING, WAITING),
    'Откат "Закрывает TASK"': (WAITING, WAITING),
    'Revert "Pay, closes TASK"': (WAITING, WAITING),
    'revert: "x" (closes TASK)': (WAITING, WAITING),
    'Revert^3 "Closes TASK"': (WAITING, WAITING),
    'Reapply "Closes TASK"': (COMPLETED, WAITING),  # the work is back, and merged
    'Revert "Revert "Closes TASK""': (COMPLETED, WAITING),
    "Closes TASK": (COMPLETED, COMPLETED),
}  # fmt: skip
DENIALS = {
    "This does not fix TASK": (WAITING, WAITING),
    "won't fix TASK": (WAITING, WAITING),
    "Не закрывает TASK": (WAITING, WAITING),
    "Partially fixes TASK": (IN_PROGRESS, WAITING),
    "Частично исправляет TASK": (IN_PROGRESS, WAITING),
    "TODO: fix TASK later": (WAITING, WAITING),
    "Before we close TASK, look": (WAITING, WAITING),
    "Filed rather than fixed: TASK": (WAITING, WAITING),
    "~~Closes TASK~~": (WAITING, WAITING),
    "fix(TASK): part 1 of 3": (IN_PROGRESS, WAITING),
    "Xiomara: closes TASK": (IN_PROGRESS, WAITING),
    "fixes TASK": (COMPLETED, COMPLETED),
    "The cart no longer crashes, closes TASK": (COMPLETED, COMPLETED),
}
MENTIONS = {
    f"{word} TASK": (WAITING, WAITING)
    for word in ("Regression from", "Caused by", "Duplicate of", "Unrelated to", "Из-за", "После",
                 "Дубль")
} | {
    "Fix the branch TASK.x": (WAITING, WAITING),
    "Fixes what TASK@acme.example wrote": (WAITING, WAITING),
}  # fmt: skip


@pytest.mark.deep
@pytest.mark.parametrize("table", [REVERTS, DENIALS, MENTIONS], ids=["revert", "deny", "mention"])
def test_words_decide_what_a_merge_and_a_commit_do(world: World, table: dict) -> None:
    numbers = {}
    for place, text in enumerate(table):
        for offset, way in enumerate(("request", "commit")):
            task = world.task(FIRST + 2 * place + offset)
            numbers[task] = (text, way)
            words = text.replace("TASK", f"B24-{task}")
            if way == "request":
                world.gitlab.push(world.shop, f"work-{place}", ["Work"], "ann")
                mr = world.gitlab.open_mr(
                    world.shop, f"work-{place}", "Work", "ann", description=words
                )
                world.settle()
                world.gitlab.merge(mr, "bob")
            else:
                world.gitlab.push(world.shop, "main", [words], "bob")
    world.settle()
    mistakes = {
        (text, way): world.status(task)
        for task, (text, way) in numbers.items()
        if world.status(task) != table[text][way == "commit"]
    }
    assert mistakes == {}


# text behind `#time`: the seconds, None where it is refused and its author hears so
TIMES = {
    "1 hour and 30 minutes": 5400,
    "1 час и 30 минут": 5400,
    "1h & 30m": 5400,
    "1h+30m": 5400,
    "1h 30": None,
    "90": None,
    "1h 30m": 5400,
    "1h 3D view": None,
}


def test_time_is_logged_whole_or_refused_aloud(world: World) -> None:
    for place, text in enumerate(TIMES):
        task = world.task(FIRST + place)
        world.gitlab.push(world.shop, "main", [f"B24-{task} #time {text}"], "bob")
        world.settle()
        if TIMES[text] is None:  # the author hears of it
            assert [user for user, said in world.told() if f"“Task {task}”" in said] == [8]
    logged = {entry.task_id: entry.seconds for entry in world.b24.state.elapsed.values()}
    mistakes = {
        text: logged.get(FIRST + place)
        for place, (text, seconds) in enumerate(TIMES.items())
        if logged.get(FIRST + place) != seconds
    }
    assert mistakes == {}
