"""Authlib's OAuth 2.0 client, as sync.oauth uses it; imported with the first token asked for."""

from __future__ import annotations

from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.common.urls import add_params_to_uri
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.client import OAuth2Client
from requests.auth import AuthBase


class ClientSignature(AuthBase, ClientAuth):  # type: ignore[misc]  # it comes without types
    """Signs a request to a token endpoint as the client is known there.

    As Authlib's integration of requests does; that one loads OpenID's cryptography, 3 MB in each
    process.
    """

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign the request."""
        request.url, request.headers, request.body = self.prepare(
            request.method, request.url, request.headers, request.body
        )
        return request


class OAuthClient(OAuth2Client):  # type: ignore[misc]
    """Authlib's client with requests' way of signing, for token endpoints alone."""

    client_auth_class = ClientSignature
    oauth_error_class = AuthlibBaseError
    SESSION_REQUEST_PARAMS = ("allow_redirects", "timeout")


def encode_in_query(
    client: Any, method: str, uri: str, headers: Any, body: Any
) -> tuple[str, Any, Any]:
    """Put id and secret into the address, as Bitrix24 prescribes."""
    pairs = [("client_id", client.client_id), ("client_secret", client.client_secret)]
    return add_params_to_uri(uri, pairs), headers, body
