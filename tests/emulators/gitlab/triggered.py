"""What one pipeline starts in another: the trigger job, and where a pipeline came from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass
class Bridge:
    """A trigger job: it has no log, sends no Job Hook and waits for its pipeline."""

    id: int
    name: str
    stage: str
    created_at: datetime
    downstream: tuple[int, int] | None = None  # project, pipeline
    allow_failure: bool = False
    waits: bool = True  # strategy: depend


@dataclass(frozen=True)
class Source:
    """What started a child's or another project's pipeline."""

    project_id: int
    pipeline_id: int
    job_id: int
