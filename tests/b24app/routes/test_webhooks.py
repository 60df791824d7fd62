"""The receiver of code host hooks: who is let in, what is kept, what is answered."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from b24app.routes.webhooks import MAX_BODY_BYTES
from sync.store import connections, portals
from sync.store.db.database import read, write
from sync.store.tables import delivery

BODY = json.dumps({"object_kind": "note"}).encode()


@pytest.fixture
def secrets(world):
    return world.connect(world.install())


def post(world, secrets, body=BODY, **headers):
    given = {
        "X-Gitlab-Event": "Note Hook",
        "X-Gitlab-Token": secrets.hook_token,
        "Content-Type": "application/json",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    sent = {name: value for name, value in given.items() if value is not None}
    return world.client.post(f"/hooks/gitlab/{secrets.hook_key}", data=body, headers=sent)


def signed(world, secrets, body, *, at=None, webhook_id="delivery-1"):
    stamp = str(int((at or world.deps.clock.now()).timestamp()))
    key = base64.b64decode(secrets.signing_token.removeprefix("whsec_"))
    mac = hmac.new(key, f"{webhook_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook_id": webhook_id,
        "webhook_timestamp": stamp,
        "webhook_signature": "v1," + base64.b64encode(mac).decode(),
    }


def test_a_delivery_is_kept_as_it_came_and_its_portal_is_woken(world, secrets):
    answer = post(world, secrets, webhook_id="one", X_Gitlab_Event_UUID="chain")
    assert (answer.status_code, answer.data) == (200, b"")
    with read(world.deps.engine) as conn:
        row = conn.execute(select(delivery)).one()
    assert (row.body, row.event, row.dedupe_key, row.state) == (BODY, "Note Hook", "one", "new")
    assert row.headers["X-Gitlab-Event-UUID"] == "chain"
    assert row.origin == f"gitlab:{row.connection_id}"
    assert world.woken == [row.portal_id]


def test_no_secret_of_a_request_is_kept(world, secrets):
    post(world, secrets, **signed(world, secrets, BODY))
    with read(world.deps.engine) as conn:
        headers = conn.scalar(select(delivery.c.headers))
    text = json.dumps(headers)
    assert secrets.hook_token not in text
    assert "v1," not in text


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"X_Gitlab_Token": None}, "no token"),
        ({"X_Gitlab_Token": ""}, "empty token"),
        ({"X_Gitlab_Token": "guessed"}, "wrong token"),
        ({"X_Gitlab_Token": "токен"}, "token that is not ASCII"),
        ({"webhook_signature": "v1,AAAA", "webhook_id": "1", "webhook_timestamp": "1"}, "forged"),
        ({"webhook_signature": "nonsense"}, "signature that is none"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_from_our_gitlab_is_refused_and_leaves_no_row(world, secrets, headers, said):
    answer = post(world, secrets, **headers)
    assert answer.status_code == 401
    assert answer.json["error"]["text"] == "The token or signature of this webhook is not ours"
    assert world.deliveries() == 0


def test_a_signature_lets_a_delivery_in_without_a_token(world, secrets):
    answer = post(world, secrets, X_Gitlab_Token=None, **signed(world, secrets, BODY))
    assert answer.status_code == 200


def test_once_a_hook_signs_what_is_unsigned_is_refused(world, secrets):
    assert post(world, secrets, b"1").status_code == 200
    assert post(world, secrets, b"2", **signed(world, secrets, b"2")).status_code == 200
    answer = post(world, secrets, b"3")
    assert answer.status_code == 401
    assert answer.json["error"]["change"] == "Repair the webhook: `b24bridge gitlab hooks`"
    again = signed(world, secrets, b"4", webhook_id="delivery-4")
    assert post(world, secrets, b"4", **again).status_code == 200
    assert world.deliveries() == 3


def test_a_removed_connections_webhook_is_unknown(world, secrets):
    assert post(world, secrets).status_code == 200
    with write(world.deps.engine) as conn:
        record = connections.by_name(conn, world.portal().id, "main")
        connections.mark_removed(conn, record.id, world.deps.clock.now())
    world.deps.hook_cache.clear()
    assert post(world, secrets, b"2").status_code == 404


def test_a_replayed_signature_is_refused(world, secrets):
    recorded = signed(world, secrets, BODY)
    assert post(world, secrets, **recorded).status_code == 200
    world.deps.clock.sleep(timedelta(minutes=6).total_seconds())
    assert post(world, secrets, **recorded).status_code == 401
    assert world.deliveries() == 1


def test_a_changed_body_under_a_good_signature_is_refused(world, secrets):
    recorded = signed(world, secrets, BODY)
    assert post(world, secrets, b'{"object_kind": "push"}', **recorded).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"not json at all",
        b"payload=%7B%7D",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"a":' * 50_000,
        json.dumps({"object_kind": "merge_request", "object_attributes": []}).encode(),
    ],
    ids=["empty", "truncated", "text", "form", "not-utf8", "deep", "deep-objects", "wrong-types"],
)
def test_any_authentic_body_is_recorded_and_answered(world, secrets, body):
    assert post(world, secrets, body).status_code == 200
    assert world.deliveries() == 1


def test_a_repeated_delivery_is_acknowledged_and_kept_once(world, secrets):
    assert post(world, secrets, webhook_id="one").status_code == 200
    assert post(world, secrets, webhook_id="one").status_code == 200
    assert post(world, secrets, b"another body", webhook_id="one").status_code == 200
    assert world.deliveries() == 1


def test_without_an_id_equal_bodies_are_one_delivery(world, secrets):
    post(world, secrets)
    post(world, secrets)
    post(world, secrets, b'{"object_kind": "note", "other": 1}')
    assert world.deliveries() == 2


def test_an_oversized_delivery_is_refused_without_reading_it(world, secrets):
    class Untouchable:
        def read(self, *_):
            raise AssertionError("the body was read")

    answer = world.client.post(
        f"/hooks/gitlab/{secrets.hook_key}",
        headers={"X-Gitlab-Token": secrets.hook_token},
        environ_overrides={"wsgi.input": Untouchable(), "CONTENT_LENGTH": str(MAX_BODY_BYTES + 1)},
    )
    assert answer.status_code == 413
    assert answer.json["error"]["code"] == "request_entity_too_large"
    assert world.deliveries() == 0


def test_an_oversized_delivery_in_chunks_is_read_no_further_than_allowed(world, secrets):
    class Endless:
        given = 0

        def read(self, size=-1):
            assert size > 0
            self.given += size
            return b"x" * size

        readline = read

    endless = Endless()
    answer = world.client.post(
        f"/hooks/gitlab/{secrets.hook_key}",
        headers={"Transfer-Encoding": "chunked", "X-Gitlab-Token": secrets.hook_token},
        environ_overrides={"wsgi.input": endless, "wsgi.input_terminated": True},
    )
    assert answer.status_code == 413
    assert endless.given <= MAX_BODY_BYTES + 1_000_000
    assert world.deliveries() == 0


def test_a_body_just_as_large_as_allowed_is_kept(world, secrets):
    body = b'"' + b"x" * (MAX_BODY_BYTES - 2) + b'"'
    assert post(world, secrets, body).status_code == 200
    assert world.deliveries() == 1


def test_an_unknown_address_is_not_found(world, secrets):
    answer = world.client.post("/hooks/gitlab/guess", data=BODY)
    assert answer.status_code == 404
    assert answer.json["error"]["text"] == "There is no such webhook address"


def test_the_address_of_a_removed_portal_is_not_found(world, secrets):
    portal = world.portal()
    with write(world.deps.engine) as conn:
        portals.set_state(conn, portal.id, "removed", "", world.deps.clock.now())
    assert post(world, secrets).status_code == 404


def test_a_paused_portal_and_connection_still_receive(world, secrets):
    portal = world.portal()
    with write(world.deps.engine) as conn:
        portals.set_state(conn, portal.id, "disconnected", "", world.deps.clock.now())
        record = connections.by_name(conn, portal.id, "main")
        connections.set_state(conn, record.id, "paused", "token revoked")
    assert post(world, secrets).status_code == 200


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("203.0.113.9", 200),
        ("2001:db8::5", 200),
        ("::ffff:203.0.113.9", 200),
        ("198.51.100.1", 403),
    ],
)
def test_an_allow_list_of_addresses_is_kept(world, address, status):
    allowed = "    allow_ips: [203.0.113.0/24, '2001:db8::/32']\n"
    secrets = world.connect(world.install(), allowed)
    answer = world.client.post(
        f"/hooks/gitlab/{secrets.hook_key}",
        data=BODY,
        headers={"X-Gitlab-Token": secrets.hook_token, "X-Gitlab-Event": "Note Hook"},
        environ_overrides={"REMOTE_ADDR": address},
    )
    assert answer.status_code == status
    assert world.deliveries() == (1 if status == 200 else 0)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "status"),
    [
        (0, "203.0.113.9", 403),
        (1, "203.0.113.9", 200),
        (1, "203.0.113.9, 198.51.100.1", 403),
        (2, "203.0.113.9, 10.0.0.2", 200),
    ],
)
def test_the_sender_is_told_by_as_many_proxies_as_are_trusted(
    make_world, proxies, forwarded, status
):
    world = make_world(trusted_proxies=proxies)
    secrets = world.connect(world.install(), "    allow_ips: [203.0.113.0/24]\n")
    answer = world.client.post(
        f"/hooks/gitlab/{secrets.hook_key}",
        data=BODY,
        headers={"X-Gitlab-Token": secrets.hook_token, "X-Forwarded-For": forwarded},
        environ_overrides={"REMOTE_ADDR": "10.0.0.1"},
    )
    assert answer.status_code == status
