"""What a hook's test button posts: a real body made of the newest thing of its kind. Pure.

https://docs.gitlab.com/api/project_webhooks/#trigger-a-test-project-webhook
"""

from __future__ import annotations

from tests.emulators.gitlab import ci_payloads, payloads, talk_payloads
from tests.emulators.gitlab.entities import Project, User
from tests.emulators.gitlab.routing import TRIGGERS
from tests.emulators.gitlab.state import Hook, State
from tests.emulators.gitlab.web import ApiError


def build(state: State, hook: Hook, trigger: str) -> tuple[str, dict]:
    """The trigger's name in the log and the body. 422 where the project has no such thing."""
    place = _place(state, hook)
    actor = state.users[min(state.users)]
    return TRIGGERS[trigger], BUILDERS[trigger](state, place, actor)


def _place(state: State, hook: Hook) -> Project:
    for place in state.projects.values():
        if hook.owner_id == (place.id if hook.owner == "project" else place.group_id):
            return place
    raise ApiError(422, {"message": "Ensure the group has a project with commits."})


def _push(state: State, place: Project, actor: User) -> dict:
    head = place.commits[place.branches[place.default_branch].head]
    ref = f"refs/heads/{place.default_branch}"
    return payloads.push(
        state, place, actor, ref=ref, before=head.id, after=head.id, commits=[head]
    )


def _merge_request(state: State, place: Project, actor: User) -> dict:
    if not place.merge_requests:
        raise ApiError(422, {"message": "Ensure the project has merge requests."})
    newest = place.merge_requests[max(place.merge_requests)]
    return payloads.merge_request(state, newest, actor, "open")


def _note(state: State, place: Project, actor: User) -> dict:
    for mr in place.merge_requests.values():
        if mr.notes:
            return talk_payloads.note(state, place, mr, mr.notes[-1], actor)
    raise ApiError(422, {"message": "Ensure the project has notes."})


def _pipeline(state: State, place: Project, actor: User) -> dict:
    if not place.pipelines:
        raise ApiError(422, {"message": "Ensure the project has CI pipelines."})
    return ci_payloads.pipeline(state, place.pipelines[max(place.pipelines)])


def _job(state: State, place: Project, actor: User) -> dict:
    for run in reversed(place.pipelines.values()):
        if run.jobs:
            return ci_payloads.job(state, run, run.jobs[-1])
    raise ApiError(422, {"message": "Ensure the project has CI jobs."})


BUILDERS = {
    "push_events": _push,
    "pipeline_events": _pipeline,
    "job_events": _job,
    "merge_requests_events": _merge_request,
    "note_events": _note,
}
