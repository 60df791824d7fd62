"""What the REST API shows of people, merge requests, approvals, code and settings."""

import pytest

from tests.emulators.gitlab.acme import BRANCH, Acme


@pytest.fixture
def acme():
    with Acme() as world:
        yield world


def test_the_token_shows_its_scopes_and_end(acme):
    got = acme.call("GET", "/personal_access_tokens/self").json()
    assert (got["scopes"], got["expires_at"], got["active"]) == (["api"], "2027-06-01", True)


def test_users_are_found_by_exact_name_and_never_show_addresses(acme):
    (found,) = acme.call("GET", "/users?username=BOB").json()
    assert (found["username"], "email" in found, "public_email" in found) == ("bob", False, False)
    assert acme.call("GET", "/users?username=bo").json() == []


def test_one_user_shows_the_public_address(acme):
    shown = [acme.call("GET", f"/users/{number}").json()["public_email"] for number in (1, 2)]
    assert shown == ["ann@acme.example", ""]


def test_merge_requests_updated_after_a_moment_include_that_moment(acme):
    acme.open_mr(branch="old")
    acme.clock.move(60)
    acme.open_mr(branch="new")
    path = "/projects/1/merge_requests?updated_after={}&order_by=updated_at&sort=asc"
    found = [
        [one["source_branch"] for one in acme.call("GET", path.format(moment)).json()]
        for moment in ("2026-03-02T09:00:00Z", "2026-03-02T09:01:00Z", "2026-03-02T09:01:00.001Z")
    ]
    assert found == [["old", "new"], ["new"], []]


@pytest.mark.parametrize(
    ("query", "iids"),
    [
        ("state=opened", [2]),
        ("state=merged", [1]),
        ("state=all", [2, 1]),
        ("source_branch=b", [2]),
        ("iids[]=1", [1]),
        ("scope=created_by_me", []),
        ("author_id=2&sort=asc", [1, 2]),
    ],
)
def test_filters_of_merge_requests(acme, query, iids):
    acme.gitlab.merge(acme.open_mr(branch="a"), "ann")
    acme.open_mr(branch="b")
    found = acme.call("GET", f"/projects/1/merge_requests?{query}").json()
    assert [one["iid"] for one in found] == iids


def test_only_a_single_merge_request_shows_its_pipeline(acme):
    run = acme.gitlab.run_pipeline(acme.open_mr())
    run.set_status("failed")
    (listed,) = acme.call("GET", "/projects/1/merge_requests").json()
    single = acme.call("GET", "/projects/1/merge_requests/1").json()
    assert "head_pipeline" not in listed
    assert (single["head_pipeline"]["status"], single["head_pipeline"]["ref"]) == (
        "failed",
        "refs/merge-requests/1/head",
    )


def _approved(acme):
    got = acme.call("GET", "/projects/1/merge_requests/1/approvals").json()
    return got["approved"], got.get("approvals_left"), len(got["approved_by"])


@pytest.mark.parametrize(
    ("edition", "premium", "required", "seen"),
    [
        ("ee", True, 2, [(False, 2, 0), (False, 1, 1), (True, 0, 2)]),
        ("ee", True, 0, [(True, 0, 0), (True, 0, 1), (True, 0, 2)]),
        ("ee", False, 2, [(True, 0, 0), (True, 0, 1), (True, 0, 2)]),
        ("ce", False, 2, [(False, None, 0), (True, None, 1), (True, None, 2)]),
    ],
)
def test_approvals_by_edition(acme, edition, premium, required, seen):
    state = acme.gitlab.state
    state.edition, state.premium, acme.shop.approvals_required = edition, premium, required
    mr = acme.open_mr()
    before = _approved(acme)
    acme.gitlab.approve(mr, "ann")
    one = _approved(acme)
    acme.gitlab.approve(mr, "cat")
    assert [before, one, _approved(acme)] == seen


def test_the_approval_state_names_the_rule_and_who_met_it(acme):
    acme.gitlab.approve(acme.open_mr(), "ann")
    got = acme.call("GET", "/projects/1/merge_requests/1/approval_state").json()
    (rule,) = got["rules"]
    told = (rule["approvals_required"], rule["approved"], rule["approved_by"][0]["username"])
    assert told == (1, True, "ann")


def test_ce_has_no_approval_rules(acme):
    acme.gitlab.state.edition = "ce"
    acme.open_mr()
    assert acme.call("GET", "/projects/1/merge_requests/1/approval_state").status_code == 404


def test_commits_of_a_merge_request_come_newest_first(acme):
    acme.open_mr()
    acme.gitlab.push(acme.shop, BRANCH, ["Fix B24-1"], "bob")
    found = acme.call("GET", "/projects/1/merge_requests/1/commits").json()
    assert [one["title"] for one in found] == ["Fix B24-1", "Add B24-1"]


def test_the_merge_requests_of_a_commit(acme):
    mr = acme.open_mr()
    merged = acme.gitlab.merge(mr, "ann")
    found = [
        [one["iid"] for one in acme.call("GET", path).json()]
        for path in (
            f"/projects/1/repository/commits/{mr.head_sha}/merge_requests",
            f"/projects/1/repository/commits/{merged.id[:8]}/merge_requests",
        )
    ]
    assert found == [[1], [1]]


def test_a_branch_with_slashes_is_asked_for_encoded(acme):
    acme.open_mr()
    got = acme.call("GET", "/projects/1/repository/branches/feature%2FB24-1-pay").json()
    assert got["commit"]["title"] == "Add B24-1"


def test_a_jobs_log_is_plain_text_and_a_retried_job_steps_back(acme):
    mr = acme.open_mr()
    run = acme.gitlab.run_pipeline(mr)
    run.jobs[1].trace = "first\n"
    run.set_status("failed")
    acme.gitlab.retry_pipeline(run)
    got = acme.call("GET", "/projects/1/jobs/2/trace")
    assert (got.text, got.headers["Content-Type"]) == ("first\n", "text/plain")
    assert acme.call("GET", "/projects/1/jobs/9/trace").status_code == 404
    path = f"/projects/1/pipelines/{run.id}/jobs"
    shown = [(one["id"], one["status"]) for one in acme.call("GET", path).json()]
    every = [one["id"] for one in acme.call("GET", f"{path}?include_retried=true").json()]
    assert (shown, every) == ([(3, "running"), (1, "success")], [3, 2, 1])


def test_jobs_by_scope(acme):
    run = acme.gitlab.run_pipeline(acme.open_mr())
    run.set_status("failed", "compile")
    path = f"/projects/1/pipelines/{run.id}/jobs"
    failed = acme.call("GET", f"{path}?scope[]=failed").json()
    assert [(one["name"], one["failure_reason"]) for one in failed] == [
        ("compile", "script_failure")
    ]
    assert len(acme.call("GET", path).json()) == 2
    assert acme.call("GET", f"{path}?scope[]=broken").status_code == 400


TRACKER = "/projects/1/integrations/custom-issue-tracker"


def test_the_custom_issue_tracker_is_set_shown_and_removed(acme):
    urls = {
        name: f"https://portal.example/{name}/:id"
        for name in ("project_url", "issues_url", "new_issue_url")
    }
    assert acme.call("GET", TRACKER).status_code == 404
    assert acme.call("PUT", TRACKER, json=urls).json()["properties"] == urls
    assert acme.call("GET", TRACKER).json()["active"] is True
    assert acme.call("DELETE", TRACKER).status_code == 204
    assert acme.call("GET", TRACKER).status_code == 404


@pytest.mark.parametrize(
    ("body", "token", "status"),
    [
        ({"project_url": "https://a.example"}, "ann", 400),
        (
            {"project_url": "https://a", "issues_url": "ftp://a", "new_issue_url": "https://a"},
            "ann",
            400,
        ),
        ({}, "bob", 403),
        ({}, "cat", 404),
    ],
)
def test_when_the_custom_issue_tracker_is_refused(acme, body, token, status):
    got = acme.call("PUT", TRACKER, token=getattr(acme, token), json=body)
    assert got.status_code == status
