"""Why a connection failed, as the text of its error says it. Pure."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import NewConnectionError


def proxy_wants_login(error: requests.exceptions.ProxyError) -> bool:
    """Return whether a proxy refused the way to an https:// address without name and password.

    No answer is read then: http.client says the status in the error's text.
    https://docs.python.org/3/library/http.client.html#http.client.HTTPConnection.set_tunnel
    """
    return "Tunnel connection failed: 407" in str(error)


def certificate_flaw(
    error: requests.exceptions.SSLError,
) -> Literal["expired", "name", "authority"]:
    """Return what is wrong with a certificate; OpenSSL's reasons stand in the error's text.

    https://docs.openssl.org/master/man3/X509_STORE_CTX_get_error/
    """
    text = str(error)
    if "certificate has expired" in text or "not yet valid" in text:
        return "expired"
    return "name" if "mismatch, certificate is not valid for" in text else "authority"


def never_connected(error: Exception) -> bool:
    """Return whether nothing was sent: the name is unknown, or nobody listens there."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return isinstance(reason, NewConnectionError)


def leads_to_https(response: requests.Response) -> bool:
    """Return whether a redirect leads from http to https of the same host."""
    asked, target = urlsplit(response.url or ""), urlsplit(response.headers.get("Location", ""))
    changed = asked.scheme == "http" and target.scheme == "https"
    return response.is_redirect and changed and asked.hostname == target.hostname
