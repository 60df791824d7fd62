"""Tasks read whole: every field in the portal's raw terms, and in how many requests."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from sync.bitrix24.issue_sync.client import PortalTasks
from sync.bitrix24.issue_sync.memory import Memory
from sync.bitrix24.issue_sync.options import TaskOptions
from sync.core.issue_sync.model import (
    ASSIGNEES,
    CHECKLIST,
    CUSTOM,
    DEADLINE,
    DESCRIPTION,
    ESTIMATE,
    LEAD,
    PARENT,
    PRIORITY,
    STAGE,
    STATUS,
    TAGS,
    TITLE,
    Absence,
    ItemAddress,
    Unreachable,
)
from tests.bitrix24.issue_sync.conftest import ANNA, BORIS, OURS, STRANGER, opened_site


def test_every_field_comes_in_the_portals_raw_terms(site):
    state = site.b24.state
    state.add_user_field("UF_SPRINT", "string")
    column = state.stages_of(3)[1].id
    parent = state.create_task("Epic", id=30)
    state.create_task(
        'Fix <a> & "b"', id=31, group_id=3, created_by=ANNA, responsible_id=BORIS,
        accomplices=[ANNA], tags=["ui", "a&b"], priority=2, status=3, stage_id=column,
        description="[B]x[/B]", deadline=datetime(2026, 5, 31, 17, tzinfo=UTC),
        time_estimate=5400, parent_id=parent.id, uf={"UF_SPRINT": "May"},
    )  # fmt: skip
    site.with_options(custom_fields=("UF_SPRINT",))
    item = site.item(31)
    assert item.values == {
        TITLE: 'Fix <a> & "b"',
        DESCRIPTION: "[B]x[/B]",
        LEAD: str(BORIS),
        ASSIGNEES: frozenset({str(ANNA)}),
        PRIORITY: "2",
        STATUS: "3",
        STAGE: str(column),
        DEADLINE: "2026-05-31T19:00:00",
        TAGS: frozenset({"ui", "a&b"}),
        ESTIMATE: 5400,
        PARENT: "30",
        CUSTOM + "UF_SPRINT": "May",
    }
    assert item.address == ItemAddress("31", "3", "31")
    assert (item.author.id, item.author.name) == (str(ANNA), "Anna")
    assert item.url == f"{site.b24.portal_url}/workgroups/group/3/tasks/task/view/31/"
    assert (item.comments, item.time, item.files) == ((), (), ())


def test_nothing_is_said_alike_whatever_the_portal_has_for_it(site):
    site.b24.state.create_task("Bare", id=31)
    values = site.item(31).values
    empty = {STAGE, DEADLINE, ESTIMATE, PARENT}
    assert {name for name, value in values.items() if value is None} == empty
    assert (values[TAGS], values[ASSIGNEES]) == (frozenset(), frozenset())


def test_a_task_is_read_whole_in_one_request(site):
    state = site.b24.state
    state.create_task("Fix", id=31, group_id=3, responsible_id=ANNA)
    state.user_comments(ANNA, 31, "hello")
    state.user_logs_time(ANNA, 31, 60, "x")
    site.item(31)
    assert site.counted() == 1


def test_many_tasks_cost_a_request_for_their_fields_and_two_calls_each(site):
    state = site.b24.state
    for number in range(100, 200):
        state.create_task("Fix", id=number, group_id=3)
        state.user_comments(OURS, number, "hello")
        state.user_logs_time(OURS, number, 60, "x")
    addresses = [ItemAddress(str(number), "3") for number in range(100, 200)]
    items = site.tasks.read(addresses)
    assert site.counted() == 1 + 1 + 4  # listed, their chats by REST 3.0, two calls each
    assert all(len(item.comments) == 1 and len(item.time) == 1 for item in items.values())


@pytest.mark.parametrize("count", [1, 20])
def test_a_task_that_is_not_there_is_not_read_and_not_called_deleted(site, count):
    for number in range(2, count + 1):
        site.b24.state.create_task("Fix", id=100 + number)
    read = site.tasks.read([ItemAddress("99"), *[ItemAddress(str(100 + n)) for n in range(2, 21)]])
    assert isinstance(read["99"], Unreachable)
    assert read["99"].absence is Absence.NOT_FOUND
    assert "may not see it" in read["99"].text


def test_an_old_description_in_html_is_read_as_bbcode(site):
    task = site.b24.state.create_task("Old", id=31, description="<p><b>x</b> &amp; y</p>")
    task.in_bbcode = False
    assert site.item(31).values[DESCRIPTION] == "[b]x[/b] & y"


def test_comments_come_oldest_first_with_authors_files_and_without_the_portals_notes(site):
    state = site.b24.state
    state.create_task("Fix", id=31, group_id=3, responsible_id=ANNA)
    first = state.user_comments(ANNA, 31, "look", files={"a.png": b"12"})
    state.user_moves_task(ANNA, 31, 3)
    second = state.user_comments(OURS, 31, "[disk=77] and more")
    item = site.item(31)
    number = first.files[0]
    assert [(c.id, c.author.id, c.author.name, c.text) for c in item.comments] == [
        (str(first.id), str(ANNA), "Anna", f"look\n[DISK FILE ID=n{number}]"),
        (str(second.id), str(OURS), "Anna Admin", "[DISK FILE ID=n77] and more"),
    ]
    assert [(f.id, f.name, f.size) for f in item.files] == [(f"n{number}", "a.png", 2)]
    assert not any(comment.author.is_bridge for comment in item.comments)


@pytest.mark.parametrize("unread", [0, 7])
def test_a_long_discussion_is_read_to_its_beginning(site, unread):
    state = site.b24.state
    state.create_task("Fix", id=31)
    state.quirks.unread = unread
    made = [str(state.user_comments(OURS, 31, f"m{n}").id) for n in range(170)]
    assert [comment.id for comment in site.item(31).comments] == made


def test_a_deleted_message_is_no_comment_also_where_it_stays_in_the_list(site):
    state = site.b24.state
    state.create_task("Fix", id=31)
    message = state.user_comments(OURS, 31, "oops")
    state.user_deletes_message(OURS, message.id)
    assert site.item(31).comments == ()
    state.quirks.deleted_stay = True
    assert site.item(31).comments == ()


def test_who_is_not_in_the_chat_becomes_an_observer_and_reads_it(site):
    state = site.b24.state
    state.create_task("Fix", id=31, created_by=ANNA, responsible_id=BORIS)
    state.user_comments(ANNA, 31, "hello")
    assert [comment.text for comment in site.item(31).comments] == ["hello"]
    assert state.tasks[31].auditors == [OURS]
    assert site.counted() == 2


def test_messages_of_ours_for_other_purposes_are_no_comments(site):
    state = site.b24.state
    state.create_task("Fix", id=31)
    card = state.user_comments(OURS, 31, "Merge request !5")
    state.user_comments(OURS, 31, "hello")
    site.with_options(own_messages=lambda task_id: {card.id})
    assert [comment.text for comment in site.item(31).comments] == ["hello"]


def test_comments_of_the_old_card_are_read(either):
    state = either.b24.state
    state.create_task("Fix", id=31, responsible_id=ANNA)
    made = [str(state.user_comments(ANNA, 31, f"m{n}").id) for n in range(3)]
    comments = either.item(31).comments
    assert [(comment.id, comment.author.id) for comment in comments] == [
        (number, str(ANNA)) for number in made
    ]
    assert comments[0].at == state.now()


def test_logged_work_has_its_day_and_its_person(site):
    state = site.b24.state
    task = state.create_task("Fix", id=31, responsible_id=ANNA)
    day = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    state.log_time(task, ANNA, 5400, "refunds", day)
    (entry,) = site.item(31).time
    assert (entry.seconds, entry.on, entry.author.id, entry.text) == (
        5400, date(2026, 3, 2), str(ANNA), "refunds",
    )  # fmt: skip


def test_more_than_fifty_entries_of_time_are_read(site):
    task = site.b24.state.create_task("Fix", id=31)
    for number in range(120):
        site.b24.state.log_time(task, OURS, 60 + number, "x", site.clock.now())
    assert [entry.seconds for entry in site.item(31).time] == [60 + n for n in range(120)]


def test_files_of_a_task_have_both_their_numbers_and_are_asked_for_once(site):
    state = site.b24.state
    state.create_task("Fix", id=31)
    number = state.user_attaches(OURS, 31, "a.png", b"12345")
    (file,) = site.item(31).files
    object_id = state.parts.attachments[number].object_id
    assert (file.id, file.name, file.size, file.reference) == (
        str(number), "a.png", 5, f"n{object_id}",
    )  # fmt: skip
    site.counted()
    site.item(31)
    assert site.counted() == 1
    assert site.tasks.download(ItemAddress("31"), file) == b"12345"


def test_without_the_right_to_the_drive_files_are_not_read_and_the_rest_is():
    site = opened_site(scopes=("task", "tasks", "im"))
    try:
        site.b24.state.create_task("Fix", id=31)
        site.b24.state.user_attaches(OURS, 31, "a.png", b"12345")
        item = site.item(31)
    finally:
        site.b24.stop()
    assert (item.files, item.comments, item.values[TITLE]) == (None, (), "Fix")


def test_a_checklist_is_lines_of_text_where_the_settings_ask_for_it(site):
    parts = site.b24.state.parts
    site.b24.state.create_task("Fix", id=31)
    steps = parts.add_item(31, "BX_CHECKLIST_1", 1, parent_id=0)
    build = parts.add_item(31, "Build", 1, parent_id=steps.id)
    parts.add_item(31, "Ship", 1, parent_id=steps.id).complete = True
    parts.add_item(31, "Compile", 1, parent_id=build.id)
    more = parts.add_item(31, "Later", 1, parent_id=0)
    parts.add_item(31, "Rest", 1, parent_id=more.id)
    assert CHECKLIST not in site.item(31).values
    site.with_options(checklist=True)
    assert site.item(31).values[CHECKLIST] == (
        "- [ ] Build\n  - [ ] Compile\n- [x] Ship\n## Later\n- [ ] Rest"
    )


def test_a_stranger_to_a_task_reads_nothing():
    site = opened_site(user_id=STRANGER)
    try:
        site.b24.state.create_task("Fix", id=31, created_by=ANNA)
        assert isinstance(site.read(31), Unreachable)
    finally:
        site.b24.stop()


# --- lists


def ids(page):
    return [item.address.id for item in page.items]


def test_changed_tasks_come_oldest_first_and_go_on_by_date(site):
    state, clock = site.b24.state, site.clock
    since = clock.now()
    for number in range(100, 180):
        clock.sleep(1)
        state.create_task("Fix", id=number, group_id=3)
    state.create_task("Elsewhere", id=500)
    first = site.tasks.changed("3", since)
    assert ids(first) == [str(number) for number in range(100, 150)]
    clock.sleep(1)
    state.user_edits_task(OURS, 100, title="Fix it")
    second = site.tasks.changed("3", since, first.cursor)
    assert ids(second) == [*[str(number) for number in range(150, 180)], "100"]
    assert second.cursor is None


def test_more_changes_in_one_second_than_a_page_holds_are_all_listed(site):
    state, since = site.b24.state, site.clock.now()
    for number in range(100, 800):
        state.create_task("Fix", id=number, group_id=3)
    listed, cursor, requests = [], None, 0
    while True:
        page = site.tasks.changed("3", since, cursor)
        listed += ids(page)
        cursor, requests = page.cursor, requests + site.counted()
        if cursor is None:
            break
    assert (sorted(map(int, listed)), requests) == (list(range(100, 800)), 3)


def test_a_comment_alone_brings_a_task_into_the_list_of_changed_ones(site):
    state, clock = site.b24.state, site.clock
    for number in range(100, 400):
        state.create_task("Fix", id=number, group_id=3)
    clock.sleep(60)
    since = clock.now()
    state.user_edits_task(OURS, 120, title="New")
    for number in range(200, 280):
        clock.sleep(1)
        state.user_comments(OURS, number, "hello")
    listed, cursor = [], None
    while True:
        page = site.tasks.changed("3", since, cursor)
        listed += ids(page)
        cursor = page.cursor
        if cursor is None:
            break
    assert listed[0] == "120"
    assert sorted(map(int, listed[1:])) == list(range(200, 280))
    site.counted()
    clock.sleep(1)
    assert site.tasks.changed("3", clock.now()).items == ()
    assert site.counted() == 1


def test_a_census_has_every_task_of_a_workgroup_in_few_requests(site):
    state = site.b24.state
    for number in range(1000, 4000):
        state.create_task("Fix", id=number, group_id=3)
    site.clock.sleep(60)
    state.user_comments(OURS, 1007, "hello")
    changed_at, cursor, requests = {}, None, 0
    while True:
        census = site.tasks.census("3", cursor)
        changed_at |= census.changed_at
        cursor, requests = census.cursor, requests + site.counted()
        if cursor is None:
            break
    assert (len(changed_at), requests) == (3000, 3)
    assert changed_at["1007"] - changed_at["1006"] == timedelta(minutes=1)


def test_capabilities_name_columns_statuses_fields_and_what_is_missing(site):
    site.b24.state.add_user_field("UF_SPRINT", "string")
    site.with_options(custom_fields=("UF_SPRINT", "UF_GONE"), checklist=True)
    able = site.tasks.capabilities("3")
    assert [(c.name, c.closed) for c in able.choices[STAGE]] == [
        ("New", False), ("In progress", False), ("Done", True),
    ]  # fmt: skip
    assert [(c.id, c.closed) for c in able.choices[STATUS]] == [
        ("2", False), ("3", False), ("4", False), ("5", True), ("6", False),
    ]  # fmt: skip
    assert {CHECKLIST, STATUS, STAGE, CUSTOM + "UF_SPRINT"} <= able.writable
    assert CUSTOM + "UF_GONE" not in able.writable
    assert able.missing[CUSTOM + "UF_GONE"] == (
        "The portal has no field UF_GONE for tasks; it has: "
        "UF_CRM_TASK, UF_MAIL_MESSAGE, UF_SPRINT, UF_TASK_WEBDAV_FILES"
    )
    assert (able.longest[TITLE], site.counted()) == (255, 1)
    assert STAGE not in site.tasks.capabilities("").writable


def test_a_task_that_nobody_moved_stands_in_the_first_column(site):
    first = str(site.b24.state.stages_of(3)[0].id)
    site.b24.state.create_task("Fix", id=31, group_id=3)
    assert site.tasks.read([ItemAddress("31")])["31"].values[STAGE] == first
    assert site.counted() == 2
    assert site.tasks.changed("3", site.clock.now()).items[0].values[STAGE] == first


def test_a_client_with_the_memory_of_another_asks_for_no_chat_twice(site):
    numbers = [site.b24.state.create_task("x", group_id=3, created_by=ANNA).id for _ in range(20)]
    addresses = [ItemAddress(str(number), "3", str(number)) for number in numbers]
    memory = Memory()
    costs = []
    for _ in range(2):
        PortalTasks(site.portal, TaskOptions(), memory).read(addresses)
        costs.append(site.counted())
    assert costs == [3, 2]  # the chats are asked for once


def test_a_portal_that_changes_to_the_new_card_is_asked_for_its_chats_again():
    memory = Memory()
    memory.chats |= {1: None, 2: 7}
    memory.created[3] = {"key": 1}
    another = memory.begun_anew()
    assert (another.chats, another.created) == ({2: 7}, {})
