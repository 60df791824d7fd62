"""Look-ups that a settings document is checked against: the portal's columns, users, chats."""

from __future__ import annotations

from functools import cached_property

from sync.bitrix24.rest.client import Portal
from sync.bitrix24.tasks.queries import may_post, read_stages, read_task_fields, read_users
from sync.core.model.common import PortalUser
from sync.core.model.tasks import KanbanStage
from sync.errors import Denied, Refused

_MISSING_SCOPE = {"INSUFFICIENT_SCOPE", "INVALID_SCOPE"}


class PortalLookups:
    """Asks the portal once for each thing. Raises Later or Denied where it cannot be known.

    `unchecked`: why chats could not be checked, "" where they could.
    """

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self.unchecked = ""
        self._stages: dict[int, tuple[KanbanStage, ...] | None] = {}

    def stages(self, group_id: int) -> tuple[KanbanStage, ...] | None:
        """Return the columns of a workgroup; None where it does not exist for us."""
        if group_id not in self._stages:
            self._stages[group_id] = self._read_stages(group_id)
        return self._stages[group_id]

    def user(self, reference: int | str) -> PortalUser | None:
        """Return the user with this id or e-mail address; None where there is none."""
        if isinstance(reference, int):
            return next(
                (portal_user for portal_user in self._read_users if portal_user.id == reference),
                None,
            )
        name = reference.lower()
        return next(
            (
                portal_user
                for portal_user in self._read_users
                if (portal_user.email or "").lower() == name
            ),
            None,
        )

    def task_fields(self) -> frozenset[str] | None:
        """Return the portal's own fields of tasks; None where only administrators may list them."""
        try:
            return self._read_task_fields
        except Refused:
            return None

    def may_post(self, dialog: str) -> bool | None:
        """Return whether we may write in a chat; None where the portal does not let us look."""
        try:
            return None if self.unchecked else may_post(self._portal, dialog)
        except (Denied, Refused) as error:
            if isinstance(error, Denied) and error.code not in _MISSING_SCOPE:
                raise
            self.unchecked = error.message
            return None

    def _read_stages(self, group_id: int) -> tuple[KanbanStage, ...] | None:
        try:
            return read_stages(self._portal, group_id) or None
        except Refused:
            return None

    @cached_property
    def _read_task_fields(self) -> frozenset[str]:
        return read_task_fields(self._portal)

    @cached_property
    def _read_users(self) -> tuple[PortalUser, ...]:
        return read_users(self._portal)
