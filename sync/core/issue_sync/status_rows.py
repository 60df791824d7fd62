"""The table of statuses that the settings name, with the ids of both sides. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sync.core.issue_sync.mapping import ProjectPair
from sync.core.issue_sync.model import STAGE, STATUS, Capabilities, Choice
from sync.core.issue_sync.rules import Direction
from sync.core.issue_sync.status_meanings import is_rejected
from sync.core.issue_sync.statuses import StatusRow
from sync.core.model.tasks import TaskStatus
from sync.core.rules.portal import StageRef
from sync.sentences import sentence


def status_rows(
    pair: ProjectPair, codes: Mapping[TaskStatus, str], tracker: Capabilities, portal: Capabilities
) -> tuple[tuple[StatusRow, ...], tuple[str, ...]]:
    """Return a pair's table with the ids of both sides, and what in it names nothing.

    `codes`: the portal's ids of statuses. A problem says what exists instead. What stood for a
    status of tasks and is gone is followed by no row that would reject their issues.
    """
    rows: list[StatusRow] = []
    problems: list[str] = []
    gone: set[TaskStatus] = set()
    statuses, columns = tracker.choices.get(STATUS, ()), portal.choices.get(STAGE, ())
    for match in pair.statuses:
        status = _named(match.tracker, statuses)
        column = _column(match.stage, columns) if match.stage else None
        if status is None:
            gone |= {match.status} if match.status else set()
            problems.append(
                sentence(
                    "the tracker has no status {tracker}; it has: {listed}",
                    tracker=repr(match.tracker),
                    listed=_listed(statuses),
                )
            )
        if match.stage and column is None:
            problems.append(
                sentence(
                    "the workgroup has no column {stage}; it has: {listed}",
                    stage=repr(str(match.stage)),
                    listed=_listed(columns),
                )
            )
        if status is not None and (column is not None or match.stage is None or match.status):
            code = codes[match.status] if match.status else ""
            stage = column.id if column else None
            direction = match.direction
            if match.status in gone and direction is Direction.BOTH and is_rejected(status):
                direction = Direction.TO_PORTAL
            rows.append(StatusRow(status.id, code, stage, direction, match.pauses))
    return tuple(rows), tuple(problems)


def _named(name: str, choices: Sequence[Choice]) -> Choice | None:
    by_name = [c for c in choices if c.name.casefold() == name.strip().casefold()]
    return next((choice for choice in choices if choice.id == name), None) or next(
        iter(by_name), None
    )


def _column(stage: StageRef, columns: Sequence[Choice]) -> Choice | None:
    if stage.id is not None:
        return _named(str(stage.id), columns)
    if stage.title is not None:
        return _named(stage.title, columns)
    return next((column for column in columns if column.kind == stage.system_type), None)


def _listed(choices: Sequence[Choice]) -> str:
    return ", ".join(choice.name for choice in choices) or "none"
