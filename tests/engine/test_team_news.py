"""What chats and people are shown in lives of teams: rules, rollbacks, repeats; kinds 9 to 11."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator

import pytest

from sync.core.model.kinds import Kind
from sync.core.rules.portal import Rules
from tests.engine.notified_world import to_chat
from tests.engine.sampled_world import EVERYTHING
from tests.engine.team_lives import ANN, EVERY_HOOK, Life, only_groups, play
from tests.engine.test_meaning_smaller import arrive
from tests.engine.test_unusual_rules import SECRET
from tests.engine.world import World

PUBLIC = frozenset({"public"})
SUCCESS = frozenset({"success"})
DAY = 86_400.0


@pytest.fixture(autouse=True)
def _people(world: World) -> None:
    world.b24.state.add_user("Anna", email="ann@acme.example", id=ANN)
    only_groups(world)


# --- 9: an edit obeys the rule that let the first message through


def leaked(life: Life) -> list[str]:
    shown = [*life.texts(), *life.notified()]
    return [text for text in shown if SECRET in text]


def an_issue_told_as_closed_is_retitled(life: Life) -> Iterator[None]:
    """Confidential it became after it was closed: GitLab lets people edit what is over."""
    life.rules(to_chat(Kind.ISSUE, states=frozenset({"closed"})))
    git = life.world.gitlab.tracking
    issue = git.open_issue(life.shop, "Slow", "ann")
    git.close_issue(issue, "ann")
    yield
    assert len(life.texts()) == 1
    git.update_issue(issue, "ann", confidential=True, title=SECRET)
    yield
    assert leaked(life) == []


def confidential_twice_with_a_secret_each_time(life: Life) -> Iterator[None]:
    life.rules(to_chat(Kind.ISSUE))
    git = life.world.gitlab.tracking
    issue = git.open_issue(life.shop, "Slow", "ann")
    for confidential in (True, False, True):
        title = SECRET if confidential else "For all"
        git.update_issue(issue, "ann", confidential=confidential, title=title)
        yield
        assert leaked(life) == []
    assert "For all" in life.texts()[0]


def the_target_follows_its_base_out_of_the_rules_branch(life: Life) -> Iterator[None]:
    life.push("base", "Base")
    base = "base"
    below = life.world.gitlab.open_mr(life.shop, base, "Base", "ann")
    life.rules(to_chat(Kind.MERGE_REQUEST, branches=(base,)))
    mr = life.request("top", "Top", title="Top", start=base, target_branch=base)
    yield
    assert len(life.texts()) == 1
    life.merge(below)
    yield
    assert mr.target_branch == "main"
    life.world.gitlab.update_mr(mr, "ann", title=SECRET)
    yield
    assert leaked(life) == []


def a_draft_made_ready_in_another_branch(life: Life) -> Iterator[None]:
    life.push("embargo", start="main")
    life.rules(to_chat(Kind.MERGE_REQUEST, branches=("main",)))
    mr = life.request("pay", "Pay", title="Draft: Pay")
    yield
    life.world.gitlab.update_mr(mr, "ann", target_branch="embargo")
    yield
    life.world.gitlab.update_mr(mr, "ann", draft=False, title=SECRET)
    yield
    assert leaked(life) == []


def a_merged_request_is_retitled_without_its_label(life: Life) -> Iterator[None]:
    life.rules(to_chat(Kind.MERGE_REQUEST, labels=PUBLIC))
    mr = life.request("pay", "Pay", title="Pay", labels=["public"])
    yield
    life.merge(mr)
    yield
    life.world.gitlab.update_mr(mr, "ann", labels=["internal"])
    yield
    life.world.gitlab.update_mr(mr, "ann", title=SECRET)
    yield
    assert leaked(life) == []


def a_run_that_goes_on_after_its_rule_was_narrowed(life: Life) -> Iterator[None]:
    life.rules(to_chat(Kind.PIPELINE, branches=("main",)))
    run = life.run(life.shop, "failed", ref="main")
    yield
    shown = life.texts()
    yield
    assert len(shown) == 1
    life.rules(to_chat(Kind.PIPELINE, branches=("release/*",)))
    run.name = SECRET
    life.world.gitlab.retry_pipeline(run)
    life.ended(run, "success")
    yield
    assert life.texts() == shown


def an_issue_moved_to_a_project_outside_the_pattern(life: Life) -> Iterator[None]:
    """GitLab closes it here and opens a copy there, under another number."""
    world = life.world
    life.rules(to_chat(Kind.ISSUE))
    safe = world.gitlab.state.add_project(f"private/safe-{life.task}", members={"ann": 40})
    world.gitlab.add_hook(safe, next(iter(world.gitlab.state.hooks.values())).url, "issues_events")
    issue = world.gitlab.tracking.open_issue(life.shop, "Slow", "ann")
    world.gitlab.tracking.close_issue(issue, "ann")
    copy = world.gitlab.tracking.open_issue(safe, SECRET, "ann")
    world.gitlab.tracking.update_issue(copy, "ann", labels=["public"])
    yield
    assert leaked(life) == []
    assert len(life.texts()) == 1


def labels_of_one_second_in_the_wrong_order(life: Life) -> Iterator[None]:
    world = life.world
    life.rules(to_chat(Kind.ISSUE, labels=PUBLIC))
    issue = world.gitlab.tracking.open_issue(life.shop, "Slow", "ann", labels=["public"])
    yield
    world.hold_deliveries = True
    world.gitlab.tracking.update_issue(issue, "ann", labels=[])
    world.gitlab.tracking.update_issue(issue, "ann", title=SECRET)
    world.hold_deliveries = False
    world.store(world.inbox_order[-1:])
    world.work()
    world.store(world.inbox_order[-2:-1])
    yield
    assert leaked(life) == []


@pytest.mark.deep
def test_edits_obey_their_rules_in_lives_of_teams(world: World) -> None:
    play(
        world,
        an_issue_told_as_closed_is_retitled,
        confidential_twice_with_a_secret_each_time,
        the_target_follows_its_base_out_of_the_rules_branch,
        a_draft_made_ready_in_another_branch,
        a_merged_request_is_retitled_without_its_label,
        a_run_that_goes_on_after_its_rule_was_narrowed,
        an_issue_moved_to_a_project_outside_the_pattern,
        labels_of_one_second_in_the_wrong_order,
        flags=EVERY_HOOK,
    )


# --- 10: a rollback is told where the deployment was told


def shipped(life: Life, sha: str = "", environment: str = "", **options: object) -> None:
    """Deploy a commit of main to the life's own environment, or to another."""
    git = life.world.gitlab
    run = git.run_pipeline(life.shop, ref="main", sha=sha)
    made = git.deploy(run, environment or f"prod-{life.task}", "running", **options)
    life.world.tick(60)
    git.set_deployment(life.shop, made, "success")
    life.world.settle()
    life.world.tick(60)


def pushed(life: Life, text: str) -> str:
    return life.world.gitlab.push(life.shop, "main", [text], "ann")[0].id


def rolled_back(life: Life) -> list[str]:
    return [text for text in life.texts() if "Rolled back" in text]


def hearing(life: Life) -> Generator[None, None, str]:
    """The chat hears of deployments that succeeded; the first one is out."""
    life.rules(to_chat(Kind.DEPLOYMENT, states=SUCCESS))
    old = pushed(life, "Old")
    shipped(life)
    yield
    return old


def the_rollback_button_runs_the_old_job_again(life: Life) -> Iterator[None]:
    """GitLab's Re-deploy: another deployment of the pipeline of then."""
    git, world = life.world.gitlab, life.world
    life.rules(to_chat(Kind.DEPLOYMENT, states=SUCCESS))
    pushed(life, "Old")
    run = git.run_pipeline(life.shop, ref="main")
    git.deploy(run, f"prod-{life.task}")
    yield
    world.tick(60)
    new = pushed(life, f"B24-{life.task} new")
    shipped(life)
    yield
    git.working.retry_job(run, run.jobs[-1], "bob")
    git.deploy(run, f"prod-{life.task}")
    yield
    [text] = rolled_back(life)
    yield
    assert new[:8] in text


def two_regions_are_two_environments(life: Life) -> Iterator[None]:
    life.rules(to_chat(Kind.DEPLOYMENT, states=SUCCESS))
    old = pushed(life, "Old")
    regions = [f"production/eu-{life.task}", f"production/us-{life.task}"]
    for region in regions:
        shipped(life, environment=region)
        yield
    pushed(life, f"B24-{life.task} new")
    for region in regions:
        shipped(life, environment=region)
        yield
    shipped(life, sha=old, environment=regions[0])
    yield
    [text] = rolled_back(life)
    yield
    assert regions[0] in text
    shipped(life, environment=regions[1])
    yield
    assert len(rolled_back(life)) == 1


def an_older_deployment_ends_after_the_newer(life: Life) -> Iterator[None]:
    """It stands: GitLab, too, takes the one that ended last for the environment's."""
    git, world = life.world.gitlab, life.world
    yield from hearing(life)
    old = pushed(life, "Older")
    older = git.deploy(git.run_pipeline(life.shop, ref="main", sha=old), f"prod-{life.task}",
                       "running")  # fmt: skip
    yield
    world.tick(30)
    new = pushed(life, f"B24-{life.task} new")
    shipped(life)
    yield
    assert rolled_back(life) == []
    git.set_deployment(life.shop, older, "success")
    yield
    [text] = rolled_back(life)
    yield
    assert new[:8] in text


def a_tag_of_an_older_commit_is_deployed(life: Life) -> Iterator[None]:
    world = life.world
    old = yield from hearing(life)
    world.gitlab.tag(life.shop, f"v{life.task}", "ann")
    new = pushed(life, f"B24-{life.task} new")
    shipped(life)
    yield
    run = world.gitlab.run_pipeline(life.shop, ref=f"v{life.task}")
    yield
    assert run.sha == old
    world.gitlab.deploy(run, f"prod-{life.task}")
    yield
    [text] = rolled_back(life)
    yield
    assert new[:8] in text


def the_newer_one_is_still_running(life: Life) -> Iterator[None]:
    """What has not arrived is not gone."""
    git, world = life.world.gitlab, life.world
    old = yield from hearing(life)
    new = pushed(life, f"B24-{life.task} new")
    running = git.deploy(git.run_pipeline(life.shop, ref="main"), f"prod-{life.task}", "running")
    yield
    world.tick(30)
    shipped(life, sha=old)
    yield
    assert rolled_back(life) == []
    git.set_deployment(life.shop, running, "failed")
    shipped(life, sha=new)
    yield
    assert rolled_back(life) == []


def a_squash_that_was_deployed_is_taken_back(life: Life) -> Iterator[None]:
    """Only the branch's commits named the task: the squash on main does not."""
    old = yield from hearing(life)
    mr = life.request("pay", f"B24-{life.task} part", "More", title="Pay")
    yield
    life.merge(mr, squash=True)
    yield
    shipped(life)
    yield
    shipped(life, sha=old)
    yield
    assert len(rolled_back(life)) == 1
    assert "Rolled back" in "\n".join(life.world.cards(life.task))


def test_rollbacks_are_told_in_lives_of_teams(world: World) -> None:
    play(
        world,
        the_rollback_button_runs_the_old_job_again,
        two_regions_are_two_environments,
        an_older_deployment_ends_after_the_newer,
        a_tag_of_an_older_commit_is_deployed,
        the_newer_one_is_still_running,
        a_squash_that_was_deployed_is_taken_back,
    )


# --- 11: equal bodies are different events


def counted(life: Life, begins: str) -> int:
    """How many deliveries of the project came to such an outcome."""
    arrived = zip(life.world.outcomes(), life.world.inbox_order, strict=True)
    return sum(
        outcome.startswith(begins) and f"shop-{life.task}".encode() in delivery.body
        for outcome, delivery in arrived
    )


def two_people_comment_alike_in_one_second(life: Life) -> Iterator[None]:
    mr = life.request("pay", f"B24-{life.task} pay")
    yield
    for name in ("bob", "ann", "bob"):
        life.world.gitlab.comment(mr, "Same words", name)
        yield
    shown = [text for text in life.world.cards(life.task) if "Same words" in text]
    yield
    assert len(shown) == 3


def the_same_commit_is_deployed_three_times(life: Life) -> Iterator[None]:
    run = life.world.gitlab.run_pipeline(life.shop, ref="main")
    for _ in range(3):
        life.world.gitlab.deploy(run, f"qa-{life.task}")
        yield
    assert counted(life, "deployment") == 3


def a_title_goes_there_and_back_twice(life: Life) -> Iterator[None]:
    mr = life.request("pay", f"B24-{life.task} pay", title="Pay")
    yield
    for title in ("Buy", "Pay", "Buy", "Pay"):
        life.world.gitlab.update_mr(mr, "ann", title=title)
        yield
    assert f"!{mr.iid} Pay" in life.world.cards(life.task)[0]


def a_draft_goes_there_and_back_within_a_second(life: Life) -> Iterator[None]:
    mr = life.request("pay", f"B24-{life.task} pay", title="Pay")
    yield
    for draft in (True, False, True, False):
        life.world.gitlab.update_mr(mr, "ann", draft=draft)
        yield
    assert counted(life, f"merge request !{mr.iid}") == 5
    assert "Draft" not in life.world.cards(life.task)[0]


def a_branch_with_hours_is_deleted_and_pushed_again(life: Life) -> Iterator[None]:
    """The same commits arrive in a new branch: two pushes, hours once."""
    world = life.world
    made = world.gitlab.push(life.shop, "pay", [f"B24-{life.task} pay #time 1h"], "ann")
    yield
    for _ in range(2):
        world.gitlab.delete_branch(life.shop, "pay", "ann")
        world.gitlab.push(life.shop, "pay", list(made), "ann")
        yield
    assert counted(life, "push to pay") == 5
    assert life.logged() == [(ANN, 3600)]


def a_job_is_played_twice_to_the_same_end(life: Life) -> Iterator[None]:
    run = life.run(life.shop, "running", ref="main")
    yield
    for _ in range(2):
        job = life.world.gitlab.working.add_job(
            run, "deploy", "prod", status="manual", when="manual"
        )
        life.world.gitlab.working.set_job(run, job, "success", user="bob")
        yield
        life.world.tick(60)
        yield
    assert counted(life, "job") == 8


def a_tag_is_moved_by_force_three_times(life: Life) -> Iterator[None]:
    """`git push --force` of a tag: one hook from commit to commit, there and back."""
    world = life.world
    first = world.gitlab.tag(life.shop, f"latest-{life.task}", "ann")
    second = pushed(life, "Work")
    yield
    body = json.loads(
        next(d for d in reversed(world.inbox_order) if d.event == "Tag Push Hook").body
    )
    for old, new in ((first, second), (second, first), (first, second)):
        moved = {**body, "before": old, "after": new, "checkout_sha": new}
        arrive(world, "Tag Push Hook", moved)
        yield
        world.tick(60)
        yield
    assert counted(life, "tag") == 4


def a_subgroup_comes_goes_and_comes(life: Life) -> Iterator[None]:
    for name in ("subgroup_create", "subgroup_destroy", "subgroup_create"):
        body = {
            "event_name": name, "name": "Tools", "path": "tools",
            "full_path": f"{life.shop.path}/tools",
            "group_id": life.task, "created_at": life.world.clock.now().isoformat(),
            "updated_at": life.world.clock.now().isoformat(),
        }  # fmt: skip
        arrive(life.world, "Subgroup Hook", body)
        yield
        life.world.tick(600)
        yield
    assert counted(life, "project group") == 3


@pytest.mark.deep
def test_equal_bodies_are_events_in_lives_of_teams(world: World) -> None:
    world.gitlab.state.version = "16.1.0"  # which tells no key of a delivery
    world.rules = Rules(groups={}, routes=(to_chat(*EVERYTHING),))
    play(
        world,
        two_people_comment_alike_in_one_second,
        the_same_commit_is_deployed_three_times,
        a_title_goes_there_and_back_twice,
        a_draft_goes_there_and_back_within_a_second,
        a_branch_with_hours_is_deleted_and_pushed_again,
        a_job_is_played_twice_to_the_same_end,
        a_tag_is_moved_by_force_three_times,
        a_subgroup_comes_goes_and_comes,
        flags=EVERY_HOOK,
    )
