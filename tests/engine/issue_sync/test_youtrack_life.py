"""What is wrong with a YouTrack, an account or the settings: it is said, and mended it goes on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from b24app.services.link_status import link_lines
from b24app.texts import translate
from sync.core.issue_sync.mapping import StatusMatch, SyncMapping, Transition
from sync.core.issue_sync.model import DEADLINE, STATUS
from sync.core.model.tasks import TaskStatus
from sync.engine.issue_sync.setting import IssueSync
from tests.engine.youtrack_world import FIELDS, RITA, YouTrackLife, youtrack_life

CYRILLIC = re.compile(r"[а-яё]{4}")


@pytest.fixture
def life(database_url: str) -> Iterator[YouTrackLife]:
    with youtrack_life(database_url) as life:
        yield life


def trouble(life: YouTrackLife) -> str:
    """Return what is said of links and of fields that do not cross; all of it in Russian, too."""
    with life.world.database.connect() as conn:
        lines = link_lines(conn, life.world.portal_id, 20)[1:-1]
    lines += [text for link in life.links() for text in link.problems.values()]
    for line in lines:
        assert CYRILLIC.search(translate("ru", line)), line
    return "\n".join(lines)


def days(life: YouTrackLife) -> None:
    for _ in range(4):
        life.rest(200)


def test_a_task_and_its_issue_are_in_step(life: YouTrackLife) -> None:
    assert (life.issue.summary, life.errors()) == ("Task 2103", [])
    life.rename(life.issue, "Renamed there")
    life.rest()
    assert life.task.title == "Renamed there"
    life.edit_task(title="Renamed here")
    life.rest()
    assert life.issue.summary == "Renamed here"
    assert trouble(life) == ""


def test_what_happened_under_a_revoked_token_crosses_with_the_next(life: YouTrackLife) -> None:
    life.state.tokens["perm-fresh"] = life.state.tokens.pop("perm-bridge")
    life.edit_task(title="Meanwhile")
    life.world.b24.state.user_comments(RITA, 2103, "said meanwhile")
    life.rest(11)
    assert "The permanent token is wrong or revoked" in trouble(life)
    life.world.youtrack_token = "perm-fresh"
    life.rest(61)
    assert (life.issue.summary, trouble(life)) == ("Meanwhile", "")
    assert sum("said meanwhile" in comment.text for comment in life.issue.comments) == 1


def test_an_account_without_rights_in_one_project_stops_no_other(life: YouTrackLife) -> None:
    other = life.state.add_project("OTHER", life.state.users)
    first = life.world.pair
    second = replace(first, project="OTHER", group_id=0)
    life.world.sync = IssueSync(lambda conn, row: SyncMapping((first, second)))
    apart = life.state.create_issue(other, life.boris, "Of another project")
    life.rest(11)
    for rights in (life.project.readers, life.project.writers):
        rights.discard(life.world.bridge.id)
    life.edit_task(title="Meanwhile")
    life.rename(apart, "Renamed there")
    life.rest(11)
    titles = {task.title for task in life.world.b24.state.tasks.values()}
    assert titles == {"Meanwhile", "Renamed there"}
    assert "Check that the token's user has a role in the project" in trouble(life)
    for rights in (life.project.readers, life.project.writers):
        rights.add(life.world.bridge.id)
    life.rest(61)
    issues = {issue.summary for issue in life.state.issues.values()}
    assert (issues, trouble(life)) == ({"Meanwhile", "Renamed there"}, "")


def test_a_renamed_field_rests_alone_until_the_settings_name_it(life: YouTrackLife) -> None:
    life.edit_task(deadline=datetime(2026, 4, 1, 16, tzinfo=UTC))
    life.rest()
    noon = life.issue.values["Due Date"]
    field = life.field("Due Date")
    field.field.name = "Target date"
    life.issue.values["Target date"] = life.issue.values.pop("Due Date")
    life.edit_task(title="Meanwhile", deadline=datetime(2026, 5, 1, 16, tzinfo=UTC))
    life.rest(11)
    assert (life.issue.summary, life.issue.values["Target date"]) == ("Meanwhile", noon)
    assert "Due Date" in trouble(life)
    life.change_settings(tracker_fields={DEADLINE: "Target date"})
    days(life)
    assert life.issue.values["Target date"] > noon
    assert trouble(life) == ""


def test_a_deleted_value_of_a_bundle_leaves_its_field_alone(life: YouTrackLife) -> None:
    rows = (
        StatusMatch("Open", TaskStatus.WAITING),
        StatusMatch("In Progress", TaskStatus.IN_PROGRESS),
        StatusMatch("Fixed", TaskStatus.COMPLETED),
    )
    life.change_settings(statuses=rows)
    bundle = life.field("State").bundle
    assert bundle is not None
    gone = life.value("State", "In Progress")
    bundle.values.remove(gone)
    life.world.b24.state.user_moves_task(RITA, 2103, 3)
    life.edit_task(title="Meanwhile")
    life.rest(11)
    assert life.issue.summary == "Meanwhile"
    assert "status" in trouble(life)
    bundle.values.append(gone)
    days(life)
    assert life.issue.values["State"].name == "In Progress"
    assert trouble(life) == ""


def test_an_archived_project_waits_for_its_restoration(life: YouTrackLife) -> None:
    life.project.archived = True
    life.edit_task(title="Meanwhile")
    life.rest(11)
    assert "is in an archive" in trouble(life)
    life.project.archived = False
    days(life)
    assert (life.issue.summary, trouble(life)) == ("Meanwhile", "")


def test_an_issue_that_moved_where_we_see_nothing_waits(life: YouTrackLife) -> None:
    hidden = life.state.add_project("HIDDEN", [life.boris], FIELDS)
    life.state.move(life.issue, life.boris, hidden)
    life.edit_task(title="Meanwhile")
    life.rest(11)
    assert "Let our account see it, or end the link" in trouble(life)
    assert life.issue.summary == "Task 2103"
    hidden.readers.add(life.world.bridge.id)
    hidden.writers.add(life.world.bridge.id)
    days(life)
    assert (life.issue.summary, trouble(life)) == ("Meanwhile", "")


def test_a_project_with_another_short_name_keeps_its_links(life: YouTrackLife) -> None:
    life.project.short_name = "TILL"
    life.edit_task(title="Meanwhile")
    life.rest(11)
    life.rest(11)
    assert "Check that the token's user has a role in the project" in trouble(life)
    life.project.short_name = "SHOP"
    days(life)
    assert (life.issue.summary, trouble(life)) == ("Meanwhile", "")


def test_a_state_machine_that_refuses_is_moved_by_the_settings(life: YouTrackLife) -> None:
    state = life.issue.values["State"].name
    life.field("State").machine = {state: {"take it": "In Progress"}}
    life.world.b24.state.user_moves_task(RITA, 2103, 3)
    life.edit_task(title="Meanwhile")
    life.rest(11)
    assert (life.issue.summary, life.issue.values["State"].name) == ("Meanwhile", state)
    assert 'offers: "take it"' in trouble(life)
    life.change_settings(transitions=(Transition(state, "take it", "In Progress"),))
    days(life)
    assert life.issue.values["State"].name == "In Progress"
    assert life.link.bases[STATUS].portal["status"] == "3"
    assert trouble(life) == ""


def test_a_person_outside_of_the_team_stops_no_other_field(life: YouTrackLife) -> None:
    bundle = life.field("Assignee").bundle
    assert bundle is not None
    bundle.users.remove(life.boris)
    life.edit_task(title="Meanwhile", responsible_id=8)
    life.rest(11)
    assert life.issue.summary == "Meanwhile"
    assert life.issue.values["Assignee"] is not life.boris
    assert "is not in the project's team in YouTrack, add them there" in trouble(life)
    bundle.users.append(life.boris)
    for _ in range(2):
        days(life)
    assert life.issue.values["Assignee"] is life.boris
    assert trouble(life) == ""


def test_a_page_in_place_of_answers_is_waited_for(life: YouTrackLife) -> None:
    life.world.page = True
    life.edit_task(title="Meanwhile")
    life.rest(11)
    assert "a page stands before the server" in trouble(life)
    life.world.page = False
    life.rest(61)
    assert (life.issue.summary, trouble(life)) == ("Meanwhile", "")
