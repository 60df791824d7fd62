"""What GitLab's API adds to the variables: at most three reads, each of which may be refused.

CI_JOB_TOKEN reads jobs, deployments, pipelines and merge requests; commits need an access token.
https://docs.gitlab.com/ci/jobs/ci_job_token/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode

from reporter.facts import Facts
from reporter.model import Commit, Deployment, Job, MergeRequest
from reporter.references import named_tasks
from reporter.rows import (
    UNDER_WAY,
    pipeline_of,
    read_commit,
    read_deployment,
    read_job,
    read_merge_request,
)
from reporter.settings import DEPLOYMENT, EARLY, Settings

Get = Callable[[str, bool], object]  # path, with the access token? → JSON, None where refused
MOST_READS = 3
MOST_COMMITS = 100


@dataclass(frozen=True)
class Known:
    """What was read. `jobs` None: not told. `commits`: those besides the pipeline's own.

    `head`: the last commit of the merge request's branch. `unasked`: what there was no read for.
    """

    jobs: tuple[Job, ...] | None = None
    merge_requests: tuple[MergeRequest, ...] = ()
    deployments: tuple[Deployment, ...] = ()
    commits: tuple[Commit, ...] = ()
    refused: tuple[str, ...] = ()
    head: str = ""
    unasked: str = ""


class Reads:
    """Answers of the project's API. `left`: how many more questions there are."""

    def __init__(self, facts: Facts, get: Get, *, token: bool) -> None:
        self._get, self._project = get, facts.project_id
        self.left, self.token = MOST_READS, token

    def ask(self, path: str, *, project: int = 0, token: bool = False, **query: object) -> object:
        """`path`: under the project. `token`: with the access token, which reads commits."""
        self.left -= 1
        place = f"/projects/{project or self._project}/{path}"
        return self._get(f"{place}?{urlencode(query, quote_via=quote)}" if query else place, token)


def gather(facts: Facts, settings: Settings, get: Get, *, token: bool) -> Known:
    """`token`: whether there is an access token that may read commits."""
    own = (facts.merge_request,) if facts.merge_request else ()
    known = Known(merge_requests=own)
    if not facts.api or not facts.project_id:
        return replace(known, refused=("GitLab's API: the job has no CI_API_V4_URL",))
    reads = Reads(facts, get, token=token)
    if settings.mode == DEPLOYMENT:
        return of_deployment(facts, settings, known, reads)
    if settings.mode == EARLY:
        return with_commits(facts, settings, with_merge_requests(facts, known, reads), reads)
    return of_pipeline(facts, settings, known, reads)


def of_pipeline(facts: Facts, settings: Settings, known: Known, reads: Reads) -> Known:
    """Jobs and merge requests; then commits, where a token reads them, else deployments.

    Who hears of a merge request by a commit's message hears of its end only if commits are read
    again. Deployments can be told by a job of their own, which has reads of its own.
    """
    known = with_jobs(facts, settings, known, reads)
    if "merge-request" in settings.report:
        known = with_merge_requests(facts, known, reads)
    known = with_commits(facts, settings, known, reads)
    return with_deployments(facts, settings, known, reads)


def of_deployment(facts: Facts, settings: Settings, known: Known, reads: Reads) -> Known:
    """This deployment, and the work since the last successful one to the same environment."""
    query = {"environment": settings.environment} if settings.environment else {}
    rows = reads.ask("deployments", order_by="id", sort="desc", per_page=20, **query)
    if not isinstance(rows, list):
        known = refused(known, "deployments")
        return with_merge_requests(facts, known, reads)
    here = [row for row in rows if pipeline_of(row) == facts.pipeline_id]
    known = replace(known, deployments=tuple(map(read_deployment, here[:1])))
    last = next((row for row in rows if row not in here and row.get("status") == "success"), {})
    if reads.token and last:
        known = with_commits_since(facts, known, reads, str(last.get("sha") or ""))
    elif here:
        shipped = reads.ask(f"deployments/{here[0].get('id')}/merge_requests", per_page=20)
        known = add_merge_requests(known, shipped)
    return known if known.merge_requests else with_merge_requests(facts, known, reads)


def with_jobs(facts: Facts, settings: Settings, known: Known, reads: Reads) -> Known:
    if "pipeline" not in settings.report:
        return known
    rows = reads.ask(f"pipelines/{facts.pipeline_id}/jobs", per_page=100)
    if not isinstance(rows, list):
        return refused(known, "the jobs of the pipeline")
    others = [row for row in rows if row.get("id") != facts.job_id and not beside(row)]
    return replace(known, jobs=tuple(map(read_job, others)))


def beside(row: Mapping[str, object]) -> bool:
    """A job that ends the pipeline together with this one: its result is not waited for."""
    return row.get("stage") == ".post" and row.get("status") in UNDER_WAY


def with_merge_requests(facts: Facts, known: Known, reads: Reads) -> Known:
    if facts.merge_request:
        place = facts.merge_request_project
        row = reads.ask(f"merge_requests/{facts.merge_request.iid}", project=place)
        if not isinstance(row, dict):
            return refused(known, "the merge request")
        return replace(known, merge_requests=(read_merge_request(row),))
    rows = reads.ask(f"repository/commits/{facts.sha}/merge_requests", per_page=20)
    if not isinstance(rows, list):
        return refused(known, "the merge requests of the commit")
    ours = [row for row in rows if concerns(row, facts)]
    head = str(ours[0].get("sha") or "") if ours else ""
    return replace(add_merge_requests(known, ours), head=head)


def concerns(row: Mapping[str, object], facts: Facts) -> bool:
    """An open one of this branch, or one that was merged into it (or into a tag's history)."""
    if row.get("state") in ("opened", "locked"):
        return row.get("source_branch") == facts.ref
    return facts.tag or facts.ref in (row.get("target_branch"), row.get("source_branch"))


def add_merge_requests(known: Known, rows: object) -> Known:
    if not isinstance(rows, list):
        return refused(known, "the merge requests of the deployment")
    found = tuple(map(read_merge_request, rows[:20]))
    return replace(known, merge_requests=found or known.merge_requests)


def with_deployments(facts: Facts, settings: Settings, known: Known, reads: Reads) -> Known:
    """The newest of this pipeline to each environment, where somebody could hear of them."""
    heard = settings.deliver == "app" or names_tasks(facts, settings, known)
    if "deployments" not in settings.report or not heard:
        return known
    if not reads.left:
        return replace(known, unasked="deployments")
    rows = reads.ask("deployments", order_by="id", sort="desc", per_page=50)
    if not isinstance(rows, list):
        return refused(known, "deployments")
    newest: dict[str, Deployment] = {}
    for row in rows:
        if pipeline_of(row) == facts.pipeline_id:
            one = read_deployment(row)
            newest.setdefault(one.environment, one)
    return replace(known, deployments=tuple(newest.values())[::-1])


def with_commits(facts: Facts, settings: Settings, known: Known, reads: Reads) -> Known:
    """The commits since the last successful pipeline: of a work branch all that are its own.

    Those of a merge that squashed them are still those of its branch.
    """
    if not reads.left or not reads.token or "commits" not in settings.report:
        return known
    since = facts.base if facts.merge_request else facts.default_branch
    if on_trunk(facts):
        free = reads.left - ("deployments" in settings.report)
        since = (last_successful(facts, reads) if free > 1 else "") or facts.before
        return with_commits_since(facts, known, reads, since, upto=known.head)
    return with_commits_since(facts, known, reads, since)


def on_trunk(facts: Facts) -> bool:
    """Whether work of many comes together here; no other branch lives long."""
    shared = facts.tag or facts.protected or facts.ref == facts.default_branch
    return shared and not facts.merge_request


def last_successful(facts: Facts, reads: Reads) -> str:
    """The commit of the last successful pipeline of the branch, or of any tag; "" if none.

    A repeated job may find its own pipeline among those that passed.
    """
    place = {"scope": "tags"} if facts.tag else {"ref": facts.ref}
    rows = reads.ask("pipelines", status="success", order_by="id", sort="desc", per_page=5, **place)
    listed = rows if isinstance(rows, list) else []
    earlier = [row for row in listed if row.get("id", 0) < facts.pipeline_id]
    return str(earlier[0].get("sha") or "") if earlier else ""


def with_commits_since(
    facts: Facts, known: Known, reads: Reads, since: str, *, upto: str = ""
) -> Known:
    """`since`: a commit or a branch, whose own commits do not count."""
    if not since:
        return known
    query = {"from": since, "to": upto or facts.sha}
    answer = reads.ask("repository/compare", token=True, **query)
    rows = answer.get("commits") if isinstance(answer, dict) else None
    if not isinstance(rows, list):
        return refused(known, "the commits since the last run")
    if len(rows) > MOST_COMMITS:
        known = refused(known, f"{len(rows) - MOST_COMMITS} of {len(rows)} commits, the oldest")
    found = [read_commit(row) for row in rows[-MOST_COMMITS:] if isinstance(row, dict)]
    return replace(known, commits=tuple(one for one in found if one.sha != facts.sha))


def refused(known: Known, what: str) -> Known:
    return replace(known, refused=(*known.refused, what))


def names_tasks(facts: Facts, settings: Settings, known: Known) -> bool:
    texts = [(facts.ref, "branch"), (facts.message, "commit")]
    texts += [(one.message, "commit") for one in known.commits]
    for mr in known.merge_requests:
        texts += [(mr.source_branch, "branch"), (mr.title, "title"), (mr.description, "text")]
    return any(named_tasks(text, where, settings.task_prefix) for text, where in texts)
