"""The settings page's document: what would change, who saved it, and what it may not name."""

from __future__ import annotations

import pytest

from sync.settings.apply import apply, current_settings
from sync.settings.document import read as document
from sync.settings.model import Secret
from sync.store import connections, portals
from sync.store.db.database import read, write
from sync.store.rows import ConnectionDraft, ConnectionSecrets
from tests.b24app.factories import AT
from tests.b24app.pages import installed

STORED = "    token: {stored: true}\n"
NO_SUCH_FILE = "    token: {file: /etc/hostname}\n"


@pytest.fixture(autouse=True)
def built(monkeypatch):
    from b24app import assets

    monkeypatch.setattr(assets, "find_assets", lambda **_: assets.Assets("main.js", ("main.css",)))


@pytest.fixture
def portal(beside, emulator):
    installed(beside, emulator)
    record = beside.portal(emulator.state.member_id)
    beside.connect(record, domain=emulator.host, extra=STORED)
    with write(beside.deps.engine) as conn:
        options = connections.by_name(conn, record.id, "main").options
        secrets = ConnectionSecrets(hook_key="", access_token="kept")
        draft = ConnectionDraft("gitlab", "main", "https://gitlab.example.com", secrets, options)
        connections.upsert(conn, beside.deps.vault, record.id, draft, AT)
    return record


@pytest.fixture
def page(beside, portal):
    return Page(beside, beside.bearer(portal.id))


class Page:
    """What an administrator's page asks."""

    def __init__(self, world, headers):
        self.world, self.headers = world, headers
        self.shown = self.get()

    def get(self):
        return self.world.client.get("/api/settings", headers=self.headers).json

    def post(self, path, text, **more):
        body = {
            "text": text,
            "base": self.shown["version"],
            "base_text": self.shown["text"],
            **more,
        }
        return self.world.client.post(path, json=body, headers=self.headers)

    def check(self, text):
        return self.post("/api/settings/check", text).json

    def save(self, text, **more):
        return self.post("/api/settings", text, **more)


def token_of(world, portal):
    with read(world.deps.engine) as conn:
        record = connections.by_name(conn, portal.id, "main")
        return connections.secrets(conn, world.deps.vault, record.id).access_token


def test_a_check_says_what_would_change_and_saves_nothing(page):
    checked = page.check(page.shown["text"].replace("language: en", "language: ru"))
    assert checked["outcome"] == "ok"
    assert "+language: ru" in checked["difference"]
    assert page.get()["text"] == page.shown["text"]


def test_a_saved_document_is_in_force_and_says_who_changed_it(page, portal):
    saved = page.save(page.shown["text"].replace("language: en", "language: ru")).json
    assert saved["outcome"] == "ok"
    after = page.get()
    assert "language: ru" in after["text"]
    assert [change["text"] for change in after["changes"]] == ["user 1: +1 −1"]
    with read(page.world.deps.engine) as conn:
        assert current_settings(conn, portals.by_id(conn, portal.id)).language == "ru"


def test_the_later_of_two_administrators_sees_what_the_earlier_changed(page, beside):
    earlier = Page(beside, page.headers)
    assert (
        earlier.save(earlier.shown["text"].replace("language: en", "language: ru")).json["outcome"]
        == "ok"
    )
    for answer in (page.check(page.shown["text"]), page.save(page.shown["text"]).json):
        assert answer["outcome"] == "overtaken"
        assert (
            answer["difference"][-1] == "+language: ru" or "+language: ru" in answer["difference"]
        )
        assert answer["current"]["text"] == page.get()["text"]
    assert "language: ru" in page.get()["text"]


def test_problems_are_shown_with_their_lines(page):
    checked = page.check(page.shown["text"] + "langage: ru\n")
    (problem,) = checked["problems"]
    assert (checked["outcome"], problem["path"]) == ("invalid", "langage")
    assert problem["line"] == len(page.shown["text"].splitlines()) + 1
    assert "language" in problem["text"]


def test_a_connection_is_removed_only_when_that_is_said(page):
    text = page.shown["text"].partition("connections:")[0]
    assert page.check(text)["removed"] == ["main"]
    assert page.save(text).json["outcome"] == "unconfirmed"
    assert page.save(text, remove=["main"]).json["outcome"] == "ok"
    assert page.get()["connections"] == []


def test_another_portals_document_is_not_taken(page, emulator):
    (problem,) = page.check(page.shown["text"].replace(emulator.host, "other.example.com"))[
        "problems"
    ]
    assert problem["path"] == "portal"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ((STORED, "    token: {env: HOME}\n"), "connections[0].token"),
        ((STORED, NO_SUCH_FILE), "connections[0].token"),
        ((STORED, STORED + "    ca_file: /etc/hostname\n"), "connections[0].ca_file"),
        (("gitlab.example.com", "evil.example.com"), "connections[0].url"),
        ((STORED, STORED + "    proxy: http://evil.example.com:8080\n"), "connections[0].url"),
    ],
    ids=["variable", "file", "certificates", "address", "proxy"],
)
def test_a_page_names_no_place_of_the_server_and_sends_no_token_elsewhere(
    page, portal, beside, change, path
):
    text = page.shown["text"].replace("token:\n      stored: true", "token: {stored: true}")
    assert change[0] in text
    text = text.replace(*change)
    for answer in (page.check(text), page.save(text).json):
        assert answer["outcome"] == "invalid"
        assert path in [problem["path"] for problem in answer["problems"]]
    assert token_of(beside, portal) == "kept"


def test_a_removed_connection_does_not_come_back_with_its_token_at_another_address(page, beside):
    text = page.shown["text"]
    assert page.save(text.partition("connections:")[0], remove=["main"]).json["outcome"] == "ok"
    page.shown = page.get()
    moved = text.replace("gitlab.example.com", "evil.example.com")
    (problem,) = page.check(moved)["problems"]
    assert problem["path"] == "connections[0].url"
    assert page.check(text)["outcome"] == "ok"


def test_a_token_from_the_environment_stays_where_it_is(page, portal, beside, monkeypatch):
    monkeypatch.setenv("GITLAB_TOKEN", "from-outside")
    with write(beside.deps.engine) as conn:
        record = portals.by_id(conn, portal.id)
        settings = current_settings(conn, record)
        (main,) = settings.connections
        named = main.model_copy(update={"token": Secret(env="GITLAB_TOKEN")})
        settings = settings.model_copy(update={"connections": [named]})
        from sync.settings.model import stored

        portals.save_settings(conn, portal.id, stored(settings), AT)
    page.shown = page.get()
    assert page.check(page.shown["text"].replace("language: en", "language: ru"))["outcome"] == "ok"
    moved = page.shown["text"].replace("gitlab.example.com", "evil.example.com")
    assert page.check(moved)["outcome"] == "invalid"


@pytest.mark.parametrize(
    "text", ["", " ", 5, None, "a" * 200_001], ids=["empty", "blank", "number", "none", "long"]
)
def test_nonsense_is_refused(page, text):
    assert page.post("/api/settings/check", text).status_code == 400


@pytest.mark.parametrize(
    "token", ["", "a b", "a\x00", "x" * 501, None], ids=["empty", "spaced", "zero", "long", "none"]
)
def test_what_is_no_token_changes_nothing(page, portal, beside, token):
    answer = beside.client.post(
        "/api/connections/main/token", json={"token": token}, headers=page.headers
    )
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "bad_token")
    assert token_of(beside, portal) == "kept"


def test_connections_show_the_days_of_their_token(page, portal, beside):
    with write(beside.deps.engine) as conn:
        record = connections.by_name(conn, portal.id, "main")
        ends = beside.deps.clock.now().replace(year=beside.deps.clock.now().year + 1).isoformat()
        account = {"username": "bridge", "scopes": ["api"], "expires_at": ends}
        connections.set_account(conn, record.id, account)
    (row,) = page.get()["connections"]
    assert (row["account"], row["scopes"]) == ("bridge", ["api"])
    assert row["days_left"] in (365, 366)
    assert "kept" not in str(page.get())


def test_a_token_of_a_variable_that_only_the_shell_had_does_not_stop_a_page(
    beside, emulator, portal
):
    text = (
        f"version: 1\nportal: {emulator.host}\nconnections:\n"
        "  - {name: main, url: 'https://gitlab.example.com', token: {env: SHELLS_TOKEN}}\n"
    )
    environ = {"SHELLS_TOKEN": "glpat-of-the-shell"}
    with write(beside.deps.engine) as conn:
        apply(conn, beside.deps.vault, portal, document(text, environ), environ=environ, now=AT)
    page = Page(beside, beside.bearer(portal.id))
    answer = page.save(f"references: {{prefix: SHOP}}\n{page.shown['text']}")
    assert answer.json["outcome"] == "ok"
    assert "env: SHELLS_TOKEN" in page.get()["text"]
    assert token_of(beside, portal) == "glpat-of-the-shell"
