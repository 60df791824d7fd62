"""What people decide on merge requests: approve, take back, merge, close, reopen.

https://docs.gitlab.com/user/project/integrations/webhook_events/#merge-request-events
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.emulators.gitlab import approvals, changing, payloads
from tests.emulators.gitlab.coding import Coding
from tests.emulators.gitlab.deliveries import Deliveries
from tests.emulators.gitlab.entities import STATE_IDS, Commit, MergeRequest, Project, User
from tests.emulators.gitlab.state import State

LOCKED = STATE_IDS["locked"]


@dataclass
class Reviewing:
    """`approval_note_first`: whether an approval's system note has moved `updated_at` already
    when its hook is built; both are background jobs of GitLab, in no order."""

    state: State
    deliveries: Deliveries
    coding: Coding
    approval_note_first: bool = False

    def approve(self, mr: MergeRequest, user: User | str) -> None:
        """`approved` once the rules are met, `approval` before. ValueError: may not, or did."""
        actor = self.state.user(user)
        with self.state.lock:
            if mr.state != "opened" or actor.id in mr.approvals:
                raise ValueError(f"{actor.username} cannot approve !{mr.iid}")
            mr.approvals[actor.id] = self.state.now()
            self._review_state(mr, actor, "approved")
            action = approvals.given(self.state, mr)
        self._fire_approval(mr, actor, action)

    def unapprove(self, mr: MergeRequest, user: User | str) -> None:
        """`unapproved` if the rules were met and no more are, else `unapproval`."""
        actor = self.state.user(user)
        with self.state.lock:
            was_approved = approvals.approved(self.state, mr)
            if mr.state == "merged" or mr.approvals.pop(actor.id, None) is None:
                raise ValueError(f"{actor.username} did not approve !{mr.iid}")
            self._review_state(mr, actor, "unapproved")
            action = approvals.taken(self.state, mr, was_approved=was_approved)
        self._fire_approval(mr, actor, action)

    def close(self, mr: MergeRequest, user: User | str) -> None:
        actor = self.state.user(user)
        with self.state.lock:
            changes = self._move(mr, actor, "closed", "opened")
            mr.closed_at, mr.closed_by_id = mr.updated_at, actor.id
        self._fire(mr, actor, "close", changes)

    def reopen(self, mr: MergeRequest, user: User | str) -> None:
        actor = self.state.user(user)
        with self.state.lock:
            changes = self._move(mr, actor, "opened", "closed")
            mr.closed_at = mr.closed_by_id = None
        self._fire(mr, actor, "reopen", changes)

    def merge(self, mr: MergeRequest, user: User | str, *, squash: bool = False) -> Commit:
        """Its commits, or one squashed, and a merge commit by the project's method.

        Hooks: merge, push to the target, branch removed. The new head of the target.
        """
        actor = self.state.user(user)
        place = self.state.projects[mr.project_id]
        if mr.draft:
            raise ValueError(f"!{mr.iid} is a draft")
        with self.state.lock:
            changes = self._move(mr, actor, "merged", "opened")
            changes["state_id"]["previous"] = LOCKED
            target = place.branches[mr.target_branch]
            before = target.head
            arrived = self._arriving(place, mr, actor, before, squash=squash)
            target.commits.extend(commit.id for commit in arrived)
            mr.merged_sha, mr.merge_user_id, mr.merged_at = target.head, actor.id, mr.updated_at
        self._fire(mr, actor, "merge", changes)
        self.coding.fire_push(place, actor, mr.target_branch, before, target.head, arrived)
        self.coding.reload_targets(place, mr.target_branch, {commit.id for commit in arrived})
        source = self.state.projects[mr.source_id]
        if mr.remove_source_branch and not source.branches[mr.source_branch].protected:
            self.coding.delete_branch(source, mr.source_branch, actor)
            if source is place:
                self._retarget(place, mr, actor)
        return place.commits[target.head]

    def _retarget(self, place: Project, merged: MergeRequest, actor: User) -> None:
        """Requests into a branch that was merged and deleted go where it went.

        https://docs.gitlab.com/user/project/merge_requests/#update-merge-requests-when-target-branch-merges
        """
        for mr in place.merge_requests.values():
            if (mr.state, mr.target_branch) == ("opened", merged.source_branch):
                changes = {"target_branch": payloads.change(mr.target_branch, merged.target_branch)}
                mr.target_branch = merged.target_branch
                changing.reload_diff(self.state, mr)
                self._fire(mr, actor, "update", changes | changing.touch(self.state, mr, actor))

    def _arriving(
        self, place: Project, mr: MergeRequest, actor: User, before: str, *, squash: bool
    ) -> list[Commit]:
        """https://docs.gitlab.com/user/project/merge_requests/methods/"""
        commits = [place.commits[sha] for sha in mr.shas]
        if squash:
            commits = [self.coding.written(self.state.users[mr.author_id], mr.title, before)]
            mr.squash_commit_sha = commits[0].id
        if place.merge_method == "merge":
            message = f"Merge branch '{mr.source_branch}' into '{mr.target_branch}'\n\n{mr.title}"
            message += f"\n\nSee merge request {place.path}!{mr.iid}"
            second = commits[-1].id if commits else mr.head_sha
            merged = self.coding.written(actor, message, before, second)
            mr.merge_commit_sha = merged.id
            commits.append(merged)
        place.commits.update({commit.id: commit for commit in commits})
        return commits

    def _fire(self, mr: MergeRequest, actor: User, action: str, changes: dict) -> None:
        changing.fire(self.deliveries, mr, actor, action, changes=changes)

    def _fire_approval(self, mr: MergeRequest, actor: User, action: str) -> None:
        now = self.state.now()
        if self.approval_note_first:
            mr.updated_at = now
        body = payloads.merge_request(self.state, mr, actor, action, at=now)
        mr.updated_at = now
        place = self.state.projects[mr.project_id]
        self.deliveries.fire(place, "merge_requests_events", body)

    def _review_state(self, mr: MergeRequest, actor: User, verdict: str) -> None:
        if actor.id in mr.reviewers:
            mr.reviewers[actor.id] = verdict
        mr.re_requested.discard(actor.id)

    def _move(self, mr: MergeRequest, actor: User, state: str, expected: str) -> dict:
        if mr.state != expected:
            raise ValueError(f"!{mr.iid} is {mr.state}")
        changes = {"state_id": payloads.change(STATE_IDS[mr.state], STATE_IDS[state])}
        mr.state = state
        return changes | changing.touch(self.state, mr, actor)
