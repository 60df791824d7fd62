"""Whose work a range of commits is: merge requests and tasks that the commits themselves tell of.

Pure. The code host knows most of it; a cherry-pick made by hand or a commit without any merge
request it does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sync.core.model.common import Commit
from sync.core.references import find as references_find
from sync.core.rules.portal import ReferenceRules

# `git cherry-pick -x` and the code host's own button write this trailer.
# https://docs.gitlab.com/user/project/merge_requests/cherry_pick_changes/
_CHERRY_PICK = re.compile(r"\(cherry picked from commit ([0-9a-f]{8,64})\)")
# The last line of the code host's merge commits.
# https://docs.gitlab.com/user/project/merge_requests/commit_templates/
_MERGE_COMMIT = re.compile(r"^See merge request (\S*)!([1-9][0-9]{0,17})$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class DeploymentContents:
    """`shas`: commits, those picked from elsewhere too; `iids`: of merge requests named by merge
    commits; `task_ids`: named in commits as more than a mention."""

    shas: frozenset[str]
    iids: frozenset[int]
    task_ids: frozenset[int]


def find_contents(
    commits: Sequence[Commit], path: str, rules: ReferenceRules
) -> DeploymentContents:
    """`path`: of the project, by which a merge commit names the project's own merge requests."""
    shas = {commit.sha for commit in commits}
    shas |= {answer for commit in commits for answer in _CHERRY_PICK.findall(commit.message)}
    iids = {
        int(iid)
        for commit in commits
        for of, iid in _MERGE_COMMIT.findall(commit.message)
        if of.casefold() in ("", path.casefold())
    }
    return DeploymentContents(
        frozenset(shas), frozenset(iids), frozenset(_task_ids(commits, rules))
    )


def _task_ids(commits: Iterable[Commit], rules: ReferenceRules) -> Iterable[int]:
    parsed = (
        ref
        for commit in commits
        for ref in references_find.find_references(commit.message, "commit", rules)
    )
    return [ref.task_id for ref in parsed if ref.kind.is_work]
