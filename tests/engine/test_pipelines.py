"""Histories of pipelines, told by hooks, and what the task and the commit's author see of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest

from sync.core.model.kinds import Kind
from sync.core.rules.portal import GroupRules, PipelineRules, Rules
from sync.core.rules.routes import Role, Route
from sync.errors import Denied
from tests.emulators.gitlab.entities import MergeRequest, Pipeline
from tests.engine.world import World

BRANCH = "feature/B24-2103-pay"
ANN = 8  # the portal's user with ann's address
LOG = (
    "\x1b[0Ksection_start:1560896352:step_script\r\x1b[0K\x1b[0;36mExecuting step_script\x1b[0;m\n"
    "$ pytest -q\n"
    "DEPLOY_TOKEN=glpat-abcdefghij0123456789\n"
    "\x1b[31mE   assert 1 == 2\x1b[0m\n"
    "section_end:1560896353:step_script\r\x1b[0K\n"
    "ERROR: Job failed: exit code 1\n"
)


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return known(make_world())


def known(world: World) -> World:
    """ann is the portal's user 8."""
    world.b24.state.users[8].email = "ann@acme.example"
    return world.with_task()


def field(world: World, task_id: int = 2103) -> str | None:
    return world.b24.state.tasks[task_id].uf.get("UF_CI_STATUS")


def heads(world: World, task_id: int = 2103) -> list[str]:
    """The first line of each message about pipelines."""
    return [text.split("\n")[0] for text in world.reports(task_id)]


def told(world: World) -> list[str]:
    """What the author was told of pipelines, without the addresses."""
    return [
        text.split("]: ")[-1].split(": ", 1)[-1]
        for user, text in world.told()
        if user == ANN and "ipeline" in text
    ]


def run(world: World, mr: MergeRequest, *statuses: str) -> Pipeline:
    pipeline = world.gitlab.run_pipeline(mr)
    for status in statuses:
        world.tick(20)
        pipeline.set_status(status)
    return pipeline


@pytest.mark.deep
@pytest.mark.parametrize(
    ("status", "value", "message"),
    [
        ("running", "running", None),
        ("success", "passed", "[b]CI/CD passed, commit {sha}, branch {branch}[/b]"),
        ("failed", "failed", "[b]CI/CD failed, commit {sha}, branch {branch}[/b]"),
        ("canceled", "canceled", "[b]CI/CD canceled, commit {sha}, branch {branch}[/b]"),
        ("skipped", "skipped", "[b]CI/CD skipped, commit {sha}, branch {branch}[/b]"),
        (
            "manual",
            "manual",
            "[b]CI/CD waits for a manual action, commit {sha}, branch {branch}[/b]",
        ),
    ],
)
def test_the_task_shows_how_its_pipeline_stands(
    world: World, status: str, value: str, message: str | None
) -> None:
    mr = world.opened()
    run(world, mr, status)
    world.work()
    expected = message and message.format(sha=mr.head_sha[:8], branch=BRANCH)
    assert field(world) == value
    assert heads(world) == ([expected] if expected else [])


@pytest.mark.deep
@pytest.mark.parametrize("card", ["new", "old"])
def test_a_pipelines_life_is_one_message_edited_in_place(
    make_world: Callable[..., World], card: str
) -> None:
    world = known(make_world(card=card))
    mr, seen = world.opened(), []
    pipeline = world.gitlab.run_pipeline(mr)
    for act in ("running", "failed", "retry", "success"):
        world.tick(20)
        world.gitlab.retry_pipeline(pipeline) if act == "retry" else pipeline.set_status(act)
        world.work()
        seen.append([line.split(",")[0].removeprefix("[b]") for line in heads(world)])
    assert seen == [[], ["CI/CD failed"], ["CI/CD running"], ["CI/CD passed"]]


def test_a_later_pipeline_of_the_branch_takes_the_message_over(world: World) -> None:
    mr = world.opened()
    run(world, mr, "running", "failed")
    world.work()
    world.tick(60)
    world.gitlab.push(world.shop, BRANCH, ["Mend it"], "ann")
    run(world, mr, "running", "success")
    world.work()
    assert heads(world) == [f"[b]CI/CD passed, commit {mr.head_sha[:8]}, branch {BRANCH}[/b]"]
    assert field(world) == "passed"


def test_a_commit_that_was_taken_back_leaves_its_pipelines_behind(world: World) -> None:
    mr = world.opened()
    first = mr.head_sha
    run(world, mr, "success")
    world.tick(60)
    world.gitlab.push(world.shop, BRANCH, ["Break it, B24-2103"], "ann")
    run(world, mr, "failed")
    world.settle()
    assert field(world) == "failed"
    world.tick(60)
    world.gitlab.branching.reset(world.shop, BRANCH, first, "ann")
    world.gitlab.update_mr(mr, "ann", title="Pay, without that")
    run(world, mr, "success")
    world.settle()
    assert field(world) == "passed"
    assert heads(world) == [f"[b]CI/CD passed, commit {first[:8]}, branch {BRANCH}[/b]"]


def test_a_message_too_old_to_be_edited_is_followed_by_a_new_one(world: World) -> None:
    mr = world.opened()
    run(world, mr, "failed")
    world.work()
    world.tick(80 * 3600)
    world.save_token(world.b24.token(1))
    run(world, mr, "running", "success")
    world.work()
    assert [line.split(",")[0] for line in heads(world)] == ["[b]CI/CD failed", "[b]CI/CD passed"]


def test_a_failure_shows_its_stage_its_jobs_and_the_end_of_the_log(world: World) -> None:
    mr = world.opened()
    jobs = (("build", "compile"), ("test", "unit"), ("test", "lint"))
    pipeline = world.gitlab.run_pipeline(mr, jobs=jobs)
    pipeline.jobs[1].trace = LOG
    pipeline.jobs[2].allow_failure = True
    pipeline.jobs[2].status = "failed"
    world.tick(200)
    pipeline.set_status("running")
    world.tick(200)
    pipeline.set_status("failed", "unit")
    world.work()
    shop = "http://gitlab.test/acme/shop"
    assert world.reports() == [
        f"[b]CI/CD failed, commit {mr.head_sha[:8]}, branch {BRANCH}[/b]\n"
        f"Pipeline [url={shop}/-/pipelines/1]#1[/url], 3 min 20 s: "
        f"[url={shop}/-/commit/{mr.head_sha}]Add payment[/url] (Ann)\n"
        f"Failed in stage test: [url={shop}/-/jobs/2]unit[/url]\n"
        f"Allowed to fail: [url={shop}/-/jobs/3]lint[/url]\n"
        "Last lines of unit:\n\n"
        "[code]\nExecuting step_script\n$ pytest -q\nDEPLOY_TOKEN=***\n"
        "E   assert 1 == 2\nERROR: Job failed: exit code 1\n[/code]"
    ]


def test_without_a_token_a_failure_is_said_without_its_jobs(world: World) -> None:
    world.opened()
    deps = world.deps

    def no_token(connection: object) -> object:
        raise Denied("The connection has no access token", code="no_token")

    world.patch(world, "deps", lambda owner="one": replace(deps(owner), code_host_for=no_token))
    run(world, world.shop.merge_requests[1], "failed")
    world.work()
    (text,) = world.reports()
    assert text.split("\n")[1].startswith("Pipeline [url=")
    assert "stage" not in text
    assert field(world) == "failed"


@pytest.mark.deep
def test_the_author_is_told_when_it_breaks_and_when_it_is_mended(world: World) -> None:
    mr = world.opened()
    log = []
    for status in ("success", "failed", "failed", "success", "success", "failed"):
        run(world, mr, status)
        world.work()
        log.append(told(world))
    sha = f"acme/shop, commit {mr.head_sha[:8]}, branch {BRANCH}"
    broken, mended = [f"pipeline {{}} failed: {sha}"], [f"pipeline {{}} passed, it is fixed: {sha}"]
    link = "[url=http://gitlab.test/acme/shop/-/pipelines/{}]#{}[/url]"
    expected = [[], broken, broken, mended, mended, broken]
    numbers = [0, 2, 2, 4, 4, 6]
    assert log == [
        [text.format(link.format(number, number)) for text in texts]
        for texts, number in zip(expected, numbers, strict=True)
    ]


def test_no_pipeline_is_told_of_as_failed_twice(world: World) -> None:
    mr = world.opened()
    world.work()
    before = world.b24.writes["im.notify.system.add"]
    pipeline = run(world, mr, "failed")
    world.work()
    for status in ("success", "failed", "success", "failed"):
        world.tick(20)
        world.gitlab.retry_pipeline(pipeline)
        world.tick(20)
        pipeline.set_status(status)
        world.work()
    assert [text.split(" passed")[1] for text in told(world)] == [
        f", it is fixed: acme/shop, commit {mr.head_sha[:8]}, branch {BRANCH}"
    ]
    assert world.b24.writes["im.notify.system.add"] == before + 2


def test_one_of_the_tasks_that_share_a_pipeline_tells_its_author(world: World) -> None:
    world.task(2102)
    mr = world.opened(title="B24-2102 B24-9999 Pay")
    before = world.b24.writes["im.notify.system.add"]
    world.work()
    opened = world.b24.writes["im.notify.system.add"] - before
    run(world, mr, "failed")
    world.work()
    assert world.b24.writes["im.notify.system.add"] == before + opened + 1
    assert (field(world, 2102), field(world, 2103)) == ("failed", "failed")
    assert len(heads(world, 2102)) == len(heads(world, 2103)) == 1


@pytest.mark.dialect
def test_pushed_commits_bring_their_pipelines_into_the_task(world: World) -> None:
    world.gitlab.push(world.shop, "main", ["Repair it\n\nB24-2103", "Tidy up"], "ann")
    sha = world.shop.branches["main"].head[:8]
    pipeline = world.gitlab.run_pipeline(world.shop, ref="main")
    world.tick(20)
    pipeline.set_status("success")
    world.work()
    assert heads(world) == [f"[b]CI/CD passed, commit {sha}, branch main[/b]"]
    assert field(world) == "passed"
    assert "pipeline 1 success: tasks 2103" in world.outcomes()


def test_other_pipelines_of_the_default_branch_are_none_of_the_tasks(world: World) -> None:
    world.gitlab.push(world.shop, "main", ["Repair it\n\nB24-2103"], "ann")
    world.gitlab.run_pipeline(world.shop, ref="main").set_status("success")
    world.gitlab.push(world.shop, "main", ["Something else"], "ann")
    world.tick(20)
    world.gitlab.run_pipeline(world.shop, ref="main").set_status("failed")
    world.work()
    assert field(world) == "passed"


def test_a_mere_mention_shows_no_pipelines(world: World) -> None:
    world.task(2104)
    mr = world.opened(description="see B24-2104")
    run(world, mr, "failed")
    world.work()
    assert (field(world, 2104), heads(world, 2104)) == (None, [])


def test_a_child_pipeline_leaves_the_word_to_its_parent(world: World) -> None:
    mr = world.opened()
    run(world, mr, "success")
    world.hold_deliveries = True  # the emulator tells of its first state at once
    child = world.gitlab.run_pipeline(mr)
    child.source = "parent_pipeline"
    world.hold_deliveries = False
    world.tick(20)
    child.set_status("failed")
    world.work()
    assert "recorded: Pipeline Hook: child pipeline: its parent pipeline tells the result" in (
        world.outcomes()
    )
    assert (field(world), told(world)) == ("passed", [])
    assert heads(world)[0].startswith("[b]CI/CD passed")


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(12))
def test_the_newest_commit_counts_in_whatever_order_it_is_told(
    make_world: Callable[..., World], seed: int
) -> None:
    world = known(make_world())
    world.hold_deliveries = True
    one = world.opened()
    run(world, one, "running", "failed")
    world.tick(60)
    two = world.opened("fix/B24-2103-pay", "Pay too")
    run(world, two, "running", "success")
    world.tick(60)
    run(world, one, "running", "failed")  # a newer pipeline of the older commit
    found = list(world.inbox_order)
    Random(seed).shuffle(found)
    for delivery in found:
        world.store([delivery])
        if Random(seed + len(delivery.body)).random() < 0.3:
            world.work()
    world.work()
    assert field(world) == "passed"
    assert sorted(line.split(",")[0] for line in heads(world)) == [
        "[b]CI/CD failed",
        "[b]CI/CD passed",
    ]


def test_a_storm_of_pipeline_events_is_one_message_and_one_write(world: World) -> None:
    mr = world.opened()
    world.work()
    world.b24.writes.clear()
    for _ in range(10):
        run(world, mr, "running", "failed")
    run(world, mr, "running", "success")
    world.work()
    assert dict(world.b24.writes) == {
        "im.message.add": 1,
        "im.message.update": 1,  # the merge request's card shows the pipeline, too
        "tasks.task.update": 1,
    }


def test_the_field_is_written_only_when_it_changes(world: World) -> None:
    mr = world.opened()
    for _ in range(3):
        run(world, mr, "success")
        world.work()
        assert field(world) == "passed"
    assert world.b24.writes["tasks.task.update"] == 1


@pytest.mark.parametrize(
    ("rules", "seen"),
    [
        (PipelineRules(), (True, True, True)),
        (PipelineRules(message=False), (False, True, True)),
        (PipelineRules(notify=False), (True, False, True)),
        (PipelineRules(field=False), (True, True, False)),
    ],
)
def test_a_workgroup_chooses_what_it_sees_of_pipelines(
    make_world: Callable[..., World], rules: PipelineRules, seen: tuple[bool, bool, bool]
) -> None:
    world = known(make_world(rules=Rules(groups={3: GroupRules(pipelines=rules)})))
    run(world, world.opened(), "failed")
    world.work()
    found = bool(heads(world)), bool(told(world)), field(world) is not None
    assert found == seen


def test_a_field_that_is_refused_is_refused_once(world: World) -> None:
    mr = world.opened()
    world.work()
    world.refuse("tasks.task.update", "ERROR_CORE")
    for status in ("running", "failed", "success"):
        run(world, mr, status)
        world.work()
    (refused,) = world.commands("refused")
    assert refused.key == "field:UF_CI_STATUS"
    assert heads(world)


def test_the_card_of_the_merge_request_shows_its_pipeline_still(world: World) -> None:
    mr = world.opened()
    run(world, mr, "success")
    world.work()
    assert (
        "Pipeline: [url=http://gitlab.test/acme/shop/-/pipelines/1]passed[/url]" in world.cards()[0]
    )


def test_a_pipeline_of_a_protected_branch_is_of_its_own_commits_alone(world: World) -> None:
    world.gitlab.push(world.shop, "develop", ["B24-2103 Pay"], "ann")
    world.gitlab.state.project(world.shop).branches["develop"].protected = True
    world.gitlab.push(world.shop, "develop", ["B24-2103 Pay more"], "ann")
    first = world.gitlab.run_pipeline(world.shop, ref="develop")
    first.set_status("success")
    world.settle()
    world.gitlab.push(world.shop, "develop", ["Somebody else's work"], "bob")
    second = world.gitlab.run_pipeline(world.shop, ref="develop")
    second.set_status("failed")
    world.settle()
    assert field(world) == "passed"
    assert [head.split(",")[0] for head in heads(world)] == ["[b]CI/CD passed"]


@pytest.mark.deep
def test_an_author_whom_rules_name_too_is_told_once(world: World) -> None:
    route = Route(frozenset({Kind.PIPELINE}), (Role.AUTHOR,), states=frozenset({"failed"}))
    world.rules = Rules(routes=(route,))
    mr = world.opened(BRANCH)
    seen = []
    for _ in range(2):
        run(world, mr, "failed")
        world.settle()
        seen.append([text.startswith("Pipeline") for user, text in world.told() if user == ANN])
    assert seen == [[False], [False, True]]  # of the task's work first, then by the rule
