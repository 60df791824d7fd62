"""Reading a document without its wrong parts, so that one read reports every problem. Pure."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from sync.sentences import sentence
from sync.settings.issue_sync import UNREADABLE
from sync.settings.model import Settings
from sync.settings.problems import Path, list_errors

_ROUNDS = 4  # a part taken out may uncover a problem of what held it


def salvage(value: Any) -> tuple[Settings | None, list[tuple[Path, str]]]:
    """Return the settings without their wrong parts (never to be applied), and the problems."""
    removed: list[tuple[Path, str]] = []
    for _ in range(_ROUNDS):
        try:
            return Settings.model_validate(value), removed
        except ValidationError as error:
            problems = list_errors(error)
        wrong_parts = {path[:-1] for path, _ in removed}  # without them their holder is wrong too
        removed += [
            problem
            for problem in problems
            if problem not in removed and (problem[0] not in wrong_parts or not problem[0])
        ]
        for path in sorted(
            {path for path, _ in problems}, key=_deepest_and_last_first, reverse=True
        ):
            _remove_part(value, path)
    return None, removed


def _deepest_and_last_first(path: Path) -> tuple[int, tuple[str, ...]]:
    return len(path), tuple(f"{part:09}" if isinstance(part, int) else part for part in path)


def _remove_part(root: Any, path: Path) -> None:
    """Remove what stands at `path`, or put a placeholder where something is required."""
    path = _path_of_rule(path)
    node = root
    for part in path[:-1]:
        node = _child_of(node, part)
    stand_in = _placeholder(path)
    if isinstance(node, dict):
        key = next((key for key in node if str(key) == str(path[-1])), path[-1])
        node.pop(key, None)
        if stand_in is not None:
            node[key] = stand_in
    elif isinstance(node, list) and isinstance(path[-1], int) and path[-1] < len(node):
        if stand_in is None:
            del node[path[-1]]
        else:
            node[path[-1]] = stand_in


def _path_of_rule(path: Path) -> Path:
    """Return the path of the whole route or pair: without a part it would mean something else."""
    for rules in ("routes", "pairs"):
        if rules in path:
            return path[: path.index(rules) + 2]
    return path


def _child_of(node: Any, part: str | int) -> Any:
    if isinstance(node, dict):
        return next((value for key, value in node.items() if str(key) == str(part)), None)
    return node[part] if isinstance(node, list) and isinstance(part, int) else None


def _placeholder(path: Path) -> Any:
    match path:
        case ("version",):
            return 1
        case ("portal",):
            return "unknown.invalid"
        case ("connections", int(index)):
            return {
                "name": sentence("number {index}", index=index),
                "url": "https://unknown.invalid",
            }
        case ("connections", int(index), "name"):
            return sentence("number {index}", index=index)
        case ("issue_sync", "pairs", int(index)):
            return {"workgroup": 0, "project": f"{UNREADABLE}{index}"}
        case (*_, "routes", int()):
            return {"on": ["push"], "to": []}
        case ("connections", int(), "url"):
            return "https://unknown.invalid"
    return None
