"""HTTP sessions that reach only public addresses and the private networks an operator named."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.ssl_ import create_urllib3_context

from sync.addresses import Network, is_permitted
from sync.answer_limits import AnswerTooLarge, close_with, guard_body, read_body, unreadable
from sync.deadlines import Watch, is_limited, seconds_left
from sync.errors import Refused
from sync.plain_http import CarefulSession
from sync.sentences import sentence

Timeout = float | tuple[float, float]

USER_AGENT = "b24bridge/0.1"  # how our requests name us, to every system
# Seconds to connect and to wait for an answer; Bitrix24 ends a request of its own after 60.
TIMEOUT: Timeout = (5.0, 65.0)
TOTAL_SECONDS = 150.0  # of a call, from the first packet to the last
_EVERYWHERE = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))
_watch: ContextVar[Watch | None] = ContextVar("watch", default=None)


def guarded_session(
    allowed_networks: Sequence[str] = (),
    *,
    ca_file: str | None = None,
    proxy: str | None = None,
    further_ca_file: str | None = None,
) -> requests.Session:
    """Return a session that checks every connection by the IP address it really goes to.

    `allowed_networks`: CIDRs that may be reached although they are not public. A forbidden peer
    raises `Refused` before a packet is sent. Proxies, certificates and passwords of the environment
    are ignored: only the arguments count, and no redirect is followed. What has http:// in its
    address gets nothing secret where it sends on to https. `ca_file` takes the place of the public
    authorities, `further_ca_file` stands beside them. Every request has a time limit
    (`TIMEOUT`).
    """
    networks = tuple(ipaddress.ip_network(network, strict=False) for network in allowed_networks)
    session = CarefulSession()
    session.headers["User-Agent"] = USER_AGENT
    session.trust_env = False
    session.verify = ca_file or True
    if proxy:
        session.proxies = {"http": proxy, "https": proxy}
    adapter = _GuardedAdapter(networks, further_ca_file)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _check_addresses(host: str, addresses: Sequence[str], networks: Sequence[Network]) -> list[str]:
    usable = [address for address in addresses if is_permitted(address, networks)]
    if not usable:
        raise Refused(
            sentence("The address of {host} is inside a private network", host=host),
            cause="Addresses given by users may reach only public servers, so that nobody can use "
            "this service to look into the network it runs in",
            change="If the server is meant to be reached, name its network in "
            "B24BRIDGE_ALLOWED_NETWORKS",
            code="private_address",
        )
    return usable


class _GuardedConnection(HTTPConnection):
    """Resolves a name once, checks the addresses, and connects to the very one it checked."""

    networks: tuple[Network, ...] = ()

    def _new_conn(self) -> socket.socket:
        name = self._dns_host
        failure: Exception | None = None
        for address in _check_addresses(name, self._resolve(name), self.networks):
            self._dns_host = address
            try:
                return _watched(super()._new_conn())
            except (NewConnectionError, ConnectTimeoutError) as error:
                failure = error
            finally:
                self._dns_host = name  # certificates are checked against the name
        raise failure or NewConnectionError(self, f"{name} has no address")

    def request(self, *args: Any, **options: Any) -> None:
        """Send a request; a connection that is used again has to be watched anew."""
        if self.sock is not None:
            _watched(self.sock)
        super().request(*args, **options)

    def _resolve(self, name: str) -> list[str]:
        try:
            entries = _look_up(name.strip("[]"), self.port)
        except TimeoutError:
            raise ConnectTimeoutError(self, f"{name} could not be looked up in time") from None
        except (socket.gaierror, UnicodeError) as error:
            failure = error if isinstance(error, socket.gaierror) else socket.gaierror(str(error))
            raise NameResolutionError(name, self, failure) from error
        return list(dict.fromkeys(str(entry[4][0]) for entry in entries))


def _watched(connected: socket.socket) -> socket.socket:
    if watch := _watch.get():
        watch.add(connected)
    return connected


def _look_up(name: str, port: int | None) -> list[tuple[Any, ...]]:
    """Look a name up, within the time that is left. Raises TimeoutError, gaierror, UnicodeError.

    The system's resolver knows no limit of ours: where there is one, a thread waits in our place.
    """
    if not is_limited():
        return socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    entries: list[list[tuple[Any, ...]]] = []
    failed: list[Exception] = []

    def resolve() -> None:
        try:
            entries.append(socket.getaddrinfo(name, port, type=socket.SOCK_STREAM))
        except Exception as error:  # noqa: BLE001 - raised again by whoever waits
            failed.append(error)

    thread = threading.Thread(target=resolve, daemon=True, name="resolver")
    thread.start()
    thread.join(seconds_left(TOTAL_SECONDS))
    if failed:
        raise failed[0]
    if not entries:
        raise TimeoutError
    return entries[0]


def _guarded_pools(networks: tuple[Network, ...]) -> dict[str, type]:
    extra = {"networks": networks}
    plain = type("GuardedHTTP", (_GuardedConnection,), extra)
    secure = type("GuardedHTTPS", (_GuardedConnection, HTTPSConnection), extra)
    return {
        "http": type("GuardedPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("GuardedSecurePool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
    }


class _GuardedAdapter(HTTPAdapter):
    def __init__(self, networks: tuple[Network, ...], further_ca_file: str | None = None) -> None:
        self._networks = networks
        self._tls_options: dict[str, Any] = {}
        if further_ca_file:  # requests adds the public authorities to this context by itself
            context = create_urllib3_context()
            context.load_verify_locations(further_ca_file)
            self._tls_options = {"ssl_context": context}
        super().__init__()

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **options: Any
    ) -> None:
        self.poolmanager = PoolManager(
            num_pools=connections, maxsize=maxsize, block=block, **options, **self._tls_options
        )
        self.poolmanager.pool_classes_by_scheme = _guarded_pools(self._networks)

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> Any:
        """Check the address behind a proxy; limit the call's time and its answer's size.

        Raises Refused, AnswerTooLarge, and what requests raises.
        """
        seconds = seconds_left(TOTAL_SECONDS)
        if seconds <= 0:
            raise requests.ConnectTimeout("no time is left for this call", request=request)
        options["timeout"] = _shorten(options.get("timeout") or TIMEOUT, seconds)
        if options.get("proxies"):
            self._check_behind_proxy(request.url or "")
        watch = Watch(seconds)
        token = _watch.set(watch)
        kept = False
        try:
            response = super().send(request, *args, **options)
            guard_body(response, watch)
            if options.get("stream"):
                close_with(response, watch)
                kept = True
                return response
            read_body(response)
            return response
        except requests.exceptions.InvalidHeader as error:  # two lengths that differ
            raise unreadable(request) from error
        except (requests.RequestException, OSError) as error:
            if not watch.expired or isinstance(error, AnswerTooLarge | requests.ConnectTimeout):
                raise
            text = f"the call took longer than {seconds:.0f} s"
            raise requests.ReadTimeout(text, request=request) from error
        finally:
            _watch.reset(token)
            if not kept:
                watch.close()

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """Return the pools behind a proxy, which may be anywhere, with the same authorities."""
        manager = super().proxy_manager_for(proxy, **options, **self._tls_options)
        manager.pool_classes_by_scheme = _guarded_pools(_EVERYWHERE)
        return manager

    def _check_behind_proxy(self, url: str) -> None:
        """Check what the name means here, as it is the proxy that connects. Raises Refused.

        A name that only the proxy can resolve passes: the operator's proxy is then the guard.
        """
        host = urlsplit(url).hostname or ""
        try:
            addresses = [str(entry[4][0]) for entry in _look_up(host, None)]
        except (socket.gaierror, UnicodeError, TimeoutError):
            return
        _check_addresses(host, addresses, self._networks)


def _shorten(timeout: Timeout, seconds: float) -> Timeout:
    if isinstance(timeout, tuple):
        return min(timeout[0], seconds), min(timeout[1], seconds)
    return min(timeout, seconds)
