"""Projects that several portals name, and webhooks of what was taken out of the settings."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from b24app.services.claims import contested, is_proven, prove_claims, remove_left_over
from b24app.services.gitlab_connections import update_hooks
from sync.settings.apply import LeftOver, apply
from sync.settings.document import read as parse
from sync.store import connections, portals
from sync.store.db.database import read, write
from sync.store.rows import ConnectionDraft, ConnectionSecrets, Installation, PortalTokens
from sync.store.tables import connection
from tests.b24app.factories import AT
from tests.emulators.gitlab.server import GitLabEmulator


@pytest.fixture
def gitlab(clock):
    with GitLabEmulator(clock) as running:
        running.state.add_user("ann")
        running.state.add_user("bob")
        running.shop = running.state.add_project("acme/shop", members={"ann": 40, "bob": 20})
        running.other = running.state.add_project("acme/other", members={"ann": 40})
        yield running


@pytest.fixture
def portal(world):
    return world.install()


def document(url, *projects):
    listed = "".join(f"      - {path}\n" for path in projects)
    text = (
        "version: 1\nportal: portal.example.com\nconnections:\n"
        f"  - name: main\n    url: {url}\n    token: {{env: TOKEN}}\n"
    )
    return text + (f"    projects:\n{listed}" if projects else "")


def connect(world, portal, text, token, **options):
    environ = {"TOKEN": token}
    with write(world.deps.engine) as conn:
        settings = parse(text, environ)
        now = world.deps.clock.now()
        return apply(conn, world.deps.vault, portal, settings, environ=environ, now=now, **options)


def record_of(world, portal):
    with read(world.deps.engine) as conn:
        return (*connections.by_portal(conn, portal.id), *connections.removed(conn, portal.id))[0]


def squatter(world, url, *projects):
    installation = Installation(
        "b" * 32, "https://other.example.com/rest/", "", PortalTokens("a", "r", None, 1)
    )
    with write(world.deps.engine) as conn:
        other = portals.create_or_update(conn, world.deps.vault, installation, AT)
        draft = ConnectionDraft(
            "gitlab", "main", url, ConnectionSecrets("other"), {"projects": list(projects)}
        )
        connections.upsert(conn, world.deps.vault, other, draft, AT)
        return portals.by_id(conn, other)


@pytest.mark.parametrize(
    ("user", "said"),
    [
        (
            "ann",
            "project acme/shop is connected to another portal, too; main proved its access.",
        ),
        (
            "bob",
            "project acme/shop is connected to another portal, too, and main could not prove its "
            "access: reports of its CI jobs do not come here.",
        ),
    ],
)
def test_access_is_proven_with_the_token(world, portal, gitlab, user, said):
    squatter(world, gitlab.url, "Acme/Shop")
    connect(world, portal, document(gitlab.url, "acme/shop"), gitlab.state.add_token(user).value)
    (line,) = prove_claims(world.deps.clients, portal)
    assert line.startswith(said)
    with read(world.deps.engine) as conn:
        assert bool(contested(conn, record_of(world, portal))) is (user == "bob")


def test_a_project_by_its_number_and_by_its_path_is_one_project(world, portal, gitlab):
    squatter(world, gitlab.url, "acme/shop")
    number = str(gitlab.shop.id)
    connect(world, portal, document(gitlab.url, number), gitlab.state.add_token("ann").value)
    (line,) = prove_claims(world.deps.clients, portal)
    assert line.endswith("main proved its access.")
    assert set(record_of(world, portal).proven) == {number}


def test_a_stranger_who_names_a_project_lets_its_maintainers_prove_theirs(world, portal, gitlab):
    connect(world, portal, document(gitlab.url, "acme/shop"), gitlab.state.add_token("ann").value)
    stranger = squatter(world, f"{gitlab.url}/", "acme/shop")
    prove_claims(world.deps.clients, stranger, lambda number: False)
    assert record_of(world, portal).proven == {}
    prove_claims(world.deps.clients, stranger)
    assert set(record_of(world, portal).proven) == {"acme/shop"}
    assert record_of(world, stranger).proven == {}


@pytest.mark.parametrize("what", ["url", "token", "spelling", "scheme"])
def test_a_proof_is_of_its_token_and_its_server(world, portal, gitlab, what):
    token = gitlab.state.add_token("ann").value
    connect(world, portal, document(gitlab.url, "acme/shop"), token)
    record = record_of(world, portal)
    with write(world.deps.engine) as conn:
        connections.add_proofs(conn, record.id, ["acme/shop"], AT)
        connections.set_admitted(conn, record.id, {"5": "acme/shop"})
    urls = {"url": "https://gitlab.com", "spelling": f"{gitlab.url}/"}
    urls["scheme"] = gitlab.url.replace("http:", "https:")  # without TLS a proxy may have proven it
    url = urls.get(what, gitlab.url)
    connect(world, portal, document(url, "acme/shop"), "other" if what == "token" else token)
    assert bool(record_of(world, portal).proven) is (what == "spelling")
    with read(world.deps.engine) as conn:
        admitted = conn.scalar(select(connection.c.admitted))
    assert bool(admitted) is (what != "url")


def test_nothing_is_to_be_proven_where_no_other_portal_is(world, portal, gitlab):
    squatter(world, gitlab.url, "acme/other")
    connect(world, portal, document(gitlab.url, "acme/shop"), gitlab.state.add_token("bob").value)
    assert prove_claims(world.deps.clients, portal) == []


def test_whose_webhooks_were_set_up_has_proven_its_access(world, portal, gitlab):
    connect(world, portal, document(gitlab.url, "acme/shop"), gitlab.state.add_token("ann").value)
    assert all(
        outcome.ok for outcome in update_hooks(world.deps.clients, record_of(world, portal), portal)
    )
    assert set(record_of(world, portal).proven) == {"acme/shop"}


def test_a_proven_group_of_a_number_is_no_proof_of_the_project_of_that_number(
    world, portal, gitlab
):
    number = gitlab.shop.id
    connect(world, portal, document(gitlab.url, "acme/shop"), gitlab.state.add_token("ann").value)
    own = record_of(world, portal)
    squatting = squatter(world, gitlab.url, str(number))
    other = replace(
        record_of(world, squatting),
        options={"projects": [number], "groups": [number]},
        proven={str(number): AT.isoformat()},
    )
    assert not any(is_proven(record, number, "acme/shop") for record in (own, other))
    proven = replace(other, options={"projects": [number]})
    assert is_proven(proven, number, "acme/shop")


def test_who_proved_access_is_known_by_path_group_or_number(world, portal, gitlab):
    connect(world, portal, document(gitlab.url, "acme/shop"), gitlab.state.add_token("ann").value)
    one = record_of(world, portal)
    two = record_of(world, squatter(world, gitlab.url, "acme/shop"))

    def proven(record, *paths):
        return replace(record, proven=dict.fromkeys(paths, "2026-01-01"))

    cases = {
        "nobody": (one, two),
        "the second": (one, proven(two, "acme/shop")),
        "its group": (one, proven(two, "ACME")),
        "by number": (one, proven(two, "42")),
        "both": (proven(one, "acme/shop"), proven(two, "acme")),
        "another": (one, proven(two, "acme/sho", "other")),
    }
    chosen = {
        name: [record.id for record in records if is_proven(record, 42, "acme/shop")]
        for name, records in cases.items()
    }
    assert chosen == {
        "nobody": [],
        "the second": [two.id],
        "its group": [two.id],
        "by number": [two.id],
        "both": [one.id, two.id],
        "another": [],
    }


def hooks(gitlab, project):
    return [hook for hook in gitlab.state.hooks.values() if hook.owner_id == project.id]


def test_the_webhook_of_what_was_taken_out_is_removed(world, portal, gitlab):
    token = gitlab.state.add_token("ann").value
    connect(world, portal, document(gitlab.url, "acme/shop", "acme/other"), token)
    update_hooks(world.deps.clients, record_of(world, portal), portal)
    assert (len(hooks(gitlab, gitlab.shop)), len(hooks(gitlab, gitlab.other))) == (1, 1)
    done = connect(world, portal, document(gitlab.url, "acme/shop"), token)
    problems = remove_left_over(world.deps.clients, [record_of(world, portal)], done.left_over)
    assert problems == ["project acme/other of main: its webhook was removed"]
    assert (len(hooks(gitlab, gitlab.shop)), len(hooks(gitlab, gitlab.other))) == (1, 0)


def test_a_removed_connection_leaves_no_webhook_and_no_token(world, portal, gitlab):
    connect(world, portal, document(gitlab.url, "acme/shop"), gitlab.state.add_token("ann").value)
    update_hooks(world.deps.clients, record_of(world, portal), portal)
    done = connect(world, portal, "version: 1\nportal: portal.example.com\n", "", remove=["main"])
    record = record_of(world, portal)
    problems = remove_left_over(world.deps.clients, [record], done.left_over)
    assert problems == ["project acme/shop of main: its webhook was removed"]
    assert hooks(gitlab, gitlab.shop) == []
    with read(world.deps.engine) as conn:
        assert connections.secrets(conn, world.deps.vault, record.id).access_token is None


def test_a_webhook_of_another_gitlab_is_left_to_people(world, portal, gitlab):
    connect(world, portal, document(gitlab.url, "acme/shop"), gitlab.state.add_token("ann").value)
    moved = document(f"{gitlab.url}/under", "acme/shop")
    done = connect(world, portal, moved, gitlab.state.add_token("ann").value)
    lines = remove_left_over(world.deps.clients, [record_of(world, portal)], done.left_over)
    assert lines == [
        f"project acme/shop of main: its webhook is left over; remove it at {gitlab.url}"
    ]


def test_a_webhook_that_cannot_be_removed_is_named(world, portal, gitlab):
    connect(world, portal, document(gitlab.url, "acme/shop"), gitlab.state.add_token("bob").value)
    left = LeftOver(record_of(world, portal).id, "main", "project", "acme/shop", gitlab.url)
    (line,) = remove_left_over(world.deps.clients, [record_of(world, portal)], [left])
    assert line.startswith(
        "project acme/shop of main: its webhook is left over and could not be removed: "
    )
