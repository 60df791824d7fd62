"""What came before a deployment, and which are told twice."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Engine

from sync.core.model.common import Project
from sync.core.model.deployments import Deployment, DeploymentStatus, Tier
from sync.store import deployments
from sync.store.db.database import write
from tests.store.factories import NOW, a_connection, a_portal, after

SHOP = Project(1, 7, "acme/shop", "https://gitlab.test/acme/shop")
SHA, OTHER = "a1" * 20, "b2" * 20


def deployed(number: int, status: str, minute: int, **values: object) -> Deployment:
    usual = Deployment(
        SHOP,
        number,
        "prod",
        Tier.PRODUCTION,
        DeploymentStatus(status),
        OTHER,
        "main",
        after(minutes=minute),
    )
    return replace(usual, **values)


NEW = deployed(9, "success", 60, sha=SHA)


@pytest.mark.parametrize(
    ("known", "before"),
    [
        ([], None),
        ([deployed(1, "success", 10)], "success"),
        ([deployed(1, "success", 10), deployed(2, "failed", 20)], "failed"),
        ([deployed(1, "success", 10), deployed(2, "canceled", 20)], "success"),
        ([deployed(1, "running", 10)], None),
        ([deployed(1, "failed", 10, environment="test")], None),
        ([deployed(1, "failed", 10, project=replace(SHOP, id=8))], None),
        ([deployed(10, "failed", 70)], None),
        ([deployed(8, "failed", 60)], "failed"),
        ([deployed(1, "failed", 10), deployed(-5, "success", 59, sha=SHA)], "failed"),
    ],
)
def test_the_last_result_of_the_environment_comes_before(
    engine: Engine, known: list[Deployment], before: str | None
) -> None:
    with write(engine) as conn:
        a_connection(conn, a_portal(conn))
        deployments.save(conn, [*known, NEW], NOW)
        rows = deployments.previous_results(conn, [NEW])
    assert rows == ({} if before is None else {deployments.deployment_key(NEW): before})


@pytest.mark.parametrize(
    ("told", "twice"),
    [
        (deployed(-5, "success", 59, sha=SHA[:8]), True),
        (deployed(-5, "success", 59), False),
        (deployed(-5, "success", 59, sha=SHA, environment="test"), False),
    ],
)
def test_a_jobs_word_for_what_the_host_tells_is_known_for_it(
    engine: Engine, told: Deployment, twice: bool
) -> None:
    with write(engine) as conn:
        a_connection(conn, a_portal(conn))
        deployments.save(conn, [NEW, told], NOW)
        rows = deployments.also_on_host(conn, [told])
    assert rows == ({deployments.deployment_key(told)} if twice else frozenset())
