"""A portal in which every call has something to show, and where the vendor's examples may lie."""

from __future__ import annotations

from pathlib import Path

from tests.emulators.bitrix24.clock import HandClock
from tests.emulators.bitrix24.server import BitrixEmulator

SAMPLES = Path(__file__).parents[4] / "shared" / "samples" / "bitrix24"
SCOPES = "task tasks im user sonet_group socialnetwork placement disk"


def furnished(card: str) -> BitrixEmulator:
    """`card`: new or old. Task 2103 in group 3, three more, messages, time, an administrator."""
    b24 = BitrixEmulator(HandClock(), card=card, scopes=SCOPES.split(), language="de")
    state = b24.state
    state.add_user("Dan", id=7, last_name="Dev", email="dan@portal.test")
    group = state.add_group("Site", id=3, members=[1, 7])
    task = state.create_task("Fix", id=2103, group_id=3, auditors=[7], tags=["a"])
    task.uf["UF_CRM_TASK"] = ["L_4"]
    for number, status in ((2104, 4), (2105, 3), (2106, 5)):
        state.create_task("Other", id=number, status=status)
    state.take_id("message", 1899)
    state.post(state.chats[group.chat_id], 1, "hello")
    state.user_comments(7, 2103, "hello")
    state.user_logs_time(1, 2103, 60, "x")
    steps = state.parts.add_item(2103, "Steps", 1, parent_id=0)
    state.parts.add_item(2103, "Build", 1, parent_id=steps.id)
    state.parts.links[2105, 2103] = 2
    state.user_attaches(7, 2103, "note.txt", b"hello")
    state.parts.store("Files", 8910, 1, state.now(), None)
    b24.app.options |= {"data": "1", "data2": "2"}
    return b24
