"""The only place where the parts of the web process are wired together: `create_app`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix

from b24app import errors
from b24app.auth import page_tokens
from b24app.auth.current_user import current_user
from b24app.deps import Deps
from b24app.direct_deliveries import EXTENSION, DirectDeliveries
from b24app.routes import (
    api,
    ci_reports,
    events,
    health,
    install,
    metrics,
    oauth,
    placements,
    youtrack_hints,
)
from b24app.routes import webhooks as routes_webhooks
from b24app.services.public_address import asked_address
from sync.deadlines import limit_outbound

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MAX_REQUEST_BYTES = 1_000_000  # of every request but webhooks
OUTBOUND_SECONDS = 5.0  # of all calls that one request makes


def create_app(deps: Deps) -> Flask:
    """Return the WSGI app. The caller starts `deps.inbox` in the process that serves."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_REQUEST_BYTES
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 31_536_000  # seconds; built names hold a hash
    app.json.sort_keys = False  # type: ignore[attr-defined]
    errors.install_error_handlers(app)
    page_tokens.install_headers(app)
    receivers = (events, routes_webhooks, youtrack_hints, ci_reports)
    for room in (install, placements, oauth, *receivers, api, health, metrics):
        app.register_blueprint(room.blueprint(deps))
    if proxies := deps.config.trusted_proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies
        )
    app.wsgi_app = _limit_calls(app.wsgi_app)  # type: ignore[assignment,method-assign]
    _reset_current_user(app)
    _remember_address(app)
    app.extensions[EXTENSION] = DirectDeliveries(deps)
    return app


def _limit_calls(serve: WSGIApplication) -> WSGIApplication:
    """Let what a request asks of others end in time: somebody waits, and a thread with them.

    An answer that is streamed sets limits of its own.
    """

    def limited(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with limit_outbound(OUTBOUND_SECONDS):
            return serve(environ, start_response)

    return limited


def _remember_address(app: Flask) -> None:
    """Keep the address at which each request was made: an installation compares it."""

    @app.before_request
    def _begin() -> None:
        asked_address.set(request.host_url.rstrip("/"))

    @app.after_request
    def _end(response: Response) -> Response:
        response.call_on_close(lambda: asked_address.set(""))
        return response


def _reset_current_user(app: Flask) -> None:
    """Clear the user around each request: threads serve one request after another.

    A streamed answer ends when it is closed.
    """

    @app.before_request
    def _begin() -> None:
        current_user.set("")

    @app.after_request
    def _end(response: Response) -> Response:
        response.call_on_close(lambda: current_user.set(""))
        return response
