"""A token that is refused is seen within a minute, told of once, and renewed by itself in time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
import requests
from sqlalchemy import select, update

from b24app.services.health import check_grant
from b24app.services.health_of_connections import check_token
from sync.engine.deps import Deps
from sync.engine.lanes import LEASE_TTL
from sync.engine.pauses import Pauses
from sync.engine.turn import take_turn
from sync.engine.upkeep import access as access_watch
from sync.engine.upkeep.access import EVERY, AccessWatch
from sync.engine.upkeep.token_rotation import Rotations
from sync.errors import UNREADABLE
from sync.gitlab.api.client import GitLab
from sync.gitlab.api.own_token import TokenLife, read_token_life
from sync.keyfile import new_key
from sync.store import access, connections, logs, portals
from sync.store.access import LOST, MISSING, NO_ADMIN, OK, REFUSED, UNREACHABLE, ConnectionAccess
from sync.store.db.database import read, write
from sync.store.rows import ConnectionDraft, ConnectionRecord, ConnectionSecrets
from sync.store.tables import connection as connection_table
from sync.store.tables import portal as portal_table
from sync.store.tables import portal_access
from sync.store.vault import Vault
from tests.engine.world import HOST, World

END = date(2026, 4, 20)  # seven weeks after the world's beginning


class Watched:
    """The world's connection with a stored token, and a watch over it."""

    def __init__(self, world: World, tmp_path, **options: object) -> None:
        self.world, self.folder = world, tmp_path / "tokens"
        self.token = world.gitlab.state.add_token("ann", expires_at=END)
        secrets = ConnectionSecrets(f"hook-{world.member}", access_token=self.token.value)
        draft = ConnectionDraft("gitlab", "gitlab", HOST, secrets, options)
        with write(world.database) as conn:
            connections.upsert(conn, world.vault, world.portal_id, draft, world.clock.now())
        self.watch = AccessWatch(self.deps())

    def deps(self) -> Deps:
        return replace(self.world.deps(), code_host_for=self.client_of, spare_tokens=self.folder)

    def stored(self) -> str:
        with read(self.world.database) as conn:
            secrets = connections.secrets(conn, self.world.vault, self.world.connection_id)
        return (secrets and secrets.access_token) or ""

    def client_of(self, record: ConnectionRecord) -> GitLab:
        return GitLab(HOST, self.stored(), connection_id=record.id, session=self.world.session())

    def look(self, after: timedelta = EVERY) -> ConnectionAccess:
        self.world.tick(after.total_seconds())
        self.watch.run(self.world.clock.now())
        with read(self.world.database) as conn:
            row = access.of_connection(conn, self.world.connection_id)
        assert row is not None
        return row

    def told(self) -> list[str]:
        self.world.settle()
        return [text for user, text in self.world.told() if user == 1]

    def token_now(self):
        return self.world.gitlab.state.tokens[self.stored()]


@pytest.fixture
def watched(world: World, tmp_path) -> Watched:
    return Watched(world, tmp_path)


@pytest.fixture
def rotating(world: World, tmp_path) -> Watched:
    return Watched(world, tmp_path, rotate_token=True)


def test_a_revoked_token_is_red_at_the_next_look_and_told_once(watched: Watched) -> None:
    assert watched.look().state == OK
    watched.token.revoked = True
    row = watched.look()
    assert (row.state, row.code) == (REFUSED, "401")
    assert row.good_at == row.since - EVERY
    (text,) = watched.told()
    assert "gitlab" in text
    assert "does not accept the token" in text
    for _ in range(5):
        watched.look()
    assert len(watched.told()) == 1


def test_workers_that_look_in_turn_and_begin_anew_tell_once(watched: Watched) -> None:
    watched.look()
    watched.token.revoked = True
    for number in range(6):
        watched.watch = AccessWatch(replace(watched.deps(), owner=f"worker-{number % 2}-{number}"))
        assert watched.look().state == REFUSED
        assert len(watched.told()) == 1
    writes = watched.world.b24.state.writes
    assert sum(count for method, count in writes.items() if method.startswith("im.notify")) == 1


def test_a_token_that_is_accepted_again_is_green_and_says_nothing(watched: Watched) -> None:
    watched.token.revoked = True
    watched.look()
    watched.token.revoked = False
    assert watched.look().state == OK
    watched.told()
    watched.token.revoked = True
    watched.look(timedelta(days=2))
    assert len(watched.told()) == 1  # the portal replaces the older one of the same tag
    assert watched.world.told()[-1][1].startswith("GitLab does not accept")


def test_the_end_is_told_of_at_30_7_and_1_days_once_each(watched: Watched) -> None:
    seen: list[str] = []
    for _ in range(60):
        watched.look(timedelta(days=1))
        texts = watched.told()
        if texts and texts != seen[-1:]:
            seen += texts
    days = [text.split(" ends in ")[1].split(",")[0] for text in seen if " ends in " in text]
    assert days == ["30 days", "7 days", "1 day"]
    assert [text for text in seen if "does not accept" in text] == seen[-1:]


def test_an_expired_token_is_red(watched: Watched) -> None:
    assert watched.look(timedelta(days=50)).state == REFUSED


def test_an_instance_that_does_not_answer_is_not_called_revoked(watched: Watched) -> None:
    watched.look()

    def silent(request: requests.PreparedRequest) -> requests.Response:
        raise requests.ConnectTimeout("no answer")

    watched.world.host_answer = silent
    row = watched.look()
    assert row.state == UNREACHABLE
    assert watched.told() == []


def test_a_connection_without_a_token_is_said_to_have_none(world: World) -> None:
    watch = AccessWatch(replace(world.deps(), code_host_for=world.clients("one").code_host))
    watch.run(world.clock.now())
    with read(world.database) as conn:
        (row,) = access.of_connections(conn).values()
    assert row.state == MISSING
    world.settle()
    assert world.told() == []


def test_a_dead_grant_is_seen_without_any_other_work(watched: Watched) -> None:
    watched.look()
    watched.world.b24.revoke_tokens()
    watched.look()
    with read(watched.world.database) as conn:
        row = access.of_portals(conn)[watched.world.portal_id]
    assert row.state == REFUSED


def test_an_account_that_lost_its_right_is_seen(watched: Watched) -> None:
    watched.world.b24.state.users[1].admin = False
    watched.look()
    with read(watched.world.database) as conn:
        assert access.of_portals(conn)[watched.world.portal_id].state == NO_ADMIN


def test_a_secret_that_no_key_opens_is_red_and_disconnects_nothing(watched: Watched) -> None:
    """One unreadable token is its owner's trouble, and the key may come back."""
    world = watched.world
    clients = world.clients("one")
    deps = replace(watched.deps(), code_host_for=clients.code_host, portal_for=clients.portal_of)
    assert watched.look().state == OK
    watched.watch = AccessWatch(deps)
    foreign = Vault([new_key()]).seal("of a key that is lost")
    with write(world.database) as conn:
        kept = conn.execute(select(portal_table.c.access_token_sealed)).scalar_one()
        conn.execute(update(portal_table).values(access_token_sealed=foreign))
        conn.execute(update(connection_table).values(access_token_sealed=foreign))
    row = watched.look()
    assert (row.state, row.code) == (REFUSED, UNREADABLE)
    with read(world.database) as conn:
        portal = access.of_portals(conn)[world.portal_id]
        record = portals.by_id(conn, world.portal_id)
        checks = [*check_grant_and_token(record, portal, conn, row, world)]
    assert (portal.state, portal.code, record.state) == (REFUSED, UNREADABLE, "active")
    assert checks == ["portal_unreadable", "token_unreadable"]
    pauses = Pauses()
    world.opened()
    take_turn(deps, world.portal_id, pauses)
    assert pauses.is_failing(world.portal_id)
    with write(world.database) as conn:
        conn.execute(update(portal_table).values(access_token_sealed=kept))
    world.tick(60)
    take_turn(deps, world.portal_id, pauses)
    assert len(world.cards()) == 1


def check_grant_and_token(record, portal, conn, row, world):
    (connection,) = connections.by_portal(conn, world.portal_id)
    now = world.clock.now()
    yield check_grant(record, portal, "acme", now).state
    yield check_token(connection, row, "acme", now).state


def test_looks_that_go_well_do_not_fill_the_audit_log(watched: Watched) -> None:
    for _ in range(3):
        watched.look()
    with read(watched.world.database) as conn:
        calls = logs.find_calls(conn, logs.CallFilter(limit=50))
    assert [call.method for call in calls] == []


def test_a_token_renews_itself_before_its_end(rotating: Watched) -> None:
    rotating.look()
    first = rotating.stored()
    row = rotating.look(timedelta(days=20))
    assert rotating.stored() != first
    assert rotating.token.revoked
    assert not rotating.token_now().revoked
    assert row.expires_at is not None
    assert row.expires_at.date() == rotating.token_now().expires_at
    assert row.rotating_at is None
    assert list(rotating.folder.iterdir()) == []
    assert rotating.look().state == OK
    assert rotating.told() == []


def test_without_the_setting_no_token_is_renewed(watched: Watched) -> None:
    watched.look()
    watched.look(timedelta(days=20))
    assert watched.stored() == watched.token.value


def dying(*_: object, **__: object) -> None:
    raise KeyboardInterrupt("kill -9")


@pytest.mark.parametrize("moment", ["before the database has it", "before the file is gone"])
def test_a_process_that_dies_after_the_answer_loses_nothing(
    rotating: Watched, moment: str, monkeypatch
) -> None:
    rotating.look()
    with monkeypatch.context() as patched:
        if moment == "before the database has it":
            patched.setattr(Rotations, "_store", dying)
        else:
            patched.setattr("pathlib.Path.unlink", dying)
        with pytest.raises(KeyboardInterrupt):
            rotating.look(timedelta(days=20))
    rotating.watch = AccessWatch(rotating.deps())  # the next process
    assert rotating.look().state == OK
    assert not rotating.token_now().revoked
    assert list(rotating.folder.iterdir()) == []
    assert rotating.told() == []


def test_an_answer_that_never_came_is_said_as_such_and_never_asked_for_again(
    rotating: Watched,
) -> None:
    rotating.look()
    usual, asked = rotating.world.host_answer, []

    def cut(request: requests.PreparedRequest) -> requests.Response:
        response = usual(request)
        if request.url.endswith("/rotate"):
            asked.append(request.headers["PRIVATE-TOKEN"])
            raise requests.ReadTimeout("the answer was lost")
        return response

    rotating.world.host_answer = cut
    rotating.look(timedelta(days=20))
    assert rotating.stored() == rotating.token.value
    row = rotating.look(timedelta(minutes=3))
    assert (row.state, row.code) == (REFUSED, LOST)
    (text,) = rotating.told()
    assert "its answer never arrived" in text
    rotating.look(timedelta(days=1))
    assert len(asked) == 1
    fresh = rotating.world.gitlab.state.add_token("ann").value
    with write(rotating.world.database) as conn:
        connections.set_token(conn, rotating.world.vault, rotating.world.connection_id, fresh)
    row = rotating.look()
    assert (row.state, row.rotating_at) == (OK, None) or rotating.look().rotating_at is None


def test_a_rotation_that_never_reached_gitlab_is_tried_again(rotating: Watched) -> None:
    rotating.look()
    usual = rotating.world.host_answer

    def lost(request: requests.PreparedRequest) -> requests.Response:
        if request.url.endswith("/rotate"):
            raise requests.ReadTimeout("the request was lost")
        return usual(request)

    rotating.world.host_answer = lost
    rotating.look(timedelta(days=20))
    rotating.world.host_answer = usual
    assert rotating.look(timedelta(hours=7)).state == OK
    rotating.look()
    assert rotating.stored() != rotating.token.value


def test_a_token_that_may_not_renew_itself_is_told_with_its_end(rotating: Watched) -> None:
    rotating.token.scopes = ("read_api",)
    rotating.look()
    rotating.look(timedelta(days=20))
    (text,) = rotating.told()
    assert " ends in 29 days" in text or " ends in 30 days" in text
    assert "It could not renew itself" in text


def test_a_token_that_an_administrator_put_in_meanwhile_stays(rotating: Watched) -> None:
    rotating.look()
    fresh = rotating.world.gitlab.state.add_token("ann").value
    usual = rotating.world.host_answer

    def replaced(request: requests.PreparedRequest) -> requests.Response:
        response = usual(request)
        if request.url.endswith("/rotate"):
            with write(rotating.world.database) as conn:
                number = rotating.world.connection_id
                connections.set_token(conn, rotating.world.vault, number, fresh)
        return response

    rotating.world.host_answer = replaced
    rotating.look(timedelta(days=20))
    assert rotating.stored() == fresh


def test_two_workers_never_rotate_one_token_twice(
    rotating: Watched, make_world: Callable[..., World]
) -> None:
    rotating.look()
    rotating.world.tick(timedelta(days=20).total_seconds())
    with read(rotating.world.database) as conn:
        (record,) = connections.by_portal(conn, rotating.world.portal_id)
        before = access.of_connection(conn, record.id)
    now = rotating.world.clock.now()
    with write(rotating.world.database) as conn:
        assert access.begin_rotation(conn, record.id, now)
        assert not access.begin_rotation(conn, record.id, now)
    assert before is not None
    second = Rotations(replace(rotating.deps(), owner="second"))
    life = life_of(rotating)
    assert second.rotate_if_due(record, life, before) is None
    assert rotating.stored() == rotating.token.value


def life_of(rotating: Watched) -> TokenLife:
    with read(rotating.world.database) as conn:
        (record,) = connections.by_portal(conn, rotating.world.portal_id)
    return read_token_life(rotating.client_of(record))


def test_a_state_of_a_clock_that_was_put_back_began_now(watched: Watched) -> None:
    def silent(request: requests.PreparedRequest) -> requests.Response:
        raise requests.ConnectTimeout("no answer")

    watched.world.host_answer = silent
    watched.look()
    watched.world.clock._now -= timedelta(days=365)
    row = watched.look()
    assert row.since == watched.world.clock.now()


def test_a_worker_that_ends_asks_nobody_more(watched: Watched) -> None:
    asked: list[int] = []

    def client_of(record: ConnectionRecord) -> GitLab:
        asked.append(record.id)
        return watched.client_of(record)

    deps = replace(watched.deps(), code_host_for=client_of)
    assert AccessWatch(deps, lambda: True).run(watched.world.clock.now()) > 0
    assert asked == []
    AccessWatch(deps).run(watched.world.clock.now())
    assert asked


def test_who_took_too_long_to_ask_stores_nothing_over_another(watched: Watched) -> None:
    """Asking a thousand portals may outlast the lease; another worker begins anew then."""
    first = watched.look()
    later = watched.world.clock.now() + EVERY

    def slow(record: ConnectionRecord) -> GitLab:
        watched.world.tick(LEASE_TTL.total_seconds())  # meanwhile the lease ends
        return watched.client_of(record)

    watched.world.tick(EVERY.total_seconds())
    AccessWatch(replace(watched.deps(), code_host_for=slow)).run(later)
    with read(watched.world.database) as conn:
        assert access.of_connection(conn, watched.world.connection_id) == first
    assert watched.look().checked_at > later


def test_of_many_only_as_many_are_asked_at_once_as_have_to_be(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked in one rush, a thousand portals would hold up the deliveries of all."""
    monkeypatch.setattr(access_watch, "_FEW", 3)
    watched = Watched(world, tmp_path)
    with write(world.database) as conn:
        row = dict(conn.execute(select(portal_table)).mappings().one())
        del row["id"]
        names = [f"{number:032x}" for number in range(1, 30)]
        more = [row | {"member_id": name, "installation": name} for name in names]
        conn.execute(portal_table.insert(), more)
    due = 30 + 1  # the portals, and the one connection
    assert [watched.watch.run(world.clock.now()) for _ in range(8)] == [4] * 7 + [3]
    assert watched.watch.run(world.clock.now()) == 0
    with read(world.database) as conn:
        asked = conn.scalars(select(portal_access.c.portal_id)).all()
    assert len(asked) == due - 1
    world.tick(EVERY.total_seconds() - 1)
    assert watched.watch.run(world.clock.now()) == 0
    world.tick(1)
    assert watched.watch.run(world.clock.now()) == 4
