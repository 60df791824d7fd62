"""What a hook's test button posts: a real body made of the newest thing of its kind. Pure.

https://docs.gitlab.com/api/project_webhooks/#trigger-a-test-project-webhook
See app/services/concerns/integrations/project_test_data.rb in GitLab's source.
"""

from __future__ import annotations

from datetime import timedelta

from tests.emulators.gitlab import (
    ancestry,
    ci_payloads,
    issue_payloads,
    kept_payloads,
    owner_payloads,
    payloads,
    release_payloads,
    talk_payloads,
)
from tests.emulators.gitlab.entities import Project, User
from tests.emulators.gitlab.routing import TRIGGERS
from tests.emulators.gitlab.state import Hook, State
from tests.emulators.gitlab.tracked import Award
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
    """The last three commits, however old, of which the first is `before`, too.

    See build_sample in lib/gitlab/data_builder/push.rb in GitLab's source.
    """
    return _pushed(state, place, actor, f"refs/heads/{place.default_branch}")


def _tag_push(state: State, place: Project, actor: User) -> dict:
    if not place.tags:
        raise ApiError(422, {"message": "Ensure the project has tags."})
    return _pushed(state, place, actor, f"refs/tags/{max(place.tags)}")


def _pushed(state: State, place: Project, actor: User, ref: str) -> dict:
    newest = ancestry.history(place, place.branches[place.default_branch].head)[:3]
    return payloads.push(
        state,
        place,
        actor,
        ref=ref,
        before=newest[-1],
        after=newest[0],
        commits=[place.commits[sha] for sha in newest],
    )


def _merge_request(state: State, place: Project, actor: User) -> dict:
    if not place.merge_requests:
        raise ApiError(422, {"message": "Ensure the project has merge requests."})
    newest = place.merge_requests[max(place.merge_requests)]
    body = payloads.merge_request(state, newest, actor, "open")
    for name in ("action", "actioned_at"):
        del body["object_attributes"][name]
    return body


def _issue(state: State, place: Project, actor: User) -> dict:
    if not place.issues:
        raise ApiError(422, {"message": "Ensure the project has issues."})
    body = issue_payloads.issue(state, place.issues[max(place.issues)], actor, "open", {})
    body["object_attributes"].pop("action")
    return body


def _release(state: State, place: Project, actor: User) -> dict:
    if not place.releases:
        raise ApiError(422, {"message": "Ensure the project has releases."})
    newest = max(place.releases.values(), key=lambda one: one.created_at)
    return release_payloads.release(state, place, newest, "create")


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


def _deployment(state: State, place: Project, actor: User) -> dict:
    """The newest one, as if its status had changed at this moment."""
    if not place.deployments:
        raise ApiError(422, {"message": "Ensure the project has deployments."})
    newest = place.deployments[-1]
    return release_payloads.deployment(state, place, newest, newest.status, at=state.now())


def _wiki_page(state: State, place: Project, actor: User) -> dict:
    if not place.wiki:
        raise ApiError(422, {"message": "Ensure the wiki is enabled and has pages."})
    return kept_payloads.wiki_page(state, place, next(iter(place.wiki.values())), actor, "create")


def _milestone(state: State, place: Project, actor: User) -> dict:
    if not place.milestones:
        raise ApiError(422, {"message": "Ensure the project has milestones."})
    return kept_payloads.milestone(state, place.milestones[max(place.milestones)], "create")


def _emoji(state: State, place: Project, actor: User) -> dict:
    """One that nobody gave: the first of the instance, on the newest comment."""
    for mr in place.merge_requests.values():
        if mr.notes:
            made = Award(1, "thumbsup", actor.id, state.now(), mr, mr.notes[-1])
            return talk_payloads.emoji(state, place, made, "award")
    raise ApiError(422, {"message": "Ensure the project has notes."})


def _access_token(state: State, place: Project, actor: User) -> dict:
    """One that is not there and expires the day after tomorrow."""
    day = state.now().date() + timedelta(days=2)
    return owner_payloads.access_token(
        state, place, actor, number=1, name="pat_for_webhook_event", expires=day
    )


def _vulnerability(state: State, place: Project, actor: User) -> dict:
    """The project's newest; some versions make one up instead, which is not there."""
    if not place.vulnerabilities:
        raise ApiError(422, {"message": "Ensure the project has vulnerabilities."})
    return kept_payloads.vulnerability(state, place.vulnerabilities[-1], None)


BUILDERS = {
    "push_events": _push,
    "tag_push_events": _tag_push,
    "issues_events": _issue,
    "releases_events": _release,
    "pipeline_events": _pipeline,
    "job_events": _job,
    "merge_requests_events": _merge_request,
    "note_events": _note,
    "confidential_issues_events": _issue,
    "confidential_note_events": _note,
    "deployment_events": _deployment,
    "wiki_page_events": _wiki_page,
    "milestone_events": _milestone,
    "emoji_events": _emoji,
    "resource_access_token_events": _access_token,
    "vulnerability_events": _vulnerability,
}
