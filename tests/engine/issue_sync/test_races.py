"""Two things at once, over both emulators: each edit survives, and nothing is written twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import gitlab as python_gitlab
import pytest

from b24app.services.stored_book import StoredBook
from sync.core.issue_sync.link import StoryLine
from sync.core.issue_sync.mapping import SyncMapping
from sync.core.issue_sync.model import TITLE, ItemAddress, SideName
from sync.engine.deps import Deps
from sync.engine.issue_sync.lists import read_list
from sync.engine.issue_sync.pairs import listed_pairs
from sync.engine.issue_sync.process import IssueSync
from sync.engine.issue_sync.rehearsing import rehearse_pair
from sync.engine.issue_sync.setting import open_pair
from sync.engine.issue_sync.work import work_on_links
from sync.engine.lanes import LEASE_TTL, LaneLost, hold
from sync.engine.worker import Worker
from sync.store import connections, portals
from sync.store.db.database import read
from sync.store.portals import PortalRow
from tests.engine.issue_sync.test_life import BORIS, GROUP, RITA, Life
from tests.engine.issue_sync.test_own_accounts import OwnLife
from tests.engine.world import HOST, World


class Killed(BaseException):
    """The process ends."""


@pytest.fixture
def life(make_world: Callable[..., World]) -> Life:
    life = Life(make_world().with_task(description="First\n\nSecond", created_by=RITA))
    life.import_all()
    life.rest()
    return life


def _deps(life: Life, owner: str) -> Deps:
    return replace(life.world.deps(owner), issue_sync=life.sync)


def _row(life: Life) -> PortalRow:
    with read(life.world.database) as conn:
        row = portals.row_by_id(conn, life.world.portal_id)
    assert row is not None
    return row


def _notes(life: Life, text: str) -> int:
    return sum(text in note.body for note in life.issue.notes.list(get_all=True))


def _messages(life: Life, text: str) -> int:
    return sum(text in message.text for message in life.world.b24.state.discussion(2103))


@contextmanager
def _on_request(
    life: Life, place: str, act: Callable[[Any], None], *, before: bool = False
) -> Iterator[None]:
    """Let something happen around each request to a side."""
    answer = getattr(life.world, place)

    def interrupted(request: Any) -> Any:
        if before:
            act(request)
        reply = answer(request)
        if not before:
            act(request)
        return reply

    setattr(life.world, place, interrupted)
    yield
    setattr(life.world, place, answer)


def test_edits_on_both_sides_within_seconds_of_our_write_stand(life: Life) -> None:
    state = life.world.b24.state
    state.user_edits_task(RITA, 2103, description="First here\n\nSecond")
    Worker(_deps(life, "worker")).run_once()
    assert life.issue.description.startswith("First here")
    life.world.tick(2)
    text = life.issue.description.replace("Second", "Second there")
    life.issue.manager.update(life.issue.iid, {"description": text, "add_labels": "api"})
    life.world.tick(2)
    state.user_edits_task(RITA, 2103, tags=["ui"], priority=2)
    for _ in range(8):
        life.world.tick(3)
        Worker(_deps(life, "worker")).run_once()
    life.rest()
    assert life.issue.description.startswith("First here\n\nSecond there")
    assert "Second there" in life.task.description
    assert set(life.task.tags) == {"ui", "api"}
    assert set(life.issue.labels) == {"ui", "api", "priority::high"}
    assert life.link().clashes == {}


def test_of_two_workers_the_second_writes_nothing(life: Life) -> None:
    life.world.b24.state.user_comments(RITA, 2103, "Hello")
    Worker(_deps(life, "digest")).run_once()
    life.world.b24.state.user_comments(RITA, 2103, "Again")
    life.world.tick(20)
    with hold(_deps(life, "first"), f"links:{life.world.portal_id}") as lane:
        assert lane is not None
        assert work_on_links(_deps(life, "second"), _row(life)) == 0
    life.rest()
    assert (_notes(life, "Hello"), _notes(life, "Again")) == (1, 1)


def test_a_worker_whose_lane_was_taken_over_leaves_the_rest_to_the_next(life: Life) -> None:
    life.world.b24.state.user_comments(RITA, 2103, "Hello")
    life.world.b24.state.user_edits_task(RITA, 2103, title="New")
    taken_over: list[str] = []

    def take_over(request: Any) -> None:
        if request.method == "POST" and request.url.endswith("/notes") and not taken_over:
            taken_over.append(request.url)
            life.world.tick(LEASE_TTL.total_seconds() * 5)
            Worker(_deps(life, "second")).run_once()

    with _on_request(life, "host_answer", take_over), suppress(LaneLost):
        Worker(_deps(life, "first")).run_once()
    life.rest()
    assert taken_over
    assert (life.issue.title, _notes(life, "Hello")) == ("New", 1)


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("place", ["host_answer", "portal_answer"])
def test_a_worker_killed_at_any_request_writes_nothing_twice(
    life: Life, place: str, before: bool
) -> None:
    for number in range(1, 6):
        text, count = f"Text {number}.", 0
        life.world.b24.state.user_comments(RITA, 2103, f"Task {text}")
        life.world.b24.state.user_edits_task(RITA, 2103, title=f"Title {number}")
        life.issue.notes.create({"body": f"Issue {text}"})
        life.world.tick(16)

        def die(request: Any, last: int = number) -> None:
            nonlocal count
            count += 1
            if count == last:
                raise Killed

        with suppress(Killed), _on_request(life, place, die, before=before):
            Worker(_deps(life, f"worker {number}")).run_once()
        life.world.__dict__.pop(place, None)
        life.world.tick(700)
        Worker(_deps(life, f"next {number}")).run_once()
        assert life.issue.title == f"Title {number}"
        assert (_notes(life, f"Task {text}"), _messages(life, f"Issue {text}")) == (1, 1)


def test_a_link_made_by_hand_during_an_import_is_the_only_one(
    make_world: Callable[..., World],
) -> None:
    life = Life(make_world().with_task(description="First", created_by=RITA))
    life.pair = replace(life.pair, creates=frozenset(SideName))
    project = life.world.gitlab
    life.sync = IssueSync(lambda conn, row: SyncMapping((life.pair,)))
    made = _create_issue(life, "The same")
    deps = _deps(life, "import")
    with read(life.world.database) as conn:
        (listed,) = listed_pairs(deps, conn, life.world.portal_id)
    setting = open_pair(deps, listed.row, listed.connection, listed.pair)
    with hold(deps, "import") as lane:
        assert lane is not None
        task, issue = ItemAddress("2103", str(GROUP), "2103"), made
        line = StoryLine(life.world.clock.now(), "linked", "by hand")
        StoredBook(deps, _row(life)).create(task, issue, line, life.world.connection_id)
        for side in (SideName.PORTAL, SideName.TRACKER):
            read_list(deps, lane, listed, setting, side)
    life.rest()
    assert len(life.world.b24.state.tasks) == 1
    assert len(project.state.projects[life.world.shop.id].issues) == 1
    assert list(life.link().clashes) == [TITLE]  # which of both titles stands is asked


def _create_issue(life: Life, title: str) -> ItemAddress:
    session = life.world.session()
    client = python_gitlab.Gitlab(HOST, private_token=life.bobs_token, session=session)
    issue = client.projects.get(life.world.shop.id).issues.create({"title": title})
    return ItemAddress(str(issue.id), str(life.world.shop.id), str(issue.iid))


def test_a_rehearsal_in_the_midst_of_the_work_changes_nothing(life: Life) -> None:
    life.world.b24.state.user_edits_task(RITA, 2103, title="First edit")
    life.rest()
    life.world.b24.state.user_edits_task(RITA, 2103, title="Second edit")
    life.world.b24.state.user_comments(RITA, 2103, "Hello")
    with read(life.world.database) as conn:
        connection = connections.by_id(conn, life.world.connection_id)
    assert connection is not None
    changed = replace(life.pair, creates=frozenset())

    def rehearse(request: Any) -> None:
        if request.method in ("PUT", "POST") and "/issues/" in request.url:
            rehearse_pair(
                _deps(life, "command"), _row(life), connection, changed, life.world.clock.now()
            )

    with _on_request(life, "host_answer", rehearse):
        Worker(_deps(life, "worker")).run_once()
    life.rest()
    assert (life.issue.title, _notes(life, "Hello")) == ("Second edit", 1)


def test_a_task_and_its_issue_that_both_move_go_on_under_the_pair_of_both(life: Life) -> None:
    state = life.world.gitlab.state
    other = state.add_project("acme/other", members={"bob": 40, "bridge": 40})
    life.world.b24.state.add_group("Other", id=4, members=[1, RITA, BORIS])
    pairs = (life.pair, replace(life.pair, group_id=4, project=str(other.id)))
    life.sync = IssueSync(lambda conn, row: SyncMapping(pairs))
    life.world.b24.state.user_edits_task(RITA, 2103, group_id=4, title="Moved")
    life.issue.move(other.id)
    life.rest(11)
    life.world.b24.state.user_edits_task(RITA, 2103, title="After the move")
    life.rest(11)
    life.rest(90)
    open_issues = [
        issue
        for project in state.projects.values()
        for issue in project.issues.values()
        if not issue.moved_to_id
    ]
    assert [issue.title for issue in open_issues] == ["After the move"]
    assert len(life.world.b24.state.tasks) == 1
    assert life.link().addresses[SideName.TRACKER].project == str(other.id)
    assert life.link().addresses[SideName.PORTAL].project == "4"


def test_a_sign_in_that_ends_between_two_writes_loses_neither(
    make_world: Callable[..., World],
) -> None:
    life = OwnLife(make_world().with_task(description="First", created_by=BORIS))
    life.import_all()
    life.rest()
    life.world.b24.state.user_edits_task(BORIS, 2103, title="Mine")
    life.world.b24.state.user_comments(BORIS, 2103, "Hello")

    def end(request: Any) -> None:
        life.is_refused = life.is_refused or request.method == "PUT"

    with _on_request(life, "host_answer", end):
        life.rest()
    assert (life.issue.title, life.notes()) == ("Mine", ["bridge"])
    assert len(life.told()) == 1
