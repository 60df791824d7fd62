"""The life of a merge request, as its pipelines tell it to a task."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from tests.component.world import World

COMPLETED, IN_PROGRESS, WAITING = 5, 3, 2


def card(world: World, state: str, ci: str, *more: str) -> str:
    url = f"{world.gitlab.url}/acme/shop"
    lines = [
        f"[b][url={url}/-/merge_requests/1]!1 Pay[/url][/b]",
        f"Merge request: {state}",
        f"feature/B24-5 → main in [url={url}]acme/shop[/url]",
        "Author: Ann Oak",
        f"CI: {ci}".replace("PIPELINES", f"{url}/-/pipelines").replace("JOBS", f"{url}/-/jobs"),
    ]
    return "\n".join([*lines, *more])


def test_a_passed_pipeline_writes_one_card_the_field_and_starts_the_task(world: World) -> None:
    world.task(5)
    mr = world.open_mr()
    ran = world.report(world.pipeline(mr), mr)
    assert (ran.code, world.messages(5)) == (
        0, [card(world, "under review", "[url=PIPELINES/1]#1 passed[/url]")],
    )  # fmt: skip
    task = world.portal.tasks[5]
    assert (task.status, task.uf) == (IN_PROGRESS, {"UF_CI_STATUS": "passed"})


def test_the_links_of_the_job_and_the_ids_for_later_jobs_are_left(world: World) -> None:
    world.task(5, 'Pay "now" <b>')
    mr = world.open_mr()
    ran = world.report(world.pipeline(mr), mr)
    url = f"{world.b24.portal_url}/company/personal/user/1/tasks/task/view/5/"
    link = {"external_link": {"label": '#5 Pay "now" <b>', "url": url}}
    assert ran.json("b24-annotations.json") == {"Bitrix24": [link]}
    assert (world.folder / "b24.env").read_text() == "B24_TASK_IDS=5\n"
    assert ran.files == ["b24-annotations.json", "b24.env"]


def test_it_is_three_questions_to_gitlab_two_reads_and_one_write(world: World) -> None:
    for number in (5, 6, 7):
        world.task(number)
    mr = world.open_mr("B24-6 and B24-7")
    run = world.pipeline(mr)
    world.requests()
    world.report(run, mr)
    assert world.requests() == (3, Counter(batch=3))


def test_the_same_run_again_writes_nothing(world: World) -> None:
    world.task(5)
    mr = world.open_mr()
    run = world.pipeline(mr)
    world.report(run, mr)
    before = Counter(world.b24.writes)
    assert "nothing has changed" in world.report(run, mr).said
    assert world.b24.writes == before


def test_later_pipelines_and_the_merge_edit_the_same_message(world: World) -> None:
    world.task(5)
    mr = world.open_mr()
    world.report(world.pipeline(mr), mr)
    world.report(world.pipeline(mr, "failed"), mr)
    failed = "[url=PIPELINES/2]#2 failed[/url] ([url=JOBS/4]unit[/url])"
    assert world.messages(5) == [card(world, "under review", failed)]
    world.gitlab.merge(mr, "ann")
    run = world.pipeline(world.shop)
    world.gitlab.deploy(run, "staging", url="https://staging.test")
    world.report(run)
    deployed = "Deployed to [url=https://staging.test]staging[/url]"
    merged = card(world, "merged", "[url=PIPELINES/3]#3 passed[/url]", deployed)
    assert world.messages(5) == [merged]
    task = world.portal.tasks[5]
    assert (task.status, task.uf) == (COMPLETED, {"UF_CI_STATUS": "passed"})


def test_the_early_report_and_the_late_one_are_one_message(world: World) -> None:
    world.task(5)
    mr = world.open_mr("Draft: Pay")
    run = world.pipeline(mr, "running")
    world.requests()
    world.report(run, mr, B24_MODE="merge-request")
    assert world.requests() == (1, Counter(batch=3))
    [early] = world.messages(5)
    assert "Merge request: draft" in early
    assert "#1 running" in early
    run.set_status("success")
    world.report(run, mr)
    [late] = world.messages(5)
    assert "#1 passed" in late


def test_an_early_report_that_is_repeated_leaves_the_end_of_its_pipeline(world: World) -> None:
    world.task(5)
    mr = world.open_mr()
    run = world.pipeline(mr)
    world.report(run, mr)
    before = world.messages(5)
    ran = world.report(run, mr, B24_MODE="merge-request")
    assert (ran.code, world.messages(5)) == (0, before)
    assert "not done: task 5 shows the end (OVERTAKEN)." in ran.said
    assert world.portal.tasks[5].uf == {"UF_CI_STATUS": "passed"}


def test_who_moved_the_task_by_hand_is_not_overruled_by_a_repeated_job(world: World) -> None:
    world.task(5)
    mr = world.open_mr()
    world.report(world.pipeline(mr), mr)
    world.portal.user_moves_task(2, 5, WAITING)
    world.report(world.pipeline(mr), mr)
    assert world.portal.tasks[5].status == WAITING
    world.gitlab.merge(mr, "ann")
    world.report(world.pipeline(world.shop))
    assert world.portal.tasks[5].status == COMPLETED
    world.portal.user_moves_task(2, 5, WAITING)
    world.report(world.pipeline(world.shop))
    assert world.portal.tasks[5].status == WAITING


def test_a_mention_is_shown_and_moves_nothing(world: World) -> None:
    world.task(8)
    mr = world.open_mr("See B24-8", branch="feature/pay")
    world.report(world.pipeline(mr), mr)
    [text] = world.messages(8)
    assert "\nMentions this task.\nCI: " in text
    assert (world.portal.tasks[8].status, world.portal.tasks[8].uf) == (WAITING, {})


def test_keep_moves_nothing(world: World) -> None:
    world.task(5)
    mr = world.open_mr()
    world.report(world.pipeline(mr), mr, B24_ON_OPEN="keep")
    assert world.portal.tasks[5].status == WAITING


def test_a_column_is_found_by_its_title(world: World) -> None:
    group = world.portal.add_group("Site", id=3, members=[1, 2])
    world.task(5, group_id=group.id)
    mr = world.open_mr()
    world.report(world.pipeline(mr), mr, B24_STAGE_OPEN="in progress")
    stage = world.portal.stages[world.portal.tasks[5].stage_id]
    assert stage.title == "In progress"


def test_commits_without_a_merge_request_are_a_card_of_their_branch(world: World) -> None:
    world.task(5)
    world.gitlab.push(world.shop, "hotfix", ["Fix B24-5"], "ann")
    world.report(world.pipeline(world.shop, ref="hotfix"))
    world.report(world.pipeline(world.shop, "failed", ref="hotfix"))
    url = f"{world.gitlab.url}/acme/shop"
    assert world.messages(5) == [
        f"[b][url={url}/-/tree/hotfix]hotfix[/url][/b]\n"
        f"Commits in [url={url}]acme/shop[/url]\n"
        f"CI: [url={url}/-/pipelines/2]#2 failed[/url] ([url={url}/-/jobs/4]unit[/url])"
    ]
    assert world.portal.tasks[5].status == WAITING


def test_a_stranger_to_the_task_becomes_its_observer_and_then_edits_in_place(world: World) -> None:
    world.webhook = world.b24.webhook(1)
    world.portal.create_task("Pay", id=5, responsible_id=2, created_by=3, by=3)
    mr = world.open_mr()
    world.report(world.pipeline(mr), mr)
    assert 1 in world.portal.tasks[5].auditors
    world.report(world.pipeline(mr), mr)
    assert len(world.messages(5)) == 1


def test_a_message_too_old_to_edit_is_followed_by_a_new_one(world: World) -> None:
    world.task(5)
    mr = world.open_mr()
    world.report(world.pipeline(mr), mr)
    [message] = world.portal.discussion(5)
    message.date -= timedelta(days=4)
    world.report(world.pipeline(mr), mr)
    old, new = world.messages(5)
    assert "#1 passed" in old
    assert "#2 passed" in new


def test_another_task_in_the_same_portal_is_not_touched(world: World) -> None:
    world.task(5)
    world.task(50)
    mr = world.open_mr()
    world.report(world.pipeline(mr), mr)
    assert world.messages(50) == []
    assert world.portal.tasks[50].uf == {}


def test_more_tasks_than_one_batch_holds_are_counted(world: World) -> None:
    for number in range(1, 31):
        world.task(number)
    mr = world.open_mr(" ".join(f"B24-{number}" for number in range(1, 31)))
    ran = world.report(world.pipeline(mr), mr)
    assert "tasks found no room in one batch of 50 calls" in ran.said
    assert world.portal.requests == Counter(batch=4)  # the last reads the new cards again
    assert sum(bool(world.messages(number)) for number in range(1, 31)) == 16


def test_only_what_the_job_token_may_read_is_asked_with_it(world: World) -> None:
    world.task(5)
    mr = world.open_mr()
    run = world.pipeline(mr)
    world.gitlab.requests.clear()
    world.report(run, mr)
    base = f"/api/v4/projects/{world.shop.id}"
    assert [path for _, path in world.gitlab.requests] == [
        f"{base}/pipelines/1/jobs", f"{base}/merge_requests/1", f"{base}/deployments",
    ]  # fmt: skip


@pytest.mark.parametrize("trouble", ["refused", "down"])
def test_without_gitlab_a_smaller_report_is_made(world: World, trouble: str) -> None:
    world.task(5)
    mr = world.open_mr()
    run = world.pipeline(mr)
    world.gitlab.failing = 502 if trouble == "down" else 0
    token = world.job_token if trouble == "down" else ""
    ran = world.report(run, mr, CI_JOB_TOKEN=token)
    [text] = world.messages(5)
    assert "!1 Pay" in text
    assert "#1 unknown" in text
    assert "GitLab does not tell the jobs of the pipeline" in ran.said
    assert ran.code == 0


def test_an_older_pipeline_that_ends_later_does_not_replace_the_newer(world: World) -> None:
    """Or whose job somebody retries. Who started it hears of its failure all the same."""
    world.task(5)
    mr = world.open_mr()
    older, newer = world.pipeline(mr, "failed"), world.pipeline(mr)
    world.report(newer, mr)
    ran = world.report(older, mr)
    assert (ran.code, "not done: task 5 shows a newer pipeline (OVERTAKEN)." in ran.said) == (
        0,
        True,
    )
    [text] = world.messages(5)
    assert f"#{newer.id} passed" in text
    assert world.portal.tasks[5].uf == {"UF_CI_STATUS": "passed"}
    assert len(world.portal.notifications) == 1


def test_a_deployment_by_an_older_pipeline_is_the_newest(world: World) -> None:
    """To go back to an old version its deploying job is run again."""
    world.task(5)
    mr = world.open_mr()
    older, newer = world.pipeline(mr), world.pipeline(mr)
    mode = {"B24_MODE": "deployment", "B24_ENVIRONMENT": "staging"}
    for build in (newer, older):
        world.gitlab.deploy(build, "staging")
        world.report(build, mr, **mode)
    [text] = world.messages(5)
    assert f"/pipelines/{older.id}]" in text


@pytest.mark.parametrize("own", [True, False], ids=["merge request", "branch"])
def test_a_branch_as_long_as_git_allows_has_one_card(world: World, own: bool) -> None:
    """255 bytes, which an address holds as 700 characters."""
    world.task(5)
    branch = "feature/B24-5-" + "ж" * 120
    mr = world.open_mr("Pay", branch) if own else None
    if not own:
        world.gitlab.push(world.shop, branch, ["Pay"], "ann")
    for status in ("failed", "success"):
        run = world.pipeline(mr) if mr else world.pipeline(world.shop, status, ref=branch)
        assert world.report(run, mr).code == 0
    assert len(world.messages(5)) == 1


def test_a_merge_train_edits_the_card_of_its_merge_request(world: World) -> None:
    world.task(5)
    mr = world.open_mr("Pay", "feature/B24-5")
    world.report(world.pipeline(mr), mr)
    of_train = {
        "CI_MERGE_REQUEST_EVENT_TYPE": "merge_train",
        "CI_COMMIT_REF_NAME": f"refs/merge-requests/{mr.iid}/train",
        "CI_COMMIT_MESSAGE": "Merge branch 'feature/B24-5' into 'main'",
    }
    run = world.pipeline(mr)
    assert world.report(run, mr, **of_train).code == 0
    [text] = world.messages(5)
    assert f"/pipelines/{run.id}]" in text
