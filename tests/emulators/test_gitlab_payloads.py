"""Webhook bodies: equal to their fixtures, and of the shape of the vendor's own examples."""

import ast
import json
import re
from pathlib import Path

import pytest

from tests.emulators.gitlab import story
from tests.emulators.gitlab.parts import raw
from tests.emulators.gitlab.payloads import COMMITS_IN_PAYLOAD
from tests.emulators.gitlab_examples import PAIRS

TOLD = story.tell()
SAMPLES = Path(__file__).parents[2].parent / "shared" / "samples" / "gitlab"
PLAIN = "0000-00-00 00:00:00 UTC"


def shape(value, path=""):
    """Path of every value -> names of the JSON types seen there."""
    if isinstance(value, dict):
        inside = [(f"{path}.{key}".lstrip("."), child) for key, child in value.items()]
    elif isinstance(value, list):
        inside = [(f"{path}[]", child) for child in value]
    else:
        return {path: {_kind(value)}}
    found = {path: {type(value).__name__}}
    for at, child in inside:
        for key, kinds in shape(child, at).items():
            found.setdefault(key, set()).update(kinds)
    return found


def _kind(value):
    match value:
        case None:
            return "null"
        case bool():
            return "bool"
        case int() | float():
            return "number"
    return "str"


def _left_out(path, exceptions):
    return any(path == one or path.startswith((f"{one}.", f"{one}[")) for one in exceptions)


def _vendor():
    """Pairs whose vendor example is there."""
    return sorted(name for name in PAIRS if (SAMPLES / name).exists())


def test_a_fixture_is_what_the_emulator_builds():
    files = {name: (story.FOLDER / f"{name}.json").read_text("utf-8") for name in TOLD}
    assert [name for name in sorted(TOLD) if files[name] != story.as_text(TOLD[name])] == []


def test_there_is_no_fixture_nobody_builds():
    assert {one.stem for one in story.FOLDER.glob("*.json")} == set(TOLD)


def test_our_bodies_hold_all_that_the_vendors_examples_hold():
    lacking = {}
    for name in _vendor():
        ours, exceptions = PAIRS[name]
        mine, theirs = shape(TOLD[ours]), shape(json.loads((SAMPLES / name).read_text("utf-8")))
        missing = {path for path in theirs.keys() - mine.keys() if not _left_out(path, exceptions)}
        if missing:
            lacking[name] = sorted(missing)
    assert lacking == {}


def test_our_values_have_the_vendors_types():
    differing = {}
    for name in _vendor():
        ours = PAIRS[name][0]
        mine, theirs = shape(TOLD[ours]), shape(json.loads((SAMPLES / name).read_text("utf-8")))
        for path in theirs.keys() & mine.keys():
            a, b = theirs[path] - {"null"}, mine[path] - {"null"}
            if a and b and a.isdisjoint(b):
                differing[f"{name} {path}"] = (a, b)
    assert differing == {}


def test_an_address_is_shown_only_where_it_is_public():
    shown = {
        person["username"]: person["email"]
        for body in TOLD.values()
        for person in [body.get("user", {}), body.get("approver", {}), *body.get("reviewers", [])]
        if "username" in person
    }
    assert shown == {
        "ann": "ann@acme.example",
        "bob": "[REDACTED]",
        "eve": "[REDACTED]",
    }


@pytest.mark.parametrize(
    ("name", "action", "changed"),
    [
        ("opened", "open", ["merge_status", "prepared_at", "updated_at"]),
        ("draft_opened", "open", ["merge_status", "prepared_at", "updated_at"]),
        (
            "draft_made_ready",
            "update",
            ["draft", "last_edited_at", "title", "updated_at", "updated_by_id"],
        ),
        ("updated_with_new_code", "update", []),
        ("retargeted", "update", ["target_branch", "updated_at", "updated_by_id"]),
        ("re_request_review", "update", ["reviewers", "updated_at"]),
        ("approval", "approval", []),
        ("approved", "approved", []),
        ("unapproved", "unapproved", []),
        ("unapproval", "unapproval", []),
        ("approvals_reset_on_push", "unapproved", []),
        ("closed", "close", ["state_id", "updated_at", "updated_by_id"]),
        ("reopened", "reopen", ["state_id", "updated_at"]),
        ("merged", "merge", ["state_id", "updated_at", "updated_by_id"]),
        ("merged_with_squash", "merge", ["state_id", "updated_at", "updated_by_id"]),
    ],
)
def test_the_action_and_changes_of_each_act(name, action, changed):
    body = TOLD[f"merge_request_hook__{name}"]
    assert (body["object_attributes"]["action"], sorted(body["changes"])) == (action, changed)


def test_only_new_code_has_oldrev():
    with_oldrev = [n for n, body in TOLD.items() if "oldrev" in body.get("object_attributes", {})]
    assert with_oldrev == ["merge_request_hook__updated_with_new_code"]


def test_a_re_request_holds_two_lists_instead_of_two_keys():
    before, after = TOLD["merge_request_hook__re_request_review"]["changes"]["reviewers"]
    told = [(one["username"], one["state"], one["re_requested"]) for one in (before[0], after[0])]
    assert told == [("ann", "unapproved", False), ("ann", "unreviewed", True)]


def test_a_reset_is_an_act_of_gitlab_in_the_name_of_who_pushed():
    body = TOLD["merge_request_hook__approvals_reset_on_push"]
    attributes = body["object_attributes"]
    assert (attributes["system"], attributes["system_action"], body["user"]["username"]) == (
        True,
        "approvals_reset_on_push",
        "bob",
    )


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("merge_request_hook__opened object_attributes updated_at", "0000-00-00 00:00:00 UTC"),
        (
            "merge_request_hook__opened object_attributes last_commit timestamp",
            "0000-00-00T00:00:00+00:00",
        ),
        ("pipeline_hook__failed_on_branch object_attributes finished_at", PLAIN),
        ("job_hook__failed build_finished_at", PLAIN),
        ("job_hook__failed build_finished_at_iso", "0000-00-00T00:00:00.000Z"),
        ("deployment_hook__success status_changed_at", "0000-00-00T00:00:00.000+00:00"),
        ("deployment_hook__success_in_zone status_changed_at", "0000-00-00T00:00:00.000+00:00"),
        ("deployment_hook__success_of_old_version status_changed_at", "0000-00-00 00:00:00 +0000"),
        ("deployment_hook__approved approval created_at", "0000-00-00T00:00:00.000Z"),
        ("issue_hook__opened object_attributes updated_at", "0000-00-00T00:00:00.000Z"),
        ("issue_hook__opened object_attributes due_date", "0000-00-00"),
        ("issue_hook__opened_of_old_version object_attributes updated_at", PLAIN),
        ("note_hook__comment_on_issue object_attributes updated_at", PLAIN),
        ("note_hook__comment_on_issue issue updated_at", PLAIN),
        ("milestone_hook__created object_attributes due_date", "0000-00-00"),
        ("release_hook__created released_at", PLAIN),
        ("member_hook__added created_at", "0000-00-00T00:00:00Z"),
        (
            "resource_access_token_hook__expires_in_7_days object_attributes expires_at",
            "0000-00-00",
        ),
        ("resource_deploy_token_hook__expires_in_7_days object_attributes expires_at", PLAIN),
        (
            "vulnerability_hook__confirmed object_attributes confirmed_at",
            "0000-00-00T00:00:00.000Z",
        ),
    ],
)
def test_each_event_writes_time_its_own_way(path, form):
    name, *keys = path.split()
    value = TOLD[name]
    for key in keys:
        value = value[key]
    assert re.sub(r"\d", "0", value) == form


def test_an_instance_tells_of_deployments_in_its_own_zone():
    zones = {
        name: TOLD[f"deployment_hook__{name}"]["status_changed_at"][-6:]
        for name in ("success", "success_in_zone", "success_of_old_version")
    }
    assert zones == {
        "success": "+00:00",
        "success_in_zone": "+03:00",
        "success_of_old_version": " +0300",
    }


def test_the_pipeline_of_a_merge_request_names_the_source_branch():
    body = TOLD["pipeline_hook__failed_in_merge_request"]
    assert body["object_attributes"]["ref"] == "feature/B24-2103-receipts"
    assert body["object_attributes"]["source"] == "merge_request_event"
    assert TOLD["pipeline_hook__success_on_branch"]["merge_request"] is None


def test_a_jobs_commit_id_is_its_pipeline():
    body = TOLD["job_hook__failed"]
    assert body["commit"]["id"] == body["pipeline_id"]
    assert body["object_kind"] == "build"


def test_a_push_shows_twenty_commits_and_counts_all():
    tale = story.Story()
    tale.coding.push(tale.shop, "big", [f"Step {n}" for n in range(30)], "bob")
    body = tale.deliveries.waiting[-1].payload
    assert (len(body["commits"]), body["total_commits_count"]) == (COMMITS_IN_PAYLOAD, 30)
    assert body["commits"][-1]["title"] == "Step 29"


def test_a_body_is_compact_utf8():
    assert raw({"name": "Ева", "n": [1, None]}) == '{"name":"Ева","n":[1,null]}'.encode()


def test_the_emulator_shares_no_code_with_what_it_tests():
    used = set()
    for file in (Path(__file__).parent / "gitlab").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom):
                used.add((node.module or "").split(".")[0])
            elif isinstance(node, ast.Import):
                used |= {alias.name.split(".")[0] for alias in node.names}
    assert used.isdisjoint({"sync", "b24app", "gitlab"})
