"""The access token of a connection: its beginning and end, and a new one in its place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sync.core.audit import probing
from sync.errors import Refused
from sync.gitlab.api.client import GitLab
from sync.gitlab.json_fields import mapping, start_of_day, text, timestamp

SELF = "/personal_access_tokens/self"
ROTATE_BEFORE = timedelta(days=30)  # the end; half of the token's life where that is less
LONGEST_LIFE = timedelta(days=364)  # GitLab allows a year by default
SHORTEST_LIFE = timedelta(days=7)
USUAL_LIFE = timedelta(days=90)  # of a token whose beginning is not known


@dataclass(frozen=True, slots=True)
class TokenLife:
    """When a token was made, and the midnight at which it ends; None where that is not told."""

    made_at: datetime | None = None
    ends_at: datetime | None = None


def read_token_life(client: GitLab) -> TokenLife:
    """Ask whether the token is accepted, and until when. Raises Later, and Denied where it is not.

    OAuth tokens and instances before 15.5 have no such address: there the user is asked for.
    https://docs.gitlab.com/api/personal_access_tokens/#self-inform
    """
    try:
        with probing():
            token = mapping(client.get(SELF))
    except Refused:
        client.get("/user")
        return TokenLife()
    return TokenLife(timestamp(token.get("created_at")), start_of_day(token.get("expires_at")))


def is_rotation_due(life: TokenLife, now: datetime) -> bool:
    """Tell whether it is time for a new token. Pure; an expired token cannot be rotated."""
    if life.ends_at is None or life.ends_at <= now:
        return False
    left, whole = life.ends_at - now, life.ends_at - (life.made_at or life.ends_at - USUAL_LIFE)
    return left <= min(ROTATE_BEFORE, whole / 2)


def next_end(life: TokenLife, now: datetime) -> date:
    """Return the last day of the new token: it lives as long as the one before. Pure."""
    made_at = life.made_at or now - USUAL_LIFE
    whole = (life.ends_at or now + USUAL_LIFE) - made_at
    return (now + min(max(whole, SHORTEST_LIFE), LONGEST_LIFE)).date()


def rotate_token(client: GitLab, ends_on: date) -> str:
    """Return a new token; the one that asks is revoked with the answer. Raises SyncError.

    It is asked for once: a second request with the token that was revoked would revoke the new one
    too (GitLab takes it for a stolen one). https://docs.gitlab.com/api/personal_access_tokens/
    #rotate-a-personal-access-token (16.10; tokens of projects and groups since 17.9)
    """
    answer = mapping(client.post(f"{SELF}/rotate", {"expires_at": ends_on.isoformat()}))
    token = text(answer.get("token"))
    if not token:
        raise Refused(
            "GitLab answered to the rotation without a new token",
            cause="Something between this service and GitLab changes its answers",
            change="Issue a new token and put it into the connection",
            code="no_token_given",
        )
    return token
