"""What a job posts of its variables and of GitLab's answers. Pure.

The job reads what only CI_JOB_TOKEN may read and decides nothing. The inputs of the component, by
which the team chose what to report, are among the variables.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Row = Mapping[str, Any]
Rows = Annotated[list[dict[str, Any]] | None, Field(max_length=200)]


class Facts(BaseModel):
    """What is posted. `component`: its name and version.

    `jobs` and so on: rows of GitLab's REST API, None where it refuses, [] where it was not asked.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    version: Literal[2]
    component: Annotated[str, Field(max_length=200)] = ""
    mode: Literal["report", "deployment", "merge-request"]
    variables: Annotated[dict[str, str], Field(max_length=100)]
    jobs: Rows = []
    merge_requests: Rows | dict[str, Any] = []
    deployments: Rows = []

    def variable(self, name: str) -> str:
        """Return a variable, "" where it is not set."""
        return self.variables.get(name, "")

    def chosen(self, name: str) -> tuple[str, ...]:
        """Return the words of an input that is a list, () for all."""
        return tuple(
            word.strip() for word in self.variable(f"B24_{name}").split(",") if word.strip()
        )

    def single(self, name: str) -> str:
        """Return an input, "" for none, for which the component writes a dash."""
        return self.variable(f"B24_{name}").strip().removeprefix("-")

    @property
    def pipeline_id(self) -> int:
        """Return the pipeline's id, 0 where it is not told."""
        return number_of(self.variable("CI_PIPELINE_ID"))

    @property
    def ref(self) -> str:
        """Return the tag or the branch, of a merge request its source."""
        names = ("CI_COMMIT_TAG", "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "CI_COMMIT_BRANCH")
        values = (self.variable(name) for name in (*names, "CI_COMMIT_REF_NAME"))
        return next(filter(None, values), "")


def number_of(value: object) -> int:
    """Return a positive whole number, 0 for what is none."""
    digits = str(value)
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else 0


def text_of(value: object) -> str:
    """Return a text, "" for what is none."""
    return value if isinstance(value, str) else ""
