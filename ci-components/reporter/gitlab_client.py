"""GitLab's API asked from inside a job: by its own token, or by an access token."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Optional

from reporter.bbcode import quoted
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

    def rows(self, path: str, *, token: bool = False, **query: Any) -> Rows:
        """Return the rows of a list under the project, None where it is refused."""
        rows = self.get(path, token=token, **query)
        return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else None

    def get(self, path: str, *, project: str = "", token: bool = False, **query: Any) -> object:
        """Return the JSON, None where it is refused. `token`: by the access token."""
        pairs = [
            f"{name}={quoted(str(value))}"
            for name, values in query.items()
            for value in (values if isinstance(values, list) else (values,))
        ]
        place = f"{self.ci['CI_API_V4_URL']}/projects/{project or self.ci['CI_PROJECT_ID']}/{path}"
        secret = {"PRIVATE-TOKEN": self.token} if token else {"JOB-TOKEN": self.ci["CI_JOB_TOKEN"]}
        return self.ask(f"{place}?{'&'.join(pairs)}", secret)

    def ask(self, url: str, secret: dict[str, str], question: object = None) -> object:
        """Return the JSON, None where it is refused or there are no requests left."""
        made, tries, answer = self.http.count, min(2, self.left), None
        with suppress(Problem):
            if tries > 0:
                answer = self.http.ask_twice(url, secret, question, keep=self.keep, tries=tries)
        self.left -= self.http.count - made
        return answer.body if answer and answer.status == 200 else None
