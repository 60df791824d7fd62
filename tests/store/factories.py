"""Rows for tests of the store: a portal, its connection and what hangs on them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from sync.core.model.common import Person, Project
from sync.core.model.merge_requests import MergeRequest, MergeRequestState
from sync.core.model.pipelines import Pipeline, PipelineStatus
from sync.keyfile import new_key
from sync.store import connections, portals
from sync.store.rows import ConnectionDraft, ConnectionSecrets, Delivery, Installation, PortalTokens
from sync.store.vault import Vault

NOW = datetime(2026, 3, 2, 10, 0, 0, 250_000, tzinfo=UTC)
VAULT = Vault([new_key()])
ANN = Person(7, "ann", "Ann Lee", "ann@example.com")
BOB = Person(8, "bob", "Bob Ray")


def after(**delta: float) -> datetime:
    return NOW + timedelta(**delta)


def an_install(member: str = "member-1", **values: Any) -> Installation:
    return replace(
        Installation(
            member_id=member,
            client_endpoint="https://acme.bitrix24.test/rest/",
            server_endpoint="https://oauth.test/rest/",
            tokens=PortalTokens("access-1", "refresh-1", after(hours=1), 5),
            scopes=("task", "im"),
            application_token="application-1",
        ),
        **values,
    )


def a_portal(conn: Connection, member: str = "member-1", **values: Any) -> int:
    return portals.create_or_update(conn, VAULT, an_install(member, **values), NOW)


def a_draft(name: str = "main", **values: Any) -> ConnectionDraft:
    secrets = ConnectionSecrets(f"hook-key-{name}", "hook-token", "whsec", "glpat")
    return replace(ConnectionDraft("gitlab", name, "https://gitlab.test", secrets), **values)


def a_connection(conn: Connection, portal_id: int, name: str = "main") -> int:
    return connections.upsert(conn, VAULT, portal_id, a_draft(name), NOW)


def a_delivery(portal_id: int, key: str, **values: Any) -> Delivery:
    usual = Delivery(
        portal_id=portal_id,
        connection_id=None,
        origin=f"bitrix24:{portal_id}",
        dedupe_key=key,
        event="ONTASKUPDATE",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        body=b"\x00\xff data",
        received_at=NOW,
    )
    return replace(usual, **values)


def a_project(connection_id: int, project_id: int = 3) -> Project:
    return Project(connection_id, project_id, "acme/shop", "https://gitlab.test/acme/shop")


def a_merge_request(connection_id: int, iid: int = 12, **values: Any) -> MergeRequest:
    usual = MergeRequest(
        project=a_project(connection_id),
        iid=iid,
        title="Payment gateway",
        description="B24-2103",
        url=f"https://gitlab.test/acme/shop/-/merge_requests/{iid}",
        state=MergeRequestState.OPENED,
        draft=False,
        source_branch="feature/payment",
        target_branch="main",
        author=ANN,
        updated_at=NOW,
        head_sha="c0ffee",
    )
    return replace(usual, **values)


def a_pipeline(connection_id: int, pipeline_id: int = 100, **values: Any) -> Pipeline:
    usual = Pipeline(
        project=a_project(connection_id),
        id=pipeline_id,
        status=PipelineStatus.RUNNING,
        ref="feature/payment",
        sha="c0ffee",
        url=f"https://gitlab.test/acme/shop/-/pipelines/{pipeline_id}",
        updated_at=NOW,
    )
    return replace(usual, **values)
