"""Reading a settings document: what it becomes, and every problem with its line."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from sync.core.model.common import PortalUser
from sync.core.model.tasks import KanbanStage, Step, TaskStatus
from sync.settings.document import read, write
from sync.settings.problems import Invalid

HEAD = "version: 1\nportal: portal.bitrix24.com\n"
EMPTY = (
    "line 1: is empty; `b24bridge settings export` shows what is in force, and `version` and "
    "`portal` are what every file needs"
)
WHOLE = """\
version: 1
portal: portal.bitrix24.com
language: ru
references:
  prefix: TASK
people:
  alice: 12
  bob: bob@example.com
connections:
  - name: main
    url: https://gitlab.example.com
    token:
      env: GITLAB_TOKEN
    projects:
      - team/shop
      - 42
    issue_links: true
rules:
  default:
    steps:
      review:
        stage:
          type: REVIEW
    notify:
      - merged
  workgroups:
    7:
      steps:
        merged:
          status: awaiting_control
          stage:
            title: Testing
limits:
  rate: 5.0
  burst: 250
retention:
  deliveries: 14
  audit: 3
  mirror: 365
"""


class FakePortal:
    """A portal with one workgroup and three people."""

    def prefetch(self, group_ids: Sequence[int], dialogs: Sequence[str]) -> None:
        """Nothing takes time here."""

    def stages(self, group_id: int) -> tuple[KanbanStage, ...] | None:
        return (
            (KanbanStage(1, "New", "NEW"), KanbanStage(2, "Testing", "REVIEW"))
            if group_id == 7
            else None
        )

    def user(self, reference: int | str) -> PortalUser | None:
        people = (
            PortalUser(12, "Alice", "alice@example.com"),
            PortalUser(13, "Bob", "bob@example.com"),
            PortalUser(14, "Carol", "carol@example.com", active=False),
        )
        return next((one for one in people if reference in (one.id, one.email)), None)

    def task_fields(self) -> frozenset[str] | None:
        return frozenset({"UF_SPRINT"})

    def may_post(self, dialog: str) -> bool | None:
        return {"chat13": False, "sg8": False, "chat99": None}.get(dialog, True)


def problems(text: str, environ: dict[str, str] | None = None, portal=None) -> list[str]:
    with pytest.raises(Invalid) as raised:
        read(text, environ or {}, portal)
    return [str(problem) for problem in raised.value.problems]


def test_a_whole_document_is_read_and_written_back_unchanged():
    settings = read(WHOLE, {"GITLAB_TOKEN": "glpat-x"}, FakePortal())
    assert write(settings) == WHOLE
    target = settings.rules.workgroups[7].steps[Step.MERGED]
    assert (target.status, target.stage.title) == (TaskStatus.AWAITING_CONTROL, "Testing")


def test_the_shortest_document_is_all_defaults():
    settings = read(HEAD, {})
    assert (settings.language, settings.references.prefix) == ("en", "B24")
    assert (settings.limits.rate, settings.limits.burst) == (2.0, 50)
    kept = settings.retention
    assert (kept.deliveries, kept.audit, kept.commands) == (30, 7, 30)
    assert (kept.decisions, kept.mirror) == (365, 730)


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("languge: ru", "line 3: languge: unknown key; did you mean `language`?"),
        ("nonsense_key_of_nobody: 1", "line 3: nonsense_key_of_nobody: unknown key"),
        ("language: de", "line 3: language: must be 'en' or 'ru'; it is 'de'"),
        ("references: [a]", "line 3: references: must be a mapping (key: value)"),
        (
            "references: {prefix: 1B}",
            "line 3: references.prefix: must begin with a letter of A to Z; letters, digits and _ "
            "follow, 16 at most",
        ),
        (
            "references:\n  pattern: '((\\d+)'",
            "line 4: references.pattern: not a regular expression: "
            "missing ), unterminated subpattern at position 0",
        ),
        (
            "references:\n  pattern: 'T(\\d+)'",
            "line 4: references.pattern: "
            "a reference pattern has exactly one named group, (?P<id>...)",
        ),
        (
            "people:\n  al: yes",
            "line 4: people.al: must be a Bitrix24 user id (a number) or an e-mail address",
        ),
        ("people:\n  al: 0", "line 4: people.al: must be a Bitrix24 user id above 0"),
        ("connections: {}", "line 3: connections: must be a list"),
        ("connections:\n  - name: a", "line 4: connections[0].url: is required"),
        (
            "connections:\n  - name: a\n    url: gitlab.example.com",
            "line 5: connections[0].url: must be a URL that starts with https:// or http://",
        ),
        (
            "connections:\n  - name: a\n    url: https://me:secret@gl.example.com",
            "line 5: connections[0].url: must not hold a user name or password; "
            "give the token under `token`",
        ),
        (
            "connections:\n  - name: a\n    url: https://gl.example.com/?a=b",
            "line 5: connections[0].url: must not hold a query (?…) or a fragment (#…)",
        ),
        (
            "connections:\n  - name: a\n    url: https://gl.example.com\n    issue_links: 'yes'",
            "line 6: connections[0].issue_links: must be true or false",
        ),
        (
            "connections:\n  - name: a\n    url: https://gl.example.com\n    token: glpat-1",
            "line 6: connections[0].token: holds the secret itself, which belongs into no file: "
            "write {stored: true} and run `b24bridge gitlab token NAME`, or {env: VARIABLE} or "
            "{file: PATH}",
        ),
        (
            "connections:\n  - name: a\n    url: https://gl.example.com\n    token: {}",
            "line 6: connections[0].token: needs exactly one of `env`, `file` and `stored`",
        ),
        (
            "connections:\n  - name: a\n    url: https://gl.example.com\n    token: {env: glpat-1}",
            "line 6: connections[0].token: has no name of an environment variable, in capital "
            "letters, under `env` (it is not shown, as it may be the secret itself)",
        ),
        (
            "connections:\n  - name: a\n    url: https://a.example.com\n    token: {file: glpat-1}",
            "line 6: connections[0].token: has no path with a / under `file` (it is not shown, as "
            "it may be the secret itself)",
        ),
        (
            "connections:\n  - name: glpat-abcdefghij!\n    url: https://gl.example.com",
            "line 4: connections[0].name: has a form that is not allowed: '***!'",
        ),
        (
            "connections:\n  - name: a\n    url: https://gl.example.com\n    token: {env: NOPE}",
            "line 6: connections[0].token: the environment variable NOPE is not set or empty",
        ),
        (
            "connections:\n  - name: a\n    url: https://gl.example.com\n    token: {file: /no}",
            "line 6: connections[0].token: the file /no cannot be read: No such file or directory",
        ),
        (
            "connections:\n  - name: a\n    url: https://gl.example.com\n    ca_file: /no",
            "line 6: connections[0].ca_file: there is no file /no",
        ),
        (
            "connections:\n  - name: a\n    url: https://gl.io\n    allow_ips: [10.0.0.1/8]",
            "line 6: connections[0].allow_ips[0]: "
            "must be an IP address or a network like 10.0.0.0/8",
        ),
        (
            "connections:\n  - name: a\n    url: https://gl.example.com\n    proxy: gopher://x",
            "line 6: connections[0].proxy: "
            "must be a URL that starts with http://, https:// or socks5://",
        ),
        (
            "connections:\n  - name: a\n    url: https://gl.example.com\n    projects: ['a b']",
            "line 6: connections[0].projects[0]: "
            "must be a path like group/project, or a numeric id",
        ),
        (
            "rules:\n  workgroups:\n    seven: {}",
            "line 5: rules.workgroups.seven: must be a whole number",
        ),
        (
            "rules:\n  default:\n    steps:\n      merged: {status: done}",
            "line 6: rules.default.steps.merged.status: must be 'waiting', 'in_progress', "
            "'awaiting_control', 'completed' or 'deferred'; it is 'done'",
        ),
        (
            "rules:\n  default:\n    steps:\n      merged:\n        stage: {id: 5, title: Done}",
            "line 7: rules.default.steps.merged.stage: "
            "needs exactly one of `id`, `type` and `title`",
        ),
        (
            "rules:\n  default:\n    notify: [merge]",
            "line 5: rules.default.notify[0]: must be 'opened', 'approved', 'merged', 'closed' "
            "or 'reopened'; it is 'merge'",
        ),
        (
            "rules:\n  default:\n    pipelines: {message: 1}",
            "line 5: rules.default.pipelines.message: must be true or false",
        ),
        (
            "rules:\n  default:\n    ci: {message: true}",
            "line 5: rules.default.ci: is called `pipelines` now",
        ),
        (
            "rules:\n  default:\n    commits: {close: true}",
            "line 5: rules.default.commits: is called `smart_commits` now",
        ),
        (
            "rules:\n  workgroups:\n    5:\n      notes: {message: true}",
            "line 6: rules.workgroups.5.notes: is called `comments` now",
        ),
        (
            "routes:\n  - on: [note]\n    to: []",
            "line 4: routes[0].on[0]: is called `comment` now",
        ),
        ("templates:\n  note: x", "line 4: templates.note: is called `comment` now"),
        (
            "connections:\n  - name: a\n    url: https://gitlab example.com\n    projects: [a/b]",
            "line 5: connections[0].url: is no URL",
        ),
        ("limits: {rate: 0}", "line 3: limits.rate: must be above 0"),
        ("limits: {burst: 5000}", "line 3: limits.burst: must be at most 1000"),
        ("limits: {burst: 1.5}", "line 3: limits.burst: must be a whole number"),
        (
            "retention: {audit: 2}",
            "line 3: retention.audit: must be at least 3 days: Bitrix24's market asks for that",
        ),
        ("retention: {deliveries: 0}", "line 3: retention.deliveries: must be above 0"),
        ("retention: {mirror: 2y}", "line 3: retention.mirror: must be a whole number"),
        ("retention: {miror: 9}", "line 3: retention.miror: unknown key; did you mean `mirror`?"),
    ],
)
def test_a_wrong_value_is_told_with_its_line(rest, expected):
    assert problems(HEAD + rest + "\n") == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", EMPTY),
        ("# nothing but a remark\n", EMPTY),
        ("- a\n", "line 1: must be a mapping (key: value)"),
        ("version: 1\nportal: [\n", "line 3: is no YAML: expected the node content, "
         "but found '<stream end>'"),
        ("token: glpat-a\ntoken: glpat-b\n", "line 2: is no YAML: the key token stands twice"),
        ("version: 1\n\tportal: x\n", "line 2: is no YAML: a tab begins this line: indent "
         "with blanks"),
        ("a: \x00\n", "is no YAML: unacceptable character #x0000: special characters "
         "are not allowed"),
        ("a: " + "[" * 1000, "is nested too deeply"),
        ("x" * 1_000_001, "is larger than 1000000 characters"),
        (
            "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
            "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
            "e: [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n",
            "unfolds to more than 100000 values",
        ),
    ],
)  # fmt: skip
def test_what_is_no_settings_document_says_so(text, expected):
    assert problems(text) == [expected]


def test_all_problems_are_told_at_once_those_of_form_and_those_the_portal_sees():
    text = """\
version: 1
portal: portal.bitrix24.com
colour: red
references:
  pattern: '('
people:
  alice: 99
  bob: nobody@example.com
  carol: 14
connections:
  - name: main
    url: https://one.example.com
    token: {env: NOT_SET}
  - name: main
    url: ftp://two.example.com
rules:
  workgroups:
    7:
      steps:
        review: {stage: {title: Nowhere}}
        merged: {stage: {type: FINISH}}
        closed: {stage: {title: testing}}
    8: {}
"""
    assert problems(text, {}, FakePortal()) == [
        "line 3: colour: unknown key",
        "line 5: references.pattern: not a regular expression: "
        "missing ), unterminated subpattern at position 0",
        "line 7: people.alice: the portal has no user 99",
        "line 8: people.bob: the portal has no user nobody@example.com",
        "line 9: people.carol: the portal's user 14 is dismissed",
        "line 11: connections[0].name: another connection is named 'main' too",
        "line 13: connections[0].token: the environment variable NOT_SET is not set or empty",
        "line 14: connections[1].name: another connection is named 'main' too",
        "line 15: connections[1].url: must be a URL that starts with https:// or http://",
        "line 20: rules.workgroups.7.steps.review.stage: the workgroup has no such column; "
        "it has: 'New' (1), 'Testing' (2)",
        "line 21: rules.workgroups.7.steps.merged.stage: the workgroup has no such column; "
        "it has: 'New' (1), 'Testing' (2)",
        "line 23: rules.workgroups.8: the portal has no workgroup 8, or the app cannot see it",
    ]


def test_a_project_is_connected_once_however_its_gitlab_is_written():
    text = """\
version: 1
portal: portal.example.com
connections:
  - name: main
    url: https://git.example.com
    projects: [acme/shop, acme/other]
  - name: second
    url: HTTP://Git.Example.com:80/
    projects: [acme/tools, Acme/Shop]
  - name: third
    url: https://git.example.com:8443
    projects: [acme/shop]
"""
    assert problems(text) == [
        "line 9: connections[1].projects[1]: Acme/Shop is named by main already, which is at the "
        "same address: everything would come twice"
    ]


@pytest.mark.parametrize(
    "name",
    ["portal.bitrix24.com", "https://portal.bitrix24.com", "HTTP://portal.bitrix24.com/rest/?a=1"],
)
def test_a_portal_is_named_by_its_address_too(name):
    assert read(f"version: 1\nportal: {name}\n", {}).portal == "portal.bitrix24.com"


def test_an_address_without_a_name_is_no_portal():
    assert problems("version: 1\nportal: https://\n")
