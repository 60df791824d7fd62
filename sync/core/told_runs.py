"""What is said of pipelines, jobs and deployments. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sync.core.deployments.environments import Deployment, DeploymentStatus, Tier
from sync.core.i18n import durations
from sync.core.i18n.translate import known, tell
from sync.core.messages import urls as messages_urls
from sync.core.messages.message import Telling
from sync.core.messages.parts import (
    MOST_NAME,
    Users,
    beside,
    commit_link,
    first_line,
    link,
    listed,
    person,
    project_link,
    ref_link,
    text,
    word,
)
from sync.core.model.activity import JobRun
from sync.core.model.common import Job, Pipeline, PipelineStatus, Project
from sync.core.pipelines import messages as pipelines_messages
from sync.text.plain import Line
from sync.text.tree import Inline, Link, Text

_OF_REQUEST = "refs/merge-requests/"
_D = DeploymentStatus
_VERDICTS = (_D.APPROVED, _D.REJECTED)


def pipeline(one: Pipeline, language: str, users: Users, jobs: Sequence[Job] = ()) -> Telling:
    """`jobs`: those that failed, as far as they are known; their logs are not said in chats."""
    named = {"link": link(one.url, f"#{one.id}"), "project": project_link(one.project)}
    status, ref = tell(language, f"pipeline {one.status}"), _ref(one.project, one.ref)
    culprits = [job for job in jobs if not job.allowed and one.status is PipelineStatus.FAILED]
    took = durations.took(one.duration_seconds or None, language)
    lines = [
        _commit(one, language),
        _request(one, language),
        tell(language, "told took", duration=took) if took else (),
        tell(language, "told started", actor=person(one.actor, language, users))
        if one.actor
        else (),
        *pipelines_messages.stages(culprits, language),
    ]
    return Telling(
        tell(language, "told pipeline", status=status, ref=ref, **named),
        tuple(filter(None, lines)),
        places={
            **{name: (node,) for name, node in named.items()},
            "branch": (ref,),
            "actor": (person(one.actor, language, users),),
            "title": (text(first_line(one.commit.message)),) if one.commit else (),
            "state": status,
            "url": (Text(one.url),),
            "sha": (commit_link(one.project, one.sha),),
            "duration": (Text(took),),
            "stage": _named({job.stage: "" for job in culprits}.items()),
            "job": _named((job.name, job.url) for job in culprits),
        },
    )


def _named(found: Iterable[tuple[str, str]]) -> Line:
    return beside([(link(url, name, MOST_NAME),) for name, url in found])


def _commit(one: Pipeline, language: str) -> Line:
    if one.commit is None:
        return tell(language, "told commit", sha=commit_link(one.project, one.sha))
    sha = commit_link(one.project, one.sha, one.commit.url)
    author = text(f" ({one.commit.author_name})", MOST_NAME) if one.commit.author_name else Text("")
    words = text(f" {first_line(one.commit.message)}")
    return (*tell(language, "told commit", sha=sha), words, author)


def _request(one: Pipeline, language: str) -> Line:
    if one.merge_request_iid is None:
        return ()
    url = messages_urls.merge_request(one.project, one.merge_request_iid)
    return tell(language, "told of request", link=link(url, f"!{one.merge_request_iid}"))


def _ref(project: Project, ref: str) -> Inline:
    """A merge request's own ref is no branch: its page is that of the merge request."""
    if ref.startswith(_OF_REQUEST):
        iid = ref.removeprefix(_OF_REQUEST).partition("/")[0]
        return link(
            messages_urls.merge_request(project, int(iid)) if iid.isdecimal() else "", f"!{iid}"
        )
    return ref_link(project, ref)


def job(one: JobRun, language: str, users: Users) -> Telling:
    """A failed job with its reason, one that waits to be started, or whatever else it does."""
    key = f"job {one.status}" if known(f"job {one.status}") else "job other"
    named = {
        "link": link(one.url, one.name, MOST_NAME),
        "project": project_link(one.project),
    }
    state, reason = word(language, one.status), _reason(one, language)
    took = durations.took(one.duration_seconds or None, language)
    lines = [
        _where(one, language),
        tell(language, "job reason", reason=reason) if reason else (),
        tell(language, "job allowed") if one.allowed and one.status == "failed" else (),
        tell(language, "told took", duration=took) if took else (),
        tell(language, "job retries", count=one.retries) if one.retries else (),
    ]
    return Telling(
        tell(language, key, state=state, **named),
        tuple(filter(None, lines)),
        places={
            **{name: (node,) for name, node in named.items()},
            "branch": (_ref(one.project, one.ref),),
            "actor": (person(one.actor, language, users),),
            "title": (text(one.name),),
            "state": state,
            "url": (Text(one.url),),
            "text": reason,
            "sha": (commit_link(one.project, one.sha),) if one.sha else (),
            "environment": (text(one.environment, MOST_NAME),),
            "duration": (Text(took),),
            "stage": (text(one.stage, MOST_NAME),),
            "job": (named["link"],),
        },
    )


def _where(one: JobRun, language: str) -> Line:
    """Pipeline, stage, branch, commit and environment: those that are known."""
    number = f"#{one.pipeline_id}"
    page = link(messages_urls.pipeline(one.project, one.pipeline_id), number)
    parts: list[Line] = [
        tell(language, "job pipeline", link=page) if one.pipeline_id else (),
        tell(language, "job stage", stage=text(one.stage, MOST_NAME)) if one.stage else (),
        (_ref(one.project, one.ref),) if one.ref else (),
        (commit_link(one.project, one.sha),) if one.sha else (),
        (link(messages_urls.environment(one.project, one.environment), one.environment, MOST_NAME),)
        if one.environment
        else (),
    ]
    return beside(parts)


def _reason(one: JobRun, language: str) -> Line:
    """https://docs.gitlab.com/api/jobs/ lists the reasons' names; a new one stays as it is."""
    if not one.failure_reason or one.status != "failed":
        return ()
    key = f"job why {one.failure_reason}"
    return tell(language, key) if known(key) else (text(one.failure_reason, MOST_NAME),)


def deployment(one: Deployment, language: str, users: Users, tasks: Sequence[str] = ()) -> Telling:
    """`tasks`: titles of those whose work it carries; who tests or manages reads what came."""
    verdict = one.status in _VERDICTS
    page = messages_urls.environment(one.project, one.environment)
    named = {
        "environment": link(page, one.environment, MOST_NAME),
        "project": project_link(one.project),
    }
    actor = person(one.actor, language, users)
    headed = one.url and one.status is _D.SUCCESS
    key = "deployed success url" if headed else f"deployed {one.status}"
    url = link(one.url, one.url, 2_000)
    lines = [
        tell(language, "told url", url=url) if one.url and not headed else (),
        beside([_tier(one, language), (_ref(one.project, one.ref),) if one.ref else ()]),
        _brought(one, language),
        tell(language, "told started", actor=actor) if one.actor and not verdict else (),
        (Link(one.job_url, tell(language, "deployed job")),) if one.job_url else (),
    ]
    return Telling(
        tell(language, key, actor=actor, url=url, **named),
        tuple(filter(None, lines)),
        places={
            **{name: (node,) for name, node in named.items()},
            "branch": (_ref(one.project, one.ref),) if one.ref else (),
            "actor": (actor,),
            "title": (text(one.commit_title),),
            "state": tell(language, f"word {one.status}"),
            "link": (link(one.url or page, one.environment, MOST_NAME),),
            "url": (Text(one.url),),
            "sha": (commit_link(one.project, one.sha),),
        },
        below=_tasks(tasks, language),
    )


def _tasks(titles: Sequence[str], language: str) -> tuple[Line, ...]:
    if not titles:
        return ()
    key = "told task" if len(titles) == 1 else "told tasks"
    return (
        tell(language, key, tasks=listed([(text(one, MOST_NAME),) for one in titles], language)),
    )


def _tier(one: Deployment, language: str) -> Line:
    return () if one.tier is Tier.OTHER else tell(language, f"tier {one.tier}")


def _brought(one: Deployment, language: str) -> Line:
    line = tell(language, "told commit", sha=commit_link(one.project, one.sha))
    return (*line, text(f" {one.commit_title}")) if one.commit_title else line
