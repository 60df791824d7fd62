"""REST v2 batch: up to fifty commands, references between them, one hit.

https://apidocs.bitrix24.com/settings/how-to-call-rest-api/batch.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from tests.emulators.bitrix24.errors import RestError
from tests.emulators.bitrix24.php import read_form

MAX_COMMANDS = 50
REFERENCE = re.compile(r"\$result((?:\[[^\]]*\])+)")
PART = re.compile(r"\[([^\]]*)\]")
NOT_ALLOWED = frozenset({"batch", "disk.folder.uploadfile", "disk.storage.uploadfile"})
LISTS = ("result", "result_error", "result_total", "result_next", "result_time")

One = Callable[[str, Mapping[str, Any]], dict[str, Any]]


def run(params: Mapping[str, Any], one: One) -> dict[str, Any]:
    """The `result` of a batch. Every collection that is empty is `[]`, as PHP writes it."""
    commands = _commands(params.get("cmd"))
    if len(commands) > MAX_COMMANDS:
        raise RestError(400, "ERROR_BATCH_LENGTH_EXCEEDED", "Max batch length exceeded")
    out: dict[str, dict[str, Any]] = {name: {} for name in LISTS}
    for key, command in commands.items():
        try:
            _keep(out, key, one(*_parse(command, out["result"])))
        except RestError as error:
            out["result_error"][key] = error.body()
            if _truthy(params.get("halt")):
                break
    listed = isinstance(params.get("cmd"), list)
    return {name: _php(values, listed) for name, values in out.items()}


def _commands(cmd: Any) -> dict[str, Any]:
    if isinstance(cmd, str):
        try:
            cmd = json.loads(cmd)
        except ValueError:
            cmd = None
    if isinstance(cmd, list):
        return {str(number): command for number, command in enumerate(cmd)}
    if not isinstance(cmd, dict):
        raise RestError(400, "ERROR_ARGUMENT", "Argument 'cmd' is null or empty", argument="cmd")
    return cmd


def _parse(command: Any, results: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    if not isinstance(command, str) or not command:
        raise RestError(400, "ERROR_METHOD_NOT_FOUND", "Method not found!")
    name, _, query = command.partition("?")
    if name.lower() in NOT_ALLOWED:
        text = "Method is not allowed for batch usage"
        raise RestError(405, "ERROR_BATCH_METHOD_NOT_ALLOWED", text)
    return name, _referred(read_form(query), results)


def _referred(value: Any, results: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: _referred(inner, results) for key, inner in value.items()}
    if isinstance(value, list):
        return [_referred(inner, results) for inner in value]
    whole = REFERENCE.fullmatch(value)
    if whole:
        return _look_up(whole[1], results)
    return REFERENCE.sub(lambda match: _said(_look_up(match[1], results)), value)


def _look_up(path: str, results: Mapping[str, Any]) -> Any:
    """The referred value, or None: an unknown path reads as nothing."""
    node: Any = results
    for part in PART.findall(path):
        if isinstance(node, list) and part.isdigit() and int(part) < len(node):
            node = node[int(part)]
        elif isinstance(node, dict) and part in node:
            node = node[part]
        else:
            return None
    return node


def _said(value: Any) -> str:
    return "" if value is None else str(value)


def _keep(out: dict[str, dict[str, Any]], key: str, body: dict[str, Any]) -> None:
    out["result"][key] = body["result"]
    out["result_time"][key] = body["time"]
    for name in ("total", "next"):
        if name in body:
            out[f"result_{name}"][key] = body[name]


def _php(values: dict[str, Any], listed: bool) -> Any:
    """PHP arrays: numbered from 0 without a gap, or empty, they are JSON lists."""
    if not values:
        return []
    plain = listed and list(values) == [str(number) for number in range(len(values))]
    return list(values.values()) if plain else values


def _truthy(value: Any) -> bool:
    return value not in (None, "", 0, "0", False, "false", "N")
