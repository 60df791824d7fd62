"""GET and POST /b24/install: the installation page of a local and of a market application.

Who opens the service's own address in a browser is told the same.

https://apidocs.bitrix24.com/settings/app-installation/installation-finish.html
"""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from b24app.deps import Deps
from b24app.errors import RequestRejected, page_language
from b24app.services import portals, visitors
from b24app.services.placement_login import log_in, render_page, render_plain_install
from b24app.texts import page_texts
from sync.bitrix24.tasks.readable import PageUser


def blueprint(deps: Deps) -> Blueprint:
    """Return the routes of the installation."""
    here = Blueprint("install", __name__)

    @here.get("/")
    @here.get("/b24/install")
    def explain() -> Response:
        language = page_language()
        return Response(
            render_template("explain.html", words=page_texts(language), language=language)
        )

    @here.post("/b24/install")
    def install() -> Response:
        entered = log_in(deps)
        if not entered.user.admin:
            raise RequestRejected(
                403,
                "not_admin",
                "Only an administrator of the portal installs the application",
                "Ask an administrator of the portal to install it",
            )
        portal = portals.store_installation(
            deps,
            entered.credentials,
            application_token=entered.placement.application_token,
            language=entered.placement.language,
            anew=True,
        )
        return render_page(deps, entered, portal, "install")

    @here.post("/b24/install/again")
    def again() -> Response:
        """Run the steps again, from the button of the plain page."""
        visitor, portal = visitors.read_visitor(deps, request.form.get("page_token", ""))
        if not visitor.admin:
            raise visitors.page_expired()
        user = PageUser(visitor.user_id, visitor.admin)
        token = visitors.issue_token(deps, portal, user, visitor.access_token)
        return render_plain_install(deps, portal, {"language": portal.language, "token": token})

    return here
