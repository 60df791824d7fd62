"""What people wrote in Bitrix24 stands under their names in YouTrack, where our app is there."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import requests

from sync.core.issue_sync.model import (
    DESCRIPTION,
    PRIORITY,
    STATUS,
    TITLE,
    Author,
    ItemAddress,
)
from sync.core.issue_sync.writes import (
    AddComment,
    CreateItem,
    EditComment,
    NotDone,
    Unknown,
    UpdateItem,
)
from sync.youtrack.app_package import AppSetting, build_app
from sync.youtrack.issues.true_authors import KEEP, is_older
from tests.contract.writing import apply, done, read
from tests.youtrack.conftest import Site

OURS = "bridge"
ABOUT = "/youtrack/api/admin/projects/{}/extensionEndpoints/b24bridge/bridge/about"


def install(site: Site, account: str = OURS) -> None:
    """Let an administrator upload the app that we make, and attach it to the project."""
    packed = build_app(AppSetting("https://bridge.example/hooks", "s" * 64, account, "1.0.0"))
    site.state.add_user("root", admin=True)
    answer = requests.post(
        f"{site.emulator.url}/api/admin/apps/import",
        files={"file": ("b24bridge.zip", packed)},
        headers={"Authorization": "Bearer perm-root"},
        timeout=10,
    )
    assert answer.json()["id"] == site.state.apps[0].id
    site.state.apps[0].projects.add(site.shop.id)


def comment(site: Site, address: ItemAddress, **more) -> AddComment:
    author = more.pop("author", Author(site.ann.id, "Ann (Bitrix24)"))
    fields = {"person": "5", "own_text": "hello", **more}
    return AddComment("k1", address, "**Ann:** hello", author, **fields)


def creation(site: Site, **values) -> CreateItem:
    author = Author(site.ann.id, "Ann (Bitrix24)")
    return CreateItem("L/create", site.shop.id, {TITLE: "Till", **values}, author=author)


def asked(site: Site) -> int:
    return site.emulator.requests.count(("GET", ABOUT.format(site.shop.id)))


def test_an_issue_is_created_by_its_author_with_all_its_fields(site: Site) -> None:
    install(site)
    write = creation(site, **{PRIORITY: "Critical", STATUS: "In Progress"})
    outcome = done(site.connect(), write)
    (issue,) = site.state.issues.values()
    assert (issue.reporter, issue.summary) == (site.ann, "Till")
    assert issue.properties["b24Key"] == "L/create"
    assert outcome.item is not None
    assert (outcome.item.values[PRIORITY], outcome.item.values[STATUS], outcome.dropped) == (
        "Critical", "In Progress", {},
    )  # fmt: skip
    again = done(site.connect(), write)
    assert again.item is not None
    assert (again.item.address, len(site.state.issues)) == (outcome.item.address, 1)


def test_a_lost_answer_creates_nothing_twice(site: Site) -> None:
    install(site)
    site.emulator.cut_after = 1
    (outcome,) = apply(site.connect(), creation(site))
    assert isinstance(outcome, Unknown)
    again = done(site.connect(), creation(site))
    assert again.item is not None
    (issue,) = site.state.issues.values()
    assert (issue.id, issue.reporter) == (again.item.address.id, site.ann)


def test_a_comment_stands_under_its_author_and_is_found_again(site: Site) -> None:
    install(site)
    address, client = site.issue(), site.connect()
    outcome = done(client, comment(site, address))
    (stored,) = site.stored(address).comments
    assert stored.author is site.ann
    assert outcome.comment is not None
    assert (outcome.comment.id, outcome.comment.text, outcome.comment.key) == (
        stored.id, "hello", "k1",
    )  # fmt: skip
    edit = EditComment("k1:edit", address, stored.id, "**Ann:** bye", "5", "bye")
    edited = done(client, edit)
    assert edited.comment is not None
    assert (edited.comment.text, edited.comment.key) == ("bye", "k1")


def test_a_comment_whose_answer_is_lost_is_looked_for(site: Site) -> None:
    install(site)
    address, client = site.issue(), site.connect()
    site.emulator.cut_after = 1
    (outcome,) = apply(client, comment(site, address))
    assert isinstance(outcome, Unknown)
    (settled,) = client.settle([comment(site, address)])
    assert settled.comment is not None  # type: ignore[union-attr]
    assert len(site.stored(address).comments) == 1


def test_without_the_app_our_account_names_the_author_and_asks_once_an_hour(site: Site) -> None:
    address, client = site.issue(), site.connect()
    for key in ("k1", "k2"):
        outcome = done(client, AddComment(
            key, address, "**Ann:** hello", Author(site.ann.id), person="5", own_text="hello"
        ))  # fmt: skip
        assert outcome.comment is not None
        assert outcome.comment.author.is_bridge
        assert outcome.comment.text == "**Ann:** hello"
    assert asked(site) == 1
    site.clock.sleep((KEEP + timedelta(seconds=1)).total_seconds())
    install(site)
    done(client, creation(site))
    assert asked(site) == 2
    assert max(site.state.issues.values(), key=lambda issue: issue.number).reporter is site.ann


@pytest.mark.parametrize("case", ["banned", "outside", "another account", "detached"])
def test_what_the_app_refuses_our_account_writes(site: Site, case: str) -> None:
    install(site, "somebody" if case == "another account" else OURS)
    address, client = site.issue(), site.connect()
    if case == "banned":
        site.ann.banned = True
    if case == "outside":
        site.shop.writers.discard(site.ann.id)
        site.shop.readers.discard(site.ann.id)
    if case == "detached":
        done(client, comment(site, address, own_text="before"))
        site.state.apps[0].projects.clear()
    count = len(site.stored(address).comments)
    done(client, AddComment("k2", address, "**Ann:** hi", Author(site.ann.id), person="5",
                            own_text="hi"))  # fmt: skip
    assert [each.author for each in site.stored(address).comments[count:]] == [site.bridge]
    outcome = done(client, creation(site))
    assert outcome.item is not None
    assert site.state.issues[outcome.item.address.id].reporter is site.bridge


def test_what_is_among_us_stands_under_its_author_too(site: Site) -> None:
    install(site)
    address, client = site.issue(), site.connect()
    outcome = done(client, comment(site, address, internal=True))
    assert outcome.comment is not None
    assert outcome.comment.internal
    (stored,) = site.stored(address).comments
    assert (stored.author is site.bridge, stored.limited) == (False, [site.shop.team])


def test_an_app_of_before_leaves_what_is_among_us_to_our_account(site: Site) -> None:
    """It would show it to everybody; what it can do, it goes on doing."""
    install(site)
    site.state.apps[0].values["VERSION"] = "0.0.1"
    address, client = site.issue(), site.connect()
    done(client, comment(site, address, internal=False))
    assert site.stored(address).comments.pop().author is not site.bridge
    outcome = done(client, comment(site, address, internal=True))
    assert outcome.comment is not None
    assert outcome.comment.internal
    assert site.stored(address).comments[0].author is site.bridge


def test_authors_without_an_account_are_named_by_ours(site: Site) -> None:
    install(site)
    address, client = site.issue(), site.connect()
    done(client, comment(site, address, author=Author("", "Eve (Bitrix24)"), person=""))
    assert site.stored(address).comments[0].author is site.bridge
    assert asked(site) == 0


def test_only_an_administrator_imports_an_app_and_only_a_whole_one(site: Site) -> None:
    site.state.add_user("root", admin=True)
    for token, content, status in (("perm-ann", b"", 403), ("perm-root", b"no zip", 400)):
        answer = requests.post(
            f"{site.emulator.url}/api/admin/apps/import",
            files={"file": ("b24bridge.zip", content)},
            headers={"Authorization": f"Bearer {token}"},
            timeout=10,
        )
        assert answer.status_code == status


def test_versions_are_compared_by_their_numbers() -> None:
    assert is_older("0.9.0", "0.10.0")
    assert not is_older("1.0.0", "1.0.0")
    assert not is_older("2.0", "1.9.9+local")


def test_our_account_is_still_found_by_its_key(site: Site) -> None:
    outcome = done(site.connect(), creation(site))
    assert outcome.item is not None
    item = read(site.connect(), outcome.item.address)
    assert (item.key, item.created_at.date()) == ("L/create", date(2026, 3, 2))
    assert item.created_at < datetime(2026, 3, 3, tzinfo=UTC)
    assert not isinstance(outcome, NotDone)


LINE = "*\u2063— Ann (Bitrix24)\u2063*"


def test_an_issue_of_our_account_names_its_author_whatever_is_edited(site: Site) -> None:
    client = site.connect()
    outcome = done(client, creation(site, **{DESCRIPTION: "First"}))
    assert outcome.item is not None
    address = outcome.item.address
    stored = site.stored(address)
    assert (stored.reporter, outcome.item.values[DESCRIPTION]) == (site.bridge, "First")
    assert stored.description.startswith("First\n\n[//]: # (b24k")
    assert stored.description.endswith(f")\n\n{LINE}")
    fresh = site.connect()
    assert read(fresh, address).values[DESCRIPTION] == "First"
    done(fresh, UpdateItem("L/edit", address, {DESCRIPTION: "Second"}))
    assert stored.description == f"Second\n\n{LINE}"
    stored.description = "All of it anew"
    assert read(fresh, address).values[DESCRIPTION] == "All of it anew"
    done(fresh, UpdateItem("L/again", address, {DESCRIPTION: "Third"}))
    assert stored.description == "Third"


def test_a_line_that_a_process_has_not_read_stays(site: Site) -> None:
    """A worker that took over writes what another one has read; texts of before are Markdown."""
    outcome = done(site.connect(), creation(site, **{DESCRIPTION: "First"}))
    assert outcome.item is not None
    address = outcome.item.address
    stored, fresh = site.stored(address), site.connect()
    done(fresh, UpdateItem("L/edit", address, {DESCRIPTION: "Second"}))
    assert stored.description == f"Second\n\n{LINE}"
    sent = len(site.emulator.requests)
    done(fresh, UpdateItem("L/again", address, {DESCRIPTION: "Third"}))
    assert stored.description == f"Third\n\n{LINE}"
    assert len(site.emulator.requests) == sent + 1
    old = site.issue()
    site.stored(old).description, site.stored(old).markdown = "*bold*", False
    done(site.connect(), UpdateItem("L/old", old, {DESCRIPTION: "**bold**"}))
    assert site.stored(old).markdown
    assert site.stored(old).description == "**bold**"


def test_a_true_author_is_named_by_no_line(site: Site) -> None:
    install(site)
    outcome = done(site.connect(), creation(site, **{DESCRIPTION: "First"}))
    assert outcome.item is not None
    stored = site.stored(outcome.item.address)
    assert stored.reporter is site.ann
    assert "Ann" not in stored.description


def test_a_name_with_markup_stays_words_on_a_line_of_its_own(site: Site) -> None:
    author = Author("", "@bob *close*\n\u2063[x](http://e.com)")
    write = CreateItem("L/create", site.shop.id, {TITLE: "Till"}, author=author)
    outcome = done(site.connect(), write)
    assert outcome.item is not None
    assert outcome.item.values[DESCRIPTION] == ""
    assert outcome.item.key == "L/create"
    line = site.stored(outcome.item.address).description.splitlines()[-1]
    assert "@bob" not in line
    assert "](http" not in line
