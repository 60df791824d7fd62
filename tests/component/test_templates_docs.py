"""The pages of the component: their examples are tried, their tables say what the code does."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.component.checkout import Checkout
from tests.component.test_failures import OF_BITRIX24
from tests.component.test_local_ci_deployments import KINDS
from tests.component.test_local_ci_failures import ELSEWHERE, TROUBLES
from tests.component.test_templates import ROOT, TEMPLATES, inputs, validated
from tests.component.world import World
from tests.depth import sample

PAGES = {path.stem: path.read_text("utf-8") for path in sorted(ROOT.glob("docs/component*.md"))}
DOCUMENT = "\n".join(PAGES.values())
README = (ROOT / "README.md").read_text("utf-8")
README = README[README.index("## Components") : README.index("## Contribute")]
EXAMPLE = re.compile(r"^( *)```yaml\n(.*?)^\1```", re.DOTALL | re.MULTILINE)
EXAMPLES = [
    re.sub(f"^{indent}", "", text, flags=re.MULTILINE)
    for indent, text in EXAMPLE.findall(DOCUMENT + README)
]
PROVIDERS = [
    "vault", "azure_key_vault", "gcp_secret_manager", "aws_secrets_manager",
    "gitlab_secrets_manager",
]  # fmt: skip


def test_there_is_a_page_a_way_and_one_for_both() -> None:
    assert [*PAGES] == ["component-app", "component-direct", "component"]
    for page in ("component-app.md", "component-direct.md"):
        assert f"]({page})" in PAGES["component"]


def test_the_pages_have_their_examples() -> None:
    assert len(EXAMPLES) == 17


def test_every_example_includes_a_component() -> None:
    assert all(text.startswith("include:\n  - component: ") for text in EXAMPLES)


@pytest.mark.parametrize("text", EXAMPLES)
def test_an_example_is_valid_and_names_inputs_that_exist(text: str, tmp_path: Path) -> None:
    path = tmp_path / "example.yml"
    path.write_text(text, "utf-8")
    done = validated(path)
    assert done.exit_code == 0, done.output
    for entry in YAML(typ="safe").load(text.replace("!reference", ""))["include"]:
        name = entry["component"].rpartition("/")[2].partition("@")[0]
        assert set(entry.get("inputs", {})) <= set(inputs(name))


OWN_JOBS: dict[str, set[str]] = {
    "report": {"b24-report"},
    "merge-request": set(),  # in pipelines of merge requests
    "deployment-script": set(),
}


@pytest.mark.parametrize("text", sample(EXAMPLES, 3))
def test_an_example_makes_the_jobs_of_its_component(world: World, text: str) -> None:
    """As a new user would: pasted into a small project that has a job of its own."""
    pipeline = re.sub(r"acme/b24bridge/([a-z-]+)@1\.0\.0", r"acme/shop/\1@$CI_COMMIT_SHA", text)
    checkout = Checkout(world.folder, f"{pipeline}\nunit:\n  stage: test\n  script: ['true']\n")
    done = checkout.start({}, "--list-csv")
    assert done.returncode == 0, done.stdout + done.stderr
    jobs = {line.partition(";")[0] for line in done.stdout.splitlines()[1:] if ";" in line}
    name = text.split("/b24bridge/")[1].split("@")[0]
    deploying = re.search(r"deploy-job: (\S+)", text)
    follows = f"b24-deployment:{deploying[1] if deploying else 'deploy'}"
    wanted = OWN_JOBS.get(name, {follows, f"{follows}:on-failure"})
    assert jobs == wanted | {"unit"} | set(re.findall(r"^(deploy-production):", text, re.MULTILINE))


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_keeper_of_secrets_has_an_example_that_fills_the_webhook(provider: str) -> None:
    """In the component's own job, by a token that the job has."""
    variable = inputs("report")["webhook-variable"]["default"]
    [job] = [
        example["b24-report"]
        for example in (YAML(typ="safe").load(text) for text in EXAMPLES if "secrets:" in text)
        if provider in example["b24-report"]["secrets"][variable]
    ]
    [secret] = job["secrets"].values()
    tokens = {f"${name}" for name in job.get("id_tokens", {})}
    assert secret.get("token") in (tokens or {None})
    assert secret["file"] is False
    assert inputs("report")["job-name"]["default"] == "b24-report"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_schema_refuses_a_provider_that_is_mistyped(provider: str, tmp_path: Path) -> None:
    [text] = [text for text in EXAMPLES if f"      {provider}:" in text]
    path = tmp_path / "example.yml"
    path.write_text(text.replace(f"      {provider}:", f"      {provider}x:"), "utf-8")
    assert validated(path).exit_code == 1


SECRET = [text for text in EXAMPLES if "secrets:" in text]


@pytest.mark.parametrize("number", sample(range(len(SECRET))))
def test_a_documented_keeper_of_secrets_is_merged_into_the_job(world: World, number: int) -> None:
    """gitlab-ci-local asks no keeper, so the secret is given, as a file once."""
    world.task(5)
    mr = world.open_mr()
    pipeline = SECRET[number].replace(
        "acme/b24bridge/report@1.0.0", "acme/shop/report@$CI_COMMIT_SHA"
    )
    unit = "unit:\n  stage: test\n  script: ['true']\n"
    secret = world.folder / "secret"
    secret.write_text(f"{world.webhook}\n")
    given = {"B24_WEBHOOK_URL": str(secret)} if number == 0 else {}
    variables = world.variables(world.pipeline(mr), mr, **given)
    code, output = Checkout(world.folder, f"{pipeline}\n{unit}").run(variables)
    assert (code, len(world.messages(5))) == (0, 1), output
    assert world.webhook.rstrip("/").rpartition("/")[2] not in output


def table(page: str, heading: str) -> list[list[str]]:
    """Return the rows of the first table under a heading, without its head."""
    section = PAGES[page].split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (.*) \|$", section, re.MULTILINE)
    return [row.split(" | ") for row in rows[1:]]


def test_every_input_of_the_tables_exists() -> None:
    declared = {key for name in TEMPLATES for key in inputs(name)}
    rows = [*table("component", "Inputs of all"), *table("component-app", "What happens")]
    named = {name for row in rows for name in re.findall(r"`([a-z-]+)`", row[0])}
    assert named
    assert named <= declared
    mentioned = set(re.findall(r"inputs? `([a-z-]+)[:`]", DOCUMENT))
    assert mentioned
    assert mentioned <= declared


def test_a_default_of_the_table_is_that_of_the_header() -> None:
    rows = {row[0].strip("`"): row[1] for row in table("component", "Inputs of all")}
    assert rows["image"] == f"`{inputs('report')['image']['default']}`"
    assert rows["on-error"] == f"`{inputs('report')['on-error']['default']}`"


TOLD_APART = {  # what gitlab-ci-local cannot show is in the table of test_templates_in_gitlab.py
    "canceled", "not in this pipeline", "several environments", "matrix of environments",
    "starts another pipeline (`trigger:`)", "manual parallel matrix, a part started",
}  # fmt: skip


def test_each_deploying_job_of_the_table_is_tried() -> None:
    rows = {row[0]: row[1:] for row in table("component", "Deploying jobs")}
    assert set(rows) == {*KINDS, *TOLD_APART}
    for name, kind in KINDS.items():
        runs, reads = rows[name]
        jobs = set(re.findall(r"`(b24-[a-z:-]+)`", runs))
        if name != "parallel matrix":
            assert jobs == set(kind.jobs), name
            assert reads == (kind.words or "nothing"), name


def codes_of_the_reporter() -> set[str]:
    """Return the codes of failures: those in a sentence, `(CODE).`, and of `Problem(…, "CODE")`."""
    codes: set[str] = set()
    for path in sorted((ROOT / "ci-components" / "reporter").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                codes |= set(re.findall(r"\(([A-Z]+(?:_[A-Z]+)*)\)\.", node.value))
            elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Problem":
                values = [arg.value for arg in node.args[1:2] if isinstance(arg, ast.Constant)]
                codes |= {str(value) for value in values}
    return codes


def test_the_table_of_failures_has_each_code_and_no_other() -> None:
    rows = table("component", "When something is wrong")
    documented = {code for row in rows for code in re.findall(r"`([^`]+)`", row[0])}
    shell = {"NO_PYTHON", "POWERSHELL"}
    assert all(f"({code})" in text for code in shell for text in [shell_texts()])
    of_servers = {*OF_BITRIX24, "HTTP 200", "HTTP 422", "HTTP 500"}  # as any from there on
    assert documented == codes_of_the_reporter() | shell | of_servers


def test_each_failure_of_the_table_is_tried() -> None:
    rows = table("component", "When something is wrong")
    documented = {code for row in rows for code in re.findall(r"`([^`]+)`", row[0])}
    assert documented == {*TROUBLES, *ELSEWHERE}
    for code, place in ELSEWHERE.items():
        module, _, test = place.partition(".")
        text = (Path(__file__).parent / f"{module}.py").read_text("utf-8")
        assert f"def {test}(" in text, code


def shell_texts() -> str:
    parts = sorted((ROOT / "ci-components" / "parts").iterdir())
    return "\n".join(path.read_text("utf-8") for path in parts)
