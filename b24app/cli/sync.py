"""`sync`: what two-way sync would do, does, and did, and what people may ask of a link."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from b24app.cli.arguments import read_file
from b24app.cli.context import (
    build_engine_deps,
    open_clients,
    prepare_database,
    print_lines,
    printable,
)
from b24app.cli.language import current_language
from b24app.services import issue_links
from b24app.services.issue_links import LinkBook, Step, Target, pair_name, parse_target
from b24app.services.overview import find_portal
from b24app.services.rehearsal import rehearsal_lines
from b24app.services.sync_desk import PortalDesk
from sync.config import Config
from sync.core.clock import Clock
from sync.core.issue_sync.forecast import Cost, Forecast
from sync.core.issue_sync.link import StoryLine
from sync.core.issue_sync.mapping import ProjectPair
from sync.core.issue_sync.model import ItemAddress, SideName
from sync.engine.issue_sync.rehearsing import RehearsedPair
from sync.engine.load.scope import read_portal
from sync.sentences import as_sentence, join_sentences, sentence
from sync.store.db.database import read

SYSTEMS = {SideName.TRACKER: "GitLab", SideName.PORTAL: "Bitrix24"}
_ITEMS = {SideName.TRACKER: as_sentence("issues"), SideName.PORTAL: as_sentence("tasks")}
_INTERRUPTED = 130


class Desk(Protocol):
    """What the commands work with, opened for a portal."""

    @property
    def book(self) -> LinkBook:
        """The links of the portal."""

    @property
    def clock(self) -> Clock:
        """The time."""

    def pairs(self, workgroup: int | None, project: str | None) -> Iterable[ProjectPair]:
        """Return the pairs that are meant; all of them where nothing is named."""

    def foresee(self, pair: ProjectPair) -> tuple[Forecast, Mapping[SideName, Cost]]:
        """Read both sides of a pair and return what an import would do. Raises SyncError."""

    def rehearse(
        self, text: str, since: datetime, workgroup: int | None, project: str | None
    ) -> Iterable[RehearsedPair]:
        """Return what the pairs of a settings document would have done since a moment.

        Raises Invalid and SyncError.
        """

    def import_pair(self, pair: ProjectPair) -> Iterator[Step]:
        """Import a pair; each step is saved before the next. Raises SyncError."""

    def release_pair(self, pair: ProjectPair) -> int | None:
        """Let a halted pair go on; return how many links try again, None where it was not."""

    def find_task(self, task_id: str) -> ItemAddress:
        """Return where a task is. Raises LookupError."""

    def find_issue(self, project: str, number: str) -> ItemAddress:
        """Return where an issue is. Raises LookupError."""


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


def _preview(desk: Desk, args: argparse.Namespace) -> int:
    for pair in _named_pairs(desk, args):
        forecast, costs = desk.foresee(pair)
        print_lines(*map(printable, preview_lines(pair, forecast, costs)))
    return 0


def _rehearse(desk: Desk, args: argparse.Namespace) -> int:
    since = desk.clock.now() - timedelta(days=args.days)
    text, count = read_file(args.settings), 0
    for rehearsed in desk.rehearse(text, since, args.workgroup, args.project):
        count += 1
        print_lines(*map(printable, rehearsal_lines(current_language(), rehearsed, since)))
    if not count:
        raise LookupError("The document names no pair of a connection that is in force")
    return 0


def _named_pairs(desk: Desk, args: argparse.Namespace) -> list[ProjectPair]:
    pairs = list(desk.pairs(args.workgroup, args.project))
    if not pairs:
        raise LookupError(
            "No pair of the settings is meant; `b24bridge settings export` shows `issue_sync`"
        )
    return pairs


def preview_lines(
    pair: ProjectPair, forecast: Forecast, costs: Mapping[SideName, Cost]
) -> Iterator[str]:
    """Yield what an import of a pair would do, and what it costs."""
    yield sentence("{pair}:", pair=pair_name(pair))
    yield sentence("  {linked} linked already", linked=forecast.linked)
    for side in SideName:
        if side in pair.creates:
            yield sentence(
                "  {created} {items} would be created",
                created=forecast.created[side],
                items=_ITEMS[side],
            )
        elif left := forecast.passed_over[side.other]:
            yield sentence(
                "  {left} {items} stay alone: the pair creates no {others}",
                left=left,
                items=_ITEMS[side.other],
                others=_ITEMS[side],
            )
    for side in SideName:
        if forecast.entries[side]:
            yield sentence(
                "  {entries} comments, entries of time and files go to {system}",
                entries=forecast.entries[side],
                system=SYSTEMS[side],
            )
    if forecast.problems:
        yield "  cannot cross as it is:"
        for text, count in sorted(forecast.problems.items(), key=lambda row: (-row[1], row[0])):
            yield sentence("    {amount} × {text}", amount=count, text=as_sentence(text))
    counts = forecast.requests(costs)
    listed = join_sentences(
        ", ",
        [
            sentence("{amount} to {system}", amount=counts[side], system=SYSTEMS[side])
            for side in SideName
        ],
    )
    yield sentence(
        "  about {listed} requests, {minutes} min", listed=listed, minutes=forecast.minutes(costs)
    )


def _run(desk: Desk, args: argparse.Namespace) -> int:
    failed = 0
    for pair in _named_pairs(desk, args):
        last = Step(pair_name(pair), 0, 0)
        try:
            for last in desk.import_pair(pair):
                print_lines(printable(step_line(last)))
        except KeyboardInterrupt:
            print_lines("Stopped. The same command goes on where it stopped.")
            return _INTERRUPTED
        print_lines(
            printable(
                sentence("{pair}: done, {created} created", pair=last.pair, created=last.created)
            )
        )
        failed += last.failed
    if failed:
        raise LookupError(
            sentence(
                "{failed} could not be brought in step; `b24bridge sync explain` says why of each",
                failed=failed,
            )
        )
    return 0


def step_line(step: Step) -> str:
    """Return how far an import has come."""
    share = 100 * step.done // step.total if step.total else 100
    failed = sentence(", {failed} not", failed=step.failed) if step.failed else ""
    return sentence(
        "{pair}: {done} of {total} ({share} %), {created} created{failed}",
        pair=step.pair,
        done=step.done,
        total=step.total,
        share=share,
        created=step.created,
        failed=failed,
    )


def _explain(desk: Desk, args: argparse.Namespace) -> int:
    lines = issue_links.explain(desk.book, parse_target(args.target), args.limit)
    print_lines(*map(printable, lines))
    return 0


def _pause(desk: Desk, args: argparse.Namespace) -> int:
    names = issue_links.pause(desk.book, parse_target(args.target), args.reason, desk.clock.now())
    return _report(names, "stands still until `b24bridge sync resume`.")


def _resume(desk: Desk, args: argparse.Namespace) -> int:
    if bool(args.target) == bool(args.pair):
        raise LookupError("Name a task, an issue, or a pair: sync resume --pair acme/shop")
    if args.pair:
        return _resume_pairs(desk, args)
    names = issue_links.resume(desk.book, parse_target(args.target), desk.clock.now())
    return _report(names, "works again.")


def _resume_pairs(desk: Desk, args: argparse.Namespace) -> int:
    pairs = list(desk.pairs(args.workgroup, args.pair))
    if not pairs:
        raise LookupError(
            sentence("The settings name no pair of {pair}, or sync is paused there", pair=args.pair)
        )
    released = [(pair_name(pair), desk.release_pair(pair)) for pair in pairs]
    names = [
        sentence(
            "{name} goes on: {count} links try again, and for an hour very many may change at "
            "once.",
            name=name,
            count=count,
        )
        for name, count in released
        if count is not None
    ]
    if not names:
        raise LookupError(
            sentence(
                "{name}: not halted, nothing to do", name=", ".join((name for name, _ in released))
            )
        )
    print_lines(*map(printable, names))
    return 0


def _replay(desk: Desk, args: argparse.Namespace) -> int:
    names = issue_links.replay(desk.book, parse_target(args.target), desk.clock.now())
    return _report(names, "tries again what was refused.")


def _unlink(desk: Desk, args: argparse.Namespace) -> int:
    names = issue_links.unlink(desk.book, parse_target(args.target), desk.clock.now())
    return _report(names, "is not kept in step any more; both stay as they are.")


def _link(desk: Desk, args: argparse.Namespace) -> int:
    task, issue = parse_target(args.task), parse_target(args.issue)
    if not task.task_id or issue.task_id:
        raise LookupError("Name the task first, then the issue: sync link 2103 acme/shop#12")
    for target in (task, issue):
        _require_free(desk, target)
    link = desk.book.create(
        desk.find_task(task.task_id),
        desk.find_issue(issue.project, issue.number),
        StoryLine(desk.clock.now(), "linked", "by a person"),
    )
    return _report([desk.book.name(link)], "is kept in step from now on.")


def _require_free(desk: Desk, target: Target) -> None:
    try:
        links = issue_links.find_links(desk.book, target)
    except LookupError:
        return
    for link in links:
        if not link.ended:
            raise LookupError(
                sentence(
                    "The {target} is linked already: {name}; unlink that first",
                    target=target,
                    name=desk.book.name(link),
                )
            )


def _conflicts(desk: Desk, args: argparse.Namespace) -> int:
    target = parse_target(args.target) if args.target else None
    if args.decide:
        if target is None:
            raise LookupError("Name the task or the issue that the decision is about")
        field, winner = args.decide
        side = _side(winner)
        names = issue_links.decide(desk.book, target, field, side, desk.clock.now())
        return _report(
            names,
            sentence("the {side}'s {field} will stand.", side=side, field=as_sentence(field)),
            ": ",
        )
    lines = list(issue_links.disputes(desk.book, target))
    print_lines(*map(printable, lines or ["Nothing waits for a decision."]))
    return 0


def _side(name: str) -> SideName:
    try:
        return SideName(name)
    except ValueError:
        raise LookupError(
            sentence("{name} is no side; the sides are tracker and portal", name=name)
        ) from None


def _report(names: Iterable[str], text: str, joint: str = " ") -> int:
    print_lines(
        *(
            printable(
                sentence("{name}{joint}{text}", name=name, joint=joint, text=as_sentence(text))
            )
            for name in names
        )
    )
    return 0


_ACTIONS: dict[str, Callable[[Desk, Any], int]] = {
    "preview": _preview,
    "rehearse": _rehearse,
    "run": _run,
    "explain": _explain,
    "pause": _pause,
    "resume": _resume,
    "replay": _replay,
    "unlink": _unlink,
    "link": _link,
    "conflicts": _conflicts,
}
