"""HTTP sessions that reach only public addresses and the private networks an operator named."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.ssl_ import create_urllib3_context

from sync.errors import Refused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Timeout = float | tuple[float, float]

# Seconds to connect and to wait for an answer; Bitrix24 ends a request of its own after 60.
TIMEOUT: Timeout = (5.0, 65.0)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


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
    are ignored: only the arguments count. `ca_file` takes the place of the public authorities,
    `further_ca_file` stands beside them. Every request has a time limit (`TIMEOUT`).
    """
    networks = tuple(ipaddress.ip_network(network, strict=False) for network in allowed_networks)
    session = requests.Session()
    session.trust_env = False
    session.verify = ca_file or True
    if proxy:
        session.proxies = {"http": proxy, "https": proxy}
    adapter = _GuardedAdapter(networks, further_ca_file)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def is_permitted(text: str, networks: Sequence[Network]) -> bool:
    """Return whether an IP address may be reached: it is public, or inside `networks`. Pure."""
    address = ipaddress.ip_address(text.partition("%")[0])
    inner = _unwrap_address(address)
    if any(candidate in network for candidate in (address, inner) for network in networks):
        return True
    return all(candidate.is_global and not candidate.is_multicast for candidate in (address, inner))


def _unwrap_address(address: Address) -> Address:
    """Return the IPv4 address inside a mapped, 6to4, Teredo or NAT64 address, else `address`."""
    if not isinstance(address, ipaddress.IPv6Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or teredo or address


def _check_addresses(host: str, addresses: Sequence[str], networks: Sequence[Network]) -> list[str]:
    usable = [address for address in addresses if is_permitted(address, networks)]
    if not usable:
        raise Refused(
            f"The address of {host} is inside a private network",
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
                return super()._new_conn()
            except (NewConnectionError, ConnectTimeoutError) as error:
                failure = error
            finally:
                self._dns_host = name  # certificates are checked against the name
        raise failure or NewConnectionError(self, f"{name} has no address")

    def _resolve(self, name: str) -> list[str]:
        try:
            entries = socket.getaddrinfo(
                name.strip("[]"),
                self.port,
                type=socket.SOCK_STREAM,
            )
        except (socket.gaierror, UnicodeError) as error:
            failure = error if isinstance(error, socket.gaierror) else socket.gaierror(str(error))
            raise NameResolutionError(name, self, failure) from error
        return list(dict.fromkeys(str(entry[4][0]) for entry in entries))


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

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """Return the pools behind a proxy, with the same authorities."""
        return super().proxy_manager_for(proxy, **options, **self._tls_options)

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> Any:
        """Check the address behind a proxy, and give the request a time limit."""
        if options.get("timeout") is None:
            options["timeout"] = TIMEOUT
        if options.get("proxies"):
            self._check_behind_proxy(request.url or "")
        return super().send(request, *args, **options)

    def _check_behind_proxy(self, url: str) -> None:
        """Check what the name means here, as it is the proxy that connects. Raises Refused.

        A name that only the proxy can resolve passes: the operator's proxy is then the guard.
        """
        host = urlsplit(url).hostname or ""
        try:
            addresses = [str(entry[4][0]) for entry in socket.getaddrinfo(host, None)]
        except (socket.gaierror, UnicodeError):
            return
        _check_addresses(host, addresses, self._networks)
