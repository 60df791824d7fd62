"""One job in each of its statuses; manual, retried, and allowed to fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.emulators.gitlab.story import Story


def play(story: Story) -> None:
    work, shop = story.working, story.shop
    run = story.building.run_pipeline(shop, ref="main")
    story.deliveries.waiting.clear()
    work.add_job(run, "test", "lint")
    story.tell(job_hooks="created")
    for status in ("pending", "running", "success", "canceled", "skipped", "scheduled"):
        work.set_job(run, "lint", status)
        story.tell(job_hooks=status)
    story.shipping.environment(shop, "production")
    work.add_job(
        run, "deploy", "to-production", status="manual", when="manual", environment="production"
    )
    story.tell(job_hooks="manual_waiting")
    work.set_job(run, "to-production", "running", user="eve")
    story.tell(job_hooks="manual_played")
    work.set_job(run, "unit", "failed", reason="job_execution_timeout")
    story.tell(job_hooks="failed_by_timeout")
    again = work.retry_job(run, "unit", "bob")
    work.set_job(run, again, "success")
    story.tell(job_hooks="success_after_retry")
    work.add_job(run, "test", "flaky", allow_failure=True)
    work.set_job(run, "flaky", "failed")
    story.tell(job_hooks="failed_as_allowed")
