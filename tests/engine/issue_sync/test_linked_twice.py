"""A task that one tracker's issue has is linked by hand with an issue of another tracker."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator

import pytest

from b24app.cli import sync as command
from b24app.services.sync_desk import PortalDesk
from b24app.texts import translate
from sync.core.issue_sync.mapping import ProjectPair, SyncMapping
from sync.core.issue_sync.model import STATUS
from sync.core.issue_sync.rules import Direction, FieldRule
from sync.engine.issue_sync.process import IssueSync
from sync.engine.load.scope import read_portal
from sync.sentences import as_text
from sync.store.db.database import read
from tests.emulators.youtrack.server import CONTEXT
from tests.engine.issue_sync.test_every_row import NAMES
from tests.engine.world import HOST as GITLAB
from tests.engine.youtrack_world import GROUP, HOST, YouTrackLife, youtrack_life

ISSUE = f"{HOST}{CONTEXT}/issue/SHOP-1/Task-2103"
Ask = Callable[..., list[str]]


@pytest.fixture
def life(database_url: str) -> Iterator[YouTrackLife]:
    """Yield a task in step with an issue of YouTrack, and an issue of GitLab beside it."""
    with youtrack_life(database_url) as life:
        world = life.world
        ann = world.gitlab.state.user("ann")
        world.gitlab.issues.create(world.shop, ann, {"title": "Of GitLab"})
        follows = {**world.pair.fields, STATUS: FieldRule(Direction.TO_TRACKER)}
        second = ProjectPair(GROUP, "acme/shop", "gitlab", follows)
        world.sync = IssueSync(lambda conn, row: SyncMapping((world.pair, second)))
        yield life


@pytest.fixture
def ask(life: YouTrackLife, capsys: pytest.CaptureFixture[str]) -> Ask:
    def carry_out(action: str, **given: object) -> list[str]:
        deps = life.world.deps("command")
        with read(life.world.database) as conn:
            row = read_portal(conn, life.world.portal_id)
        arguments = argparse.Namespace(action=action, **{**NAMES, **given})
        assert command.carry_out(PortalDesk(deps, row), arguments) == 0
        return capsys.readouterr().out.splitlines()

    return carry_out


def _refused(ask: Ask, action: str, **given: object) -> str:
    with pytest.raises(LookupError) as raised:
        ask(action, **given)
    text = as_text(raised.value)
    assert translate("ru", text) != text
    return str(text)


def test_a_task_has_an_issue_of_each_tracker(life: YouTrackLife, ask: Ask) -> None:
    said = ask("link", task="2103", issue="acme/shop#1")
    assert said[-1] == "2103 ⇄ acme/shop#1 is kept in step from now on."
    life.rest()
    life.rename(life.issue, "Of YouTrack")
    life.rest()
    (issue,) = life.world.shop.issues.values()
    assert issue.title == life.task.title == "Of YouTrack"
    story = ask("explain", target="2103")
    assert [line for line in story if "⇄" in line] == ["2103 ⇄ SHOP-1:", "2103 ⇄ acme/shop#1:"]
    again = _refused(ask, "link", task="2103", issue=f"{GITLAB}/acme/shop/-/issues/1")
    assert again == "The task 2103 is linked already: 2103 ⇄ acme/shop#1; unlink that first"
    again = _refused(ask, "link", task="2103", issue="SHOP-1")
    assert again == "The task 2103 is linked already: 2103 ⇄ SHOP-1; unlink that first"


@pytest.mark.parametrize("name", ["SHOP-1", "shop-1", ISSUE])
def test_an_issue_of_youtrack_is_named_as_there(life: YouTrackLife, ask: Ask, name: str) -> None:
    assert ask("explain", target=name) == ask("explain", target="2103")
    ask("unlink", target=name)
    life.edit_task(title="Alone")
    life.rest()
    assert life.issue.summary == "Task 2103"
    linked = ask("link", task="2103", issue=name.upper() if name == "shop-1" else name)
    assert linked[-1] == "2103 ⇄ SHOP-1 is kept in step from now on."
    life.rest()
    assert life.issue.summary == life.task.title == "Alone"


def test_what_is_not_there_is_said(ask: Ask) -> None:
    said = _refused(ask, "explain", target="SHOP-99")
    assert said.startswith("The issue SHOP-99 is not kept in step with anything")
    other = _refused(ask, "explain", target="https://other.test/issue/SHOP-1")
    assert other.startswith("The address is of another system: other.test; the pairs")
    alone = _refused(ask, "link", task="2103", issue="SHOP#1")
    assert alone == "In that tracker the issue is called SHOP-1"
    missing = _refused(ask, "link", task="2104", issue="SHOP-99")
    assert missing.startswith("The issue SHOP-99 was not found: it does not exist, or our account")
