"""What a project's .gitlab-ci.yml makes of a request for a pipeline: jobs, inputs, who may.

The texts are those of GitLab's source: lib/gitlab/ci/pipeline/chain, lib/ci/pipeline_creation.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tests.emulators.gitlab.building import DEFAULT_JOBS
from tests.emulators.gitlab.entities import DEVELOPER, Project, User
from tests.emulators.gitlab.state import State

NO_JOBS = (
    "Pipeline will not run for the selected trigger. "
    "The rules configuration prevented any jobs from being added to the pipeline."
)
NO_SPEC = "Given inputs not defined in the `spec` section of the included configuration file"
NO_VARIABLES = "Insufficient permissions to set pipeline variables"
_KINDS = {"string": str, "boolean": bool, "number": (int, float), "array": list}


@dataclass
class CiConfig:
    """`inputs`: spec:inputs by name ({type, default, options}). `variables_role`: who may set any.

    `triggers`: trigger token -> id of its owner. `jobs`: (stage, name); none: rules leave out all.
    """

    jobs: tuple[tuple[str, str], ...] = DEFAULT_JOBS
    inputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    variables_role: int = DEVELOPER
    triggers: dict[str, int] = field(default_factory=dict)


def of(state: State, project: Project) -> CiConfig:
    """The project's configuration; as it usually is until something is set."""
    known: dict[int, CiConfig] = vars(state).setdefault("ci_configs", {})
    return known.setdefault(project.id, CiConfig())


def add_trigger(state: State, project: Project, owner: User | str) -> str:
    """A new trigger token, which acts as its owner."""
    token = f"glptt-emulated-{state.next_id('trigger'):08}"
    of(state, project).triggers[token] = state.user(owner).id
    return token


def problems(config: CiConfig, inputs: dict[str, Any]) -> list[str]:
    """What is wrong with the inputs; GitLab tells three at most."""
    given = {name: _parsed(value) for name, value in inputs.items()}
    if given and not config.inputs:
        return [NO_SPEC]
    unknown = [name for name in given if name not in config.inputs]
    found = [f"unknown input arguments: {', '.join(unknown)}"] if unknown else []
    for name, spec in config.inputs.items():
        if problem := _problem(spec, given.get(name)):
            found.append(f"`{name}` input: {problem}")
    return found[:3]


def _problem(spec: dict[str, Any], value: Any) -> str:
    if value is None:
        return "" if "default" in spec else "required value has not been provided"
    kind = spec.get("type", "string")
    is_number = kind == "number" and isinstance(value, bool)
    if is_number or not isinstance(value, _KINDS[kind]):
        return f"provided value is not {'an' if kind == 'array' else 'a'} {kind}"
    if "options" in spec and value not in spec["options"]:
        return f"`{value}` cannot be used because it is not in the list of allowed options"
    return ""


def _parsed(value: Any) -> Any:
    """Text that is JSON counts as what it says."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
