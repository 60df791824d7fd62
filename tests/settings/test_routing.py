"""Rules of who is told of what, as settings: what they become, and what is wrong with them."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from zoneinfo import ZoneInfo

import pytest

from sync.core.model.kinds import Kind
from sync.core.rules.portal import AlertRules, CommentRules, Severity, SmartCommitRules
from sync.core.rules.routes import DEFAULT_ROUTES, Channel, Chat, QuietHours, Role, Route
from sync.settings.document import read, write
from sync.settings.rules import to_rules
from tests.settings.test_document import HEAD, FakePortal, problems

WHOLE = """\
version: 1
portal: portal.bitrix24.com
timezone: Europe/Moscow
chats:
  general: chat1
  releases: sg10
templates:
  push: '[b]{project}[/b] {branch}'
routes:
  - on:
      - pipeline
      - job
    to:
      - project
      - author
      - chat58
      - responsible
      - qa
    when:
      - failed
    branches:
      - default
      - release/*
    changes_only: true
    internal: false
    quiet: 22:00-08:00
  - on:
      - deployment
    to: []
    environments:
      - production
      - прод*
rules:
  default:
    comments:
      system: true
    smart_commits:
      commands: false
    roles:
      qa:
        - 12
  workgroups:
    10:
      comments:
        internal: true
      alerts:
        branches:
          - default
        severities:
          failed: low
        flapping: 6
        open_task: 3
      roles:
        manager:
          - bob@example.com
      projects:
        - acme/shop
        - acme/tools/*
      chat: chat58
      routes:
        - on:
            - push
          to:
            - releases
  projects:
    acme/Shop:
      alerts:
        by_stage: true
        severities:
          failed: medium
          canceled: low
"""


def test_a_project_has_its_own_alerts_over_those_of_its_workgroup() -> None:
    rules = to_rules(read(WHOLE, {}))
    group = rules.for_group(10).alerts
    own = {"failed": Severity.MEDIUM, "canceled": Severity.LOW}
    assert rules.alerts_of("acme/SHOP") == replace(group, by_stage=True, severities=own)
    assert rules.alerts_of("acme/tools/x") == group
    assert rules.alerts_of("other/shop") == rules.default.alerts


def test_flapping_may_be_switched_off() -> None:
    text = HEAD + "rules: {default: {alerts: {flapping: 0}}}"
    assert to_rules(read(text, {})).default.alerts.flapping == 0


def test_rules_are_read_and_written_back_unchanged() -> None:
    assert write(read(WHOLE, {})) == WHOLE


def test_settings_become_the_rules_that_decisions_read() -> None:
    rules = to_rules(read(WHOLE, {}), {"bob@example.com": 13})
    assert rules.zone == ZoneInfo("Europe/Moscow")
    assert rules.chats == {Channel.GENERAL: "chat1", Channel.RELEASES: "sg10"}
    assert rules.templates == {Kind.PUSH: "[b]{project}[/b] {branch}"}
    failed, silent = rules.routes
    assert failed == Route(
        frozenset({Kind.PIPELINE, Kind.JOB}),
        (Channel.PROJECT, Role.AUTHOR, Chat("chat58"), Role.RESPONSIBLE, Role.QA),
        states=frozenset({"failed"}),
        branches=("default", "release/*"),
        changes_only=True,
        quiet_hours=QuietHours(time(22), time(8)),
    )
    assert (silent.targets, silent.environments) == ((), ("production", "прод*"))
    group = rules.for_group(10)
    assert (group.projects, group.chat) == (("acme/shop", "acme/tools/*"), "chat58")
    assert group.roles == {Role.QA: (12,), Role.MANAGER: (13,)}
    assert group.routes == (Route(frozenset({Kind.PUSH}), (Channel.RELEASES,)),)
    assert group.comments == CommentRules(message=True, system=True, internal=True)
    assert group.smart_commits == SmartCommitRules(close=True, commands=False)
    assert group.alerts == AlertRules(
        ("default",), severities={"failed": Severity.LOW}, flapping=6, open_task=3
    )
    assert rules.default.alerts == AlertRules()


def test_what_is_not_said_of_rules_is_the_default_and_an_empty_list_is_none() -> None:
    assert to_rules(read(HEAD, {})).routes == DEFAULT_ROUTES
    assert to_rules(read(HEAD + "routes: []\n", {})).routes == ()


@pytest.mark.parametrize("written", ["58", "'58'", "chat58", "' chat58 '"])
def test_a_chat_is_given_by_its_number_or_as_the_portal_names_it(written: str) -> None:
    rules = to_rules(read(HEAD + f"chats: {{general: {written}}}\n", {}))
    assert rules.chats == {Channel.GENERAL: "chat58"}
    told = read(HEAD + f"routes: [{{on: [push], to: [{written}]}}]\n", {})
    assert to_rules(told).routes[0].targets == (Chat("chat58"),)


KINDS = (
    "'push', 'branch', 'tag', 'merge_request', 'pipeline', 'job', 'comment', 'release', "
    "'deployment', 'alert', 'issue', 'work_item', 'milestone', 'wiki_page', 'feature_flag', "
    "'emoji', 'member', 'project', 'access_token' or 'vulnerability'"
)
NAMES = (
    "project, general, releases, task, responsible, creator, accomplices, auditors, qa, manager, "
    "author, administrator"
)


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("timezone: Europe/Moskow",
         "line 3: timezone: must be a time zone like Europe/Moscow; did you mean `Europe/Moscow`?"),
        ("timezone: ../../etc/passwd", "line 3: timezone: must be a time zone like Europe/Moscow"),
        ("timezone: Arctic", "line 3: timezone: must be a time zone like Europe/Moscow"),
        ("chats: {general: news}",
         "line 3: chats.general: must be a chat like chat58, a workgroup's chat like sg10, "
         "or a chat's number"),
        ("chats: {general: true}",
         "line 3: chats.general: must be a chat like chat58, a workgroup's chat like sg10, "
         "or a chat's number"),
        ("chats: {zebra: 5}", "line 3: chats.zebra: unknown key"),
        ("projects: [acme/shop]", "line 3: projects: is no key of this place"),
        ("routes:\n  - on: [psh]\n    to: [project]",
         f"line 4: routes[0].on[0]: must be {KINDS}; it is 'psh'"),
        ("routes:\n  - on: []\n    to: [project]", "line 4: routes[0].on: must not be empty"),
        ("routes:\n  - on: [push]", "line 4: routes[0].to: is required"),
        ("routes:\n  - on: [push]\n    to: [autor]",
         f"line 5: routes[0].to[0]: must be one of {NAMES}, or a chat like chat58; "
         "did you mean `author`?"),
        ("routes:\n  - on: [push]\n    to: [chat]",
         f"line 5: routes[0].to[0]: must be one of {NAMES}, or a chat like chat58"),
        ("routes:\n  - on: [push]\n    to: [chat5x]",
         "line 5: routes[0].to[0]: must be a chat like chat58, a workgroup's chat like sg10, "
         "or a chat's number"),
        ("routes:\n  - on: [release]\n    to: [project]\n    when: [create]",
         "line 6: routes[0].when[0]: there is no such state; release has: created, updated, "
         "deleted; did you mean `created`?"),
        ("routes:\n  - on: [push, branch]\n    to: [project]\n    when: [created]",
         "line 6: routes[0].when: none is a state of push; push has: pushed"),
        ("routes:\n  - on: [tag]\n    to: [project]\n    branches: [main]",
         "line 6: routes[0].branches: `tag` has no branch: this rule would never take it"),
        ("routes:\n  - on: [push]\n    to: [project]\n    labels: [bug]",
         "line 6: routes[0].labels: `push` has no labels: this rule would never take it"),
        ("routes:\n  - on: [push]\n    to: [project]\n    environments: [прод]",
         "line 6: routes[0].environments: `push` has no environment: "
         "this rule would never take it"),
        ("routes:\n  - on: [pipeline]\n    to: [project]\n    jobs: [deploy]",
         "line 6: routes[0].jobs: `pipeline` is no job: this rule would never take it"),
        ("routes:\n  - on: [member]\n    to: [task]",
         "line 5: routes[0].to[0]: `member` belongs to no task"),
        ("routes:\n  - on: [member]\n    to: [responsible]",
         "line 5: routes[0].to[0]: `member` belongs to no task, so nobody is its responsible"),
        ("routes:\n  - on: [pipeline]\n    to: [task]",
         "line 5: routes[0].to[0]: tasks show `pipeline` already, by `pipelines`; "
         "leave `task` out"),
        ("routes:\n  - on: [deployment]\n    to: [task]",
         "line 5: routes[0].to[0]: tasks show `deployment` already, by `deployments`; "
         "leave `task` out"),
        ("routes:\n  - on: [merge_request]\n    to: [task]",
         "line 5: routes[0].to[0]: tasks show `merge_request` already, as its card; "
         "leave `task` out"),
        ("routes:\n  - on: [comment]\n    to: [task]",
         "line 5: routes[0].to[0]: tasks show `comment` already, by `comments`; leave `task` out"),
        ("routes:\n  - on: [push]\n    to: [general]",
         "line 5: routes[0].to[0]: there is no general chat: name it in `chats`"),
        ("routes:\n  - on: [release]\n    to: [releases]",
         "line 5: routes[0].to[0]: there is no chat for releases: name it, or the general one, "
         "in `chats`"),
        ("routes:\n  - on: [push]\n    to: [project]\n    quiet: night",
         "line 6: routes[0].quiet: must be hours of the day like 22:00-08:00"),
        ("routes:\n  - on: [push]\n    to: [project]\n    quiet: 22:00-24:00",
         "line 6: routes[0].quiet: must be hours of the day like 22:00-08:00"),
        ("routes:\n  - on: [push]\n    to: [project]\n    quiet: 8:00-08:00",
         "line 6: routes[0].quiet: must begin and end at different times"),
        ("templates: {psh: x}", f"line 3: templates.psh: must be {KINDS}; it is 'psh'"),
        ("templates:\n  push: '{barnch}'",
         "line 4: templates.push: there is no place {barnch} here; did you mean {branch}?"),
        ("templates:\n  tag: '[b]{tag}'",
         "line 4: templates.tag: has tags that are unknown here or lack their other half: [b]"),
        ("templates:\n  tag: ''", "line 4: templates.tag: must not be empty"),
        ("rules:\n  default:\n    chat: 5", "line 5: rules.default.chat: is no key of this place"),
        ("rules:\n  default:\n    roles: {author: [5]}",
         "line 5: rules.default.roles.author: must be 'qa' or 'manager'; it is 'author'"),
        ("rules:\n  default:\n    roles: {qa: [vera]}",
         "line 5: rules.default.roles.qa[0]: must be a Bitrix24 user id (a number) "
         "or an e-mail address"),
        ("rules:\n  default:\n    alerts: {flapping: 1}",
         "line 5: rules.default.alerts.flapping: must be at least 2, or 0 for never"),
        ("rules:\n  default:\n    alerts: {open_task: -1}",
         "line 5: rules.default.alerts.open_task: must be at least 0"),
        ("rules:\n  default:\n    alerts: {severities: {failed: huge}}",
         "line 5: rules.default.alerts.severities.failed: must be 'low', 'medium' or 'high'; "
         "it is 'huge'"),
        ("rules:\n  default:\n    alerts: {severities: {success: low}}",
         "line 5: rules.default.alerts.severities.success: must be 'failed', 'canceled' "
         "or 'skipped'; it is 'success'"),
        ("rules:\n  default:\n    comments: {message: 1}",
         "line 5: rules.default.comments.message: must be true or false"),
        ("rules:\n  workgroups:\n    5: {routes: [{on: [push], to: [project]}]}",
         "line 5: rules.workgroups.5.routes: holds for the workgroup's projects: "
         "name them in `projects`"),
        ("rules:\n  workgroups:\n    5: {projects: [a/b]}\n    6:\n      projects: [a/c, A/B]",
         "line 7: rules.workgroups.6.projects[1]: the workgroup 5 has A/B already"),
        ("rules:\n  projects:\n    a/b: {alerts: {severities: {failed: huge}}}",
         "line 5: rules.projects.a/b.alerts.severities.failed: must be 'low', 'medium' or 'high'; "
         "it is 'huge'"),
        ("rules:\n  projects:\n    a/b: {alert: {by_stage: true}}",
         "line 5: rules.projects.a/b.alert: unknown key; did you mean `alerts`?"),
        ("rules:\n  projects:\n    a/b: {pipelines: {message: false}}",
         "line 5: rules.projects.a/b.pipelines: is no key of this place"),
        ("rules:\n  projects:\n    a/*: {alerts: {by_stage: true}}",
         "line 5: rules.projects.a/*: must be the path of one project, like group/name; "
         "patterns are for workgroups"),
        ("rules:\n  projects:\n    7: {alerts: {by_stage: true}}",
         "line 5: rules.projects.7: must be text"),
        ("rules:\n  projects:\n    a/b: {alerts: {by_stage: true}}\n"
         "    A/b: {alerts: {by_stage: false}}",
         "line 6: rules.projects.A/b: is the project a/b again"),
        ("rules:\n  workgroups:\n    5: {projects: [a b]}",
         "line 5: rules.workgroups.5.projects[0]: has a form that is not allowed: 'a b'"),
    ],
)  # fmt: skip
def test_a_rule_that_can_say_nothing_is_told_with_its_line(rest: str, expected: str) -> None:
    assert problems(HEAD + rest + "\n") == [expected]


def test_a_wrong_rule_hides_nothing_of_the_others() -> None:
    text = """\
routes:
  - on: [psh]
    to: [autor]
    when: [failed]
  - on: [tag]
    to: [task]
  - {on: [push]}
  - on: [push]
    to: [general]
"""
    assert [one.partition(": must be")[0] for one in problems(HEAD + text)] == [
        "line 4: routes[0].on[0]",
        "line 5: routes[0].to[0]",
        "line 8: routes[1].to[0]: `tag` belongs to no task",
        "line 9: routes[2].to: is required",
        "line 11: routes[3].to[0]: there is no general chat: name it in `chats`",
    ]


def test_a_workgroups_releases_are_told_in_its_own_chat() -> None:
    text = "rules: {workgroups: {5: {projects: [a/*], routes: [{on: [release], to: [releases]}]}}}"
    rules = to_rules(read(HEAD + text + "\n", {}))
    assert rules.channels_of("a/b")[Channel.RELEASES] == "sg5"


def test_the_portal_is_asked_for_people_of_roles_and_for_every_chat() -> None:
    text = """\
chats:
  general: 13
  releases: chat99
routes:
  - on: [push]
    to: [project, chat13]
rules:
  default:
    roles:
      qa: [bob@example.com, 77]
  workgroups:
    7:
      projects: [a/*]
      chat: sg8
    8:
      projects: [b/*]
"""
    where = (
        "there is no such chat, or the employee in whose name it works is not in it "
        "or may not write there"
    )
    assert problems(HEAD + text, {}, FakePortal()) == [
        f"line 4: chats.general: the app cannot write in chat13: {where}",
        "line 12: rules.default.roles.qa[1]: the portal has no user 77",
        f"line 16: rules.workgroups.7.chat: the app cannot write in sg8: {where}",
        "line 17: rules.workgroups.8: the portal has no workgroup 8, or the app cannot see it",
    ]


@pytest.mark.parametrize(
    ("routes", "asked"),
    [("", True), ("routes: []", False), ("routes: [{on: [tag], to: [project]}]", True)],
)
def test_a_workgroups_own_chat_matters_where_a_rule_speaks_there(routes: str, asked: bool) -> None:
    text = f"{HEAD}{routes}\nrules: {{workgroups: {{8: {{projects: [b/*]}}}}}}\n"
    assert any("cannot write in sg8" in one for one in problems(text, {}, FakePortal())) is asked
