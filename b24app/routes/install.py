"""GET and POST /b24/install: the installation page of a local and of a market application.

https://apidocs.bitrix24.com/settings/app-installation/installation-finish.html
"""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from b24app.deps import Deps
from b24app.errors import Unwelcome, language
from b24app.services import portals
from b24app.services.placement_login import enter, page, plain
from b24app.texts import words


def blueprint(deps: Deps) -> Blueprint:
    here = Blueprint("install", __name__)

    @here.get("/b24/install")
    def explain() -> Response:
        said = language()
        return Response(render_template("explain.html", words=words(said), language=said))

    @here.post("/b24/install")
    def install() -> Response:
        entered = enter(deps)
        if portals.find(deps, entered.proven.member_id) and not entered.user.admin:
            raise Unwelcome(
                403, "not_admin", "Only an administrator of the portal installs the application"
            )
        portal = portals.admit(
            deps,
            entered.proven,
            application_token=entered.frame.application_token,
            language=entered.frame.language,
        )
        return page(deps, entered, portal, "install")

    @here.post("/b24/install/again")
    def again() -> Response:
        """The plain page's button."""
        visitor = deps.tokens.read(request.form.get("page_token", ""), deps.clock.now())
        if visitor is None or not visitor.admin:
            raise Unwelcome(401, "page_over", "This page was open too long", "Open it again")
        portal = portals.portal_of(deps, visitor.portal_id)
        token = deps.tokens.issue(visitor, deps.clock.now())
        return plain(deps, portal, {"language": portal.language, "token": token})

    return here
