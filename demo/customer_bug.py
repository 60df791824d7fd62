"""A customer's bug: a task that is an issue of YouTrack, fixed by a merge request of GitLab."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import requests

from demo.in_step import Act
from demo.stage import BORIS, MARIA, VERA, Stage
from sync.core.clock import WallClock
from tests.emulators.youtrack.records import Activity, Issue
from tests.emulators.youtrack.server import YouTrackEmulator

GROUP, TASK, TITLE = 12, 2130, "Customers pay twice"
FIELDS = {
    "Priority": "enum[1]",
    "Type": "enum[1]",
    "State": "state[1]",
    "Assignee": "user[1]",
    "Due Date": "date",
    "Estimation": "period",
}
CONNECTION = """\
  - name: youtrack
    kind: youtrack
    url: {url}
    token: {{env: YOUTRACK_TOKEN}}
    projects: [SHOP]
"""
STEPS = """\
    12:
      steps:
        review: {status: in_progress}
        merged: {status: completed}
"""
PAIR = """\
    - workgroup: 12
      project: SHOP
      connection: youtrack
      create: [issues]
"""


@dataclass
class Bug:
    """The task and its issue, in the hands of their people."""

    stage: Stage
    youtrack: YouTrackEmulator

    def prepare(self) -> str:
        """Make workgroup and project, name the pair, install our app; return what was printed."""
        portal, state = self.stage.b24.state, self.youtrack.state
        portal.add_group("Customers", id=GROUP, members=[1, BORIS, VERA, MARIA])
        people = [state.add_user("bridge", admin=True)]
        for login in ("boris", "vera"):
            people.append(state.add_user(login))
            people[-1].email = f"{login}@acme.example"
        shop = state.add_project("SHOP", people, FIELDS)
        service = self.stage.service
        service.more = {**service.more, "YOUTRACK_TOKEN": "perm-bridge"}
        file = self.stage.home / "settings.yaml"
        text = file.read_text().replace(
            "rules:\n", CONNECTION.format(url=self.youtrack.url) + "rules:\n", 1
        )
        text = text.replace("  workgroups:\n", f"  workgroups:\n{STEPS}", 1)
        text = text.replace("project: acme/till", "project: acme/till\n      connection: gitlab", 1)
        file.write_text(text + PAIR)
        lines = [service.run("settings", "apply", str(file))]
        package = self.stage.home / "b24bridge-youtrack.zip"
        lines.append(service.run("youtrack", "app", "youtrack", "--output", str(package)))
        self._install(package.read_bytes(), shop.id)
        lines.append(service.run("youtrack", "test", "youtrack"))
        return "\n".join(lines)

    def _install(self, package: bytes, project_id: str) -> None:
        """Import the app as an administrator and attach it; from now on YouTrack sends hints."""
        requests.post(
            f"{self.youtrack.url}/api/admin/apps/import",
            headers={"Authorization": "Bearer perm-bridge"},
            files={"file": ("b24bridge.zip", package)},
            timeout=10,
        ).raise_for_status()
        self.youtrack.state.apps[0].projects.add(project_id)
        self.youtrack.state.watch = self._hint

    def _hint(self, activity: Activity) -> None:
        """Send what our app sends: it leaves out our own account's changes."""
        values = self.youtrack.state.apps[0].values
        if activity.author.login == values["ACCOUNT"]:
            return
        body = json.dumps({"v": 1, "issue": activity.issue.readable, "kinds": ["fields"]})
        signed = f"{activity.at}.{body}".encode()
        mac = hmac.new(values["SECRET"].encode(), signed, hashlib.sha256).hexdigest()
        headers = {"X-B24bridge-Time": str(activity.at), "X-B24bridge-Signature": f"v1={mac}"}
        requests.post(values["ADDRESS"], data=body, headers=headers, timeout=10).raise_for_status()

    def make_task(self) -> None:
        """Let Maria report what a customer wrote."""
        self.stage.b24.state.create_task(
            TITLE, id=TASK, group_id=GROUP, created_by=MARIA, responsible_id=BORIS,
            description="They click [B]Pay[/B] again.",
        )  # fmt: skip

    @property
    def task(self) -> Any:
        return self.stage.b24.state.tasks[TASK]

    @property
    def issue(self) -> Issue:
        return next(iter(self.youtrack.state.issues.values()))

    def state(self) -> str:
        return str(self.issue.values["State"].name)

    def move(self, name: str) -> None:
        """Let Boris move the card on the board."""
        field = self.issue.project.field_named("State")
        assert field is not None
        assert field.bundle is not None
        value = next(each for each in field.bundle.values if each.name == name)
        state = self.youtrack.state
        state.set_value(self.issue, state.user("boris"), field, value)

    def talk(self) -> None:
        """Let Boris book an hour and a half, and say what he found."""
        state, boris = self.youtrack.state, self.youtrack.state.user("boris")
        today = state.now() - state.now() % 86_400_000
        state.log_work(self.issue, boris, boris, 90, today, "Found it")
        state.add_comment(self.issue, boris, "The button is **not** disabled")

    def fix(self) -> None:
        """Let Boris open a merge request, and Vera approve and merge it."""
        gitlab, shop, branch = self.stage.gitlab, self.stage.shop, f"fix/B24-{TASK}-pay-once"
        gitlab.push(shop, branch, ["Disable the button"], "boris")
        request = gitlab.open_mr(shop, branch, "Pay once", "boris", reviewers=["vera"])
        gitlab.approve(request, "vera")
        gitlab.merge(request, "vera")

    def hours(self) -> tuple[int, int]:
        """Return the minutes of the issue and of the task."""
        rows = self.stage.b24.state.elapsed.values()
        seconds = sum(row.seconds for row in rows if row.task_id == TASK)
        return sum(item.minutes for item in self.issue.work_items), seconds // 60


def acts(bug: Bug) -> Iterator[Act]:
    """Yield what happens, in order."""
    yield Act(f"Maria makes the task {TASK} “{TITLE}”", bug.make_task, (
        ("SHOP has an issue of that title, in Boris's hands", lambda: (
            [(issue.summary, issue.values["Assignee"].login)
             for issue in bug.youtrack.state.issues.values() if issue.values["Assignee"]]
            == [(TITLE, "boris")]
        )),
    ))  # fmt: skip
    yield Act("Boris moves it on the board of YouTrack", lambda: bug.move("In Progress"), (
        ("the task is in progress", lambda: bug.task.status == 3),
    ))  # fmt: skip
    yield Act("He books 90 minutes and writes a comment", bug.talk, (
        ("both have 90 minutes", lambda: bug.hours() == (90, 90)),
        ("Maria reads his words", lambda: any(
            "The button is [b]not[/b] disabled" in message.text
            for message in bug.stage.b24.state.discussion(TASK)
        )),
    ))  # fmt: skip
    yield Act("He fixes it in GitLab; Vera merges", bug.fix, (
        ("Maria's task is done", lambda: bug.task.status == 5),
        ("the issue is fixed", lambda: bug.state() == "Fixed"),
        ("with hours", lambda: bug.hours() == (90, 90)),
    ))  # fmt: skip


def youtrack() -> YouTrackEmulator:
    """Return a YouTrack that tells the time as the machine does."""
    return YouTrackEmulator(WallClock())
