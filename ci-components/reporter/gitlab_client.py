"""GitLab's API asked from inside a job: by its own token, or by an access token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reporter.ci_variables import Facts
from reporter.errors import Problem
from reporter.http import Answer, Wire


@dataclass(frozen=True)
class Reader:
    """`token`: the access token, "" for none. `keep`: seconds of the time that are the portal's:
    a GitLab that hangs makes the report smaller, and does not prevent it.
    """

    wire: Wire
    facts: Facts
    job_token: str
    token: str
    keep: float

    def get(self, path: str, token: bool) -> object:
        """JSON, None where it is refused. `token`: by the access token."""
        return tried_twice(lambda: self.read(path, token=token))

    def inquire(self, asked: object) -> object:
        """GraphQL's answer to the access token, None where it is refused."""
        return tried_twice(lambda: self.read_at_once(asked))

    def read(self, path: str, *, token: bool = False) -> tuple[int, object]:
        headers = {"PRIVATE-TOKEN": self.token} if token else {"JOB-TOKEN": self.job_token}
        url = f"{self.facts.api}{path}"
        return answered(lambda: self.wire.get(url, headers, keep=self.keep))

    def read_at_once(self, asked: object) -> tuple[int, object]:
        headers = {"PRIVATE-TOKEN": self.token}
        return answered(lambda: self.wire.post(self.facts.graphql, asked, headers, keep=self.keep))


def answered(ask: Callable[[], Answer]) -> tuple[int, object]:
    """The HTTP status, 0 without an answer, and the JSON."""
    try:
        answer = ask()
    except Problem:
        return 0, None
    return answer.status, answer.body


def tried_twice(read: Callable[[], tuple[int, object]]) -> object:
    """The JSON, None where it is refused; a read is repeated once."""
    for _ in range(2):
        status, body = read()
        if status and status < 500 and status != 429:
            return body if status == 200 else None
    return None
