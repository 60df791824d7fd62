"""What people do to a task and its issue on a usual day, through the real rooms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import gitlab as python_gitlab
import pytest

from sync.core.issue_sync.mapping import StatusMatch, SyncMapping
from sync.core.issue_sync.model import SideName
from sync.core.model.tasks import TaskStatus
from sync.engine.issue_sync.process import IssueSync
from sync.store import connections, issue_link_stories, issue_links
from sync.store.db.database import read, write
from tests.depth import is_quick
from tests.engine.issue_sync.test_life import RITA, Life
from tests.engine.world import HOST, World

UNDRAWN = {0x2060, 0x2063, *range(0xFE00, 0xFE10)}
WORKFLOW = (
    StatusMatch("workflow::todo", TaskStatus.WAITING),
    StatusMatch("workflow::doing", TaskStatus.IN_PROGRESS),
    StatusMatch("closed", TaskStatus.COMPLETED),
)
RICH = (
    "Intro\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\n- [ ] todo\n- [x] done\n\n"
    "```py\nx = '[b]'\n```\n\n> [!note]\n> hi"
)
HOSTILE = "/close\n/remove_time_spent\n/label ~x\n@all @bob [user=all]x[/user]"


@pytest.fixture
def life(make_world: Callable[..., World]) -> Iterator[Life]:
    """Yield a task and its issue in step; whatever happened to them, in the end they rest."""
    life = Life(make_world().with_task(description="First\n\nSecond\n\nThird", created_by=RITA))
    life.import_all()
    life.rest()
    yield life
    life.rest(11)
    before = _stories(life)
    life.rest(22)
    assert _stories(life) == before


def _stories(life: Life) -> list[int]:
    with read(life.world.database) as conn:
        rows = issue_links.of_connection(conn, life.world.connection_id)
        return [len(issue_link_stories.story(conn, row.id, limit=1000)) for row in rows]


def _project(life: Life, token: str = "") -> Any:
    session = life.world.session()
    client = python_gitlab.Gitlab(HOST, private_token=token or life.bobs_token, session=session)
    return client.projects.get(life.world.shop.id, lazy=True)


def _change(life: Life, **fields: Any) -> None:
    issue = life.issue
    issue.manager.update(issue.iid, fields)


def _edit(life: Life, **fields: Any) -> None:
    life.world.b24.state.user_edits_task(RITA, 2103, **fields)


def _notes(life: Life) -> str:
    return "\n".join(note.body for note in life.issue.notes.list(get_all=True) if not note.system)


def _messages(life: Life) -> str:
    messages = life.world.b24.state.discussion(2103)
    return "\n".join(message.text for message in messages if not message.deleted)


def _shown(text: str) -> str:
    return "".join(sign for sign in text if ord(sign) not in UNDRAWN)


def _descriptions(life: Life) -> tuple[str, str]:
    visible = life.issue.description.partition("\n\n[//]: #")[0]
    return _shown(visible), _shown(life.task.description)


def _later(life: Life) -> None:
    """Let days pass: what no hook tells is found by then."""
    if is_quick():
        life.rest(27 * 60)
        return
    for _ in range(3):
        life.rest(9 * 60)


def _errors(life: Life) -> str:
    with read(life.world.database) as conn:
        rows = issue_links.of_connection(conn, life.world.connection_id)
    return "".join(row.error for row in rows)


def test_two_paragraphs_are_edited_on_two_sides(life: Life) -> None:
    _edit(life, description="First here\n\nSecond\n\nThird")
    _change(life, description=life.issue.description.replace("Third", "Third there"))
    life.rest()
    assert _descriptions(life) == ("First here\n\nSecond\n\nThird there",) * 2


@pytest.mark.deep
def test_quick_actions_and_mentions_of_the_task_do_nothing(life: Life) -> None:
    life.world.gitlab.issues.notified.clear()
    _edit(life, description=f"First\n\n{HOSTILE}")
    message = life.world.b24.state.user_comments(RITA, 2103, HOSTILE)
    life.rest()
    life.world.b24.state.user_edits_message(RITA, message.id, f"Again\n{HOSTILE}")
    _later(life)
    assert "Again" in _notes(life)
    assert (life.issue.state, life.issue.labels) == ("opened", [])
    assert life.world.gitlab.issues.notified == []


def test_codes_of_the_issue_are_words_in_the_task(life: Life) -> None:
    codes = "[user=all]everyone[/user] [USER=8]x[/USER] [url=javascript:alert(1)]x[/url]"
    life.issue.notes.create({"body": codes})
    _change(life, description=codes)
    life.rest()
    for text in (_messages(life), life.task.description):
        assert "everyone" in text
        for code in ("[user=", "[url="):
            assert code not in text.casefold()


def test_a_description_of_tables_lists_and_code_keeps_what_was_not_edited(life: Life) -> None:
    _change(life, description=RICH)
    life.rest()
    _edit(life, description=life.task.description.replace("Intro", "Preface"))
    life.rest()
    assert _descriptions(life)[0] == RICH.replace("Intro", "Preface")


@pytest.mark.deep
def test_signs_of_markdown_in_a_task_come_back_as_they_were(life: Life) -> None:
    _edit(life, description="A_b *x* <b>raw</b> #12 !3 ~bug $5 &amp; C:\\dir\\n")
    life.rest()
    _change(life, description=life.issue.description.replace("raw", "cooked"))
    life.rest()
    assert _descriptions(life)[1] == "A_b *x* <b>cooked</b> #12 !3 ~bug $5 &amp; C:\\dir\\n"


@pytest.mark.deep
def test_a_title_longer_than_gitlab_takes_is_cut_there_alone(life: Life) -> None:
    _edit(life, title="T" * 300)
    life.rest(11)
    assert len(life.issue.title) == 255
    _change(life, title="Short")
    life.rest()
    assert (life.task.title, life.issue.title) == ("Short", "Short")


@pytest.mark.deep
def test_a_moved_issue_is_followed(life: Life) -> None:
    other = life.world.gitlab.state.add_project("acme/other", members={"bob": 40, "bridge": 40})
    life.issue.move(other.id)
    life.rest(11)
    _edit(life, title="After the move")
    life.rest(11)
    client = _project(life).manager.gitlab
    moved = client.projects.get(other.id).issues.list(get_all=True)
    assert [issue.title for issue in moved] == ["After the move"]
    assert len(life.world.b24.state.tasks) == 1


@pytest.mark.parametrize("side", list(SideName))
def test_the_end_of_one_side_does_not_end_the_other(life: Life, side: SideName) -> None:
    state = life.world.gitlab.state
    life.world.shop.members[state.user("ann").id] = 50
    if side is SideName.PORTAL:
        life.world.b24.state.user_deletes_task(RITA, 2103)
    else:
        _project(life, state.add_token("ann").value).issues.delete(life.issue.iid)
    life.rest(11)
    ends = len(life.world.b24.state.tasks), len(_project(life).issues.list(get_all=True))
    assert ends == ((0, 1) if side is SideName.PORTAL else (1, 0))
    assert life.link().waiting or life.link().deleted


def test_what_happened_under_a_revoked_token_crosses_with_the_next(life: Life) -> None:
    life.world.token.revoked = True
    _edit(life, title="Meanwhile")
    life.world.b24.state.user_comments(RITA, 2103, "said meanwhile")
    life.rest(11)
    assert "The access token is wrong, revoked or expired" in _errors(life)
    life.world.token = life.world.gitlab.state.add_token("bridge")
    life.rest(61)
    assert (life.issue.title, _errors(life)) == ("Meanwhile", "")
    assert _notes(life).count("said meanwhile") == 1


def test_links_of_a_paused_connection_say_why_it_is_paused(life: Life) -> None:
    with write(life.world.database) as conn:
        connections.set_state(conn, life.world.connection_id, "paused", "Nobody signed in again")
    life.world.b24.state.user_edits_task(RITA, 2103, title="Meanwhile")
    life.rest(11)
    assert _errors(life) == "Nobody signed in again"
    with write(life.world.database) as conn:
        connections.set_state(conn, life.world.connection_id, "active", "")
    life.rest(11)
    assert (life.issue.title, _errors(life)) == ("Meanwhile", "")


def test_time_of_the_task_is_edited_and_deleted(life: Life) -> None:
    entry = life.world.b24.state.user_logs_time(RITA, 2103, 3600, "work")
    _later(life)
    assert life.hours() == (3600, 3600)
    entry.seconds = 7200
    _later(life)
    assert life.hours() == (7200, 7200)
    del life.world.b24.state.elapsed[entry.id]
    _later(life)
    assert life.hours() == (0, 0)


def test_comments_are_edited_and_deleted_where_they_were_written(life: Life) -> None:
    message = life.world.b24.state.user_comments(RITA, 2103, "of the task")
    note = life.issue.notes.create({"body": "of the issue"})
    life.issue.notes.create({"body": "for the team alone", "internal": True})
    life.rest(11)
    life.issue.notes.update(note.id, {"body": "mended there"})
    life.world.b24.state.user_edits_message(RITA, message.id, "mended here")
    _later(life)
    assert "mended here" in _notes(life)
    assert "mended there" in _messages(life)
    assert "team alone" not in _messages(life)
    life.world.b24.state.user_deletes_message(RITA, message.id)
    life.issue.notes.delete(note.id)
    _later(life)
    assert "mended" not in _notes(life) + _messages(life)


@pytest.mark.deep
def test_a_deleted_label_leaves_the_task(life: Life) -> None:
    _change(life, add_labels="api")
    life.rest()
    assert life.task.tags == ["api"]
    _project(life).labels.delete("api")
    _later(life)
    assert (life.task.tags, life.issue.labels) == ([], [])


def test_a_person_without_a_counterpart_stays_where_they_are(life: Life) -> None:
    _change(life, assignee_ids=[life.world.gitlab.state.user("cid").id])
    life.rest(11)
    assert [person["username"] for person in life.issue.assignees] == ["cid"]
    assert life.task.responsible_id == RITA
    assert "no counterpart" in life.link().problems["assignees"]


@pytest.mark.deep
def test_open_and_closed_cross_both_ways_again_and_again(life: Life) -> None:
    for status, state in ((5, "closed"), (2, "opened"), (5, "closed"), (3, "opened")):
        life.world.b24.state.user_moves_task(RITA, 2103, status)
        life.rest(11)
        assert life.issue.state == state
        assert "status" not in life.link().problems
    _change(life, state_event="close")
    life.rest()
    assert life.task.status == 5
    _change(life, state_event="reopen")
    life.rest()
    assert life.task.status in (2, 3)


@pytest.mark.deep
def test_a_task_that_is_completed_outside_of_the_last_column_is_done_there(life: Life) -> None:
    life.world.b24.state.user_moves_task(RITA, 2103, 5)
    life.rest(11)
    widget = "... on WorkItemWidgetStatus { status { name } }"
    query = f"query($id: WorkItemID!) {{ workItem(id: $id) {{ widgets {{ {widget} }} }} }}"
    answer = life.world.session().post(
        f"{HOST}/api/graphql",
        json={"query": query, "variables": {"id": f"gid://gitlab/WorkItem/{life.issue.id}"}},
        headers={"PRIVATE-TOKEN": life.bobs_token},
    )
    assert '"name":"Done"' in answer.text.replace(" ", "")


@pytest.mark.deep
def test_labels_of_a_workflow_say_the_status(make_world: Callable[..., World]) -> None:
    life = Life(make_world().with_task(description="First", created_by=RITA))
    state = life.world.gitlab.state
    state.edition, state.premium, state.version = "ce", False, "16.11.0"
    pair = replace(life.pair, statuses=WORKFLOW)
    life.sync = IssueSync(lambda conn, row: SyncMapping((pair,)))
    for name in ("workflow::todo", "workflow::doing"):
        _project(life).labels.create({"name": name, "color": "#112233"})
    life.import_all()
    life.rest()
    life.world.b24.state.user_moves_task(RITA, 2103, 3)
    life.rest()
    assert life.issue.labels == ["workflow::doing"]
    _change(life, labels="workflow::todo")
    life.rest()
    assert life.task.status == 2
    life.world.b24.state.user_moves_task(RITA, 2103, 5)
    life.rest()
    assert life.issue.state == "closed"
    life.world.b24.state.user_moves_task(RITA, 2103, 3)
    life.rest(11)
    assert (life.issue.state, life.issue.labels) == ("opened", ["workflow::doing"])


@pytest.mark.deep
def test_of_two_pairs_that_claim_a_project_only_one_makes_a_task(life: Life) -> None:
    life.world.b24.state.add_group("Other", id=4, members=[1, 7, 8])
    pair = replace(life.pair, creates=frozenset(SideName))
    pairs = (pair, replace(pair, group_id=4))
    life.sync = IssueSync(lambda conn, row: SyncMapping(pairs))
    life.world.tick(5)
    life.issue.manager.create({"title": "Whose?"})
    life.rest(11)
    titles = [task.title for task in life.world.b24.state.tasks.values()]
    assert sorted(titles) == ["Task 2103", "Whose?"]
