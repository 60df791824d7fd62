"""What of a job would cost a pipeline something, or be lost in one. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

ALLOWED_VARIABLES = {"GIT_STRATEGY"}


def check_job(job: dict[str, Any], tags: list[str] | None) -> Iterator[str]:
    """https://docs.gitlab.com/ci/yaml/ has each keyword. `tags`: those that were given, if any."""
    if job.get("interruptible") is not True:
        yield "interruptible is not true: once started it ends auto-cancel of the whole pipeline"
    if job.get("inherit") != {"default": ["tags"]}:
        yield "inherit is not {default: [tags]}: the team's runners and no other default"
    if tags is None and "tags" in job:
        yield "tags are set where none were given: those of the team are lost"
    if tags is not None and job.get("tags") != tags:
        yield "the tags that were given are lost"
    if not isinstance(job.get("allow_failure"), bool):
        yield "allow_failure is not chosen"
    if (job.get("cache"), job.get("dependencies")) != ({}, []):
        yield "it loads the cache or the artifacts of others"
    if "timeout" not in job or "image" not in job or "stage" not in job:
        yield "stage, image or timeout is left to the project"
    yield from check_start(job)
    yield from check_variables(job)
    yield from check_rules(job)
    yield from check_artifacts(job)


def check_start(job: dict[str, Any]) -> Iterator[str]:
    """Only .post holds no other stage; a job there without `needs` waits for the whole pipeline."""
    if job.get("stage") != ".post":
        yield "the stage is not .post: the stages behind it would wait"
    if "needs" not in job and job.get("when") != "always":
        yield "without needs and `when: always` it would not be there where a job has failed"
    for need in job.get("needs", []):
        if not isinstance(need, dict) or need.get("optional") is not True:
            yield "a need is not optional: GitLab would refuse a pipeline without that job"
        elif need.get("artifacts") is not False:
            yield "a need loads the artifacts of its job"


def check_variables(job: dict[str, Any]) -> Iterator[str]:
    """A project's variable beats one of a job; what an input says stands in the script."""
    own = set(job.get("variables", {})) - ALLOWED_VARIABLES
    if own:
        yield f"variables of a project would beat {', '.join(sorted(own))}"
    if job.get("variables", {}).get("GIT_STRATEGY") != "none":
        yield "it clones the repository"


def check_rules(job: dict[str, Any]) -> Iterator[str]:
    """A last rule that has only `when` makes GitLab warn of double pipelines, where the project
    has no `workflow: rules`; a job without rules is not in the pipelines of merge requests.
    """
    rules = job.get("rules")
    if not rules:
        yield "it has no rules: it would be left out of the pipelines of merge requests"
    elif any("if" not in rule for rule in rules):
        yield "a rule without `if` would make a second pipeline for a push"
    elif any("when" in rule for rule in rules):
        yield "`when` stands in a default rule: rules of a team would not have it"


def check_artifacts(job: dict[str, Any]) -> Iterator[str]:
    """Files that are not there end the log of a good job with `ERROR: No files to upload`; those
    that are lie in the working copy of each later job.
    """
    artifacts = job.get("artifacts", {})
    if "paths" in artifacts or "untracked" in artifacts:
        yield "an archive is made that later jobs would unpack"
    if not artifacts.get("expire_in"):
        yield "the reports are kept for ever"
    if artifacts.get("access") != "developer":
        yield "the artifact is open to whoever sees the project"
