"""Build and parse subject keys, and name the people of a subject. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sync.core.alerts.messages import AlertContext
from sync.core.model.activity import ActivityItem, Comment, Push
from sync.core.model.common import Person
from sync.core.model.deployments import Deployment
from sync.core.model.kinds import Kind
from sync.core.model.merge_requests import MergeRequest
from sync.core.model.pipelines import JobRun, Pipeline

_DELETED = ":deleted"  # no branch may be called so: https://git-scm.com/docs/git-check-ref-format
NotificationSubject = ActivityItem | Pipeline | Deployment | MergeRequest | AlertContext


def people_of(subject: NotificationSubject) -> tuple[Person, ...]:
    """Return all people whom the subject's message may name."""
    match subject:
        case Comment():
            pairs: tuple[Person | None, ...] = (subject.author,)
        case MergeRequest():
            reviewers = (reviewer.person for reviewer in subject.reviewers)
            pairs = (subject.actor, subject.author, *subject.approved_by, *reviewers)
        case _:
            pairs = (subject.actor,)
    return tuple(person for person in pairs if person is not None)


def actor_of(subject: NotificationSubject) -> Person | None:
    """Return who caused the event, so as not to notify them of their own action.

    Nobody causes the outcome of a pipeline or a job, not even who started it.
    """
    match subject:
        case Comment():
            return subject.author
        case Pipeline() | JobRun():
            return None
        case _:
            return subject.actor


def author_of(subject: NotificationSubject) -> Person | None:
    """Return the author of a comment or merge request, else the actor."""
    return subject.author if isinstance(subject, Comment | MergeRequest) else subject.actor


def subject_key_of(subject: NotificationSubject) -> str:
    """Return the permanent key of a subject: kind, project and its own key.

    A branch that was deleted is another subject than the branch that was made: the message about
    it does not take the place of the other, which people may look for.
    """
    match subject:
        case Push(deleted=True):
            kind, key = subject.kind, subject.key + _DELETED
        case AlertContext():
            return subject.key.subject_key
        case Pipeline():
            kind, key = Kind.PIPELINE, str(subject.id)
        case Deployment():
            kind, key = Kind.DEPLOYMENT, subject.key
        case MergeRequest() | Comment():
            return subject.subject_key
        case _:
            kind, key = subject.kind, subject.key
    return f"{kind}:{subject.project.connection_id}/{subject.project.id}:{key}"


def ended_key_of(push: Push) -> str | None:
    """Return the key of the subject that a branch's beginning or end puts an end to.

    What people were told of it stays as it is from then on: a branch that is made again is told
    again. None for a push that is neither.
    """
    if push.kind is not Kind.BRANCH:
        return None
    return subject_key_of(replace(push, created=push.deleted, deleted=not push.deleted))


@dataclass(frozen=True, slots=True)
class SubjectKey:
    """A subject key taken apart."""

    kind: Kind
    connection_id: int
    project_id: int
    key: str

    @classmethod
    def parse(cls, about: str) -> SubjectKey:
        """Parse what `subject_key_of` returned; raise ValueError for anything else.

        `key` is the item's own, under which it is stored.
        """
        kind, place, key = about.split(":", 2)
        connection_id, project_id = map(int, place.split("/"))
        if kind == Kind.BRANCH:
            key = key.removesuffix(_DELETED)
        return cls(Kind(kind), connection_id, project_id, key)
