"""What `sync` does with single links: stories, stops, decisions."""

from __future__ import annotations

import argparse
from collections.abc import Iterable

from b24app.cli.context import (
    print_lines,
    printable,
)
from b24app.cli.desk import Desk
from b24app.services import issue_links
from b24app.services.issue_links import pair_name, parse_target
from sync.core.issue_sync.link import StoryLine, field_word
from sync.core.issue_sync.model import SideName
from sync.sentences import as_sentence, join_sentences, sentence


def explain(desk: Desk, args: argparse.Namespace) -> int:
    """Print the story of a link. Raises LookupError."""
    lines = issue_links.explain(desk.book, parse_target(args.target), args.limit)
    print_lines(*map(printable, lines))
    return 0


def pause(desk: Desk, args: argparse.Namespace) -> int:
    """Let a link stand still. Raises LookupError."""
    names = issue_links.pause(desk.book, parse_target(args.target), args.reason, desk.clock.now())
    return _report(names, "stands still until `b24bridge sync resume`.")


def resume(desk: Desk, args: argparse.Namespace) -> int:
    """Let a link, or the halted pairs of a project, go on. Raises LookupError."""
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
                "{name}: not halted, nothing to do",
                name=join_sentences(", ", [name for name, _ in released]),
            )
        )
    print_lines(*map(printable, names))
    return 0


def replay(desk: Desk, args: argparse.Namespace) -> int:
    """Try again what a link was refused. Raises LookupError."""
    names = issue_links.replay(desk.book, parse_target(args.target), desk.clock.now())
    return _report(names, "tries again what was refused.")


def unlink(desk: Desk, args: argparse.Namespace) -> int:
    """End a link; the task and the issue stay. Raises LookupError."""
    names = issue_links.unlink(desk.book, parse_target(args.target), desk.clock.now())
    return _report(names, "is not kept in step any more; both stay as they are.")


def create_link(desk: Desk, args: argparse.Namespace) -> int:
    """Link a task and an issue that exist. Raises LookupError, SyncError."""
    task, issue = parse_target(args.task), parse_target(args.issue)
    if not task.task_id or issue.task_id:
        raise LookupError("Name the task first, then the issue: sync link 2103 acme/shop#12")
    task, issue = desk.book.at_home(task), desk.book.at_home(issue)
    connection_id, address = desk.find_issue(issue)
    issue_links.require_free(desk.book, task, issue, connection_id)
    line = StoryLine(desk.clock.now(), "linked", "by a person")
    link = desk.book.create(desk.find_task(task.task_id), address, line, connection_id)
    return _report([desk.book.name(link)], "is kept in step from now on.")


def conflicts(desk: Desk, args: argparse.Namespace) -> int:
    """Print what waits for a decision, or decide it. Raises LookupError."""
    target = parse_target(args.target) if args.target else None
    if args.decide:
        if target is None:
            raise LookupError("Name the task or the issue that the decision is about")
        field, winner = args.decide
        side = _side(winner)
        field = issue_links.disputed_field(desk.book, target, field)
        names = issue_links.decide(desk.book, target, field, side, desk.clock.now())
        return _report(
            names,
            sentence("the {side}'s {field} will stand.", side=side, field=field_word(field)),
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
