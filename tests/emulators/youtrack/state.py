"""The stored state of an emulated instance, and what people do in its pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from threading import RLock
from typing import Any, Protocol

from tests.emulators.youtrack import records as r

STATES = (("Submitted", False), ("Open", False), ("In Progress", False), ("To Verify", False),
          ("Fixed", True), ("Done", True), ("Duplicate", True), ("Won't fix", True))  # fmt: skip
PRIORITIES = ("Show-stopper", "Critical", "Major", "Normal", "Minor")
DEFAULT = {"Priority": "enum[1]", "Type": "enum[1]", "State": "state[1]", "Assignee": "user[1]"}
KANBAN = {
    "Stage": "state[1]",
    "Kanban State": "enum[1]",
    "Priority": "enum[1]",
    "Assignee": "user[1]",
}
_VALUES = {
    "Priority": PRIORITIES,
    "Type": ("Bug", "Feature", "Task"),
    "Kanban State": ("Ready", "Blocked"),
    "Sprints": ("Backlog", "Sprint 1", "Sprint 2"),
}


UPDATES = frozenset(
    {
        "IssueCreatedCategory",
        "SummaryCategory",
        "DescriptionCategory",
        "CustomFieldCategory",
        "ProjectCategory",
    }
)


_DIRECTED = (("s", "OUTWARD"), ("t", "INWARD"))
LINK_TYPES = (
    r.LinkType("114-0", "Relates", "relates to", "", (("", "BOTH"),)),
    r.LinkType("114-1", "Depend", "is required for", "depends on", _DIRECTED),
    r.LinkType("114-2", "Duplicate", "is duplicated by", "duplicates", _DIRECTED),
    r.LinkType("114-3", "Subtask", "parent for", "subtask of", _DIRECTED),
)


class Clock(Protocol):
    """What tells the time."""

    def now(self) -> datetime:
        """Return the present moment."""
        ...


class State:
    """What an instance has stored. `refusing`: a workflow refuses all writes of issues."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.lock = clock, RLock()
        self.users: list[r.User] = []
        self.projects: list[r.Project] = []
        self.issues: dict[str, r.Issue] = {}
        self.tags: list[r.Tag] = []
        self.refused_tags: set[str] = set()  # in small letters
        self.groups: list[r.Group] = []
        self.activities: list[r.Activity] = []
        self.tokens: dict[str, r.User] = {}
        self.refusing = False
        self.groups_path = "/groups"  # where groups are listed; of old servers /admin/groups
        self.link_types = list(LINK_TYPES)
        self.links: list[tuple[r.LinkType, str, str]] = []  # source, target
        self.boards: list[r.Board] = []
        self.ways = frozenset({"command", "removed", "listed"})  # into sprints and out of them
        self.apps: list[r.App] = []
        self.tells_sprints = False  # whether an issue has an attribute `sprints`
        self.watch: Callable[[r.Activity], None] = lambda activity: None  # as a rule on change sees
        self.notifications: list[tuple[str, bool]] = []  # issue, muted
        self.mentioned: list[str] = []
        self._numbers: dict[str, int] = {}

    def next_id(self, kind: str) -> str:
        """Return a database id: the number of the kind of entity, and its own."""
        self._numbers[kind] = self._numbers.get(kind, 0) + 1
        return f"{kind}-{self._numbers[kind]}"

    def now(self) -> int:
        """Return the present moment in milliseconds."""
        return int(self.clock.now().timestamp() * 1000)

    def add_user(self, login: str, **more: Any) -> r.User:
        """Store an account with a token `perm-LOGIN`."""
        user = r.User(self.next_id("1"), login, login.title(), f"{login}@example.com", **more)
        self.users.append(user)
        self.tokens[f"perm-{login}"] = user
        return user

    def add_project(
        self, short_name: str, members: Sequence[r.User], fields: Mapping[str, str] = DEFAULT
    ) -> r.Project:
        """Store a project whose members see and change everything in it."""
        group = r.Group(self.next_id("3"), f"{short_name} Team")
        project = r.Project(self.next_id("0"), short_name, short_name.title(), members[0], group)
        project.readers = {user.id for user in members}
        project.writers = set(project.readers)
        self.projects.append(project)
        self.groups.append(group)
        for name, type_id in fields.items():
            self.add_field(project, name, type_id)
        return project

    def add_field(
        self, project: r.Project, name: str, type_id: str, values: Sequence[str] = (), **more: Any
    ) -> r.ProjectField:
        """Give a project a field, with the usual values where none are named."""
        kind = type_id.partition("[")[0]
        bundle = None
        if kind == "user":
            users = [user for user in self.users if user.id in project.readers]
            bundle = r.Bundle(self.next_id("70"), kind, users=users)
        elif kind in r.ENUMERATED:
            rows = [(value, False) for value in values or _VALUES.get(name, ())]
            if kind == "state" and not values:
                rows = list(STATES)
            bundle = r.Bundle(self.next_id("66"), kind, [
                r.BundleValue(self.next_id("67"), value, kind, resolved, ordinal=place)
                for place, (value, resolved) in enumerate(rows)
            ])  # fmt: skip
        shared = next(
            (
                each.field
                for known in self.projects
                for each in known.fields
                if (each.field.name, each.field.type_id) == (name, type_id)
            ),
            None,
        )
        definition = shared or r.CustomField(self.next_id("58"), name, type_id)
        default = None
        if bundle and bundle.values and (kind == "state" or name == "Priority"):
            default = bundle.values[3 if name == "Priority" and len(bundle.values) > 3 else 0]
        of_project = r.ProjectField(
            self.next_id("92"),
            project,
            definition,
            bundle,
            ordinal=len(project.fields),
            default=default,
        )
        of_project.can_be_empty = kind != "state" and name != "Priority"
        for key, value in more.items():
            setattr(of_project, key, value)
        project.fields.append(of_project)
        return of_project

    def user(self, login: str) -> r.User:
        """Return an account by its login."""
        return next(user for user in self.users if user.login == login)

    def project(self, short_name: str) -> r.Project:
        """Return a project by its short name."""
        return next(each for each in self.projects if each.short_name == short_name)

    def create_issue(
        self, project: r.Project, author: r.User, summary: str, description: str | None = None
    ) -> r.Issue:
        """Store an issue with the defaults of its project."""
        now = self.now()
        project.last_number += 1
        issue = r.Issue(
            self.next_id("2"), project, project.last_number, summary, description or None,
            author, author, now, now,
        )  # fmt: skip
        issue.values = {each.field.name: each.default for each in project.fields}
        self.issues[issue.id] = issue
        self.record(issue, author, "IssueCreatedCategory", added=issue)
        self.mention(description or "")
        return issue

    def record(
        self, target: r.Issue | r.Comment | r.WorkItem, author: r.User, category: str,
        *, field: r.ProjectField | None = None, added: Any = None, removed: Any = None,
    ) -> None:  # fmt: skip
        """Store a line of the history, and that the issue was updated where that counts as such.

        Which acts do is documented nowhere: here, the fewest.
        """
        issue = target if isinstance(target, r.Issue) else target.issue
        if category in UPDATES:
            issue.updated, issue.updater = self.now(), author
        activity = r.Activity(
            self.next_id("7"), self.now(), author, category, target, issue, field, added, removed
        )
        self.activities.append(activity)
        self.watch(activity)

    def mention(self, text: str) -> None:
        """Notify whom a text names by `@login`."""
        self.mentioned += [user.login for user in self.users if f"@{user.login}" in text]

    def set_value(
        self, issue: r.Issue, author: r.User, of_project: r.ProjectField, value: Any
    ) -> None:
        """Store a value of a field, and whether the issue is resolved now."""
        name = of_project.field.name
        before = issue.values.get(name)
        if before == value:
            return
        issue.values[name] = value
        self.record(
            issue, author, "CustomFieldCategory", field=of_project, added=value, removed=before
        )
        states = [
            issue.values.get(each.field.name)
            for each in issue.project.fields
            if each.field.type_id == "state[1]"
        ]
        resolved = bool(states) and all(state is not None and state.resolved for state in states)
        if resolved != (issue.resolved is not None):
            issue.resolved = self.now() if resolved else None

    def add_comment(
        self, issue: r.Issue, author: r.User, text: str, limited: Sequence[r.Group | r.User] = ()
    ) -> r.Comment:
        """Store a comment, byte for byte."""
        comment = r.Comment(
            self.next_id("4"), issue, author, text, self.now(), limited=list(limited)
        )
        issue.comments.append(comment)
        self.record(comment, author, "CommentsCategory", added=comment)
        self.mention(text)
        return comment

    def attach(
        self,
        issue: r.Issue,
        author: r.User,
        name: str,
        content: bytes,
        comment: r.Comment | None = None,
    ) -> r.Attachment:
        """Store a file; some signs of its name are changed."""
        for sign in '\\"\r\n':
            name = name.replace(sign, "_" if sign in '\\"' else "")
        file = r.Attachment(self.next_id("8"), issue, author, name, content, self.now(), comment)
        issue.attachments.append(file)
        self.record(issue, author, "AttachmentsCategory", added=file)
        return file

    def log_work(
        self,
        issue: r.Issue,
        creator: r.User,
        author: r.User,
        minutes: int,
        date: int,
        text: str | None,
    ) -> r.WorkItem:
        """Store logged work; `date` is midnight UTC of its day."""
        item = r.WorkItem(
            self.next_id("12"), issue, author, creator, minutes, date, self.now(), text
        )
        issue.work_items.append(item)
        self.record(item, creator, "WorkItemCategory", added=item)
        return item

    def delete_value(self, of_project: r.ProjectField, value: r.BundleValue) -> None:
        """Delete a value of a bundle: issues that had it are left without one."""
        assert of_project.bundle is not None
        of_project.bundle.values.remove(value)
        for issue in self.issues.values():
            held = issue.values.get(of_project.field.name)
            if isinstance(held, list):
                issue.values[of_project.field.name] = [each for each in held if each is not value]
            elif held is value:
                issue.values[of_project.field.name] = None

    def linked(self, issue: r.Issue, kind: r.LinkType, direction: str) -> list[r.Issue]:
        """Return the issues that an issue is linked to."""
        rows = [(source, target) for held, source, target in self.links if held is kind]
        ids = [target for source, target in rows if source == issue.id and direction != "INWARD"]
        ids += [source for source, target in rows if target == issue.id and direction != "OUTWARD"]
        return [self.issues[each] for each in ids if each in self.issues]

    def link(
        self, user: r.User, issue: r.Issue, other: r.Issue, kind: r.LinkType, direction: str
    ) -> None:
        """Link two issues, once."""
        if other not in self.linked(issue, kind, direction):
            ends = (other.id, issue.id) if direction == "INWARD" else (issue.id, other.id)
            self.links.append((kind, *ends))
            self.record(issue, user, "LinksCategory", added=other)

    def unlink(
        self, user: r.User, issue: r.Issue, other: r.Issue, kind: r.LinkType, direction: str
    ) -> None:
        """Remove a link."""
        ends = {(issue.id, other.id), (other.id, issue.id)}
        if direction != "BOTH":
            ends = {(other.id, issue.id) if direction == "INWARD" else (issue.id, other.id)}
        self.links = [row for row in self.links if row[0] is not kind or row[1:] not in ends]
        self.record(issue, user, "LinksCategory", removed=other)

    def add_board(
        self, name: str, projects: Sequence[r.Project], sprints: Sequence[str], synced: str = ""
    ) -> r.Board:
        """Store a board with sprints; those that follow a field have a version each."""
        board = r.Board(self.next_id("108"), name, list(projects), synced)
        board.sprints = [r.Sprint(self.next_id("109"), board, each) for each in sprints]
        self.boards.append(board)
        return board

    def sprints_of(self, issue: r.Issue) -> list[r.Sprint]:
        """Return the sprints that an issue is in."""
        return [
            sprint
            for board in self.boards
            if issue.project in board.projects
            for sprint in board.sprints
            if self._is_in(issue, sprint)
        ]

    def _is_in(self, issue: r.Issue, sprint: r.Sprint) -> bool:
        if not sprint.board.synced_field:
            return issue.id in sprint.issues
        held = issue.values.get(sprint.board.synced_field)
        values = held if isinstance(held, list) else [held] if held else []
        return sprint.name in [value.name for value in values]

    def set_in_sprint(self, user: r.User, issue: r.Issue, sprint: r.Sprint, *, is_in: bool) -> None:
        """Put a card into a sprint, or take it out."""
        if is_in and issue.id not in sprint.issues:
            sprint.issues.add(issue.id)
            self.record(issue, user, "SprintCategory")
        elif not is_in and issue.id in sprint.issues:
            sprint.issues.discard(issue.id)
            self.record(issue, user, "SprintCategory")

    def move(self, issue: r.Issue, author: r.User, project: r.Project) -> None:
        """Move an issue: its readable id changes, the old number is gone."""
        before = issue.project
        project.last_number += 1
        issue.project, issue.number = project, project.last_number
        issue.values = {
            each.field.name: issue.values.get(each.field.name, each.default)
            for each in project.fields
        }
        self.record(issue, author, "ProjectCategory", added=project, removed=before)


def day_start(moment: datetime) -> int:
    """Return midnight UTC of a calendar day, in milliseconds."""
    return int(datetime(moment.year, moment.month, moment.day, tzinfo=UTC).timestamp() * 1000)
