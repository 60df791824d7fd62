"""`settings export`, `settings apply FILE` and `settings preview KIND`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from difflib import unified_diff
from pathlib import Path

from sqlalchemy import Connection

from b24app.cli import preview
from b24app.cli.arguments import read_file
from b24app.cli.context import find_connection, open_clients, prepare_database, print_lines
from b24app.cli.progress import Progress
from b24app.clients import Clients
from b24app.services.gitlab_connections import check_connection
from b24app.services.overview import find_portal
from b24app.services.settings_lookups import PortalLookups
from sync.config import Config
from sync.core.rules.portal import wanted_kinds, wants_internal
from sync.gitlab.api.hook_events import event_flags
from sync.settings.apply import apply, current_settings, export_yaml, portal_domain
from sync.settings.document import read
from sync.settings.document import write as write_settings
from sync.settings.example import example_text
from sync.settings.problems import Invalid, Problem
from sync.store import connections, portals
from sync.store.db.database import read as reading
from sync.store.db.database import write as writing
from sync.store.rows import PortalRecord


def run(config: Config, args: argparse.Namespace) -> int:
    """Export, apply or preview settings. Raises Invalid, LookupError and SyncError."""
    actions = {"export": _export, "apply": _apply, "preview": preview.run}
    return actions[args.action](config, args)


def _export(config: Config, args: argparse.Namespace) -> int:
    with reading(prepare_database(config)) as conn:
        portal = find_portal(conn, args.portal)
        text = _export_text(conn, portal)
    if args.output:
        Path(args.output).write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return 0


def _export_text(conn: Connection, portal: PortalRecord) -> str:
    """Return what is in force; of a portal without settings an example with comments."""
    if portals.settings(conn, portal.id):
        return export_yaml(conn, portal)
    language = current_settings(conn, portal).language
    return example_text(portal=portal_domain(portal), language=language)


def _apply(config: Config, args: argparse.Namespace) -> int:
    with open_clients(config, prepare_database(config)) as opened:
        return _apply_document(opened, args)


def _apply_document(opened: Clients, args: argparse.Namespace) -> int:
    engine, text = opened.engine, read_file(args.file)
    with reading(engine) as conn:
        portal = find_portal(conn, args.portal or _named_portal(text))
        before = export_yaml(conn, portal)
    progress = Progress("")
    lookups = None
    if not args.offline:
        lookups = PortalLookups(opened.portal(portal.id), progress.show_named)
    settings = read(text, os.environ, lookups)
    if lookups and lookups.unchecked:
        print_lines(f"The chats could not be checked: {lookups.unchecked}.")
    if settings.portal not in (portal.member_id, portal_domain(portal)):
        raise Invalid([Problem(0, "portal", f"is {settings.portal}, not {portal_domain(portal)}")])
    if args.check:
        print_lines(*difference(before, write_settings(settings)))
        print_lines("The settings are right; nothing was applied.")
        return 0
    flags = _hook_flags(opened, portal.id)
    with writing(engine) as conn:
        done = apply(
            conn, opened.vault, portal, settings, environ=os.environ, now=opened.clock.now()
        )
    for verb in ("created", "changed", "removed"):
        for name in getattr(done, verb):
            print_lines(f"Connection {name} {verb}.")
    print_lines(f"The settings of {portal_domain(portal)} were applied.")
    changed = _hook_flags(opened, portal.id) != flags
    for name in (connection.name for connection in settings.connections):
        if name in done.created:
            print_lines(f"Set up the webhooks: b24bridge gitlab hooks {name}")
        elif changed:
            print_lines(f"The rules want other events: b24bridge gitlab hooks {name}")
    if not args.offline:
        _test_connections(opened, portal, [*done.created, *done.changed])
    if done.created:
        print_lines("Read what was before, silently: b24bridge backfill --all --since 90d")
    return 0


def _test_connections(opened: Clients, portal: PortalRecord, names: Sequence[str]) -> None:
    """Try what was given: the address, the token and its rights; print what is wrong."""
    for name in names:
        with reading(opened.engine) as conn:
            record = find_connection(conn, portal.id, name)
            secrets = connections.secrets(conn, opened.vault, record.id)
        if secrets is None or not secrets.access_token:
            print_lines(f"Connection {name} has no token yet: b24bridge gitlab token {name}")
            continue
        for problem in check_connection(opened, record).problems:
            print_lines(f"Connection {name}: {problem}")


def difference(before: str, after: str) -> list[str]:
    """Return the lines that differ between two settings texts, with their surroundings."""
    lines = unified_diff(
        before.splitlines(), after.splitlines(), "in force", "in the file", lineterm="", n=2
    )
    return list(lines) or ["The file says what is in force."]


def _hook_flags(opened: Clients, portal_id: int) -> dict[str, bool]:
    """Return the webhooks' event flags for the rules in force."""
    rules = opened.rules(portal_id)
    return event_flags("group", wanted_kinds(rules), internal=wants_internal(rules))


def _named_portal(text: str) -> str | None:
    """Return the portal that a document names; None where its line cannot be found."""
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key == "portal" and value.strip():
            return value.partition(" #")[0].strip().strip("'\"")
    return None
