"""Store sign-ins that are under way: each once, for a few minutes, for one person and browser."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select, update

from sync.store.tables import oauth_sign_in
from sync.store.vault import Vault

LIFE = timedelta(minutes=10)
MOST_OPEN = 5  # of one person; the oldest goes


@dataclass(frozen=True, slots=True)
class SignInDraft:
    """Whose sign-in it is, and at which connection; `personal`: for the person alone."""

    portal_id: int
    connection_id: int
    user_id: int
    installation: str
    personal: bool
    base_url: str


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in as it stands; `problem` and `change`: why it was refused, and what to do."""

    id: int
    portal_id: int
    connection_id: int
    user_id: int
    installation: str
    personal: bool
    base_url: str
    state: str
    problem: str
    change: str
    verifier: str = field(default="", repr=False)
    access_token: str = field(default="", repr=False)


_COLUMNS = [oauth_sign_in.c[name] for name in list(SignIn.__dataclass_fields__)[:-2]]


def begin(
    conn: Connection,
    vault: Vault,
    draft: SignInDraft,
    ticket: str,
    *,
    access_token: str,
    now: datetime,
) -> int:
    """Store a sign-in and return its id. Those that are over go, and a person's oldest of many.

    `access_token`: the visitor's own at the portal, which is asked once more at the end.
    """
    conn.execute(delete(oauth_sign_in).where(oauth_sign_in.c.expires_at <= now))
    own = (oauth_sign_in.c.portal_id == draft.portal_id) & (
        oauth_sign_in.c.user_id == draft.user_id
    )
    newest = select(oauth_sign_in.c.id).where(own).order_by(oauth_sign_in.c.id.desc())
    kept = list(conn.scalars(newest.limit(MOST_OPEN - 1)))
    conn.execute(delete(oauth_sign_in).where(own, oauth_sign_in.c.id.not_in(kept)))
    new = oauth_sign_in.insert().values(
        ticket_hash=_hash(ticket),
        verifier_sealed=_seal(vault, "", access_token),
        expires_at=now + LIFE,
        **asdict(draft),
    )
    return int(conn.scalars(new.returning(oauth_sign_in.c.id)).one())


def send(
    conn: Connection,
    vault: Vault,
    ticket: str,
    *,
    state: str,
    browser: str,
    verifier: str,
    now: datetime,
) -> SignIn | None:
    """Take a ticket, once: from now on `browser` alone may bring the answer for `state`.

    None for a ticket that is unknown, over or was taken.
    """
    taken = (oauth_sign_in.c.ticket_hash == _hash(ticket)) & (oauth_sign_in.c.state == "asked")
    taken &= oauth_sign_in.c.expires_at > now
    sealed = conn.scalar(select(oauth_sign_in.c.verifier_sealed).where(taken))
    if sealed is None:
        return None
    values = {
        "state": "sent",
        "state_hash": _hash(state),
        "browser_hash": _hash(browser),
        "verifier_sealed": _seal(vault, verifier, _open(vault, sealed)[1]),
    }
    return _change(conn, taken, values)


def use(conn: Connection, vault: Vault, state: str, browser: str, now: datetime) -> SignIn | None:
    """Take a state, once and by its browser; return the sign-in with its verifier.

    None for a state that is unknown, over, used, or was begun by another browser: that one leaves
    it as it is.
    """
    open_now = (oauth_sign_in.c.state == "sent") & (oauth_sign_in.c.expires_at > now)
    same = (oauth_sign_in.c.state_hash == _hash(state)) & (
        oauth_sign_in.c.browser_hash == _hash(browser)
    )
    sealed = conn.scalar(select(oauth_sign_in.c.verifier_sealed).where(open_now, same))
    taken = _change(conn, open_now & same, {"state": "used", "verifier_sealed": None})
    if taken is None or sealed is None:
        return None
    verifier, access_token = _open(vault, sealed)
    return replace(taken, verifier=verifier, access_token=access_token)


def finish(
    conn: Connection, sign_in_id: int, state: str, problem: str = "", change: str = ""
) -> None:
    """Keep how a sign-in ended, for the page that waits."""
    values = {"state": state, "problem": problem, "change": change}
    conn.execute(update(oauth_sign_in).where(oauth_sign_in.c.id == sign_in_id).values(values))


def find(
    conn: Connection, sign_in_id: int, *, portal_id: int, user_id: int, now: datetime
) -> SignIn | None:
    """Return a person's own sign-in, or None where there is none or it is over."""
    query = select(*_COLUMNS).where(
        oauth_sign_in.c.id == sign_in_id,
        oauth_sign_in.c.portal_id == portal_id,
        oauth_sign_in.c.user_id == user_id,
        oauth_sign_in.c.expires_at > now,
    )
    row = conn.execute(query).one_or_none()
    return None if row is None else SignIn(*row)


def _seal(vault: Vault, verifier: str, access_token: str) -> str:
    """Seal what the end of a sign-in needs, for as long as it is open."""
    return vault.seal(json.dumps([verifier, access_token]))


def _open(vault: Vault, sealed: str) -> tuple[str, str]:
    opened = vault.open(sealed)
    if not opened.startswith("["):  # begun before the last upgrade
        return opened, ""
    verifier, access_token = json.loads(opened)
    return verifier, access_token


def _change(conn: Connection, where: Any, values: dict[str, Any]) -> SignIn | None:
    changed = update(oauth_sign_in).where(where).values(values).returning(*_COLUMNS)
    row = conn.execute(changed).one_or_none()
    return None if row is None else SignIn(*row)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
