"""A component's template as GitLab takes it: header, inputs put in, `extends` resolved. Pure.

GitLab parses the YAML first and then replaces `$[[ inputs.x ]]` in every key and value: a value
that is nothing else keeps the input's type, within a longer text it becomes text. Of two keys that
become equal the later one counts (lib/gitlab/ci/config/interpolation/{config,template}.rb there).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ruamel.yaml import YAML

BLOCK = re.compile(r"\$\[\[ inputs\.([a-z-]+) \]\]")
SEPARATOR = "\n---\n"
Fill = Callable[..., dict[str, Any]]


@dataclass(frozen=True)
class Template:
    """`inputs`: the rows of `spec:inputs` by name; `body`: the text under the header."""

    text: str
    spec: Mapping[str, Any]
    inputs: Mapping[str, Mapping[str, Any]]
    body: str

    @property
    def defaults(self) -> dict[str, Any]:
        return {name: row.get("default") for name, row in self.inputs.items()}


def read_template(text: str) -> Template:
    """Split a template into its header and its body; ValueError where the header is missing."""
    header, separator, body = text.partition(SEPARATOR)
    spec = (load(header) or {}).get("spec") if separator else None
    if not isinstance(spec, dict):
        raise ValueError("the template has no `spec:` header")
    return Template(text, spec, spec.get("inputs") or {}, body)


def load(text: str) -> Any:
    return deepcopy(_parse(text))


@lru_cache(maxsize=64)
def _parse(text: str) -> Any:
    """Read YAML once: the scripts that every template includes take tenths of a second."""
    return YAML(typ="safe").load(text)


def fill(template: Template, **given: Any) -> dict[str, Any]:
    """Return the configuration with these inputs (`job_name=`) in place, the others by default.

    ValueError where the body is no mapping.
    """
    filled = replace_blocks(load(template.body), values_of(template, given))
    return _mapping(filled)


def fill_text(template: Template, **given: Any) -> dict[str, Any]:
    """Return the same by way of the text, as gitlab-ci-local does it and GitLab once planned to."""
    values = values_of(template, given)
    filled = load(BLOCK.sub(lambda block: as_text(values[block[1]]), template.body))
    return _mapping(filled)


def _mapping(filled: Any) -> dict[str, Any]:
    if not isinstance(filled, dict):
        raise ValueError("the body is no mapping of jobs")
    return filled


def values_of(template: Template, given: Mapping[str, Any]) -> dict[str, Any]:
    return {**template.defaults, **{name.replace("_", "-"): given[name] for name in given}}


def include(
    configuration: Mapping[str, Any], read: Callable[[str], str], fill: Fill = fill
) -> dict[str, Any]:
    """Return the configuration over the local files that it includes.

    `read`: a path in the component's project, `/templates/…`, to its text. Within a component
    `include:local` means that project, at the same commit: `expand_context_attrs` in
    lib/gitlab/ci/config/external/file/component.rb of GitLab.
    """
    own = {key: value for key, value in configuration.items() if key != "include"}
    included: dict[str, Any] = {}
    for entry in configuration.get("include", []):
        if any(holds(rule["if"]) for rule in entry.get("rules", [{"if": "'' == ''"}])):
            template = read_template(read(entry["local"]))
            included = merge(included, fill(template, **entry.get("inputs", {})))
    return merge(included, own)


def holds(condition: str) -> bool:
    """Return whether two texts are equal: `'a' == 'a'`; ValueError for another expression."""
    compared = re.fullmatch(r"'([^']*)' == '([^']*)'", condition)
    if not compared:
        raise ValueError(f"an include has a rule of another kind: {condition}")
    return compared[1] == compared[2]


def replace_blocks(node: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(node, dict):
        return {
            replace_blocks(key, values): replace_blocks(value, values)
            for key, value in node.items()
        }
    if isinstance(node, list):
        return [replace_blocks(element, values) for element in node]
    if not isinstance(node, str):
        return node
    whole = BLOCK.fullmatch(node)
    if whole:
        return values[whole[1]]
    return BLOCK.sub(lambda block: as_text(values[block[1]]), node)


def as_text(value: Any) -> str:
    """Return what a value becomes within a text."""
    return value if isinstance(value, str) else json.dumps(value)


def jobs_of(configuration: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the jobs that run, by name, with all that they extend merged into them.

    ValueError where one is no mapping, or extends what is none.
    """
    return {
        name: resolve(name, configuration) for name in configuration if not name.startswith(".")
    }


def resolve(name: str, configuration: Mapping[str, Any]) -> dict[str, Any]:
    """Merge a job over what it extends; ValueError where that is not there, or no mapping.

    An empty key is no mapping either, and GitLab refuses the pipeline: "invalid base hashes".
    https://docs.gitlab.com/ci/yaml/#extends
    """
    if not isinstance(configuration[name], dict):
        raise ValueError(f"{name}: a mapping of keywords is missing under this key")
    job = dict(configuration[name])
    extended = job.pop("extends", [])
    merged: dict[str, Any] = {}
    for base in [extended] if isinstance(extended, str) else extended:
        if base not in configuration:
            raise ValueError(f"{name}: it extends {base}, which is not there")
        merged = merge(merged, resolve(base, configuration))
    return merge(merged, job)


def merge(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Merge hashes deeply; of anything else the upper one counts."""
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            value = merge(below, value)
        merged[key] = value
    return merged
