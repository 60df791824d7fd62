"""What is no update of an issue is found in the history and in the list of work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from sync.core.issue_sync.model import Item, ItemAddress
from sync.youtrack.issues import activities, listing
from tests.emulators.youtrack import records as r
from tests.youtrack.conftest import Site

Act = Callable[[Site, r.Issue], object]


def comment(site: Site, issue: r.Issue) -> object:
    return site.state.add_comment(issue, site.bob, "hello")


def delete_comment(site: Site, issue: r.Issue) -> object:
    return site.state.record(issue, site.bob, "CommentsCategory", removed=issue.comments.pop())


def tag(site: Site, issue: r.Issue) -> object:
    return site.state.record(issue, site.bob, "TagsCategory")


def attach(site: Site, issue: r.Issue) -> object:
    return site.state.attach(issue, site.bob, "a.png", b"x")


def log_work(site: Site, issue: r.Issue) -> object:
    return site.state.log_work(issue, site.bob, site.ann, 30, 0, None)


ACTS: list[Act] = [comment, delete_comment, tag, attach, log_work]


def listed(site: Site, since: datetime) -> list[Item]:
    client, items, cursor = site.connect(), [], None
    for _ in range(50):
        page = client.changed(site.shop.id, since, cursor)
        items += page.items
        cursor = page.cursor
        if cursor is None:
            return items
    raise AssertionError("the list has no end")


def acted(site: Site, act: Act) -> tuple[ItemAddress, datetime]:
    """Let an act happen a day after its issue was made; return the issue and an hour before."""
    address = site.issue()
    site.state.add_comment(site.stored(address), site.bob, "earlier")
    site.clock.sleep(86_400)
    since = site.clock.now() - timedelta(hours=1)
    act(site, site.stored(address))
    return address, since


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_an_act_that_is_no_update_is_found(site: Site, act: Act) -> None:
    address, since = acted(site, act)
    assert site.stored(address).updated < since.timestamp() * 1000
    (item,) = listed(site, since)
    assert (item.address.id, item.updated_at) == (address.id, site.clock.now())


def test_work_is_found_where_the_history_leaves_it_out(site: Site) -> None:
    address, since = acted(site, log_work)
    site.state.activities.clear()
    assert [item.address.id for item in listed(site, since)] == [address.id]


def test_our_own_acts_are_no_news(site: Site) -> None:
    address, since = acted(
        site, lambda site, issue: site.state.add_comment(issue, site.bridge, "ours")
    )
    site.state.log_work(site.stored(address), site.bridge, site.bob, 5, 0, None)
    assert listed(site, since) == []


def test_what_the_list_of_issues_shows_is_not_read_again(site: Site) -> None:
    address, since = acted(site, comment)
    issue = site.stored(address)
    site.state.set_value(issue, site.bob, site.field("Priority"), None)
    before = len(site.emulator.requests)
    assert [item.address.id for item in listed(site, since)] == [address.id]
    assert [path for _, path in site.emulator.requests[before:] if path.endswith("/issues")] == [
        "/youtrack/api/issues"
    ]


def test_a_long_history_is_read_page_by_page(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """And each issue once, however many lines it has in it."""
    monkeypatch.setattr(activities, "PER_PAGE", 2)
    addresses = [site.issue() for _ in range(5)]
    site.clock.sleep(86_400)
    since = site.clock.now() - timedelta(hours=1)
    for address in addresses * 2:
        site.state.add_comment(site.stored(address), site.bob, "hello")
        site.clock.sleep(1)
    before = len(site.emulator.requests)
    items = listed(site, since)
    assert [item.address.id for item in items] == [each.id for each in addresses]
    paths = [path for _, path in site.emulator.requests[before:]]
    assert sum(path.endswith("/issues") for path in paths) == 2  # those that were updated, and all


def test_more_issues_than_a_question_holds_are_read_in_several(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "AT_ONCE", 2)
    addresses = [site.issue() for _ in range(5)]
    site.clock.sleep(86_400)
    since = site.clock.now() - timedelta(hours=1)
    for address in addresses:
        site.state.log_work(site.stored(address), site.bob, site.bob, 30, 0, None)
    items = listed(site, since)
    assert [item.address.id for item in items] == [each.id for each in addresses]
    assert all(item.time for item in items)


def test_a_page_of_the_history_holds_what_was_asked_for(site: Site) -> None:
    """Lists inside of other answers end after 42, this does not."""
    address = site.issue()
    site.clock.sleep(86_400)
    since = site.clock.now() - timedelta(hours=1)
    for _ in range(50):
        site.state.add_comment(site.stored(address), site.bob, "hello")
    last = site.issue()
    site.stored(last).updated -= 86_400_000
    site.state.add_comment(site.stored(last), site.bob, "hello")
    assert last.id in {item.address.id for item in listed(site, since)}


def test_the_first_reading_asks_for_no_history(site: Site) -> None:
    site.issue()
    assert len(listed(site, datetime(1970, 1, 1, tzinfo=UTC))) == 1
    assert not [path for _, path in site.emulator.requests if "activities" in path]


def test_only_categories_that_the_instance_knows_are_named(site: Site) -> None:
    acted(site, comment)
    query = {"categories": ",".join(activities.CATEGORIES), "start": 0, "fields": "id"}
    site.connect()
    assert site.client.get("/activities", **query) != []
    query["categories"] += ",NoSuchCategory"
    assert site.client.get("/activities", **query) == []
