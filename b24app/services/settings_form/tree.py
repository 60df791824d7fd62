"""Build the tree of form fields from the model of the settings. Pure.

A page shows whatever stands in this tree, so a setting that is added to the model has its field
without another line; it needs its label alone (`labels`, `options`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Literal

from b24app.services.settings_form.labels import HINTS, LABELS
from b24app.services.settings_form.options import OPTIONS
from b24app.services.settings_form.sources import AREAS, SOURCES
from sync.core.rules.routes import DEFAULT_ROUTES, Channel
from sync.settings.model import Settings
from sync.settings.routing import route_values

Json = dict[str, Any]
Language = Literal["en", "ru"]
ENTRY = "*"  # stands in a path for the number of a list's row, or the key of a mapping
SERVER_ONLY = frozenset({"connections.*.ca_file"})  # a page may show it, and never name another
BY_OTHER_FORMS = frozenset({"version", "portal"})  # what a document says of itself
_SECRETS = frozenset({"token", "client_secret"})


@cache
def settings_form(language: Language, *, release_chat: bool = False) -> tuple[Json, ...]:
    """Return the fields of the whole document, in the order of the model.

    `release_chat`: whether the portal has a chat that takes releases; else they go to each
    workgroup's own, as they do without routes.
    """
    schema = Settings.model_json_schema()
    return tuple(_Builder(schema, language, _default_routes(release_chat)).fields(schema, ""))


def leaves(nodes: tuple[Json, ...] | list[Json]) -> Iterator[str]:
    """Yield the path of each field that holds a value of its own."""
    for node in nodes:
        inner = node.get("item") or node
        if inner.get("fields"):
            yield from leaves(inner["fields"])
        else:
            yield node["path"]


def label_of(table: Mapping[str, tuple[str, str]], path: str, language: Language) -> str:
    """Return the text of a path: that of the longest end of it that the table has, else ""."""
    parts = path.split(".")
    ends = (".".join(parts[cut:]) for cut in range(len(parts)))
    pair = next((table[end] for end in ends if end in table), ("", ""))
    return pair[language == "ru"]


class _Builder:
    """Turns parts of a JSON schema into fields. https://json-schema.org/draft/2020-12"""

    def __init__(self, schema: Json, language: Language, routes: list[Json]) -> None:
        self._schema, self._language, self._routes = schema, language, routes

    def fields(self, part: Json, prefix: str) -> Iterator[Json]:
        """Yield the fields of a part of the model."""
        required = part.get("required", ())
        properties = part["properties"]
        for key in sorted(properties, key=lambda name: name not in required):
            value = properties[key]
            path = f"{prefix}{key}"
            if path in BY_OTHER_FORMS:
                continue
            node = self._node(value, path)
            default = value.get("default")
            yield node | {
                "key": key,
                "path": path,
                "label": label_of(LABELS, path, self._language),
                "hint": label_of(HINTS, path, self._language),
                "required": key in required,
                "default": self._default(default, path) if node["kind"] != "group" else None,
                "unset": "default" in value and default is None,
            }

    def _node(self, value: Json, path: str) -> Json:
        """Return what a value is entered by."""
        branches = [self._resolved(branch) for branch in value.get("anyOf", [value])]
        kinds = [branch for branch in branches if branch.get("type") != "null"]
        last = path.rsplit(".", 1)[-1]
        if last in _SECRETS:
            return {"kind": "secret"}
        if len(kinds) > 1:  # a number or a text: people, projects
            return {"kind": "reference", "source": source_of(path)}
        (branch,) = kinds
        if "properties" in branch:
            return {"kind": "group", "fields": list(self.fields(branch, f"{path}."))}
        if branch["type"] == "array":
            return self._list(self._resolved(branch["items"]), branch, path)
        if branch["type"] == "object":
            return self._mapping(branch, path)
        return self._scalar(branch, path)

    def _list(self, items: Json, branch: Json, path: str) -> Json:
        if "enum" in items:
            return {"kind": "choices", "options": self._options(items["enum"], path)}
        return {"kind": "list", "item": self._entry(branch["items"], path)}

    def _mapping(self, branch: Json, path: str) -> Json:
        names = self._resolved(branch.get("propertyNames", {}))
        key: Json = {"kind": "text", "source": source_of(f"{path}.<key>")}
        listed = names.get("enum") or list(OPTIONS.get(f"{path.rsplit('.', 1)[-1]}!", ()))
        if listed:
            key = {"kind": "choice", "options": self._options(listed, f"{path}.<key>")}
        key["label"] = label_of(LABELS, f"{path}.<key>", self._language)
        patterns = branch.get("patternProperties") or {"": branch.get("additionalProperties", {})}
        (entry,) = patterns.values()
        return {"kind": "map", "entry_key": key, "item": self._entry(entry, path)}

    def _entry(self, value: Json, path: str) -> Json:
        inner = f"{path}.{ENTRY}"
        node = self._node(value, inner)
        return node | {
            "key": ENTRY,
            "path": inner,
            "label": label_of(LABELS, inner, self._language),
            "hint": label_of(HINTS, inner, self._language),
            "required": True,
            "default": None,
            "unset": False,
        }

    def _scalar(self, branch: Json, path: str) -> Json:
        kind, source = branch["type"], source_of(path)
        if "enum" in branch:
            return {"kind": "choice", "options": self._options(branch["enum"], path)}
        if kind == "boolean":
            return {"kind": "choice", "options": self._options([True, False], "yes")}
        if kind in ("integer", "number"):
            least = branch.get("minimum", branch.get("exclusiveMinimum"))
            most = branch.get("maximum")
            step = 1 if kind == "integer" else "any"
            return {"kind": "number", "min": least, "max": most, "step": step, "source": source}
        if branch.get("format") == "date":
            return {"kind": "date"}
        if path in AREAS:
            return {"kind": "area"}
        last = path.removesuffix(f".{ENTRY}").rsplit(".", 1)[-1]
        if choices := OPTIONS.get(f"{last}!"):
            listed = self._options(list(choices), path)
            return {"kind": "choice", "options": listed, "open": path.endswith(ENTRY)}
        node: Json = {"kind": "text", "source": source, "max": branch.get("maxLength")}
        return node | {"readonly": True} if path in SERVER_ONLY else node

    def _options(self, values: list[Any], path: str) -> list[Json]:
        texts = self._option_texts(values, path)
        return [
            {"value": value, "label": texts.get(_name(value), _name(value))} for value in values
        ]

    def _option_texts(self, values: list[Any], path: str) -> dict[str, str]:
        parts = path.split(".")
        for table in reversed(parts):
            rows = OPTIONS.get(table) or OPTIONS.get(f"{table}!") or {}
            if all(_name(value) in rows for value in values):
                return {name: pair[self._language == "ru"] for name, pair in rows.items()}
        return {}

    def _default(self, value: object, path: str) -> object:
        """Return what a field begins with; of routes, those that hold where none are set."""
        return self._routes if path == "routes" else value

    def _resolved(self, part: Json) -> Json:
        while "$ref" in part:
            part = self._schema["$defs"][part["$ref"].rpartition("/")[2]]
        return part


def _default_routes(release_chat: bool) -> list[Json]:
    routes = [route_values(route) for route in DEFAULT_ROUTES]
    if release_chat:
        return routes
    own = {"to": [Channel.PROJECT.value]}
    return [route | own if route["to"] == [Channel.RELEASES.value] else route for route in routes]


def source_of(path: str) -> str:
    """Return what a text is proposed from; "" for nothing."""
    parts = path.split(".")
    ends = (".".join(parts[cut:]) for cut in range(len(parts)))
    return next((SOURCES[end] for end in ends if end in SOURCES), "")


def _name(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
