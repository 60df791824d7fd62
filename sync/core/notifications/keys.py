"""Build and parse subject keys, and name the people of a subject. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from sync.core.alerts.messages import AlertContext
from sync.core.model.activity import ActivityItem, Comment
from sync.core.model.common import Person
from sync.core.model.deployments import Deployment
from sync.core.model.kinds import Kind
from sync.core.model.merge_requests import MergeRequest
from sync.core.model.pipelines import JobRun, Pipeline

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
    """Return the permanent key of a subject: kind, project and its own key."""
    match subject:
        case AlertContext():
            return subject.key.subject_key
        case Pipeline():
            kind, key = Kind.PIPELINE, str(subject.id)
        case Deployment():
            kind, key = Kind.DEPLOYMENT, subject.key
        case MergeRequest():
            return subject.subject_key
        case _:
            kind, key = subject.kind, subject.key
    return f"{kind}:{subject.project.connection_id}/{subject.project.id}:{key}"


@dataclass(frozen=True, slots=True)
class SubjectKey:
    """A subject key taken apart."""

    kind: Kind
    connection_id: int
    project_id: int
    key: str

    @classmethod
    def parse(cls, about: str) -> SubjectKey:
        """Parse what `subject_key_of` returned; raise ValueError for anything else."""
        kind, place, key = about.split(":", 2)
        connection_id, project_id = map(int, place.split("/"))
        return cls(Kind(kind), connection_id, project_id, key)
