"""The account behind an access token: its user, scopes, expiry, and what is wrong with them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from sync.core.audit import probing
from sync.errors import Later, Refused, refusal_of
from sync.gitlab.api.client import GitLab
from sync.gitlab.api.error_meanings import NOT_ALLOWED
from sync.gitlab.json_fields import mapping, positive_int, start_of_day, text
from sync.sentences import as_sentence, sentence

OLDEST_SUPPORTED = (15, 5)  # the first with /personal_access_tokens/self
SIGNING_SINCE = (19, 0)  # the first that signs webhook deliveries
_ELSEWHERE = ("301", "302", "303", "307", "308", "403", "not-json")  # somebody else answers
_EXPIRY_WARNING = timedelta(days=30)
_BOT = re.compile(r"(project|group)_[0-9]+_bot(_[0-9a-f]+|[0-9]*)")


@dataclass(frozen=True, slots=True)
class Account:
    """The user of an access token, and the instance.

    `scopes` and `expires_at` are None where the instance does not tell them (old versions), or the
    token has no end, as a sign-in that is renewed. `can_sign`: whether the instance can sign its
    webhook deliveries.
    """

    user_id: int
    username: str
    name: str
    is_bot: bool
    scopes: tuple[str, ...] | None
    expires_at: datetime | None
    version: str
    can_sign: bool


def read_account(client: GitLab) -> Account:
    """Ask the instance about its token. Raises SyncError (Denied: it is not accepted).

    https://docs.gitlab.com/api/users/#retrieve-the-current-user
    https://docs.gitlab.com/api/personal_access_tokens/#self-inform
    https://docs.gitlab.com/api/version/
    """
    user = _read_user(client)
    granted = client.oauth_scopes
    token = _read_token(client) if granted is None else {"scopes": list(granted)}
    version = text(mapping(client.get("/version")).get("version"))
    username, scopes = text(user.get("username")), token.get("scopes")
    return Account(
        user_id=positive_int(user.get("id")) or 0,
        username=username,
        name=text(user.get("name")),
        is_bot=user.get("bot") is True or bool(_BOT.fullmatch(username)),
        scopes=tuple(text(scope) for scope in scopes) if isinstance(scopes, list) else None,
        expires_at=start_of_day(token.get("expires_at")),
        version=version,
        can_sign=_version_numbers(version) >= SIGNING_SINCE,
    )


def problems(account: Account, now: datetime) -> tuple[str, ...]:
    """Return what an administrator must change, in sentences; empty when all is well."""
    candidates = (_scope_problem(account), _expiry_problem(account, now), _version_problem(account))
    return tuple(problem for problem in candidates if problem)


def _read_user(client: GitLab) -> dict[str, object]:
    """Return the token's user. Raises Refused where something else than GitLab answers."""
    try:
        user = mapping(client.get("/user"))
    except Later as later:
        if later.code == "404":
            raise no_gitlab(client.base_url, later.code) from later
        if later.code in _ELSEWHERE:  # nobody tries it again for who tries an address out
            raise refusal_of(later) from later
        raise
    except Refused as refused:
        if refused.code == "403" and refused.cause == NOT_ALLOWED:
            raise _shut_out(refused) from refused
        if refused.code.startswith("4") and refused.code != "403":
            raise no_gitlab(client.base_url, refused.code) from refused
        raise
    if not positive_int(user.get("id")) or not text(user.get("username")):
        raise no_gitlab(client.base_url, "200")
    return user


def _shut_out(refused: Refused) -> Refused:
    """Return the error of an account that GitLab knows, and lets do nothing."""
    return Refused(
        refused.message,
        cause="GitLab lets this account do nothing: it is blocked, has to accept terms, or may not "
        "come from this address",
        change="Sign in to GitLab as this account, or ask its administrator",
        code=refused.code,
    )


def no_gitlab(base_url: str, code: str) -> Refused:
    """Return the error of an address at which something else than GitLab answers."""
    return Refused(
        sentence(
            "There is no GitLab at {base_url} (its API answers {code})",
            base_url=base_url,
            code=code,
        ),
        cause="The address is another site's, or GitLab lives below a path that is missing",
        change="Set `url` of the connection to the address that GitLab shows in the browser",
        code="no_gitlab",
    )


def _read_token(client: GitLab) -> dict[str, object]:
    """Return what the instance says of an access token; {} for old instances."""
    try:
        with probing():
            return mapping(client.get("/personal_access_tokens/self"))
    except Refused:
        return {}


def _scope_problem(account: Account) -> str:
    if account.scopes is None or "api" in account.scopes:
        return ""
    has = ", ".join(account.scopes) or as_sentence("none")
    return sentence(
        "The access token lacks the scope `api` (it has: {has}). Issue a token that has it.",
        has=has,
    )


def _expiry_problem(account: Account, now: datetime) -> str:
    """Return a sentence about a token that expired or soon will, else "".

    A token stops at midnight UTC of the day in `expires_at`.
    https://docs.gitlab.com/user/profile/personal_access_tokens/#access-token-expiration
    """
    if account.expires_at is None or account.expires_at - now > _EXPIRY_WARNING:
        return ""
    on = f"{account.expires_at:%Y-%m-%d}"
    if account.expires_at <= now:
        return sentence(
            "The access token expired on {on}. Issue a new one and put it into the connection.",
            on=on,
        )
    days_left = (account.expires_at - now).days
    when = {0: "in less than a day", 1: "in 1 day"}.get(
        days_left, sentence("in {days_left} days", days_left=days_left)
    )
    return sentence(
        "The access token expires {when}, on {on}. Issue a new one in time.", when=when, on=on
    )


def _version_problem(account: Account) -> str:
    numbers = _version_numbers(account.version)
    if not numbers:
        return "The instance does not tell its version."
    if numbers >= OLDEST_SUPPORTED:
        return ""
    oldest = ".".join(str(number) for number in OLDEST_SUPPORTED)
    return sentence(
        "GitLab {version} is too old. Upgrade it to {oldest} or later.",
        version=account.version,
        oldest=oldest,
    )


def _version_numbers(version: str) -> tuple[int, ...]:
    """Return (19, 1) for "19.1.2-ee"; empty where the text is no version."""
    match = re.match(r"([0-9]{1,4})\.([0-9]{1,4})", version)
    return (int(match[1]), int(match[2])) if match else ()
