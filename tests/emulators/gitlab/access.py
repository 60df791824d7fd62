"""Who is asking and what they may do: tokens, scopes, roles, limits.

https://docs.gitlab.com/api/rest/authentication/ ;
https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from email.utils import formatdate
from urllib.parse import unquote

from tests.emulators.gitlab.entities import (
    PLANNER,
    REPORTER,
    Group,
    MergeRequest,
    Project,
    Token,
    User,
)
from tests.emulators.gitlab.state import State
from tests.emulators.gitlab.web import ApiError, Request, forbidden, not_found

EXPIRED = "Token is expired. You can either do re-authorization or token refresh."
REVOKED = "Token was revoked. You have to re-authorize from the user."
TOO_LOW = "The request requires higher privileges than provided by the access token."
MINUTE = 60


def unauthorized() -> ApiError:
    return ApiError(401, {"message": "401 Unauthorized"})


def find_token(state: State, request: Request) -> Token | None:
    """The token of PRIVATE-TOKEN, Authorization: Bearer or JOB-TOKEN; None: nobody asks.

    Raises 401 for a token that is unknown, expired or revoked.
    """
    job = request.header("JOB-TOKEN")
    value = request.header("PRIVATE-TOKEN") or _bearer(request) or job
    if not value:
        return None
    token = state.tokens.get(value)
    if token is None or (token.kind == "job") != (value == job):
        raise unauthorized()
    if token.kind == "oauth" and value == request.header("PRIVATE-TOKEN"):
        raise unauthorized()  # that header is for access tokens alone
    if token.revoked:
        if request.method == "POST" and request.path.endswith(
            "/personal_access_tokens/self/rotate"
        ):
            _revoke_family(state, token)
        raise ApiError(401, {"error": "invalid_token", "error_description": REVOKED})
    is_over = token.ends_at and token.ends_at <= state.now()
    if is_over or (token.expires_at and token.expires_at <= state.now().date()):
        raise ApiError(401, {"error": "invalid_token", "error_description": EXPIRED})
    return token


def _revoke_family(state: State, stolen: Token) -> None:
    """A revoked token that is rotated once more was stolen: what came of it is revoked, too.

    https://docs.gitlab.com/api/personal_access_tokens/#automatic-reuse-detection
    """
    for token in state.tokens.values():
        if token.family == stolen.family and token.family:
            token.revoked = True


def _bearer(request: Request) -> str:
    scheme, _, value = request.header("Authorization").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else ""


def check_scope(token: Token, allowed: tuple[str, ...]) -> None:
    if token.kind != "job" and not set(token.scopes) & {"api", *allowed}:
        wanted = " ".join(("api", *allowed))
        raise ApiError(
            403,
            {"error": "insufficient_scope", "error_description": TOO_LOW, "scope": wanted},
        )


def project(state: State, key: str, actor: User | None, *, level: int = 0) -> Project:
    """The project of an id or a URL-encoded path. 404 if hidden, 403 if `level` is not reached."""
    name = unquote(key)
    found = state.projects.get(int(name)) if name.isdigit() else _by_path(state, name)
    role = state.access_level(actor, found) if found and actor else 0
    if found is None or (role == 0 and found.visibility != "public"):
        raise not_found("Project")
    if role < level:
        raise forbidden()
    return found


def code(state: State, key: str, actor: User | None) -> Project:
    """The project of one who may see its code: a guest of a private one gets 403."""
    found = project(state, key, actor)
    role = state.access_level(actor, found) if actor else 0
    if found.visibility == "private" and role < REPORTER:
        raise forbidden()
    return found


def planner(state: State) -> int:
    """The least role that plans: sees what is confidential, sets labels, assignees, dates, time.

    https://docs.gitlab.com/user/permissions/ ; the role Planner came with 17.7.
    """
    return PLANNER if state.at_least(17, 7) else REPORTER


def sees_hidden(state: State, place: Project, actor: User | None) -> bool:
    """Confidential issues and internal notes are for planners and above."""
    return bool(actor and state.access_level(actor, place) >= planner(state))


def _by_path(state: State, path: str) -> Project | None:
    return next((one for one in state.projects.values() if one.path == path), None)


def group(state: State, key: str, actor: User | None, *, level: int = 0) -> Group:
    name = unquote(key)
    for found in state.groups.values():
        if name in (str(found.id), found.path):
            role = found.members.get(actor.id, 0) if actor else 0
            if role == 0 and found.visibility != "public":
                break
            if role < level:
                raise forbidden()
            return found
    raise not_found("Group")


def merge_request(place: Project, iid: str) -> MergeRequest:
    found = place.merge_requests.get(int(iid)) if iid.isdigit() else None
    if found is None:
        raise not_found()
    return found


@dataclass
class RateLimit:
    """`per_minute` requests a minute and user; None: as many as they like."""

    per_minute: int | None = None
    _seen: dict[tuple[int, int], int] = field(default_factory=lambda: defaultdict(int))

    def check(self, state: State, actor: User | None) -> dict[str, str]:
        """Headers for the answer. Raises 429, as plain text in GitLab's own words."""
        if self.per_minute is None:
            return {}
        now = int(state.now().timestamp())
        window = (actor.id if actor else 0, now // MINUTE)
        self._seen[window] += 1
        headers = self._headers(now, self._seen[window])
        if self._seen[window] <= self.per_minute:
            return headers
        wait = MINUTE - now % MINUTE
        throttled = {
            "RateLimit-ResetTime": formatdate(now + wait, usegmt=True),
            "Retry-After": str(wait),
            "Content-Type": "text/plain",
        }
        raise ApiError(429, {"text": "Retry later\n"}, headers | throttled)

    def _headers(self, now: int, seen: int) -> dict[str, str]:
        return {
            "RateLimit-Name": "throttle_authenticated_api",
            "RateLimit-Limit": str(self.per_minute),
            "RateLimit-Observed": str(seen),
            "RateLimit-Remaining": str(max(0, (self.per_minute or 0) - seen)),
            "RateLimit-Reset": str(now + MINUTE - now % MINUTE),
        }


@dataclass
class Few:
    """The limit of tests and resends: five a minute for each hook."""

    per_minute: int = 5
    _seen: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))

    def check(self, state: State, what: str) -> None:
        minute = (what, int(state.now().timestamp()) // MINUTE)
        self._seen[minute] += 1
        if self._seen[minute] > self.per_minute:
            text = "This endpoint has been requested too many times. Try again later."
            raise ApiError(429, {"message": {"error": text}})
