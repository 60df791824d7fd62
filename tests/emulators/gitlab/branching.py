"""What people do to branches with git: merge others into them, rebase, amend, fork a project.

Each ends in one push, whose hook lists everything that the branch did not have before.
https://docs.gitlab.com/user/project/integrations/webhook_events/#push-events
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tests.emulators.gitlab import ancestry
from tests.emulators.gitlab.coding import Coding
from tests.emulators.gitlab.entities import Branch, Commit, Project, User
from tests.emulators.gitlab.state import State


@dataclass
class Branching:
    state: State
    coding: Coding

    def merge_branch(
        self, project: Project | str, what: str, into: str, user: User | str, *, message: str = ""
    ) -> Commit:
        """`git merge WHAT` on `into`, with a merge commit, and a push."""
        place, actor = self.state.project(project), self.state.user(user)
        with self.state.lock:
            grown, other = place.branches[into], place.branches[what]
            before = grown.head
            text = message or f"Merge branch '{what}' into '{into}'"
            made = self.coding.written(actor, text, before, other.head)
            brought = ancestry.between(place, before, other.head)
            place.commits[made.id] = made
            grown.commits += [*brought, made.id]
        self.coding.pushed(place, into, before, actor)
        return made

    def fast_forward(self, project: Project | str, branch: str, to: str, user: User | str) -> None:
        """`git merge --ff-only TO` on `branch`, and a push."""
        place, actor = self.state.project(project), self.state.user(user)
        with self.state.lock:
            before, other = place.branches[branch].head, place.branches[to]
            place.branches[branch].commits = list(other.commits)
        self.coding.pushed(place, branch, before, actor)

    def rebase(
        self, project: Project | str, branch: str, user: User | str, *, onto: str = ""
    ) -> list[Commit]:
        """The branch's own commits written anew on top of `onto` (default: the default branch)."""
        place = self.state.project(project)
        base = place.branches[onto or place.default_branch].head
        _, own = ancestry.compare(place, base, place.branches[branch].head)
        plain = [place.commits[sha] for sha in own if len(place.commits[sha].parent_ids) < 2]
        return self._rewrite(place, branch, plain, base, user)

    def force_push(
        self,
        project: Project | str,
        branch: str,
        messages: Sequence[str],
        user: User | str,
        *,
        onto: str = "",
    ) -> list[Commit]:
        """Other commits in the place of the branch's own ones."""
        place, actor = self.state.project(project), self.state.user(user)
        base, _ = ancestry.compare(
            place, place.branches[onto or place.default_branch].head, place.branches[branch].head
        )
        fresh = [self.coding.written(actor, message) for message in messages]
        return self._rewrite(place, branch, fresh, base, user)

    def amend(self, project: Project | str, branch: str, message: str, user: User | str) -> Commit:
        """`git commit --amend -m MESSAGE` and a push by force."""
        place = self.state.project(project)
        last = place.commits[place.branches[branch].head]
        amended = replace(last, message=message)
        return self._rewrite(place, branch, [amended], last.parent_ids[0], user)[0]

    def reset(self, project: Project | str, branch: str, sha: str, user: User | str) -> None:
        """`git reset --hard SHA` and a push by force."""
        self._rewrite(self.state.project(project), branch, [], sha, user)

    def fork(self, project: Project | str, path: str, user: User | str) -> Project:
        """A project of the user's own with the same branches."""
        place, owner = self.state.project(project), self.state.user(user)
        with self.state.lock:
            made = self.state.add_project(path, members={owner.username: 40})
            made.forked_from_id = place.id
            made.visibility, made.default_branch = place.visibility, place.default_branch
            made.commits = dict(place.commits)
            made.branches = {
                name: Branch(name, list(one.commits), one.protected)
                for name, one in place.branches.items()
            }
        return made

    def _rewrite(
        self, place: Project, branch: str, commits: Sequence[Commit], base: str, user: User | str
    ) -> list[Commit]:
        actor, parent, made = self.state.user(user), base, []
        with self.state.lock:
            before = place.branches[branch].head
            for commit in commits:
                again = replace(
                    commit,
                    id=self.state.next_sha(),
                    parent_ids=(parent,),
                    at=self.state.now(),
                    authored_at=commit.authored,
                )
                place.commits[again.id] = again
                made.append(again)
                parent = again.id
            place.branches[branch].commits = list(reversed(ancestry.history(place, parent)))
        self.coding.pushed(place, branch, before, actor)
        return made
