"""b24bridge replay: what failed is looked at again."""

from __future__ import annotations

import pytest

from b24app.cli import main
from sync.store import subjects
from sync.store.db.database import read, write
from tests.b24app.cli.test_commands import environ, portal
from tests.b24app.factories import failed

__all__ = ["environ", "portal"]  # fixtures


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ([], 3),
        (["subject:task:55"], 1),
        (["--task", "2103", "--task", "7"], 2),
        (["--everything"], 1),
    ],
)
def test_replay_says_how_many_will_be_looked_at_again(portal, engine, capsys, words, count):
    with write(engine) as conn:
        failed(conn, portal.id)
    assert main(["replay", *words]) == 0
    assert capsys.readouterr().out == f"{count} will be looked at again.\n"


def test_replay_of_what_is_not_there_fails(portal, engine, capsys):
    with write(engine) as conn:
        failed(conn, portal.id)
    assert main(["replay", "subject:task:55", "command:999999", "nonsense"]) == 1
    printed = capsys.readouterr()
    assert printed.out == "1 will be looked at again.\n"
    assert printed.err == (
        "Nothing of that name failed, or the task has moved on since: command:999999, nonsense. "
        "`b24bridge status` names what failed\n"
    )


def test_a_task_that_was_never_heard_of_can_be_looked_at(portal, engine):
    assert main(["replay", "--task", "2103"]) == 0
    with read(engine) as conn:
        assert subjects.get(conn, portal.id, "task", "2103").state == "dirty"
