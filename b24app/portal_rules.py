"""A portal's rules, and its pairs of two-way sync, by the settings that are stored with it."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from sync.core.rules.portal import Rules
from sync.settings.apply import stored_settings
from sync.settings.model import Settings, load
from sync.settings.rules import needs_addresses, to_rules
from sync.store import people, portals
from sync.store.db.types import dump_json
from sync.store.portals import PortalRow

if TYPE_CHECKING:
    from sync.core.issue_sync.mapping import SyncMapping


def rules_of(conn: Connection, row: PortalRow) -> Rules:
    """Return the rules of a portal just read, and read its people where rules name e-mails."""
    key = _settings_key(row)
    if not needs_addresses(_parse_settings(key)):
        return _parse_rules(key)
    return to_rules(_parse_settings(key), people.active_by_email(conn, row.record.id))


def mapping_of(conn: Connection, row: PortalRow) -> SyncMapping:
    """Return the pairs of two-way sync of a portal just read."""
    from sync.settings.issue_sync_mapping import to_mapping

    settings = portal_settings(row)
    names = [connection.name for connection in settings.connections]
    by_email = people.active_by_email(conn, row.record.id) if settings.issue_sync.pairs else {}
    return to_mapping(settings.issue_sync, names, by_email)


def portals_with_pairs(conn: Connection) -> frozenset[int]:
    """Return the ids of the active portals whose settings have two-way sync at all."""
    return portals.active_ids(conn, "issue_sync")


def portal_settings(row: PortalRow) -> Settings:
    """Return the settings in force of a portal just read."""
    return _parse_settings(_settings_key(row))


def _settings_key(row: PortalRow) -> str:
    """Return the document in force as text: equal documents are parsed once."""
    return dump_json(stored_settings(row.record, row.settings))


@lru_cache(maxsize=64)
def _parse_settings(key: str) -> Settings:
    return load(json.loads(key))


@lru_cache(maxsize=64)
def _parse_rules(key: str) -> Rules:
    return to_rules(_parse_settings(key))
