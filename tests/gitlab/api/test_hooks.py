from dataclasses import replace
from datetime import timedelta

import pytest

from sync.core.model.kinds import Kind
from sync.errors import Denied, Refused
from sync.gitlab.api.hook_events import event_flags
from sync.gitlab.api.hooks import HookReport, HookTarget, ensure_hook, remove_hooks

SIGNING_TOKEN = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
SHOP = HookTarget("project", "web/shop")
GROUP = HookTarget("group", "web")
ADDRESS = "http://127.0.0.1:9/hooks/gitlab/k3y"
OURS = {"url": ADDRESS, "token": "t0ken", "signing_token": SIGNING_TOKEN}


def hooks(gitlab):
    return list(gitlab.state.hooks.values())


def listens_to(hook):
    return {name for name, on in hook.events.items() if on}


def wanted(hook, *kinds, internal=False):
    """What a hook for these kinds listens to, as far as its GitLab knows such events."""
    on = {name for name, on in event_flags(hook.owner, kinds, internal=internal).items() if on}
    return on & hook.events.keys()


@pytest.mark.parametrize("target", [SHOP, GROUP, HookTarget("project", 1)])
def test_a_hook_is_made_with_exactly_the_events_we_use(gitlab, connect, target):
    report = ensure_hook(connect(), target, **OURS)
    (hook,) = hooks(gitlab)
    assert report == HookReport(hook.id, created=True, signed=True)
    assert listens_to(hook) == wanted(hook)
    assert (hook.url, hook.token, hook.signing_token) == (ADDRESS, "t0ken", SIGNING_TOKEN)
    assert (hook.enable_ssl_verification, hook.owner, hook.name) == (
        True,
        target.kind,
        "b24bridge 3",
    )


@pytest.mark.parametrize("target", [SHOP, GROUP])
def test_doing_it_again_changes_nothing(gitlab, connect, target):
    client = connect()
    made = ensure_hook(client, target, **OURS)
    before = vars(hooks(gitlab)[0]).copy()
    assert ensure_hook(client, target, **OURS) == HookReport(made.hook_id, signed=True)
    assert [vars(hook) for hook in hooks(gitlab)] == [before]


@pytest.mark.parametrize(
    ("version", "signing_token", "signed"),
    [
        ("18.11.0-ee", SIGNING_TOKEN, False),
        ("19.0.0-ee", SIGNING_TOKEN, True),
        ("19.0.0-ee", None, False),
    ],
)
def test_the_answer_says_whether_deliveries_are_signed(
    gitlab, connect, version, signing_token, signed
):
    gitlab.state.version = version
    for _ in range(2):
        report = ensure_hook(
            connect(), SHOP, url=ADDRESS, token="t0ken", signing_token=signing_token
        )
        assert report.signed is signed


@pytest.mark.parametrize(
    ("spoilt", "changed"),
    [
        ({"enable_ssl_verification": False}, ("enable_ssl_verification",)),
        ({"custom_webhook_template": '{"a": 1}'}, ("custom_webhook_template",)),
        (
            {"push_events_branch_filter": "main", "branch_filter_strategy": "wildcard"},
            ("branch_filter_strategy", "push_events_branch_filter"),
        ),
        ({"token": "somebody's", "signing_token": ""}, ()),
        ({"name": None}, ("name",)),
    ],
)
def test_what_somebody_changed_is_put_right_and_told(gitlab, connect, spoilt, changed):
    client = connect()
    ensure_hook(client, SHOP, **OURS)
    (hook,) = hooks(gitlab)
    right = vars(hook).copy()
    vars(hook).update(spoilt)
    assert ensure_hook(client, SHOP, **OURS).changed == changed
    assert vars(hooks(gitlab)[0]) == right


def test_events_are_put_right_in_both_directions(gitlab, connect):
    client = connect()
    ensure_hook(client, SHOP, **OURS)
    (hook,) = hooks(gitlab)
    hook.events |= {"push_events": False, "job_events": True, "emoji_events": True}
    report = ensure_hook(client, SHOP, **OURS)
    assert report.changed == ("emoji_events", "job_events", "push_events")
    assert listens_to(hooks(gitlab)[0]) == wanted(hook)


@pytest.mark.parametrize("target", [SHOP, GROUP])
def test_a_rule_about_one_more_kind_switches_its_events_on_and_off_again(gitlab, connect, target):
    client = connect()
    ensure_hook(client, target, **OURS)
    report = ensure_hook(client, target, **OURS, events={Kind.JOB, Kind.MEMBER, Kind.PUSH})
    (hook,) = hooks(gitlab)
    of_groups = ("member_events",) if target is GROUP else ()
    assert report.changed == ("job_events", *of_groups)
    assert listens_to(hook) == wanted(hook, Kind.JOB, Kind.MEMBER)
    assert ensure_hook(client, target, **OURS).changed == ("job_events", *of_groups)
    assert listens_to(hooks(gitlab)[0]) == wanted(hook)


def test_what_only_members_may_read_is_sent_where_that_is_asked_for(gitlab, connect):
    client = connect()
    ensure_hook(client, SHOP, **OURS)
    report = ensure_hook(client, SHOP, **OURS, internal=True)
    assert report.changed == ("confidential_note_events",)
    report = ensure_hook(client, SHOP, **OURS, events=[Kind.ISSUE], internal=True)
    assert report.changed == ("confidential_issues_events", "issues_events")


def test_of_several_hooks_to_us_one_stays(gitlab, connect):
    client = connect()
    kept = ensure_hook(client, SHOP, **OURS).hook_id
    (hook,) = hooks(gitlab)
    for number in (101, 102):
        gitlab.state.hooks[number] = replace(hook, id=number)
    assert ensure_hook(client, SHOP, **OURS).removed == (101, 102)
    assert [hook.id for hook in hooks(gitlab)] == [kept]


def test_a_new_key_moves_the_hook_instead_of_adding_one(gitlab, connect):
    client = connect()
    made = ensure_hook(client, SHOP, **OURS)
    new = "http://127.0.0.1:9/hooks/gitlab/n3w"
    report = ensure_hook(client, SHOP, url=new, token="t0ken", signing_token=SIGNING_TOKEN)
    assert report == HookReport(made.hook_id, changed=("url",), signed=True)
    assert [hook.url for hook in hooks(gitlab)] == [new]


def test_the_hooks_of_others_are_left_alone(gitlab, connect):
    other_key = ensure_hook(
        connect(connection_id=4), SHOP, url="http://127.0.0.1:9/hooks/gitlab/4", token="x"
    )
    stranger = gitlab.add_hook("web/shop", "http://127.0.0.1:9/ci")
    before = [vars(hook).copy() for hook in hooks(gitlab)]
    client = connect()
    ensure_hook(client, SHOP, **OURS)
    remove_hooks(client, SHOP, url=ADDRESS)
    assert [vars(hook) for hook in hooks(gitlab)] == before
    assert {hook.id for hook in hooks(gitlab)} == {other_key.hook_id, stranger.id}


def test_removing_takes_ours_away_once(gitlab, connect):
    client = connect()
    made = ensure_hook(client, SHOP, **OURS).hook_id
    assert remove_hooks(client, SHOP, url=ADDRESS) == (made,)
    assert remove_hooks(client, SHOP, url=ADDRESS) == ()
    assert hooks(gitlab) == []


def test_a_hook_beyond_the_first_page_is_found(gitlab, connect):
    for number in range(99):
        gitlab.add_hook("web/shop", f"http://127.0.0.1:9/other/{number}")
    client = connect()
    made = ensure_hook(client, SHOP, **OURS).hook_id
    hook = gitlab.state.hooks.pop(1)
    gitlab.state.hooks[101] = replace(hook, id=101)
    assert ensure_hook(client, SHOP, **OURS).hook_id == made


@pytest.mark.parametrize("failures", [5, 40])
def test_a_hook_that_gitlab_switched_off_comes_back(gitlab, connect, receiver, failures):
    client, ours = connect(), OURS | {"url": f"{receiver.url}/hooks/gitlab/k3y"}
    made = ensure_hook(client, SHOP, **ours).hook_id
    _switch_off(gitlab, made, failures)
    report = ensure_hook(client, SHOP, **ours)
    assert (report.reenabled, report.problem) == (True, "")
    (hook,) = hooks(gitlab)
    assert (hook.recent_failures, hook.disabled_until) == (0, None)
    assert len(receiver.heard) == 1
    assert ensure_hook(client, SHOP, **ours).reenabled is False


def test_a_hook_that_still_fails_stays_off_and_says_why(gitlab, connect, receiver):
    receiver.answer = 503
    client, ours = connect(), OURS | {"url": f"{receiver.url}/hooks/gitlab/k3y"}
    made = ensure_hook(client, SHOP, **ours).hook_id
    _switch_off(gitlab, made, 40)
    report = ensure_hook(client, SHOP, **ours)
    assert report.reenabled is False
    assert report.problem == (
        "GitLab has switched the webhook off, and its test delivery failed: POST /api/v4/projects/"
        f"web%2Fshop/hooks/{made}/test/push_events was answered 422 (503). "
        "Check that GitLab reaches the receiver, then repair again."
    )


def _switch_off(gitlab, hook_id, failures):
    hook = gitlab.state.hooks[hook_id]
    hook.recent_failures = failures
    hook.disabled_until = gitlab.state.now() + timedelta(hours=1)


GROUP_REFUSED = (
    "The webhooks of group web cannot be managed ({code}). Webhooks of a group need GitLab "
    "Premium and a token with the role Owner. Use such a token, or connect the projects one by "
    "one."
)
PROJECT_REFUSED = (
    "The webhooks of project {project} cannot be managed ({code}). The token's user is not a "
    "Maintainer of the project, or it does not exist. Give that user the role Maintainer, or "
    "check the project's path."
)


@pytest.mark.parametrize("act", [ensure_hook, remove_hooks])
@pytest.mark.parametrize(
    ("username", "target", "switches", "told"),
    [
        ("alice", GROUP, {"premium": False}, GROUP_REFUSED.format(code=403)),
        ("alice", GROUP, {"edition": "ce"}, GROUP_REFUSED.format(code=404)),
        ("boris", SHOP, {}, PROJECT_REFUSED.format(project="web/shop", code=403)),
        (
            "alice",
            HookTarget("project", "web/none"),
            {},
            PROJECT_REFUSED.format(project="web/none", code=404),
        ),
    ],
)
def test_where_a_token_manages_no_hooks_it_is_said_why(
    gitlab, connect, act, username, target, switches, told
):
    vars(gitlab.state).update(switches)
    given = OURS if act is ensure_hook else {"url": ADDRESS}
    with pytest.raises(Refused) as caught:
        act(connect(username), target, **given)
    assert str(caught.value) == told


def test_a_token_without_the_scope_is_denied(connect):
    with pytest.raises(Denied, match="lacks the scope `api`"):
        ensure_hook(connect(scopes=("read_api",)), SHOP, **OURS)


def test_a_url_that_gitlab_blocks_is_refused_in_its_words(gitlab, connect):
    gitlab.state.allow_local_hooks = False
    with pytest.raises(Refused, match="Invalid url given"):
        ensure_hook(connect(), SHOP, **OURS)
