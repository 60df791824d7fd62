"""What the guide for developers names is there: files, folders, and names inside files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = ("docs/developers.md", "docs/adding-a-tracker.md", "CONTRIBUTING.md")
# `core/plan.py:plan_task`, `engine/load/`; a file may be named without its folder.
_NAMED = re.compile(r"`([\w/-]+(?:\.(?:py|po|md|txt)|/))(?::(\w+)[\w.]*)?`")


def found_at(path: str) -> list[Path]:
    """Return the files or folders that a page means by a path."""
    places = [ROOT, ROOT / "sync", ROOT / "sync/store", ROOT / "sync/core", ROOT / "docs"]
    if exact := [place / path for place in places if (place / path).exists()]:
        return exact
    rooms = (ROOT / room for room in ("sync", "b24app", "tests", "tools"))
    return [
        hit for room in rooms for hit in room.rglob(path.rstrip("/")) if ".build" not in str(hit)
    ]


def problems(page: str) -> Iterator[str]:
    """Yield what a page names and is not there."""
    for path, name in _NAMED.findall((ROOT / page).read_text("utf-8")):
        files = found_at(path)
        if not files:
            yield f"{page}: there is no {path}"
        elif name and not any(re.search(rf"\b{name}\b", file.read_text()) for file in files):
            yield f"{page}: {path} has no {name}"


def test_files_and_names_of_the_guides_for_developers_exist() -> None:
    assert [problem for page in PAGES for problem in problems(page)] == []
    assert len(_NAMED.findall((ROOT / PAGES[0]).read_text("utf-8"))) > 60
