"""The whole app over a fresh database, served on this machine, beside an emulated portal."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select
from werkzeug.routing import Rule
from werkzeug.serving import make_server

from b24app.app import create_app
from b24app.deps import Deps, build_deps
from b24app.services import visitors
from b24app.services.public_address import asked_address
from sync.bitrix24.tasks.readable import PageUser
from sync.config import Config
from sync.core.clock import ManualClock
from sync.keyfile import new_key
from sync.settings.apply import apply
from sync.settings.document import read
from sync.store import connections, portals
from sync.store.db.database import read as reading
from sync.store.db.database import write as writing
from sync.store.rows import ConnectionSecrets, Installation, PortalRecord, PortalTokens
from sync.store.tables import delivery
from tests.b24app.api_answers import hold_to_schema
from tests.emulators.bitrix24 import BitrixEmulator

MEMBER = "a223c6b3710f85df22e9377d6c4f7553"
APPLICATION_TOKEN = "application-token-of-the-portal"


@dataclass(frozen=True)
class World:
    """The app and what tests look at."""

    deps: Deps
    client: FlaskClient
    woken: list[int]

    def portal(self, member_id: str = MEMBER) -> PortalRecord | None:
        with reading(self.deps.engine) as conn:
            return portals.by_member(conn, member_id)

    def deliveries(self) -> int:
        with reading(self.deps.engine) as conn:
            return conn.scalar(select(func.count()).select_from(delivery)) or 0

    def install(
        self,
        *,
        application_token: str | None = APPLICATION_TOKEN,
        address: str = "https://portal.example.com",
    ) -> PortalRecord:
        """A portal as if it had been installed before."""
        installation = Installation(
            MEMBER,
            f"{address}/rest/",
            "https://oauth.bitrix.info/rest/",
            PortalTokens("access", "refresh", None, 1),
            application_token=application_token,
        )
        now = self.deps.clock.now()
        with writing(self.deps.engine) as conn:
            portal_id = portals.create_or_update(conn, self.deps.vault, installation, now)
            portals.set_state(conn, portal_id, "active", "", now)
        found = self.portal()
        assert found is not None
        return found

    def bearer(
        self, portal_id: int, *, user_id: int = 1, admin: bool = True, access_token: str = ""
    ) -> dict[str, str]:
        """The headers of a page that the portal's user has just opened."""
        with reading(self.deps.engine) as conn:
            record = portals.by_id(conn, portal_id)
        assert record is not None
        user = PageUser(user_id, admin)
        token = visitors.issue_token(self.deps, record, user, access_token)
        return {"Authorization": f"Bearer {token}"}

    def connect(
        self, portal: PortalRecord, extra: str = "", domain: str = "portal.example.com"
    ) -> ConnectionSecrets:
        """A GitLab connection named main, by the settings document."""
        text = (
            f"version: 1\nportal: {domain}\nconnections:\n"
            f"  - name: main\n    url: https://gitlab.example.com\n{extra}"
        )
        now = self.deps.clock.now()
        with writing(self.deps.engine) as conn:
            settings = read(text, {})
            apply(conn, self.deps.vault, portal, settings, environ={}, now=now)
            record = connections.by_name(conn, portal.id, "main")
            assert record is not None
            found = connections.secrets(conn, self.deps.vault, record.id)
        assert found is not None
        return found


def _client_at(address: str) -> type[FlaskClient]:
    """A client that asks at the public address, as a browser does."""

    class Client(FlaskClient):
        def open(self, *args: Any, **options: Any) -> Any:
            return super().open(*args, **{"base_url": f"{address}/", **options})

    return Client


@pytest.fixture(autouse=True, scope="session")
def addresses_compiled_once() -> Iterator[None]:
    """Each test makes the app, and each app would compile the same functions for its addresses.

    A function takes the converters from the rule it is bound to, so that other rules may have it.
    """
    compiled: dict[object, Callable[..., tuple[str, str]]] = {}
    usual = Rule._compile_builder

    def compile_once(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        key = rule.rule, tuple(rule._trace), repr(rule.defaults), append_unknown
        if key not in compiled:
            compiled[key] = usual(rule, append_unknown)
        return compiled[key]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Rule, "_compile_builder", compile_once)
        yield


@pytest.fixture(autouse=True)
def nothing_asked_yet() -> None:
    asked_address.set("")  # the tests' client closes no answer, which would do it


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def config(tmp_path: Path, database_url: str) -> Config:
    environ = {
        "B24BRIDGE_DATA_DIR": str(tmp_path),
        "DATABASE_URL": database_url,
        "B24BRIDGE_SECRET_KEY": new_key(),
        "B24BRIDGE_CLIENT_ID": "local.b24bridge",
        "B24BRIDGE_CLIENT_SECRET": "client-secret",
        "B24BRIDGE_ALLOWED_NETWORKS": "127.0.0.0/8",
        "B24BRIDGE_PUBLIC_URL": "https://bridge.example.com",
    }
    return Config.from_env(environ)


@pytest.fixture
def make_world(
    config: Config, engine: Engine, clock: ManualClock
) -> Iterator[Callable[..., World]]:
    """Builds the app with some of the configuration changed."""
    made: list[World] = []
    undescribed: list[str] = []

    def make(**changes: object) -> World:
        woken: list[int] = []
        deps = build_deps(
            replace(config, **changes), engine, clock=clock, owner="test", wake=woken.append
        )
        deps.limits.now = lambda: clock.now().timestamp()
        deps.flows.patience = 60.0  # who asks is answered at once, however busy the machine is
        deps.inbox.start()
        app = create_app(deps)
        hold_to_schema(app, undescribed.append)
        app.test_client_class = _client_at(deps.config.public_url)
        made.append(World(deps, app.test_client(), woken))
        return made[-1]

    yield make
    for one in made:
        one.deps.inbox.stop()
        one.deps.audit.stop()
    assert undescribed == []


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world()


@pytest.fixture
def emulator(clock: ManualClock) -> Iterator[BitrixEmulator]:
    with BitrixEmulator(clock) as running:
        yield running


@pytest.fixture
def beside(emulator: BitrixEmulator, make_world: Callable[..., World]) -> Iterator[World]:
    """The app, served over HTTP, that the emulated portal knows as its application."""
    server = make_server("127.0.0.1", 0, lambda *wsgi: app(*wsgi), threaded=True)
    url = f"http://127.0.0.1:{server.server_port}"
    world = make_world(public_url=url, oauth_hosts=frozenset({emulator.oauth_url}))
    app = world.client.application
    emulator.app.install_url = f"{url}/b24/install"
    emulator.app.app_url = f"{url}/b24/app"
    thread = threading.Thread(target=server.serve_forever, args=(0.005,), daemon=True)
    thread.start()
    yield world
    server.shutdown()
    thread.join()
    server.server_close()
