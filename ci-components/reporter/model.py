"""What a report tells: merge requests, jobs, deployments, commits and tasks. Pure."""

from __future__ import annotations

from typing import NamedTuple

from reporter.ci_variables import Variables, number, ref_of
from reporter.settings import Settings


class Commit(NamedTuple):
    sha: str
    message: str


class MergeRequest(NamedTuple):
    """`state`: opened, locked, merged or closed. `head`: the last commit of its branch;
    `merged_as`: the merge commit; `project`: the id of its source, 0 where that is gone.
    """

    iid: int
    title: str
    url: str
    state: str = "opened"
    source_branch: str = ""
    target_branch: str = ""
    author: str = ""
    description: str = ""
    head: str = ""
    merged_as: str = ""
    project: int = 0
    commits: tuple[Commit, ...] = ()


class Job(NamedTuple):
    id: int
    name: str
    status: str
    url: str = ""
    allow_failure: bool = False
    stage: str = ""


class Deployment(NamedTuple):
    """`status`: success, failed, canceled, running, blocked or unknown."""

    environment: str
    tier: str = ""
    url: str = ""
    status: str = "unknown"


class NamedTask(NamedTuple):
    """A task that the work names; `merge_request`: the iid of the one it belongs to, 0 for none."""

    id: int
    kind: str
    merge_request: int = 0


class Report:
    """What is known of one run; it grows while GitLab answers.

    `status` "": it is not told. `jobs` None: GitLab does not tell. `own`: the iid of the merge
    request that the pipeline's own commit belongs to. `commits`: those of no merge request, the
    pipeline's own not among them. `refused`: what GitLab did not tell; `notes`: what was left
    unread; `nothing`: why there is nothing to tell; all of them in words.
    """

    def __init__(self, ci: Variables) -> None:
        self.ci, self.settings = ci, Settings(ci)
        self.ref, self.tag = ref_of(ci), bool(ci["CI_COMMIT_TAG"])
        self.sha, self.project_url = ci["CI_COMMIT_SHA"], ci["CI_PROJECT_URL"]
        self.pipeline, self.pipeline_url = number(ci["CI_PIPELINE_ID"]), ci["CI_PIPELINE_URL"]
        self.status, self.own = "", 0
        self.jobs: list[Job] | None = None
        self.merge_requests: list[MergeRequest] = []
        self.deployments: list[Deployment] = []
        self.commits: list[Commit] = []
        self.tasks: list[NamedTask] = []
        self.refused: list[str] = []
        self.notes: list[str] = []
        self.nothing = ""

    def merge_request_of(self, task: NamedTask) -> MergeRequest | None:
        return next((mr for mr in self.merge_requests if mr.iid == task.merge_request), None)
