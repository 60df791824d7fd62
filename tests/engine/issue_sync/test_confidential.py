"""A confidential issue stays in GitLab unless its pair says otherwise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from sync.core.issue_sync.mapping import SyncMapping
from sync.core.issue_sync.model import SideName
from sync.engine.issue_sync.process import IssueSync
from tests.engine.issue_sync.test_life import RITA, Life
from tests.engine.world import World

FREE = ("ce", False, "16.11.0")  # asked through REST, for such an instance lists no work items
FULL = ("ee", True, "19.2.1-ee")


@pytest.fixture(params=[FULL, FREE], ids=["work items", "REST"])
def life(make_world: Callable[..., World], request: pytest.FixtureRequest) -> Life:
    life = Life(make_world().with_task(description="First", created_by=RITA))
    state = life.world.gitlab.state
    state.edition, state.premium, state.version = request.param
    _set_pair(life, confidential=False)
    life.import_all()
    life.rest()
    return life


def _set_pair(life: Life, *, confidential: bool) -> None:
    pair = replace(life.pair, confidential=confidential, creates=frozenset(SideName))
    life.sync = IssueSync(lambda conn, row: SyncMapping((pair,)))


def _words(life: Life) -> str:
    """Return all that people of the portal can read."""
    tasks = life.world.b24.state.tasks
    talks = [
        message.text for number in tasks for message in life.world.b24.state.discussion(number)
    ]
    return "\n".join([*talks, *(f"{task.title}\n{task.description}" for task in tasks.values())])


def test_what_is_written_after_an_issue_became_confidential_stays_there(life: Life) -> None:
    issue = life.issue
    issue.manager.update(issue.iid, {"confidential": True, "title": "Breach of the vault"})
    issue.notes.create({"body": "the vault's number is 4711"})
    life.rest(11)
    assert "vault" not in _words(life)
    (text,) = life.link().waiting.values()
    assert "is confidential" in text
    life.world.b24.state.user_edits_task(RITA, 2103, deadline=None, description="Second")
    life.rest(11)
    issue.manager.update(issue.iid, {"confidential": False, "title": "Mended"})
    life.rest(11)
    assert life.task.title == "Mended"
    assert life.issue.description.startswith("Second")
    assert life.link().waiting == {}


def test_a_confidential_issue_makes_no_task_unless_the_pair_says_so(life: Life) -> None:
    life.world.tick(60)
    issues = life.issue.manager
    secret = issues.create({"title": "Breach of the vault", "confidential": True})
    life.rest(11)
    assert "vault" not in _words(life)
    _set_pair(life, confidential=True)
    issues.update(secret.iid, {"title": "Breach of the vault, told"})
    life.rest(11)
    assert "Breach of the vault, told" in _words(life)
