"""`portal end-pages` and `portal erase`."""

from __future__ import annotations

import argparse

from sqlalchemy import Engine

from sync.config import Config
from sync.sentences import as_sentence, sentence


def add_portal_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of both."""
    sub = parser.add_subparsers(dest="action", required=True, metavar="end-pages|erase")
    pages = sub.add_parser("end-pages", help="end every open page at once, of one portal or of all")
    erase = sub.add_parser("erase", help="delete a portal, removed or not, with all its data")
    pages.add_argument("--all", action="store_true", help="of all portals")
    erase.add_argument(
        "--yes", action="store_true", help="really: nothing brings the data back but a backup"
    )
    for subparser in (pages, erase):
        subparser.add_argument(
            "--portal", help="domain or member id; not needed where there is one only"
        )


def run(config: Config, args: argparse.Namespace) -> int:
    """End open pages, or erase a portal. Raises LookupError."""
    return _end_pages(config, args) if args.action == "end-pages" else _erase(config, args)


def _end_pages(config: Config, args: argparse.Namespace) -> int:
    from b24app.cli.context import prepare_database, print_lines
    from b24app.services.chosen_portal import find_portal
    from sync.settings.apply import portal_domain
    from sync.store import portals
    from sync.store.db.database import write

    with write(prepare_database(config)) as conn:
        if args.all:
            count = portals.end_pages(conn)
            print_lines(sentence("Every open page of {count} portals has ended.", count=count))
            return 0
        portal = find_portal(conn, args.portal)
        portals.end_pages(conn, portal.id)
    print_lines(sentence("Every open page of {domain} has ended.", domain=portal_domain(portal)))
    return 0


def _erase(config: Config, args: argparse.Namespace) -> int:
    from b24app.cli.context import prepare_database, print_lines
    from b24app.services.chosen_portal import find_portal
    from sync.engine.upkeep.token_rotation import remove_spare_token
    from sync.settings.apply import portal_domain
    from sync.store import connections, erasure, oauth_grants
    from sync.store.db.database import read

    engine = prepare_database(config)
    with read(engine) as conn:
        portal = find_portal(conn, args.portal, include_removed=True)
        names = [record.name for record in connections.by_portal(conn, portal.id)]
        ids = connections.all_ids(conn, portal.id)
        granted = len(oauth_grants.of_connections(conn, ids))
    ended = granted
    if args.yes:
        if granted:
            ended = _end_sign_ins(config, engine, portal.id)
        erasure.erase_portal(engine, portal.id)
        for connection_id in ids:
            remove_spare_token(config.data_dir / "tokens", connection_id)
    domain = portal_domain(portal)
    if args.yes:
        print_lines(
            sentence(
                "{domain} was erased, with all its data, tokens and connections.", domain=domain
            )
        )
        print_lines(
            "Its webhooks in GitLab are answered 404 from now on: remove them there."
            if names
            else "It had no connections."
        )
        if ended < granted:
            print_lines(
                sentence(
                    "GitLab could not be told that {count} sign-ins are over: whoever gave one "
                    "ends it in GitLab (Applications).",
                    count=granted - ended,
                )
            )
        return 0
    print_lines(
        sentence(
            "{domain} would be erased with all its data, its tokens, and its connections: {names}.",
            domain=domain,
            names=", ".join(names) or as_sentence("none"),
        ),
        "Nothing was done: say --yes to erase it.",
    )
    return 1


def _end_sign_ins(config: Config, engine: Engine, portal_id: int) -> int:
    """Have GitLab forget what people granted; return how many of the sign-ins it did."""
    from b24app.cli.context import NoKey, open_clients
    from b24app.grants import revoke_all

    try:
        with open_clients(config, engine) as clients:
            return revoke_all(clients, portal_id)[0]
    except NoKey:
        return 0
