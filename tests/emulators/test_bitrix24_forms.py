"""Events and frames of the emulator have the keys of the vendor's own examples.

The examples lie outside of this repository; where they are absent, the least is checked.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest

from tests.emulators.bitrix24 import BitrixEmulator
from tests.emulators.bitrix24.furnished import SAMPLES, furnished
from tests.emulators.bitrix24.rest import Rest


def form_keys(text: str) -> set[str]:
    """`auth[scope]` and the like; indexes are as they are."""
    return {unquote(part.partition("=")[0]) for part in text.strip().split("&")}


HAPPENINGS: dict[str, tuple[str, Callable[[BitrixEmulator], Any]]] = {
    "ONTASKADD": ("new", lambda b24: b24.state.create_task("New")),
    "ONTASKUPDATE": ("new", lambda b24: b24.state.user_moves_task(7, 2103, 3)),
    "ONTASKDELETE": ("new", lambda b24: b24.state.user_deletes_task(7, 2103)),
    "ONTASKCOMMENTADD.new_card": ("new", lambda b24: b24.state.user_comments(7, 2103, "x")),
    "ONTASKCOMMENTADD.old_card": ("old", lambda b24: b24.state.user_comments(7, 2103, "x")),
    "ONTASKCOMMENTUPDATE": (
        "old",
        lambda b24: Rest(b24)("task.commentitem.update", T=2103, I=501, F={"POST_MESSAGE": "x"}),
    ),
    "ONTASKCOMMENTDELETE": (
        "old",
        lambda b24: Rest(b24)("task.commentitem.delete", T=2103, I=501),
    ),
    "ONAPPINSTALL": (
        "new",
        lambda b24: b24.lifecycle.install_silently(handler="http://127.0.0.1:9/"),
    ),
    "ONAPPUPDATE": ("new", lambda b24: b24.lifecycle.update(2)),
    "ONAPPUNINSTALL": ("new", lambda b24: b24.lifecycle.uninstall()),
    "ONAPPPAYMENT": ("new", lambda b24: b24.lifecycle.pay()),
}
# Live portals add these; the refresh token of task events is only in the examples.
MAY_ADD = {"event_handler_id", "auth[expires]", "auth[user_id]"}
MAY_LACK = {"auth[refresh_token]"}
LEAST = {"event", "ts", "auth[domain]", "auth[member_id]", "auth[client_endpoint]"}
FRAME = {"AUTH_ID", "REFRESH_ID", "member_id", "PLACEMENT", "DOMAIN", "APP_SID"}


def example(name: str) -> str:
    path = SAMPLES / name
    return path.read_text() if path.is_file() else ""


@pytest.mark.parametrize("name", list(HAPPENINGS))
def test_events_have_the_keys_of_the_vendors_examples(name):
    card, happen = HAPPENINGS[name]
    with furnished(card) as b24:
        handler = "http://127.0.0.1:9/"
        Rest(b24).result("event.bind", event=name.partition(".")[0], handler=handler)
        b24.events.held = True
        b24.finish_install()
        happen(b24)
        b24.flush_events()
        (posting,) = b24.events.sent
    have, wanted = form_keys(posting.form), form_keys(example(f"event.{name}.form")) - {""}
    assert have >= LEAST
    assert posting.event == name.partition(".")[0]
    assert wanted - have <= MAY_LACK
    assert not wanted or have - wanted <= MAY_ADD


def test_frames_have_the_keys_of_the_vendors_example():
    wanted = json.loads(example("placement.DEFAULT.json") or "{}").keys()
    with furnished("new") as b24:
        frame = b24.application_page(1)
    have = frame.query.keys() | frame.form.keys()
    assert have >= FRAME
    assert have == (wanted or have)
