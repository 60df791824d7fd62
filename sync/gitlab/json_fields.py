"""Tolerant readers of JSON values: what is missing or of another type reads as empty. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeVar

from sync.core.model.common import Person

_T = TypeVar("_T")
_MAX_INTEGER = 2**63 - 1  # what a database's integer column holds


class UnreadablePayload(Exception):
    """A payload lacks what its event is built on; the text says what, for people."""


def mapping(value: object) -> dict[str, Any]:
    """Return `value` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def mappings(value: object) -> list[dict[str, Any]]:
    """Return the objects in a list, without its other items."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text(value: object) -> str:
    """Return a string that every database stores: no NUL characters, no lone surrogates."""
    if not isinstance(value, str):
        return ""
    if value.isascii() and "\x00" not in value:  # most are
        return value
    return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def web_url(value: object) -> str:
    """Return an http(s) address, "" for anything else, as it will be shown as a link."""
    address = text(value)
    return address if address.startswith(("https://", "http://")) else ""


def positive_int(value: object) -> int | None:
    """Return an id or number above 0; None for anything else, `true` included."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 < value <= _MAX_INTEGER else None


def whole_seconds(value: object) -> int | None:
    """Return a duration in whole seconds; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value <= _MAX_INTEGER else None


def count(value: object) -> int:
    """Return how many there are, 0 where the payload does not say."""
    return positive_int(value) or 0


def require(value: _T | None, why: str) -> _T:
    """Return `value`. Raises UnreadablePayload with `why` where it is None or ""."""
    if value is None or value == "":
        raise UnreadablePayload(why)
    return value


def require_kind(payload: dict[str, Any], *kinds: str) -> str:
    """Return which of `kinds`, those its header allows, the body is. Raises UnreadablePayload.

    Old system hooks name it in `event_name`: https://docs.gitlab.com/administration/system_hooks/
    """
    kind = text(payload.get("object_kind")) or text(payload.get("event_name"))
    if kind not in kinds:
        raise UnreadablePayload(
            f"object_kind is {kind or 'missing'}, not {' or '.join(kinds)}: a custom webhook "
            "template? Remove the template in the webhook's settings"
        )
    return kind


_COMMIT_SHA = re.compile(r"[0-9a-f]{8,64}")


def _commit_sha(payload: dict[str, Any]) -> str:
    """Return the whole commit id. The payload has it at the end of an address, else shortened."""
    short = text(payload.get("short_sha"))
    whole_sha = web_url(payload.get("commit_url")).rstrip("/").rpartition("/")[2]
    sha = whole_sha if _COMMIT_SHA.fullmatch(whole_sha) else short
    if not _COMMIT_SHA.fullmatch(sha):
        raise UnreadablePayload("the deployment names no commit")
    return sha


_TIMESTAMP = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})[T ](?P<time>[0-9]{2}:[0-9]{2}:[0-9]{2})"
    r"(?:\.(?P<fraction>[0-9]+))?"
    r" ?(?P<zone>UTC|Z|[+-][0-9]{2}:?[0-9]{2})?"
)


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def timestamp(value: object) -> datetime | None:
    """Return the moment in UTC that `value` names; None where it names none.

    Hooks write "2016-08-12 15:23:28 UTC", "2021-04-28 21:50:00 +0200" or ISO 8601; the REST API
    writes ISO 8601 with milliseconds. Fractions are cut, because hooks cut them: otherwise a hook
    sent just after an API read of the same second would look older than what was read.
    https://docs.gitlab.com/user/project/integrations/webhook_events/
    """
    return _whole_second(value) if isinstance(value, str) else None


@lru_cache(maxsize=512)  # the events of a burst name the same moments again and again
def _whole_second(value: str) -> datetime | None:
    moment = exact_timestamp(value)
    return moment.replace(microsecond=0) if moment else None


def exact_timestamp(value: object) -> datetime | None:
    """Return the moment in UTC that `value` names, with its fraction; None where it names none.

    Hooks of issues tell it as the API does from 17.0 on: so they can be told from each other.
    """
    match = _TIMESTAMP.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    zone = match["zone"] if match["zone"] not in (None, "UTC", "Z") else "+00:00"
    fraction = f"{match['fraction'] or '':0<6.6}"
    try:
        text = f"{match['day']}T{match['time']}.{fraction}{zone}"
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def start_of_day(value: object) -> datetime | None:
    """Return the first moment (UTC) of a bare date such as a token's `expires_at`."""
    if isinstance(value, str) and _DAY.fullmatch(value):
        return timestamp(f"{value} 00:00:00 UTC")
    return timestamp(value)


HIDDEN_EMAIL = "[REDACTED]"  # what a hook says instead of an e-mail that is not public


def email(value: object) -> str | None:
    """Return an e-mail address; None where it is hidden or absent.

    https://docs.gitlab.com/user/project/integrations/webhook_events/
    """
    address = text(value).strip()
    return address if address != HIDDEN_EMAIL and "@" in address.strip("@") else None


def person(value: object) -> Person | None:
    """Return the user of a hook's or the API's object; None without an id (old system hooks)."""
    user = mapping(value)
    user_id = positive_int(user.get("id"))
    if user_id is None:
        return None
    address = email(user.get("public_email")) or email(user.get("email"))
    return Person(user_id, text(user.get("username")), text(user.get("name")), address)


def people(value: object) -> tuple[Person, ...]:
    """Return the users in a list, without those that have no id."""
    return tuple(member for item in mappings(value) if (member := person(item)))


def pusher(payload: dict[str, object]) -> Person | None:
    """Return the user who pushed: push hooks name them in flat fields."""
    names = ("id", "username", "name", "email")
    return person({name: payload.get(f"user_{name}") for name in names})
