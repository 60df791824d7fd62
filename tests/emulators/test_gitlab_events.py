"""Every act and the one hook it fires: its header, its flag, what it says."""

import pytest

from tests.emulators.gitlab.acme import Acme
from tests.emulators.gitlab.entities import OWNER
from tests.emulators.gitlab.receiver import Receiver
from tests.emulators.gitlab.state import GROUP_HOOK_FLAGS, HOOK_FLAGS


@pytest.fixture
def acme():
    with Acme() as world:
        world.group = next(iter(world.gitlab.state.groups.values()))
        yield world


@pytest.fixture
def receiver():
    with Receiver() as listening:
        yield listening


def group_hook(acme, receiver, *events):
    return acme.gitlab.add_hook(acme.group, receiver.url, *events)


def told(receiver):
    return [one.headers["x-gitlab-event"] for one in receiver.heard]


def issue(a, **more):
    return a.gitlab.tracking.open_issue(a.shop, "Slow", "ann", **more)


def run(a):
    return a.gitlab.run_pipeline(a.shop, ref="main")


def blocked(a):
    made = a.gitlab.deploy(run(a), "production", "blocked")
    return a.shop, made


# What is done -> the flag that lets it through, and the header it comes with.
ACTS = {
    "a tag is pushed": (lambda a: a.gitlab.tag(a.shop, "v1", "ann"), "tag_push", "Tag Push Hook"),
    "an issue is opened": (issue, "issues", "Issue Hook"),
    "an incident is opened": (lambda a: issue(a, kind="Incident"), "issues", "Issue Hook"),
    "a secret issue is opened": (
        lambda a: issue(a, confidential=True),
        "confidential_issues",
        "Confidential Issue Hook",
    ),
    "an issue is commented on": (
        lambda a: a.gitlab.comment(issue(a), "Why?", "ann"),
        "note",
        "Note Hook",
    ),
    "an internal comment": (
        lambda a: a.gitlab.comment(issue(a), "Why?", "ann", internal=True),
        "confidential_note",
        "Confidential Note Hook",
    ),
    "a comment on a secret issue": (
        lambda a: a.gitlab.comment(issue(a, confidential=True), "Why?", "ann"),
        "confidential_note",
        "Confidential Note Hook",
    ),
    "a job is created": (
        lambda a: a.gitlab.working.add_job(run(a), "test", "lint"),
        "job",
        "Job Hook",
    ),
    "a deployment": (lambda a: a.gitlab.deploy(run(a), "test"), "deployment", "Deployment Hook"),
    "a release": (
        lambda a: (
            a.gitlab.tag(a.shop, "v1", "ann"),
            a.gitlab.shipping.publish(a.shop, "v1", "ann"),
        ),
        "releases",
        "Release Hook",
    ),
    "a milestone": (
        lambda a: a.gitlab.keeping.create_milestone(a.shop, "May"),
        "milestone",
        "Milestone Hook",
    ),
    "a wiki page": (
        lambda a: a.gitlab.keeping.write_page(a.shop, "Home", "Hi", "ann"),
        "wiki_page",
        "Wiki Page Hook",
    ),
    "a flag": (
        lambda a: a.gitlab.keeping.toggle_flag(a.shop, "new", "ann"),
        "feature_flag",
        "Feature Flag Hook",
    ),
    "an emoji": (
        lambda a: a.gitlab.talking.award(issue(a), "eyes", "ann"),
        "emoji",
        "Emoji Hook",
    ),
    "a vulnerability": (
        lambda a: a.gitlab.keeping.find_vulnerability(a.shop, "XML"),
        "vulnerability",
        "Vulnerability Hook",
    ),
    "an access token": (
        lambda a: a.gitlab.owning.expire_access_token(a.shop, "bridge", 7),
        "resource_access_token",
        "Resource Access Token Hook",
    ),
    "a deploy token": (
        lambda a: a.gitlab.owning.expire_deploy_token(a.shop, "registry", 30),
        "resource_deploy_token",
        "Resource Deploy Token Hook",
    ),
    "a member": (
        lambda a: a.gitlab.owning.add_member(a.group, "bob", OWNER),
        "member",
        "Member Hook",
    ),
    "a subgroup": (
        lambda a: a.gitlab.owning.create_subgroup("acme/labs", a.group),
        "subgroup",
        "Subgroup Hook",
    ),
    "a project": (
        lambda a: a.gitlab.owning.create_project("acme/tools", "ann"),
        "project",
        "Project Hook",
    ),
}


@pytest.mark.parametrize(("act", "flag", "header"), ACTS.values(), ids=ACTS)
def test_each_act_is_told_by_its_own_flag_alone(acme, receiver, act, flag, header):
    group_hook(acme, receiver, f"{flag}_events")
    act(acme)
    assert set(told(receiver)) == {header}


@pytest.mark.parametrize(("act", "flag", "header"), ACTS.values(), ids=ACTS)
def test_without_its_flag_an_act_is_not_told(acme, receiver, act, flag, header):
    every = {*HOOK_FLAGS, *GROUP_HOOK_FLAGS} - {f"{flag}_events"}
    group_hook(acme, receiver, *every)
    act(acme)
    assert header not in told(receiver)


@pytest.mark.parametrize("premium", [True, False])
def test_groups_have_hooks_on_premium_only(acme, receiver, premium):
    acme.gitlab.state.premium = premium
    group_hook(acme, receiver, "member_events")
    acme.gitlab.owning.add_member(acme.group, "bob", OWNER)
    assert told(receiver) == (["Member Hook"] if premium else [])


def test_system_notes_are_kept_and_not_told(acme, receiver):
    acme.gitlab.add_hook(acme.shop, receiver.url, "note_events", "confidential_note_events")
    mr = acme.open_mr()
    acme.gitlab.talking.system_note(mr, "added 1 commit", "bob")
    assert (told(receiver), [note.system for note in mr.notes]) == ([], [True])


@pytest.mark.parametrize(
    ("version", "actions"), [("19.2.1-ee", ["create", "update"]), ("16.10.0-ee", [None])]
)
def test_edits_of_comments_are_told_since_16_11(acme, receiver, version, actions):
    acme.gitlab.state.version = version
    acme.gitlab.add_hook(acme.shop, receiver.url, "note_events")
    mr = acme.open_mr()
    note = acme.gitlab.comment(mr, "Hm", "ann")
    acme.gitlab.talking.edit_comment(mr, note, "Hmm", "ann")
    said = [one.payload["object_attributes"].get("action") for one in receiver.heard]
    assert said == actions


@pytest.mark.parametrize(
    ("approve", "statuses"),
    [(True, ["blocked", "approved"]), (False, ["blocked", "rejected", "failed"])],
)
def test_a_blocked_deployment_is_judged(acme, receiver, approve, statuses):
    acme.gitlab.add_hook(acme.shop, receiver.url, "deployment_events")
    place, made = blocked(acme)
    acme.gitlab.shipping.judge_deployment(place, made, "ann", approve=approve, comment="OK")
    assert [one.payload["status"] for one in receiver.heard] == statuses
    last = receiver.heard[1].payload
    assert (last["approver"]["username"], last["approval"]["comment"]) == ("ann", "OK")
    assert "approver" not in receiver.heard[-1].payload or approve


@pytest.mark.parametrize(
    ("name", "tier"),
    [
        ("production", "production"),
        ("Live", "production"),
        ("staging", "staging"),
        ("review/pay", "development"),
        ("qa", "testing"),
        ("прод", "other"),
    ],
)
def test_a_tier_is_guessed_by_the_name(acme, name, tier):
    assert acme.gitlab.shipping.environment(acme.shop, name).tier == tier


def test_a_child_pipeline_names_the_job_that_started_it(acme, receiver):
    acme.gitlab.add_hook(acme.shop, receiver.url, "pipeline_events")
    mr = acme.open_mr()
    parent = acme.gitlab.run_pipeline(mr)
    child = acme.gitlab.working.run_child(parent, "e2e")
    body = receiver.heard[-1].payload
    assert body["object_attributes"]["source"] == "parent_pipeline"
    assert body["source_pipeline"] == {
        "project": {
            "id": 1,
            "web_url": f"{acme.gitlab.url}/acme/shop",
            "path_with_namespace": "acme/shop",
        },
        "pipeline_id": parent.id,
        "job_id": parent.bridges[0].id,
    }
    assert (child.sha, mr.head_pipeline_id) == (parent.sha, parent.id)


def test_a_retried_job_is_another_one_and_counts(acme, receiver):
    acme.gitlab.add_hook(acme.shop, receiver.url, "job_events")
    pipeline = run(acme)
    acme.gitlab.working.set_job(pipeline, "unit", "failed")
    acme.gitlab.working.retry_job(pipeline, "unit")
    last = [one.payload for one in receiver.heard][-2:]
    assert [(one["build_status"], one["retries_count"]) for one in last] == [
        ("failed", 0),
        ("pending", 1),
    ]
    assert last[0]["build_id"] != last[1]["build_id"]


def test_a_manual_job_waits_while_its_pipeline_goes_on(acme):
    pipeline = run(acme)
    job = acme.gitlab.working.add_job(
        pipeline, "deploy", "go", status="manual", when="manual", allow_failure=True
    )
    pipeline.set_status("success")
    assert job.status == "manual"


def test_time_spent_is_told_as_what_was_just_logged(acme, receiver):
    acme.gitlab.add_hook(acme.shop, receiver.url, "issues_events")
    one = issue(acme)
    for _ in range(2):
        acme.gitlab.tracking.update_issue(one, "bob", spent=5400)
    attributes = receiver.heard[-1].payload["object_attributes"]
    assert (attributes["time_change"], attributes["total_time_spent"]) == (5400, 10800)
    assert (attributes["human_time_change"], attributes["human_total_time_spent"]) == (
        "1h 30m",
        "3h",
    )


@pytest.mark.parametrize(
    ("method", "squash", "added"),
    [
        ("merge", False, ["One", "Two", "Merge branch 'work' into 'main'"]),
        ("merge", True, ["B24-1 Work", "Merge branch 'work' into 'main'"]),
        ("ff", True, ["B24-1 Work"]),
        ("ff", False, ["One", "Two"]),
    ],
)
def test_how_a_request_reaches_its_target(acme, method, squash, added):
    gitlab, shop = acme.gitlab, acme.shop
    shop.merge_method = method
    start = shop.branches["main"].head
    gitlab.push(shop, "work", ["One", "Two"], "bob")
    mr = gitlab.open_mr(shop, "work", "B24-1 Work", "bob")
    head = gitlab.merge(mr, "ann", squash=squash)
    names = [shop.commits[sha].title for sha in shop.branches["main"].commits[1:]]
    assert names == added
    first = shop.commits[head.parent_ids[0]] if method == "ff" and not squash else None
    assert (first.title if first else head.parent_ids[0]) == ("One" if first else start)
    assert (mr.merge_commit_sha is None, mr.squash_commit_sha is None) == (
        method == "ff",
        not squash,
    )


def test_a_cherry_pick_is_a_commit_on_top_of_the_other_branch(acme):
    gitlab, shop = acme.gitlab, acme.shop
    gitlab.create_branch(shop, "stable", "ann")
    before = shop.branches["stable"].head
    mr = acme.open_mr()
    gitlab.merge(mr, "ann", squash=True)
    picked = gitlab.coding.cherry_pick(shop, mr, "stable", "ann")
    assert (picked.parent_ids, mr.picked_as) == ((before,), [picked.id])
    assert picked.message.endswith(f"(cherry picked from commit {mr.merge_commit_sha})")
