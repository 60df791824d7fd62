"""GET and POST /b24/install: the installation page of a local and of a market application.

https://apidocs.bitrix24.com/settings/app-installation/installation-finish.html
"""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from b24app.deps import Deps
from b24app.errors import RequestRejected, page_language
from b24app.services import portals
from b24app.services.placement_login import log_in, render_page, render_plain_install
from b24app.texts import page_texts


def blueprint(deps: Deps) -> Blueprint:
    """Return the routes of the installation."""
    here = Blueprint("install", __name__)

    @here.get("/b24/install")
    def explain() -> Response:
        language = page_language()
        return Response(
            render_template("explain.html", words=page_texts(language), language=language)
        )

    @here.post("/b24/install")
    def install() -> Response:
        entered = log_in(deps)
        if portals.find_portal(deps, entered.credentials.member_id) and not entered.user.admin:
            raise RequestRejected(
                403, "not_admin", "Only an administrator of the portal installs the application"
            )
        portal = portals.store_installation(
            deps,
            entered.credentials,
            application_token=entered.placement.application_token,
            language=entered.placement.language,
        )
        return render_page(deps, entered, portal, "install")

    @here.post("/b24/install/again")
    def again() -> Response:
        """Run the steps again, from the button of the plain page."""
        visitor = deps.tokens.read(request.form.get("page_token", ""), deps.clock.now())
        if visitor is None or not visitor.admin:
            raise RequestRejected(401, "page_over", "This page was open too long", "Open it again")
        portal = portals.require_portal(deps, visitor.portal_id)
        token = deps.tokens.issue(visitor, deps.clock.now())
        return render_plain_install(deps, portal, {"language": portal.language, "token": token})

    return here
