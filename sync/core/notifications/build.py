"""The words for each kind of thing. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from sync.core import told_runs
from sync.core.activity import push_messages, resource_messages
from sync.core.alerts import messages as alerts_messages
from sync.core.alerts.messages import AlertNews
from sync.core.comments import messages as comments_messages
from sync.core.deployments.environments import Deployment
from sync.core.messages.message import Telling
from sync.core.messages.parts import Users
from sync.core.model.activity import JobRun, Note, Push, Release, TagPush, Thing
from sync.core.model.common import Job, MergeRequest, Pipeline
from sync.core.model.kinds import Kind
from sync.core.notifications.facts import Around, Subject, facts_of
from sync.text.bidi import upright, upright_run
from sync.text.tree import Document


def telling_of(
    one: Subject,
    language: str,
    users: Users,
    *,
    state: str | None = None,
    jobs: Sequence[Job] = (),
    tasks: Sequence[str] = (),
) -> Telling:
    """`state`: of its facts, where it depends on the moment. `jobs`: of a pipeline those that
    failed, where known. `tasks`: titles of those whose work a deployment carries."""
    now = facts_of(one, Around()).state if state is None else state
    return _upright(_telling(one, now, language, users, jobs, tasks))


def _telling(
    one: Subject,
    state: str,
    language: str,
    users: Users,
    jobs: Sequence[Job],
    tasks: Sequence[str],
) -> Telling:
    match one:
        case Push():
            return push_messages.push(one, language, users)
        case TagPush():
            return push_messages.tag(one, language, users)
        case MergeRequest():
            return push_messages.merge_request(one, language, users)
        case Pipeline():
            return told_runs.pipeline(one, language, users, jobs)
        case JobRun():
            return told_runs.job(one, language, users)
        case Deployment():
            return told_runs.deployment(one, language, users, tasks)
        case Note():
            return comments_messages.note(one, language, users)
        case Release():
            return comments_messages.release(one, language, users)
        case Thing(of=Kind.EMOJI):
            return comments_messages.emoji(one, state, language, users)
        case Thing():
            return resource_messages.thing(one, state, language, users)
        case AlertNews():
            return alerts_messages.telling(one, language)
        case _:
            assert_never(one)


def _upright(told: Telling) -> Telling:
    """What people typed does not turn the rest of a message round."""
    return replace(
        told,
        headline=upright_run(told.headline),
        lines=tuple(map(upright_run, told.lines)),
        below=tuple(map(upright_run, told.below)),
        blocks=upright(Document(told.blocks)).blocks,
        places={name: upright_run(run) for name, run in told.places.items()},
    )
