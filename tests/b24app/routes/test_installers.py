"""Who may install, and who takes over from an installer that is gone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import update

from b24app.portal_tokens import StoredTokens
from b24app.services.install_steps import InstallWorker
from sync.bitrix24.tasks.readable import read_profile
from sync.keyfile import new_key
from sync.store import portals
from sync.store.db.database import read, write
from sync.store.tables import portal as portal_table
from sync.store.vault import Vault
from tests.b24app.pages import post
from tests.b24app.routes.test_who_may_read import TASK, built, people, portal
from tests.emulators.bitrix24.people import user_edits_task

__all__ = ["built", "people", "portal"]  # fixtures


def test_the_first_installation_asks_for_an_administrator_too(beside, emulator, people):
    page = post(beside, emulator.install_page(people["Ed"].id))
    assert page.status_code == 403
    assert "Only an administrator of the portal installs the application" in page.text
    assert "Ask an administrator of the portal to install it" in page.text
    assert beside.portal(emulator.state.member_id) is None


def test_the_first_installation_by_event_asks_for_an_administrator_too(beside, emulator, people):
    url = beside.deps.config.public_url
    emulator.lifecycle.install_silently(handler=f"{url}/b24/events", user_id=people["Ed"].id)
    emulator.flush_events()
    assert beside.portal(emulator.state.member_id) is None


def holder(beside, emulator):
    return beside.portal(emulator.state.member_id).token_user_id


def revoke_of(emulator, user_id):
    for token in list(emulator.state.tokens.values()):
        token.revoked = token.revoked or token.user_id == user_id
    for refresh, token in list(emulator.state.refresh_tokens.items()):
        if token.user_id == user_id:
            del emulator.state.refresh_tokens[refresh]


def damage_tokens(beside, column="access_token_sealed"):
    foreign = Vault([new_key()]).seal("of a key that is lost")
    with write(beside.deps.engine) as conn:
        conn.execute(update(portal_table).values({column: foreign}))


GONE = {
    "dismissed, tokens revoked": lambda beside, emulator: (
        emulator.state.dismiss_user(1),
        revoke_of(emulator, 1),
    ),
    "dismissed, tokens live": lambda beside, emulator: emulator.state.dismiss_user(1),
    "no administrator": lambda beside, emulator: setattr(emulator.state.users[1], "admin", False),
    "tokens revoked alone": lambda beside, emulator: revoke_of(emulator, 1),
    "disconnected by the worker": lambda beside, emulator: (
        revoke_of(emulator, 1),
        disconnected(beside, emulator),
    ),
    "tokens of a lost key": lambda beside, emulator: damage_tokens(beside),
    "there": lambda beside, emulator: None,
}


def disconnected(beside, emulator):
    record = beside.portal(emulator.state.member_id)
    with write(beside.deps.engine) as conn:
        portals.set_state(conn, record.id, "disconnected", "dead", beside.deps.clock.now())


@pytest.mark.parametrize("gone", GONE)
def test_an_administrator_takes_over_from_somebody_who_is_gone(
    beside, emulator, portal, people, gone
):
    assert holder(beside, emulator) == 1
    GONE[gone](beside, emulator)
    post(beside, emulator.application_page(people["Ed"].id))
    assert holder(beside, emulator) == 1  # an employee takes nothing over
    page = post(beside, emulator.application_page(people["Root"].id))
    assert page.status_code == 200
    assert holder(beside, emulator) == (1 if gone == "there" else people["Root"].id)
    InstallWorker(beside.deps.clients).run_once()
    record = beside.portal(emulator.state.member_id)
    assert (record.state, record.state_reason) == ("active", "")
    assert read_profile(beside.deps.clients.portal(record.id)).admin
    post(beside, emulator.application_page(people["Ed"].id))
    assert holder(beside, emulator) == record.token_user_id


def test_who_connected_it_mends_tokens_that_cannot_be_read(beside, emulator, portal):
    damage_tokens(beside)
    assert post(beside, emulator.application_page(1)).status_code == 200
    with read(beside.deps.engine) as conn:
        assert portals.tokens(conn, beside.deps.vault, portal.id).user_id == 1


def test_a_renewal_under_way_gives_nothing_back_to_who_is_gone(beside, emulator, portal, people):
    tokens = StoredTokens(beside.deps.clients, portal.id)
    of_the_first = tokens.load()
    emulator.state.users[1].admin = False
    post(beside, emulator.application_page(people["Root"].id))
    tokens.save(replace(of_the_first, access_token="renewed"))
    assert (tokens.load().user_id, holder(beside, emulator)) == (people["Root"].id,) * 2
    assert tokens.load().access_token != "renewed"


def test_an_application_token_of_a_lost_key_is_proven_anew(beside, emulator, portal):
    damage_tokens(beside, "application_token_sealed")
    beside.deps.portal_cache.clear()
    user_edits_task(emulator.state, 1, TASK, title="Pay by cash")
    emulator.flush_events()
    with read(beside.deps.engine) as conn:
        assert portals.application_token(conn, beside.deps.vault, portal.id)
