"""Events and frames of the emulated portal: their exact form, and how they get lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.emulators.bitrix24 import BitrixEmulator, HandClock
from tests.emulators.bitrix24.php import read_form
from tests.emulators.bitrix24.rest import Rest
from tests.emulators.bitrix24.wire import Listener, Request, Response

EVENTS = "ADD UPDATE DELETE COMMENTADD COMMENTUPDATE COMMENTDELETE".split()  # noqa: SIM905
SIGNED = {"domain", "server_endpoint", "client_endpoint", "member_id", "application_token"}
WITH_TOKEN = SIGNED | {"access_token", "expires_in", "expires", "scope", "status", "user_id"}


class App(Listener):
    """The other side: what was posted to it, as it was posted."""

    def __init__(self) -> None:
        super().__init__(self._take)
        self.got: list[Request] = []

    def _take(self, request: Request) -> Response:
        self.got.append(request)
        return Response(200, b"{}")

    def forms(self) -> list[dict]:
        return [read_form(request.body.decode()) for request in self.got]

    def names(self) -> list[str]:
        return [form["event"] for form in self.forms()]


@pytest.fixture
def app() -> Iterator[App]:
    made = App()
    made.open()
    yield made
    made.close()


def portal(app: App, **options: str) -> BitrixEmulator:
    b24 = BitrixEmulator(HandClock(), **options)
    b24.state.add_user("Dan", id=7)
    b24.app.install_url, b24.app.app_url = f"{app.url}/install", f"{app.url}/app"
    return b24


def bind(b24: BitrixEmulator, app: App, *names: str) -> None:
    rest = Rest(b24)
    for name in names or [f"ONTASK{event}" for event in EVENTS]:
        rest.result("event.bind", event=name, handler=f"{app.url}/events")


@pytest.fixture
def b24(app: App) -> Iterator[BitrixEmulator]:
    with portal(app) as emulator:
        bind(emulator, app)
        emulator.finish_install()
        yield emulator


def data(before: object, after: object, seen: str = "undefined", seen_after: str = "undefined"):
    return {
        "FIELDS_BEFORE": before,
        "FIELDS_AFTER": after,
        "IS_ACCESSIBLE_BEFORE": seen,
        "IS_ACCESSIBLE_AFTER": seen_after,
    }


ONE = {"ID": "31"}
GONE = data(ONE, "undefined", seen_after="N")
HAPPENINGS = [
    (lambda s: s.create_task("New", id=32), "ONTASKADD", data("undefined", {"ID": "32"}, "N")),
    (lambda s: s.user_moves_task(7, 31, 3), "ONTASKUPDATE", data(ONE, ONE)),
    (lambda s: s.user_places_task(7, 31, 5), "ONTASKUPDATE", data(ONE, ONE)),
    (lambda s: s.user_deletes_task(7, 31), "ONTASKDELETE", GONE),
]


@pytest.mark.parametrize(("happen", "name", "expected"), HAPPENINGS)
def test_task_events_carry_ids_and_the_word_undefined(b24, app, happen, name, expected):
    b24.state.create_task("Fix", id=31)
    b24.flush_events()
    app.got.clear()
    happen(b24.state)
    b24.flush_events()
    (form,) = app.forms()
    assert (form["event"], form["data"]) == (name, expected)
    assert set(form) == {"event", "event_handler_id", "data", "ts", "auth"}
    assert set(form["auth"]) == WITH_TOKEN
    assert form["auth"]["application_token"] == b24.app.application_token


def test_the_form_is_written_in_php_brackets(b24, app):
    b24.state.create_task("Fix", id=31)
    b24.flush_events()
    body = app.got[0].body.decode()
    assert "data%5BFIELDS_AFTER%5D%5BID%5D=31&" in body
    assert app.got[0].headers["content-type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize("card", ["new", "old"])
def test_a_comment_has_a_message_id_in_the_new_card_and_its_own_in_the_old(app, card):
    with portal(app, card=card) as b24:
        bind(b24, app, "ONTASKCOMMENTADD")
        b24.finish_install()
        b24.state.create_task("Fix", id=31)
        made = b24.state.user_comments(7, 31, "hello")
        b24.flush_events()
    new = {"ID": "0", "TASK_ID": "31", "MESSAGE_ID": str(made.id)}
    after = new if card == "new" else {"ID": str(made.id), "TASK_ID": "31"}
    assert [form["data"] for form in app.forms()] == [data("undefined", after)]


def test_the_token_of_an_event_is_the_acting_persons(b24, app):
    b24.state.create_task("Fix", id=31)
    b24.state.user_moves_task(7, 31, 3)
    b24.flush_events()
    auth = app.forms()[-1]["auth"]
    rest = Rest(b24)
    rest.access = auth["access_token"]
    assert (auth["user_id"], rest.result("profile")["ID"]) == ("7", "7")
    assert "refresh_token" not in auth


def test_the_system_acts_without_a_token(b24, app):
    b24.source.task_event("ONTASKUPDATE", data(ONE, ONE), None)
    b24.flush_events()
    assert set(app.forms()[0]["auth"]) == SIGNED | {"scope", "status"}


def test_our_own_writes_come_back_as_events(b24, app):
    b24.state.create_task("Fix", id=31)
    chat = b24.state.tasks[31].chat_id
    Rest(b24).result("im.message.add", DIALOG_ID=f"chat{chat}", MESSAGE="hello")
    b24.flush_events()
    assert app.names() == ["ONTASKADD", "ONTASKCOMMENTADD"]


def test_nothing_is_delivered_before_the_installation_is_finished(app):
    with portal(app) as b24:
        bind(b24, app)
        b24.state.create_task("Fix", id=31)
        b24.finish_install()
        b24.state.user_moves_task(7, 31, 3)
        b24.flush_events()
    assert app.names() == ["ONTASKUPDATE"]


@pytest.mark.parametrize(
    ("switches", "times"),
    [({"lost": 1.0}, 0), ({"on": False}, 0), ({"duplicated": 1.0}, 2), ({"lose_next": 1}, 0)],
)
def test_events_get_lost_and_doubled_on_demand(b24, app, switches, times):
    for name, value in switches.items():
        setattr(b24.events, name, value)
    b24.state.create_task("Fix", id=31)
    b24.flush_events()
    assert app.names() == ["ONTASKADD"] * times


def test_reordered_events_all_arrive_in_an_order_the_seed_decides(b24, app):
    b24.events.reordered = True
    for number in range(100, 120):
        b24.state.create_task("Fix", id=number)
    assert app.got == []
    b24.flush_events()
    ids = [form["data"]["FIELDS_AFTER"]["ID"] for form in app.forms()]
    assert sorted(ids) == [str(number) for number in range(100, 120)] != ids


def test_a_handler_that_fails_is_not_asked_again(b24, app):
    app.close()
    b24.state.create_task("Fix", id=31)
    b24.flush_events()
    assert [(p.event, p.status) for p in b24.events.sent] == [("ONTASKADD", 0)]


@pytest.mark.parametrize(
    ("happen", "name", "keys", "auth"),
    [
        (
            lambda b24: b24.lifecycle.install_silently(handler=f"{b24.app.install_url}"),
            "ONAPPINSTALL",
            "VERSION ACTIVE INSTALLED LANGUAGE_ID",
            WITH_TOKEN | {"refresh_token"},
        ),
        (
            lambda b24: b24.lifecycle.update(2),
            "ONAPPUPDATE",
            "VERSION PREVIOUS_VERSION LANGUAGE_ID",
            WITH_TOKEN | {"refresh_token"},
        ),
        (lambda b24: b24.lifecycle.uninstall(), "ONAPPUNINSTALL", "LANGUAGE_ID CLEAN", SIGNED),
        (
            lambda b24: b24.lifecycle.pay(),
            "ONAPPPAYMENT",
            "CODE VERSION STATUS PAYMENT_EXPIRED DAYS LANGUAGE_ID",
            SIGNED - {"application_token"},
        ),
    ],
)
def test_application_events(b24, app, happen, name, keys, auth):
    bind(b24, app, "ONAPPUPDATE", "ONAPPUNINSTALL", "ONAPPPAYMENT")
    happen(b24)
    b24.flush_events()
    (form,) = app.forms()
    assert (form["event"], set(form["data"]), set(form["auth"])) == (name, set(keys.split()), auth)


def test_an_update_and_a_removal_take_the_bindings_along(b24, app):
    b24.lifecycle.update(2)
    assert b24.state.bindings == []
    bind(b24, app)
    b24.lifecycle.uninstall()
    assert (b24.state.bindings, b24.state.tokens, b24.app.present) == ([], {}, False)


def test_the_frame_of_the_installer_brings_a_pair_that_works(b24, app):
    frame = b24.install_page(7)
    assert frame.post().status_code == 200
    (request,) = app.got
    query, form = read_form(request.query), read_form(request.body.decode())
    assert (request.path, query["DOMAIN"], query["PROTOCOL"]) == ("/install", b24.host, "0")
    assert set(form) == {
        "AUTH_ID", "AUTH_EXPIRES", "REFRESH_ID", "SERVER_ENDPOINT", "APPLICATION_TOKEN",
        "APPLICATION_SCOPE", "member_id", "status", "PLACEMENT",
    }  # fmt: skip
    rest = Rest(b24)
    rest.access = form["AUTH_ID"]
    assert (rest.result("profile")["ID"], form["PLACEMENT"]) == ("7", "DEFAULT")


def test_older_portals_send_less(b24):
    form = b24.application_page(1, terse=True).form
    assert {"SERVER_ENDPOINT", "APPLICATION_TOKEN", "APPLICATION_SCOPE"}.isdisjoint(form)


def test_the_frame_of_a_placement_names_its_task(b24):
    Rest(b24).result("placement.bind", PLACEMENT="TASK_VIEW_TAB", HANDLER="http://app.test/task")
    frame = b24.placement_page("TASK_VIEW_TAB", 7, {"taskId": "31"})
    uri = "\\/company\\/personal\\/user\\/7\\/tasks\\/task\\/view\\/31\\/"
    assert frame.handler == "http://app.test/task"
    assert frame.form["PLACEMENT_OPTIONS"] == f'{{"taskId": "31", "URI": "{uri}"}}'
