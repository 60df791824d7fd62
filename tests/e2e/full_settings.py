"""A document that sets everything, made from the model: each list and mapping has an entry."""

from __future__ import annotations

from sync.settings.model import Settings

# What is not just any value of its type, by the end of the path.
_VALUES = {
    "version": 1,
    "portal": None,
    "url": "https://gitlab.example.com",
    "token": {"stored": True},
    "client_secret": {"stored": True},
    "ca_file": None,
    "proxy": "http://proxy.example.com:3128",
    "pattern": "TASK-(?P<id>[0-9]+)",
    "allow_ips": ["203.0.113.0/24"],
    "timezone": "UTC",
    "quiet": "22:00-08:00",
    "stage": {"title": "Look"},
    "direction": "both",
    "since": "2026-01-31",
    "chat": "chat7",
    "general": "chat8",
    "releases": "chat9",
    "to": ["project"],
    "was": None,
    "flapping": 4,
    "name": "main",
    "connection": "main",
    "sprint.task": "scrum",
    "rotate_token": False,
    "kind": "gitlab",
    "retention.audit": 7,
    "limits.rate": 2,
    "limits.burst": 50,
}
_KEYS = {
    "workgroups": "1",
    "rules.projects": "acme/shop",
    "fields": "title",
    "custom": "UF_SIZE",
    "people": "ann",
    "priorities": "urgent",
    "tracker_fields": "priority",
}


def full_settings() -> dict[str, object]:
    """Return a document in which every setting is set."""
    schema = Settings.model_json_schema()

    def resolved(part):
        while "$ref" in part:
            part = schema["$defs"][part["$ref"].rpartition("/")[2]]
        return part

    def special(path, table):
        parts = path.split(".")
        ends = (".".join(parts[cut:]) for cut in range(len(parts)))
        return next((end for end in ends if end in table), None)

    def value_of(part, path):
        end = special(path, _VALUES)
        if end is not None:
            return _VALUES[end]
        branches = [resolved(branch) for branch in part.get("anyOf", [part])]
        branch = next(each for each in map(resolved, branches) if each.get("type") != "null")
        if "properties" in branch:
            values = {key: value_of(each, f"{path}.{key}".lstrip("."))
                      for key, each in branch["properties"].items()}  # fmt: skip
            return {key: value for key, value in values.items() if value is not None}
        if "enum" in branch:
            return branch["enum"][0]
        if branch["type"] == "array":
            return [value_of(branch["items"], f"{path}.*")]
        if branch["type"] == "object":
            names = resolved(branch.get("propertyNames", {})).get("enum", ())
            key = names[0] if names else _KEYS[special(path, _KEYS)]
            named = branch.get("patternProperties", {}).values()
            held = branch.get("additionalProperties") or next(iter(named))
            return {key: value_of(held, f"{path}.*")}
        return {"boolean": True, "integer": 1, "number": 1.5}.get(branch["type"], "text")

    return value_of(schema, "")
