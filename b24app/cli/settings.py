"""`settings export`, `settings apply FILE` and `settings preview KIND`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from b24app.cli import preview
from b24app.cli.arguments import file_text
from b24app.cli.context import database, rooms, say
from b24app.clients import Rooms
from b24app.services.overview import find_portal
from b24app.services.settings_lookups import PortalLookups
from sync.config import Config
from sync.core.rules.portal import internal_wanted, kinds_wanted
from sync.gitlab.api.hook_events import switches
from sync.settings.apply import apply, domain, export
from sync.settings.document import read
from sync.settings.problems import Invalid, Problem
from sync.store.db.database import read as reading
from sync.store.db.database import write as writing


def run(config: Config, args: argparse.Namespace) -> int:
    actions = {"export": _export, "apply": _apply, "preview": preview.run}
    return actions[args.action](config, args)


def _export(config: Config, args: argparse.Namespace) -> int:
    with reading(database(config)) as conn:
        text = export(conn, find_portal(conn, args.portal))
    if args.output:
        Path(args.output).write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return 0


def _apply(config: Config, args: argparse.Namespace) -> int:
    with rooms(config, database(config)) as opened:
        return _applied(opened, args)


def _applied(opened: Rooms, args: argparse.Namespace) -> int:
    engine, text = opened.engine, file_text(args.file)
    with reading(engine) as conn:
        portal = find_portal(conn, args.portal or _named(text))
    lookups = None if args.offline else PortalLookups(opened.portal(portal.id))
    settings = read(text, os.environ, lookups)
    if lookups and lookups.unchecked:
        say(f"The chats could not be checked: {lookups.unchecked}.")
    if settings.portal not in (portal.member_id, domain(portal)):
        raise Invalid([Problem(0, "portal", f"is {settings.portal}, not {domain(portal)}")])
    if args.check:
        say("The settings are right; nothing was applied.")
        return 0
    heard = _heard(opened, portal.id)
    with writing(engine) as conn:
        done = apply(
            conn, opened.vault, portal, settings, environ=os.environ, now=opened.clock.now()
        )
    for verb in ("created", "changed", "removed"):
        for name in getattr(done, verb):
            say(f"Connection {name} {verb}.")
    say(f"The settings of {domain(portal)} were applied.")
    changed = _heard(opened, portal.id) != heard
    for name in (one.name for one in settings.connections):
        if name in done.created:
            say(f"Set up the webhooks: b24bridge gitlab hooks {name}")
        elif changed:
            say(f"The rules want other events: b24bridge gitlab hooks {name}")
    return 0


def _heard(opened: Rooms, portal_id: int) -> dict[str, bool]:
    """The webhooks' switches for the rules in force."""
    rules = opened.rules(portal_id)
    return switches("group", kinds_wanted(rules), internal=internal_wanted(rules))


def _named(text: str) -> str | None:
    """The portal a document names, as far as it can be seen without reading all of it."""
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key == "portal" and value.strip():
            return value.partition(" #")[0].strip().strip("'\"")
    return None
