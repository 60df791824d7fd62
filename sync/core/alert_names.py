"""What alerts are called: the line they are of, their name for good, and a short one. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from sync.core.model.kinds import Kind


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
        _, place, ref, opened_by, *stage = about.split(":", 4)
        return cls(RefKey.parse(f"{place}:{ref}"), int(opened_by), *stage)

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
    connection_id, project_id, opened_by = map(int, numbers)
    return connection_id, project_id, opened_by, stage


def _is_whole_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18
