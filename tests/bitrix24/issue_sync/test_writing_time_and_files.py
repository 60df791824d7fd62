"""Work that is logged and files that are copied, in the portal."""

from __future__ import annotations

from datetime import date

import pytest

from sync.bitrix24.issue_sync.time_log import NO_DAY, NO_PERSON
from sync.core.issue_sync.model import (
    TITLE,
    Author,
    File,
    ItemAddress,
)
from sync.core.issue_sync.writes import (
    AddFile,
    AddTime,
    DeleteTime,
    Done,
    NotDone,
)
from sync.errors import Later, Refused
from tests.bitrix24.issue_sync.conftest import ANNA, OURS
from tests.bitrix24.issue_sync.test_writing import (
    SOMEBODY,
    TASK,
    applied,
    done,
    no_bytes,
    task,
    update,
)

__all__ = ["task"]  # fixtures


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
