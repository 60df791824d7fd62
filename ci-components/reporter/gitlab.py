"""What GitLab's API adds to the variables: at most three reads, each of which may be refused.

CI_JOB_TOKEN reads jobs, merge requests and deployments; an access token adds commits and the last
success, and asks for jobs and merge requests together with them.
https://docs.gitlab.com/ci/jobs/ci_job_token/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import quote, urlencode

from reporter.facts import Facts
from reporter.known import Known, noted, refused
from reporter.model import Deployment
from reporter.naming import find_tasks
from reporter.question import (
    Candidate,
    Overview,
    complaint,
    concerns_pipeline,
    on_trunk,
    question,
    read_overview,
)
from reporter.rows import (
    COUNTED,
    UNDER_WAY,
    pipeline_of,
    read_commit,
    read_deployment,
    read_job,
    read_merge_request,
)
from reporter.settings import DEPLOYMENT, EARLY, Settings

Get = Callable[[str, bool], object]  # path, with the access token? → JSON, None where refused
Inquire = Callable[[object], object]  # GraphQL's query and variables → its answer, None likewise
MOST_READS = 3
PAGE = 100


class Reads:
    """Answers of GitLab. `left`: how many more questions there are. `inquire` None: no token."""

    def __init__(self, facts: Facts, get: Get, inquire: Inquire | None) -> None:
        self._get, self._inquire, self._project = get, inquire, facts.project_id
        self.left, self.token = MOST_READS, inquire is not None

    def ask(self, path: str, *, project: int = 0, token: bool = False, **query: object) -> object:
        """`path`: under the project. `token`: with the access token, which reads commits."""
        self.left -= 1
        place = f"/projects/{project or self._project}/{path}"
        asked = urlencode(query, quote_via=quote, doseq=True)
        return self._get(f"{place}?{asked}" if asked else place, token)

    def overview(self, facts: Facts, settings: Settings) -> tuple[Overview | None, str]:
        """And what GitLab says is wrong with the question."""
        self.left -= 1
        answer = self._inquire(question(facts, settings))
        return read_overview(answer, facts), complaint(answer)


def gather(facts: Facts, settings: Settings, get: Get, inquire: Inquire | None = None) -> Known:
    """`inquire`: GraphQL with the access token, where there is one."""
    own = (facts.merge_request,) if facts.merge_request else ()
    known = Known(merge_requests=own, own=own[0].iid if own else 0)
    if not facts.api or not facts.project_id:
        return refused(known, "anything: the job has no CI_API_V4_URL")
    reads = Reads(facts, get, inquire)
    if settings.mode == DEPLOYMENT:
        return of_deployment(facts, settings, known, reads)
    told, wrong = reads.overview(facts, settings) if reads.token else (None, "")
    if told:
        known = with_overview(facts, settings, known, told, reads)
    else:
        known = replace(known, token_refused=reads.token)
        known = noted(known, f"GitLab says of the question: {wrong}") if wrong else known
        known = one_by_one(facts, settings, known, reads)
    return known if settings.mode == EARLY else with_deployments(facts, settings, known, reads)


def one_by_one(facts: Facts, settings: Settings, known: Known, reads: Reads) -> Known:
    if settings.mode != EARLY and "pipeline" in settings.report:
        known = with_jobs(facts, known, reads)
    if "merge-request" in settings.report:
        known = with_merge_requests(facts, known, reads)
    return known


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
    if here:
        shipped = reads.ask(f"deployments/{here[0].get('id')}/merge_requests", per_page=20)
        known = with_rows(known, shipped, "the merge requests of the deployment")
    if reads.token and last:
        known = with_commits_since(facts, known, reads, str(last.get("sha") or ""))
    if known.merge_requests or not reads.left:
        return known
    return with_merge_requests(facts, known, reads)


def with_jobs(facts: Facts, known: Known, reads: Reads) -> Known:
    """All but those that passed, which may be many."""
    path = f"pipelines/{facts.pipeline_id}/jobs"
    rows = reads.ask(path, per_page=PAGE, **{"scope[]": COUNTED})
    return with_job_rows(facts, known, rows)


def with_job_rows(facts: Facts, known: Known, rows: object) -> Known:
    if not isinstance(rows, (list, tuple)):
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
    ours = [row for row in rows if concerns(row, facts)] if isinstance(rows, list) else rows
    return with_rows(known, ours, "the merge requests of the commit")


def concerns(row: Mapping[str, object], facts: Facts) -> bool:
    """An open one of this branch, or one that was merged into it (or into a tag's history)."""
    if row.get("state") in ("opened", "locked"):
        return row.get("source_branch") == facts.ref
    return facts.tag or facts.ref in (row.get("target_branch"), row.get("source_branch"))


def with_rows(known: Known, rows: object, what: str) -> Known:
    if not isinstance(rows, list):
        return refused(known, what)
    found = tuple(map(read_merge_request, rows[:20])) or known.merge_requests
    return replace(known, merge_requests=found, own=found[0].iid if found else 0)


def with_overview(
    facts: Facts, settings: Settings, known: Known, told: Overview, reads: Reads
) -> Known:
    """Jobs and merge requests by one answer; then the commits that these did not bring."""
    if settings.mode != EARLY and "pipeline" in settings.report:
        known = with_job_rows(facts, known, told.jobs)
    if "commits" in settings.report:
        here = [one for one in told.requests if concerns_pipeline(one, facts, {})]
        known = with_commits_since(facts, known, reads, first_unknown(facts, told, here))
    arrived = {one.sha: one.message for one in known.commits}
    arrived[facts.sha] = facts.message
    found = [one for one in told.requests if concerns_pipeline(one, facts, arrived)]
    return with_candidates(facts, settings, known, found)


def first_unknown(facts: Facts, told: Overview, here: list[Candidate]) -> str:
    """Where the commits to be read begin; "" where the merge request has brought them."""
    if on_trunk(facts):
        return told.since or facts.before
    if here:
        return ""
    return facts.base if facts.merge_request else facts.default_branch


def with_candidates(
    facts: Facts, settings: Settings, known: Known, found: list[Candidate]
) -> Known:
    if not found:
        return known
    own = {facts.sha: facts.message}
    first = [one for one in found if concerns_pipeline(one, facts, own)]
    ordered = [*first, *(one for one in found if one not in first)]
    brought = {one.request.iid: one.commits for one in ordered}
    shas = {one.sha for commits in brought.values() for one in commits}
    return replace(
        known,
        merge_requests=tuple(one.request for one in ordered),
        own=first[0].request.iid if first else 0,
        brought=brought if "commits" in settings.report else {},
        commits=tuple(one for one in known.commits if one.sha not in shas),
    )


def with_deployments(facts: Facts, settings: Settings, known: Known, reads: Reads) -> Known:
    """The newest of this pipeline to each environment, where somebody could hear of them."""
    heard = settings.deliver == "app" or find_tasks(facts, settings, known)
    if "deployments" not in settings.report or not heard:
        return known
    if not reads.left:
        return noted(known, "deployments were not asked for: three reads are the most")
    rows = reads.ask("deployments", order_by="id", sort="desc", per_page=50)
    if not isinstance(rows, list):
        return refused(known, "deployments")
    newest: dict[str, Deployment] = {}
    for row in rows:
        if pipeline_of(row) == facts.pipeline_id:
            one = read_deployment(row)
            newest.setdefault(one.environment, one)
    return replace(known, deployments=tuple(newest.values())[::-1])


def with_commits_since(facts: Facts, known: Known, reads: Reads, since: str) -> Known:
    """The newest hundred. `since`: a commit or a branch, whose own commits do not count."""
    if not since or since == facts.sha:
        return known
    span = f"{since}..{facts.sha}"
    rows = reads.ask("repository/commits", token=True, ref_name=span, per_page=PAGE)
    if not isinstance(rows, list):
        return refused(known, "the commits since the last run")
    if len(rows) == PAGE:
        known = noted(known, f"of the commits only the newest {PAGE} are read")
    found = [read_commit(row) for row in rows if isinstance(row, dict)]
    return replace(known, commits=tuple(one for one in found if one.sha != facts.sha))
