"""Make docs/reference.md: commands, variables and settings, from the code itself."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from b24app.cli import build_parser
from b24app.cli.variables import VARIABLES
from sync.settings.model import Settings

PAGE = Path(__file__).parents[1] / "docs/reference.md"
_HEAD = "# Reference\n\nMade from the code by `make docs`.\n"


def reference() -> str:
    """Return the page."""
    parts = [
        "## Commands",
        *_commands(build_parser(), "b24bridge"),
        "## Environment",
        _table(
            ("variable", "means", "default"),
            [(f"`{variable.name}`", variable.meaning, variable.default) for variable in VARIABLES],
        ),
        "## Settings",
        "Types are those of YAML; nothing is converted silently. More: [the file](settings.md). "
        "A workgroup takes every key of `rules.default` too.",
        _table(("key", "type", "default"), _without_repeats(_keys(Settings.model_json_schema()))),
    ]
    return _HEAD + "\n" + "\n\n".join(parts) + "\n"


def _without_repeats(rows: Iterator[tuple[str, str, str]]) -> list[tuple[str, ...]]:
    """Return the rows without a workgroup's keys that stand under `rules.default` already."""
    listed = list(rows)
    names = {row[0] for row in listed}
    return [
        row
        for row in listed
        if not row[0].startswith("`rules.workgroups.")
        or row[0].replace("rules.workgroups.<key>.", "rules.default.") not in names
    ]


def _commands(parser: argparse.ArgumentParser, name: str) -> Iterator[str]:
    """Yield a heading, the usage and a table for each command that can be run."""
    below = [one for one in parser._actions if isinstance(one, argparse._SubParsersAction)]
    rows = [
        (_signature(action), action.help or "")
        for action in parser._actions
        if action.help != argparse.SUPPRESS
        and not isinstance(action, argparse._SubParsersAction | argparse._HelpAction)
    ]
    if not below or (rows and name != "b24bridge"):
        yield f"### `{name}`"
        text = parser.description or ""
        yield text[:1].upper() + text[1:] + "." if text else ""
        if rows:
            yield _table(("argument", "means"), rows)
    for action in below:
        for choice in action._choices_actions:
            subparser = action.choices[choice.dest]
            subparser.description = subparser.description or choice.help
            yield from _commands(subparser, f"{name} {choice.dest}")


def _signature(action: argparse.Action) -> str:
    value = str(action.metavar or (action.dest.upper() if action.nargs != 0 else ""))
    if action.choices:
        value = "|".join(map(str, action.choices))
    if len(value) > 60:
        value = str(action.metavar or action.dest.upper())
    words = [*action.option_strings[-1:], value] if action.option_strings else [value]
    return f"`{' '.join(filter(None, words))}`".replace("|", "\\|")


def _keys(schema: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield path, type and default of every key, lists and mappings marked by what they hold."""
    yield from _keys_of(schema, schema, "")


def _keys_of(
    root: dict[str, Any], node: dict[str, Any], prefix: str
) -> Iterator[tuple[str, str, str]]:
    for name, value in node.get("properties", {}).items():
        branches = [_resolved(root, one) for one in value.get("anyOf", [value])]
        branch = next((one for one in branches if one.get("type") != "null"), branches[0])
        path = f"{prefix}{name}"
        if "properties" in branch:
            yield from _keys_of(root, branch, f"{path}.")
            continue
        named = next(iter(branch.get("patternProperties", {}).values()), {})
        held = branch.get("items") or branch.get("additionalProperties") or named
        items = _resolved(root, held)
        if isinstance(items, dict) and "properties" in items:
            mark = "[]" if branch.get("type") == "array" else ".<key>"
            yield from _keys_of(root, items, f"{path}{mark}.")
            continue
        yield f"`{path}`", _type_name(branch), _default(value.get("default"))


def _default(value: object) -> str:
    if value in (None, [], {}):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _resolved(root: dict[str, Any], node: Any) -> Any:
    while isinstance(node, dict) and "$ref" in node:
        node = root["$defs"][node["$ref"].rpartition("/")[2]]
    return node


def _type_name(node: dict[str, Any]) -> str:
    if "enum" in node:
        return ", ".join(f"`{value}`" for value in node["enum"])
    names = {"array": "list", "object": "mapping", "string": "text", "integer": "whole number"}
    kind = str(node.get("type", "value"))
    return names.get(kind, kind)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    text = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    return re.sub(r"\| +\|", "| |", text).replace("| --- ", "|---").replace("|--- |", "|---|")


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
