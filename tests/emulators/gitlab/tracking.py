"""What people plan: issues, incidents, work items. Each act fires its hook.

https://docs.gitlab.com/user/project/integrations/webhook_events/#work-item-events
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tests.emulators.gitlab import issue_payloads
from tests.emulators.gitlab.deliveries import Deliveries
from tests.emulators.gitlab.entities import STATE_IDS, Project, User
from tests.emulators.gitlab.issues.labels import ensure
from tests.emulators.gitlab.parts import label_part, person
from tests.emulators.gitlab.payloads import change
from tests.emulators.gitlab.state import State
from tests.emulators.gitlab.tracked import Issue, Milestone

OPENED = ("author_id", "created_at", "description", "id", "iid", "project_id", "title")


@dataclass
class Tracking:
    state: State
    deliveries: Deliveries

    def open_issue(
        self,
        project: Project | str,
        title: str,
        user: User | str,
        *,
        kind: str = "Issue",
        description: str = "",
        labels: Iterable[str] = (),
        assignees: Iterable[User | str] = (),
        confidential: bool = False,
        milestone: Milestone | None = None,
        due_date: str | None = None,
    ) -> Issue:
        """`kind`: Issue, Incident, Task, Ticket, Test Case…"""
        place, author = self.state.project(project), self.state.user(user)
        with self.state.lock:
            now = self.state.now()
            one = Issue(
                id=self.state.next_id("issue"),
                iid=self.state.next_id(f"iid of issues in {place.id}"),
                project_id=place.id,
                title=title,
                description=description,
                author_id=author.id,
                created_at=now,
                updated_at=now,
                kind=kind,
                confidential=confidential,
                due_date=due_date,
                milestone_id=milestone.id if milestone else None,
            )
            one.labels = [ensure(self.state, place, name) for name in labels]
            one.assignee_ids = [self.state.user(who).id for who in assignees]
            place.issues[one.iid] = one
            shown = issue_payloads.issue_attributes(self.state, place, one, self._at)
            changes = {name: change(None, shown[name]) for name in (*OPENED, "updated_at")}
        self._fire(one, author, "open", changes)
        return one

    def update_issue(
        self,
        one: Issue,
        user: User | str,
        *,
        labels: Iterable[str] | None = None,
        assignees: Iterable[User | str] | None = None,
        spent: int = 0,
        **columns: object,
    ) -> None:
        """`columns`: title, description, due_date, weight, milestone_id, confidential,
        time_estimate. `spent`: seconds just logged. One hook, none where nothing changed."""
        actor = self.state.user(user)
        with self.state.lock:
            columns |= {"total_time_spent": one.total_time_spent + spent} if spent else {}
            changes = _set(one, columns)
            changes |= self._label(one, labels) | self._assign(one, assignees)
            if not changes:
                return
            changes |= self._touch(one, actor, edited={"title", "description"} & changes.keys())
        self._fire(one, actor, "update", changes, spent=spent)

    def close_issue(self, one: Issue, user: User | str) -> None:
        self._move(one, self.state.user(user), "closed", "close")

    def reopen_issue(self, one: Issue, user: User | str) -> None:
        self._move(one, self.state.user(user), "opened", "reopen")

    def _move(self, one: Issue, actor: User, state: str, action: str) -> None:
        if one.state == state:
            raise ValueError(f"#{one.iid} is {state}")
        with self.state.lock:
            changes = {"state_id": change(STATE_IDS[one.state], STATE_IDS[state])}
            before, one.state = one.closed_at, state
            one.closed_at = self.state.now() if state == "closed" else None
            one.closed_by_id = actor.id if state == "closed" else None
            changes["closed_at"] = change(self._at(before), self._at(one.closed_at))
            changes |= self._touch(one, actor, edited=False)
        self._fire(one, actor, action, changes)

    @property
    def _at(self) -> issue_payloads.Written:
        return issue_payloads.written(self.state)

    def _touch(self, one: Issue, actor: User, *, edited: object) -> dict:
        before, one.updated_at = one.updated_at, self.state.now()
        changes = {"updated_at": change(self._at(before), self._at(one.updated_at))}
        changes |= _set(one, {"updated_by_id": actor.id})
        if edited:
            old, one.last_edited_at = one.last_edited_at, one.updated_at
            changes["last_edited_at"] = change(self._at(old), self._at(one.updated_at))
            changes |= _set(one, {"last_edited_by_id": actor.id})
        return changes

    def _label(self, one: Issue, wanted: Iterable[str] | None) -> dict:
        if wanted is None:
            return {}
        place = self.state.projects[one.project_id]
        before = [label_part(place, each, self._at) for each in one.labels]
        one.labels = [ensure(self.state, place, name) for name in wanted]
        after = [label_part(place, each, self._at) for each in one.labels]
        return {"labels": change(before, after)} if before != after else {}

    def _assign(self, one: Issue, wanted: Iterable[User | str] | None) -> dict:
        if wanted is None:
            return {}
        before = [person(self.state.users[who]) for who in one.assignee_ids]
        one.assignee_ids = [self.state.user(who).id for who in wanted]
        after = [person(self.state.users[who]) for who in one.assignee_ids]
        return {"assignees": change(before, after)} if before != after else {}

    def _fire(self, one: Issue, actor: User, action: str, changes: dict, *, spent: int = 0) -> None:
        with self.state.lock:
            body = issue_payloads.issue(self.state, one, actor, action, changes)
        body["object_attributes"] |= {
            "time_change": spent,
            "human_time_change": issue_payloads.human(spent),
        }
        flag = "confidential_issues_events" if one.confidential else "issues_events"
        self.deliveries.fire(self.state.projects[one.project_id], flag, body)


def _set(one: Issue, columns: dict) -> dict:
    changes = {}
    for name, value in columns.items():
        previous = getattr(one, name)
        if previous != value:
            setattr(one, name, value)
            changes[name] = change(previous, value)
    return changes
