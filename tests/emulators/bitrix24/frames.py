"""The POSTs by which the portal opens the application's pages in a frame.

https://apidocs.bitrix24.com/settings/oauth/simple-way.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import requests

from tests.emulators.bitrix24.state import Portal


@dataclass(frozen=True, slots=True)
class Frame:
    """One opening of a page: where, with what query string and what form."""

    handler: str
    query: dict[str, str]
    form: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"{self.handler}{'&' if '?' in self.handler else '?'}{urlencode(self.query)}"

    @property
    def body(self) -> str:
        return urlencode(self.form)

    def post(self, session: requests.Session | None = None) -> requests.Response:
        """Open it as the browser would, without a browser."""
        sender = session or requests.Session()
        sender.trust_env = False
        return sender.post(self.url, data=self.form, timeout=30, allow_redirects=False)


def build(
    portal: Portal,
    handler: str,
    *,
    host: str,
    server_endpoint: str,
    user_id: int,
    placement: str = "DEFAULT",
    options: dict[str, Any] | None = None,
    uri: str = "",
    terse: bool = False,
) -> Frame:
    """`terse`: without the keys that older portals do not send."""
    token = portal.issue(user_id)
    sid = f"{portal.random.getrandbits(128):032x}"
    query = {"DOMAIN": host, "PROTOCOL": "0", "LANG": portal.language, "APP_SID": sid}
    form = {"AUTH_ID": token.access, "AUTH_EXPIRES": "3600", "REFRESH_ID": token.refresh}
    if not terse:
        form["SERVER_ENDPOINT"] = server_endpoint
        form["APPLICATION_TOKEN"] = portal.app.application_token
        form["APPLICATION_SCOPE"] = ",".join(sorted(portal.app.scopes))
    form |= {"member_id": portal.member_id, "status": portal.app.status, "PLACEMENT": placement}
    given = dict(options or {}) | ({"URI": uri} if uri else {})
    if given:
        form["PLACEMENT_OPTIONS"] = json.dumps(given).replace("/", "\\/")
    return Frame(handler, query, form)
