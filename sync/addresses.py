"""Which IP addresses are public servers, and which web addresses are of one server. Pure.

https://www.iana.org/assignments/iana-ipv4-special-registry/
https://www.iana.org/assignments/iana-ipv6-special-registry/
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence
from urllib.parse import SplitResult, urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_SPECIAL_IPV4 = (
    "0.0.0.0/8",  # this network
    "10.0.0.0/8",
    "100.64.0.0/10",  # shared address space of carriers (CGNAT)
    "127.0.0.0/8",
    "169.254.0.0/16",  # link-local, with the metadata services of clouds
    "172.16.0.0/12",
    "192.0.0.0/24",  # IETF protocol assignments
    "192.0.2.0/24",  # documentation
    "192.31.196.0/24",  # AS112
    "192.52.193.0/24",  # AMT
    "192.88.99.0/24",  # 6to4 relays
    "192.168.0.0/16",
    "192.175.48.0/24",  # AS112
    "198.18.0.0/15",  # benchmarking
    "198.51.100.0/24",  # documentation
    "203.0.113.0/24",  # documentation
    "224.0.0.0/4",  # multicast
    "240.0.0.0/4",  # reserved, and the broadcast address
)
_UNICAST_IPV6 = ipaddress.ip_network("2000::/3")  # nothing else is allocated to servers
_SPECIAL_IPV6 = (
    "2001::/23",  # IETF protocol assignments: Teredo, benchmarking, ORCHID, drone ids
    "2001:db8::/32",  # documentation
    "2002::/16",  # 6to4
    "2620:4f:8000::/48",  # AS112
    "3ffe::/16",  # the former 6bone
    "3fff::/20",  # documentation
)
_SPECIAL: tuple[Network, ...] = tuple(map(ipaddress.ip_network, (*_SPECIAL_IPV4, *_SPECIAL_IPV6)))
_NOT_OF_HOSTS = re.compile(r"[\s\\,;\"'<>{}|^`]")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # the well-known prefix, which may reach servers
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})  # the upper half of an interface that holds an IPv4


def is_permitted(text: str, networks: Sequence[Network]) -> bool:
    """Return whether an IP address may be reached: it is public, or inside `networks`."""
    address = ipaddress.ip_address(text.partition("%")[0])
    candidates = {address, _unwrap(address)}
    if any(candidate in network for candidate in candidates for network in networks):
        return True
    return all(map(_is_public, candidates)) and all(map(_is_public, _hidden(address)))


def is_host(text: str) -> bool:
    """Return whether a text has only signs that the host of an address may have, or its login."""
    return not _NOT_OF_HOSTS.search(text)


def normal_url(url: str) -> str:
    """Return a web address as servers write it: lower case, no usual port, no last slash.

    What is after the host stays as it is. Raises ValueError for what is no address.
    """
    parts = urlsplit(url.strip())
    return f"{parts.scheme}://{_host_and_port(parts)}{parts.path.rstrip('/')}"


def web_address(text: str, api_path: str) -> str | None:
    """Return the address of a server with its relative root, if any; None for what is no address.

    `api_path` may stand at its end, as people copy it. One with a user's name in it is none.
    """
    try:
        parts = urlsplit(text.strip())
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        return None
    if not usable or "@" in parts.netloc:
        return None
    path = parts.path.rstrip("/").removesuffix(api_path).rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path}"


def server_key(url: str) -> str:
    """Return what all spellings of one server's address share, http and https included.

    Two names of one server, or its name and its IP address, are two: only that server could say.
    A text that is no address is its own key.
    """
    try:
        parts = urlsplit(normal_url(url))
        host = (parts.hostname or "").encode("idna").decode()
        port = "" if parts.port is None else f":{parts.port}"
    except (ValueError, UnicodeError):
        return url
    return f"{host}{port}{parts.path.removesuffix('/api/v4').rstrip('/')}"


def _host_and_port(parts: SplitResult) -> str:
    host, port = (parts.hostname or "").rstrip("."), parts.port
    host = f"[{ipaddress.IPv6Address(host)}]" if ":" in host else host
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    return host if port in (None, usual) else f"{host}:{port}"


def _is_public(address: Address) -> bool:
    if any(address in network for network in _SPECIAL if network.version == address.version):
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return True
    return address in _UNICAST_IPV6 or _unwrap(address) is not address


def _unwrap(address: Address) -> Address:
    """Return the IPv4 address that a mapped or NAT64 address stands for, else `address`."""
    if not isinstance(address, ipaddress.IPv6Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address


def _hidden(address: Address) -> Iterable[Address]:
    """Yield the IPv4 address that an ISATAP address is tunnelled to (RFC 5214)."""
    if isinstance(address, ipaddress.IPv6Address) and (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
