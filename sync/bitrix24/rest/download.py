"""The bytes of a portal's file, at the address that a method answered with.

The address holds a token of ours, so it is asked of the portal's own host alone, and neither it
nor what it is redirected to is logged.
https://apidocs.bitrix24.com/api-reference/disk/attached-object/disk-attached-object-get.html
"""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import requests

from sync.core.audit import CallLog
from sync.errors import Later, Refused
from sync.net import TIMEOUT
from sync.sentences import sentence

METHOD = "download"
_CHUNK = 65536
_MOST_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


def fetch_file(
    url: str, endpoint: str, limit: int, *, session: requests.Session, call_log: CallLog
) -> bytes:
    """Download a file of at most `limit` bytes. Raises Later or Refused.

    A page to sign in, which a portal shows with status 200, is no file: it has no disposition.
    """
    address = urljoin(endpoint, url)
    if urlsplit(address)[:2] != urlsplit(endpoint)[:2]:
        raise Refused(
            "The portal names another host for a file of its own",
            cause="Its address was changed, or a proxy before it rewrites addresses",
            change="Open the application in Bitrix24 again",
            code="foreign_host",
        )
    with call_log.record_call(METHOD, urlsplit(address).path) as result:
        for _ in range(_MOST_REDIRECTS):
            try:
                with session.get(
                    address, stream=True, timeout=TIMEOUT, allow_redirects=False
                ) as response:
                    result.status = response.status_code
                    if response.status_code in _REDIRECTS:
                        address = urljoin(address, response.headers.get("Location", ""))
                        continue
                    return _content(response, limit)
            except requests.RequestException as error:
                text = sentence(
                    "A file could not be downloaded ({name})", name=type(error).__name__
                )
                raise Later(text, code="network") from None
        raise Later("A file's address leads in circles", code="redirect")


def _content(response: requests.Response, limit: int) -> bytes:
    if response.status_code != 200:
        raise Later(
            sentence(
                "A file could not be downloaded (HTTP {status_code})",
                status_code=response.status_code,
            ),
            code="file",
        )
    if "attachment" not in response.headers.get("Content-Disposition", "").lower():
        raise Later(
            "The portal shows a page where a file should be",
            cause="The token expired meanwhile, or the file may not be seen any more",
            code="no_file",
        )
    content = bytearray()
    for chunk in response.iter_content(_CHUNK):
        content += chunk
        if len(content) > limit:
            raise too_large("a file", limit)
    return bytes(content)


def too_large(name: str, limit: int) -> Refused:
    """Return the error of a file beyond the limit of the settings."""
    return Refused(
        sentence("{name} is larger than {limit} MB", name=name, limit=limit // 1000000),
        cause="The settings of two-way sync let no larger file cross",
        change="Raise the limit in the settings, or share the file by a link",
        code="too_large",
    )
