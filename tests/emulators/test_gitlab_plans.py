"""What the REST API tells of issues and comments, and who may read any list at all."""

import pytest

from tests.emulators.gitlab.acme import Acme
from tests.emulators.gitlab.entities import GUEST, REPORTER

P = "/projects/1"


@pytest.fixture
def acme():
    with Acme() as world:
        yield world


def get(acme, path, **more):
    return acme.call("GET", f"{P}{path}", **more)


def names(acme, path, key="name"):
    return [one[key] for one in get(acme, path).json()]


def run(acme, **more):
    return acme.gitlab.run_pipeline(acme.shop, ref="main", **more)


def test_issues_updated_after_a_moment_page_by_key(acme):
    track = acme.gitlab.tracking
    made = [track.open_issue(acme.shop, f"Issue {n}", "ann") for n in range(3)]
    acme.clock.move(60)
    for one in (made[0], made[2]):
        track.close_issue(one, "ann")
    query = (
        "/issues?updated_after=2026-03-02T09:01:00Z&order_by=updated_at&sort=asc"
        "&pagination=keyset&per_page=1"
    )
    first = get(acme, query)
    second = acme.call("GET", first.links["next"]["url"].split("/api/v4")[1])
    assert [one["iid"] for one in first.json() + second.json()] == [1, 3]
    assert (second.links, "X-Total" in first.headers) == ({}, False)
    assert get(acme, "/issues?pagination=keyset&order_by=priority").status_code == 405


@pytest.mark.parametrize(
    ("query", "iids"),
    [
        ("state=closed", [1]),
        ("labels=bug", [2]),
        ("issue_type=task", [3]),
        ("iids[]=2&iids[]=3", [3, 2]),
        ("confidential=true", [4]),
        ("", [4, 3, 2, 1]),
    ],
)
def test_filters_of_issues(acme, query, iids):
    track = acme.gitlab.tracking
    track.close_issue(track.open_issue(acme.shop, "One", "ann"), "ann")
    track.open_issue(acme.shop, "Two", "ann", labels=["bug"])
    track.open_issue(acme.shop, "Three", "ann", kind="Task")
    track.open_issue(acme.shop, "Four", "ann", confidential=True)
    assert names(acme, f"/issues?{query}", "iid") == iids


@pytest.mark.parametrize(("level", "seen"), [(GUEST, ([1], ["All"])), (REPORTER, ([2, 1], None))])
def test_guests_see_neither_secret_issues_nor_internal_notes(acme, level, seen):
    acme.shop.members[3] = level
    one = acme.gitlab.tracking.open_issue(acme.shop, "One", "ann")
    acme.gitlab.tracking.open_issue(acme.shop, "Two", "ann", confidential=True)
    acme.gitlab.comment(one, "All", "ann")
    acme.gitlab.comment(one, "Us", "ann", internal=True)
    issues = [one["iid"] for one in get(acme, "/issues", token=acme.cat).json()]
    notes = [one["body"] for one in get(acme, "/issues/1/notes", token=acme.cat).json()]
    assert (issues, notes) == (seen[0], seen[1] or ["Us", "All"])
    code = get(acme, "/repository/commits", token=acme.cat).status_code
    assert code == (403 if level == GUEST else 200)


def test_notes_by_the_time_of_their_last_edit(acme):
    mr = acme.open_mr()
    first = acme.gitlab.comment(mr, "First", "ann", line=("src/app.py", 3))
    acme.gitlab.talking.system_note(mr, "added 1 commit", "bob")
    acme.clock.move(60)
    acme.gitlab.comment(mr, "Second", "bob")
    acme.clock.move(60)
    acme.gitlab.talking.edit_comment(mr, first, "First!", "ann")
    base = "/merge_requests/1/notes"
    assert names(acme, f"{base}?sort=asc", "body") == ["First!", "added 1 commit", "Second"]
    assert names(acme, f"{base}?order_by=updated_at", "body")[0] == "First!"
    assert names(acme, f"{base}?activity_filter=only_activity", "body") == ["added 1 commit"]
    told = get(acme, f"{base}/{first.id}").json()
    assert (told["type"], told["position"]["new_line"], told["updated_at"]) == (
        "DiffNote",
        3,
        "2026-03-02T09:02:00.000Z",
    )


@pytest.mark.parametrize(("token", "status"), [("bob", 200), ("ann", 200), ("cat", 403)])
def test_who_may_edit_a_note(acme, token, status):
    acme.shop.members[3] = 30
    note = acme.gitlab.comment(acme.open_mr(), "First", "bob")
    path = f"{P}/merge_requests/1/notes/{note.id}"
    got = acme.call("PUT", path, token=getattr(acme, token), json={"body": "Other"})
    assert (got.status_code, note.body) == (status, "Other" if status == 200 else "First")


def test_comments_on_a_commit(acme):
    head = acme.shop.commits[acme.shop.branches["main"].head]
    acme.gitlab.comment(head, "Nice", "bob")
    (told,) = get(acme, f"/repository/commits/{head.id}/comments").json()
    assert (told["note"], told["author"]["username"]) == ("Nice", "bob")


READS = [
    "/repository/commits",
    "/repository/commits/main",
    "/repository/commits/main/refs",
    "/repository/commits/main/merge_requests",
    "/repository/compare?from=main&to=main",
    "/repository/merge_base?refs[]=main&refs[]=main",
    "/repository/branches",
    "/repository/tags",
    "/protected_branches",
    "/releases",
    "/merge_requests",
    "/issues",
    "/milestones",
    "/pipelines",
    "/jobs",
    "/deployments",
    "/environments",
]


@pytest.mark.parametrize("path", READS)
def test_each_list_is_hidden_from_strangers_and_from_weak_tokens(acme, path):
    weak = acme.gitlab.state.add_token("ann", scopes=("read_user",)).value
    codes = [get(acme, path, token=token).status_code for token in (acme.ann, weak, acme.cat)]
    nobody = get(acme, path, headers={}).status_code
    assert [*codes, nobody] == [200, 403, 404, 404]


@pytest.mark.parametrize("path", READS)
def test_parameters_gitlab_does_not_know_are_ignored(acme, path):
    glue = "&" if "?" in path else "?"
    assert get(acme, f"{path}{glue}colour=red").status_code == 200


def test_lists_are_throttled_too(acme):
    acme.gitlab.api.limit.per_minute = 1
    first, second = get(acme, "/pipelines"), get(acme, "/pipelines")
    assert (first.headers["RateLimit-Remaining"], second.status_code) == ("0", 429)
    assert (second.headers["Retry-After"], second.text) == ("60", "Retry later\n")
