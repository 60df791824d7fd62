"""Who and where: version, tokens, users, groups, projects."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from tests.emulators.gitlab import access, paging, shown
from tests.emulators.gitlab.entities import Project
from tests.emulators.gitlab.web import ApiError, Reply, Request, not_found, page

if TYPE_CHECKING:
    from tests.emulators.gitlab.api import Api


def version(api: Api, request: Request) -> Reply:
    return Reply({"version": api.state.version, "revision": "0f1e2d3c4b5"})


def metadata(api: Api, request: Request) -> Reply:
    enterprise = api.state.edition == "ee"
    kas = {"enabled": False, "externalUrl": None, "version": None}
    return Reply(version(api, request).body | {"kas": kas, "enterprise": enterprise})


def current(api: Api, request: Request) -> Reply:
    """The asking user sees their own address."""
    own = {"email": request.actor.email, "commit_email": request.actor.email}
    more = {"bot": request.actor.bot, "two_factor_enabled": False, "can_create_project": True}
    return Reply(shown.user(api.state, request.actor) | own | more)


def own_token(api: Api, request: Request) -> Reply:
    if request.token.kind == "oauth":
        text = "This endpoint requires token type to be a personal access token"
        raise ApiError(400, {"message": f"400 Bad request - {text}"})
    return Reply(shown.token(request.token))


def rotate_own_token(api: Api, request: Request) -> Reply:
    """A new token in the place of the asking one, which is revoked in the same moment.

    https://docs.gitlab.com/api/personal_access_tokens/#rotate-a-personal-access-token
    """
    old, state = request.token, api.state
    if not {"api", "self_rotate"} & set(old.scopes):
        raise ApiError(403, {"error": "insufficient_scope"})
    today = state.now().date()
    asked = request.text("expires_at")
    try:
        ends = date.fromisoformat(asked) if asked else today + timedelta(days=7)
    except ValueError:
        raise ApiError(400, {"error": "expires_at is invalid"}) from None
    if not today < ends <= today + timedelta(days=365):
        raise ApiError(400, {"message": "400 Bad request - Expiration date must be within a year"})
    old.family, old.revoked = old.family or old.id, True
    new = state.add_token(state.users[old.user_id].username, scopes=old.scopes, expires_at=ends)
    new.created_at = state.now().strftime("%Y-%m-%dT%H:%M:%S.000Z")
    new.family, new.name = old.family, old.name
    return Reply(shown.token(new) | {"token": new.value})


def index(api: Api, request: Request) -> Reply:
    """`username`: exact, whatever the case; `search`: name, username, public address."""
    name, part = request.text("username").lower(), request.text("search").lower()
    found = [
        user
        for user in sorted(api.state.users.values(), key=lambda one: -one.id)
        if (not name or user.username.lower() == name)
        and (not part or _matches(part, user.username, user.name, user.public_email))
    ]
    return page(request, found, lambda one: shown.basic(api.state, one.id))


def _matches(part: str, username: str, name: str, address: str) -> bool:
    return part in username.lower() or part in name.lower() or part == address.lower()


def show(api: Api, request: Request, user_id: str) -> Reply:
    found = api.state.users.get(int(user_id)) if user_id.isdigit() else None
    if found is None:
        raise not_found("User")
    more = {"bot": found.bot, "created_at": "2026-01-01T00:00:00.000Z"}
    return Reply(shown.user(api.state, found) | more)


def group(api: Api, request: Request, group: str) -> Reply:
    return Reply(shown.group(api.state, access.group(api.state, group, request.actor)))


def group_projects(api: Api, request: Request, group: str) -> Reply:
    found = access.group(api.state, group, request.actor)
    deep = request.flag("include_subgroups")
    inside = [
        one
        for one in _visible(api, request)
        if one.group_id == found.id or (deep and one.path.startswith(f"{found.path}/"))
    ]
    return page(request, inside, lambda one: shown.project(api.state, one))


def projects(api: Api, request: Request) -> Reply:
    """Filters: membership, min_access_level, search; keyset paging by id."""
    level = request.number("min_access_level", 1 if request.flag("membership") else 0)
    part = request.text("search").lower()
    found = [
        one
        for one in _visible(api, request)
        if _level(api, request, one) >= level and part in one.path.lower()
    ]
    return paging.either(request, found, lambda one: _shown(api, request, one), kind="Project")


def project(api: Api, request: Request, project: str) -> Reply:
    return Reply(_shown(api, request, access.project(api.state, project, request.actor)))


def _visible(api: Api, request: Request) -> list[Project]:
    """Newest first."""
    return [
        one
        for one in sorted(api.state.projects.values(), key=lambda one: -one.id)
        if one.visibility == "public" or _level(api, request, one)
    ]


def _level(api: Api, request: Request, one: Project) -> int:
    return api.state.access_level(request.actor, one) if request.actor else 0


def _shown(api: Api, request: Request, one: Project) -> dict:
    return shown.project(api.state, one, _level(api, request, one))
