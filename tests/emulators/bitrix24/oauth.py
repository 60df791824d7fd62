"""The OAuth server: codes and refresh tokens for pairs, and app.info.

https://apidocs.bitrix24.com/settings/oauth/index.html
"""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tests.emulators.bitrix24.api import clock_block, read_params
from tests.emulators.bitrix24.errors import RestError
from tests.emulators.bitrix24.methods.app import portal_app_info
from tests.emulators.bitrix24.records import Token
from tests.emulators.bitrix24.state import ACCESS_SECONDS, Portal
from tests.emulators.bitrix24.wire import Request, Response

CODE_SECONDS = 30


class OAuthError(Exception):
    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(error)
        self.status, self.error, self.description = status, error, description


@dataclass
class OAuthServer:
    """Serves every portal that names it. `info_shape`: what app.info looks like, sdk or portal.

    `keeps_old_access`: whether a refresh leaves the previous access token alive.
    """

    portals: list[tuple[Portal, Callable[[], str]]] = field(default_factory=list)
    url: str = ""
    info_shape: str = "sdk"
    keeps_old_access: bool = False
    requests: Counter[str] = field(default_factory=Counter)

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://")

    @property
    def rest(self) -> str:
        return f"{self.url}/rest/"

    def answer(self, request: Request) -> Response:
        try:
            params = read_params(request)
            match request.path.rstrip("/").removesuffix(".json"):
                case "/oauth/token":
                    return self._token(params)
                case "/rest/app.info":
                    return self._app_info(params)
                case _:
                    raise RestError(404, "ERROR_METHOD_NOT_FOUND", "Method not found!")
        except OAuthError as error:
            body = {"error": error.error, "error_description": error.description}
            return Response.json(error.status, body)
        except RestError as error:
            return Response.json(error.status, error.body())

    def _token(self, params: Mapping[str, Any]) -> Response:
        grant = params.get("grant_type")
        self.requests[str(grant)] += 1
        grants = {"authorization_code": self._by_code, "refresh_token": self._by_refresh}
        if grant not in grants:
            raise OAuthError(400, "invalid_request", "Invalid grant_type parameter")
        portal, user_id = grants[grant](params)
        with portal.lock:
            return Response.json(200, self._pair(portal, portal.issue(user_id)))

    def _client(self, portal: Portal, params: Mapping[str, Any]) -> None:
        app = portal.app
        same_id = params.get("client_id") == app.client_id
        secret = str(params.get("client_secret") or "")
        if not same_id or not hmac.compare_digest(secret, app.client_secret):
            raise OAuthError(401, "invalid_client", "Invalid client credentials")
        if not app.present:
            raise OAuthError(401, "NOT_INSTALLED", "Application is not installed")
        if app.payment_required:
            raise OAuthError(401, "PAYMENT_REQUIRED", "Payment required")

    def _by_code(self, params: Mapping[str, Any]) -> tuple[Portal, int]:
        for portal, _ in self.portals:
            code = portal.codes.get(str(params.get("code") or ""))
            if code is not None:
                self._client(portal, params)
                del portal.codes[str(params["code"])]
                if portal.now() - code[1] <= timedelta(seconds=CODE_SECONDS):
                    return portal, code[0]
        raise OAuthError(400, "invalid_grant", "Invalid authorization code")

    def _by_refresh(self, params: Mapping[str, Any]) -> tuple[Portal, int]:
        """A refresh token works once: its successor comes with the answer."""
        given = str(params.get("refresh_token") or "")
        for portal, _ in self.portals:
            with portal.lock:
                token = portal.refresh_tokens.get(given)
                if token is None:
                    continue
                self._client(portal, params)
                del portal.refresh_tokens[given]
                if not self.keeps_old_access:
                    portal.tokens.pop(token.access, None)
                if portal.now() < token.refresh_expires:
                    return portal, token.user_id
        if not any(params.get("client_id") == p.app.client_id for p, _ in self.portals):
            raise OAuthError(401, "invalid_client", "Invalid client credentials")
        raise OAuthError(400, "invalid_grant", "Invalid refresh token")

    def _pair(self, portal: Portal, token: Token) -> dict[str, Any]:
        return {
            "access_token": token.access,
            "client_endpoint": self.endpoint(portal),
            "domain": self.host,
            "expires": int(token.expires.timestamp()),
            "expires_in": ACCESS_SECONDS,
            "member_id": portal.member_id,
            "refresh_token": token.refresh,
            "scope": ",".join(sorted(portal.app.scopes)),
            "server_endpoint": self.rest,
            "status": portal.app.status,
            "user_id": token.user_id,
        }

    def endpoint(self, portal: Portal) -> str:
        return next(url() for known, url in self.portals if known is portal)

    def _app_info(self, params: Mapping[str, Any]) -> Response:
        access = str(params.get("auth") or "")
        self.requests["app.info"] += 1
        for portal, _ in self.portals:
            token = portal.tokens.get(access)
            if token is None:
                continue
            if portal.now() >= token.expires:
                raise RestError(401, "expired_token", "The access token provided has expired.")
            shapes = {"sdk": self._sdk_info, "portal": self._portal_info}
            result = shapes[self.info_shape](portal, token)
            time = clock_block(portal, portal.now().timestamp())
            return Response.json(200, {"result": result, "time": time})
        code = "NO_AUTH_FOUND" if not access else "INVALID_TOKEN"
        raise RestError(401, code, "Wrong authorization data")

    def _sdk_info(self, portal: Portal, token: Token) -> dict[str, Any]:
        """The shape the official SDK reads; the vendor shows no sample of it."""
        endpoint = self.endpoint(portal)
        scope = ",".join(sorted(portal.app.scopes))
        install = {
            "installed": portal.app.installed,
            "version": str(portal.app.version),
            "status": portal.app.status,
            "scope": scope,
            "domain": endpoint.removeprefix("http://").removesuffix("/rest/"),
            "uri": endpoint.removesuffix("rest/"),
            "client_endpoint": endpoint,
            "member_id": portal.member_id,
            "member_type": "BITRIX24",
        }
        return {
            "client_id": portal.app.client_id,
            "scope": scope,
            "expires": portal.iso(token.expires),
            "install": install,
            "user_id": token.user_id,
        }

    def _portal_info(self, portal: Portal, token: Token) -> dict[str, Any]:
        return portal_app_info(portal)
