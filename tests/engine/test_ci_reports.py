"""Projects without hooks: what the tasks see where a job's report is all there is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sync.core.rules.portal import ReferenceRules, Rules
from tests.emulators.gitlab.entities import MergeRequest
from tests.engine.ci_reports import report
from tests.engine.world import World

PATTERN = r"(?:JOB|TASK)/(?P<id>\d+)"


@pytest.fixture
def make(make_world: Callable[..., World]) -> Callable[..., World]:
    def made(**rules: object) -> World:
        world = make_world(rules=Rules(references=ReferenceRules(**rules)))
        world.gitlab.state.hooks.clear()
        for number in (2101, 2102, 2103, 2104):
            world.task(number)
        return world

    return made


def fields(world: World) -> dict[int, str]:
    """The CI state that each task shows, where it shows one."""
    found = {id_: task.uf.get("UF_CI_STATUS") for id_, task in world.b24.state.tasks.items()}
    return {id_: value for id_, value in found.items() if value}


WAYS = [
    ({}, "B24-2101", "B24-2102", "B24-2103", "see B24-2104"),
    ({"prefix": "TASK"}, "TASK-2101", "TASK-2102", "TASK-2103", "see TASK-2104"),
    ({"pattern": PATTERN}, "job/2101", "JOB/2102", "TASK/2103", "see TASK/2104"),
]


@pytest.mark.parametrize(("rules", "branch", "title", "message", "text"), WAYS)
def test_the_portals_own_rules_read_all_texts_of_a_report(
    make: Callable[..., World], rules: dict, branch: str, title: str, message: str, text: str
) -> None:
    world = make(**rules)
    world.gitlab.push(world.shop, f"feature/{branch}", [f"Fix {message}"], "ann")
    mr = world.gitlab.open_mr(
        world.shop, f"feature/{branch}", title, "ann", description=f"{text}. B24-9 and TASK-9"
    )
    run = world.gitlab.run_pipeline(mr)
    told = report(world, run, mr)
    world.settle()
    assert set(told) >= {2101, 2102, 2103, 2104}
    assert fields(world) == dict.fromkeys((2101, 2102, 2103), "passed")
    assert all(world.cards(number) for number in (2101, 2102, 2103, 2104))


def test_on_the_default_branch_the_commits_of_the_report_count_and_no_others(
    make: Callable[..., World],
) -> None:
    world = make()
    for message in ("Work on B24-2101", "Fix B24-2102, see B24-2104"):
        world.gitlab.push(world.shop, "main", [message], "ann")
        told = report(world, world.gitlab.run_pipeline(world.shop, ref="main"))
        world.settle()
    assert told == (2102,)
    assert fields(world) == {2101: "passed", 2102: "passed"}
    assert ["#2" in text for text in world.reports(2101)] == [False]


def test_the_commits_since_the_last_run_are_told_of_this_one(make: Callable[..., World]) -> None:
    world = make()
    world.gitlab.push(world.shop, "main", ["Work on B24-2101", "Tidy"], "ann")
    run = world.gitlab.run_pipeline(world.shop, ref="main")
    rows = [{"sha": one.id, "message": one.message} for one in world.shop.commits.values()]
    told = report(world, run, commits=rows, status="failed")
    world.settle()
    assert (told, fields(world)) == ((2101,), {2101: "failed"})


def test_what_a_deployment_ships_has_had_pipelines_of_its_own(make: Callable[..., World]) -> None:
    world = make()
    world.gitlab.push(world.shop, "main", ["Work on B24-2101", "Fix B24-2102"], "ann")
    run = world.gitlab.run_pipeline(world.shop, ref="main")
    rows = [{"sha": one.id, "message": one.message} for one in world.shop.commits.values()]
    told = report(world, run, commits=rows, mode="deployment", deployed_to="qa", status="unknown")
    assert told == (2102,)


@pytest.mark.parametrize("first", ["hook", "report"])
def test_a_pipeline_told_by_hooks_and_by_its_job_is_told_once(
    make_world: Callable[..., World], first: str
) -> None:
    world = make_world().with_task()
    world.b24.state.users[8].email = "ann@acme.example"
    mr = world.opened()
    run = world.gitlab.run_pipeline(mr)
    run.set_status("running")
    world.settle()
    acts = [lambda: run.set_status("failed"), lambda: report(world, run, mr, status="failed")]
    for act in acts if first == "hook" else reversed(acts):
        act()
        world.settle()
    assert [text.split(",")[0] for text in world.reports()] == ["[b]CI/CD failed"]
    assert (fields(world), len(world.cards())) == ({2103: "failed"}, 1)
    assert len([text for _, text in world.told() if "ipeline" in text]) <= 1


@pytest.mark.parametrize("status", ["", "unknown"])
def test_a_pipeline_that_is_not_told_of_leaves_the_field_alone(
    make: Callable[..., World], status: str
) -> None:
    world = make()
    world.gitlab.push(world.shop, "feature/B24-2101", ["Pay"], "ann")
    mr = world.gitlab.open_mr(world.shop, "feature/B24-2101", "Pay", "ann")
    report(world, world.gitlab.run_pipeline(mr), mr, status=status)
    world.settle()
    assert fields(world) == {}
    assert "!1 Pay" in world.cards(2101)[0]


@pytest.mark.deep
@pytest.mark.parametrize("late", ["failed", "running", "canceled"])
def test_a_late_report_of_an_older_pipeline_changes_nothing(
    make: Callable[..., World], late: str
) -> None:
    world = make()
    world.b24.state.users[8].email = "ann@acme.example"
    world.gitlab.push(world.shop, "feature/B24-2101", ["Pay"], "ann")
    mr = world.gitlab.open_mr(world.shop, "feature/B24-2101", "Pay", "ann")
    older, newer = world.gitlab.run_pipeline(mr), world.gitlab.run_pipeline(mr)
    report(world, newer, mr, status="success")
    world.settle()
    cards, told = world.cards(2101), world.told()
    report(world, older, mr, status=late, mode="merge-request" if late == "running" else "report")
    world.settle()
    assert fields(world) == {2101: "passed"}
    assert (world.cards(2101), world.told()) == (cards, told)


def test_a_late_report_does_not_open_a_merge_request_again(make: Callable[..., World]) -> None:
    """Two reports know no date: the state that cannot be taken back counts."""
    world = make()
    world.gitlab.push(world.shop, "feature/B24-2101", ["Pay"], "ann")
    mr = world.gitlab.open_mr(world.shop, "feature/B24-2101", "Pay", "ann")
    older, newer = world.gitlab.run_pipeline(mr), world.gitlab.run_pipeline(mr)
    before = {"merge_requests": [_row(world, mr)]}
    world.gitlab.merge(mr, "ann")
    report(world, newer, mr, status="success")
    world.settle()
    merged = world.cards(2101)
    assert "merged" in merged[0]
    report(world, older, mr, status="success", **before)
    world.settle()
    assert world.cards(2101) == merged


def _row(world: World, mr: MergeRequest) -> dict[str, object]:
    url = f"{world.gitlab.state.url}/acme/shop/-/merge_requests/{mr.iid}"
    return {
        "iid": mr.iid, "title": mr.title, "url": url, "state": mr.state,
        "source_branch": mr.source_branch, "target_branch": mr.target_branch,
        "description": mr.description,
    }  # fmt: skip
