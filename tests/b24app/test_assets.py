"""Which files a page asks for, as Vite's manifest names them."""

from __future__ import annotations

import json

import pytest

from b24app.assets import ENTRY, Assets, find


def test_the_manifest_names_the_script_and_its_styles(tmp_path):
    entry = {"file": "assets/main-1a.js", "css": ["assets/main-2b.css"], "isEntry": True}
    (tmp_path / "manifest.json").write_text(json.dumps({ENTRY: entry}))
    assert find(tmp_path) == Assets("assets/main-1a.js", ("assets/main-2b.css",))


@pytest.mark.parametrize("text", [None, "", "{", "{}", "[]"], ids=str)
def test_without_a_manifest_the_pages_are_not_built(tmp_path, text):
    if text is not None:
        (tmp_path / "manifest.json").write_text(text)
    assert find(tmp_path) is None
