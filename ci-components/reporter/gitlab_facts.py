"""What GitLab's API told beyond the job's variables. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from reporter.model import Commit, Deployment, Job, MergeRequest


@dataclass(frozen=True)
class Known:
    """`jobs` None: not told. `own`: the iid of the merge request that the pipeline's own commit
    belongs to, 0 for none. `brought`: the commits of merge requests, by iid; `commits`: the others
    besides the pipeline's own. `nothing_deployed`: the deploying job is not in this pipeline.

    `refused`: what GitLab did not tell; `token_refused`: whether it refused the access token.
    `notes`: what was left unread, in sentences.
    """

    jobs: tuple[Job, ...] | None = None
    merge_requests: tuple[MergeRequest, ...] = ()
    own: int = 0
    deployments: tuple[Deployment, ...] = ()
    brought: Mapping[int, tuple[Commit, ...]] = field(default_factory=dict)
    commits: tuple[Commit, ...] = ()
    refused: tuple[str, ...] = ()
    nothing_deployed: bool = False
    token_refused: bool = False
    notes: tuple[str, ...] = ()


def refused(known: Known, what: str) -> Known:
    return replace(known, refused=(*known.refused, what))


def noted(known: Known, sentence: str) -> Known:
    return replace(known, notes=(*known.notes, sentence))
