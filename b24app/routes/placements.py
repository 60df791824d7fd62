"""POST /b24/app, /b24/task, /b24/group: the application's page, tabs of tasks and workgroups."""

from __future__ import annotations

from flask import Blueprint, Response

from b24app.deps import Deps
from b24app.errors import RequestRejected
from b24app.services import flow_metrics, portals
from b24app.services.placement_login import PlacementLogin, log_in, render_page
from sync.store.db.database import read
from sync.store.rows import PortalRecord


def blueprint(deps: Deps) -> Blueprint:
    """Return the routes of the pages."""
    here = Blueprint("panel", __name__)

    @here.post("/b24/app")
    def app() -> Response:
        entered = log_in(deps)
        portal = _page_portal(deps, entered)
        # The first administrator who comes finishes an installation, unless a worker does so.
        unfinished = portal.state == "installing" and not portal.state_reason and entered.user.admin
        task_id = entered.placement.task_id
        view = "install" if unfinished else "task" if task_id else "overview"
        return render_page(deps, entered, portal, view, task_id=task_id)

    @here.post("/b24/task")
    def task() -> Response:
        entered = log_in(deps)
        portal = _page_portal(deps, entered)
        view = "task" if entered.placement.task_id else "overview"
        return render_page(deps, entered, portal, view, task_id=entered.placement.task_id)

    @here.post("/b24/group")
    def group() -> Response:
        entered = log_in(deps)
        portal = _page_portal(deps, entered)
        _prepare_metrics(deps, portal, entered.placement.group_id)
        return render_page(deps, entered, portal, "flow", group_id=entered.placement.group_id)

    return here


def _prepare_metrics(deps: Deps, portal: PortalRecord, group_id: int | None) -> None:
    """Begin to read what the page asks for when it has come; who may see it is asked then."""
    rules = deps.clients.rules(portal.id)
    with read(deps.engine) as conn:
        every = flow_metrics.project_choices(conn, portal.id, rules)
    own = [choice for choice in every if choice.group_id == group_id]
    if own:
        flow_metrics.prepare_flow(deps.flows, deps.engine, own, deps.clock.now())


def _page_portal(deps: Deps, entered: PlacementLogin) -> PortalRecord:
    """Return the page's portal; an administrator reconnects one that is unknown or disconnected.

    They also take over from somebody who is gone, in whose name the application worked until now.
    Then the page runs the install steps, and a worker does so too if the page is closed. Raises
    RequestRejected (409) for other users.
    """
    portal = portals.find_portal(deps, entered.credentials.member_id)
    connected = portal is not None and portal.state != "disconnected"
    if portal is not None and connected and not _takes_over(deps, entered, portal):
        return portals.update_endpoint(deps, portal, entered.credentials.client_endpoint)
    if not entered.user.admin:
        raise RequestRejected(
            409,
            "not_installed",
            "The application is not connected to this portal",
            "Ask an administrator of the portal to open it once",
        )
    return portals.store_installation(
        deps,
        entered.credentials,
        application_token=entered.placement.application_token,
        language=entered.placement.language,
        in_background=True,
    )


def _takes_over(deps: Deps, entered: PlacementLogin, portal: PortalRecord) -> bool:
    """Return whether the visitor is an administrator, and whoever connected the portal is not.

    Who connected it takes over from themselves where the stored tokens cannot be read.
    """
    if not entered.user.admin:
        return False
    if portal.token_user_id == entered.user.user_id:
        return not portals.tokens_open(deps, portal.id)
    return not portals.holder_is_admin(deps, portal)
