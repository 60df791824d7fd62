"""Edits obey the rule that let the first message through: nothing newer is written there."""

from __future__ import annotations

import pytest

from sync.core.model.kinds import Kind
from sync.core.rules.routes import Role
from tests.engine.notified_world import heads, telling, to_chat, to_people
from tests.engine.world import World

SECRET = "hunter2"


def everything(world: World) -> list[str]:
    return [*world.posted(), *world.cards(), *(text for _, text in world.told())]


def leaked(world: World) -> list[str]:
    return [text for text in everything(world) if SECRET in text]


def test_of_two_chats_only_the_one_whose_rule_holds_is_edited(world: World) -> None:
    world.b24.state.add_group("Ops", id=4, members=[1, 7])
    telling(
        world,
        to_chat(Kind.ISSUE, labels=frozenset({"public"})),
        to_chat(Kind.ISSUE, dialog="sg4", labels=frozenset({"ops"})),
    )
    issue = world.gitlab.tracking.open_issue(world.shop, "Slow", "ann", labels=["public", "ops"])
    world.settle()
    world.gitlab.tracking.update_issue(issue, "ann", labels=["ops"], title=SECRET)
    world.settle()
    assert not [text for text in world.posted(3) if SECRET in text]


@pytest.mark.parametrize("field", ["title", "description"])
def test_neither_title_nor_text_of_what_became_confidential(world: World, field: str) -> None:
    telling(world, to_chat(Kind.ISSUE), to_people(Kind.ISSUE, Role.RESPONSIBLE))
    issue = world.gitlab.tracking.open_issue(world.shop, "B24-2103 slow", "ann")
    world.settle()
    world.gitlab.tracking.update_issue(issue, "ann", confidential=True, **{field: SECRET})
    world.gitlab.tracking.close_issue(issue, "ann")
    world.settle()
    assert leaked(world) == []


def test_a_rule_for_members_only_goes_on_editing(world: World) -> None:
    telling(world, to_chat(Kind.ISSUE, internal=True))
    issue = world.gitlab.tracking.open_issue(world.shop, "Slow", "ann")
    world.settle()
    world.gitlab.tracking.update_issue(issue, "ann", confidential=True, title="For members")
    world.settle()
    assert [text for text in world.posted() if "For members" in text]


def test_a_label_renamed_away_on_a_merge_request(world: World) -> None:
    telling(world, to_chat(Kind.MERGE_REQUEST, labels=frozenset({"public"})))
    mr = world.opened(title="Pay", labels=["public"])
    world.settle()
    assert len(heads(world)) == 1
    world.gitlab.update_mr(mr, "ann", labels=["internal"], title=SECRET)
    world.settle()
    world.gitlab.merge(mr, "ann")
    world.settle()
    assert not [text for text in world.posted() if SECRET in text]


def test_a_comment_edited_on_a_merge_request_that_left_the_rules_branch(world: World) -> None:
    telling(world, to_chat(Kind.MERGE_REQUEST, branches=("main",)))
    world.gitlab.create_branch(world.shop, "secret", "ann")
    mr = world.opened(title="Pay")
    world.settle()
    world.gitlab.update_mr(mr, "ann", target_branch="secret")
    world.settle()
    before = world.posted()
    world.gitlab.update_mr(mr, "ann", title=SECRET)
    world.settle()
    assert world.posted() == before
    world.gitlab.update_mr(mr, "ann", target_branch="main", title="Told again")
    world.settle()
    assert [text for text in world.posted() if "Told again" in text]


def test_a_pipeline_of_another_branch_is_not_edited_in(world: World) -> None:
    telling(world, to_chat(Kind.PIPELINE, branches=("main",)))
    world.gitlab.create_branch(world.shop, "secret", "ann")
    world.gitlab.run_pipeline(world.shop, ref="main").set_status("failed")
    world.settle()
    before = world.posted()
    world.gitlab.run_pipeline(world.shop, ref="secret").set_status("failed")
    world.settle()
    assert world.posted() == before


def test_an_internal_comment_reaches_no_chat_by_its_edit(world: World) -> None:
    telling(world, to_chat(Kind.COMMENT))
    mr = world.opened()
    note = world.gitlab.comment(mr, "For members", "bob", internal=True)
    world.settle()
    before = world.posted()
    world.gitlab.talking.edit_comment(mr, note, SECRET, "bob")
    world.settle()
    assert world.posted() == before
    assert not [text for text in world.posted() if SECRET in text]


@pytest.mark.parametrize("kind", [Kind.ISSUE, Kind.MERGE_REQUEST])
def test_a_rule_taken_away_ends_its_edits(world: World, kind: Kind) -> None:
    telling(world, to_chat(kind))
    mr = world.opened(title="Pay")
    issue = world.gitlab.tracking.open_issue(world.shop, "Slow", "ann")
    world.settle()
    assert len(heads(world)) == 1
    telling(world, to_chat(Kind.TAG))
    world.gitlab.update_mr(mr, "ann", title=SECRET)
    world.gitlab.tracking.update_issue(issue, "ann", title=SECRET)
    world.settle()
    assert not [text for text in world.posted() if SECRET in text]


def test_a_project_that_left_the_pattern_is_edited_no_more(world: World) -> None:
    telling(world, to_chat(Kind.MERGE_REQUEST))
    mr = world.opened(title="Pay")
    world.settle()
    before = world.posted()
    world.shop.path = "private/shop"
    world.gitlab.update_mr(mr, "ann", title=SECRET)
    world.settle()
    assert world.posted() == before


def test_a_release_of_a_rule_for_its_making_keeps_its_first_notes_private(world: World) -> None:
    telling(world, to_chat(Kind.RELEASE, branches=("v1*",)))
    world.gitlab.tag(world.shop, "v2", "ann")
    release = world.gitlab.shipping.publish(world.shop, "v2", "ann", description="Notes")
    world.settle()
    world.gitlab.shipping.update_release(world.shop, release, description=SECRET)
    world.settle()
    assert not [text for text in world.posted() if SECRET in text]
