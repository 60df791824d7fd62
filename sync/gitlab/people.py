"""GitLab users as people: from hooks, from API answers and by look-up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.core.model import Person
from sync.gitlab.reading import mapping, mappings, text, whole

if TYPE_CHECKING:
    from sync.gitlab.client import GitLab

HIDDEN = "[REDACTED]"  # what a hook says instead of an e-mail that is not public


def email(value: object) -> str | None:
    """An e-mail address, None where it is hidden or absent.

    https://docs.gitlab.com/user/project/integrations/webhook_events/
    """
    address = text(value).strip()
    return address if address != HIDDEN and "@" in address.strip("@") else None


def person(value: object) -> Person | None:
    """A user object of a hook or of the API; None where it has no id (old system hooks)."""
    user = mapping(value)
    user_id = whole(user.get("id"))
    if user_id is None:
        return None
    address = email(user.get("public_email")) or email(user.get("email"))
    return Person(user_id, text(user.get("username")), text(user.get("name")), address)


def people(value: object) -> tuple[Person, ...]:
    return tuple(found for item in mappings(value) if (found := person(item)))


def pusher(payload: dict[str, object]) -> Person | None:
    """Who pushed: push hooks name the user in flat fields."""
    names = ("id", "username", "name", "email")
    return person({name: payload.get(f"user_{name}") for name in names})


def read(client: GitLab, user_id: int) -> Person | None:
    """A user with the public e-mail that hooks leave out. Raises SyncError.

    https://docs.gitlab.com/api/users/#retrieve-a-user
    """
    return person(client.get(f"/users/{user_id}"))


def find(client: GitLab, username: str) -> Person | None:
    """The user of exactly this name, None where there is none. Raises SyncError.

    https://docs.gitlab.com/api/users/#list-users
    """
    return next(iter(people(list(client.list("/users", username=username)))), None)
