"""`sync …` through a book of links in memory: the exact words that people read."""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from b24app.cli import sync as command
from b24app.cli.language import set_language
from b24app.services.issue_links import LINK_CHANGED, Step, parse_target
from sync.core.clock import ManualClock
from sync.core.issue_sync.forecast import Cost, Forecast
from sync.core.issue_sync.link import LinkState, Pause, PauseReason, StoryLine, ValuePair
from sync.core.issue_sync.mapping import ProjectPair
from sync.core.issue_sync.model import ItemAddress, SideName
from sync.core.issue_sync.rehearse import Rehearsal
from sync.engine.issue_sync.rehearsing import RehearsedPair
from sync.errors import Later

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
TRACKER, PORTAL = SideName.TRACKER, SideName.PORTAL
TASK = ItemAddress("2103", "7", "2103")
ISSUE = ItemAddress("84", "4", "12")


class Book:
    """Links in memory."""

    def __init__(self, *links: LinkState) -> None:
        self.kept = {link.key: link for link in links}
        self.lines: dict[str, list[StoryLine]] = {link.key: [] for link in links}
        self.changes = 0  # how often a worker is quicker than whoever saves

    def at_home(self, target):
        return replace(target, host="")

    def of_task(self, task_id, connection_id=None):
        return [link for link in self.kept.values() if link.addresses[PORTAL].id == task_id]

    def of_issue(self, issue):
        matching = (issue.project == "acme/shop") and self.kept.values()
        return [link for link in matching or () if link.addresses[TRACKER].number == issue.number]

    def links(self):
        return iter(self.kept.values())

    def story(self, key, limit):
        return self.lines[key][-limit:]

    def name(self, link):
        return f"{link.addresses[PORTAL].id} ⇄ acme/shop#{link.addresses[TRACKER].number}"

    def save(self, link, story, conflicts):
        if self.changes:
            self.changes -= 1
            before = self.kept[link.key]
            self.kept[link.key] = replace(before, sequence=before.sequence + 1)
            raise Later("changed meanwhile", code=LINK_CHANGED)
        self.kept[link.key] = link
        self.lines[link.key] += story

    def create(self, task, issue, line, connection_id):
        link = LinkState("p9", {PORTAL: task, TRACKER: issue})
        self.kept[link.key], self.lines[link.key] = link, [line]
        return link


PAIR = ProjectPair(7, "acme/shop", creates=frozenset([TRACKER]))


class Desk:
    """A desk whose portal has one pair."""

    def __init__(self, *links: LinkState) -> None:
        self.book = Book(*links)
        self.clock = ManualClock(NOW)
        self.forecast = Forecast()
        self.steps: list[Step] = []
        self.stops = False
        self.halted: dict[int, int] = {}  # links that wait, by workgroup

    def release_pair(self, pair):
        return self.halted.pop(pair.group_id, None)

    def pairs(self, workgroup, project):
        return [PAIR] if workgroup in (None, 7) and project in (None, "acme/shop") else []

    def foresee(self, pair):
        gitlab = Cost(1, 10.0, system="GitLab")
        return self.forecast, {TRACKER: gitlab, PORTAL: Cost(49, 2.0, 500, 3, "Bitrix24")}

    def rehearse(self, text, since, workgroup, project):
        self.asked = (text, since, workgroup, project)
        rehearsal = Rehearsal(2, 3, NOW, conflicts=Counter(title=1), met=Counter(title=4))
        rehearsal.held["title", PORTAL] = 2
        yield RehearsedPair(PAIR, rehearsal, 9, (), {})

    def import_pair(self, pair):
        yield from self.steps
        if self.stops:
            raise KeyboardInterrupt

    def find_task(self, task_id):
        return replace(TASK, id=task_id)

    def find_issue(self, issue):
        return 1, replace(ISSUE, number=issue.number)


LINK = LinkState("p1", {PORTAL: TASK, TRACKER: ISSUE})
TITLES = ValuePair({"title": "From the issue"}, {"title": "From the task"})


def told(capsys, desk, action, **given) -> list[str]:
    names = {
        "workgroup": None,
        "project": None,
        "pair": None,
        "limit": 50,
        "target": None,
        "decide": None,
    }
    assert command.carry_out(desk, argparse.Namespace(action=action, **{**names, **given})) == 0
    return capsys.readouterr().out.splitlines()


def test_a_rehearsal_says_what_other_settings_would_have_done(capsys, tmp_path):
    desk, file = Desk(), tmp_path / "changed.yaml"
    file.write_text("version: 1")
    given = {"settings": str(file), "days": 7, "workgroup": 7}
    assert told(capsys, desk, "rehearse", **given) == [
        "workgroup 7 ⇄ acme/shop:",
        "  3 changes of 2 links, the oldest of 2026-03-02",
        "  every item would hold what it holds now",
        "  title: 1 conflicts (0 left to a person); there were 4",
        "  title: 2 changes of tasks would not have crossed",
    ]
    assert desk.asked == ("version: 1", NOW - timedelta(days=7), 7, None)
    set_language("ru")
    said = told(capsys, desk, "rehearse", **given)
    set_language("en")
    assert said[2:] == [
        "  все задачи остались бы такими, как сейчас",
        "  title: конфликтов 1 (решать человеку: 0); на деле было 4",
        "  title: из задач не перешло бы изменений: 2",
    ]


def test_the_story_of_a_link_says_what_stands_and_why(capsys):
    pause = Pause(PauseReason.FUSE, NOW, "it wrote 6 times in 10 minutes")
    desk = Desk(replace(LINK, pause=pause, problems={"status": 'no row for "Doing"'}))
    desk.book.lines["p1"] = [
        StoryLine(NOW, "written", "written: title (changed on the tracker)"),
        StoryLine(NOW, "paused", pause.text),
    ]
    assert told(capsys, desk, "explain", target="acme/shop#12") == [
        "2103 ⇄ acme/shop#12:",
        "  paused (fuse): it wrote 6 times in 10 minutes",
        '  the field status does not cross: no row for "Doing"',
        "  2026-03-02 10:00 UTC  written: title (changed on the tracker)",
        "  2026-03-02 10:00 UTC  paused: it wrote 6 times in 10 minutes",
    ]


def test_a_link_stands_still_and_works_again(capsys):
    desk = Desk(LINK)
    assert told(capsys, desk, "pause", target="2103", reason="we look at it") == [
        "2103 ⇄ acme/shop#12 stands still until `b24bridge sync resume`."
    ]
    assert desk.book.kept["p1"].pause == Pause(PauseReason.PERSON, NOW, "we look at it")
    with pytest.raises(LookupError) as refusal:
        told(capsys, desk, "pause", target="2103", reason="again")
    assert str(refusal.value) == ("2103 ⇄ acme/shop#12: it stands still already, nothing to do")
    assert told(capsys, desk, "resume", target="2103") == ["2103 ⇄ acme/shop#12 works again."]
    assert desk.book.kept["p1"].pause is None
    assert [line.kind for line in desk.book.lines["p1"]] == ["paused", "resumed"]


def test_a_halted_pair_goes_on_when_somebody_agrees(capsys):
    desk = Desk()
    desk.halted = {7: 21}
    assert told(capsys, desk, "resume", pair="acme/shop") == [
        "workgroup 7 ⇄ acme/shop goes on: 21 links try again, and for an hour very many may "
        "change at once."
    ]
    for names, text in (
        ({"pair": "acme/shop"}, "workgroup 7 ⇄ acme/shop: not halted, nothing to do"),
        ({"pair": "acme/x"}, "The settings name no pair of acme/x, or sync is paused there"),
        ({}, "Name a task, an issue, or a pair: sync resume --pair acme/shop"),
        (
            {"pair": "acme/shop", "target": "2103"},
            "Name a task, an issue, or a pair: sync resume --pair acme/shop",
        ),
    ):
        with pytest.raises(LookupError) as refusal:
            told(capsys, desk, "resume", **names)
        assert str(refusal.value) == text


def test_what_was_refused_is_tried_again(capsys):
    desk = Desk(replace(LINK, problems={"title": "too long"}, apart=frozenset({"title"})))
    assert told(capsys, desk, "replay", target="2103") == [
        "2103 ⇄ acme/shop#12 tries again what was refused."
    ]
    assert desk.book.kept["p1"] == LINK


@pytest.mark.parametrize(("times", "is_done"), [(1, True), (9, False)])
def test_a_link_that_a_worker_changed_meanwhile_is_taken_anew(capsys, times, is_done):
    desk = Desk(replace(LINK, problems={"title": "too long"}, apart=frozenset({"title"})))
    desk.book.changes = times
    if is_done:
        told(capsys, desk, "replay", target="2103")
        assert desk.book.kept["p1"] == replace(LINK, sequence=times)
        return
    with pytest.raises(Later):
        told(capsys, desk, "replay", target="2103")


def test_nobody_decides_about_values_that_they_have_not_seen(capsys):
    desk = Desk(replace(LINK, clashes={"title": TITLES}))
    desk.book.changes = 1
    with pytest.raises(Later):
        told(capsys, desk, "conflicts", target="2103", decide=["title", "portal"])
    assert desk.book.kept["p1"].decided == {}


def test_items_are_linked_once_and_unlinked(capsys):
    desk = Desk()
    assert told(capsys, desk, "link", task="2103", issue="acme/shop#12") == [
        "2103 ⇄ acme/shop#12 is kept in step from now on."
    ]
    with pytest.raises(LookupError) as refusal:
        told(capsys, desk, "link", task="2103", issue="acme/shop#13")
    assert str(refusal.value) == (
        "The task 2103 is linked already: 2103 ⇄ acme/shop#12; unlink that first"
    )
    assert told(capsys, desk, "unlink", target="2103") == [
        "2103 ⇄ acme/shop#12 is not kept in step any more; both stay as they are."
    ]
    assert desk.book.kept["p9"].ended
    with pytest.raises(LookupError, match="Name the task first, then the issue"):
        told(capsys, desk, "link", task="acme/shop#12", issue="2103")


def test_disputes_are_listed_and_decided(capsys):
    desk = Desk(LINK)
    assert told(capsys, desk, "conflicts") == ["Nothing waits for a decision."]
    desk.book.kept["p1"] = replace(LINK, clashes={"title": TITLES})
    listed = "2103 ⇄ acme/shop#12  title  tracker: From the issue, portal: From the task"
    assert told(capsys, desk, "conflicts") == [listed]
    assert told(capsys, desk, "conflicts", target="2103", decide=["title", "portal"]) == [
        "2103 ⇄ acme/shop#12: the portal's title will stand."
    ]
    assert told(capsys, desk, "conflicts") == [f"{listed}  (portal wins)"]
    assert told(capsys, desk, "conflicts", target="2103", decide=["название", "tracker"]) == [
        "2103 ⇄ acme/shop#12: the tracker's title will stand."
    ]
    with pytest.raises(LookupError, match="status is not disputed"):
        told(capsys, desk, "conflicts", target="2103", decide=["status", "portal"])
    with pytest.raises(LookupError, match="gitlab is no side; the sides are tracker and portal"):
        told(capsys, desk, "conflicts", target="2103", decide=["title", "gitlab"])


def test_what_is_linked_with_nothing_says_how_to_link_it(capsys):
    with pytest.raises(LookupError) as refusal:
        told(capsys, Desk(), "explain", target="2103")
    assert str(refusal.value) == (
        "The task 2103 is not kept in step with anything; "
        "`b24bridge sync link TASK ISSUE` links two items"
    )


def test_a_preview_counts_what_would_be_done_and_what_cannot_cross(capsys):
    desk = Desk()
    desk.forecast = Forecast(linked=3)
    desk.forecast.created[TRACKER] = 120
    desk.forecast.passed_over[TRACKER] = 40
    desk.forecast.entries[TRACKER] = 900
    desk.forecast.problems.update({"assignees: the person 9 has no counterpart": 12})
    assert told(capsys, desk, "preview") == [
        "workgroup 7 ⇄ acme/shop:",
        "  3 linked already",
        "  issues that would be created: 120",
        "  40 issues stay alone: the pair creates no tasks",
        "  900 comments, entries of time and files go to GitLab",
        "  cannot cross as it is:",
        "    12 × assignees: the person 9 has no counterpart",
        "  requests: about 1020 to GitLab, 8 to Bitrix24; 2 min",
    ]
    desk.forecast = Forecast(linked=60)
    assert told(capsys, desk, "preview")[1:] == [
        "  60 linked already",
        "  issues that would be created: 0",
        "  nothing is left to import",
    ]
    with pytest.raises(LookupError, match="No pair of the settings is meant"):
        told(capsys, desk, "preview", workgroup=8)


def test_an_import_says_how_far_it_is_and_goes_on_after_a_stop(capsys):
    desk = Desk()
    name = "workgroup 7 ⇄ acme/shop"
    desk.steps = [Step(name, 50, 120, 50), Step(name, 120, 120, 118, 0)]
    assert told(capsys, desk, "run") == [
        "workgroup 7 ⇄ acme/shop: 50 of 120 (41 %), 50 linked",
        "workgroup 7 ⇄ acme/shop: 120 of 120 (100 %), 118 linked",
        "workgroup 7 ⇄ acme/shop: done, 118 linked",
    ]
    desk.stops = True
    code = command.carry_out(desk, argparse.Namespace(action="run", workgroup=7, project=None))
    assert code == 130
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "Stopped. The same command goes on where it stopped."


def test_an_import_says_which_links_wait(capsys):
    desk = Desk()
    desk.steps = [Step("workgroup 7 ⇄ acme/shop", 2, 2, 2, 0, 1)]
    assert told(capsys, desk, "run")[1:] == [
        "workgroup 7 ⇄ acme/shop: done, 2 linked",
        "1 of them wait; `b24bridge sync explain` says for what",
    ]


def test_an_import_that_failed_in_part_says_where_to_look(capsys):
    desk = Desk()
    desk.steps = [Step("workgroup 7 ⇄ acme/shop", 2, 2, 1, 1)]
    with pytest.raises(LookupError) as refusal:
        told(capsys, desk, "run")
    assert str(refusal.value) == (
        "1 could not be brought in step; `b24bridge sync explain` says why of each"
    )
    assert capsys.readouterr().out.splitlines()[0] == (
        "workgroup 7 ⇄ acme/shop: 2 of 2 (100 %), 1 linked, 1 not"
    )


TARGETS = {
    "2103": "task 2103",
    "https://p.bitrix24.com/company/personal/user/1/tasks/task/view/2103/": "task 2103",
    "acme/shop#12": "issue acme/shop#12",
    "https://gitlab.example.com/acme/shop/-/issues/12": "issue acme/shop#12",
    "https://gitlab.example.com/acme/shop/-/work_items/12": "issue acme/shop#12",
    "DEMO-12": "issue DEMO-12",
    "https://acme.youtrack.cloud/issue/DEMO-12": "issue DEMO-12",
    "https://acme.example/youtrack/issue/DEMO-12/The-till-is-slow?draft=1": "issue DEMO-12",
    "https://acme.youtrack.cloud/projects/DEMO/issues/DEMO-12/The-till#focus": "issue DEMO-12",
}


@pytest.mark.parametrize(("text", "name"), TARGETS.items())
def test_a_task_and_an_issue_are_named_in_several_ways(text, name):
    assert str(parse_target(text)) == name


def test_what_names_neither_is_refused():
    with pytest.raises(LookupError) as refusal:
        parse_target("the till")
    assert str(refusal.value) == (
        "the till is neither a task's number nor an issue such as acme/shop#12 or DEMO-12, "
        "nor the address of one of them"
    )
