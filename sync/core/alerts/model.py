"""Alerts, their keys, and the refs to whose state a pipeline's result belongs. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase

from sync.core.model.kinds import Kind
from sync.core.model.pipelines import DANGLING_SOURCES, Pipeline
from sync.core.rules.portal import AlertRules, Severity

PASSED, FAILED, BRANCH_DELETED = "success", "failed", "deleted"
FINISHED_STATUSES = frozenset({PASSED, FAILED, "canceled", "skipped"})
_MERGE_REQUEST_REFS, _TAG_REFS = "refs/merge-requests/", "refs/tags/"


class AlertState(StrEnum):
    """The state of an alert; `closed`: its branch is deleted or not watched any more."""

    OPEN = "open"
    UNSTABLE = "unstable"
    RESOLVED = "resolved"
    CLOSED = "closed"

    @property
    def ended(self) -> bool:
        """Tell whether the alert is over."""
        return self in (AlertState.RESOLVED, AlertState.CLOSED)


@dataclass(frozen=True, slots=True)
class PipelineResult:
    """One result of a pipeline; a retried pipeline has several.

    `status` is the pipeline's, or BRANCH_DELETED for the branch itself (then `pipeline_id` is 0).
    `failed_stages` are those of its failed jobs; `passed_stages` those that passed in a pipeline
    that did not, where known.
    """

    pipeline_id: int
    status: str
    at: datetime
    failed_stages: tuple[str, ...] = ()
    passed_stages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Alert:
    """A failing ref, or one stage of it, from its first failure to its end.

    `stage` is "" for the whole pipeline. `first_pipeline_id` is permanent and names the alert.
    `status` is the most severe one. `failures` counts pipelines, `in_a_row` the longest run without
    one that passed. `last_failed_pipeline_id` and `failed_at` are the newest failure's.
    `fixed_by_pipeline_id` is the one that passed, 0 for none. `quiet_at` is when an unstable alert
    is stable again if nothing changes. `results` are those from which it was derived: a retried
    pipeline's earlier results are stored nowhere else.
    """

    stage: str
    first_pipeline_id: int
    state: AlertState
    severity: Severity
    status: str
    failures: int
    in_a_row: int
    opened_at: datetime
    failed_at: datetime
    last_failed_pipeline_id: int
    ended_at: datetime | None = None
    fixed_by_pipeline_id: int = 0
    quiet_at: datetime | None = None
    results: tuple[PipelineResult, ...] = ()


def alert_ref(pipeline: Pipeline) -> str:
    """Return the full name of the ref that a pipeline's result belongs to, "" for none.

    A child pipeline's result belongs to its parent. Hooks name the branch of a merge request's
    pipeline, and a tag may have a branch's name: neither describes the branch. Keys are joined by
    colons, which no ref contains.
    """
    if pipeline.source in DANGLING_SOURCES or not pipeline.ref or ":" in pipeline.ref:
        return ""
    details = parse_merge_request_ref(pipeline.ref)
    if details or pipeline.source == "merge_request_event":
        iid = pipeline.merge_request_iid or details
        return merge_request_ref(iid) if iid else ""
    return tag_ref(pipeline.ref) if pipeline.tag else pipeline.ref


def merge_request_ref(iid: int) -> str:
    """Return the full name of a merge request's own ref."""
    return f"{_MERGE_REQUEST_REFS}{iid}/head"


def tag_ref(tag: str) -> str:
    """Return the full name of a tag."""
    return f"{_TAG_REFS}{tag}"


def parse_merge_request_ref(ref: str) -> int | None:
    """Return the number of the merge request whose ref it is, else None."""
    iid = (
        ref.removeprefix(_MERGE_REQUEST_REFS).partition("/")[0]
        if ref.startswith(_MERGE_REQUEST_REFS)
        else ""
    )
    return int(iid) if iid.isascii() and iid.isdecimal() and len(iid) <= 18 else None


def parse_tag_ref(ref: str) -> str | None:
    """Return the tag whose full name it is, else None."""
    return ref.removeprefix(_TAG_REFS) if ref.startswith(_TAG_REFS) else None


def display_ref(ref: str) -> str:
    """Return the ref as people read it: a merge request as `!9`."""
    iid = parse_merge_request_ref(ref)
    return f"!{iid}" if iid else ref


def is_watched(ref: str, rules: AlertRules, *, default: bool, protected: bool) -> bool:
    """Tell whether the rules watch a ref.

    Refs of merge requests match only patterns that name them; tags match by their short name, too.
    """
    keys = rules.branches
    if ref.startswith(_MERGE_REQUEST_REFS):
        keys = tuple(item for item in keys if item.startswith(_MERGE_REQUEST_REFS))
    words = {"all": True, "default": default, "protected": protected}
    names = {name.casefold() for name in (ref, parse_tag_ref(ref)) if name}
    return any(
        words[item] if item in words else any(fnmatchcase(name, item.casefold()) for name in names)
        for item in keys
    )


@dataclass(frozen=True, slots=True, order=True)
class RefKey:
    """A ref of a project, whose pipelines follow one another."""

    connection_id: int
    project_id: int
    ref: str

    def __str__(self) -> str:
        return f"{self.connection_id}/{self.project_id}:{self.ref}"

    @classmethod
    def parse(cls, text: str) -> RefKey:
        """Parse the string form of a key; raise ValueError for anything else."""
        place, ref = text.split(":", 1)
        connection_id, project_id = map(int, place.split("/"))
        return cls(connection_id, project_id, ref)


@dataclass(frozen=True, slots=True, order=True)
class AlertKey:
    """The identity of an alert: its ref, the pipeline that opened it, and its stage."""

    ref_key: RefKey
    first_pipeline_id: int
    stage: str = ""

    @property
    def subject_key(self) -> str:
        """Return the key of messages about the alert.

        A ref contains no colon; a stage, which stands last, may.
        """
        return f"{Kind.ALERT}:{self.ref_key}:{self.first_pipeline_id}" + (
            f":{self.stage}" if self.stage else ""
        )

    @classmethod
    def parse(cls, about: str) -> AlertKey:
        """Parse a `subject_key`; raise ValueError for anything else."""
        _, place, ref, first_pipeline_id, *stage = about.split(":", 4)
        return cls(RefKey.parse(f"{place}:{ref}"), int(first_pipeline_id), *stage)

    @property
    def handle(self) -> str:
        """Return the alert's name for people: `1-7-12`, for a stage `1-7-12-test`."""
        line = self.ref_key
        full = f"{line.connection_id}-{line.project_id}-{self.first_pipeline_id}"
        return f"{full}-{self.stage}" if self.stage else full


def ref_key_of_subject(about: str) -> RefKey:
    """Return the ref of a pipeline's (`ci:…`) or an alert's (`alert:…`) subject key.

    Raises ValueError for any other key.
    """
    kind, place, rest = about.split(":", 2)
    ref = rest.split(":", 1)[0] if kind == Kind.ALERT else rest
    return RefKey.parse(f"{place}:{ref}")


def parse_handle(text: str) -> tuple[int, int, int, str] | None:
    """Return connection, project, pipeline and stage of a handle; None if it is none.

    People type it, so characters that a database refuses are rejected here.
    """
    *numbers, stage = (text if text.count("-") > 2 else f"{text}-").split("-", 3)
    if len(numbers) != 3 or not all(map(_is_whole_number, numbers)) or "\0" in stage:
        return None
    connection_id, project_id, first_pipeline_id = map(int, numbers)
    return connection_id, project_id, first_pipeline_id, stage


def _is_whole_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18
