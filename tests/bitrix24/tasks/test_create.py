"""A new task on an emulated portal, over real HTTP: made once, and found again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from sync.bitrix24.rest.batch import Answer
from sync.bitrix24.tasks import create as tasks_create
from sync.bitrix24.tasks.commands import calls_for
from sync.bitrix24.tasks.outcomes import read_outcome
from sync.core.model.commands import CreateTask
from sync.errors import Later, Refused
from tests.bitrix24.rest.test_client_emulated import World, world

WANTED = CreateTask("alert:1/7:ветка:12", "b24bridge-4f1c", "Fix main", "It [B]fails[/B]", 7, 3)


@pytest.fixture
def there() -> Iterator[World]:
    made = world()
    yield made
    made.b24.stop()


def since(there: World) -> datetime:
    return there.clock.now() - timedelta(minutes=5)


def tasks(there: World) -> list[tuple[str, str, int, int, str]]:
    found = there.b24.state.tasks.values()
    return [(t.title, t.description, t.responsible_id, t.group_id, t.xml_id) for t in found]


MADE = [("Fix main", "It [B]fails[/B]", 7, 3, "b24bridge-4f1c")]


def test_by_rest_2_it_is_one_call_of_a_batch(there: World) -> None:
    (call,) = calls_for(WANTED, None)
    done = read_outcome(WANTED, there.portal.batch([call]), None)
    assert tasks(there) == MADE
    assert done.task
    assert done.task.id in there.b24.state.tasks


def test_by_rest_3_it_is_made_once_however_often_it_is_asked_for(there: World) -> None:
    first, second = (tasks_create.create_task_v3(there.portal, WANTED) for _ in range(2))
    assert tasks(there) == MADE
    assert tasks_create.created_task(first.result) == tasks_create.created_task(second.result)


def test_by_rest_3_other_words_under_the_same_key_are_refused(there: World) -> None:
    tasks_create.create_task_v3(there.portal, WANTED)
    with pytest.raises(Refused) as refused:
        tasks_create.create_task_v3(there.portal, replace(WANTED, title="Fix it"))
    assert tasks_create.KEY_REUSED in refused.value.code
    assert len(tasks(there)) == 1


@pytest.mark.parametrize("v3", [True, False])
def test_it_is_found_by_its_mark(there: World, v3: bool) -> None:
    for number in range(60):
        there.b24.state.create_task(f"Other {number}", by=1)
    assert tasks_create.find_created_task(there.portal, WANTED, since(there)) is None
    if v3:
        tasks_create.create_task_v3(there.portal, WANTED)
    else:
        there.portal.batch([tasks_create.create_call(WANTED)])
    for number in range(60):
        there.b24.state.create_task(f"Fix main, not {number}", by=1, created_by=1)
    task = tasks_create.created_task(
        tasks_create.find_created_task(there.portal, WANTED, since(there))
    )
    assert task
    assert there.b24.state.tasks[task.id].xml_id == WANTED.marker


def test_an_older_one_is_not_it(there: World) -> None:
    tasks_create.create_task_v3(there.portal, WANTED)
    assert (
        tasks_create.find_created_task(
            there.portal, WANTED, there.clock.now() + timedelta(minutes=1)
        )
        is None
    )


@pytest.mark.parametrize("result", [None, [], {}, {"task": []}, {"task": {"id": "x"}}, True])
def test_an_answer_that_names_no_task_is_looked_into_later(result: object) -> None:
    outcome = read_outcome(WANTED, [Answer(result)], None)
    assert isinstance(outcome, Later)
    assert outcome.sent
