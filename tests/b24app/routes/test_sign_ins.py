"""Connecting with GitLab by one click: page, window, consent page and back, over an emulator."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from b24app.services.connection_checks import check_whole_connection
from b24app.services.gitlab_connections import update_hooks
from sync.settings.apply import apply
from sync.settings.document import read as settings
from sync.store import connections, oauth_applications, oauth_grants
from sync.store.db.database import read, write
from tests.emulators.gitlab.server import GitLabEmulator

PUBLIC = "https://bridge.example.com"
CALLBACK = f"{PUBLIC}/b24/oauth/callback"
ORIGIN = {"Origin": PUBLIC}
ANN = 7


@pytest.fixture
def gitlab(clock):
    with GitLabEmulator(clock) as running:
        running.state.add_user("ann", "Ann Oak")
        running.state.add_user("bob", "Bob Elm")
        running.state.add_project("acme/shop", members={"ann": 40})
        yield running


@pytest.fixture
def application(gitlab):
    return gitlab.oauth.register(CALLBACK)


def apply_settings(world, portal, connection, environ=None, extra=""):
    text = f"version: 1\nportal: portal.example.com\nconnections:\n  - {connection}\n{extra}"
    with write(world.deps.engine) as conn:
        now, environ = world.deps.clock.now(), environ or {}
        apply(conn, world.deps.vault, portal, settings(text, environ), environ=environ, now=now)


@pytest.fixture
def portal(world, gitlab, application):
    installed = world.install()
    apply_settings(
        world,
        installed,
        f"{{name: main, url: {gitlab.url!r}, projects: [acme/shop]}}",
        {"APP": application.secret},
        f"gitlab_applications:\n  - url: {gitlab.url}\n    client_id: {application.client_id}\n"
        "    client_secret: {env: APP}\n",
    )
    return installed


def begin(world, portal, *, personal=False, user_id=ANN, name="main"):
    return world.client.post(
        "/api/sign-ins",
        json={"connection": name, "personal": personal},
        headers=world.bearer(portal.id, user_id=user_id, admin=not personal),
    )


def to_consent(world, ticket, headers=ORIGIN):
    return world.client.post("/api/sign-ins/consent", json={"ticket": ticket}, headers=headers)


def back(world, location):
    return world.client.get("/b24/oauth/callback?" + location.partition("?")[2])


def stands(world, portal, sign_in_id, user_id=ANN):
    headers = world.bearer(portal.id, user_id=user_id, admin=True)
    return world.client.get(f"/api/sign-ins/{sign_in_id}", headers=headers).json


def connect(world, gitlab, portal, username="ann", **options):
    begun = begin(world, portal, **options).json
    url = to_consent(world, begun["ticket"]).json["url"]
    done = back(world, gitlab.oauth.agree(url, username))
    assert done.status_code == 200, done.text
    return begun["id"]


def record_of(world, portal):
    with read(world.deps.engine) as conn:
        return connections.by_name(conn, portal.id, "main")


def grant_of(world, portal, user_id=0):
    with read(world.deps.engine) as conn:
        return oauth_grants.find(conn, connections.by_name(conn, portal.id, "main").id, user_id)


def tokens_of(world, portal, user_id=0):
    with read(world.deps.engine) as conn:
        return oauth_grants.tokens(conn, world.deps.vault, grant_of(world, portal, user_id).id)


# --- a connection


def test_a_connection_signs_in_and_works_as_with_an_access_token(world, gitlab, portal):
    sign_in_id = connect(world, gitlab, portal)
    assert stands(world, portal, sign_in_id)["state"] == "connected"
    record = record_of(world, portal)
    assert (record.state, record.account["username"]) == ("active", "ann")
    tested = check_whole_connection(world.deps.clients, record, 5)
    assert tested.account == "ann at GitLab 19.2.1-ee, token with api, without an end"
    hooks = update_hooks(world.deps.clients, record, portal)
    assert [(hook.target, hook.ok) for hook in hooks] == [("project acme/shop", True)]
    assert check_whole_connection(world.deps.clients, record, 5).ok
    client = world.deps.clients.code_host(record)
    assert client.graphql("{ currentUser { username } }") == {
        "data": {"currentUser": {"username": "ann"}}
    }
    page = world.client.get("/api/settings", headers=world.bearer(portal.id, admin=True)).json
    assert "stored: true" in page["text"]
    assert [change["text"] for change in page["changes"]] == [
        "user 7: main, ann at GitLab 19.2.1-ee, token with api, without an end"
    ]
    (row,) = page["connections"]
    assert row["sign_in"] == {"available": True, "account": "ann", "state": "active"}
    assert page["callback"] == CALLBACK


def test_the_consent_page_is_asked_for_as_little_as_writes_with_pkce(world, portal, application):
    url = to_consent(world, begin(world, portal).json["ticket"]).json["url"]
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert query.pop("state")
    assert len(query.pop("code_challenge")) == 43
    assert query == {
        "client_id": application.client_id,
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "api",
        "code_challenge_method": "S256",
    }


def test_no_secret_is_in_an_answer_the_audit_or_the_settings(world, gitlab, portal, application):
    connect(world, gitlab, portal)
    page = world.client.get("/api/settings", headers=world.bearer(portal.id, admin=True)).text
    pair = tokens_of(world, portal)
    world.deps.audit.flush()
    with read(world.deps.engine) as conn:
        dump = str([conn.exec_driver_sql(f'SELECT * FROM "{table}"').all() for table in (
            "api_call", "decision", "portal", "connection", "oauth_grant", "oauth_application",
            "oauth_sign_in",
        )])  # fmt: skip
    for secret in (application.secret, pair.access_token, pair.refresh_token):
        assert secret not in page + dump


def test_the_cookie_is_for_the_window_alone(world, portal):
    answer = to_consent(world, begin(world, portal).json["ticket"])
    cookie = answer.headers["Set-Cookie"]
    for part in ("HttpOnly", "Secure", "SameSite=Lax", "Path=/b24/oauth", "Max-Age=600"):
        assert part in cookie


# --- states


def test_a_state_serves_once(world, gitlab, portal):
    url = to_consent(world, begin(world, portal).json["ticket"]).json["url"]
    location = gitlab.oauth.agree(url, "ann")
    assert back(world, location).status_code == 200
    assert back(world, location).status_code == 400
    assert gitlab.oauth.reused == 0  # nobody asked GitLab a second time


def test_a_state_ends_with_its_minutes(world, gitlab, portal, clock):
    begun = begin(world, portal).json
    url = to_consent(world, begun["ticket"]).json["url"]
    location = gitlab.oauth.agree(url, "ann")
    clock.sleep(601)
    assert back(world, location).status_code == 400
    assert grant_of(world, portal) is None
    assert stands(world, portal, begun["id"])["state"] == "over"


def test_who_is_led_to_gitlab_by_anothers_link_connects_nothing(world, gitlab, portal):
    begun = begin(world, portal, personal=True).json
    url = to_consent(world, begun["ticket"]).json["url"]
    location = gitlab.oauth.agree(url, "bob")  # the victim's browser has no cookie of ours
    world.client.delete_cookie("b24bridge_sign_in", domain="bridge.example.com", path="/b24/oauth")
    assert back(world, location).status_code == 400
    assert grant_of(world, portal, ANN) is None
    assert gitlab.oauth.exchanged == 0


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://evil.example"}, {"Origin": "null"}])
def test_no_other_site_hands_over_a_ticket(world, portal, headers):
    ticket = begin(world, portal).json["ticket"]
    answer = to_consent(world, ticket, headers)
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "foreign_page")
    assert "Set-Cookie" not in answer.headers
    form = world.client.post("/api/sign-ins/consent", data={"ticket": ticket}, headers=ORIGIN)
    assert form.status_code == 403
    assert to_consent(world, ticket).status_code == 200


def test_a_ticket_serves_once(world, portal):
    ticket = begin(world, portal).json["ticket"]
    assert to_consent(world, ticket).status_code == 200
    assert to_consent(world, ticket).status_code == 400
    assert to_consent(world, "guessed").status_code == 400


def test_another_installation_ends_what_was_begun(world, gitlab, portal):
    url = to_consent(world, begin(world, portal).json["ticket"]).json["url"]
    location = gitlab.oauth.agree(url, "ann")
    with write(world.deps.engine) as conn:
        from sync.store import portals

        portals.end_pages(conn, portal.id)
    assert back(world, location).status_code == 400
    assert gitlab.oauth.exchanged == 0


def test_what_is_said_of_an_error_is_not_shown(world, gitlab, portal):
    begun = begin(world, portal).json
    url = to_consent(world, begun["ticket"]).json["url"]
    location = gitlab.oauth.agree(url, "ann", allow=False)
    answer = back(world, location + "&error_description=Call+0900")
    assert answer.status_code == 409
    assert "0900" not in answer.text
    ended = stands(world, portal, begun["id"])
    assert (ended["state"], ended["problem"]) == (
        "refused",
        "GitLab says that the sign-in was not agreed to",
    )
    forged = back(world, "?error=access_denied&state=guessed")
    assert forged.status_code == 400


def test_nobody_is_asked_before_the_limit(world, gitlab, portal):
    codes = {back(world, "?code=c&state=guessed").status_code for _ in range(30)}
    assert codes == {400, 429}
    assert gitlab.requests == []


# --- refusals


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (
            {"secret": "another"},
            "GitLab does not know the application, or its secret is another one",
        ),
        (
            {"client_id": "gone"},
            "GitLab does not know the application, or its secret is another one",
        ),
    ],
)
def test_a_refusal_is_never_stored_as_a_token(world, gitlab, portal, application, spoil, problem):
    begun = begin(world, portal).json
    url = to_consent(world, begun["ticket"]).json["url"]
    location = gitlab.oauth.agree(url, "ann")
    for name, value in spoil.items():
        setattr(application, name, value)
    if "client_id" in spoil:
        gitlab.oauth.applications.clear()
    assert back(world, location).status_code == 409
    assert grant_of(world, portal) is None
    ended = stands(world, portal, begun["id"])
    assert (ended["state"], ended["problem"]) == ("refused", problem)


def test_a_private_address_is_not_asked(make_world, gitlab, application):
    world = make_world(allowed_networks=())
    portal = world.install()
    apply_settings(
        world,
        portal,
        f"{{name: main, url: {gitlab.url!r}}}",
        {"APP": application.secret},
        f"gitlab_applications:\n  - url: {gitlab.url}\n    client_id: {application.client_id}\n"
        "    client_secret: {env: APP}\n",
    )
    begun = begin(world, portal).json
    url = to_consent(world, begun["ticket"]).json["url"]
    location = gitlab.oauth.agree(url, "ann")
    asked = len(gitlab.requests)
    assert back(world, location).status_code == 409
    assert len(gitlab.requests) == asked
    assert "private network" in stands(world, portal, begun["id"])["problem"]


@pytest.mark.parametrize(
    ("name", "status", "code"), [("none", 404, "no_connection"), ("other", 409, "no_application")]
)
def test_a_connection_without_an_application_says_so(world, gitlab, portal, name, status, code):
    apply_settings(
        world,
        portal,
        f"{{name: main, url: {gitlab.url!r}}}\n  - {{name: other, url: 'https://other.test'}}",
    )
    answer = begin(world, portal, name=name)
    assert (answer.status_code, answer.json["error"]["code"]) == (status, code)


# --- settings


def test_an_access_token_takes_the_place_of_a_sign_in(world, gitlab, portal):
    connect(world, gitlab, portal)
    fresh = gitlab.state.add_token("ann").value
    answer = world.client.post(
        "/api/connections/main/token",
        json={"token": fresh},
        headers=world.bearer(portal.id, admin=True),
    )
    assert answer.status_code == 200
    assert grant_of(world, portal) is None


def test_nobodys_token_goes_to_another_address(world, gitlab, portal):
    connect(world, gitlab, portal)
    connect(world, gitlab, portal, personal=True)
    apply_settings(world, portal, "{name: main, url: 'https://other.example.com'}")
    assert grant_of(world, portal) is None
    assert grant_of(world, portal, ANN) is None


def test_a_connection_keeps_its_sign_in_when_its_projects_change(world, gitlab, portal):
    connect(world, gitlab, portal)
    text = (
        f"{{name: main, url: {gitlab.url!r}, token: {{stored: true}}, projects: [acme/shop, x/y]}}"
    )
    apply_settings(world, portal, text)
    assert grant_of(world, portal).state == "active"


def test_an_application_is_stored_by_the_page_and_its_secret_is_never_shown(world, portal):
    headers = world.bearer(portal.id, admin=True)
    body = {"url": "https://git.acme.test/", "client_id": "id-1", "client_secret": "gloas-s3cret"}
    answer = world.client.post("/api/gitlab-applications", json=body, headers=headers)
    assert answer.json == {"url": "https://git.acme.test"}
    page = world.client.get("/api/settings", headers=headers)
    assert "gloas-s3cret" not in page.text
    assert "https://git.acme.test" in page.json["text"]
    with read(world.deps.engine) as conn:
        stored = oauth_applications.find(conn, world.deps.vault, portal.id, "https://git.acme.test")
    assert (stored.client_id, stored.client_secret) == ("id-1", "gloas-s3cret")
    for wrong in ({"url": "ftp://x"}, {"client_secret": ""}, {"client_id": "two words"}):
        answer = world.client.post("/api/gitlab-applications", json=body | wrong, headers=headers)
        assert answer.status_code in (400, 422)
