"""Batches of the emulated portal: order, references, errors of one command, PHP's empty arrays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from tests.emulators.bitrix24 import BitrixEmulator, HandClock
from tests.emulators.bitrix24.php import read_form, write_form
from tests.emulators.bitrix24.rest import Rest


@pytest.fixture
def b24() -> Iterator[BitrixEmulator]:
    with BitrixEmulator(HandClock()) as emulator:
        emulator.state.add_user("Dan", id=7)
        emulator.state.create_task("Fix", id=31, responsible_id=7)
        yield emulator


def batch(b24: BitrixEmulator, cmd: Any, **params: Any) -> dict[str, Any]:
    return Rest(b24).result("batch", cmd=cmd, **params)


def test_what_is_empty_is_a_list_and_what_is_not_is_a_map(b24):
    answer = batch(b24, {"a": "profile"})
    assert answer["result"]["a"]["ID"] == "1"
    assert [answer[f"result_{name}"] for name in ("error", "total", "next")] == [[], [], []]
    assert list(answer["result_time"]) == ["a"]


def test_commands_given_as_a_list_are_answered_by_lists(b24):
    answer = batch(b24, ["profile", "server.time"])
    assert isinstance(answer["result"], list)
    assert len(answer["result"]) == 2


def test_commands_run_in_order_and_write_what_they_say(b24):
    commands = {
        "start": "tasks.task.start?taskId=31",
        "say": "im.message.add?DIALOG_ID=7&MESSAGE=a%20%26%20b%3D%5Bb%5D",
        "set": "tasks.task.update?taskId=31&fields[TITLE]=New&fields[AUDITORS][0]=7",
    }
    assert batch(b24, commands, halt=0)["result_error"] == []
    task = b24.state.tasks[31]
    assert (task.status, task.title, task.auditors) == (3, "New", [7])
    assert [m.text for m in b24.state.messages.values() if m.author_id == 1] == ["a & b=[b]"]


def test_an_error_concerns_its_command_alone_unless_the_batch_halts(b24):
    commands = {"a": "nope", "b": "tasks.task.pause?taskId=31", "c": "profile"}
    going = batch(b24, commands, halt=0)
    assert {key: error["error"] for key, error in going["result_error"].items()} == {
        "a": "ERROR_METHOD_NOT_FOUND",
        "b": "1048582",
    }
    assert list(going["result"]) == ["c"]
    halted = batch(b24, commands, halt=1)
    assert (list(halted["result_error"]), halted["result"]) == (["a"], [])


def test_a_command_refers_to_the_results_before_it(b24):
    commands = {
        "me": "profile",
        "made": "tasks.task.add?fields[TITLE]=By $result[me][NAME]"
        "&fields[RESPONSIBLE_ID]=$result[me][ID]",
        "got": "tasks.task.get?taskId=$result[made][task][id]",
        "lost": "tasks.task.get?taskId=$result[none][id]",
    }
    answer = batch(b24, commands)
    assert answer["result"]["got"]["task"]["title"] == "By Anna"
    assert answer["result_error"]["lost"]["error"] == "100"


def test_fifty_commands_are_the_most(b24):
    assert len(batch(b24, {f"c{n}": "profile" for n in range(50)})["result"]) == 50
    too_many = Rest(b24).error("batch", cmd={f"c{n}": "profile" for n in range(51)})
    assert too_many == (400, "ERROR_BATCH_LENGTH_EXCEEDED")


def test_a_batch_holds_no_batch(b24):
    answer = batch(b24, {"a": "batch?cmd[b]=profile"})
    assert answer["result_error"]["a"]["error"] == "ERROR_BATCH_METHOD_NOT_ALLOWED"


def test_a_batch_is_one_hit_and_each_command_spends_its_methods_seconds(b24):
    b24.state.limits.costs["profile"] = 100.0
    answer = batch(b24, {f"c{n}": "profile" for n in range(6)})
    assert (b24.requests["batch"], b24.requests["profile"]) == (1, 0)
    assert list(answer["result"]) == ["c0", "c1", "c2", "c3", "c4"]
    assert answer["result_error"]["c5"]["error"] == "OPERATION_TIME_LIMIT"
    assert answer["result_time"]["c4"]["operating"] == 500.0


def test_totals_and_next_stand_by_command(b24):
    for number in range(60):
        b24.state.create_task(f"Task {number}")
    answer = batch(b24, {"list": "tasks.task.list?select[]=ID", "me": "profile"})
    assert (answer["result_total"], answer["result_next"]) == ({"list": 61}, {"list": 50})


def test_a_batch_may_come_as_a_form(b24):
    form = write_form({"auth": b24.token().access, "halt": 0, "cmd": {"a": "user.get?ID=7"}})
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    url = f"{b24.portal_url}/rest/batch"
    answer = requests.post(url, data=form, headers=headers, timeout=30).json()["result"]
    assert [user["ID"] for user in answer["result"]["a"]] == ["7"]


def test_a_batch_without_a_token_is_refused_as_a_whole(b24):
    rest = Rest(b24)
    rest.access = "forged"
    assert rest.error("batch", cmd={"a": "profile"}) == (401, "INVALID_TOKEN")


KEYS = st.text("ABCdef_", min_size=1, max_size=6)
FORMS = st.dictionaries(
    KEYS,
    st.recursive(
        st.text(max_size=8),
        lambda inner: (
            st.lists(inner, min_size=1, max_size=3)
            | st.dictionaries(KEYS, inner, min_size=1, max_size=3)
        ),
        max_leaves=8,
    ),
    max_size=4,
)


@given(FORMS)
def test_a_form_reads_back_as_it_was_written(values):
    assert read_form(write_form(values)) == values
