"""Connections and the URLs their hooks come to."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Engine, select

from sync.store import connections
from sync.store import merge_requests as store_merge_requests
from sync.store.db.database import write
from sync.store.rows import ConnectionSecrets
from sync.store.tables import connection
from tests.store.factories import (
    NOW,
    VAULT,
    a_connection,
    a_draft,
    a_merge_request,
    a_portal,
    after,
)


def test_a_hook_finds_its_connection_by_the_key_in_its_url(engine: Engine) -> None:
    with write(engine) as conn:
        portal_id = a_portal(conn)
        main, other = (a_connection(conn, portal_id, name) for name in ("main", "other"))
        found = connections.by_hook_key(conn, VAULT, "hook-key-other")
        assert found == (connections.by_id(conn, other), a_draft("other").secrets)
        record, _ = connections.by_hook_key(conn, VAULT, "hook-key-main")
        assert record == connections.by_id(conn, main)
        assert connections.by_hook_key(conn, VAULT, "hook-key") is None
        assert connections.by_hook_key(conn, VAULT, "\ud800") is None


def test_the_key_itself_is_stored_sealed_only(engine: Engine) -> None:
    with write(engine) as conn:
        a_connection(conn, a_portal(conn))
        (row,) = conn.execute(select(connection)).mappings()
    assert "hook-key-main" not in str(dict(row))
    assert "hook-key-main" not in repr(a_draft())


def test_a_changed_connection_keeps_its_url_and_the_secrets_that_were_not_told(
    engine: Engine,
) -> None:
    with write(engine) as conn:
        portal_id = a_portal(conn)
        first = a_connection(conn, portal_id)
        told = ConnectionSecrets("another-key", access_token="glpat-2")
        draft = a_draft(base_url="https://moved.test", secrets=told, options={"groups": ["a"]})
        assert connections.upsert(conn, VAULT, portal_id, draft, after(hours=1)) == first
        found = connections.by_name(conn, portal_id, "main")
        assert found is not None
        assert (found.base_url, found.options) == ("https://moved.test", {"groups": ["a"]})
        assert found.created_at == NOW
        kept = replace(a_draft().secrets, access_token="glpat-2")
        assert connections.secrets(conn, VAULT, first) == kept


def test_two_portals_may_use_one_name(engine: Engine) -> None:
    with write(engine) as conn:
        one, two = a_portal(conn, "1"), a_portal(conn, "2")
        first = a_connection(conn, one)
        draft = a_draft(secrets=ConnectionSecrets("key-2"))
        second = connections.upsert(conn, VAULT, two, draft, NOW)
        assert [c.id for c in connections.by_portal(conn, one)] == [first]
        assert [c.id for c in connections.by_portal(conn, two)] == [second]


def test_what_is_set_is_what_is_read(engine: Engine) -> None:
    with write(engine) as conn:
        key = a_connection(conn, a_portal(conn))
        connections.set_state(conn, key, "paused", "the token was revoked")
        connections.set_account(conn, key, {"username": "bot"})
        connections.set_swept(conn, key, after(hours=1))
        found = connections.by_id(conn, key)
    assert found is not None
    assert (found.state, found.state_reason) == ("paused", "the token was revoked")
    assert (found.account, found.swept_at) == ({"username": "bot"}, after(hours=1))


def test_a_removed_connection_takes_what_it_told_with_it(engine: Engine) -> None:
    with write(engine) as conn:
        key = a_connection(conn, a_portal(conn))
        request = a_merge_request(key)
        store_merge_requests.fold_snapshots(conn, [request])
        connections.remove(conn, key)
        assert connections.by_id(conn, key) is None
        assert store_merge_requests.get_merge_requests(conn, [request.key]) == {}
