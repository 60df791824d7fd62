"""Every webhook body that public projects keep for their own tests, where the samples are."""

import json
import re
from pathlib import Path

from sync.core.model.events import UnrecognisedEvent
from sync.gitlab.json_fields import start_of_day
from sync.gitlab.webhooks.parse import PARSERS, parse_events
from sync.store.db.codec import from_json, to_json
from tests.gitlab.expected_types import EXPECTED, IN_SYSTEM_HOOKS, name_of, type_of

DATED = re.compile(r'"([0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][^"]*)?)"')
SAMPLES = Path(__file__).parents[3].parent / "shared" / "samples" / "gitlab"
NOT_FOLLOWED = "recorded, nothing is done with it yet"
NO_PROJECT = "the body names no project (id, path and web address)"
NO_ACTION = "a sample of the webhook's Test button: it names no action"
ANOTHERS = "a sample of the webhook's Test button: another's comment"
NOBODYS_EMOJI = "a sample of the webhook's Test button: nobody gave the emoji"
NO_FINDING = "a sample of the webhook's Test button: there is no such finding"
NO_ENVIRONMENT = "the deployment names no environment"
# Cut short, made up, or from versions older than any that is supported.
INCOMPLETE = {
    "dora-team+fourkeys/generate_data_test.py__deployment_00.json": NO_ENVIRONMENT,
    "dora-team+fourkeys/main_test.py__deployment_01.json": NO_ENVIRONMENT,
    "dora-team+fourkeys/main_test.py__push_00.json": NO_PROJECT,
    "gitlab-docs/merge_request_update_oldrev_PARTIAL.json": NO_PROJECT,
    "gitlab-docs/merge_request_update_re_request_review_PARTIAL.json": NO_PROJECT,
    "gitlab-docs/merge_request_update_system_approvals_reset_PARTIAL.json": NO_PROJECT,
    "gitlab4j+gitlab4j-api/event-object.json": NO_PROJECT,
    "gitlab4j+gitlab4j-api/wiki-page-event.json": NO_PROJECT,
    "go-playground+webhooks/wikipage-event.json": NO_PROJECT,
    "xanzy+go-gitlab/group_merge_request.json": NO_PROJECT,
    "gitlab4j+gitlab4j-api/merge-request-system-hook-event.json": NO_ACTION,
    "gitlab4j+gitlab4j-api/merge-request-system-hook-event_dc17b3.json": NO_ACTION,
    "go-playground+webhooks/system-merge-request-event.json": NO_ACTION,
    "gitlab-docs/vulnerability_confirmed.json": NO_FINDING,
    "rjw57+pydantic-gitlab-webhooks/emoji.json": NOBODYS_EMOJI,
    "xanzy+go-gitlab/note_commit.json": ANOTHERS,
    "xanzy+go-gitlab/note_issue.json": ANOTHERS,
    "xanzy+go-gitlab/note_snippet.json": ANOTHERS,
}


def _samples():
    for path in sorted(SAMPLES.glob("*/*.json")):
        yield path.relative_to(SAMPLES).as_posix(), path.read_bytes()


def _told(event, raw):
    first, *others = parse_events(event, raw, connection_id=1)
    assert "Note" in event or not others
    return first


def test_each_sample_is_typed_by_its_name_but_for_the_incomplete_ones():
    unexpected = []
    for sample, raw in _samples():
        event, kind = EXPECTED[name_of(json.loads(raw))]
        told = _told(event, raw)
        why = told.reason if isinstance(told, UnrecognisedEvent) else ""
        wanted = INCOMPLETE.get(sample, NOT_FOLLOWED if kind is UnrecognisedEvent else "")
        if why != wanted or (not why and type_of(told) is not kind):
            unexpected.append((sample, told))
    assert unexpected == []


def test_each_sample_of_a_system_hook_says_the_same_there():
    for _, raw in _samples():
        name = name_of(json.loads(raw))
        told, system = _told(EXPECTED[name][0], raw), _told("System Hook", raw)
        if name in IN_SYSTEM_HOOKS and not isinstance(told, UnrecognisedEvent):
            assert system == told
        else:
            assert isinstance(system, UnrecognisedEvent)


def test_what_each_sample_says_can_be_stored():
    for _, raw in _samples():
        told = _told(EXPECTED[name_of(json.loads(raw))][0], raw)
        assert from_json(type(told), to_json(told)) == told


def test_every_date_in_the_samples_is_in_a_format_that_is_read():
    told = {found for _, raw in _samples() for found in DATED.findall(raw.decode())}
    assert [date for date in sorted(told) if start_of_day(date) is None] == []


def test_each_sample_may_arrive_under_any_event_name():
    for _, raw in _samples():
        for event in (*PARSERS, "System Hook"):
            parsed = parse_events(event, raw, connection_id=1)
            assert len(parsed) == 1 or ("Note" in event and len(parsed) == 2)
