"""create_app: the only place where the parts of the web process meet."""

from __future__ import annotations

from flask import Flask, Response
from werkzeug.middleware.proxy_fix import ProxyFix

from b24app import api, ci, errors, events, health, hooks, install, panel, security
from b24app.acting import acting
from b24app.deps import Deps

LARGEST_REQUEST = 1_000_000  # bytes, of everything but code host hooks


def create_app(deps: Deps) -> Flask:
    """The WSGI app. The caller starts `deps.inbox` in the process that serves."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 31_536_000  # seconds; built names hold a hash
    app.json.sort_keys = False  # type: ignore[attr-defined]
    errors.install(app)
    security.install(app)
    for room in (install, panel, events, hooks, ci, api, health):
        app.register_blueprint(room.blueprint(deps))
    if proxies := deps.config.trusted_proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies
        )
    _act_for_nobody_else(app)
    return app


def _act_for_nobody_else(app: Flask) -> None:
    """Threads serve one request after another; a streamed answer ends when it is closed."""

    @app.before_request
    def _begin() -> None:
        acting.set("")

    @app.after_request
    def _end(response: Response) -> Response:
        response.call_on_close(lambda: acting.set(""))
        return response
