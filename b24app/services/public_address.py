"""The public address, found right or wrong: called through itself, compared with the page's own."""

from __future__ import annotations

from contextvars import ContextVar
from urllib.parse import urlsplit

import requests

from b24app.clients import Clients
from sync.bitrix24.install.steps import AddressProblem
from sync.connection_flaws import certificate_flaw
from sync.errors import SyncError
from sync.net import guarded_session

# The address at which the request of this thread was made, as far as proxies tell; "" elsewhere.
asked_address: ContextVar[str] = ContextVar("asked_address", default="")
_SECONDS = 5.0
_ALIVE = {"alive": True}


def check_public_address(clients: Clients) -> AddressProblem | None:
    """Return what is wrong with B24BRIDGE_PUBLIC_URL; None where this service answers there.

    A service that a browser has just reached at that address may be unable to reach it itself:
    that is told, and stops nothing. A certificate that a browser let pass is another matter.
    """
    public, asked = clients.config.public_url, asked_address.get()
    if not public:
        return AddressProblem("address_missing", {})
    if asked and not _same_origin(asked, public):
        same_host = urlsplit(asked).netloc == urlsplit(public).netloc
        key = "address_scheme" if same_host else "address_differs"
        return AddressProblem(key, {"asked": asked, "public": public})
    return _call_itself(clients, public, was_asked=bool(asked))


def _call_itself(clients: Clients, public: str, *, was_asked: bool) -> AddressProblem | None:
    try:
        answer = _session(clients).get(f"{public}/healthz", timeout=_SECONDS, allow_redirects=False)
    except requests.exceptions.SSLError as error:
        key = f"address_certificate_{certificate_flaw(error)}"
        return AddressProblem(key, {"public": public}, change="correct_certificate")
    except (requests.RequestException, SyncError) as error:
        key = "address_silent_here" if was_asked else "address_silent"
        reason = error.code if isinstance(error, SyncError) else type(error).__name__
        values = {"public": public, "answer": reason}
        return AddressProblem(key, values, fatal=not was_asked)
    if answer.status_code == 200 and _json(answer) == _ALIVE:
        return None
    return AddressProblem("address_foreign", {"public": public, "answer": str(answer.status_code)})


def _session(clients: Clients) -> requests.Session:
    """Return a session that trusts what a self-hosted portal would trust, too."""
    config = clients.config
    return guarded_session(config.allowed_networks, further_ca_file=config.portal_ca_file or None)


def _same_origin(asked: str, public: str) -> bool:
    first, second = urlsplit(asked), urlsplit(public)
    return (first.scheme, _host(first.netloc, first.scheme)) == (
        second.scheme,
        _host(second.netloc, second.scheme),
    )


def _host(netloc: str, scheme: str) -> str:
    return netloc.lower().removesuffix(":443" if scheme == "https" else ":80")


def _json(answer: requests.Response) -> object:
    try:
        return answer.json()
    except (ValueError, RecursionError):
        return None
