"""What is pushed beside ordinary commits: many at once, tags, picks, squashes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.emulators.gitlab.story import Story


def play(story: Story) -> None:
    code, shop = story.coding, story.shop
    code.push(shop, "feature/B24-9-big", [f"Step {n} of B24-9" for n in range(1, 26)], "bob")
    story.tell(push_hooks="branch_created_with_25_commits")
    code.push(shop, "main", ["Ship refunds\n\nCloses B24-2103", "Сделать B24-7\n\n#time 1h"], "ann")
    story.tell(push_hooks="to_default_branch")
    shop.protected_tags.append("v*")
    code.tag(shop, "v1.5.0", "ann", message="Version 1.5")
    story.tell(tag_push_hooks="annotated_tag_created")
    code.tag(shop, "nightly", "bob")
    code.delete_tag(shop, "nightly", "bob")
    story.tell(tag_push_hooks="tag_deleted")
    _merged_otherwise(story)


def _merged_otherwise(story: Story) -> None:
    code, shop = story.coding, story.shop
    code.push(shop, "feature/B24-11-vat", ["Vat", "Round vat", "Fix vat"], "eve")
    mr = story.editing.open_mr(shop, "feature/B24-11-vat", "B24-11 Vat", "eve")
    story.deliveries.waiting.clear()
    story.reviewing.merge(mr, "ann", squash=True)
    pushed = [one for one in story.deliveries.waiting if one.trigger == "push_hooks"]
    story.told["push_hook__squash_merge"] = pushed[0].payload
    story.tell(merge_request_hooks="merged_with_squash")
    code.cherry_pick(shop, mr, "release/1.5", "ann")
    story.tell(push_hooks="cherry_pick")
