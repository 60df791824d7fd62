"""What people write in merge requests: open, edit, ask for review. Each fires hooks.

https://docs.gitlab.com/user/project/integrations/webhook_events/#merge-request-events
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tests.emulators.gitlab import ancestry, changing, payloads
from tests.emulators.gitlab.deliveries import Deliveries
from tests.emulators.gitlab.entities import Label, MergeRequest, Project, User
from tests.emulators.gitlab.parts import hook_time, label_part, person
from tests.emulators.gitlab.state import State


@dataclass
class Editing:
    state: State
    deliveries: Deliveries

    def open_mr(
        self,
        project: Project | str,
        source_branch: str,
        title: str,
        user: User | str,
        *,
        description: str = "",
        target_branch: str = "",
        reviewers: Iterable[User | str] = (),
        assignees: Iterable[User | str] = (),
        labels: Iterable[str] = (),
        source_project: Project | str | None = None,
    ) -> MergeRequest:
        """A title that starts with `Draft:` makes a draft. ValueError: one is open already.

        `source_project`: the fork that has the source branch.
        """
        place, author = self.state.project(project), self.state.user(user)
        source_place = self.state.project(source_project or place)
        target = target_branch or place.default_branch
        with self.state.lock:
            _refuse_second(place, source_place, source_branch, target)
            mr = self._new(place, author, source_place, source_branch, target, title)
            mr.description = description
            mr.reviewers = {self.state.user(one).id: "unreviewed" for one in reviewers}
            mr.assignee_ids = [self.state.user(one).id for one in assignees]
            mr.labels = [Label(self.state.next_id("label"), name) for name in labels]
            place.merge_requests[mr.iid] = mr
            changes = _first_changes(mr)
        self._fire(mr, author, "open", changes)
        return mr

    def update_mr(
        self,
        mr: MergeRequest,
        user: User | str,
        *,
        title: str | None = None,
        description: str | None = None,
        draft: bool | None = None,
        target_branch: str | None = None,
        source_branch: str | None = None,
        labels: Iterable[str] | None = None,
        assignees: Iterable[User | str] | None = None,
    ) -> None:
        """Edit in one go; one `update` hook, none where nothing changed.

        `source_branch` is what renaming a branch amounts to: GitLab's API cannot change it.
        """
        actor = self.state.user(user)
        wanted = {"title": title, "description": description, "target_branch": target_branch}
        if draft is not None:
            wanted["title"] = drafted(title or mr.title, draft)
        wanted["source_branch"] = source_branch
        with self.state.lock:
            changes = _set_columns(mr, {k: v for k, v in wanted.items() if v is not None})
            if "target_branch" in changes:
                changing.reload_diff(self.state, mr)
            changes |= self._set_people(mr, assignees) | self._set_labels(mr, labels)
            if not changes:
                return
            changes |= self._edited(mr, actor, changes)
        self._fire(mr, actor, "update", changes)

    def request_review(self, mr: MergeRequest, reviewer: User | str, user: User | str) -> None:
        """Asked again, `changes.reviewers` is [[previous], [current]] and no pair of keys.

        Asking again takes that reviewer's approval away without any hook of its own.
        """
        asked, actor = self.state.user(reviewer), self.state.user(user)
        with self.state.lock:
            again = asked.id in mr.reviewers
            before = payloads.reviewers_part(self.state, mr)
            mr.reviewers[asked.id] = "unreviewed"
            mr.re_requested = {asked.id} if again else set()
            mr.approvals.pop(asked.id, None)
            after = payloads.reviewers_part(self.state, mr)
            changes = {"reviewers": [before, after] if again else payloads.change(before, after)}
            changes |= changing.touch(self.state, mr, actor)
        self._fire(mr, actor, "update", changes)

    def _new(
        self,
        place: Project,
        author: User,
        source_place: Project,
        source: str,
        target: str,
        title: str,
    ) -> MergeRequest:
        """The commits of a fork's branch are fetched into the target's repository."""
        place.commits.update(source_place.commits)
        head = source_place.branches[source].head
        base, shas = ancestry.compare(place, place.branches[target].head, head)
        now = self.state.now()
        return MergeRequest(
            id=self.state.next_id("merge_request"),
            iid=len(place.merge_requests) + 1,
            project_id=place.id,
            title=title,
            description="",
            author_id=author.id,
            source_branch=source,
            target_branch=target,
            base_sha=base,
            created_at=now,
            updated_at=now,
            shas=shas,
            source_project_id=0 if source_place is place else source_place.id,
        )

    def _set_people(self, mr: MergeRequest, wanted: Iterable[User | str] | None) -> dict:
        if wanted is None:
            return {}
        before = [person(self.state.users[one]) for one in mr.assignee_ids]
        mr.assignee_ids = [self.state.user(one).id for one in wanted]
        after = [person(self.state.users[one]) for one in mr.assignee_ids]
        return {"assignees": payloads.change(before, after)} if before != after else {}

    def _set_labels(self, mr: MergeRequest, wanted: Iterable[str] | None) -> dict:
        if wanted is None:
            return {}
        place = self.state.projects[mr.project_id]
        before = [label_part(place, label) for label in mr.labels]
        had = {label.title: label for label in mr.labels}
        mr.labels = [had.get(name) or Label(self.state.next_id("label"), name) for name in wanted]
        after = [label_part(place, label) for label in mr.labels]
        return {"labels": payloads.change(before, after)} if before != after else {}

    def _edited(self, mr: MergeRequest, actor: User, changes: dict) -> dict:
        moved = changing.touch(self.state, mr, actor)
        if not {"title", "description"} & changes.keys():
            return moved
        before, mr.last_edited_at = mr.last_edited_at, mr.updated_at
        mr.last_edited_by_id = actor.id
        edited = payloads.change(hook_time(before), hook_time(mr.last_edited_at))
        return moved | {"last_edited_at": edited}

    def _fire(self, mr: MergeRequest, actor: User, action: str, changes: dict) -> None:
        changing.fire(self.deliveries, mr, actor, action, changes=changes)


def drafted(title: str, draft: bool) -> str:
    """`title` with or without GitLab's own mark of a draft."""
    bare = title.removeprefix("Draft: ")
    return f"Draft: {bare}" if draft else bare


def _refuse_second(place: Project, source_place: Project, source: str, target: str) -> None:
    wanted = ("opened", source_place.id, source, target)
    for mr in place.merge_requests.values():
        if (mr.state, mr.source_id, mr.source_branch, mr.target_branch) == wanted:
            raise ValueError(
                f"Another open merge request already exists for this source branch: !{mr.iid}"
            )


def _first_changes(mr: MergeRequest) -> dict:
    prepared = hook_time(mr.updated_at)
    return {
        "merge_status": payloads.change("preparing", "checking"),
        "updated_at": payloads.change(hook_time(mr.created_at), prepared),
        "prepared_at": payloads.change(None, prepared),
    }


def _set_columns(mr: MergeRequest, wanted: dict[str, str]) -> dict:
    was_draft, changes = mr.draft, {}
    for column, value in wanted.items():
        previous = getattr(mr, column)
        if previous != value:
            setattr(mr, column, value)
            changes[column] = payloads.change(previous, value)
    if mr.draft != was_draft:
        changes["draft"] = payloads.change(was_draft, mr.draft)
    return changes
