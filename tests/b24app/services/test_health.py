"""Every state is said truly, in two languages, with what to change; nothing wrong looks right."""

from __future__ import annotations

import os
import re
import string
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from b24app import texts_health
from b24app.services import health, health_of_connections
from b24app.services.health import Disk, check_grant, check_queue, check_tasks, check_worker
from b24app.services.health_check import Check
from b24app.services.health_of_connections import check_connection
from b24app.texts_health import ENGLISH, LOOKS, describe, subject_name
from b24app.texts_health_ru import LOOKS_RU, RUSSIAN
from sync.engine.upkeep import sweep
from sync.store.access import ConnectionAccess, PortalAccess
from sync.store.failed_looks import FailedLook
from sync.store.hook_logs import NO_HOOK, NO_LOG, SWITCHED_OFF, HookLogRow
from sync.store.program import ProgramRow
from sync.store.rows import ConnectionRecord, PortalRecord, WorkerRow

SWEEP = Path(sweep.__file__).read_text(encoding="utf-8")
NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
LATE = NOW - timedelta(hours=1)
RECORD = ConnectionRecord(
    1, 1, "gitlab", "main", "https://gitlab.example", {}, {}, "active", "", NOW, LATE
)
TOKEN = ConnectionAccess(1, "ok", NOW, NOW, NOW)
HOOK = HookLogRow(1, "project a/b", NOW, good_at=NOW)


def states(record=RECORD, token=TOKEN, hooks=(HOOK,)) -> dict[str, str]:
    checks = check_connection(record, token, hooks, "acme main", NOW)
    return {check.subject: check.state for check in checks if not check.ok}


@pytest.mark.parametrize(
    ("token", "state"),
    [
        (TOKEN, None),
        (replace(TOKEN, state="refused", code="401"), "token_refused"),
        (replace(TOKEN, state="refused", code="rotation_lost"), "rotation_lost"),
        (replace(TOKEN, state="missing"), "token_missing"),
        (replace(TOKEN, checked_at=LATE), "token_stale"),
        (replace(TOKEN, expires_at=NOW + timedelta(days=40)), None),
        (replace(TOKEN, expires_at=NOW + timedelta(days=30)), "token_ends"),
        (replace(TOKEN, expires_at=NOW + timedelta(days=3), rotation="no"), "rotation_failed"),
        (None, "token_unknown"),
    ],
)
def test_a_token_is_red_where_it_is_not_known_to_be_accepted(token, state):
    assert states(token=token).get("token") == state


@pytest.mark.parametrize(
    ("hook", "state"),
    [
        (HOOK, None),
        (replace(HOOK, problem=NO_LOG), None),
        (replace(HOOK, problem=SWITCHED_OFF), "hook_disabled"),
        (replace(HOOK, problem=NO_HOOK), "hook_missing"),
        (replace(HOOK, problem="403 Forbidden"), "hook_problem"),
        (replace(HOOK, good_at=LATE, refused_at=NOW, refused="503"), "hook_refused"),
        (replace(HOOK, read_at=LATE), "hook_unread"),
    ],
)
def test_a_webhook_that_is_refused_or_switched_off_is_not_green(hook, state):
    assert states(hooks=[hook]).get("hook") == state


def test_a_short_silence_is_no_alarm_and_a_long_one_is():
    silent = replace(TOKEN, state="unreachable", since=NOW - timedelta(minutes=1))
    assert states(token=silent) == {}
    assert states(token=replace(silent, since=LATE)) == {"host": "host_unreachable"}


def test_a_sweep_that_stands_still_is_not_green():
    assert states(replace(RECORD, swept_at=LATE)) == {"sweep": "sweep_stale"}
    assert states(replace(RECORD, swept_at=None, created_at=LATE)) == {"sweep": "sweep_stale"}
    assert states(replace(RECORD, kind="youtrack", swept_at=None)) == {}


def test_what_a_clock_dated_ahead_of_now_is_not_green():
    ahead = NOW + timedelta(days=365)
    assert states(token=replace(TOKEN, checked_at=ahead))["token"] == "token_stale"
    assert states(hooks=[replace(HOOK, read_at=ahead)])["hook"] == "hook_unread"
    assert states(replace(RECORD, swept_at=ahead))["sweep"] == "sweep_stale"
    assert not health.check_tasks(ahead, LATE, "acme", NOW).ok
    assert not health.check_backup(ProgramRow(backed_up_at=ahead), (), NOW).ok
    assert not check_worker([WorkerRow("gone", ahead, ahead, None)], NOW).ok


def test_a_look_that_fails_is_not_green_while_it_is_tried():
    look = FailedLook(1, 0, "people", LATE, NOW, "ValueError")
    places = {
        check.place: describe(check).what for check in health.check_looks([look], (), "acme", NOW)
    }
    assert places == {
        "acme": "people and workgroups: the worker fails at this for 60 min: ValueError"
    }
    at_connection = replace(look, connection_id=RECORD.id, part="host")
    (check,) = health.check_looks([at_connection], [RECORD], "acme", NOW)
    assert (check.ok, check.urgent, check.place, check.since) == (False, True, "acme main", LATE)
    assert (
        describe(check, "ru").what
        == "запросы на слияние: у обработчика здесь сбой уже 60 мин: ValueError"
    )
    assert not [*health.check_looks([at_connection], (), "acme", NOW)]  # it was removed
    old = replace(look, at=NOW - timedelta(hours=3))
    assert not [*health.check_looks([old], (), "acme", NOW)]  # nobody tries it any more


def test_every_look_has_a_name_in_both_languages():
    parts = set(re.findall(r'_run_part\(\s*"([a-z ]+)"|self\._run_part, "([a-z ]+)"', SWEEP))
    named = {first or second for first, second in parts} | {"purge", "turn"}
    named |= {"deployments", "commits", "branches"}  # from a table of their own there
    assert set(LOOKS) == set(LOOKS_RU) == named


@pytest.mark.parametrize(
    ("state", "row", "expected"),
    [
        ("active", PortalAccess(1, "ok", NOW, NOW), "portal_ok"),
        ("active", PortalAccess(1, "no_admin", NOW, NOW), "portal_no_admin"),
        ("active", PortalAccess(1, "unreachable", LATE, NOW), "portal_unreachable"),
        ("active", PortalAccess(1, "ok", LATE, LATE), "portal_stale"),
        ("disconnected", PortalAccess(1, "ok", NOW, NOW), "portal_disconnected"),
        ("paused", None, "portal_paused"),
    ],
)
def test_a_portal_is_red_where_its_grant_does_not_work(state, row, expected):
    portal = PortalRecord.__new__(PortalRecord)
    for name in PortalRecord.__dataclass_fields__:
        object.__setattr__(portal, name, {"state": state, "created_at": NOW}.get(name, ""))
    assert check_grant(portal, row, "acme", NOW).state == expected


def test_no_worker_a_full_disk_old_work_and_unread_tasks_are_wrong():
    assert not check_worker([], NOW).ok
    assert not check_worker([WorkerRow("one", LATE, LATE)], NOW).ok
    assert check_worker([WorkerRow("one", LATE, NOW)], NOW).ok
    of_a_clock_put_back = WorkerRow("one", LATE, NOW + timedelta(days=300))
    assert not check_worker([of_a_clock_put_back], NOW).ok
    assert not health.check_disk(Disk(10**12, 10**10)).ok
    assert Disk(10**12, 10**10).takes_deliveries
    assert not Disk(10**9, 10**8).takes_deliveries


def test_a_disk_that_takes_no_more_files_is_not_green():
    no_files = health.check_disk(Disk(10**12, 10**11, 99))
    assert (no_files.state, no_files.ok) == ("disk_no_files", False)
    assert describe(no_files).what.startswith("there is room for 99 more files only")
    assert Disk(10**12, 10**11, 0).takes_deliveries  # into files that are there
    assert health.check_disk(Disk(10**12, 10**11, 100)).ok
    assert health.check_disk(Disk(10**12, 10**11, None)).ok  # a file system without a limit
    with_limit = bool(os.statvfs("/").f_files)
    assert (health.read_disk(Path("/")).files is not None) == with_limit
    assert not check_queue(LATE, NOW).ok
    assert not check_tasks(LATE, LATE, "acme", NOW).ok


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_every_state_with_the_same_values():
    sources = [Path(module.__file__).read_text() for module in (health, health_of_connections)]
    words = {word for text in sources for word in re.findall(r'"([a-z]+_[a-z_]+)"', text)}
    named = {word for word in words if word.split("_")[0] in texts_health._SUBJECTS}
    named |= {f"portal_{state}" for state in ("installing", "disconnected", "paused")}
    named |= {word for word in words if word.startswith("rotation_")}
    assert named == ENGLISH.keys() == RUSSIAN.keys()
    for state, parts in ENGLISH.items():
        assert len(parts) == len(RUSSIAN[state])
        assert len(parts) in (1, 3)
        values = placeholders("".join(parts)) - {"problem"}
        assert values == placeholders("".join(RUSSIAN[state])) - {"problem"}, state
        assert re.search("[а-яё]", RUSSIAN[state][0].lower()) or not re.sub(
            r"{\w+}|\W", "", parts[0]
        )


@pytest.mark.parametrize("language", ["en", "ru"])
def test_each_wrong_state_says_why_and_what_to_change(language):
    hooks = [replace(HOOK, problem=SWITCHED_OFF), replace(HOOK, refused_at=NOW, good_at=None)]
    token = replace(TOKEN, state="refused", text="GET /user was answered 401", cause="")
    checks = [*check_connection(RECORD, token, hooks, "acme main", NOW), check_worker([], NOW)]
    for check in checks:
        words = describe(check, language)
        assert check.ok or (words.what and words.why and words.change)
        assert subject_name(check.subject, language)


def test_ages_are_read_by_people():
    check = Check("queue", "queue_old", False, values={"seconds": 75_544})
    assert describe(check).what == "the oldest delivery waits for 20 h"
    assert describe(check, "ru").what == "самое старое событие ждёт 20 ч"
