"""The health view: what does not work, why it usually does not, and what to do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from sync.store import access, connections, hook_logs, logs
from sync.store.access import ConnectionAccess, PortalAccess
from sync.store.db.database import read, write
from sync.store.hook_logs import HookLogRow
from tests.b24app.pages import installed

pytestmark = pytest.mark.browser


@pytest.fixture
def furnished(beside, emulator):
    """An installed portal with a connection whose token was revoked, after an outage."""
    installed(beside, emulator)
    portal = beside.portal(emulator.state.member_id)
    beside.connect(portal, domain=emulator.host)
    now = beside.deps.clock.now()
    with write(beside.deps.engine) as conn:
        (record,) = connections.by_portal(conn, portal.id)
        refused = ConnectionAccess(
            record.id,
            "refused",
            now - timedelta(minutes=3),
            now,
            code="401",
            text="GET /user was answered 401 (invalid_token)",
        )
        access.save(conn, refused)
        access.save_portal(conn, PortalAccess(portal.id, "ok", now, now, now))
        connections.set_swept(conn, record.id, now)
        hook_logs.set_tasks_read(conn, portal.id, now, 0)
        logs.record_heartbeat(conn, "one", now)
        gap = HookLogRow(
            record.id,
            "project acme/shop",
            now,
            5,
            9,
            gap_at=now,
            failed=14,
            made_up=14,
            good_at=now,
        )
        hook_logs.save(conn, gap)
    return beside


TEXTS = {
    "en": (
        "Health",
        "1 thing does not work",
        "not accepted any more: GET /user was answered 401 (invalid_token)",
        "What to do: issue a new token",
        "14 deliveries failed while we were away, 14 made up for",
        "Everything works",
    ),
    "ru": (
        "Состояние",
        "Не работает: 1",
        "больше не принимается:",
        "Что сделать: выпустите новый токен",
        "Доставок не дошло, пока нас не было: 14; восполнено: 14",
        "Всё работает",
    ),
}


@pytest.mark.parametrize("language", ["en", "ru"])
def test_what_does_not_work_is_red_and_says_what_to_do(furnished, window, language):
    tab, wrong, what, change, missed, well = TEXTS[language]
    opened = window("app", language)
    expect(opened.frame.get_by_role("alert").get_by_text(wrong)).to_be_visible()
    opened.frame.get_by_role("button", name=tab).focus()
    opened.page.keyboard.press("Enter")
    expect(opened.frame.get_by_role("heading", level=1)).to_have_text(tab)
    expect(opened.frame.get_by_text(what)).to_be_visible()
    expect(opened.frame.get_by_text(change)).to_be_visible()
    expect(opened.frame.get_by_text(missed)).to_be_visible()
    expect(opened.frame.get_by_text(well)).to_have_count(0)
    with read(furnished.deps.engine) as conn:
        (record,) = connections.of_portals(conn)
    now = furnished.deps.clock.now()
    with write(furnished.deps.engine) as conn:
        access.save(conn, ConnectionAccess(record.id, "ok", now, now, now))
    opened.frame.get_by_role("button", name={"en": "Refresh", "ru": "Обновить"}[language]).click()
    expect(opened.frame.get_by_text(well)).to_be_visible()
    assert opened.said == []
