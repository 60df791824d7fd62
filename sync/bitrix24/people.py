"""Who of the portal is who on the code host: by mapping, then by e-mail. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sync.core.model import Person, PortalUser


def by_email(users: Iterable[PortalUser]) -> dict[str, int]:
    """Active users by e-mail in lower case; an address that several share names nobody."""
    found: dict[str, set[int]] = {}
    for user in users:
        if user.active and user.email:
            found.setdefault(_plain(user.email), set()).add(user.id)
    return {email: min(ids) for email, ids in found.items() if len(ids) == 1}


def match(
    person: Person,
    *,
    explicit: Mapping[str, int],
    emails: Mapping[str, int],
    commit_email: str | None = None,
) -> int | None:
    """The portal user of `person`: the explicit mapping (by username), the public e-mail, then the
    one in the person's own commits. `emails` is what `by_email` gives."""
    mapped = {_plain(name): user for name, user in explicit.items()}.get(_plain(person.username))
    if mapped is not None:
        return mapped
    known = (emails.get(_plain(email)) for email in (person.email, commit_email) if email)
    return next((user for user in known if user is not None), None)


def _plain(text: str) -> str:
    return text.strip().casefold()
