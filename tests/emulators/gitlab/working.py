"""What happens to single jobs, and to pipelines that a pipeline starts. Fires hooks.

https://docs.gitlab.com/user/project/integrations/webhook_events/#job-events
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.emulators.gitlab import ci_payloads
from tests.emulators.gitlab.building import DEFAULT_JOBS, FINISHED, Building
from tests.emulators.gitlab.deliveries import Deliveries
from tests.emulators.gitlab.entities import Bridge, Job, Pipeline, Project, Source, User
from tests.emulators.gitlab.state import State


@dataclass
class Working:
    state: State
    deliveries: Deliveries
    building: Building

    def add_job(
        self,
        pipeline: Pipeline,
        stage: str,
        name: str,
        *,
        status: str = "created",
        when: str = "on_success",
        allow_failure: bool = False,
        environment: str = "",
    ) -> Job:
        """One more job in a pipeline, e.g. a manual one: status and when are both `manual`."""
        with self.state.lock:
            number, now = self.state.next_id("job"), self.state.now()
            made = Job(number, name, stage, status, now, allow_failure=allow_failure)
            made.when, made.environment = when, environment
            pipeline.jobs.append(made)
        self._fire(pipeline, made)
        return made

    def set_job(
        self,
        pipeline: Pipeline,
        job: Job | str,
        status: str,
        *,
        reason: str = "script_failure",
        user: User | str = "",
    ) -> Job:
        """Moves one job and tells of it alone. `user`: who played or canceled it."""
        one = job if isinstance(job, Job) else named(pipeline, job)
        with self.state.lock:
            now, one.status = self.state.now(), status
            one.user_id = self.state.user(user).id if user else one.user_id
            if status in ("running", "success", "failed"):
                one.started_at = one.started_at or now
            one.finished_at = now if status in FINISHED else None
            one.failure_reason = reason if status == "failed" else None
            pipeline.updated_at = now
        self._fire(pipeline, one)
        return one

    def retry_job(self, pipeline: Pipeline, job: Job | str, user: User | str = "") -> Job:
        """A new job of the same name, pending; the old one is retried."""
        old = job if isinstance(job, Job) else named(pipeline, job)
        old.retried = True
        again = self.add_job(
            pipeline, old.stage, old.name, status="pending", allow_failure=old.allow_failure
        )
        again.user_id = self.state.user(user).id if user else None
        return again

    def run_child(
        self, parent: Pipeline, name: str, jobs: Sequence[tuple[str, str]] = DEFAULT_JOBS
    ) -> Pipeline:
        """A pipeline of the same project and commit, started by the trigger job `name`."""
        place = self.state.projects[parent.project_id]
        return self._downstream(parent, name, place, parent.ref, "parent_pipeline", jobs)

    def run_downstream(
        self,
        parent: Pipeline,
        name: str,
        project: Project | str,
        *,
        ref: str = "",
        jobs: Sequence[tuple[str, str]] = DEFAULT_JOBS,
    ) -> Pipeline:
        """A pipeline of another project: multi-project, `source` is `pipeline`."""
        place = self.state.project(project)
        return self._downstream(parent, name, place, ref or place.default_branch, "pipeline", jobs)

    def _downstream(
        self,
        parent: Pipeline,
        name: str,
        place: Project,
        ref: str,
        source: str,
        jobs: Sequence[tuple[str, str]],
    ) -> Pipeline:
        with self.state.lock:
            bridge = Bridge(self.state.next_id("job"), name, "trigger", self.state.now())
            parent.bridges.append(bridge)
            cause = Source(parent.project_id, parent.id, bridge.id)
        child = self.building.run_pipeline(
            place,
            ref=ref,
            user=self.state.users[parent.user_id],
            jobs=jobs,
            source=source,
            started_by=cause,
            sha=parent.sha if source == "parent_pipeline" else "",
        )
        bridge.downstream = (place.id, child.id)
        return child

    def _fire(self, pipeline: Pipeline, job: Job) -> None:
        with self.state.lock:
            place = self.state.projects[pipeline.project_id]
            body = ci_payloads.job(self.state, pipeline, job)
        self.deliveries.fire(place, "job_events", body)


def named(pipeline: Pipeline, name: str) -> Job:
    """The newest job of that name. StopIteration: there is none."""
    return next(job for job in reversed(pipeline.jobs) if job.name == name)
