"""People's own accounts: what they write is written in their names, by us only if need be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from sync.core.issue_sync.writes import NotDone, Outcome
from sync.errors import Denied, Refused, SyncError
from sync.gitlab.api.client import GitLab

T = TypeVar("T")
_NO_RIGHT = ("403", "404")


def _no_client(person: str) -> GitLab:
    raise Denied("Nobody has an account of their own here", code="no_account")


@dataclass(frozen=True, slots=True)
class OwnAccounts:
    """Who has an account of their own at the instance.

    `ids`: their ids there, by the portal's id of a person. `open` gives a client of theirs, and
    raises Denied. `report` is told whose account could not write, and why.
    """

    ids: Mapping[str, str] = field(default_factory=dict)
    open: Callable[[str], GitLab] = _no_client
    report: Callable[[str, SyncError], None] = lambda person, error: None

    def write(
        self, person: str, own: Callable[[GitLab], Outcome], ours: Callable[[], Outcome]
    ) -> Outcome:
        """Write in a person's name; as us where they have no account or it may not do this.

        A refusal was not carried out, so writing again makes no second one. Raises SyncError.
        """
        if person not in self.ids:
            return ours()
        try:
            outcome = own(self.open(person))
        except (Denied, Refused) as error:
            if not _lacks_right(error):
                raise
            self.report(person, error)
            return ours()
        if isinstance(outcome, NotDone) and _lacks_right(outcome.error):
            return ours()
        return outcome

    def help_out(
        self, person: str, ours: Callable[[], Outcome], own: Callable[[GitLab], Outcome]
    ) -> Outcome:
        """Write as us; in the person's name where we may not touch what is theirs."""
        try:
            outcome = ours()
        except Refused as refused:
            outcome = NotDone(refused)
        if person in self.ids and isinstance(outcome, NotDone) and _lacks_right(outcome.error):
            return own(self.open(person))
        return outcome

    def wrote(self, person: str, author_id: str) -> bool:
        """Return whether an account of the instance is that person's."""
        return bool(author_id) and self.ids.get(person) == author_id


def _lacks_right(error: Exception) -> bool:
    return isinstance(error, Denied) or (isinstance(error, Refused) and error.code in _NO_RIGHT)
