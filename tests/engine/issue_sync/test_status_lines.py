"""What `b24bridge status` says of two-way links, after what people did to them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from b24app.services.link_status import link_lines
from sync.core.issue_sync.link import LinkState
from sync.core.issue_sync.model import Author, SideName
from sync.engine.issue_sync.link_texts import LinkTexts, People
from sync.text.markdown.dialect import GITLAB
from sync.text.sides import TASK, tracker
from tests.engine.issue_sync.test_life import RITA, Life
from tests.engine.world import World

NEXT = "next     `b24bridge sync explain TASK` tells a link's whole story"


@pytest.fixture
def life(make_world: Callable[..., World]) -> Life:
    life = Life(make_world().with_task(description="First", created_by=RITA))
    life.import_all()
    life.rest()
    return life


def _lines(life: Life) -> list[str]:
    with life.world.database.connect() as conn:
        return link_lines(conn, life.world.portal_id, 20)


def test_without_links_there_is_nothing_to_say(make_world: Callable[..., World]) -> None:
    assert _lines(Life(make_world())) == []


@pytest.mark.deep
def test_links_in_step_are_counted(life: Life) -> None:
    assert _lines(life) == ["links    1 of tasks and issues, 0 of which need a look"]


@pytest.mark.deep
def test_words_of_people_are_no_trouble(life: Life) -> None:
    life.world.b24.state.user_comments(RITA, 2103, '"waiting": refused, "clashes":')
    life.world.b24.state.user_edits_task(RITA, 2103, description='{"waiting": 1, "pause": 2}')
    life.rest(11)
    assert _lines(life) == ["links    1 of tasks and issues, 0 of which need a look"]


def test_an_archived_project_is_said(life: Life) -> None:
    life.world.shop.archived = True
    life.world.b24.state.user_edits_task(RITA, 2103, title="While it is archived")
    life.rest(11)
    total, line, after = _lines(life)
    assert total == "links    1 of tasks and issues, 1 of which need a look"
    assert line.startswith("link     task 2103: the tracker's item 1 is in an archive")
    assert after == NEXT
    life.world.shop.archived = False
    life.rest(700)
    life.rest(700)
    assert life.issue.title == "While it is archived"
    assert len(_lines(life)) == 1


def test_a_revoked_token_is_said(life: Life) -> None:
    life.world.token.revoked = True
    life.world.b24.state.user_edits_task(RITA, 2103, title="While it is revoked")
    life.rest(11)
    assert "The access token is wrong, revoked or expired" in _lines(life)[1]


@pytest.mark.deep
def test_a_dispute_is_said(life: Life) -> None:
    life.world.b24.state.user_edits_task(RITA, 2103, title="From the task")
    life.issue.manager.update(life.issue.iid, {"title": "From the issue"})
    life.rest()
    assert _lines(life)[1] == (
        "link     task 2103: both sides changed title: `b24bridge sync conflicts`"
    )


def test_time_that_was_taken_back_and_cannot_be_in_the_task_is_said(life: Life) -> None:
    life.log_in_issue(7200, "two hours")
    life.rest(11)
    life.issue.add_spent_time("-30m")
    life.rest(11)
    assert life.hours() == (5400, 7200)
    line = _lines(life)[1]
    assert line.startswith("link     task 2103: entry of time that does not cross: -1800 seconds")


def test_what_is_written_into_items_is_in_the_portals_language() -> None:
    people = People({side: {} for side in SideName}, {side: {} for side in SideName}, {})
    dialects = {SideName.TRACKER: tracker(GITLAB), SideName.PORTAL: TASK}
    texts = LinkTexts(dialects, people, LinkState("p1"), "GitLab", language="ru")
    assert [texts.deleted(side) for side in SideName] == [
        "Задача в Битрикс24 удалена: здесь больше ничего не обновляется.",
        "Задача в GitLab удалена: здесь больше ничего не обновляется.",
    ]
    assert texts.author(SideName.PORTAL, Author("9")).name == "Кто-то в GitLab"
