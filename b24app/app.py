"""create_app: the only place where the parts of the web process meet."""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from b24app import api, ci, errors, events, health, hooks, install, panel, security
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
    return app
