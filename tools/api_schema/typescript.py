"""Types of TypeScript from the schemas of an OpenAPI document. Pure."""

from __future__ import annotations

import json
from typing import Any

Json = dict[str, Any]
_HEAD = "/** Types of what /api answers. Made from the routes by `make docs`. */\n"
_PLAIN = {
    "string": "string", "integer": "number", "number": "number", "boolean": "boolean",
    "null": "null",
}  # fmt: skip


def typescript(document: Json) -> str:
    """Return a module with an interface for each schema."""
    schemas = document["components"]["schemas"]
    return _HEAD + "".join(_interface(name, schema) for name, schema in sorted(schemas.items()))


def _interface(name: str, schema: Json) -> str:
    required = schema.get("required", ())
    lines = [
        f"  {key}{'' if key in required else '?'}: {_type(value)}\n"
        for key, value in schema["properties"].items()
    ]
    return f"\nexport interface {name} {{\n{''.join(lines)}}}\n"


def _type(schema: Json) -> str:
    """Return a type. Raises KeyError for a form of schema that no answer has had yet."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "const" in schema:
        return _literal(schema["const"])
    if "enum" in schema:
        return " | ".join(map(_literal, schema["enum"]))
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(map(_type, schema["anyOf"])))
    if "prefixItems" in schema:
        return f"[{', '.join(map(_type, schema['prefixItems']))}]"
    match schema.get("type"):
        case None:
            return "unknown"
        case "array":
            item = _type(schema["items"])
            return f"({item})[]" if " | " in item else f"{item}[]"
        case "object":
            value = schema.get("additionalProperties", True)
            return f"Record<string, {'unknown' if value is True else _type(value)}>"
        case plain:
            return _PLAIN[plain]


def _literal(value: object) -> str:
    return json.dumps(value, ensure_ascii=False).replace('"', "'")
