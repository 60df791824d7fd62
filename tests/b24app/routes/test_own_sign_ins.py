"""People's own accounts: connecting, disconnecting, and what ends them all."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace
from functools import partial

import pytest

from b24app.auth.visit_cache import USER_TTL, VisitKey
from b24app.cli import portal as portal_cli
from b24app.cli.context import open_clients
from b24app.engine_deps import build_engine_deps
from b24app.grants import revoke
from b24app.services import portals as services_portals
from sync.engine.upkeep.endings import end_removed
from sync.store import oauth_grants
from sync.store.db.database import read
from tests.b24app.routes.test_sign_ins import (
    ANN,
    application,
    back,
    begin,
    connect,
    gitlab,
    grant_of,
    portal,
    record_of,
    to_consent,
    tokens_of,
)

__all__ = ["application", "gitlab", "portal"]  # fixtures


def own(world, portal, user_id=ANN):
    headers = world.bearer(portal.id, user_id=user_id)
    return world.client.get("/api/accounts", headers=headers).json["accounts"]


def test_a_person_connects_their_own_account_and_disconnects_it(world, gitlab, portal):
    assert own(world, portal) == [
        {"connection": "main", "url": gitlab.url, "account": "", "state": "none", "problem": ""}
    ]
    connect(world, gitlab, portal, "bob", personal=True)
    assert grant_of(world, portal) is None
    assert [row["account"] for row in own(world, portal)] == ["bob"]
    assert [row["account"] for row in own(world, portal, 8)] == [""]
    pair = tokens_of(world, portal, ANN)
    headers = world.bearer(portal.id, user_id=ANN)
    answer = world.client.post("/api/accounts/main/disconnect", headers=headers)
    assert answer.json == {"revoked": True}
    assert gitlab.oauth.pairs[pair.refresh_token].dead
    assert grant_of(world, portal, ANN) is None
    assert world.client.post("/api/accounts/main/disconnect", headers=headers).status_code == 404


def test_a_gitlab_that_is_down_keeps_nobody_connected(world, gitlab, portal):
    connect(world, gitlab, portal, "bob", personal=True)
    gitlab.failing = 502
    headers = world.bearer(portal.id, user_id=ANN)
    answer = world.client.post("/api/accounts/main/disconnect", headers=headers)
    assert answer.json == {"revoked": False}
    assert grant_of(world, portal, ANN) is None


def test_who_lost_the_right_meanwhile_connects_no_own_account(world, gitlab, portal):
    """Minutes pass on the consent page: the portal is asked once more at the end."""
    begun = begin(world, portal).json
    url = to_consent(world, begun["ticket"]).json["url"]
    key = VisitKey(portal.id, portal.installation, ANN)
    world.deps.visits.users.put(key, False, world.deps.clock.now(), USER_TTL)
    done = back(world, gitlab.oauth.agree(url, "ann"))
    assert done.status_code == 409
    assert "Only an administrator of the portal may connect this account" in done.text
    assert grant_of(world, portal) is None


def test_whose_page_is_no_longer_confirmed_connects_nothing(world, gitlab, portal, clock):
    begun = begin(world, portal, personal=True).json
    url = to_consent(world, begun["ticket"]).json["url"]
    clock.sleep(USER_TTL.total_seconds() + 1)
    assert back(world, gitlab.oauth.agree(url, "ann")).status_code == 409
    assert grant_of(world, portal, ANN) is None


@pytest.mark.parametrize("clean", [True, False])
def test_removing_the_application_ends_peoples_sign_ins_at_gitlab(world, gitlab, portal, clean):
    connect(world, gitlab, portal, "bob", personal=True)
    pair = tokens_of(world, portal, ANN)
    services_portals.remove_portal(world.deps, portal.id, clean=clean)
    with open_clients(world.deps.config, world.deps.engine) as clients:
        end_removed(
            replace(build_engine_deps(clients), end_sign_in=partial(revoke, clients)),
            world.deps.clock.now(),
        )
    assert gitlab.oauth.pairs[pair.refresh_token].dead
    with read(world.deps.engine) as conn:
        assert oauth_grants.to_remove(conn) == ()


@pytest.mark.parametrize("is_down", [True, False])
def test_erasing_a_portal_ends_all_sign_ins_and_says_which_it_could_not(
    world, gitlab, portal, is_down, monkeypatch, capsys, tmp_path
):
    connect(world, gitlab, portal)
    connect(world, gitlab, portal, "bob", personal=True)
    pairs = [tokens_of(world, portal, user_id) for user_id in (0, ANN)]
    spare = world.deps.config.data_dir / "tokens" / f"{record_of(world, portal).id}.token"
    spare.parent.mkdir()
    spare.write_text("sealed")
    gitlab.failing = 502 if is_down else 0
    assert portal_cli.run(world.deps.config, Namespace(action="erase", portal=None, yes=True)) == 0
    assert all(gitlab.oauth.pairs[pair.refresh_token].dead is not is_down for pair in pairs)
    assert ("could not be told that 2 sign-ins are over" in capsys.readouterr().out) is is_down
    assert not spare.exists()
