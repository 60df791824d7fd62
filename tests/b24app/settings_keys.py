"""The keys of the settings file as its reference lists them, to compare with a page's fields."""

from __future__ import annotations

from sync.settings.model import Settings
from tools.make_reference import _keys

BESIDE = {"version", "portal"}  # what a document says of itself
SECRETS = ("connections.*.token", "gitlab_applications.*.client_secret")  # have their own forms


def documented_keys() -> set[str]:
    """Return the keys of the file; a secret is one key, wherever it is kept."""
    rows = {row[0].strip("`") for row in _keys(Settings.model_json_schema())} - BESIDE
    keys = {plain(row.replace(".<key>", ".*").replace("[]", ".*")) for row in rows}
    return {next((name for name in SECRETS if key.startswith(name)), key) for key in keys}


def plain(path: str) -> str:
    """Return a path without the entries of lists and mappings of plain values."""
    return path.removesuffix(".*").removesuffix(".*")
