"""Events that a portal posts: of tasks, and of the application itself. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sync.bitrix24.events.php_form import BadForm, number, parse_form, submap, text
from sync.bitrix24.events.placements import PlacementRequest, parse_placement
from sync.bitrix24.rest.credentials import (
    Credentials,
    expiry_time,
    normalize_endpoint,
    parse_scopes,
)
from sync.core.model.events import (
    TaskChanged,
    TaskCommented,
    TaskDeleted,
    TaskEvent,
    UnrecognisedEvent,
)

__all__ = [
    "AppEvent",
    "AppInstalled",
    "AppPaymentChanged",
    "AppUninstalled",
    "AppUpdated",
    "BadForm",
    "EventAuth",
    "PlacementRequest",
    "dedupe_key",
    "parse_auth",
    "parse_event",
    "parse_form",
    "parse_placement",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class EventAuth:
    """The `auth` part of an event.

    Everything but `member_id` may be missing: changes made by the system come without tokens, and
    the documentation's own examples without `user_id`. `expires_in`: seconds.
    https://apidocs.bitrix24.com/api-reference/events/safe-event-handlers.html
    """

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
        """Return the claimed credentials; `install_proof.prove_install` must verify them."""
        return Credentials(
            member_id=self.member_id,
            client_endpoint=self.client_endpoint,
            server_endpoint=self.server_endpoint,
            access_token=self.access_token,
            refresh_token=self.refresh_token,
            expires_at=expiry_time(self.expires_in, now),
            user_id=self.user_id,
            scopes=self.scopes,
            status=self.status,
        )


@dataclass(frozen=True, slots=True)
class AppInstalled:
    """ONAPPINSTALL: the application was installed.

    https://apidocs.bitrix24.com/api-reference/common/events/on-app-install.html
    """

    auth: EventAuth
    version: str
    active: bool
    installed: bool
    language: str


@dataclass(frozen=True, slots=True)
class AppUpdated:
    """ONAPPUPDATE: the portal has another version of the application.

    https://apidocs.bitrix24.com/api-reference/common/events/on-app-update.html
    """

    auth: EventAuth
    version: str
    previous_version: str
    language: str


@dataclass(frozen=True, slots=True)
class AppUninstalled:
    """ONAPPUNINSTALL, proven by the application_token only. `clean`: delete all data.

    https://apidocs.bitrix24.com/api-reference/common/events/on-app-uninstall.html
    """

    auth: EventAuth
    clean: bool
    language: str


@dataclass(frozen=True, slots=True)
class AppPaymentChanged:
    """ONAPPPAYMENT, which comes without application_token: ask `app.info` before believing it.

    https://apidocs.bitrix24.com/api-reference/common/events/on-app-payment.html
    """

    auth: EventAuth
    status: str
    expired: bool
    days: int
    language: str


AppEvent = AppInstalled | AppUpdated | AppUninstalled | AppPaymentChanged


def parse_auth(form: Mapping[str, Any]) -> EventAuth:
    """Return who sent an event. Raises BadForm where it names no portal."""
    auth = submap(form, "auth")
    if not text(auth, "member_id"):
        raise BadForm("the event names no portal: auth[member_id] is missing")
    return EventAuth(
        member_id=text(auth, "member_id")[:64],
        domain=text(auth, "domain"),
        client_endpoint=normalize_endpoint(text(auth, "client_endpoint")),
        # ONAPPMETHODCONFIRM has the misspelt name
        server_endpoint=text(auth, "server_endpoint") or text(auth, "server_andpoint"),
        access_token=text(auth, "access_token"),
        refresh_token=text(auth, "refresh_token"),
        application_token=text(auth, "application_token"),
        expires_in=number(auth, "expires_in"),
        scopes=parse_scopes(text(auth, "scope")),
        status=text(auth, "status"),
        user_id=number(auth, "user_id"),
    )


def parse_event(form: Mapping[str, Any]) -> AppEvent | TaskEvent:
    """Return the event of a form; UnrecognisedEvent where nothing here acts on it."""
    kind = text(form, "event").upper()
    parse = _PARSERS.get(kind)
    if parse is None:
        return UnrecognisedEvent(kind or "(no event)", "nothing here acts on this event")
    return parse(form)


def dedupe_key(form: Mapping[str, Any], body: bytes, nonce: str = "") -> str:
    """Return a text that is the same for the same delivery (SHA-256, 64 characters).

    Events have no id, and a second change of a task within one second looks exactly like a resend
    of the first. With a `nonce` (different for each request) all task events are kept: a repeated
    one costs a look at the task, a lost one would leave a stale card.
    """
    own = nonce if text(form, "event").upper().startswith("ONTASK") else ""
    return hashlib.sha256(own.encode() + b"\0" + body).hexdigest()


def _task_changed(form: Mapping[str, Any]) -> TaskEvent:
    return _with_task(form, TaskChanged, "FIELDS_AFTER", "ID")


def _task_deleted(form: Mapping[str, Any]) -> TaskEvent:
    return _with_task(form, TaskDeleted, "FIELDS_BEFORE", "ID")


def _task_commented(form: Mapping[str, Any]) -> TaskEvent:
    """Read the comment: the new task card sends ID=0 and MESSAGE_ID, the old one the ID."""
    fields = submap(form, "data", "FIELDS_AFTER")
    comment, message = number(fields, "ID"), number(fields, "MESSAGE_ID")

    def made(task_id: int) -> TaskCommented:
        if comment:
            return TaskCommented(task_id, comment_id=comment)
        return TaskCommented(task_id, message_id=message or None)

    return _with_task(form, made, "FIELDS_AFTER", "TASK_ID")


def _with_task(form: Mapping[str, Any], build: Callable[[int], TaskEvent], *path: str) -> TaskEvent:
    task_id = number(form, "data", *path)
    if not task_id:
        return UnrecognisedEvent(text(form, "event").upper(), f"no data[{']['.join(path)}]")
    return build(task_id)


def _app_installed(form: Mapping[str, Any]) -> AppInstalled:
    data = submap(form, "data")
    return AppInstalled(
        parse_auth(form),
        version=text(data, "VERSION"),
        active=text(data, "ACTIVE") != "N",
        installed=text(data, "INSTALLED") == "Y",
        language=text(data, "LANGUAGE_ID"),
    )


def _app_updated(form: Mapping[str, Any]) -> AppUpdated:
    data = submap(form, "data")
    previous, language = text(data, "PREVIOUS_VERSION"), text(data, "LANGUAGE_ID")
    return AppUpdated(parse_auth(form), text(data, "VERSION"), previous, language)


def _app_uninstalled(form: Mapping[str, Any]) -> AppUninstalled:
    data = submap(form, "data")
    clean = text(data, "CLEAN") in ("1", "Y", "true")
    return AppUninstalled(parse_auth(form), clean, text(data, "LANGUAGE_ID"))


def _app_payment(form: Mapping[str, Any]) -> AppPaymentChanged:
    data = submap(form, "data")
    return AppPaymentChanged(
        parse_auth(form),
        status=text(data, "STATUS"),
        expired=text(data, "PAYMENT_EXPIRED") == "Y",
        days=number(data, "DAYS"),
        language=text(data, "LANGUAGE_ID"),
    )


_PARSERS: dict[str, Callable[[Mapping[str, Any]], AppEvent | TaskEvent]] = {
    "ONTASKADD": _task_changed,
    "ONTASKUPDATE": _task_changed,
    "ONTASKDELETE": _task_deleted,
    "ONTASKCOMMENTADD": _task_commented,
    "ONAPPINSTALL": _app_installed,
    "ONAPPUPDATE": _app_updated,
    "ONAPPUNINSTALL": _app_uninstalled,
    "ONAPPPAYMENT": _app_payment,
}
