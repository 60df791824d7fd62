"""Our YouTrack app, unpacked and run in plain Node: what it sends, refuses and writes."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import subprocess
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sync.core.model.events import IssueHint
from sync.youtrack.app_package import FILES, AppSetting, build_app
from sync.youtrack.webhooks.parse import parse_events
from sync.youtrack.webhooks.verify import verify_hint
from tests.emulators.npm import node

HERE = Path(__file__).parent
SECRET = "whsec_пароль" + "x" * 60
ADDRESS = "https://bridge.example/hooks/youtrack/key"
SETTING = AppSetting(ADDRESS, SECRET, "bridge", "1.2.3")
NOW = 1_700_000_000_000
LISTS = ["comments", "workItems", "attachments", "tags", "links"]

CHANGES: dict[str, tuple[dict[str, Any], list[str] | None]] = {
    "a field": ({"changed": ["State"]}, ["fields"]),
    "the summary": ({"changed": ["summary"]}, ["text"]),
    "a state with a comment": (
        {"changed": ["State"], "added": {"comments": [1]}},
        ["fields", "comments"],
    ),
    "an edited comment": ({"editedComments": [1]}, ["comments"]),
    "a deleted work item": ({"removed": {"workItems": [1]}}, ["work"]),
    "edited work": ({"editedWorkItems": [1]}, ["work"]),
    "a file": ({"added": {"attachments": [1]}}, ["files"]),
    "a tag": ({"added": {"tags": [1]}}, ["tags"]),
    "a link": ({"removed": {"links": [1]}}, ["links"]),
    "a sprint, which no property tells": ({}, ["other"]),
    "a new issue": ({"becomesReported": True, "isReported": False}, ["created"]),
    "a deleted issue": ({"becomesRemoved": True}, ["removed"]),
    "a move to another project": ({"id": "NEW-3", "changed": ["project"]}, ["moved"]),
    "a draft": ({"isReported": False, "changed": ["summary"]}, None),
    "a server without half of it": (
        {"lacks": [*LISTS, "fields"], "editedComments": [1]},
        ["other"],
    ),
}
HMACS = [["key", ""], [SECRET, "текст 💡 \ud800"], ["k" * 200, "a" * 5000], *(
    ["k", "x" * n] for n in (54, 55, 56, 63, 64, 65, 119, 120)
)]  # fmt: skip


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("app").resolve()
    zipfile.ZipFile(io.BytesIO(build_app(SETTING))).extractall(folder)
    return folder


def play(app: Path, cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    command = [node(), str(HERE / "run.cjs"), str(app)]
    done = subprocess.run(
        command, input=json.dumps(cases), capture_output=True, text=True, check=True, timeout=60
    )
    return json.loads(done.stdout)


def sent(outcome: dict[str, Any]) -> list[dict[str, Any]]:
    return [json.loads(post["body"]) for post in outcome["posts"]]


def test_the_zip_is_the_same_each_time_and_holds_what_belongs_in_it() -> None:
    packed = build_app(SETTING)
    archive = zipfile.ZipFile(io.BytesIO(packed))
    assert packed == build_app(SETTING)
    assert archive.namelist() == [*FILES, "connection.js"]
    assert json.loads(archive.read("manifest.json"))["version"] == "1.2.3"
    assert "\u2028" not in archive.read("connection.js").decode()


def test_values_of_the_connection_cannot_become_code(app: Path, tmp_path: Path) -> None:
    hostile = AppSetting("'\";\n\u2028*/ throw 1 //", "\\", "</script>${1}", "1")
    zipfile.ZipFile(io.BytesIO(build_app(hostile))).extractall(tmp_path)
    (outcome,) = play(tmp_path.resolve(), [{"issue": {"changed": ["State"]}}])
    assert outcome["posts"][0]["url"] == hostile.address


def test_the_signature_is_that_of_a_library(app: Path) -> None:
    outcomes = play(app, [{"hmac": case} for case in HMACS])
    expected = [
        hmac.new(key.encode(), text.encode("utf-8", "replace").replace(b"?", b"\xef\xbf\xbd")
                 if "\ud800" in text else text.encode(), hashlib.sha256).hexdigest()
        for key, text in HMACS
    ]  # fmt: skip
    assert [outcome["hmac"] for outcome in outcomes] == expected


def test_each_change_is_told_by_its_kinds(app: Path) -> None:
    outcomes = play(app, [{"issue": issue} for issue, _ in CHANGES.values()])
    for (name, (_, kinds)), outcome in zip(CHANGES.items(), outcomes, strict=True):
        told = [hint["kinds"] for hint in sent(outcome)]
        assert told == ([kinds] if kinds else []), name
        assert outcome["warnings"] == [], name


def test_a_hint_is_signed_and_small_and_the_bridge_reads_it(app: Path) -> None:
    (outcome,) = play(app, [{"issue": {"changed": ["State"]}}])
    (post,) = outcome["posts"]
    body = post["body"].encode()
    now = datetime.fromtimestamp(NOW / 1000, UTC)
    assert verify_hint(post["headers"], body, token="", secret=SECRET, now=now) is True
    assert (post["url"], post["callback"]) == (ADDRESS, None)
    assert json.loads(body) == {
        "v": 1, "app": "1.2.3", "at": NOW,
        "issue": "SHOP-12", "project": "SHOP", "kinds": ["fields"],
    }  # fmt: skip
    assert parse_events(body, 4) == (IssueHint(4, "SHOP-12", False, ("fields",)),)
    assert outcome["runOn"] == {"change": True, "removal": True}


def test_our_own_changes_and_paused_projects_send_nothing(app: Path) -> None:
    changed = {"changed": ["State"]}
    outcomes = play(
        app,
        [{"issue": changed, "user": "bridge"}, {"issue": changed, "settings": {"paused": True}}],
    )
    assert [outcome["posts"] for outcome in outcomes] == [[], []]


def test_nothing_that_goes_wrong_reaches_the_user(app: Path) -> None:
    changed = {"changed": ["State"]}
    refused = {"isSuccess": False, "code": 503}
    down, thrown, late = play(
        app,
        [
            {"issue": changed, "world": {"answer": refused}, "times": [0, 10, 29_000, 40_000]},
            {"issue": changed, "world": {"throws": True}},
            {"issue": changed, "world": {"asynchronous": True}, "answered": refused},
        ],
    )
    assert len(down["posts"]) == 2, "after a failure it rests, so that nobody waits each time"
    assert down["posts"][0]["timeout"] == 1500
    assert all("it will find the change itself" in text for text in down["warnings"])
    assert (thrown["posts"], len(thrown["warnings"])) == ([], 1)
    assert [post["callback"] for post in late["posts"]] == ["answered"]
    assert len(late["warnings"]) == 1


def call(name: str, **body: object) -> dict[str, Any]:
    people = {"ann": True, "eve": False, "old": "banned"}
    return {"call": name, "body": json.dumps(body), "world": {"people": people}}


def test_an_issue_is_created_once_as_its_author(app: Path) -> None:
    asked = call("POST issue", key="k1", author="ann", summary="Pump", description="", task=5)
    (outcome,) = play(app, [{**asked, "times": [0, 1]}])
    assert outcome["body"] == {"id": "SHOP-7", "created": False}
    assert outcome["made"] == [
        {"id": "SHOP-7", "reporter": "ann", "summary": "Pump", "description": None,
         "extensionProperties": {"b24Key": "k1", "b24Task": "5"}},
    ]  # fmt: skip


def test_a_comment_is_written_by_its_author(app: Path) -> None:
    (outcome,) = play(app, [call("POST comment", author="ann", text="hello")])
    assert (outcome["code"], outcome["scope"]) == (200, "ISSUE")
    assert outcome["written"] == [{"text": "hello", "author": "ann"}]


def test_a_comment_among_us_is_shown_to_the_team_alone(app: Path) -> None:
    asked = call("POST internal", author="ann", text="hello")
    shown, teamless = play(app, [asked, {**asked, "issue": {"team": None}}])
    assert (shown["code"], shown["scope"]) == (200, "ISSUE")
    assert shown["written"] == [{"text": "hello", "author": "ann", "groups": ["SHOP Team"]}]
    assert (teamless["body"]["error"], teamless["written"]) == ("no_team", [])


def test_who_may_not_is_refused_in_words(app: Path) -> None:
    cases = {
        "not_the_bridge": {**call("POST comment", author="ann", text="hello"), "user": "ann"},
        "no_such_person": call("POST comment", author="nobody", text="hello"),
        "not_in_the_project": call("POST issue", key="k", author="eve", summary="x"),
        "no_text": call("POST comment", author="ann", text=" "),
        "no_key": call("POST issue", author="ann", summary="x"),
    }
    outcomes = play(app, list(cases.values()))
    assert [outcome["body"]["error"] for outcome in outcomes] == list(cases)
    assert [outcome["code"] for outcome in outcomes] == [403, 422, 422, 400, 400]
    assert all(outcome["written"] == [] and outcome["made"] == [] for outcome in outcomes)
    (banned,) = play(app, [call("POST comment", author="old", text="x")])
    assert banned["body"]["error"] == "no_such_person"
