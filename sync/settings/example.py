"""A settings document to begin with: what is in force, and everything else as comments. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sync.settings.example_ru import COMMENTS

EXAMPLE_PORTAL = "your-portal.bitrix24.com"
_GITLAB = "https://gitlab.example.com"

_HEAD = """\
# The settings of one portal. `b24bridge settings apply FILE --check` shows what would change,
# without --check it is applied, whole or not at all. What begins with "# " is an example:
# take the sign and its blank away to put it in force.
version: 1
portal: {portal}
language: {language}  # or {other}: of cards, notifications and reasons
"""

_CONNECTION = """\

connections:
  - name: gitlab
    url: {url}
    # given by `b24bridge gitlab token gitlab`; or {{env: NAME}}, or {{file: PATH}}
    token: {{stored: true}}
    projects: [{projects}]
"""

# After "# " is taken away, all of this is a document that can be applied.
_MORE = """\
    groups: [acme/tools]  # their webhooks need GitLab Premium
    ca_file: /etc/ssl/corp.pem  # your own certificate authority
    proxy: http://proxy.example.com:3128
    allow_ips: [203.0.113.0/24]  # who may send webhooks; without it the secret token decides
    issue_links: true  # B24-123 becomes a link everywhere in GitLab
    requests_per_minute: 600  # the most that GitLab is asked
    rotate_token: true  # a new token in the place of one that nears its end; needs {stored: true}
"""

_REST = """\
gitlab_applications:  # registered in GitLab: connect by a click instead of a token
  - url: https://gitlab.example.com
    client_id: 5f2c0d41
    client_secret: {env: GITLAB_APPLICATION_SECRET}  # or {file: PATH}; {stored: true}: the page's
references:
  prefix: B24  # how a task is named: B24-123
people:  # GitLab user name: Bitrix24 user id or e-mail address
  boris: 7
timezone: UTC  # of quiet hours
author: bot  # of messages in chats, in place of whoever installed; needs the right imbot
chats:
  general: chat5  # where releases and the like are told
rules:
  default:
    notify: [opened, approved, merged, closed]  # also: reopened
    pipelines: {message: true, notify: true, field: true}
    deployments: {message: true, environments: [production, "stag*"]}
  workgroups:
    10:  # the workgroup's id
      projects: [acme/shop]
      steps:
        review: {status: in_progress, stage: {type: REVIEW}}
        merged: {status: completed}
limits: {rate: 2, burst: 50}  # Enterprise portals: {rate: 5, burst: 250}
retention: {deliveries: 30, commands: 30, decisions: 365, audit: 7, mirror: 730}  # days
"""


def example_text(
    *, portal: str = "", language: str = "en", gitlab_url: str = "", projects: Sequence[str] = ()
) -> str:
    """Return the document with comments in `language`.

    The connection is in force only where `gitlab_url` is given.
    """
    other = "en" if language == "ru" else "ru"
    head = _HEAD.format(portal=portal or EXAMPLE_PORTAL, language=language, other=other)
    connection = _CONNECTION.format(
        url=gitlab_url or _GITLAB, projects=", ".join(projects) or "acme/shop"
    )
    if not gitlab_url:
        connection = "\n" + _commented(connection.strip("\n"))
    text = f"{head}{connection}{_commented(_MORE)}\n{_commented(_REST)}"
    return "".join(map(_in_russian, text.splitlines(keepends=True))) if language == "ru" else text


def _commented(text: str) -> str:
    return "".join(f"# {line}\n" for line in text.splitlines())


def _in_russian(line: str) -> str:
    """Return a line with its comment in Russian; examples stay as they are."""
    comment = re.search(r"(?:^ *|  )# ([^#\n]+)$", line)
    russian = COMMENTS.get(comment[1]) if comment else None
    return line if comment is None or russian is None else f"{line[: comment.start(1)]}{russian}\n"
