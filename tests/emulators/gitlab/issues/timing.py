"""Time that people log on issues: entries, sums, resets.

https://docs.gitlab.com/user/project/time_tracking/ ; app/models/timelog.rb and time_trackable.rb
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from tests.emulators.gitlab.entities import User
from tests.emulators.gitlab.issues import durations
from tests.emulators.gitlab.issues.records import Timelog
from tests.emulators.gitlab.state import State
from tests.emulators.gitlab.tracked import Issue

if TYPE_CHECKING:
    from tests.emulators.gitlab.issues.service import Issues

LONGEST = 31_557_600  # seconds of a year
LONGEST_SUMMARY = 255


@dataclass
class Timing:
    state: State
    issues: Issues

    def problem(self, issue: Issue, seconds: int, summary: str) -> str:
        """What the model says of an entry; "" of one that it takes."""
        total = issue.total_time_spent + seconds
        if total < 0:
            return "Total time spent cannot be negative."
        if total > LONGEST:
            return "Total time spent cannot exceed a year."
        if len(summary) > LONGEST_SUMMARY:
            return f"Summary is too long (maximum is {LONGEST_SUMMARY} characters)"
        return ""

    def add(
        self,
        issue: Issue,
        actor: User,
        seconds: int,
        *,
        spent_at: datetime | None = None,
        summary: str = "",
        note_id: int | None = None,
    ) -> Timelog:
        """Keep an entry, without a hook; the caller fires it."""
        now = self.state.now()
        entry = Timelog(
            id=self.state.next_id("timelog"),
            user_id=actor.id,
            seconds=seconds,
            spent_at=spent_at or now,
            created_at=now,
            summary=summary,
            note_id=note_id,
        )
        issue.timelogs.append(entry)
        issue.total_time_spent += seconds
        verb = "added" if seconds >= 0 else "subtracted"
        self.issues.note(issue, f"{verb} {durations.output(abs(seconds))} of time spent", actor)
        return entry

    def log(
        self,
        issue: Issue,
        actor: User,
        seconds: int,
        *,
        spent_at: datetime | None = None,
        summary: str = "",
        counted: bool = True,
        chain: str = "",
    ) -> Timelog:
        """Keep an entry and fire `update`. `counted`: the hook's time_change tells the seconds;
        of what is made by timelogCreate it says 0."""
        shot = self.issues.shot(issue)
        entry = self.add(issue, actor, seconds, spent_at=spent_at, summary=summary)
        changes = self.issues.changes(issue, actor, shot)
        told = seconds if counted else 0
        self.issues.fire(issue, actor, "update", changes, time_change=told, chain=chain)
        return entry

    def delete(self, issue: Issue, entry: Timelog, actor: User) -> None:
        """No hook tells of it; a system note and the touch of the issue do."""
        issue.timelogs.remove(entry)
        issue.total_time_spent -= entry.seconds
        amount, day = durations.output(entry.seconds), f"{entry.spent_at:%Y-%m-%d}"
        self.issues.note(issue, f"deleted {amount} of spent time from {day}", actor)

    def reset(self, issue: Issue, actor: User) -> None:
        """Delete nothing: add one entry that takes the sum back."""
        if issue.total_time_spent:
            self.log(issue, actor, -issue.total_time_spent)

    def find(self, number: int) -> tuple[Issue, Timelog] | None:
        for place in self.state.projects.values():
            for issue in place.issues.values():
                for entry in issue.timelogs:
                    if entry.id == number:
                        return issue, entry
        return None
