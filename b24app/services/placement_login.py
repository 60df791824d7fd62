"""How a page is entered: the portal's POST in its frame is proven, then a page token is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, g, render_template, request, url_for

from b24app import assets
from b24app.auth import page_tokens
from b24app.auth.page_tokens import Visitor
from b24app.auth.request_body import body
from b24app.deps import Deps
from b24app.errors import Unwelcome, language
from b24app.services import portals
from b24app.services.install_steps import set_up
from b24app.texts import words
from sync.bitrix24.events import parse as events_parse
from sync.bitrix24.events.parse import Frame
from sync.bitrix24.install.steps import StepResult
from sync.bitrix24.rest.credentials import Credentials
from sync.settings.apply import current
from sync.store.db.database import read
from sync.store.rows import PortalRecord

LARGEST_FORM = 1_000_000  # bytes
# The order in which sync.bitrix24.install takes them.
STEPS = ("rights", "scopes", "events", "placements", "fields", "features")


@dataclass(frozen=True, slots=True)
class Entered:
    """Who came in: the frame as told, what was proven of it, and the user it belongs to."""

    frame: Frame
    proven: Credentials
    user: portals.Opener


def enter(deps: Deps) -> Entered:
    """Proves the frame of this request. Raises Unwelcome, shown inside the frame it came from."""
    try:
        frame = events_parse.parse_frame(request.args, events_parse.parse_form(body(LARGEST_FORM)))
    except events_parse.BadForm as error:
        raise Unwelcome(
            400, "not_from_bitrix24", "This page opens inside Bitrix24", str(error)
        ) from None
    # Only an error without anything to press is shown before the portal is proven.
    page_tokens.allow_framing_by(frame.client_endpoint)
    g.language = frame.language
    proven = portals.prove(deps, frame.credentials(deps.clock.now()))
    page_tokens.allow_framing_by(proven.client_endpoint)
    return Entered(frame, proven, portals.opener(deps, proven))


def page(
    deps: Deps,
    entered: Entered,
    portal: PortalRecord,
    view: str,
    *,
    task_id: int | None = None,
) -> Response:
    """The shell of a view, with the page token inside: no secret is ever in a URL."""
    visitor = Visitor(portal.id, entered.user.user_id, entered.user.admin)
    config: dict[str, Any] = {
        "view": view,
        "language": language(),
        "token": deps.tokens.issue(visitor, deps.clock.now()),
        "seconds": int(page_tokens.PAGE_TOKEN_LIFE.total_seconds()),
        "portal": portal.client_endpoint.removesuffix("rest/"),
        "admin": visitor.admin,
        "prefix": _prefix(deps, portal),
        "steps": STEPS,
        "taskId": task_id,
    }
    built = assets.find()
    if built is None and view == "install":
        return plain(deps, portal, config)
    return shell(config, built)


def _prefix(deps: Deps, portal: PortalRecord) -> str:
    with read(deps.engine) as conn:
        return current(conn, portal).references.prefix


def shell(config: dict[str, Any], built: assets.Assets | None) -> Response:
    said = words(config["language"])
    title = said["install" if config["view"] == "install" else "title"]
    values = {"config": config, "words": said, "title": title, "nonce": page_tokens.nonce()}
    if built is None:
        return Response(render_template("plain.html", steps=None, **values))
    return Response(render_template("page.html", assets=built, **values))


def plain(deps: Deps, portal: PortalRecord, config: dict[str, Any]) -> Response:
    """The installation without the built frontend: the steps run here and are listed."""
    steps: list[StepResult] = list(set_up(deps.rooms, portal))
    portals.activate(deps, portal.id, [step.name for step in steps if not step.ok])
    page_tokens.allow_script("https://api.bitrix24.com")
    said = words(config["language"])
    return Response(
        render_template(
            "plain.html",
            config=config,
            words=said,
            title=said["install"],
            nonce=page_tokens.nonce(),
            steps=steps,
            again=url_for("install.again"),
        )
    )
