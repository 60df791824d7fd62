"""What a portal sends us: events, and the requests that open our pages in its frames. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sync.bitrix24.events.php_form import BadForm, branch, number, parse_form, text
from sync.bitrix24.events.placements import Frame, parse_frame
from sync.bitrix24.rest.credentials import Credentials, endpoint, expires_after, scopes
from sync.core.model.events import TaskChanged, TaskCommented, TaskDeleted, TaskEvent, Unrecognised

__all__ = [
    "AppEvent", "AppInstalled", "AppPaid", "AppUninstalled", "AppUpdated", "BadForm", "Frame",
    "Sender", "dedupe_key", "parse_event", "parse_form", "parse_frame", "sender",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sender:
    """The `auth` part of an event. Everything but the portal may be missing: no tokens come with
    changes made by the system, no `user_id` in the documentation's own examples."""

    member_id: str
    domain: str = ""
    client_endpoint: str = ""
    server_endpoint: str = ""
    access_token: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    application_token: str = field(default="", repr=False)
    expires_in: int = 0
    scopes: tuple[str, ...] = ()
    status: str = ""
    user_id: int = 0

    def credentials(self, now: datetime) -> Credentials:
        """What is claimed, to be proven by `oauth.prove_install`."""
        return Credentials(
            member_id=self.member_id,
            client_endpoint=self.client_endpoint,
            server_endpoint=self.server_endpoint,
            access_token=self.access_token,
            refresh_token=self.refresh_token,
            expires_at=expires_after(self.expires_in, now),
            user_id=self.user_id,
            scopes=self.scopes,
            status=self.status,
        )


@dataclass(frozen=True, slots=True)
class AppInstalled:
    """https://apidocs.bitrix24.com/api-reference/common/events/on-app-install.html"""

    sender: Sender
    version: str
    active: bool
    installed: bool
    language: str


@dataclass(frozen=True, slots=True)
class AppUpdated:
    sender: Sender
    version: str
    previous_version: str
    language: str


@dataclass(frozen=True, slots=True)
class AppUninstalled:
    """No tokens come with it; the application_token is its only proof. `clean`: delete all data."""

    sender: Sender
    clean: bool
    language: str


@dataclass(frozen=True, slots=True)
class AppPaid:
    """Comes without application_token: ask `app.info` with the stored token before believing."""

    sender: Sender
    status: str
    expired: bool
    days: int
    language: str


AppEvent = AppInstalled | AppUpdated | AppUninstalled | AppPaid


def sender(form: Mapping[str, Any]) -> Sender:
    """Who sent an event. Raises BadForm where no portal is named."""
    auth = branch(form, "auth")
    if not text(auth, "member_id"):
        raise BadForm("the event names no portal: auth[member_id] is missing")
    return Sender(
        member_id=text(auth, "member_id")[:64],
        domain=text(auth, "domain"),
        client_endpoint=endpoint(text(auth, "client_endpoint")),
        # ONAPPMETHODCONFIRM has the misspelt name
        server_endpoint=text(auth, "server_endpoint") or text(auth, "server_andpoint"),
        access_token=text(auth, "access_token"),
        refresh_token=text(auth, "refresh_token"),
        application_token=text(auth, "application_token"),
        expires_in=number(auth, "expires_in"),
        scopes=scopes(text(auth, "scope")),
        status=text(auth, "status"),
        user_id=number(auth, "user_id"),
    )


def parse_event(form: Mapping[str, Any]) -> AppEvent | TaskEvent:
    """The event a form stands for; Unrecognised for one nobody here acts on."""
    kind = text(form, "event").upper()
    parse = _EVENTS.get(kind)
    if parse is None:
        return Unrecognised(kind or "(no event)", "nothing here acts on this event")
    return parse(form)


def dedupe_key(form: Mapping[str, Any], body: bytes, nonce: str = "") -> str:
    """A text that is the same for the same delivery.

    Events have no id, and a second change of a task within one second looks exactly like a
    repetition of the first: with a `nonce` (any text of its own for each request) task events are
    all kept, as a repeated one costs a look at the task and a lost one a stale card.
    """
    own = nonce if text(form, "event").upper().startswith("ONTASK") else ""
    return hashlib.sha256(own.encode() + b"\0" + body).hexdigest()


def _changed(form: Mapping[str, Any]) -> TaskEvent:
    return _with_task(form, TaskChanged, "FIELDS_AFTER", "ID")


def _deleted(form: Mapping[str, Any]) -> TaskEvent:
    return _with_task(form, TaskDeleted, "FIELDS_BEFORE", "ID")


def _commented(form: Mapping[str, Any]) -> TaskEvent:
    """The new card says ID=0 and MESSAGE_ID, the old one the comment's ID."""
    fields = branch(form, "data", "FIELDS_AFTER")
    comment, message = number(fields, "ID"), number(fields, "MESSAGE_ID")

    def made(task_id: int) -> TaskCommented:
        if comment:
            return TaskCommented(task_id, comment_id=comment)
        return TaskCommented(task_id, message_id=message or None)

    return _with_task(form, made, "FIELDS_AFTER", "TASK_ID")


def _with_task(form: Mapping[str, Any], made: Callable[[int], TaskEvent], *path: str) -> TaskEvent:
    task_id = number(form, "data", *path)
    if not task_id:
        return Unrecognised(text(form, "event").upper(), f"no data[{']['.join(path)}]")
    return made(task_id)


def _installed(form: Mapping[str, Any]) -> AppInstalled:
    data = branch(form, "data")
    return AppInstalled(
        sender(form),
        version=text(data, "VERSION"),
        active=text(data, "ACTIVE") != "N",
        installed=text(data, "INSTALLED") == "Y",
        language=text(data, "LANGUAGE_ID"),
    )


def _updated(form: Mapping[str, Any]) -> AppUpdated:
    data = branch(form, "data")
    previous, language = text(data, "PREVIOUS_VERSION"), text(data, "LANGUAGE_ID")
    return AppUpdated(sender(form), text(data, "VERSION"), previous, language)


def _uninstalled(form: Mapping[str, Any]) -> AppUninstalled:
    data = branch(form, "data")
    clean = text(data, "CLEAN") in ("1", "Y", "true")
    return AppUninstalled(sender(form), clean, text(data, "LANGUAGE_ID"))


def _paid(form: Mapping[str, Any]) -> AppPaid:
    data = branch(form, "data")
    return AppPaid(
        sender(form),
        status=text(data, "STATUS"),
        expired=text(data, "PAYMENT_EXPIRED") == "Y",
        days=number(data, "DAYS"),
        language=text(data, "LANGUAGE_ID"),
    )


_EVENTS: dict[str, Callable[[Mapping[str, Any]], AppEvent | TaskEvent]] = {
    "ONTASKADD": _changed,
    "ONTASKUPDATE": _changed,
    "ONTASKDELETE": _deleted,
    "ONTASKCOMMENTADD": _commented,
    "ONAPPINSTALL": _installed,
    "ONAPPUPDATE": _updated,
    "ONAPPUNINSTALL": _uninstalled,
    "ONAPPPAYMENT": _paid,
}
