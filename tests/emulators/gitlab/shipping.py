"""What reaches users: releases, deployments, their approvals. Each step fires its hook.

https://docs.gitlab.com/user/project/integrations/webhook_events/#deployment-events
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tests.emulators.gitlab import release_payloads
from tests.emulators.gitlab.deliveries import Deliveries
from tests.emulators.gitlab.entities import Pipeline, Project, User
from tests.emulators.gitlab.shipped import (
    Approval,
    Deployment,
    Environment,
    Release,
    guessed_tier,
)
from tests.emulators.gitlab.state import State

ENDS = ("success", "failed", "canceled", "skipped")
UPDATES_SINCE = (16, 5)  # hooks of a release's deletion


@dataclass
class Shipping:
    state: State
    deliveries: Deliveries

    def environment(
        self, project: Project | str, name: str, *, tier: str = "", url: str = ""
    ) -> Environment:
        """The environment of that name, made where it is missing; the tier is guessed."""
        place, now = self.state.project(project), self.state.now()
        with self.state.lock:
            known = place.environments.get(name)
            if known is None:
                number = self.state.next_id("environment")
                made = Environment(number, name, tier or guessed_tier(name), now, now)
                known = place.environments[name] = made
            known.external_url = url or known.external_url
        return known

    def deploy(
        self,
        pipeline: Pipeline,
        environment: str,
        status: str = "success",
        *,
        url: str = "",
        tier: str = "",
        by_api: bool = False,
    ) -> Deployment:
        """A deployment by the last job of the pipeline, or `by_api`, without a job."""
        place, now = self.state.projects[pipeline.project_id], self.state.now()
        self.environment(place, environment, tier=tier, url=url)
        with self.state.lock:
            job = None if by_api or not pipeline.jobs else pipeline.jobs[-1]
            made = Deployment(
                id=self.state.next_id("deployment"),
                iid=len(place.deployments) + 1,
                environment=environment,
                status=status,
                sha=pipeline.sha,
                ref=pipeline.ref,
                pipeline_id=pipeline.id,
                job_id=job.id if job else None,
                created_at=now,
                updated_at=now,
                user_id=pipeline.user_id,
            )
            if job:
                job.environment = environment
            place.deployments.append(made)
        self.set_deployment(place, made, status)
        return made

    def set_deployment(self, place: Project, one: Deployment, status: str) -> None:
        """Brings a deployment into `status` and fires the hook of that."""
        with self.state.lock:
            one.status, one.updated_at = status, self.state.now()
            one.finished_at = one.updated_at if status in ENDS else None
            body = release_payloads.deployment(self.state, place, one, status, at=one.updated_at)
        self.deliveries.fire(place, "deployment_events", body)

    def judge_deployment(
        self,
        place: Project,
        one: Deployment,
        user: User | str,
        *,
        approve: bool = True,
        comment: str = "",
    ) -> Approval:
        """Approved, the job may start; rejected, it is dropped: `failed` follows. Premium."""
        if not self.state.premium or one.status != "blocked":
            raise ValueError(f"deployment {one.id} is not blocked, or this is not Premium")
        with self.state.lock:
            verdict, who = "approved" if approve else "rejected", self.state.user(user).id
            number, now = self.state.next_id("approval"), self.state.now()
            made = Approval(number, who, verdict, comment, now)
            one.approvals.append(made)
            body = release_payloads.judged(self.state, place, one, made)
        self.deliveries.fire(place, "deployment_events", body)
        if not approve:
            self.set_deployment(place, one, "failed")
        return made

    def publish(
        self,
        project: Project | str,
        tag: str,
        user: User | str,
        *,
        name: str = "",
        description: str = "",
        links: dict[str, str] | None = None,
        released_at: datetime | None = None,
    ) -> Release:
        """A release of a tag that is there. ValueError: there is one already."""
        place, now = self.state.project(project), self.state.now()
        if tag in place.releases:
            raise ValueError(f"Release already exists: {tag}")
        number, author = self.state.next_id("release"), self.state.user(user).id
        made = Release(
            number, tag, name or tag, description, author, now, released_at or now, links or {}
        )
        place.releases[tag] = made
        self._release(place, made, "create")
        return made

    def update_release(self, project: Project | str, one: Release, **columns: object) -> None:
        """`columns`: name, description, links, released_at."""
        for column, value in columns.items():
            setattr(one, column, value)
        self._release(self.state.project(project), one, "update")

    def delete_release(self, project: Project | str, one: Release) -> None:
        place = self.state.project(project)
        del place.releases[one.tag]
        if self.state.at_least(*UPDATES_SINCE):
            self._release(place, one, "delete")

    def _release(self, place: Project, one: Release, action: str) -> None:
        body = release_payloads.release(self.state, place, one, action)
        self.deliveries.fire(place, "releases_events", body)
