"""Changes and production deployments by hours, with the rest filled in."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sync.core.deployments.metrics.changes import Change, Period
from sync.core.deployments.metrics.failures import Shipment
from sync.core.model.deployments import Deployment, DeploymentStatus, Tier
from sync.core.model.merge_requests import MergeRequestKey
from tests.core.factories import NOW, SHOP


def at(hours: float) -> datetime:
    return NOW + timedelta(hours=hours)


MONTH = Period(at(-30 * 24), at(1))
_MOMENTS = (
    "first_commit_at", "opened_at", "first_review_at", "approved_at", "merged_at", "deployed_at",
)  # fmt: skip


def change(iid: int = 1, *hours: float | None, **values: Any) -> Change:
    """Its moments in their order, in hours from NOW; None: not known."""
    moments = {
        name: at(hour) for name, hour in zip(_MOMENTS, hours, strict=False) if hour is not None
    }
    usual = Change(MergeRequestKey(1, 7, iid), f"Change {iid}", f"feature/{iid}")
    return replace(usual, **{**moments, **values})


def deployment(number: int, hours: float, **values: Any) -> Deployment:
    usual = Deployment(
        SHOP, number, "production", Tier.PRODUCTION, DeploymentStatus.SUCCESS,
        f"{number:08x}" * 5, "main", at(hours),
    )  # fmt: skip
    return replace(usual, **values)


def shipment(number: int, hours: float, *changes: Change, **values: Any) -> Shipment:
    return Shipment(deployment(number, hours, **values), changes)
