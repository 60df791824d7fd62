"""Pipelines started, retried and canceled: each request is sent once, even if its answer is lost.

https://docs.gitlab.com/api/pipelines/ ; https://docs.gitlab.com/api/pipeline_triggers/
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import quote

from sync.errors import Denied, Later, Refused, SyncError
from sync.gitlab.api.client import GitLab, encode_segment
from sync.gitlab.json_fields import mapping, mappings, positive_int, text, web_url
from sync.sentences import sentence

NEWEST_LIMIT = 5  # pipelines shown after a lost answer


@dataclass(frozen=True, slots=True)
class PipelineAnswer:
    """A pipeline as GitLab answered. `changed`: whether the request changed its status."""

    id: int
    url: str
    status: str
    ref: str
    sha: str
    changed: bool = True


def run(
    client: GitLab,
    project: int | str,
    ref: str,
    *,
    variables: Mapping[str, str] | None = None,
    inputs: Mapping[str, Any] | None = None,
    trigger_token: str = "",
) -> PipelineAnswer:
    """Start a pipeline of a branch or tag, as the token's user, or as a trigger token's owner.

    `inputs` have types (text, numbers, booleans, lists); `variables` are text. Raises Later (with
    `sent` where the pipeline may have started all the same), Denied, Refused.
    """
    path = f"/projects/{encode_segment(project)}"

    def send() -> Any:
        if trigger_token:
            form = _form_pairs(trigger_token, ref, variables or {}, inputs or {})
            return client.post_form(f"{path}/trigger/pipeline", form)
        body: dict[str, Any] = {"ref": ref}
        if variables:
            pairs = variables.items()
            body["variables"] = [{"key": name, "value": value} for name, value in pairs]
        if inputs:
            body["inputs"] = dict(inputs)
        return client.post(f"{path}/pipeline", body)

    where = _pipelines_url(client, project, ref)
    missing = _WRONG_TRIGGER_TOKEN if trigger_token else None
    return _parse_answer(
        _send_with_advice(send, "Whether the pipeline was started is not known", where, missing)
    )


def retry(client: GitLab, project: int | str, pipeline_id: int) -> PipelineAnswer:
    """Run the failed and canceled jobs of a pipeline again. Raises SyncError."""
    return _change(client, project, pipeline_id, "retry")


def cancel(client: GitLab, project: int | str, pipeline_id: int) -> PipelineAnswer:
    """Cancel the running jobs of a pipeline. Raises SyncError."""
    return _change(client, project, pipeline_id, "cancel")


def read_newest(client: GitLab, project: int | str, ref: str) -> tuple[PipelineAnswer, ...]:
    """Read the newest pipelines of a branch or tag, newest first, to check after a lost answer.

    Raises SyncError.
    """
    listed = client.list(
        f"/projects/{encode_segment(project)}/pipelines", ref=ref, per_page=NEWEST_LIMIT
    )
    return tuple(_parse_answer(row) for row in mappings(list(islice(listed, NEWEST_LIMIT))))


def _change(client: GitLab, project: int | str, pipeline_id: int, verb: str) -> PipelineAnswer:
    """Send `verb`, and compare the status before: GitLab answers alike if nothing was to do."""
    path = f"/projects/{encode_segment(project)}/pipelines/{pipeline_id}"
    before = _parse_answer(client.get(path))
    unsure = sentence("Whether GitLab did it ({verb}) is not known", verb=verb)
    answer = _send_with_advice(
        lambda: client.post(f"{path}/{verb}", {}), unsure, before.url or path, None
    )
    after = _parse_answer(answer)
    return PipelineAnswer(
        after.id, after.url, after.status, after.ref, after.sha, after.status != before.status
    )


def _form_pairs(
    token: str, ref: str, variables: Mapping[str, str], inputs: Mapping[str, Any]
) -> list[tuple[str, str]]:
    """Build a form with the token in the body: addresses are written into logs on the way."""
    return [
        ("token", token),
        ("ref", ref),
        *((f"variables[{name}]", value) for name, value in variables.items()),
        *((f"inputs[{name}]", _encode_form_value(value)) for name, value in inputs.items()),
    ]


def _encode_form_value(value: Any) -> str:
    """Encode an input as JSON, which GitLab reads in forms; quote text that would be JSON.

    See lib/ci/pipeline_creation/inputs.rb in GitLab's source.
    """
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    try:
        json.loads(value)
    except ValueError:
        return value
    return json.dumps(value, ensure_ascii=False)


_WRONG_TRIGGER_TOKEN = (
    "The trigger token is wrong or of another project, or there is no such project",
    "Take the token from Settings, CI/CD, Pipeline trigger tokens of this project",
)

# GitLab has no codes for these refusals: its words choose the advice, and nothing else.
_ADVICE = (
    (
        "reference not found",
        "The project has no branch or tag of this name",
        "Check the name; a commit or a merge request is not enough",
    ),
    (
        "prevented any jobs from being added",
        "The rules in .gitlab-ci.yml leave out every job for a pipeline that is started so",
        "Let a job's rules take the sources `api` and `trigger` ($CI_PIPELINE_SOURCE)",
    ),
    (
        "missing ci config file",
        "This branch or tag has no .gitlab-ci.yml",
        "Add one, or name another branch",
    ),
    (
        "given inputs not defined",
        "The .gitlab-ci.yml of this branch or tag declares no inputs",
        "Declare them under spec:inputs in its first document, or pass variables",
    ),
    (
        "unknown input arguments",
        "An input is not declared in the .gitlab-ci.yml of this branch or tag",
        "Check the names against its spec:inputs",
    ),
    (
        "required value has not been provided",
        "An input without a default was not given",
        "Give it with --input NAME=value",
    ),
    (
        "provided value is not",
        "An input has another type than it was declared with",
        "Write numbers, true, false and [lists] plainly, and text that looks like one in quotes",
    ),
    (
        "not in the list of",
        "An input allows certain values only",
        "Use one of the options in its spec:inputs",
    ),
    (
        "set pipeline variables",
        "The project lets only certain roles set variables",
        "Use inputs, or change Settings, CI/CD, Variables, Minimum role to use pipeline variables",
    ),
    (
        "sufficient permission to run a pipeline",
        "The branch is protected and the token's user may neither merge nor push to it",
        "Give that user the right to it, or use another branch",
    ),
)
_FORBIDDEN = (
    "The token's user may not start or change pipelines of this project",
    "Give that user the role Developer; for a protected branch, the right to merge or push to it",
)


def _send_with_advice(
    send: Callable[[], Any], unsure: str, where: str, missing: tuple[str, str] | None
) -> Any:
    """Send once; explain what GitLab refuses, and say where to look after a lost answer."""
    try:
        return send()
    except Later as error:
        if not error.sent:
            raise
        raise Later(
            error.message,
            after=error.after,
            sent=True,
            cause=unsure,
            change=sentence("Look before you repeat it: {where}", where=where),
            code=error.code,
        ) from error
    except Denied:
        raise
    except Refused as error:
        why, change = _advice(error, missing)
        raise Refused(error.message, cause=why, change=change, code=error.code) from error


def _advice(error: SyncError, missing: tuple[str, str] | None) -> tuple[str, str]:
    description = error.message.lower()
    for words, why, change in _ADVICE:
        if words in description:
            return why, change
    if error.code == "403":
        return _FORBIDDEN
    if error.code == "404" and missing:
        return missing
    return error.cause, error.change


def _pipelines_url(client: GitLab, project: int | str, ref: str) -> str:
    """Return the address of a branch's newest pipelines: the page for people.

    Where only the project's number is known, it is the API's address.
    """
    encoded_ref = quote(ref, safe="")
    if str(project).isdecimal():
        return f"{client.base_url}/api/v4/projects/{project}/pipelines?ref={encoded_ref}"
    return f"{client.base_url}/{project}/-/pipelines?scope=all&ref={encoded_ref}"


def _parse_answer(answer: Any) -> PipelineAnswer:
    row = mapping(answer)
    return PipelineAnswer(
        positive_int(row.get("id")) or 0,
        web_url(row.get("web_url")),
        text(row.get("status")),
        text(row.get("ref")),
        text(row.get("sha")),
    )
