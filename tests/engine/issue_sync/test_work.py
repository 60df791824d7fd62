"""Links in a real database: lists make them, hooks wake them, and a dead worker loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from sync.core.issue_sync import acts
from sync.core.issue_sync.link import LinkState
from sync.core.issue_sync.looks import SHORTEST
from sync.core.issue_sync.mapping import SyncMapping
from sync.core.issue_sync.model import DESCRIPTION, STATUS, TAGS, TITLE, ItemAddress, SideName
from sync.core.issue_sync.rules import Policy
from sync.core.issue_sync.side import Page
from sync.core.issue_sync.writes import NotDone
from sync.core.model.activity import Comment, CommentTarget, Resource
from sync.core.model.common import Project
from sync.core.model.events import IssueHint, TaskChanged, TaskCommented, TaskDeleted
from sync.core.model.kinds import Kind
from sync.engine.ingest import issue_links as marks
from sync.engine.issue_sync import work
from sync.engine.issue_sync.echoes import ECHO
from sync.engine.issue_sync.lists import read_lists
from sync.engine.upkeep.sweep import Sweep
from sync.errors import Refused
from sync.store import issue_link_queue, issue_link_stories, issue_links, issue_lists
from sync.store.agenda import read_agenda
from sync.store.db.database import read, write
from tests.engine.issue_sync.memory_rooms import PORTAL, TRACKER, Pair, Quiet
from tests.engine.world import World


@pytest.fixture
def make_pair(make_world: Callable[..., World]) -> Callable[..., Pair]:
    def make(**options: object) -> Pair:
        return Pair(make_world(), **options)  # type: ignore[arg-type]

    return make


@pytest.fixture
def pair(make_pair: Callable[..., Pair]) -> Pair:
    """Return a pair with a task that has become an issue."""
    pair = make_pair()
    pair.create(PORTAL, title="Fix", description="x", tags=frozenset({"ui"}))
    pair.work()
    return pair


def state(pair: Pair) -> LinkState:
    with read(pair.world.database) as conn:
        (row,) = pair.links()
        return issue_links.load(conn, [row.key])[row.key]


def story(pair: Pair) -> list[str]:
    with read(pair.world.database) as conn:
        return [line.kind for line in issue_link_stories.story(conn, pair.links()[0].id)]


def test_a_task_becomes_an_issue_and_rests(pair: Pair) -> None:
    issue = pair.only(TRACKER)
    assert (issue.values[TITLE], issue.values[TAGS]) == ("Fix", frozenset({"ui"}))
    (row,) = pair.links()
    assert (row.tracker_id, row.task_id) == (issue.address.id, pair.only(PORTAL).address.id)
    assert row.due_at is not None
    assert row.due_at - pair.world.clock.now() >= SHORTEST  # a slow look is all there is
    assert story(pair) == ["linked", "written"]
    for _ in range(3):
        pair.work()
    assert story(pair) == ["linked", "written"]
    assert len(pair.rooms[TRACKER].items) == len(pair.rooms[PORTAL].items) == 1


def test_edits_on_both_sides_cross(pair: Pair) -> None:
    pair.edit(pair.only(PORTAL), TITLE, "Fix it")
    pair.edit(pair.only(TRACKER), STATUS, "done")
    pair.work()
    assert pair.only(TRACKER).values[TITLE] == "Fix it"
    assert pair.only(PORTAL).values[STATUS] == "5"


def test_comments_and_what_is_announced_are_kept_apart(pair: Pair) -> None:
    pair.comment(TRACKER, pair.only(TRACKER), "hello")
    pair.comment(PORTAL, pair.only(PORTAL), "hi")
    pair.work()
    assert [entry.origin for entry in state(pair).entries] == [TRACKER, PORTAL]
    assert state(pair).pending == ()
    assert len(pair.only(PORTAL).comments) == len(pair.only(TRACKER).comments) == 2
    pair.only(TRACKER).comments.pop(0)  # no hook and no date tells it
    pair.world.clock.sleep(2 * 86_400)
    pair.work()
    assert len(pair.only(PORTAL).comments) == 1


def test_a_conflict_is_kept_and_decided(make_pair: Callable[..., Pair]) -> None:
    pair = make_pair(policy=Policy.ASK)
    pair.create(TRACKER, title="a")
    pair.work()
    pair.edit(pair.only(TRACKER), TITLE, "b")
    pair.edit(pair.only(PORTAL), TITLE, "c")
    pair.edit(pair.only(PORTAL), DESCRIPTION, "goes on")
    pair.work()
    assert (pair.only(TRACKER).values[TITLE], pair.only(PORTAL).values[TITLE]) == ("b", "c")
    assert pair.only(TRACKER).values[DESCRIPTION] == "goes on"
    with write(pair.world.database) as conn:
        (row,) = pair.links()
        (conflict,) = issue_link_stories.conflicts(conn, row.id)
        link = issue_links.load(conn, [row.key])[row.key]
        issue_links.save(conn, acts.settle_conflict(link, TITLE, PORTAL), link)
        issue_link_queue.mark_dirty(conn, [row.id], "decided", pair.world.clock.now())
    assert (conflict.winner, conflict.values.tracker) == (None, {TITLE: "b"})
    pair.work()
    assert pair.only(TRACKER).values[TITLE] == "c"


def test_a_worker_that_dies_anywhere_loses_nothing(make_world: Callable[..., World]) -> None:
    pair = Pair(make_world(), watcher=Quiet())
    pair.create(PORTAL, title="Fix")
    pair.comment(PORTAL, pair.only(PORTAL), "hello")
    died = 0
    for point in range(1, 40):
        pair.watcher.points, pair.watcher.die_at = 0, point
        try:
            pair.work(sweep=True)
        except SystemExit:
            died += 1
            pair.edit(pair.only(PORTAL), TITLE, f"Fix {point}")
        else:
            break
    pair.watcher.die_at = None
    pair.work()
    assert died > 5
    assert len(pair.rooms[TRACKER].items) == 1
    assert pair.only(TRACKER).values[TITLE] == pair.only(PORTAL).values[TITLE]
    assert len(pair.only(TRACKER).comments) == 1


@pytest.mark.deep
def test_a_list_reads_again_only_what_changed(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "next_look", lambda now, *rest: now + timedelta(days=1))
    with write(pair.world.database) as conn:
        issue_link_queue.finish(conn, pair.links()[0], None)
    room = pair.rooms[TRACKER]
    reads: list[int] = []
    usual = room.read
    room.read = lambda addresses: reads.append(len(addresses)) or usual(addresses)  # type: ignore[method-assign]
    for _ in range(4):
        pair.work()
    assert reads == []
    pair.edit(pair.only(PORTAL), TITLE, "Fix it")
    pair.work()
    assert len(reads) == 1
    with read(pair.world.database) as conn:
        rows = issue_lists.of_connection(conn, pair.connection.id)
    assert rows[pair.pair.key, PORTAL].interval == 60
    pair.work()
    assert len(reads) == 1  # the list itself shows that it is our own echo
    for _ in range(5):
        pair.work()
    with read(pair.world.database) as conn:
        rows = issue_lists.of_connection(conn, pair.connection.id)
    assert {row.interval for row in rows.values()} == {600}


def test_hooks_wake_links_and_lists(pair: Pair) -> None:
    now, task = pair.world.clock.now(), pair.only(PORTAL)
    number = pair.only(TRACKER).address.number
    project = Project(pair.connection.id, 7, "acme/shop", "", "")
    target = CommentTarget("issue", number, "", "")
    issue = Resource(project, Kind.ISSUE, number, "", "")
    note = Comment(project, 5, target, "", None, "", now, now)
    task_id = int(task.address.id.strip("p"))
    events = {
        Resource: [issue],
        Comment: [note],
        TaskChanged: [TaskChanged(task_id)],
        TaskCommented: [TaskCommented(task_id)],
    }
    for kind, heard in events.items():
        with write(pair.world.database) as conn:
            conn.exec_driver_sql("UPDATE issue_link SET written_at = NULL")
            if kind in (TaskChanged, TaskCommented):
                conn.exec_driver_sql(f"UPDATE issue_link SET task_id = '{task_id}'")
            marks.mark(conn, pair.world.portal_id, {kind: heard}, now)
            (row,) = issue_links.of_connection(conn, pair.connection.id)
            assert row.due_at == now, kind
            agenda = read_agenda(conn, pair.world.portal_id, now)
            assert agenda is not None
            assert agenda.links
            issue_link_queue.finish(conn, row, None)
    unknown = Resource(project, Kind.ISSUE, "999", "", "")
    with write(pair.world.database) as conn:
        marks.mark(conn, pair.world.portal_id, {Resource: [unknown]}, now)
        marks.mark(conn, pair.world.portal_id, {TaskChanged: [TaskChanged(4711)]}, now)
        lists = issue_lists.of_connection(conn, pair.connection.id)
        assert {row.next_at for row in lists.values()} == {now}
        marks.mark(conn, pair.world.portal_id, {TaskDeleted: [TaskDeleted(task_id)]}, now)
    assert state(pair).deleted == {PORTAL}


def test_a_tracker_s_hints_wake_links_and_lists_and_tell_deletions(pair: Pair) -> None:
    now, number = pair.world.clock.now(), pair.only(TRACKER).address.number
    connection_id, portal_id = pair.connection.id, pair.world.portal_id

    def hear(*hints: IssueHint) -> tuple[datetime | None, set[datetime | None]]:
        with write(pair.world.database) as conn:
            conn.exec_driver_sql("UPDATE issue_link SET due_at = NULL, written_at = NULL")
            conn.exec_driver_sql("UPDATE issue_sync_list SET next_at = NULL")
            marks.mark(conn, portal_id, {IssueHint: list(hints)}, now)
            (row,) = issue_links.of_connection(conn, connection_id)
            lists = issue_lists.of_connection(conn, connection_id)
            return row.due_at, {lists[key].next_at for key in lists if key[1] is TRACKER}

    assert hear(IssueHint(connection_id, number)) == (now, {None})
    assert hear(IssueHint(connection_id + 1, number)) == (None, {None})
    assert hear(IssueHint(connection_id, f"1{number}")) == (None, {now})
    assert hear(IssueHint(connection_id, "_-%")) == (None, {now})
    assert state(pair).deleted == frozenset()
    assert hear(IssueHint(connection_id, number, deleted=True)) == (now, {None})
    assert state(pair).deleted == {TRACKER}
    assert hear(IssueHint(connection_id, "999", deleted=True)) == (None, {None})


def test_a_hook_during_the_work_queues_another_run(pair: Pair) -> None:
    room, task = pair.rooms[TRACKER], pair.only(PORTAL)
    pair.edit(task, TITLE, "Fix it")
    usual = room.apply

    def interrupted(writes: object, fetch: object) -> object:
        outcomes = usual(writes, fetch)  # type: ignore[arg-type]
        pair.edit(task, TITLE, "Fix it now")
        with write(pair.world.database) as conn:
            now = pair.world.clock.now()
            issue_link_queue.mark_dirty(conn, [pair.links()[0].id], "heard of a change", now)
        room.apply = usual  # type: ignore[method-assign]
        return outcomes

    room.apply = interrupted  # type: ignore[method-assign, assignment]
    pair.work()
    pair.world.clock.sleep(ECHO.total_seconds())
    pair.work(sweep=False)
    assert pair.only(TRACKER).values[TITLE] == "Fix it now"


def test_a_pair_that_the_settings_do_not_name_waits_and_says_so(pair: Pair) -> None:
    pair.edit(pair.only(PORTAL), TITLE, "Fix it")
    with write(pair.world.database) as conn:
        issue_link_queue.mark_dirty(conn, [pair.links()[0].id], "edited", pair.world.clock.now())
    mapping, pair.mapping = pair.mapping, SyncMapping()
    pair.work(sweep=False)
    assert "do not name" in pair.links()[0].error
    assert pair.only(TRACKER).values[TITLE] == "Fix"
    pair.mapping = mapping
    pair.world.clock.sleep(3601)
    pair.work()
    assert pair.only(TRACKER).values[TITLE] == "Fix it"


def test_two_existing_items_are_linked_once(make_pair: Callable[..., Pair]) -> None:
    pair = make_pair(creates=frozenset())
    task, issue = pair.create(PORTAL, title="Fix"), pair.create(TRACKER, title="Fix")
    now = pair.world.clock.now()
    link = LinkState("by-hand", {PORTAL: task.address, TRACKER: issue.address})
    other = LinkState("again", {PORTAL: ItemAddress("p9"), TRACKER: issue.address})
    with write(pair.world.database) as conn:
        place = (pair.world.portal_id, pair.connection.id, pair.pair.key)
        assert issue_links.create(conn, *place, link, now) is not None
        assert issue_links.create(conn, *place, other, now) is None
    pair.work()
    assert len(pair.links()) == 1
    assert pair.links()[0].error == ""


def test_very_many_same_changes_stop_the_pair_until_somebody_agrees(
    make_pair: Callable[..., Pair],
) -> None:
    pair = make_pair()
    issues = [pair.create(TRACKER, title=f"Issue {number}") for number in range(25)]
    pair.work()
    for issue in issues[:21]:
        pair.edit(issue, TITLE, "Renamed")
    pair.edit(issues[24], TITLE, "By itself")
    pair.work()
    titles = [held.values[TITLE] for held in pair.rooms[PORTAL].items.values()]
    assert "Renamed" not in titles
    assert "By itself" in titles
    assert {"21 of 25" in row.error for row in pair.links() if row.error} == {True}
    pair.work()
    with write(pair.world.database) as conn:
        now = pair.world.clock.now()
        issue_lists.release(conn, pair.connection.id, pair.pair.key, now)
    pair.world.clock.sleep(700)
    pair.work()
    titles = [held.values[TITLE] for held in pair.rooms[PORTAL].items.values()]
    assert titles.count("Renamed") == 21
    assert {row.error for row in pair.links()} == {""}


@pytest.mark.deep
def test_very_many_refusals_that_are_tried_again_stop_nothing(
    make_pair: Callable[..., Pair], monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = make_pair()
    issues = [pair.create(TRACKER, title=f"Issue {number}") for number in range(25)]
    pair.work()
    room = pair.rooms[PORTAL]
    monkeypatch.setattr(room, "apply", lambda writes, fetch: [NotDone(Refused("no"))] * len(writes))
    for first in range(0, 25, 5):
        for issue in issues[first : first + 5]:
            pair.edit(issue, TITLE, "Renamed")
        pair.work()
    monkeypatch.undo()
    for _ in range(3):
        pair.world.clock.sleep(30 * 3600)
        pair.work()
    assert {held.values[TITLE] for held in room.items.values()} == {"Renamed"}
    assert {row.error for row in pair.links()} == {""}


def test_what_was_there_before_waits_for_the_import(make_pair: Callable[..., Pair]) -> None:
    pair = make_pair()
    pair.imports = False
    pair.create(TRACKER, title="Old")
    pair.world.clock.sleep(3600)
    pair.work()
    assert pair.rooms[PORTAL].items == {}
    pair.world.clock.sleep(60)
    pair.create(TRACKER, title="New")
    pair.work()
    assert [held.values[TITLE] for held in pair.rooms[PORTAL].items.values()] == ["New"]
    pair.imports = True
    pair.work()
    titles = sorted(str(held.values[TITLE]) for held in pair.rooms[PORTAL].items.values())
    assert titles == ["New", "Old"]


def test_an_import_goes_on_where_it_stopped(make_pair: Callable[..., Pair]) -> None:
    pair = make_pair()
    for number in range(12):
        pair.create(TRACKER, title=f"Issue {number}")
    room, usual = pair.rooms[TRACKER], pair.rooms[TRACKER].changed
    asked: list[str | None] = []

    def paged(project: str, since: datetime, cursor: str | None = None) -> Page:
        asked.append(cursor)
        if cursor == "5" and asked.count("5") == 1:
            raise SystemExit("killed")
        start = int(cursor or 0)
        items = usual(project, since).items[start : start + 5]
        return Page(items, str(start + 5) if start + 5 < 12 else None)

    room.changed = paged  # type: ignore[method-assign]
    with pytest.raises(SystemExit):
        pair.work()
    pair.world.clock.sleep(200)  # until the dead worker's lease is over
    pair.work()
    assert asked[:4] == [None, "5", "5", "10"]
    assert len(pair.rooms[PORTAL].items) == 12
    assert len(pair.links()) == 12


def test_a_start_reads_the_lists_for_what_nobody_heard(make_pair: Callable[..., Pair]) -> None:
    pair = make_pair()
    issue = pair.create(TRACKER, title="Before")
    pair.work()
    pair.edit(issue, TITLE, "Meanwhile")
    deps = pair.deps
    asked: list[SideName] = []
    for side, room in pair.rooms.items():
        usual = room.changed

        def counted(*args: Any, side: SideName = side, usual: Any = usual) -> Page:
            asked.append(side)
            return usual(*args)

        room.changed = counted  # type: ignore[method-assign]
    assert read_lists(deps, pair.world.portal_id) == 0
    sweep = Sweep(deps)
    sweep.run(pair.world.clock.now())
    assert asked == list(SideName)
    pair.world.clock.sleep(ECHO.total_seconds())
    pair.work(sweep=False)
    assert pair.only(PORTAL).values[TITLE] == "Meanwhile"
    sweep.run(pair.world.clock.now())
    assert asked == list(SideName)


def test_a_census_finds_what_is_gone_and_what_is_back(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "next_look", lambda now, *rest: now + timedelta(days=1))
    pair.work()
    with write(pair.world.database) as conn:
        issue_link_queue.finish(conn, pair.links()[0], None)
    issue = pair.only(TRACKER)
    issue.is_deleted = True  # which no hook tells
    pair.work()
    assert list(state(pair).waiting) == [TRACKER]
    asked: list[SideName] = []
    usual = pair.rooms[TRACKER].read
    monkeypatch.setattr(pair.rooms[TRACKER], "read", lambda a: asked.append(TRACKER) or usual(a))
    pair.work()
    assert asked == []  # it is known to be gone
    issue.is_deleted = False
    pair.work()
    assert state(pair).waiting == {}
