"""OpenAPI 3.1 of /api: paths from the app's own routes, answers from their types."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any, Literal

from flask import Flask
from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from werkzeug.routing import Rule

from tools.api_schema.answers import ANSWERS, FILES, LINES
from tools.api_schema.bodies import BODIES
from tools.api_schema.elsewhere import description

Json = dict[str, Any]
_REF = "#/components/schemas/{model}"
_METHODS = ("GET", "POST")
_ANSWER: Literal["serialization"] = "serialization"
_BODY: Literal["validation"] = "validation"


class _AsSent(GenerateJsonSchema):
    """Types as they are sent: each field of a dataclass is there, and nothing beside them."""

    def dataclass_schema(self, schema: Any) -> Json:
        """Return a dataclass whose every field is required."""
        made = super().dataclass_schema(schema)
        return made | {"required": list(made.get("properties", {})), "additionalProperties": False}

    def typed_dict_schema(self, schema: Any) -> Json:
        """Return a closed dict."""
        return super().typed_dict_schema(schema) | {"additionalProperties": False}

    def datetime_schema(self, schema: Any) -> Json:
        """Return a moment as Flask writes it: `Mon, 30 Nov 2026 09:00:00 GMT` (RFC 9110)."""
        return {"type": "string", "description": "a moment, RFC 9110"}


def openapi(app: Flask) -> Json:
    """Return the document of the routes below /api. Raises KeyError for one without a type."""
    adapters = [
        (name, mode, TypeAdapter(type_))
        for mode, types in ((_ANSWER, ANSWERS | LINES), (_BODY, BODIES))
        for name, type_ in types.items()
    ]
    inputs, shared = TypeAdapter.json_schemas(adapters, ref_template=_REF, schema_generator=_AsSent)
    paths: dict[str, Json] = {}
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        if rule.endpoint.startswith("api."):
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
            paths.setdefault(path, {}).update(_operations(app, rule, inputs))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "b24bridge: the pages' API",
            "version": "1",
            "description": description(),
        },
        "paths": paths,
        "components": {"schemas": {key: _bare(value) for key, value in shared["$defs"].items()}},
    }


def _operations(app: Flask, rule: Rule, inputs: dict[Any, Json]) -> Iterator[tuple[str, Json]]:
    name = rule.endpoint.removeprefix("api.")
    summary = (inspect.getdoc(app.view_functions[rule.endpoint]) or "").partition("\n")[0]
    for method in _METHODS:
        if method in (rule.methods or ()):
            parameters = [
                {"name": argument, "in": "path", "required": True, "schema": _type(rule, argument)}
                for argument in sorted(rule.arguments)
            ]
            operation: Json = {"operationId": name}
            operation |= {"summary": summary} if summary else {}
            operation |= {"parameters": parameters} if parameters else {}
            operation |= _body(name, inputs) if method == "POST" else {}
            yield method.lower(), operation | {"responses": {"200": _answer(name, inputs)}}


def _body(name: str, inputs: dict[Any, Json]) -> Json:
    """Return what a request sends, nothing for one without a body."""
    if name not in BODIES:
        return {}
    schema = _bare(inputs[name, _BODY])
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _answer(name: str, answers: dict[Any, Json]) -> Json:
    if name in FILES:
        return {"description": "a file", "content": {"application/octet-stream": {}}}
    schema = _bare(answers[name, _ANSWER])
    if name in LINES:
        content = {"application/x-ndjson": {"schema": schema}}
        return {"description": "a JSON document a line", "content": content}
    return {"description": "the answer", "content": {"application/json": {"schema": schema}}}


def _type(rule: Rule, argument: str) -> Json:
    converter = type(rule._converters[argument]).__name__
    return {"type": "integer" if converter == "IntegerConverter" else "string"}


def _bare(schema: Any) -> Any:
    """Return a schema without its titles, which only repeat the names."""
    if isinstance(schema, list):
        return [_bare(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: _bare(part) for name, part in value.items()} if key == "properties"
        else _bare(value)
        for key, value in schema.items()
        if not (key == "title" and isinstance(value, str)) and key != "default"
    }  # fmt: skip
