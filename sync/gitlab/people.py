"""GitLab users as people: from hooks and from API answers. Pure."""

from __future__ import annotations

from sync.core.model.common import Person
from sync.gitlab.json_fields import mapping, mappings, positive_int, text

HIDDEN_EMAIL = "[REDACTED]"  # what a hook says instead of an e-mail that is not public


def email(value: object) -> str | None:
    """An e-mail address, None where it is hidden or absent.

    https://docs.gitlab.com/user/project/integrations/webhook_events/
    """
    address = text(value).strip()
    return address if address != HIDDEN_EMAIL and "@" in address.strip("@") else None


def person(value: object) -> Person | None:
    """A user object of a hook or of the API; None where it has no id (old system hooks)."""
    user = mapping(value)
    user_id = positive_int(user.get("id"))
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
