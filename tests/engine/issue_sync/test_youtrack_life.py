"""What is wrong with a YouTrack, an account or the settings: it is said, and mended it goes on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from b24app.services.link_status import link_lines
from b24app.services.youtrack_connections import app_problems
from b24app.texts import translate
from sync.core.issue_sync.mapping import StatusMatch, SyncMapping, Transition
from sync.core.issue_sync.model import DEADLINE, STATUS
from sync.core.model.tasks import TaskStatus
from sync.engine.issue_sync.process import IssueSync
from sync.store import connections
from sync.store.db.database import read
from tests.emulators.youtrack.records import App
from tests.engine.youtrack_world import FIELDS, RITA, YouTrackLife, youtrack_life

LINK, NO_ROLE = "link     task 2103: ", "GET /admin/projects/SHOP was answered 404"
RUSSIAN = {  # all that is said in these lives
    f"{LINK}GET /admin/projects/SHOP was answered 401 (You are not logged in.). The permanent "
    "token is wrong or revoked, or its user is banned. Issue a new permanent token with the scope "
    "YouTrack and put it into the connection.": (
        "связь    задача 2103: GET /admin/projects/SHOP получил ответ 401 (You are not logged "
        "in.). Постоянный токен неверен или отозван, или его владелец заблокирован. Выпустите "
        "новый постоянный токен с областью YouTrack и укажите его в подключении."
    ),
    f"{LINK}{NO_ROLE} (Entity with id SHOP not found). It does not exist, or the token's user "
    "cannot see it. Check that the token's user has a role in the project, and that the settings "
    "name the project as it is called now.": (
        "связь    задача 2103: GET /admin/projects/SHOP получил ответ 404 (Entity with id SHOP "
        "not found). Этого нет, или владелец токена этого не видит. Проверьте, что у владельца "
        "токена есть роль в проекте и что в настройках проект назван так, как сейчас."
    ),
    "the tracker's item has no deadline any more. The project lacks a field of the type date "
    "named Due Date: add one to the project, or name another in the settings": (
        "у задачи (трекер) больше нет поля «крайний срок». В проекте нет такого (поле типа date): "
        "Due Date; добавьте его в проект или назовите другое в настройках"
    ),
    "no row for the portal's status, add one under `statuses`: "
    '"In progress" in the column "New"': (
        "нет строки для статуса портала, добавьте её в `statuses`: «Выполняется» в колонке «New»"
    ),
    f"{LINK}the tracker's item 2-1 is in an archive, where nothing can be written. Take its "
    "project out of the archive, or end the link. The link waits; nothing is lost": (
        "связь    задача 2103: трекер: 2-1 в архиве, куда нельзя писать. Достаньте проект из "
        "архива или завершите связь. Связь ждёт, ничего не потеряно"
    ),
    f"{LINK}the tracker's item 2-1 was not found: it was deleted, or our account may not see it. "
    "Let our account see it, or end the link. The link waits; nothing is lost": (
        "связь    задача 2103: трекер: 2-1 не найдена: она удалена или не видна нашей учётной "
        "записи. Откройте к ней доступ или завершите связь. Связь ждёт, ничего не потеряно"
    ),
    f"{LINK}not taken by the other side: status": (
        "связь    задача 2103: другая сторона не приняла: статус"
    ),
    'No event is known to lead from "Open" to "In Progress" (the state machine offers: '
    '"take it"); name the transitions in the settings': (
        "Неизвестно событие, ведущее из «Open» в «In Progress» (машина состояний предлагает: "
        '"take it"); назовите переходы в настройках'
    ),
    f"{LINK}not taken by the other side: assignees": (
        "связь    задача 2103: другая сторона не приняла: люди"
    ),
    "The person is not in the project's team in YouTrack, add them there: POST /issues/2-1 was "
    "answered 400 (Value is not allowed)": (
        "Человек не входит в команду проекта YouTrack, добавьте его туда: POST /issues/2-1 "
        "получил ответ 400 (Value is not allowed)"
    ),
    f"{LINK}GET /admin/projects/SHOP was answered with text/html in place of JSON. The base URL "
    "lacks YouTrack's context path, or a page stands before the server. Write the base URL as in "
    "the browser, such as https://example.com/youtrack.": (
        "связь    задача 2103: GET /admin/projects/SHOP получил в ответ text/html вместо JSON. В "
        "адресе не хватает контекстного пути YouTrack, или перед сервером стоит страница. Укажите "
        "адрес как в браузере, например https://example.com/youtrack."
    ),
}


@pytest.fixture
def life(database_url: str) -> Iterator[YouTrackLife]:
    with youtrack_life(database_url) as life:
        yield life


def trouble(life: YouTrackLife) -> str:
    """Return what is said of links and of fields that do not cross, word for word in Russian."""
    with life.world.database.connect() as conn:
        lines = link_lines(conn, life.world.portal_id, 20)[1:-1]
    lines += [text for link in life.links() for text in link.problems.values()]
    for line in lines:
        assert translate("ru", line) == RUSSIAN[line]
    return "\n".join(lines)


def days(life: YouTrackLife) -> None:
    for _ in range(2):
        life.rest(400)


@pytest.mark.deep
def test_a_task_and_its_issue_are_in_step(life: YouTrackLife) -> None:
    assert (life.issue.summary, life.errors()) == ("Task 2103", [])
    life.rename(life.issue, "Renamed there")
    life.rest()
    assert life.task.title == "Renamed there"
    life.edit_task(title="Renamed here")
    life.rest()
    assert life.issue.summary == "Renamed here"
    assert trouble(life) == ""


@pytest.mark.deep
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


@pytest.mark.deep
def test_a_project_with_another_short_name_keeps_its_links(life: YouTrackLife) -> None:
    life.project.short_name = "TILL"
    life.edit_task(title="Meanwhile")
    life.rest(11)
    life.rest(11)
    assert "the settings name the project as it is called now" in trouble(life)
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


def test_an_app_older_than_the_bridge_does_what_it_can_and_is_said(life: YouTrackLife) -> None:
    values = {"ACCOUNT": "bridge", "VERSION": "0.0.1"}
    app = App("130-1", "b24bridge", "0.0.1", values, {life.project.id})
    life.state.apps.append(app)
    life.rest(61)  # whether it is there is asked once an hour
    (problem,) = said_of_app(life)
    assert problem.startswith("SHOP: our app there is 0.0.1, older than the bridge (")
    assert translate("ru", problem).startswith("SHOP: приложение там версии 0.0.1, старее")
    comment(life, "under my own name")
    assert life.issue.comments[-1].author is life.rita
    app.projects.clear()
    comment(life, "without the app")
    assert life.issue.comments[-1].author is life.world.bridge
    assert life.issue.comments[-1].text.startswith("**Rita (Bitrix24):")
    assert (trouble(life), said_of_app(life)) == ("", [])
    app.projects.add(life.project.id)
    app.values["VERSION"] = "99.0"
    life.rest(61)
    comment(life, "under my name again")
    assert life.issue.comments[-1].author is life.rita
    assert (trouble(life), said_of_app(life)) == ("", [])


def comment(life: YouTrackLife, text: str) -> None:
    """Let Rita write on the task, and the bridge carry it over."""
    life.world.b24.state.user_comments(RITA, 2103, text)
    life.rest()
    assert text in life.issue.comments[-1].text


def said_of_app(life: YouTrackLife) -> list[str]:
    """Return what a test of the connection says of our app."""
    world = life.world
    with read(world.database) as conn:
        record = connections.by_name(conn, world.portal_id, "yt")
    assert record is not None
    record = replace(record, options={"projects": ["SHOP"]})
    deps = world.deps("command")
    return app_problems(world.clients("command"), deps.youtrack_for(record), record)
