"""GitLab's API asked from inside a job: by its own token, or by an access token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Optional

from reporter.ci_variables import Variables
from reporter.errors import Problem
from reporter.http import Http

Row = Mapping[str, object]
Rows = Optional[list[Row]]  # None: GitLab refuses

MOST_REQUESTS = 3


class GitLab:
    """At most three requests, repeated ones among them. `token`: the access token, "" for none.

    `keep`: seconds of the time that are the portal's: a GitLab that hangs makes the report
    smaller, and does not prevent it.
    """

    def __init__(self, http: Http, ci: Variables, token: str, keep: float) -> None:
        self.http, self.ci, self.token, self.keep = http, ci, token, keep
        self.left = MOST_REQUESTS

    def rows(self, path: str, *, token: bool = False) -> Rows:
        """Return the rows of a list under the project, None where it is refused."""
        rows = self.get(path, token=token)
        return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else None

    def get(self, path: str, *, project: str = "", token: bool = False) -> object:
        """Return the JSON, None where it is refused. `token`: by the access token."""
        ci = self.ci
        secret = {"PRIVATE-TOKEN": self.token} if token else {"JOB-TOKEN": ci["CI_JOB_TOKEN"]}
        url = f"{ci['CI_API_V4_URL']}/projects/{project or ci['CI_PROJECT_ID']}/{path}"
        return self.ask(url, secret)

    def ask(self, url: str, secret: dict[str, str], question: object = None) -> object:
        """Return the JSON, None where it is refused or there are no requests left."""
        made = self.http.count
        ask = self.http.ask_twice if self.left > 1 else self.http.ask
        try:
            answer = ask(url, secret, question, keep=self.keep) if self.left else None
        except Problem:
            answer = None
        self.left -= self.http.count - made
        return answer.body if answer and answer.status == 200 else None
