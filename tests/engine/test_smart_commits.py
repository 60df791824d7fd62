"""Histories of commits that tell tasks what to do, and what the tasks see of it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from b24app.services import replay
from b24app.services.failures import list_failures
from b24app.texts import translate
from sync.core.rules.portal import GroupRules, Rules, SmartCommitRules
from sync.store.db.database import read, write
from sync.store.tables import smart_commit
from tests.engine.world import World

WAITING, IN_PROGRESS, AWAITING, COMPLETED = 2, 3, 4, 5


def pushed(world: World, *messages: str, branch: str = "topic", user: str = "bob") -> list[str]:
    """Commits of bob's, whom the portal knows as its user 8, worked off; their short ids."""
    made = world.gitlab.push(world.shop, branch, list(messages), user)
    world.settle()
    return [one.id[:8] for one in made]


def states(world: World) -> list[str]:
    with read(world.database) as conn:
        return sorted(conn.scalars(select(smart_commit.c.state)))


def logged(world: World) -> list[tuple[int, int, int, str]]:
    """(task, user, seconds, text) of everything in the tasks' logs of time."""
    found = world.b24.state.elapsed.values()
    return sorted((one.task_id, one.user_id, one.seconds, one.text) for one in found)


def refusals(world: World) -> list[str]:
    with read(world.database) as conn:
        return [
            failure.text
            for failure in list_failures(conn, world.portal_id)
            if failure.kind == "smart-commit"
        ]


MOVES = {
    "in-progress": ("B24-2103 #in-progress", "topic", IN_PROGRESS, "taken into work by"),
    "in work, in Russian": ("B24-2103 #в-работе", "topic", IN_PROGRESS, "taken into work by"),
    "done": ("B24-2103 #done", "topic", COMPLETED, "completed by"),
    "close": ("B24-2103 #close", "topic", COMPLETED, "completed by"),
    "resolve": ("B24-2103 #resolve", "topic", COMPLETED, "completed by"),
    "done, in Russian": ("B24-2103 #готово", "topic", COMPLETED, "completed by"),
    "closes": ("Closes B24-2103", "main", COMPLETED, "closed by"),
    "fixes": ("Pay (fixes B24-2103)", "main", COMPLETED, "closed by"),
    "closes, in Russian": ("Закрывает задачу B24-2103", "main", COMPLETED, "closed by"),
}


@pytest.mark.deep
@pytest.mark.parametrize(("message", "branch", "status", "said"), MOVES.values(), ids=MOVES)
def test_a_commit_moves_its_task(
    world: World, message: str, branch: str, status: int, said: str
) -> None:
    (sha,) = pushed(world, message, branch=branch)
    assert world.status() == status
    assert world.decisions() == [f"{said} commit {sha} of Bob on {branch}"]
    assert (states(world), logged(world), world.cards()) == (["done"], [], [])


LEFT_ALONE = {
    "denied": "Does not close B24-2103",
    "denied in Russian": "Не закрывает B24-2103",
    "in part": "Partially fixes B24-2103",
    "in part, in Russian": "Частично исправляет B24-2103",
    "later": "TODO: fix B24-2103 later",
    "before": "Before we close B24-2103 ask Ann",
    "filed": "Filed rather than fixed: B24-2103",
    "struck through": "~~Closes B24-2103~~",
    "a scope": "fix(B24-2103): part 1 of 3",
    "will not": "won't fix B24-2103",
    "caused": "Caused by B24-2103",
    "a regression": "Regression from B24-2103",
    "a duplicate in English": "Duplicate of B24-2103",
    "unrelated": "Unrelated to B24-2103",
    "because of": "Из-за B24-2103",
    "after": "После B24-2103",
    "a branch of a version": "Closes B24-2103.x",
    "an address": "Closes b24-2103@acme.example",
    "a reverted revert": 'Revert "Revert "Closes B24-2103""',
    "in a fold": "<details>\nCloses B24-2103\n</details>",
    "another's": "Bob closes B24-2103",
    "a duplicate": "Дубль B24-2103",
    "a reapply": 'Reapply "Closes B24-2103"',
    "a quotation": 'Explain "Closes B24-2103"',
}


@pytest.mark.parametrize("message", LEFT_ALONE.values(), ids=LEFT_ALONE)
def test_words_that_take_the_closing_back_leave_the_task_alone(world: World, message: str) -> None:
    pushed(world, message, branch="main")
    assert (world.status(), states(world)) == (WAITING, [])


REVERTS = {
    "git's own": 'Revert "Closes B24-2103 #time 1h"',
    "merged": "Merge branch 'revert-4f1c9e0a' into 'main'\n\nRevert \"Closes B24-2103\"",
    "squashed": 'Clean up\n\n* Revert "Closes B24-2103"\n* Docs',
    "typed": "revert: closes B24-2103",
    "typed large": "Revert: closes B24-2103",
    "in brackets": "[revert] Closes B24-2103",
    "in Russian": "Откат «Закрывает B24-2103»",
}


@pytest.mark.parametrize("message", REVERTS.values(), ids=REVERTS)
def test_a_revert_says_in_the_task_that_its_work_was_taken_back(world: World, message: str) -> None:
    (sha,) = pushed(world, message, branch="main")
    assert (world.status(), states(world), logged(world)) == (WAITING, ["done"], [])
    assert [f"commit {sha}" in text or sha in text for text in world.cards()] == [True]


@pytest.mark.deep
@pytest.mark.parametrize(
    "spent", ["1 hour and 30 minutes", "1 час и 30 минут", "1h & 30m", "1h+30m"]
)
def test_joined_durations_are_logged_whole(world: World, spent: str) -> None:
    pushed(world, f"B24-2103 #time {spent}")
    assert [seconds for _, _, seconds, _ in logged(world)] == [5400]


@pytest.mark.parametrize(("author", "spent"), [("bob", [(8, 3600)]), ("ann", [])])
def test_a_merge_commit_logs_no_time_of_who_wrote_its_title(
    world: World, author: str, spent: list[tuple[int, int]]
) -> None:
    """Ann is not known to the portal: her hour is refused, and not logged as another's."""
    pushed(world, "B24-2103 #time 1h pay", user=author)
    merged = "Merge branch 'topic' into 'main'\n\nB24-2103 #time 1h pay\n\n"
    pushed(
        world,
        merged + "See merge request acme/shop!1",
        branch="main",
        user="bob" if author == "ann" else "cid",
    )
    assert [(user, seconds) for _, user, seconds, _ in logged(world)] == spent


@pytest.mark.dialect
def test_closing_words_on_another_branch_close_nothing(world: World) -> None:
    pushed(world, "Closes B24-2103")
    assert (world.status(), states(world), world.decisions()) == (WAITING, [], [])


@pytest.mark.deep
@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("B24-2103 #time 1h 30m review", "review (commit {sha})"),
        ("B24-2103 #время 1 ч. 30 мин", "commit {sha}"),
        ("B24-2103 #time 90m [user=all] x", "[\u2060user=all] x (commit {sha})"),
    ],
)
def test_time_is_logged_as_the_author(world: World, message: str, text: str) -> None:
    (sha,) = pushed(world, message)
    assert logged(world) == [(2103, 8, 5400, text.format(sha=sha))]
    assert world.decisions() == [f"1 h 30 min logged by commit {sha} of Bob on topic"]
    assert world.status() == WAITING


def test_a_comment_is_said_in_the_authors_name(world: World) -> None:
    (sha,) = pushed(world, "B24-2103 #comment Looks [b]good[/b] @all")
    (text,) = world.cards()
    head, said = text.split("\n")
    assert head.startswith("[b]Bob[/b], commit [url=http://gitlab.test/acme/shop/-/commit/")
    assert head.endswith(f"]{sha}[/url]:")
    assert said == "Looks [\u2060b]good[\u2060/b] @all"


def test_commands_in_russian_are_told_in_russian(world: World) -> None:
    world.rules = Rules(language="ru")
    (sha,) = pushed(world, "B24-2103 #время 2ч правки #комментарий Готово почти")
    assert logged(world) == [(2103, 8, 7200, f"правки (коммит {sha})")]
    assert world.cards()[0].startswith("[b]Bob[/b], коммит [url=")
    assert [translate("ru", reason) for reason in world.decisions()] == [
        f"учтено время 2 ч 0 мин: коммит {sha}, автор Bob, ветка topic; "
        f"комментарий: коммит {sha}, автор Bob, ветка topic"
    ]


def test_several_commands_for_several_tasks(world: World) -> None:
    world.task(2104)
    (sha,) = pushed(world, "B24-2103, B24-2104 #time 1h #done\n\nB24-2104 #comment ready")
    text = f"commit {sha}"
    assert logged(world) == [(2103, 8, 3600, text), (2104, 8, 3600, text)]
    assert (world.status(2103), world.status(2104)) == (COMPLETED, COMPLETED)
    assert (len(world.cards(2103)), len(world.cards(2104))) == (0, 1)
    assert states(world) == ["done"] * 5


def test_of_several_moves_the_last_one_counts(world: World) -> None:
    first, second = pushed(world, "B24-2103 #done", "B24-2103 #in-progress")
    assert world.status() == IN_PROGRESS
    assert world.decisions() == [
        f"something later decides, not commit {first} of Bob on topic; "
        f"taken into work by commit {second} of Bob on topic"
    ]


def test_a_task_of_which_its_creator_keeps_control_awaits_it(world: World) -> None:
    world.task(2104, task_control=True, created_by=7)
    world.b24.state.users[1].admin = True
    (sha,) = pushed(world, "B24-2104 #done")
    assert world.status(2104) == AWAITING
    assert world.decisions(2104)[0] == (
        "completed, which for this task means pending its creator's review, "
        f"by commit {sha} of Bob on topic"
    )


# --- who


def test_who_is_not_known_commands_nothing(world: World) -> None:
    (sha,) = pushed(world, "B24-2103 #time 1h #comment hello #done", user="cid")
    why = "nobody in the portal is known as Cid; name that person in the settings"
    reasons = [
        f"{word} of commit {sha} of Cid on topic is not followed: {why}"
        for word in ("#time", "#comment", "#done")
    ]
    assert world.decisions() == ["; ".join(reasons)]
    assert sorted(refusals(world)) == sorted(reasons)
    assert (world.status(), logged(world), world.cards()) == (WAITING, [], [])
    assert states(world) == ["refused"] * 3


def test_who_is_mapped_later_may_be_heard_by_a_replay(world: World) -> None:
    pushed(world, "Closes B24-2103", branch="main", user="cid")
    world.rules = Rules(people={"cid": 8})
    with write(world.database) as conn:
        failures = [(f.kind, f.id) for f in list_failures(conn, world.portal_id)]
        assert replay.replay(conn, world.portal_id, failures, world.clock.now()) == 1
    world.settle()
    assert (world.status(), refusals(world)) == (COMPLETED, [])


@pytest.mark.parametrize(
    ("rules", "message", "branch"),
    [
        (SmartCommitRules(close=False), "Closes B24-2103", "main"),
        (SmartCommitRules(commands=False), "B24-2103 #done", "topic"),
    ],
)
def test_rules_may_forbid_it(
    world: World, rules: SmartCommitRules, message: str, branch: str
) -> None:
    world.rules = Rules(groups={3: GroupRules(smart_commits=rules)})
    pushed(world, message, branch=branch)
    assert world.status() == WAITING
    (said,) = world.decisions()
    assert said.endswith("is not followed: the rules of the workgroup do not allow it")
    assert (states(world), refusals(world)) == (["refused"], [])


FLAWS = {
    "#time abc": "“abc” is no duration, write for example 1h 30m",
    "#time 200h": "“200h” is more than 160 hours",
    "#comment": "it has no text",
}


@pytest.mark.parametrize(("command", "why"), FLAWS.items())
def test_what_cannot_be_read_is_refused_with_the_reason(
    world: World, command: str, why: str
) -> None:
    (sha,) = pushed(world, f"B24-2103 {command}")
    (said,) = world.decisions()
    assert said.endswith(f"is not followed: {why}")
    assert (logged(world), world.cards(), states(world)) == ([], [], ["refused"])
    ((user, text),) = world.told()
    assert (user, text.split("[")[0]) == (8, f"Task “Task 2103”: {command.split()[0]} of commit ")
    assert text.endswith(f"]{sha}[/url] is not followed: {why}")
    world.gitlab.push(world.shop, "other", ["Merge it"], "bob")
    world.settle()
    assert len(world.told()) == 1


def test_words_that_command_nothing_leave_no_trace(world: World) -> None:
    pushed(world, "B24-2103 fixes #12, see #wiki")
    assert (world.decisions(), states(world)) == ([], [])


def test_a_task_that_is_not_there_is_told_nothing(world: World) -> None:
    (sha,) = pushed(world, "B24-999 #done")
    said = (
        f"#done of commit {sha} of Bob on topic is not followed: "
        "task 999 does not exist, or the application may not see it"
    )
    assert said in world.decisions(999)
    assert (refusals(world), states(world)) == ([said], ["refused"])
    assert world.told() == [(8, said)]


def test_a_task_that_is_done_already_stays_as_it_is(world: World) -> None:
    world.b24.state.tasks[2103].status = COMPLETED
    (sha,) = pushed(world, "B24-2103 #done")
    assert world.decisions() == [f"already where it belongs: commit {sha} of Bob on topic"]
    assert states(world) == ["done"]
