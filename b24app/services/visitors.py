"""Who looks at a page, and which tasks they may open: asked of the portal with their own token.

Nothing is believed for longer than the times in `b24app.auth.visit_cache`, so that a dismissed
employee's or a withdrawn administrator's page ends within minutes.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TypeVar

from b24app.auth.page_tokens import Visitor
from b24app.auth.rate_limit import VISITS
from b24app.auth.visit_cache import (
    READABLE_TTL,
    UNREADABLE_TTL,
    USER_TTL,
    Membership,
    VisitKey,
)
from b24app.deps import Deps
from b24app.errors import RequestRejected, error_text
from sync.bitrix24.rest.client import Portal
from sync.bitrix24.rest.credentials import Credentials
from sync.bitrix24.rest.limits import Allowance, full_allowance
from sync.bitrix24.rest.throttle import Throttle
from sync.bitrix24.tasks.readable import (
    MAX_TASKS_ASKED,
    ROWS_PER_LIST,
    PageUser,
    own_workgroups,
    read_profile,
    readable_tasks,
)
from sync.errors import Denied, Later, SyncError
from sync.store import portals
from sync.store.db.database import read
from sync.store.rows import PortalRecord

T = TypeVar("T")
_SCOPE_MISSING = "INSUFFICIENT_SCOPE"


def issue_token(deps: Deps, portal: PortalRecord, user: PageUser, access_token: str) -> str:
    """Return a page token for a user whom the portal has just confirmed."""
    visitor = Visitor(portal.id, user.user_id, user.admin, portal.installation, access_token)
    now = deps.clock.now()
    deps.visits.users.put(_key(visitor), user.admin, now, USER_TTL)
    return deps.tokens.issue(visitor, now)


def read_visitor(deps: Deps, token: str) -> tuple[Visitor, PortalRecord]:
    """Return the visitor of a page token, as the portal confirms them now, and their portal.

    Raises RequestRejected: 401 where the page is over, 404 where the portal was removed, 503 where
    it cannot be asked.
    """
    visitor = deps.tokens.read(token, deps.clock.now())
    if visitor is None:
        raise page_expired()
    with read(deps.engine) as conn:
        portal = portals.by_id(conn, visitor.portal_id)
    if portal is not None and portal.state == "removed":
        raise RequestRejected(404, "no_portal", "The portal is not installed here")
    if portal is None or not _is_of_installation(visitor, portal):
        raise page_expired()
    return _confirm(deps, visitor, portal), portal


def _is_of_installation(visitor: Visitor, portal: PortalRecord) -> bool:
    """Return whether the page was opened in the present installation (constant time)."""
    present = portal.installation.encode()
    return bool(present) and hmac.compare_digest(visitor.installation.encode(), present)


def page_expired() -> RequestRejected:
    """Return the error of a page that has to be opened again."""
    return RequestRejected(401, "page_over", "This page was open too long", "Open it again")


def _confirm(deps: Deps, visitor: Visitor, portal: PortalRecord) -> Visitor:
    """Return the visitor with the rights that the portal says they have."""
    key, now = _key(visitor), deps.clock.now()
    admin = deps.visits.users.get(key, now)
    if admin is None:
        try:
            user = identify_user(deps, _credentials(portal, visitor.access_token), portal)
        except RequestRejected as error:
            raise page_expired() if error.status == 401 else error from None
        if user.user_id != visitor.user_id:
            raise page_expired()
        admin = user.admin
        deps.visits.users.put(key, admin, now, USER_TTL)
    return replace(visitor, admin=visitor.admin and admin)


def proves_same_user(deps: Deps, visitor: Visitor, portal: PortalRecord, access_token: str) -> bool:
    """Return whether the portal says that this token is the visitor's; remember their rights."""
    if not access_token:
        return False
    try:
        user = identify_user(deps, _credentials(portal, access_token), portal, _key(visitor))
    except RequestRejected:
        return False
    if user.user_id != visitor.user_id:
        return False
    deps.visits.users.put(_key(visitor), user.admin, deps.clock.now(), USER_TTL)
    return True


def is_admin(deps: Deps, visitor: Visitor) -> bool:
    """Return whether the portal said so within the last minutes."""
    return deps.visits.users.get(_key(visitor), deps.clock.now()) is True


def identify_user(
    deps: Deps,
    proven: Credentials,
    portal: PortalRecord | None = None,
    asked_by: VisitKey | None = None,
) -> PageUser:
    """Return the user of these tokens. Raises RequestRejected (401, 503).

    `asked_by`: whose requests it counts as; by default the tokens' user's, who must be proven.

    https://apidocs.bitrix24.com/api-reference/common/users/profile.html
    """
    try:
        user = read_profile(_open_portal(deps, proven, portal, asked_by))
    except SyncError as error:
        raise _rejection(error, "no_profile") from None
    return user if user.user_id else replace(user, user_id=proven.user_id)


def identify_again(deps: Deps, portal: PortalRecord, user_id: int, access_token: str) -> PageUser:
    """Return what a visitor is now, by their own token. Raises RequestRejected.

    Whose page had none is what the portal said within the last minutes.
    """
    if access_token:
        return identify_user(deps, _credentials(portal, access_token), portal)
    key = VisitKey(portal.id, portal.installation, user_id)
    admin = deps.visits.users.get(key, deps.clock.now())
    if admin is None:
        raise page_expired()
    return PageUser(user_id, admin)


def find_readable(
    deps: Deps, visitor: Visitor, portal: PortalRecord, task_ids: Collection[int]
) -> frozenset[int]:
    """Return which of these tasks the visitor may open in Bitrix24.

    An administrator opens every task. Others are asked for with the visitor's own token, up to
    MAX_TASKS_ASKED of them; the answer is kept for a short while. Raises RequestRejected (401,
    503).
    """
    if visitor.admin:
        return frozenset(task_ids)
    key, now = _key(visitor), deps.clock.now()
    cached = {id_: deps.visits.tasks.get((key, id_), now) for id_ in task_ids}
    unknown = sorted(id_ for id_, readable in cached.items() if readable is None)
    readable = frozenset(id_ for id_, readable in cached.items() if readable)
    if not unknown:
        return readable
    asked = unknown[-MAX_TASKS_ASKED:]
    client = _open_portal(deps, _credentials(portal, visitor.access_token), portal)
    try:
        opened = readable_tasks(client, asked)
    except SyncError as error:
        raise _rejection(error, "no_tasks") from None
    for id_ in asked:
        ttl = READABLE_TTL if id_ in opened else UNREADABLE_TTL
        deps.visits.tasks.put((key, id_), id_ in opened, now, ttl)
    return readable | opened


def ask_portal(
    deps: Deps, visitor: Visitor, portal: PortalRecord, question: Callable[[Portal], T]
) -> T:
    """Return what the portal answers to the visitor's own token.

    Raises RequestRejected (401, 503).
    """
    try:
        return question(_open_portal(deps, _credentials(portal, visitor.access_token), portal))
    except SyncError as error:
        raise _rejection(error, "not_readable") from None


def find_own_workgroups(
    deps: Deps, visitor: Visitor, portal: PortalRecord, group_ids: Collection[int]
) -> frozenset[int]:
    """Return which of these workgroups the visitor is in; an administrator sees all of them.

    Others are asked for as in `name_workgroups`. Raises RequestRejected (401, 503).
    """
    if visitor.admin:
        return frozenset(group_ids)
    return frozenset(name_workgroups(deps, visitor, portal, group_ids))


def name_workgroups(
    deps: Deps, visitor: Visitor, portal: PortalRecord, group_ids: Collection[int]
) -> dict[int, str]:
    """Return the names of those workgroups that the visitor is in, by their ids.

    They are asked for with the visitor's own token, the first ROWS_PER_LIST of them; where the
    application lacks the right to ask (`sonet_group`), there are none. Raises RequestRejected (401,
    503).
    """
    key, now = _key(visitor), deps.clock.now()
    cached = {id_: deps.visits.groups.get((key, id_), now) for id_ in group_ids}
    own = {id_: entry.name for id_, entry in cached.items() if entry and entry.member}
    asked = sorted(id_ for id_, entry in cached.items() if entry is None)[:ROWS_PER_LIST]
    if not asked:
        return own
    client = _open_portal(deps, _credentials(portal, visitor.access_token), portal)
    try:
        answer = own_workgroups(client, asked)
    except SyncError as error:
        if error.code != _SCOPE_MISSING:
            raise _rejection(error, "no_groups") from None
        answer = {}
    for id_ in asked:
        ttl = READABLE_TTL if id_ in answer else UNREADABLE_TTL
        membership = Membership(id_ in answer, answer.get(id_, ""))
        deps.visits.groups.put((key, id_), membership, now, ttl)
    return own | answer


def _rejection(error: SyncError, code: str) -> RequestRejected:
    status = 503 if isinstance(error, Later) else 401
    return RequestRejected(status, error.code or code, error_text(error), error.change)


def _key(visitor: Visitor) -> VisitKey:
    return VisitKey(visitor.portal_id, visitor.installation, visitor.user_id)


def _credentials(portal: PortalRecord, access_token: str) -> Credentials:
    return Credentials(
        portal.member_id, portal.client_endpoint, portal.server_endpoint, access_token, ""
    )


def _open_portal(
    deps: Deps,
    credentials: Credentials,
    portal: PortalRecord | None,
    asked_by: VisitKey | None = None,
) -> Portal:
    """Return a client with a visitor's own token, which is never renewed or stored.

    Raises RequestRejected (429) where too many are wanted.
    """
    user = asked_by or hashlib.sha256(credentials.access_token.encode()).digest()
    deps.limits.admit("visit", VISITS, user=user, portal=credentials.member_id)
    return Portal(
        credentials,
        deps.clients.app_keys,
        tokens=_VisitTokens(credentials),
        throttle=Throttle(_VisitAllowance(full_allowance(deps.clock.now())), deps.clock),
        call_log=deps.clients.call_log(
            "bitrix24", portal.id if portal else None, user=credentials.user_id
        ),
        session=deps.clients.session(),
    )


@dataclass(slots=True)
class _VisitTokens:
    """Tokens of a page's visitor: used as they are, never renewed or stored."""

    credentials: Credentials

    def load(self) -> Credentials:
        return self.credentials

    @contextmanager
    def refreshing(self) -> Iterator[None]:
        raise Denied("The access token of this page is over", change="Open the page again")
        yield

    def save(self, credentials: Credentials) -> None:
        self.credentials = credentials

    def domain_moved(self, client_endpoint: str) -> None:
        self.credentials = replace(self.credentials, client_endpoint=client_endpoint)


@dataclass(slots=True)
class _VisitAllowance:
    """An allowance for the few calls of one request."""

    allowance: Allowance

    def change(self, step: Callable[[Allowance], tuple[Allowance, T]]) -> T:
        self.allowance, answer = step(self.allowance)
        return answer
