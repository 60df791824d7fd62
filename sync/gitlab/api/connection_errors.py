"""Meanings of requests to GitLab that got no answer. Pure."""

from __future__ import annotations

import requests

from sync.connection_flaws import certificate_flaw, never_connected, proxy_wants_login
from sync.errors import Later, Refused, SyncError
from sync.sentences import sentence

PROXY_LOGIN = "The proxy wants a name and a password"
CHECK_PROXY = "Check `proxy` of the connection, such as http://user:password@proxy:3128"
_CHECK_ADDRESS = "Check `url` of the connection, and that this machine reaches it"
_FIREWALL = "A firewall swallows the connection, or the address is wrong"
_CERTIFICATES = {
    "expired": (
        "It has expired, or this machine's clock is wrong",
        "Renew the certificate of GitLab",
    ),
    "name": (
        "It is the certificate of another name",
        "Set the connection's base URL to the name that the certificate is of",
    ),
    "authority": (
        "A self-hosted instance has its own certificate authority",
        "Put that authority's certificate (PEM) into the connection's ca_file",
    ),
}


def error_from_exception(error: Exception, *, request: str, write: bool) -> SyncError:
    """Return the error of a request without an answer; its text names no header and no token."""
    match error:
        case requests.exceptions.SSLError() if _speaks_no_tls(error):
            return Refused(
                sentence("{request} failed: GitLab speaks no HTTPS there", request=request),
                cause="The address begins with https://, and what answers there speaks plain HTTP, "
                "or the port is another service's",
                change="Set the connection's base URL to the address that GitLab shows in the "
                "browser",
                code="tls",
            )
        case requests.exceptions.SSLError():
            return Refused(
                sentence(
                    "{request} failed: the certificate of GitLab is not trusted", request=request
                ),
                cause=_CERTIFICATES[certificate_flaw(error)][0],
                change=_CERTIFICATES[certificate_flaw(error)][1],
                code="tls",
            )
        case requests.exceptions.ProxyError():
            wants_login = proxy_wants_login(error)
            return Later(
                sentence("{request} failed at the proxy", request=request),
                cause=PROXY_LOGIN if wants_login else "The connection's proxy does not answer",
                change=CHECK_PROXY,
                code="proxy",
            )
        case requests.exceptions.ConnectTimeout():
            return Later(
                sentence("{request} failed: GitLab cannot be reached in time", request=request),
                cause=_FIREWALL,
                change=_CHECK_ADDRESS,
                code="timeout",
            )
        case requests.exceptions.Timeout():
            return Later(
                sentence("{request} got no answer in time", request=request),
                sent=write,
                code="timeout",
            )
        case requests.exceptions.ConnectionError() if never_connected(error):
            return Later(
                sentence("{request} failed: GitLab cannot be reached", request=request),
                cause="The name or the port is wrong, or GitLab is down",
                change=_CHECK_ADDRESS,
                code="connection",
            )
        case requests.exceptions.ConnectionError() | requests.exceptions.ChunkedEncodingError():
            return Later(
                sentence("{request} was cut off", request=request),
                sent=write,
                cause="GitLab went down meanwhile, or it speaks only https:// there",
                code="connection",
            )
        case requests.RequestException():
            return Refused(
                sentence(
                    "{request} cannot be sent ({name})", request=request, name=type(error).__name__
                ),
                cause="The base URL is not a web address",
                change="Set the connection's base URL, such as https://gitlab.example.com",
                code="request",
            )
        case _:
            return Refused(
                sentence(
                    "{request} cannot be sent: the connection's ca_file cannot be read",
                    request=request,
                ),
                change="Put a readable file with PEM certificates there",
                code="tls",
            )


def _speaks_no_tls(error: Exception) -> bool:
    """Return whether the handshake failed before any certificate was shown."""
    text = str(error)
    return "WRONG_VERSION_NUMBER" in text or "RECORD_LAYER_FAILURE" in text
