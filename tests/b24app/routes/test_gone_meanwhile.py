"""What is removed while a request is under way, and what is packed or sent again."""

from __future__ import annotations

import gzip
import zlib
from datetime import timedelta

import pytest

from b24app.services import sign_ins
from sync.settings.apply import apply
from sync.settings.document import read as read_document
from sync.store import connections, erasure, oauth_grants, portals
from sync.store.db.database import read, write
from sync.store.rows import Installation, PortalTokens
from tests.b24app.conftest import APPLICATION_TOKEN, MEMBER
from tests.b24app.routes import test_sign_ins as signing
from tests.b24app.routes import test_webhooks as hooks
from tests.b24app.routes import test_youtrack_hints as hints
from tests.b24app.routes.test_own_sign_ins import own
from tests.b24app.routes.test_sign_ins import application, gitlab, portal
from tests.youtrack.webhooks.test_hints import signed

__all__ = ["application", "gitlab", "portal"]  # fixtures
BOTH = (
    "version: 1\nportal: portal.example.com\nconnections:\n"
    "  - {name: main, url: https://gitlab.example.com}\n"
    "  - {name: yt, kind: youtrack, url: https://yt.example.com, projects: [SHOP]}\n"
)


@pytest.fixture
def secrets(world):
    """Of a GitLab and of a YouTrack connection, by their names."""
    installed, deps = world.install(), world.deps
    with write(deps.engine) as conn:
        settings = read_document(BOTH, {})
        apply(conn, deps.vault, installed, settings, environ={}, now=deps.clock.now())
        return {
            record.name: connections.secrets(conn, deps.vault, record.id)
            for record in connections.by_portal(conn, installed.id)
        }


def erase(world):
    """As another process does it: what is cached here stays."""
    erasure.erase_portal(world.deps.engine, world.portal().id)


def shown(secrets):
    return {"X-YouTrack-Token": secrets["yt"].hook_token}


# --- deliveries of what another process has erased


def test_a_delivery_of_an_erased_portal_is_answered_404_and_forgotten(world, secrets):
    assert hooks.post(world, secrets["main"], b"1").status_code == 200
    erase(world)
    answers = [hooks.post(world, secrets["main"], body) for body in (b"2", b"3")]
    assert [answer.json["error"]["code"] for answer in answers] == ["gone", "unknown_hook"]
    assert [answer.status_code for answer in answers] == [404, 404]


def test_a_delivery_of_an_erased_connection_is_answered_404(world, secrets):
    assert hooks.post(world, secrets["main"], b"1").status_code == 200
    with write(world.deps.engine) as conn:
        record = connections.by_name(conn, world.portal().id, "main")
        connections.remove(conn, record.id)
    assert hooks.post(world, secrets["main"], b"2").status_code == 404


def test_a_hint_of_an_erased_portal_is_answered_404(world, secrets):
    assert hints.post(world, secrets["yt"], shown(secrets)).status_code == 200
    erase(world)
    answers = [hints.post(world, secrets["yt"], shown(secrets)) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [404, 404]


def test_an_event_of_an_erased_portal_is_refused(world):
    world.install()
    form = {
        "event": "ONTASKUPDATE",
        "data[FIELDS_AFTER][ID]": "5",
        "auth[member_id]": MEMBER,
        "auth[application_token]": APPLICATION_TOKEN,
    }
    assert world.client.post("/b24/events", data=form).status_code == 200
    erase(world)
    answers = [world.client.post("/b24/events", data=form).status_code for _ in range(2)]
    assert answers == [404, 401]


# --- hints and deliveries that are sent again, or packed


def test_a_hint_that_is_sent_again_is_stored_once_and_ends_with_its_minutes(world, secrets, clock):
    headers = signed(hints.BODY, clock.now(), secrets["yt"].signing_token)
    statuses = [hints.post(world, secrets["yt"], headers).status_code for _ in range(3)]
    assert (statuses, world.deliveries()) == ([200] * 3, 1)
    clock.sleep(timedelta(minutes=6).total_seconds())
    assert hints.post(world, secrets["yt"], headers).status_code == 401


@pytest.mark.parametrize("key", ["main", "", "x"])
def test_a_hint_is_signed_with_its_connections_own_key(world, secrets, clock, key):
    wrong = secrets[key].signing_token if key in secrets else key
    headers = signed(hints.BODY, clock.now(), wrong or "none") | shown(secrets)
    assert hints.post(world, secrets["yt"], headers).status_code == 401
    assert world.deliveries() == 0


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "GZIP, identity"])
def test_a_packed_body_is_refused_and_not_acknowledged(world, secrets, monkeypatch, coding):
    """Nobody could read it later; a bomb is not unpacked either."""
    packed = gzip.compress(bytes(10_000_000)) if "zip" in coding else zlib.compress(hints.BODY)
    monkeypatch.setattr(hints, "BODY", packed)
    by_hook = hooks.post(world, secrets["main"], packed, Content_Encoding=coding)
    by_hint = hints.post(world, secrets["yt"], shown(secrets) | {"Content-Encoding": coding})
    assert {by_hook.status_code, by_hint.status_code} == {415}
    assert world.deliveries() == 0


def test_a_body_that_says_it_is_not_packed_is_taken(world, secrets):
    headers = shown(secrets) | {"Content-Encoding": "identity"}
    assert hints.post(world, secrets["yt"], headers).status_code == 200


def test_a_hint_longer_than_any_is_refused(world, secrets, monkeypatch):
    monkeypatch.setattr(hints, "BODY", b"x" * 1_000_001)
    assert hints.post(world, secrets["yt"], shown(secrets)).status_code == 413


# --- sign-ins whose portal or connection goes while GitLab is asked


def erased(world, record):
    erasure.erase_portal(world.deps.engine, record.id)


def uninstalled(world, record):
    with write(world.deps.engine) as conn:
        portals.mark_removed(conn, record.id, "removed", world.deps.clock.now())


def installed_again(world, record):
    uninstalled(world, record)
    world.install()


def disconnected(world, record):
    with write(world.deps.engine) as conn:
        connections.remove(conn, connections.by_name(conn, record.id, "main").id)


@pytest.mark.parametrize("personal", [False, True])
@pytest.mark.parametrize("remove", [erased, uninstalled, installed_again, disconnected])
def test_a_sign_in_whose_portal_goes_meanwhile_leaves_nothing(
    world, gitlab, portal, monkeypatch, remove, personal
):
    """The tokens are given back: nobody is left who could end them."""
    read_account = sign_ins.read_account

    def removing(client):
        account = read_account(client)
        remove(world, portal)
        return account

    monkeypatch.setattr(sign_ins, "read_account", removing)
    ticket = signing.begin(world, portal, personal=personal).json["ticket"]
    url = signing.to_consent(world, ticket).json["url"]
    assert signing.back(world, gitlab.oauth.agree(url, "ann")).status_code == 400
    assert gitlab.oauth.exchanged == 1
    assert [pair.dead for pair in gitlab.oauth.pairs.values()] == [True]
    with read(world.deps.engine) as conn:
        record = connections.by_name(conn, portal.id, "main")
        users = (oauth_grants.OWN, signing.ANN) if record else ()
        assert [user for user in users if oauth_grants.find(conn, record.id, user)] == []


# --- two portals with one user number and one name of a connection


def test_what_two_portals_call_the_same_is_not_the_same(world, gitlab, portal):
    begun = signing.begin(world, portal).json
    signing.connect(world, gitlab, portal, "bob", personal=True)
    installation = Installation(
        "c" * 32, "https://other.example.com/rest/", "", PortalTokens("a", "r", None, 1)
    )
    deps = world.deps
    with write(deps.engine) as conn:
        other = portals.create_or_update(conn, deps.vault, installation, deps.clock.now())
    world.connect(world.portal("c" * 32), domain="other.example.com")
    headers = world.bearer(other, user_id=signing.ANN)
    get, post = world.client.get, world.client.post
    assert get(f"/api/sign-ins/{begun['id']}", headers=headers).json["state"] == "over"
    assert get("/api/accounts", headers=headers).json["accounts"] == []
    assert post("/api/accounts/main/disconnect", headers=headers).status_code == 404
    assert gitlab.url not in get("/api/health", headers=headers).text
    stored = {"url": gitlab.url, "client_id": "x", "client_secret": "y"}
    post("/api/gitlab-applications", json=stored, headers=headers)
    assert [row["account"] for row in own(world, portal)] == ["bob"]
    signing.connect(world, gitlab, portal)
