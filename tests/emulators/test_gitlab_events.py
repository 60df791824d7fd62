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
