"""What a job of a pipeline reports through the app, as it is kept once it was accepted."""

from __future__ import annotations

import json

from sync.gitlab.ci_reports import events as ci_reports_events
from sync.gitlab.ci_reports import form as ci_reports_form
from sync.gitlab.ci_reports.id_tokens import Claims
from tests.emulators.gitlab.entities import MergeRequest, Pipeline
from tests.engine.world import World


def report(
    world: World,
    run: Pipeline,
    mr: MergeRequest | None = None,
    *,
    deployed_to: str = "",
    **changes: object,
) -> tuple[int, ...]:
    """Stores the report of the pipeline; the tasks that its job is told of."""
    project, url = world.shop, f"{world.gitlab.state.url}/acme/shop"
    claims = Claims(
        world.gitlab.state.url, f"jti-{len(world.inbox_order)}", project.id, project.path, 1,
        "acme", run.id, run.source, run.sha, run.ref, "branch", 1, "ann", world.clock.now(),
    )  # fmt: skip
    deployed = [{"environment": deployed_to, "status": "success"}] if deployed_to else []
    told = {
        "version": 1, "mode": "report", "server_url": "", "project_id": project.id,
        "project_path": project.path, "project_title": "Shop", "project_url": url,
        "default_branch": "main", "pipeline_id": run.id, "pipeline_url": url,
        "pipeline_source": run.source, "status": "success", "ref": run.ref, "tag": False,
        "sha": run.sha, "job_id": 1, "job_url": url, "author": "ann", "author_name": "Ann",
        "failed_jobs": [], "refused": [], "merge_requests": [_request(mr, url)] if mr else [],
        "deployments": deployed,
        "commits": [{"sha": run.sha, "message": project.commits[run.sha].message}],
    }  # fmt: skip
    body = json.dumps({"report": told | changes}).encode()
    checked = ci_reports_form.parse_report(body, claims).report
    here, kept = world.connection_id, ci_reports_events.encode_report(checked, claims)
    world._arrive(f"gitlab:{here}", here, f"ci:{claims.jti}", ci_reports_events.EVENT, {}, kept)
    return ci_reports_events.named_task_ids(checked, claims, world.rules.references)


def _request(mr: MergeRequest, url: str) -> dict[str, object]:
    return {
        "iid": mr.iid, "title": mr.title, "url": f"{url}/-/merge_requests/{mr.iid}",
        "state": mr.state, "source_branch": mr.source_branch, "target_branch": mr.target_branch,
        "description": mr.description,
    }  # fmt: skip
