"""Comments on everything that takes them, and emoji."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.emulators.gitlab import talk_payloads

if TYPE_CHECKING:
    from tests.emulators.gitlab.story import Story


def play(story: Story) -> None:
    _comments(story)
    _hidden(story)
    _emoji(story)


def _comments(story: Story) -> None:
    talk, shop = story.talking, story.shop
    mr, head = shop.merge_requests[2], shop.commits[shop.branches["main"].head]
    first = talk.comment(mr, "Why twice?", "ann", line=("src/app.py", 12))
    story.tell(note_hooks="comment_on_a_line")
    talk.comment(mr, "> Why twice?\n\nTo be safe. [b]Really[/b]", "eve", reply_to=first)
    story.tell(note_hooks="reply_in_thread")
    talk.edit_comment(mr, first, "Why three times?", "ann")
    story.tell(note_hooks="comment_edited")
    talk.comment(head, "Broke B24-7", "bob")
    story.tell(note_hooks="comment_on_commit")
    issue = story.tracking.open_issue(shop, "Slow checkout, B24-7", "ann")
    talk.comment(issue, "Takes 9 s for me", "eve")
    story.tell(note_hooks="comment_on_issue")
    talk.comment(talk.add_snippet(shop, "Deploy by hand", "ann"), "Does it work?", "bob")
    story.tell(note_hooks="comment_on_snippet")


def _hidden(story: Story) -> None:
    talk, shop = story.talking, story.shop
    mr, issue = shop.merge_requests[2], shop.issues[1]
    talk.comment(issue, "The customer is Globex", "ann", internal=True)
    story.tell(confidential_note_hooks="internal_comment_on_issue")
    secret = story.tracking.open_issue(shop, "Leak", "ann", confidential=True)
    talk.comment(secret, "Rotate the keys", "eve")
    story.tell(confidential_note_hooks="comment_on_confidential_issue")
    # GitLab of today sends none of these; receivers read `system` all the same.
    note = talk.system_note(mr, "added 1 commit", "bob")
    bob = story.state.user("bob")
    story.told["note_hook__system_note"] = talk_payloads.note(story.state, shop, mr, note, bob)


def _emoji(story: Story) -> None:
    talk, shop = story.talking, story.shop
    mr, issue = shop.merge_requests[2], shop.issues[1]
    award = talk.award(mr, "thumbsup", "ann")
    story.tell(emoji_hooks="awarded_on_merge_request")
    talk.revoke(award)
    story.tell(emoji_hooks="revoked_on_merge_request")
    talk.award(issue, "eyes", "bob", note=issue.notes[0])
    story.tell(emoji_hooks="awarded_on_comment")
    task = story.tracking.open_issue(shop, "Write docs", "eve", kind="Task")
    talk.award(task, "rocket", "ann")
    story.tell(emoji_hooks="awarded_on_work_item")
