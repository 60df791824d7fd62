"""`portal end-pages` and `portal erase`."""

from __future__ import annotations

import argparse

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
    from b24app.services.overview import find_portal
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
    from b24app.services.overview import find_portal
    from sync.settings.apply import portal_domain
    from sync.store import connections, portals
    from sync.store.db.database import write

    with write(prepare_database(config)) as conn:
        portal = find_portal(conn, args.portal, include_removed=True)
        names = [record.name for record in connections.by_portal(conn, portal.id)]
        if args.yes:
            portals.erase(conn, portal.id)
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
