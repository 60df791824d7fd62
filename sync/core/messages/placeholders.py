"""The places that an administrator's own text may name, by kind of thing. Pure.

Who writes the words of a kind fills them (`Telling.places`); a test holds both together.
"""

from __future__ import annotations

from collections.abc import Mapping

from sync.core.model.kinds import Kind

# What each place holds, for people who write texts.
MEANINGS: Mapping[str, str] = {
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

_EVERY = ("default", "project", "actor", "link", "url", "title", "state")
_TITLED = (*_EVERY, "text")
_COMMITTED = (*_EVERY, "branch", "sha")
_K = Kind

PLACES: Mapping[Kind, tuple[str, ...]] = {
    _K.PUSH: (*_COMMITTED, "commits", "count"),
    _K.BRANCH: (*_COMMITTED, "commits", "count"),
    _K.TAG: (*_TITLED, "tag", "sha"),
    _K.MERGE_REQUEST: (*_TITLED, "branch", "sha"),
    _K.PIPELINE: (*_COMMITTED, "duration", "stage", "job"),
    _K.JOB: (*_COMMITTED, "text", "environment", "duration", "stage", "job"),
    _K.NOTE: _TITLED,
    _K.RELEASE: (*_TITLED, "tag"),
    _K.DEPLOYMENT: (*_COMMITTED, "environment"),
    _K.ALERT: (
        "default", "project", "link", "url", "state", "branch", "stage", "count", "duration",
    ),
    **dict.fromkeys(
        (
            _K.ISSUE, _K.WORK_ITEM, _K.MILESTONE, _K.WIKI_PAGE, _K.FEATURE_FLAG, _K.EMOJI,
            _K.MEMBER, _K.PROJECT, _K.ACCESS_TOKEN, _K.VULNERABILITY,
        ),
        _TITLED,
    ),
}  # fmt: skip
