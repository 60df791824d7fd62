"""What is wrong with a project, an account or the settings: it is said, and mended it goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from sync.core.issue_sync.mapping import StatusMatch, SyncMapping
from sync.core.issue_sync.model import SideName
from sync.core.model.tasks import TaskStatus
from sync.engine.issue_sync.pairs import listed_pairs
from sync.engine.issue_sync.process import IssueSync
from sync.engine.issue_sync.setting import open_pair
from sync.store import issue_link_stories, issue_links
from sync.store.db.database import read
from tests.engine.issue_sync.test_life import RITA, Life
from tests.engine.world import World

GONE = "It does not exist, or the token's user cannot see it. Check the project"
SPAM = "Let an administrator allow the token's user in the spam settings, or change the text"


@pytest.fixture
def life(make_world: Callable[..., World]) -> Life:
    life = Life(make_world().with_task(description="First", created_by=RITA))
    life.import_all()
    life.rest()
    return life


def _texts(life: Life) -> list[str]:
    """Return what a person can read of the links: why they wait, what does not cross, stories."""
    with read(life.world.database) as conn:
        rows = issue_links.of_connection(conn, life.world.connection_id)
        links = issue_links.load(conn, [row.key for row in rows]).values()
        texts = [row.error for row in rows]
        texts += [line.text for row in rows for line in issue_link_stories.story(conn, row.id)]
    for link in links:
        texts += [*link.waiting.values(), *link.problems.values()]
    return texts


def _said(life: Life) -> str:
    return "\n".join(map(str, _texts(life)))


def _errors(life: Life) -> list[str]:
    with read(life.world.database) as conn:
        rows = issue_links.of_connection(conn, life.world.connection_id)
    return [row.error for row in rows if row.error]


def _rename(life: Life, title: str = "Meanwhile") -> None:
    life.world.b24.state.user_edits_task(RITA, 2103, title=title)


def _days(life: Life) -> None:
    for _ in range(2):
        life.rest(400)


def test_an_account_that_is_no_member_any_more_waits_for_its_role(life: Life) -> None:
    members, bridge = life.world.shop.members, life.world.gitlab.state.user("bridge")
    role = members.pop(bridge.id)
    _rename(life)
    life.rest(11)
    assert GONE in _errors(life)[0]
    members[bridge.id] = role
    life.rest(61)
    assert (life.issue.title, _errors(life)) == ("Meanwhile", [])


def test_a_guest_writes_what_guests_may_and_the_rest_crosses_with_the_role(life: Life) -> None:
    members, bridge = life.world.shop.members, life.world.gitlab.state.user("bridge")
    members[bridge.id] = 10
    life.world.b24.state.user_edits_task(RITA, 2103, title="Meanwhile", tags=["ui"])
    life.world.b24.state.user_comments(RITA, 2103, "as a guest")
    life.rest(11)
    assert (life.issue.title, life.issue.labels) == ("Meanwhile", [])
    assert "the role Planner" in _said(life)
    members[bridge.id] = 40
    _days(life)
    assert life.issue.labels == ["ui"]
    assert sum("as a guest" in note.body for note in life.issue.notes.list(get_all=True)) == 1


@pytest.mark.parametrize("kind", ["spam", "captcha"])
def test_a_text_that_was_taken_for_spam_is_tried_again_after_a_day(life: Life, kind: str) -> None:
    setattr(life.world.gitlab.issues.obstacles, kind, True)
    _rename(life)
    life.rest(11)
    assert SPAM in _said(life)
    life.world.b24.state.user_comments(RITA, 2103, "goes on")
    life.rest(11)
    assert any("goes on" in note.body for note in life.issue.notes.list(get_all=True))
    _days(life)
    assert _said(life).count("tried again") == 1
    setattr(life.world.gitlab.issues.obstacles, kind, False)
    for _ in range(2):
        _days(life)
    assert life.issue.title == "Meanwhile"
    assert life.link().problems == {}
    assert _said(life).count("tried again") == 2


@pytest.mark.deep
def test_an_issue_that_was_taken_for_spam_is_made_after_a_day(
    make_world: Callable[..., World],
) -> None:
    life = Life(make_world().with_task(description="First", created_by=RITA))
    life.world.gitlab.issues.obstacles.spam = True
    life.import_all()
    life.rest(11)
    assert SPAM in _said(life)
    life.world.gitlab.issues.obstacles.spam = False
    for _ in range(2):
        _days(life)
    assert life.issue.title == "Task 2103"


def test_a_description_that_is_too_long_stays_alone_until_it_is_shorter(life: Life) -> None:
    life.world.b24.state.user_edits_task(RITA, 2103, title="T", description="x" * 1_048_577)
    life.rest()
    assert life.issue.title == "T"
    assert "shorten it or attach it as a file" in life.link().problems["description"]
    life.world.b24.state.user_edits_task(RITA, 2103, description="short")
    life.rest()
    assert life.issue.description.startswith("short")
    assert life.link().problems == {}


def test_statuses_cross_when_a_licence_goes_and_comes_back(life: Life) -> None:
    state = life.world.gitlab.state
    state.edition, state.premium = "ce", False
    life.world.b24.state.user_moves_task(RITA, 2103, 5)
    life.rest(11)
    assert life.issue.state == "closed"
    state.edition, state.premium = "ee", True
    life.rest(31)
    for status, issue_state in ((3, "opened"), (5, "closed")):
        life.world.b24.state.user_moves_task(RITA, 2103, status)
        life.rest(11)
        assert life.issue.state == issue_state
    assert str(life.link().bases["status"].tracker["status"]).startswith("gid://")


def test_a_pair_whose_project_is_gone_leaves_the_others_at_work(life: Life) -> None:
    gone = replace(life.pair, project="4711")
    life.sync = IssueSync(lambda conn, row: SyncMapping((gone, life.pair)))
    _rename(life)
    life.rest(11)
    assert (life.issue.title, _errors(life)) == ("Meanwhile", [])


@pytest.mark.deep
def test_a_status_that_the_settings_name_and_is_gone_stays_and_is_named(life: Life) -> None:
    rows = (
        StatusMatch("To do", TaskStatus.WAITING),
        StatusMatch("Gone", TaskStatus.IN_PROGRESS),
        StatusMatch("Done", TaskStatus.COMPLETED),
    )
    pair = replace(life.pair, statuses=rows)
    life.sync = IssueSync(lambda conn, row: SyncMapping((pair,)))
    life.world.b24.state.user_moves_task(RITA, 2103, 3)
    _rename(life)
    life.rest(11)
    assert life.issue.title == "Meanwhile"
    assert "status" in life.link().problems["status"]
    deps = replace(life.world.deps("command"), issue_sync=life.sync)
    with read(life.world.database) as conn:
        (listed,) = listed_pairs(deps, conn, life.world.portal_id)
    problems = open_pair(deps, listed.row, listed.connection, listed.pair).problems
    assert any("Gone" in problem for problem in problems)
    mended = (*rows[:1], StatusMatch("In progress", TaskStatus.IN_PROGRESS), *rows[2:])
    life.sync = IssueSync(lambda conn, row: SyncMapping((replace(pair, statuses=mended),)))
    _days(life)
    assert "status" not in life.link().problems
    assert life.link().bases["status"].of(SideName.PORTAL)["status"] == "3"
