"""`sync`: what two-way sync would do, does, and did, and what people may ask of a link."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from b24app.cli.context import open_clients, prepare_database
from b24app.cli.desk import Desk
from b24app.cli.sync_imports import preview, rehearse, run_import
from b24app.cli.sync_links import conflicts, create_link, explain, pause, replay, resume, unlink
from b24app.engine_deps import build_engine_deps
from b24app.services.chosen_portal import find_portal
from b24app.services.sync_desk import PortalDesk
from sync.config import Config
from sync.engine.load.scope import read_portal
from sync.store.db.database import read


def run(config: Config, args: argparse.Namespace) -> int:
    """Carry out a command for the portal. Raises LookupError and SyncError."""
    with open_clients(config, prepare_database(config)) as opened:
        with read(opened.engine) as conn:
            portal = find_portal(conn, args.portal)
            row = read_portal(conn, portal.id)
        return carry_out(PortalDesk(build_engine_deps(opened), row), args)


def carry_out(desk: Desk, args: argparse.Namespace) -> int:
    """Carry out a command. Raises LookupError and SyncError."""
    return _ACTIONS[args.action](desk, args)


_ACTIONS: dict[str, Callable[[Desk, Any], int]] = {
    "preview": preview,
    "rehearse": rehearse,
    "run": run_import,
    "explain": explain,
    "pause": pause,
    "resume": resume,
    "replay": replay,
    "unlink": unlink,
    "link": create_link,
    "conflicts": conflicts,
}
