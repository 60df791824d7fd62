"""Webhook bodies as typed events: merge requests and pipelines. Pure.

Field by field: https://docs.gitlab.com/user/project/integrations/webhook_events/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync.core.model.common import Person
from sync.core.model.events import COMMENTED, MergeRequestEvent
from sync.core.model.merge_requests import MergeRequest, MergeRequestState, Reviewer
from sync.core.model.replaced import Replaced, joined_labels
from sync.gitlab.json_fields import (
    UnreadablePayload,
    count,
    mapping,
    mappings,
    people,
    person,
    positive_int,
    require,
    require_kind,
    text,
    timestamp,
    web_url,
)
from sync.gitlab.webhooks.projects import hook_project

# action -> (what it changes: one approval more or less, whether the approval rules are met).
# `approval` and `unapproval` are one person's; `approved` and `unapproved` also tip the rules.
_APPROVALS: dict[str, tuple[bool, bool | None]] = {
    "approval": (True, None),
    "approved": (True, True),
    "unapproval": (False, None),
    "unapproved": (False, False),
}
_REVIEW_ACTIONS = {"open", "close", "reopen", "merge", "approved", "unapproved"}
_FIELDS = {name: name for name in ("title", "description", "target_branch", "labels")}
_FIELDS["state_id"] = "state"
_STATE_IDS = {1: "opened", 2: "closed", 3: "merged", 4: "locked"}


def parse_merge_request(payload: dict[str, Any], connection_id: int) -> MergeRequestEvent:
    """Parse a merge request hook. Raises UnreadablePayload."""
    require_kind(payload, "merge_request")
    attributes = mapping(payload.get("object_attributes"))
    action = text(attributes.get("action"))
    actor = person(payload.get("user"))
    approval, rules_met = _APPROVALS.get(action, (None, None))
    by_system = attributes.get("system") is True  # then the actor pushed, and approved nothing
    merge_request = _merge_request(payload, attributes, connection_id)
    refuse_sample(payload, attributes)
    return MergeRequestEvent(
        merge_request=merge_request,
        action=action,
        actor=actor,
        actor_approved=None if by_system else approval,
        approval_rules_met=rules_met,
        approvals_reset=text(attributes.get("system_action")).startswith("approvals_reset"),
        author_id=positive_int(attributes.get("author_id")),
        replaced=replaced_values(payload, _FIELDS),
    )


def parse_commented_request(
    payload: dict[str, Any], connection_id: int
) -> MergeRequestEvent | None:
    """Return the merge request that a comment's hook shows beside it, None where it shows none.

    Its action is `COMMENTED`: it tells of one that was never heard of, and of others nothing new.
    """
    row = mapping(payload.get("merge_request"))
    if not row or mapping(payload.get("object_attributes")).get("noteable_type") != "MergeRequest":
        return None
    try:
        request = _merge_request(
            {**payload, "assignees": None, "reviewers": None}, row, connection_id
        )
    except UnreadablePayload:
        return None
    author_id = positive_int(row.get("author_id"))
    return MergeRequestEvent(request, COMMENTED, None, author_id=author_id)


def refuse_sample(payload: dict[str, Any], row: dict[str, Any]) -> None:
    """Refuse the sample that the Test button sends of the newest merge request or issue.

    It names no action; since 17.3 it says `open`, and that nothing changed, where a real opening
    lists what came to be: `prepared_at` of a merge request, the author of an issue. Versions that
    tell no `prepared_at` list nothing for a real one, and no action for a sample. See
    app/services/concerns/integrations/project_test_data.rb in GitLab's source, and
    https://gitlab.com/gitlab-org/gitlab/-/merge_requests/156856
    """
    action, changes = text(row.get("action")), payload.get("changes")
    if not action:
        raise UnreadablePayload("a sample of the webhook's Test button: it names no action")
    lists_nothing = changes == {} and ("prepared_at" in row or "source_branch" not in row)
    if action == "open" and lists_nothing:
        raise UnreadablePayload("a sample of the webhook's Test button: nothing came to be")


def replaced_values(payload: dict[str, Any], fields: Mapping[str, str]) -> Replaced:
    """Return the former values of what the event changed. `fields`: our names by GitLab's."""
    changes = mapping(payload.get("changes"))
    before = {
        ours: mapping(changes.get(name)).get("previous")
        for name, ours in fields.items()
        if "previous" in mapping(changes.get(name))
    }
    return tuple((name, _replaced_value(name, value)) for name, value in before.items())


def _replaced_value(name: str, value: object) -> str:
    if name == "labels":
        return joined_labels(text(label.get("title")) for label in mappings(value))
    if name == "state":  # one that is being merged was open before, and no hook told of the lock
        return _STATE_IDS.get(positive_int(value) or 0, "").replace("locked", "opened")
    return text(value) if value is None else str(value)


def merge_request_state(value: object, number: object = None) -> MergeRequestState:
    """Return a merge request's state by word or `state_id`. Raises UnreadablePayload."""
    word = text(value) or _STATE_IDS.get(positive_int(number) or 0, "")
    try:
        return MergeRequestState(word)
    except ValueError:
        raise UnreadablePayload(f"the merge request's state is {word or 'not told'}") from None


def parse_reviewer(value: dict[str, Any]) -> Reviewer | None:
    """Parse a hook's reviewer; None where it has no id."""
    answer = person(value)
    return Reviewer(answer, text(value.get("state")) or "unreviewed") if answer else None


def _merge_request(
    payload: dict[str, Any], row: dict[str, Any], connection_id: int
) -> MergeRequest:
    project = hook_project(payload.get("project"), row.get("target_project_id"), connection_id)
    iid = require(positive_int(row.get("iid")), "the merge request has no iid")
    reviewers = tuple(r for v in mappings(payload.get("reviewers")) if (r := parse_reviewer(v)))
    assignees = people(payload.get("assignees"))
    actor = person(payload.get("user"))
    action = text(row.get("action"))
    return MergeRequest(
        project=project,
        iid=iid,
        title=text(row.get("title")),
        description=text(row.get("description")),
        url=web_url(row.get("url")) or f"{project.url}/-/merge_requests/{iid}",
        state=merge_request_state(row.get("state"), row.get("state_id")),
        draft=True in (row.get("draft"), row.get("work_in_progress")),
        source_branch=text(row.get("source_branch")),
        target_branch=text(row.get("target_branch")),
        author=_find_person(
            row.get("author_id"), (actor, *assignees, *(r.person for r in reviewers))
        ),
        updated_at=require(timestamp(row.get("updated_at")), "the merge request has no date"),
        assignees=assignees,
        reviewers=reviewers,
        labels=event_labels(payload, row),
        head_sha=text(mapping(row.get("last_commit")).get("id")),
        merge_sha=text(row.get("merge_commit_sha")),
        source_project_id=count(row.get("source_project_id")),
        actor=actor if action in _REVIEW_ACTIONS else None,
        created_at=timestamp(row.get("created_at")),
    )


def event_labels(payload: dict[str, Any], row: dict[str, Any]) -> tuple[str, ...]:
    """Return the titles of an event's labels, of the object or beside it."""
    labels = mappings(payload.get("labels")) or mappings(row.get("labels"))
    return tuple(title for label in labels if (title := text(label.get("title"))))


def _find_person(user_id: object, candidates: tuple[Person | None, ...]) -> Person | None:
    """Hooks tell the author by id only: known where the same person is in another role."""
    keys = positive_int(user_id)
    return next((person for person in candidates if person is not None and person.id == keys), None)
