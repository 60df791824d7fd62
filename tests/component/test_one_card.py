"""Jobs that report at the same instant leave one card, whatever the order of their calls."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations, product
from pathlib import Path

import pytest
from reporter.cards import card, card_url, deployment_card, environment_url
from reporter.ci_variables import Variables
from reporter.direct_deployment import tell as tell_chat
from reporter.http import Output
from reporter.model import Deployment, MergeRequest, NamedTask, Report
from reporter.moves import field_again, move_calls, overtaken, rank
from reporter.plan import Mode
from reporter.send_to_portal import send_to_portal

from tests.component.turns import Job, Line, play
from tests.component.world import World, default_inputs

PROJECT = "https://git.test/acme/shop"
READS = 3  # calls: who we are, the task, its discussion
ORDERS = ["".join(order) for order in product("AB", repeat=4)]
TURNS_OF_THREE = sorted({"".join(order) for order in permutations("AABBCC")})
PIPELINE = Mode(
    card,
    card_url,
    lambda _: [],
    move=move_calls,
    rank=rank,
    overtaken=overtaken,
    again=field_again,
)
DEPLOYMENT = Mode(deployment_card, environment_url, lambda _: [])


@pytest.fixture(params=["new", "old"])
def world(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    monkeypatch.chdir(tmp_path)
    with World(tmp_path, card=request.param) as made:
        yield made


def report_of(task: int, pipeline: int, status: str, **inputs: str) -> Report:
    variables = {
        "CI_PROJECT_PATH": "acme/shop", "CI_PROJECT_URL": PROJECT, "CI_COMMIT_BRANCH": "b",
        "CI_PIPELINE_ID": str(pipeline), "CI_PIPELINE_URL": f"{PROJECT}/-/pipelines/{pipeline}",
        **default_inputs("report"), **inputs,
    }  # fmt: skip
    report = Report(Variables(variables))
    report.status, report.jobs = status, None if status == "running" else []
    url = f"{PROJECT}/-/merge_requests/{task}"
    report.merge_requests = [MergeRequest(task, "Pay", url)]
    report.tasks = [NamedTask(task, "move", task)]
    return report


def start(world: World, report: Report, mode: Mode = PIPELINE, calls: int = -1) -> Job:
    webhook, log = world.webhook.rstrip("/"), Output(lambda _: None)

    def work(line: Line) -> int:
        return send_to_portal(line, webhook, report, mode, log)  # type: ignore[arg-type]

    return Job(world.portal, work, calls)


def begin(world: World, number: int, jobs: dict[str, Job]) -> None:
    for job in jobs.values():
        for _ in range(READS):
            job.step()


def test_the_beginning_and_the_end_of_a_pipeline_leave_the_end(world: World) -> None:
    """In every order of what both do after both have found no card."""
    for number, order in enumerate(ORDERS, 10):
        world.task(number)
        early, late = report_of(number, 7, "running"), report_of(number, 7, "success")
        jobs = {"A": start(world, early), "B": start(world, late)}
        begin(world, number, jobs)
        play(jobs, order)
        [text] = world.messages(number)
        assert "#7 passed" in text, order
        assert world.portal.tasks[number].uf == {"UF_CI_STATUS": "passed"}, order
        assert max(job.line.count for job in jobs.values()) <= 4, order


def test_of_two_pipelines_the_newer_one_s_card_is_left(world: World) -> None:
    for number, order in enumerate(ORDERS, 10):
        world.task(number)
        older, newer = report_of(number, 7, "failed"), report_of(number, 8, "success")
        jobs = {"A": start(world, older), "B": start(world, newer)}
        begin(world, number, jobs)
        play(jobs, order)
        [text] = world.messages(number)
        assert "#8 passed" in text, order
        assert world.portal.tasks[number].uf == {"UF_CI_STATUS": "passed"}, order


def test_three_jobs_leave_one_card_of_the_newest(world: World) -> None:
    for number, order in enumerate(TURNS_OF_THREE, 10):
        world.task(number)
        reports = [report_of(number, 7, "running"), report_of(number, 8, "failed")]
        reports.append(report_of(number, 7, "success"))
        jobs = {name: start(world, each) for name, each in zip("ABC", reports, strict=True)}
        begin(world, number, jobs)
        play(jobs, order)
        [text] = world.messages(number)
        assert "#8 failed" in text, order


@pytest.mark.parametrize("calls", range(READS + 1, READS + 7))
def test_a_job_that_was_killed_leaves_no_second_card_for_long(world: World, calls: int) -> None:
    """The next report, or the same job again, finds both and removes one."""
    for number, order in enumerate(ORDERS, 10):
        world.task(number)
        first, second = report_of(number, 7, "running"), report_of(number, 7, "failed")
        jobs = {"A": start(world, first), "B": start(world, second, calls=calls)}
        begin(world, number, jobs)
        play(jobs, order)
        assert 1 <= len(world.messages(number)) <= 2, order
        play({"C": start(world, second)}, "")
        [text] = world.messages(number)
        assert "#7 failed" in text, order


def test_deployments_at_the_same_instant_leave_one_card_and_one_chat_message(
    world: World,
) -> None:
    chat = world.portal.add_chat("chat", "Builds", 1, members=[1, 2])
    mode = DEPLOYMENT._replace(tell=tell_chat)
    for number, order in enumerate(ORDERS, 10):
        world.task(number)
        inputs = {"B24_CHAT": f"chat{chat.id}", "B24_CHAT_WHEN": "always"}
        reports = [report_of(number, number, "success", **inputs) for _ in "AB"]
        for report in reports:
            report.deployments = [Deployment("staging", status="success")]
        jobs = {name: start(world, each, mode) for name, each in zip("AB", reports, strict=True)}
        begin(world, number, jobs)
        play(jobs, order)
        [text] = world.messages(number)
        assert "Deployed to" in text, order
    said = [m for m in world.portal.dialog_messages(chat.id) if m.author_id and not m.deleted]
    assert len(said) == len(ORDERS)


def test_a_card_that_another_job_removed_meanwhile_is_posted_again(world: World) -> None:
    """The third pipeline edits what the second job takes away as the older of two."""
    world.task(5)
    jobs = {
        "A": start(world, report_of(5, 7, "failed")),
        "B": start(world, report_of(5, 8, "failed")),
    }
    begin(world, 5, jobs)
    jobs["A"].step()  # posts
    third = {"C": start(world, report_of(5, 9, "success"))}
    begin(world, 5, third)
    play(jobs, "ABBB")
    play(third, "")
    [text] = world.messages(5)
    assert "#9 passed" in text


def test_the_jobs_of_a_portal_that_knows_them_not_yet_leave_one_card(world: World) -> None:
    """Each first makes the webhook's owner an observer, who may write there only then."""
    for number, order in enumerate(ORDERS, 10):
        world.portal.create_task("Pay", id=number, responsible_id=2, by=2)
        reports = [report_of(number, 7, "running"), report_of(number, 7, "success")]
        jobs = {name: start(world, each) for name, each in zip("AB", reports, strict=True)}
        begin(world, number, jobs)
        play(jobs, order)
        [text] = [text for text in world.messages(number) if "CI: " in text]
        assert "#7 passed" in text, order


@pytest.mark.parametrize("inputs", [{"B24_LANGUAGE": "ru"}, {"B24_FIELD": "-"}], ids=str)
@pytest.mark.parametrize("kind", ["move", "mention"])
def test_the_field_is_written_where_the_inputs_and_the_sense_allow_it(
    world: World, kind: str, inputs: dict[str, str]
) -> None:
    expected = {"UF_CI_STATUS": "failed"} if kind == "move" and "B24_FIELD" not in inputs else {}
    for number, order in enumerate(ORDERS, 10):
        world.task(number)
        reports = [report_of(number, 7, status, **inputs) for status in ("running", "failed")]
        for report in reports:
            report.tasks = [NamedTask(number, kind, number)]
        jobs = {name: start(world, each) for name, each in zip("AB", reports, strict=True)}
        begin(world, number, jobs)
        play(jobs, order)
        assert len(world.messages(number)) == 1, order
        assert world.portal.tasks[number].uf == expected, order


def test_a_child_pipeline_s_card_gives_way_to_its_parent_s(world: World) -> None:
    for number, order in enumerate(ORDERS, 10):
        world.task(number)
        child, parent = report_of(number, 8, "failed"), report_of(number, 7, "success")
        child.ci["CI_PIPELINE_SOURCE"] = "parent_pipeline"
        jobs = {"A": start(world, child), "B": start(world, parent)}
        begin(world, number, jobs)
        play(jobs, order)
        assert len(world.messages(number)) == 1, order
        play({"C": start(world, parent)}, "")
        [text] = world.messages(number)
        assert "#7 passed" in text, order


def test_where_comments_may_not_be_removed_two_are_left_and_no_third_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the old card, by a webhook of somebody who is no administrator."""
    monkeypatch.chdir(tmp_path)
    with World(tmp_path, card="old") as world:
        world.webhook = world.b24.webhook(2)
        world.task(5)
        early, late = report_of(5, 7, "running"), report_of(5, 7, "success")
        jobs = {"A": start(world, early), "B": start(world, late)}
        begin(world, 5, jobs)
        play(jobs, "AB")
        for _ in range(2):
            play({"C": start(world, late)}, "")
            assert len(world.messages(5)) == 2


def test_what_earlier_jobs_left_twice_is_one_card_again(world: World) -> None:
    """At most three go at a time."""
    world.task(5)
    play({"A": start(world, report_of(5, 7, "failed"))}, "")
    [text] = world.messages(5)
    for _ in range(4):
        if world.card == "new":
            world.portal.post(world.portal.chats[world.portal.tasks[5].chat_id], 1, text)
        else:
            world.portal.add_comment(world.portal.tasks[5], 1, text)
    for _ in range(2):
        play({"A": start(world, report_of(5, 8, "success"))}, "")
    [text] = world.messages(5)
    assert "#8 passed" in text
