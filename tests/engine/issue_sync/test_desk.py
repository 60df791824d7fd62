"""Commands about links over a real database: what people ask, and what an import does."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from itertools import count

import pytest

from b24app.cli import sync as command
from b24app.services.link_status import link_lines
from b24app.services.sync_desk import PortalDesk
from sync.core.issue_sync.rules import Policy
from sync.store import portals
from sync.store.db.database import read
from tests.engine.issue_sync.memory_rooms import PORTAL, TRACKER, Pair
from tests.engine.world import World

NAMES = {
    "workgroup": None,
    "project": None,
    "pair": None,
    "limit": 50,
    "target": None,
    "decide": None,
}


@pytest.fixture
def pair(make_world: Callable[..., World]) -> Pair:
    """Return a pair whose items have numbers, as people name them."""
    made = Pair(make_world(), Policy.ASK)
    numbers = count(2101)
    for room in made.rooms.values():
        room.new_id = lambda: str(next(numbers))  # type: ignore[method-assign]
    return made


def desk_of(pair: Pair) -> PortalDesk:
    with read(pair.world.database) as conn:
        row = portals.row_by_id(conn, pair.world.portal_id)
    assert row is not None
    return PortalDesk(pair.deps, row)


def told(
    capsys: pytest.CaptureFixture[str], pair: Pair, action: str, /, **given: object
) -> list[str]:
    arguments = argparse.Namespace(action=action, **{**NAMES, **given})
    assert command.carry_out(desk_of(pair), arguments) == 0
    return capsys.readouterr().out.splitlines()


def test_an_import_is_foreseen_done_and_has_nothing_left(capsys, pair):
    for number in range(3):
        pair.create(PORTAL, title=f"Task {number}", description="x")
    pair.create(TRACKER, title="Issue", description="y")
    foreseen = told(capsys, pair, "preview")
    assert foreseen[:4] == [
        "workgroup 10 ⇄ 7:",
        "  0 linked already",
        "  issues that would be created: 3",
        "  tasks that would be created: 1",
    ]
    assert [len(room.items) for room in pair.rooms.values()] == [1, 3]
    assert told(capsys, pair, "run")[-2:] == [
        "workgroup 10 ⇄ 7: 4 of 4 (100 %), 4 linked",
        "workgroup 10 ⇄ 7: done, 4 linked",
    ]
    assert [len(room.items) for room in pair.rooms.values()] == [4, 4]
    assert told(capsys, pair, "run") == [
        "workgroup 10 ⇄ 7: 4 of 4 (100 %), 4 linked",
        "workgroup 10 ⇄ 7: done, 4 linked",
    ]
    after = told(capsys, pair, "preview")
    assert after[1] == "  4 linked already"
    assert after[-1] == "  nothing is left to import"


def test_what_was_listed_when_an_import_stopped_is_foreseen(capsys, pair):
    for number in range(3):
        pair.create(PORTAL, title=f"Task {number}", description="x")
    desk = desk_of(pair)
    (named,) = desk.pairs(None, None)
    steps = desk.import_pair(named)
    while next(steps).total < 3:
        pass
    steps.close()
    foreseen = told(capsys, pair, "preview")
    assert foreseen[1:3] == ["  0 linked already", "  issues that would be created: 3"]
    assert told(capsys, pair, "run")[-1] == "workgroup 10 ⇄ 7: done, 3 linked"


def test_a_link_is_explained_by_either_end(capsys, pair):
    pair.create(PORTAL, title="Fix", description="x")
    pair.work()
    task, issue = pair.only(PORTAL).address, pair.only(TRACKER).address
    by_task = told(capsys, pair, "explain", target=task.id)
    assert by_task[0].startswith(f"{task.id} ⇄ ")
    kinds = [line.split("UTC  ")[1].split(":")[0] for line in by_task if "UTC  " in line]
    assert kinds == ["linked", "written"]
    if issue.number:
        project = issue.project or "7"
        assert told(capsys, pair, "explain", target=f"{project}#{issue.number}") == by_task


def test_a_paused_link_stands_still_and_goes_on(capsys, pair):
    pair.create(PORTAL, title="Fix", description="x")
    pair.work()
    task_id = pair.only(PORTAL).address.id
    told(capsys, pair, "pause", target=task_id, reason="we look at it")
    pair.edit(pair.only(PORTAL), "title", "Later")
    pair.work()
    assert pair.only(TRACKER).values["title"] == "Fix"
    told(capsys, pair, "resume", target=task_id)
    pair.work(sweep=False)
    assert pair.only(TRACKER).values["title"] == "Later"


def shown_by_status(pair: Pair) -> list[str]:
    with read(pair.world.database) as conn:
        return link_lines(conn, pair.world.portal_id, 1)


def test_a_halted_pair_is_in_the_status_and_goes_on(capsys, pair):
    issues = [pair.create(TRACKER, title=f"Issue {number}") for number in range(25)]
    pair.work()
    assert shown_by_status(pair) == ["links    25 of tasks and issues, 0 of which need a look"]
    for issue in issues[:21]:
        pair.edit(issue, "title", "Renamed")
    pair.work()
    assert shown_by_status(pair)[:2] == [
        "stopped  workgroup 10 ⇄ 7: 21 of 25 links would get the same title (Renamed) on the "
        "portal at once. Usually a label or a status was renamed or deleted, or a right was lost. "
        "Look at some of them, mend it, or let it happen",
        "next     `b24bridge sync resume --pair 7 --workgroup 10`",
    ]
    capsys.readouterr()
    assert told(capsys, pair, "resume", pair="7") == [
        "workgroup 10 ⇄ 7 goes on: 21 links try again, and for an hour very many may change at "
        "once."
    ]
    pair.work(sweep=False)
    titles = [held.values["title"] for held in pair.rooms[PORTAL].items.values()]
    assert titles.count("Renamed") == 21
    assert shown_by_status(pair) == ["links    25 of tasks and issues, 0 of which need a look"]


def test_a_dispute_waits_and_a_decision_is_carried_out(capsys, pair):
    pair.create(PORTAL, title="Fix", description="x")
    pair.work()
    task_id = pair.only(PORTAL).address.id
    pair.edit(pair.only(PORTAL), "title", "Of task")
    pair.edit(pair.only(TRACKER), "title", "Of issue")
    pair.work()
    (line,) = told(capsys, pair, "conflicts")
    assert line.endswith("  title  tracker: Of issue, portal: Of task")
    told(capsys, pair, "conflicts", target=task_id, decide=["title", "portal"])
    pair.work(sweep=False)
    assert pair.only(TRACKER).values["title"] == "Of task"
    assert told(capsys, pair, "conflicts") == ["Nothing waits for a decision."]


def test_an_unlinked_task_is_left_alone(capsys, pair):
    pair.create(PORTAL, title="Fix", description="x")
    pair.work()
    told(capsys, pair, "unlink", target=pair.only(PORTAL).address.id)
    pair.edit(pair.only(PORTAL), "title", "Later")
    pair.work()
    assert pair.only(TRACKER).values["title"] == "Fix"
