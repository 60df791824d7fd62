"""What the REST API tells of the past: commits, pipelines, jobs, deployments, issues, notes."""

import pytest

from tests.emulators.gitlab.acme import BRANCH, Acme
from tests.emulators.gitlab.entities import GUEST, REPORTER
from tests.emulators.gitlab.traces import runner_log

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


# Commits


def test_commits_of_a_ref_come_newest_first_and_are_not_counted(acme):
    acme.gitlab.push(acme.shop, "main", ["One", "Two"], "ann")
    acme.gitlab.push(acme.shop, "side", ["Aside"], "ann")
    assert names(acme, "/repository/commits", "title") == ["Two", "One", "Initial commit"]
    assert names(acme, "/repository/commits?ref_name=side", "title")[0] == "Aside"
    assert len(names(acme, "/repository/commits?all=true", "title")) == 4
    assert names(acme, "/repository/commits?ref_name=nowhere", "title") == []
    got = get(acme, "/repository/commits?per_page=1")
    assert ("X-Total" in got.headers, sorted(got.links)) == (False, ["first", "next"])


def test_a_range_is_what_its_end_has_and_its_start_has_not(acme):
    acme.gitlab.push(acme.shop, "side", ["Aside", "Further"], "ann")
    acme.gitlab.push(acme.shop, "main", ["One"], "ann")
    path = "/repository/commits?ref_name="
    assert names(acme, f"{path}main..side", "title") == ["Further", "Aside"]
    assert names(acme, f"{path}side..main", "title") == ["One"]
    assert names(acme, f"{path}nowhere..main", "title") == []


def test_since_and_until_are_included(acme):
    acme.clock.move(60)
    acme.gitlab.push(acme.shop, "main", ["One"], "ann")
    path = "/repository/commits?since=2026-03-02T09:01:00Z&until=2026-03-02T09:01:00Z"
    assert names(acme, path, "title") == ["One"]


def test_a_merge_has_two_parents_and_brings_what_it_merged(acme):
    mr = acme.open_mr()
    start = acme.shop.branches["main"].head
    merged = acme.gitlab.merge(mr, "ann")
    got = get(acme, f"/repository/commits/{merged.id}").json()
    assert got["parent_ids"] == [start, mr.shas[-1]]
    told = get(acme, f"/repository/compare?from={start}&to=main").json()
    assert [one["title"] for one in told["commits"]] == ["Add B24-1", merged.title]


def test_the_refs_of_a_commit(acme):
    mr = acme.open_mr()
    acme.gitlab.tag(acme.shop, "v1", "ann")
    first = acme.shop.branches["main"].head
    path = f"/repository/commits/{first}/refs"
    assert sorted(names(acme, path)) == [BRANCH, "main", "v1"]
    assert names(acme, f"{path}?type=tag") == ["v1"]
    assert names(acme, f"/repository/commits/{mr.head_sha}/refs") == [BRANCH]


@pytest.mark.parametrize(
    ("query", "status", "told"),
    [
        ("refs[]=main&refs[]=side", 200, None),
        ("refs[]=main", 400, "Provide at least 2 refs"),
        ("refs=main&refs=side", 400, "Provide at least 2 refs"),
        ("refs[]=main&refs[]=x", 400, "Could not find ref: x"),
    ],
)
def test_the_common_ancestor(acme, query, status, told):
    base = acme.shop.branches["main"].head
    acme.gitlab.create_branch(acme.shop, "side", "ann")
    for branch in ("main", "side"):
        acme.gitlab.push(acme.shop, branch, ["Step"], "ann")
    got = get(acme, f"/repository/merge_base?{query}")
    assert (got.status_code, got.json().get("id"), told) == (
        status,
        base if told is None else None,
        told and got.json()["message"],
    )


# Pipelines and jobs


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", [3, 2, 1]),
        ("status=failed", [2]),
        ("ref=main&sort=asc", [1, 2, 3]),
        ("updated_after=2026-03-02T09:02:00Z&order_by=updated_at", [3]),
        ("source=parent_pipeline", [4]),
        ("source=schedule", [1]),
    ],
)
def test_pipelines_without_children_unless_asked_for(acme, query, ids):
    run(acme, source="schedule")
    acme.clock.move(60)
    run(acme).set_status("failed")
    acme.clock.move(60)
    acme.gitlab.working.run_child(run(acme), "e2e")
    assert names(acme, f"/pipelines?{query}", "id") == ids


def test_a_status_gitlab_does_not_know_is_refused(acme):
    assert get(acme, "/pipelines?status=broken").json() == {
        "error": "status does not have a valid value"
    }


@pytest.mark.parametrize("path", ["bridges", "trigger_jobs"])
def test_trigger_jobs_show_the_pipeline_they_started(acme, path):
    other = acme.gitlab.state.add_project("acme/deployer", members={"ann": 40})
    parent = run(acme)
    acme.gitlab.working.run_child(parent, "e2e").set_status("failed")
    acme.gitlab.working.run_downstream(parent, "deploy", other)
    told = get(acme, f"/pipelines/{parent.id}/{path}").json()
    assert [
        (one["name"], one["status"], one["downstream_pipeline"]["project_id"]) for one in told
    ] == [("deploy", "pending", other.id), ("e2e", "failed", 1)]
    assert [one["name"] for one in get(acme, f"/pipelines/{parent.id}/jobs").json()] == [
        "unit",
        "compile",
    ]
    assert names(acme, f"/pipelines/{parent.id}/{path}?scope[]=failed") == ["e2e"]


def test_trigger_jobs_have_their_name_since_19_2(acme):
    acme.gitlab.state.version = "19.1.0-ee"
    number = run(acme).id
    codes = [
        get(acme, f"/pipelines/{number}/{path}").status_code for path in ("bridges", "trigger_jobs")
    ]
    assert codes == [200, 404]


def test_all_jobs_page_by_key_downwards_only(acme):
    for _ in range(2):
        run(acme)
    first = get(acme, "/jobs?pagination=keyset&order_by=id&per_page=3")
    second = acme.call("GET", first.links["next"]["url"].split("/api/v4")[1])
    assert [one["id"] for one in first.json() + second.json()] == [4, 3, 2, 1]
    assert ("X-Total" in first.headers, second.links) == (False, {})
    for query in ("sort=asc", "order_by=name"):
        assert get(acme, f"/jobs?pagination=keyset&{query}").status_code == 405


def test_far_pages_by_number_are_refused_where_there_is_a_key(acme):
    got = get(acme, "/jobs?page=501&per_page=100")
    assert (got.status_code, "maximum allowed offset of 50000" in got.json()["error"]) == (
        405,
        True,
    )


@pytest.mark.parametrize("stamped", [False, True])
def test_a_log_has_colours_and_sections(acme, stamped):
    pipeline = run(acme)
    job = pipeline.jobs[1]
    job.trace = runner_log(
        ["$ make test", "1 failed"], acme.clock.now(), failed=True, stamped=stamped
    )
    text = get(acme, f"/jobs/{job.id}/trace").text
    assert "\x1b[32;1m$ make test\x1b[0;m" in text
    assert "section_start:1772442000:step_script\r\x1b[0K" in text
    assert text.startswith("2026-03-02T09:00:00.000000Z 01E ") is stamped
    assert text.endswith("\x1b[31;1mERROR: Job failed: exit code 1\x1b[0;m\n")


# Deployments and environments


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("updated_after=2026-03-02T09:00:00Z", "`updated_at` filter requires `updated_at` sort"),
        (
            "finished_after=2026-03-02T09:00:00Z&order_by=finished_at",
            "`finished_at` filter must be combined with `success` status filter.",
        ),
    ],
)
def test_a_filter_by_time_goes_with_its_order(acme, query, error):
    got = get(acme, f"/deployments?{query}")
    assert (got.status_code, got.json()) == (400, {"message": f"400 Bad request - {error}"})


def test_deployments_updated_after_a_moment(acme):
    old = acme.gitlab.deploy(run(acme), "staging", "running")
    acme.clock.move(60)
    new = acme.gitlab.deploy(run(acme), "production")
    query = "/deployments?order_by=updated_at&sort=desc&updated_after={}"
    assert names(acme, query.format("2026-03-02T09:01:00Z"), "id") == [new.id]
    acme.gitlab.set_deployment(acme.shop, old, "failed")
    assert sorted(names(acme, query.format("2026-03-02T09:01:00Z"), "id")) == [old.id, new.id]


def brought(acme, one):
    return sorted(names(acme, f"/deployments/{one.id}/merge_requests", "iid"))


@pytest.mark.parametrize(("method", "squash"), [("merge", False), ("merge", True), ("ff", True)])
def test_a_deployment_brings_what_its_environment_did_not_have(acme, method, squash):
    gitlab, shop = acme.gitlab, acme.shop
    shop.merge_method = method
    deployed = []
    for number in (1, 2):
        gitlab.merge(acme.open_mr(branch=f"work-{number}"), "ann", squash=squash)
        deployed.append(gitlab.deploy(run(acme), "production"))
    back = run(acme)
    back.sha = deployed[0].sha
    rollback = gitlab.deploy(back, "production")
    failed = gitlab.deploy(run(acme), "staging", "failed")
    review = gitlab.deploy(run(acme), "review/x")
    told = [brought(acme, one) for one in (*deployed, rollback, failed, review)]
    assert told == [[1], [2], [], [], []]


def test_a_cherry_pick_brings_its_request_to_another_environment(acme):
    gitlab, shop = acme.gitlab, acme.shop
    gitlab.create_branch(shop, "stable", "ann")
    mr = acme.open_mr()
    gitlab.merge(mr, "ann")
    gitlab.coding.cherry_pick(shop, mr, "stable", "ann")
    one = gitlab.deploy(gitlab.run_pipeline(shop, ref="stable"), "stable-production")
    assert brought(acme, one) == [1]


def test_only_the_environment_tells_its_tier(acme):
    acme.gitlab.deploy(run(acme), "Прод", tier="production", url="https://acme.example")
    (told,) = get(acme, "/environments").json()
    assert (told["name"], told["tier"], told["external_url"]) == (
        "Прод",
        "production",
        "https://acme.example",
    )
    one = get(acme, "/deployments/1").json()
    assert "tier" not in one["environment"]
    assert get(acme, f"/environments/{told['id']}").json()["last_deployment"]["id"] == 1
    assert get(acme, "/environments?search=pr").status_code == 400


# Branches, tags, releases


def test_branches_say_which_are_protected_and_default(acme):
    acme.open_mr()
    told = [
        (one["name"], one["protected"], one["default"])
        for one in get(acme, "/repository/branches").json()
    ]
    assert told == [(BRANCH, False, False), ("main", True, True)]


def test_protected_branches_are_for_maintainers(acme):
    assert names(acme, "/protected_branches") == ["main"]
    assert get(acme, "/protected_branches", token=acme.bob).status_code == 403


def test_tags_and_their_releases(acme):
    acme.gitlab.tag(acme.shop, "v1", "ann", message="First")
    acme.clock.move(60)
    acme.gitlab.tag(acme.shop, "v2", "ann")
    made = acme.gitlab.shipping.publish(acme.shop, "v1", "ann", name="One", description="Notes")
    told = [(one["name"], one["release"]) for one in get(acme, "/repository/tags").json()]
    assert told == [("v2", None), ("v1", {"tag_name": "v1", "description": "Notes"})]
    assert names(acme, "/releases") == ["One"]
    assert get(acme, "/releases/v1").json()["description"] == "Notes"
    acme.gitlab.shipping.delete_release(acme.shop, made)
    assert get(acme, "/releases/v1").status_code == 404


# Issues and notes


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
