"""The emulated GitLab as a room of the contract, with python-gitlab in the hands of its people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import gitlab as python_gitlab
import requests

from sync.core.clock import ManualClock
from sync.core.issue_sync.model import (
    ASSIGNEES,
    BLOCKED,
    BLOCKS,
    DEADLINE,
    DESCRIPTION,
    ESTIMATE,
    LINKS,
    PRIORITY,
    RELATES,
    SPRINT,
    STATUS,
    TAGS,
    TITLE,
    ItemAddress,
)
from sync.gitlab.api.client import GitLab
from sync.gitlab.issues.client import GitLabIssues
from sync.gitlab.issues.options import MILESTONES, IssueOptions
from sync.net import guarded_session
from tests.contract.room import Room, Sample, Traits
from tests.emulators.gitlab.entities import DEVELOPER, GUEST, MAINTAINER, OWNER
from tests.emulators.gitlab.issues.records import SYSTEM
from tests.emulators.gitlab.server import GitLabEmulator

START = "2026-03-02T10:00:00+00:00"
FULL = {"edition": "ee", "premium": True, "version": "19.2.1-ee"}
FREE = {"edition": "ce", "premium": False, "version": "16.11.0"}
LOG = (
    "mutation($input: TimelogCreateInput!)"
    " { timelogCreate(input: $input) { timelog { id } errors } }"
)


class GitLabRoom:
    """`tier`: what the instance is."""

    def __init__(self, emulator: GitLabEmulator, clock: ManualClock, tier: dict) -> None:
        self._emulator, self._clock = emulator, clock
        state = self._state = emulator.state
        state.edition, state.premium = tier["edition"], tier["premium"]
        state.version = tier["version"]
        for name in ("ann", "bob", "bridge"):
            state.add_user(name, name.title(), public=True)
        members = {"ann": OWNER, "bob": MAINTAINER, "bridge": DEVELOPER}
        state.add_group("acme", members={"ann": OWNER})
        self._shop = state.add_project("acme/shop", members=dict(members))
        self._other = state.add_project("acme/other", members=dict(members))
        self.project, self.other_project = str(self._shop.id), str(self._other.id)
        self._tokens = {name: state.add_token(name).value for name in members}
        milestones = [emulator.keeping.create_milestone(self._shop, name) for name in ("S1", "S2")]
        others = [self.create(f"Parent {number}").id for number in range(3)]
        self.traits = _traits(tier, [str(each.id) for each in milestones], others)
        self.client = self.new_client()

    def new_client(self) -> GitLabIssues:
        session = guarded_session(["127.0.0.0/8"])
        client = GitLab(self._emulator.url, self._tokens["bridge"], session=session)
        self._client = client
        options = IssueOptions(sprint=MILESTONES, links=True, max_file_bytes=1000)
        return GitLabIssues(client, options, self._clock)

    def person(self, name: str) -> str:
        return str(self._state.user(name).id)

    def wait(self, seconds: float) -> None:
        self._clock.sleep(seconds)

    def create(self, title: str, description: str = "") -> ItemAddress:
        made = self._project().issues.create({"title": title, "description": description})
        return ItemAddress(str(made.id), str(made.project_id), str(made.iid))

    def set_title(self, address: ItemAddress, title: str) -> None:
        self._project().issues.update(int(address.number), {"title": title})

    def add_to_set(self, address: ItemAddress, field_name: str, member: str) -> None:
        issue = self._issue(address)
        if field_name == TAGS:
            issue.manager.update(issue.iid, {"add_labels": member})
        elif field_name == LINKS:
            kind, _, number = member.partition(":")
            target = next(i for i in issue.manager.list(get_all=True) if str(i.id) == number)
            to = {"target_project_id": self.project, "target_issue_iid": target.iid}
            issue.links.create({**to, "link_type": kind})
        else:
            people = [user["id"] for user in issue.assignees]
            issue.manager.update(issue.iid, {"assignee_ids": [*people, int(member)]})

    def comment(self, address: ItemAddress, text: str) -> str:
        return str(self._issue(address).notes.create({"body": text}).id)

    def edit_comment(self, address: ItemAddress, comment_id: str, text: str) -> None:
        self._issue(address).notes.update(int(comment_id), {"body": text})

    def delete_comment(self, address: ItemAddress, comment_id: str) -> None:
        self._issue(address).notes.delete(int(comment_id))

    def log(self, address: ItemAddress, seconds: int, on: date, text: str) -> str:
        sent = {
            "issuableId": f"gid://gitlab/Issue/{address.id}",
            "timeSpent": f"{seconds}s",
            "spentAt": f"{on.isoformat()}T08:00:00Z",
            "summary": text,
        }
        answer = requests.post(
            f"{self._emulator.url}/api/graphql",
            json={"query": LOG, "variables": {"input": sent}},
            headers={"PRIVATE-TOKEN": self._tokens["bob"]},
            timeout=30,
        ).json()
        return str(answer["data"]["timelogCreate"]["timelog"]["id"].rsplit("/", 1)[1])

    def attach(self, address: ItemAddress, name: str, content: bytes) -> None:
        upload = self._project().upload(name, filedata=content)
        self.comment(address, f"See {upload['markdown']}")

    def texts(self, address: ItemAddress) -> list[str]:
        notes = self._issue(address).notes.list(get_all=True, sort="asc", order_by="created_at")
        return [note.body for note in notes if not note.system]

    def seconds(self, address: ItemAddress) -> int:
        return int(self._issue(address).attributes["time_stats"]["total_time_spent"])

    def notified(self) -> list[str]:
        return [name for name, _ in self._emulator.issues.notified]

    def count(self) -> int:
        return len(self._project().issues.list(get_all=True))

    def delete(self, address: ItemAddress) -> None:
        self._project("ann").issues.delete(int(address.number))

    def hide(self, address: ItemAddress) -> None:
        self._project("ann").issues.update(int(address.number), {"confidential": True})
        self._shop.members[self._state.user("bridge").id] = GUEST

    def lock_out(self) -> None:
        del self._shop.members[self._state.user("bridge").id]

    def archive(self) -> None:
        self._shop.archived = True

    def move(self, address: ItemAddress) -> None:
        self._issue(address).move(int(self.other_project))

    def drop_rights(self) -> None:
        self._shop.members[self._state.user("bridge").id] = GUEST

    def lose_answers(self, count: int) -> None:
        self._emulator.cut_after = count

    def cut_off(self, count: int) -> None:
        self._emulator.cut_before = count

    def refuse(self) -> None:
        self._emulator.issues.obstacles.spam = True

    def throttle(self) -> None:
        self._emulator.api.limit.per_minute = 0

    def requests(self) -> int:
        return self._client.requests_sent

    def _project(self, name: str = "bob"):
        client = python_gitlab.Gitlab(
            self._emulator.url, private_token=self._tokens[name], timeout=30
        )
        return client.projects.get(int(self.project), lazy=True)

    def _issue(self, address: ItemAddress):
        return self._project().issues.get(int(address.number))


def _traits(tier: dict, milestones: list[str], others: list[str]) -> Traits:
    """Without a licence one person is kept, labels say the status, and no issue blocks another."""
    kinds = (BLOCKED, BLOCKS, RELATES) if tier["premium"] else (RELATES,) * 3
    first, second, third = (f"{kind}:{number}" for kind, number in zip(kinds, others, strict=True))
    statuses = Sample(f"{SYSTEM}2", f"{SYSTEM}3")
    if not tier["premium"]:
        statuses = Sample("workflow::doing", "closed")
    return Traits(
        name=f"GitLab {tier['version']}",
        samples={
            TITLE: Sample("First title", "Second title"),
            DESCRIPTION: Sample("First\n\n- a\n- b", "Second text"),
            ASSIGNEES: Sample(frozenset({"1"}), frozenset({"2"})),
            PRIORITY: Sample("priority::high", "priority::low"),
            STATUS: statuses,
            DEADLINE: Sample("2026-04-01", "2026-05-01"),
            TAGS: Sample(frozenset({"bug"}), frozenset({"bug", "ui"})),
            ESTIMATE: Sample(5400, 7200),
            SPRINT: Sample(milestones[0], milestones[1]),
            LINKS: Sample(frozenset({first}), frozenset({first, second})),
        },
        set_fields={TAGS: ("bug", "ui", "slow"), LINKS: (first, second, third)}
        | ({ASSIGNEES: ("1", "2", "3")} if tier["premium"] else {}),
        longest_title=255,
        hostile=(
            "/close",
            "Words\n/label ~x\n/remove_time_spent",
            "/title New",
            "/move acme/other",
        ),
        page_size=100,
        kinds_of_absence=frozenset({"not_found", "denied", "archived"}),
    )


@contextmanager
def open_room(tier: dict) -> Iterator[Room]:
    from datetime import datetime

    clock = ManualClock(datetime.fromisoformat(START))
    with GitLabEmulator(clock) as emulator:
        emulator.issues.obstacles.notes_per_minute = None
        yield GitLabRoom(emulator, clock, tier)
