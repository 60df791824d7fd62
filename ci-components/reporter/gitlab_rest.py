"""Single questions to GitLab's API, and what each adds to what is known.

https://docs.gitlab.com/api/rest/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import quote, urlencode

from reporter.ci_variables import Facts
from reporter.gitlab_facts import Known, noted, refused
from reporter.gitlab_graphql import Overview, complaint, question, read_overview
from reporter.gitlab_json import (
    COUNTED,
    UNDER_WAY,
    pipeline_of,
    read_commit,
    read_deployment,
    read_job,
    read_merge_request,
)
from reporter.model import Deployment
from reporter.named_tasks import find_tasks
from reporter.settings import Settings

Get = Callable[[str, bool], object]  # path, with the access token? → JSON, None where refused
Inquire = Callable[[object], object]  # GraphQL's query and variables → its answer, None likewise
MOST_READS = 3
PAGE = 100
MORE_COMMITS = f"of the commits only the newest {PAGE} are read"
DEPLOYED = ("failed", "canceled", "running", "success")  # of jobs, the first counts


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
        answer = self._get(f"{place}?{asked}" if asked else place, token)
        if isinstance(answer, list):
            return [row for row in answer if isinstance(row, dict)]
        return answer

    def overview(self, facts: Facts, settings: Settings) -> tuple[Overview | None, str]:
        """And what GitLab says is wrong with the question."""
        self.left -= 1
        answer = self._inquire(question(facts, settings))
        return read_overview(answer, facts), complaint(answer)


def with_deploy_job(facts: Facts, settings: Settings, known: Known, reads: Reads) -> Known:
    """Of a deployment that GitLab does not track its job tells; it may not be in this pipeline."""
    rows = reads.ask(f"pipelines/{facts.pipeline_id}/jobs", per_page=PAGE)
    if not isinstance(rows, list):
        return refused(known, "the jobs of the pipeline")
    ended = {row.get("status") for row in rows if is_of(str(row.get("name")), settings.deploy_job)}
    status = next((one for one in DEPLOYED if one in ended), "")
    if not status:
        return replace(known, nothing_deployed=True)
    return replace(known, deployments=(Deployment(settings.environment, status=status),))


def is_of(name: str, job: str) -> bool:
    """`deploy`, or one of its parallel jobs: `deploy 1/2`, `deploy: [eu]`."""
    return (
        name == job
        or re.fullmatch(rf"{re.escape(job)}(?: [0-9]+/[0-9]+|: \[.*\])", name) is not None
    )


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
        known = noted(known, MORE_COMMITS)
    found = [read_commit(row) for row in rows]
    return replace(known, commits=tuple(one for one in found if one.sha != facts.sha))
