"""What waits at this moment in the chosen projects: reviews, failing branches, what is where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, func, select

from b24app.services.alerts import AlertSummary, list_alerts
from b24app.services.flow_metrics import ProjectChoice
from b24app.services.merge_request_summaries import awaited_reviewers
from sync.core.model.deployments import Deployment, Tier
from sync.core.model.merge_requests import MergeRequest, MergeRequestKey, ReviewTimes
from sync.store.db.codec import from_json
from sync.store.db.upsert import in_keys
from sync.store.tables import deployment, in_literals, merge_request

MAX_ROWS = 50
_LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class WaitingReview:
    """An open merge request that is no draft, and the reviewers who did not answer yet.

    `people`: none where nobody was asked. `since`: when it was opened, None where not reported.
    """

    key: MergeRequestKey
    reference: str
    title: str
    url: str
    people: tuple[str, ...]
    since: datetime | None


@dataclass(frozen=True, slots=True)
class DeployedVersion:
    """What an environment has now: the newest successful deployment to it."""

    project: str
    environment: str
    tier: str
    version: str
    url: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CurrentState:
    """What waits now; each list has at most MAX_ROWS rows, `reviews_total` counts all."""

    reviews: tuple[WaitingReview, ...]
    reviews_total: int
    alerts: tuple[AlertSummary, ...]
    environments: tuple[DeployedVersion, ...]


def read_current_state(
    conn: Connection, portal_id: int, chosen: Sequence[ProjectChoice]
) -> CurrentState:
    """Return what waits in the projects: reviews the longest waiting first."""
    paths = {choice.project.path for choice in chosen}
    reviews = _waiting_reviews(conn, chosen)
    alerts = tuple(alert for alert in list_alerts(conn, portal_id) if alert.project in paths)
    return CurrentState(
        reviews[:MAX_ROWS], len(reviews), alerts[:MAX_ROWS], _deployed(conn, chosen)[:MAX_ROWS]
    )


def _waiting_reviews(
    conn: Connection, chosen: Sequence[ProjectChoice]
) -> tuple[WaitingReview, ...]:
    c = merge_request.c
    query = select(c.body, c.memory["times"]).where(in_literals(c.state, "opened", "locked"))
    reviews = []
    for condition in in_keys((c.connection_id, c.project_id), _keys(chosen)):
        for body, stored_times in conn.execute(query.where(condition)):
            item = from_json(MergeRequest, body)
            times = from_json(ReviewTimes, stored_times) if stored_times else ReviewTimes()
            if not item.draft and not item.approved:
                reviews.append(_waiting_review(item, times.opened_at or item.created_at))
    return tuple(sorted(reviews, key=lambda review: (review.since or _LAST, review.key)))


def _waiting_review(item: MergeRequest, since: datetime | None) -> WaitingReview:
    reference = f"{item.project.path}!{item.iid}"
    return WaitingReview(item.key, reference, item.title, item.url, awaited_reviewers(item), since)


def _deployed(conn: Connection, chosen: Sequence[ProjectChoice]) -> tuple[DeployedVersion, ...]:
    """Environments of development are left out: those of reviews come and go."""
    c = deployment.c
    place = c.connection_id, c.project_id, c.environment
    age = func.row_number().over(
        partition_by=place, order_by=(c.updated_at.desc(), c.deployment_id.desc())
    )
    newest: dict[tuple[str, str], Deployment] = {}
    for condition in in_keys(place[:2], _keys(chosen)):
        done = in_literals(c.status, "success")
        ranked = select(c.body, age.label("age")).where(condition, done).subquery()
        for body in conn.scalars(select(ranked.c.body).where(ranked.c.age == 1)):
            of = from_json(Deployment, body)
            if of.tier is not Tier.DEVELOPMENT:
                newest[of.project.path, of.environment] = of
    return tuple(
        DeployedVersion(
            of.project.path, name, of.tier.value, of.sha[:8], of.job_url or of.url, of.updated_at
        )
        for (_, name), of in sorted(newest.items())
    )


def _keys(chosen: Sequence[ProjectChoice]) -> list[tuple[int, int]]:
    return [choice.project.key for choice in chosen]
