"""Parent and child pipelines: which of them reports, and what it says."""

from __future__ import annotations

import pytest

from tests.component.world import World
from tests.emulators.gitlab.entities import MergeRequest, Pipeline


def test_a_parent_pipeline_has_the_last_word_over_its_children(world: World) -> None:
    """Its number is lower than theirs."""
    world.task(5)
    mr = world.open_mr()
    parent, child = world.pipeline(mr, "failed"), world.pipeline(mr)
    world.report(child, mr, CI_PIPELINE_SOURCE="parent_pipeline")
    assert f"/pipelines/{child.id}/builds]#{child.id} passed" in world.messages(5)[0]
    world.report(parent, mr)
    [text] = world.messages(5)
    assert f"/pipelines/{parent.id}]#{parent.id} failed" in text


def _with_children(world: World, *statuses: str) -> tuple[MergeRequest, Pipeline, list[Pipeline]]:
    """A merge request whose pipeline starts two children, which have come this far."""
    mr = world.open_mr()
    parent = world.pipeline(mr, "running")
    children = []
    for number, status in enumerate(statuses):
        child = world.gitlab.working.run_child(parent, f"start {number}")
        child.set_status("running")
        if status != "running":
            child.set_status(status)
        children.append(child)
    for job in parent.jobs:
        job.status = "success"
    return mr, parent, children


@pytest.mark.parametrize("token", ["glpat", ""], ids=["access token", "job token"])
@pytest.mark.parametrize(
    ("statuses", "shown", "value"),
    [
        (("success", "success"), "passed", "passed"),
        (("failed", "success"), "failed", "failed"),
        (("success", "failed"), "failed", "failed"),
        (("success", "running"), "running", "running"),
        (("success", "canceled"), "canceled", "canceled"),
    ],
)
def test_children_alone_report_as_their_parent(
    world: World, statuses: tuple[str, str], shown: str, value: str, token: str
) -> None:
    """Whichever reports last: the card is the parent's, and its state is GitLab's."""
    world.task(5)
    mr, parent, children = _with_children(world, *statuses)
    more = {"CI_PIPELINE_SOURCE": "parent_pipeline"}
    if token:
        secret = world.gitlab.state.add_token(world.ann, scopes=("read_api",)).value
        more["B24_GITLAB_TOKEN"] = secret
    for child in (*children, children[0]):
        ran = world.report(child, mr, **more)
        assert ran.code == 0, ran.said
    [text] = world.messages(5)
    assert f"/pipelines/{parent.id}]#{parent.id} {shown}" in text
    assert world.portal.tasks[5].uf == {"UF_CI_STATUS": value}


def test_two_children_that_report_at_once_do_not_wait_for_each_other(world: World) -> None:
    world.task(5)
    mr, parent, children = _with_children(world, "success", "success")
    for child in children:
        child.status = "running"  # its last job, which reports
        world.gitlab.working.add_job(child, ".post", "report", status="running")
    for child in children:
        world.report(child, mr, CI_PIPELINE_SOURCE="parent_pipeline")
    assert f"#{parent.id} passed" in world.messages(5)[0]


def test_a_child_that_its_parent_did_not_wait_for_says_nothing_of_it(world: World) -> None:
    world.task(5)
    mr, parent, [child] = _with_children(world, "failed")
    parent.bridges[0].waits = False
    world.report(child, mr, CI_PIPELINE_SOURCE="parent_pipeline")
    assert f"#{parent.id} passed" in world.messages(5)[0]


def test_a_child_whose_parent_is_not_told_speaks_for_itself(world: World) -> None:
    world.task(5)
    mr, parent, [child] = _with_children(world, "success")
    parent.sha = "0" * 40
    ran = world.report(child, mr, CI_PIPELINE_SOURCE="parent_pipeline")
    assert f"/pipelines/{child.id}/builds]#{child.id} passed" in world.messages(5)[0]
    assert "GitLab does not tell the parent of this child pipeline" in ran.said
