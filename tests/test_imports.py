"""Imports run one way: text ◄ core ◄ systems, store ◄ engine ◄ b24app; systems are strangers."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = ("sync", "b24app", "demo", "bench", "tools", "tests")
SHARED = (
    "sync.addresses", "sync.errors",
    "sync.sentences", "sync.log", "sync.net", "sync.connection_flaws",
    "sync.deadlines", "sync.config", "sync.keyfile", "sync.oauth", "sync.oauth_client",
    "sync.ownership",
)  # fmt: skip
PARSERS = {"markdown_it", "mdit_py_plugins"}

# room → what else of ours it may import.
ALLOWED = {
    "sync/text": ("sync.text",),
    "sync/core": ("sync.core", "sync.text", "sync.errors", "sync.sentences"),
    "sync/gitlab": ("sync.gitlab", "sync.core", "sync.text", *SHARED),
    "sync/bitrix24": ("sync.bitrix24", "sync.core", "sync.text", *SHARED),
    "sync/youtrack": ("sync.youtrack", "sync.core", "sync.text", *SHARED),
    "sync/store": (
        "sync.store",
        "sync.core",
        "sync.text",
        "sync.addresses",
        "sync.errors",
        "sync.sentences",
        "sync.keyfile",
        "sync.ownership",
    ),
    "sync/settings": (
        "sync.settings",
        "sync.store",
        "sync.core",
        "sync.text",
        *SHARED,
    ),
    "sync/engine": ("sync",),
    "b24app": ("b24app", "sync"),
    "tests/emulators": ("tests.emulators",),
}


def test_rooms_import_only_what_stands_below_them() -> None:
    wrong = [
        f"{file}: {name}"
        for room, allowed in ALLOWED.items()
        for file, name in _imports(room)
        if name.split(".")[0] in OURS and not _within(name, allowed)
    ]
    assert wrong == []
    assert [room for room in ALLOWED if not _files(room)] == []  # each holds code


@pytest.mark.parametrize(("room", "parsers"), [("sync/core", set()), ("sync/text", PARSERS)])
def test_what_is_pure_stands_on_the_standard_library(room: str, parsers: set[str]) -> None:
    known = set(sys.stdlib_module_names) | set(OURS) | parsers
    assert {name for _, name in _imports(room) if name.split(".")[0] not in known} == set()


def test_only_the_app_knows_flask() -> None:
    knows = {file for file, name in _imports("sync") if name.split(".")[0] in ("flask", "werkzeug")}
    assert knows == set()


def _within(name: str, allowed: tuple[str, ...]) -> bool:
    return any(name == room or name.startswith(room + ".") for room in allowed)


def _files(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def _imports(room: str) -> Iterator[tuple[str, str]]:
    """(file, imported module) of every import in the room, inside functions too."""
    for path in _files(room):
        for module in _modules(path):
            yield str(path.relative_to(ROOT)), module


@cache
def _modules(path: Path) -> tuple[str, ...]:
    """Return what a file imports; two rooms may hold it, so it is read once."""
    modules: list[str] = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Import(names=names):
                modules += (alias.name for alias in names)
            case ast.ImportFrom(module=module, level=0, names=names):
                modules += (f"{module}.{alias.name}" for alias in names)
            case ast.ImportFrom():
                modules.append("sync.relative import: name the module in full")
    return tuple(modules)


def _rooms_of_core() -> dict[str, set[str]]:
    """The rooms and single files of `sync/core`, and which others each imports."""
    core = ROOT / "sync" / "core"
    imports: dict[str, set[str]] = {}
    for file in core.rglob("*.py"):
        room = file.relative_to(core).parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            module = node.module if isinstance(node, ast.ImportFrom) and node.module else ""
            if module == "sync.core":
                imports.setdefault(room, set()).update(alias.name for alias in node.names)
            elif module.startswith("sync.core."):
                imports.setdefault(room, set()).add(module.split(".")[2])
            else:
                imports.setdefault(room, set())
    imports.pop("__init__", None)
    return {room: others - {room} for room, others in imports.items()}


def test_core_is_a_house_of_few_rooms_on_few_floors() -> None:
    imports = _rooms_of_core()
    assert len(imports) <= 18
    assert sum(map(len, imports.values())) <= 70
    assert len(list(TopologicalSorter(imports).static_order())) == len(imports)  # no circles
    floors: dict[str, int] = {}
    for room in TopologicalSorter(imports).static_order():
        floors[room] = 1 + max((floors[other] for other in imports[room]), default=0)
    assert max(floors.values()) <= 8
