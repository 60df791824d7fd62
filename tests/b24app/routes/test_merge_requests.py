"""The list of merge requests: what is searched and filtered, page by page, for whom."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.core.model.common import Person, PortalUser
from sync.core.model.merge_requests import MergeRequestState, Reviewer
from sync.core.model.tasks import LinkKind, Task, TaskStatus
from sync.store import connections, links, projects, tasks
from sync.store import merge_requests as store_merge_requests
from sync.store import people as store_people
from sync.store.db.database import write
from sync.store.rows import LinkRow
from tests.b24app.factories import AT, merge_request
from tests.b24app.pages import installed
from tests.b24app.routes.test_flow import GROUP, OTHER, SETTINGS, built  # noqa: F401 - a fixture
from tests.b24app.routes.test_flow import opened as open_page
from tests.emulators.bitrix24 import work

TASK = 2103
ANN, ROB, EVE = Person(5, "ann", "Ann"), Person(6, "rob", "Rob"), Person(7, "eve", "Eve")


@pytest.fixture
def people(emulator):
    """Ed is in the workgroup, works on the task and is rob of GitLab; Root is an administrator."""
    made = {
        name: emulator.state.add_user(name, email=f"{name}@portal.test", admin=name == "Root")
        for name in ("Ed", "Root")
    }
    emulator.state.add_group("Shop & Co", id=GROUP, owner_id=1, members=[made["Ed"].id])
    return made


@pytest.fixture
def portal(beside, emulator, people):
    installed(beside, emulator)
    record = beside.portal(emulator.state.member_id)
    settings = f"people: {{rob: {people['Ed'].id}, eve: {people['Root'].id}}}\n{SETTINGS}"
    beside.connect(record, settings, domain=emulator.host)
    work.create_task(emulator.state, "Pay by card", id=TASK, responsible_id=people["Ed"].id)
    with write(beside.deps.engine) as conn:
        store_people.save_portal_users(conn, record.id, [PortalUser(people["Ed"].id, "Ed")])
        stage(conn, record.id, people["Ed"].id)
    return record


def stage(conn, portal_id, responsible_id):
    connection_id = connections.by_name(conn, portal_id, "main").id
    wiki = replace(OTHER, connection_id=connection_id)

    def request(iid, title, minute, **values):
        return merge_request(
            connection_id, iid, title=title, pipeline=None, source_branch=f"branch-{iid}",
            updated_at=AT.replace(minute=minute), **{"author": ANN, "reviewers": (), **values},
        )  # fmt: skip

    made = [
        request(7, "Pay by card", 1),
        request(8, "Тёмная тема", 2, state=MergeRequestState.MERGED, author=ROB),
        request(9, "Checkout", 3, reviewers=(Reviewer(ROB),)),
        request(10, "Pages of the wiki", 4, project=wiki, author=EVE),
    ]
    projects.save_projects(conn, [made[0].project, wiki])
    store_people.save_host_people(conn, connection_id, [ANN, ROB, EVE])
    store_merge_requests.fold_snapshots(conn, made)
    links.save(conn, [LinkRow(portal_id, made[0].key, TASK, LinkKind.MOVE)])
    task = Task(TASK, "Pay by card", TaskStatus.IN_PROGRESS, responsible_id=responsible_id)
    tasks.save_read(conn, portal_id, {TASK: task}, AT)


def asked(beside, emulator, user, path):
    answer = beside.client.get(path, headers=open_page(beside, emulator, user))
    assert answer.status_code == 200, answer.text
    return answer.json


FOUND = {
    "": [10, 9, 8, 7],
    "state=opened": [10, 9, 7],
    "state=merged": [8],
    "q=PAY": [7],
    "q=тёмная": [8],
    "q=branch-9": [9],
    "q=!10": [10],
    "q=B24-2103": [7],
    "q=nothing": [],
    "project=team/wiki": [10],
    f"group={GROUP}": [9, 8, 7],
    f"group={GROUP}&state=opened&q=check": [9],
}


def test_each_filter_finds_what_it_names_newest_first(beside, emulator, portal, people):
    headers = open_page(beside, emulator, people["Root"])
    answers = {
        query: beside.client.get(f"/api/merge-requests?{query}", headers=headers).json
        for query in FOUND
    }
    numbers = {
        query: [int(row["reference"].partition("!")[2]) for row in answer["merge_requests"]]
        for query, answer in answers.items()
    }
    assert numbers == FOUND
    assert {query: answer["total"] for query, answer in answers.items()} == {
        query: len(rows) for query, rows in FOUND.items()
    }


def test_mine_is_what_i_write_review_or_have_the_task_of(beside, emulator, portal, people):
    path = "/api/merge-requests?mine=1"
    rows = asked(beside, emulator, people["Ed"], path)["merge_requests"]
    assert [row["title"] for row in rows] == ["Pay by card"]  # the others name no task of theirs
    rows = asked(beside, emulator, people["Root"], path)["merge_requests"]
    assert [row["title"] for row in rows] == ["Pages of the wiki"]


def test_an_employee_finds_only_what_names_a_task_they_may_open(beside, emulator, portal, people):
    for query, titles in {"": ["Pay by card"], "q=check": [], "project=team/wiki": []}.items():
        answer = asked(beside, emulator, people["Ed"], f"/api/merge-requests?{query}")
        assert [row["title"] for row in answer["merge_requests"]] == titles
        assert answer["total"] == len(titles)


def test_a_list_is_paged(beside, emulator, portal, people):
    with write(beside.deps.engine) as conn:
        connection_id = connections.by_name(conn, portal.id, "main").id
        more = [merge_request(connection_id, 100 + n, pipeline=None) for n in range(20)]
        store_merge_requests.fold_snapshots(conn, more)
    headers = open_page(beside, emulator, people["Root"])
    pages = [
        beside.client.get(f"/api/merge-requests?page={page}", headers=headers).json
        for page in (1, 2, 3)
    ]
    assert [len(page["merge_requests"]) for page in pages] == [20, 4, 0]
    assert [(page["total"], page["page"], page["pages"]) for page in pages] == [
        (24, 1, 2), (24, 2, 2), (24, 3, 2)
    ]  # fmt: skip


@pytest.mark.parametrize("query", ["page=0", "page=x", "state=odd", f"q={'x' * 101}"])
def test_what_cannot_be_searched_is_refused(beside, emulator, portal, people, query):
    headers = open_page(beside, emulator, people["Root"])
    answer = beside.client.get(f"/api/merge-requests?{query}", headers=headers)
    assert answer.status_code == 400


def test_filters_name_the_workgroups_that_one_is_in(beside, emulator, portal, people):
    shop = {"path": "team/shop", "group": GROUP}
    assert asked(beside, emulator, people["Ed"], "/api/filters") == {
        "projects": [shop], "groups": [{"id": GROUP, "name": "Shop & Co"}],
    }  # fmt: skip
    everything = asked(beside, emulator, people["Root"], "/api/filters")
    assert [row["path"] for row in everything["projects"]] == ["team/shop", "team/wiki"]
