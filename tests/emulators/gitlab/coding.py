"""What people do with code: push, create and delete branches, tag. Each fires its hooks.

https://docs.gitlab.com/user/project/integrations/webhook_events/#push-events
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tests.emulators.gitlab import ancestry, approvals, changing, payloads
from tests.emulators.gitlab.deliveries import Deliveries
from tests.emulators.gitlab.entities import (
    NULL_SHA,
    Branch,
    Commit,
    MergeRequest,
    Project,
    PushEvent,
    Tag,
    User,
)
from tests.emulators.gitlab.state import State

RESET_ACTION = "approvals_reset_on_push"


@dataclass
class Coding:
    state: State
    deliveries: Deliveries

    def create_branch(
        self, project: Project | str, branch: str, user: User | str, *, start: str = ""
    ) -> Branch:
        """A branch at the commit, or head of the branch, `start` (default: the default branch)."""
        place, actor = self.state.project(project), self.state.user(user)
        with self.state.lock:
            if branch in place.branches:
                raise ValueError(f"Branch already exists: {branch}")
            if start in place.commits:
                commits = [start]
            else:
                commits = list(place.branches[start or place.default_branch].commits)
            made = place.branches[branch] = Branch(branch, commits)
            brought = self.new_branch_commits(place, made.head)
        self.fire_push(place, actor, branch, NULL_SHA, made.head, brought)
        return made

    def new_branch_commits(self, place: Project, head: str) -> list[Commit]:
        """What the hook of a new branch lists: what the default branch has not.

        See app/services/git/branch_hooks_service.rb in GitLab's source.
        """
        default = place.branches[place.default_branch].head
        return [place.commits[sha] for sha in ancestry.between(place, default, head)]

    def delete_branch(self, project: Project | str, branch: str, user: User | str) -> None:
        place = self.state.project(project)
        with self.state.lock:
            head = place.branches.pop(branch).head
        self.fire_push(place, self.state.user(user), branch, head, NULL_SHA, ())

    def push(
        self, project: Project | str, branch: str, commits: Sequence[str | Commit], user: User | str
    ) -> list[Commit]:
        """Push messages or commits, oldest first; a branch that is not there is created.

        Open merge requests from the branch take the commits and fire `update` with `oldrev`.
        """
        place, actor = self.state.project(project), self.state.user(user)
        with self.state.lock:
            known = place.branches.get(branch)
            before = known.head if known else NULL_SHA
            start = known.head if known else place.branches[place.default_branch].head
            made = self._commit(place, actor, commits, start)
            grown = place.branches.setdefault(branch, Branch(branch, [start]))
            grown.commits.extend(commit.id for commit in made)
        self.pushed(place, branch, before, actor)
        return made

    def pushed(self, place: Project, branch: str, before: str, actor: User) -> None:
        """Fire what a branch that is somewhere else now fires, merge requests included.

        The hook lists what `before` has not, whatever way the branch took: after a merge or a
        rebase also what others did.
        """
        with self.state.lock:
            after = place.branches[branch].head
            new = before == NULL_SHA
            shas = [] if new else ancestry.between(place, before, after)
            commits = (
                self.new_branch_commits(place, after)
                if new
                else [place.commits[sha] for sha in shas]
            )
        self.fire_push(place, actor, branch, before, after, commits)
        for target, mr in _open_from(self.state, place, branch):
            self._take(target, mr, actor, before)
        self.reload_targets(place, branch, {commit.id for commit in commits})

    def reload_targets(self, place: Project, branch: str, brought: set[str]) -> None:
        """Requests into the branch whose commits came there are compared anew, without a hook.

        See app/services/merge_requests/refresh_service.rb in GitLab's source.
        """
        for mr in place.merge_requests.values():
            if (mr.state, mr.target_branch) == ("opened", branch) and brought & {*mr.shas}:
                changing.reload_diff(self.state, mr)

    def tag(self, project: Project | str, name: str, user: User | str, *, message: str = "") -> str:
        """A tag at the head of the default branch; its commit. `message`: an annotated one."""
        place = self.state.project(project)
        with self.state.lock:
            head = place.branches[place.default_branch].head
            made = place.tags[name] = Tag(name, head, self.state.now(), message)
            made.protected = any(fnmatchcase(name, one) for one in place.protected_tags)
        self._fire(place, user, f"refs/tags/{name}", NULL_SHA, head, ())
        return head

    def delete_tag(self, project: Project | str, name: str, user: User | str) -> None:
        place = self.state.project(project)
        gone = place.tags[name]
        self._fire(place, user, f"refs/tags/{name}", gone.sha, NULL_SHA, ())
        del place.tags[name]

    def cherry_pick(
        self, project: Project | str, what: str | MergeRequest, branch: str, user: User | str
    ) -> Commit:
        """A commit, or what a merge request brought, once more on top of `branch`."""
        place, actor = self.state.project(project), self.state.user(user)
        sha = what if isinstance(what, str) else what.merged_sha or ""
        with self.state.lock:
            message = f"{place.commits[sha].message}\n\n(cherry picked from commit {sha})"
            picked = self.written(actor, message, place.branches[branch].head)
            if isinstance(what, MergeRequest):
                what.picked_as.append(picked.id)
        self.push(place, branch, [picked], actor)
        return picked

    def _commit(
        self, place: Project, actor: User, commits: Sequence[str | Commit], parent: str
    ) -> list[Commit]:
        made = []
        for one in commits:
            commit = one if isinstance(one, Commit) else self.written(actor, one, parent)
            commit.parent_ids = commit.parent_ids or (parent,)
            place.commits[commit.id] = commit
            made.append(commit)
            parent = commit.id
        return made

    def written(self, actor: User, message: str, *parents: str) -> Commit:
        return Commit(
            id=self.state.next_sha(),
            message=message,
            author_name=actor.name,
            author_email=actor.email,
            at=self.state.now(),
            parent_ids=parents,
            added=("docs/notes.md",),
            modified=("src/app.py",),
        )

    def _take(self, place: Project, mr: MergeRequest, actor: User, before: str) -> None:
        with self.state.lock:
            changing.reload_diff(self.state, mr)
            mr.updated_at = self.state.now()
        changing.fire(self.deliveries, mr, actor, "update", oldrev=before)
        if place.reset_approvals_on_push and mr.approvals:
            self._reset_approvals(place, mr, actor)

    def _reset_approvals(self, place: Project, mr: MergeRequest, actor: User) -> None:
        """An act of GitLab itself, in the name of who pushed; it names no approver."""
        with self.state.lock:
            was_approved = approvals.approved(self.state, mr)
            for one in mr.approvals.keys() & mr.reviewers.keys():
                mr.reviewers[one] = "unapproved"
            mr.approvals.clear()
            action = approvals.taken(self.state, mr, was_approved=was_approved)
        changing.fire(self.deliveries, mr, actor, action, system_action=RESET_ACTION)

    def fire_push(
        self,
        place: Project,
        actor: User,
        branch: str,
        before: str,
        after: str,
        commits: Sequence[Commit],
    ) -> None:
        self._fire(place, actor, f"refs/heads/{branch}", before, after, commits)

    def _fire(
        self,
        place: Project,
        actor: User | str,
        ref: str,
        before: str,
        after: str,
        commits: Sequence[Commit],
    ) -> None:
        pusher = self.state.user(actor)
        place.pushes.append(
            PushEvent(
                self.state.next_id("event"), pusher.id, self.state.now(), ref, before, after,
                len(commits), commits[-1].message.split("\n", 1)[0] if commits else "",
            )
        )  # fmt: skip
        body = payloads.push(
            self.state,
            place,
            pusher,
            ref=ref,
            before=before,
            after=after,
            commits=list(commits),
        )
        flag = "tag_push_events" if ref.startswith("refs/tags/") else "push_events"
        self.deliveries.fire(place, flag, body)


def _open_from(state: State, place: Project, branch: str) -> list[tuple[Project, MergeRequest]]:
    """Each with the project it goes to."""
    return [
        (target, mr)
        for target in state.projects.values()
        for mr in target.merge_requests.values()
        if (mr.state, mr.source_id, mr.source_branch) == ("opened", place.id, branch)
    ]
