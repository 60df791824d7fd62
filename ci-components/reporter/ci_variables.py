"""What GitLab's variables tell a job about itself. Pure.

https://docs.gitlab.com/ci/variables/predefined_variables/
"""

from __future__ import annotations


class Variables(dict[str, str]):
    """The job's environment; what is not set is ""."""

    def __missing__(self, name: str) -> str:
        return ""


def ref_of(ci: Variables) -> str:
    """Return the tag or the branch; of a merge request its source."""
    source = ci["CI_MERGE_REQUEST_SOURCE_BRANCH_NAME"]
    return ci["CI_COMMIT_TAG"] or source or ci["CI_COMMIT_BRANCH"] or ci["CI_COMMIT_REF_NAME"]


def is_fork(ci: Variables) -> bool:
    """Tell of a merge request from a fork: its pipelines see no secrets, and should not."""
    source = ci["CI_MERGE_REQUEST_SOURCE_PROJECT_ID"]
    return bool(source) and source != ci["CI_MERGE_REQUEST_PROJECT_ID"]


def number(value: object) -> int:
    """Return a whole number or its digits as a number, 0 for anything else."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() else 0
