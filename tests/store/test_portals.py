"""Portals, their tokens, and what is left when one is erased."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Connection, Engine, func, insert, select

from sync.core.issue_sync.history import FieldChange
from sync.core.issue_sync.link import (
    Conflict,
    Entry,
    EntryKind,
    LinkState,
    PlannedWrite,
    StoryLine,
    ValuePair,
)
from sync.core.issue_sync.model import ItemAddress, SideName
from sync.core.issue_sync.writes import UpdateItem
from sync.core.model.activity import Push, TagPush
from sync.core.model.commands import Notify, Place
from sync.core.model.common import Commit, PortalUser
from sync.core.model.deployments import Deployment, DeploymentStatus, Tier
from sync.core.model.pipelines import FailedJob
from sync.core.model.plans import NotifiedState, PlannedCommand
from sync.core.model.task_view import SentMessage
from sync.core.model.tasks import LinkKind, Task, TaskStatus
from sync.store import (
    access,
    bots,
    deployments,
    erasure,
    failed_looks,
    hook_logs,
    inbox,
    issue_link_history,
    issue_link_stories,
    issue_links,
    issue_lists,
    links,
    logs,
    messages,
    oauth_applications,
    oauth_grants,
    oauth_sign_ins,
    outbox,
    people,
    portals,
    subjects,
    tasks,
    workgroup_names,
)
from sync.store import activity as store_activity
from sync.store import commit_tasks as store_commit_tasks
from sync.store import merge_request_commits as store_merge_request_commits
from sync.store import merge_requests as store_merge_requests
from sync.store import pipelines as store_pipelines
from sync.store import projects as store_projects
from sync.store.access import ConnectionAccess, PortalAccess
from sync.store.db.database import read, write
from sync.store.failed_looks import FailedLook
from sync.store.hook_logs import HookLogRow
from sync.store.issue_lists import ListRow
from sync.store.oauth_grants import GrantTokens
from sync.store.oauth_sign_ins import SignInDraft
from sync.store.rows import (
    AllowanceRow,
    ApiCallRow,
    DecisionRow,
    LinkRow,
    PortalTokens,
    PurgeRow,
)
from sync.store.tables import metadata
from tests.store.factories import (
    ANN,
    NOW,
    VAULT,
    a_connection,
    a_delivery,
    a_merge_request,
    a_pipeline,
    a_portal,
    a_project,
    after,
    an_install,
)


def test_an_installed_portal_is_found_by_its_member_id(engine: Engine) -> None:
    with write(engine) as conn:
        portal_id = a_portal(conn)
        found = portals.by_member(conn, "member-1")
        assert found is not None
        assert found == portals.by_id(conn, portal_id)
        assert (found.state, found.scopes, found.token_user_id) == ("installing", ("task", "im"), 5)
        assert portals.by_member(conn, "member-2") is None
        assert portals.tokens(conn, VAULT, portal_id) == an_install().tokens
        assert portals.application_token(conn, VAULT, portal_id) == "application-1"


@pytest.mark.parametrize(
    ("before", "then"),
    [
        ("active", ("active", "why")),
        ("paused", ("paused", "why")),
        ("removed", ("installing", "")),
        ("disconnected", ("installing", "")),
    ],
)
def test_a_second_installation_renews_what_was_lost(
    engine: Engine, before: str, then: tuple[str, str]
) -> None:
    with write(engine) as conn:
        portal_id = a_portal(conn)
        portals.save_settings(conn, portal_id, {"a": 1}, NOW)
        portals.set_state(conn, portal_id, before, "why", NOW)
        fresh = PortalTokens("access-2", "refresh-2", after(hours=2), 6)
        again = an_install(tokens=fresh, application_token=None, app_version=2)
        assert portals.create_or_update(conn, VAULT, again, after(minutes=1)) == portal_id
        found = portals.by_id(conn, portal_id)
        assert found is not None
        assert (found.state, found.state_reason) == then
        assert (found.app_version, found.created_at, found.updated_at) == (2, NOW, after(minutes=1))
        assert portals.tokens(conn, VAULT, portal_id) == fresh
        assert portals.application_token(conn, VAULT, portal_id) == "application-1"
        assert portals.settings(conn, portal_id) == {"a": 1}


def test_refreshed_tokens_keep_the_user_they_stand_for(engine: Engine) -> None:
    with write(engine) as conn:
        portal_id = a_portal(conn)
        fresh = PortalTokens("access-2", "refresh-2", after(hours=2))
        portals.save_tokens(conn, VAULT, portal_id, fresh, NOW)
        assert portals.tokens(conn, VAULT, portal_id) == replace(fresh, user_id=5)


def test_what_is_set_is_what_is_read(engine: Engine) -> None:
    with write(engine) as conn:
        portal_id = a_portal(conn)
        portals.set_state(conn, portal_id, "active", "", NOW)
        portals.set_endpoint(conn, portal_id, "https://moved.test/rest/", NOW)
        portals.set_features(conn, portal_id, {"chat": True}, NOW)
        portals.save_application_token(conn, VAULT, portal_id, "application-2", NOW)
        (found,) = portals.all_active(conn)
        assert (found.client_endpoint, found.features) == (
            "https://moved.test/rest/",
            {"chat": True},
        )
        assert portals.application_token(conn, VAULT, portal_id) == "application-2"


def test_tokens_are_not_in_a_record_that_is_printed(engine: Engine) -> None:
    with write(engine) as conn:
        portal_id = a_portal(conn)
        shown = f"{portals.by_id(conn, portal_id)} {portals.tokens(conn, VAULT, portal_id)}"
    assert "access-1" not in shown + repr(an_install())
    assert "refresh-1" not in shown
    assert "application-1" not in repr(an_install())


def test_an_erased_portal_leaves_nothing_and_its_neighbour_everything(engine: Engine) -> None:
    with write(engine) as conn:
        gone, stays = a_portal(conn, "gone"), a_portal(conn, "stays")
        _fill(conn, gone)
        _fill(conn, stays)
        full = _rows(conn)
        assert all(full.values()), f"not filled: {[n for n, rows in full.items() if not rows]}"
    erasure.erase_portal(engine, gone)
    with read(engine) as conn:
        assert {name: rows * 2 for name, rows in _rows(conn).items()} == full


def _rows(conn: Connection) -> dict[str, int | None]:
    not_of_a_portal = {"lease", "worker", "program"}
    return {
        table.name: conn.scalar(select(func.count()).select_from(table))
        for table in metadata.sorted_tables
        if table.name not in not_of_a_portal
    }


_NEW_ROWS = {
    "alert": {
        "ref": "main", "stage": "", "first_pipeline_id": 5, "state": "open", "severity": "high",
        "failures": 1, "opened_at": NOW, "updated_at": NOW, "body": {},
    },
    "smart_commit": {"sha": "s", "number": 0, "task_id": 1, "received_at": NOW, "body": {}},
    "branch_check": {"branch": "b", "due_at": NOW},
    "backfill": {"part": "commits", "since": NOW, "updated_at": NOW},
}  # fmt: skip


def _fill(conn: Connection, portal_id: int) -> None:
    """At least one row in every table."""
    c = a_connection(conn, portal_id, f"c{portal_id}")
    request, project = a_merge_request(c), a_project(c)
    inbox.insert_many(conn, [a_delivery(portal_id, "1", connection_id=c)])
    subjects.mark_dirty_many(conn, portal_id, [("task", "1", "why")], NOW)
    store_projects.save_projects(conn, [project])
    store_merge_requests.fold_snapshots(conn, [request])
    store_pipelines.save_pipelines(conn, [a_pipeline(c)])
    conn.execute(
        insert(metadata.tables["commit"]),
        [
            {
                "connection_id": c,
                "project_id": 3,
                "branch": "b",
                "sha": "s",
                "body": {},
                "received_at": NOW,
            }
        ],
    )
    commit = Commit("s", "Pay", "Ann", None, "https://git.test/c/s")
    store_merge_request_commits.add(conn, {request.key: [commit]})
    links.save(conn, [LinkRow(portal_id, request.key, 1, LinkKind.MOVE)])
    tasks.save_read(conn, portal_id, {1: Task(1, "t", TaskStatus.WAITING)}, NOW)
    tasks.save_stages(conn, portal_id, 4, [], NOW)
    workgroup_names.save(conn, portal_id, {4: "Sales"})
    messages.save(conn, portal_id, {(Place(1), "ci:1/3:b"): SentMessage(5, "t", NOW)})
    states = [NotifiedState(f"ci:{c}/3:b", "5:failed"), NotifiedState("tag:1/3:v1", "created", 7)]
    messages.save_notified_states(conn, portal_id, states, NOW)
    bots.refuse_place(conn, portal_id, Place(7), NOW)
    store_commit_tasks.save_commit_tasks(conn, portal_id, [((c, 3, "b", "s"), 1)])
    tag = TagPush(project, "v1", "s", None)
    store_activity.save(conn, [tag, Push(project, "b", (), None, "s", protected=True)], NOW)
    store_activity.save_tasks(conn, portal_id, [(store_activity.activity_id(tag), 1)])
    for table, values in _NEW_ROWS.items():
        own = {"portal_id": portal_id} if table == "smart_commit" else {}
        row = {"connection_id": c, "project_id": 3, **own, **values}
        conn.execute(insert(metadata.tables[table]), [row])
    store_pipelines.save_failed_jobs(conn, {(c, 3, 5): (NOW, (FailedJob(1, "unit", "test", ""),))})
    shop = a_project(c)
    done = Deployment(
        shop, 9, "prod", Tier.PRODUCTION, DeploymentStatus.SUCCESS, "c0ffee00", "main", NOW
    )
    deployments.save(conn, [done], NOW)
    deployments.save_contents(conn, {(c, 3, 9): [12]})
    people.save_portal_users(conn, portal_id, [PortalUser(1, "Ann")])
    people.save_host_people(conn, c, [ANN])
    command = PlannedCommand("notify:1", Notify(1, 2, "t", "tag"), "why")
    outbox.replace_waiting(conn, portal_id, "bitrix24", {("task", "1"): [command]}, NOW)
    logs.save_decisions(conn, [DecisionRow(portal_id, "task", "1", NOW, "why")])
    logs.save_calls(conn, [ApiCallRow(portal_id, NOW, "batch", 200, 5, "{}", "{}")])
    logs.save_purge(conn, PurgeRow(portal_id, NOW, 5, {"calls": 1}))
    _fill_issue_sync(conn, portal_id, c)
    logs.save_allowance(conn, portal_id, AllowanceRow(1.5, NOW, {}))
    hook_logs.save(conn, HookLogRow(c, "project acme/shop", NOW))
    hook_logs.set_tasks_read(conn, portal_id, NOW, 3)
    failed_looks.save(conn, FailedLook(portal_id, c, "host", NOW, NOW, "ValueError"))
    access.save(conn, ConnectionAccess(c, "ok", NOW, NOW))
    access.save_portal(conn, PortalAccess(portal_id, "ok", NOW, NOW))
    _fill_sign_ins(conn, portal_id, c)


def _fill_sign_ins(conn: Connection, portal_id: int, connection_id: int) -> None:
    url = "https://git.test"
    oauth_applications.save(conn, VAULT, portal_id, url, "id", "secret")
    tokens = GrantTokens("a", "r", NOW)
    oauth_grants.save(conn, VAULT, connection_id, oauth_grants.OWN, tokens, {}, NOW)
    draft = SignInDraft(portal_id, connection_id, 1, "i", False, url)
    oauth_sign_ins.begin(conn, VAULT, draft, f"ticket-{portal_id}", access_token="a", now=NOW)


def _fill_issue_sync(conn: Connection, portal_id: int, connection_id: int) -> None:
    address = ItemAddress("501", "7", "12")
    ids = {SideName.TRACKER: "1"}
    entry = Entry(EntryKind.COMMENT, SideName.TRACKER, f"c{connection_id}", ids)
    write = PlannedWrite(SideName.TRACKER, UpdateItem("k", address, {"title": "b"}))
    link = LinkState(f"L{connection_id}", {SideName.TRACKER: address})
    place = (portal_id, connection_id, "pair")
    issue_links.create(conn, *place, link, NOW)
    issue_links.save(conn, replace(link, entries=(entry,), pending=(write,)), link)
    issue_link_stories.add_story(conn, link.key, [StoryLine(NOW, "linked", "why")])
    change = FieldChange(NOW, "title", SideName.PORTAL, ValuePair(), ValuePair())
    issue_link_history.add_changes(conn, link.key, [change])
    issue_link_stories.add_conflicts(conn, link.key, [Conflict("title", ValuePair(), None, NOW)])
    issue_lists.save(conn, ListRow(connection_id, "pair", SideName.TRACKER))
