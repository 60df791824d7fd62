"""What is written for what commits say, in exact texts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sync.core.model.commands import LogTime, MoveTask, Place, PutMessage
from sync.core.model.common import Commit
from sync.core.model.plans import Records
from sync.core.model.smart_commits import (
    CommandKey,
    Flaw,
    PendingSmartCommit,
    SmartCommit,
    SmartCommitCommand,
    SmartCommitResult,
    SmartCommitState,
    Verb,
)
from sync.core.model.task_view import SentMessage
from sync.core.model.tasks import Step, TaskStatus
from sync.core.plan import plan_task
from sync.core.rules.portal import Rules
from tests.core.factories import NOW, SHOP, link, task, view

EN, RU = Rules(), Rules(language="ru")
COMMIT = Commit("4f1c9e0a77", "Payment", "Ann", None, "https://gitlab.test/c/4f1c9e0a77")
KEY = CommandKey(1, 7, "4f1c9e0a77", 0)
_S = TaskStatus


def heard(
    verb: Verb, number: int = 0, *, user: int | None = 5, **values: Any
) -> PendingSmartCommit:
    command = SmartCommitCommand(
        2103, verb, seconds=values.pop("seconds", 0), text=values.pop("text", "")
    )
    speech = SmartCommit(command, SHOP, "main", COMMIT, **values)
    return PendingSmartCommit(replace(KEY, number=number), speech, user)


def plan(*spoken: PendingSmartCommit, rules: Rules = EN, **values: Any):
    usual = {"task": task(**values.pop("of_task", {}))}
    return plan_task(
        view(*values.pop("links", ()), smart_commits=spoken, **usual, **values), rules, NOW
    )


MOVES = [
    (Verb.DONE, _S.WAITING, False, _S.COMPLETED),
    (Verb.DONE, _S.IN_PROGRESS, False, _S.COMPLETED),
    (Verb.DONE, _S.DEFERRED, False, _S.COMPLETED),
    (Verb.DONE, _S.AWAITING_CONTROL, False, _S.COMPLETED),
    (Verb.DONE, _S.COMPLETED, False, None),
    (Verb.DONE, _S.AWAITING_CONTROL, True, None),
    (Verb.CLOSE, _S.WAITING, False, _S.COMPLETED),
    (Verb.CLOSE, _S.COMPLETED, False, None),
    (Verb.START, _S.WAITING, False, _S.IN_PROGRESS),
    (Verb.START, _S.COMPLETED, False, _S.IN_PROGRESS),
    (Verb.START, _S.IN_PROGRESS, False, None),
]


@pytest.mark.parametrize(("verb", "status", "control", "wanted"), MOVES)
def test_a_command_moves_a_task_that_is_not_there_yet(
    verb: Verb, status: TaskStatus, control: bool, wanted: TaskStatus | None
) -> None:
    found = plan(heard(verb), of_task={"status": status, "needs_control": control})
    if wanted:
        (move,) = found.commands
        assert (move.key, move.command) == (f"smart_commit:{KEY}", MoveTask(2103, wanted))
        assert move.records == Records(smart_commit=KEY)
        assert found.finished_smart_commits == {}
    else:
        assert found.commands == ()
        said = "already where it belongs: commit 4f1c9e0a of Ann on main"
        assert found.finished_smart_commits == {KEY: SmartCommitResult(SmartCommitState.DONE, said)}


REASONS = {
    Verb.CLOSE: ("closed by", "закрыта"),
    Verb.DONE: ("completed by", "завершена"),
    Verb.START: ("taken into work by", "взята в работу"),
}


@pytest.mark.parametrize(("verb", "reasons"), REASONS.items())
def test_the_reason_names_the_commit(verb: Verb, reasons: tuple[str, str]) -> None:
    assert plan(heard(verb)).decision == f"{reasons[0]} commit 4f1c9e0a of Ann on main"
    russian = plan(heard(verb), rules=RU).decision
    assert russian == f"{reasons[1]}: коммит 4f1c9e0a, автор Ann, ветка main"


def test_a_comment_is_one_message_of_its_own() -> None:
    (planned,) = plan(heard(Verb.COMMENT, 2, text="Fine [user=all]")).commands
    link_ = "[url=https://gitlab.test/c/4f1c9e0a77]4f1c9e0a[/url]"
    said = f"[b]Ann[/b], commit {link_}:\nFine [\u2060user=all]"
    assert planned.key == "smart_commit:1/7:4f1c9e0a77:2"
    assert planned.command == PutMessage(Place(2103), "commit:4f1c9e0a77:2", said)


@pytest.mark.parametrize(
    ("text", "ours", "rules", "wanted"),
    [
        ("pay", False, EN, LogTime(2103, 5, 60, "pay (commit 4f1c9e0a)")),
        ("", False, EN, LogTime(2103, 5, 60, "commit 4f1c9e0a")),
        ("", False, RU, LogTime(2103, 5, 60, "коммит 4f1c9e0a")),
        ("pay", True, EN, LogTime(2103, 0, 60, "Ann: pay (commit 4f1c9e0a)")),
    ],
)
def test_time_says_whose_it_is(text: str, ours: bool, rules: Rules, wanted: LogTime) -> None:
    one = heard(Verb.TIME, seconds=60, text=text, as_app=ours)
    assert [planned.command for planned in plan(one, rules=rules).commands] == [wanted]


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (EN, "[b]Ann[/b] took back the work of this task: commit {link} “Payment”"),
        (RU, "[b]Ann[/b]: сделанное по этой задаче отменено коммитом {link} «Payment»"),
    ],
)
@pytest.mark.parametrize("user", [5, None])
def test_a_task_is_told_that_its_work_was_taken_back(
    rules: Rules, said: str, user: int | None
) -> None:
    """Whoever did it: the message names the author, so nobody has to be known."""
    part = plan(heard(Verb.REVERT, user=user), rules=rules)
    link_ = "[url=https://gitlab.test/c/4f1c9e0a77]4f1c9e0a[/url]"
    assert [command.command for command in part.commands] == [
        PutMessage(Place(2103), "commit:4f1c9e0a77:0", said.format(link=link_))
    ]


def test_nothing_is_decided_about_a_task_that_may_have_changed() -> None:
    found = plan(heard(Verb.DONE), fresh=False)
    assert (found.needs, found.commands, found.finished_smart_commits) == (
        frozenset({"task"}),
        (),
        {},
    )


@pytest.mark.parametrize(
    ("verb", "state", "keys"),
    [
        (Verb.DONE, "open", [f"smart_commit:{KEY}"]),
        (Verb.DONE, "merged", [f"smart_commit:{KEY}"]),
        (Verb.START, "open", ["status"]),
        (Verb.START, "merged", ["status"]),
    ],
)
def test_one_of_a_command_and_a_step_moves_the_task(verb: Verb, state: str, keys: list) -> None:
    """The step counts as reached either way."""
    part = plan(heard(verb), links=[link(state)])
    moves = [command.key for command in part.commands if isinstance(command.command, MoveTask)]
    step = {"open": Step.REVIEW, "merged": Step.MERGED}[state]
    assert (moves, part.step) == (keys, step)


def test_a_step_that_stays_moves_nothing_back() -> None:
    reviewed = link("approved")
    card = {reviewed.merge_request.subject_key: SentMessage(40, "[b]!12[/b]", NOW)}
    part = plan(links=[reviewed], step=Step.REVIEW, of_task={"status": _S.COMPLETED}, messages=card)
    assert not [command for command in part.commands if isinstance(command.command, MoveTask)]


def test_a_slip_of_the_pen_is_told_to_its_author_who_ends_with_it() -> None:
    one = heard(Verb.TIME, text="скоро")
    flawed = replace(
        one.smart_commit, command=replace(one.smart_commit.command, flaw=Flaw.DURATION)
    )
    part = plan(replace(one, smart_commit=flawed), rules=RU)
    link_ = "[url=https://gitlab.test/c/4f1c9e0a77]4f1c9e0a[/url]"
    why = "«скоро» — не длительность, пример: 1ч 30м"
    said = f"Задача «Task 2103»: #time из коммита {link_} не выполнено: {why}"
    (planned,) = part.commands
    assert (planned.key, part.finished_smart_commits) == (f"smart_commit:{KEY}", {})
    assert planned.records == Records(smart_commit=KEY)
    text = planned.command.text.replace(task().title, "Task 2103")
    assert (planned.command.user_id, text) == (5, said)
    assert planned.reason == f"#time не выполнено (коммит 4f1c9e0a, автор Ann, ветка main): {why}"


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"user": None}, "nobody in the portal is known as Ann; name that person in the settings"),
        ({"repeats": "c0ffee0011"}, "commit c0ffee00 had said the same"),
    ],
)
def test_a_refusal_tells_why(values: dict[str, Any], why: str) -> None:
    found = plan(heard(Verb.TIME, seconds=60, **values))
    said = f"#time of commit 4f1c9e0a of Ann on main is not followed: {why}"
    assert (found.commands, found.decision) == ((), said)
    assert found.finished_smart_commits == {
        KEY: SmartCommitResult(SmartCommitState.REFUSED, said, retryable="user" in values)
    }
