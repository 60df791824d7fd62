"""Requests by which a portal opens our pages in its frames. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sync.bitrix24.events.php_form import BadForm, number, submap, text
from sync.bitrix24.rest.credentials import Credentials, expiry_time, parse_scopes
from sync.sentences import sentence

_DOMAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(?::\d{1,5})?")


@dataclass(frozen=True, slots=True)
class PlacementRequest:
    """A request that opens one of our pages, with the tokens of the user who opened it.

    `expires_in`: seconds. `options`: of the placement, such as the task's id.
    https://apidocs.bitrix24.com/settings/oauth/simple-way.html
    """

    domain: str
    secure: bool
    language: str
    app_sid: str
    member_id: str
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    application_token: str = field(repr=False)
    expires_in: int
    server_endpoint: str
    scopes: tuple[str, ...]
    status: str
    placement: str
    options: Mapping[str, Any]

    @property
    def client_endpoint(self) -> str:
        """The portal's REST address, as claimed."""
        return f"{'https' if self.secure else 'http'}://{self.domain}/rest/"

    @property
    def task_id(self) -> int | None:
        """The task whose card holds the page; None outside of tasks."""
        return _positive(self.options.get("taskId") or self.options.get("ID"))

    @property
    def group_id(self) -> int | None:
        """The workgroup whose tab holds the page; None outside of workgroups.

        https://apidocs.bitrix24.com/api-reference/widgets/sonet-group/index.html
        """
        return _positive(self.options.get("GROUP_ID"))

    def credentials(self, now: datetime) -> Credentials:
        """Return the claimed credentials; `install_proof.prove_install` must verify them."""
        return Credentials(
            member_id=self.member_id,
            client_endpoint=self.client_endpoint,
            server_endpoint=self.server_endpoint,
            access_token=self.access_token,
            refresh_token=self.refresh_token,
            expires_at=expiry_time(self.expires_in, now),
            scopes=self.scopes,
            status=self.status,
        )


def parse_placement(query: Mapping[str, str], form: Mapping[str, Any]) -> PlacementRequest:
    """Read a placement's query and form. Raises BadForm for one Bitrix24 would not send."""
    fields = {**form, **{key: query[key] for key in query}}
    domain = text(fields, "DOMAIN")
    for name, value in (
        ("DOMAIN", domain),
        ("AUTH_ID", text(fields, "AUTH_ID")),
        ("member_id", text(fields, "member_id")),
    ):
        if not value:
            raise BadForm(sentence("{name} is missing: open this page from Bitrix24", name=name))
    if not _DOMAIN.fullmatch(domain):
        raise BadForm("DOMAIN is not the name of a host")
    return PlacementRequest(
        domain=domain.lower(),
        secure=text(fields, "PROTOCOL") != "0",
        language=text(fields, "LANG")[:8],
        app_sid=text(fields, "APP_SID"),
        member_id=text(fields, "member_id")[:64],
        access_token=text(fields, "AUTH_ID"),
        refresh_token=text(fields, "REFRESH_ID"),
        application_token=text(fields, "APPLICATION_TOKEN"),
        expires_in=number(fields, "AUTH_EXPIRES"),
        server_endpoint=text(fields, "SERVER_ENDPOINT"),
        scopes=parse_scopes(text(fields, "APPLICATION_SCOPE")),
        status=text(fields, "status"),
        placement=text(fields, "PLACEMENT") or "DEFAULT",
        options=_options(fields),
    )


def _positive(value: object) -> int | None:
    digits = str(value or "")
    return int(digits) if digits.isascii() and digits.isdigit() else None


def _options(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """Read the options: JSON text in the documentation, often empty, a list or a nested form."""
    nested = submap(fields, "PLACEMENT_OPTIONS")
    if nested:
        return nested
    try:
        options = json.loads(text(fields, "PLACEMENT_OPTIONS") or "{}")
    except (ValueError, RecursionError):
        return {}
    return options if isinstance(options, dict) else {}
