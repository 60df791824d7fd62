"""A workgroup and a project kept in step: one task and its issue, edited from both sides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import gitlab as python_gitlab

from demo.stage import BORIS, MARIA, VERA, Stage

GROUP, TASK, TITLE = 11, 2120, "Refund at the till"
PICTURE = b"\x89PNG the till"
SYNC = """\
issue_sync:
  pairs:
    - workgroup: 11
      project: acme/till
      create: [issues]
      fields: {title: {direction: both, policy: ask}}
      priorities: {"priority::high": high, "priority::low": low}
"""

Hold = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Act:
    """What people do, and what is to be seen on both sides in the end."""

    title: str
    do: Callable[[], object]
    wanted: tuple[tuple[str, Hold], ...]


@dataclass
class Till:
    """The task and its issue, in the hands of their people."""

    stage: Stage
    token: str = ""
    printed: list[str] = field(default_factory=list)  # by the commands of an act

    def prepare(self) -> str:
        """Make workgroup and project, and name the pair; return what was printed."""
        portal, gitlab = self.stage.b24.state, self.stage.gitlab.state
        portal.add_group("Till", id=GROUP, members=[1, BORIS, VERA, MARIA])
        gitlab.add_project("acme/till", members={"boris": 40, "vera": 40})
        self.token = gitlab.add_token(self.stage.vera, scopes=("api",)).value
        file = self.stage.home / "settings.yaml"
        settings = file.read_text().replace("[acme/shop]", "[acme/shop, acme/till]", 1)
        file.write_text(settings + SYNC)
        applied = self.stage.service.run("settings", "apply", str(file))
        return applied + "\n" + self.stage.service.run("gitlab", "hooks", "gitlab")

    def make_task(self) -> None:
        """Let Maria make the task."""
        self.stage.b24.state.create_task(
            TITLE, id=TASK, group_id=GROUP, created_by=MARIA, responsible_id=BORIS,
            description="Cashiers [B]ask[/B] for it.\n\nBy Friday.",
        )  # fmt: skip

    def say(self, *words: str) -> str:
        """Run a command; return it with what it printed."""
        return f"$ b24bridge {' '.join(words)}\n{self.stage.service.run(*words)}"

    def command(self, *words: str) -> None:
        self.printed.append(self.say(*words))

    @property
    def task(self) -> Any:
        return self.stage.b24.state.tasks[TASK]

    def issues(self) -> list[Any]:
        """Return the project's issues, in Vera's hands."""
        client = python_gitlab.Gitlab(self.stage.gitlab.url, private_token=self.token)
        return client.projects.get("acme/till").issues.list(get_all=True)

    @property
    def issue(self) -> Any:
        """Return the only issue."""
        (issue,) = self.issues()
        return issue

    def edit_issue(self, **changes: str) -> None:
        issue = self.issue
        issue.manager.update(issue.iid, changes)

    def edit_task(self, **changes: object) -> None:
        self.stage.b24.state.user_edits_task(MARIA, TASK, **changes)

    def notes(self) -> list[str]:
        return [note.body for note in self.issue.notes.list(get_all=True) if not note.system]

    def messages(self) -> list[str]:
        return [message.text for message in self.stage.b24.state.discussion(TASK)]

    def hours(self) -> tuple[int, int]:
        """Return the minutes logged on the issue and on the task."""
        elapsed = self.stage.b24.state.elapsed.values()
        seconds = sum(row.seconds for row in elapsed if row.task_id == TASK)
        return self.issue.time_stats()["total_time_spent"] // 60, seconds // 60


def acts(till: Till) -> Iterator[Act]:
    """Yield what happens, in order."""
    text = "Cashiers **ask** for it.\n\nBy Friday."
    yield Act(f"Maria makes the task {TASK} “{TITLE}”", till.make_task, (
        ("acme/till has an issue of that title, with its text as Markdown", lambda: (
            [(issue.title, issue.description[: len(text)]) for issue in till.issues()]
            == [(TITLE, text)]
        )),
        ("Boris is its assignee", lambda: (
            [person["username"] for person in till.issue.assignees] == ["boris"]
        )),
    ))  # fmt: skip
    yield Act("Maria tags the task; Vera labels the issue and dates it", lambda: (
        till.edit_task(tags=["ui"]), till.edit_issue(add_labels="api", due_date="2027-06-01"),
    ), (
        ("both have “ui” and “api”", lambda: (
            set(till.issue.labels) == set(till.task.tags) == {"ui", "api"}
        )),
        ("both are due on 2027-06-01", lambda: (
            till.task.deadline is not None and till.task.deadline.date() == date(2027, 6, 1)
        )),
    ))  # fmt: skip
    yield from _conflict(till)
    yield from _talk(till)
    yield from _outage(till)


def _conflict(till: Till) -> Iterator[Act]:
    def rename() -> None:
        till.command("sync", "pause", str(TASK), "--reason", "two people rename it")
        till.edit_task(title="Money back at the till", priority=2)
        till.edit_issue(title="Refunds at the till")
        till.command("sync", "resume", str(TASK))

    yield Act("Both rename it at once; the pair's policy is to ask", rename, (
        ("the rest goes on: the issue has priority::high",
         lambda: "priority::high" in till.issue.labels),
        ("each side keeps its title", lambda: (
            (till.task.title, till.issue.title)
            == ("Money back at the till", "Refunds at the till")
        )),
    ))  # fmt: skip

    def decide() -> None:
        till.command("sync", "conflicts")
        till.command("sync", "conflicts", str(TASK), "--decide", "title", "portal")

    yield Act("An administrator decides", decide, (
        ("both have the task's title",
         lambda: till.issue.title == till.task.title == "Money back at the till"),
    ))  # fmt: skip


def _talk(till: Till) -> Iterator[Act]:
    portal = till.stage.b24.state
    yield Act("Boris shows a picture, Vera answers", lambda: (
        portal.user_comments(BORIS, TASK, "Like this? /close", files={"till.png": PICTURE}),
        till.issue.notes.create({"body": "Yes, **larger**"}),
    ), (
        ("the picture stands in the note", lambda: any(
            "Like this?" in note and "![till.png](/uploads/" in note for note in till.notes()
        )),
        ("his /close closed nothing", lambda: till.issue.state == "opened"),
        ("her answer is in the task, with her name", lambda: any(
            "Vera Lind (GitLab)" in text and "[b]larger[/b]" in text for text in till.messages()
        )),
    ))  # fmt: skip
    yield Act("Boris logs an hour in the task, Vera half an hour in the issue", lambda: (
        portal.user_logs_time(BORIS, TASK, 3600, "the form"),
        till.issue.add_spent_time("30m", summary="the review"),
    ), (("both have 90 minutes", lambda: till.hours() == (90, 90)),))  # fmt: skip


def _outage(till: Till) -> Iterator[Act]:
    def outage() -> None:
        till.stage.service.stop()
        text = till.task.description.replace("ask", "beg")
        till.edit_task(description=text)
        body = till.issue.description.replace("By Friday.", "By Thursday.")
        till.edit_issue(description=body, state_event="close")
        till.issue.notes.create({"body": "Is anybody there?"})
        till.stage.service.start()

    yield Act("b24bridge is stopped; people go on; it starts again", outage, (
        ("the task is completed, as the issue was closed", lambda: till.task.status == 5),
        ("the two edits of the text are in both", lambda: all(
            "beg" in text and "Thursday" in text
            for text in (till.task.description, till.issue.description)
        )),
        ("what Vera wrote meanwhile is in the task once", lambda: (
            sum("Is anybody there?" in text for text in till.messages()) == 1
        )),
    ))  # fmt: skip


def last_checks(till: Till) -> Iterator[tuple[str, bool]]:
    """Yield what must hold when all of it is over."""
    counts = {
        (words, sum(words in text for text in texts))
        for words in ("Like this?", "larger", "Is anybody there?")
        for texts in (till.notes(), till.messages())
    }
    yield "each comment is on both sides once", {count for _, count in counts} == {1}
    yield "the time is counted once", till.hours() == (90, 90)
    status = till.stage.service.run("status")
    quiet = "links    1 of tasks and issues, 0 of which need a look"
    yield "nothing stands still, nothing was refused", quiet in status
