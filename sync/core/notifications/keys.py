"""Subject keys: what a notification is about, and whom it concerns. Pure."""

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
    """Everybody whom the words for it name."""
    match subject:
        case Comment():
            named: tuple[Person | None, ...] = (subject.author,)
        case MergeRequest():
            reviewers = (reviewer.person for reviewer in subject.reviewers)
            named = (subject.actor, subject.author, *subject.approved_by, *reviewers)
        case _:
            named = (subject.actor,)
    return tuple(person for person in named if person is not None)


def actor_of(subject: NotificationSubject) -> Person | None:
    """Who did what it tells: nobody is told of their own doing.

    How a pipeline or a job went is not the doing of who started it.
    """
    match subject:
        case Comment():
            return subject.author
        case Pipeline() | JobRun():
            return None
        case _:
            return subject.actor


def author_of(subject: NotificationSubject) -> Person | None:
    """Whose it is, where no commit says so."""
    return subject.author if isinstance(subject, Comment | MergeRequest) else subject.actor


def subject_key_of(subject: NotificationSubject) -> str:
    """Its name for good: kind, place and key."""
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
    """A name taken apart again."""

    kind: Kind
    connection_id: int
    project_id: int
    key: str

    @classmethod
    def parse(cls, about: str) -> SubjectKey:
        """Raises ValueError for what `about_of` never wrote."""
        kind, place, key = about.split(":", 2)
        connection_id, project_id = map(int, place.split("/"))
        return cls(Kind(kind), connection_id, project_id, key)
