"""The placeholders that an administrator's own text may use, by kind. Pure.

The code that builds the messages of a kind fills them (`Message.values`); a test compares both.
"""

from __future__ import annotations

from collections.abc import Mapping

from sync.core.model.kinds import Kind

# What each placeholder holds, for people who write templates.
PLACEHOLDER_MEANINGS: Mapping[str, str] = {
    "default": "the whole message as it is without a text of your own",
    "project": "the project's path, a link",
    "actor": "who did it, a mention where the person is known",
    "link": "the thing by its name or number, a link",
    "url": "its address, also for links: [url={url}]…[/url]",
    "title": "its title; of a push, pipeline or deployment that of the last commit",
    "state": "its state in words",
    "text": "its own text: the comment, the release notes, the description; why a job failed",
    "branch": "the branch, a link",
    "tag": "the tag",
    "sha": "the commit's short id, a link",
    "commits": "the last commits, a line each",
    "count": "how many: commits, or failures in a row",
    "stage": "the stage; of a pipeline those that failed",
    "job": "the job, a link; of a pipeline those that failed",
    "environment": "the environment, a link where it has an address",
    "duration": "how long it ran, or lasted",
}

_COMMON = ("default", "project", "actor", "link", "url", "title", "state")
_WITH_TEXT = (*_COMMON, "text")
_WITH_COMMIT = (*_COMMON, "branch", "sha")
_K = Kind

PLACEHOLDERS: Mapping[Kind, tuple[str, ...]] = {
    _K.PUSH: (*_WITH_COMMIT, "commits", "count"),
    _K.BRANCH: (*_WITH_COMMIT, "commits", "count"),
    _K.TAG: (*_WITH_TEXT, "tag", "sha"),
    _K.MERGE_REQUEST: (*_WITH_TEXT, "branch", "sha"),
    _K.PIPELINE: (*_WITH_COMMIT, "duration", "stage", "job"),
    _K.JOB: (*_WITH_COMMIT, "text", "environment", "duration", "stage", "job"),
    _K.COMMENT: _WITH_TEXT,
    _K.RELEASE: (*_WITH_TEXT, "tag"),
    _K.DEPLOYMENT: (*_WITH_COMMIT, "environment"),
    _K.ALERT: (
        "default", "project", "link", "url", "state", "branch", "stage", "count", "duration",
    ),
    **dict.fromkeys(
        (
            _K.ISSUE, _K.WORK_ITEM, _K.MILESTONE, _K.WIKI_PAGE, _K.FEATURE_FLAG, _K.EMOJI,
            _K.MEMBER, _K.PROJECT, _K.ACCESS_TOKEN, _K.VULNERABILITY,
        ),
        _WITH_TEXT,
    ),
}  # fmt: skip
