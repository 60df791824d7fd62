"""Writes of issues as GitLab's services carry them out: parts left out, notes, touches, hooks.

app/services/issuable_base_service.rb, issues/{create,update,close,reopen}_service.rb
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.emulators.gitlab import access, issue_payloads
from tests.emulators.gitlab.deliveries import Deliveries
from tests.emulators.gitlab.entities import OWNER, Project, User
from tests.emulators.gitlab.issues import actions, commands, fields, labels, references, statuses
from tests.emulators.gitlab.issues.actions import Action
from tests.emulators.gitlab.issues.moving import Copies
from tests.emulators.gitlab.issues.obstacles import Obstacles
from tests.emulators.gitlab.issues.records import Status
from tests.emulators.gitlab.issues.timing import Timing
from tests.emulators.gitlab.parts import label_part, person
from tests.emulators.gitlab.payloads import change
from tests.emulators.gitlab.state import State
from tests.emulators.gitlab.tracked import Issue
from tests.emulators.gitlab.web import ApiError, forbidden

NEVER_IN_CHANGES = ("id", "iid", "author_id", "project_id", "created_at", "type")


@dataclass
class Issues:
    """For tests to look at: `executed`, every quick action that ran, with its issue's id;
    `notified`, who was mentioned and where."""

    state: State
    deliveries: Deliveries
    largest_upload: int = 100  # megabytes

    def __post_init__(self) -> None:
        self.obstacles = Obstacles(self.state)
        self.timing = Timing(self.state, self)
        self.copies = Copies()
        self.executed: list[tuple[int, Action]] = []
        self.notified: list[tuple[str, int]] = []
        self._outgoing: list[tuple[Project, str, dict[str, Any], str]] = []

    def create(self, place: Project, actor: User, wanted: dict[str, Any], chain: str = "") -> Issue:
        """`wanted`: parameters of the API by name, of right types."""
        state = self.state
        wanted = fields.permitted(state, place, actor, wanted, author=True)
        text, found = actions.extract(wanted.get("description") or "")
        wanted["description"] = text
        fields.check(wanted)
        now = wanted.get("created_at") or state.now()
        number = wanted.get("iid") or state.next_id(f"iid of issues in {place.id}")
        if number in place.issues:
            raise ApiError(409, {"message": "Duplicated issue"})
        issue = Issue(
            id=state.next_id("issue"),
            iid=number,
            project_id=place.id,
            title=wanted["title"].strip(),
            description=text,
            author_id=actor.id,
            created_at=now,
            updated_at=now,
            kind=wanted.get("kind") or "Issue",
        )
        place.issues[issue.iid] = issue
        fields.assign(state, place, issue, wanted)
        self._run(issue, actor, found)
        references.follow(self, issue, actor, f"{issue.title}\n{issue.description}")
        at = issue_payloads.written(state)
        opened = issue_payloads.columns(issue, at)
        changes = {name: change(None, value) for name, value in opened.items() if value is not None}
        self.fire(issue, actor, "open", changes, chain=chain)
        return issue

    def update(self, issue: Issue, actor: User, wanted: dict[str, Any], chain: str = "") -> None:
        """A close or reopen fires its own hook, and `update` follows, whatever changed."""
        state, place = self.state, self.state.projects[issue.project_id]
        own = actor.id in (issue.author_id, *issue.assignee_ids)
        if not own and state.access_level(actor, place) < access.planner(state):
            raise forbidden()
        wanted = fields.permitted(state, place, actor, wanted)
        found: list[Action] = []
        if wanted.get("description") is not None:
            before = frozenset(actions.extract(issue.description)[1])
            text, found = actions.extract(wanted["description"], before)
            wanted["description"] = text
        fields.check(wanted)
        if event := wanted.pop("state_event", None):
            self.set_state(issue, actor, "closed" if event == "close" else "opened", chain)
        shot = self.shot(issue)
        fields.assign(state, place, issue, wanted)
        self._run(issue, actor, found)
        changes = self.changes(issue, actor, shot)
        if changes.keys() & {"title", "description"}:
            references.follow(self, issue, actor, f"{issue.title}\n{issue.description}")
        if "updated_at" in wanted:
            issue.updated_at = wanted["updated_at"]
        self.fire(issue, actor, "update", changes, chain=chain)

    def run(self, issue: Issue, actor: User, found: list[Action]) -> list[str]:
        """Carry out quick actions of a comment: the words of those that failed."""
        shot = self.shot(issue)
        failed = self._run(issue, actor, found)
        if len(failed) < len(found):
            self.fire(issue, actor, "update", self.changes(issue, actor, shot))
        return failed

    def _run(self, issue: Issue, actor: User, found: list[Action]) -> list[str]:
        failed = []
        for action in found:
            problem = commands.run(self, issue, actor, action)
            if problem:
                failed.append(problem)
            else:
                self.executed.append((issue.id, action))
        return failed

    def set_state(
        self, issue: Issue, actor: User, wanted: str, chain: str = "", status: str = ""
    ) -> None:
        """`status`: what it gets; else the default of the state. Nothing for the state it has."""
        if issue.state == wanted:
            return
        shot = self.shot(issue)
        issue.state = wanted
        issue.closed_at = self.state.now() if wanted == "closed" else None
        issue.closed_by_id = actor.id if wanted == "closed" else None
        issue.status_id = status
        self.note(issue, "closed" if wanted == "closed" else "reopened", actor)
        changes = self.changes(issue, actor, shot)
        self.fire(issue, actor, "close" if wanted == "closed" else "reopen", changes, chain=chain)

    def set_status(self, issue: Issue, actor: User, status: Status, chain: str = "") -> None:
        """The state follows the status."""
        before = statuses.current(self.state, issue)
        if before == status:
            return
        wanted = "closed" if status.closed else "opened"
        if issue.state != wanted:
            self.set_state(issue, actor, wanted, chain, status.id)
        issue.status_id = status.id
        self.note(issue, f"set status to **{status.name}**", actor)
        shot = self.shot(issue)
        parts = [statuses.hook_part(before), statuses.hook_part(status)]
        changes = self.changes(issue, actor, shot, touched=True) | {"status": parts}
        self.fire(issue, actor, "update", changes, chain=chain)

    def note(self, issue: Issue, text: str, actor: User) -> None:
        """A system note: it touches the issue, and no hook tells of it."""
        issue.notes.append(fields.system_note(self.state, text, actor))
        issue.updated_at = self.state.now()

    def shot(self, issue: Issue) -> dict[str, Any]:
        """What a hook's `changes` is made from, as it is now."""
        state, place = self.state, self.state.projects[issue.project_id]
        at = issue_payloads.written(state)
        return issue_payloads.columns(issue, at) | {
            "labels": [label_part(place, label, at) for label in issue.labels],
            "assignees": [person(state.users[who]) for who in issue.assignee_ids],
            "total_time_spent": issue.total_time_spent,
        }

    def changes(
        self, issue: Issue, actor: User, shot: dict[str, Any], *, touched: bool = False
    ) -> dict[str, Any]:
        """What changed since the shot; the issue is touched, but for its place in a list."""
        now = self.shot(issue)
        changed = {name for name in now if now[name] != shot[name]} - {*NEVER_IN_CHANGES}
        if changed - {"relative_position", "updated_at"} or touched:
            issue.updated_at, issue.updated_by_id = self.state.now(), actor.id
        if "description" in changed:
            issue.last_edited_at, issue.last_edited_by_id = self.state.now(), actor.id
        self._say(issue, actor, shot, changed)
        now = self.shot(issue)
        return {
            name: change(shot[name], now[name])
            for name in now
            if now[name] != shot[name] and name not in NEVER_IN_CHANGES
        }

    def _say(self, issue: Issue, actor: User, shot: dict[str, Any], changed: set[str]) -> None:
        """System notes; changes of labels, milestones and weight are resource events instead."""
        texts = {
            "title": f"changed title from **{shot['title']}** to **{issue.title}**",
            "description": "changed the description",
            "assignees": "changed the assignees",
            "due_date": f"changed due date to {issue.due_date}",
            "confidential": "made the issue confidential"
            if issue.confidential
            else "made the issue visible to everyone",
            "time_estimate": "changed time estimate",
        }
        for name, text in texts.items():
            if name in changed:
                self.note(issue, text, actor)

    def fire(
        self,
        issue: Issue,
        actor: User,
        action: str,
        changes: dict[str, Any],
        *,
        time_change: int = 0,
        chain: str = "",
    ) -> None:
        """To the hooks of what is confidential now, whatever it was before."""
        body = issue_payloads.issue(self.state, issue, actor, action, changes)
        body["object_attributes"] |= {
            "time_change": time_change,
            "human_time_change": issue_payloads.human(time_change),
        }
        flag = "confidential_issues_events" if issue.confidential else "issues_events"
        place = self.state.projects[issue.project_id]
        if not place.archived:
            self.send(place, flag, body, chain)

    def send(self, place: Project, flag: str, body: dict[str, Any], chain: str) -> None:
        """Keep a hook's body until the lock is free."""
        self._outgoing.append((place, flag, body, chain))

    def flush(self) -> None:
        """Post the hooks of what was done; call it without the state's lock."""
        with self.state.lock:
            outgoing, self._outgoing = self._outgoing, []
        for place, flag, body, chain in outgoing:
            self.deliveries.fire(place, flag, body, chain=chain)

    def add_labels(self, issue: Issue, names: list[str]) -> None:
        """Add labels that there are; unknown names do nothing."""
        place = self.state.projects[issue.project_id]
        found = [labels.find(self.state, place, name) for name in names]
        added = [label for label in found if label]
        issue.labels = labels.with_added(self.state, issue.labels, added)

    def by_id(self, number: int) -> Issue | None:
        if not number:
            return None
        for place in self.state.projects.values():
            for issue in place.issues.values():
                if issue.id == number:
                    return issue
        return None

    def is_owner(self, place: Project, actor: User) -> bool:
        return self.state.access_level(actor, place) >= OWNER
