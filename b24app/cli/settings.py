"""`settings export`, `settings apply FILE` and `settings preview KIND`."""

from __future__ import annotations

import argparse
import difflib
import os
import sys
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from sqlalchemy import Connection

from b24app.cli import preview
from b24app.cli.arguments import read_file
from b24app.cli.context import find_connection, open_clients, prepare_database, print_lines
from b24app.cli.language import say
from b24app.cli.progress import Progress
from b24app.clients import Clients
from b24app.services.chosen_portal import find_portal
from b24app.services.claims import prove_claims, remove_left_over
from b24app.services.connection_checks import find_inaccessible
from b24app.services.gitlab_connections import check_connection
from b24app.services.settings_lookups import PortalLookups, ProjectLookups
from sync.config import Config
from sync.core.rules.portal import wanted_kinds, wants_internal
from sync.gitlab.api.hook_events import event_flags
from sync.sentences import as_sentence, sentence
from sync.settings.apply import (
    HISTORY_KEPT,
    ConnectionChanges,
    apply,
    current_settings,
    export_yaml,
    portal_domain,
    require_portal,
)
from sync.settings.apply_guards import require_removable
from sync.settings.document import read
from sync.settings.example import example_text
from sync.settings.model import Settings
from sync.store import connections, oauth_grants, portals
from sync.store.db.database import open_writer
from sync.store.db.database import read as reading
from sync.store.db.database import write as writing
from sync.store.rows import ConnectionRecord, PortalRecord

_MOST_TARGETS = 50  # tried when settings are applied; `gitlab test` tries them all


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
    progress = Progress("")
    lookups, projects = None, None
    if not args.offline:
        lookups = PortalLookups(opened.portal(portal.id), progress.show_named)
        projects = ProjectLookups(opened, portal.id)
    settings = read(text, os.environ, lookups, projects)
    if lookups and lookups.unchecked:
        print_lines(
            sentence(
                "The chats could not be checked: {unchecked}.",
                unchecked=as_sentence(lookups.unchecked),
            )
        )
    require_portal(settings, portal)
    if args.check:
        return _check(opened, portal, settings, args.remove)
    flags = _hook_flags(opened, portal.id)
    with writing(engine) as conn:
        done = apply(
            conn,
            opened.vault,
            portal,
            settings,
            environ=os.environ,
            now=opened.clock.now(),
            remove=args.remove,
        )
    _print_each(_describe_changes(done))
    print_lines(sentence("The settings of {domain} were applied.", domain=portal_domain(portal)))
    changed = _hook_flags(opened, portal.id) != flags
    _print_each(_settle_with_gitlab(opened, portal, done, offline=args.offline))
    if not args.offline:
        _test_connections(opened, portal, [*done.created, *done.changed])
    for name in (entry.name for entry in settings.connections if entry.kind == "gitlab"):
        if name in (*done.created, *done.restored):
            print_lines(sentence("Set up the webhooks: b24bridge gitlab hooks {name}", name=name))
        elif changed:
            print_lines(
                sentence("The rules want other events: b24bridge gitlab hooks {name}", name=name)
            )
    if any(entry.kind == "gitlab" and entry.name in done.created for entry in settings.connections):
        print_lines("Read what was before, silently: b24bridge backfill --all --since 90d")
    return 0


def _settle_with_gitlab(
    opened: Clients, portal: PortalRecord, done: ConnectionChanges, *, offline: bool
) -> list[str]:
    """Remove webhooks that are left over, and prove access to what others connect, too."""
    if offline:
        return [
            sentence(
                "{kind} {target} of {connection}: its webhook is left over; remove it in GitLab",
                kind=as_sentence(item.kind),
                target=item.target,
                connection=item.connection,
            )
            for item in done.left_over
        ]
    with reading(opened.engine) as conn:
        records = [
            *connections.by_portal(conn, portal.id),
            *connections.removed(conn, portal.id),
        ]
    return [
        *remove_left_over(opened, records, done.left_over),
        *prove_claims(opened, portal),
    ]


def _check(
    opened: Clients, portal: PortalRecord, settings: Settings, remove: Collection[str]
) -> int:
    """Say everything that applying would change. Raises what applying would raise."""
    now = opened.clock.now()
    with open_writer(opened.engine) as conn:  # nothing of it is committed
        before = export_yaml(conn, portal)
        require_removable(conn, portal, settings, remove)
        done = apply(conn, opened.vault, portal, settings, environ=os.environ, now=now, remove=None)
        after = export_yaml(conn, portal)
        conn.rollback()
    difference = difflib.unified_diff(
        before.splitlines(), after.splitlines(), say("in force"), say("this file"), lineterm=""
    )
    _print_each(list(difference) or ["The file says what is in force."])
    _print_each(sentence("Would be done: {line}", line=line) for line in _describe_changes(done))
    _print_each(
        sentence(
            "Its webhook would be removed: {kind} {target} of {connection}.",
            kind=as_sentence(item.kind),
            target=item.target,
            connection=item.connection,
        )
        for item in done.left_over
    )
    if untried := [*done.created, *done.changed]:
        print_lines(
            sentence(
                "Nobody asked the servers of {names}: applying does, and says what is wrong.",
                names=", ".join(untried),
            )
        )
    unsaid = [name for name in done.removed if name not in remove]
    _print_each(
        sentence(
            "Removing {name} has to be said: --remove {name}, or `was: {name}` beside its new name",
            name=name,
        )
        for name in unsaid
    )
    if unsaid:
        print_lines("Until then the file is refused; nothing was applied.")
        return 1
    print_lines("The settings are right; nothing was applied.")
    return 0


def _print_each(lines: Iterable[str]) -> None:
    for line in lines:
        print_lines(line)


def _describe_changes(done: ConnectionChanges) -> list[str]:
    days = HISTORY_KEPT.days
    endings = {
        "created": "",
        "changed": "",
        "restored": as_sentence(" with its history"),
        "renamed": "",
        "removed": sentence("; its history is kept for {days} days", days=days),
    }
    return [
        sentence(
            "Connection {name} {verb}{ending}.", name=name, verb=as_sentence(verb), ending=ending
        )
        for verb, ending in endings.items()
        for name in getattr(done, verb)
    ]


def _test_connections(opened: Clients, portal: PortalRecord, names: Sequence[str]) -> None:
    """Try what was given: the address, the token and its rights; print what is wrong."""
    progress = Progress("connections")
    for number, name in enumerate(names):
        progress.show(number, len(names))
        with reading(opened.engine) as conn:
            record = find_connection(conn, portal.id, name)
            secrets = connections.secrets(conn, opened.vault, record.id)
            grant = oauth_grants.find(conn, record.id)
        if grant is None and (secrets is None or not secrets.access_token):
            print_lines(
                sentence(
                    "Connection {name} has no token yet: b24bridge {kind} token {name}",
                    name=name,
                    kind=record.kind,
                )
            )
            continue
        for problem in _find_problems(opened, record):
            print_lines(
                sentence("Connection {name}: {problem}", name=name, problem=as_sentence(problem))
            )


def _find_problems(opened: Clients, record: ConnectionRecord) -> list[str]:
    """Return what is wrong with a connection's address, its token and its rights."""
    if record.kind == "youtrack":
        from b24app.services import youtrack_connections

        return list(youtrack_connections.check_connection(opened, record, _MOST_TARGETS).problems)
    tested = check_connection(opened, record)
    flaws = find_inaccessible(opened, record, _MOST_TARGETS) if tested.account else []
    return [*tested.problems, *map(str, flaws)]


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
