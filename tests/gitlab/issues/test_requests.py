"""How many requests reading and writing take: the fewest are written beside each.

GitLab lists at most a hundred work items an answer, with their comments and time, so N issues take
⌈N / 100⌉ requests at least; each write of a field, a comment or an entry takes one.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from sync.core.issue_sync.model import TITLE, Author
from sync.core.issue_sync.writes import (
    AddComment,
    AddTime,
    CreateItem,
    Done,
    EditComment,
    UpdateItem,
)
from sync.gitlab.issues.options import IssueOptions
from sync.gitlab.issues.projects import IssueMemory
from tests.gitlab.issues.conftest import Side

EVER = datetime(2020, 1, 1, tzinfo=UTC)
KNOWN = 3  # the project, what its issues can hold, its labels: once a client
ANN = Author("1", "Ann")


def fetch(file):
    raise AssertionError("no file is copied")


def read_all(issues, project):
    items, cursor = [], None
    while True:
        page = issues.changed(project, EVER, cursor)
        items += page.items
        cursor = page.cursor
        if cursor is None:
            return items


@pytest.mark.parametrize("count", [100, 450])
def test_a_first_import_reads_a_hundred_issues_a_request(side: Side, count: int) -> None:
    side.fill(count, comments=4, entries=1)
    issues = side.connect()
    issues.capabilities(side.project)
    items = read_all(issues, side.project)
    assert len(items) == count
    assert sum(len(item.comments or ()) for item in items) == 4 * count
    assert sum(len(item.time or ()) for item in items) == count
    fewest = -(-count // 100)
    assert side.client.requests_sent == fewest + KNOWN


def test_only_what_a_page_cuts_off_is_asked_for_again(side: Side) -> None:
    side.fill(50, comments=4, entries=1)
    busy = side.fill(1, comments=45, entries=70)[0]
    issues = side.connect()
    issues.capabilities(side.project)
    items = read_all(issues, side.project)
    assert (len(items[-1].comments or ()), len(items[-1].time or ())) == (45, 70)
    assert items[-1].address == busy
    assert side.client.requests_sent == 1 + KNOWN + 2


@pytest.mark.parametrize(
    ("kind", "fewest"), [("idle", 1), ("read", 1), ("title", 1), ("comment", 1), ("time", 1)]
)
def test_the_requests_of_a_change(side: Side, kind: str, fewest: int) -> None:
    address = side.fill(1)[0]
    issues = side.connect()
    issues.capabilities(side.project)
    acts = {
        "idle": lambda: issues.changed(side.project, side.clock.now()),
        "read": lambda: issues.read([address]),
        "title": lambda: issues.apply([UpdateItem("k", address, {TITLE: "New"})], fetch),
        "comment": lambda: issues.apply([AddComment("k", address, "Hi", ANN)], fetch),
        "time": lambda: issues.apply(
            [AddTime("k", address, 60, date(2026, 3, 1), "Work", ANN)], fetch
        ),
    }
    assert side.cost(acts[kind]) == fewest


def test_creations_are_looked_up_twenty_at_once(side: Side) -> None:
    issues = side.connect()
    issues.capabilities(side.project)
    writes = [CreateItem(f"4/create:{n}", side.project, {TITLE: f"New {n}"}) for n in range(40)]
    cost = side.cost(lambda: issues.apply(writes, fetch))
    assert cost == 40 + 2


def test_a_status_and_a_title_are_two_requests(side: Side) -> None:
    address = side.fill(1)[0]
    issues = side.connect()
    status = issues.capabilities(side.project).choices["status"][1].id
    write = UpdateItem("k", address, {TITLE: "New", "status": status, "estimate": 60})
    outcomes = []
    cost = side.cost(lambda: outcomes.extend(issues.apply([write], fetch)))
    assert (cost, isinstance(outcomes[0], Done)) == (2, True)


def test_many_items_are_read_by_lists(side: Side) -> None:
    addresses = side.fill(150, comments=1)
    issues = side.connect()
    issues.capabilities(side.project)
    assert side.cost(lambda: issues.read(addresses)) == 2


def test_an_older_instance_lists_by_rest_and_reads_by_graphql(side: Side) -> None:
    side.gitlab.state.version = "17.8.0-ee"
    addresses = side.fill(150)
    issues = side.connect(IssueOptions(time=False))
    issues.capabilities(side.project)
    items = read_all(issues, side.project)
    assert [item.address for item in items] == addresses
    assert items[0].comments is None
    assert (issues.read(addresses[:5])[addresses[0].id].comments) == ()


def test_an_edit_of_a_comment_that_was_read_is_one_request(side: Side) -> None:
    address = side.fill(1)[0]
    issues = side.connect()
    issues.capabilities(side.project)
    issues.apply([AddComment("4/comment:1", address, "Hi", ANN)], fetch)
    item = issues.read([address])[address.id]
    comment_id = item.comments[0].id
    edits = [EditComment(f"k{n}", address, comment_id, f"Hi {n}") for n in range(2)]
    assert side.cost(lambda: issues.apply(edits[:1], fetch)) == 1
    stranger = side.connect()
    assert side.cost(lambda: stranger.apply(edits[1:], fetch)) == 3  # who we are, the key, the text
    (comment,) = issues.read([address])[address.id].comments
    assert (comment.text, comment.key) == ("Hi 1", "4/comment:1")


def test_a_client_with_the_memory_of_another_asks_for_nothing_twice(side: Side) -> None:
    address = side.fill(1, comments=1)[0]
    memory = IssueMemory()
    status = side.connect(memory=memory).capabilities(side.project).choices["status"][1].id
    acts = {
        "idle": lambda issues: issues.changed(side.project, side.clock.now()),
        "read": lambda issues: issues.read([address]),
        "status": lambda issues: issues.apply(
            [UpdateItem("k", address, {"status": status, "priority": "priority::high"})], fetch
        ),
    }
    costs = []
    for act in acts.values():
        act(side.connect(memory=memory))
        costs.append(side.client.requests_sent)
    assert costs == [1, 1, 3]  # the label is made, set, and the status is set
    stranger = side.connect()
    assert side.cost(lambda: stranger.read([address])) == 1
    other = side.connect()
    assert side.cost(lambda: other.changed(side.project, side.clock.now())) == 2


def test_what_a_project_can_hold_is_asked_again_by_the_path_it_has(side: Side) -> None:
    memory, project = IssueMemory(), side.project

    def ask():
        side.connect(memory=memory).capabilities(project)
        return side.client.requests_sent

    assert [ask(), ask()] == [KNOWN, KNOWN - 1]
    side.shop.archived = True
    assert (ask(), memory.projects[project].archived) == (KNOWN - 1, True)
    side.shop.path = "acme/store"
    assert (ask(), memory.projects[project].path) == (KNOWN + 1, "acme/store")
    side.shop.path = "acme/stall"  # another project takes the path that is known
    side.gitlab.state.add_project("acme/store", members={"bridge": 30})
    assert (ask(), memory.projects[project].path) == (KNOWN + 1, "acme/stall")
