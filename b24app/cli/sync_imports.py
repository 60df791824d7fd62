"""`sync preview`, `rehearse` and `run`: what an import of a pair would do, or does."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from datetime import timedelta

from b24app.cli.arguments import read_file
from b24app.cli.context import (
    print_lines,
    printable,
)
from b24app.cli.desk import Desk
from b24app.cli.language import current_language
from b24app.services.issue_links import Step, pair_name
from b24app.services.rehearsal import rehearsal_lines
from sync.core.issue_sync.forecast import Cost, Forecast
from sync.core.issue_sync.mapping import ProjectPair
from sync.core.issue_sync.model import SideName
from sync.sentences import as_sentence, join_sentences, sentence

_ITEMS = {SideName.TRACKER: as_sentence("issues"), SideName.PORTAL: as_sentence("tasks")}
_INTERRUPTED = 130


def preview(desk: Desk, args: argparse.Namespace) -> int:
    """Print what an import of the pairs would do. Raises LookupError, SyncError."""
    for pair in _named_pairs(desk, args):
        forecast, costs = desk.foresee(pair)
        print_lines(*map(printable, preview_lines(pair, forecast, costs)))
    return 0


def rehearse(desk: Desk, args: argparse.Namespace) -> int:
    """Print what other settings would have done. Raises LookupError, SyncError."""
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
                "  {items} that would be created: {created}",
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
                system=costs[side].system,
            )
    if forecast.statuses:
        yield sentence("  statuses (issue, task):")
        yield from (sentence("    {line}", line=line) for line in forecast.statuses)
    if forecast.problems:
        yield "  cannot cross as it is:"
        for text, count in sorted(forecast.problems.items(), key=lambda row: (-row[1], row[0])):
            yield sentence("    {amount} × {text}", amount=count, text=as_sentence(text))
    counts = forecast.requests(costs)
    if not any(counts.values()):
        yield "  nothing is left to import"
        return
    listed = join_sentences(
        ", ",
        [
            sentence("{amount} to {system}", amount=counts[side], system=costs[side].system)
            for side in SideName
        ],
    )
    yield sentence(
        "  requests: about {listed}; {minutes} min", listed=listed, minutes=forecast.minutes(costs)
    )


def run_import(desk: Desk, args: argparse.Namespace) -> int:
    """Import the pairs, step by step. Raises LookupError, SyncError."""
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
            printable(sentence("{pair}: done, {linked} linked", pair=last.pair, linked=last.linked))
        )
        if last.held:
            print_lines(
                printable(
                    sentence(
                        "{held} of them wait; `b24bridge sync explain` says for what",
                        held=last.held,
                    )
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
        "{pair}: {done} of {total} ({share} %), {linked} linked{failed}",
        pair=step.pair,
        done=step.done,
        total=step.total,
        share=share,
        linked=step.linked,
        failed=failed,
    )
