"""Settings of two-way sync: what they become, and every problem with its line."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from b24app.texts import translate
from sync.core.issue_sync.mapping import (
    DEFAULT_FIELDS,
    CustomField,
    ItemFilter,
    ProjectPair,
    SprintPlace,
    StatusMatch,
    Transition,
)
from sync.core.issue_sync.model import (
    DEADLINE,
    STAGE,
    STATUS,
    TAGS,
    Author,
    Capabilities,
    Choice,
    Item,
    ItemAddress,
    SideName,
)
from sync.core.issue_sync.rules import Direction, EntryRule, FieldRule, Policy
from sync.core.issue_sync.status_rows import status_rows
from sync.core.issue_sync.statuses import StatusRow
from sync.core.model.tasks import TaskStatus
from sync.core.rules.portal import StageRef
from sync.settings.document import read, write
from sync.settings.issue_sync_mapping import to_mapping
from sync.settings.problems import Invalid
from tests.settings.test_document import FakePortal, problems

HEAD = """\
version: 1
portal: portal.bitrix24.com
connections:
  - name: main
    url: https://gitlab.example.com
"""
WHOLE = (
    HEAD
    + """\
issue_sync:
  default:
    policy: ask
    fields:
      estimate: off
    comments: to_tracker
    create: [issues]
  pairs:
    - workgroup: 7
      project: team/shop
      fields:
        title: to_portal
        description: {direction: both, policy: tracker}
        checklist: both
        sprint: both
        links: to_tracker
      sprint: {issue: Iteration, task: UF_SPRINT}
      child_type: task
      statuses:
        - {issue: To do, task: waiting, stage: {title: New}}
        - {issue: Doing, stage: {type: REVIEW}}
        - {issue: Duplicate, task: deferred, direction: to_portal}
      transitions:
        - {start: Open, event: begin, end: Doing}
      tracker_fields: {deadline: Target date}
      priorities: {"priority::high": high}
      custom:
        UF_SPRINT: {field: Sprint, direction: to_portal}
      comments: {internal: true, since: 2026-01-31}
      time: off
      files: {max_mb: 5}
      create: [tasks, issues]
      issue_type: incident
      only: {labels: ["team::*"], creators: [12, bob@example.com]}
    - workgroup: 0
      project: 42
"""
)
AT = datetime(2026, 1, 1, tzinfo=UTC)


def mapping(text: str):
    settings = read(text, {}, FakePortal())
    names = [connection.name for connection in settings.connections]
    return to_mapping(settings.issue_sync, names, {"bob@example.com": 13})


def test_a_whole_document_becomes_pairs_with_their_rules():
    whole, bare = mapping(WHOLE).pairs
    assert (whole.group_id, whole.project, whole.connection) == (7, "team/shop", "main")
    assert whole.fields == {
        **dict.fromkeys(DEFAULT_FIELDS, FieldRule(policy=Policy.ASK)),
        "title": FieldRule(Direction.TO_PORTAL, Policy.ASK),
        "description": FieldRule(Direction.BOTH, Policy.TRACKER),
        "estimate": FieldRule(Direction.OFF, Policy.ASK),
        "checklist": FieldRule(Direction.BOTH, Policy.ASK),
        "sprint": FieldRule(Direction.BOTH, Policy.ASK),
        "links": FieldRule(Direction.TO_TRACKER, Policy.ASK),
    }
    assert (whole.sprint, whole.child_kind) == (SprintPlace("iteration", "UF_SPRINT"), "task")
    assert whole.statuses == (
        StatusMatch("To do", TaskStatus.WAITING, StageRef(title="New")),
        StatusMatch("Doing", None, StageRef(system_type="REVIEW")),
        StatusMatch("Duplicate", TaskStatus.DEFERRED, direction=Direction.TO_PORTAL),
    )
    assert whole.transitions == (Transition("Open", "begin", "Doing"),)
    assert whole.tracker_fields == {DEADLINE: "Target date"}
    assert whole.priorities == {"priority::high": "2"}
    assert whole.custom == (
        CustomField("UF_SPRINT", "Sprint", FieldRule(Direction.TO_PORTAL, Policy.ASK)),
    )
    tracker = frozenset([SideName.TRACKER])
    since = datetime(2026, 1, 31, tzinfo=UTC)
    assert whole.comments == EntryRule(internal=True, since=since, negative=tracker)
    assert whole.time == EntryRule(Direction.OFF, negative=tracker)
    assert whole.max_file_bytes == 5_000_000
    assert whole.creates == frozenset(SideName)
    assert whole.kind == "incident"
    assert whole.only == ItemFilter(labels=("team::*",), creators=(12, 13))
    assert (bare.group_id, bare.project, bare.kind) == (0, "42", "")
    assert (bare.sprint, bare.crosses("sprint")) == (SprintPlace("", "scrum"), False)
    assert bare.comments.direction is Direction.TO_TRACKER
    assert bare.creates == frozenset([SideName.TRACKER])


def test_without_pairs_nothing_is_kept_in_step_and_a_pair_alone_creates_nothing():
    assert mapping(HEAD).pairs == ()
    text = HEAD + "issue_sync: {pairs: [{workgroup: 7, project: team/shop}]}\n"
    (pair,) = mapping(text).pairs
    assert pair.creates == frozenset()
    assert pair.comments.internal is False
    assert set(pair.fields) == set(DEFAULT_FIELDS)


def test_what_is_written_reads_back_as_it_was():
    settings = read(WHOLE, {}, FakePortal())
    assert read(write(settings), {}, FakePortal()) == settings


BAD = [
    ("  pairs:\n    - workgroup: 7\n", "line 8: issue_sync.pairs[0].project: is required"),
    (
        "  pairs:\n    - {workgroup: 7, project: team/shop, connection: mian}\n",
        "line 8: issue_sync.pairs[0].connection: is no connection; there are: main; "
        "did you mean `main`?",
    ),
    (
        "  pairs:\n    - {workgroup: 8, project: team/shop}\n",
        "line 8: issue_sync.pairs[0].workgroup: the portal has no workgroup 8, "
        "or the app cannot see it",
    ),
    (
        "  pairs:\n    - {workgroup: 7, project: team/shop, fields: {titel: both}}\n",
        "line 8: issue_sync.pairs[0].fields.titel: is no field that can cross; those are title, "
        "description, people, priority, status, deadline, labels, estimate, checklist, parent, "
        "links, sprint; did you mean `title`?",
    ),
    (
        "  pairs:\n    - {workgroup: 7, project: team/shop, fields: {title: bot}}\n",
        "line 8: issue_sync.pairs[0].fields.title.direction: must be one of both, to_tracker, "
        "to_portal, off; did you mean `both`?",
    ),
    (
        "  pairs:\n    - {workgroup: 7, project: a/b, statuses: [{issue: Doing}]}\n",
        "line 8: issue_sync.pairs[0].statuses[0]: needs `task` (a status), `stage` (a column), "
        "both, or `pause`",
    ),
    (
        "  pairs:\n"
        "    - {workgroup: 7, project: a/b, statuses: [{issue: Doing, stage: {title: Gone}}]}\n",
        "line 8: issue_sync.pairs[0].statuses[0].stage: the workgroup has no such column; "
        "it has: 'New' (1), 'Testing' (2)",
    ),
    (
        "  pairs:\n    - {workgroup: 7, project: a/b, custom: {UF_GONE: {field: x}}}\n",
        "line 8: issue_sync.pairs[0].custom.UF_GONE: the portal's tasks have no field UF_GONE; "
        "they have: UF_SPRINT",
    ),
    (
        "  pairs:\n    - {workgroup: 7, project: a/b, sprint: {task: UF_GONE}}\n",
        "line 8: issue_sync.pairs[0].sprint.task: the portal's tasks have no field UF_GONE; "
        "they have: UF_SPRINT",
    ),
    (
        "  pairs:\n    - {workgroup: 7, project: a/b, sprint: {task: SPRINT}}\n",
        "line 8: issue_sync.pairs[0].sprint.task: must be scrum, or a field of the portal's own, "
        "like UF_SPRINT",
    ),
    (
        "  pairs:\n    - {workgroup: 7, project: a/b, custom: {SPRINT: {field: x}}}\n",
        "line 8: issue_sync.pairs[0].custom.SPRINT: must be a field of the portal's own, "
        "like UF_SPRINT",
    ),
    (
        "  pairs:\n    - {workgroup: 7, project: a/b, only: {creators: [99]}}\n",
        "line 8: issue_sync.pairs[0].only.creators[0]: the portal has no user 99",
    ),
    (
        "  pairs:\n    - {workgroup: 7, project: a/b, comments: {since: soon}}\n",
        "line 8: issue_sync.pairs[0].comments.since: must be a date like 2026-01-31",
    ),
    (
        "  pairs:\n    - {workgroup: 7, project: a/b}\n    - {workgroup: 7, project: A/B}\n",
        "line 9: issue_sync.pairs[1]: another pair claims a/b and the workgroup 7 too",
    ),
    (
        "  default: {create: [tasks]}\n"
        "  pairs:\n    - {workgroup: 7, project: a/b}\n    - {workgroup: 0, project: a/b}\n",
        "line 10: issue_sync.pairs[1]: the pair of a/b and the workgroup 7 creates tasks of the "
        "same items: give one of them a filter (`only`), or they get two ends",
    ),
    (
        "  default: {statuses: [{issue: A, task: waiting}, {issue: a, task: deferred}]}\n",
        "line 7: issue_sync.default.statuses[1].issue: 'a' has a row already",
    ),
    ("  pair: []\n", "line 7: issue_sync.pair: unknown key; did you mean `pairs`?"),
]


@pytest.mark.parametrize(("text", "problem"), BAD)
def test_a_problem_says_where_it_is_and_what_exists(text, problem):
    assert problems(HEAD + "issue_sync:\n" + text, portal=FakePortal()) == [problem]


def test_two_pairs_of_a_project_are_right_where_their_filters_differ():
    text = (
        "issue_sync:\n  default: {create: [tasks]}\n  pairs:\n"
        "    - {workgroup: 7, project: a/b, only: {labels: [ui]}}\n"
        "    - {workgroup: 0, project: a/b, only: {labels: [api]}}\n"
    )
    assert len(mapping(HEAD + text).pairs) == 2


def test_a_pair_needs_its_connection_where_there_are_more():
    more = "  - name: other\n    url: https://other.example.com\n"
    text = HEAD + more + "issue_sync: {pairs: [{workgroup: 7, project: a/b}]}\n"
    assert problems(text, portal=FakePortal()) == [
        "line 8: issue_sync.pairs[0]: needs `connection`: one of main, other"
    ]


# --- what the engine asks of a pair


def item(labels=(), *, author=Author("5", "carl"), kind="issue", milestone="") -> Item:  # noqa: B008
    values = {TAGS: frozenset(labels)}
    return Item(ItemAddress("1"), values, author, AT, AT, kind=kind, milestone=milestone)


FILTERS = [
    (ItemFilter(), SideName.TRACKER, item(), True),
    (ItemFilter(labels=("team::*",)), SideName.TRACKER, item(["Team::UI"]), True),
    (ItemFilter(labels=("team::*",)), SideName.TRACKER, item(["bug"]), False),
    (ItemFilter(labels=("bug",)), SideName.PORTAL, item(["other"]), True),
    (ItemFilter(tags=("bug",)), SideName.PORTAL, item(["other"]), False),
    (ItemFilter(milestones=("May",)), SideName.TRACKER, item(milestone="may"), True),
    (ItemFilter(milestones=("May",)), SideName.TRACKER, item(), False),
    (ItemFilter(kinds=("incident",)), SideName.TRACKER, item(kind="issue"), False),
    (ItemFilter(authors=("carl",)), SideName.TRACKER, item(), True),
    (ItemFilter(authors=("anna",)), SideName.TRACKER, item(), False),
    (ItemFilter(creators=(5,)), SideName.PORTAL, item(), True),
    (ItemFilter(creators=(6,)), SideName.PORTAL, item(), False),
]


@pytest.mark.parametrize(("only", "side", "what", "passes"), FILTERS)
def test_a_filter_lets_through_what_it_names(only, side, what, passes):
    assert only.admits(side, what) is passes


def test_names_of_statuses_and_columns_become_ids_and_what_is_gone_is_said():
    tracker = Capabilities(frozenset(), {STATUS: (Choice("gid://1", "To do"),)})
    columns = (Choice("11", "New", kind="NEW"), Choice("12", "Check", kind="REVIEW"))
    portal = Capabilities(frozenset(), {STAGE: columns})
    pair = ProjectPair(
        7, "a/b",
        statuses=(
            StatusMatch("to DO", TaskStatus.WAITING, StageRef(title="new")),
            StatusMatch("gid://1", None, StageRef(system_type="REVIEW")),
            StatusMatch("Doing", TaskStatus.IN_PROGRESS, StageRef(id=99)),
        ),
    )  # fmt: skip
    rows, wrong = status_rows(pair, {TaskStatus.WAITING: "2"}, tracker, portal)
    assert rows == (StatusRow("gid://1", "2", "11"), StatusRow("gid://1", "", "12"))
    assert wrong == (
        "the tracker has no status 'Doing'; it has: To do",
        "the workgroup has no column '99'; it has: New, Check",
    )


class FakeTrackers:
    def project_id(self, connection: str, project: str) -> str | None:
        known = {"team/shop": "7", "7": "7", "team/away": ""}
        return known.get(project.casefold())


def test_projects_that_are_not_there_or_named_twice_are_problems():
    text = HEAD + (
        "issue_sync:\n  pairs:\n    - {workgroup: 7, project: team/shop}\n"
        "    - {workgroup: 7, project: 7}\n    - {workgroup: 8, project: 7}\n"
        "    - {workgroup: 9, project: team/gone}\n    - {workgroup: 9, project: team/away}\n"
    )
    with pytest.raises(Invalid) as caught:
        read(text, {}, trackers=FakeTrackers())
    shown = {problem.path: problem.text for problem in caught.value.problems}
    assert list(shown) == ["issue_sync.pairs[1]", "issue_sync.pairs[3].project"]
    for text in shown.values():
        assert "пар" in translate("ru", text) or "проект" in translate("ru", text)
        assert not re.search("[a-z]{4}", translate("ru", text))
