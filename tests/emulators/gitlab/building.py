"""What runners do: pipelines and their jobs, from pending to an end. Each step fires its hooks.

https://docs.gitlab.com/user/project/integrations/webhook_events/#pipeline-events
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.emulators.gitlab import ci_payloads
from tests.emulators.gitlab.deliveries import Deliveries
from tests.emulators.gitlab.entities import Job, MergeRequest, Pipeline, Project, Source, User
from tests.emulators.gitlab.state import State

DONE = ("success", "skipped")
FINISHED = ("success", "failed", "canceled", "skipped")
DEFAULT_JOBS = (("build", "compile"), ("test", "unit"))


@dataclass
class Building:
    state: State
    deliveries: Deliveries

    def run_pipeline(
        self,
        where: MergeRequest | Project | str,
        *,
        ref: str = "",
        user: User | str = "",
        jobs: Sequence[tuple[str, str]] = DEFAULT_JOBS,
        variables: dict[str, str] | None = None,
        source: str = "",
        started_by: Source | None = None,
        sha: str = "",
        status: str = "pending",
        in_fork: bool = False,
    ) -> Pipeline:
        """A pending pipeline of a merge request, or of `ref` (a branch or a tag) of a project.

        `in_fork`: a fork's merge request runs there unless a member of this project starts it.
        `jobs`: (stage, name). It becomes the head pipeline of open requests with its commit,
        unless another pipeline started it.
        """
        mr = where if isinstance(where, MergeRequest) else None
        place = self.state.project(mr.project_id if mr else where)
        place = self.state.projects[mr.source_id] if mr and in_fork else place
        with self.state.lock:
            branch = mr.source_branch if mr else ref or place.default_branch
            sha = mr.head_sha if mr else sha or _head(place, branch)
            pipeline = self._new(place, mr, branch, sha, user)
            pipeline.source, pipeline.started_by = source or pipeline.source, started_by
            pipeline.tag = branch not in place.branches and branch in place.tags
            pipeline.jobs = [self._job(stage, name) for stage, name in jobs]
            pipeline.variables = variables or {}
            place.pipelines[pipeline.id] = pipeline
            if started_by is None:
                self._become_head(pipeline, mr)
        if status == "created":
            self.announce(pipeline)
        self.set_status(pipeline, status)
        return pipeline

    def set_status(self, pipeline: Pipeline, status: str, failed_job: str = "") -> None:
        """Moves the jobs too; no hook where the status is the same already."""
        if pipeline.status == status:
            return
        place = self.state.projects[pipeline.project_id]
        with self.state.lock:
            now = pipeline.updated_at = self.state.now()
            pipeline.status = status
            if status == "running":
                pipeline.started_at = now
            if status in FINISHED:
                ran = status != "skipped"
                pipeline.started_at = pipeline.started_at or (now if ran else None)
                pipeline.finished_at = now
            moved = self._move_jobs(pipeline, status, failed_job)
        for job in moved:
            self.deliveries.fire(place, "job_events", ci_payloads.job(self.state, pipeline, job))
        self.announce(pipeline)

    def announce(self, pipeline: Pipeline) -> None:
        """The hook of the state it is in."""
        with self.state.lock:
            place = self.state.projects[pipeline.project_id]
            body = ci_payloads.pipeline(self.state, pipeline)
        self.deliveries.fire(place, "pipeline_events", body)

    def retry(self, pipeline: Pipeline) -> None:
        """The failed jobs run again, as new ones; the pipeline runs on."""
        with self.state.lock:
            for job in [one for one in pipeline.jobs if one.status == "failed"]:
                job.retried = True
                again = self._job(job.stage, job.name)
                again.allow_failure = job.allow_failure
                pipeline.jobs.append(again)
            pipeline.finished_at = None
        self.set_status(pipeline, "running")

    def _move_jobs(self, pipeline: Pipeline, status: str, failed_job: str) -> list[Job]:
        culprit = failed_job or (pipeline.jobs[-1].name if pipeline.jobs else "")
        moved = []
        for job in (one for one in pipeline.jobs if not one.retried):
            if job.status in DONE or (job.allow_failure and job.status == "failed"):
                continue
            if job.manual and job.status == "manual" and status != "canceled":
                continue
            wanted = "success" if status == "failed" and job.name != culprit else status
            if job.status == wanted:
                continue
            job.status = wanted
            job.started_at = job.started_at or pipeline.started_at
            job.finished_at = pipeline.finished_at
            job.failure_reason = "script_failure" if wanted == "failed" else None
            moved.append(job)
        return moved

    def _new(
        self, place: Project, mr: MergeRequest | None, branch: str, sha: str, user: User | str
    ) -> Pipeline:
        starter = self.state.user(user) if user else self.state.users[_first_member(place)]
        now = self.state.now()
        return Pipeline(
            id=self.state.next_id("pipeline"),
            iid=len(place.pipelines) + 1,
            project_id=place.id,
            ref=branch,
            sha=sha,
            source="merge_request_event" if mr else "push",
            user_id=mr.author_id if mr and not user else starter.id,
            created_at=now,
            updated_at=now,
            merge_request_iid=mr.iid if mr else None,
            target_id=mr.project_id if mr else 0,
            on_status=self.set_status,
        )

    def _become_head(self, pipeline: Pipeline, mr: MergeRequest | None) -> None:
        """GitLab fires no merge request hook for that."""
        for place in self.state.projects.values():
            for one in place.merge_requests.values():
                here = one.source_id == pipeline.project_id and one.source_branch == pipeline.ref
                same = here and one.head_sha == pipeline.sha
                if one is mr or (mr is None and one.state == "opened" and same):
                    one.head_pipeline_id = pipeline.id

    def _job(self, stage: str, name: str) -> Job:
        return Job(self.state.next_id("job"), name, stage, "created", self.state.now())


def _head(place: Project, ref: str) -> str:
    return place.branches[ref].head if ref in place.branches else place.tags[ref].sha


def _first_member(place: Project) -> int:
    return min(place.members, default=1)
