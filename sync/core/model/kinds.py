"""The kinds of objects that notifications may be about. Pure."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """A kind of object; settings name it by its value."""

    PUSH = "push"
    BRANCH = "branch"
    TAG = "tag"
    MERGE_REQUEST = "merge_request"
    PIPELINE = "pipeline"
    JOB = "job"
    COMMENT = "comment"
    RELEASE = "release"
    DEPLOYMENT = "deployment"
    ALERT = "alert"
    ISSUE = "issue"
    WORK_ITEM = "work_item"
    MILESTONE = "milestone"
    WIKI_PAGE = "wiki_page"
    FEATURE_FLAG = "feature_flag"
    EMOJI = "emoji"
    MEMBER = "member"
    PROJECT = "project"
    ACCESS_TOKEN = "access_token"  # noqa: S105 - a kind of thing, no secret
    VULNERABILITY = "vulnerability"
