"""The first run's routes: changes by patches, their undoing, and what may be chosen from."""

from __future__ import annotations

import pytest

from sync.settings.merge_patch import merge, patched
from sync.settings.model import load
from sync.settings.problems import Invalid
from tests.b24app.pages import installed


@pytest.fixture
def admin(beside, emulator):
    """The headers of an administrator of an installed portal."""
    installed(beside, emulator)
    portal = beside.portal(emulator.state.member_id)
    token = emulator.token(1).access
    return beside.bearer(portal.id, access_token=token)


def settings_of(beside, admin):
    return beside.client.get("/api/settings", headers=admin).json


def post(beside, admin, path, **body):
    return beside.client.post(f"/api/settings/{path}", json=body, headers=admin).json


def test_a_patch_is_saved_noted_and_undone(beside, admin):
    before = settings_of(beside, admin)
    assert before["undoable"] is False
    patch = {"references": {"prefix": "SHOP"}}
    saved = post(beside, admin, "patch", base=before["version"], patch=patch)
    assert saved["outcome"] == "ok"
    after = settings_of(beside, admin)
    assert after["values"]["references"] == {"prefix": "SHOP"}
    assert (after["undoable"], len(after["changes"])) == (True, 1)
    assert post(beside, admin, "undo", base=after["version"])["outcome"] == "ok"
    undone = settings_of(beside, admin)
    assert (undone["text"], len(undone["changes"])) == (before["text"], 2)
    assert undone["undoable"] is True  # the undoing can be undone


def test_what_an_undoing_would_remove_has_to_be_confirmed(beside, admin):
    base = settings_of(beside, admin)["version"]
    patch = {"connections": [{"name": "main", "url": "https://gitlab.example.com"}]}
    post(beside, admin, "patch", base=base, patch=patch)
    base = settings_of(beside, admin)["version"]
    asked = post(beside, admin, "undo", base=base)
    assert (asked["outcome"], asked["removed"]) == ("unconfirmed", ["main"])
    assert post(beside, admin, "undo", base=base, remove=["main"])["outcome"] == "ok"
    assert settings_of(beside, admin)["connections"] == []


def test_a_patch_of_an_older_document_is_overtaken(beside, admin):
    before = settings_of(beside, admin)
    for prefix in ("SHOP", "WORK"):
        patch = {"references": {"prefix": prefix}}
        body = {"base": before["version"], "base_text": before["text"], "patch": patch}
        done = post(beside, admin, "patch", **body)
    assert done["outcome"] == "overtaken"
    assert "+  prefix: SHOP" in done["difference"]


def test_a_patch_that_is_wrong_says_where(beside, admin):
    base = settings_of(beside, admin)["version"]
    done = post(beside, admin, "patch", base=base, patch={"rules": {"workgroups": {"x": {}}}})
    assert (done["outcome"], done["problems"][0]["path"]) == ("invalid", "rules.workgroups.x")


def test_only_checking_a_patch_saves_nothing(beside, admin):
    before = settings_of(beside, admin)
    patch = {"language": "ru"}
    done = post(beside, admin, "patch", base=before["version"], patch=patch, check=True)
    assert "+language: ru" in done["difference"]
    assert settings_of(beside, admin)["version"] == before["version"]


def test_workgroups_are_searched_and_columns_are_the_real_ones(beside, admin, emulator):
    for name in ("Sales", "Support"):
        group = emulator.state.add_group(name, stages=[("Do", "NEW"), ("Look", None)])
    found = beside.client.get("/api/workgroups?search=supp", headers=admin).json
    assert (found["listed"], found["items"]) == (True, [{"id": group.id, "name": "Support"}])
    answer = beside.client.get(f"/api/workgroups/{group.id}/columns", headers=admin).json
    assert [column["title"] for column in answer["columns"]] == ["Do", "Look"]


def test_without_the_right_to_list_workgroups_it_is_said_so(beside, admin, emulator):
    emulator.app.scopes -= {"sonet_group"}
    found = beside.client.get("/api/workgroups", headers=admin).json
    assert found == {"items": [], "next": None, "listed": False}


@pytest.mark.parametrize(
    ("document", "patch", "result"),
    [
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": None}}, {"a": {"c": 2}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": "text"}, {"a": {"b": {"c": None}}}, {"a": {"b": {}}}),
        ({}, {"a": None}, {}),
    ],
)
def test_patches_merge_as_the_rfc_says(document, patch, result):
    assert merge(document, patch) == result


def test_every_setting_can_be_reached_by_a_patch():
    settings = load({"portal": "acme.example.com"})
    for name in type(settings).model_fields:
        with pytest.raises(Invalid) as caught:
            patched(settings, {name: [["no such value"]]})
        assert caught.value.problems[0].path.startswith(name)
