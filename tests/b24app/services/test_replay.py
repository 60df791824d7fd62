"""What was refused is repeated only as far as it is still wanted."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select

from b24app.services.replay import replay
from sync.core.model.tasks import Step
from sync.store import subjects, tasks
from sync.store.db.database import read, write
from sync.store.tables import command
from tests.b24app.factories import AT, failed, mirrored

pytestmark = pytest.mark.dialect


@pytest.fixture
def portal(world):
    found = world.install()
    world.connect(found)
    with write(world.deps.engine) as conn:
        mirrored(conn, found.id)
    return found


def refused(conn, portal_id, kind, **records):
    values = {
        "portal_id": portal_id, "lane": "bitrix24", "subject_kind": "task",
        "subject_key": "2103", "key": kind, "kind": kind, "reason": "", "state": "refused",
        "created_at": AT, "payload": {"task_id": 2103}, "records": records, "error": "no",
    }  # fmt: skip
    return conn.execute(insert(command).values(**values).returning(command.c.id)).scalar_one()


def state(world, command_id):
    with read(world.deps.engine) as conn:
        return conn.scalar(select(command.c.state).where(command.c.id == command_id))


@pytest.mark.parametrize(
    ("kind", "now", "count", "then"),
    [
        ("move_task", Step.MERGED, 1, "waiting"),
        ("move_task", Step.REVIEW, 0, "dropped"),
        ("set_stage", Step.MERGED, 1, "waiting"),
        ("set_stage", Step.REVIEW, 0, "dropped"),
    ],
)
def test_a_move_is_repeated_only_while_the_task_stands_there(world, portal, kind, now, count, then):
    with write(world.deps.engine) as conn:
        command_id = refused(conn, portal.id, kind, step="merged")
        tasks.set_steps(conn, portal.id, {2103: now})
        assert replay(conn, portal.id, [("command", str(command_id))], AT) == count
    assert state(world, command_id) == then


@pytest.mark.parametrize("kind", ["put_message", "set_fields"])
def test_a_text_is_decided_anew_instead_of_sending_the_old_one(world, portal, kind):
    with write(world.deps.engine) as conn:
        command_id = refused(conn, portal.id, kind)
        assert replay(conn, portal.id, [("command", str(command_id))], AT) == 1
    assert state(world, command_id) == "dropped"
    with read(world.deps.engine) as conn:
        found = subjects.get(conn, portal.id, "task", "2103")
    assert (found.state, found.cause) == ("dirty", "replayed")


def test_repeating_twice_repeats_once(world, portal):
    with write(world.deps.engine) as conn:
        items = list(failed(conn, portal.id).items())
        assert replay(conn, portal.id, items[2:], AT) == 1
        assert replay(conn, portal.id, items[2:], AT) == 0
