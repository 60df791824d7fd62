"""What `status` says of deliveries that failed while we were away."""

from __future__ import annotations

from collections.abc import Sequence

from sync.sentences import as_sentence, sentence
from sync.store import hook_logs
from sync.store.hook_logs import HookLogRow, describe_target


def gap_lines(rows: Sequence[HookLogRow]) -> list[str]:
    """Return what failed while we were away and what was made up for, and what nobody can tell."""
    lines: list[str] = [
        sentence(
            "missed   {failed} deliveries failed while we were away, {made_up} made up for: "
            "{target}, {gap_at} UTC",
            failed=row.failed,
            made_up=row.made_up,
            target=describe_target(row.target),
            gap_at=f"{row.gap_at:%Y-%m-%d %H:%M}",
        )
        for row in rows
        if row.gap_at and row.failed
    ]
    return (
        lines
        + [
            sentence(
                "missed   {target}: {problem}",
                target=describe_target(row.target),
                problem=as_sentence(row.problem),
            )
            for row in rows
            if row.problem
        ]
        + [
            sentence(
                "missed   {target}: not made up for is what GitLab did not try to send and lists "
                "nowhere: wiki pages, feature flags, emoji, members, tokens, vulnerabilities, jobs",
                target=describe_target(row.target),
            )
            for row in rows
            if hook_logs.leaves_out_some(row)
        ]
    )
