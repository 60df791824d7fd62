"""Fields of the portal's own are a tracker's field of that name, or labels of a scope."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from sync.bitrix24.issue_sync.client import PortalTasks
from sync.bitrix24.issue_sync.options import TaskOptions
from sync.core.clock import ManualClock
from sync.core.issue_sync.fields import Untranslatable
from sync.core.issue_sync.mapping import CustomField
from sync.core.issue_sync.model import CUSTOM, Capabilities, Choice, ItemAddress, Value
from sync.engine.issue_sync.custom_fields import custom_translation
from sync.gitlab.issues.client import GitLabIssues
from sync.gitlab.issues.options import IssueOptions
from tests.contract import bitrix24_room
from tests.contract.bitrix24_room import BOB
from tests.emulators.bitrix24.server import BitrixEmulator
from tests.emulators.gitlab.issues.records import CustomField as TrackerField
from tests.emulators.gitlab.server import GitLabEmulator
from tests.engine.issue_sync.test_two_rooms import PORTAL, TRACKER, Pair

FIELDS = {"UF_SIZE": ("Size", "string"), "UF_POINTS": ("Points", "double"),
          "UF_CLIENT": ("Client", "string"), "UF_DAY": ("Day", "string")}  # fmt: skip
TRACKER_FIELDS = [
    TrackerField(1, "Size", "SINGLE_SELECT", {5: "S", 6: "XL"}),
    TrackerField(2, "Points", "NUMBER"),
    TrackerField(3, "Client", "TEXT"),
    TrackerField(4, "Day", "DATE"),
]


@pytest.fixture
def pair() -> Iterator[Pair]:
    clock = ManualClock(bitrix24_room.START)
    with ExitStack() as stack:
        b24 = stack.enter_context(BitrixEmulator(clock, scopes=bitrix24_room.SCOPES))
        b24.state.limits.on = False
        pair = Pair(b24, stack.enter_context(GitLabEmulator(clock)), clock)
        for name, (_, kind) in FIELDS.items():
            b24.state.add_user_field(name, kind)
        yield pair


def begin(pair: Pair, fields: list[TrackerField], **values: object) -> None:
    """Link a task with these values of the portal's own fields."""
    pair.gitlab.state.planned.fields["acme"] = fields
    scopes = tuple(scope for scope, _ in FIELDS.values())
    options = IssueOptions(custom_fields=True, scopes=scopes, max_file_bytes=1000)
    pair.sides = {
        TRACKER: GitLabIssues(pair.tracker._client, options, pair.clock),
        PORTAL: PortalTasks(pair.portal._portal, TaskOptions(custom_fields=tuple(FIELDS))),
    }
    pair.pair = replace(
        pair.pair, custom=tuple(CustomField(uf, name) for uf, (name, _) in FIELDS.items())
    )
    pair.capabilities = {
        TRACKER: pair.sides[TRACKER].capabilities(pair.tracker.project),
        PORTAL: pair.sides[PORTAL].capabilities(pair.portal.project),
    }
    task = pair.b24.state.create_task("Build", group_id=10, created_by=BOB, responsible_id=BOB)
    task.uf.update(values)
    pair.begin(PORTAL, ItemAddress(str(task.id), "10", str(task.id)))


def on_tracker(pair: Pair) -> dict[str, Value]:
    address = pair.addresses()[TRACKER]
    values = pair.sides[TRACKER].read([address])[address.id].values  # type: ignore[union-attr]
    return {name: value for name, value in values.items() if name.startswith(CUSTOM)}


def test_fields_of_the_licence_both_ways(pair: Pair) -> None:
    begin(pair, TRACKER_FIELDS, UF_SIZE="xl", UF_POINTS=8.0, UF_CLIENT="Ikea", UF_DAY="2026-04-01")
    held = on_tracker(pair)
    assert held[f"{CUSTOM}1"] == frozenset({"6"})
    assert [held[f"{CUSTOM}{n}"] for n in (2, 3, 4)] == [8, "Ikea", "2026-04-01"]
    pair.tracker._issue(pair.addresses()[TRACKER])
    issue = pair.gitlab.state.projects[int(pair.tracker.project)].issues[int(pair.issue.iid)]
    issue.custom |= {1: [5], 2: 3.0, 3: None}
    pair.rest()
    uf = pair.task.uf
    assert (uf["UF_SIZE"], float(uf["UF_POINTS"]), uf["UF_CLIENT"]) == ("S", 3.0, "")
    assert pair.cycle(2).writes == 0
    assert pair.links.conflicts == []


def test_labels_where_the_licence_has_no_fields(pair: Pair) -> None:
    begin(pair, [], UF_SIZE="XL", UF_CLIENT="Ikea, Malmo")
    assert "Size::XL" in pair.issue.labels
    assert pair.links.state().problems == {
        f"{CUSTOM}UF_CLIENT": "GitLab divides the names of labels at commas"
    }
    pair.issue.manager.update(pair.issue.iid, {"add_labels": "Size::S"})
    pair.rest()
    assert pair.task.uf["UF_SIZE"] == "S"
    assert {label for label in pair.issue.labels if label.startswith("Size")} == {"Size::S"}
    pair.task.uf["UF_SIZE"] = ""
    pair.rest()
    assert [label for label in pair.issue.labels if label.startswith("Size")] == []
    assert pair.task.tags == []


SIZES = Capabilities(
    frozenset(), {f"{CUSTOM}1": (Choice("5", "S"), Choice("6", "XL"))}, names={f"{CUSTOM}1": "Size"}
)


def test_an_option_that_is_none_says_which_there_are() -> None:
    size = custom_translation(CustomField("UF_SIZE", "size"), SIZES)
    answer = size.to_tracker({f"{CUSTOM}UF_SIZE": "Huge"})
    assert isinstance(answer, Untranslatable)
    assert answer.text == 'size has no option "Huge"; it has: S, XL'
    both = size.to_tracker({f"{CUSTOM}UF_SIZE": "XL, s"})
    assert both == {f"{CUSTOM}1": frozenset({"5", "6"})}
    assert size.to_portal({f"{CUSTOM}1": frozenset({"6", "5"})}) == {f"{CUSTOM}UF_SIZE": "S, XL"}


def test_names_of_options_may_have_commas_and_blanks_around_them() -> None:
    choices = (Choice("5", "Sales, EMEA"), Choice("6", " Sales "), Choice("7", "Till"))
    areas = Capabilities(frozenset(), {f"{CUSTOM}1": choices}, names={f"{CUSTOM}1": "Areas"})
    way = custom_translation(CustomField("UF_AREAS", "Areas"), areas)
    for text, ids in {
        "Sales, EMEA": {"5"},
        "Till, Sales, EMEA": {"5", "7"},
        "Sales, Till": {"6", "7"},
    }.items():
        assert way.to_tracker({f"{CUSTOM}UF_AREAS": text}) == {f"{CUSTOM}1": frozenset(ids)}
