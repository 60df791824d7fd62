"""Writes carried out by the portal: in one batch with their reading back, kept apart by key."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from sync.bitrix24.issue_sync.creation import NO_AUTHOR, NO_KEY
from sync.bitrix24.issue_sync.time_log import NO_DAY, NO_PERSON
from sync.bitrix24.tasks.transitions import AWAITS_CONTROL
from sync.core.issue_sync.model import (
    ASSIGNEES,
    CHECKLIST,
    CUSTOM,
    DEADLINE,
    DESCRIPTION,
    ESTIMATE,
    LEAD,
    PARENT,
    PRIORITY,
    STAGE,
    STATUS,
    TAGS,
    TITLE,
    Author,
    File,
    ItemAddress,
)
from sync.core.issue_sync.writes import (
    AddComment,
    AddFile,
    AddTime,
    CreateItem,
    DeleteComment,
    DeleteTime,
    Done,
    EditComment,
    NotDone,
    SetChange,
    Unknown,
    UpdateItem,
)
from sync.errors import Denied, Later, Refused
from tests.bitrix24.issue_sync.conftest import ANNA, BORIS, OURS, STRANGER, opened_site

TASK = ItemAddress("31", "3", "31")
SOMEBODY = Author("", "Carl in GitLab")


def no_bytes(file):
    raise AssertionError(f"nobody should ask for {file}")


def applied(site, *writes, fetch=no_bytes):
    return list(site.tasks.apply(writes, fetch))


def done(site, write, fetch=no_bytes):
    (outcome,) = applied(site, write, fetch=fetch)
    assert isinstance(outcome, Done), outcome
    return outcome


@pytest.fixture
def task(site):
    made = site.b24.state.create_task("Fix", id=31, group_id=3, created_by=ANNA, auditors=[OURS])
    site.item(31)
    site.counted()
    return made


def update(changes, before=None, key="u1"):
    return UpdateItem(key, TASK, changes, before or {})


# --- creation


def test_an_item_is_created_in_one_request_and_carries_its_key(site):
    state = site.b24.state
    state.create_task("Epic", id=30)
    column = state.stages_of(3)[1].id
    values = {
        TITLE: "  Fix it ",
        DESCRIPTION: "[B]x[/B]",
        LEAD: str(BORIS),
        ASSIGNEES: frozenset({str(ANNA)}),
        PRIORITY: "2",
        STATUS: "3",
        STAGE: str(column),
        DEADLINE: "2026-05-31T19:00:00",
        TAGS: frozenset({"ui", "api"}),
        ESTIMATE: 3600,
        PARENT: "30",
        CHECKLIST: "- [ ] Build\n- [x] Ship",
    }
    site.with_options(checklist=True)
    outcome = done(site, CreateItem("link-7", "3", values))
    assert outcome.item.values == {**values, TITLE: "Fix it"}
    assert (outcome.item.key, outcome.item.address.project) == ("link-7", "3")
    assert (outcome.dropped, site.counted()) == ({}, 2)  # the first asks for keys of ours
    assert state.tasks[int(outcome.item.address.id)].xml_id == "b24bridge:link-7"
    assert site.item(int(outcome.item.address.id)).values == outcome.item.values


def test_many_items_share_their_requests(site):
    writes = [CreateItem(f"k{n}", "3", {TITLE: f"Fix {n}"}) for n in range(100)]
    outcomes = applied(site, *writes)
    assert [outcome.item.key for outcome in outcomes] == [f"k{n}" for n in range(100)]
    assert [outcome.item.values[TITLE] for outcome in outcomes] == [f"Fix {n}" for n in range(100)]
    assert site.counted() == 1 + 3  # keys of ours; then forty-nine a batch, and one list


@pytest.mark.parametrize(
    ("status", "stored"), [("2", 2), ("3", 3), ("4", 4), ("5", 5), ("6", 6), (None, 2)]
)
def test_a_new_task_has_the_status_that_was_asked_for(site, status, stored):
    values = {TITLE: "Fix"} | ({STATUS: status} if status else {})
    outcome = done(site, CreateItem("k", "3", values))
    assert (outcome.item.values[STATUS], outcome.dropped) == (str(stored), {})


def test_a_task_is_created_in_its_authors_name_and_we_observe_it(site):
    write = CreateItem("k", "3", {TITLE: "Fix", LEAD: str(BORIS)}, author=Author(str(ANNA)))
    task = site.b24.state.tasks[int(done(site, write).item.address.id)]
    assert (task.created_by, task.responsible_id, task.auditors) == (ANNA, BORIS, [OURS])


def test_where_nobody_else_may_be_named_the_task_is_ours_and_it_is_said(site):
    write = CreateItem("k", "3", {TITLE: "Fix"}, author=Author("4711", "Gone"))
    outcome = done(site, write)
    assert outcome.dropped == {"author": NO_AUTHOR}
    assert outcome.item.author.id == str(OURS)
    assert site.b24.writes["tasks.task.add"] == 1


def test_a_portal_without_xml_id_says_that_the_key_is_not_kept(site):
    site.b24.state.quirks.xml_id_kept = False
    assert done(site, CreateItem("k", "3", {TITLE: "Fix"})).dropped == {"key": NO_KEY}


def test_a_new_task_needs_a_title_and_one_refusal_is_no_other(site):
    outcomes = applied(
        site, CreateItem("a", "3", {TITLE: " "}), CreateItem("b", "3", {TITLE: "Fix"})
    )
    assert isinstance(outcomes[0], NotDone)
    assert isinstance(outcomes[0].error, Refused)
    assert isinstance(outcomes[1], Done)


# --- fields


CHANGES = {
    TITLE: ("Fix", "Fix it"),
    DESCRIPTION: ("", "[B]x[/B] $result[a]"),
    LEAD: (str(OURS), str(BORIS)),
    PRIORITY: ("1", "2"),
    DEADLINE: (None, "2026-05-31T19:00:00"),
    ESTIMATE: (None, 5400),
    CUSTOM + "UF_SPRINT": (None, "May"),
    STATUS: ("2", "3"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_field_is_changed_and_emptied_again(site, task, name):
    site.b24.state.add_user_field("UF_SPRINT", "string")
    site.with_options(custom_fields=("UF_SPRINT",))
    site.item(31)
    site.counted()
    before, after = CHANGES[name]
    outcome = done(site, update({name: after}, {name: before}))
    assert outcome.dropped == {}
    assert site.counted() == 1
    stored = site.item(31).values[name]
    assert outcome.item.values[name] == stored
    assert str(stored).replace("\u2060", "") == str(after)
    back = done(site, update({name: before}, {name: after}))
    assert (back.item.values[name], back.dropped) == (before, {})


def test_elements_of_sets_come_and_go_and_the_rest_stays(site, task):
    task.tags, task.accomplices = ["ui", "api"], [ANNA]
    changes = {
        TAGS: SetChange(frozenset({"db"}), frozenset({"api"})),
        ASSIGNEES: SetChange(frozenset({str(BORIS)}), frozenset({str(ANNA)})),
    }
    outcome = done(site, update(changes))
    assert outcome.item.values[TAGS] == frozenset({"ui", "db"})
    assert outcome.item.values[ASSIGNEES] == frozenset({str(BORIS)})
    emptied = SetChange(frozenset(), frozenset({"ui", "db"}))
    before = {TAGS: frozenset({"ui", "db"})}
    site.counted()
    assert done(site, update({TAGS: emptied}, before)).item.values[TAGS] == frozenset()
    assert site.counted() == 1


STATUSES = [(a, b) for a in "23456" for b in "23456" if a != b]


@pytest.mark.parametrize(("start", "target"), STATUSES)
def test_every_status_is_reached_from_every_other(site, task, start, target):
    task.status = int(start)
    outcome = done(site, update({STATUS: target}, {STATUS: start}))
    assert (outcome.item.values[STATUS], outcome.dropped) == (target, {})


def test_a_status_that_somebody_changed_meanwhile_is_reached_all_the_same(site, task):
    task.status = 5
    outcome = done(site, update({STATUS: "3"}, {STATUS: "2"}))
    assert (outcome.item.values[STATUS], outcome.dropped) == ("3", {})


def test_completion_under_control_stays_with_the_creator_and_is_said(site, task):
    task.task_control, task.status = True, 3
    outcome = done(site, update({STATUS: "5"}, {STATUS: "3"}))
    assert (outcome.item.values[STATUS], site.counted()) == ("4", 1)
    assert outcome.dropped == {STATUS: AWAITS_CONTROL}


def test_a_column_and_a_status_are_written_together(site, task):
    column = str(site.b24.state.stages_of(3)[2].id)
    changes = {STATUS: "5", STAGE: column, TITLE: "Done"}
    outcome = done(site, update(changes, {STATUS: "2", STAGE: None, TITLE: "Fix"}))
    assert {name: outcome.item.values[name] for name in changes} == changes
    assert site.counted() == 1


def test_a_column_of_another_workgroup_is_refused_and_the_rest_is_stored(site, task):
    site.b24.state.add_group("Other", id=4)
    foreign = str(site.b24.state.stages_of(4)[0].id)
    outcome = done(site, update({STAGE: foreign, TITLE: "New"}, {STAGE: None, TITLE: "Fix"}))
    assert outcome.item.values[TITLE] == "New"
    assert list(outcome.dropped) == [STAGE]
    assert "task.stages.movetask" in outcome.dropped[STAGE]


def test_an_old_task_gets_its_description_in_bbcode(site, task):
    task.description, task.in_bbcode = "<b>x</b>", False
    outcome = done(site, update({DESCRIPTION: "[I]y[/I]"}, {DESCRIPTION: "[b]x[/b]"}))
    assert (outcome.item.values[DESCRIPTION], task.in_bbcode) == ("[I]y[/I]", True)


def test_what_a_portal_trims_is_what_it_stored_and_no_loss(site, task):
    outcome = done(site, update({TITLE: "  New  "}, {TITLE: "Fix"}))
    assert (outcome.item.values[TITLE], outcome.dropped) == ("New", {})


def test_a_checklist_is_made_to_say_what_was_asked_and_its_items_stay(site, task):
    parts = site.b24.state.parts
    steps = parts.add_item(31, "BX_CHECKLIST_1", 1, parent_id=0)
    build = parts.add_item(31, "Build", 1, parent_id=steps.id)
    parts.add_item(31, "Old", 1, parent_id=steps.id)
    site.with_options(checklist=True)
    wanted = "- [x] Build\n  - [ ] Compile\n- [ ] Ship\n## More\n- [ ] Rest"
    outcome = done(site, update({CHECKLIST: wanted}, {CHECKLIST: "- [ ] Build\n- [ ] Old"}))
    assert (outcome.item.values[CHECKLIST], outcome.dropped) == (wanted, {})
    assert parts.items[build.id].complete
    assert done(site, update({CHECKLIST: None})).item.values[CHECKLIST] is None


def test_a_task_that_is_gone_or_hidden_is_refused_alone(site, task):
    gone = UpdateItem("u", ItemAddress("99"), {TITLE: "x"}, {TITLE: "y"})
    outcomes = applied(site, gone, update({TITLE: "x"}, {TITLE: "Fix"}))
    assert isinstance(outcomes[0], NotDone)
    assert isinstance(outcomes[0].error, Refused)
    assert isinstance(outcomes[1], Done)


# --- comments


def test_a_comment_is_written_read_back_and_known_by_its_key(either):
    either.b24.state.create_task("Fix", id=31, group_id=3)
    outcome = done(either, AddComment("c-1", TASK, "[B]Carl[/B]: hello", SOMEBODY))
    # That a task has the old card is found out once.
    assert either.counted() == (1 if either.b24.state.card == "new" else 2)
    (comment,) = either.item(31).comments
    assert outcome.comment == comment
    assert (comment.text, comment.key, comment.author.is_bridge) == (
        "[B]Carl[/B]: hello", "c-1", True,
    )  # fmt: skip
    (shown,) = either.b24.state.discussion(31)
    assert shown.text.startswith("[B]Carl[/B]: hello")
    assert either.b24.state.discussion(31)[0].text.isprintable() is False


def test_who_copies_our_text_does_not_write_as_the_bridge(site, task):
    done(site, AddComment("c-1", TASK, "hello", SOMEBODY))
    site.b24.state.user_comments(ANNA, 31, site.b24.state.discussion(31)[0].text)
    ours, copied = site.item(31).comments
    assert (ours.key, copied.key, copied.text, copied.author.is_bridge) == (
        "c-1", "", "hello", False,
    )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["[user=all]everybody[/user]", "[SEND=/help]x[/SEND]", "[put=/x]y[/put]", "[call=+7]x[/call]"],
)
def test_nothing_in_a_comment_acts_on_anybody(site, task, text):
    done(site, AddComment("c", TASK, text, SOMEBODY))
    stored = site.b24.state.discussion(31)[0].text
    assert text[:6].lower() not in stored.lower()
    assert stored.replace("\u2060", "").startswith(text)


def test_a_comment_that_begins_like_a_command_is_none_and_reads_as_it_was(site, task):
    done(site, AddComment("c", TASK, "/help me", SOMEBODY))
    assert not site.b24.state.discussion(31)[0].text.startswith("/")
    assert site.item(31).comments[0].text == "/help me"


def test_files_are_named_in_a_message_as_the_messenger_names_them(site, task):
    done(site, AddComment("c", TASK, "see [DISK FILE ID=n77]", SOMEBODY))
    assert site.b24.state.discussion(31)[0].text.startswith("see [disk=77]")
    assert site.item(31).comments[0].text == "see [DISK FILE ID=n77]"


def test_fifty_comments_share_their_requests_and_keep_their_order(site, task):
    site.item(31)
    site.counted()
    writes = [AddComment(f"c{n}", TASK, f"m{n}", SOMEBODY) for n in range(50)]
    outcomes = applied(site, *writes)
    assert [outcome.comment.key for outcome in outcomes] == [f"c{n}" for n in range(50)]
    assert site.counted() == 2  # forty-nine, and what became of them; then the last one
    assert [comment.text for comment in site.item(31).comments] == [f"m{n}" for n in range(50)]


def test_who_is_not_in_the_chat_joins_it_to_write(site):
    site.b24.state.create_task("Fix", id=31, created_by=ANNA, responsible_id=BORIS)
    assert done(site, AddComment("c", TASK, "hello", SOMEBODY)).comment.text == "hello"
    assert site.counted() == 2


def test_a_comment_beyond_the_limit_is_refused_before_it_is_cut(site, task):
    (outcome,) = applied(site, AddComment("c", TASK, "x" * 20_001, SOMEBODY))
    assert isinstance(outcome, NotDone)
    assert outcome.error.code == "too_long"
    assert site.b24.writes["im.message.add"] == 0


def test_a_comment_is_edited_and_deleted_and_gone_is_done(either):
    either.b24.state.create_task("Fix", id=31)
    made = done(either, AddComment("c", TASK, "one", SOMEBODY)).comment
    edited = done(either, EditComment("e", TASK, made.id, "two")).comment
    assert (edited.text, edited.id) == ("two", made.id)
    assert [comment.text for comment in either.item(31).comments] == ["two"]
    delete = DeleteComment("d", TASK, made.id)
    done(either, delete)
    assert either.item(31).comments == ()
    done(either, delete)


def test_a_comment_older_than_three_days_is_not_edited_and_says_why(site, task):
    made = done(site, AddComment("c", TASK, "one", SOMEBODY)).comment
    site.clock.sleep(4 * 86400)
    (outcome,) = applied(site, EditComment("e", TASK, made.id, "two"))
    assert isinstance(outcome, NotDone)
    assert "three days" in str(outcome.error)


def test_a_strangers_comment_is_not_deleted(site, task):
    message = site.b24.state.user_comments(ANNA, 31, "mine")
    task.created_by = ANNA
    (outcome,) = applied(site, DeleteComment("d", TASK, str(message.id)))
    assert isinstance(outcome, NotDone)


# --- logged work


def test_work_is_logged_on_its_day_for_its_person(site, task):
    write = AddTime("t-1", TASK, 5400, date(2026, 3, 1), "refunds", Author(str(ANNA), "Anna"))
    outcome = done(site, write)
    assert (outcome.entry.on, outcome.entry.author.id, outcome.entry.key) == (
        date(2026, 3, 1), str(ANNA), "t-1",
    )  # fmt: skip
    assert (outcome.entry.text, outcome.dropped, site.counted()) == ("refunds", {}, 1)
    assert site.item(31).time == (outcome.entry,)


def test_where_other_peoples_work_is_refused_the_text_names_them(site, task):
    site.b24.state.quirks.only_own_time = True
    write = AddTime("t", TASK, 60, date(2026, 3, 1), "refunds", Author(str(ANNA), "Anna"))
    outcome = done(site, write)
    assert (outcome.entry.text, outcome.entry.author.id) == ("Anna: refunds", str(OURS))
    assert outcome.dropped == {"author": NO_PERSON}
    assert len(site.b24.state.elapsed) == 1


def test_a_portal_that_dates_work_itself_says_so(site, task):
    site.b24.state.quirks.time_keeps_date = False
    outcome = done(site, AddTime("t", TASK, 60, date(2026, 3, 1), "x", Author("", "Carl")))
    assert outcome.dropped == {"on": NO_DAY}


def test_work_of_less_than_nothing_is_refused(site, task):
    (outcome,) = applied(site, AddTime("t", TASK, -60, date(2026, 3, 1), "x", SOMEBODY))
    assert isinstance(outcome, NotDone)
    assert outcome.error.code == "not_positive"


def test_logged_work_is_deleted_and_gone_is_done(site, task):
    made = done(site, AddTime("t", TASK, 60, date(2026, 3, 1), "x", SOMEBODY)).entry
    done(site, DeleteTime("d", TASK, made.id))
    assert site.b24.state.elapsed == {}
    done(site, DeleteTime("d", TASK, made.id))


# --- files


def test_a_file_is_copied_with_its_name_and_read_back(site, task):
    write = AddFile("f-1", TASK, "a/b.png", File("9", "a/b.png"), ItemAddress("77"))
    outcome = done(site, write, fetch=lambda file: b"12345")
    assert (outcome.file.name, outcome.file.size, outcome.file.key) == ("a_b.png", 5, "f-1")
    assert site.counted() == 3
    (file,) = site.item(31).files
    assert (file.id, file.reference) == (outcome.file.id, outcome.file.reference)
    assert site.tasks.download(TASK, file) == b"12345"


def test_a_file_that_was_uploaded_already_is_attached_and_not_sent_again(site, task):
    write = AddFile("f-1", TASK, "b.png", File("9", "b.png"), ItemAddress("77"))
    site.b24.fail_next(503, "QUERY_LIMIT_EXCEEDED", method="batch", times=0)
    first = done(site, write, fetch=lambda file: b"12345")
    again = done(site, write, fetch=no_bytes)
    assert again.file == first.file
    assert site.b24.writes["disk.folder.uploadfile"] == 1


def test_a_file_beyond_the_limit_is_refused_and_the_next_write_goes_on(site, task):
    site.with_options(max_file_bytes=4)
    write = AddFile("f", TASK, "b.png", File("9", "b.png"), ItemAddress("77"))
    outcomes = applied(
        site, write, update({TITLE: "x"}, {TITLE: "Fix"}), fetch=lambda file: b"12345"
    )
    assert outcomes[0].error.code == "too_large"
    assert isinstance(outcomes[1], Done)


def test_a_file_that_the_other_side_does_not_give_is_not_copied(site, task):
    def fetch(file):
        raise Later("GitLab is away")

    write = AddFile("f", TASK, "b.png", File("9", "b.png"), ItemAddress("77"))
    (outcome,) = applied(site, write, fetch=fetch)
    assert isinstance(outcome, NotDone)


def test_a_file_larger_than_the_limit_is_not_downloaded(site, task):
    site.b24.state.user_attaches(OURS, 31, "a.png", b"12345")
    (file,) = site.item(31).files
    with pytest.raises(Refused, match="is larger than"):
        site.with_options(max_file_bytes=4).download(TASK, file)


# --- answers that were lost, and requests that were refused as a whole


def lost(site, write, fetch=no_bytes, method=""):
    site.b24.lose_answer(method=method)
    (outcome,) = applied(site, write, fetch=fetch)
    assert isinstance(outcome, Unknown), outcome
    return outcome


def settled(site, write):
    (outcome,) = site.tasks.settle([write])
    return outcome


WRITES = {
    "create": CreateItem("k", "3", {TITLE: "Made"}),
    "update": update(
        {TITLE: "New", TAGS: SetChange(frozenset({"ui"}))}, {TITLE: "Fix", TAGS: frozenset()}
    ),
    "comment": AddComment("c", TASK, "hello", SOMEBODY),
    "time": AddTime("t", TASK, 60, date(2026, 3, 1), "x", Author(str(ANNA), "Anna")),
}  # fmt: skip


@pytest.mark.parametrize("name", WRITES)
def test_a_write_whose_answer_was_lost_is_found_to_have_landed(site, task, name):
    write = WRITES[name]
    lost(site, write)
    outcome = settled(site, write)
    assert isinstance(outcome, Done)
    made = outcome.item or outcome.comment or outcome.entry
    if not isinstance(write, UpdateItem):
        assert made.key == write.key
    assert outcome.dropped == {}


@pytest.mark.parametrize("name", WRITES)
def test_a_write_that_never_arrived_is_found_not_to_have_landed(site, task, name):
    outcome = settled(site, WRITES[name])
    assert isinstance(outcome, NotDone)
    assert isinstance(outcome.error, Later)


def test_a_file_is_settled_by_its_folder_and_its_attachment(site, task):
    write = AddFile("f", TASK, "b.png", File("9", "b.png"), ItemAddress("77"))
    assert isinstance(settled(site, write), NotDone)
    lost(site, write, fetch=lambda file: b"12345", method="tasks.task.files.attach")
    outcome = settled(site, write)
    assert (outcome.file.name, outcome.file.key) == ("b.png", "f")


def test_edits_and_deletions_are_settled_by_what_is_there(site, task):
    made = done(site, AddComment("c", TASK, "one", SOMEBODY)).comment
    entry = done(site, AddTime("t", TASK, 60, date(2026, 3, 1), "x", SOMEBODY)).entry
    writes = [
        EditComment("e", TASK, made.id, "two"),
        DeleteComment("d", TASK, made.id),
        DeleteTime("x", TASK, entry.id),
    ]
    for write in writes:
        assert isinstance(settled(site, write), NotDone)
        lost(site, write)
        assert isinstance(settled(site, write), Done)


def test_half_an_update_says_which_half_is_missing(site, task):
    write = update({TITLE: "New", STATUS: "3"}, {TITLE: "Fix", STATUS: "2"})
    site.b24.state.user_edits_task(OURS, 31, title="New")
    outcome = settled(site, write)
    assert isinstance(outcome, Done)
    assert list(outcome.dropped) == [STATUS]


def test_after_an_answer_was_lost_nothing_more_is_written_to_that_task(site, task):
    site.item(31)
    writes = [AddComment(f"c{n}", TASK, f"m{n}", SOMEBODY) for n in range(60)]
    site.b24.lose_answer()
    outcomes = applied(site, *writes)
    unknown = [outcome for outcome in outcomes if isinstance(outcome, Unknown)]
    assert (len(unknown), len(outcomes) - len(unknown)) == (49, 11)
    assert all(isinstance(outcome, NotDone) for outcome in outcomes[49:])
    assert len(site.b24.state.discussion(31)) == 49


def test_a_portal_that_refuses_us_is_said_once_and_nothing_is_written(site, task):
    site.b24.require_payment()
    outcomes = applied(site, *[update({TITLE: "x"}, {TITLE: "Fix"}) for _ in range(60)])
    assert all(isinstance(outcome.error, Denied) for outcome in outcomes)
    with pytest.raises(Denied):
        site.read(31)
    assert task.title == "Fix"


def test_a_portal_that_is_away_is_later_and_nothing_is_written(site, task):
    site.b24.offline()
    (outcome,) = applied(site, update({TITLE: "x"}, {TITLE: "Fix"}))
    assert isinstance(outcome, NotDone)
    assert isinstance(outcome.error, Later)


def test_an_employee_without_rights_is_refused_and_the_task_stays(task_of_others):
    site = task_of_others
    (outcome,) = applied(site, update({TITLE: "x"}, {TITLE: "Fix"}))
    assert isinstance(outcome, NotDone)
    assert site.b24.state.tasks[31].title == "Fix"


@pytest.fixture
def task_of_others():
    site = opened_site(user_id=STRANGER)
    site.b24.state.create_task("Fix", id=31, created_by=ANNA, auditors=[STRANGER])
    yield site
    site.b24.stop()


def test_values_read_back_are_those_that_a_later_reading_shows(site, task):
    moment = datetime(2026, 5, 31, 17, tzinfo=UTC)
    task.deadline = moment
    outcome = done(site, update({TITLE: " New "}, {TITLE: "Fix"}))
    assert outcome.item.values == site.item(31).values


def test_many_writes_without_an_answer_are_looked_for_together(site):
    """A process that was killed has up to fifty links' writes to look for."""
    numbers = range(31, 71)
    for number in numbers:
        site.b24.state.create_task("Fix", id=number, group_id=3, created_by=ANNA, auditors=[OURS])
    tasks = [ItemAddress(str(number), "3", str(number)) for number in numbers]
    texts = [
        AddComment(f"{task.id}/c{place}", task, f"Text {place}", SOMEBODY)
        for task in tasks
        for place in range(4)
    ]
    time = [AddTime(f"{task.id}/t", task, 60, date(2026, 3, 1), "Work", SOMEBODY) for task in tasks]
    new = [CreateItem(f"{number}/create", "3", {TITLE: f"New {number}"}) for number in range(20)]
    writes = [*texts, *time, *new]
    answered = applied(site, *writes[1::2])
    site.with_options()
    site.counted()
    settled = site.tasks.settle(writes)
    assert site.counted() <= 6
    assert all(isinstance(outcome, NotDone) for outcome in settled[::2])
    for sent, outcome in zip(answered, settled[1::2], strict=True):
        assert isinstance(sent, Done)
        assert isinstance(outcome, Done)
        assert (outcome.comment, outcome.entry) == (sent.comment, sent.entry)
        assert getattr(outcome.item, "address", None) == getattr(sent.item, "address", None)
