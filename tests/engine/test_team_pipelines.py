"""Which pipelines speak for a task in lives of teams: main goes on, trains, gates; kinds 7, 8."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest

from tests.emulators.gitlab.entities import MergeRequest, Pipeline
from tests.engine.team_lives import ANN, Life, play
from tests.engine.world import World


@pytest.fixture(autouse=True)
def _people(world: World) -> None:
    world.b24.state.add_user("Anna", email="ann@acme.example", id=ANN)


def main_run(life: Life, status: str, **options: object) -> Pipeline:
    return life.run(life.shop, status, ref="main", **options)


def broken(life: Life) -> Generator[None, None, Pipeline]:
    """The task's merge turned main red."""
    life.merge(life.request("pay", f"B24-{life.task} pay"))
    yield
    run = main_run(life, "failed")
    yield
    assert life.fields()[0] == "failed"
    return run


def result_run(life: Life, mr: MergeRequest) -> Pipeline:
    """The pipeline of what the merge would make: its commit is in no branch."""
    place = life.shop
    made = life.world.gitlab.coding.written(
        life.world.gitlab.state.user("ann"), f"Merge {mr.head_sha} into main",
        place.branches["main"].head, mr.head_sha,
    )  # fmt: skip
    place.commits[made.id] = made
    usual, mr.diff_head = mr.diff_head, made.id
    run = life.world.gitlab.run_pipeline(mr)
    mr.diff_head = usual
    return run


# --- 7: a shared branch goes on


def a_skipped_pipeline_mends_nothing(life: Life) -> Iterator[None]:
    yield from broken(life)
    life.push("main", "Docs [skip ci]", user="bob")
    main_run(life, "skipped")
    yield
    assert life.fields()[0] == "failed"
    life.push("main", "Mend it", user="bob")
    main_run(life, "success")
    yield
    assert life.fields()[0] == "passed"


def a_newer_commit_cancels_the_run_before(life: Life) -> Iterator[None]:
    mr = life.request("pay", f"B24-{life.task} pay")
    yield
    older = life.world.gitlab.run_pipeline(mr)
    life.ended(older, "running")
    yield
    life.push("pay", "More")
    life.ended(older, "canceled")
    yield
    life.run(mr, "success")
    yield
    assert life.fields()[0] == "passed"


def a_newer_green_ends_before_the_older_red(life: Life) -> Iterator[None]:
    life.merge(life.request("pay", f"B24-{life.task} pay"))
    yield
    older = life.world.gitlab.run_pipeline(life.shop, ref="main")
    life.ended(older, "running")
    yield
    life.push("main", "Mend it", user="bob")
    main_run(life, "success")
    yield
    life.ended(older, "failed")
    yield
    assert life.fields()[0] == "passed"


def who_heard_of_the_failure_hears_of_the_mending_once(life: Life) -> Iterator[None]:
    yield from broken(life)
    for status in ("canceled", "success", "success"):
        life.push("main", f"Then {status}", user="bob")
        main_run(life, status)
        yield
    assert sum("it is fixed" in text for text in life.notified()) == 1
    assert life.fields()[0] == "passed"


def the_revert_mends_main(life: Life) -> Iterator[None]:
    yield from broken(life)
    text = f'Revert "B24-{life.task} pay"\n\nThis reverts commit 4f1c9e0a1b2c.'
    life.merge(life.request("back", text, title=f'Revert "B24-{life.task} pay"'))
    yield
    main_run(life, "success")
    yield
    assert life.fields()[0] == "passed"


def a_nightly_that_fails_after_main_was_green(life: Life) -> Iterator[None]:
    yield from broken(life)
    life.push("main", "Mend it", user="bob")
    main_run(life, "success")
    yield
    before = len(life.notified())
    main_run(life, "failed", source="schedule")
    yield
    assert life.fields()[0] == "passed"
    assert len(life.notified()) == before or f"{life.task}" not in life.notified()[-1]


def a_gate_that_waits_for_somebody_mends_nothing_yet(life: Life) -> Iterator[None]:
    yield from broken(life)
    life.push("main", "Mend it", user="bob")
    run = main_run(life, "manual")
    yield
    assert life.fields()[0] != "passed"
    life.ended(run, "success")
    yield
    assert life.fields()[0] == "passed"


def a_child_that_is_green_mends_no_red_parent(life: Life) -> Iterator[None]:
    parent = yield from broken(life)
    child = life.world.gitlab.working.run_child(parent, "site")
    life.ended(child, "success")
    yield
    assert life.fields()[0] == "failed"
    life.world.gitlab.retry_pipeline(parent)
    life.ended(parent, "success")
    yield
    assert life.fields()[0] == "passed"


def test_main_goes_on_in_lives_of_teams(world: World) -> None:
    play(
        world,
        a_skipped_pipeline_mends_nothing,
        a_newer_commit_cancels_the_run_before,
        a_newer_green_ends_before_the_older_red,
        who_heard_of_the_failure_hears_of_the_mending_once,
        the_revert_mends_main,
        a_nightly_that_fails_after_main_was_green,
        a_gate_that_waits_for_somebody_mends_nothing_yet,
        a_child_that_is_green_mends_no_red_parent,
    )


# --- 8: what GitLab counts


def the_merged_result_is_red_though_the_branch_is_green(life: Life) -> Iterator[None]:
    mr = life.request("pay", f"B24-{life.task} pay")
    yield
    life.run(life.shop, "success", ref=mr.source_branch)
    yield
    life.ended(result_run(life, mr), "failed")
    yield
    assert life.fields()[0] == "failed"


def the_merged_result_of_an_older_head_ends_late(life: Life) -> Iterator[None]:
    mr = life.request("pay", f"B24-{life.task} pay")
    yield
    older = result_run(life, mr)
    life.push("pay", "More")
    life.ended(result_run(life, mr), "success")
    yield
    life.ended(older, "failed")
    yield
    assert life.fields()[0] == "passed"


def a_car_taken_out_of_the_train(life: Life) -> Iterator[None]:
    mr = life.request("pay", f"B24-{life.task} pay")
    yield
    car = result_run(life, mr)
    life.ended(car, "running")
    yield
    life.ended(car, "canceled")
    yield
    life.ended(result_run(life, mr), "success")
    yield
    assert life.fields()[0] == "passed"


def a_run_passes_all_states_that_gitlab_has(life: Life) -> Iterator[None]:
    mr = life.request("pay", f"B24-{life.task} pay")
    yield
    run = life.world.gitlab.run_pipeline(mr, status="created")
    for status in (
        "waiting_for_resource", "preparing", "pending", "running", "scheduled", "running",
        "canceling",
    ):  # fmt: skip
        life.ended(run, status)
        yield
        assert life.fields()[0] not in ("passed", "failed"), status
    life.ended(run, "canceled")
    yield
    assert life.fields()[0] == "canceled"


def a_requests_run_that_ends_after_its_merge(life: Life) -> Iterator[None]:
    mr = life.request("pay", f"B24-{life.task} pay")
    yield
    run = life.world.gitlab.run_pipeline(mr)
    life.ended(run, "running")
    yield
    life.merge(mr)
    yield
    main_run(life, "success")
    yield
    life.ended(run, "failed")
    yield
    assert life.fields()[0] == "passed"


def a_gate_in_a_requests_run(life: Life) -> Iterator[None]:
    mr = life.request("pay", f"B24-{life.task} pay")
    yield
    run = life.run(mr, "manual")
    yield
    assert life.fields()[0] not in ("passed", "failed")
    life.ended(run, "running")
    yield
    life.ended(run, "success")
    yield
    assert life.fields()[0] == "passed"


def a_manual_job_left_alone_leaves_the_run_green(life: Life) -> Iterator[None]:
    mr = life.request("pay", f"B24-{life.task} pay")
    yield
    run = life.world.gitlab.run_pipeline(mr)
    life.world.gitlab.working.add_job(
        run, "deploy", "prod", status="manual", when="manual", allow_failure=True
    )
    life.ended(run, "success")
    yield
    assert life.fields()[0] == "passed"
    life.world.gitlab.working.set_job(run, "prod", "failed", user="bob")
    yield
    assert life.fields()[0] == "passed"


def a_red_site_of_another_project_turns_the_run_red_once(life: Life) -> Iterator[None]:
    world = life.world
    site = world.gitlab.state.add_project(f"acme/site-{life.task}", members={"ann": 40})
    world.gitlab.push(site, "main", ["Site"], "ann")
    mr = life.request("pay", f"B24-{life.task} pay")
    yield
    parent = world.gitlab.run_pipeline(mr)
    life.ended(world.gitlab.working.run_downstream(parent, "site", site), "failed")
    yield
    assert life.fields()[0] != "failed"
    life.ended(parent, "failed")
    yield
    assert life.fields()[0] == "failed"
    assert len(world.reports(life.task)) == 1


@pytest.mark.deep
def test_what_gitlab_counts_in_lives_of_teams(world: World) -> None:
    play(
        world,
        the_merged_result_is_red_though_the_branch_is_green,
        the_merged_result_of_an_older_head_ends_late,
        a_car_taken_out_of_the_train,
        a_run_passes_all_states_that_gitlab_has,
        a_requests_run_that_ends_after_its_merge,
        a_gate_in_a_requests_run,
        a_manual_job_left_alone_leaves_the_run_green,
        a_red_site_of_another_project_turns_the_run_red_once,
    )
