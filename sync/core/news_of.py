"""The words for each kind of thing. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from sync.core import alert_texts, told_code, told_runs, told_talk, told_things
from sync.core.alert_texts import AlertNews
from sync.core.deployments import Deployment
from sync.core.items import JobRun, Note, Push, Release, TagPush, Thing
from sync.core.kinds import Kind
from sync.core.model import Job, MergeRequest, Pipeline
from sync.core.news_facts import Around, Subject, facts_of
from sync.core.news_texts import Telling
from sync.core.told_parts import Users
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
            return told_code.push(one, language, users)
        case TagPush():
            return told_code.tag(one, language, users)
        case MergeRequest():
            return told_code.merge_request(one, language, users)
        case Pipeline():
            return told_runs.pipeline(one, language, users, jobs)
        case JobRun():
            return told_runs.job(one, language, users)
        case Deployment():
            return told_runs.deployment(one, language, users, tasks)
        case Note():
            return told_talk.note(one, language, users)
        case Release():
            return told_talk.release(one, language, users)
        case Thing(of=Kind.EMOJI):
            return told_talk.emoji(one, state, language, users)
        case Thing():
            return told_things.thing(one, state, language, users)
        case AlertNews():
            return alert_texts.telling(one, language)
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
