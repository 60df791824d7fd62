"""The life of a task and its issue through the real rooms, hooks, events and a worker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import gitlab as python_gitlab
import pytest

from sync.core.issue_sync import acts
from sync.core.issue_sync.link import LinkState
from sync.core.issue_sync.mapping import DEFAULT_FIELDS, ProjectPair, SyncMapping
from sync.core.issue_sync.model import TITLE, SideName
from sync.core.issue_sync.rules import FieldRule, Policy
from sync.core.model.common import Person, PortalUser
from sync.engine.issue_sync.lists import read_list
from sync.engine.issue_sync.pairs import listed_pairs
from sync.engine.issue_sync.process import IssueSync
from sync.engine.issue_sync.setting import open_pair
from sync.engine.lanes import hold
from sync.engine.upkeep.sweep import Sweep
from sync.engine.worker import Worker
from sync.store import issue_link_queue, issue_link_stories, issue_links, people
from sync.store.db.database import read, write
from tests.depth import looks
from tests.engine.world import HOST, World

GROUP, RITA, BORIS = 3, 7, 8
LOG = (
    "mutation($input: TimelogCreateInput!)"
    " { timelogCreate(input: $input) { timelog { id } errors } }"
)
ISSUE_EVENTS = ("issues_events", "confidential_issues_events", "note_events")


class Life:
    """A portal and a GitLab whose task and issue are kept in step by fresh workers."""

    def __init__(self, world: World) -> None:
        self.world, state = world, world.gitlab.state
        self.bobs_token = state.add_token("bob").value
        state.edition, state.premium, state.version = "ee", True, "19.2.1-ee"
        world.gitlab.issues.obstacles.notes_per_minute = None
        world.b24.state.limits.on = False
        bridge = state.add_user("bridge", public=False)
        world.shop.members[bridge.id] = 40
        world.token = state.add_token("bridge")
        world.gitlab.add_hook(world.shop, "http://bridge.test/hook", *ISSUE_EVENTS)
        rules = {**DEFAULT_FIELDS, TITLE: FieldRule(policy=Policy.ASK)}
        self.pair = ProjectPair(
            GROUP, str(world.shop.id), "gitlab", rules, creates=frozenset([SideName.TRACKER])
        )
        self.sync = IssueSync(lambda conn, row: SyncMapping((self.pair,)))
        who = {"ann": "rita@acme.example", "bob": "b@x"}
        persons = [Person(state.user(n).id, n, n.title(), email) for n, email in who.items()]
        with write(world.database) as conn:
            people.save_portal_users(
                conn,
                world.portal_id,
                [PortalUser(RITA, "Rita", "rita@acme.example"), PortalUser(BORIS, "Boris", "b@x")],
            )
            people.save_host_people(conn, world.connection_id, persons)

    def import_all(self) -> None:
        """Read both lists from their beginning, as the command does."""
        deps = replace(self.world.deps("command"), issue_sync=self.sync)
        with read(self.world.database) as conn:
            (listed,) = listed_pairs(deps, conn, self.world.portal_id)
        setting = open_pair(deps, listed.row, listed.connection, listed.pair)
        with hold(deps, "import") as lane:
            assert lane is not None
            for side in SideName:
                read_list(deps, lane, listed, setting, side)

    def rest(self, minutes: int = 1) -> None:
        """Let workers, each of them new, do what there is to do, and lists be read."""
        for _ in range(looks(3, minutes)):
            self.world.tick(61 * minutes)
            deps = replace(self.world.deps("worker"), issue_sync=self.sync)
            Sweep(deps).run(self.world.clock.now())
            Worker(deps).run_once()

    def link(self) -> LinkState:
        with read(self.world.database) as conn:
            (row,) = issue_links.of_connection(conn, self.world.connection_id)
            return issue_links.load(conn, [row.key])[row.key]

    @property
    def task(self) -> Any:
        return self.world.b24.state.tasks[2103]

    @property
    def issue(self) -> Any:
        """Return the only issue, in Bob's hands."""
        session = self.world.session()
        client = python_gitlab.Gitlab(HOST, private_token=self.bobs_token, session=session)
        (issue,) = client.projects.get(self.world.shop.id, lazy=True).issues.list(get_all=True)
        return issue

    def log_in_issue(self, seconds: int, text: str) -> None:
        """Let Bob log work on the issue."""
        sent = {
            "issuableId": f"gid://gitlab/Issue/{self.issue.id}",
            "timeSpent": f"{seconds}s",
            "spentAt": "2026-03-01T08:00:00Z",
            "summary": text,
        }
        answer = self.world.session().post(
            f"{HOST}/api/graphql",
            json={"query": LOG, "variables": {"input": sent}},
            headers={"PRIVATE-TOKEN": self.bobs_token},
        )
        assert answer.json()["data"]["timelogCreate"]["errors"] == []

    def decide(self, field: str, winner: SideName) -> None:
        """Let an administrator decide about a disputed field."""
        with write(self.world.database) as conn:
            (row,) = issue_links.of_connection(conn, self.world.connection_id)
            link = issue_links.load(conn, [row.key])[row.key]
            issue_links.save(conn, acts.settle_conflict(link, field, winner), link)
            issue_link_queue.mark_dirty(conn, [row.id], "decided", self.world.clock.now())

    def hours(self) -> tuple[int, int]:
        """Return the seconds logged on the issue and on the task."""
        elapsed = self.world.b24.state.elapsed.values()
        spent = self.issue.time_stats()["total_time_spent"]
        return spent, sum(row.seconds for row in elapsed if row.task_id == 2103)

    def written(self) -> int:
        """Return how many writes the story of the link has."""
        with read(self.world.database) as conn:
            (row,) = issue_links.of_connection(conn, self.world.connection_id)
            story = issue_link_stories.story(conn, row.id, limit=1000)
        return sum(line.kind in ("written", "dropped") for line in story)


@pytest.fixture
def life(make_world: Callable[..., World]) -> Life:
    return Life(make_world().with_task(description="First\n\nSecond", created_by=RITA))


@pytest.mark.deep
def test_a_life_of_a_task_and_its_issue(life: Life) -> None:
    state = life.world.b24.state
    life.import_all()
    life.rest()
    assert (life.issue.title, life.issue.author["username"]) == ("Task 2103", "bridge")
    assert life.link().problems == {}

    state.user_edits_task(RITA, 2103, tags=["ui"], description="First, edited\n\nSecond")
    life.issue.manager.update(life.issue.iid, {"add_labels": "api", "due_date": "2026-06-01"})
    life.rest()
    assert set(life.issue.labels) == set(life.task.tags) == {"ui", "api"}
    assert life.issue.description.startswith("First, edited\n\nSecond")
    assert life.task.deadline.date() == date(2026, 6, 1)

    state.user_edits_task(RITA, 2103, title="From the task")
    life.issue.manager.update(life.issue.iid, {"title": "From the issue"})
    state.user_edits_task(RITA, 2103, priority=2)
    life.rest()
    assert (life.issue.title, life.task.title) == ("From the issue", "From the task")
    assert "priority::high" in life.issue.labels
    assert list(life.link().clashes) == [TITLE]
    life.decide(TITLE, SideName.PORTAL)
    life.rest()
    assert life.issue.title == life.task.title == "From the task"
    assert life.link().clashes == {}

    state.user_comments(RITA, 2103, "Please look at /close")
    life.issue.notes.create({"body": "On it"})
    life.rest()
    notes = [note.body for note in life.issue.notes.list(get_all=True) if not note.system]
    assert sum("Please look at" in body for body in notes) == 1
    assert life.issue.state == "opened"
    texts = [message.text for message in state.discussion(2103)]
    assert sum("On it" in text for text in texts) == 1

    state.user_logs_time(RITA, 2103, 3600, "in the task")
    life.log_in_issue(1800, "in the issue")
    life.rest()
    assert life.hours() == (5400, 5400)

    life.world.hold_deliveries = True  # the service is down: nothing is heard
    state.user_edits_task(RITA, 2103, title="While it was down")
    life.issue.notes.create({"body": "Is anybody there?"})
    life.issue.manager.update(life.issue.iid, {"state_event": "close"})
    life.world.hold_deliveries = False
    life.rest(minutes=11)
    assert life.issue.title == "While it was down"
    assert life.task.status == 5
    assert sum("anybody" in message.text for message in state.discussion(2103)) == 1
    before = life.written()
    for _ in range(3):
        life.rest(minutes=11)
    assert life.written() == before
    assert life.link().problems == {}
