"""Log-in to a page: the portal's POST in its frame is verified, then a page token is issued."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, g, render_template, request, url_for

from b24app import assets
from b24app.auth import page_tokens
from b24app.auth.rate_limit import PAGES, PORTAL_PAGES
from b24app.auth.request_body import read_body
from b24app.deps import Deps
from b24app.errors import RequestRejected, page_language
from b24app.services import portals, visitors
from b24app.services.install_steps import run_steps
from b24app.services.merge_request_search import Search, newest_page, page_json
from b24app.services.own_rules import edited_groups
from b24app.texts import page_texts
from sync.bitrix24.events import parse as events_parse
from sync.bitrix24.events.parse import PlacementRequest
from sync.bitrix24.install.results import StepResult
from sync.bitrix24.install.steps import STEP_NAMES
from sync.bitrix24.rest.credentials import Credentials
from sync.bitrix24.tasks.readable import PageUser
from sync.engine.load.scope import Scope
from sync.settings.apply import current_settings
from sync.store.db.database import read
from sync.store.rows import PortalRecord

MAX_FORM_BYTES = 1_000_000
STEPS = STEP_NAMES


@dataclass(frozen=True, slots=True)
class PlacementLogin:
    """A verified visit: the request as sent, its proven credentials, and their user."""

    placement: PlacementRequest
    credentials: Credentials
    user: PageUser


def log_in(deps: Deps) -> PlacementLogin:
    """Verify the frame of this request. Raises RequestRejected, shown inside that frame."""
    try:
        frame = events_parse.parse_placement(
            request.args, events_parse.parse_form(read_body(MAX_FORM_BYTES))
        )
    except events_parse.BadForm as error:
        raise RequestRejected(
            400, "not_from_bitrix24", "This page opens inside Bitrix24", str(error)
        ) from None
    # Before the portal is proven, its frame may show only an error without any button.
    page_tokens.allow_framing_by(frame.client_endpoint)
    g.language = frame.language
    deps.limits.admit("page", PAGES, address=request.remote_addr)
    proven = portals.prove_credentials(deps, frame.credentials(deps.clock.now()))
    deps.limits.trust(request.remote_addr)
    deps.limits.admit("page", PORTAL_PAGES, portal=proven.member_id)
    page_tokens.allow_framing_by(proven.client_endpoint)
    return PlacementLogin(
        frame,
        proven,
        visitors.identify_user(deps, proven, portals.find_portal(deps, proven.member_id)),
    )


def render_page(
    deps: Deps,
    entered: PlacementLogin,
    portal: PortalRecord,
    view: str,
    *,
    task_id: int | None = None,
    group_id: int | None = None,
) -> Response:
    """Return the shell of a view, with the page token inside: no secret is ever in a URL."""
    access_token = entered.credentials.access_token
    config: dict[str, Any] = {
        "view": view,
        "language": page_language(),
        "token": visitors.issue_token(deps, portal, entered.user, access_token),
        "seconds": int(page_tokens.PAGE_TOKEN_TTL.total_seconds()),
        "portal": portal.client_endpoint.removesuffix("rest/"),
        "admin": entered.user.admin,
        "edits": bool(edited_groups(deps, portal, entered.user.user_id)[1]),
        "prefix": _reference_prefix(deps, portal),
        "steps": STEPS,
        "taskId": task_id,
        "groupId": group_id,
        "first": _first_answer(deps, entered, portal) if view == "overview" else None,
    }
    built = assets.find_assets(view=view)
    if built is None and view == "install":
        return render_plain_install(deps, portal, config)
    return render_shell(config, built)


def _first_answer(
    deps: Deps, entered: PlacementLogin, portal: PortalRecord
) -> dict[str, Any] | None:
    """Return an administrator's first list of merge requests, so that the page need not ask.

    Others wait for the portal to say what they may open.
    """
    if not entered.user.admin:
        return None
    with read(deps.engine) as conn:
        scope = Scope(portal.id, deps.clients.rules(portal.id), deps.clock.now())
        return page_json(newest_page(conn, scope, Search(), 1), 1)


def _reference_prefix(deps: Deps, portal: PortalRecord) -> str:
    with read(deps.engine) as conn:
        return current_settings(conn, portal).references.prefix


def render_shell(config: dict[str, Any], built: assets.Assets | None) -> Response:
    """Return the page that loads the frontend; a plain one where it was not built."""
    texts = page_texts(config["language"])
    title = texts["install" if config["view"] == "install" else "title"]
    values = {"config": config, "words": texts, "title": title, "nonce": page_tokens.script_nonce()}
    if built is None:
        return Response(render_template("plain.html", steps=None, **values))
    return Response(render_template("page.html", assets=built, **values))


def render_plain_install(deps: Deps, portal: PortalRecord, config: dict[str, Any]) -> Response:
    """Run the steps and return them as a plain page, for want of the built frontend."""
    steps: list[StepResult] = list(run_steps(deps.clients, portal))
    portals.activate_portal(deps, portal.id, [step.name for step in steps if not step.ok])
    page_tokens.allow_script("https://api.bitrix24.com")
    texts = page_texts(config["language"])
    return Response(
        render_template(
            "plain.html",
            config=config,
            words=texts,
            title=texts["install"],
            nonce=page_tokens.script_nonce(),
            steps=steps,
            again=url_for("install.again"),
        )
    )
