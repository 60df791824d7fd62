"""The emulated Bitrix24 as a room of the contract; its people act in the portal's own pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta

from sync.bitrix24.issue_sync.client import PortalTasks
from sync.bitrix24.issue_sync.options import SCRUM, TaskOptions
from sync.bitrix24.rest.client import Portal
from sync.bitrix24.rest.credentials import AppKeys, Credentials
from sync.bitrix24.rest.throttle import Throttle
from sync.core.audit import CallLog
from sync.core.clock import ManualClock
from sync.core.issue_sync.model import (
    ASSIGNEES,
    BLOCKED,
    DEADLINE,
    DESCRIPTION,
    ESTIMATE,
    LEAD,
    LINKS,
    PARENT,
    PRIORITY,
    SPRINT,
    STATUS,
    TAGS,
    TITLE,
    ItemAddress,
)
from sync.net import guarded_session
from tests.bitrix24.conftest import MemoryAllowance, MemoryTokens
from tests.contract.room import Room, Sample, Traits
from tests.emulators.bitrix24.server import BitrixEmulator

START = datetime(2026, 3, 2, 10, tzinfo=UTC)
SCOPES = ("task", "tasks", "im", "user_basic", "sonet_group", "disk")
BRIDGE, ANN, BOB = 1, 2, 3
GROUP, OTHER = 10, 11
SPRINT_FIELD = "UF_SPRINT"


class BitrixRoom:
    """`b24`: a portal with its new card of tasks, or the old one."""

    def __init__(self, b24: BitrixEmulator, clock: ManualClock) -> None:
        self._b24, self._state, self._clock = b24, b24.state, clock
        self._state.quirks.list_has_chat = False
        b24.finish_install()
        for number, name in ((ANN, "Ann"), (BOB, "Bob")):
            self._state.add_user(name, id=number)
        for number in (GROUP, OTHER):
            kind = "scrum" if self._is_scrum() else "project"
            self._state.add_group("Site", id=number, members=[BRIDGE, ANN, BOB], kind=kind)
        self.project, self.other_project = str(GROUP), str(OTHER)
        parent, other_parent = self.create("Parent"), self.create("Other parent")
        earlier = [self.create(f"Parent before {number}").id for number in range(3)]
        self.traits = _traits(b24.state.card, parent, other_parent, earlier, self._sprints())
        self.client = self.new_client()

    def new_client(self) -> PortalTasks:
        token = self._b24.token(BRIDGE)
        app = AppKeys(self._b24.app.client_id, self._b24.app.client_secret, [self._b24.oauth_url])
        credentials = Credentials(
            self._state.member_id, f"{self._b24.portal_url}/rest/", f"{self._b24.oauth_url}/rest/",
            token.access, token.refresh, expires_at=self._clock.now() + timedelta(hours=1),
            user_id=BRIDGE,
        )  # fmt: skip
        throttle = Throttle(MemoryAllowance(self._clock.now()), self._clock)
        self._portal = Portal(
            credentials, app, tokens=MemoryTokens(credentials), throttle=throttle,
            call_log=CallLog(clock=self._clock), session=guarded_session(("127.0.0.0/8",)),
            features={"new_card": self._state.card == "new", "v3": self._state.v3},
        )  # fmt: skip
        sprint = SCRUM if self._is_scrum() else SPRINT_FIELD
        options = TaskOptions(max_file_bytes=1000, links=True, sprint=sprint)
        return PortalTasks(self._portal, options)

    def _is_scrum(self) -> bool:
        """Sprints of a scrum team in the one portal, a field of the portal's own in the other."""
        return self._state.card == "new"

    def _sprints(self) -> list[str]:
        if not self._is_scrum():
            self._state.add_user_field(SPRINT_FIELD, "string")
            return ["S1", "S2"]
        days = [START + timedelta(days=14 * number) for number in range(3)]
        sprints = [
            self._state.scrum.add_sprint(GROUP, f"S{number + 1}", days[number], days[number + 1])
            for number in range(2)
        ]
        return [str(sprint.id) for sprint in sprints]

    def person(self, name: str) -> str:
        return str({"ann": ANN, "bob": BOB}[name])

    def wait(self, seconds: float) -> None:
        self._clock.sleep(seconds)

    def create(self, title: str, description: str = "") -> ItemAddress:
        task = self._state.create_task(
            title, description=description, group_id=GROUP, created_by=BOB, responsible_id=BOB
        )
        return ItemAddress(str(task.id), str(GROUP), str(task.id))

    def set_title(self, address: ItemAddress, title: str) -> None:
        self._state.user_edits_task(BOB, int(address.id), title=title)

    def add_to_set(self, address: ItemAddress, field_name: str, member: str) -> None:
        task = self._state.tasks[int(address.id)]
        if field_name == TAGS:
            self._state.user_edits_task(BOB, task.id, tags=[*task.tags, member])
        elif field_name == LINKS:
            previous = self._state.parts.previous.setdefault(task.id, [])
            previous.append(int(member.partition(":")[2]))
        else:
            people = [*task.accomplices, int(member)]
            self._state.user_edits_task(BOB, task.id, accomplices=people)

    def comment(self, address: ItemAddress, text: str) -> str:
        return str(self._state.user_comments(BOB, int(address.id), text).id)

    def edit_comment(self, address: ItemAddress, comment_id: str, text: str) -> None:
        if self._state.card == "old":
            self._state.comments[int(comment_id)].text = text
        else:
            self._state.user_edits_message(BOB, int(comment_id), text)

    def delete_comment(self, address: ItemAddress, comment_id: str) -> None:
        if self._state.card == "old":
            del self._state.comments[int(comment_id)]
        else:
            self._state.user_deletes_message(BOB, int(comment_id))

    def log(self, address: ItemAddress, seconds: int, on: date, text: str) -> str:
        moment = datetime.combine(on, time(8), self._state.tz)
        task = self._state.tasks[int(address.id)]
        return str(self._state.log_time(task, BOB, seconds, text, moment).id)

    def attach(self, address: ItemAddress, name: str, content: bytes) -> None:
        self._state.user_attaches(BOB, int(address.id), name, content)

    def texts(self, address: ItemAddress) -> list[str]:
        return [each.text for each in self._state.discussion(int(address.id))]

    def seconds(self, address: ItemAddress) -> int:
        rows = self._state.elapsed.values()
        return sum(row.seconds for row in rows if row.task_id == int(address.id))

    def notified(self) -> list[str]:
        rows = self._state.notifications.values()
        return [self._state.users[row.user_id].name for row in rows]

    def count(self) -> int:
        return sum(task.group_id == GROUP for task in self._state.tasks.values())

    def delete(self, address: ItemAddress) -> None:
        self._state.user_deletes_task(BOB, int(address.id))

    def hide(self, address: ItemAddress) -> None:
        """Only administrators see tasks of which, and of whose group, they are no members."""
        self._state.users[BRIDGE].admin = False
        self._state.tasks[int(address.id)].group_id = 0
        self._state.tasks[int(address.id)].auditors = []

    def lock_out(self) -> None:
        self._state.users[BRIDGE].admin = False
        del self._state.groups[GROUP].members[BRIDGE]

    def archive(self) -> None:
        self._state.groups[GROUP].closed = True

    def move(self, address: ItemAddress) -> None:
        self._state.user_edits_task(BOB, int(address.id), group_id=OTHER)

    def drop_rights(self) -> None:
        self._state.users[BRIDGE].admin = False

    def lose_answers(self, count: int) -> None:
        self._b24.lose_answer(count)

    def cut_off(self, count: int) -> None:
        self._b24.cut_before(count)

    def refuse(self) -> None:
        self._state.quirks.mandatory = "UF_COST_CENTRE"

    def throttle(self) -> None:
        self._state.limits.burst = 0

    def requests(self) -> int:
        return self._portal.requests


def _traits(
    card: str, parent: ItemAddress, other: ItemAddress, earlier: list[str], sprints: list[str]
) -> Traits:
    """A task always has a priority and a responsible person; it waits for tasks."""
    first, second, third = (f"{BLOCKED}:{number}" for number in earlier)
    return Traits(
        name=f"Bitrix24, {card} card",
        samples={
            TITLE: Sample("First title", "Second title"),
            DESCRIPTION: Sample("[B]First[/B]\n\n[LIST]\n[*]a\n[/LIST]", "Second text"),
            LEAD: Sample(str(ANN), str(BOB)),
            ASSIGNEES: Sample(frozenset({str(ANN)}), frozenset({str(BRIDGE)})),
            PRIORITY: Sample("2", "0"),
            STATUS: Sample("3", "5"),
            DEADLINE: Sample("2026-04-01T19:00:00", "2026-05-01T19:00:00"),
            TAGS: Sample(frozenset({"bug"}), frozenset({"bug", "ui"})),
            ESTIMATE: Sample(5400, 7200),
            PARENT: Sample(parent.id, other.id),
            SPRINT: Sample(sprints[0], sprints[1]),
            LINKS: Sample(frozenset({first}), frozenset({first, second})),
        },
        set_fields={
            TAGS: ("bug", "ui", "slow"),
            ASSIGNEES: (str(BRIDGE), str(ANN), str(BOB)),
            LINKS: (first, second, third),
        },
        longest_title=255,
        hostile=("/close", "[user=all]all[/user]", "x [SEND=/help]y[/SEND]", "$result[added]"),
        emptied={PRIORITY: "1"},
        has_internal_comments=False,
        has_negative_time=False,
        moves_to_new_item=False,
        tells_archived=False,
        drops_in_silence=False,
        writes_together=True,
        tells_edits=card == "new",
        kinds_of_absence=frozenset({"not_found"}),
    )


@contextmanager
def open_room(card: str) -> Iterator[Room]:
    clock = ManualClock(START)
    with BitrixEmulator(clock, card=card, v3=card == "new", scopes=SCOPES) as b24:
        yield BitrixRoom(b24, clock)
