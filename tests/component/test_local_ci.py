"""The components in a real pipeline: gitlab-ci-local runs them with the shell executor."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from ruamel.yaml import YAML

from tests.component.checkout import COLOUR, GIT, ROOT, Checkout
from tests.component.test_app import an_app
from tests.component.world import World
from tests.depth import sample, telling

pytestmark = pytest.mark.needs("bash", "git", "rsync")


def test_a_passed_pipeline_is_reported(world: World) -> None:
    world.task(5)
    mr = world.open_mr()
    checkout = Checkout(world.folder)
    code, said = checkout.run(world.variables(world.pipeline(mr), mr))
    assert code == 0, said
    assert "b24: task 5: card written" in said
    [text] = world.messages(5)
    assert "!1 Pay" in text
    assert "#1 passed" in text
    assert checkout.left("b24.env") == "B24_TASK_IDS=5\n"


def test_with_an_access_token_all_commits_and_deployments_are_told(world: World) -> None:
    """GraphQL's `$names` stand in the script and reach GitLab as they are."""
    world.task(5)
    world.task(6)
    world.gitlab.push(world.shop, "feature/pay", ["Work on B24-5", "Fix B24-6", "Tidy"], "ann")
    mr = world.gitlab.open_mr(world.shop, "feature/pay", "Pay", "ann")
    run = world.pipeline(mr)
    world.gitlab.deploy(run, "staging")
    token = world.gitlab.state.add_token(world.ann, scopes=("read_api",)).value
    world.requests()
    variables = world.variables(run, mr, B24_GITLAB_TOKEN=token)
    code, said = Checkout(world.folder).run(variables, "b24-report")
    assert (code, world.requests()[0]) == (0, 2), said
    assert token not in said
    for number in (5, 6):
        [text] = world.messages(number)
        assert "!1 Pay" in text
        assert "Deployed to staging" in text


def test_a_failed_pipeline_is_reported_and_stays_failed(world: World) -> None:
    """In the last stage: unlike GitLab, gitlab-ci-local ends at a stage with nothing to run."""
    world.task(5)
    mr = world.open_mr()
    run = world.pipeline(mr, "failed")
    code, said = Checkout(world.folder, RESULT="exit 1").run(world.variables(run, mr))
    assert code == 1, said
    [text] = world.messages(5)
    assert "#1 failed" in text
    assert len(world.portal.notifications) == 1


def test_a_pipeline_that_waits_for_somebody_is_reported(world: World) -> None:
    world.task(5)
    mr = world.open_mr()
    run = world.pipeline(mr)
    run.jobs[-1].status = "manual"
    code, said = Checkout(world.folder, WHEN="when: manual").run(world.variables(run))
    assert code == 0, said
    assert "waiting for a manual action" in world.messages(5)[0]


def test_a_merge_request_is_told_early_and_again_when_its_job_is_repeated(world: World) -> None:
    world.task(5)
    mr = world.open_mr()
    run = world.pipeline(mr, "running")
    checkout = Checkout(world.folder)
    variables = world.variables(run, mr)
    code, said = checkout.run(variables, "b24-merge-request")
    assert (code, len(world.messages(5))) == (0, 1), said
    run.set_status("failed")
    code, said = checkout.run(variables, "b24-report")
    run.set_status("success")
    code, said = checkout.run(variables, "b24-report")
    assert code == 0, said
    [text] = world.messages(5)
    assert "#1 passed" in text


RESULTS = {
    "success": "Deployed to",
    "failed": "Deployment failed:",
    "canceled": "Deployment canceled:",
}


@pytest.mark.parametrize("status", telling(RESULTS, "failed"))
def test_a_deployment_is_told_by_its_own_after_script(world: World, status: str) -> None:
    """gitlab-ci-local knows no canceled job, so its status is given."""
    world.task(5)
    mr = world.open_mr()
    run = world.pipeline(mr)
    after = "!reference [.b24-deployment, after_script]"
    checkout = Checkout(world.folder, AFTER=f"'CI_JOB_STATUS={status}', {after}")
    text = checkout.left(".gitlab-ci.yml").replace("'CI_JOB_STATUS", "'export CI_JOB_STATUS")
    (checkout.folder / ".gitlab-ci.yml").write_text(text)
    code, said = checkout.run(world.variables(run), "deploy")
    assert code == 0, said
    assert "b24: reported to the tasks 5" in said
    assert RESULTS[status] in world.messages(5)[0]


def test_a_pipeline_is_reported_through_the_app(world: World) -> None:
    """gitlab-ci-local makes no ID tokens, so the job's is given."""
    mr = world.open_mr()
    run = world.pipeline(mr)
    with an_app(200) as (url, heard):
        way = f"inputs: {{deliver: app, app-url: '{url}'}}"
        checkout = Checkout(world.folder, **{"inputs: {}": way})
        given = {"B24_ID_TOKEN": "eyJ.id.token", "B24_WEBHOOK_URL": ""}
        code, said = checkout.run(world.variables(run, mr, **given), "b24-report")
    assert code == 0, said
    [(path, authorization, body)] = heard
    assert (path, authorization) == ("/ci/report", "Bearer eyJ.id.token")
    assert body["facts"]["variables"]["CI_PIPELINE_ID"] == str(run.id)
    assert checkout.left("b24.env") == "B24_TASK_IDS=7,5\n"
    assert "https://portal.test/5/" in checkout.left("b24-annotations.json")
    assert "eyJ.id.token" not in said
    assert not world.portal.requests


def test_the_doctor_is_called_by_an_input(world: World) -> None:
    world.task(5)
    mr = world.open_mr()
    run = world.pipeline(mr)
    checkout = Checkout(world.folder, **{"inputs: {}": "inputs: {doctor: true}"})
    code, said = checkout.run(world.variables(run, mr), "b24-report")
    assert code == 0, said
    assert "webhook answers ok as Anna Admin" in " ".join(said.split())
    assert world.messages(5) == []


def test_a_variable_of_the_project_does_not_beat_an_input(world: World) -> None:
    """GitLab gives the variables of projects, groups and schedules precedence over a job's own."""
    world.task(5)
    mr = world.open_mr()
    run = world.pipeline(mr)
    beaten = {"B24_TASK_PREFIX": "X", "B24_LANGUAGE": "ru", "B24_DRY_RUN": "true"}
    code, said = Checkout(world.folder).run(world.variables(run, mr, **beaten), "b24-report")
    assert code == 0, said
    assert "#1 passed" in world.messages(5)[0]


LOOKS = """
looks:
  stage: .post
  needs: [b24-report]
  when: always
  script: ["ls -A; echo tasks=$B24_TASK_IDS"]
"""


@pytest.mark.parametrize(("given", "tasks"), [({}, "5"), ({"B24_WEBHOOK_URL": ""}, "")])
def test_a_report_leaves_no_file_in_the_working_copies_of_later_jobs(
    world: World, given: dict[str, str], tasks: str
) -> None:
    """The numbers of the tasks come to them as a variable."""
    world.task(5)
    mr = world.open_mr()
    checkout = Checkout(world.folder)
    path = checkout.folder / ".gitlab-ci.yml"
    path.write_text(path.read_text("utf-8") + LOOKS, "utf-8")
    variables = world.variables(world.pipeline(mr), mr, **given)
    code, said = checkout.run(variables, "b24-report", "looks")
    assert code == 0, said
    files = set(re.findall(r"^looks +> (b24\S+)$", COLOUR.sub("", said), re.MULTILINE))
    assert files <= {
        "b24.env",
        "b24-annotations.json",
    }  # by which gitlab-ci-local passes reports on
    assert re.search(rf"^looks +> tasks={tasks}$", COLOUR.sub("", said), re.MULTILINE), said
    assert "No files to upload" not in said


def test_a_merge_request_is_reported_although_the_build_fails(world: World) -> None:
    """It needs no job, in .post too."""
    world.task(5)
    mr = world.open_mr()
    checkout = Checkout(world.folder)
    text = checkout.left(".gitlab-ci.yml").replace("script: ['true']", "script: ['false']", 1)
    (checkout.folder / ".gitlab-ci.yml").write_text(text)
    _, said = checkout.run(world.variables(world.pipeline(mr, "running"), mr))
    assert "b24-merge-request finished" in " ".join(said.split()), said
    assert len(world.messages(5)) == 1


def preview(checkout: Checkout, more: str = "") -> dict[str, dict[str, object]]:
    """Return the jobs as gitlab-ci-local understands them."""
    path = checkout.folder / ".gitlab-ci.yml"
    path.write_text(path.read_text("utf-8") + more, "utf-8")
    done = checkout.start({}, "--preview")
    assert done.returncode == 0, done.stderr
    return dict(YAML(typ="safe").load(done.stdout))


TEAM = "default:\n  tags: [corp]\n  before_script: ['echo of the team']\n  interruptible: false\n"


@pytest.mark.parametrize(
    ("given", "tags"), [("{}", ["corp"]), ("{tags: [docker, linux]}", ["docker", "linux"])]
)
def test_the_team_s_tags_are_inherited_and_nothing_else(
    world: World, given: str, tags: list[str]
) -> None:
    checkout = Checkout(world.folder, **{"inputs: {}": f"inputs: {given}"})
    job = preview(checkout, TEAM)["b24-report"]
    assert (job["tags"], job["interruptible"]) == (tags, True)
    assert "of the team" not in str(job["before_script"])


def test_rules_of_an_input_keep_the_report_at_the_end(world: World) -> None:
    """A rule without `when` takes that of the job, and so a failed pipeline is reported too."""
    world.task(5)
    mr = world.open_mr()
    given = "inputs: {rules: [{if: $CI_COMMIT_TAG, when: never}, {if: $CI_COMMIT_BRANCH}]}"
    checkout = Checkout(world.folder, RESULT="exit 1", **{"inputs: {}": given})
    _, said = checkout.run(world.variables(world.pipeline(mr, "failed")))
    assert "#1 failed" in world.messages(5)[0], said


def offline(world: World) -> dict[str, str]:
    world.b24.offline()
    return {}


def expired(world: World) -> dict[str, str]:
    world.b24.revoke_webhooks()
    return {}


TROUBLE = {
    "missing webhook": (
        lambda w: {"B24_WEBHOOK_URL": ""}, "The variable B24_WEBHOOK_URL is empty (NO_WEBHOOK).",
    ),
    "expired webhook": (expired, "Bitrix24 does not accept the webhook"),
    "Bitrix24 down": (offline, "cannot be reached: Connection refused (UNREACHABLE)."),
}  # fmt: skip


@pytest.mark.parametrize("on_error", ["warn", "fail"])
@pytest.mark.parametrize("name", telling(TROUBLE, "Bitrix24 down"))
def test_trouble_is_a_warning_unless_the_team_wants_it_to_fail(
    world: World, name: str, on_error: str
) -> None:
    trouble, reason = TROUBLE[name]
    world.task(5)
    mr = world.open_mr()
    run = world.pipeline(mr)
    more = trouble(world)
    checkout = Checkout(world.folder, **{"inputs: {}": f"inputs: {{on-error: {on_error}}}"})
    code, said = checkout.run(world.variables(run, **more))
    assert (code, reason in said) == (int(on_error == "fail"), True), said
    assert world.webhook.rstrip("/").rpartition("/")[2] not in said


def test_a_fork_without_secrets_passes(world: World) -> None:
    mr = world.open_mr()
    run = world.pipeline(mr)
    fork = {"CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "999", "B24_WEBHOOK_URL": ""}
    code, said = Checkout(world.folder).run(world.variables(run, mr, **fork))
    assert code == 0, said
    assert "from a fork sees no secrets" in said


HOSTILE = {
    "quotes": "'; touch evil; '\"; touch evil; \"",
    "backticks": "`touch evil`",
    "a command": "$(touch evil)",
    "lines": "a\n  script: [touch evil]\nb: '",
    "BBCode": "[user=all]all[/user][url=https://evil.test]x[/url]",
    "an input": "$[[ inputs.task-prefix ]]",
    "the end of the script": "B24_REPORTER\ntouch evil",
}


@pytest.mark.parametrize("name", sample(list(HOSTILE)))
def test_names_from_outside_stay_names(world: World, name: str) -> None:
    text = HOSTILE[name]
    world.task(5, "Pay")
    mr = world.open_mr(f"B24-5 {text}", branch="feature/B24-5'`$(touch${IFS}evil)`")
    run = world.pipeline(mr)
    variables = world.variables(
        run, mr, CI_COMMIT_MESSAGE=f"{text} B24-5", CI_MERGE_REQUEST_DESCRIPTION=text
    )
    after = "!reference [.b24-deployment, after_script]"
    checkout = Checkout(world.folder, AFTER=after)
    code, said = checkout.run(variables)
    assert code == 0, said
    assert len(world.messages(5)) == 2
    shown = "".join(world.messages(5))
    assert "[user=all]" not in shown
    assert "[url=https://evil" not in shown
    assert not list(checkout.folder.rglob("evil"))


def test_files_of_the_project_do_not_become_part_of_the_reporter(world: World) -> None:
    """A runner may keep the checkout of an earlier job, of whatever branch that was."""
    world.task(5)
    mr = world.open_mr()
    checkout = Checkout(world.folder)
    for name in ("json.py", "ssl.py", "sitecustomize.py"):
        (checkout.folder / name).write_text("open('evil', 'w').close()\nraise SystemExit(1)\n")
    subprocess.run([*GIT, "add", "-A"], cwd=checkout.folder, check=True, timeout=60)
    variables = world.variables(world.pipeline(mr), mr, PYTHONPATH=str(checkout.folder))
    code, said = checkout.run(variables, "b24-report")
    assert (code, len(world.messages(5))) == (0, 1), said
    assert not list(checkout.folder.rglob("evil"))


def test_an_image_without_python_is_named(world: World) -> None:
    """Or with one that is too old; `python3` is then a program that fails."""
    old = world.folder / "old"
    old.mkdir()
    (old / "python3").write_text("#!/bin/sh\nexit 1\n")
    (old / "python3").chmod(0o755)
    run = world.pipeline(world.open_mr())
    checkout = Checkout(world.folder)
    code, said = checkout.run(world.variables(run), "b24-report", first=str(old))
    assert "has no full Python 3.9 or newer (NO_PYTHON)." in said
    assert code == 0, said


def test_an_input_with_a_quote_is_refused_before_anything_runs(world: World) -> None:
    checkout = Checkout(
        world.folder, **{"inputs: {}": 'inputs: {stage: "x\'\\n  script: [touch evil]"}'}
    )
    code, said = checkout.run({})
    assert code == 1
    assert "stage" in said
    assert not list(checkout.folder.rglob("evil"))


def test_the_repository_tests_its_own_components_and_releases_only_versions(world: World) -> None:
    checkout = Checkout(world.folder)
    shutil.copy(ROOT / ".gitlab-ci.yml", checkout.folder / ".gitlab-ci.yml")
    code, said = checkout.run({}, "--list-csv")
    assert code == 0, said
    names = {line.partition(";")[0] for line in said.splitlines() if ";" in line}
    own = {"b24-report", "b24-deployment:deployed", "components-are-included"}
    assert own <= names
    assert "release" not in names
    code, said = checkout.run({"CI_COMMIT_TAG": "1.2.3"}, "--list-csv")
    names = {line.partition(";")[0] for line in said.splitlines() if ";" in line}
    assert {"test", "release", "test-all"} & names == {"release", "test-all"}, said
