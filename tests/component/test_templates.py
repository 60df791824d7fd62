"""The templates as GitLab reads them: the header and the body against its schema of CI files."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from check_jsonschema import main as check_jsonschema
from click.testing import CliRunner, Result
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
TEMPLATES = {path.stem: path for path in sorted((ROOT / "templates").glob("*.yml"))}
REFERENCE = re.compile(r"\$\[\[ inputs\.([a-z-]+) \]\]")
# An input of a kind that cannot hold a quote, a line end or a command has no pattern of its own.
CLOSED = {"boolean", "number"}
HOSTILE = ["'", "a'b", "a\nb", "x'\n  script: [evil]\n  y: '", "'; touch /tmp/x; '"]


def parts(name: str) -> tuple[str, str]:
    header, _, body = TEMPLATES[name].read_text("utf-8").partition("\n---\n")
    return header, body


def inputs(name: str) -> dict[str, dict]:
    return YAML(typ="safe").load(parts(name)[0])["spec"]["inputs"]


def with_defaults(name: str) -> str:
    given = {key: row["default"] for key, row in inputs(name).items()}
    return REFERENCE.sub(lambda found: str(given[found[1]]), parts(name)[1])


def validated(path: Path) -> Result:
    """Check a file as the command `check-jsonschema` would, in this process."""
    options = ["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"]
    return CliRunner().invoke(check_jsonschema, [*options, str(path)])


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("part", ["header", "body"])
def test_a_part_is_valid(name: str, part: str, tmp_path: Path) -> None:
    path = tmp_path / f"{part}.yml"
    path.write_text(parts(name)[0] if part == "header" else with_defaults(name), "utf-8")
    done = validated(path)
    assert done.exit_code == 0, done.output


def test_the_schema_refuses_what_gitlab_would(tmp_path: Path) -> None:
    path = tmp_path / "body.yml"
    path.write_text(with_defaults("report").replace("when: always", "when: sometimes"), "utf-8")
    assert validated(path).exit_code == 1


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_input_is_described_has_a_default_and_is_used(name: str) -> None:
    used = set(REFERENCE.findall(parts(name)[1]))
    assert used == set(inputs(name))
    assert all(row["description"] and "default" in row for row in inputs(name).values())


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_input_can_leave_its_quotes(name: str) -> None:
    """GitLab puts inputs into the text of the YAML; each stands in single quotes there."""
    for key, row in inputs(name).items():
        if row.get("type") in CLOSED or "options" in row:
            continue
        pattern = re.compile(row["regex"][:-1] + r"\Z")
        assert pattern.match(str(row["default"])), key
        assert not [text for text in HOSTILE if pattern.match(text)], key


LISTS = {
    "report": (["pipeline", "pipeline,commits ", "merge-request, deployments"], ["pipelines", ""]),
    "statuses": (["failed", "failed, success"], ["sucess", "failed success", "failed,"]),
    "tiers": (["*", "production, staging"], ["prod", "production, "]),
}


@pytest.mark.parametrize(("key", "good", "bad"), [(key, *rows) for key, rows in LISTS.items()])
def test_a_list_takes_only_words_that_mean_something(key: str, good: list, bad: list) -> None:
    """A word that was mistyped would be a report that never comes, and nobody would know why."""
    pattern = re.compile(inputs("report")[key]["regex"])
    assert all(pattern.search(text) for text in good)
    assert not [text for text in bad if pattern.search(text)]


@pytest.mark.parametrize("name", TEMPLATES)
def test_an_input_stands_in_single_quotes_wherever_it_stands(name: str) -> None:
    body = parts(name)[1].replace('"${$[[ inputs.webhook-variable ]]:-}"', "")
    bare = [line for line in body.splitlines() if REFERENCE.search(re.sub(r"'[^']*'", "", line))]
    assert bare == []


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_component_touches_nothing_of_the_including_pipeline(name: str) -> None:
    body = YAML(typ="safe").load(REFERENCE.sub("x", parts(name)[1]).replace("!reference", ""))
    assert {key for key in body if not key.startswith(".")} == {"x"}
    job = body["x"]
    assert (job["inherit"], job["interruptible"]) == ({"default": False}, False)
    assert (job["cache"], job["dependencies"]) == ({}, [])
    assert job["variables"]["GIT_STRATEGY"] == "none"


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_component_needs_no_newer_gitlab_than_it_says(name: str) -> None:
    """`spec:component`, `spec:description` and rules of inputs came later than 16.11."""
    spec = YAML(typ="safe").load(parts(name)[0])["spec"]
    assert set(spec) == {"inputs"}
    known = {"default", "options", "regex", "description", "type"}
    assert {key for row in spec["inputs"].values() for key in row} <= known


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_secret_is_an_input(name: str) -> None:
    hidden = [key for key in inputs(name) if re.search("secret|token|webhook|password", key)]
    assert set(hidden) <= {"webhook-variable", "token-variable"}


def test_the_schema_of_a_report_names_every_field_of_it() -> None:
    from dataclasses import fields

    from reporter.model import PARTS, Report

    schema = json.loads((ROOT / "ci-components" / "report.schema.json").read_text("utf-8"))
    report = schema["properties"]["report"]
    assert set(report["properties"]) == {field.name for field in fields(Report)} - {"tasks"}
    assert set(report["required"]) == set(report["properties"])
    for name, kind in PARTS.items():
        if name == "tasks":  # the app finds them itself
            continue
        rows = report["properties"][name]["items"]["properties"]
        assert set(rows) == {field.name for field in fields(kind)}


DOCUMENT = (ROOT / "docs" / "component.md").read_text("utf-8")
EXAMPLES = re.findall(r"^( *)```yaml\n(.*?)^\1```", DOCUMENT, re.DOTALL | re.MULTILINE)


def test_the_document_has_its_examples() -> None:
    assert len(EXAMPLES) == 9


PROVIDERS = [
    "vault", "azure_key_vault", "gcp_secret_manager", "aws_secrets_manager",
    "gitlab_secrets_manager",
]  # fmt: skip


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_keeper_of_secrets_has_an_example_that_fills_the_webhook(provider: str) -> None:
    """In the component's own job, by a token that the job has."""
    [job] = [
        one["b24-report"]
        for one in (YAML(typ="safe").load(text) for _, text in EXAMPLES if "secrets:" in text)
        if provider in one["b24-report"]["secrets"][inputs("report")["webhook-variable"]["default"]]
    ]
    [secret] = job["secrets"].values()
    tokens = {f"${name}" for name in job.get("id_tokens", {})}
    assert secret.get("token") in (tokens or {None})
    assert secret["file"] is False
    assert inputs("report")["job-name"]["default"] == "b24-report"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_schema_refuses_a_provider_that_is_mistyped(provider: str, tmp_path: Path) -> None:
    [text] = [text for _, text in EXAMPLES if f"      {provider}:" in text]
    path = tmp_path / "example.yml"
    path.write_text(text.replace(f"      {provider}:", f"      {provider}x:"), "utf-8")
    assert validated(path).exit_code == 1


@pytest.mark.parametrize(("indent", "text"), EXAMPLES)
def test_an_example_of_the_document_is_valid(indent: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / "example.yml"
    path.write_text(re.sub(f"^{indent}", "", text, flags=re.MULTILINE), "utf-8")
    done = validated(path)
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(("indent", "text"), EXAMPLES)
def test_an_example_names_inputs_that_exist(indent: str, text: str) -> None:
    document = YAML(typ="safe").load(re.sub(r"!reference (\[.*?\])", r"'\1'", text))
    for one in document["include"]:
        name = one["component"].rpartition("/")[2].partition("@")[0]
        assert set(one.get("inputs", {})) <= set(inputs(name))


def test_every_input_of_the_document_exists() -> None:
    known = {key for name in TEMPLATES for key in inputs(name)}
    named = re.findall(r"inputs? `([a-z-]+)[:`]", DOCUMENT)
    assert named
    assert set(named) <= known
