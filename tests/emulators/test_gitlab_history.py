"""What the REST API tells of code: commits, branches, tags, releases, deployments."""

import pytest

from tests.emulators.gitlab.acme import BRANCH, Acme

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


def test_comments_are_events_that_do_not_say_which_commit_they_are_on(acme):
    commit = next(iter(acme.shop.commits.values()))
    acme.gitlab.comment(commit, "Why?", "bob")
    acme.clock.move(60)
    acme.gitlab.comment(commit, "Here", "bob", line=("a.py", 3))
    acme.gitlab.talking.system_note(commit, "mentioned", "bob")
    inline, plain = get(acme, "/events?action=commented").json()
    assert (plain["target_type"], plain["target_title"]) == ("Note", "Initial commit")
    told = plain["note"]
    assert (told["noteable_type"], told["noteable_id"], told["body"]) == ("Commit", None, "Why?")
    assert "position" not in told
    assert inline["note"]["position"]["head_sha"] == commit.id
    threads = get(acme, f"/repository/commits/{commit.id}/discussions").json()
    assert [one["notes"][0]["body"] for one in threads] == ["Why?", "Here", "mentioned"]


@pytest.mark.parametrize(
    ("query", "bodies"),
    [
        ("action=commented&target_type=note", ["Plain"]),  # threads are missing
        ("action=commented&after=2026-01-01", ["Line", "Plain"]),
        ("action=commented&sort=asc", ["Plain", "Line"]),
        ("action=commented&before=2020-01-01", []),
        ("action=closed", []),
    ],
)
def test_events_are_of_a_kind_and_a_time(acme, query, bodies):
    mr = acme.open_mr()
    acme.gitlab.comment(mr, "Plain", "bob")
    acme.clock.move(60)
    acme.gitlab.comment(mr, "Line", "bob", line=("a.py", 3))
    assert [one["note"]["body"] for one in get(acme, f"/events?{query}").json()] == bodies


def test_the_day_after_which_events_are_wanted_does_not_count(acme):
    acme.gitlab.comment(acme.open_mr(), "Today", "bob")
    today = acme.gitlab.state.now().date()
    assert get(acme, f"/events?action=commented&after={today}").json() == []
    assert get(acme, "/events?action=commented&after=soon").status_code == 400
    assert get(acme, "/events?action=dreamt").status_code == 400


def test_internal_comments_are_events_for_reporters_only(acme):
    issue = acme.gitlab.tracking.open_issue(acme.shop, "I", "ann")
    acme.gitlab.comment(issue, "Secret", "ann", internal=True)
    assert len(get(acme, "/events?action=commented").json()) == 1
    state = acme.gitlab.state
    acme.shop.members[state.add_user("gus", "Gus").id] = 10
    token = state.add_token("gus").value
    assert get(acme, "/events?action=commented", token=token).json() == []


def test_a_snippet_says_what_it_is_about(acme):
    made = acme.gitlab.talking.add_snippet(acme.shop, "How to", "ann", description="Deploy")
    told = get(acme, f"/snippets/{made.id}").json()
    assert (told["title"], told["description"]) == ("How to", "Deploy")
    assert told["web_url"].endswith(f"/acme/shop/-/snippets/{made.id}")
    assert get(acme, "/snippets/77").status_code == 404
