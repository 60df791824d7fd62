"""`backfill PROJECT`, `backfill --all` and `backfill --status`."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from b24app.cli.backfill_progress import progress_line
from b24app.cli.backfill_status import status_lines
from b24app.cli.context import (
    find_connection,
    open_clients,
    prepare_database,
    print_lines,
    print_problems,
)
from b24app.clients import Clients
from b24app.engine_deps import build_engine_deps
from b24app.services.chosen_portal import find_portal
from sync.config import Config
from sync.core.model.common import Project
from sync.engine.deps import Deps
from sync.engine.lanes import LaneLost
from sync.engine.upkeep import backfill
from sync.engine.upkeep.backfill import Progress
from sync.engine.upkeep.backfill_parts import PARTS
from sync.errors import Refused, SyncError
from sync.sentences import as_text, sentence
from sync.store import connections
from sync.store.db.database import read
from sync.store.rows import ConnectionRecord, PortalRecord

_DAYS = {"d": 1, "w": 7}
_INTERRUPTED = 130


def run(config: Config, args: argparse.Namespace) -> int:
    """Read the history of projects, or show how far it was read."""
    with open_clients(config, prepare_database(config)) as opened:
        return _run(opened, args)


def _run(opened: Clients, args: argparse.Namespace) -> int:
    with read(opened.engine) as conn:
        portal = find_portal(conn, args.portal)
    if args.status:
        print_lines(*status_lines(opened, portal, args))
        return 0
    if args.project and args.all:
        raise LookupError("Name a project or --all, not both")
    if not args.project and not args.all:
        raise LookupError(
            "Name the project: its path, such as acme/shop, or its id in GitLab; or --all"
        )
    return _read(opened, portal, args)


def parse_since(text: str, now: datetime) -> datetime:
    """Return a midnight (UTC), so that the same words mean the same all day. Raises LookupError."""
    try:
        if match := re.fullmatch(r"([0-9]{1,5})([dw])", text):
            day = now.date() - timedelta(days=int(match[1]) * _DAYS[match[2]])
        else:
            day = datetime.strptime(text, "%Y-%m-%d").date()
    except (ValueError, OverflowError):
        raise LookupError(
            sentence("--since {text} is neither like 90d or 12w nor a date", text=text)
        ) from None
    if day > now.date():
        raise LookupError(
            sentence("--since {text} is in the future: nothing has happened there yet", text=text)
        )
    return datetime.combine(day, time(), UTC)


@dataclass(frozen=True)
class _BackfillRequest:
    """What is to be read, and the command that goes on with it."""

    clients: Clients
    args: argparse.Namespace
    since: datetime
    parts: tuple[str, ...]

    @property
    def deps(self) -> Deps:
        return build_engine_deps(self.clients)

    @property
    def resume_command(self) -> str:
        return _resume_command(self.args)

    def read(
        self, record: ConnectionRecord, project: str | Project, tell: Callable[[Progress], None]
    ) -> list[str]:
        """Read a project; return the parts that were refused.

        Raises SyncError, LaneLost and LookupError.
        """
        options: dict[str, Any] = {"parts": self.parts, "reread": self.args.again, "report": tell}
        done = backfill.run_backfill(self.deps, record, project, self.since, **options)
        if done is None:
            name = project.path if isinstance(project, Project) else project
            raise LookupError(
                sentence("The history of {name} is just being read by another process", name=name)
            )
        return [name for name in self.parts if name in done and done[name].state == "failed"]


def _read(opened: Clients, portal: PortalRecord, args: argparse.Namespace) -> int:
    request = _BackfillRequest(
        opened, args, parse_since(args.since, opened.clock.now()), _parse_parts(args.parts)
    )
    with read(opened.engine) as conn:
        every = connections.by_portal(conn, portal.id) if args.all and not args.connection else ()
        records = every or (find_connection(conn, portal.id, args.connection),)
    try:
        return (
            _backfill_connections(request, records)
            if args.all
            else _backfill_project(request, records[0])
        )
    except KeyboardInterrupt:
        print_lines(
            "",
            "Stopped. What was read is kept.",
            sentence("To go on: {command}", command=request.resume_command),
        )
        return _INTERRUPTED


def _backfill_project(request: _BackfillRequest, record: ConnectionRecord) -> int:
    print_lines(
        sentence(
            "{project} since {since}:",
            project=request.args.project,
            since=f"{request.since:%Y-%m-%d}",
        )
    )
    try:
        failed = request.read(
            record, request.args.project, lambda progress: print_lines(progress_line(progress))
        )
    except (SyncError, LaneLost) as error:
        _print_error(
            error,
            "What was read is kept.",
            sentence("To go on: {command}", command=request.resume_command),
        )
        return 1
    if failed:
        print_lines(
            sentence(
                "Not read: {failed}. When that is mended: {command}",
                failed=", ".join(failed),
                command=request.resume_command,
            )
        )
    return 1 if failed else 0


def _backfill_connections(request: _BackfillRequest, records: Iterable[ConnectionRecord]) -> int:
    """Read project by project; a failure is printed, and the others go on."""
    wrong = [path for record in records for path in _backfill_connection(request, record)]
    if wrong:
        print_lines(
            sentence(
                "Not all was read of: {wrong}. When that is mended: {command}",
                wrong=", ".join(wrong),
                command=request.resume_command,
            )
        )
    return 1 if wrong else 0


def _backfill_connection(request: _BackfillRequest, record: ConnectionRecord) -> Iterator[str]:
    """Yield what was not read in full; stop at an instance that denies or does not answer."""
    try:
        projects = backfill.connection_projects(request.deps, record)
    except SyncError as error:
        _print_error(error)
        yield record.name
        return
    for number, project in enumerate(projects, 1):
        since = f"{request.since:%Y-%m-%d}"
        print_lines(
            sentence(
                "{path} since {since}, {number} of {count} of {name}:",
                path=project.path,
                since=since,
                number=number,
                count=len(projects),
                name=record.name,
            )
        )
        try:
            if request.read(record, project, _print_progress):
                yield project.path
        except (Refused, LaneLost, LookupError) as error:
            _print_error(error)
            yield project.path
        except SyncError as error:
            _print_error(error)
            yield record.name
            return


def _print_progress(progress: Progress) -> None:
    """Print a line, unless the part was read before or is empty."""
    if progress.new or progress.state != "done" or progress.error:
        print_lines(progress_line(progress))


def _print_error(*lines: object) -> None:
    print_problems(*map(as_text, lines))


def _parse_parts(listed: str | None) -> tuple[str, ...]:
    names = tuple(filter(None, (listed or "").replace(" ", "").split(",")))
    if unknown := [name for name in names if name not in PARTS]:
        raise LookupError(
            sentence(
                "There is no part {unknown}; there is: {parts}",
                unknown=unknown[0],
                parts=", ".join(PARTS),
            )
        )
    return names or tuple(PARTS)


def _resume_command(args: argparse.Namespace) -> str:
    """Return the command that goes on, without --again."""
    words = ["b24bridge backfill", args.project or "--all", f"--since {args.since}"]
    words += [
        f"--{name} {getattr(args, name)}" for name in _OPTIONS_WITH_VALUES if getattr(args, name)
    ]
    return " ".join(words)


_OPTIONS_WITH_VALUES = ("connection", "parts", "portal")
