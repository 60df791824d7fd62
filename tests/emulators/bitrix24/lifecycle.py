"""The application's life in the portal: installed, updated, paid, removed, and the events of it.

https://apidocs.bitrix24.com/api-reference/common/events/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.emulators.bitrix24.events import EventSource
from tests.emulators.bitrix24.state import Portal


@dataclass(frozen=True)
class Lifecycle:
    portal: Portal
    source: EventSource

    def install_silently(self, *, handler: str, user_id: int = 1) -> None:
        """An application without pages: ONAPPINSTALL brings the tokens, no installFinish."""
        self.portal.app.present = self.portal.app.installed = True
        data = {"VERSION": self.portal.app.version, "ACTIVE": "Y", "INSTALLED": "Y"}
        data |= {"LANGUAGE_ID": self.portal.language}
        self.source.app_event("ONAPPINSTALL", data, handler=handler, tokens=user_id)

    def update(self, version: int, *, user_id: int = 1, application_token: str = "") -> None:
        """ONAPPUPDATE to whoever bound it; then bindings and placements are gone."""
        app = self.portal.app
        data = {"VERSION": version, "PREVIOUS_VERSION": app.version}
        data |= {"LANGUAGE_ID": self.portal.language}
        app.version = version
        app.application_token = application_token or app.application_token
        for handler in self._handlers("ONAPPUPDATE"):
            self.source.app_event("ONAPPUPDATE", data, handler=handler, tokens=user_id)
        self.portal.bindings.clear()
        self.portal.placements.clear()

    def pay(self, *, days: int = 30, expired: str = "N") -> None:
        """ONAPPPAYMENT, which the vendor shows without an application_token."""
        app = self.portal.app
        data: dict[str, Any] = {"CODE": app.code, "VERSION": app.version, "STATUS": app.status}
        data |= {"PAYMENT_EXPIRED": expired, "DAYS": days, "LANGUAGE_ID": self.portal.language}
        for handler in self._handlers("ONAPPPAYMENT"):
            self.source.app_event("ONAPPPAYMENT", data, handler=handler, signed=False)

    def uninstall(self, *, clean: bool = True) -> None:
        """ONAPPUNINSTALL without tokens; everything the application had here is gone."""
        data = {"LANGUAGE_ID": self.portal.language, "CLEAN": int(clean)}
        for handler in self._handlers("ONAPPUNINSTALL"):
            self.source.app_event("ONAPPUNINSTALL", data, handler=handler)
        with self.portal.lock:
            self.portal.bindings.clear()
            self.portal.placements.clear()
            self.portal.revoke_tokens()
            self.portal.app.present = self.portal.app.installed = False

    def reinstall(self) -> None:
        """The application is put back; its installer's page is to be opened again."""
        self.portal.app.present, self.portal.app.installed = True, False

    def _handlers(self, event: str) -> list[str]:
        return [binding.handler for binding in self.portal.live_bindings(event)]
