"""/api/sign-ins and /api/accounts: signing in at GitLab, for a connection or for oneself.

The page opens `/b24/oauth/start` in a window of its own, as GitLab shows in no frame, hands it the
ticket, and asks from time to time how the sign-in stands.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify, request

from b24app.auth.rate_limit import SIGN_INS
from b24app.deps import Deps
from b24app.errors import RequestRejected, page_language
from b24app.routes.page_requests import (
    json_body,
    limit_acts,
    person_name,
    require_admin,
    require_visitor,
)
from b24app.texts import translate
from sync.sentences import sentence
from sync.settings.secrets import can_be_token
from sync.store import oauth_sign_ins
from sync.store.db.database import read
from sync.store.oauth_sign_ins import LIFE

COOKIE, COOKIE_PATH = "b24bridge_sign_in", "/b24/oauth"
START = "/b24/oauth/start"
MAX_SECRET = 500  # characters
MAX_ID = 2**63 - 1


def add_sign_in_routes(here: Blueprint, deps: Deps) -> None:
    """Add the routes of sign-ins and of people's own accounts."""
    _add_begin_routes(here, deps)
    _add_account_routes(here, deps)

    @here.post("/gitlab-applications")
    def store_application() -> Response:
        """Store an application that was registered in GitLab; its secret is never shown again."""
        from b24app.services import sign_ins

        visitor, portal = require_admin(deps)
        names = ("url", "client_id", "client_secret")
        url, client_id, secret = (_plain(name) for name in names)
        person = person_name(deps, visitor)
        url = sign_ins.store_application(deps, portal, url, client_id, secret, person)
        return jsonify(url=url)


def _add_begin_routes(here: Blueprint, deps: Deps) -> None:
    @here.post("/sign-ins")
    def begin() -> Response:
        """Begin a sign-in, for the connection (administrators) or for the visitor (`personal`)."""
        from b24app.services import sign_ins  # python-gitlab is large

        personal = json_body().get("personal") is True
        visitor, portal = require_visitor(deps) if personal else require_admin(deps)
        limit_acts(deps, visitor, "sign_in")
        name = str(json_body().get("connection") or "")
        sign_in_id, ticket = sign_ins.begin_sign_in(deps, visitor, portal, name, personal=personal)
        seconds = int(LIFE.total_seconds())
        return jsonify(id=sign_in_id, ticket=ticket, window=START, seconds=seconds)

    @here.get("/sign-ins/<int:sign_in_id>")
    def state(sign_in_id: int) -> Response:
        """Say how a sign-in of the visitor stands: asked, sent, used, connected, refused, over."""
        visitor, portal = require_visitor(deps)
        with read(deps.engine) as conn:
            sign_in = oauth_sign_ins.find(
                conn,
                min(sign_in_id, MAX_ID),
                portal_id=portal.id,
                user_id=visitor.user_id,
                now=deps.clock.now(),
            )
        if sign_in is None:
            return jsonify(state="over", problem="", change="")
        texts = (translate(page_language(), part) for part in (sign_in.problem, sign_in.change))
        problem, change = texts
        return jsonify(state=sign_in.state, problem=problem, change=change)

    @here.post("/sign-ins/consent")
    def consent() -> Response:
        """Give the window its cookie and the consent page's address, for the ticket; once.

        Only a page of our own may ask: a form elsewhere could give a stranger's ticket.
        """
        from b24app.services import sign_ins

        deps.limits.admit("consent", SIGN_INS, address=request.remote_addr)
        if not _is_our_page(deps) or not request.is_json:
            raise RequestRejected(403, "foreign_page", "Another site asks for this")
        url, browser = sign_ins.send_to_consent(deps, str(json_body().get("ticket") or ""))
        answer = jsonify(url=url)
        answer.set_cookie(
            COOKIE,
            browser,
            max_age=LIFE,
            path=COOKIE_PATH,
            httponly=True,
            samesite="Lax",
            secure=deps.config.public_url.startswith("https:"),
        )
        return answer


def _add_account_routes(here: Blueprint, deps: Deps) -> None:
    @here.get("/accounts")
    def accounts() -> Response:
        """List where the visitor may sign in for themselves, and as whom they did."""
        from b24app.services import sign_ins

        visitor, _ = require_visitor(deps)
        rows = sign_ins.list_own_accounts(deps, visitor)
        language = page_language()
        return jsonify(
            accounts=[row | {"problem": translate(language, row["problem"])} for row in rows]
        )

    @here.post("/accounts/<name>/disconnect")
    def disconnect(name: str) -> Response:
        """End the visitor's own sign-in; `revoked` False: GitLab could not be told."""
        from b24app.services import sign_ins

        visitor, _ = require_visitor(deps)
        limit_acts(deps, visitor, "sign_in")
        return jsonify(revoked=sign_ins.disconnect_own_account(deps, visitor, name))


def _is_our_page(deps: Deps) -> bool:
    """Return whether the request comes from a page at our own address."""
    origin = urlsplit(request.headers.get("Origin", ""))
    ours = (urlsplit(request.host_url), urlsplit(deps.config.public_url))
    return any((origin.scheme, origin.netloc) == (own.scheme, own.netloc) for own in ours)


def _plain(name: str) -> str:
    """Return a field of the request. Raises RequestRejected (400) for what cannot be one."""
    value = str(json_body().get(name) or "").strip()
    if not value or len(value) > MAX_SECRET or not can_be_token(value):
        raise RequestRejected(
            400, "bad_request", sentence("`{name}` is missing, or cannot be one", name=name)
        )
    return value
