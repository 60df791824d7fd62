"""The templates as GitLab reads them: inputs, jobs, and its own schema of CI files."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import re2
from check_jsonschema import main as check_jsonschema
from click.testing import CliRunner, Result
from component_template import Fill, fill, fill_text, include, jobs_of, read_template
from lint import read_file

ROOT = Path(__file__).parents[2]
TEMPLATES = {path.stem: path for path in sorted((ROOT / "templates").glob("*.yml"))}
WITH_JOBS = ["deployment", "merge-request", "report"]
TEXTS = {name: path.read_text("utf-8") for name, path in TEMPLATES.items()}


def parts(name: str) -> tuple[str, str]:
    header, _, body = TEXTS[name].partition("\n---\n")
    return header, body


def inputs(name: str) -> dict[str, dict[str, Any]]:
    return {key: dict(row) for key, row in read_template(TEXTS[name]).inputs.items()}


def configured(name: str, fill: Fill = fill, **given: Any) -> dict[str, Any]:
    """Return what GitLab makes of the template and the files that it includes."""
    return include(fill(read_template(TEXTS[name]), **given), read_file, fill)


def jobs(name: str, **given: Any) -> dict[str, dict[str, Any]]:
    return jobs_of(configured(name, **given))


def validated(path: Path) -> Result:
    """Check a file as the command `check-jsonschema` would, in this process."""
    options = ["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"]
    return CliRunner().invoke(check_jsonschema, [*options, str(path)])


def written(configuration: dict[str, Any], path: Path) -> Path:
    path.write_text(json.dumps(configuration), "utf-8")
    return path


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_header_is_valid(name: str, tmp_path: Path) -> None:
    path = tmp_path / "header.yml"
    path.write_text(parts(name)[0], "utf-8")
    done = validated(path)
    assert done.exit_code == 0, done.output


GIVEN: list[dict[str, Any]] = [
    {},
    {"tags": ["docker", "li'nux"], "deliver": "app", "on_error": "fail"},
    {"rules": [{"if": "$CI_COMMIT_TAG", "when": "never"}, {"if": "$CI_COMMIT_BRANCH"}]},
]


@pytest.mark.parametrize("given", GIVEN, ids=["defaults", "others", "rules"])
@pytest.mark.parametrize("name", WITH_JOBS)
def test_a_body_is_valid_with_its_inputs(name: str, given: dict[str, Any], tmp_path: Path) -> None:
    configuration = configured(name, **given)
    done = validated(written(configuration, tmp_path / "body.yml"))
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("given", GIVEN, ids=["defaults", "others", "rules"])
@pytest.mark.parametrize("name", WITH_JOBS)
def test_inputs_put_into_the_text_give_the_same_jobs(name: str, given: dict[str, Any]) -> None:
    """GitLab fills in the parsed YAML, gitlab-ci-local the text before it is parsed."""
    assert jobs(name, **given) == jobs_of(configured(name, fill_text, **given))


def test_the_schema_refuses_what_gitlab_would(tmp_path: Path) -> None:
    configuration = configured("report")
    configuration["b24-report"]["when"] = "sometimes"
    assert validated(written(configuration, tmp_path / "body.yml")).exit_code == 1


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_input_has_an_empty_default_beside_a_pattern(name: str) -> None:
    """GitLab 16.11 to 18.0 would refuse the whole pipeline: gitlab-org/gitlab#477707."""
    rows = inputs(name)
    assert [key for key, row in rows.items() if row["default"] == ""] == []
    assert [key for key, row in rows.items() if "regex" in row and "options" in row] == []


@pytest.mark.parametrize("name", TEMPLATES)
def test_patterns_are_re2_and_mean_the_same_there(name: str) -> None:
    for key, row in inputs(name).items():
        if "regex" not in row:
            continue
        gitlab = re2.compile(row["regex"])
        assert gitlab.search(row["default"]), key
        python = re.compile(row["regex"][:-1] + r"\Z")
        for value in SAMPLES:
            assert bool(gitlab.search(value)) == bool(python.search(value)), (key, value)


SAMPLES = [
    "-", "", " ", "main, release/*", "chat12", "sg3", "17", "UF_CI_STATUS", "https://x.test/a?b=c",
    "production , staging", "review/$CI_COMMIT_REF_SLUG", "${A}-b", "$(a)", "`a`", "a'b", 'a"b',
    "a\nb", "a\n", "\na", "a\\b", "развёртывание", "B24", "failed,success", "failed,", ".x", "[a]",
    "$CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX/python:3.13-alpine3.22", "a b", "push, web", "*",
]  # fmt: skip


LISTS = {
    "report": (["pipeline", "pipeline,commits ", "merge-request, deployments"], ["pipelines", ""]),
    "statuses": (["failed", "failed, success"], ["sucess", "failed success", "failed,"]),
    "tiers": (["*", "production, staging"], ["prod", "production, "]),
    "notify-sources": (["*", "push, web", "merge_request_event"], ["push web", "Push", "push,"]),
}


@pytest.mark.parametrize(("key", "good", "bad"), [(key, *rows) for key, rows in LISTS.items()])
def test_a_list_takes_only_words_that_mean_something(
    key: str, good: list[str], bad: list[str]
) -> None:
    """A word that was mistyped would be a report that never comes, and nobody would know why."""
    pattern = re.compile(inputs("report")[key]["regex"])
    assert all(pattern.search(text) for text in good)
    assert not [text for text in bad if pattern.search(text)]


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_prefix_of_tasks_cannot_be_nothing(name: str) -> None:
    """A dash stands for nothing, and `-5` in `feature-5` would be a task."""
    pattern = re.compile(inputs(name)["task-prefix"]["regex"])
    assert all(pattern.search(word) for word in ("B24", "task", "A-1", "_x"))
    assert not [word for word in ("-", "-B24", "") if pattern.search(word)]


@pytest.mark.parametrize("name", WITH_JOBS)
def test_schedules_do_not_notify_the_author_unless_asked(name: str) -> None:
    sources = inputs(name)["notify-sources"]["default"].split(", ")
    assert "schedule" not in sources
    assert {"push", "web", "merge_request_event"} <= set(sources)


@pytest.mark.parametrize("name", WITH_JOBS)
def test_the_team_s_tags_are_inherited_until_others_are_given(name: str) -> None:
    assert all("tags" not in job for job in jobs(name).values())
    assert all(job["inherit"] == {"default": ["tags"]} for job in jobs(name).values())
    assert all(job["tags"] == ["a", "b"] for job in jobs(name, tags=["a", "b"]).values())


@pytest.mark.parametrize("name", WITH_JOBS)
def test_the_image_may_come_through_the_dependency_proxy(name: str) -> None:
    image = "$CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX/python:3.13-alpine3.22"
    assert re.search(inputs(name)["image"]["regex"], image)
    assert all(job["image"] == image for job in jobs(name, image=image).values())


@pytest.mark.parametrize("name", WITH_JOBS)
def test_the_default_image_names_its_python_and_its_alpine(name: str) -> None:
    """`python:3-alpine` becomes another Python one day."""
    assert re.fullmatch(r"python:3\.\d+-alpine3\.\d+", inputs(name)["image"]["default"])


@pytest.mark.parametrize("name", WITH_JOBS)
def test_rules_are_an_input_and_keep_the_when_of_the_job(name: str) -> None:
    """A rule without `when` takes that of its job: lib/gitlab/ci/build/rules.rb of GitLab."""
    rules = [{"if": "$CI_COMMIT_BRANCH"}]
    whens = {job.get("when", "on_success") for job in jobs(name, rules=rules).values()}
    assert all(job["rules"] == rules for job in jobs(name, rules=rules).values())
    assert whens == {
        "report": {"always"}, "merge-request": {"on_success"},
        "deployment": {"on_success", "on_failure"},
    }[name]  # fmt: skip


def test_a_merge_request_is_reported_at_once_and_holds_no_job() -> None:
    [job] = jobs("merge-request").values()
    assert (job["stage"], job["needs"]) == (".post", [])


def test_two_deployments_are_two_jobs_each() -> None:
    names = [*jobs("deployment", deploy_job="eu"), *jobs("deployment", deploy_job="us")]
    assert names == [
        "b24-deployment:eu", "b24-deployment:eu:on-failure",
        "b24-deployment:us", "b24-deployment:us:on-failure",
    ]  # fmt: skip


def test_two_deployments_share_no_key_at_all() -> None:
    """Keys of the same name are merged, and the later include would count for both."""
    first, second = (
        configured("deployment", deploy_job="eu"),
        configured("deployment", deploy_job="us"),
    )
    assert not set(first) & set(second)


def test_a_deployment_chooses_by_the_same_names_as_the_others() -> None:
    """Its names hold two inputs, so that its lines are not those of parts/ways.yml themselves."""
    own = "$[[ inputs.job-prefix ]]:$[[ inputs.deploy-job ]]"
    folder = ROOT / "ci-components" / "parts"
    ways = (folder / "ways.yml").read_text("utf-8").replace("$[[ inputs.job-name ]]", own)
    lines = [line for line in ways.splitlines() if not line.startswith("#")]
    assert "\n".join(lines) in TEXTS["deployment"]


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_secret_is_an_input(name: str) -> None:
    hidden = [key for key in inputs(name) if re.search("secret|token|webhook|password", key)]
    assert set(hidden) <= {"webhook-variable", "token-variable"}


@pytest.mark.parametrize("name", WITH_JOBS)
def test_what_an_input_says_is_no_variable_that_a_project_could_beat(name: str) -> None:
    """Variables of a project, a group or a schedule have precedence over those of a job."""
    for job in jobs(name).values():
        assert job["variables"] == {"GIT_STRATEGY": "none"}
        [inputs_given] = job["before_script"]
        assert "export B24_TASK_PREFIX='B24'\n" in inputs_given


@pytest.mark.parametrize("name", WITH_JOBS)
def test_no_variable_of_a_project_stands_in_for_an_input_of_another(name: str) -> None:
    """A template without the input `report` must not take B24_REPORT from the project."""
    [inputs_given] = next(iter(jobs(name).values()))["before_script"]
    assigned = set(re.findall(r"^export (\w+)=", inputs_given, re.MULTILINE))
    removed = set(" ".join(re.findall("^unset (.*)", inputs_given, re.MULTILINE)).split())
    folder = ROOT / "ci-components" / "reporter"
    sources = "".join(path.read_text("utf-8") for path in folder.glob("*.py"))
    read = set(re.findall(r"\bsettings\.([a-z_]+)\b", sources)) - {"py"}
    settings = {f"B24_{name.upper()}" for name in read}
    assert assigned | removed == settings | {"B24_APP_URL", "B24_TIMEOUT"}
