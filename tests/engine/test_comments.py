"""Histories of comments, told by hooks, and what the tasks see whose work they are about."""

from __future__ import annotations

from datetime import timedelta

from sync.core.model.kinds import Kind
from sync.core.rules.portal import CommentRules, GroupRules, Rules
from sync.core.rules.routes import Channel, Route
from tests.emulators.gitlab.entities import MergeRequest
from tests.engine.world import World

FLAGS = ("note_events", "confidential_note_events", "issues_events")


def opened(world: World, description: str = "") -> MergeRequest:
    (hook,) = world.gitlab.state.hooks.values()
    hook.events.update(dict.fromkeys(FLAGS, True))
    return world.opened(description=description)


def said(world: World, task_id: int = 2103) -> list[str]:
    """The comments in the task's discussion."""
    found = [message.text for message in world.b24.state.discussion(task_id)]
    return [text for text in found if "comment" in text.split("\n")[0]]


def test_a_comment_on_a_merge_request_is_shown_in_its_task_and_edited_with_it(
    world: World,
) -> None:
    mr = opened(world)
    note = world.gitlab.comment(mr, "Is **this** safe?\n\n- [user=all]\n- @all", "bob")
    world.settle()
    url = f"http://gitlab.test/acme/shop/-/merge_requests/1#note_{note.id}"
    head = f"[b][user=8]bob[/user] commented on [url={url}]!1 Pay[/url][/b]"
    (text,) = said(world)
    assert text.split("\n")[:3] == [head.replace("bob", "Bob"), "", ">>Is [b]this[/b] safe?"]
    assert "[user=all]" not in text
    world.gitlab.talking.edit_comment(mr, note, "Fine now", "bob")
    world.settle()
    assert said(world) == [f"{head.replace('bob', 'Bob')}\n\n>>Fine now"]


def test_a_comment_on_a_commit_is_shown_where_the_work_of_its_branch_is(world: World) -> None:
    mr = opened(world)
    world.gitlab.push(world.shop, mr.source_branch, ["Tidy up"], "ann")
    world.gitlab.push(world.shop, "B24-2103-more", ["More"], "ann")
    commits = world.gitlab.state.project(world.shop).commits.values()
    for title in ("Add payment", "Tidy up", "More"):
        (one,) = [commit for commit in commits if commit.message == title]
        world.gitlab.comment(one, f"Of {title}", "bob")
    world.settle()
    assert [text.split(">>")[1] for text in said(world)] == [
        "Of Add payment", "Of Tidy up", "Of More",
    ]  # fmt: skip


def test_a_rule_for_chats_leaves_the_comment_in_the_task_as_it_is(world: World) -> None:
    rule = Route(frozenset({Kind.COMMENT}), (Channel.PROJECT,))
    world.rules = Rules(groups={3: GroupRules(projects=("acme/*",), routes=(rule,))})
    mr = opened(world)
    note = world.gitlab.comment(mr, "One", "bob")
    world.settle()
    before = said(world)
    world.gitlab.talking.edit_comment(mr, note, "Two", "bob")
    world.settle()
    assert said(world) == [before[0].replace("One", "Two")]
    assert len([text for text in world.posted() if "Two" in text]) == 1


def test_a_comment_on_code_says_where(world: World) -> None:
    mr = opened(world)
    world.gitlab.comment(mr, "Rounding?", "bob", line=("src/pay.py", 12))
    world.settle()
    assert said(world)[0].split("\n")[1:] == ["On src/pay.py:12", "", ">>Rounding?"]


def test_an_internal_comment_stays_inside_unless_the_settings_let_it_out(world: World) -> None:
    mr = opened(world)
    world.gitlab.comment(mr, "Between us", "bob", internal=True)
    world.settle()
    assert said(world) == []
    world.rules = Rules(default=GroupRules(comments=CommentRules(internal=True)))
    world.gitlab.comment(mr, "Between us too", "bob", internal=True)
    world.settle()
    shown = [text.split(">>")[1] for text in said(world) if "members only" in text]
    assert shown == ["Between us", "Between us too"]


def test_talk_of_a_merge_request_that_only_mentions_the_task_stays_there(world: World) -> None:
    (hook,) = world.gitlab.state.hooks.values()
    hook.events.update(dict.fromkeys(FLAGS, True))
    world.task(5)
    mr = world.opened("other", description="See B24-5")
    world.gitlab.comment(mr, "Hm", "bob")
    world.settle()
    assert said(world, 5) == []
    world.gitlab.comment(mr, "This is what B24-5 asks for", "bob")
    world.settle()
    assert [text.split(">>")[1] for text in said(world, 5)] == ["This is what B24-5 asks for"]


def test_a_comment_on_an_issue_reaches_the_task_that_the_issue_names(world: World) -> None:
    opened(world)
    issue = world.gitlab.tracking.open_issue(world.shop, "Totals are wrong, see B24-2103", "ann")
    world.gitlab.comment(issue, "Confirmed", "bob")
    world.settle()
    (text,) = said(world)
    assert "]#1 Totals are wrong, see B24-2103[/url]" in text.split("\n")[0]


def test_an_old_comment_that_is_edited_is_not_said_again(world: World) -> None:
    mr = opened(world)
    note = world.gitlab.comment(mr, "One", "bob")
    world.settle()
    world.tick(timedelta(hours=72).total_seconds())
    world.gitlab.talking.edit_comment(mr, note, "Two", "bob")
    world.settle()
    assert [text.split(">>")[1] for text in said(world)] == ["One"]
