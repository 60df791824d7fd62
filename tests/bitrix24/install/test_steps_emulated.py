"""The installer against an emulated portal, over real HTTP."""

from __future__ import annotations

from dataclasses import replace

from sync.bitrix24.install import registrations
from sync.bitrix24.install import steps as install_steps
from tests.bitrix24.rest.test_client_emulated import PUBLIC, w, world

__all__ = ["w"]  # fixtures


def run(w, language="en", **options):
    return {
        step.name: step for step in install_steps.run_steps(w.portal, PUBLIC, language, **options)
    }


def test_an_installation_sets_up_everything_and_a_second_one_changes_nothing(w):
    w.b24.state.create_task("Fix", id=21, responsible_id=7)
    first = run(w)
    assert {name: step.ok for name, step in first.items()} == {
        "rights": True, "secret": True, "address": True, "scopes": True, "events": True,
        "placements": True, "fields": True, "features": True,
    }  # fmt: skip
    assert first["events"].text == "Subscribed to events: 7"
    assert first["features"].portal_data["features"] == {
        "v3": True, "new_card": True, "offline_events": first["features"].portal_data["features"][
            "offline_events"],
    }  # fmt: skip
    state = w.b24.state
    writes = sum(w.b24.writes.values())
    assert {binding.event for binding in state.bindings} == set(registrations.EVENTS)
    assert {binding.handler for binding in state.bindings} == {f"{PUBLIC}/b24/events"}
    assert [(p.code, p.handler) for p in state.placements] == [
        ("TASK_VIEW_TAB", f"{PUBLIC}/b24/task"),
        ("SONET_GROUP_DETAIL_TAB", f"{PUBLIC}/b24/group"),
    ]
    assert {row.name for row in state.user_fields.values()} >= set(registrations.TASK_FIELDS)
    second = run(w, "ru")
    assert second["events"].text == "Все подписки на события на месте: 7"
    assert sum(w.b24.writes.values()) == writes
    assert w.portal.requests <= 22


def test_handlers_of_an_earlier_version_are_replaced_and_strangers_are_not(w):
    for handler in (f"{PUBLIC}/old/events", "https://other.example/hook"):
        w.portal.call("event.bind", {"event": "ONTASKUPDATE", "handler": handler}, write=True)
    w.portal.call(
        "placement.bind",
        {"PLACEMENT": "TASK_VIEW_TAB", "HANDLER": f"{PUBLIC}/old/tab", "TITLE": "Old"},
        write=True,
    )
    run(w)
    handlers = {b.handler for b in w.b24.state.bindings if b.event == "ONTASKUPDATE"}
    assert handlers == {f"{PUBLIC}/b24/events", "https://other.example/hook"}
    handlers = [p.handler for p in w.b24.state.placements]
    assert handlers == [f"{PUBLIC}/b24/task", f"{PUBLIC}/b24/group"]


def test_after_an_update_that_forgot_the_handlers_all_are_there_again(w):
    run(w)
    w.b24.lifecycle.update(2)
    again = run(w)
    assert again["events"].ok
    assert again["placements"].ok
    assert len(w.b24.state.bindings) == 7


def test_an_employee_without_rights_is_told_what_to_change():
    made = world()
    try:
        token = made.b24.token(7)
        mine = replace(
            made.portal.credentials,
            access_token=token.access,
            refresh_token=token.refresh,
            user_id=7,
        )
        made.portal._tokens.save(mine)
        made.portal._credentials = mine
        steps = run(made)
        assert not steps["rights"].ok
        assert not steps["fields"].ok
        assert not steps["placements"].ok
        assert steps["rights"].text == "Boris is not an administrator of this portal"
        assert steps["rights"].change.startswith("Install the application as an administrator")
        assert steps["events"].ok
    finally:
        made.b24.stop()


def test_missing_scopes_are_named_and_the_rest_goes_on():
    made = world(scopes=("task", "im"))
    try:
        steps = run(made)
        assert steps["scopes"].text == (
            "The application was not given these rights: user_basic, placement"
        )
        assert not steps["scopes"].ok
        assert not steps["placements"].ok
        assert steps["events"].ok
        assert steps["fields"].ok
        assert steps["features"].ok
        assert steps["features"].portal_data["features"]["v3"] is False
    finally:
        made.b24.stop()


def test_an_old_box_portal_is_installed_too():
    made = world(card="old", v3=False)
    try:
        made.b24.state.create_task("Fix", id=21, responsible_id=7)
        steps = run(made)
        assert all(step.ok for step in steps.values())
        assert "new_card" not in steps["features"].portal_data["features"]
    finally:
        made.b24.stop()


def test_a_portal_that_is_down_fails_each_step_and_none_blows_up(w):
    w.b24.offline()
    steps = run(w)
    assert [name for name, step in steps.items() if step.ok] == ["secret", "address"]
    assert len(steps) == len(install_steps.STEP_NAMES)


def test_only_some_steps_may_be_repeated(w):
    assert list(run(w, step_names={"events"})) == ["events"]
