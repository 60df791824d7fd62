"""A branch and its merge request, from the first push to the merge; then a draft."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.emulators.gitlab.story import Story

BRANCH = "feature/B24-2103-payment-gateway"


def play(story: Story) -> None:
    _code(story)
    _review(story)
    _end(story)
    _drafts(story)


def _code(story: Story) -> None:
    code, shop = story.coding, story.shop
    code.create_branch(shop, BRANCH, "bob")
    story.tell(push_hooks="branch_created")
    code.push(shop, BRANCH, ["Add the gateway\n\nB24-2103", "Add a test, see B24-7"], "bob")
    story.tell(push_hooks="two_commits")
    code.create_branch(shop, "fix/typo", "eve")
    code.delete_branch(shop, "fix/typo", "eve")
    story.tell(push_hooks="branch_deleted")
    code.tag(shop, "v1.4.0", "ann")
    story.tell(tag_push_hooks="tag_created")


def _review(story: Story) -> None:
    edit, review = story.editing, story.reviewing
    mr = edit.open_mr(
        story.shop,
        BRANCH,
        "B24-2103 Payment gateway",
        "bob",
        description="Closes B24-2103, related to B24-7",
        reviewers=["ann"],
        assignees=["bob"],
        labels=["payments"],
    )
    story.tell(merge_request_hooks="opened")
    edit.update_mr(mr, "bob", title="B24-2103 Payments", description="Closes B24-2103")
    story.tell(merge_request_hooks="retitled")
    story.coding.push(story.shop, BRANCH, ["Handle refunds"], "bob")
    story.tell(merge_request_hooks="updated_with_new_code")
    review.approve(mr, "ann")
    story.tell(merge_request_hooks="approval")
    review.approve(mr, "eve")
    story.tell(merge_request_hooks="approved")
    review.unapprove(mr, "eve")
    story.tell(merge_request_hooks="unapproved")
    review.unapprove(mr, "ann")
    story.tell(merge_request_hooks="unapproval")
    for name in ("ann", "eve"):
        review.approve(mr, name)
    story.coding.push(story.shop, BRANCH, ["Round amounts"], "bob")
    story.tell(merge_request_hooks="approvals_reset_on_push")
    edit.request_review(mr, "ann", "bob")
    story.tell(merge_request_hooks="re_request_review")
    story.talking.comment(mr, "Looks good, but mind B24-7", "ann")
    story.tell(note_hooks="comment_on_merge_request")


def _end(story: Story) -> None:
    review, mr = story.reviewing, story.shop.merge_requests[1]
    review.close(mr, "ann")
    story.tell(merge_request_hooks="closed")
    review.reopen(mr, "ann")
    story.tell(merge_request_hooks="reopened")
    story.coding.create_branch(story.shop, "release/1.5", "ann")
    story.editing.update_mr(mr, "bob", target_branch="release/1.5")
    story.tell(merge_request_hooks="retargeted")
    review.merge(mr, "ann")
    story.tell(merge_request_hooks="merged")


def _drafts(story: Story) -> None:
    branch = "feature/B24-2103-receipts"
    story.coding.push(story.shop, branch, ["Print receipts"], "eve")
    mr = story.editing.open_mr(story.shop, branch, "Draft: B24-2103 Receipts", "eve")
    story.tell(merge_request_hooks="draft_opened")
    story.editing.update_mr(mr, "eve", draft=False)
    story.tell(merge_request_hooks="draft_made_ready")
