"""Comments of issues with python-gitlab: quick actions, privacy, threads, limits, files."""

from __future__ import annotations

import gitlab as python_gitlab
import pytest

from tests.emulators.issue_world import IssueWorld

N = "/projects/1/issues/1/notes"


@pytest.fixture
def world():
    with IssueWorld() as emulated:
        emulated.create()
        emulated.acts()
        yield emulated


@pytest.mark.parametrize(
    ("body", "status", "keys"),
    [
        ("/close", 202, {"commands_changes", "summary"}),
        ("Done\n/close", 201, {"id", "body"}),
        ("/assign @nobody", 400, {"message"}),
        ("  ", 400, {"message"}),
    ],
)
def test_a_comment_of_commands_alone_has_no_id(world, body, status, keys):
    answer = world.call("POST", N, json={"body": body})
    assert (answer.status_code, keys <= answer.json().keys()) == (status, True)
    assert ("id" in answer.json()) == (status == 201)
    assert world.project().issues.get(1).state == ("closed" if status < 300 else "opened")


def test_a_note_is_normalised_as_a_description_is(world):
    note = world.project().issues.get(1).notes.create({"body": "a\r\nb \n\n"})
    assert note.body == "a\nb"


def test_internal_stays_as_it_was_made(world):
    issue = world.project().issues.get(1)
    note = issue.notes.create({"body": "Secret", "internal": True})
    changed = world.call("PUT", f"{N}/{note.id}", json={"body": "Open", "internal": False}).json()
    assert (note.internal, changed["internal"], changed["body"]) == (True, True, "Open")
    bodies = [n["body"] for n in world.call("GET", N, "gus").json()]
    assert bodies == []
    kinds = [body["event_type"] for body in world.hooks()]
    assert kinds == ["confidential_note", "confidential_note"]


def test_an_edit_fires_a_hook_in_its_authors_name_where_the_text_changed(world):
    note = world.project("dan").issues.get(1).notes.create({"body": "First"})
    world.acts()
    for text in ("First", "Second"):
        world.call("PUT", f"{N}/{note.id}", "max", json={"body": text})
    (hook,) = world.hooks()
    assert (hook["object_attributes"]["note"], hook["user"]["username"]) == ("Second", "dan")


def test_an_edit_touches_and_a_deletion_does_not(world):
    issue = world.project().issues.get(1)
    note = issue.notes.create({"body": "First"})
    world.clock.move(60)
    note.body = "Second"
    note.save()
    edited = world.project().issues.get(1).updated_at
    world.clock.move(60)
    world.acts()
    issue.notes.delete(note.id)
    assert edited == "2026-03-02T09:01:00.000Z"
    assert world.project().issues.get(1).updated_at == edited
    assert (world.acts(), issue.notes.list(get_all=True)) == ([], [])


def test_an_edit_to_nothing_but_commands_deletes_the_note(world):
    issue = world.project().issues.get(1)
    note = issue.notes.create({"body": "First"})
    world.acts()
    world.call("PUT", f"{N}/{note.id}", json={"body": "/close"})
    assert [each.body for each in issue.notes.list(get_all=True)] == ["closed"]
    assert "note" not in [kind for kind, _ in world.acts()]


def test_who_edits_and_deletes_whose_note(world):
    note = world.project("dan").issues.get(1).notes.create({"body": "First"})
    codes = [
        world.call("PUT", f"{N}/{note.id}", name, json={"body": "x"}).status_code
        for name in ("dan", "max", "pia")
    ]
    codes += [world.call("DELETE", f"{N}/{note.id}", name).status_code for name in ("pia", "dan")]
    assert codes == [200, 200, 403, 403, 204]


def test_threads(world):
    issue = world.project().issues.get(1)
    thread = issue.discussions.create({"body": "Question"})
    answer = thread.notes.create({"body": "Answer"})
    listed = issue.discussions.list(get_all=True)
    assert [[n["body"] for n in each.attributes["notes"]] for each in listed] == [
        ["Question", "Answer"]
    ]
    assert answer.type == "DiscussionNote"
    secret = issue.discussions.create({"body": "Secret", "internal": True})
    assert secret.notes.create({"body": "Too"}).internal is True


def test_comments_are_limited_a_minute_and_user(world):
    world.gitlab.issues.obstacles.notes_per_minute = 1
    codes = [world.call("POST", N, json={"body": "x"}).status_code for _ in range(2)]
    codes.append(world.call("POST", N, "dan", json={"body": "x"}).status_code)
    world.clock.move(60)
    codes.append(world.call("POST", N, json={"body": "x"}).status_code)
    assert codes == [201, 429, 201, 201]


def test_a_text_may_be_a_million_long(world):
    answer = world.call("POST", N, json={"body": "x" * 1_000_001})
    assert (answer.status_code, "is too long" in answer.text) == (400, True)


def test_files_are_kept_by_their_secret(world):
    project = world.project()
    sent = project.upload("shot 1.png", filedata=b"\x89PNG")
    assert sent["markdown"] == f"![shot_1]({sent['url']})"
    answer = world.call("GET", f"/projects/1{sent['url']}", "gus")
    assert (answer.status_code, answer.content) == (200, b"\x89PNG")
    codes = [
        world.call("GET", "/projects/1/uploads/1", "max").content,
        world.call("GET", "/projects/1/uploads/1", "pia").status_code,
        world.call("GET", f"/projects/2{sent['url']}").status_code,
        world.call("GET", f"/projects/1{sent['url']}", "zoe").status_code,
    ]
    assert codes == [b"\x89PNG", 403, 404, 404]


def test_too_large_a_file_is_refused(world):
    world.gitlab.issues.largest_upload = 0
    with pytest.raises(python_gitlab.GitlabUploadError) as refused:
        world.project().upload("a.bin", filedata=b"1")
    assert refused.value.response_code == 413
