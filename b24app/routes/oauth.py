"""GET /b24/oauth/start and /b24/oauth/callback: the window in which people agree at GitLab."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from b24app.auth import page_tokens
from b24app.auth.rate_limit import SIGN_INS
from b24app.deps import Deps
from b24app.errors import page_language
from b24app.routes.sign_ins import COOKIE, COOKIE_PATH
from b24app.texts import page_texts

MAX_ANSWER = 500  # characters of a code or a state


def blueprint(deps: Deps) -> Blueprint:
    """Return the routes of the window."""
    here = Blueprint("oauth", __name__, url_prefix="/b24/oauth")

    @here.get("/start")
    def start() -> str:
        """Wait for the ticket of the page that opened this window."""
        return _page("oauth_start.html")

    @here.get("/callback")
    def callback() -> Response:
        """Take GitLab's answer. What it says of an error is shown to nobody: anybody can write it.

        https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2
        """
        from b24app.services import sign_ins  # python-gitlab is large

        deps.limits.admit("callback", SIGN_INS, address=request.remote_addr)
        state, code = (request.args.get(name, "")[:MAX_ANSWER] for name in ("state", "code"))
        browser = request.cookies.get(COOKIE, "")
        if request.args.get("error"):
            code = ""
        account = sign_ins.finish_sign_in(deps, state, browser, code)
        answer = Response(_page("oauth_done.html", account=account))
        answer.delete_cookie(COOKIE, path=COOKIE_PATH)
        return answer

    return here


def _page(name: str, **values: str) -> str:
    language = page_language()
    return render_template(
        name,
        words=page_texts(language),
        language=language,
        nonce=page_tokens.script_nonce(),
        **values,
    )
