"""How the application comes into a portal, and leaves it: every flow, and the forged ones."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from b24app.services.install_steps import InstallWorker
from sync.bitrix24.install.registrations import EVENTS, TASK_FIELDS
from sync.store import portals
from sync.store.db.database import read, write
from sync.store.rows import Installation, PortalTokens
from sync.store.tables import metadata
from tests.b24app.conftest import APPLICATION_TOKEN
from tests.b24app.pages import config_of, finish, installed, post, run, secrets_of
from tests.emulators.bitrix24 import BitrixEmulator, work


@pytest.fixture(autouse=True)
def built(monkeypatch):
    """The pages as if the frontend had been built."""
    from b24app import assets

    monkeypatch.setattr(assets, "find_assets", lambda **_: assets.Assets("main.js", ("main.css",)))


@pytest.fixture
def emulator(request, clock):
    settings = getattr(request, "param", {})
    with BitrixEmulator(clock, **settings) as running:
        yield running


@pytest.fixture
def member(emulator):
    return emulator.state.member_id


@pytest.mark.parametrize(
    "emulator",
    [{}, {"client_id": "local.b24bridge", "status": "F"}],
    ids=["local", "market"],
    indirect=True,
)
def test_an_application_with_pages_is_installed_step_by_step(beside, emulator, member):
    page = post(beside, emulator.install_page())
    assert page.status_code == 200
    config = config_of(page)
    assert (config["view"], config["admin"]) == ("install", True)
    assert beside.portal(member).state == "installing"
    steps = run(beside, config["token"])
    assert [(step["name"], step["ok"]) for step in steps] == [
        (name, True) for name in config["steps"]
    ]
    assert finish(beside, config["token"]).json == {"state": "active"}
    url = beside.deps.config.public_url
    assert {(one.event, one.handler) for one in emulator.state.bindings} == {
        (event, f"{url}/b24/events") for event in EVENTS
    }
    assert [(one.code, one.handler) for one in emulator.state.placements] == [
        ("TASK_VIEW_TAB", f"{url}/b24/task"),
        ("SONET_GROUP_DETAIL_TAB", f"{url}/b24/group"),
    ]
    assert set(TASK_FIELDS) <= {field.name for field in emulator.state.user_fields.values()}
    stored = beside.portal(member)
    assert (stored.state, stored.state_reason) == ("active", "")
    assert stored.features["v3"] is True


def test_tokens_are_stored_sealed(beside, emulator, member):
    frame = emulator.install_page()
    post(beside, frame)
    row = secrets_of(beside)
    text = " ".join(str(value) for value in row)
    for name in ("AUTH_ID", "REFRESH_ID", "APPLICATION_TOKEN"):
        assert frame.form[name] not in text
    with read(beside.deps.engine) as conn:
        tokens = portals.tokens(conn, beside.deps.vault, row.id)
    assert (tokens.access_token, tokens.refresh_token) == (
        frame.form["AUTH_ID"],
        frame.form["REFRESH_ID"],
    )


def test_the_page_may_be_framed_by_this_portal_only_and_holds_no_secret(beside, emulator):
    frame = emulator.install_page()
    page = post(beside, frame)
    policy = page.headers["Content-Security-Policy"]
    assert f"frame-ancestors {emulator.portal_url}" in policy
    assert "X-Frame-Options" not in page.headers
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    for name in ("AUTH_ID", "REFRESH_ID", "APPLICATION_TOKEN"):
        assert frame.form[name] not in page.text


def test_an_older_portal_that_names_no_server_is_installed_too(beside, emulator, member):
    page = post(beside, emulator.install_page(terse=True))
    assert page.status_code == 200
    assert beside.portal(member).state == "installing"


def test_a_step_that_fails_leaves_the_others_done_and_can_be_repeated(beside, emulator):
    token = config_of(post(beside, emulator.install_page()))["token"]
    emulator.fail_next(403, "ACCESS_DENIED", method="placement.get")
    failed = [step["name"] for step in run(beside, token) if not step["ok"]]
    assert failed == ["placements"]
    assert not emulator.state.placements
    again = run(beside, token, ["placements"])
    assert [(step["name"], step["ok"]) for step in again] == [("placements", True)]
    assert len(emulator.state.placements) == 2


def test_a_portal_that_offers_no_tabs_of_workgroups_is_ready_without(beside, emulator, member):
    emulator.app.scopes -= {"sonet_group"}
    assert all(step["ok"] for step in installed(beside, emulator))
    assert [bound.code for bound in emulator.state.placements] == ["TASK_VIEW_TAB"]


def test_installing_twice_binds_nothing_twice(beside, emulator, member):
    installed(beside, emulator)
    before = (len(emulator.state.bindings), len(emulator.state.placements))
    first = beside.portal(member)
    installed(beside, emulator)
    assert (len(emulator.state.bindings), len(emulator.state.placements)) == before
    assert beside.portal(member).id == first.id


@pytest.mark.dialect
def test_an_application_without_pages_is_installed_by_its_event(beside, emulator, member):
    url = beside.deps.config.public_url
    emulator.lifecycle.install_silently(handler=f"{url}/b24/events")
    emulator.flush_events()
    stored = beside.portal(member)
    assert (stored.state, stored.state_reason) == ("installing", "The portal is being set up")
    assert emulator.state.bindings == []
    assert InstallWorker(beside.deps.clients).run_once() == 1
    stored = beside.portal(member)
    assert (stored.state, stored.state_reason) == ("active", "")
    assert len(emulator.state.bindings) == len(EVENTS)


def test_a_frame_that_names_another_domain_is_refused(beside, emulator, member):
    frame = emulator.install_page()
    frame.query["DOMAIN"] = "evil.example.com"
    page = post(beside, frame)
    assert page.status_code == 401
    assert "The request names another portal than the one its tokens belong to" in page.text
    assert beside.portal(member) is None


def test_a_frame_that_names_another_member_is_refused(beside, emulator, member):
    frame = emulator.install_page()
    frame.form["member_id"] = "f" * 32
    assert post(beside, frame).status_code == 401
    assert beside.portal(member) is None
    assert beside.portal("f" * 32) is None


def test_a_foreign_oauth_server_is_refused_before_it_is_asked(beside, emulator, member):
    frame = emulator.install_page()
    frame.form["SERVER_ENDPOINT"] = "http://127.0.0.1:9/rest/"
    page = post(beside, frame)
    assert page.status_code == 401
    assert "http://127.0.0.1:9 is not an OAuth server of Bitrix24 that is known here" in page.text
    assert beside.portal(member) is None


def test_a_made_up_token_is_refused(beside, emulator, member):
    frame = emulator.install_page()
    frame.form["AUTH_ID"] = "0" * 70
    assert post(beside, frame).status_code == 401
    assert beside.portal(member) is None


def test_a_token_of_another_application_is_refused(beside, emulator, member, clock):
    with BitrixEmulator(
        clock, client_id="local.another", member_id="e" * 32, oauth_of=emulator
    ) as other:
        other.app.install_url = emulator.app.install_url
        page = post(beside, other.install_page())
    assert page.status_code == 401
    assert "The access token was issued to another application" in page.text
    assert beside.portal("e" * 32) is None


def test_an_employee_who_is_no_administrator_cannot_replace_an_installation(
    beside, emulator, member
):
    installed(beside, emulator)
    before = secrets_of(beside)
    user = emulator.state.add_user("Ed", email="ed@portal.test")
    page = post(beside, emulator.install_page(user.id))
    assert page.status_code == 403
    assert secrets_of(beside) == before


def test_a_task_event_is_kept_without_its_tokens(beside, emulator):
    installed(beside, emulator)
    task = work.create_task(emulator.state, "A task")
    emulator.flush_events()
    with read(beside.deps.engine) as conn:
        row = conn.execute(select(metadata.tables["delivery"])).first()
    assert (row.event, row.connection_id) == ("ONTASKADD", None)
    assert f"={task.id}" in row.body.decode()
    assert "token" not in row.body.decode().lower()
    assert row.portal_id in beside.woken


def event(world, name, member_id, token, **data):
    form = {"event": name, "auth[member_id]": member_id, "auth[application_token]": token}
    form |= {f"data[{key}]": str(value) for key, value in data.items()}
    return world.client.post("/b24/events", data=form)


@pytest.mark.parametrize(
    ("name", "token"),
    [
        ("ONTASKUPDATE", ""),
        ("ONTASKUPDATE", "forged"),
        ("ONTASKUPDATE", "подделка"),
        ("ONAPPUNINSTALL", ""),
        ("ONAPPUNINSTALL", "forged"),
        ("ONAPPUPDATE", "forged"),
        ("ONAPPINSTALL", "forged"),
        ("ONAPPPAYMENT", "forged"),
        ("ONSOMETHING", "forged"),
    ],
)
def test_a_forged_event_is_refused_and_leaves_nothing(beside, emulator, member, name, token):
    installed(beside, emulator)
    before = secrets_of(beside)
    answer = event(beside, name, member, token, CLEAN=1)
    assert answer.status_code == 401
    assert beside.deliveries() == 0
    assert secrets_of(beside) == before


def test_an_event_of_an_unknown_portal_is_refused(beside, emulator):
    assert event(beside, "ONTASKUPDATE", "f" * 32, "any").status_code == 401
    assert event(beside, "ONAPPPAYMENT", "f" * 32, "").status_code == 401
    assert beside.deliveries() == 0


def test_a_forged_installation_event_does_not_replace_a_portal(beside, emulator, member):
    installed(beside, emulator)
    before = secrets_of(beside)
    form = {
        "event": "ONAPPINSTALL",
        "auth[member_id]": member,
        "auth[access_token]": "0" * 70,
        "auth[refresh_token]": "0" * 70,
        "auth[application_token]": "mine from now on",
        "auth[client_endpoint]": f"{emulator.portal_url}/rest/",
        "auth[server_endpoint]": f"{emulator.oauth_url}/rest/",
    }
    assert beside.client.post("/b24/events", data=form).status_code == 401
    assert secrets_of(beside) == before


FOREIGN_EVENTS = {
    "a portal that has it, by its member_id": {"auth[member_id]": "of another"},
    "an OAuth server of one's own": {"auth[server_endpoint]": "https://oauth.evil.example/rest/"},
    "an address of one's own": {"auth[client_endpoint]": "https://evil.example/rest/"},
}


@pytest.mark.parametrize("changed", FOREIGN_EVENTS)
def test_an_administrator_elsewhere_installs_nothing_in_another_place(
    beside, emulator, member, changed
):
    """With tokens that are good: of the attacker's own portal, whose administrator they are."""
    other = "b" * 32
    victim = Installation(
        other, "https://other.example.com/rest/", "", PortalTokens("a", "r", None, 1)
    )
    with write(beside.deps.engine) as conn:
        portals.create_or_update(conn, beside.deps.vault, victim, beside.deps.clock.now())
    tokens = emulator.token(1)
    form = {
        "event": "ONAPPINSTALL",
        "auth[member_id]": member,
        "auth[access_token]": tokens.access,
        "auth[refresh_token]": tokens.refresh,
        "auth[application_token]": "mine from now on",
        "auth[client_endpoint]": f"{emulator.portal_url}/rest/",
        "auth[server_endpoint]": f"{emulator.oauth_url}/rest/",
    } | FOREIGN_EVENTS[changed]
    if form["auth[member_id]"] != member:
        form["auth[member_id]"] = other
    answer = beside.client.post("/b24/events", data=form)
    assert answer.status_code in (400, 401, 403)
    assert beside.portal(member) is None
    assert beside.portal(other).client_endpoint == "https://other.example.com/rest/"


def test_an_employees_reinstallation_by_event_takes_nothing_over(beside, emulator, member):
    installed(beside, emulator)
    before = secrets_of(beside)
    employee = emulator.state.add_user("Ed", email="ed@portal.test")
    url = beside.deps.config.public_url
    emulator.app.application_token = "of the employee's installation"
    emulator.lifecycle.install_silently(handler=f"{url}/b24/events", user_id=employee.id)
    emulator.flush_events()
    assert secrets_of(beside) == before
    assert beside.portal(member).token_user_id == 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "the event names no portal: auth[member_id] is missing"),
        (b"auth[member_id]=%FF%FE", "the form is not in UTF-8"),
        (b"a" + b"[b]" * 20 + b"=1", "the form is nested deeper than 8 levels"),
        (b"&".join(b"a=1" for _ in range(3000)), "the form has more than 2000 fields"),
    ],
    ids=["empty", "not-utf8", "deep", "many"],
)
def test_a_form_that_is_none_is_told_so(beside, body, said):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = beside.client.post("/b24/events", data=body, headers=headers)
    assert (answer.status_code, answer.json["error"]["text"]) == (400, said)


def test_an_update_brings_a_new_token_and_everything_is_bound_again(beside, emulator, member):
    installed(beside, emulator)
    emulator.lifecycle.update(2, application_token="the next application token")
    emulator.flush_events()
    assert InstallWorker(beside.deps.clients).run_once() == 1
    assert beside.portal(member).state == "active"
    run_again = {one.event for one in emulator.state.bindings}
    assert run_again == set(EVENTS)
    assert len(emulator.state.placements) == 2
    with read(beside.deps.engine) as conn:
        kept = portals.application_token(conn, beside.deps.vault, beside.portal(member).id)
    assert kept == "the next application token"


@pytest.mark.dialect
def test_a_clean_uninstallation_erases_everything_of_the_portal(beside, emulator, member):
    installed(beside, emulator)
    beside.connect(beside.portal(member))
    work.create_task(emulator.state, "A task")
    emulator.flush_events()
    assert beside.deliveries() == 1
    beside.deps.audit.flush()
    assert _rows_of(beside, "portal_id")["api_call"]
    emulator.lifecycle.uninstall(clean=True)
    emulator.flush_events()
    beside.deps.audit.flush()
    for owner in ("portal_id", "connection_id"):
        assert {name for name, rows in _rows_of(beside, owner).items() if rows} == set()
    with read(beside.deps.engine) as conn:
        assert conn.execute(select(metadata.tables["portal"])).fetchall() == []


def _rows_of(beside, owner):
    """What is stored of any portal, by the table's name; calls from before it was one are not."""
    with read(beside.deps.engine) as conn:
        return {
            table.name: conn.execute(select(table).where(table.c[owner].is_not(None))).fetchall()
            for table in metadata.sorted_tables
            if owner in table.c
        }


def test_an_uninstallation_that_keeps_data_forgets_the_tokens(beside, emulator, member):
    installed(beside, emulator)
    emulator.lifecycle.uninstall(clean=False)
    emulator.flush_events()
    row = secrets_of(beside)
    assert (row.state, row.state_reason) == ("removed", "The application was uninstalled")
    assert row.access_token_sealed is row.refresh_token_sealed is None
    assert row.application_token_sealed is None


def test_a_portal_comes_back_with_its_settings_after_it_was_removed(beside, emulator, member):
    installed(beside, emulator)
    beside.connect(beside.portal(member))
    emulator.lifecycle.uninstall(clean=False)
    emulator.flush_events()
    emulator.lifecycle.reinstall()
    installed(beside, emulator)
    stored = beside.portal(member)
    assert stored.state == "active"
    with read(beside.deps.engine) as conn:
        assert portals.settings(conn, stored.id)["connections"][0]["name"] == "main"


def test_a_payment_that_is_over_pauses_the_portal_and_a_new_one_resumes_it(
    beside, emulator, member, clock
):
    installed(beside, emulator)
    emulator.require_payment()
    emulator.lifecycle.pay(expired="Y")
    emulator.flush_events()
    stored = beside.portal(member)
    assert (stored.state, stored.state_reason) == (
        "paused",
        "The subscription of the application has ended",
    )
    emulator.require_payment(False)
    clock.sleep(timedelta(minutes=2).total_seconds())
    emulator.lifecycle.pay(days=30)
    emulator.flush_events()
    assert InstallWorker(beside.deps.clients).run_once() == 1
    assert beside.portal(member).state == "active"


def test_a_token_that_another_process_stored_is_known_at_once(world):
    portal = world.install()
    assert event(world, "ONTASKUPDATE", portal.member_id, APPLICATION_TOKEN).status_code == 200
    with write(world.deps.engine) as conn:
        now = world.deps.clock.now()
        portals.save_application_token(conn, world.deps.vault, portal.id, "newer", now)
    assert event(world, "ONTASKUPDATE", portal.member_id, "newer").status_code == 200
    assert event(world, "ONTASKUPDATE", portal.member_id, APPLICATION_TOKEN).status_code == 401


def test_finishing_an_installation_does_not_end_a_pause_for_payment(beside, emulator, member):
    installed(beside, emulator)
    emulator.require_payment()
    emulator.lifecycle.pay(expired="Y")
    emulator.flush_events()
    token = beside.bearer(beside.portal(member).id)["Authorization"].removeprefix("Bearer ")
    assert finish(beside, token).status_code == 200
    assert beside.portal(member).state == "paused"


def test_a_forged_payment_only_makes_us_ask_the_portal_and_not_often(beside, emulator, member):
    installed(beside, emulator)
    before = emulator.requests["app.info"]
    for _ in range(5):
        assert event(beside, "ONAPPPAYMENT", member, "", PAYMENT_EXPIRED="Y").status_code == 200
    assert emulator.requests["app.info"] == before + 1
    assert beside.portal(member).state == "active"


def test_a_hint_of_a_payment_that_a_stranger_hid_is_made_up_for(beside, emulator, member):
    installed(beside, emulator)
    emulator.require_payment()
    emulator.lifecycle.pay(expired="Y")
    emulator.flush_events()
    beside.deps.clock.sleep(timedelta(minutes=2).total_seconds())
    assert event(beside, "ONAPPPAYMENT", member, "", PAYMENT_EXPIRED="Y").status_code == 200
    emulator.require_payment(False)
    emulator.lifecycle.pay(days=30)
    emulator.flush_events()
    assert beside.portal(member).state == "paused"
    assert InstallWorker(beside.deps.clients).run_once() == 1
    assert beside.portal(member).state == "active"


def test_a_portal_told_its_token_late_is_believed_by_a_proven_event_only(beside, emulator, member):
    post(beside, emulator.install_page(terse=True))
    assert event(beside, "ONTASKUPDATE", member, "first come").status_code == 401
    installed_token = emulator.app.application_token
    form = {
        "event": "ONTASKUPDATE",
        "data[FIELDS_AFTER][ID]": "5",
        "auth[member_id]": member,
        "auth[application_token]": installed_token,
        "auth[access_token]": emulator.token().access,
        "auth[client_endpoint]": f"{emulator.portal_url}/rest/",
        "auth[server_endpoint]": f"{emulator.oauth_url}/rest/",
    }
    assert beside.client.post("/b24/events", data=form).status_code == 200
    assert event(beside, "ONTASKUPDATE", member, installed_token).status_code == 200
    assert event(beside, "ONTASKUPDATE", member, "another").status_code == 401


def test_opening_the_address_in_a_browser_explains_itself(world):
    page = world.client.get("/b24/install", headers={"Accept-Language": "ru"})
    assert page.status_code == 200
    assert "Эта страница открывается внутри Битрикс24" in page.text


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "This page opens inside Bitrix24"),
        ("ru", "Эта страница открывается внутри Битрикс24"),
    ],
)
def test_a_post_that_is_not_from_a_portal_explains_itself(world, language, text):
    headers = {"Accept-Language": language}
    page = world.client.post("/b24/install", data={"AUTH_ID": "x"}, headers=headers)
    assert page.status_code == 400
    assert f"<h1>{text}</h1>" in page.text
    assert f'<html lang="{language}">' in page.text
    assert "Traceback" not in page.text


def test_a_frame_that_is_refused_is_told_so_in_its_own_language(beside, emulator):
    frame = emulator.install_page()
    frame.query["LANG"] = "ru"
    frame.form["AUTH_ID"] = "0" * 70
    page = post(beside, frame)
    assert page.status_code == 401
    assert "<h1>Токен доступа больше не действует на этом портале</h1>" in page.text


def test_without_the_built_pages_the_installation_still_works(
    beside, emulator, member, monkeypatch
):
    from b24app import assets

    monkeypatch.setattr(assets, "find_assets", lambda **_: None)
    page = post(beside, emulator.install_page())
    assert page.status_code == 200
    assert "Everything is ready." in page.text
    assert "BX24.installFinish()" in page.text
    assert "script-src 'self' 'nonce-" in page.headers["Content-Security-Policy"]
    assert beside.portal(member).state == "active"
    assert len(emulator.state.bindings) == len(EVENTS)
    token = re.search(r'name="page_token" value="([^"]+)"', page.text)[1]
    again = beside.client.post("/b24/install/again", data={"page_token": token})
    assert again.status_code == 200
    assert "Everything is ready." in again.text
    assert beside.client.post("/b24/install/again", data={"page_token": "x"}).status_code == 401
