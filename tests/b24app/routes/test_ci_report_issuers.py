"""Issuers of a job's token: whose keys are asked, how, and when again."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy import update

from b24app.services.job_tokens import connections_of_issuer
from sync.store import connections, inbox, portals
from sync.store.db.database import read, write
from sync.store.rows import ConnectionDraft, ConnectionSecrets, Installation, PortalTokens
from sync.store.tables import connection
from tests.b24app.routes.test_ci_reports import (
    OURS,
    connect,
    connected,
    gitlab,
    kept,
    post,
    report,
    run,
)
from tests.emulators.gitlab.identity import public, signed

__all__ = ["connected", "gitlab"]  # fixtures


def stranger(world, gitlab, **options) -> int:
    """Another portal, which names the shop in the settings of its connection."""
    installation = Installation(
        "c" * 32, "https://other.example.com/rest/", "", PortalTokens("a", "r", None, 1)
    )
    deps = world.deps
    now = deps.clock.now()
    with write(deps.engine) as conn:
        other = portals.create_or_update(conn, deps.vault, installation, now)
        options = {"projects": ["acme/shop"], **options}
        draft = ConnectionDraft("gitlab", "main", gitlab.url, ConnectionSecrets("other"), options)
        connections.upsert(conn, deps.vault, other, draft, now)
    return other


@pytest.fixture
def lying_proxy(gitlab) -> Iterator[str]:
    """A proxy that tells keys of its own as GitLab's."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_keys = self.path.endswith("/keys")
            body = json.dumps(
                {"keys": [public(7)]}
                if is_keys
                else {"issuer": gitlab.url, "jwks_uri": f"{gitlab.url}/keys"}
            ).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_whose_proxy_stands_in_the_way_deceives_nobody_else(world, gitlab, lying_proxy):
    """Without TLS it can answer in GitLab's place. The stranger came first, too."""
    world.install()
    other = stranger(world, gitlab, proxy=lying_proxy)
    connect(world, gitlab)
    pipeline = run(gitlab)
    forged = signed(gitlab.identity.claims(pipeline, f"{OURS}/ci/portal.example.com"), 7)
    headers = {"Authorization": f"Bearer {forged}"}
    path = "/ci/portal.example.com/ci/report"
    answer = world.client.post(path, json=report(gitlab, pipeline), headers=headers)
    assert answer.status_code == 403
    assert kept(world) == ()
    token = gitlab.identity.mint(pipeline, OURS)
    assert post(world, token, report(gitlab, pipeline)).status_code == 200
    assert len(kept(world)) == 1
    with read(world.deps.engine) as conn:
        assert inbox.pending_count(conn, other) == 0


def test_a_strangers_dead_proxy_keeps_no_keys_away(world, gitlab):
    world.install()
    stranger(world, gitlab, proxy="http://127.0.0.1:9")
    connect(world, gitlab)
    pipeline = run(gitlab)
    headers = {
        "Authorization": f"Bearer {gitlab.identity.mint(pipeline, f'{OURS}/ci/portal.example.com')}"
    }
    answer = world.client.post(
        "/ci/portal.example.com/ci/report", json=report(gitlab, pipeline), headers=headers
    )
    assert answer.status_code == 200


def test_an_issuer_nobody_connected_is_never_asked(world, gitlab):
    world.install()
    pipeline = run(gitlab)
    answer = post(world, gitlab.identity.mint(pipeline, OURS), report(gitlab, pipeline))
    assert answer.status_code == 401
    assert gitlab.identity.asked == 0


def test_an_issuer_is_found_however_its_connection_writes_it(connected, gitlab):
    pipeline = run(gitlab)
    answered = {}
    for base_url in (gitlab.url, f"{gitlab.url}/", gitlab.url.replace("http", "HTTP"), "http://x"):
        with write(connected.deps.engine) as conn:
            conn.execute(update(connection).values(base_url=base_url))
        token = gitlab.identity.mint(pipeline, OURS)
        answered[base_url] = post(connected, token, report(gitlab, pipeline)).status_code
    assert list(answered.values()) == [200, 200, 200, 401]
    assert gitlab.identity.asked == 1


@pytest.mark.parametrize(
    ("base_url", "issuer", "is_asked"),
    [
        ("https://git.example.com", "http://git.example.com", False),
        ("http://git.example.com", "https://git.example.com", False),
        ("HTTPS://Git.example.com:443/", "https://git.example.com", True),
        ("https://git.example.com", "https://GIT.example.com", False),
        ("https://git.example.com", "https://git.example.com:443", False),
        ("https://GIT.example.com", "https://GIT.example.com", True),
    ],
)
def test_no_spelling_of_an_issuer_makes_us_ask_less_safely_or_once_more(
    connected, base_url, issuer, is_asked
):
    with write(connected.deps.engine) as conn:
        conn.execute(update(connection).values(base_url=base_url))
    assert bool(connections_of_issuer(connected.deps, issuer)) is is_asked


def test_a_new_key_of_the_instance_is_found_within_a_minute(connected, gitlab):
    for generation in (1, 2):
        gitlab.identity.generation = generation
        pipeline = run(gitlab)
        token = gitlab.identity.mint(pipeline, OURS)
        assert post(connected, token, report(gitlab, pipeline)).status_code == 200
        connected.deps.clock.sleep(61)
    assert gitlab.identity.asked == 2


def test_keys_are_not_asked_for_with_every_report(connected, gitlab):
    for _ in range(3):
        pipeline = run(gitlab)
        post(connected, gitlab.identity.mint(pipeline, OURS), report(gitlab, pipeline))
    assert gitlab.identity.asked == 1


def test_an_instance_that_does_not_tell_its_keys_is_for_later(connected, gitlab):
    pipeline = run(gitlab)
    token = gitlab.identity.mint(pipeline, OURS)
    gitlab.failing = 502
    assert post(connected, token, report(gitlab, pipeline)).status_code == 503
    gitlab.failing = 0
    connected.deps.clock.sleep(61)
    assert post(connected, token, report(gitlab, pipeline)).status_code == 200


def test_a_private_instance_that_nobody_allowed_is_not_reached(make_world, gitlab):
    world = make_world(allowed_networks=())
    connect(world, gitlab)
    pipeline = run(gitlab)
    answer = post(world, gitlab.identity.mint(pipeline, OURS), report(gitlab, pipeline))
    assert answer.status_code == 503
    assert answer.json["error"]["text"] == "The keys of this GitLab cannot be read now"
    assert gitlab.identity.asked == 0
