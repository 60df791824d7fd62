"""REST API v4: the table of routes, and what happens to a request before its handler.

https://docs.gitlab.com/api/rest/
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType

from tests.emulators.gitlab import (
    access,
    rest_code,
    rest_commits,
    rest_deployments,
    rest_events,
    rest_hooks,
    rest_issues,
    rest_new_work,
    rest_notes,
    rest_people,
    rest_pipelines,
    rest_refs,
    rest_requests,
    rest_tracker,
)
from tests.emulators.gitlab.deliveries import Deliveries
from tests.emulators.gitlab.issues import (
    rest_discussions,
    rest_labels,
    rest_links,
    rest_time,
    rest_uploads,
    rest_writes,
)
from tests.emulators.gitlab.issues.service import Issues
from tests.emulators.gitlab.keeping import Keeping
from tests.emulators.gitlab.state import State
from tests.emulators.gitlab.talking import Talking
from tests.emulators.gitlab.web import ApiError, Reply, Request, read_params

READ, USER, ANY = ("read_api",), ("read_api", "read_user"), ("*",)
WRITE: tuple[str, ...] = ()
PREFIX = "/api/v4"


@dataclass(frozen=True)
class Route:
    """`scopes`: besides `api`; ANY lets every token in. `job`: CI_JOB_TOKEN may.

    `members`: 401 without a user; else the project's visibility decides. `since`: version.
    `free`: runs without the state's lock, because it posts.
    """

    method: str
    pattern: re.Pattern[str]
    handler: Callable[..., Reply]
    scopes: tuple[str, ...]
    job: bool = False
    members: bool = False
    since: tuple[int, int] = (0, 0)
    edition: str = ""
    free: bool = False


def _route(method: str, path: str, handler: Callable[..., Reply], scopes: tuple, **more) -> Route:
    pattern = re.sub(r":(\w+)", r"(?P<\1>[^/]+)", path)
    return Route(method, re.compile(f"{PREFIX}{pattern}$"), handler, scopes, **more)


P, MR = "/projects/:project", "/projects/:project/merge_requests/:iid"


def _hook_routes(owner: str, edition: str = "") -> list[Route]:
    base = f"/{owner}s/:owner_key/hooks"
    more = {"members": True, "edition": edition}
    handlers = rest_hooks.handlers(owner)
    return [
        _route("GET", base, handlers.index, READ, **more),
        _route("POST", base, handlers.create, WRITE, **more),
        _route("GET", f"{base}/:hook_id", handlers.show, READ, **more),
        _route("PUT", f"{base}/:hook_id", handlers.update, WRITE, **more),
        _route("DELETE", f"{base}/:hook_id", handlers.remove, WRITE, **more),
        _route("POST", f"{base}/:hook_id/test/:trigger", handlers.test, WRITE, free=True, **more),
        _route("GET", f"{base}/:hook_id/events", handlers.events, READ, since=(17, 3), **more),
        _route(
            "POST",
            f"{base}/:hook_id/events/:event_id/resend",
            handlers.resend,
            WRITE,
            since=(17, 4),
            free=True,
            **more,
        ),
    ]


def _integration_routes() -> list[Route]:
    path = f"{P}/integrations/custom-issue-tracker"
    return [
        _route("GET", path, rest_tracker.show, READ, members=True),
        _route("PUT", path, rest_tracker.put, WRITE, members=True),
        _route("DELETE", path, rest_tracker.remove, WRITE, members=True),
    ]


def _read_routes(*modules: ModuleType) -> list[Route]:
    """What only reads, by the tables of the modules that answer."""
    found = []
    for module in modules:
        found += [_route("GET", *row, READ, job=True) for row in module.ROUTES]
        alone = getattr(module, "WITHOUT_JOB_TOKEN", [])
        found += [_route("GET", *row, READ) for row in alone]
    return found


def _note_routes() -> list[Route]:
    return [
        _route(
            method,
            path,
            handler,
            WRITE if writes else READ,
            job=not writes,
            members=writes,
            free=writes,
        )
        for method, path, handler, writes in rest_notes.routes()
    ]


ISSUE_MODULES = (
    rest_discussions,
    rest_labels,
    rest_links,
    rest_time,
    rest_uploads,
    rest_writes,
)


def _issue_routes() -> list[Route]:
    """What writes issues and what belongs to them; lists of these need no job token."""
    found = []
    for module in ISSUE_MODULES:
        found += [
            _route(method, path, rest_writes.writing(handler), WRITE, members=True, free=True)
            for method, path, handler in module.ROUTES
        ]
        reads = getattr(module, "READ_ROUTES", [])
        found += [_route("GET", path, handler, READ) for path, handler in reads]
    found.append(_route("GET", f"{rest_writes.ISSUE}/time_stats", rest_time.stats, READ))
    return found


ROUTES = [
    _route("GET", "/version", rest_people.version, USER, members=True),
    _route("GET", "/metadata", rest_people.metadata, USER, members=True),
    _route("GET", "/user", rest_people.current, USER, members=True),
    _route("GET", "/personal_access_tokens/self", rest_people.own_token, ANY, members=True),
    _route(
        "POST",
        "/personal_access_tokens/self/rotate",
        rest_people.rotate_own_token,
        ANY,
        members=True,
        since=(16, 10),
    ),
    _route("GET", "/users", rest_people.index, USER, members=True),
    _route("GET", "/users/:user_id", rest_people.show, USER, members=True),
    _route("GET", "/groups", rest_people.groups, READ, members=True),
    _route("GET", "/groups/:group", rest_people.group, READ),
    _route("GET", "/groups/:group/projects", rest_people.group_projects, READ),
    _route("GET", "/projects", rest_people.projects, READ),
    _route("GET", P, rest_people.project, READ),
    _route("GET", f"{P}/members/all", rest_people.all_members, READ, members=True),
    _route("GET", f"{P}/merge_requests", rest_requests.index, READ, job=True),
    _route("GET", MR, rest_requests.show, READ, job=True),
    _route("GET", f"{MR}/approvals", rest_requests.approval, READ),
    _route("GET", f"{MR}/approval_state", rest_requests.approval_state, READ, edition="ee"),
    _route("GET", f"{MR}/commits", rest_requests.commits, READ),
    _route("GET", f"{MR}/reviewers", rest_requests.reviewers, READ),
    _route("GET", f"{MR}/pipelines", rest_requests.pipelines, READ),
    *_read_routes(rest_code, rest_commits, rest_deployments, rest_events, rest_issues, rest_refs),
    _route("GET", *rest_code.TRIGGER_JOBS, READ, job=True, since=(19, 2)),
    *_note_routes(),
    *_issue_routes(),
    *_hook_routes("project"),
    *_hook_routes("group", edition="ee"),
    *_integration_routes(),
    *rest_pipelines.routes(_route, P),
    *rest_new_work.routes(_route, P, WRITE),
]


@dataclass
class Api:
    """What handlers work with."""

    state: State
    deliveries: Deliveries
    talking: Talking
    keeping: Keeping
    issues: Issues
    limit: access.RateLimit = field(default_factory=access.RateLimit)
    tests: access.Few = field(default_factory=access.Few)
    resends: access.Few = field(default_factory=access.Few)

    def answer(self, request: Request) -> Reply:
        """The reply to `request`, errors included."""
        extra: dict[str, str] = {}
        try:
            with self.state.lock:
                route, ids = self._match(request)
                request.params = read_params(request)
                self._identify(request, route)
                extra = self.limit.check(self.state, request.actor)
                self._authorize(request, route)
                if not route.free:
                    reply = route.handler(self, request, **ids)
            if route.free:
                reply = route.handler(self, request, **ids)
        except ApiError as error:
            reply = Reply(error.body, error.status, error.headers)
        reply.headers = extra | reply.headers
        return reply

    def _match(self, request: Request) -> tuple[Route, dict[str, str]]:
        fitting = [
            (route, found.groupdict())
            for route in ROUTES
            if self._exists(route) and (found := route.pattern.match(request.path))
        ]
        for route, ids in fitting:
            if route.method == request.method:
                return route, ids
        if fitting:
            raise ApiError(405, {"error": "405 Not Allowed"})
        raise ApiError(404, {"error": "404 Not Found"})

    def _exists(self, route: Route) -> bool:
        return self.state.at_least(*route.since) and route.edition in ("", self.state.edition)

    def _identify(self, request: Request, route: Route) -> None:
        """A job token outside its list is nobody."""
        token = access.find_token(self.state, request)
        if token and token.kind == "job" and not route.job:
            token = None
        request.token = token
        request.actor = self.state.users[token.user_id] if token else None

    def _authorize(self, request: Request, route: Route) -> None:
        if request.token is None:
            if route.members:
                raise access.unauthorized()
        elif route.scopes != ANY:
            access.check_scope(request.token, route.scopes)
