"""Find the production deployments that needed remediation, and what remedied them. Pure.

A deployment failed when, within REMEDIATION_WINDOW of its end, one of these was deployed to the
same environment:

* an older commit, or one that the code host says to lack its own, as a hotfix cut from an older
  one does, so that the deployment's own was taken off (rollback);
* a merge request that reverts one the deployment brought (revert);
* a merge request from a branch named as a hotfix, opened while it was the newest (hotfix).

A job that fails before anything is deployed is no failure of a change, and no deployment either.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sync.core.deployments.metrics.changes import Change
from sync.core.model.common import SHORT_SHA
from sync.core.model.deployments import Deployment, DeploymentStatus, Tier
from sync.core.references.reverts import LINE_LENGTH, reverted_part

REMEDIATION_WINDOW = timedelta(days=7)
_HOTFIX_BRANCH = re.compile(r"(?:^|/)hot-?fix(?:[-_/]|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Shipment:
    """A finished production deployment and the changes that it was the first to bring."""

    deployment: Deployment
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """A deployment that needed remediation. `kind`: rollback, revert or hotfix."""

    failed: Deployment
    remedy: Deployment
    kind: str

    @property
    def restored_after(self) -> timedelta:
        """Return the time from the end of the failed deployment to the end of its remedy."""
        return self.remedy.updated_at - self.failed.updated_at


def is_finished_production(deployment: Deployment) -> bool:
    """Tell whether a deployment counts: to production, and successful."""
    succeeded = deployment.status is DeploymentStatus.SUCCESS
    return succeeded and deployment.tier is Tier.PRODUCTION


def rollbacks(history: Iterable[Deployment]) -> tuple[tuple[Deployment, Deployment], ...]:
    """Return (undone deployment, the one without its commit that undid it), in one pass.

    `history`: successful deployments of one environment, oldest first. It agrees with
    `sync.core.deployments.environments.undone_by`, asked of each.
    """
    present: list[Deployment] = []
    position: dict[str, int] = {}  # of each commit among those present
    pairs: list[tuple[Deployment, Deployment]] = []
    for deployment in history:
        same = position.get(_short(deployment))
        if same is not None:
            pairs += [(undone, deployment) for undone in present[same + 1 :]]
            for undone in present[same:]:
                position.pop(_short(undone))
            del present[same:]
        if deployment.lacks:
            lacking = {sha[:SHORT_SHA] for sha in deployment.lacks}
            pairs += [(gone, deployment) for gone in present if _short(gone) in lacking]
            present = [kept for kept in present if _short(kept) not in lacking]
            position = {_short(kept): number for number, kept in enumerate(present)}
        position[_short(deployment)] = len(present)
        present.append(deployment)
    return tuple(pairs)


def find_failures(
    shipments: Sequence[Shipment], window: timedelta = REMEDIATION_WINDOW
) -> tuple[Failure, ...]:
    """Return the failed deployments, each with its first remedy, oldest first.

    `shipments`: finished production deployments, of any projects and environments.
    """
    earliest: dict[tuple[int, int, str], Failure] = {}
    for shipment_list in _by_environment(shipments).values():
        for failure in (*_rolled_back(shipment_list), *_mended(shipment_list)):
            if not timedelta() < failure.restored_after <= window:
                continue
            key = _key(failure.failed)
            if key not in earliest or failure.restored_after < earliest[key].restored_after:
                earliest[key] = failure
    return tuple(sorted(earliest.values(), key=lambda failure: failure.failed.sort_key))


def is_revert(change: Change) -> bool:
    """Tell whether the title takes other work back; a revert of a revert does not."""
    part = reverted_part(change.title[:LINE_LENGTH])
    return part is not None and part[2]


def is_hotfix(change: Change) -> bool:
    """Tell whether the branch is named as a hotfix: `hotfix/…`, `hot-fix-…`."""
    return _HOTFIX_BRANCH.search(change.branch) is not None


def _rolled_back(shipments: Sequence[Shipment]) -> list[Failure]:
    history = [shipment.deployment for shipment in shipments]
    return [Failure(undone, remedy, "rollback") for undone, remedy in rollbacks(history)]


def _mended(shipments: Sequence[Shipment]) -> list[Failure]:
    """Find reverts and hotfixes; one that names no change is of the newest deployment before."""
    failures = []
    for number, shipment in enumerate(shipments):
        for change in shipment.changes:
            kind = "revert" if is_revert(change) else "hotfix" if is_hotfix(change) else ""
            earlier = shipments[:number]
            failed = _cause(change, kind, earlier) if kind else None
            if failed is not None:
                failures.append(Failure(failed, shipment.deployment, kind))
    return failures


def _cause(change: Change, kind: str, earlier: Sequence[Shipment]) -> Deployment | None:
    def brought(shipment: Shipment) -> bool:
        return any(_reverts(change, other) for other in shipment.changes)

    def stood(shipment: Shipment) -> bool:
        moment = change.opened_at or change.merged_at
        return moment is not None and shipment.deployment.updated_at <= moment

    tests: tuple[Callable[[Shipment], bool], ...] = (
        (brought, stood) if kind == "revert" else (stood,)
    )
    for test in tests:
        for shipment in reversed(earlier):
            if test(shipment):
                return shipment.deployment
    return None


def _reverts(change: Change, other: Change) -> bool:
    """Tell whether `change` quotes the title of `other`, in whole."""
    part = reverted_part(change.title[:LINE_LENGTH])
    title = other.title.strip()
    return part is not None and title != "" and change.title[part[0] : part[1]].strip() == title


def _by_environment(
    shipments: Iterable[Shipment],
) -> dict[tuple[int, int, str], list[Shipment]]:
    places: dict[tuple[int, int, str], list[Shipment]] = {}
    for shipment in sorted(shipments, key=lambda shipment: shipment.deployment.sort_key):
        of = shipment.deployment
        place = of.project.connection_id, of.project.id, of.environment
        places.setdefault(place, []).append(shipment)
    return places


def _key(deployment: Deployment) -> tuple[int, int, str]:
    return deployment.project.connection_id, deployment.project.id, deployment.key


def _short(deployment: Deployment) -> str:
    return deployment.sha[:SHORT_SHA]
