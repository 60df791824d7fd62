"""Time that people log in tasks of the emulated portal."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.emulators.bitrix24 import BitrixEmulator, HandClock
from tests.emulators.bitrix24.rest import Rest

ADMIN, CREATOR, WORKER, HELPER, WATCHER, MEMBER, STRANGER = 1, 2, 3, 4, 5, 6, 7


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def b24(clock: HandClock) -> Iterator[BitrixEmulator]:
    with BitrixEmulator(clock) as emulator:
        state = emulator.state
        for number in range(2, 8):
            state.add_user(f"User {number}", id=number)
        state.add_group("Site", id=3, members=[MEMBER])
        state.create_task(
            "Fix", id=2103, created_by=CREATOR, responsible_id=WORKER, accomplices=[HELPER],
            auditors=[WATCHER], group_id=3,
        )  # fmt: skip
        state.limits.on = False
        yield emulator


def test_elapsed_time_is_positional(b24):
    rest = Rest(b24, WORKER)
    item = rest.result("task.elapseditem.add", whatever=2103, x={"SECONDS": 90, "COMMENT_TEXT": ""})
    swapped = rest.error("task.elapseditem.add", ARFIELDS={"SECONDS": 1}, TASKID=2103)
    assert swapped == (400, "ERROR_CORE")
    rows = rest.result("task.elapseditem.getlist", TASKID=2103)
    assert [(row["ID"], row["SECONDS"], row["MINUTES"]) for row in rows] == [(str(item), "90", "1")]
    task = rest.result("tasks.task.get", taskId=2103, select=["TIME_SPENT_IN_LOGS"])["task"]
    assert task["timeSpentInLogs"] == "90"
    assert Rest(b24, HELPER).error("task.elapseditem.delete", T=2103, I=item)[0] == 400


def test_a_filter_of_elapsed_time_is_by_date(b24, clock):
    b24.state.user_logs_time(WORKER, 2103, 60)
    clock.advance(60)
    moment = clock.now().astimezone(b24.state.tz).isoformat()
    b24.state.user_logs_time(WORKER, 2103, 120)
    rows = Rest(b24).result(
        "task.elapseditem.getlist", O={"ID": "asc"}, F={">=CREATED_DATE": moment}
    )
    assert [row["SECONDS"] for row in rows] == ["120"]


def test_time_is_logged_with_its_date_and_stands_in_the_history(b24):
    rest = Rest(b24, WORKER)
    fields = {"SECONDS": 5400, "COMMENT_TEXT": "refunds", "CREATED_DATE": "2026-03-01T10:00:00Z"}
    number = rest.result("task.elapseditem.add", TASKID=2103, ARFIELDS=fields)
    (row,) = rest.result("task.elapseditem.getlist", TASKID=2103)
    assert (row["ID"], row["SECONDS"], row["MINUTES"]) == (str(number), "5400", "90")
    assert row["CREATED_DATE"] == "2026-03-01T12:00:00+02:00"
    told = rest.result(
        "tasks.task.history.list", taskId=2103, filter={"FIELD": "TIME_SPENT_IN_LOGS"}
    )
    assert [one["value"] for one in told["list"]] == [{"from": "0", "to": "5400"}]


@pytest.mark.parametrize(
    ("fields", "user_id", "status"),
    [
        ({"SECONDS": 60, "COMMENT_TEXT": "x"}, WORKER, 200),
        ({"SECONDS": 0, "COMMENT_TEXT": "x"}, WORKER, 400),
        ({"SECONDS": 60}, WORKER, 400),
        ({"SECONDS": 60, "COMMENT_TEXT": "x", "COLOUR": 1}, WORKER, 400),
        ({"SECONDS": 60, "COMMENT_TEXT": "x", "CREATED_DATE": "noon"}, WORKER, 400),
        ({"SECONDS": 60, "COMMENT_TEXT": "x", "USER_ID": HELPER}, WORKER, 400),
        ({"SECONDS": 60, "COMMENT_TEXT": "x", "USER_ID": HELPER}, ADMIN, 200),
        ({"SECONDS": 60, "COMMENT_TEXT": "x"}, STRANGER, 400),
    ],
)
def test_which_time_may_be_logged(b24, fields, user_id, status):
    answer = Rest(b24, user_id)("task.elapseditem.add", TASKID=2103, ARFIELDS=fields)
    assert (answer[0], len(b24.state.elapsed)) == (status, int(status == 200))
