"""Comments and time in people's own names, through both emulators and the real rooms."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from sync.core.clock import ManualClock
from sync.core.issue_sync.model import ItemAddress, SideName
from sync.engine.issue_sync import link_texts
from sync.errors import Denied, SyncError
from sync.gitlab.api.client import GitLab
from sync.gitlab.issues.client import GitLabIssues
from sync.gitlab.issues.own_accounts import OwnAccounts
from sync.net import guarded_session
from tests.contract import bitrix24_room
from tests.contract.bitrix24_room import ANN, BOB
from tests.emulators.bitrix24.server import BitrixEmulator
from tests.emulators.gitlab.entities import GUEST
from tests.emulators.gitlab.server import GitLabEmulator
from tests.engine.issue_sync.test_two_rooms import Pair, shown

TRACKER, PORTAL = SideName.TRACKER, SideName.PORTAL


class OwnPair(Pair):
    """Ann and Bob have connected their accounts, until they are taken out of `accounts`."""

    def __init__(self, *args) -> None:
        super().__init__(*args)
        self.accounts = {str(ANN): self.tracker.person("ann"), str(BOB): self.tracker.person("bob")}
        self.tokens = {str(ANN): "ann", str(BOB): "bob"}
        self.reported: list[tuple[str, SyncError]] = []
        self.use_accounts()

    def use_accounts(self) -> None:
        room = self.tracker
        accounts = OwnAccounts(
            dict(self.accounts), self.open, lambda *told: self.reported.append(told)
        )
        self.sides[TRACKER] = GitLabIssues(
            room._client, self.sides[TRACKER]._options, self.clock, own_accounts=accounts
        )

    def open(self, person: str) -> GitLab:
        name = self.tokens.get(person)
        if name is None:
            raise Denied("The sign-in at GitLab is over", code="invalid_grant")
        session = guarded_session(["127.0.0.0/8"])
        return GitLab(self.gitlab.url, self.tracker._tokens[name], session=session)

    def rules(self, link):
        def with_accounts(*args, **options):
            return made(*args, **options | {"own_accounts": frozenset(self.accounts)})

        made = link_texts.LinkTexts
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("tests.engine.issue_sync.test_two_rooms.LinkTexts", with_accounts)
            return super().rules(link)

    def notes(self) -> list[tuple[str, str]]:
        """Author and text of the issue's comments."""
        notes = self.issue.notes.list(get_all=True, sort="asc", order_by="created_at")
        return [(n.author["username"], shown_text(n.body)) for n in notes if not n.system]

    def comment(self, text: str, user: int = BOB):
        return self.b24.state.user_comments(user, self.task.id, text)

    def discussion(self) -> list[str]:
        return [shown(entry.text) for entry in self.b24.state.discussion(self.task.id)]


def shown_text(text: str) -> str:
    return "".join(c for c in shown(text) if not 0xE0000 <= ord(c) <= 0xE007F).strip()


@pytest.fixture
def pair():
    clock = ManualClock(bitrix24_room.START)
    with ExitStack() as stack:
        b24 = stack.enter_context(BitrixEmulator(clock, scopes=bitrix24_room.SCOPES))
        b24.state.limits.on = False
        made = OwnPair(b24, stack.enter_context(GitLabEmulator(clock)), clock)
        task = b24.state.create_task("Till", group_id=10, created_by=BOB, responsible_id=BOB)
        made.begin(PORTAL, ItemAddress(str(task.id), "10", str(task.id)))
        yield made


def test_what_people_write_in_the_task_appears_under_their_names(pair):
    message = pair.comment("[B]Look[/B] at /close")
    pair.comment("Fine", ANN)
    pair.rest()
    assert pair.notes() == [("bob", "**Look** at /close"), ("ann", "Fine")]
    pair.b24.state.user_edits_message(BOB, message.id, "Never mind")
    pair.rest()
    assert pair.notes() == [("bob", "Never mind"), ("ann", "Fine")]
    assert pair.discussion() == ["Never mind", "Fine"]
    assert pair.issue.state == "opened"  # nothing is a command in anybody's name
    assert pair.cycle(3).writes == 0


def test_logged_work_is_theirs(pair):
    pair.b24.state.user_logs_time(BOB, pair.task.id, 3600, "in the task")
    pair.rest()
    item = pair.sides[TRACKER].read([pair.addresses()[TRACKER]])
    (entry,) = next(iter(item.values())).time
    assert (entry.author.id, entry.seconds, entry.text) == (
        pair.tracker.person("bob"), 3600, "in the task",
    )  # fmt: skip
    assert pair.cycle(3).writes == 0
    (row,) = pair.b24.state.elapsed.values()
    del pair.b24.state.elapsed[row.id]
    pair.rest()
    assert pair.tracker.seconds(pair.addresses()[TRACKER]) == 0


def test_what_was_written_in_their_name_does_not_come_back(pair):
    pair.comment("Hello")
    pair.rest()
    note = pair.tracker.comment(pair.addresses()[TRACKER], "An answer of my own")
    pair.rest()
    assert pair.discussion() == ["Hello", "[b]Bob (GitLab):[/b]\n\nAn answer of my own"]
    pair.tracker.edit_comment(pair.addresses()[TRACKER], note, "Another answer")
    pair.rest()
    assert pair.discussion()[1].endswith("Another answer")
    assert [author for author, _ in pair.notes()] == ["bob", "bob"]
    assert pair.cycle(3).writes == 0


def test_a_text_copied_with_our_mark_is_the_persons_own(pair):
    pair.comment("Hello")
    pair.rest()
    (note,) = pair.issue.notes.list(get_all=True, activity_filter="only_comments")
    pair.tracker.comment(pair.addresses()[TRACKER], f"{note.body} again")
    pair.rest()
    assert pair.discussion() == ["Hello", "[b]Bob (GitLab):[/b]\n\nHello again"]
    assert len(pair.notes()) == 2
    assert pair.cycle(3).writes == 0


def test_a_lost_answer_is_settled_whoever_wrote(pair):
    pair.comment("Hello")
    pair.gitlab.cut_after = 1
    result = pair.cycle()
    assert result.error is not None
    pair.rest()
    assert pair.notes() == [("bob", "Hello")]


def test_a_sign_in_that_is_refused_leaves_the_writing_to_us(pair):
    pair.tokens.clear()
    pair.comment("Hello")
    pair.rest()
    assert pair.notes() == [("bridge", "**Bob (Bitrix24):**\n\nHello")]
    assert [person for person, _ in pair.reported] == [str(BOB)]
    assert pair.cycle(3).writes == 0


def test_who_may_not_write_there_is_written_for(pair):
    pair.tracker._tokens["zoe"] = pair.gitlab.state.add_token(
        pair.gitlab.state.add_user("zoe")
    ).value
    pair.accounts[str(BOB)], pair.tokens[str(BOB)] = pair.tracker.person("zoe"), "zoe"
    pair.use_accounts()
    pair.b24.state.user_logs_time(BOB, pair.task.id, 60, "x")
    pair.comment("Hello")
    pair.rest()
    assert [author for author, _ in pair.notes()] == ["bridge"]
    assert {person for person, _ in pair.reported} == {str(BOB)}
    item = pair.sides[TRACKER].read([pair.addresses()[TRACKER]])
    (entry,) = next(iter(item.values())).time
    assert entry.author.id == pair.tracker.person("bridge")
    assert pair.cycle(3).writes == 0


def test_a_disconnected_persons_comments_are_edited_and_deleted_by_us(pair):
    message = pair.comment("Hello")
    second = pair.comment("Gone soon")
    pair.rest()
    pair.tracker._shop.members[int(pair.tracker.person("bridge"))] = 40
    pair.accounts.clear()
    pair.use_accounts()
    pair.b24.state.user_edits_message(BOB, message.id, "Hello, edited")
    pair.b24.state.user_deletes_message(BOB, second.id)
    pair.rest()
    assert pair.notes() == [("bob", "Hello, edited")]  # under his name, so it names nobody
    assert pair.cycle(3).writes == 0


def test_a_comment_of_ours_stays_ours_when_its_author_connects(pair):
    accounts = dict(pair.accounts)
    pair.accounts.clear()
    pair.use_accounts()
    message = pair.comment("Hello")
    pair.rest()
    pair.accounts.update(accounts)
    pair.use_accounts()
    pair.b24.state.user_edits_message(BOB, message.id, "Edited")
    pair.rest()
    assert pair.notes() == [("bridge", "**Bob (Bitrix24):**\n\nEdited")]
    pair.b24.state.user_deletes_message(BOB, message.id)
    pair.rest()
    assert pair.notes() == []


def test_a_guest_may_delete_only_what_is_theirs(pair):
    message = pair.comment("Hello")
    pair.rest()
    pair.tracker._shop.members[int(pair.tracker.person("bob"))] = GUEST
    pair.b24.state.user_deletes_message(BOB, message.id)  # we are no Maintainer: he deletes it
    pair.rest()
    assert pair.notes() == []


def test_files_stand_under_the_name_of_who_added_them(pair):
    state, task = pair.b24.state, pair.task
    state.user_attaches(BOB, task.id, "of-bob.txt", b"1")
    state.user_attaches(1, task.id, "of-admin.txt", b"2")
    state.user_comments(ANN, task.id, "Look:", files={"shot.png": b"\x89PNG"})
    pair.rest()
    del pair.tokens[str(BOB)]
    state.user_attaches(BOB, task.id, "later.txt", b"3")
    pair.rest()
    users = pair.gitlab.state.users
    uploads = pair.tracker._shop.uploads.values()
    assert {upload.filename: users[upload.user_id].username for upload in uploads} == {
        "of-bob.txt": "bob", "of-admin.txt": "bridge", "shot.png": "ann", "later.txt": "bridge",
    }  # fmt: skip
    assert [person for person, _ in pair.reported] == [str(BOB)]
    assert sorted(name for name, _ in pair.notes()) == ["ann", "bob", "bridge", "bridge"]
    assert pair.cycle(3).writes == 0
