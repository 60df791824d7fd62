"""Every webhook body that public projects keep for their own tests, where the samples are."""

import json
from pathlib import Path

from sync.core.events import (
    DeploymentHeard,
    MergeRequestHeard,
    PipelineHeard,
    Unrecognised,
)
from sync.core.items import Push
from sync.gitlab.hooks import parse

SAMPLES = Path(__file__).parents[2].parent / "shared" / "samples" / "gitlab"
TYPES = {
    "merge_request": ("Merge Request Hook", MergeRequestHeard),
    "push": ("Push Hook", Push),
    "pipeline": ("Pipeline Hook", PipelineHeard),
    "deployment": ("Deployment Hook", DeploymentHeard),
}
NO_PROJECT = "the body names no project (id, path and web address)"
NO_ENVIRONMENT = "the deployment names no environment"
INCOMPLETE = {
    "dora-team+fourkeys/generate_data_test.py__deployment_00.json": NO_ENVIRONMENT,
    "dora-team+fourkeys/main_test.py__deployment_01.json": NO_ENVIRONMENT,
    "dora-team+fourkeys/main_test.py__push_00.json": "the push is to no ref, not to a branch",
    "gitlab-docs/merge_request_update_oldrev_PARTIAL.json": NO_PROJECT,
    "gitlab-docs/merge_request_update_re_request_review_PARTIAL.json": NO_PROJECT,
    "gitlab-docs/merge_request_update_system_approvals_reset_PARTIAL.json": NO_PROJECT,
    "xanzy+go-gitlab/group_merge_request.json": NO_PROJECT,
}


def _samples():
    for path in sorted(SAMPLES.glob("*/*.json")):
        yield path.relative_to(SAMPLES).as_posix(), path.read_bytes()


def test_each_sample_of_an_event_we_use_is_typed_but_for_the_incomplete_ones():
    unexpected = []
    for name, raw in _samples():
        event, kind = TYPES.get(json.loads(raw).get("object_kind"), ("", Unrecognised))
        (told,) = parse(event or "Another Hook", raw, connection_id=1)
        why = told.why if isinstance(told, Unrecognised) else ""
        if name in INCOMPLETE:
            if why != INCOMPLETE[name]:
                unexpected.append((name, told))
        elif type(told) is not kind:
            unexpected.append((name, told))
    assert unexpected == []


def test_each_sample_may_arrive_under_any_event_name():
    for _, raw in _samples():
        for event in (*(event for event, _ in TYPES.values()), "System Hook"):
            assert len(parse(event, raw, connection_id=1)) == 1
