"""The account behind a permanent token: its user, time zone, and the version of the server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sync.errors import Later, Refused, refusal_of
from sync.sentences import sentence
from sync.youtrack.api.client import YouTrack
from sync.youtrack.json_fields import mapping, text

GUEST = "guest"  # whom YouTrack takes callers for whose token it does not accept
_ELSEWHERE = ("301", "302", "303", "307", "308", "403")  # somebody else answers
_PAGE = re.compile(  # below the context path, as the browser shows it
    r"/(?:admin|agiles|api|articles|dashboard|gantt-charts|helpdesk|hub|issues?|oauth|projects|"
    r"reports|rest|search|tickets|timesheets|users)(?=/|$)"
)
_UTC = ("", "UTC", "Etc/UTC", "GMT")


@dataclass(frozen=True, slots=True)
class Account:
    """The user of a token. `zone`: of the profile, in which searches read moments."""

    user_id: str
    login: str
    name: str
    zone: str
    version: str


def read_account(client: YouTrack) -> Account:
    """Ask the instance about its token. Raises SyncError (Denied: it is not accepted).

    https://www.jetbrains.com/help/youtrack/devportal/resource-api-users-me.html
    """
    fields = "id,login,fullName,profiles(general(timezone(id)))"
    me = _read_me(client, fields)
    general = mapping(mapping(me.get("profiles")).get("general"))
    config = mapping(client.get("/config", fields="version,build"))
    return Account(
        text(me.get("id")),
        text(me.get("login")),
        text(me.get("fullName")),
        text(mapping(general.get("timezone")).get("id")),
        text(config.get("version")),
    )


def _read_me(client: YouTrack, fields: str) -> dict[str, Any]:
    """Return the token's user. Raises Refused where something else than YouTrack answers."""
    try:
        me = mapping(client.get("/users/me", fields=fields))
    except Later as later:
        if later.code == "404":
            raise _no_youtrack(client.base_url, later.code) from later
        if later.code == "not_json" and address_before_page(client.base_url):
            raise _no_youtrack(client.base_url, "200") from later
        if later.code in _ELSEWHERE:  # nobody tries it again for who tries an address out
            raise refusal_of(later) from later
        raise
    except Refused as refused:
        if refused.code.startswith("4") and refused.code != "403":
            raise _no_youtrack(client.base_url, refused.code) from refused
        raise
    if not text(me.get("login")):
        raise _no_youtrack(client.base_url, "200")
    return me


def address_before_page(base_url: str) -> str:
    """Return YouTrack's address in that of one of its pages, "" where it looks like none. Pure."""
    parts = urlsplit(base_url)
    page = _PAGE.search(parts.path)
    return parts._replace(path=parts.path[: page.start()]).geturl() if page else ""


def _no_youtrack(base_url: str, code: str) -> Refused:
    cause = "The address is another site's, or YouTrack lives below a path that is missing"
    change: str = "Set `url` of the connection to the address that YouTrack shows in the browser"
    if address := address_before_page(base_url):
        cause = "The address looks like that of a page in YouTrack"
        change = sentence("Set `url` of the connection to {url}", url=address)
    return Refused(
        sentence(
            "There is no YouTrack at {base_url} (its API answers {code})",
            base_url=base_url,
            code=code,
        ),
        cause=cause,
        change=change,
        code="no_youtrack",
    )


def read_login(client: YouTrack) -> str:
    """Return whose token it is; GUEST for one that is not accepted. Raises SyncError."""
    return text(mapping(client.get("/users/me", fields="login")).get("login"))


def problems(account: Account) -> Iterator[str]:
    """Yield what is wrong with an account, a sentence each."""
    if account.login == GUEST:
        yield "The token is not accepted: YouTrack answers as to a guest."
    if account.zone not in _UTC:
        yield (
            sentence(
                "The account's time zone is {zone}: set it to UTC in its profile, since an "
                "hour that the clocks repeat is read twice.",
                zone=account.zone,
            )
        )
