"""Alerts: failing lines of a ref, and which refs pipelines speak for. Pure."""

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
    """`closed`: its branch is gone, or it is watched no more."""

    OPEN = "open"
    UNSTABLE = "unstable"
    RESOLVED = "resolved"
    CLOSED = "closed"

    @property
    def ended(self) -> bool:
        return self in (AlertState.RESOLVED, AlertState.CLOSED)


@dataclass(frozen=True, slots=True)
class PipelineResult:
    """How a pipeline ended: once in each of the ways it did, as a retried one ends again.

    `status`: of the pipeline, or GONE for the branch itself (then `pipeline` is 0). `stages`: of
    the jobs that failed, `passed`: those that passed in one that did not, where they are known.
    """

    pipeline_id: int
    status: str
    at: datetime
    failed_stages: tuple[str, ...] = ()
    passed_stages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Alert:
    """A line from its first failure to its end. `stage`: "" for the whole.

    `first_pipeline_id`: the alert's name for good. `status`: the gravest. `failures`: how many
    pipelines; `in_a_row`: the most without one that passed. `last_failed_pipeline_id`,
    `failed_at`: the newest failure. `fixed_by_pipeline_id`: in which it passed, 0 for none.
    `quiet_at`: when an unstable one is stable again if nothing changes. `results`: what it was
    derived from; of a pipeline that was retried since, nothing else remembers it.
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
    """What its result is of, by the full name where that is no branch; "" for nothing.

    A child's result is its parent's. Hooks name the branch of a merge request's pipeline, and a
    tag may be called as a branch is: neither says how the branch is. Names are parted by colons,
    which no ref has.
    """
    if pipeline.source in DANGLING_SOURCES or not pipeline.ref or ":" in pipeline.ref:
        return ""
    told = parse_merge_request_ref(pipeline.ref)
    if told or pipeline.source == "merge_request_event":
        iid = pipeline.merge_request_iid or told
        return merge_request_ref(iid) if iid else ""
    return tag_ref(pipeline.ref) if pipeline.tag else pipeline.ref


def merge_request_ref(iid: int) -> str:
    return f"{_MERGE_REQUEST_REFS}{iid}/head"


def tag_ref(tag: str) -> str:
    return f"{_TAG_REFS}{tag}"


def parse_merge_request_ref(ref: str) -> int | None:
    """The number of the merge request whose own ref it is."""
    iid = (
        ref.removeprefix(_MERGE_REQUEST_REFS).partition("/")[0]
        if ref.startswith(_MERGE_REQUEST_REFS)
        else ""
    )
    return int(iid) if iid.isascii() and iid.isdecimal() and len(iid) <= 18 else None


def parse_tag_ref(ref: str) -> str | None:
    """The tag whose full name it is."""
    return ref.removeprefix(_TAG_REFS) if ref.startswith(_TAG_REFS) else None


def display_ref(ref: str) -> str:
    """As people read it: a merge request as `!9`."""
    iid = parse_merge_request_ref(ref)
    return f"!{iid}" if iid else ref


def is_watched(ref: str, rules: AlertRules, *, default: bool, protected: bool) -> bool:
    """The refs of merge requests only by a pattern that names them, tags by their own name, too."""
    wanted = rules.branches
    if ref.startswith(_MERGE_REQUEST_REFS):
        wanted = tuple(one for one in wanted if one.startswith(_MERGE_REQUEST_REFS))
    words = {"all": True, "default": default, "protected": protected}
    names = {name.casefold() for name in (ref, parse_tag_ref(ref)) if name}
    return any(
        words[one] if one in words else any(fnmatchcase(name, one.casefold()) for name in names)
        for one in wanted
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
        """Raises ValueError for what is no line."""
        place, ref = text.split(":", 1)
        connection_id, project_id = map(int, place.split("/"))
        return cls(connection_id, project_id, ref)


@dataclass(frozen=True, slots=True, order=True)
class AlertKey:
    """An alert by its line, the pipeline that opened it, and its stage ("" for the whole)."""

    ref_key: RefKey
    first_pipeline_id: int
    stage: str = ""

    @property
    def subject_key(self) -> str:
        """The name that messages about it have. A ref holds no colon, a stage may."""
        return f"{Kind.ALERT}:{self.ref_key}:{self.first_pipeline_id}" + (
            f":{self.stage}" if self.stage else ""
        )

    @classmethod
    def parse(cls, about: str) -> AlertKey:
        """Raises ValueError for what `about` never was."""
        _, place, ref, first_pipeline_id, *stage = about.split(":", 4)
        return cls(RefKey.parse(f"{place}:{ref}"), int(first_pipeline_id), *stage)

    @property
    def handle(self) -> str:
        """What people type: `1-7-12`, by stage `1-7-12-test`."""
        line = self.ref_key
        whole = f"{line.connection_id}-{line.project_id}-{self.first_pipeline_id}"
        return f"{whole}-{self.stage}" if self.stage else whole


def ref_key_of_subject(about: str) -> RefKey:
    """The ref whose pipelines (`ci:…`) or alert (`alert:…`) people are told of by this name.

    Raises ValueError for any other name.
    """
    kind, place, rest = about.split(":", 2)
    ref = rest.split(":", 1)[0] if kind == Kind.ALERT else rest
    return RefKey.parse(f"{place}:{ref}")


def parse_handle(text: str) -> tuple[int, int, int, str] | None:
    """Connection, project, pipeline and stage of a handle; None for what is none.

    People type it: a database may refuse some of what they type.
    """
    *numbers, stage = (text if text.count("-") > 2 else f"{text}-").split("-", 3)
    if len(numbers) != 3 or not all(map(_is_whole_number, numbers)) or "\0" in stage:
        return None
    connection_id, project_id, first_pipeline_id = map(int, numbers)
    return connection_id, project_id, first_pipeline_id, stage


def _is_whole_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18
